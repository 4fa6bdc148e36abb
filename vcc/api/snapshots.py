"""Whole snapshots of something that several may watch, made anew when it changed and sent to all of them.

    wake(key) -> the watchers of the key wake -> one snapshot, made once for all who watch -> each stream sends it

Making one costs what there is at the moment, so they are made at most every SPACING_S, and less often where it takes
long: at most a twentieth of the time goes into the snapshots of one key.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.errors import NotFoundError
from vcc.api.feed import TooManyReadersError
from vcc.api.routing import json_text
from vcc.api.sse import EventStream, frame

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator

    from aiohttp import web
    from pydantic import BaseModel

    from vcc.api.routing import Ask

#: Snapshots of one key are at least this far apart, in seconds.
SPACING_S = 0.25
#: Without news a snapshot comes after this long, in seconds: some things change by themselves, and it is seen to live.
REFRESH_S = 10.0
_SHARE = 20.0


@dataclass(kw_only=True, slots=True)
class _Watched:
    """A key that somebody watches."""

    watchers: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    text: str = ""
    made: float = float("-inf")
    cost_s: float = 0.0
    stale: bool = True


class Snapshots:
    """Snapshots by key. Only what is watched costs anything."""

    def __init__(self, readers: int) -> None:
        """At most so many `readers` may watch at once, over all keys."""
        self._readers = readers
        self._watched: dict[str, _Watched] = {}
        self.closing = False

    def __len__(self) -> int:
        """How many keys are watched."""
        return len(self._watched)

    def watches(self, key: str) -> bool:
        """Whether anybody watches it."""
        return key in self._watched

    def close(self) -> None:
        """Wake everybody, for the last time."""
        self.closing = True
        for watched in self._watched.values():
            watched.changed.set()

    def wake(self, keys: Iterable[str] | None) -> None:
        """These have changed; None: all."""
        for key in list(self._watched) if keys is None else keys:
            if (watched := self._watched.get(key)) is not None:
                watched.stale = True
                watched.changed.set()

    @contextmanager
    def watch(self, key: str) -> Iterator[None]:
        """Be told of changes while the context is open. Raises TooManyReadersError."""
        if sum(one.watchers for one in self._watched.values()) >= self._readers:
            raise TooManyReadersError
        watched = self._watched.setdefault(key, _Watched())
        watched.watchers += 1
        try:
            yield
        finally:
            watched.watchers -= 1
            if not watched.watchers:
                del self._watched[key]

    async def next(self, key: str, shown: str, make: Callable[[], BaseModel]) -> str:
        """The snapshot that is another than `shown`, as JSON; waits for news, at most REFRESH_S. Inside `watch`."""
        watched = self._watched[key]
        loop = asyncio.get_running_loop()
        if not shown and loop.time() - watched.made > SPACING_S:
            watched.stale = True  # who begins to watch sees the present, not what others were shown a while ago
        if not watched.stale and watched.text == shown and not self.closing:
            watched.changed.clear()
            try:
                async with asyncio.timeout(REFRESH_S):
                    await watched.changed.wait()
            except TimeoutError:
                watched.stale = True
        spacing = min(max(SPACING_S, _SHARE * watched.cost_s), REFRESH_S)
        early = watched.made + spacing - loop.time()
        if watched.stale and early > 0 and not self.closing:
            await asyncio.sleep(early)
        if watched.stale:
            began = time.thread_time()  # what it takes, not how long others had the processor meanwhile
            watched.text = make().model_dump_json()
            watched.stale, watched.made = False, loop.time()
            watched.cost_s = time.thread_time() - began
        return watched.text

    async def each(self, key: str, make: Callable[[], BaseModel], allowed: Callable[[], bool]) -> AsyncIterator[str]:
        """One snapshot after the other, while that is allowed, what is shown is there, and vcc does not stop."""
        shown = ""
        while not self.closing and allowed():
            try:
                shown = await self.next(key, shown, make)
            except NotFoundError:  # it is no longer in the configuration
                return
            yield shown


async def stream(
    ask: Ask, snapshots: Snapshots, key: str, event: str, make: Callable[[], BaseModel]
) -> web.StreamResponse:
    """Answer with a snapshot at once, and another whenever it changed, until access ends or vcc stops."""
    with snapshots.watch(key):
        async with EventStream(ask.request) as events:
            async for text in snapshots.each(key, make, ask.still_allowed):
                await events.send(frame(event, text))
            why = "closing" if snapshots.closing else "no_access"
            await events.send(frame("end", json_text({"why": why})))
        return events.response
