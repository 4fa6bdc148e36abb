"""Tones, levels, files and G.711."""

import subprocess
from pathlib import Path

import pytest

from tests.lab.phone import g711
from tests.lab.phone.audio import level, read_wav, samples_of, tone, tone_level, write_wav
from tests.lab.phone.errors import MisuseError


def mixed(left: bytes, right: bytes) -> bytes:
    both = zip(samples_of(left), samples_of(right), strict=True)
    return b"".join((a + b).to_bytes(2, "little", signed=True) for a, b in both)


@pytest.mark.parametrize("hz", [300, 440, 1000, 3000])
def test_a_tone_is_found_in_itself_and_no_other(hz: int) -> None:
    sound = tone(hz, 0.3)
    assert tone_level(sound, hz) > 0.99
    assert tone_level(sound, hz + 20) < 0.05
    assert tone_level(bytes(len(sound)), hz) == 0
    assert tone_level(b"", hz) == 0


def test_two_tones_share_the_sound() -> None:
    sound = mixed(tone(440, 0.3), tone(1000, 0.3))
    assert tone_level(sound, 440) == pytest.approx(0.5, abs=0.05)
    assert tone_level(sound, 1000) == pytest.approx(0.5, abs=0.05)


def test_levels() -> None:
    assert level(b"") == 0
    assert level(bytes(1600)) == 0
    assert level(tone(440, 1, amplitude=1.0)) == pytest.approx(0.707, abs=0.01)


def test_a_file_is_read_back_and_a_wrong_form_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    write_wav(path, tone(440, 0.1))
    assert read_wav(path) == tone(440, 0.1)
    wrong = tmp_path / "b.wav"
    subprocess.run(["sox", str(path), "-r", "16000", "-c", "2", str(wrong)], check=True)
    with pytest.raises(MisuseError, match="16000 Hz, 2 channels"):
        read_wav(wrong)


@pytest.mark.parametrize(("codec", "kind"), [("PCMU", "ul"), ("PCMA", "al")])
def test_all_codes_mean_what_sox_says(codec: str, kind: str) -> None:
    codes = bytes(range(256))
    raw = ["-r", "8000", "-c", "1"]
    told = subprocess.run(
        ["sox", "-t", kind, *raw, "-", "-t", "s16", "-D", *raw, "-"], input=codes, capture_output=True, check=True
    )
    assert g711.decode(codec, codes) == told.stdout


@pytest.mark.parametrize("codec", ["PCMU", "PCMA"])
def test_a_code_survives_and_a_sample_gets_the_nearest_one(codec: str) -> None:
    codes = bytes(code for code in range(256) if (codec, code) != ("PCMU", 0x7F))  # its second zero
    assert g711.encode(codec, g711.decode(codec, codes)) == codes
    levels = samples_of(g711.decode(codec, codes))
    for sample in (-32768, -20000, -3, 0, 1, 77, 1234, 32767):
        chosen = samples_of(g711.decode(codec, g711.encode(codec, sample.to_bytes(2, "little", signed=True))))[0]
        assert abs(chosen - sample) == min(abs(value - sample) for value in levels)
    assert g711.encode(codec, bytes(2))[0] == g711.SILENCE[codec]
