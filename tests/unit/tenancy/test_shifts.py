"""Shift tables: what they say, and every mistake with line and column."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from core import yaml_text
from core.errors import ConfigurationError
from core.validate import build
from tenancy.model import Platform
from tenancy.shifts import MAX_ROWS, read

PLATFORM = build(
    Platform,
    yaml_text.load(
        """
name: {en: P}
nodes: {n: {kind: simulated}}
agents:
  lin: {name: Lin, number: 1001, serves: [press, chess]}
  zhao: {name: Zhao, number: 1002, serves: [chess]}
tenants:
  press:
    id: press
    name: {en: Press}
    projects: {}
    agents:
      wang: {name: Wang, number: 2001}
  chess: {id: chess, name: {en: Chess}, projects: {}}
""",
        "platform.yaml",
    ),
)
ZONE = ZoneInfo("Asia/Shanghai")


def table(text: str) -> dict[date, list[tuple[str, ...]]]:
    """By day: the agent, from when until when."""
    days = read(f"day,agent,begins,ends\n{text}", "t.csv", PLATFORM, PLATFORM.tenants["press"])
    return {
        day: [(s.agent, *(f"{datetime.fromtimestamp(at, ZONE):%d %H:%M}" for at in (s.begins, s.ends))) for s in shifts]
        for day, shifts in days.items()
    }


def mistakes(text: str) -> list[str]:
    with pytest.raises(ConfigurationError) as raised:
        table(text)
    return [str(problem) for problem in raised.value.problems]


def test_agents_by_name_and_number_and_nights() -> None:
    assert table(
        "2026-07-02,1001,22:00,06:00\n\n2026-07-01,wang,09:00,12:30\n2026-07-01,wang,13:30,18:00\n"
        "2026-07-01,press/wang,18:00,24:00\n"
    ) == {
        date(2026, 7, 1): [
            ("press/wang", "01 09:00", "01 12:30"),
            ("press/wang", "01 13:30", "01 18:00"),
            ("press/wang", "01 18:00", "02 00:00"),
        ],
        date(2026, 7, 2): [("lin", "02 22:00", "03 06:00")],
    }


def test_every_mistake_is_told_with_its_place() -> None:
    assert mistakes(
        "2026-07-32,wang,09:00,18:00\n2026-07-01,zhao,9:00,18:00\n2026-07-01,wang,09:00,25:00\n2026-07-01,wang\n"
        "2026-07-01,wang,09:00,18:00\n2026-07-01,2001,17:59,20:00\n2026-07-02,lin,22:00,06:00\n2026-07-03,lin,05:00,08:00\n"
    ) == [
        "t.csv:2:1: '2026-07-32' is no day; expected a date such as 2026-07-01",
        "t.csv:3:12: 'zhao' is no agent who serves 'press'; expected one of 1001, 2001, lin, press/wang, wang",
        "t.csv:3:17: '9:00' is no time; expected a time such as 09:00",
        "t.csv:4:23: '25:00' is no time; expected a time such as 09:00, or 24:00",
        "t.csv:5:1: a row of 2 cells; expected 4, as in the first line",
        "t.csv:7:12: two shifts of '2001' overlap; expected one after the other",
        "t.csv:9:12: two shifts of 'lin' overlap; expected one after the other",
    ]


@pytest.mark.parametrize("text", ["", "a,b\n", "day,agent,begins\n"])
def test_a_table_without_its_columns(text: str) -> None:
    with pytest.raises(ConfigurationError, match="does not name the columns"):
        read(text, "t.csv", PLATFORM, PLATFORM.tenants["press"])


def test_what_is_no_csv_and_what_is_too_long() -> None:
    assert "this is no CSV" in mistakes('2026-07-01,"wang,09:00,18:00\n')[0]
    assert len(mistakes("nonsense,nobody,x,y\n" * 1_000)) == 50
    rows = (f"{date.fromordinal(740_000 + n).isoformat()},wang,09:00,18:00\n" for n in range(MAX_ROWS + 1))
    assert mistakes("".join(rows)) == [
        f"t.csv:{MAX_ROWS + 2}:1: the table has too many rows; expected at most {MAX_ROWS:,}"
    ]
