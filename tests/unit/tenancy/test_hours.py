"""Opening hours: weekly spans, holidays, special days, closure, clocks that are put forward and back."""

import time
from datetime import date, datetime
from datetime import time as wall_time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenancy.hours import is_open, next_change
from tenancy.model import Hours, Span, SpecialDay

SHANGHAI = "Asia/Shanghai"
NEW_YORK = "America/New_York"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def at(zone: str, text: str, fold: int = 0) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp()


def hours(*spans: tuple[str, str, str], **more: Any) -> Hours:
    """`("mon tue", "09:00", "18:00")` and so on."""
    weekly = [{"days": days.split(), "opens": opens, "closes": closes} for days, opens, closes in spans]
    return Hours.model_validate({"weekly": weekly, **more})


OFFICE = hours(
    ("mon tue wed thu fri", "09:00", "12:00"),
    ("mon tue wed thu fri", "13:00", "18:00"),
    holidays="CN",
    special=[
        {"date": "2026-02-14", "opens": "09:00", "closes": "17:00"},  # a working Saturday
        {"date": "2026-02-18", "opens": "10:00", "closes": "24:00"},  # a public holiday, open all the same
        {"date": "2026-03-03", "closed": True},
    ],
)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-03-02 08:59:59.999", False),
        ("2026-03-02 09:00", True),
        ("2026-03-02 11:59:59.999", True),
        ("2026-03-02 12:00", False),
        ("2026-03-02 13:00", True),
        ("2026-03-02 18:00", False),
        ("2026-03-07 10:00", False),  # Saturday
        ("2026-02-14 10:00", True),
        ("2026-02-14 12:30", True),
        ("2026-02-14 17:00", False),
        ("2026-02-17 10:00", False),  # Spring Festival, a Tuesday
        ("2026-02-18 10:00", True),
        ("2026-02-18 23:59:59", True),
        ("2026-02-19 00:00", False),
        ("2026-03-03 10:00", False),
        ("2026-10-01 10:00", False),  # National Day
    ],
)
def test_office_hours(moment: str, expected: bool) -> None:
    assert is_open(OFFICE, SHANGHAI, at(SHANGHAI, moment)) is expected


def test_the_same_moment_differs_by_time_zone() -> None:
    moment = at(SHANGHAI, "2026-03-02 10:00")
    assert is_open(OFFICE, SHANGHAI, moment)
    assert not is_open(OFFICE, "Europe/London", moment)


def test_closure_closes_whatever_else_says() -> None:
    closed = hours(
        ("mon", "00:00", "24:00"), closed=True, special=[{"date": "2026-03-02", "opens": "09:00", "closes": "24:00"}]
    )
    assert not is_open(closed, SHANGHAI, at(SHANGHAI, "2026-03-02 10:00"))
    assert next_change(closed, SHANGHAI, at(SHANGHAI, "2026-03-02 10:00")) is None


def test_no_hours_are_never_open() -> None:
    assert not is_open(Hours(), SHANGHAI, at(SHANGHAI, "2026-03-02 10:00"))


def test_round_the_clock_is_never_closed() -> None:
    always = hours((" ".join(DAYS), "00:00", "24:00"))
    for zone in (SHANGHAI, NEW_YORK, "America/St_Johns", "Africa/Cairo"):
        begin = at(zone, "2026-01-01 00:00")
        assert all(is_open(always, zone, begin + step * 1_800) for step in range(48 * 366))
        assert next_change(always, zone, begin) is None


def test_a_night_is_two_spans_that_meet() -> None:
    night = hours(("mon", "22:00", "24:00"), ("tue", "00:00", "06:00"))
    for moment, expected in [("02 21:59", False), ("02 23:59:59", True), ("03 00:00", True), ("03 06:00", False)]:
        assert is_open(night, SHANGHAI, at(SHANGHAI, f"2026-03-{moment}")) is expected
    assert next_change(night, SHANGHAI, at(SHANGHAI, "2026-03-02 22:00")) == at(SHANGHAI, "2026-03-03 06:00")


@pytest.mark.parametrize(
    ("moment", "change"),
    [
        ("2026-03-02 08:00", "2026-03-02 09:00"),
        ("2026-03-02 09:00", "2026-03-02 12:00"),
        ("2026-03-02 18:00", "2026-03-04 09:00"),  # over the closed 3rd of March
        ("2026-02-13 19:00", "2026-02-14 09:00"),
        ("2026-02-18 12:00", "2026-02-19 00:00"),
        ("2026-09-30 19:00", "2026-10-08 09:00"),  # over the National Day week
    ],
)
def test_the_next_change(moment: str, change: str) -> None:
    assert next_change(OFFICE, SHANGHAI, at(SHANGHAI, moment)) == at(SHANGHAI, change)


# --- the clock is put forward at 02:00 on 8 March 2026, and back at 02:00 on 1 November 2026, in New York -----------


def test_a_span_of_the_hour_that_is_left_out_is_never_open() -> None:
    skipped = hours(("sun", "02:15", "02:45"))
    begin = at(NEW_YORK, "2026-03-08 00:00")
    assert not any(is_open(skipped, NEW_YORK, begin + step * 60) for step in range(24 * 60))


def test_a_span_over_the_hour_that_is_left_out() -> None:
    early = hours(("sun", "01:30", "03:30"))
    assert is_open(early, NEW_YORK, at(NEW_YORK, "2026-03-08 01:45"))
    assert is_open(early, NEW_YORK, at(NEW_YORK, "2026-03-08 03:15"))
    assert next_change(early, NEW_YORK, at(NEW_YORK, "2026-03-08 01:30")) == at(NEW_YORK, "2026-03-08 03:30")


def test_a_span_that_ends_in_the_hour_that_is_left_out_ends_there() -> None:
    early = hours(("sun", "01:30", "02:30"))
    change = next_change(early, NEW_YORK, at(NEW_YORK, "2026-03-08 01:45"))
    assert change == at(NEW_YORK, "2026-03-08 03:00")


def test_an_hour_that_comes_twice_is_open_twice() -> None:
    early = hours(("sun", "01:15", "01:45"))
    assert is_open(early, NEW_YORK, at(NEW_YORK, "2026-11-01 01:30", fold=0))
    assert is_open(early, NEW_YORK, at(NEW_YORK, "2026-11-01 01:30", fold=1))
    first_end = at(NEW_YORK, "2026-11-01 01:45", fold=0)
    assert next_change(early, NEW_YORK, first_end - 60) == first_end
    assert next_change(early, NEW_YORK, first_end) == at(NEW_YORK, "2026-11-01 01:15", fold=1)


# --- against the clock on the wall ----------------------------------------------------------------------------------

#: Clocks put forward at midnight (Cairo, Beirut, Santiago), back over midnight (St. John's until 2011), by half an
#: hour (Lord Howe), or not at all.
ZONES = [
    SHANGHAI,
    NEW_YORK,
    "Europe/London",
    "Africa/Cairo",
    "Asia/Beirut",
    "America/Santiago",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
]
minutes = st.integers(0, 24 * 60 - 1)


@st.composite
def spans(draw: st.DrawFn) -> Span:
    opens, closes = sorted(draw(st.tuples(minutes, st.integers(1, 24 * 60)).filter(lambda pair: pair[0] != pair[1])))
    days = draw(st.lists(st.sampled_from(DAYS), min_size=1, unique=True))
    return Span.model_validate({"days": days, "opens": _wall(opens), "closes": _wall(closes)})


def _wall(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def by_the_wall(weekly: list[Span], zone: str, moment: float) -> bool:
    """The definition: what does the clock on the wall show?"""
    wall = datetime.fromtimestamp(moment, ZoneInfo(zone))
    for span in weekly:
        ends = 24 * 60 if not isinstance(span.closes, wall_time) else span.closes.hour * 60 + span.closes.minute
        begins = span.opens.hour * 60 + span.opens.minute
        if DAYS[wall.weekday()] in span.days and begins <= wall.hour * 60 + wall.minute < ends:
            return True
    return False


@settings(max_examples=150)
@given(
    st.lists(spans(), max_size=4),
    st.sampled_from(ZONES),
    st.sampled_from(["2010-11-07", "2026-03-08", "2026-03-29", "2026-04-05", "2026-04-24", "2026-09-06", "2026-10-25",
                     "2026-10-30", "2026-11-01", "2026-07-15"]),
)  # fmt: skip
def test_it_is_open_when_the_clock_on_the_wall_says_so(weekly: list[Span], zone: str, day: str) -> None:
    schedule = Hours(weekly=tuple(weekly))
    begin = at(zone, f"{day} 00:00") - 86_400
    for step in range(0, 3 * 24 * 60, 15):
        moment = begin + step * 60
        assert is_open(schedule, zone, moment) is by_the_wall(weekly, zone, moment), datetime.fromtimestamp(
            moment, ZoneInfo(zone)
        )


@settings(max_examples=100)
@given(st.lists(spans(), min_size=1, max_size=3), st.sampled_from(ZONES), st.integers(0, 366 * 24 * 4))
def test_nothing_changes_before_the_next_change(weekly: list[Span], zone: str, quarter: int) -> None:
    schedule = Hours(weekly=tuple(weekly))
    moment = at(zone, "2026-01-01 00:00") + quarter * 900
    state, change = is_open(schedule, zone, moment), next_change(schedule, zone, moment, within_days=8)
    until = moment + 8 * 86_400 if change is None else change
    if change is not None:
        assert change > moment
        assert is_open(schedule, zone, change) is not state
    step = moment
    while step < min(until, moment + 3 * 86_400):
        assert is_open(schedule, zone, step) is state
        step += 1_800


def test_asking_again_is_cheap() -> None:
    moment = at(SHANGHAI, "2026-03-02 10:00")
    is_open(OFFICE, SHANGHAI, moment)
    begin = time.process_time()
    for step in range(10_000):
        is_open(OFFICE, SHANGHAI, moment + step / 100)
    assert (time.process_time() - begin) / 10_000 < 30e-6


def test_a_special_day_alone() -> None:
    only = Hours(special=(SpecialDay.model_validate({"date": date(2026, 3, 7), "opens": "09:00", "closes": "10:00"}),))
    assert is_open(only, SHANGHAI, at(SHANGHAI, "2026-03-07 09:30"))
    assert not is_open(only, SHANGHAI, at(SHANGHAI, "2026-03-14 09:30"))
