"""Many callers on one UDP port, as cheap as can be: for load, not for looking at details.

    place -> INVITE ... 200 -> ACK, one packet of RTP (ends Asterisk's wait for media) ... BYE from the switch, or ours

A call is a dictionary entry and at most one timer. Whatever becomes of it is told by its `Call`. RTP that comes back
ends in a socket that nobody reads.
"""

from __future__ import annotations

import asyncio
import itertools
import secrets
import socket
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from tests.lab.bench import sip
from tests.lab.phone.transport import UdpSocket
from tests.lab.phone.voices import Voices
from tests.lab.ports import LOOPBACK
from vcc.tasks import spawn

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from tests.lab.phone.address import SocketAddress

_T1_S = 0.5
_LONGEST_PAUSE_S = 4.0
_RESENDS = 10  # the last of them after 31.5 s
_ALAW_SILENCE = b"\xd5" * 160
_CODEC = 8
CALLER_HZ = 700
_SDP = (
    "v=0\r\no=- 1 1 IN IP4 {host}\r\ns=call\r\nc=IN IP4 {host}\r\nt=0 0\r\nm=audio {port} RTP/AVP 8 0 101\r\n"
    "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\na=sendrecv\r\n"
)
_REQUEST = (
    "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {host}:{port};rport;branch=z9hG4bK{branch}\r\nMax-Forwards: 70\r\n"
    "From: <sip:{caller}@{host}>;tag={tag}\r\nTo: {to}\r\nCall-ID: {call_id}\r\nCSeq: {seq} {method}\r\n"
    "Contact: <sip:{caller}@{host}:{port}>\r\n"
)


@dataclass(kw_only=True, slots=True)
class Call:
    """One caller's call. Times are time.monotonic() seconds, None until the thing happened (or when it never did).

    `status` is the final answer to the INVITE; `failure` says in a few words why the call is no good one.
    """

    call_id: str
    number: str
    placed_at: float
    tag: str
    status: int | None = None
    answered_at: float | None = None
    ended_at: float | None = None
    failure: str = ""
    to: str = ""
    remote: str = ""
    seq: int = 1
    sent: bytes = b""
    timer: asyncio.TimerHandle | None = None

    @property
    def good(self) -> bool:
        """Whether it was answered and ended, and nothing went wrong."""
        return self.answered_at is not None and self.ended_at is not None and not self.failure


class Callers:
    """Callers of one switch. Use as `async with Callers((host, port)) as callers:`."""

    def __init__(self, server: SocketAddress) -> None:
        """`server` is where the switch takes calls of its trunk."""
        self._server = server
        self._calls: dict[str, Call] = {}
        self._numbers = itertools.count(13_000_000_000)
        self._changed = asyncio.Event()
        self.resent = 0

    async def __aenter__(self) -> Self:
        """Open the port. Raises OSError when there is none."""
        self._loop = asyncio.get_running_loop()
        self._udp = UdpSocket(LOOPBACK, 0, self._received)
        self._rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._rtp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # nobody reads it: let it be full soon
        self._rtp.bind((LOOPBACK, 0))
        self._rtp.setblocking(False)
        self.voices = Voices(self._rtp, self._server[0], CALLER_HZ)
        self._talking = spawn(self.voices.run(), name="callers talk")
        self._sdp = _SDP.format(host=LOOPBACK, port=self._rtp.getsockname()[1])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up what is left, waiting a second at most, and close the port."""
        left = list(self._calls.values())
        for call in left:
            self.hang_up(call)
        await self.over(left, 1.0)
        for call in left:
            _stop(call)
        self._talking.cancel()
        self._udp.close()
        self._rtp.close()

    # --- what a load does

    def place(self, number: str) -> Call:
        """Call `number`; what becomes of it is told by what is returned."""
        call = Call(
            call_id=secrets.token_hex(8),
            number=number,
            placed_at=time.monotonic(),
            tag=str(next(self._numbers)),
            to=f"<sip:{number}@{self._server[0]}:{self._server[1]}>",
            remote=f"sip:{number}@{self._server[0]}:{self._server[1]}",
        )
        self._calls[call.call_id] = call
        self._send(call, "INVITE", "Content-Type: application/sdp\r\n", self._sdp, again=True)
        return call

    def hang_up(self, call: Call) -> None:
        """End a call from the caller's side; one that is not answered yet is cancelled."""
        if call.ended_at is not None:
            return
        if call.answered_at is None:
            call.failure = call.failure or "not answered"
            self._udp.send(call.sent.replace(b"INVITE", b"CANCEL").partition(b"Contact:")[0] + _EMPTY, self._server)
            return
        call.seq += 1
        self._send(call, "BYE", again=True)

    async def over(self, calls: Sequence[Call], within_s: float) -> bool:
        """Wait until all of these are over; False if some are not after `within_s` seconds."""
        try:
            async with asyncio.timeout(within_s):
                for call in calls:
                    while call.ended_at is None:
                        self._changed.clear()
                        await self._changed.wait()
        except TimeoutError:
            return False
        return True

    async def answered(self, calls: Sequence[Call], within_s: float) -> bool:
        """Wait until all of these are answered or over; False if some are not after `within_s` seconds."""
        try:
            async with asyncio.timeout(within_s):
                for call in calls:
                    while call.answered_at is None and call.ended_at is None:
                        self._changed.clear()
                        await self._changed.wait()
        except TimeoutError:
            return False
        return True

    # --- out

    def _send(self, call: Call, method: str, headers: str = "", body: str = "", *, again: bool) -> None:
        head = _REQUEST.format(
            method=method,
            uri=call.remote,
            host=LOOPBACK,
            port=self._udp.local[1],
            branch=secrets.token_hex(8),
            caller=call.tag,
            tag=call.tag,
            to=call.to,
            call_id=call.call_id,
            seq=call.seq,
        )
        data = f"{head}{headers}Content-Length: {len(body)}\r\n\r\n{body}".encode()
        self._udp.send(data, self._server)
        if again:
            call.sent = data
            _stop(call)
            call.timer = self._loop.call_later(_T1_S, self._resend, call, _T1_S, _RESENDS)

    def _resend(self, call: Call, pause: float, left: int) -> None:
        if left == 0:
            self._over(call, "the switch does not answer")
            return
        self.resent += 1
        self._udp.send(call.sent, self._server)
        pause = min(2 * pause, _LONGEST_PAUSE_S)
        call.timer = self._loop.call_later(pause, self._resend, call, pause, left - 1)

    def _send_media(self, port: int) -> None:
        packet = bytes((0x80, _CODEC)) + secrets.token_bytes(10) + _ALAW_SILENCE
        self._rtp.sendto(packet, (self._server[0], port))

    # --- in

    def _received(self, data: bytes, source: SocketAddress) -> None:
        call = self._calls.get(sip.header(data, "Call-ID").decode("ascii", "replace"))
        code = sip.status(data)
        if code == 0:
            self._on_request(call, data, source)
        elif call is not None:
            self._on_response(call, data, code)

    def _on_request(self, call: Call | None, data: bytes, source: SocketAddress) -> None:
        method = sip.method(data)
        if method == "ACK":
            return
        if method in {"INVITE", "UPDATE"}:
            self._udp.send(sip.response(data, b"488 Not Acceptable Here"), source)
            return
        self._udp.send(sip.response(data, b"200 OK"), source)
        if method == "BYE" and call is not None:
            self._over(call)

    def _on_response(self, call: Call, data: bytes, code: int) -> None:
        method = sip.method(data)
        if method == "INVITE":
            _stop(call)
            if code >= 200:
                self._on_final(call, data, code)
        elif method == "BYE" and code >= 200:
            self._over(call, "" if code == 200 else f"BYE: {code}")

    def _on_final(self, call: Call, data: bytes, code: int) -> None:
        """The INVITE's final answer; a 200 that comes again is acknowledged again."""
        again = call.status is not None
        call.status, call.to = code, sip.header(data, "To").decode("ascii", "replace")
        if code >= 300:
            self._acknowledge_refusal(call)
            self._over(call, f"refused: {code}")
            return
        call.remote = sip.uri(sip.header(data, "Contact")).decode("ascii", "replace") or call.remote
        self._send(call, "ACK", again=False)
        if not again:
            call.answered_at = time.monotonic()
            self._send_media(sip.media_port(data))
            self.voices.begin(call.call_id, sip.media_port(data))
            self._changed.set()

    def _acknowledge_refusal(self, call: Call) -> None:
        """The ACK of a refusal belongs to the INVITE: the same branch, the To of the answer."""
        head = call.sent.partition(b"Contact:")[0].replace(b"INVITE", b"ACK")
        lines = [b"To: " + call.to.encode() if line.startswith(b"To:") else line for line in head.split(b"\r\n")]
        self._udp.send(b"\r\n".join(lines) + _EMPTY, self._server)

    def _over(self, call: Call, failure: str = "") -> None:
        _stop(call)
        if call.ended_at is None:
            call.ended_at = time.monotonic()
            call.failure = call.failure or failure
        self._calls.pop(call.call_id, None)
        self.voices.end(call.call_id)
        self._changed.set()


_EMPTY = b"Content-Length: 0\r\n\r\n"


def failures(calls: Sequence[Call]) -> Counter[str]:
    """Why calls were no good ones, and how many of each."""
    return Counter(call.failure or "not over" for call in calls if not call.good)


def _stop(call: Call) -> None:
    if call.timer is not None:
        call.timer.cancel()
        call.timer = None
