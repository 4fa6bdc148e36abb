"""Rendered speech on disk, by content: the same words in the same voice are rendered once."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import wave
from typing import TYPE_CHECKING

from vcc.speech.voice import SpeechError, Voice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

#: Renderings at once: a voice is a program that takes a core.
_AT_ONCE = 2


class SpeechCache:
    """A folder of sound files named by the checksum of what is in them."""

    def __init__(self, folder: Path, voice: Voice) -> None:
        """Use (and make) `folder`; what is there from before is used."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._voice = voice
        self._there = {p.name for p in folder.glob("*.wav") if p.name.count(".") == 1}
        self._under_way: dict[str, asyncio.Future[None]] = {}
        self._slots = asyncio.Semaphore(_AT_ONCE)

    def path(self, text: str, language: str) -> str | None:
        """Where the words are, if they were rendered."""
        name = self._name(text, language)
        return str(self._folder / name) if name in self._there else None

    def _name(self, text: str, language: str) -> str:
        return _checksum(f"{self._voice.name}\0{language}\0{text}".encode()) + ".wav"

    async def render(self, text: str, language: str) -> str:
        """Render the words if that was not done yet; asked for twice at once, it is done once. Raises SpeechError."""
        name = self._name(text, language)
        while name not in self._there:
            running = self._under_way.get(name)
            if running is None:
                await self._render(name, text, language)
            else:
                await asyncio.wait([running])
        return str(self._folder / name)

    async def _render(self, name: str, text: str, language: str) -> None:
        done = self._under_way[name] = asyncio.get_running_loop().create_future()
        fresh = self._folder / f"{name.removesuffix('.wav')}.{os.getpid()}.new.wav"
        try:
            async with self._slots:
                await self._voice.speak(text, language, fresh)
            fresh.rename(self._folder / name)
            self._there.add(name)
        finally:
            fresh.unlink(missing_ok=True)
            del self._under_way[name]
            done.set_result(None)

    async def render_all(
        self, texts: Iterable[tuple[str, str]], progress: Callable[[int, int], None] = lambda done, of: None
    ) -> None:
        """Render every (text, language) that is missing; `progress` gets how many of how many. Raises SpeechError."""
        missing = sorted({(t, lang) for t, lang in texts if self.path(t, lang) is None})
        count = 0

        async def one(text: str, language: str) -> None:
            nonlocal count
            await self.render(text, language)
            count += 1
            progress(count, len(missing))

        try:
            async with asyncio.TaskGroup() as group:
                for text, language in missing:
                    group.create_task(one(text, language), name="render speech")
        except* SpeechError as errors:
            raise errors.exceptions[0] from None

    def join(self, sounds: Sequence[str]) -> str:
        """One sound file of several, one after the other; for what can play only one. Raises SpeechError."""
        if len(sounds) == 1:
            return sounds[0]
        target = self._folder / f"{_checksum(chr(0).join(sounds).encode())}.wav"
        if target.exists():
            return str(target)
        fresh = target.with_suffix(".new")
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

    def take_in(self, sound: Path) -> str:
        """Keep a copy of a tenant's sound file under the checksum of its content: later changes do not touch it."""
        content = sound.read_bytes()
        kept = self._folder / f"{_checksum(content)}{sound.suffix}"
        if not kept.exists():
            fresh = kept.with_suffix(".new")
            shutil.copyfile(sound, fresh)
            fresh.rename(kept)
        return str(kept)


def _checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]
