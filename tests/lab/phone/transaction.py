"""SIP transactions (RFC 3261 section 17, with the accepted state of RFC 6026): who resends what, and until when.

    client INVITE     calling -1xx-> proceeding -2xx-> accepted (each 2xx again reaches the user, who sends the ACK)
                      calling, proceeding -3xx..6xx-> completed (each is acknowledged here, the user sees the first)
                      calling: resent at T1, 2 T1, 4 T1 … and given up after 64 T1
    client other      trying -1xx-> proceeding -final-> completed; resent at T1, 2 T1 … T2 and given up after 64 T1
    server            proceeding -final-> completed -ACK-> confirmed; a request that comes again gets the last response
                      again; the final response to an INVITE is resent at T1, 2 T1 … T2 until the ACK, for 64 T1

A finished transaction lingers, so that what was resent meanwhile is answered and not taken for something new.
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from tests.lab.phone.message import Header, Request, Response, response_to

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.lab.phone.address import SocketAddress
    from tests.lab.phone.transport import Transport
    from tests.lab.phone.wire import WireLog

Key = tuple[str, str]  # branch (for a server transaction with the sender's address before it) and method


@dataclass(frozen=True, kw_only=True, slots=True)
class Timers:
    """RFC 3261's timers, in seconds; tests of retransmission shorten them."""

    t1: float = 0.5
    t2: float = 4.0

    @property
    def limit(self) -> float:
        """64 T1: when a transaction is given up (timers B, F, H) and how long a finished one lingers."""
        return 64 * self.t1


class Host(Protocol):
    """What a transaction needs of the layer that holds it."""

    transport: Transport
    timers: Timers
    wire: WireLog

    def forget_later(self, transaction: ClientTransaction | ServerTransaction) -> None:
        """Keep a finished transaction for a while."""
        ...


class Repeater:
    """Calls `send` again and again, the interval doubling up to `longest`, and `give_up` once after `limit`."""

    def __init__(
        self, send: Callable[[], None], give_up: Callable[[], None], *, first: float, longest: float, limit: float
    ) -> None:
        """Start now: the first repetition comes after `first` seconds."""
        self._send = send
        self._give_up = give_up
        self._interval = first
        self._longest = longest
        self._loop = asyncio.get_running_loop()
        self._end = self._loop.time() + limit
        self._timer = self._loop.call_later(min(first, limit), self._due)

    def stop(self) -> None:
        """No more repetitions."""
        self._timer.cancel()

    def _due(self) -> None:
        left = self._end - self._loop.time()
        if left <= 0:
            self._give_up()
            return
        self._send()
        self._interval = min(2 * self._interval, self._longest)
        self._timer = self._loop.call_later(min(self._interval, left), self._due)


class ClientTransaction:
    """A request of ours; `on_response` gets what the state table above lets through, `on_timeout` ends it."""

    def __init__(
        self,
        layer: Host,
        key: Key,
        request: Request,
        to: SocketAddress,
        *,
        on_response: Callable[[Response], None],
        on_timeout: Callable[[], None],
    ) -> None:
        """Made by TransactionLayer.send_request; `request` has its Via."""
        self.key = key
        self.request = request
        self.to = to
        self.proceeding = False
        self.final: Response | None = None
        self._layer = layer
        self._on_response = on_response
        self._on_timeout = on_timeout
        self._invite = request.method == "INVITE"
        self._data = request.encode()
        timers = layer.timers
        longest = timers.limit if self._invite else timers.t2
        self.resend()
        self._repeater = Repeater(self.resend, self._timed_out, first=timers.t1, longest=longest, limit=timers.limit)

    def resend(self) -> None:
        """Send the request again, as it was."""
        self._layer.transport.send(self._data, self.to)

    def stop(self) -> None:
        """No more retransmissions."""
        self._repeater.stop()

    def receive(self, response: Response) -> None:
        """Take a response that matches."""
        if response.status < 200:
            self.proceeding = True
            if self._invite:
                self._repeater.stop()
            if self.final is None:
                self._on_response(response)
            return
        refused = response.status >= 300
        first, self.final = self.final is None, self.final or response
        if self._invite and refused:
            self._layer.transport.send(acknowledge_refusal(self.request, response).encode(), self.to)
        if first:
            self._repeater.stop()
            self._layer.forget_later(self)
        if first or (self._invite and not refused):
            self._on_response(response)

    def _timed_out(self) -> None:
        self._layer.forget_later(self)
        self._on_timeout()


class ServerTransaction:
    """A request from the other side, and our responses to it."""

    def __init__(self, layer: Host, key: Key, request: Request, source: SocketAddress) -> None:
        """Made by TransactionLayer for each new request."""
        self.key = key
        self.request = request
        self.source = source
        self.to_tag: str | None = None
        self.status: int | None = None
        self.on_unacknowledged: Callable[[], None] = lambda: None
        self._layer = layer
        self._last = b""
        self._repeater: Repeater | None = None

    def respond(
        self, status: int, *, reason: str | None = None, headers: Iterable[Header] = (), body: bytes = b""
    ) -> None:
        """Send a response; ignored when a final one was sent already (a late wish after a CANCEL)."""
        if self.status is not None and self.status >= 200:
            return
        self.status = status
        if status > 100 and self.to_tag is None:
            self.to_tag = secrets.token_hex(6)
        tag = self.to_tag if status > 100 else None
        response = response_to(self.request, status, reason=reason, to_tag=tag, headers=headers, body=body)
        self._last = response.encode()
        self.resend()
        if status < 200:
            return
        if self.request.method == "INVITE":
            timers = self._layer.timers
            self._repeater = Repeater(
                self.resend, self._unacknowledged, first=timers.t1, longest=timers.t2, limit=timers.limit
            )
        self._layer.forget_later(self)

    def resend(self) -> None:
        """Send the last response again, if there is one."""
        if self._last:
            self._layer.transport.send(self._last, self.source)

    def acknowledged(self) -> None:
        """The ACK came: stop resending."""
        self.stop()

    def stop(self) -> None:
        """No more retransmissions."""
        if self._repeater is not None:
            self._repeater.stop()

    def _unacknowledged(self) -> None:
        self._layer.wire.note(f"no ACK came for our {self.status}")
        self.on_unacknowledged()


def acknowledge_refusal(invite: Request, response: Response) -> Request:
    """The ACK for a final response other than 2xx: part of the INVITE's transaction (RFC 3261 17.1.1.3)."""
    kept = {"from", "call-id", "route", "max-forwards"}
    via = ("Via", invite.headers_named("Via")[0])
    copied = [(name, value) for name, value in invite.headers if name.lower() in kept]
    ends = (("To", response.require("To")), ("CSeq", f"{invite.cseq[0]} ACK"))
    return replace(invite, method="ACK", headers=(via, *copied, *ends), body=b"")


def cancel_of(invite: Request, headers: Iterable[Header]) -> Request:
    """The CANCEL of an INVITE: the same Via, From, To, number and target (RFC 3261 9.1)."""
    kept = {"from", "to", "call-id", "route", "max-forwards"}
    via = ("Via", invite.headers_named("Via")[0])
    copied = [(name, value) for name, value in invite.headers if name.lower() in kept]
    cseq = ("CSeq", f"{invite.cseq[0]} CANCEL")
    return replace(invite, method="CANCEL", headers=(via, *copied, cseq, *headers), body=b"")
