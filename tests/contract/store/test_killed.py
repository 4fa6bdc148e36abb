"""kill -9 of a real process in the middle of its writing: what it was told to be safe is safe, and nothing is torn."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from core.facts import ContactEnded
from reporting.port import RecordQuery
from tests.contract.store.conftest import LiveHome, LogHome

_ROUNDS = 2
_LINES = 12
_TIMEOUT_S = 30.0


async def killed_while_writing(kind: str, where: str) -> int:
    """Run the writer, kill it while it is at it; the last number that it had been told to be safe."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.contract.store.child",
        kind,
        where,
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[3],
    )
    assert child.stdout is not None
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            lines = [await child.stdout.readline() for _ in range(_LINES)]
    finally:
        child.kill()
        rest = await child.stdout.read()
        assert await child.wait() == -signal.SIGKILL
    return int((b"".join(lines) + rest).split()[-1])


@pytest.mark.parametrize("_round", range(_ROUNDS))
async def test_live_state_survives_the_death_of_its_writer(lasting: LiveHome, _round: int) -> None:
    where = lasting.redis.url if lasting.redis else str(lasting.path / "state" / "live.sqlite")
    safe = await killed_while_writing(lasting.kind, where)
    store = await lasting.open()
    session, ticket = await store.load("session"), await store.load("ticket")
    assert session == ticket  # were put together
    newest = session["c1"]["n"]
    assert newest >= safe
    expected = {f"a{n}": {"n": n} for n in range(max(0, newest - 49), newest + 1)}
    assert await store.load("agent") == expected


@pytest.mark.parametrize("_round", range(_ROUNDS))
async def test_the_event_log_survives_the_death_of_its_writer(history: LogHome, _round: int) -> None:
    where = history.setting if "://" in history.setting else f"sqlite:///{history.path / history.setting}"
    safe = await killed_while_writing("log", where)
    log = await history.open()
    facts = [fact async for fact in log.scan(0, 1e9)]
    ended = [fact.contact for fact in facts if isinstance(fact, ContactEnded)]
    assert ended == [f"c{n:06}" for n in range(len(ended))]
    assert len(ended) > safe
    records = list(await log.records(RecordQuery(limit=100)))
    while page := await log.records(RecordQuery(limit=100, before=records[-1].contact)):
        records += page
    assert [record.contact for record in reversed(records)] == ended
    assert all(record.complete and record.talked_s == 1 for record in records)
    going_on = await log.repair()
    assert going_on[0] == "never-ends"
    assert set(going_on[1:]) <= {f"c{len(ended):06}"}
