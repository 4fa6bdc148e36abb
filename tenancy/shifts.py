"""A shift table: who is to be there when, as CSV.

    day,agent,begins,ends
    2026-07-01,wang,09:00,18:00
    2026-07-01,1001,22:00,06:00        a leased agent by number; the night ends on the next day

Times are those of the clock on the tenant's wall. An agent is named as in the tenant's files, or by number. A table
says all about each day that stands in it: what was planned for that day before counts no more.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from core.errors import ConfigurationError, Problem
from core.words import nearest, one_of, quoted
from tenancy import names

if TYPE_CHECKING:
    from tenancy.model import Platform, Tenant

COLUMNS = ("day", "agent", "begins", "ends")
MAX_ROWS = 20_000
_MAX_PROBLEMS = 50
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


@dataclass(frozen=True, kw_only=True, slots=True)
class Shift:
    """An agent (platform-wide name) is to be there in [begins, ends), POSIX seconds."""

    agent: str
    begins: float
    ends: float


def read(text: str, file: str, platform: Platform, tenant: Tenant) -> dict[date, tuple[Shift, ...]]:
    """The shifts of each day (that they begin on). Raises ConfigurationError with every mistake, up to a bound."""
    return _Reader(file, platform, tenant).read(text)


class _Reader:
    def __init__(self, file: str, platform: Platform, tenant: Tenant) -> None:
        self._file, self._tenant, self._zone = file, tenant, ZoneInfo(tenant.time_zone)
        serving = {name: who for name, owner, who in names.agents(platform) if tenant.id in names.serves(owner, who)}
        self._agents = {who.number: name for name, who in serving.items()} | {name: name for name in serving}
        self._agents |= {names.split(name)[1]: name for name in serving if names.split(name)[0] == tenant.id}
        self._problems: list[Problem] = []
        self._lines: list[str] = []
        self._line = 1

    def read(self, text: str) -> dict[date, tuple[Shift, ...]]:
        text = text.removeprefix("\ufeff")
        self._lines = text.splitlines()
        rows = csv.reader(io.StringIO(text, newline=""), strict=True)
        found: dict[date, list[Shift]] = {}
        try:
            self._header(next(rows, []))
            for row in rows:
                self._line = rows.line_num
                cells = [cell.strip() for cell in row]
                if any(cells):
                    self._row(cells, found)
        except csv.Error as error:
            self._line = rows.line_num or 1
            self._wrong("", f"this is no CSV: {error}", "")
        if self._problems:
            raise ConfigurationError(self._problems)
        return {day: tuple(shifts) for day, shifts in sorted(found.items())}

    def _header(self, row: list[str]) -> None:
        if tuple(cell.strip() for cell in row) != COLUMNS:
            self._wrong("", "the first line does not name the columns", ",".join(COLUMNS))
            raise ConfigurationError(self._problems)

    def _row(self, cells: list[str], found: dict[date, list[Shift]]) -> None:
        if len(cells) != len(COLUMNS):
            return self._wrong("", f"a row of {len(cells)} cells", f"{len(COLUMNS)}, as in the first line")
        day, agent = self._day(cells[0]), self._agents.get(cells[1])
        if agent is None:
            message, known = f"{quoted(cells[1])} is no agent who serves '{self._tenant.id}'", sorted(self._agents)
            self._wrong(cells[1], message, one_of(known), nearest(cells[1], known))
        begins, ends = self._time(cells[2]), self._time(cells[3], last=True)
        if day is None or agent is None or begins is None or ends is None:
            return None
        following = ends == time(0) or ends <= begins
        shift = Shift(agent=agent, begins=self._at(day, begins), ends=self._at(day + timedelta(days=following), ends))
        near = [other for n in (-1, 0, 1) for other in found.get(day + timedelta(days=n), ())]
        if any(o.agent == agent and o.begins < shift.ends and shift.begins < o.ends for o in near):
            return self._wrong(cells[1], f"two shifts of {quoted(cells[1])} overlap", "one after the other")
        if sum(map(len, found.values())) >= MAX_ROWS:
            self._wrong("", "the table has too many rows", f"at most {MAX_ROWS:,}")
            raise ConfigurationError(self._problems)
        found.setdefault(day, []).append(shift)
        return None

    def _day(self, cell: str) -> date | None:
        try:
            return datetime.strptime(cell, "%Y-%m-%d").date()  # noqa: DTZ007 - a date alone
        except ValueError:
            self._wrong(cell, f"{quoted(cell)} is no day", "a date such as 2026-07-01")
            return None

    def _time(self, cell: str, *, last: bool = False) -> time | None:
        if last and cell == "24:00":
            return time(0)
        if _TIME.fullmatch(cell):
            return time.fromisoformat(cell)
        self._wrong(cell, f"{quoted(cell)} is no time", "a time such as 09:00" + (", or 24:00" if last else ""))
        return None

    def _at(self, day: date, wall: time) -> float:
        return datetime.combine(day, wall, self._zone).timestamp()

    def _wrong(self, cell: str, message: str, expected: str, hint: str = "") -> None:
        line = self._lines[self._line - 1] if self._line <= len(self._lines) else ""
        column = max(line.find(cell), 0) + 1
        self._problems.append(
            Problem(file=self._file, line=self._line, column=column, message=message, expected=expected, hint=hint)
        )
        if len(self._problems) >= _MAX_PROBLEMS:
            raise ConfigurationError(self._problems)
