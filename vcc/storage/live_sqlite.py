"""Live state in an SQLite file: the embedded default.

One thread does all writing, JSON included. The write-ahead log with synchronous NORMAL loses nothing when the process
is killed; a power cut may cost the last transactions, and never the file.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from typing import TYPE_CHECKING, Any

from core.errors import StoreError
from vcc.storage.inbox import LatestInbox
from vcc.storage.live_json import Encoded, decode, encode
from vcc.storage.progress import Progress
from vcc.storage.sqlite_rows import IN_MEMORY, execute_keys, execute_rows
from vcc.storage.writers import ThreadWriter

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_BUSY_S = 1.0
_OPEN = (
    "PRAGMA locking_mode = EXCLUSIVE",  # two programs on the same live state would ruin it
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA journal_size_limit = 16777216",
    IN_MEMORY,
    "CREATE TABLE IF NOT EXISTS live (kind TEXT, key TEXT, data TEXT, PRIMARY KEY (kind, key)) WITHOUT ROWID",
)
_PUT, _IN_PLACE = "INSERT INTO live VALUES", "ON CONFLICT (kind, key) DO UPDATE SET data = excluded.data"
_DELETE = "DELETE FROM live WHERE kind = ? AND key IN"
_LOAD = "SELECT key, data FROM live WHERE kind = ?"


class SqliteLiveStore:
    """Fulfils `vcc.calls.ports.LiveStore`. `start` before use, `close` at the end."""

    def __init__(
        self, path: Path, *, bound: int = 100_000, gather_s: float = 0.02, flush_timeout_s: float = 10.0
    ) -> None:
        """Keep live state in the file `path`; at most `bound` keys may wait to be written."""
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._in_use = threading.Lock()  # the connection, by the writer or a reader
        self._progress = Progress("the live state", flush_timeout_s=flush_timeout_s)
        self._inbox = LatestInbox(self._progress, bound)
        self._writer = ThreadWriter(
            self._progress,
            self._inbox,
            prepare=encode,
            write=self._write,
            errors=(sqlite3.Error,),
            gather_s=gather_s,
        )

    @property
    def pending(self) -> int:
        """How much is waiting to be written."""
        return self._progress.pending

    @property
    def healthy(self) -> bool:
        """Whether it is written, and the last write succeeded."""
        return self._progress.healthy

    async def start(self) -> None:
        """Open the file, or make it. Raises StoreError if it cannot be used, or another process uses it."""
        try:
            self._connection = await asyncio.to_thread(self._open)
        except (sqlite3.Error, OSError) as error:
            raise StoreError(self._what_to_do(error)) from error
        self._writer.start()

    def put(self, kind: str, key: str, data: Mapping[str, Any]) -> None:
        """Keep `data` in place of what was there; it must not be changed any more. Raises StoreError at the bound."""
        self._inbox.add(kind, key, data)
        self._writer.note()

    def delete(self, kind: str, key: str) -> None:
        """Forget it; no error if it is not there. Raises StoreError at the bound."""
        self._inbox.add(kind, key, None)
        self._writer.note()

    async def flush(self) -> None:
        """Return when everything before is in the file. Raises StoreError if it cannot be written."""
        await self._progress.flush()

    async def load(self, kind: str) -> dict[str, dict[str, Any]]:
        """All of a kind, by key. Raises StoreError."""
        await self.flush()
        try:
            return decode(kind, await asyncio.to_thread(self._read, kind))
        except sqlite3.Error as error:
            message = f"{self._path} cannot be read: {error}"
            raise StoreError(message) from error

    async def close(self) -> None:
        """Write what is pending and close the file. Raises StoreError if that failed."""
        try:
            await self._writer.close()
        finally:
            if self._connection is not None:
                await asyncio.to_thread(self._connection.close)
                self._connection = None

    # --- in other threads ---

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.touch(mode=0o600)  # it holds personal data
        connection = sqlite3.connect(self._path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
        try:
            for statement in _OPEN:
                connection.execute(statement)
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            message = "the file is not open"
            raise sqlite3.ProgrammingError(message)
        return self._connection

    def _read(self, kind: str) -> list[tuple[str, str]]:
        with self._in_use:
            return self._opened().execute(_LOAD, (kind,)).fetchall()

    def _write(self, encoded: Encoded) -> None:
        with self._in_use:
            connection = self._opened()
            connection.execute("BEGIN IMMEDIATE")
            try:
                execute_rows(connection, _PUT, encoded.puts, _IN_PLACE)
                for kind, keys in encoded.deletes.items():
                    execute_keys(connection, _DELETE, kind, keys)
                connection.execute("COMMIT")
            except sqlite3.Error:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def _what_to_do(self, error: Exception) -> str:
        if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
            return (
                f"{self._path} is in use by another process, most likely another vcc: stop that one, "
                "or give this one a state folder of its own"
            )
        if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
            return f"{self._path} is damaged or no live state of vcc ({error}): move it away and start again"
        return f"{self._path} cannot be opened: {error}; check the folder's rights and the space on its disk"
