"""The people and callers of the naive router, and its rules of choosing, as plain as can be."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from acd.protocol import QueueRules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from acd.protocol import Rules

OCCUPIED = ("talking", "held", "wrap_up")


@dataclass
class Person:
    """An agent who is signed in."""

    name: str
    phone: str
    serves: set[str]
    wish: str = "signed_out"
    phase: str = "idle"
    reachable: bool = True
    idle_since: float = 0.0
    until: float | None = None
    caller: str = ""
    failures: int = 0
    lost_at: float = 0.0
    skills: dict[str, int] = field(default_factory=dict)
    skills_until: float | None = None
    calls: int = 0
    offered_at: float = 0.0
    load: float = 0.0
    load_at: float = 0.0
    loose: bool = False  # just taken from a contact, and has not yet looked for another

    def enter(self, phase: str, now: float, until: float | None = None) -> None:
        """Another phase; how occupied the agent was is reckoned up to now."""
        if (self.phase in OCCUPIED) != (phase in OCCUPIED):
            fades = math.exp(-(now - self.load_at) / 3600)
            self.load = 1 - (1 - self.load) * fades if self.phase in OCCUPIED else self.load * fades
            self.load_at = now
        self.phase, self.until = phase, until


@dataclass
class Caller:
    """A contact that waits, is offered or talks. `agents`: whose phones ring for it, or the one who talks."""

    name: str
    tenant: str
    queue: str
    priority: int
    skills: dict[str, int]
    queued_at: float
    order: int
    head_start: float = 0.0
    agents: list[str] = field(default_factory=list)
    answered: bool = False
    rung: int = 0
    prefers: tuple[str, ...] = ()
    prefer_until: float | None = None
    pool: str = ""
    charged: float = 0.0
    offered_at: float = 0.0
    away: bool = False  # to be called back: counted by no bound of waiting

    @property
    def place(self) -> tuple[int, float, int]:
        """Serving order inside a queue."""
        return (-self.priority, self.queued_at - self.head_start, self.order)


@dataclass
class NaiveState:
    """The whole state."""

    rules: Rules
    people: dict[str, Person] = field(default_factory=dict)
    callers: dict[str, Caller] = field(default_factory=dict)
    dead_phones: set[str] = field(default_factory=set)
    used_phones: set[str] = field(default_factory=set)
    offers: list[tuple[str, str]] = field(default_factory=list)
    #: by pool: the floor, and by tenant what it had, and how long its contacts last
    floors: dict[str, float] = field(default_factory=dict)
    used: dict[tuple[str, str], float] = field(default_factory=dict)
    lasts: dict[tuple[str, str], float] = field(default_factory=dict)
    order: int = 0

    # --- who can ---

    def queue(self, caller: Caller) -> QueueRules:
        """The rules of the contact's queue."""
        gone = QueueRules(queue=caller.queue, tenant=caller.tenant)
        return self.rules.queues.get(caller.queue, gone)

    def own(self, caller: Caller) -> dict[str, int]:
        """What the contact asks for beyond its queue."""
        queue = self.queue(caller).skills
        return {skill: level for skill, level in caller.skills.items() if level > queue.get(skill, 0)}

    def able(self, person: Person, caller: Caller) -> bool:
        """Whether the agent may serve the contact at all."""
        if caller.prefers:
            return person.name in caller.prefers and caller.tenant in person.serves
        queue = self.queue(caller)
        ways = [(queue.tenant, queue.skills, queue.condition)]
        for rung in queue.ladder[: caller.rung]:
            if rung.ways:
                ways = [(way.tenant, dict(way.skills), way.condition) for way in rung.ways]
        known, own = self.rules.agents.get(person.name), self.own(caller)
        said = known.queues.get(caller.queue) if known else None
        if said and caller.tenant in person.serves and all(person.skills.get(s, 0) >= n for s, n in own.items()):
            return True
        return (
            known is not None
            and said is not False
            and any(
                tenant in person.serves
                and all(person.skills.get(skill, 0) >= level for skill, level in [*skills.items(), *own.items()])
                and (condition is None or condition.met_by(person.skills))
                for tenant, skills, condition in ways
            )
        )

    def can_take(self, person: Person, caller: Caller) -> bool:
        """Whether the agent may be offered the contact unasked."""
        by_hand = self.queue(caller).picking == "only" and not caller.prefers
        return not by_hand and self.able(person, caller)

    def free(self) -> Iterator[Person]:
        """Agents who may be offered a call."""
        return (
            p
            for p in self.people.values()
            if p.wish == "ready" and p.phase == "idle" and p.reachable and not p.loose
            if p.phone not in self.used_phones
        )

    def learn(self, person: Person, now: float) -> None:
        """What the agent can do from now on, and until when."""
        known = self.rules.agents[person.name]
        person.skills = {skill: level for skill, level in known.skills.items() if level > 0}
        ends = []
        for dated in known.dated:
            ends += [at for at in (dated.starts, dated.ends) if at > now]
            if dated.starts <= now < dated.ends:
                person.skills[dated.skill] = max(person.skills.get(dated.skill, 0), dated.level)
        person.skills_until = min(ends, default=None)

    # --- who is chosen ---

    def rank(self, person: Person, caller: Caller) -> tuple[float, ...]:
        """Least first, as the contact's queue wants it."""
        if caller.prefers:
            return (caller.prefers.index(person.name),)
        load = math.log(person.load) + person.load_at / 3600 if person.load else -1e9
        fit = self.fit(person, caller)
        return {
            "longest_idle": (person.idle_since,),
            "least_occupied": (load, person.idle_since),
            "fewest_calls": (person.calls, person.idle_since),
            "most_skilled": (-fit, person.idle_since),
            "least_skilled": (fit, person.idle_since),
            "round_robin": (person.offered_at,),
        }[self.queue(caller).strategy]

    def fit(self, person: Person, caller: Caller) -> int:
        """The levels of all skills that are asked for in one way or another."""
        queue, asked = self.queue(caller), set(self.own(caller))
        last = [rung for rung in queue.ladder[: caller.rung] if rung.ways][-1:]
        if last:
            for way in last[0].ways:
                asked |= {skill for skill, _ in way.skills}
                asked |= way.condition.skills if way.condition else set()
        else:
            asked |= {skill for skill, level in queue.skills.items() if level > 0}
            asked |= queue.condition.skills if queue.condition else set()
        return sum(person.skills.get(skill, 0) for skill in asked)

    def agent_for(self, caller: Caller) -> Person | None:
        """The best of the free and able."""
        able = [p for p in self.free() if self.can_take(p, caller)]
        return min(able, key=lambda p: (self.rank(p, caller), p.name), default=None)

    def urgency(self, caller: Caller, now: float) -> tuple[int, float, int]:
        """Serving order over all queues."""
        waited = now - (caller.queued_at - caller.head_start)
        return (-caller.priority, -self.queue(caller).pace * waited, caller.order)

    def waiting(self, now: float) -> list[Caller]:
        """Contacts without an offer, in serving order."""
        return sorted((c for c in self.callers.values() if not c.agents), key=lambda c: self.urgency(c, now))

    def caller_for(self, person: Person, now: float) -> Caller | None:
        """The most urgent contact of the tenant whose turn it is."""
        able = [c for c in self.waiting(now) if self.can_take(person, c)]
        firsts = [next(c for c in able if c.tenant == tenant) for tenant in {c.tenant for c in able}]
        pool = self.pool(person)
        turn = [(c.tenant not in person.serves, self.account(pool, c.tenant), c.order) for c in firsts]
        return firsts[turn.index(min(turn))] if firsts else None

    # --- accounts ---

    def pool(self, person: Person) -> str:
        """The agents with whom somebody is shared among tenants."""
        known = person.name in self.rules.agents
        return " ".join(sorted(person.serves)) if len(person.serves) > 1 and known else ""

    def account(self, pool: str, tenant: str) -> float:
        """What a tenant has had, or what it counts for."""
        return max(self.used.get((pool, tenant), 0.0), self.floors.get(pool, 0.0)) if pool else 0.0

    def forget_pools(self) -> None:
        """Those that nobody is in."""
        pools = {" ".join(sorted(p.serves)) for p in self.people.values() if len(p.serves) > 1}
        self.floors = {pool: floor for pool, floor in self.floors.items() if pool in pools}
        self.used = {key: used for key, used in self.used.items() if key[0] in pools}
        self.lasts = {key: lasts for key, lasts in self.lasts.items() if key[0] in pools}

    def charge(self, caller: Caller, person: Person, now: float) -> None:
        """An agent's time is taken for the contact."""
        pool, tenant = self.pool(person), caller.tenant
        caller.pool, caller.charged, caller.offered_at = pool, 0.0, now
        if pool:
            caller.charged = self.lasts.get((pool, tenant), 180.0)
            self.floors[pool] = self.account(pool, tenant)
            self.used[pool, tenant] = self.floors[pool] + caller.charged / self.rules.weights.get(tenant, 1.0)

    def put_right(self, caller: Caller, lasted: float | None) -> None:
        """It took so long, or came to nothing."""
        key = (caller.pool, caller.tenant)
        if key in self.used:
            self.used[key] += ((lasted or 0.0) - caller.charged) / self.rules.weights.get(caller.tenant, 1.0)
            if lasted is not None:
                before = self.lasts.get(key, 180.0)
                self.lasts[key] = before + (lasted - before) / 16
        caller.pool, caller.charged = "", 0.0
