"""RTP packets as bytes and values (RFC 3550), and telephone-event payloads (RFC 4733)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from tests.lab.phone.errors import MalformedError

PTIME_S = 0.02
FRAME_SAMPLES = 160  # 20 ms at 8 kHz
DIGITS = "0123456789*#ABCD"
EVENT_VOLUME = 10  # dBm0 below zero, as phones send it

_VERSION = 2
_HEADER = struct.Struct("!BBHII")
_EVENT = struct.Struct("!BBH")
_RTCP_TYPES = range(72, 80)  # what RTCP's packet types look like in RTP's payload type (RFC 5761 section 4)


@dataclass(frozen=True, kw_only=True, slots=True)
class Packet:
    """One RTP packet."""

    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes
    marker: bool = False

    def encode(self) -> bytes:
        """The packet as bytes."""
        second = self.payload_type | (0x80 if self.marker else 0)
        return (
            _HEADER.pack(_VERSION << 6, second, self.sequence & 0xFFFF, self.timestamp & 0xFFFFFFFF, self.ssrc)
            + self.payload
        )


def parse(data: bytes) -> Packet:
    """Read a packet. Raises MalformedError for what is none, RTCP included."""
    if len(data) < _HEADER.size or data[0] >> 6 != _VERSION:
        raise MalformedError("no RTP packet of version 2")
    first, second, sequence, timestamp, ssrc = _HEADER.unpack_from(data)
    if second & 0x7F in _RTCP_TYPES:
        raise MalformedError("RTCP where RTP was expected")
    start = _HEADER.size + 4 * (first & 0x0F)
    if first & 0x10:
        if len(data) < start + 4:
            raise MalformedError("the RTP header extension is cut")
        start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
    end = len(data) - (data[-1] if first & 0x20 else 0)
    if end < start:
        raise MalformedError("the RTP packet is shorter than its header says")
    return Packet(
        payload_type=second & 0x7F,
        sequence=sequence,
        timestamp=timestamp,
        ssrc=ssrc,
        payload=data[start:end],
        marker=bool(second & 0x80),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class EventPayload:
    """One telephone-event payload: the key, whether it was released, its duration so far in timestamp units."""

    digit: str
    end: bool
    duration: int

    def encode(self) -> bytes:
        """The payload as bytes."""
        return _EVENT.pack(
            DIGITS.index(self.digit), EVENT_VOLUME | (0x80 if self.end else 0), min(self.duration, 0xFFFF)
        )


def parse_event(payload: bytes) -> EventPayload | None:
    """Read a telephone-event payload; None for an event that is no key. Raises MalformedError when it is cut."""
    if len(payload) < _EVENT.size:
        raise MalformedError("a telephone-event has four bytes")
    code, flags, duration = _EVENT.unpack_from(payload)
    if code >= len(DIGITS):
        return None
    return EventPayload(digit=DIGITS[code], end=bool(flags & 0x80), duration=duration)
