"""The least of a switch, on a UDP port: answers, refuses or ignores calls, and ends them."""

import asyncio
from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Self

from tests.lab.bench import sip
from tests.lab.phone.address import SocketAddress
from tests.lab.phone.transport import UdpSocket

_SDP = b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio %d RTP/AVP 8\r\n"


class SmallSwitch:
    """What it does with calls is told by the number: 200 answers, 4xx to 6xx refuses so, anything else is ignored."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()
        self.ignore: Counter[str] = Counter()  # how many of a method are still to be lost on the way
        self.media: list[bytes] = []
        self._news = asyncio.Event()
        self.invites: dict[str, tuple[bytes, SocketAddress]] = {}

    async def __aenter__(self) -> Self:
        self._udp = UdpSocket("127.0.0.1", 0, self._received)
        self._rtp = UdpSocket("127.0.0.1", 0, self._heard)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._udp.close()
        self._rtp.close()

    @property
    def address(self) -> SocketAddress:
        return self._udp.local

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until it holds; it is looked at after each datagram."""
        async with asyncio.timeout(5):
            while not condition():
                self._news.clear()
                await self._news.wait()

    def bye(self, call_id: str) -> None:
        """End a call."""
        invite, source = self.invites[call_id]
        uri = sip.uri(sip.header(invite, "Contact"))
        lines = [b"BYE " + uri + b" SIP/2.0", b"Via: SIP/2.0/UDP 127.0.0.1:1;branch=z9hG4bKbye"]
        lines += [b"From: " + sip.header(invite, "To"), b"To: " + sip.header(invite, "From")]
        lines += [b"Call-ID: " + call_id.encode(), b"CSeq: 9 BYE", b"Content-Length: 0", b"", b""]
        self._udp.send(b"\r\n".join(lines), source)

    def _heard(self, data: bytes, source: SocketAddress) -> None:
        self.media.append(data)
        self._news.set()

    def _received(self, data: bytes, source: SocketAddress) -> None:
        method = sip.method(data)
        self.seen[f"{sip.status(data)} to {method}" if sip.status(data) else method] += 1
        self._news.set()
        if self.ignore[method] > 0:
            self.ignore[method] -= 1
        elif method == "INVITE":
            self._invited(data, source)
        elif method in {"BYE", "CANCEL"} and not sip.status(data):
            self._udp.send(sip.response(data, b"200 OK"), source)
            if method == "CANCEL":
                invite, _ = self.invites[sip.header(data, "Call-ID").decode()]
                self._udp.send(sip.response(invite, b"487 Request Terminated"), source)

    def _invited(self, data: bytes, source: SocketAddress) -> None:
        number = data.partition(b"sip:")[2].partition(b"@")[0]
        self.invites[sip.header(data, "Call-ID").decode()] = (data, source)
        if number[:1] in b"456" and len(number) == 3:
            self._udp.send(sip.response(data, number + b" No"), source)
        elif number == b"200":
            head, _, _ = sip.response(data, b"200 OK").partition(b"Content-Length")
            host, port = self.address
            contact = f"Contact: <sip:{host}:{port}>\r\n".encode()
            body = _SDP % self._rtp.local[1]
            self._udp.send(head + contact + b"Content-Length: %d\r\n\r\n%s" % (len(body), body), source)
