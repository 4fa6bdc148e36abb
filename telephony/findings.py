"""One thing that does not fit."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """An `error` costs calls or lets strangers in; a `warning` may be meant so; `unknown`: nobody could look."""

    ERROR = "error"
    WARNING = "warning"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What was found, where, why that matters, and what to do. `code` stays the same from version to version."""

    code: str
    level: Level
    where: str
    what: str
    why: str
    do: str


def error(code: str, where: str, what: str, *, why: str, do: str) -> Finding:
    """A finding that has to be dealt with."""
    return Finding(code=code, level=Level.ERROR, where=where, what=what, why=why, do=do)


def warning(code: str, where: str, what: str, *, why: str, do: str) -> Finding:
    """A finding that may be meant so."""
    return Finding(code=code, level=Level.WARNING, where=where, what=what, why=why, do=do)
