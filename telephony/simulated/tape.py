"""The recording of a leg: who said which tone from when on, and the file that a switch would have made of it."""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.clock import TimerHandle

RATE = 8_000
_PEAK = 8_000

#: What is said on a leg and what is heard there, as tones in Hz; 0: nothing.
Voices = tuple[int, int]


@dataclass(kw_only=True, slots=True)
class Tape:
    """One recording. `file` is written at its end, if its folder is there: tests without audio need none.

    `silence_s`: it ends by itself when nothing was said for so long, by the timer `silent`; 0: it does not.
    """

    file: str
    paused: bool = False
    alone: bool = False
    silence_s: float = 0.0
    silent: TimerHandle | None = None
    said: bool = False
    #: from when on (POSIX seconds) what is on it; None: the leg is not bridged, and nothing is recorded
    heard: list[tuple[float, Voices | None]] = field(default_factory=list)

    def hear(self, at: float, voices: Voices | None) -> None:
        """From now on this is said."""
        self.heard.append((at, (0, 0) if voices is not None and self.paused else voices))

    def end(self, at: float) -> None:
        """It is over: write the file."""
        path = Path(self.file)
        if path.parent.is_dir():
            path.write_bytes(self.samples(at))

    def samples(self, until: float) -> bytes:
        """Left and right, interleaved, 16 bit."""
        found = array("h")
        ends = [at for at, _ in self.heard[1:]] + [until]
        for (begins, voices), ends_at in zip(self.heard, ends, strict=True):
            if voices is not None:
                for n in range(round((ends_at - begins) * RATE)):
                    found.extend(round(_PEAK * math.sin(2 * math.pi * hz * n / RATE)) for hz in voices)
        return found.tobytes()
