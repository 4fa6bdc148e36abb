"""Shift tables, and who was there."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import Field, StringConstraints, model_validator

from reporting import attendance as counting
from vcc.api.models import Answer
from vcc.api.routing import VIEWERS, Ask, Body, Query, Route

if TYPE_CHECKING:
    from reporting.attendance import Attended

#: The longest table, bytes; JSON's escapes come on top.
TABLE_BYTES = 500_000
#: Days that are told of at once.
_DAYS = 62


class NewShifts(Body):
    """A shift table."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=TABLE_BYTES)] = Field(
        description="CSV with the columns day, agent, begins, ends"
    )
    file: Annotated[str, StringConstraints(max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")] = Field(
        default="shifts.csv", description="what mistakes call it"
    )


class Days(Query):
    """Which days, both included; none: today."""

    since: date | None = None
    until: date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        first, last = self.since or self.until, self.until or self.since
        if first is not None and last is not None and not timedelta(0) <= last - first < timedelta(days=_DAYS):
            raise ValueError(f"ask for at most {_DAYS} days, the first one first")
        return self


class Planned(Answer):
    """What was taken."""

    tenant: str
    days: int
    shifts: int


class AttendedShift(Answer):
    """A shift, and what became of it; times POSIX seconds."""

    day: str
    agent: str
    begins: float
    ends: float
    begun: bool
    absent: bool
    came_at: float | None
    left_at: float | None = Field(description="null: was there at the end, or is there now")
    planned_s: float = Field(description="of it, what is over by now")
    present_s: float
    late_s: float
    early_s: float
    away_s: float = Field(description="signed out between coming and leaving")


class AttendanceOf(Answer):
    """Shifts that have begun, of a day, an agent or all together (`of` empty)."""

    of: str
    planned: int
    attended: int
    late: int
    early: int
    planned_s: float
    present_s: float
    rate: float | None = Field(description="到岗率: attended of planned; null: none was planned")
    presence: float | None = Field(description="present of the time planned")


class AttendanceAnswer(Answer):
    """Attendance of a tenant: all together, by day, by agent, and each shift."""

    tenant: str
    since: str
    until: str
    total: AttendanceOf
    days: tuple[AttendanceOf, ...]
    agents: tuple[AttendanceOf, ...]
    shifts: tuple[AttendedShift, ...]


async def plan(ask: Ask) -> Planned:
    """Take a shift table: each day that stands in it is replaced."""
    tenant = ask.path["tenant"]
    days = ask.scope.read_shifts(tenant, ask.body.text, ask.body.file)
    ask.commands.plan_shifts(tenant, days)
    return Planned(tenant=tenant, days=len(days), shifts=sum(map(len, days.values())))


async def attendance(ask: Ask) -> AttendanceAnswer:
    """Tell who was there."""
    tenant = ask.scope.tenant(ask.path["tenant"])
    now = ask.commands.publishing.now()
    today = datetime.fromtimestamp(now, ZoneInfo(tenant.time_zone)).date()
    since = ask.query.since or ask.query.until or today
    until = ask.query.until or since
    plans = ask.scope.shifts(tenant.id, since, until)
    planned = [shift for plan in plans for shift in counting.shifts_of(plan)]
    found: list[Attended] = []
    if planned:
        first, last = min(begins for _, begins, _ in planned), max(ends for _, _, ends in planned)
        spans = await ask.history.agent_spans(first, min(last, now), {agent for agent, _, _ in planned})
        for one in plans:
            found += counting.attended(one, spans, tenant=tenant.id, now=now)
    return AttendanceAnswer(
        tenant=tenant.id,
        since=since.isoformat(),
        until=until.isoformat(),
        total=_sum("", found),
        days=_by("day", found),
        agents=_by("agent", found),
        shifts=tuple(AttendedShift.model_validate(shift) for shift in found),
    )


def _by(what: str, found: list[Attended]) -> tuple[AttendanceOf, ...]:
    groups: dict[str, list[Attended]] = defaultdict(list)
    for shift in found:
        groups[getattr(shift, what)].append(shift)
    return tuple(_sum(name, groups[name]) for name in sorted(groups))


def _sum(of: str, found: list[Attended]) -> AttendanceOf:
    total = counting.total(found)
    return AttendanceOf(
        of=of,
        planned=total.planned,
        attended=total.attended,
        late=total.late,
        early=total.early,
        planned_s=total.planned_s,
        present_s=total.present_s,
        rate=total.rate,
        presence=total.presence,
    )


ROUTES = (
    Route(
        method="POST",
        path="/tenants/{tenant}/shifts",
        name="planShifts",
        summary="Take a shift table: each day that stands in it is replaced.",
        roles=VIEWERS,
        handler=plan,
        body=NewShifts,
        body_bytes=2 * TABLE_BYTES,
        answer=Planned,
        tag="shifts",
    ),
    Route(
        method="GET",
        path="/tenants/{tenant}/shifts",
        name="getAttendance",
        summary="Who was there of those whom the shift tables name: the rate of attendance (到岗率), late, gone early.",
        roles=VIEWERS,
        handler=attendance,
        query=Days,
        answer=AttendanceAnswer,
        tag="shifts",
    ),
)
