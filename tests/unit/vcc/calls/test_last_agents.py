"""Whom a caller talked with last: as it happens, from the log of former days, and how much is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.facts import AgentConnected, ContactArrived, ContactEnded, Outcome, Party
from tenancy.model import Storage
from vcc.calls import last_agents
from vcc.calls.floor import About
from vcc.calls.last_agents import LastAgents
from vcc.stores import open_event_log

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

NOW = 1_772_000_000.0
DAY = 86_400.0


def test_the_latest_counts_and_only_of_the_tenant() -> None:
    last = LastAgents()
    last.talked("press", "555", "wang", NOW)
    last.talked("press", "555", "li", NOW - 5)
    last.talked("chess", "555", "lin", NOW + 5)
    last.talked("press", "", "wang", NOW)
    assert last.of("press", "555", NOW - 60) == "wang"
    assert last.of("press", "555", NOW + 1) == "", "that is too long ago"
    assert last.of("press", "", 0.0) == "", "who withholds the number is nobody"
    assert last.of("tick", "555", 0.0) == ""


def test_so_many_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(last_agents, "MOST", 3)
    last = LastAgents()
    for caller in ("1", "2", "3", "1", "4"):
        last.talked("press", caller, "wang", NOW)
    assert [caller for caller in "1234" if last.of("press", caller, 0.0)] == ["1", "3", "4"]


async def test_former_days_are_read_from_the_log(tmp_path: Path) -> None:
    log = await open_event_log(Storage(), tmp_path)
    try:
        for number in range(250):
            at = NOW - 40 * DAY + number * DAY / 5
            about = About(at=at, tenant="press", contact=f"c{number:03}", node="n1")
            agent = "press/wang" if number % 2 else "press/li"
            caller = f"{number // 5}"
            log.append(ContactArrived(**about, leg="x", dialled="100", number="100", caller=caller))
            log.append(AgentConnected(**about | {"at": at + 5}, queue="press/q", agent=agent, leg="y", waited_s=5.0))
            log.append(ContactEnded(**about | {"at": at + 9}, outcome=Outcome.ANSWERED, by=Party.CALLER))
        await log.flush()
        last = LastAgents()
        last.talked("press", "49", "press/new", NOW + 100 * DAY)
        await last.read(log, NOW)
    finally:
        await log.close()
    assert last.of("press", "49", 0.0) == "press/new", "what happens meanwhile is newer"
    assert last.of("press", "48", 0.0) == "press/li"
    assert last.of("press", "47", 0.0) == "press/wang"
    assert last.of("press", "5", 0.0) == "", "that is more than a month ago"
