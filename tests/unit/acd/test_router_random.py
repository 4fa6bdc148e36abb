"""Anything in any order: the router against the naive one, hypothesis and long random walks."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from tests.unit.acd.pair import SMALL, Pair, large

if TYPE_CHECKING:
    from collections.abc import Callable

OUTCOMES = ("ringing", "held", "asked", "answered", "no_answer", "busy", "refused", "unreachable", "withdrawn", "lost")
SKILLS: tuple[dict[str, int], ...] = ({}, {"en": 2}, {"zh": 5}, {"fr": 1})
MOSTLY_NONE = ({}, {}, {}, {}, *SKILLS)

agents, phones, queues = (st.sampled_from(names) for names in (SMALL.agents, SMALL.phones, SMALL.queues))
lately = st.integers(min_value=1, max_value=8)


class CallCentre(RuleBasedStateMachine):
    """Agents, callers and phones that do what they like."""

    def __init__(self) -> None:
        """Both routers begin with nobody."""
        super().__init__()
        self.pair = Pair()

    @rule(who=agents, phone=phones, serves=st.sets(st.sampled_from(SMALL.tenants)))
    def sign_in(self, who: str, phone: str, serves: set[str]) -> None:
        """An agent dials in."""
        self.pair.sign_in(who, phone, serves)

    @rule(at=st.integers(0, 4))
    def everybody_signs_in(self, at: int) -> None:
        """The shift begins, for most."""
        for who, phone in zip(SMALL.agents[at:], SMALL.phones[at:], strict=False):
            known = self.pair.router.rules.agents.get(who)
            self.pair.sign_in(who, phone, set(known.serves) if known else set())

    @rule(who=agents)
    def sign_out(self, who: str) -> None:
        """An agent leaves."""
        self.pair.sign_out(who)

    @rule(who=agents, ready=st.booleans())
    def wish(self, who: str, ready: bool) -> None:
        """An agent wants calls, or none."""
        self.pair.wish(who, ready=ready)

    @rule(who=agents)
    def end_wrap_up(self, who: str) -> None:
        """An agent is done early."""
        self.pair.end_wrap_up(who)

    @rule(phone=phones, reachable=st.booleans())
    def phone(self, phone: str, reachable: bool) -> None:
        """A phone is lost or found."""
        self.pair.phone(phone, reachable=reachable)

    @rule(phone=phones, in_use=st.booleans())
    def call_of_its_own(self, phone: str, in_use: bool) -> None:
        """A phone is used for something else."""
        self.pair.call_of_its_own(phone, in_use=in_use)

    @rule(
        where=queues,
        priority=st.sampled_from([None, None, 10, 90]),
        skills=st.sampled_from(SKILLS),
        customer=st.sampled_from(["", "gold"]),
        prefers=st.lists(agents, max_size=2, unique=True),
    )
    def enqueue(
        self, where: str, priority: int | None, skills: dict[str, int], customer: str, prefers: list[str]
    ) -> None:
        """Somebody calls."""
        self.pair.enqueue(where, priority, skills, customer, tuple(prefers))

    @rule(where=queues, waited=st.sampled_from([0.0, 1.0, 30.0, 600.0]))
    def called_back(self, where: str, waited: float) -> None:
        """Somebody is to be called back."""
        self.pair.called_back(where, waited)

    @rule(back=lately, who=agents)
    def pick(self, back: int, who: str) -> None:
        """An agent takes somebody from the list."""
        self.pair.pick(f"c{self.pair.contacts - back + 1}", who)

    @rule(back=lately)
    def leave(self, back: int) -> None:
        """A caller hangs up, perhaps twice."""
        self.pair.leave(f"c{self.pair.contacts - back + 1}")

    @rule(back=lately, where=st.none() | queues, priority=st.sampled_from([None, 10, 90]))
    def move(self, back: int, where: str | None, priority: int | None) -> None:
        """An operator moves a caller."""
        self.pair.move(f"c{self.pair.contacts - back + 1}", where, priority)

    @rule(back=lately, rung=st.integers(1, 3))
    def widen(self, back: int, rung: int) -> None:
        """A condition holds."""
        self.pair.widen(f"c{self.pair.contacts - back + 1}", rung)

    @rule(back=lately, what=st.sampled_from(OUTCOMES))
    def offer_event(self, back: int, what: str) -> None:
        """A phone says something, perhaps too late."""
        if len(self.pair.tokens) >= back:
            self.pair.offer_event(self.pair.tokens[-back], what)

    @rule()
    def everybody_answers(self) -> None:
        """Every phone that rings is picked up."""
        for offer in [t.offer for t in self.pair.router.tickets() if t.offer is not None]:
            self.pair.offer_event(offer, "answered")

    @rule(back=lately)
    def talk_ended(self, back: int) -> None:
        """A conversation ends."""
        self.pair.talk_ended(f"c{self.pair.contacts - back + 1}")

    @rule(seconds=st.sampled_from([0.0, 0.001, 1.0, 7.0, 25.0, 70.0]))
    def advance(self, seconds: float) -> None:
        """Time goes by."""
        self.pair.advance(seconds)

    @rule(seconds=st.sampled_from([3.0, 100.0]))
    def oversleep(self, seconds: float) -> None:
        """Time goes by and nobody ticks."""
        self.pair.oversleep(seconds)

    @rule(who=agents, said=st.dictionaries(queues, st.booleans(), max_size=2), skills=st.sampled_from(SKILLS))
    def learn(self, who: str, said: dict[str, bool], skills: dict[str, int]) -> None:
        """A supervisor moves an agent."""
        self.pair.learn(who, said, skills)

    @rule(second=st.booleans())
    def reload(self, second: bool) -> None:
        """The configuration changes."""
        self.pair.apply(SMALL.second if second else SMALL.first)

    @rule()
    def restart(self) -> None:
        """vcc dies and comes back."""
        self.pair.restart()


TestCallCentre = CallCentre.TestCase
TestCallCentre.settings = settings(max_examples=80, stateful_step_count=60)


def _learns(pair: Pair, dice: random.Random) -> None:
    said = {queue: dice.random() < 0.5 for queue in dice.sample(pair.world.queues, dice.choice([0, 1, 1, 2]))}
    pair.learn(dice.choice(pair.world.agents), said, dice.choice(MOSTLY_NONE))


def _steps(pair: Pair, dice: random.Random) -> list[tuple[int, Callable[[], None]]]:
    world = pair.world

    def talking() -> str:
        return dice.choice([t.contact for t in pair.router.tickets() if t.answered] or ["nobody"])

    def anybody() -> str:
        return dice.choice([t.contact for t in pair.router.tickets()] or ["nobody"])

    def oldest() -> str:
        return next((t.contact for t in pair.router.tickets() if not t.answered), "nobody")

    def offer(what: str) -> None:
        ringing = [o for t in pair.router.tickets() for o in (t.offer, *t.also.values()) if o and not t.answered]
        if pair.tokens:
            pair.offer_event(dice.choice([*ringing, *ringing, *pair.tokens[-2:]]), what)

    def sign_in() -> None:
        who = dice.choice(world.agents)
        known, state = pair.router.rules.agents.get(who), pair.router.agent(who)
        phone = state.phone if state and dice.random() < 0.9 else dice.choice(world.phones)
        held, leased = state.serves if state else (), known.serves if known else frozenset(world.tenants)
        serves = {tenant for tenant in leased if tenant in held or pair.router.free_seats(tenant) != 0}
        pair.sign_in(who, phone, serves or set(world.tenants))

    def phone(reachable: bool) -> None:
        pair.phone(dice.choice(world.phones), reachable=reachable)

    def call_of_its_own(in_use: bool) -> None:
        pair.call_of_its_own(dice.choice(world.phones), in_use=in_use)

    def enqueue() -> None:
        prefers = tuple(dice.sample(world.agents, dice.choice([0, 0, 1, 2])))
        pair.enqueue(
            dice.choice(world.queues),
            dice.choice([None, 10, 90]),
            dice.choice(MOSTLY_NONE),
            dice.choice(["", "gold"]),
            prefers,
        )

    return [
        (6, sign_in),
        (2, lambda: _learns(pair, dice)),
        (1, lambda: pair.sign_out(dice.choice(world.agents))),
        (8, lambda: pair.wish(dice.choice(world.agents), ready=True)),
        (1, lambda: pair.wish(dice.choice(world.agents), ready=False)),
        (2, lambda: pair.end_wrap_up(dice.choice(world.agents))),
        (1, lambda: phone(False)),
        (1, lambda: call_of_its_own(True)),
        (2, lambda: call_of_its_own(False)),
        (6, lambda: phone(True)),
        (16, enqueue),
        (2, lambda: pair.called_back(dice.choice(world.queues), dice.choice([0.0, 1.0, 30.0, 600.0]))),
        (4, lambda: pair.leave(anybody())),
        (3, lambda: pair.leave(oldest())),
        (2, lambda: pair.move(anybody(), dice.choice([None, *world.queues]), dice.choice([None, 10, 90]))),
        (1, lambda: pair.widen(anybody(), dice.choice([1, 2]))),
        (25, lambda: offer("answered")),
        (6, lambda: offer(dice.choice(OUTCOMES))),
        (25, lambda: pair.talk_ended(talking())),
        (1, lambda: pair.talk_ended(anybody())),
        (3, lambda: pair.pick(anybody(), dice.choice(world.agents))),
        (10, lambda: pair.advance(dice.choice([0.0, 0.5, 3.0, 15.0]))),
        (1, lambda: pair.oversleep(dice.choice([3.0, 200.0]))),
        (1, lambda: pair.apply(dice.choice([world.first, world.first, world.second]))),
        (1, pair.restart),
    ]


def _walk(pair: Pair, dice: random.Random, events: int) -> None:
    weights, actions = zip(*_steps(pair, dice), strict=True)
    for action in dice.choices(actions, weights, k=events):
        action()


@pytest.mark.parametrize("seed", range(3))
def test_a_long_day_is_decided_as_the_naive_router_would(seed: int) -> None:
    dice = random.Random(seed)
    pair = Pair()
    _walk(pair, dice, 5_000)
    assert len(pair.tokens) > 250, "the day was too quiet to prove anything"


@pytest.mark.parametrize("seed", range(3))
def test_a_long_day_of_many_agents_who_differ_is_decided_as_the_naive_router_would(seed: int) -> None:
    dice = random.Random(seed)
    pair = Pair(large(dice))
    _walk(pair, dice, 3_000)
    assert len(pair.tokens) > 250, "the day was too quiet to prove anything"


@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_a_million_random_events() -> None:
    offers = 0
    for seed in range(100, 150):
        dice = random.Random(seed)
        for world in (large(dice), SMALL):
            pair = Pair(world)
            _walk(pair, dice, 10_000)
            offers += len(pair.tokens)
    assert offers > 80_000, "too little was decided to prove anything"
