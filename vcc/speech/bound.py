"""What may stay in the speech cache: everything that is needed or was used lately, the rest up to a limit.

The rest are words with a caller's values in them, and files of former configurations. A call goes on with the
configuration that it began with, also over a crash: so what ceases to be needed counts as used at that moment, by a
list beside the files that outlives the process, and what was used within the longest call is never deleted.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

#: The files that the configuration in force needs, one a line; in their folder.
_NEEDED = ".needed"
#: Of a rest that is over the limit so much stays: the next file does not pass it again.
_STAYS = 0.9


@dataclass(frozen=True, kw_only=True, slots=True)
class SoundFile:
    """A file of the cache: its size in bytes, and when it was used last (POSIX seconds)."""

    name: str
    size: int
    used: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Survey:
    """What is in the folder: all files, how many bytes nobody needs, and which files of these go, oldest use first."""

    names: frozenset[str]
    rest: int
    going: tuple[SoundFile, ...]


def surplus(rest: Iterable[SoundFile], *, limit: int, used_before: float) -> tuple[SoundFile, ...]:
    """What goes of the files that nobody needs: if they are over the limit, those first that were not used longest."""
    by_use = sorted(rest, key=lambda file: file.used)
    over = sum(file.size for file in by_use)
    if over <= limit:
        return ()
    over -= int(limit * _STAYS)
    going = []
    for file in by_use:
        if over <= 0 or file.used >= used_before:
            break
        going.append(file)
        over -= file.size
    return tuple(going)


def survey(
    folder: Path, *, needed: frozenset[str], used: Mapping[str, float], limit: int, used_before: float
) -> Survey:
    """Look at every file; it bears the time of its last use, unless `used` knows a later one. Takes as long as the disk
    does: call it outside of the event loop.
    """
    found = _listing(folder, used)
    rest = [file for file in found if file.name not in needed]
    return Survey(
        names=frozenset(file.name for file in found),
        rest=sum(file.size for file in rest),
        going=surplus(rest, limit=limit, used_before=used_before),
    )


def _listing(folder: Path, used: Mapping[str, float]) -> list[SoundFile]:
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            with suppress(FileNotFoundError):  # what was being rendered has got its name
                status = entry.stat()
                last = max(status.st_mtime, used.get(entry.name, 0.0))
                found.append(SoundFile(name=entry.name, size=status.st_size, used=last))
    return found


def note_use(folder: Path, used: Mapping[str, float]) -> None:
    """Have files bear the time of their last use: the next process knows it."""
    for name, at in used.items():
        with suppress(FileNotFoundError):
            os.utime(folder / name, (at, at))


def replace_needed(folder: Path, needed: Iterable[str]) -> set[str]:
    """Write down what is needed now; what was needed before, or everything when that was never written down."""
    target = folder / _NEEDED
    try:
        before = set(target.read_text(encoding="utf-8").split())
    except FileNotFoundError:
        before = {file.name for file in _listing(folder, {})}
    fresh = target.with_suffix(f".{os.getpid()}.new")  # another process may use the folder too
    fresh.write_text("".join(f"{name}\n" for name in sorted(needed)), encoding="utf-8")
    fresh.rename(target)
    return before
