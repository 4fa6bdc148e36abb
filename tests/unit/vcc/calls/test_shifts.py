"""Shift tables on the floor: in the log, kept over a restart, replaced day by day, forgotten after a time."""

from __future__ import annotations

from datetime import date, timedelta

from core.facts import ShiftsPlanned
from tenancy.shifts import read
from tests.unit.vcc.calls.centre import Centre

DAY = date(2026, 3, 2)


def load(centre: Centre, *rows: str) -> None:
    platform = centre.floor.directory.platform
    text = "\n".join(("day,agent,begins,ends", *rows))
    centre.control.plan_shifts("press", read(text, "t.csv", platform, platform.tenants["press"]), who="anna")


def agents(centre: Centre, day: date = DAY, tenant: str = "press") -> list[str]:
    return [shift.split()[0] for plan in centre.control.shifts(tenant, day, day) for shift in plan.shifts]


def test_each_day_that_is_loaded_is_a_fact_and_replaces_what_was_planned() -> None:
    centre = Centre()
    load(centre, "2026-03-02,wang,09:00,18:00", "2026-03-02,1001,09:00,18:00", "2026-03-03,li,09:00,18:00")
    load(centre, "2026-03-02,li,10:00,18:00")
    assert [(fact.day, fact.who, len(fact.shifts)) for fact in centre.of(ShiftsPlanned)] == [
        ("2026-03-02", "anna", 2),
        ("2026-03-03", "anna", 1),
        ("2026-03-02", "anna", 1),
    ]
    assert (agents(centre), agents(centre, DAY + timedelta(days=1))) == (["press/li"], ["press/li"])
    assert agents(centre, tenant="chess") == []
    centre.restart()
    assert agents(centre) == ["press/li"]
    assert len(centre.control.shifts("press", DAY, DAY + timedelta(days=9))) == 2


def test_old_ones_stay_in_the_log_alone() -> None:
    centre = Centre()
    load(centre, "2024-12-31,wang,09:00,18:00", "2026-03-02,wang,09:00,18:00")
    assert agents(centre, date(2024, 12, 31)) == []
    assert len(centre.stored("shifts")) == 1
    assert len(centre.of(ShiftsPlanned)) == 2
