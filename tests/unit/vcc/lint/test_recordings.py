"""Sound files that no telephone line carries are told before a caller hears nothing."""

from __future__ import annotations

import wave
from typing import TYPE_CHECKING

import pytest

from vcc.lint import recordings

if TYPE_CHECKING:
    from pathlib import Path


def write(path: Path, *, rate: int = 8_000, channels: int = 1, width: int = 2, frames: int = 8) -> Path:
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(channels)
        sound.setsampwidth(width)
        sound.setframerate(rate)
        sound.writeframes(bytes(frames * channels * width))
    return path


def test_what_a_line_carries_passes(tmp_path: Path) -> None:
    (tmp_path / "other.gsm").write_bytes(b"the switch's own formats are not looked into")
    sounds = {"a.wav": write(tmp_path / "a.wav"), "other.gsm": tmp_path / "other.gsm"}
    assert list(recordings.check(sounds)) == []


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"rate": 44_100}, "44100 Hz"),
        ({"channels": 2}, "2 channel(s)"),
        ({"width": 1}, "8 bits"),
        ({"frames": 0}, "it is empty"),
    ],
)
def test_what_it_does_not_carry_is_told(tmp_path: Path, form: dict[str, int], told: str) -> None:
    problems = list(recordings.check({"a.wav": write(tmp_path / "a.wav", **form)}))
    assert len(problems) == 1
    assert told in problems[0].message


@pytest.mark.parametrize("content", [b"", b"RIFF", bytes(range(100))])
def test_what_is_no_sound_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.wav").write_bytes(content)
    problems = list(recordings.check({"a.wav": tmp_path / "a.wav"}))
    assert "it is no WAV file" in problems[0].message
