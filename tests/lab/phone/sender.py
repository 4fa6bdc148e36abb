"""The sending side of RTP: what to say and which keys to press, one packet each 20 ms."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.lab.phone import g711
from tests.lab.phone.audio import SAMPLE_BYTES
from tests.lab.phone.rtp import FRAME_SAMPLES, PTIME_S, EventPayload, Packet

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.lab.phone.sdp import Agreed

FRAME_BYTES = FRAME_SAMPLES * SAMPLE_BYTES
END_PACKETS = 3  # how often the end of a key is sent, for one may be lost (RFC 4733 2.5.1.4)
_MAX_BEHIND_S = 0.2  # a loop that was blocked longer leaves a gap; a shorter time is caught up


class Pacer:
    """Calls `tick` each 20 ms by the loop's clock. Being late once does not make the following ones late."""

    def __init__(self, tick: Callable[[int], None]) -> None:
        """Start with the first tick at once; `tick(skipped)` is told how many beats before it were left out."""
        self._tick = tick
        self._loop = asyncio.get_running_loop()
        self._next = self._loop.time()
        self._timer = self._loop.call_soon(self._due)

    def stop(self) -> None:
        """No more ticks."""
        self._timer.cancel()

    def _due(self) -> None:
        behind = self._loop.time() - self._next
        skipped = int(behind / PTIME_S) if behind > _MAX_BEHIND_S else 0
        self._next += (skipped + 1) * PTIME_S
        self._timer = self._loop.call_at(self._next, self._due)
        self._tick(skipped)


@dataclass(kw_only=True, slots=True)
class Clip:
    """Samples to send; `done` is set when the last one went out, or when it was taken off."""

    samples: bytes
    repeat: bool = False
    position: int = 0
    done: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def next_frame(self) -> bytes:
        """The next 20 ms, filled up with silence at the end."""
        frame = self.samples[self.position : self.position + FRAME_BYTES]
        self.position += FRAME_BYTES
        if self.position < len(self.samples):
            return frame
        if self.repeat:
            self.position = FRAME_BYTES - len(frame)
            return frame + self.samples[: self.position]
        finish(self.done)
        return frame.ljust(FRAME_BYTES, b"\0")


@dataclass(kw_only=True, slots=True)
class Key:
    """A key to press. Counted in packets: sent so far, pressed for, and the pause after it."""

    digit: str
    packets: int
    pause: int
    timestamp: int = 0
    sent: int = 0
    done: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


def finish(future: asyncio.Future[None]) -> None:
    """Set the result of a future that may be done or cancelled already."""
    if not future.done():
        future.set_result(None)


class Sender:
    """Makes the packets of one call and hands each to `transmit`. It has something to do once a codec is agreed."""

    def __init__(self, transmit: Callable[[bytes], None], *, idle_silence: bool) -> None:
        """`idle_silence`: send silence when there is nothing to say, as a phone does."""
        self.packets = 0
        self._agreed: Agreed | None = None
        self._muted = False
        self._transmit = transmit
        self._idle_silence = idle_silence
        self._clips: deque[Clip] = deque()
        self._keys: deque[Key] = deque()
        self._ssrc = secrets.randbits(32)
        self._sequence = secrets.randbits(16)
        self._timestamp = secrets.randbits(32)
        self._resting = True  # the next audio packet begins a talk spurt: it has the marker
        self._pacer: Pacer | None = None
        self._paused_at: float | None = None

    def adopt(self, agreed: Agreed, *, muted: bool) -> None:
        """Send by what was agreed from now on; nothing while `muted`."""
        self._agreed = agreed
        self._muted = muted
        self._wake()

    def stop(self) -> None:
        """Stop for good; whoever waits for something to be sent goes on."""
        if self._pacer is not None:
            self._pacer.stop()
        self._agreed = None
        self.silence()
        for key in self._keys:
            finish(key.done)
        self._keys.clear()

    def say(self, clip: Clip) -> None:
        """Send `clip` after what is waiting; a repeating clip is ended by the next one."""
        if self._clips and self._clips[-1].repeat:
            finish(self._clips.pop().done)
        self._clips.append(clip)
        self._wake()

    def restart(self, sequence: int) -> None:
        """Begin the stream anew, as a phone or a carrier may in the middle of a call: another source, and numbers that
        go on from `sequence`.
        """
        self._ssrc = secrets.randbits(32)
        self._sequence = sequence & 0xFFFF
        self._resting = True

    def silence(self) -> None:
        """Take off everything that is being sent or waits to be."""
        for clip in self._clips:
            finish(clip.done)
        self._clips.clear()

    def press(self, key: Key) -> None:
        """Press `key` after those that wait."""
        self._keys.append(key)
        self._wake()

    def _wake(self) -> None:
        """Let the beats begin, unless there is nothing to send."""
        if self._pacer is not None or self._agreed is None:
            return
        if self._idle_silence or self._clips or self._keys:
            if self._paused_at is not None:
                pause = asyncio.get_running_loop().time() - self._paused_at
                self._timestamp += round(pause / PTIME_S) * FRAME_SAMPLES
            self._pacer = Pacer(self._tick)

    def _tick(self, skipped: int) -> None:
        """Send what is due for these 20 ms, after `skipped` times 20 ms in which nothing was."""
        agreed = self._agreed
        self._timestamp += skipped * FRAME_SAMPLES
        if agreed is None or self._muted or not agreed.direction.sends:
            self._resting = True
        elif not self._keys or agreed.event_payload is None or self._send_key(agreed.event_payload):
            self._send_audio(agreed)
        self._timestamp += FRAME_SAMPLES
        if not (self._idle_silence or self._clips or self._keys) and self._pacer is not None:
            self._pacer.stop()
            self._pacer = None
            self._paused_at = asyncio.get_running_loop().time()

    def _send_audio(self, agreed: Agreed) -> None:
        if self._clips:
            clip = self._clips[0]
            payload = g711.encode(agreed.codec, clip.next_frame())
            if clip.done.done():
                self._clips.popleft()
        elif self._idle_silence:
            payload = bytes((g711.SILENCE[agreed.codec],)) * FRAME_SAMPLES
        else:
            self._resting = True
            return
        self._send(agreed.payload, payload, self._timestamp, marker=self._resting)
        self._resting = False

    def _send_key(self, payload_type: int) -> bool:
        """One packet of the first key, or one beat of the pause after it; True when audio may go out in this beat."""
        key = self._keys[0]
        if key.sent == 0:
            key.timestamp = self._timestamp
        key.sent += 1
        pausing = key.sent >= key.packets + END_PACKETS
        if not pausing:
            duration = min(key.sent, key.packets) * FRAME_SAMPLES
            event = EventPayload(digit=key.digit, end=key.sent >= key.packets, duration=duration)
            self._send(payload_type, event.encode(), key.timestamp, marker=key.sent == 1)
        if key.sent >= key.packets + max(key.pause, END_PACKETS - 1):
            self._keys.popleft()
            finish(key.done)
        return pausing

    def _send(self, payload_type: int, payload: bytes, timestamp: int, *, marker: bool) -> None:
        packet = Packet(
            payload_type=payload_type,
            sequence=self._sequence,
            timestamp=timestamp,
            ssrc=self._ssrc,
            payload=payload,
            marker=marker,
        )
        self._sequence += 1
        self.packets += 1
        self._transmit(packet.encode())
