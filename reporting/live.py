"""A tenant's day as it goes: calls, waits, service level, agents on duty; updated fact by fact.

Each thing counts on the day, in the tenant's time zone, on which it happened: a call when it arrived, a wait and a
conversation when they ended. The figures are those of `measures.py` over the records of that day. A fact costs O(1),
but for the heap of waits; a reading walks over queues, agents on duty and waiting calls.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING

from core.facts import (
    AgentConnected,
    AgentStateChanged,
    ContactArrived,
    ContactEnded,
    Direction,
    Fact,
    NumberEntered,
    OfferMade,
    Outcome,
    Party,
)
from reporting.live_duty import AgentOnDuty, Duty
from reporting.live_queue import LiveQueueDay, QueueSnapshot
from reporting.measures import (
    DEFAULT_TARGET,
    Tally,
    Target,
    average_handle_time,
    average_speed_of_answer,
    occupancy,
    real_time_service_level,
    service_level,
    utilisation,
    wait_misjudged,
    wait_off,
)
from reporting.part import led_on
from reporting.timeline import Timeline

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reporting.duty import WorkTime

#: A contact of which nothing was heard for so long, in seconds, is not going on any more.
_LOST_AFTER_S = 2 * 86_400.0


@dataclass(frozen=True, kw_only=True, slots=True)
class DaySnapshot:
    """A tenant's day at the moment `at`. Fractions and seconds as in `measures.py`, None where nothing was counted."""

    tenant: str
    day: date
    at: float
    calls_in: int
    in_progress: int
    waiting: int
    longest_wait_s: float
    talking: int
    answered: int
    abandoned: int
    abandoned_short: int
    service_level: float | None
    real_time_service_level: float | None
    asa_s: float | None
    wait_misjudged_s: float | None
    wait_off_s: float | None
    aht_s: float | None
    utilisation: float | None
    occupancy: float | None
    outcomes: dict[Outcome, int]
    counts: Tally
    work: WorkTime
    queues: tuple[QueueSnapshot, ...]
    agents: tuple[AgentOnDuty, ...]


@dataclass(kw_only=True, slots=True)
class _Part:
    """The tenant's part of a contact that is going on. `caller` False: an agent has called a colleague or a queue,
    which is work for whoever takes it in the queue, and nothing else. `led_on_at`: since then it is another tenant's.
    """

    line: Timeline
    arrived: float
    caller: bool
    led_on_at: float | None = None


class LiveDay:
    """One tenant's day. `apply` facts in order; those that are not the tenant's have been left out by `LiveDays`."""

    def __init__(self, *, tenant: str, zone: tzinfo, targets: Mapping[str, Target], now: float) -> None:
        """Begin with nothing known, on the day that it is in `zone` at `now`. `targets` by `tenant/queue`."""
        self.tenant = tenant
        self._zone = zone
        self._targets = dict(targets)
        self._day, self._begins, self._ends = _day(now, zone)
        self._parts: dict[str, _Part] = {}
        self._queues: dict[str, LiveQueueDay] = {}
        self._duty = Duty(tenant, self._begins)
        self._calls_in = self._in_progress = self._talking = 0
        self._outcomes: Counter[Outcome] = Counter()

    @property
    def begins(self) -> float:
        """When the present day began; POSIX seconds."""
        return self._begins

    def configure(self, *, zone: tzinfo, targets: Mapping[str, Target]) -> None:
        """Measure by other targets from now on, and by another zone from the next day; what is counted stays."""
        self._zone, self._targets = zone, dict(targets)
        for name, queue in self._queues.items():
            queue.target = self._targets.get(name, DEFAULT_TARGET)

    def apply(self, fact: Fact) -> None:
        """Take the next fact."""
        if fact.at >= self._ends:
            self._begin_day(fact.at)
        if isinstance(fact, AgentStateChanged):
            self._duty.state_changed(fact)
        elif fact.contact:
            self._contact(fact)

    def _contact(self, fact: Fact) -> None:
        part = self._parts.get(fact.contact)
        if part is None:
            if isinstance(fact, ContactArrived | NumberEntered) and fact.tenant == self.tenant:
                self._arrived(fact)
        elif isinstance(fact, NumberEntered):
            self._led(part, fact)
        elif isinstance(fact, ContactEnded):
            self._ended(part, fact)
        elif fact.tenant == self.tenant:
            self._follow(part, fact)

    def _arrived(self, fact: ContactArrived | NumberEntered) -> None:
        caller = fact.direction is not Direction.INTERNAL
        self._parts[fact.contact] = _Part(line=Timeline(), arrived=fact.at, caller=caller)
        if caller:
            self._in_progress += 1
            self._calls_in += fact.at >= self._begins and fact.direction is Direction.INBOUND

    def _led(self, part: _Part, fact: NumberEntered) -> None:
        """The contact goes to another number: out of this tenant's hands, or back into them."""
        is_here, was_here = fact.tenant == self.tenant, part.led_on_at is None
        if was_here and not is_here:
            part.led_on_at = fact.at
            self._follow(part, led_on(fact))
            self._count_outcome(part, Outcome.ENDED_BY_FLOW, fact.at, 1)
        elif is_here and part.led_on_at is not None:
            self._count_outcome(part, Outcome.ENDED_BY_FLOW, part.led_on_at, -1)
            part.led_on_at = None
            part.line = Timeline()
        self._in_progress += part.caller * (is_here - was_here)

    def _ended(self, part: _Part, fact: ContactEnded) -> None:
        del self._parts[fact.contact]
        if part.led_on_at is None:
            self._in_progress -= part.caller
            self._follow(part, fact)
            self._count_outcome(part, fact.outcome, fact.at, 1)

    def _count_outcome(self, part: _Part, outcome: Outcome, at: float, by: int) -> None:
        if part.caller and at >= self._begins:
            self._outcomes[outcome] += by

    def _follow(self, part: _Part, fact: Fact) -> None:
        """Fold the fact into the contact's own history, and count what is over or new by it."""
        line, contact = part.line, fact.contact
        visits, talks, wait = len(line.visits), len(line.talks), line.wait
        talking = len(line.talking)
        line.add(fact)
        if part.caller:
            for visit in line.visits[visits:]:
                self._queue(visit.queue).ended(contact, visit)
            if line.wait is not None and line.wait is not wait:
                self._queue(line.wait.queue).began(contact, line.wait)
            self._talking += len(line.talking) - talking
        if isinstance(fact, OfferMade | AgentConnected) and fact.queue:
            self._duty.engaged(fact.agent, contact)
        if len(line.talking) > talking and isinstance(fact, AgentConnected) and fact.queue:
            self._duty.talk_began(fact.at)
        for talk in line.talks[talks:]:
            if talk.queue:
                self._duty.talk_ended(talk)

    def _queue(self, name: str) -> LiveQueueDay:
        queue = self._queues.get(name)
        if queue is None:
            queue = self._queues[name] = LiveQueueDay(self._targets.get(name, DEFAULT_TARGET), self._begins)
        return queue

    def _begin_day(self, at: float) -> None:
        self._day, self._begins, self._ends = _day(at, self._zone)
        self._duty.restart(self._begins)
        self._calls_in = 0
        self._outcomes.clear()
        for queue in self._queues.values():
            queue.begin_day(self._begins)
        for contact in [c for c, part in self._parts.items() if part.arrived < at - _LOST_AFTER_S]:
            self._lose(contact)

    def _lose(self, contact: str) -> None:
        """Let go of a contact whose end was never told; no day counts it."""
        part = self._parts[contact]
        end = ContactEnded(at=part.arrived, contact=contact, outcome=Outcome.FAILED, by=Party.SYSTEM)
        self._ended(part, end)

    def snapshot(self, now: float) -> DaySnapshot:
        """The figures at `now`."""
        if now >= self._ends:
            self._begin_day(now)
        counts, queues = Tally(), []
        for name in sorted(self._queues.keys() | self._targets.keys()):
            queue = self._queue(name)
            queues.append(queue.snapshot(name, now))
            counts.include(queue.counts)
        work = self._duty.work(now)
        return DaySnapshot(
            tenant=self.tenant,
            day=self._day,
            at=now,
            calls_in=self._calls_in,
            in_progress=self._in_progress,
            waiting=sum(queue.waiting for queue in queues),
            longest_wait_s=max((queue.longest_wait_s for queue in queues), default=0.0),
            talking=self._talking,
            answered=counts.answered,
            abandoned=counts.abandoned,
            abandoned_short=counts.abandoned_short,
            service_level=service_level(counts),
            real_time_service_level=real_time_service_level(counts),
            asa_s=average_speed_of_answer(counts),
            wait_misjudged_s=wait_misjudged(counts),
            wait_off_s=wait_off(counts),
            aht_s=average_handle_time(work),
            utilisation=utilisation(work),
            occupancy=occupancy(work),
            outcomes={outcome: n for outcome, n in self._outcomes.items() if n},
            counts=counts,
            work=work,
            queues=tuple(queues),
            agents=self._duty.on_duty(),
        )


def _day(at: float, zone: tzinfo) -> tuple[date, float, float]:
    """The date in `zone` at the moment `at`, and when it begins and ends: 23 or 25 hours where the clocks change."""
    day = datetime.fromtimestamp(at, zone).date()
    return day, _midnight(day, zone), _midnight(day + timedelta(days=1), zone)


def _midnight(day: date, zone: tzinfo) -> float:
    return datetime.combine(day, time.min, zone).timestamp()
