"""Seats by date: how many at a moment, when that changes, and leases that are one too many."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from core import yaml_text
from core.validate import build
from tenancy.leases import next_lease, overcommitted, problems, seats
from tenancy.model import Platform, Tenant

ZONE = ZoneInfo("Asia/Shanghai")


def tenant(leases: str, more: str = "", *, ends: str = "2026-12-31") -> Tenant:
    text = f"""
id: press
name: {{en: Press}}
projects:
  books: {{name: {{en: Books}}, kind: seat_lease, starts: 2026-01-01, ends: {ends}, leases: [{leases}]}}
{more}
"""
    return build(Tenant, yaml_text.load(text, "t.yaml"))


def at(text: str, zone: ZoneInfo = ZONE) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


SUMMER = "{seats: 5}, {seats: 10, starts: 2026-07-01, ends: 2026-08-31}"
DAYTIME = "{seats: 4, weekly: [{days: [mon, tue, wed, thu, fri], opens: 09:00, closes: 18:00}]}"


@pytest.mark.parametrize(
    ("when", "there"),
    [
        ("2025-12-31 23:59:59", 0),
        ("2026-01-01 00:00", 5),
        ("2026-06-30 23:59:59", 5),
        ("2026-07-01 00:00", 15),
        ("2026-08-31 23:59:59", 15),
        ("2026-09-01 00:00", 5),
        ("2027-01-01 00:00", 0),
    ],
)
def test_a_season(when: str, there: int) -> None:
    assert seats(tenant(SUMMER), at(when)) == there


@pytest.mark.parametrize(
    ("when", "there"),
    [("2026-03-02 08:59", 0), ("2026-03-02 09:00", 4), ("2026-03-02 18:00", 0), ("2026-03-07 12:00", 0)],
)
def test_hours_of_the_week(when: str, there: int) -> None:
    assert seats(tenant(DAYTIME), at(when)) == there


def test_without_leases_the_quota_holds_always() -> None:
    assert seats(tenant("", "quotas: {seats: 7}"), at("2031-01-01 00:00")) == 7
    assert seats(tenant(""), 0.0) is None
    assert next_lease(tenant(""), 0.0) is None


def test_when_that_changes_next() -> None:
    moments, now = [], at("2026-06-01 00:00")
    while (now_ := next_lease(tenant(SUMMER), now)) is not None:
        now = now_
        moments.append(datetime.fromtimestamp(now, ZONE).strftime("%Y-%m-%d %H:%M"))
    assert moments == ["2026-07-01 00:00", "2026-09-01 00:00", "2027-01-01 00:00"]
    assert next_lease(tenant(DAYTIME), at("2026-03-06 18:00")) == at("2026-03-09 09:00")


def platform(there_are: int, **tenants: str) -> tuple[Platform, list[str]]:
    """The platform, and what is said about its leases; each tenant: its zone, its leases."""
    text = f"name: {{en: P}}\nnodes: {{n: {{kind: simulated}}}}\nseats: {there_are}\ntenants:\n"
    for name, written in tenants.items():
        zone, _, leases = written.partition(" | ")
        text += f"  {name}:\n    id: {name}\n    name: {{en: T}}\n    time_zone: {zone}\n    projects:\n"
        text += "      p: {name: {en: P}, kind: seat_lease, starts: 2026-01-01, leases: [\n"
        text += "".join(f"        {lease},\n" for lease in leases.split("; ")) + "      ]}\n"
    document = yaml_text.load(text, "platform.yaml")
    found = build(Platform, document)
    return found, [str(problem) for problem in overcommitted(found, document)]


def test_more_leased_than_there_is_says_where_when_and_with_whom() -> None:
    _, said = platform(
        10,
        press="Asia/Shanghai | {seats: 6}; {seats: 4, starts: 2026-07-01, ends: 2026-07-31}",
        chess="Asia/Shanghai | {seats: 3, starts: 2026-07-31}",
    )
    assert said == [
        "platform.yaml:20:17: from 2026-07-31 00:00 on 13 seats are leased, and the platform has 10; "
        "expected at most 0 here (with those at platform.yaml:11, platform.yaml:12)"
    ]


def test_one_ends_when_the_other_begins() -> None:
    weekly = "weekly: [{days: [mon], opens: %s, closes: %s}]"
    morning, evening = weekly % ("08:00", "16:00"), weekly % ("16:00", "'24:00'")
    assert platform(5, a=f"UTC | {{seats: 5, {morning}}}", b=f"UTC | {{seats: 5, {evening}}}")[1] == []
    overlapping = evening.replace("16:00", "15:59")
    _, said = platform(5, a=f"UTC | {{seats: 5, {morning}}}", b=f"UTC | {{seats: 5, {overlapping}}}")
    assert [line.split(" on 10")[0] for line in said] == ["platform.yaml:19:17: from 2026-01-05 15:59"]


def test_clocks_that_are_put_forward_make_two_overlap() -> None:
    """From 29 March on Berlin is an hour earlier by the clock of Shanghai."""
    berlin = "Europe/Berlin | {seats: 5, weekly: [{days: [sun, mon], opens: 10:00, closes: 12:00}]}"
    shanghai = "Asia/Shanghai | {seats: 5, weekly: [{days: [sun, mon], opens: 16:00, closes: 17:00}]}"
    _, said = platform(5, a=berlin, b=shanghai)
    assert [line.split(" on 10")[0].split("from ")[1] for line in said] == ["2026-03-29 16:00"]


@pytest.mark.parametrize("seed", range(30))
def test_it_is_found_exactly_where_a_look_hour_by_hour_finds_it(seed: int) -> None:
    """Dates, days and hours drawn; every hour until the clocks have been put back is looked at."""
    dice = random.Random(seed)

    def lease() -> str:
        first = datetime(2026, 3, 1) + timedelta(days=dice.randrange(40))  # noqa: DTZ001 - a date alone
        last = first + timedelta(days=dice.randrange(30))
        days = ", ".join(dice.sample(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), dice.randint(1, 7)))
        opens = dice.randrange(23)
        window = f"weekly: [{{days: [{days}], opens: {opens:02}:00, closes: {dice.randint(opens + 1, 23):02}:30}}]"
        ends = f", ends: {last:%Y-%m-%d}" if dice.random() < 0.7 else ""
        return f"{{seats: {dice.randint(1, 4)}, starts: {first:%Y-%m-%d}{ends}, {window}}}"

    there_are = dice.randint(4, 9)
    zones = ("Asia/Shanghai", "Europe/Berlin")
    tenants = {f"t{n}": f"{dice.choice(zones)} | {'; '.join(lease() for _ in range(2))}" for n in range(4)}
    found, said = platform(there_are, **tenants)
    begin = at("2026-02-25 00:00")
    moments = (begin + 3_600 * n for n in range(24 * 260))
    most = max(sum(seats(t, moment) or 0 for t in found.tenants.values()) for moment in moments)
    assert bool(said) == (most > there_are), (most, there_are, said)


def test_a_lease_outside_of_its_project_and_one_beside_a_quota() -> None:
    text = """
name: {en: P}
nodes: {n: {kind: simulated}}
tenants:
  press:
    id: press
    name: {en: T}
    quotas: {seats: 4}
    projects:
      p: {name: {en: P}, kind: seat_lease, starts: 2026-01-01, ends: 2026-06-30, leases: [
        {seats: 3, starts: 2025-12-31, ends: 2026-07-01},
      ]}
"""
    document = yaml_text.load(text, "t.yaml")
    assert [str(problem) for problem in problems(build(Platform, document), document)] == [
        "t.yaml:8:14: the seats of 'press' are leased by its projects; expected one of the two",
        "t.yaml:11:28: 2025-12-31, before the project 'p' starts; expected 2026-01-01 or later",
        "t.yaml:11:46: 2026-07-01, after the project 'p' ends; expected 2026-06-30 or earlier",
    ]
