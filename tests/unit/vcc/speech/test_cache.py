"""The speech cache with a voice that writes real WAV files, and with the real espeak-ng."""

from __future__ import annotations

import asyncio
import wave
from typing import TYPE_CHECKING

import pytest

from vcc.speech.cache import SpeechCache
from vcc.speech.voice import EspeakVoice, SpeechError

if TYPE_CHECKING:
    from pathlib import Path


class ToneVoice:
    """Writes one frame for each character; counts how often it was asked; cannot say '!'."""

    name = "tone"

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def speak(self, text: str, language: str, into: Path) -> None:
        self.asked.append(f"{language}:{text}")
        await asyncio.sleep(0)
        if "!" in text:
            raise SpeechError("cannot say that")
        write(into, len(text))


def write(path: Path, frames: int) -> None:
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8_000)
        sound.writeframes(b"\1\0" * frames)


def frames(path: str) -> int:
    with wave.open(path, "rb") as sound:
        return sound.getnframes()


async def test_the_same_words_are_rendered_once_also_when_asked_for_at_once(tmp_path: Path) -> None:
    voice = ToneVoice()
    cache = SpeechCache(tmp_path, voice)
    assert cache.path("hello", "en") is None
    first, second = await asyncio.gather(cache.render("hello", "en"), cache.render("hello", "en"))
    assert first == second == cache.path("hello", "en")
    assert voice.asked == ["en:hello"]
    await cache.render("hello", "zh-CN")
    assert voice.asked == ["en:hello", "zh-CN:hello"]


async def test_what_was_rendered_is_found_by_the_next_process_unless_the_voice_is_another(tmp_path: Path) -> None:
    path = await SpeechCache(tmp_path, ToneVoice()).render("hello", "en")
    assert SpeechCache(tmp_path, ToneVoice()).path("hello", "en") == path
    other = ToneVoice()
    other.name = "another"
    assert SpeechCache(tmp_path, other).path("hello", "en") is None


async def test_a_failure_leaves_nothing_behind_and_may_be_tried_again(tmp_path: Path) -> None:
    cache = SpeechCache(tmp_path, ToneVoice())
    for _ in range(2):
        with pytest.raises(SpeechError):
            await cache.render("no!", "en")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(SpeechError):
        await cache.render_all([("fine", "en"), ("no!", "en")])


async def test_sounds_are_joined_and_taken_in_by_content(tmp_path: Path) -> None:
    cache = SpeechCache(tmp_path / "cache", ToneVoice())
    a, b = await cache.render("four", "en"), await cache.render("fiver", "en")
    assert frames(cache.join([a, b])) == 9
    own = tmp_path / "own.wav"
    write(own, 3)
    kept = cache.take_in(own)
    write(own, 5)
    assert (frames(kept), frames(cache.take_in(own))) == (3, 5)


@pytest.mark.parametrize(
    ("text", "language"), [("您好，欢迎致电。", "zh-CN"), ("Hello, welcome.", "en"), ("-h `$x`", "en")]
)
async def test_espeak_speaks_both_languages_at_telephone_bandwidth(tmp_path: Path, text: str, language: str) -> None:
    path = await SpeechCache(tmp_path, EspeakVoice()).render(text, language)
    with wave.open(path, "rb") as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (8_000, 1, 2)
        assert sound.getnframes() > 2_000


async def test_what_is_for_one_contact_alone_goes_with_it(tmp_path: Path) -> None:
    voice = ToneVoice()
    cache = SpeechCache(tmp_path, voice)
    shared = await cache.render("hello", "en")
    mine, other = await cache.render("hello", "en", "c1"), await cache.render("hello", "en", "c2")
    assert len({shared, mine, other}) == len(voice.asked) == 3
    assert cache.path("hello", "en", "c1") == mine
    cache.forget("c1")
    cache.forget("c3")
    assert cache.path("hello", "en", "c1") is None
    assert sorted(map(str, tmp_path.iterdir())) == sorted([shared, other])
    again = SpeechCache(tmp_path, voice)
    again.forget_all()
    assert list(map(str, tmp_path.iterdir())) == [shared]
    assert again.path("hello", "en", "c2") is None


async def test_a_contact_that_is_over_before_its_words_are_there(tmp_path: Path) -> None:
    cache = SpeechCache(tmp_path, ToneVoice())
    rendering = asyncio.ensure_future(cache.render("hello", "en", "c1"))
    await asyncio.sleep(0)
    cache.forget("c1")
    await rendering
    assert list(tmp_path.iterdir()) == []
