"""The WAV file that is made of what a switch recorded: its bytes, and what is measured in it."""

from __future__ import annotations

import io
import math
import wave
from array import array
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from vcc.recordings.sound import LEFT_S, make_mono, make_wav, measure

if TYPE_CHECKING:
    from pathlib import Path

RATE = 8_000


def samples(seconds: float, left: int = 0, right: int = 0) -> bytes:
    """Two channels that each swing up to a peak."""
    found = array("h")
    for n in range(round(seconds * RATE)):
        swing = math.sin(2 * math.pi * 440 * n / RATE)
        found.extend((round(left * swing), round(right * swing)))
    return found.tobytes()


def test_the_file_and_what_is_in_it(tmp_path: Path) -> None:
    source, target = tmp_path / "a.raw", tmp_path / "a.wav"
    said = samples(1.0, left=8_000) + samples(0.5) + samples(0.5, right=8_000)
    source.write_bytes(said)
    made = make_wav(source, target, from_first_sound=False)
    data = target.read_bytes()
    assert (made.sha256, made.size, made.seconds) == (sha256(data).hexdigest(), len(data), 2.0)
    assert made.silence == pytest.approx(0.25, abs=0.01)
    with wave.open(io.BytesIO(data)) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (RATE, 2, 2)
        assert sound.readframes(sound.getnframes()) == said
    assert measure(target) == made
    assert target.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.raw", "a.wav"]


@pytest.mark.parametrize(("peak", "silence"), [(0, 1.0), (200, 1.0), (-200, 1.0), (400, 0.0), (-30_000, 0.0)])
def test_what_counts_as_silence(tmp_path: Path, peak: int, silence: float) -> None:
    (tmp_path / "a.raw").write_bytes(samples(0.4, right=peak))
    assert make_wav(tmp_path / "a.raw", tmp_path / "a.wav", from_first_sound=False).silence == silence


@pytest.mark.parametrize("odd", [0, 1, 2, 3])
def test_what_was_cut_off_in_the_middle_of_a_frame(tmp_path: Path, odd: int) -> None:
    (tmp_path / "a.raw").write_bytes(samples(0.1, left=900) + b"x" * odd)
    assert make_wav(tmp_path / "a.raw", tmp_path / "a.wav", from_first_sound=False).seconds == 0.1


def test_what_was_silent_before_it_was_wanted_is_left_out(tmp_path: Path) -> None:
    """From the first sample on, in whole frames: the channels must not change places."""
    said = array("h", [0, 5, 7, 0]).tobytes() + samples(0.5, left=9_000)
    (tmp_path / "a.raw").write_bytes(samples(3.0) + said)
    made = make_wav(tmp_path / "a.raw", tmp_path / "a.wav", from_first_sound=True)
    assert (tmp_path / "a.wav").read_bytes()[44:] == said
    assert made.seconds == pytest.approx(0.5, abs=0.001)


@pytest.mark.parametrize("said", [b"", b"xyz", samples(1.0)])
def test_where_nothing_was_recorded_there_is_no_file(tmp_path: Path, said: bytes) -> None:
    (tmp_path / "a.raw").write_bytes(said)
    with pytest.raises(ValueError, match="nothing was recorded"):
        make_wav(tmp_path / "a.raw", tmp_path / "a.wav", from_first_sound=True)
    assert not (tmp_path / "a.wav").exists()


@pytest.mark.parametrize(
    ("end", "silent_s", "seconds"),
    [
        (samples(3.0), 3.0, 1 + LEFT_S),
        (samples(3.0, left=300), 3.0, 1 + LEFT_S),  # a noise on the line that a switch takes for silence, too
        (samples(3.0, right=9_000), 3.0, 1 + LEFT_S),  # what the caller hears is no speech
        (samples(3.0), 2.0, 2 + LEFT_S),  # no more than has been silent
        (samples(3.0), 0.0, 4.0),
        (samples(3.0, left=9_000), 3.0, 4.0),  # a phone that lags: the switch has counted more than there is
        (samples(0.3), 3.0, 1.3),
        (b"", 3.0, 1.0),
    ],
)
def test_the_silence_that_has_ended_it_is_cut(tmp_path: Path, end: bytes, silent_s: float, seconds: float) -> None:
    source, said = tmp_path / "a.raw", samples(1.0, left=8_000)
    source.write_bytes(said + end)
    made = make_wav(source, tmp_path / "a.wav", from_first_sound=False, silent_s=silent_s)
    assert made.seconds == pytest.approx(seconds, abs=0.02)
    with wave.open(str(make_mono(source, silent_s=silent_s))) as sound:
        assert sound.getnframes() / RATE == made.seconds
        assert sound.readframes(RATE) == array("h", said)[::2].tobytes()


def test_of_nothing_but_silence_a_little_is_left(tmp_path: Path) -> None:
    (tmp_path / "a.raw").write_bytes(samples(2.0))
    made = make_wav(tmp_path / "a.raw", tmp_path / "a.wav", from_first_sound=False, silent_s=5.0)
    assert made.seconds == LEFT_S
