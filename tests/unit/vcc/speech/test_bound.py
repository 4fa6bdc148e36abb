"""The speech cache has a limit: what goes, what stays, and that nobody is left with a path to nothing."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.vcc.speech.test_cache import ToneVoice, write
from vcc.speech import cache
from vcc.speech.bound import SoundFile, surplus
from vcc.speech.cache import SpeechCache

if TYPE_CHECKING:
    from collections.abc import Mapping

HOUR = 3_600.0
NOW = 1_772_416_800.0
SIZE = 1_044  # of a sound of 500 frames, its header included


class Times:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


class Lab:
    """A cache whose words are all as long, and a clock; files bear the time at which the clock stood."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.times, self.voice = folder, Times(), ToneVoice()
        self.begin()

    def begin(self) -> None:
        """A process begins, with what is on the disk."""
        self.cache = SpeechCache(self.folder, self.voice, self.times)

    async def say(self, *words: str) -> list[str]:
        """Words of a call, rendered if need be."""
        return [await self.cache.render(word.ljust(500), "en") for word in words]

    async def use(self, *words: str, limit: int = 3 * SIZE, call_s: float = 1 * HOUR) -> None:
        """A configuration with these words takes effect."""
        await self.cache.render_all([(word.ljust(500), "en") for word in words])
        await self.cache.keep(limit=limit, longest_call_s=call_s)

    def there(self, *words: str) -> str:
        """Which of the words are in the cache, as it believes, and as is true."""
        believed = [word for word in words if self.cache.path(word.ljust(500), "en") is not None]
        paths = [self.cache.path(word.ljust(500), "en") for word in believed]
        assert all(Path(path or "").exists() for path in paths)
        return "".join(believed)

    def on_disk(self) -> int:
        return len(list(self.folder.glob("*.wav")))


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    lab = Lab(tmp_path / "speech")
    rendered = ToneVoice.speak

    async def speak(voice: ToneVoice, text: str, language: str, into: Path) -> None:
        await rendered(voice, text, language, into)
        os.utime(into, (lab.times.now, lab.times.now))

    monkeypatch.setattr(ToneVoice, "speak", speak)
    return lab


files = st.builds(SoundFile, name=st.uuids().map(str), size=st.integers(0, 50), used=st.floats(0, 100, allow_nan=False))


@given(st.lists(files, unique_by=lambda file: file.name), st.integers(0, 500), st.floats(0, 100))
def test_the_least_recently_used_go_and_no_more_than_has_to(
    rest: list[SoundFile], limit: int, used_before: float
) -> None:
    gone = surplus(rest, limit=limit, used_before=used_before)
    stay = [file for file in rest if file not in gone]
    assert all(file.used < used_before for file in gone)
    assert all(one.used <= other.used for one in gone for other in stay)
    total, left = sum(file.size for file in rest), sum(file.size for file in stay)
    assert total > limit or not gone
    assert left <= limit or all(file.used >= used_before for file in stay)
    if gone:
        assert left + gone[-1].size > int(limit * 0.9)


async def test_the_rest_goes_the_longest_unused_first_and_what_is_needed_stays(lab: Lab) -> None:
    await lab.use("n")
    for word in "abcd":
        await lab.say(word)
        lab.times.now += HOUR
    lab.times.now += 5 * HOUR
    await lab.say("a")  # it was the oldest
    await lab.use("n")
    assert lab.there("n", "a", "b", "c", "d") == "nad"
    assert lab.on_disk() == 3


async def test_what_a_call_may_be_playing_stays_whatever_the_limit(lab: Lab) -> None:
    await lab.use("n")
    await lab.say(*"abcdef")
    lab.times.now += 4.9 * HOUR
    await lab.use("n", limit=1)
    assert lab.on_disk() == 7
    lab.times.now += 0.2 * HOUR
    await lab.use("n", limit=1)
    assert lab.on_disk() == 1


@pytest.mark.parametrize("crash", [False, True])
async def test_what_calls_began_with_stays_as_long_as_a_call_may_last(lab: Lab, crash: bool, tmp_path: Path) -> None:
    own = tmp_path / "own.wav"
    write(own, 3)
    kept = Path(lab.cache.take_in(own))
    await lab.use("o", limit=1)
    lab.times.now += 1_000 * HOUR
    if crash:
        lab.begin()
    await lab.use("n", limit=1)
    assert kept.exists()
    assert lab.there("n", "o") == "no"
    lab.times.now += 4.9 * HOUR
    await lab.use("n", limit=1)
    assert kept.exists()
    lab.times.now += 6 * HOUR
    await lab.use("n", limit=1)
    assert not kept.exists()
    assert lab.there("n", "o") == "n"


async def test_a_folder_of_before_there_was_a_limit_loses_nothing_at_once(lab: Lab) -> None:
    await lab.say(*"abcd")
    lab.times.now += 1_000 * HOUR
    lab.begin()
    await lab.use("n", limit=1)
    assert lab.on_disk() == 5
    lab.times.now += 6 * HOUR
    await lab.use("n", limit=1)
    assert lab.on_disk() == 1


async def test_nothing_goes_before_a_configuration_says_what_it_needs(lab: Lab) -> None:
    await lab.use("n", limit=1)
    lab.times.now += 1_000 * HOUR
    lab.begin()
    await lab.say(*"abcdefgh")
    assert lab.on_disk() == 9


async def test_joined_and_taken_in_sounds_of_the_configuration_stay(lab: Lab, tmp_path: Path) -> None:
    own = tmp_path / "own.wav"
    write(own, 3)

    def ask() -> list[str]:
        return [lab.cache.take_in(own), lab.cache.join(parts)]

    parts = await lab.say("a", "b")
    asked = ask()
    await lab.use("n", limit=1)
    lab.times.now += 1_000 * HOUR
    assert ask() == asked
    await lab.use("n", limit=1)
    assert all(Path(path).exists() for path in asked)
    assert lab.there("n", "a", "b") == "n"


async def test_a_rendering_that_passes_the_limit_makes_room(lab: Lab) -> None:
    await lab.use("n", limit=10 * SIZE)
    await lab.say(*"abcdefghij")
    lab.times.now += 6 * HOUR
    await lab.say("k")
    async with asyncio.timeout(5):
        while lab.on_disk() > 10:  # noqa: ASYNC110 - a background task makes the room
            await asyncio.sleep(0.005)
    assert lab.there("n", "k") == "nk"
    assert lab.on_disk() == 1 + 9  # nine tenths of the limit: the next one does not pass it again


async def test_the_last_use_outlives_the_process(lab: Lab) -> None:
    await lab.use("n", limit=100 * SIZE)
    await lab.say(*"abc")
    lab.times.now += 10 * HOUR
    await lab.say("a")
    await lab.use("n", limit=100 * SIZE)
    lab.times.now += 10 * HOUR
    lab.begin()
    await lab.use("n", limit=2 * SIZE)
    assert lab.there("n", "a", "b", "c") == "na"


async def test_what_is_wanted_while_it_is_deleted_is_rendered_again_or_stays(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own = tmp_path / "own.wav"
    write(own, 3)
    kept = Path(lab.cache.take_in(own))
    await lab.use("n", limit=1)
    await lab.say("a")
    await lab.use("n", limit=1)
    lab.times.now += 1_000 * HOUR
    began, go_on = threading.Event(), threading.Event()

    def slow(folder: Path, used: Mapping[str, float]) -> None:
        assert threading.current_thread() is not threading.main_thread()
        began.set()
        assert go_on.wait(10)

    monkeypatch.setattr(cache, "note_use", slow)
    tidying = asyncio.create_task(lab.use("n", limit=1))
    assert await asyncio.to_thread(began.wait, 10)
    assert lab.there("n", "a") == "n"
    again = asyncio.create_task(lab.say("a"))
    assert await asyncio.to_thread(lab.cache.take_in, own) == str(kept)
    await asyncio.sleep(0.02)
    assert not again.done()
    go_on.set()
    await tidying
    assert Path((await again)[0]).exists()
    assert kept.exists()
    assert lab.there("a") == "a"


async def test_a_file_that_somebody_else_deleted_is_not_believed_in(lab: Lab) -> None:
    await lab.use("n")
    (path,) = await lab.say("a")
    Path(path).unlink()
    await lab.use("n")
    assert lab.there("n", "a") == "n"
