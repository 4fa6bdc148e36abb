"""Writing behind the caller's back: many small writes become few transactions, and none of them makes a call wait.

    note() ─> next turn of the event loop: hand over ─> take everything ─> prepare ─> write ─> wait gather_s ─> take ...
                                                                             └ failed: back-off, and again

`gather_s` bounds the transactions per second, and what a crash of the process can lose. `prepare` is called once for a
batch, `write` until it succeeds. A thread is for what blocks (SQLite): it never wakes the event loop unless somebody
waits in `flush`, since a wake-up costs more than the write. A task is for what has an asyncio client.
"""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from vcc.storage.progress import FIRST_PAUSE_S, LAST_PAUSE_S, Progress
from vcc.tasks import spawn

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

Batch_co = TypeVar("Batch_co", covariant=True)
Taken = TypeVar("Taken")
Prepared = TypeVar("Prepared")
_JOIN_S = 10.0


class Inbox(Protocol[Batch_co]):
    """Where the batches come from."""

    def hand_over(self) -> None:
        """Let the writer have everything given so far."""
        ...

    def take(self) -> tuple[Batch_co, int] | None:
        """What to write next, and the count of `Progress.given` up to which it goes."""
        ...


class _Writer(Generic[Taken, Prepared]):
    """What both kinds of writers have in common: the event loop's side."""

    def __init__(
        self,
        progress: Progress,
        inbox: Inbox[Taken],
        *,
        prepare: Callable[[Taken], Prepared],
        errors: tuple[type[Exception], ...],
        gather_s: float,
    ) -> None:
        self._progress = progress
        self._inbox = inbox
        self._prepare = prepare
        self._errors = errors
        self._gather_s = gather_s
        self._loop: asyncio.AbstractEventLoop | None = None
        self._handing_over = False

    def note(self) -> None:
        """One more item is in the inbox. Raises StoreError if nothing writes it."""
        progress = self._progress
        if not progress.alive or self._loop is None:
            progress.check_alive()
            return
        progress.given += 1
        if not self._handing_over:
            self._handing_over = True
            self._loop.call_soon(self._hand_over)

    def _hand_over(self) -> None:
        self._handing_over = False
        self._inbox.hand_over()
        self._wake_up()

    def _wake_up(self) -> None:
        raise NotImplementedError


class TaskWriter(_Writer[Taken, Prepared]):
    """A task that writes with an asyncio client. `write` raises one of `errors` to be called again."""

    def __init__(
        self,
        progress: Progress,
        inbox: Inbox[Taken],
        *,
        prepare: Callable[[Taken], Prepared],
        write: Callable[[Prepared], Awaitable[None]],
        errors: tuple[type[Exception], ...],
        gather_s: float,
    ) -> None:
        """Write what comes into `inbox`, and tell `progress`."""
        super().__init__(progress, inbox, prepare=prepare, errors=errors, gather_s=gather_s)
        self._write = write
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to write, in the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._progress.start()
        self._task = spawn(self._run(), name=f"write {self._progress.name}")

    async def close(self) -> None:
        """Write what is left and end. Raises StoreError if that failed: what is left is lost then."""
        if self._task is None:
            return
        try:
            await self._progress.flush()
        finally:
            task, self._task = self._task, None
            self._progress.alive = False
            task.cancel()
            await asyncio.wait([task])

    def _wake_up(self) -> None:
        self._wake.set()

    async def _run(self) -> None:
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                while (taken := self._inbox.take()) is not None:
                    await self._write_until_done(*taken)
                await asyncio.sleep(self._gather_s)
        except Exception as error:
            self._progress.gave_up(error)
            raise

    async def _write_until_done(self, batch: Taken, up_to: int) -> None:
        prepared, pause = self._prepare(batch), FIRST_PAUSE_S
        while True:
            try:
                await self._write(prepared)
            except self._errors as error:
                self._progress.failed(error)
                await asyncio.sleep(pause)
                pause = min(2 * pause, LAST_PAUSE_S)
            else:
                self._progress.wrote(up_to)
                return


class ThreadWriter(_Writer[Taken, Prepared]):
    """A thread that writes with a client that blocks. `prepare` and `write` are called in it."""

    def __init__(
        self,
        progress: Progress,
        inbox: Inbox[Taken],
        *,
        prepare: Callable[[Taken], Prepared],
        write: Callable[[Prepared], None],
        errors: tuple[type[Exception], ...],
        gather_s: float,
    ) -> None:
        """Write what comes into `inbox`, and tell `progress`."""
        super().__init__(progress, inbox, prepare=prepare, errors=errors, gather_s=gather_s)
        self._write = write
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"write {progress.name}", daemon=True)

    def start(self) -> None:
        """Begin to write; notes are taken in the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._progress.start()
        self._thread.start()

    async def close(self) -> None:
        """Write what is left and end. Raises StoreError if that failed: what is left is lost then."""
        if self._loop is None:
            return
        try:
            await self._progress.flush()
        finally:
            self._loop = None
            self._progress.alive = False
            self._stop.set()
            self._wake.set()
            await asyncio.to_thread(self._thread.join, _JOIN_S)

    def _wake_up(self) -> None:
        if not self._wake.is_set():  # to set it costs a lock, and the thread is awake or about to be
            self._wake.set()

    # --- in the thread ---

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self._wake.wait()
                self._wake.clear()
                while (taken := self._inbox.take()) is not None:
                    self._write_until_done(*taken)
                    self._stop.wait(self._gather_s)
        except Exception as error:  # noqa: BLE001 - the end of the thread; it is logged, and every user is told
            self._progress.gave_up(error)

    def _write_until_done(self, batch: Taken, up_to: int) -> None:
        prepared, pause = self._prepare(batch), FIRST_PAUSE_S
        while not self._stop.is_set():
            try:
                self._write(prepared)
            except self._errors as error:
                self._progress.failed(error)
                self._stop.wait(pause)
                pause = min(2 * pause, LAST_PAUSE_S)
            else:
                self._progress.wrote(up_to)
                return
