"""Matches messages to transactions: what is resent stays here, what is new goes to the user agent."""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING

from tests.lab.phone.address import SocketAddress, parameters, split_list
from tests.lab.phone.errors import MalformedError
from tests.lab.phone.message import Header, Request, Response, parse
from tests.lab.phone.transaction import ClientTransaction, Key, ServerTransaction, Timers, cancel_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.lab.phone.transport import Transport
    from tests.lab.phone.wire import WireLog

BRANCH_COOKIE = "z9hG4bK"


class TransactionLayer:
    """Matches what arrives to transactions; new requests go to `on_request`, an ACK for a 2xx to `on_ack`."""

    def __init__(
        self,
        wire: WireLog,
        on_request: Callable[[ServerTransaction], None],
        on_ack: Callable[[Request], None],
        timers: Timers | None = None,
    ) -> None:
        """The transport is attached afterwards, for it needs `receive`; `told`: another address for Via."""
        self.transport: Transport
        self.told: SocketAddress | None = None
        self.timers = timers or Timers()
        self.wire = wire
        self._on_request = on_request
        self._on_ack = on_ack
        self._clients: dict[Key, ClientTransaction] = {}
        self._servers: dict[Key, ServerTransaction] = {}
        self._lingering: set[asyncio.TimerHandle] = set()

    def send_request(
        self,
        request: Request,
        to: SocketAddress,
        on_response: Callable[[Response], None],
        on_timeout: Callable[[], None],
    ) -> ClientTransaction:
        """Send a request without Via in a transaction of its own."""
        with_via = request.with_header_first("Via", self._via())
        return self._start(with_via, to, on_response, on_timeout)

    def send_cancel(
        self, invite: ClientTransaction, headers: Iterable[Header], on_final: Callable[[], None]
    ) -> ClientTransaction:
        """Cancel an INVITE that has had a provisional response (RFC 3261 9.1)."""

        def on_response(response: Response) -> None:
            if response.status >= 200:
                on_final()

        return self._start(cancel_of(invite.request, headers), invite.to, on_response, on_final)

    def send_ack(self, request: Request, to: SocketAddress) -> bytes:
        """Send the ACK for a 2xx, which is a transaction of its own and has no answer; returns its bytes."""
        data = request.with_header_first("Via", self._via()).encode()
        self.transport.send(data, to)
        return data

    def receive(self, data: bytes, source: SocketAddress) -> None:
        """Take a datagram; what is no SIP message is noted and dropped."""
        if not data.strip(b"\r\n\0"):
            return  # a keep-alive
        try:
            message = parse(data)
            if isinstance(message, Response):
                self._receive_response(message)
            else:
                self._receive_request(message, source)
        except MalformedError as error:
            self.wire.note(f"dropped a malformed message: {error}")

    def invite_of(self, cancel: ServerTransaction) -> ServerTransaction | None:
        """The INVITE that a CANCEL means, if we know it."""
        return self._servers.get((cancel.key[0], "INVITE"))

    def forget_later(self, transaction: ClientTransaction | ServerTransaction) -> None:
        """Keep a finished transaction for 64 T1."""
        handle: asyncio.TimerHandle

        def forget() -> None:
            self._lingering.discard(handle)
            self._clients.pop(transaction.key, None)
            self._servers.pop(transaction.key, None)

        handle = asyncio.get_running_loop().call_later(self.timers.limit, forget)
        self._lingering.add(handle)

    def close(self) -> None:
        """Stop every timer."""
        for handle in self._lingering:
            handle.cancel()
        for client in self._clients.values():
            client.stop()
        for server in self._servers.values():
            server.stop()
        self._lingering.clear()
        self._clients.clear()
        self._servers.clear()

    def _start(
        self,
        request: Request,
        to: SocketAddress,
        on_response: Callable[[Response], None],
        on_timeout: Callable[[], None],
    ) -> ClientTransaction:
        key = (branch_of(request.require("Via")), request.method)
        transaction = ClientTransaction(self, key, request, to, on_response=on_response, on_timeout=on_timeout)
        self._clients[key] = transaction
        return transaction

    def _via(self) -> str:
        host, port = self.told or self.transport.local
        branch = BRANCH_COOKIE + secrets.token_hex(8)
        return f"SIP/2.0/{self.transport.name} {host}:{port};rport;branch={branch}"

    def _receive_response(self, response: Response) -> None:
        key = (branch_of(response.require("Via")), response.cseq[1])
        transaction = self._clients.get(key)
        if transaction is None:
            self.wire.note(f"a response that belongs to nothing: {response.start_line}")
            return
        transaction.receive(response)

    def _receive_request(self, request: Request, source: SocketAddress) -> None:
        via = request.require("Via")
        sender = via.partition(";")[0]
        method = "INVITE" if request.method == "ACK" else request.method
        key = (f"{sender} {branch_of(via)}", method)
        known = self._servers.get(key)
        if request.method == "ACK":
            if known is not None:
                known.acknowledged()
            else:
                self._on_ack(request)
            return
        if known is not None:
            known.resend()
            return
        for name in ("From", "To", "Call-ID"):
            request.require(name)
        if request.cseq[1] != request.method:
            raise MalformedError(f"CSeq says {request.cseq[1]}, the request {request.method}")
        transaction = ServerTransaction(self, key, request, source)
        self._servers[key] = transaction
        self._on_request(transaction)


def branch_of(via: str) -> str:
    """The branch of a Via, which names the transaction. Raises MalformedError when there is none."""
    branch = parameters(split_list(via)[0]).get("branch")
    if not branch:
        raise MalformedError(f"the top Via has no branch: {via[:80]!r}")
    return branch
