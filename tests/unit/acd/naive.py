"""A second router, as plain as can be: it sorts everything at every decision and keeps no index.

It knows the same rules as the product's router and nothing of its code. Where the two differ, one of them is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from acd.protocol import QueueRules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from acd.protocol import Rules

SHORT_LOSS_S = 60.0


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


@dataclass
class Caller:
    """A contact that waits, is offered or talks."""

    name: str
    tenant: str
    queue: str
    priority: int
    skills: dict[str, int]
    queued_at: float
    order: int
    agent: str = ""
    answered: bool = False

    @property
    def place(self) -> tuple[int, float, int]:
        """Serving order."""
        return (-self.priority, self.queued_at, self.order)


@dataclass
class Naive:
    """The whole state, and the offers (contact, agent) made since they were last taken out."""

    rules: Rules
    people: dict[str, Person] = field(default_factory=dict)
    callers: dict[str, Caller] = field(default_factory=dict)
    dead_phones: set[str] = field(default_factory=set)
    used_phones: set[str] = field(default_factory=set)
    offers: list[tuple[str, str]] = field(default_factory=list)
    order: int = 0

    # --- matching ---

    def can_take(self, person: Person, caller: Caller) -> bool:
        """Whether the agent serves the tenant and has the skills."""
        known = self.rules.agents.get(person.name)
        return (
            known is not None
            and caller.tenant in person.serves
            and all(known.skills.get(skill, 0) >= level for skill, level in caller.skills.items())
        )

    def free(self) -> Iterator[Person]:
        """Agents who may be offered a call."""
        return (
            p
            for p in self.people.values()
            if p.wish == "ready" and p.phase == "idle" and p.reachable and p.phone not in self.used_phones
        )

    def waiting(self) -> list[Caller]:
        """Contacts without an offer, in serving order."""
        return sorted((c for c in self.callers.values() if not c.agent), key=lambda c: c.place)

    def agent_for(self, caller: Caller, but: str = "") -> Person | None:
        """The longest idle of the free and able."""
        able = [p for p in self.free() if p.name != but and self.can_take(p, caller)]
        return min(able, key=lambda p: (p.idle_since, p.name), default=None)

    def offer(self, caller: Caller, person: Person, now: float) -> None:
        """Reserve the two for each other."""
        queue = self.queue(caller)
        caller.agent, person.caller = person.name, caller.name
        person.phase, person.until = "reserved", now + queue.ring_s + self.rules.offer_grace_s
        self.offers.append((caller.name, person.name))

    def seek(self, caller: Caller, now: float, but: str = "") -> None:
        """The contact looks for an agent."""
        person = self.agent_for(caller, but)
        if person is not None:
            self.offer(caller, person, now)

    def look(self, person: Person, now: float) -> None:
        """The agent, if free, looks for a contact."""
        if any(person is one for one in self.free()):
            for caller in self.waiting():
                if self.can_take(person, caller):
                    return self.offer(caller, person, now)
        return None

    def queue(self, caller: Caller) -> QueueRules:
        """The rules of the contact's queue."""
        gone = QueueRules(queue=caller.queue, tenant=caller.tenant)
        return self.rules.queues.get(caller.queue, gone)

    def idle(self, person: Person, now: float) -> None:
        """Idle from now on."""
        person.phase, person.until, person.idle_since = "idle", None, now
        self.look(person, now)

    def part(self, caller: Caller) -> Person:
        """Take the two apart; the agent keeps the time of being idle."""
        person = self.people[caller.agent]
        caller.agent, caller.answered = "", False
        person.caller, person.phase, person.until = "", "idle", None
        return person

    # --- agents ---

    def sign_in(self, name: str, phone: str, serves: set[str], now: float) -> None:
        """On the same phone again, or anew."""
        if name not in self.people:
            lost = phone in self.dead_phones
            self.people[name] = Person(name, phone, serves, reachable=not lost, lost_at=now)
        self.people[name].serves = serves
        self.ready(name, now)

    def ready(self, name: str, now: float) -> None:
        """Wants calls."""
        person = self.people[name]
        before, person.wish, person.failures = person.wish, "ready", 0
        if person.phase in ("wrap_up", "unresponsive") or (person.phase == "idle" and before != "ready"):
            self.idle(person, now)
        else:
            self.look(person, now)

    def not_ready(self, name: str, now: float) -> None:
        """Wants none."""
        person = self.people[name]
        person.wish = "not_ready"
        if person.phase in ("reserved", "ringing"):
            caller = self.callers[person.caller]
            self.part(caller)
            self.seek(caller, now)
        elif person.phase == "unresponsive":
            person.phase, person.until = "idle", None

    def sign_out(self, name: str, now: float) -> None:
        """Leaves, at the latest after the conversation."""
        person = self.people.get(name)
        if person is None:
            return
        person.wish = "signed_out"
        if person.phase != "talking":
            caller = self.callers.get(person.caller)
            if caller is not None:
                self.part(caller)
            del self.people[name]
            if caller is not None:
                self.seek(caller, now)

    def end_wrap_up(self, name: str, now: float) -> None:
        """Done early."""
        person = self.people.get(name)
        if person is not None and person.phase == "wrap_up":
            self.idle(person, now)

    def phone_reachable(self, phone: str, reachable: bool, now: float) -> None:
        """The switch says so."""
        self.dead_phones = self.dead_phones - {phone} if reachable else self.dead_phones | {phone}
        for person in [p for p in self.people.values() if p.phone == phone and p.reachable != reachable]:
            person.reachable = reachable
            if not reachable:
                person.lost_at = now
            else:
                if person.phase == "idle" and now - person.lost_at > SHORT_LOSS_S:
                    person.idle_since = now
                self.look(person, now)

    def phone_in_use(self, phone: str, in_use: bool, now: float) -> None:
        """It has a call of its own, or none."""
        before = phone in self.used_phones
        self.used_phones = self.used_phones | {phone} if in_use else self.used_phones - {phone}
        for person in [p for p in self.people.values() if p.phone == phone and before != in_use]:
            self.look(person, now)

    # --- contacts ---

    def enqueue(self, name: str, queue: str, now: float, priority: int | None, skills: dict[str, int]) -> bool:
        """False: full."""
        rules = self.rules.queues[queue]
        levels = {s: max(rules.skills.get(s, 0), skills.get(s, 0)) for s in {*rules.skills, *skills}}
        self.order += 1
        urgency = rules.priority if priority is None else priority
        caller = Caller(name, rules.tenant, queue, urgency, levels, now, self.order)
        waiting = self.waiting()
        in_queue = len([c for c in waiting if c.queue == queue])
        of_tenant = len([c for c in waiting if c.tenant == rules.tenant])
        bound = self.rules.waiting.get(rules.tenant)
        full = (rules.max_waiting is not None and in_queue >= rules.max_waiting) or (
            bound is not None and of_tenant >= bound
        )
        if full and self.agent_for(caller) is None:
            return False
        self.callers[name] = caller
        self.seek(caller, now)
        return True

    def position(self, name: str) -> int | None:
        """Sorts the whole queue."""
        caller = self.callers.get(name)
        if caller is None or caller.answered:
            return None
        places = sorted(c.place for c in self.callers.values() if c.queue == caller.queue and not c.answered)
        return places.index(caller.place) + 1

    def leave(self, name: str, now: float) -> None:
        """Gone, whatever it did."""
        caller = self.callers.get(name)
        if caller is None:
            return None
        if caller.answered:
            return self.talk_ended(name, now)
        del self.callers[name]
        if caller.agent:
            self.look(self.part(caller), now)
        return None

    def move(self, name: str, queue: str | None, priority: int | None, now: float) -> None:
        """Another queue, another priority."""
        caller = self.callers[name]
        offered_to = caller.agent
        if priority is not None:
            caller.priority = priority
        if queue is not None:
            if offered_to and queue != caller.queue:
                self.part(caller)
            before, after = self.queue(caller).skills, self.rules.queues[queue].skills
            own = {s: level for s, level in caller.skills.items() if level > before.get(s, 0)}
            caller.queue = queue
            caller.skills = {s: max(after.get(s, 0), own.get(s, 0)) for s in {*after, *own}}
        if not caller.agent:
            self.seek(caller, now, but=offered_to)
            if offered_to:
                self.look(self.people[offered_to], now)

    # --- offers ---

    def answered(self, name: str) -> None:
        """They talk."""
        caller = self.callers[name]
        person = self.people[caller.agent]
        caller.answered, person.phase, person.until, person.failures = True, "talking", None, 0

    def failed(self, name: str, outcome: str, now: float) -> None:
        """The phone did not take it."""
        caller = self.callers[name]
        queue, talked = self.queue(caller), caller.answered
        person = self.part(caller)
        if outcome == "withdrawn" and not talked and not person.failures:
            person.failures = 1
        elif outcome == "no_answer" and not talked:
            person.phase = "unresponsive"
            person.until = now + queue.unresponsive_s if queue.unresponsive_s else None
        else:
            person.phase = "unresponsive"
            person.failures += 1
            cool = self.rules.cool_down_s * 2 ** (person.failures - 1)
            person.until = now + min(cool, self.rules.cool_down_max_s)
        if person.wish == "signed_out":
            del self.people[person.name]
        self.seek(caller, now, but=person.name)
        self.look(person, now)

    def lost(self, name: str, now: float) -> None:
        """The host was restarted: nobody is to blame."""
        caller = self.callers[name]
        person = self.part(caller)
        if person.wish == "signed_out":
            del self.people[person.name]
        self.seek(caller, now, but=person.name)
        self.look(person, now)

    def talk_ended(self, name: str, now: float) -> None:
        """Wrap-up, or the next."""
        caller = self.callers[name]
        person = self.part(caller)
        del self.callers[name]
        known = self.rules.agents.get(person.name)
        own = known.wrap_up_s if known else None
        wrap_up = self.queue(caller).wrap_up_s if own is None else own
        if person.wish == "signed_out":
            del self.people[person.name]
        elif wrap_up:
            person.phase, person.until = "wrap_up", now + wrap_up
        else:
            self.idle(person, now)

    def tick(self, now: float) -> None:
        """One by one, in order of time and name."""
        while due := sorted((p.until, p.name) for p in self.people.values() if p.until is not None and p.until <= now):
            person = self.people[due[0][1]]
            if person.phase in ("reserved", "ringing"):
                self.failed(person.caller, "expired", now)
            else:
                self.idle(person, now)

    # --- rules ---

    def apply_rules(self, rules: Rules, now: float) -> None:
        """Agents may have vanished, leases may have ended; then everybody who waits looks for an agent."""
        self.rules = rules
        for person in sorted(self.people.values(), key=lambda p: p.name):
            known = rules.agents.get(person.name)
            person.serves = person.serves & known.serves if known else person.serves
        for name in sorted(self.people.keys() - rules.agents.keys()):
            self.sign_out(name, now)
        for caller in self.waiting():
            self.seek(caller, now)
