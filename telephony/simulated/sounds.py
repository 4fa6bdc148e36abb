"""How long a sound file plays."""

from __future__ import annotations

import wave
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Sounds:
    """Durations by path: as they were given, else read from the WAV file itself, once."""

    def __init__(self, durations: Mapping[str, float] | None = None) -> None:
        """`durations`: seconds of files that need not exist."""
        self._durations: dict[str, float | None] = dict(durations or {})

    def give(self, path: str, seconds: float) -> None:
        """Say how long a file plays that need not exist."""
        self._durations[path] = seconds

    def duration(self, path: str) -> float | None:
        """Seconds; None for what cannot be played."""
        if path not in self._durations:
            self._durations[path] = _read(path)
        return self._durations[path]


def _read(path: str) -> float | None:
    try:
        with wave.open(path, "rb") as file:
            return file.getnframes() / file.getframerate()
    except (OSError, EOFError, wave.Error):
        return None
