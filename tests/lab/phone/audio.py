"""Sound as 16 bit little-endian mono samples at 8 kHz: files, tones, levels, one tone among others."""

from __future__ import annotations

import math
import sys
import wave
from array import array
from operator import mul
from pathlib import Path
from typing import TYPE_CHECKING

from tests.lab.phone.errors import MisuseError

if TYPE_CHECKING:
    from collections.abc import Iterable

RATE = 8000
SAMPLE_BYTES = 2
FULL_SCALE = 32_767
_TONE_AMPLITUDE = 0.25  # of full scale: as loud as speech

Sound = bytes | bytearray | memoryview | Path | str


def samples_of(sound: Sound) -> array[int]:
    """The samples of raw bytes or of a wav file (a path or its name). Raises MisuseError; see `read_wav`."""
    data = read_wav(sound) if isinstance(sound, Path | str) else sound
    values = array("h", bytes(data[: len(data) // SAMPLE_BYTES * SAMPLE_BYTES]))
    if sys.byteorder == "big":
        values.byteswap()
    return values


def read_wav(path: Path | str) -> bytes:
    """The samples of a wav file. Raises MisuseError unless it is 8 kHz, mono, 16 bit; OSError when it is not there."""
    with wave.open(str(path), "rb") as file:
        form = (file.getframerate(), file.getnchannels(), file.getsampwidth())
        if form != (RATE, 1, SAMPLE_BYTES):
            raise MisuseError(
                f"{path} has {form[0]} Hz, {form[1]} channels, {8 * form[2]} bit; wanted is 8000 Hz, mono, 16 bit "
                "(sox IN -r 8000 -c 1 -b 16 OUT)"
            )
        return file.readframes(file.getnframes())


def write_wav(path: Path | str, samples: bytes | bytearray) -> None:
    """Write samples as a wav file of 8 kHz, mono, 16 bit."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(SAMPLE_BYTES)
        file.setframerate(RATE)
        file.writeframes(bytes(samples))


def dot(left: Iterable[float], right: Iterable[float]) -> float:
    """The sum of products: of a sound with itself its energy, of two sounds their likeness."""
    return float(sum(map(mul, left, right)))


def tone(hz: float, seconds: float, amplitude: float = _TONE_AMPLITUDE) -> bytes:
    """A sine tone; `amplitude` is a fraction of full scale."""
    step = 2 * math.pi * hz / RATE
    peak = amplitude * FULL_SCALE
    values = array("h", (round(peak * math.sin(step * n)) for n in range(round(seconds * RATE))))
    if sys.byteorder == "big":
        values.byteswap()
    return values.tobytes()


def level(samples: bytes | bytearray) -> float:
    """Root mean square as a fraction of full scale: 0 is silence, a full sine is 0.71."""
    values = samples_of(samples)
    return math.sqrt(dot(values, values) / len(values)) / FULL_SCALE if values else 0.0


def tone_level(samples: bytes | bytearray, hz: float) -> float:
    """How much of the sound's energy is one tone, 0 to 1 (Goertzel): near 1 for that tone alone, near 0 without it.

    Two tones of equal strength have 0.5 each. Meant for 0.1 s or more, in which tones 20 Hz apart can be told.
    """
    values = samples_of(samples)
    energy = dot(values, values)
    if not energy:
        return 0.0
    turn = 2 * math.cos(2 * math.pi * hz / RATE)
    before = last = 0.0
    for value in values:
        before, last = last, value + turn * last - before
    power = before * before + last * last - turn * before * last
    return min(1.0, 2 * power / (len(values) * energy))
