"""The router and the naive router side by side, told the same things, and everything that must hold after each.

The store is what a host would have: changed only when a command says so. So a change that is not told is found.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from acd.protocol import (
    AgentChanged,
    AgentRules,
    DatedSkill,
    HandlingChanged,
    OfferContact,
    OfferOver,
    Phase,
    Picking,
    PoolChanged,
    Rung,
    TicketChanged,
    Wish,
    WithdrawOffer,
)
from acd.requirement import Way
from acd.router import Router
from acd.strategies import STRATEGIES
from core.errors import ConflictError, NotFoundError
from core.facts import Direction, OfferOutcome
from tests.unit.acd.floor import T0, Knows, agent, queue, rules
from tests.unit.acd.naive import Naive

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable

    from acd.protocol import Command, Rules, Ticket


@dataclass(frozen=True, kw_only=True)
class World:
    """A platform: its first configuration, and one that a reload may bring."""

    first: Rules
    second: Rules
    agents: tuple[str, ...]
    phones: tuple[str, ...]
    queues: tuple[str, ...]
    tenants: tuple[str, ...]


def _rung(after_s: float, *ways: Way, raises: int = 0) -> Rung:
    return Rung(after_s=after_s, ways=ways, raises=raises)


def _dated(skill: str, level: int, starts: float, ends: float) -> DatedSkill:
    return DatedSkill(skill=skill, level=level, starts=T0 + starts, ends=T0 + ends)


FIRST = rules(
    [
        queue(
            "star/sales",
            skills={"zh": 3},
            wrap_up_s=0.0,
            priority=60,
            max_waiting=3,
            strategy="least_skilled",
            head_starts={"gold": 20.0},
            ladder=(_rung(10, Way.of("star", {"zh": 2})), _rung(30, raises=5), _rung(60, Way.of("chess", {}))),
        ),
        queue(
            "star/support",
            skills={"zh": 1, "en": 2},
            wrap_up_s=8.0,
            unresponsive_s=30.0,
            ring_at_once=2,
            picking=Picking.ALSO,
            pace=2.0,
        ),
        queue("chess/desk", wrap_up_s=5.0, ring_s=12.0, strategy="least_occupied", prefer_s=15.0, head_start_s=5.0),
        queue("chess/list", condition=Knows(frozenset({"zh", "en"}), 3), picking=Picking.ONLY),
    ],
    [
        agent("ann", "star", skills={"zh": 5, "en": 5}),
        agent("bea", "star chess", skills={"zh": 3}, dated=(_dated("en", 4, 0, 200),)),
        agent("cid", "star chess", skills={"zh": 5, "en": 1}, wrap_up_s=3.0),
        agent("dan", "chess", dated=(_dated("zh", 3, 50, 90),)),
        agent("eve", "star", skills={"zh": 2, "en": 3}, wrap_up_s=0.0),
    ],
    seats={"star": 3, "chess": 2},
    waiting={"star": 5},
    weights={"star": 3.0},
)
#: eve is gone, bea has lost a lease and learnt English, a queue is gone and another asks for more
SECOND = rules(
    [
        queue("star/sales", skills={"zh": 4}, wrap_up_s=2.0, max_waiting=2, ring_at_once=3),
        queue("chess/desk", skills={"zh": 1}, wrap_up_s=0.0, ladder=(_rung(20, Way.of("chess", {})),)),
        queue("chess/list", condition=Knows(frozenset({"zh"}), 1), strategy="round_robin"),
    ],
    [
        agent("ann", "star", skills={"zh": 5, "en": 5}),
        agent("bea", "chess", skills={"zh": 3, "en": 4}),
        agent("cid", "star chess", skills={"zh": 5, "en": 1}, wrap_up_s=3.0),
        agent("dan", "chess star", skills={"zh": 9, "en": 9}),
    ],
    seats={"star": 2, "chess": 2},
)


SMALL = World(
    first=FIRST,
    second=SECOND,
    agents=("ann", "bea", "cid", "dan", "eve"),
    phones=("p1", "p2", "p3", "p4", "p5", "p6"),
    queues=("star/sales", "star/support", "chess/desk", "chess/list"),
    tenants=("star", "chess"),
)


def large(dice: random.Random) -> World:
    """Four tenants, twelve queues and thirty agents, nearly no two alike."""
    tenants = ("a", "b", "c", "d")
    names = tuple(f"{tenant}/{queue}" for tenant in tenants for queue in ("x", "y", "z"))
    people = tuple(f"agent{n:02}" for n in range(30))

    def configuration() -> Rules:
        def skills(most: int, level: int) -> dict[str, int]:
            return {
                skill: dice.randint(1, level) for skill in dice.sample(["zh", "en", "fr", "it"], dice.randint(0, most))
            }

        def ladder(name: str) -> tuple[Rung, ...]:
            rungs, at = [], 0.0
            for _ in range(dice.randint(0, 3)):
                at += dice.choice([4.0, 20.0, 50.0])
                ways = [Way.of(name[0], skills(1, 3)), Way.of(dice.choice(tenants), skills(1, 2))]
                rungs.append(_rung(at, *ways[: dice.randint(0, 2)], raises=dice.choice([0, 10])))
            return tuple(rungs)

        def dated() -> tuple[DatedSkill, ...]:
            starts = T0 + dice.randint(-200, 600)
            skill = DatedSkill(skill=dice.choice(["zh", "it"]), level=7, starts=starts, ends=starts + 300)
            return dice.choice([(), (), (skill,)])

        queues = [
            queue(
                name,
                skills=skills(2, 5),
                priority=dice.choice([40, 50, 60]),
                wrap_up_s=dice.choice([0.0, 0.0, 6.0]),
                unresponsive_s=dice.choice([0.0, 20.0]),
                max_waiting=dice.choice([None, 4]),
                condition=dice.choice([None, None, Knows(frozenset({"zh", "fr"}), 3)]),
                strategy=dice.choice(sorted(STRATEGIES)),
                ring_at_once=dice.choice([1, 1, 2, 4]),
                picking=dice.choice([Picking.NEVER, Picking.NEVER, Picking.ALSO, Picking.ONLY]),
                pace=dice.choice([1.0, 1.0, 0.5, 20 / 30]),
                head_start_s=dice.choice([0.0, 30.0]),
                head_starts={"gold": 15.0},
                prefer_s=dice.choice([0.0, 12.0]),
                ladder=ladder(name),
            )
            for name in names
        ]
        agents = [
            agent(
                name,
                " ".join(dice.sample(tenants, dice.randint(1, 3))),
                skills=skills(4, 10),
                wrap_up_s=dice.choice([None, 0.0, 4.0]),
                dated=dated(),
            )
            for name in people
        ]
        return rules(queues, agents, seats={"a": 8}, waiting={"b": 6, "c": 9}, weights={"a": 8.0, "b": 0.5})

    phones = tuple(f"phone{n:02}" for n in range(34))
    return World(
        first=configuration(), second=configuration(), agents=people, phones=phones, queues=names, tenants=tenants
    )


class Pair:
    """Both routers, the store, and the time."""

    def __init__(self, world: World = SMALL) -> None:
        """Nobody is there."""
        self.world = world
        self.now = T0
        self.router = Router(world.first)
        self.naive = Naive(world.first)
        self.stored: dict[str, dict[str, Any]] = {}
        self.tokens: list[int] = []
        self.over: list[int] = []
        self.contacts = 0

    # --- what is compared after each event ---

    def told(self, commands: Iterable[Command]) -> None:
        """Carry the router's commands out as a host would, and hold both routers against each other."""
        commands = list(commands)
        made = [(c.contact, c.agent) for c in commands if isinstance(c, OfferContact)]
        assert made == self.naive.offers
        self.naive.offers = []
        for command in commands:
            match command:
                case AgentChanged(agent=name):
                    self._store(f"agent {name}", self.router.dump_agent(name))
                case TicketChanged(contact=name):
                    self._store(f"ticket {name}", self.router.dump_ticket(name))
                case PoolChanged(pool=name):
                    self._store(f"pool {name}", self.router.dump_pool(name))
                case HandlingChanged(queue=name):
                    self._store(f"handling {name}", self.router.dump_handling(name))
                case OfferContact(offer=offer):
                    assert not self.tokens or offer > self.tokens[-1], "a token came twice"
                    self.tokens.append(offer)
                case OfferOver(offer=offer):
                    assert offer not in self.over, "an offer ended twice"
                    self.over.append(offer)
                case WithdrawOffer(offer=offer):
                    assert offer not in self.over
        self._same_state()
        self._sound()

    def _store(self, key: str, data: dict[str, Any] | None) -> None:
        if data is None:
            self.stored.pop(key, None)
        else:
            self.stored[key] = data

    def _same_state(self) -> None:
        seen = {
            a.agent: (
                a.phone,
                set(a.serves),
                a.wish,
                a.reachable,
                a.in_use,
                a.idle_since,
                a.until,
                a.contact,
                a.failures,
                a.calls,
                a.load,
            )
            for a in self.router.agents()
        }
        people, used = self.naive.people.values(), self.naive.used_phones
        assert seen == {
            p.name: (
                p.phone,
                p.serves,
                p.wish,
                p.reachable,
                p.phone in used,
                p.idle_since,
                p.until,
                p.caller,
                p.failures,
                p.calls,
                p.load,
            )
            for p in people
        }
        phases = {a.agent: "reserved" if a.phase is Phase.RINGING else a.phase for a in self.router.agents()}
        assert phases == {p.name: p.phase for p in people}
        positions = {
            t.contact: (t.queue, t.priority, t.rung, self._agents_of(t), self.router.position(t.contact))
            for t in self.router.tickets()
        }
        callers = self.naive.callers.values()
        assert positions == {
            c.name: (c.queue, c.priority, c.rung, c.agents, self.naive.position(c.name)) for c in callers
        }
        for pool, floor in self.naive.floors.items():
            dumped = self.router.dump_pool(pool)
            assert dumped is not None
            had_of = {tenant: had for (of, tenant), had in self.naive.used.items() if of == pool}
            assert (dumped["floor"], dumped["used"]) == (floor, had_of)

    def _agents_of(self, ticket: Ticket) -> list[str]:
        return [agent for agent in (ticket.agent, *ticket.also) if agent]

    def _sound(self) -> None:
        """What must hold whatever the rules of choosing are."""
        dumps = {f"agent {a.agent}": self.router.dump_agent(a.agent) for a in self.router.agents()}
        dumps |= {f"ticket {t.contact}": self.router.dump_ticket(t.contact) for t in self.router.tickets()}
        dumps |= {f"pool {pool}": self.router.dump_pool(pool) for pool in self.naive.floors}
        known = ((name, self.router.dump_handling(name)) for name in self.router.rules.queues)
        dumps |= {f"handling {name}": data for name, data in known if data is not None}
        assert self.stored == dumps, "a change was not told"
        by_agent = {a.agent: a.contact for a in self.router.agents() if a.contact}
        with_agents = [(agent, t.contact) for t in self.router.tickets() for agent in (t.agent, *t.also) if agent]
        assert by_agent == dict(with_agents), "an agent or a contact is lost to the other"
        assert len(by_agent) == len(with_agents), "an agent has two contacts"
        assert not any(t.also for t in self.router.tickets() if t.answered), "two agents have one contact"
        next_deadline = self.router.next_deadline()
        for state in self.router.agents():
            assert (state.offer is not None) == bool(state.contact)
            leased = state.phase in (Phase.RESERVED, Phase.RINGING)
            assert not leased or state.until is not None, "a lease without an end"
            if state.until is not None:
                assert next_deadline is not None
                assert next_deadline <= state.until
            assert state.wish is not Wish.SIGNED_OUT or state.phase is Phase.TALKING
        for tenant in self.world.tenants:
            seated = [a for a in self.router.agents() if tenant in a.serves]
            free, seats = self.router.free_seats(tenant), self.router.rules.seats.get(tenant)
            assert free == (None if seats is None else max(0, seats - len(seated)))
        for free_agent in self.naive.free():
            able = [c.name for c in self.naive.waiting(self.now) if self.naive.can_take(free_agent, c)]
            assert not able, f"{free_agent.name} is free and {able} wait"

    # --- events ---

    def sign_in(self, who: str, phone: str, serves: set[str]) -> None:
        """Both agree on who may sign in."""
        known, person = self.router.rules.agents.get(who), self.naive.people.get(who)
        taken = any(p.phone == phone and p.name != who for p in self.naive.people.values())
        had = person.serves if person else set()
        full = {t for t in serves - had if self.router.free_seats(t) == 0}
        elsewhere = person is not None and person.phone != phone
        try:
            commands = self.router.sign_in(who, phone, serves, self.now)
        except NotFoundError:
            assert known is None
            return
        except ConflictError:
            assert known is not None
            assert taken or elsewhere or full or not serves or serves - known.serves
            return
        assert known is not None
        assert not any([taken, elsewhere, full])
        self.naive.sign_in(who, phone, set(serves), self.now)
        self.told(commands)

    def sign_out(self, who: str) -> None:
        """Leaves."""
        commands = self.router.sign_out(who, self.now)
        self.naive.sign_out(who, self.now)
        self.told(commands)

    def wish(self, who: str, *, ready: bool) -> None:
        """Ready or not; only for those who are signed in and known."""
        if who not in self.naive.people or who not in self.router.rules.agents:
            return
        if ready:
            commands = self.router.ready(who, self.now)
            self.naive.ready(who, self.now)
        else:
            commands = self.router.not_ready(who, "break", self.now)
            self.naive.not_ready(who, self.now)
        self.told(commands)

    def end_wrap_up(self, who: str) -> None:
        """Done early."""
        commands = self.router.end_wrap_up(who, self.now)
        self.naive.end_wrap_up(who, self.now)
        self.told(commands)

    def phone(self, phone: str, *, reachable: bool) -> None:
        """The switch says so."""
        commands = self.router.phone_reachable(phone, reachable, self.now)
        self.naive.phone_reachable(phone, reachable, self.now)
        self.told(commands)

    def call_of_its_own(self, phone: str, *, in_use: bool) -> None:
        """Somebody dials from the phone, or has done so."""
        commands = self.router.phone_in_use(phone, in_use, self.now)
        self.naive.phone_in_use(phone, in_use, self.now)
        self.told(commands)

    def enqueue(
        self,
        where: str,
        priority: int | None,
        skills: dict[str, int],
        customer: str = "",
        prefers: tuple[str, ...] = (),
    ) -> None:
        """A new contact."""
        self.contacts += 1
        name = f"c{self.contacts}"
        asked: dict[str, Any] = {"priority": priority, "skills": skills, "customer": customer, "prefers": prefers}
        placed = self.router.enqueue(name, where, self.now, **asked)
        if where not in self.router.rules.queues:
            assert placed.refused == "no_such_queue"
            return
        let_in = self.naive.enqueue(name, where, self.now, **asked)
        assert (placed.refused is None) == let_in
        assert not let_in or placed.position == self.naive.position(name)
        self.told(placed.commands)

    def called_back(self, where: str, waited: float) -> None:
        """Somebody who is away is to be called back, and has waited for so long."""
        self.contacts += 1
        name = f"c{self.contacts}"
        placed = self.router.enqueue(
            name, where, self.now, queued_at=self.now - waited, beyond=True, direction=Direction.OUTBOUND
        )
        if where not in self.router.rules.queues:
            assert placed.refused == "no_such_queue"
            return
        assert placed.refused is None
        assert self.naive.enqueue(name, where, self.now, priority=None, skills={}, away_for=waited)
        assert placed.position == self.naive.position(name)
        self.told(placed.commands)

    def pick(self, name: str, who: str) -> None:
        """An agent takes somebody from the list, or would like to."""
        if name not in self.naive.callers or who not in self.naive.people:
            return
        try:
            commands = self.router.pick(name, who, self.now)
        except ConflictError:
            assert not self.naive.pick(name, who, self.now)
            return
        assert self.naive.pick(name, who, self.now)
        self.told(commands)

    def leave(self, name: str) -> None:
        """The caller hangs up."""
        commands = self.router.leave(name, self.now)
        self.naive.leave(name, self.now)
        self.told(commands)

    def move(self, name: str, where: str | None, priority: int | None) -> None:
        """An operator moves a contact, where that is possible."""
        caller = self.naive.callers.get(name)
        if caller is None or caller.answered:
            return
        if where is not None and (where not in self.router.rules.queues or not where.startswith(caller.tenant)):
            return
        commands = self.router.move(name, self.now, queue=where, priority=priority)
        self.naive.move(name, where, priority, self.now)
        self.told(commands)

    def widen(self, name: str, rung: int) -> None:
        """A condition has a contact go up its ladder at once."""
        caller = self.naive.callers.get(name)
        commands = self.router.widen(name, rung, self.now)
        if caller is not None and not caller.answered:
            self.naive.widen(name, rung, self.now)
        self.told(commands)

    def _of(self, offer: int) -> tuple[str, str] | None:
        """Contact and agent of an offer that is not over."""
        found = [
            (ticket.contact, agent)
            for ticket in self.router.tickets()
            for agent, token in {ticket.agent: ticket.offer, **ticket.also}.items()
            if token == offer
        ]
        return found[0] if found else None

    def offer_event(self, offer: int, what: str) -> None:
        """Something about an offer, perhaps one that is long over."""
        found = self._of(offer)
        talks = found is not None and self.naive.callers[found[0]].answered
        if what == "ringing":
            commands = self.router.offer_ringing(offer, self.now)
        elif what == "answered":
            valid, commands = self.router.offer_answered(offer, self.now)
            assert valid == (found is not None)
            if found and not talks:
                self.naive.answered(*found, self.now)
        elif what in ("held", "asked"):
            alone = what == "held"
            valid, commands = self.router.offer_held(offer, self.now + 30, self.now, alone=alone)
            assert valid == (found is not None and not talks)
            if found and not talks:
                self.naive.held(*found, self.now + 30, self.now, alone=alone)
        elif what == "lost":
            commands = self.router.offer_withdrawn(offer, "restarted", self.now)
            if found:
                self.naive.lost(*found, self.now)
        else:
            commands = self.router.offer_failed(offer, OfferOutcome(what), "said so", self.now)
            if found:
                self.naive.failed(*found, what, self.now)
        self.told(commands)

    def talk_ended(self, name: str) -> None:
        """One of the two hung up."""
        caller = self.naive.callers.get(name)
        commands = self.router.talk_ended(name, self.now)
        if caller is not None and caller.answered:
            self.naive.talk_ended(name, self.now)
        self.told(commands)

    def advance(self, seconds: float) -> None:
        """Time goes by; every deadline is met on the way, as a host would."""
        until = self.now + seconds
        while (due := self.router.next_deadline()) is not None and due <= until:
            self.now = max(self.now, due)
            commands = self.router.tick(self.now)
            self.naive.tick(self.now)
            self.told(commands)
        self.now = until

    def oversleep(self, seconds: float) -> None:
        """Time goes by while the host is away; then one tick for all of it."""
        self.now += seconds
        commands = self.router.tick(self.now)
        self.naive.tick(self.now)
        self.told(commands)

    def apply(self, new: Rules) -> None:
        """A reload."""
        commands = self.router.apply_rules(new, self.now)
        self.naive.apply_rules(new, self.now)
        self.told(commands)

    def learn(self, who: str, queues: dict[str, bool], skills: dict[str, int]) -> None:
        """A supervisor puts an agent on queues, or takes the agent off; or says what the agent can do."""
        known = self.router.rules.agents.get(who)
        if known is None:
            with pytest.raises(NotFoundError):
                self.router.learn(AgentRules(agent=who), self.now)
            return
        changed = replace(known, queues=queues, skills={**known.skills, **skills})
        commands = self.router.learn(changed, self.now)
        self.naive.change(changed, self.now)
        self.told(commands)

    def restart(self) -> None:
        """A crash: a new router gets what was stored, and nothing else."""
        self.now += 0.05
        agents = [data for key, data in self.stored.items() if key.startswith("agent ")]
        tickets = [data for key, data in self.stored.items() if key.startswith("ticket ")]
        pools = [data for key, data in self.stored.items() if key.startswith("pool ")]
        handling = [data for key, data in self.stored.items() if key.startswith("handling ")]
        dead = set(self.naive.dead_phones)
        self.router = Router(self.router.rules)
        self.naive.forget_pools()
        self.told(self.router.load(agents, tickets, self.now, pools, handling))
        for phone in dead:  # the switch tells every phone after a restart
            self.told(self.router.phone_reachable(phone, False, self.now))
        for phone in self.naive.used_phones:  # so does the host, of the calls that it has
            self.told(self.router.phone_in_use(phone, True, self.now))
        self.told(self.router.resume(self.now))
