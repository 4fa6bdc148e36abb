"""Agents' time, kept up to date state by state: the incremental form of `duty.work_time`, for the live page.

A `Meter` adds up the time that any number of things have been going on, in O(1) for each begin, end and reading: it
keeps the sum of what is over, how many are open, and the sum of their beginnings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reporting.duty import IDLE, READY, SIGNED_OUT, WRAP_UP, WorkTime

if TYPE_CHECKING:
    from core.facts import AgentStateChanged
    from reporting.segments import Talk

#: Phases in which an agent works on somebody's contact.
BUSY = frozenset({"reserved", "ringing", "talking", "held", "wrap_up"})
#: The phase in which a tenant sees a leased agent that works for another tenant.
BUSY_ELSEWHERE = "busy_elsewhere"


class Meter:
    """Seconds that things of one sort have been going on since `floor`, all of them added up."""

    __slots__ = ("_begins", "_closed", "_floor", "_open")

    def __init__(self, floor: float) -> None:
        """Count from `floor` on; what began before counts from there."""
        self._floor, self._closed, self._open, self._begins = floor, 0.0, 0, 0.0

    def begin(self, at: float) -> None:
        """One more is going on."""
        self._open += 1
        self._begins += max(0.0, at - self._floor)

    def end(self, began: float, at: float) -> None:
        """One that began at `began` is over."""
        begun = max(0.0, began - self._floor)
        self._open -= 1
        self._begins -= begun
        self._closed += max(0.0, at - self._floor - begun)

    def total(self, now: float) -> float:
        """The sum up to `now`."""
        return self._closed + self._open * max(0.0, now - self._floor) - self._begins

    def restart(self, floor: float) -> None:
        """Begin a new day: what is going on counts from `floor` on."""
        self._floor, self._closed, self._begins = floor, 0.0, 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentOnDuty:
    """An agent who is signed in for the tenant. `phase` is what routing knows, or busy_elsewhere: working for another
    tenant. `since` is when this state began, `signed_in` when the agent came; POSIX seconds.
    """

    agent: str
    wish: str
    phase: str
    reason: str
    phone: str
    since: float
    signed_in: float


@dataclass(kw_only=True, slots=True)
class _Agent:
    state: AgentStateChanged | None = None
    since: float = 0.0
    signed_in: float | None = None  # for this tenant
    idle_since: float | None = None
    wrap_up_since: float | None = None
    contact: str = ""  # the tenant's contact that the agent works on, or wraps up


class Duty:
    """The agents of one tenant, and their time since the day began."""

    def __init__(self, tenant: str, floor: float) -> None:
        """Count the time of the agents who work for `tenant` from `floor` on."""
        self._tenant = tenant
        self._floor = floor
        self._agents: dict[str, _Agent] = {}
        self._at_work, self._talk = Meter(floor), Meter(floor)
        self._wrap_up, self._idle = Meter(floor), Meter(floor)
        self._handled, self._handled_s = 0, 0.0

    def engaged(self, agent: str, contact: str) -> None:
        """The agent works on a contact of the tenant: it was offered or connected."""
        self._agents.setdefault(agent, _Agent()).contact = contact

    def talk_began(self, at: float) -> None:
        """A conversation about one of the tenant's contacts began."""
        self._talk.begin(at)

    def talk_ended(self, talk: Talk) -> None:
        """It is over."""
        if talk.ended_at is None:
            return
        self._talk.end(talk.began_at, talk.ended_at)
        if talk.ended_at >= self._floor:
            self._handled += 1
            self._handled_s += talk.talked_s

    def state_changed(self, fact: AgentStateChanged) -> None:
        """An agent is in another state."""
        agent = self._agents.setdefault(fact.agent, _Agent())
        self._engage(agent, fact)
        on_duty = fact.wish != SIGNED_OUT and (self._tenant in fact.serves or fact.tenant == self._tenant)
        wraps_up = on_duty and fact.phase == WRAP_UP and bool(agent.contact)
        if agent.wrap_up_since is not None and not wraps_up and fact.at >= self._floor:
            self._handled_s += fact.at - agent.wrap_up_since
        agent.signed_in = _switch(self._at_work, agent.signed_in, fact.at, on=on_duty)
        agent.idle_since = _switch(
            self._idle, agent.idle_since, fact.at, on=on_duty and fact.phase == IDLE and fact.wish == READY
        )
        agent.wrap_up_since = _switch(self._wrap_up, agent.wrap_up_since, fact.at, on=wraps_up)
        if agent.state is None or (agent.state.phase, agent.state.wish) != (fact.phase, fact.wish):
            agent.since = fact.at
        agent.state = fact
        if not on_duty:
            del self._agents[fact.agent]

    def _engage(self, agent: _Agent, fact: AgentStateChanged) -> None:
        """Forget whose contact it was when the agent is free, or works on one that is not the tenant's."""
        if fact.phase not in BUSY or (fact.contact and fact.contact != agent.contact):
            agent.contact = ""

    def restart(self, floor: float) -> None:
        """Begin a new day."""
        self._floor = floor
        for meter in (self._at_work, self._talk, self._wrap_up, self._idle):
            meter.restart(floor)
        self._handled, self._handled_s = 0, 0.0

    def work(self, now: float) -> WorkTime:
        """The time of all agents since the day began."""
        return WorkTime(
            at_work_s=self._at_work.total(now),
            talk_s=self._talk.total(now),
            wrap_up_s=self._wrap_up.total(now),
            idle_s=self._idle.total(now),
            handled=self._handled,
            handled_s=self._handled_s,
        )

    def on_duty(self) -> tuple[AgentOnDuty, ...]:
        """Who is signed in for the tenant, by name."""
        found = []
        for name, agent in self._agents.items():
            if agent.state is None or agent.signed_in is None:
                continue
            elsewhere = agent.state.phase in BUSY and not agent.contact
            found.append(
                AgentOnDuty(
                    agent=name,
                    wish=agent.state.wish,
                    phase=BUSY_ELSEWHERE if elsewhere else agent.state.phase,
                    reason=agent.state.reason,
                    phone=agent.state.phone,
                    since=agent.since,
                    signed_in=agent.signed_in,
                )
            )
        return tuple(sorted(found, key=lambda one: one.agent))


def _switch(meter: Meter, since: float | None, at: float, *, on: bool) -> float | None:
    """Let a meter run or not from `at` on; returns since when it does."""
    if on and since is None:
        meter.begin(at)
        return at
    if not on and since is not None:
        meter.end(since, at)
        return None
    return since
