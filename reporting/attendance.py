"""Attendance (到岗率): who was signed in when a shift table said so.

    ShiftsPlanned (the last one of each day) -> Shift     ┐
    AgentStateChanged -> AgentSpan (duty.py)              ┴-> Attended, one for each shift -> Attendance, their sum

A shift counts once it has begun; of one that goes on, what is over by now. Signed in means in a seat of this tenant,
ready or not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.facts import ShiftsPlanned
    from reporting.duty import AgentSpan

#: Who comes, or goes, within this time is neither late nor gone early, in seconds.
GRACE_S = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Attended:
    """A shift, and what became of it; times POSIX seconds. `late_s`: from its beginning to the first sign-in;
    `early_s`: from the last sign-out to its end; both 0 within the grace, and for who was absent.
    """

    day: str
    agent: str
    begins: float
    ends: float
    begun: bool
    came_at: float | None = None
    left_at: float | None = None  # None: was there at the end, or is there now
    planned_s: float = 0.0
    present_s: float = 0.0
    late_s: float = 0.0
    early_s: float = 0.0

    @property
    def away_s(self) -> float:
        """Seconds signed out between coming and leaving."""
        if self.came_at is None:
            return 0.0
        return max(self.planned_s - self.present_s - (self.came_at - self.begins) - self._after_s, 0.0)

    @property
    def _after_s(self) -> float:
        return 0.0 if self.left_at is None else self.begins + self.planned_s - self.left_at

    @property
    def absent(self) -> bool:
        """Nobody came, though the shift has begun."""
        return self.begun and self.came_at is None


@dataclass(frozen=True, kw_only=True, slots=True)
class Attendance:
    """Shifts that have begun, summed up."""

    planned: int = 0
    attended: int = 0
    late: int = 0
    early: int = 0
    planned_s: float = 0.0
    present_s: float = 0.0

    @property
    def rate(self) -> float | None:
        """到岗率: of the shifts that have begun, those to which the agent came; None: there were none."""
        return self.attended / self.planned if self.planned else None

    @property
    def presence(self) -> float | None:
        """Of the time planned, the share that agents were signed in; None: there was none."""
        return self.present_s / self.planned_s if self.planned_s else None


def shifts_of(plan: ShiftsPlanned) -> list[tuple[str, float, float]]:
    """Each shift of a table: agent, begins, ends."""
    rows = (shift.split(" ") for shift in plan.shifts)
    return [(agent, float(begins), float(ends)) for agent, begins, ends in rows]


def in_force(plans: Iterable[ShiftsPlanned]) -> dict[str, ShiftsPlanned]:
    """Of each day the table that counts, of one tenant's `plans` in order of time: the last."""
    return {plan.day: plan for plan in plans}


def attended(
    plan: ShiftsPlanned, spans: Iterable[AgentSpan], *, tenant: str, now: float, grace_s: float = GRACE_S
) -> list[Attended]:
    """Each shift of a day, and what became of it. `spans` of all these agents, from before the first shift on."""
    there: dict[str, list[AgentSpan]] = {}
    for span in spans:
        if span.at_work_for(tenant):
            there.setdefault(span.agent, []).append(span)
    return [
        _one(plan.day, agent, begins, ends, there.get(agent, ()), now=now, grace_s=grace_s)
        for agent, begins, ends in shifts_of(plan)
    ]


def _one(
    day: str, agent: str, begins: float, ends: float, spans: Iterable[AgentSpan], *, now: float, grace_s: float
) -> Attended:
    until = min(ends, now)
    if now < begins:
        return Attended(day=day, agent=agent, begins=begins, ends=ends, begun=False)
    inside = [
        (max(span.began_at, begins), min(span.ended_at, until))
        for span in spans
        if span.began_at < until and span.ended_at > begins
    ]
    came = min((began for began, _ in inside), default=None)
    last = max((ended for _, ended in inside), default=None)
    late = 0.0 if came is None or came - begins <= grace_s else came - begins
    gone = last is not None and last < until
    early = ends - last if gone and last is not None and ends <= now and ends - last > grace_s else 0.0
    return Attended(
        day=day,
        agent=agent,
        begins=begins,
        ends=ends,
        begun=True,
        came_at=came,
        left_at=last if gone else None,
        planned_s=until - begins,
        present_s=sum(ended - began for began, ended in inside),
        late_s=late,
        early_s=early,
    )


def total(shifts: Iterable[Attended]) -> Attendance:
    """Sum up the shifts that have begun."""
    begun = [shift for shift in shifts if shift.begun]
    return Attendance(
        planned=len(begun),
        attended=sum(not shift.absent for shift in begun),
        late=sum(shift.late_s > 0 for shift in begun),
        early=sum(shift.early_s > 0 for shift in begun),
        planned_s=sum(shift.planned_s for shift in begun),
        present_s=sum(shift.present_s for shift in begun),
    )
