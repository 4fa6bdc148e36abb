"""Live state as JSON text, and back. What cannot be read or written is logged and left out, and harms nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog

from vcc.storage import json_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from vcc.storage.inbox import Values

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Encoded:
    """Rows to put (kind, key, text) and, by kind, keys to delete."""

    puts: list[tuple[str, str, str]]
    deletes: dict[str, list[str]]


def encode(values: Values) -> Encoded:
    """Make rows of values. One that is not JSON is a defect of the caller: what was stored under its key stays."""
    puts: list[tuple[str, str, str]] = []
    deletes: dict[str, list[str]] = {}
    for (kind, key), data in values.items():
        if data is None:
            deletes.setdefault(kind, []).append(key)
        elif (text := _text(kind, key, data)) is not None:
            puts.append((kind, key, text))
    return Encoded(puts, deletes)


def _text(kind: str, key: str, data: Mapping[str, Any]) -> str | None:
    try:
        return json_text.encode(data)
    except (TypeError, ValueError, RecursionError):
        _log.exception("live state is not JSON and was not stored", kind=kind, key=key)
        return None


def decode(kind: str, rows: Iterable[tuple[str, str]]) -> dict[str, dict[str, Any]]:
    """Values by key from (key, text)."""
    found = {}
    for key, text in rows:
        try:
            found[key] = json_text.decode(text)
        except ValueError:
            _log.exception("stored live state cannot be read", kind=kind, key=key)
    return found
