"""A tenant's live page as data: the day's figures, who is on duty, which calls go on. Pushed whenever it changed.

    fact -> the tenants it concerns -> their watchers wake -> one snapshot, made once for all who watch

A page gets whole snapshots and never puts facts together itself: what it shows is what the platform holds, also
after the connection was away. Making one costs what the tenant has at the moment, so they are made at most every
SPACING_S, and less often where it takes long: at most a twentieth of the time goes into one tenant's page.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from core.facts import AgentStateChanged, CommandGiven, ConfigurationLoaded, Direction, Fact, NumberEntered
from reporting.measures import DEFAULT_SERVICE_LEVEL
from vcc.api.feed import READERS, TooManyReadersError
from vcc.api.models import WAITING
from vcc.api.models_board import Board, BoardAgent, BoardCall, BoardQueue, Figures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reporting.live import DaySnapshot
    from vcc.api.scope import Scope
    from vcc.calls.control import Control, LiveAgent, LiveCall

#: Snapshots of one tenant are at least this far apart, in seconds.
SPACING_S = 0.25
#: Without news a snapshot comes after this long, in seconds: utilisation changes by itself, and readers see it lives.
REFRESH_S = 10.0
#: Calls shown, longest waiting first; the others are counted.
CALLS_SHOWN = 100
_SHARE = 20.0


class Days(Protocol):
    """Where the day's figures come from."""

    def snapshot(self, tenant: str, now: float) -> DaySnapshot:
        """The figures of a tenant at `now`."""
        ...


@dataclass(kw_only=True, slots=True)
class _Watched:
    """A tenant whose page somebody looks at."""

    watchers: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    text: str = ""
    made: float = float("-inf")
    cost_s: float = 0.0
    stale: bool = True


class Boards:
    """The live pages of all tenants. Only those that are watched cost anything."""

    def __init__(self, control: Control, days: Days, clock: Callable[[], float]) -> None:
        """`days` holds the figures; `clock` tells POSIX seconds."""
        self._control = control
        self._days = days
        self._clock = clock
        self._watched: dict[str, _Watched] = {}
        self.closing = False

    def close(self) -> None:
        """Wake everybody, for the last time."""
        self.closing = True
        for watched in self._watched.values():
            watched.changed.set()

    def note(self, fact: Fact) -> None:
        """Wake those who watch a tenant that the fact concerns."""
        if self._watched:
            for tenant in self._concerned(fact):
                if (watched := self._watched.get(tenant)) is not None:
                    watched.stale = True
                    watched.changed.set()

    @contextmanager
    def watch(self, tenant: str) -> Iterator[None]:
        """Be told of changes while the context is open. Raises TooManyReadersError."""
        if sum(one.watchers for one in self._watched.values()) >= READERS:
            raise TooManyReadersError
        watched = self._watched.setdefault(tenant, _Watched())
        watched.watchers += 1
        try:
            yield
        finally:
            watched.watchers -= 1
            if not watched.watchers:
                del self._watched[tenant]

    async def next(self, scope: Scope, tenant: str, shown: str) -> str:
        """The snapshot that is another than `shown`, as JSON; waits for news, at most REFRESH_S.

        `scope` is the tenant's own (`Scope.of_tenant`), inside `watch`.
        """
        watched = self._watched[tenant]
        loop = asyncio.get_running_loop()
        if not shown and loop.time() - watched.made > SPACING_S:
            watched.stale = True  # who begins to watch sees the present, not what others were shown a while ago
        if not watched.stale and watched.text == shown and not self.closing:
            watched.changed.clear()
            try:
                async with asyncio.timeout(REFRESH_S):
                    await watched.changed.wait()
            except TimeoutError:
                watched.stale = True
        early = watched.made + max(SPACING_S, _SHARE * watched.cost_s) - loop.time()
        if early > 0 and not self.closing:
            await asyncio.sleep(early)
        if watched.stale:
            began = time.perf_counter()
            watched.text = self.snapshot(scope, tenant).model_dump_json()
            watched.stale, watched.made = False, loop.time()
            watched.cost_s = time.perf_counter() - began
        return watched.text

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
            figures=_figures(self._days.snapshot(tenant, now), agents),
            queues=tuple(
                BoardQueue(
                    queue=queue.queue,
                    name=queue.name,
                    waiting=queue.waiting,
                    waiting_since=now - queue.longest_wait_s if queue.waiting else None,
                    agents_ready=queue.agents_ready,
                    agents_signed_in=queue.agents_signed_in,
                )
                for queue in queues
            ),
            agents=tuple(_agent(agent) for agent in sorted(agents, key=_agent_order) if agent.wish != "signed_out"),
            calls=tuple(_call(call, names) for call in shown),
            calls_not_shown=len(calls) - len(shown),
        )

    def _concerned(self, fact: Fact) -> list[str]:
        if isinstance(fact, AgentStateChanged) and not fact.tenant:
            agent = self._control.platform.agents.get(fact.agent)
            return list(agent.serves) if agent else []
        if isinstance(fact, NumberEntered):
            return [fact.tenant, fact.from_tenant]
        if isinstance(fact, ConfigurationLoaded | CommandGiven):
            return list(self._watched)
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
    )
