"""Agents whom a supervisor moves at once: on a queue or off it, a skill more, less or none; until a time, or for good.

    vcc assign, vcc skill · POST /agents/{agent}/queues, …/skills --> assign --> AgentAssigned (log), store, router

What is said so comes before the configuration, also before the one of the next reload, until it is taken back or its
time is over. Seats stay: an agent takes calls of a tenant only while in one of its seats. Talks go on to their end.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import structlog

from core.errors import ConflictError, NotFoundError
from core.facts import AgentAssigned
from tenancy import names

if TYPE_CHECKING:
    from acd.protocol import AgentRules, Rules
    from core.clock import TimerHandle
    from vcc.calls.floor import Floor
    from vcc.calls.ports import LiveStore

_log = structlog.get_logger()

#: What stands for whoever ended an assignment that nobody took back.
BY_TIME, BY_RELOAD = "its time is over", "the configuration"
#: Until the end of the shift that goes on, in place of a time.
SHIFT = "shift"


class NoShiftError(ConflictError):
    """By the shift tables the agent has no shift now."""

    code = "no_shift"


@dataclass(frozen=True, kw_only=True, slots=True)
class Assignment:
    """What `by` has said of an agent at `at`, and why: of a queue (`level` 1: takes its contacts, 0: takes none) or of
    a skill (its `level`, 0: none), by platform-wide names. Until when (POSIX seconds; None: until it is taken back).
    """

    agent: str
    queue: str = ""
    skill: str = ""
    level: int
    until: float | None = None
    by: str = ""
    at: float = 0.0
    reason: str = ""

    @property
    def key(self) -> str:
        """Under which it is kept: one for each agent and queue or skill."""
        return f"{self.agent} {'queue' if self.queue else 'skill'} {self.queue or self.skill}"


class Assignments:
    """Of all agents of a floor; one timer, for the next one that ends by itself."""

    def __init__(self, floor: Floor) -> None:
        """None yet; see `restore`."""
        self._floor = floor
        self._said: dict[str, dict[str, Assignment]] = {}  # by agent, by key
        self._timer: TimerHandle | None = None

    async def restore(self, store: LiveStore) -> None:
        """Take back what the store holds, when the router has its agents; what is over by now ends."""
        for key, data in (await store.load("assigned")).items():
            try:
                said = Assignment(**data)
            except TypeError:
                _log.exception("a stored assignment cannot be read", assignment=key)
                continue
            self._said.setdefault(said.agent, {})[key] = said
        if self._said:
            self._drop_unknown()
            floor, now = self._floor, self._floor.now()
            floor.obey(floor.router.apply_rules(self.applied(floor.directory.rules), now))
        self._look()

    def applied(self, rules: Rules) -> Rules:
        """The rules of a configuration, with what was said of its agents since."""
        changed = {agent: self._rules_of(rules.agents[agent]) for agent in self._said if agent in rules.agents}
        return replace(rules, agents={**rules.agents, **changed}) if changed else rules

    def of(self, agent: str) -> tuple[Assignment, ...]:
        """What holds of an agent, by queue and skill."""
        return tuple(sorted(self._said.get(agent, {}).values(), key=lambda said: said.key))

    def put_on(self, agent: str, queue: str) -> str:
        """Who has put the agent on the queue; empty: nobody, it is as configured."""
        for said in self._said.get(agent, {}).values():
            if said.queue == queue and said.level:
                return said.by
        return ""

    def assign(self, said: Assignment) -> None:
        """Let it hold from now on, in place of what was said before of the same queue or skill.

        Raises NotFoundError for an agent, queue or skill that there is not, ConflictError for an agent who does not
        work for the queue's tenant, and for a time that is over.
        """
        self._check(said)
        if said.until is not None and said.until <= self._floor.now():
            message = "that time is over; say one that is to come"
            raise ConflictError(message)
        self._said.setdefault(said.agent, {})[said.key] = said
        self._floor.store.put("assigned", said.key, asdict(said))
        self._record(said, said.level, said.by, said.reason)
        self._tell(said.agent)
        self._look()

    def take_back(self, agent: str, *, queue: str = "", skill: str = "", by: str, reason: str = "") -> None:
        """As the configuration has it again. Raises ConflictError where nothing was said of it."""
        wanted = Assignment(agent=agent, queue=queue, skill=skill, level=0)
        said = self._said.get(agent, {}).get(wanted.key)
        if said is None:
            message = f"nothing was said of {agent} and {queue or skill}: it is as configured"
            raise ConflictError(message)
        self._end(said, by, reason)
        self._tell(agent)
        self._look()

    def end_of_shift(self, agent: str, tenants: tuple[str, ...]) -> float:
        """When the shift ends that the agent has now by the tables of these tenants (POSIX seconds). Raises
        ConflictError where there is none.
        """
        ends = [self._floor.shifts.end_of(agent, tenant) for tenant in tenants]
        until = max((end for end in ends if end is not None), default=None)
        if until is None:
            message = f"by the shift tables {agent} has no shift now; say until when, or leave it out: until taken back"
            raise NoShiftError(message)
        return until

    def reconfigured(self) -> None:
        """The floor has another configuration: what names something that it has no more is over."""
        self._drop_unknown()
        self._look()

    # --- inside ---

    def _check(self, said: Assignment) -> None:
        directory = self._floor.directory
        if said.agent not in directory.agents:
            message = f"there is no agent {said.agent}"
            raise NotFoundError(message)
        if said.skill:
            tenant = directory.agents[said.agent][0]
            if names.find_skill(directory.platform, tenant, said.skill) != said.skill:
                message = f"there is no skill {said.skill} for {said.agent}"
                raise NotFoundError(message)
        elif said.queue not in directory.rules.queues:
            message = f"there is no queue {said.queue}"
            raise NotFoundError(message)
        elif self._tenant(said) not in directory.serves(said.agent):
            message = f"{said.agent} does not work for {self._tenant(said)}, whose queue {said.queue} is"
            raise ConflictError(message)

    def _drop_unknown(self) -> None:
        for said in [said for of_agent in self._said.values() for said in of_agent.values()]:
            try:
                self._check(said)
            except (NotFoundError, ConflictError):
                self._end(said, BY_RELOAD, "")

    def _end(self, said: Assignment, by: str, reason: str) -> None:
        of_agent = self._said[said.agent]
        del of_agent[said.key]
        if not of_agent:
            del self._said[said.agent]
        self._floor.store.delete("assigned", said.key)
        self._record(said, None, by, reason)

    def _tenant(self, said: Assignment) -> str:
        """Whose business it is: the queue's tenant; of a skill the agent's, else the skill's."""
        if said.queue:
            return said.queue.partition("/")[0]
        return self._floor.directory.tenant_of_agent(said.agent) or names.split(said.skill)[0]

    def _record(self, said: Assignment, level: int | None, who: str, reason: str) -> None:
        self._floor.record(
            AgentAssigned(
                at=self._floor.now(),
                tenant=self._tenant(said),
                agent=said.agent,
                queue=said.queue,
                skill=said.skill,
                level=level,
                until=said.until if level is not None else None,
                who=who,
                reason=reason,
            )
        )

    def _rules_of(self, known: AgentRules) -> AgentRules:
        said = self._said.get(known.agent, {}).values()
        skills = {one.skill: one.level for one in said if one.skill}
        return replace(
            known,
            skills={**known.skills, **skills},
            dated=tuple(dated for dated in known.dated if dated.skill not in skills),
            queues={one.queue: bool(one.level) for one in said if one.queue},
        )

    def _tell(self, agent: str) -> None:
        floor, known = self._floor, self._floor.directory.rules.agents.get(agent)
        if known is not None:
            floor.obey(floor.router.learn(self._rules_of(known), floor.now()))
            floor.overflows()

    def _look(self) -> None:
        """End what is over, and keep the timer for what ends next."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        now = self._floor.now()
        dated = [said for of_agent in self._said.values() for said in of_agent.values() if said.until is not None]
        over = [said for said in dated if said.until is not None and said.until <= now]
        for said in over:
            self._end(said, BY_TIME, "")
        for agent in sorted({said.agent for said in over}):
            self._tell(agent)
        due = min((said.until or math.inf for said in dated if said not in over), default=None)
        if due is not None:
            self._timer = self._floor.timers.call_at(due, self._due)

    def _due(self) -> None:
        self._timer = None
        self._look()
        self._floor.settle()
