"""Who is chosen: fair shares of agents, urgency among callers, the strategies, dates of skills."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from acd.protocol import DatedSkill, OfferContact, Picking, Reasons, Rung, Side
from acd.requirement import Way
from acd.router import Router
from acd.skill_expression import SkillExpression
from acd.strategies import STRATEGIES
from tests.unit.acd.floor import T0, agent, offers, queue, rules, token

if TYPE_CHECKING:
    from collections.abc import Mapping

    from acd.protocol import Command


class Shop:
    """A router that is told what happens in few words; nobody wraps up."""

    def __init__(self, router: Router) -> None:
        self.router, self.now, self.calls = router, T0, 0
        self.served: list[str] = []

    def call(self, where: str, **values: Any) -> str:
        self.calls += 1
        self.obey(self.router.enqueue(f"{where} {self.calls}", where, self.now, **values).commands)
        return f"{where} {self.calls}"

    def obey(self, commands: Any) -> None:
        for command in commands:
            if isinstance(command, OfferContact):
                self.served.append(command.contact)
                self.router.offer_answered(command.offer, self.now)

    def end(self, contact: str, after: float) -> None:
        self.now += after
        self.obey(self.router.talk_ended(contact, self.now))


def shop(*names: str, weights: dict[str, float] | None = None, agents: int = 1, **more: Any) -> Shop:
    """Queues with these names, and agents whom all their tenants lease."""
    tenants = " ".join({name.partition("/")[0] for name in names})
    people = [agent(f"a{n}", tenants, wrap_up_s=0.0) for n in range(agents)]
    made = Shop(Router(rules([queue(name, wrap_up_s=0.0, **more) for name in names], people, weights=weights or {})))
    for n, person in enumerate(people):
        made.router.sign_in(person.agent, f"p{n}", person.serves, T0)
    return made


# --- fairness between tenants ---


@pytest.mark.parametrize(("weights", "share"), [({}, 0.5), ({"a": 3.0}, 0.75), ({"a": 1.0, "b": 4.0}, 0.2)])
def test_shared_agents_are_shared_by_what_the_tenants_lease(weights: dict[str, float], share: float) -> None:
    day = shop("a/q", "b/q", weights=weights)
    for _ in range(1_000):
        day.call("a/q")
        day.call("b/q")
    for n in range(1_000):
        day.end(day.served[n], 60.0)
    had = Counter(contact[0] for contact in day.served[:1_000])
    assert had["a"] / 1_000 == pytest.approx(share, abs=0.01)


def test_it_is_the_agents_time_that_is_shared_not_the_number_of_calls() -> None:
    day = shop("a/q", "b/q")
    for _ in range(2_000):
        day.call("a/q")
        day.call("b/q")
    had: Counter[str] = Counter()
    for n in range(1_500):
        lasts = 300.0 if day.served[n][0] == "a" else 60.0
        had[day.served[n][0]] += int(lasts)
        day.end(day.served[n], lasts)
    assert had["a"] / had["b"] == pytest.approx(1.0, abs=0.05)


def test_a_flood_of_one_tenants_calls_does_not_lengthen_anothers_wait() -> None:
    """Two agents, calls of 60 s; b calls now and then, and waits for its turns only."""
    day, dice = shop("a/q", "b/q", agents=2), random.Random(1)
    for _ in range(3_000):
        day.call("a/q")
    began: dict[str, float] = {}
    waits = []
    for n in range(500):
        if dice.random() < 0.2:
            began[day.call("b/q")] = day.now
        before = len(day.served)
        day.end(day.served[n], 30.0)
        waits += [day.now - began[contact] for contact in day.served[before:] if contact in began]
    assert len(waits) > 80
    assert max(waits) <= 120.0  # by its own calls; behind all of a's it would be a day


def test_who_had_nobody_waiting_cannot_save_time_up() -> None:
    day = shop("a/q", "b/q")
    for _ in range(200):
        day.call("a/q")
    for n in range(100):
        day.end(day.served[n], 60.0)
    for _ in range(50):
        day.call("b/q")
    for n in range(100, 140):
        day.end(day.served[n], 60.0)
    assert 18 <= Counter(contact[0] for contact in day.served[101:141])["b"] <= 22


def test_shares_are_kept_over_a_crash() -> None:
    day = shop("a/q", "b/q")
    for _ in range(10):
        day.call("a/q")
        day.call("b/q")
    pool = day.router.dump_pool("a b")
    assert pool is not None
    again = Router(day.router.rules)
    agents = [day.router.dump_agent(state.agent) for state in day.router.agents()]
    tickets = [day.router.dump_ticket(ticket.contact) for ticket in day.router.tickets()]
    again.load([a for a in agents if a], [t for t in tickets if t], day.now, [pool])
    again.resume(day.now)
    assert again.dump_pool("a b") == pool
    assert offers(again.talk_ended(day.served[0], day.now + 60)) == offers(
        day.router.talk_ended(day.served[0], day.now + 60)
    )


def test_guests_come_after_the_tenants_that_lease_the_agent() -> None:
    lent = Rung(after_s=10.0, ways=(Way.of("a", {}), Way.of("b", {})))
    router = Router(rules([queue("a/q", ladder=(lent,)), queue("b/q", wrap_up_s=0.0)], [agent("bo", "b")]))
    router.enqueue("guest", "a/q", T0)
    router.enqueue("own", "b/q", T0 + 50)
    router.tick(T0 + 50)
    made = router.sign_in("bo", "p", ["b"], T0 + 51)
    assert offers(made) == [("own", "bo")]
    [offer] = [c for c in made if isinstance(c, OfferContact)]
    assert (offer.why.side, offer.why.passed) == (Side.AGENT, (("", "guest", (0.0,)),))
    router.offer_answered(offer.offer, T0 + 52)
    assert offers(router.talk_ended("own", T0 + 60)) == [("guest", "bo")]


def test_who_is_not_told_why_gets_the_same_offers() -> None:
    """A simulation has no use for what was compared; nothing of what is decided may depend on it."""

    def day(*, explains: bool) -> list[Command]:
        found: list[Command] = []
        known = rules(
            [queue("a/q", wrap_up_s=0.0), queue("b/q", wrap_up_s=0.0)], [agent("bo", "a b"), agent("li", "a")]
        )
        router = Router(known, explains=explains)
        for n, name in enumerate(["bo", "li"]):
            found += router.sign_in(name, f"p{n}", known.agents[name].serves, T0 + n)
        for n in range(8):
            found += router.enqueue(f"c{n}", "ab"[n % 2] + "/q", T0 + 10 + n).commands
        for n in range(8):
            waits = [state.offer for state in router.agents() if state.offer is not None]
            for offer in waits:
                found += router.offer_answered(offer, T0 + 20 + n)[1]
            for contact in [ticket.contact for ticket in router.tickets() if ticket.answered]:
                found += router.talk_ended(contact, T0 + 20.5 + n)
        return found

    full, bare = day(explains=True), day(explains=False)
    assert any(c.why.passed for c in full if isinstance(c, OfferContact))
    assert not any(c.why.passed or c.why.others for c in bare if isinstance(c, OfferContact))
    assert len(offers(full)) == 8

    def without_reasons(commands: list[Command]) -> list[Command]:
        plain = Reasons(side=Side.AGENT, strategy="")
        return [replace(c, why=plain) if isinstance(c, OfferContact) else c for c in commands]

    assert without_reasons(full) == without_reasons(bare)


# --- within a tenant ---


def order(day: Shop, count: int) -> list[str]:
    """Who is served one after the other by an agent who comes now."""
    day.obey(day.router.sign_in("a0", "p0", day.router.rules.agents["a0"].serves, day.now))
    for n in range(count - 1):
        day.end(day.served[n], 1.0)
    return day.served


def test_a_head_start_is_seconds_on_the_clock() -> None:
    day = shop("a/q", head_starts={"gold": 90.0}, agents=1)
    day.router.sign_out("a0", T0)
    old = day.call("a/q")
    day.now += 60
    gold = day.call("a/q", customer="gold")
    day.now += 60
    later = day.call("a/q", customer="unknown class")
    assert order(day, 3) == [gold, old, later]


def test_urgency_is_the_share_of_the_target_that_is_used_up_where_the_queue_says_so() -> None:
    day = Shop(
        Router(
            rules(
                [queue("a/slow", pace=20 / 120, wrap_up_s=0.0), queue("a/fast", pace=20 / 10, wrap_up_s=0.0)],
                [agent("a0", "a", wrap_up_s=0.0)],
            )
        )
    )
    slow = day.call("a/slow")
    day.now += 60
    fast = day.call("a/fast")
    day.now += 6  # 60 % of 10 s, and 55 % of 120 s
    assert order(day, 2) == [fast, slow]


# --- strategies ---


def chosen(strategy: str, histories: dict[str, tuple[int, float]], skills: dict[str, int] | None = None) -> str:
    """The first of agents who have had so many calls, each of so many seconds; signed in at the same time."""
    people = [agent(name, "a", wrap_up_s=0.0, skills={"zh": (skills or {}).get(name, 5)}) for name in histories]
    router = Router(rules([queue("a/q", strategy=strategy, skills={"zh": 1}, wrap_up_s=0.0)], people))
    now = T0
    for n, (name, (calls, lasts)) in enumerate(histories.items()):
        router.sign_in(name, f"p{n}", ["a"], T0)
        for _ in range(calls):
            now += 1
            router.take(f"{name} {now}", "a/q", name, now)
            now += lasts
            router.talk_ended(f"{name} {now - lasts}", now)
    [(_, who)] = offers(router.enqueue("c", "a/q", now + 1).commands)
    return who


@pytest.mark.parametrize(
    ("strategy", "who"),
    [
        ("longest_idle", "few_long"),  # whose last call is longest ago
        ("fewest_calls", "few_long"),
        ("least_occupied", "many_short"),
        ("most_skilled", "one_middle"),
        ("least_skilled", "many_short"),
        ("round_robin", "few_long"),
    ],
)
def test_each_strategy(strategy: str, who: str) -> None:
    histories = {"few_long": (1, 900.0), "many_short": (5, 10.0), "one_middle": (2, 300.0)}
    assert chosen(strategy, histories, {"few_long": 5, "many_short": 3, "one_middle": 9}) == who


def test_every_strategy_is_tried_above() -> None:
    assert len(STRATEGIES) == 6


def test_round_robin_goes_round() -> None:
    day = shop("a/q", strategy="round_robin", agents=3)
    turns = []
    for n in range(9):
        day.now += 1
        placed = day.router.enqueue(f"c{n}", "a/q", day.now)
        turns.append(offers(placed.commands)[0][1])
        day.router.offer_answered(token(placed.commands), day.now)
        day.router.talk_ended(f"c{n}", day.now)
    assert turns == ["a0", "a1", "a2"] * 3


# --- skills ---


def test_a_skill_counts_from_its_first_to_its_last_moment() -> None:
    trained = DatedSkill(skill="zh", level=5, starts=T0 + 100, ends=T0 + 200)
    router = Router(rules([queue("a/q", skills={"zh": 3})], [agent("ann", "a", dated=(trained,))]))
    router.sign_in("ann", "p", ["a"], T0)
    assert offers(router.enqueue("early", "a/q", T0 + 99).commands) == []
    assert router.next_deadline() == T0 + 100
    made = router.tick(T0 + 100)
    assert offers(made) == [("early", "ann")]
    router.offer_answered(token(made), T0 + 101)
    router.talk_ended("early", T0 + 110)
    router.tick(T0 + 120)
    assert offers(router.tick(T0 + 200)) == []
    assert offers(router.enqueue("late", "a/q", T0 + 201).commands) == []


def test_an_expression_is_asked_once_per_kind_of_agent_and_never_per_call(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Mapping[str, int]] = []
    met_by = SkillExpression.met_by

    def counted(condition: SkillExpression, skills: Mapping[str, int]) -> bool:
        asked.append(skills)
        return met_by(condition, skills)

    monkeypatch.setattr(SkillExpression, "met_by", counted)
    condition = SkillExpression(
        "skills.zh >= 5 && (skills.orders >= 1 || skills.refunds >= 3)", lambda skill: f"a/{skill}"
    )
    people = [agent(f"a{n}", "a", skills={"a/zh": 5 + n % 2, "a/refunds": 3}) for n in range(20)]
    people.append(agent("poor", "a", skills={"a/zh": 9, "a/refunds": 2}))
    router = Router(rules([queue("a/q", condition=condition)], people))
    for n, person in enumerate(people):
        router.sign_in(person.agent, f"p{n}", ["a"], T0 + n)
    for n in range(200):
        router.enqueue(f"c{n}", "a/q", T0 + 100)
    assert len(asked) == 3
    assert {ticket.agent for ticket in router.tickets() if ticket.agent} == {f"a{n}" for n in range(20)}


# --- ladder, list, preference ---


def test_rungs_are_taken_at_their_time_and_kept_over_a_crash() -> None:
    ladder = (Rung(after_s=10.0, ways=(Way.of("a", {"zh": 2}),)), Rung(after_s=20.0, raises=7))
    router = Router(rules([queue("a/q", skills={"zh": 5}, ladder=ladder)], [agent("ann", "a", skills={"zh": 1})]))
    router.enqueue("c", "a/q", T0)
    router.sign_in("ann", "p", ["a"], T0)
    for at, rung, priority in ((10, 1, 50), (20, 2, 57)):
        assert router.next_deadline() == T0 + at
        router.tick(T0 + at)
        ticket = router.ticket("c")
        assert ticket is not None
        assert (ticket.rung, ticket.priority) == (rung, priority)
        stored, again = router.dump_ticket("c"), Router(router.rules)
        assert stored is not None
        assert again.load([], [stored], T0 + at) == []
        assert again.next_deadline() == (T0 + 20 if rung == 1 else None)
    assert router.next_deadline() is None


def test_only_who_is_able_takes_from_the_list() -> None:
    queues = [queue("a/q", skills={"zh": 2}, picking=Picking.ONLY)]
    router = Router(rules(queues, [agent("ann", "a", skills={"zh": 2}), agent("bea", "a", skills={"zh": 1})]))
    router.sign_in("ann", "p1", ["a"], T0)
    router.sign_in("bea", "p2", ["a"], T0)
    router.enqueue("c", "a/q", T0)
    with pytest.raises(Exception, match="lacks skills"):
        router.pick("c", "bea", T0 + 1)
    made = router.pick("c", "ann", T0 + 1)
    assert offers(made) == [("c", "ann")]
    assert offers(router.tick(T0 + 1_000)) == []  # the lease ends, and nobody is rung unasked
    ticket = router.ticket("c")
    assert ticket is not None
    assert (ticket.offer, router.offer_answered(token(made), T0 + 1_001)[0]) == (None, False)
