"""The receiving side of RTP: packets become one timeline of samples, and a list of keys pressed."""

from __future__ import annotations

from dataclasses import dataclass

from tests.lab.phone import g711
from tests.lab.phone.audio import RATE, SAMPLE_BYTES
from tests.lab.phone.rtp import EventPayload, Packet, parse_event

MAX_HEARD_S = 900.0
_JITTER = round(0.06 * RATE)  # a new source that is so near to the end of the old one goes on without a seam
_MAX_SKEW = round(0.5 * RATE)  # timestamps that stray so far from the clock begin anew
_HALF = 1 << 31


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyPress:
    """A key that the other side pressed. `at` is time.monotonic() of its first packet; `duration_s` of the event."""

    digit: str
    at: float
    duration_s: float
    ended: bool


class Playout:
    """Puts packets into place by their timestamps; what is missing is silence.

    The timeline begins with the first packet and runs with the clock: when the other side sends nothing for a while,
    or begins a new stream, the gap is silence of the same length.
    """

    def __init__(self) -> None:
        """Nothing heard yet."""
        self.heard = bytearray()
        #: Where nothing was received: first sample, how many. What comes late is put there all the same.
        self.gaps: list[tuple[int, int]] = []
        self.began: float | None = None
        self.keys: list[KeyPress] = []
        self.packets = 0
        self.last_at: float | None = None
        self._ssrc: int | None = None
        self._base_timestamp = 0
        self._base_sample = 0
        self._key_stamp: tuple[int, int] | None = None

    def take_audio(self, packet: Packet, codec: str, at: float) -> None:
        """Place the samples of an audio packet that arrived at `at`."""
        if self.began is None:
            self.began = at
        due = round((at - self.began) * RATE)
        start = self._base_sample + _signed(packet.timestamp - self._base_timestamp)
        if packet.ssrc != self._ssrc or abs(start - due) > _MAX_SKEW:
            start = self._rebase(packet, due)
        self.packets += 1
        self.last_at = at
        if start >= 0 and start < MAX_HEARD_S * RATE:
            self._put(start, g711.decode(codec, packet.payload))

    def take_event(self, packet: Packet, at: float) -> None:
        """Note a key. The packets of one press share their timestamp. Raises MalformedError for a cut payload."""
        event = parse_event(packet.payload)
        self.last_at = at
        if event is None:
            return
        stamp = (packet.ssrc, packet.timestamp)
        if stamp != self._key_stamp:
            self._key_stamp = stamp
            self.keys.append(_press(event, at))
        elif not self.keys[-1].ended:
            self.keys[-1] = _press(event, self.keys[-1].at)

    def _rebase(self, packet: Packet, due: int) -> int:
        end = len(self.heard) // SAMPLE_BYTES
        start = end if due - end < _JITTER else due
        self._ssrc = packet.ssrc
        self._base_timestamp = packet.timestamp
        self._base_sample = start
        return start

    def _put(self, start: int, samples: bytes) -> None:
        begin = SAMPLE_BYTES * start
        missing = begin - len(self.heard)
        if missing > 0:
            self.gaps.append((start - missing // SAMPLE_BYTES, missing // SAMPLE_BYTES))
            self.heard.extend(bytes(missing))
        self.heard[begin : begin + len(samples)] = samples


def _press(event: EventPayload, at: float) -> KeyPress:
    return KeyPress(digit=event.digit, at=at, duration_s=event.duration / RATE, ended=event.end)


def _signed(difference: int) -> int:
    return (difference + _HALF) % (1 << 32) - _HALF
