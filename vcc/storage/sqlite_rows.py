"""Many rows by few statements of SQLite.

`executemany` lets go of the interpreter's lock for each row and has to get it back, in competition with the event
loop; a statement of many rows does so once.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

#: Rows in one statement. A power of two, as are all sizes: so few different statements are compiled.
MOST_ROWS = 32
#: What undoes a statement that fails half-way is kept in memory. SQLite makes a file for it in /var/tmp otherwise, for
#: each statement of many rows, and writes as many pages there as into the log.
IN_MEMORY = "PRAGMA temp_store = MEMORY"

_Item = TypeVar("_Item")


def execute_rows(
    connection: sqlite3.Connection, before: str, rows: Sequence[tuple[object, ...]], after: str = ""
) -> None:
    """Execute `before (?, …), (?, …) after` with the rows, in their order. Raises sqlite3.Error."""
    for part in _parts(rows):
        row = _marks(len(part[0]))
        connection.execute(f"{before} {_repeated(row, len(part))} {after}", [value for one in part for value in one])


def execute_keys(connection: sqlite3.Connection, before: str, first: object, keys: Sequence[object]) -> None:
    """Execute `before (?, …)` with `first`, for a mark in `before`, and the keys. Raises sqlite3.Error."""
    for part in _parts(keys):
        connection.execute(f"{before} {_marks(len(part))}", [first, *part])


def _parts(items: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    start, size = 0, MOST_ROWS
    while start < len(items):
        while size > len(items) - start:
            size //= 2
        yield items[start : start + size]
        start += size


@cache
def _marks(count: int) -> str:
    return f"({', '.join('?' * count)})"


@cache
def _repeated(row: str, count: int) -> str:
    return ", ".join([row] * count)
