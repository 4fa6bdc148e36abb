"""Whether the switch can play a folder's sound files. Reads the disk."""

from __future__ import annotations

import wave
from typing import TYPE_CHECKING

from core.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

#: Sampling rate, channels and bits of what is played without being converted.
_TELEPHONE = (8_000, 1, 16)


def check(sounds: Mapping[str, Path]) -> Iterator[Problem]:
    """Each WAV file is one that a telephone line carries; other endings are the switch's own formats."""
    for name, path in sounds.items():
        if path.suffix.lower() == ".wav" and (wrong := _wrong(path)):
            expected = "8 kHz, mono, 16-bit PCM, not empty"
            yield Problem(
                file=name, line=1, column=1, message=f"this sound cannot be played: {wrong}", expected=expected
            )


def _wrong(path: Path) -> str:
    """What keeps a WAV file from being played; empty if nothing does."""
    try:
        with wave.open(str(path), "rb") as sound:
            form = (sound.getframerate(), sound.getnchannels(), 8 * sound.getsampwidth())
            frames = sound.getnframes()
    except (wave.Error, EOFError, OSError) as error:
        return f"it is no WAV file ({error or 'it is cut off'})"
    if form != _TELEPHONE:
        return f"it has {form[0]} Hz, {form[1]} channel(s), {form[2]} bits"
    return "" if frames else "it is empty"
