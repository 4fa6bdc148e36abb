"""The router and the naive router side by side, told the same things, and everything that must hold after each.

The store is what a host would have: changed only when a command says so. So a change that is not told is found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from acd.protocol import AgentChanged, OfferContact, OfferOver, Phase, TicketChanged, Wish, WithdrawOffer
from acd.router import Router
from core.errors import ConflictError, NotFoundError
from core.facts import OfferOutcome
from tests.unit.acd.floor import T0, agent, queue, rules
from tests.unit.acd.naive import Naive

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable

    from acd.protocol import Command, Rules


@dataclass(frozen=True, kw_only=True)
class World:
    """A platform: its first configuration, and one that a reload may bring."""

    first: Rules
    second: Rules
    agents: tuple[str, ...]
    phones: tuple[str, ...]
    queues: tuple[str, ...]
    tenants: tuple[str, ...]


FIRST = rules(
    [
        queue("star/sales", skills={"zh": 3}, wrap_up_s=0.0, priority=60, max_waiting=3),
        queue("star/support", skills={"zh": 1, "en": 2}, wrap_up_s=8.0, unresponsive_s=30.0),
        queue("chess/desk", wrap_up_s=5.0, ring_s=12.0),
    ],
    [
        agent("ann", "star", skills={"zh": 5, "en": 5}),
        agent("bea", "star chess", skills={"zh": 3}),
        agent("cid", "star chess", skills={"zh": 5, "en": 1}, wrap_up_s=3.0),
        agent("dan", "chess"),
        agent("eve", "star", skills={"zh": 2, "en": 3}, wrap_up_s=0.0),
    ],
    seats={"star": 3, "chess": 2},
    waiting={"star": 5},
)
#: eve is gone, bea has lost a lease and learnt English, a queue is gone and another asks for more
SECOND = rules(
    [
        queue("star/sales", skills={"zh": 4}, wrap_up_s=2.0, max_waiting=2),
        queue("chess/desk", skills={"zh": 1}, wrap_up_s=0.0),
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
    queues=("star/sales", "star/support", "chess/desk"),
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

        queues = [
            queue(
                name,
                skills=skills(2, 5),
                priority=dice.choice([40, 50, 60]),
                wrap_up_s=dice.choice([0.0, 0.0, 6.0]),
                unresponsive_s=dice.choice([0.0, 20.0]),
                max_waiting=dice.choice([None, 4]),
            )
            for name in names
        ]
        agents = [
            agent(
                name,
                " ".join(dice.sample(tenants, dice.randint(1, 3))),
                skills=skills(4, 10),
                wrap_up_s=dice.choice([None, 0.0, 4.0]),
            )
            for name in people
        ]
        return rules(queues, agents, seats={"a": 8}, waiting={"b": 6, "c": 9})

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
            )
            for p in people
        }
        phases = {a.agent: "reserved" if a.phase is Phase.RINGING else a.phase for a in self.router.agents()}
        assert phases == {p.name: p.phase for p in people}
        positions = {t.contact: (t.queue, t.agent, self.router.position(t.contact)) for t in self.router.tickets()}
        callers = self.naive.callers.values()
        assert positions == {c.name: (c.queue, c.agent, self.naive.position(c.name)) for c in callers}

    def _sound(self) -> None:
        """What must hold whatever the rules of choosing are."""
        dumps = {f"agent {a.agent}": self.router.dump_agent(a.agent) for a in self.router.agents()}
        dumps |= {f"ticket {t.contact}": self.router.dump_ticket(t.contact) for t in self.router.tickets()}
        assert self.stored == dumps, "a change was not told"
        by_agent = {a.agent: a.contact for a in self.router.agents() if a.contact}
        by_ticket = {t.agent: t.contact for t in self.router.tickets() if t.agent}
        assert by_agent == by_ticket, "an agent or a contact is lost to the other"
        assert len(by_ticket) == len([t for t in self.router.tickets() if t.agent]), "an agent has two contacts"
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
            able = [c.name for c in self.naive.waiting() if self.naive.can_take(free_agent, c)]
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

    def enqueue(self, where: str, priority: int | None, skills: dict[str, int]) -> None:
        """A new contact."""
        self.contacts += 1
        name = f"c{self.contacts}"
        placed = self.router.enqueue(name, where, self.now, priority=priority, skills=skills)
        if where not in self.router.rules.queues:
            assert placed.refused == "no_such_queue"
            return
        let_in = self.naive.enqueue(name, where, self.now, priority, skills)
        assert (placed.refused is None) == let_in
        assert not let_in or placed.position == self.naive.position(name)
        self.told(placed.commands)

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

    def offer_event(self, offer: int, what: str) -> None:
        """Something about an offer, perhaps one that is long over."""
        ticket = next((t for t in self.router.tickets() if t.offer == offer), None)
        if what == "ringing":
            self.told(self.router.offer_ringing(offer, self.now))
        elif what == "answered":
            valid, commands = self.router.offer_answered(offer, self.now)
            assert valid == (ticket is not None)
            if ticket is not None and not self.naive.callers[ticket.contact].answered:
                self.naive.answered(ticket.contact)
            self.told(commands)
        elif what == "lost":
            contact = ticket.contact if ticket else None
            commands = self.router.offer_withdrawn(offer, "restarted", self.now)
            if contact is not None:
                self.naive.lost(contact, self.now)
            self.told(commands)
        else:
            contact = ticket.contact if ticket else None
            commands = self.router.offer_failed(offer, OfferOutcome(what), "said so", self.now)
            if contact is not None:
                self.naive.failed(contact, what, self.now)
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

    def restart(self) -> None:
        """A crash: a new router gets what was stored, and nothing else."""
        self.now += 0.05
        agents = [data for key, data in self.stored.items() if key.startswith("agent ")]
        tickets = [data for key, data in self.stored.items() if key.startswith("ticket ")]
        dead = set(self.naive.dead_phones)
        self.router = Router(self.router.rules)
        self.told(self.router.load(agents, tickets, self.now))
        for phone in dead:  # the switch tells every phone after a restart
            self.told(self.router.phone_reachable(phone, False, self.now))
        for phone in self.naive.used_phones:  # so does the host, of the calls that it has
            self.told(self.router.phone_in_use(phone, True, self.now))
        self.told(self.router.resume(self.now))
