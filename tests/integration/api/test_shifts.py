"""Shift tables and attendance: by the API, the command line, and in the page."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from tests.lab.browsing import check, log_in, shows

if TYPE_CHECKING:
    from tests.integration.api.conftest import Site
    from tests.lab.chromium import Chromium


def day_of(site: Site) -> str:
    """The day of the platform, on the tenant's clock."""
    return datetime.fromtimestamp(site.platform.now, ZoneInfo("Asia/Shanghai")).date().isoformat()


def table(site: Site) -> str:
    """Of this day: two shifts that have begun, of which one agent comes late and one not at all; one to come."""
    now = datetime.fromtimestamp(site.platform.now, ZoneInfo("Asia/Shanghai"))
    begun = now.replace(minute=0).strftime("%H:%M")
    day = day_of(site)
    return f"day,agent,begins,ends\n{day},wang,{begun},23:59\n{day},lin,{begun},23:59\n{day},zhao,23:59,02:00\n"


async def planned(site: Site) -> None:
    """The table is loaded, and time goes by."""
    status, answer = await site.ask("POST", "/tenants/press/shifts", who="press", json={"text": table(site)})
    assert (status, answer) == (200, {"tenant": "press", "days": 1, "shifts": 3})
    site.platform.now += 600
    site.platform.sign_in("press/wang", "p104")
    site.platform.now += 1_200


async def test_who_came_and_who_did_not(site: Site) -> None:
    await planned(site)
    found = await site.get("/tenants/press/shifts")
    total = found["total"]
    assert (total["planned"], total["attended"], total["late"], total["early"], total["rate"]) == (2, 1, 1, 0, 0.5)
    shifts = {shift["agent"]: shift for shift in found["shifts"]}
    assert shifts["lin"]["absent"]
    assert not shifts["zhao"]["begun"]
    assert shifts["press/wang"]["present_s"] == 1_200
    rates = {one["of"]: one["rate"] for one in found["agents"]}
    assert rates == {"lin": 0.0, "zhao": None, "press/wang": 1.0}
    assert (await site.get("/tenants/press/shifts?since=2020-01-01&until=2020-01-31"))["shifts"] == []


@pytest.mark.parametrize("days", [1.5, 9, 30])
async def test_who_has_not_changed_state_for_days_is_there_all_the_same(site: Site, days: float) -> None:
    site.platform.sign_in("lin", "p101")
    site.platform.now += days * 86_400
    await planned(site)
    found = await site.get("/tenants/press/shifts")
    shifts = {shift["agent"]: shift for shift in found["shifts"]}
    assert (shifts["lin"]["absent"], shifts["lin"]["present_s"], shifts["lin"]["late_s"]) == (False, 1_800, 0)
    assert shifts["press/wang"]["late_s"] == 600, "who came after days is not there before"


@pytest.mark.parametrize("query", ["since=2026-02-01&until=2026-01-01", "since=2026-01-01&until=2027-01-01", "since=x"])
async def test_days_that_cannot_be_meant(site: Site, query: str) -> None:
    status, answer = await site.ask("GET", f"/tenants/press/shifts?{query}", who="press")
    assert (status, answer["code"]) == (400, "bad_request")


async def test_a_table_with_mistakes_changes_nothing(site: Site) -> None:
    await planned(site)
    text = "day,agent,begins,ends\n2026-07-01,nobody,09:00,18:00\n"
    status, answer = await site.ask(
        "POST", "/tenants/press/shifts", who="press", json={"text": text, "file": "july.csv"}
    )
    assert (status, answer["code"]) == (422, "configuration")
    assert [mistake["where"] for mistake in answer["mistakes"]] == ["july.csv:2:12"]
    assert len((await site.get("/tenants/press/shifts"))["shifts"]) == 3


@pytest.mark.parametrize("width", [360, 1440])
async def test_in_the_page(site: Site, browser: Chromium, width: int) -> None:
    await planned(site)
    page = await browser.page(width=width, height=900)
    await log_in(page, site.url, "press", "/t/press/attendance?lang=en")
    await shows(page, "[data-figure=attendance_rate]", "50%", "1 of 2")
    await shows(page, "#shifts", "press/wang", "late by 10:00", "lin", "absent", "zhao", "to come")
    await shows(page, "#agents", "press/wang", "100%", "lin", "0%")
    await check(page, width)
