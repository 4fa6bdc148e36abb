"""A recording with two voices: 16 bit, two channels, 8 kHz; as raw samples or as a WAV file."""

from __future__ import annotations

import io
import wave
from array import array
from typing import TYPE_CHECKING, Self

from tests.lab.phone.audio import RATE, tone_level

if TYPE_CHECKING:
    from pathlib import Path

#: Of full scale (32767): below it is silence.
QUIET = 256
_FRAME = RATE // 50  # 20 ms


class Stereo:
    """The caller's channel is the left one, the agent's the right one."""

    def __init__(self, samples: bytes) -> None:
        """`samples`: interleaved."""
        self.samples = samples[: len(samples) // 4 * 4]
        both = array("h", self.samples)
        self._left, self._right = both[0::2], both[1::2]

    @classmethod
    def of_wav(cls, file: Path | bytes) -> Self:
        """A WAV file, or what is in one."""
        with wave.open(io.BytesIO(file) if isinstance(file, bytes) else str(file)) as sound:
            assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (2, 2, RATE)
            return cls(sound.readframes(sound.getnframes()))

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self._left) / RATE

    @property
    def peak(self) -> int:
        """The loudest sample of both."""
        return max((abs(value) for value in (*self._left, *self._right)), default=0)

    def left(self, hz: float) -> float:
        """How much of what the caller said is this tone, 0 to 1."""
        return tone_level(self._left.tobytes(), hz)

    def right(self, hz: float) -> float:
        """How much of what the agent said is this tone, 0 to 1."""
        return tone_level(self._right.tobytes(), hz)

    def piece(self, begins: float, ends: float) -> Stereo:
        """From one second to another."""
        return Stereo(self.samples[round(begins * RATE) * 4 : round(ends * RATE) * 4])

    def gap(self) -> tuple[float, float]:
        """The longest time in which nobody is heard: from and to, in seconds."""
        best, began = (0, 0), None
        frames = len(self._left) // _FRAME
        for n in range(frames + 1):
            quiet = n < frames and self.piece(n * _FRAME / RATE, (n + 1) * _FRAME / RATE).peak < QUIET
            if quiet and began is None:
                began = n
            elif not quiet and began is not None:
                best, began = max(best, (began, n), key=lambda span: span[1] - span[0]), None
        return best[0] * _FRAME / RATE, best[1] * _FRAME / RATE
