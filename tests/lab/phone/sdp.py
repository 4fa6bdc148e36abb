"""SDP offers and answers for one audio stream: PCMA, PCMU and telephone-event (RFC 3264, 4566, 4733)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from tests.lab.phone.errors import MalformedError
from tests.lab.phone.message import to_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.lab.phone.address import SocketAddress

PAYLOAD_TYPES = {"PCMU": 0, "PCMA": 8}
TELEPHONE_EVENT = "TELEPHONE-EVENT"
DEFAULT_EVENT_PAYLOAD = 101
CONTENT_TYPE = "application/sdp"


class Direction(StrEnum):
    """Which way media flows, as its owner sees it."""

    SENDRECV = "sendrecv"
    SENDONLY = "sendonly"
    RECVONLY = "recvonly"
    INACTIVE = "inactive"

    @property
    def sends(self) -> bool:
        """Whether the owner sends."""
        return self in {Direction.SENDRECV, Direction.SENDONLY}

    @property
    def receives(self) -> bool:
        """Whether the owner receives."""
        return self in {Direction.SENDRECV, Direction.RECVONLY}

    @property
    def mirrored(self) -> Direction:
        """The same as the other side sees it."""
        return direction_of(sends=self.receives, receives=self.sends)


def direction_of(*, sends: bool, receives: bool) -> Direction:
    """The direction with these two properties."""
    if sends:
        return Direction.SENDRECV if receives else Direction.SENDONLY
    return Direction.RECVONLY if receives else Direction.INACTIVE


@dataclass(frozen=True, kw_only=True, slots=True)
class Media:
    """One m= section. `payloads` maps payload types to encoding names in upper case, in order of preference."""

    line: str
    remote: SocketAddress
    direction: Direction
    payloads: dict[int, str]

    @property
    def is_audio(self) -> bool:
        """Whether it is a live RTP audio stream."""
        kind, _, protocol, *_ = self.line.split()
        return kind == "audio" and protocol == "RTP/AVP" and self.remote[1] > 0

    def payload_of(self, encoding: str) -> int | None:
        """The payload type of an encoding, if the section has it."""
        return next((number for number, name in self.payloads.items() if name == encoding), None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Description:
    """A parsed body: all its m= sections in order."""

    sections: tuple[Media, ...]

    @property
    def audio(self) -> Media | None:
        """The first live audio section."""
        return next((section for section in self.sections if section.is_audio), None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Agreed:
    """What offer and answer came to. `direction` is ours; `event_payload` is None without telephone-event."""

    remote: SocketAddress
    codec: str
    payload: int
    event_payload: int | None
    direction: Direction


def parse(body: bytes) -> Description:
    """Read a body. Raises MalformedError."""
    session: list[str] = []
    blocks: list[list[str]] = []
    for line in to_text(body).replace("\r\n", "\n").split("\n"):
        if line.startswith("m="):
            blocks.append([line])
        elif line:
            (blocks[-1] if blocks else session).append(line)
    if not session or session[0] != "v=0":
        raise MalformedError("an SDP body begins with v=0")
    return Description(sections=tuple(_section(block, session) for block in blocks))


def agree(mine: Sequence[str], theirs: Media, wish: Direction = Direction.SENDRECV) -> Agreed | None:
    """Settle codec, events and direction between our codecs and their section; None without a common codec."""
    found = ((number, name) for number, name in theirs.payloads.items() if name in mine)
    payload, codec = next(found, (None, ""))
    if payload is None:
        return None
    their_view = theirs.direction.mirrored
    return Agreed(
        remote=theirs.remote,
        codec=codec,
        payload=payload,
        event_payload=theirs.payload_of(TELEPHONE_EVENT),
        direction=direction_of(sends=wish.sends and their_view.sends, receives=wish.receives and their_view.receives),
    )


class LocalSession:
    """Our side of the descriptions of one call: where we receive, and an ever growing version number."""

    def __init__(self, local: SocketAddress, codecs: Sequence[str]) -> None:
        """`codecs` in order of preference, from PAYLOAD_TYPES."""
        self._local = local
        self._codecs = tuple(codecs)
        self._id = secrets.randbelow(10**9)
        self._version = 0

    def offer(self, direction: Direction = Direction.SENDRECV) -> bytes:
        """An offer with all our codecs."""
        payloads = {PAYLOAD_TYPES[codec]: codec for codec in self._codecs}
        return self._body([*self._audio({**payloads, DEFAULT_EVENT_PAYLOAD: TELEPHONE_EVENT}, direction)])

    def answer(self, offer: Description, agreed: Agreed) -> bytes:
        """The answer to an offer: the agreed audio stream, every other stream refused."""
        payloads = {agreed.payload: agreed.codec}
        if agreed.event_payload is not None:
            payloads[agreed.event_payload] = TELEPHONE_EVENT
        lines: list[str] = []
        for section in offer.sections:
            if section is offer.audio:
                lines += self._audio(payloads, agreed.direction)
            else:
                kind, _, rest = section.line.partition(" ")
                lines.append(f"m={kind} 0 {rest.partition(' ')[2]}")
        return self._body(lines)

    def _audio(self, payloads: dict[int, str], direction: Direction) -> Iterator[str]:
        yield f"m=audio {self._local[1]} RTP/AVP {' '.join(map(str, payloads))}"
        for number, name in payloads.items():
            yield f"a=rtpmap:{number} {'telephone-event' if name == TELEPHONE_EVENT else name}/8000"
            if name == TELEPHONE_EVENT:
                yield f"a=fmtp:{number} 0-16"
        yield "a=ptime:20"
        yield f"a={direction}"

    def _body(self, media: list[str]) -> bytes:
        self._version += 1
        host = self._local[0]
        head = ["v=0", f"o=- {self._id} {self._version} IN IP4 {host}", "s=call", f"c=IN IP4 {host}", "t=0 0"]
        return ("\r\n".join([*head, *media]) + "\r\n").encode()


def _section(block: list[str], session: list[str]) -> Media:
    line = block[0][2:]
    words = line.split()
    if len(words) < 4 or not words[1].partition("/")[0].isdigit():
        raise MalformedError(f"an m= line needs a kind, a port, a protocol and formats: {line[:80]!r}")
    host = _connection(block) or _connection(session)
    if host is None:
        raise MalformedError("the SDP body has no c= line for its media")
    direction = _direction(block) or _direction(session) or Direction.SENDRECV
    if host == "0.0.0.0":  # how hold was said before RFC 3264
        direction = direction_of(sends=direction.sends, receives=False)
    numbers = [int(word) for word in words[3:] if word.isdigit()]
    names = {0: "PCMU", 8: "PCMA", **_rtpmap(block)}
    return Media(
        line=line,
        remote=(host, int(words[1].partition("/")[0])),
        direction=direction,
        payloads={number: names[number] for number in numbers if number in names},
    )


def _connection(lines: list[str]) -> str | None:
    return next((line.split()[-1] for line in lines if line.startswith("c=IN IP4 ")), None)


def _direction(lines: list[str]) -> Direction | None:
    known = {f"a={direction}": direction for direction in Direction}
    return next((known[line] for line in lines if line in known), None)


def _rtpmap(lines: list[str]) -> dict[int, str]:
    maps = {}
    for line in lines:
        if line.startswith("a=rtpmap:"):
            number, _, encoding = line.removeprefix("a=rtpmap:").partition(" ")
            name, _, rate = encoding.partition("/")
            if number.isdigit() and rate.partition("/")[0] == "8000":
                maps[int(number)] = name.upper()
    return maps
