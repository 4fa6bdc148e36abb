"""A tenant's live page as data: the day's figures, who is on duty, which calls go on. Pushed whenever it changed.

    fact -> the tenants it concerns -> snapshots.py

A page gets whole snapshots and never puts facts together itself: what it shows is what the platform holds, also
after the connection was away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from core.facts import (
    AgentAssigned,
    AgentStateChanged,
    CommandGiven,
    ConfigurationLoaded,
    Direction,
    Fact,
    NumberEntered,
)
from reporting.measures import DEFAULT_SERVICE_LEVEL
from vcc.api.feed import READERS
from vcc.api.models import WAITING, Assigned, OverflowOn, Supervisor
from vcc.api.models_board import Board, BoardAgent, BoardCall, BoardQueue, Figures
from vcc.api.snapshots import Snapshots

if TYPE_CHECKING:
    from collections.abc import Callable

    from reporting.live import DaySnapshot
    from vcc.api.scope import Scope
    from vcc.calls.control import Control, LiveAgent, LiveCall

#: Calls shown, longest waiting first; the others are counted.
CALLS_SHOWN = 100


class Days(Protocol):
    """Where the day's figures come from."""

    def snapshot(self, tenant: str, now: float) -> DaySnapshot:
        """The figures of a tenant at `now`."""
        ...


class Boards:
    """The live pages of all tenants. Only those that are watched cost anything."""

    def __init__(self, control: Control, days: Days, clock: Callable[[], float]) -> None:
        """`days` holds the figures; `clock` tells POSIX seconds."""
        self._control = control
        self._days = days
        self._clock = clock
        self.snapshots = Snapshots(READERS)

    def note(self, fact: Fact) -> None:
        """Wake those who watch a tenant that the fact concerns."""
        if self.snapshots:
            self.snapshots.wake(self._concerned(fact))

    def snapshot(self, scope: Scope, tenant: str) -> Board:
        """What the page shows now. Raises NotFoundError."""
        now = self._clock()
        configured = scope.tenant(tenant)
        agents, queues = scope.agents(), scope.queues()
        calls = [call for call in scope.calls() if call.direction != Direction.INTERNAL]  # as in the day's figures
        names = {agent.agent: agent.name for agent in agents}
        shown = sorted(calls, key=_call_order)[:CALLS_SHOWN]
        return Board(
            at=now,
            tenant=tenant,
            name=configured.name,
            time_zone=configured.time_zone,
            closed=scope.is_closed(tenant),
            overflow=tuple(
                OverflowOn(queue=switch.queue, by=switch.by, at=switch.at, reason=switch.reason)
                for switch in scope.overflow_switches(tenant)
            ),
            figures=_figures(self._days.snapshot(tenant, now), agents),
            queues=tuple(
                BoardQueue(
                    queue=queue.queue,
                    name=queue.name,
                    waiting=queue.waiting,
                    waiting_since=now - queue.longest_wait_s if queue.waiting else None,
                    agents_ready=queue.agents_ready,
                    agents_signed_in=queue.agents_signed_in,
                    switch=any(one.switch for one in configured.queues[queue.queue.partition("/")[2]].overflow),
                )
                for queue in queues
            ),
            agents=tuple(_agent(agent) for agent in sorted(agents, key=_agent_order) if agent.wish != "signed_out"),
            calls=tuple(_call(call, names) for call in shown),
            calls_not_shown=len(calls) - len(shown),
        )

    def _concerned(self, fact: Fact) -> list[str] | None:
        if isinstance(fact, AgentStateChanged) and not fact.tenant:
            agent = self._control.platform.agents.get(fact.agent)
            return list(agent.serves) if agent else []
        if isinstance(fact, NumberEntered):
            return [fact.tenant, fact.from_tenant]
        if isinstance(fact, ConfigurationLoaded | CommandGiven) or (
            isinstance(fact, AgentAssigned) and not fact.tenant  # a skill of an agent whom several tenants lease
        ):
            return None
        return [fact.tenant] if fact.tenant else []


def _figures(day: DaySnapshot, agents: list[LiveAgent]) -> Figures:
    thresholds = sorted({queue.target.threshold_s for queue in day.queues})
    return Figures(
        calls_in=day.calls_in,
        waiting=day.waiting,
        talking=day.talking,
        answered=day.answered,
        abandoned=day.abandoned,
        service_level=day.service_level,
        service_level_variant=DEFAULT_SERVICE_LEVEL,
        thresholds_s=tuple(thresholds),
        utilisation=day.utilisation,
        on_duty=sum(agent.wish != "signed_out" for agent in agents),
    )


def _agent_order(agent: LiveAgent) -> tuple[str, str]:
    return agent.name, agent.agent


def _agent(agent: LiveAgent) -> BoardAgent:
    return BoardAgent(
        agent=agent.agent,
        name=agent.name,
        wish=agent.wish,
        reason=agent.reason,
        phase=agent.phase,
        since=agent.since or None,
        reachable=agent.reachable,
        in_use=agent.in_use,
        leased=not agent.tenant,
        assigned=tuple(Assigned.model_validate(said) for said in agent.assigned),
    )


def _call_order(call: LiveCall) -> tuple[bool, float]:
    return call.state not in WAITING, call.arrived


def _call(call: LiveCall, names: dict[str, str]) -> BoardCall:
    return BoardCall(
        contact=call.contact,
        state=call.state,
        since=call.since,
        arrived=call.arrived,
        number=call.number,
        caller=call.caller,
        caller_name=call.caller_name,
        queue=call.queue,
        position=call.position,
        agent=names.get(call.agent, call.agent),
        muted=call.muted,
        slot=call.slot,
        left_agent=names.get(call.left_agent, call.left_agent),
        outside=call.outside,
        consultation=call.consultation,
        consulted=names.get(call.consulted, call.consulted),
        recording=call.recording,
        supervisors=tuple(Supervisor.model_validate(one) for one in call.supervisors),
    )
