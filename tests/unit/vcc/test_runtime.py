"""One life of the program: told to stop before it has begun."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from structlog.testing import capture_logs

from core.errors import StoreError
from vcc import runtime
from vcc.app import Program

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import pytest


async def test_told_to_stop_while_it_starts_it_stops(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    starting, let_go = asyncio.Event(), asyncio.Event()

    @asynccontextmanager
    async def never(*_: object) -> AsyncIterator[None]:
        starting.set()
        try:
            await asyncio.Event().wait()
        finally:
            let_go.set()
        yield

    monkeypatch.setattr(Program, "open", never)
    life = asyncio.create_task(runtime.serve(tmp_path, tmp_path, None, -1))
    await starting.wait()
    os.kill(os.getpid(), signal.SIGTERM)
    async with asyncio.timeout(5):
        await life
    assert let_go.is_set()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().remove_signal_handler(number)


def test_what_is_missing_outside_is_a_line_and_not_a_trace(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async def no_store(*_: object) -> None:
        raise StoreError("the history cannot be opened")

    monkeypatch.setattr(runtime, "serve", no_store)
    monkeypatch.setattr(runtime, "set_up", lambda: None)
    with capture_logs() as logs:
        assert runtime.live(tmp_path, tmp_path, None, -1) == runtime.FAILED
    assert [(line["event"], line["error"]) for line in logs] == [("vcc cannot go on", "the history cannot be opened")]
