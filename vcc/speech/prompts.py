"""What the sessions ask: sound files for what a flow says."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from ivr_flows.protocol import Part, Sound, Text
from vcc.speech.voice import SpeechError
from vcc.tasks import spawn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from vcc.speech.cache import SpeechCache

_log = structlog.get_logger()

#: Renderings asked for by calls that may be under way at once; beyond it a call goes on without the words.
_BOUND = 200


class Prompts:
    """Fulfils the sessions' `Speech` port from the cache and the tenants' own files."""

    def __init__(self, cache: SpeechCache) -> None:
        """`cache` holds the rendered words."""
        self._cache = cache
        self._sounds: Mapping[str, Mapping[str, str]] = {}
        self._asked = 0

    def use_sounds(self, sounds: Mapping[str, Mapping[str, str]]) -> None:
        """The tenants' sound files from now on: for each tenant (empty: the platform), as written to absolute path."""
        self._sounds = sounds

    def sounds(self, tenant: str) -> Mapping[str, str]:
        """A tenant's sound files of the present configuration."""
        return self._sounds.get(tenant, {})

    def beep(self) -> str:
        """The absolute path of the tone after which one speaks."""
        return self._cache.beep()

    def resolve(self, sounds: Mapping[str, str], parts: Iterable[Part]) -> tuple[str, ...] | None:
        """Absolute paths, if everything is there; None: something has to be rendered first."""
        paths = []
        for part in parts:
            path = self._path(sounds, part)
            if path is None:
                return None
            paths.append(path)
        return tuple(paths)

    def _path(self, sounds: Mapping[str, str], part: Part) -> str | None:
        match part:
            case Text(text=text, language=language, only_in=contact):
                return self._cache.path(text, language, contact)
            case Sound(file=file):
                return sounds.get(file)

    def render(self, sounds: Mapping[str, str], parts: Iterable[Part], done: Callable[[tuple[str, ...]], None]) -> None:
        """Render what is missing in the background, then call `done`; what cannot be rendered is left out."""
        if self._asked >= _BOUND:
            _log.error("too much to be spoken at once", bound=_BOUND)
            asyncio.get_running_loop().call_soon(done, ())
            return
        self._asked += 1
        spawn(self._render(sounds, tuple(parts), done), name="render for a call")

    def forget(self, contact: str) -> None:
        """A contact is over: what was rendered for it alone goes."""
        self._cache.forget(contact)

    async def _render(
        self, sounds: Mapping[str, str], parts: tuple[Part, ...], done: Callable[[tuple[str, ...]], None]
    ) -> None:
        try:
            paths = await self.ready(sounds, parts)
        finally:
            self._asked -= 1
        done(paths)

    async def ready(self, sounds: Mapping[str, str], parts: Iterable[Part]) -> tuple[str, ...]:
        """Absolute paths, rendered first where that is needed; what cannot be rendered is left out, and logged."""
        paths = [await self._one(sounds, part) for part in parts]
        return tuple(path for path in paths if path is not None)

    async def _one(self, sounds: Mapping[str, str], part: Part) -> str | None:
        if isinstance(part, Sound):
            path = sounds.get(part.file)
            if path is None:
                _log.error("sound file is missing", file=part.file)
            return path
        try:
            return await self._cache.render(part.text, part.language, part.only_in)
        except SpeechError as error:
            _log.error("cannot be spoken", language=part.language, error=str(error))
            return None
