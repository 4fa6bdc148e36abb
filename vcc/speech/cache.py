"""Rendered speech on disk, by content: the same words in the same voice are rendered once.

What a configuration asks for in advance (`render_all`, `take_in`, `join`) is needed from `keep` on; see `bound.py`.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import os
import shutil
import threading
import time
import wave
from array import array
from math import pi, sin
from typing import TYPE_CHECKING

import structlog

from vcc.speech.bound import note_use, replace_needed, survey
from vcc.speech.voice import SpeechError, Voice
from vcc.tasks import spawn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

_log = structlog.get_logger()

#: Renderings at once: a voice is a program that takes a core.
_AT_ONCE = 2
#: What was used so long before the longest call may have begun is not about to be played.
_MARGIN_S = 4 * 3_600.0
#: So the names of files begin that were rendered for one contact alone.
_ONLY_IN = "only-"


#: The tone after which one speaks: 0.3 s.
_BEEP, _BEEP_HZ, _BEEP_SAMPLES, _LOUD = "beep.wav", 1_000, 2_400, 8_000


class SpeechCache:
    """A folder of sound files named by the checksum of what is in them."""

    def __init__(self, folder: Path, voice: Voice, now: Callable[[], float] = time.time) -> None:
        """Use (and make) `folder`; what is there from before is used. Nothing is deleted before `keep`."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._voice = voice
        self._now = now
        self._there = {p.name for p in folder.glob("*.wav") if p.name.count(".") == 1}
        self._only_in: dict[str, set[str]] = {}  # by contact: what is rendered for it alone
        self._under_way: dict[str, asyncio.Future[None]] = {}
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._needed: frozenset[str] = frozenset()
        self._asked: set[str] = set()  # in advance, since the last `keep`
        self._coming: list[frozenset[str]] = []  # of each `keep` that is not done yet
        self._asking = threading.Lock()  # what is asked for while files are deleted stays
        self._used: dict[str, float] = {}  # since the last look at the disk
        self._limit, self._age_s, self._room = 0, 0.0, math.inf
        self._tidying = asyncio.Lock()

    def path(self, text: str, language: str, only_in: str = "") -> str | None:
        """Where the words are, if they were rendered; `only_in`: for this contact."""
        name = self._name(text, language, only_in)
        return self._use(name) if name in self._there else None

    def _use(self, name: str) -> str:
        if name not in self._needed:
            self._used[name] = self._now()
        return str(self._folder / name)

    def forget(self, only_in: str) -> None:
        """Delete what was rendered for a contact alone, which is over."""
        for name in self._only_in.pop(only_in, ()):
            self._there.discard(name)
            self._used.pop(name, None)
            (self._folder / name).unlink(missing_ok=True)

    def forget_all(self) -> None:
        """At the start of the one program that has calls: what its last life has rendered for one call alone goes."""
        for file in self._folder.glob(f"{_ONLY_IN}*"):
            self._there.discard(file.name)
            file.unlink(missing_ok=True)

    def _name(self, text: str, language: str, only_in: str = "") -> str:
        words = _checksum(f"{self._voice.name}\0{language}\0{text}".encode())
        return f"{_begin(only_in)}{words}.wav" if only_in else f"{words}.wav"

    async def render(self, text: str, language: str, only_in: str = "") -> str:
        """Render the words if that was not done yet; asked for twice at once, it is done once. `only_in`: for this
        contact, until it is over (`forget`). Raises SpeechError.
        """
        name = self._name(text, language, only_in)
        if only_in:
            self._only_in.setdefault(only_in, set()).add(name)
        while name not in self._there:
            running = self._under_way.get(name)
            if running is None:
                await self._render(name, text, language)
                if only_in and only_in not in self._only_in:  # it was over before the words were there
                    self._only_in[only_in] = {name}
                    self.forget(only_in)
                    break
            else:
                await asyncio.wait([running])
        return self._use(name)

    async def _render(self, name: str, text: str, language: str) -> None:
        done = self._under_way[name] = asyncio.get_running_loop().create_future()
        fresh = _fresh(self._folder / name)
        try:
            async with self._slots:
                await self._voice.speak(text, language, fresh)
            self._room -= fresh.stat().st_size
            fresh.rename(self._folder / name)
            self._there.add(name)
        finally:
            fresh.unlink(missing_ok=True)
            del self._under_way[name]
            done.set_result(None)
        if self._room < 0 and not self._tidying.locked():
            spawn(self._tidy(), name="tidy speech up")

    async def render_all(
        self, texts: Iterable[tuple[str, str]], progress: Callable[[int, int], None] = lambda done, of: None
    ) -> None:
        """Render every (text, language) that is missing; `progress` gets how many of how many. Raises SpeechError."""
        wanted = {(text, language) for text, language in texts}
        self._ask(self._name(text, language) for text, language in wanted)
        missing = sorted((t, lang) for t, lang in wanted if self.path(t, lang) is None)
        count = 0
        failed: list[Exception] = []

        async def one(text: str, language: str) -> None:
            nonlocal count
            await self.render(text, language)
            count += 1
            progress(count, len(missing))

        try:
            async with asyncio.TaskGroup() as group:
                for text, language in missing:
                    group.create_task(one(text, language), name="render speech")
        except* SpeechError as errors:  # what is raised in here comes out in a group with Python 3.11.2
            failed.extend(errors.exceptions)
        if failed:
            raise failed[0]

    def join(self, sounds: Sequence[str]) -> str:
        """One sound file of several, one after the other; for what can play only one. Raises SpeechError."""
        if len(sounds) == 1:
            return sounds[0]
        target = self._folder / f"{_checksum(chr(0).join(sounds).encode())}.wav"
        self._ask([target.name])
        if target.exists():
            return str(target)
        fresh = _fresh(target)
        try:
            with wave.open(str(fresh), "wb") as joined:
                joined.setnchannels(1)
                joined.setsampwidth(2)
                joined.setframerate(8_000)
                for sound in sounds:
                    with wave.open(sound, "rb") as part:
                        joined.writeframes(part.readframes(part.getnframes()))
        except (OSError, EOFError, wave.Error) as error:
            message = f"cannot join {', '.join(sounds)}: {error}"
            raise SpeechError(message) from error
        fresh.rename(target)
        return str(target)

    def beep(self) -> str:
        """The tone after which one speaks, made once."""
        target = self._folder / _BEEP
        self._ask([target.name])
        if not target.exists():
            samples = array("h", (round(_LOUD * sin(2 * pi * _BEEP_HZ * n / 8_000)) for n in range(_BEEP_SAMPLES)))
            fresh = target.with_suffix(".new")
            with wave.open(str(fresh), "wb") as tone:
                tone.setnchannels(1)
                tone.setsampwidth(2)
                tone.setframerate(8_000)
                tone.writeframes(samples.tobytes())
            fresh.rename(target)
        return str(target)

    def take_in(self, sound: Path) -> str:
        """Keep a copy of a tenant's sound file under the checksum of its content: later changes do not touch it."""
        content = sound.read_bytes()
        kept = self._folder / f"{_checksum(content)}{sound.suffix}"
        self._ask([kept.name])
        if not kept.exists():
            fresh = _fresh(kept)
            shutil.copyfile(sound, fresh)
            fresh.rename(kept)
        return str(kept)

    # --- what stays

    def _ask(self, names: Iterable[str]) -> None:
        with self._asking:
            self._asked.update(names)

    async def keep(self, *, limit: int, longest_call_s: float) -> None:
        """What was asked for in advance since the last time is what is needed now, and stays. Of the rest `limit` bytes
        stay, and what a call may be playing; the other files are deleted, now and whenever there are more.
        """
        with self._asking:
            needed, self._asked = frozenset(self._asked), set()
            self._coming.append(needed)
        async with self._tidying:
            before = await asyncio.to_thread(replace_needed, self._folder, needed)
            with self._asking:
                self._coming.remove(needed)
                self._needed = needed
            since = dict.fromkeys(before, self._now())  # calls that began before go on with them
            self._used = {name: at for name, at in (self._used | since).items() if name not in self._needed}
            self._limit = limit
            self._age_s = max(self._age_s, longest_call_s + _MARGIN_S)  # calls keep the limit that they began with
            await self._look()

    async def _tidy(self) -> None:
        async with self._tidying:
            await self._look()

    async def _look(self) -> None:
        """Compare with what is on the disk, and delete the surplus."""
        self._room = self._limit // 10
        believed, used, before = set(self._there), dict(self._used), self._now() - self._age_s
        seen = await asyncio.to_thread(
            survey, self._folder, needed=self._needed, used=used, limit=self._limit, used_before=before
        )
        self._there -= believed - seen.names
        going = {f.name: f.size for f in seen.going if used.get(f.name) == self._used.get(f.name)}
        gone = await self._without([name for name in going if name not in self._under_way], used)
        left = seen.rest - sum(going[name] for name in gone)
        if left > self._limit:
            _log.warning("more speech than its limit, all of it used lately", bytes=left, limit=self._limit)
        # where little can be deleted the next look is worth its while only when there is much more
        self._room = max(self._limit - left, self._limit // 10)
        _log.info("speech tidied up", files=len(gone), bytes=left, limit=self._limit)

    async def _without(self, going: Sequence[str], used: Mapping[str, float]) -> set[str]:
        """Delete files; those that are gone. Whoever wants one of them meanwhile waits, and has it rendered again."""
        done = asyncio.get_running_loop().create_future()
        there = self._there.intersection(going)
        self._there -= there
        self._under_way |= dict.fromkeys(going, done)
        gone: set[str] = set()
        try:
            gone = await asyncio.to_thread(self._delete, going, used)
        finally:
            self._there |= there - gone
            for name in going:
                del self._under_way[name]
            done.set_result(None)
        self._used = {name: at for name, at in self._used.items() if used.get(name) != at}
        return gone

    def _delete(self, names: Iterable[str], used: Mapping[str, float]) -> set[str]:
        note_use(self._folder, used)
        gone = set()
        for name in names:
            with self._asking:
                if any(name in stays for stays in (self._needed, self._asked, *self._coming)):
                    continue
                try:
                    (self._folder / name).unlink(missing_ok=True)
                except OSError as error:
                    _log.error("sound file cannot be deleted", file=name, error=str(error))
                else:
                    gone.add(name)
        return gone


def _fresh(target: Path) -> Path:
    """Where a file is made before it gets its name: another process, which uses the folder too, has one of its own."""
    return target.with_suffix(f".{os.getpid()}.new{target.suffix}")


def _begin(only_in: str) -> str:
    """How the names of a contact's own files begin."""
    return f"{_ONLY_IN}{_checksum(only_in.encode())}-"


def _checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]
