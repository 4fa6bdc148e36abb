"""Speech that several platforms of a checkout want at once is rendered once."""

from __future__ import annotations

import asyncio
import fcntl
from typing import TYPE_CHECKING

import pytest

from ivr_flows.protocol import Text
from tests.lab.process import LabError
from tests.lab.speech import rendered, share
from vcc.speech.cache import SpeechCache

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = [Text(text=text, language="en") for text in ("one", "two", "three")]


class CountingVoice:
    """Writes the words as they are; knows which it was asked for."""

    name = "counting"

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def speak(self, text: str, language: str, into: Path) -> None:
        self.asked.append(text)
        await asyncio.sleep(0)  # the others may come in between
        into.write_text(text)


async def test_who_comes_while_another_renders_waits_and_finds_all(tmp_path: Path) -> None:
    voice, folder = CountingVoice(), tmp_path / "cache" / "speech"
    await asyncio.gather(*(rendered(TEXTS[:count], folder, voice=voice) for count in (2, 3, 3)))
    assert sorted(voice.asked) == ["one", "three", "two"]
    cache = SpeechCache(folder, voice)
    assert all(cache.path(text.text, text.language) for text in TEXTS)


async def test_what_one_platform_renders_and_deletes_is_no_others(tmp_path: Path) -> None:
    folder = await rendered(TEXTS, tmp_path / "speech", voice=CountingVoice())
    voice = CountingVoice()
    for name in ("one", "other"):
        share(folder, tmp_path / name)
    one, other = (SpeechCache(tmp_path / name, voice) for name in ("one", "other"))
    assert all(one.path(text.text, text.language) for text in TEXTS)
    await one.render("his name", "en", only_in="call")
    await one.render("four", "en")
    SpeechCache(tmp_path / "other", voice).forget_all()  # the other one's vcc starts
    assert one.path("his name", "en", "call")
    assert len(list((tmp_path / "one").glob("only-*"))) == 1
    assert other.path("four", "en") is None
    assert len(list((tmp_path / "other").iterdir())) == len(list(folder.iterdir())) == len(TEXTS)
    assert voice.asked == ["his name", "four"]


async def test_who_waits_for_too_long_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "speech"
    with folder.with_suffix(".lock").open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(LabError, match="is not rendered in"):
            await rendered(TEXTS, folder, voice=CountingVoice(), within_s=0.01)
        fcntl.flock(held, fcntl.LOCK_UN)
