"""A second router, as plain as can be: it sorts everything at every decision and keeps no index.

It knows the same rules as the product's router and nothing of its code. Where the two differ, one of them is wrong.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.unit.acd.naive_state import Caller, NaiveState, Person

if TYPE_CHECKING:
    from acd.protocol import AgentRules, Rules

SHORT_LOSS_S = 60.0


class Naive(NaiveState):
    """What each event leads to; `offers` has the offers (contact, agent) made since they were last taken out."""

    # --- matching ---

    def offer(self, caller: Caller, person: Person, now: float) -> None:
        """Reserve the two for each other."""
        if not caller.agents:
            self.charge(caller, person, now)
        caller.agents.append(person.name)
        person.caller, person.offered_at = caller.name, now
        person.enter("reserved", now, now + self.queue(caller).ring_s + self.rules.offer_grace_s)
        self.offers.append((caller.name, person.name))

    def seek(self, caller: Caller, now: float) -> None:
        """The contact, if nobody is rung for it, looks for agents."""
        if not caller.agents:
            for _ in range(1 if caller.prefers else self.queue(caller).ring_at_once):
                person = self.agent_for(caller)
                if person is not None:
                    self.offer(caller, person, now)

    def look(self, person: Person, now: float) -> None:
        """The agent, if free, looks for a contact."""
        person.loose = False
        if any(person is one for one in self.free()):
            caller = self.caller_for(person, now)
            if caller is not None:
                self.offer(caller, person, now)

    def look_all(self, people: list[Person], now: float) -> None:
        """By name."""
        for person in sorted(people, key=lambda p: p.name):
            self.look(person, now)

    def idle(self, person: Person, now: float) -> None:
        """Idle from now on."""
        person.enter("idle", now)
        person.idle_since = now
        self.look(person, now)

    def part(self, caller: Caller, name: str, lasted: float | None = None) -> Person:
        """Take the two apart."""
        caller.agents.remove(name)
        if not caller.agents:
            self.put_right(caller, lasted)
            caller.answered = False
        self.people[name].caller, self.people[name].loose = "", True
        return self.people[name]

    def loosen(self, caller: Caller, name: str, now: float) -> Person:
        """Take the two apart; the agent keeps the time of being idle."""
        person = self.part(caller, name)
        person.enter("idle", now)
        return person

    def loosen_others(self, caller: Caller, name: str, now: float) -> list[Person]:
        """All but one."""
        return [self.loosen(caller, other, now) for other in list(caller.agents) if other != name]

    def due(self, caller: Caller) -> float | None:
        """When the contact asks for less."""
        ladder = self.queue(caller).ladder
        if caller.answered:
            return None
        if caller.prefer_until is not None:
            return caller.prefer_until
        return caller.queued_at + ladder[caller.rung].after_s if caller.rung < len(ladder) else None

    def climb(self, caller: Caller, now: float) -> None:
        """Take every rung that is due."""
        while (due := self.due(caller)) is not None and due <= now:
            if caller.prefer_until is not None:
                caller.prefers, caller.prefer_until = (), None
            else:
                caller.priority += self.queue(caller).ladder[caller.rung].raises
                caller.rung += 1

    def widen(self, name: str, rung: int, now: float) -> None:
        """Take every rung up to this one."""
        caller = self.callers[name]
        if caller.rung < min(rung, len(self.queue(caller).ladder)):
            while caller.rung < min(rung, len(self.queue(caller).ladder)):
                if caller.prefer_until is not None:
                    caller.prefers, caller.prefer_until = (), None
                else:
                    caller.priority += self.queue(caller).ladder[caller.rung].raises
                    caller.rung += 1
            self.seek(caller, now)

    # --- agents ---

    def sign_in(self, name: str, phone: str, serves: set[str], now: float) -> None:
        """On the same phone again, or anew."""
        person = self.people.get(name)
        if person is None:
            lost = phone in self.dead_phones
            person = Person(name, phone, serves, reachable=not lost, lost_at=now, load_at=now)
            self.people[name] = person
            self.learn(person, now)
        elif person.serves != serves:
            person.serves = serves
            self.learn(person, now)
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
            self.loosen(caller, name, now)
            self.seek(caller, now)
        elif person.phase == "unresponsive":
            person.enter("idle", now)

    def gone(self, person: Person, now: float) -> None:
        """Signed out; who waits for people of whom nobody is there any more waits for everybody."""
        del self.people[person.name]
        for caller in sorted(self.callers.values(), key=lambda c: c.place):
            if not caller.agents and person.name in caller.prefers and not self.people.keys() & {*caller.prefers}:
                caller.prefer_until = now
                self.climb(caller, now)
                self.seek(caller, now)

    def sign_out(self, name: str, now: float) -> None:
        """Leaves, at the latest after the conversation."""
        person = self.people.get(name)
        if person is None:
            return
        person.wish = "signed_out"
        if person.phase != "talking":
            caller = self.callers.get(person.caller)
            if caller is not None:
                self.loosen(caller, name, now)
                self.seek(caller, now)
            self.gone(person, now)

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

    def enqueue(
        self,
        name: str,
        queue: str,
        now: float,
        *,
        priority: int | None,
        skills: dict[str, int],
        customer: str = "",
        prefers: tuple[str, ...] = (),
        away_for: float | None = None,
    ) -> bool:
        """False: full. `away_for`: to be called back, with so much time on the clock, and let in whoever waits."""
        rules = self.rules.queues[queue]
        skills = {skill: max(rules.skills.get(skill, 0), skills.get(skill, 0)) for skill in {**rules.skills, **skills}}
        self.order += 1
        urgency = rules.priority if priority is None else priority
        head_start = rules.head_start_s + rules.head_starts.get(customer, 0.0)
        since = now - (away_for or 0.0)
        caller = Caller(name, rules.tenant, queue, urgency, skills, since, self.order, head_start=head_start)
        caller.away = away_for is not None
        there = tuple(
            p for p in prefers if p in self.people and self.people[p].wish == "ready" and not self.taken_off(p, queue)
        )
        if there and rules.prefer_s:
            caller.prefers, caller.prefer_until = there, now + rules.prefer_s
        self.climb(caller, now)
        waiting = [c for c in self.waiting(now) if not c.away]
        in_queue = len([c for c in waiting if c.queue == queue])
        of_tenant = len([c for c in waiting if c.tenant == rules.tenant])
        bound = self.rules.waiting.get(rules.tenant)
        full = (rules.max_waiting is not None and in_queue >= rules.max_waiting) or (
            bound is not None and of_tenant >= bound
        )
        if full and not caller.away and self.agent_for(caller) is None:
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
            return
        if caller.answered:
            self.talk_ended(name, now)
            return
        people = self.loosen_others(caller, "", now)
        del self.callers[name]
        self.look_all(people, now)

    def move(self, name: str, queue: str | None, priority: int | None, now: float) -> None:
        """Another queue, another priority."""
        caller = self.callers[name]
        people = self.loosen_others(caller, "", now) if queue not in (None, caller.queue) else []
        caller.prefers, caller.prefer_until = (), None
        if priority is not None:
            caller.priority = priority
        if queue is not None:
            if queue != caller.queue:
                caller.rung = 0
            own, after = self.own(caller), self.rules.queues[queue].skills
            caller.queue = queue
            caller.skills = {s: max(after.get(s, 0), own.get(s, 0)) for s in {*after, *own}}
        self.climb(caller, now)
        self.seek(caller, now)
        self.look_all(people, now)

    def pick(self, name: str, who: str, now: float) -> bool:
        """An agent takes a contact from the list; False: may not."""
        caller, person = self.callers[name], self.people[who]
        can = person.wish == "ready" and person.phase in ("idle", "wrap_up") and person.reachable
        can = can and person.phone not in self.used_phones and caller.tenant in person.serves
        if caller.agents or self.queue(caller).picking == "never" or not can or not self.able(person, caller):
            return False
        self.offer(caller, person, now)
        return True

    # --- offers ---

    def answered(self, name: str, who: str, now: float) -> None:
        """They talk, and the others stop."""
        caller, person = self.callers[name], self.people[who]
        others = self.loosen_others(caller, who, now)
        caller.answered, person.failures = True, 0
        person.calls += 1
        person.enter("talking", now)
        self.look_all(others, now)

    def held(self, name: str, who: str, until: float, now: float, *, alone: bool) -> None:
        """Picked up, but not yet joined."""
        caller, person = self.callers[name], self.people[who]
        others = self.loosen_others(caller, who, now) if alone else []
        person.until = max(until, person.until or 0.0)
        self.look_all(others, now)

    def failed(self, name: str, who: str, outcome: str, now: float) -> None:
        """The phone did not take it."""
        caller = self.callers[name]
        queue, talked = self.queue(caller), caller.answered
        person = self.part(caller, who)
        if outcome == "withdrawn" and not talked and not person.failures:
            person.failures = 1
            person.enter("idle", now)
        elif outcome == "no_answer" and not talked:
            person.enter("unresponsive", now, now + queue.unresponsive_s if queue.unresponsive_s else None)
        else:
            person.failures += 1
            cool = self.rules.cool_down_s * 2 ** (person.failures - 1)
            person.enter("unresponsive", now, now + min(cool, self.rules.cool_down_max_s))
        if person.wish == "signed_out":
            self.gone(person, now)
        self.seek(caller, now)
        self.look(person, now)

    def lost(self, name: str, who: str, now: float) -> None:
        """The host was restarted: nobody is to blame."""
        caller = self.callers[name]
        person = self.loosen(caller, who, now)
        if person.wish == "signed_out":
            self.gone(person, now)
        self.seek(caller, now)
        self.look(person, now)

    def talk_ended(self, name: str, now: float) -> None:
        """Wrap-up, or the next."""
        caller = self.callers[name]
        who = caller.agents[0]
        known = self.rules.agents.get(who)
        own = known.wrap_up_s if known else None
        wrap_up = self.queue(caller).wrap_up_s if own is None else own
        person = self.part(caller, who, now - caller.offered_at + wrap_up)
        del self.callers[name]
        if person.wish == "signed_out":
            self.gone(person, now)
        elif wrap_up:
            person.enter("wrap_up", now, now + wrap_up)
        else:
            self.idle(person, now)

    def tick(self, now: float) -> None:
        """One by one, in order of time, then agents, their skills, contacts, each by name."""
        while True:
            due = [(p.until, "a", p.name) for p in self.people.values()]
            due += [(p.skills_until, "s", p.name) for p in self.people.values()]
            due += [(self.due(c), "t", c.name) for c in self.callers.values()]
            first = min((each for each in due if each[0] is not None and each[0] <= now), default=None)
            if first is None:
                return
            _, kind, name = first
            if kind == "s":
                self.learn(self.people[name], now)
                self.look(self.people[name], now)
            elif kind == "t":
                self.climb(self.callers[name], now)
                self.seek(self.callers[name], now)
            elif self.people[name].phase in ("reserved", "ringing"):
                self.failed(self.people[name].caller, name, "expired", now)
            else:
                self.idle(self.people[name], now)

    # --- rules ---

    def taken_off(self, name: str, queue: str) -> bool:
        """Whether a supervisor has said that the agent takes no contacts of the queue."""
        return name in self.rules.agents and self.rules.agents[name].queues.get(queue) is False

    def change(self, known: AgentRules, now: float) -> None:
        """An agent can do something else."""
        person = self.people.get(known.agent)
        offered = self.callers[person.caller] if person and person.phase in ("reserved", "ringing") else None
        could = person is not None and offered is not None and self.able(person, offered)
        fresh = [q for q, on in known.queues.items() if not on and not self.taken_off(known.agent, q)]
        self.rules = replace(self.rules, agents={**self.rules.agents, known.agent: known})
        if person is None:
            return
        person.loose = True
        self.learn(person, now)
        for queue in fresh:
            waits = [c for c in self.callers.values() if c.queue == queue and not c.answered]
            for caller in sorted(waits, key=lambda c: c.place):
                if person.name in caller.prefers:
                    caller.prefers = tuple(p for p in caller.prefers if p != person.name)
                    caller.prefer_until = caller.prefer_until if caller.prefers else None
                    self.seek(caller, now)
        if could and offered is not None and not self.able(person, offered):
            self.loosen(offered, person.name, now)
            self.seek(offered, now)
        self.look(person, now)

    def apply_rules(self, rules: Rules, now: float) -> None:
        """Agents may have vanished, leases may have ended; then everybody who waits looks for an agent."""
        self.rules = rules
        for caller in self.callers.values():
            caller.rung = min(caller.rung, len(self.queue(caller).ladder))
        for person in self.people.values():
            known = rules.agents.get(person.name)
            if known:
                person.serves = person.serves & known.serves
                self.learn(person, now)
            else:
                person.skills_until = None
        self.forget_pools()
        for name in sorted(self.people.keys() - rules.agents.keys()):
            self.sign_out(name, now)
        for caller in self.waiting(now):
            self.seek(caller, now)
