"""`vcc simulate`, `replay` and `staff` as they are typed."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from core.facts import (
    AgentConnected,
    AgentLeft,
    AgentStateChanged,
    ContactArrived,
    ContactEnded,
    ContactQueued,
    Fact,
    Outcome,
    Party,
    QueueLeft,
)
from vcc.cli import main
from vcc.storage.history import SqlEventLog, history_url

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[4]
SCENARIO = """
hours: 2
queues: {all: {}}
calls:
  all: {queue: all, per_hour: 60, service: SERVICE, patience: {exponential: 60}}
groups:
  agents: {agents: 2}
"""


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    file = tmp_path / "small.yaml"
    file.write_text(SCENARIO.replace("SERVICE", "{exponential: 90}"), encoding="utf-8")
    return file


def test_simulate_prints_tables(scenario: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", str(scenario), "--days", "3", "--processes", "1"]) == 0
    shown = capsys.readouterr().out
    for part in ("offered", "short_abandons_ignored (default)", "occupancy %", "±"):
        assert part in shown


def test_simulate_is_the_same_on_two_processes(scenario: Path) -> None:
    def figures(processes: int) -> dict[str, Any]:
        words = ["simulate", str(scenario), "--days", "6", "--seed", "3", "--processes", str(processes), "--json"]
        ran = subprocess.run([sys.executable, "-m", "vcc.cli", *words], capture_output=True, check=True, cwd=ROOT)
        found: dict[str, Any] = json.loads(ran.stdout)
        assert found.pop("seconds") > 0
        return found

    one = figures(1)
    assert one == figures(2)
    assert one["days"] == 6
    level = one["total"]["service_level"]["short_abandons_ignored"]
    assert level["low"] < level["value"] < level["high"]


def test_simulate_tells_every_mistake(scenario: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = scenario.read_text(encoding="utf-8").replace("hours: 2", "hours: 0").replace("agents: 2", "agent: 2")
    scenario.write_text(text, encoding="utf-8")
    assert main(["simulate", str(scenario)]) == 1
    shown = capsys.readouterr().out
    assert f"{scenario}:2:8: hours is 0; expected a number above 0" in shown
    assert "unknown key 'agent'" in shown
    assert "mistakes in" in shown


def test_simulate_reads_a_column(scenario: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "calls.csv").write_text("what,seconds\nanswered,40\nlost,9999\nanswered,60\n", encoding="utf-8")
    column = "{empirical: {file: calls.csv, column: seconds, where: {what: answered}}}"
    scenario.write_text(SCENARIO.replace("SERVICE", column), encoding="utf-8")
    assert main(["simulate", str(scenario), "--days", "4", "--json", "--processes", "1"]) == 0
    mean = json.loads(capsys.readouterr().out)["total"]["mean_service_s"]["value"]
    assert 45 < mean < 55
    for wrong, says in (("seconds", "second"), ("answered", "other"), ("calls.csv", "calls.tsv")):
        scenario.write_text(SCENARIO.replace("SERVICE", column).replace(wrong, says), encoding="utf-8")
        assert main(["simulate", str(scenario)]) == 1
        assert capsys.readouterr().err


@pytest.mark.parametrize("words", [["simulate", "nothing.yaml"], ["replay", "nothing"], ["staff", "nothing.sqlite"]])
def test_a_file_that_is_not_there(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 1
    assert "nothing" in capsys.readouterr().err


def test_a_log_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "other.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    assert main(["replay", str(tmp_path / "other.csv")]) == 1
    assert "no log that vcc knows" in capsys.readouterr().err


# --- an event log ---------------------------------------------------------------------------------------------

_FIRST = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # nine o'clock in Beijing


def _facts(days: int) -> Iterator[Fact]:
    """Each day twenty callers, one a minute, of whom one in five hangs up; one agent who talks 45 s."""
    for day in range(days):
        began = (_FIRST + timedelta(days=day)).timestamp()
        state: dict[str, Any] = {"agent": "press/li", "serves": ("press",), "phone": "p1"}
        yield AgentStateChanged(at=began, wish="ready", phase="idle", **state)
        for number in range(20):
            at, contact = began + 60 * number + 5, f"c{day}-{number}"
            common: dict[str, Any] = {"tenant": "press", "contact": contact, "node": "n"}
            lost = number % 5 == 4
            why, waited = ("abandoned", 8.0) if lost else ("answered", 2.0)
            yield ContactArrived(at=at, leg="l", dialled="1", number="1", caller="2", **common)
            yield ContactQueued(at=at, queue="press/orders", priority=50, position=1, **common)
            yield QueueLeft(at=at + waited, queue="press/orders", why=why, waited_s=waited, **common)
            if not lost:
                heard = at + waited + 0.00002
                talk: dict[str, Any] = {"queue": "press/orders", "agent": "press/li", **common}
                yield AgentConnected(at=heard, leg="m", waited_s=waited, **talk)
                yield AgentLeft(at=heard + 45, by=Party.CALLER, talked_s=45.0, **talk)
            outcome = Outcome.ABANDONED if lost else Outcome.ANSWERED
            yield ContactEnded(at=at + 50, outcome=outcome, by=Party.CALLER, **common)
        yield AgentStateChanged(at=began + 7_200, wish="signed_out", phase="idle", **state)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state folder with an event log of nine days."""

    async def write() -> None:
        log = SqlEventLog(history_url("history.sqlite", tmp_path))
        await log.start()
        for fact in _facts(9):
            log.append(fact)
        await log.flush()
        await log.close()

    asyncio.run(write())
    return tmp_path


def test_replay_of_an_event_log(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["replay", str(state), "--since", "2026-03-03", "--until", "2026-03-10", "--draws", "2", "--json"]
    assert main(words) == 2
    assert "--config" in capsys.readouterr().err
    assert main([*words, "--config", str(ROOT / "config")]) == 0
    found = json.loads(capsys.readouterr().out)
    was, again = (one["figures"]["total"] for one in found["variants"])
    assert [one["name"] for one in found["variants"]] == ["as it was", "configuration"]
    assert len(found["days"]) in (7, 8)  # a day begins where the configuration's clocks say so
    assert was["abandonment"]["value"] == pytest.approx(0.2)
    assert was["mean_wait_s"]["value"] == pytest.approx(2.0)
    assert again["counts"]["offered"]["value"] == was["counts"]["offered"]["value"]


def test_staff_of_an_event_log(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["staff", str(state), "--on", "2026-03-12", "--days", "3", "--interval", "60", "--queue", "press/orders"]
    assert main([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert sum(found["calls"]) == pytest.approx(20)
    assert found["handle_s"] == pytest.approx(45, abs=0.1)
    assert set(found["agents"]) == {"erlang_c", "erlang_a", "simulated"}
    assert {score["method"] for score in found["forecasts"]} == {"same_weekday", "recent", "shaped"}
    assert main(words) == 0
    assert "Erlang A" in capsys.readouterr().out
    assert main(["staff", str(state), "--queue", "press/none"]) == 2
    assert main(["staff", str(state), "--interval", "7"]) == 2
