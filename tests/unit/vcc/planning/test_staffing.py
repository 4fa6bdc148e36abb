"""Forecasts, scored on days not seen, and the agents that they need."""

from __future__ import annotations

import math
from datetime import date, timedelta

import pytest

from vcc.planning import forecast, staffing
from vcc.planning.floor import ABANDONED, ANSWERED
from vcc.planning.history import Past, PastCall, PastDay

FIRST = date(2026, 1, 5)  # a Monday


def weeks(count: int) -> forecast.Days:
    """Two intervals; Mondays are busy, Sundays quiet."""
    days = (FIRST + timedelta(days=n) for n in range(7 * count))
    return {day: (100.0 - 10 * day.weekday(), 50.0 - 5 * day.weekday()) for day in days}


def test_weekdays_that_are_alike_are_forecast_without_error() -> None:
    found = forecast.forecast(weeks(4), FIRST + timedelta(days=28))
    assert found.calls == (100.0, 50.0)
    assert found.scores[0].error == pytest.approx(0)
    assert found.scores[0].days == 21
    worst = found.scores[-1]
    assert (worst.method, worst.error > 0.2) == ("recent", True)


def test_a_forecast_sees_only_days_before_it() -> None:
    known = weeks(3)
    expected = forecast.forecast(known, FIRST + timedelta(days=14)).calls
    known |= {day: (9_999.0, 9_999.0) for day in known if day >= FIRST + timedelta(days=14)}
    assert forecast.forecast(known, FIRST + timedelta(days=14)).calls == expected
    with pytest.raises(ValueError, match="no day before"):
        forecast.forecast(known, FIRST)


def test_too_few_days_to_score() -> None:
    found = forecast.forecast(weeks(1), FIRST + timedelta(days=7))
    assert all(math.isinf(score.error) and score.days == 0 for score in found.scores)


KNOWN = staffing.Habits(handle_s=180.0, handles=tuple(range(10, 350, 20)), patience_s=180.0)
GOAL = staffing.Goal()


def test_the_formulas_give_the_least_that_is_enough() -> None:
    for method in (staffing.by_erlang_c, staffing.by_erlang_a):
        need = method((0.0, 20.0, 100.0), 30, KNOWN, GOAL)
        assert need.agents[0] == 0
        assert need.levels[0] is None
        assert all(level is not None and level >= 0.8 for level in need.levels[1:])
        fewer = staffing.Goal(level=max(level for level in need.levels[1:] if level is not None) + 0.001)
        assert sum(method((0.0, 20.0, 100.0), 30, KNOWN, fewer).agents) > sum(need.agents)
    assert staffing.by_erlang_c((100.0,), 30, KNOWN, GOAL).agents == (14,)  # 10 erlangs: 12 give 64 %, 13 79.6 %
    assert staffing.by_erlang_a((100.0,), 30, KNOWN, GOAL).agents == (12,)


def test_nobody_ever_gave_up() -> None:
    patient = staffing.Habits(handle_s=180.0, handles=(180.0,), patience_s=math.inf)
    assert staffing.by_erlang_a((100.0,), 30, patient, GOAL) == staffing.by_erlang_c((100.0,), 30, patient, GOAL)


def test_the_floor_meets_the_goal_with_few_agents() -> None:
    calls = (0.0, 30.0, 60.0, 30.0) + (0.0,) * 20
    floor = staffing.OnTheFloor(calls, 60, KNOWN, GOAL)
    need = floor.need(staffing.by_erlang_a(calls, 60, KNOWN, GOAL).agents, days=15, seed=1)
    assert need.agents[0] == 0
    assert all(level is None or level >= 0.8 for level in need.levels)
    assert floor.levels(need.agents, days=15, seed=1) == list(need.levels)
    fewer = [max(0, count - 1) for count in need.agents]
    assert any(level is not None and level < 0.8 for level in floor.levels(fewer, days=15, seed=1))


def test_counting_a_past() -> None:
    calls = [
        PastCall(contact="1", kind="k", queue="t/a", at=10.0, waited_s=4, state=ANSWERED, service_s=50.0),
        PastCall(contact="2", kind="k", queue="t/b", at=1_805.0, waited_s=6, state=ABANDONED),
        PastCall(contact="3", kind="k", queue="t/a", at=86_399.0, waited_s=0, state=ANSWERED, service_s=70.0),
    ]
    day = PastDay(name="1970-01-01", midnight=0.0, calls=tuple(calls), turns=())
    past = Past(name="p", days=(day,), wrap_up_s=5.0)
    counted = staffing.arrivals(past, 30)[date(1970, 1, 1)]
    assert (counted[0], counted[1], counted[47], sum(counted)) == (1, 1, 1, 3)
    assert sum(staffing.arrivals(past, 30, frozenset({"t/b"}))[date(1970, 1, 1)]) == 1
    habits = staffing.habits(past)
    assert (habits.handle_s, habits.patience_s) == (65.0, 10.0)
    with pytest.raises(ValueError, match="no call was answered"):
        staffing.habits(past, frozenset({"t/b"}))
