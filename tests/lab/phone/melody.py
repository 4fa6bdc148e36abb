"""Sounds that can be told apart by ear and by comparison: notes of changing pitch and loudness."""

from __future__ import annotations

import math
import random
import wave
from array import array
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

RATE = 8_000
_NOTE_S = 0.1


def write_melody(path: Path, seconds: float) -> None:
    """Write a melody of this length, which the file's name decides, as an 8 kHz mono WAV."""
    dice = random.Random(path.stem)
    samples = array("h")
    while len(samples) < seconds * RATE:
        hz, loud = dice.uniform(300, 1_800), dice.uniform(2_000, 14_000)
        count = min(int(_NOTE_S * RATE), int(seconds * RATE) - len(samples))
        for n in range(count):
            fade = min(1.0, n / 80, (count - n) / 80)
            samples.append(round(loud * fade * math.sin(2 * math.pi * hz * n / RATE)))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
