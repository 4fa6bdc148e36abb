"""How such systems fail, by their own issue trackers, and what this router does instead: each with its name.

Of the nineteen those that a router can have; the others (a second node, statistics, lost events, clients that hang on a
lost reply, flows that cannot be tested or moved) are in tests/unit/vcc/test_known_failures.py. Then: input that is bad.
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any

import pytest

from acd.protocol import AgentRules, DatedSkill, OfferContact, Phase, QueueRules, Refusal, Rules, Rung, Wish
from acd.requirement import Way
from acd.router import Router
from core.errors import ConflictError, NotFoundError
from core.facts import OfferOutcome
from tests.unit.acd.floor import T0, agent, offers, outcomes, queue, rules, stopped, token

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from acd.protocol import Command

ANN, BEA = agent("ann", "star"), agent("bea", "star chess")
HELP = queue("star/help", wrap_up_s=5.0)
DESK = queue("chess/desk", wrap_up_s=5.0)


def centre(*queues: QueueRules, agents: tuple[AgentRules, ...] = (ANN, BEA), **more: Any) -> Router:
    """Everybody is signed in and ready, for all tenants, since T0, one second apart."""
    router = Router(rules(queues or (HELP, DESK), agents, **more))
    for n, person in enumerate(agents):
        router.sign_in(person.agent, f"p{n}", person.serves, T0 + n)
    return router


def phase(router: Router, name: str) -> Phase:
    """What routing knows of an agent."""
    state = router.agent(name)
    assert state is not None
    return state.phase


def agent_of(router: Router, contact: str) -> str | None:
    """With whom a contact is; None: the router has it no more."""
    ticket = router.ticket(contact)
    return None if ticket is None else ticket.agent


def tokens_of(commands: Iterable[Command]) -> list[int]:
    """The tokens of all offers made."""
    return [command.offer for command in commands if isinstance(command, OfferContact)]


def test_01_agents_stuck_for_ever_in_receiving_or_reserved() -> None:
    """The host never tells what became of any offer: every lease ends by itself, and all are offered calls again."""
    router, now = centre(), T0 + 2
    for n in range(20):
        router.enqueue(f"c{n}", "star/help", now)
    for _ in range(200):
        due = router.next_deadline()
        assert due is not None, "somebody is reserved and nothing will end that"
        now = max(now, due)
        router.tick(now)
        for state in router.agents():
            assert state.phase not in (Phase.RESERVED, Phase.RINGING) or (state.until or 0) > now
    assert {ticket.contact for ticket in router.tickets()} == {f"c{n}" for n in range(20)}


def test_02_overload_the_cost_of_a_decision_does_not_grow_with_who_waits() -> None:
    costs = []
    for waiting in (500, 20_000):
        router = centre()
        for n in range(waiting):
            router.enqueue(f"c{n}", "star/help", T0 + 2)
        contacts = [next(t.contact for t in router.tickets() if t.agent)]
        began = time.process_time()
        for n in range(400):
            [contact] = contacts
            router.offer_answered(next(iter(router.offers_of(contact))), T0 + n)
            router.talk_ended(contact, T0 + n)
            contacts = [name for name, who in offers(router.ready("ann", T0 + n)) if who == "ann"] or [
                name for name, _ in offers(router.ready("bea", T0 + n))
            ]
        costs.append(time.process_time() - began)
    assert costs[1] < 5 * costs[0], costs


def test_04_dispatcher_deadlocks_and_a_reload_that_takes_seconds() -> None:
    people = tuple(agent(f"a{n}", "star", skills={"zh": n % 10 + 1, "en": n % 7 + 1}) for n in range(2_000))
    router = centre(*[queue(f"star/q{n}", skills={"zh": n % 9 + 1}) for n in range(50)], agents=people)
    began = time.process_time()
    router.apply_rules(router.rules, T0 + 5_000)
    assert time.process_time() - began < 10.0


def test_05_phones_ring_after_the_caller_left() -> None:
    router = centre(queue("star/help", ring_at_once=2))
    tokens = tokens_of(router.enqueue("c", "star/help", T0 + 2).commands)
    assert sorted(stopped(router.leave("c", T0 + 3))) == sorted(tokens)
    assert len(tokens) == 2


def test_06_two_agents_answer_one_caller() -> None:
    router = centre(queue("star/help", ring_at_once=2))
    made = router.enqueue("c", "star/help", T0 + 2).commands
    first, second = tokens_of(made)
    valid, commands = router.offer_answered(second, T0 + 3)
    assert (valid, stopped(commands)) == (True, [first])
    assert router.offer_answered(first, T0 + 3) == (False, [])
    assert [state.contact for state in router.agents() if state.contact] == ["c"]


def test_07_wrap_up_ignored_across_queues_or_after_a_transfer() -> None:
    router = centre(agents=(BEA,))
    router.offer_answered(token(router.enqueue("c1", "star/help", T0 + 2).commands), T0 + 3)
    router.enqueue("c2", "chess/desk", T0 + 4)
    assert offers(router.talk_ended("c1", T0 + 10)) == []
    assert offers(router.tick(T0 + 14.9)) == []
    assert offers(router.tick(T0 + 15)) == [("c2", "bea")]

    handed = centre()
    for contact in ("c1", "c2"):
        handed.offer_answered(token(handed.enqueue(contact, "star/help", T0 + 5).commands), T0 + 6)
    handed.hand_over("c1", "c2", T0 + 9)
    assert (phase(handed, "ann"), phase(handed, "bea")) == (Phase.WRAP_UP, Phase.TALKING)


def test_08_pause_reason_lost() -> None:
    router = centre(agents=(ANN,))
    router.offer_answered(token(router.enqueue("c", "star/help", T0 + 2).commands), T0 + 3)
    router.not_ready("ann", "lunch", T0 + 4)
    router.talk_ended("c", T0 + 5)
    router.tick(T0 + 20)
    stored = router.dump_agent("ann")
    assert stored is not None
    again = Router(router.rules)
    again.load([stored], [], T0 + 30)
    state = again.agent("ann")
    assert state is not None
    assert (state.wish, state.reason, state.phase) == (Wish.NOT_READY, "lunch", Phase.IDLE)


@pytest.mark.parametrize("seed", range(5))
def test_09_queue_order_violated_callers_starved(seed: int) -> None:
    """Offers that fail, crashes and moves in between: those of equal priority are answered as they came."""
    dice, router, now = random.Random(seed), centre(agents=(ANN,)), T0 + 2
    answered: list[str] = []
    for n in range(30):
        router.enqueue(f"c{n:02}", "star/help", now + n / 100)
    while len(answered) < 30:
        now += 1
        found = router.agent("ann")
        assert found is not None
        if found.phase is Phase.RESERVED and found.offer is not None:
            if dice.random() < 0.5:
                router.offer_failed(found.offer, dice.choice([OfferOutcome.BUSY, OfferOutcome.NO_ANSWER]), "", now)
            else:
                answered.append(found.contact)
                router.offer_answered(found.offer, now)
                router.talk_ended(found.contact, now)
        elif dice.random() < 0.3:
            stored = [router.dump_agent("ann")], [router.dump_ticket(t.contact) for t in router.tickets()]
            router = Router(router.rules)
            router.load([a for a in stored[0] if a], [t for t in stored[1] if t], now)
            router.resume(now)
        else:
            router.ready("ann", now)
    assert answered == sorted(answered)


def test_10_rules_that_are_silently_wrong() -> None:
    """A queue that nobody can serve is told as such; `vcc check` refuses it (tests/golden/config)."""
    router = centre(queue("star/help", skills={"klingon": 3}))
    router.enqueue("c", "star/help", T0 + 2)
    assert router.waits_for("c") == {}


def test_11_unregistered_phones_stay_available() -> None:
    router = centre(agents=(ANN,))
    router.phone_reachable("p0", False, T0 + 2)
    assert offers(router.enqueue("c", "star/help", T0 + 3).commands) == []
    assert router.waits_for("c") == {"unreachable": 1}
    assert offers(router.phone_reachable("p0", True, T0 + 4)) == [("c", "ann")]


def test_12_the_same_agent_offered_again_and_again_after_a_reject() -> None:
    router, now, count = centre(agents=(ANN,)), T0 + 2, 0
    made: Any = router.enqueue("c", "star/help", now).commands
    while now < T0 + 600:
        if offers(made):
            count += 1
            router.offer_failed(token(made), OfferOutcome.REFUSED, "", now)
        due = router.next_deadline()
        assert due is not None
        now = due
        made = router.tick(now)
    assert count <= 14, "cooled down: 5, 10, 20, 40 and then 60 seconds"


def test_13_no_position() -> None:
    router = centre(agents=())
    for n in range(5):
        router.enqueue(f"c{n}", "star/help", T0 + n)
    router.leave("c1", T0 + 9)
    assert [router.position(f"c{n}") for n in range(5)] == [1, None, 2, 3, 4]


def test_14_answered_counted_as_abandoned_after_a_restart() -> None:
    router = centre(agents=(ANN,))
    router.offer_answered(token(router.enqueue("c", "star/help", T0 + 2).commands), T0 + 3)
    agents, tickets = [router.dump_agent("ann")], [router.dump_ticket("c")]
    again = Router(router.rules)
    again.load([a for a in agents if a], [t for t in tickets if t], T0 + 9)
    assert outcomes(again.leave("c", T0 + 10)) == []
    assert phase(again, "ann") is Phase.WRAP_UP


def test_15_one_reject_drops_the_caller() -> None:
    router = centre()
    made = router.enqueue("c", "star/help", T0 + 2).commands
    assert offers(router.offer_failed(token(made), OfferOutcome.REFUSED, "", T0 + 3)) == [("c", "bea")]
    made = tuple(router.offer_failed(token(made) + 1, OfferOutcome.REFUSED, "", T0 + 4))
    assert agent_of(router, "c") is not None


def test_19_no_caps_per_tenant() -> None:
    router = centre(agents=(), waiting={"star": 2})
    assert [router.enqueue(f"c{n}", "star/help", T0).refused for n in range(3)] == [None, None, Refusal.FULL]
    assert router.enqueue("other", "chess/desk", T0).refused is None


# --- bad input ---


def test_contradictory_rules_lose_nobody() -> None:
    """A skill that ends before it begins, a rung that asks for more, a raise without a bound, an empty way."""
    contrary = DatedSkill(skill="zh", level=9, starts=T0 + 100, ends=T0 + 50)
    ladder = (Rung(after_s=-5.0, ways=(Way.of("star", {"zh": 10}),)), Rung(after_s=-9.0, raises=1_000))
    router = centre(queue("star/help", ladder=ladder), agents=(agent("ann", "star", dated=(contrary,)),))
    placed = router.enqueue("c", "star/help", T0 + 2)
    assert (placed.refused, placed.priority, agent_of(router, "c")) == (None, 1_050, "")
    router.tick(T0 + 1_000)
    assert agent_of(router, "c") == ""


def test_skills_that_nobody_knows() -> None:
    router = centre(agents=(ANN,))
    assert offers(router.enqueue("c", "star/help", T0 + 2, skills={"nonesuch": 1}).commands) == []
    assert router.waits_for("c") == {}
    assert offers(router.enqueue("d", "star/help", T0 + 3).commands) == [("d", "ann")]


def test_negative_levels_are_none_and_ask_for_nothing() -> None:
    router = centre(queue("star/help", skills={"zh": -3}), agents=(agent("ann", "star", skills={"zh": -7, "en": 0}),))
    assert offers(router.enqueue("c", "star/help", T0 + 2, skills={"en": -1}).commands) == [("c", "ann")]


@pytest.mark.parametrize("weight", [0.0, -5.0])
def test_a_weight_that_is_none_counts_as_one(weight: float) -> None:
    router = centre(agents=(BEA,), weights={"star": weight})
    router.enqueue("c", "star/help", T0 + 2)
    pool = router.dump_pool("chess star")
    assert pool is not None
    assert pool["used"] == {"star": 180.0}


def test_a_clock_that_jumps_back() -> None:
    """By an hour, while one waits and a phone rings: order and leases are kept, and the next tick is told rightly."""
    router, hour = centre(agents=(ANN,)), 3_600.0
    ringing = router.enqueue("ringing", "star/help", T0 + 10).commands
    router.enqueue("first", "star/help", T0 + 20)
    router.enqueue("second", "star/help", T0 + 30 - hour)
    assert (router.position("first"), router.position("second")) == (2, 3)
    due = router.next_deadline()
    assert due == pytest.approx(T0 + 30 - hour + 15)  # 25 s from 10 s on, of which 10 s are over
    assert due is not None
    router.tick(due)
    assert router.offer_answered(token(ringing), due + 1) == (False, [])
    stored = [router.dump_ticket(t.contact) for t in router.tickets()]
    assert all(data is not None and data["queued_at"] <= T0 + 31 - hour for data in stored[1:])
    assert offers(router.ready("ann", due + 2)) == [("ringing", "ann")]


def test_a_clock_that_jumped_forward_and_back_leaves_nobody_stuck() -> None:
    router, year = centre(agents=(ANN,)), 365 * 86_400.0
    router.enqueue("c", "star/help", T0 + year)
    due = router.next_deadline()
    assert due == T0 + year + 25
    router.enqueue("d", "star/help", T0 + 10)
    due = router.next_deadline()
    assert due == pytest.approx(T0 + 35)
    assert outcomes(router.tick(T0 + 36)) == [("c", "expired")]


FACTS = ("offer_ringing", "offer_answered", "offer_withdrawn", "offer_failed", "talk_ended", "leave", "talk_held")


def test_facts_out_of_order_twice_and_of_calls_that_are_gone() -> None:
    """Every fact, about an offer and a contact in every state of theirs, twice: nothing is raised, nothing is lost."""
    for state in ("waiting", "offered", "answered", "gone", "never"):
        for fact in FACTS:
            router = centre(agents=(ANN,) if state != "waiting" else ())
            made = router.enqueue("c", "star/help", T0 + 2).commands if state != "never" else ()
            offer = token(made) if offers(made) else 17
            if state == "answered":
                router.offer_answered(offer, T0 + 3)
            elif state == "gone":
                router.leave("c", T0 + 3)
            for at in (T0 + 4, T0 + 3, T0 + 4):
                _tell(router, fact, offer, at)
            held = {s.contact for s in router.agents() if s.contact}
            assert held == {t.contact for t in router.tickets() if t.agent}, (state, fact)
            if state == "waiting" and fact != "leave":
                assert router.position("c") == 1, fact


def _tell(router: Router, fact: str, offer: int, at: float) -> None:
    match fact:
        case "offer_failed":
            router.offer_failed(offer, OfferOutcome.BUSY, "", at)
        case "offer_withdrawn":
            router.offer_withdrawn(offer, "", at)
        case "talk_held":
            router.talk_held("c", held=True, now=at)
        case "offer_ringing" | "offer_answered":
            getattr(router, fact)(offer, at)
        case _:
            getattr(router, fact)("c", at)


def test_what_is_unknown_is_said_and_changes_nothing() -> None:
    router = centre()
    cases: tuple[tuple[Callable[[], object], type[Exception]], ...] = (
        (lambda: router.move("nobody", T0 + 3, priority=3), NotFoundError),
        (lambda: router.pick("nobody", "ann", T0 + 3), NotFoundError),
        (lambda: router.pick("nobody", "stranger", T0 + 3), ConflictError),
        (lambda: router.ready("stranger", T0 + 3), ConflictError),
        (lambda: router.take("c", "no/queue", "ann", T0 + 3), NotFoundError),
        (lambda: router.sign_in("stranger", "p9", ["star"], T0 + 3), NotFoundError),
    )
    for wrong, error in cases:
        with pytest.raises(error):
            wrong()
    assert router.enqueue("c", "no/queue", T0 + 3).refused is Refusal.NO_SUCH_QUEUE
    assert {s.phase for s in router.agents()} == {Phase.IDLE}


def test_no_rules_at_all() -> None:
    router = centre()
    router.enqueue("c", "star/help", T0 + 2)
    router.apply_rules(Rules(queues={}, agents={}), T0 + 3)
    assert (list(router.agents()), agent_of(router, "c")) == ([], "")
