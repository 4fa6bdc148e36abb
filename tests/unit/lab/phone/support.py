"""What the phone's tests share: two phones, a link that loses messages, a registrar, and speech."""

from __future__ import annotations

import hashlib
import re
import subprocess
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from tests.lab.phone import Phone, Timers
from tests.lab.phone.address import SocketAddress, parse_address
from tests.lab.phone.message import Request, parse, response_to
from tests.lab.phone.transport import UdpSocket

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from tests.lab.phone.incoming import IncomingCall
    from tests.lab.phone.outgoing import OutgoingCall

NOWHERE = ("127.0.0.1", 9)
QUICK = Timers(t1=0.05, t2=0.2)
_FIELD = re.compile(r'(\w+)="?([^",]*)"?')


@asynccontextmanager
async def two_phones(timers: Timers | None = None) -> AsyncIterator[tuple[Phone, Phone]]:
    """Two phones, each of which takes the other for its switch."""
    async with (
        Phone("ada", server=NOWHERE, timers=timers) as ada,
        Phone("bob", server=ada.address, timers=timers) as bob,
    ):
        ada.ua.server = bob.address
        yield ada, bob


async def talking(ada: Phone, bob: Phone) -> tuple[OutgoingCall, IncomingCall]:
    """A call from `ada` that `bob` has answered."""
    outgoing = await ada.dial("bob")
    incoming = await bob.incoming()
    await incoming.answer()
    await outgoing.answered()
    return outgoing, incoming


class Relay:
    """Passes messages between two phones, as a proxy that stays on the route; drops those that `loses` picks."""

    def __init__(self, loses: Callable[[bytes], bool]) -> None:
        self.dropped: list[bytes] = []
        self.ends: tuple[SocketAddress, SocketAddress] = (NOWHERE, NOWHERE)
        self._loses = loses
        self._udp = UdpSocket("127.0.0.1", 0, self._pass_on)

    @property
    def address(self) -> SocketAddress:
        return self._udp.local

    def close(self) -> None:
        self._udp.close()

    def _pass_on(self, data: bytes, source: SocketAddress) -> None:
        if self._loses(data):
            self.dropped.append(data)
            return
        line, _, rest = data.partition(b"\r\n")
        if line.startswith(b"INVITE") and b"\r\nRecord-Route:" not in data:
            host, port = self.address
            line += f"\r\nRecord-Route: <sip:{host}:{port};lr>".encode()
        self._udp.send(line + b"\r\n" + rest, self.ends[1] if source == self.ends[0] else self.ends[0])


def losing_each_message_once() -> Callable[[bytes], bool]:
    """A loss that takes the first copy of everything: no message arrives unless it is sent again."""
    seen: set[tuple[bytes, bytes]] = set()

    def loses(data: bytes) -> bool:
        cseq = next(line for line in data.split(b"\r\n") if line.startswith(b"CSeq"))
        key = (data.partition(b"\r\n")[0], cseq)
        first = key not in seen
        seen.add(key)
        return first

    return loses


@asynccontextmanager
async def two_phones_over(loses: Callable[[bytes], bool]) -> AsyncIterator[tuple[Phone, Phone, Relay]]:
    """Two phones with quick timers whose every message goes through a relay."""
    relay = Relay(loses)
    try:
        async with (
            Phone("ada", server=relay.address, timers=QUICK) as ada,
            Phone("bob", server=relay.address, timers=QUICK) as bob,
        ):
            relay.ends = (ada.address, bob.address)
            yield ada, bob, relay
    finally:
        relay.close()


class Registrar:
    """A registrar that asks for a password. It computes the digests itself, by the letter of RFC 7616."""

    def __init__(self, algorithm: str, passwords: dict[str, str]) -> None:
        self.expires: dict[str, int] = {}
        self.contacts: dict[str, str] = {}
        self.requests: list[Request] = []
        self._algorithm = algorithm
        self._passwords = passwords
        self._udp = UdpSocket("127.0.0.1", 0, self._receive)

    @property
    def address(self) -> SocketAddress:
        return self._udp.local

    def close(self) -> None:
        self._udp.close()

    def _receive(self, data: bytes, source: SocketAddress) -> None:
        request = parse(data)
        assert isinstance(request, Request)
        self.requests.append(request)
        user = parse_address(request.require("To")).user
        if not self._is_right(request, user):
            challenge = (
                f'Digest realm="asterisk", nonce="n{len(self.requests)}", qop="auth", algorithm={self._algorithm}'
            )
            headers = (("WWW-Authenticate", 'Basic realm="x"'), ("WWW-Authenticate", challenge))
            self._udp.send(response_to(request, 401, to_tag="t", headers=headers).encode(), source)
            return
        self.expires[user] = int(request.require("Expires"))
        self.contacts[user] = request.require("Contact")
        granted = ("Contact", f"{self.contacts[user]};expires={self.expires[user]}")
        self._udp.send(response_to(request, 200, to_tag="t", headers=(granted,)).encode(), source)

    def _is_right(self, request: Request, user: str) -> bool:
        field = dict(_FIELD.findall(request.header("Authorization") or ""))
        if not field:
            return False
        hashed = hashlib.sha256 if self._algorithm == "SHA-256" else hashlib.md5

        def digest(*parts: str) -> str:
            return hashed(":".join(parts).encode(), usedforsecurity=False).hexdigest()

        secret = digest(user, "asterisk", self._passwords[user])
        what = digest("REGISTER", field["uri"])
        proof = digest(secret, field["nonce"], field["nc"], field["cnonce"], field["qop"], what)
        return (field["response"], field["username"], field["uri"]) == (proof, user, request.uri)


def speech(folder: Path, text: str, voice: str = "en") -> Path:
    """`text` as a wav file of 8 kHz, mono, 16 bit."""
    path = folder / f"{abs(hash((text, voice)))}.wav"
    raw = path.with_suffix(".raw.wav")
    subprocess.run(["espeak-ng", "-v", voice, "-w", str(raw), text], check=True)
    subprocess.run(["sox", str(raw), "-r", "8000", "-c", "1", "-b", "16", str(path), "gain", "-n", "-6"], check=True)
    return path
