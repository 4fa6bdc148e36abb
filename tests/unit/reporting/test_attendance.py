"""Attendance: late, gone early, away, absent, still to come; and the sums."""

from __future__ import annotations

import pytest

from core.facts import AgentStateChanged, ShiftsPlanned
from reporting.attendance import Attended, attended, in_force, total
from reporting.duty import agent_spans
from tests.unit.reporting.states import changed

#: A shift of one hour.
BEGIN, END = 1_000_000.0, 1_003_600.0


def plan(*agents: str, at: float = 0.0, day: str = "2026-07-01") -> ShiftsPlanned:
    return ShiftsPlanned(
        at=at, tenant="press", day=day, who="anna", shifts=tuple(f"{agent} {BEGIN} {END}" for agent in agents)
    )


def signed_in(agent: str, *times: tuple[float, float], serves: tuple[str, ...] = ("press",)) -> list[AgentStateChanged]:
    """In from, out at, seconds from the beginning of the shift."""
    states = []
    for came, left in times:
        states += [
            changed(BEGIN + came, agent, "idle", serves=serves),
            changed(BEGIN + (came + left) / 2, agent, "idle", wish="not_ready", serves=serves),
            changed(BEGIN + left, agent, "idle", wish="signed_out"),
        ]
    return states


def of(*times: tuple[float, float], now: float = END + 10_000) -> Attended:
    spans = agent_spans(signed_in("li", *times), now)
    (found,) = attended(plan("li"), spans, tenant="press", now=now)
    return found


@pytest.mark.parametrize(
    ("times", "late", "early", "present", "away"),
    [
        ([(-600, 4_000)], 0, 0, 3_600, 0),
        ([(60, 3_540)], 0, 0, 3_480, 0),  # within the grace
        ([(61, 3_600)], 61, 0, 3_539, 0),
        ([(0, 3_539)], 0, 61, 3_539, 0),
        ([(900, 3_000)], 900, 600, 2_100, 0),
        ([(0, 1_000), (1_500, 3_600)], 0, 0, 3_100, 500),
        ([(120, 1_000), (1_500, 3_000)], 120, 600, 2_380, 500),
    ],
)
def test_late_early_and_away(
    times: list[tuple[float, float]], late: float, early: float, present: float, away: float
) -> None:
    found = of(*times)
    assert (found.late_s, found.early_s, found.present_s, found.away_s) == (late, early, present, away)
    assert not found.absent


@pytest.mark.parametrize("times", [[], [(-600, 0)], [(3_600, 4_000)]])
def test_who_was_not_there_in_that_hour_was_absent_and_neither_late_nor_early(times: list[tuple[float, float]]) -> None:
    found = of(*times)
    assert (found.absent, found.late_s, found.early_s, found.present_s) == (True, 0, 0, 0)


def test_a_seat_of_another_tenant_is_no_attendance_here() -> None:
    spans = agent_spans(signed_in("li", (0, 3_600), serves=("chess",)), END)
    assert attended(plan("li"), spans, tenant="press", now=END)[0].absent


def test_a_shift_that_is_to_come_and_one_that_goes_on() -> None:
    assert not of(now=BEGIN - 1).begun
    going_on = of((300, 1_800), now=BEGIN + 2_400)
    assert (going_on.planned_s, going_on.present_s, going_on.late_s, going_on.early_s) == (2_400, 1_500, 300, 0)
    assert going_on.left_at == BEGIN + 1_800
    there = of((300, 9_000), now=BEGIN + 2_400)
    assert (there.left_at, there.present_s) == (None, 2_100)


def test_the_sums() -> None:
    states = signed_in("li", (0, 3_600)) + signed_in("wu", (900, 3_000))
    spans = agent_spans(sorted(states, key=lambda state: state.at), END)
    found = total(attended(plan("li", "wu", "sun"), spans, tenant="press", now=END))
    assert (found.planned, found.attended, found.late, found.early) == (3, 2, 1, 1)
    assert found.rate == pytest.approx(2 / 3)
    assert found.presence == pytest.approx((3_600 + 2_100) / 10_800)
    nobody = total(attended(plan("li"), [], tenant="press", now=BEGIN - 1))
    assert (nobody.planned, nobody.rate, nobody.presence) == (0, None, None)


def test_the_last_table_of_a_day_counts() -> None:
    found = in_force([plan("li", at=1), plan("wu", at=2, day="2026-07-02"), plan("sun", at=3)])
    assert {day: one.shifts[0].split()[0] for day, one in found.items()} == {"2026-07-01": "sun", "2026-07-02": "wu"}
