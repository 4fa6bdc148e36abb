"""Erases recordings whose time is over: a look through the folder at the start, and one each day.

Erased is what is older than the tenant's `keep_days`; that it was is written in the log before the file goes, so no
record can believe in a file that is gone. A tenant that the configuration does not know keeps its files: nobody has
said for how long.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

import structlog

from core.errors import StoreError
from core.facts import RecordingErased

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from core.clock import Clock
    from core.facts import Fact
    from tenancy.model import Tenant

_log = structlog.get_logger()

#: Files that are erased at once, and the pause after them, in seconds: a big clearing shall not be felt.
AT_ONCE, PAUSE_S = 100, 0.2
#: From one look through the folder to the next, in seconds.
EVERY_S = 86_400.0
RETENTION = "retention"
#: What a switch recorded and no file could be made of is kept so long, for somebody to look at.
LEFT_DAYS = 7


@dataclass(frozen=True, kw_only=True, slots=True)
class Old:
    """A file whose time is over."""

    tenant: str
    recording: str
    path: Path

    def fact(self, at: float) -> RecordingErased:
        """That it is erased."""
        contact = self.recording.rpartition("-")[0]
        return RecordingErased(at=at, tenant=self.tenant, contact=contact, recording=self.recording, why=RETENTION)


class Retention:
    """Looks through one folder of recordings."""

    def __init__(
        self,
        folder: Path,
        spools: Iterable[Path],
        *,
        tenants: Callable[[], Mapping[str, Tenant]],
        tell: Callable[[Fact], None],
        flush: Callable[[], Awaitable[None]],
        clock: Clock,
    ) -> None:
        """`tenants`: those of the configuration in force. `spools`: where switches record. `tell` takes the facts, and
        after `flush` they are written.
        """
        self._folder, self._spools, self._tenants = folder, tuple(spools), tenants
        self._tell, self._flush, self._clock = tell, flush, clock

    async def run(self) -> None:
        """Look now and then once a day, until cancelled."""
        while True:
            try:
                erased = await self.clear()
                if erased:
                    _log.info("recordings erased", count=erased)
            except (OSError, StoreError) as error:
                _log.error("recordings cannot be cleared", folder=str(self._folder), reason=str(error))
            await asyncio.sleep(EVERY_S)

    async def clear(self) -> int:
        """Erase what is too old, some at a time; how many that were. Raises OSError, StoreError."""
        today = datetime.fromtimestamp(self._clock.now(), UTC).date()
        days = {name: tenant.recording.keep_days for name, tenant in self._tenants().items()}
        count = await asyncio.to_thread(_erase_left, self._spools, self._clock.now() - LEFT_DAYS * 86_400)
        while found := await asyncio.to_thread(_some, self._folder, days, today):
            for old in found:
                self._tell(old.fact(self._clock.now()))
            await self._flush()
            await asyncio.to_thread(_erase, found)
            count += len(found)
            await asyncio.sleep(PAUSE_S)
        return count


def _erase_left(spools: Iterable[Path], before: float) -> int:
    left = [
        path for spool in spools for path in islice(spool.glob("*.[rw]a[wv]"), AT_ONCE) if path.stat().st_mtime < before
    ]
    for path in left:
        _log.warning("a recording of which no file was made is erased", file=str(path))
        path.unlink(missing_ok=True)
    return len(left)


def _some(folder: Path, days: Mapping[str, int], today: date) -> Sequence[Old]:
    return tuple(islice(_old(folder, days, today), AT_ONCE))


def _old(folder: Path, days: Mapping[str, int], today: date) -> Iterator[Old]:
    for tenant, keep_days in sorted(days.items()):
        oldest = today - timedelta(days=keep_days)
        for day in sorted((folder / tenant).glob("????-??-??")):
            if _date(day.name) >= oldest:
                continue
            for path in day.glob("*.wav"):
                yield Old(tenant=tenant, recording=path.stem, path=path)


def _date(name: str) -> date:
    try:
        return date.fromisoformat(name)
    except ValueError:
        return date.max  # none of ours


def _erase(found: Sequence[Old]) -> None:
    for old in found:
        old.path.unlink(missing_ok=True)
        if not any(old.path.parent.iterdir()):
            old.path.parent.rmdir()
