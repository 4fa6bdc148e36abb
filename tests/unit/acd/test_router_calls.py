"""The router, call by call: what each event in each phase leads to."""

from __future__ import annotations

import pytest

from acd.protocol import AgentChanged, HandlingChanged, OfferContact, Phase, Refusal, TicketChanged, Wish
from acd.router import Router
from core.errors import ConflictError, NotFoundError
from core.facts import OfferOutcome
from tests.unit.acd.floor import T0, agent, offers, outcomes, queue, rules, stopped, token

SALES = queue("star/sales", skills={"sales": 2}, wrap_up_s=10.0, ring_s=20.0)
HELP = queue("star/help", wrap_up_s=0.0, unresponsive_s=30.0)
CHESS = queue("chess/desk", wrap_up_s=0.0)
ANN = agent("ann", "star", skills={"sales": 5})
BEA = agent("bea", "star chess", skills={"sales": 2})
CID = agent("cid", "chess")


@pytest.fixture
def router() -> Router:
    return Router(rules([SALES, HELP, CHESS], [ANN, BEA, CID], seats={"star": 2, "chess": 1}))


def talk(router: Router, contact: str, at: float, where: str = "star/sales") -> None:
    """A contact comes, is offered to somebody, and is answered."""
    placed = router.enqueue(contact, where, at)
    valid, _ = router.offer_answered(token(placed.commands), at)
    assert valid


def phase(router: Router, name: str) -> Phase:
    state = router.agent(name)
    assert state is not None
    return state.phase


# --- a call that goes well ---


def test_a_call_from_the_queue_to_the_next_call(router: Router) -> None:
    router.sign_in("ann", "p1", ["star"], T0)
    placed = router.enqueue("c1", "star/sales", T0 + 1)
    [offer] = [command for command in placed.commands if isinstance(command, OfferContact)]
    assert (offer.contact, offer.agent, offer.phone, offer.ring_s, offer.until) == ("c1", "ann", "p1", 20.0, T0 + 26)
    assert (placed.refused, placed.position, placed.priority) == (None, 1, 50)
    assert placed.commands[:-1] == (TicketChanged(contact="c1"), AgentChanged(agent="ann"))

    router.offer_ringing(offer.offer, T0 + 1.2)
    assert phase(router, "ann") is Phase.RINGING
    valid, commands = router.offer_answered(offer.offer, T0 + 5)
    assert valid
    assert outcomes(commands) == [("c1", "answered")]
    assert phase(router, "ann") is Phase.TALKING
    assert router.position("c1") is None
    assert router.next_deadline() is None

    router.enqueue("c2", "star/sales", T0 + 6)
    assert offers(router.talk_ended("c1", T0 + 60)) == []
    assert phase(router, "ann") is Phase.WRAP_UP
    assert router.next_deadline() == T0 + 70
    assert offers(router.tick(T0 + 69.9)) == []
    assert offers(router.tick(T0 + 70)) == [("c2", "ann")]


def test_without_wrap_up_the_next_call_is_offered_in_the_same_breath(router: Router) -> None:
    router.sign_in("ann", "p1", ["star"], T0)
    talk(router, "c1", T0, "star/help")
    router.enqueue("c2", "star/help", T0 + 1)
    assert offers(router.talk_ended("c1", T0 + 9)) == [("c2", "ann")]


def test_an_agents_own_wrap_up_counts_before_the_queues() -> None:
    quick = agent("ann", "star", skills={"sales": 5}, wrap_up_s=0.0)
    router = Router(rules([SALES], [quick]))
    router.sign_in("ann", "p1", ["star"], T0)
    talk(router, "c1", T0)
    router.talk_ended("c1", T0 + 9)
    assert phase(router, "ann") is Phase.IDLE


# --- who gets the call ---


def test_the_longest_idle_of_those_who_can(router: Router) -> None:
    router.sign_in("bea", "p2", ["star"], T0)
    router.sign_in("ann", "p1", ["star"], T0 + 1)
    assert offers(router.enqueue("c1", "star/sales", T0 + 2).commands) == [("c1", "bea")]
    assert offers(router.enqueue("c2", "star/sales", T0 + 2).commands) == [("c2", "ann")]


def test_the_level_asked_for_decides(router: Router) -> None:
    router.sign_in("bea", "p2", ["star"], T0)
    router.sign_in("ann", "p1", ["star"], T0 + 1)
    placed = router.enqueue("c1", "star/sales", T0 + 2, skills={"sales": 3})
    assert offers(placed.commands) == [("c1", "ann")]
    waits = router.enqueue("c2", "star/sales", T0 + 2, skills={"sales": 9})
    assert offers(waits.commands) == []


def test_no_other_tenants_agent_is_asked(router: Router) -> None:
    router.sign_in("ann", "p1", ["star"], T0)
    router.sign_in("bea", "p2", ["star"], T0)  # leased by chess too, but has no seat there today
    assert offers(router.enqueue("c1", "chess/desk", T0).commands) == []
    assert offers(router.sign_in("cid", "p3", ["chess"], T0 + 5)) == [("c1", "cid")]


def test_priority_then_age_over_all_the_agents_queues(router: Router) -> None:
    router.enqueue("old", "star/help", T0)
    router.enqueue("young", "star/help", T0 + 1)
    router.enqueue("urgent", "star/sales", T0 + 2, priority=60)
    router.enqueue("credited", "star/help", T0 + 3, queued_at=T0 - 90)
    assert [router.position(c) for c in ("old", "young", "urgent", "credited")] == [2, 3, 1, 1]
    assert offers(router.sign_in("ann", "p1", ["star"], T0 + 4)) == [("urgent", "ann")]
    assert offers(router.sign_in("bea", "p2", ["star"], T0 + 4)) == [("credited", "bea")]
    assert [ticket.contact for ticket in router.queue("star/help")] == ["credited", "old", "young"]


# --- offers that fail ---


def test_no_answer_keeps_the_place_and_the_next_agent_is_rung(router: Router) -> None:
    router.sign_in("ann", "p1", ["star"], T0)
    router.sign_in("bea", "p2", ["star"], T0 + 1)
    first = token(router.enqueue("c1", "star/help", T0 + 2).commands)
    router.enqueue("c2", "star/sales", T0 + 2, skills={"sales": 3})
    commands = router.offer_failed(first, OfferOutcome.NO_ANSWER, "19", T0 + 22)
    assert outcomes(commands) == [("c1", "no_answer")]
    assert stopped(commands) == []  # the phone is silent already
    assert offers(commands) == [("c1", "bea")]
    assert phase(router, "ann") is Phase.UNRESPONSIVE
    assert router.position("c1") == 1


def test_an_unresponsive_agent_comes_back_after_the_queues_time_or_by_word(router: Router) -> None:
    router.sign_in("ann", "p1", ["star"], T0)
    offer = token(router.enqueue("c1", "star/help", T0).commands)
    router.offer_failed(offer, OfferOutcome.NO_ANSWER, "19", T0 + 20)
    assert router.next_deadline() == T0 + 50
    offer = token(router.tick(T0 + 50))
    router.offer_failed(offer, OfferOutcome.NO_ANSWER, "19", T0 + 70)
    assert offers(router.ready("ann", T0 + 71)) == [("c1", "ann")]


def test_where_the_queue_says_nothing_only_the_agents_word_counts(router: Router) -> None:
    router.sign_in("ann", "p1", ["star"], T0)
    offer = token(router.enqueue("c1", "star/sales", T0).commands)
    router.offer_failed(offer, OfferOutcome.NO_ANSWER, "19", T0 + 20)
    assert router.next_deadline() is None
    assert offers(router.tick(T0 + 86_400)) == []
    assert offers(router.ready("ann", T0 + 86_401)) == [("c1", "ann")]


@pytest.mark.parametrize("outcome", [OfferOutcome.BUSY, OfferOutcome.REFUSED, OfferOutcome.UNREACHABLE])
def test_a_phone_that_does_not_take_calls_is_left_alone_longer_each_time(router: Router, outcome: OfferOutcome) -> None:
    router.sign_in("ann", "p1", ["star"], T0)
    offer, now, pauses = token(router.enqueue("c1", "star/help", T0).commands), T0, []
    for _ in range(6):
        assert offers(router.offer_failed(offer, outcome, "17", now)) == []
        due = router.next_deadline()
        assert due is not None
        pauses.append(due - now)
        now = due
        offer = token(router.tick(now))
    assert pauses == [5, 10, 20, 40, 60, 60]
    router.offer_answered(offer, now)
    router.talk_ended("c1", now)
    offer = token(router.enqueue("c2", "star/help", now).commands)
    router.offer_failed(offer, outcome, "17", now)
    assert router.next_deadline() == now + 5, "an answered call forgives"


def test_an_offer_that_the_host_takes_back_costs_the_agent_nothing_once(router: Router) -> None:
    router.sign_in("ann", "p1", ["star"], T0)
    offer = token(router.enqueue("c1", "star/help", T0).commands)
    commands = router.offer_failed(offer, OfferOutcome.WITHDRAWN, "restarted", T0 + 1)
    assert (outcomes(commands), stopped(commands)) == ([("c1", "withdrawn")], [])
    offer = token(commands)
    assert offers(router.offer_failed(offer, OfferOutcome.WITHDRAWN, "again", T0 + 1)) == []
    assert router.next_deadline() == T0 + 11


def test_a_host_that_restarts_again_and_again_costs_the_agent_nothing(router: Router) -> None:
    router.sign_in("ann", "p1", ["star"], T0)
    offer = token(router.enqueue("c1", "star/help", T0).commands)
    for crash in range(1, 4):
        commands = router.offer_withdrawn(offer, "restarted", T0 + crash)
        assert (outcomes(commands), stopped(commands)) == ([("c1", "withdrawn")], [])
        offer = token(commands)
    router.offer_answered(offer, T0 + 5)
    commands = router.offer_withdrawn(offer, "restarted before they were joined", T0 + 6)
    assert (outcomes(commands), offers(commands)) == ([], [("c1", "ann")])
    assert router.offer_withdrawn(offer, "told twice", T0 + 7) == []


def test_a_lease_that_nobody_ends_ends_itself(router: Router) -> None:
    router.sign_in("ann", "p1", ["star"], T0)
    offer = token(router.enqueue("c1", "star/help", T0).commands)
    assert router.next_deadline() == T0 + 25  # ring 20 s, grace 5 s
    commands = router.tick(T0 + 25)
    assert stopped(commands) == [offer]
    assert outcomes(commands) == [("c1", "expired")]
    assert offers(commands) == []
    assert offers(router.tick(T0 + 30)) == [("c1", "ann")]


def test_an_answer_that_is_too_late_changes_nothing(router: Router) -> None:
    router.sign_in("ann", "p1", ["star"], T0)
    router.sign_in("bea", "p2", ["star"], T0 + 1)
    late = token(router.enqueue("c1", "star/help", T0 + 2).commands)
    second = token(router.tick(T0 + 27))
    assert router.offer_answered(late, T0 + 27.1) == (False, [])
    assert router.offer_ringing(late, T0 + 27.1) == []
    assert router.offer_failed(late, OfferOutcome.BUSY, "17", T0 + 27.1) == []
    ticket = router.ticket("c1")
    assert ticket is not None
    assert (ticket.agent, ticket.offer, ticket.tried) == ("bea", second, ("ann",))


def test_an_answer_told_twice_is_as_good_as_once(router: Router) -> None:
    router.sign_in("ann", "p1", ["star"], T0)
    offer = token(router.enqueue("c1", "star/help", T0).commands)
    assert router.offer_answered(offer, T0 + 1)[0]
    assert router.offer_answered(offer, T0 + 1) == (True, [])


def test_a_leg_lost_between_answer_and_talk_gives_the_caller_the_place_back(router: Router) -> None:
    router.sign_in("ann", "p1", ["star"], T0)
    offer = token(router.enqueue("c1", "star/help", T0).commands)
    router.enqueue("c2", "star/help", T0 + 1)
    router.offer_answered(offer, T0 + 2)
    assert router.position("c2") == 1
    commands = router.offer_failed(offer, OfferOutcome.REFUSED, "16", T0 + 2.1)
    assert outcomes(commands) == []  # it was answered, and has been told as that
    assert (router.position("c1"), router.position("c2")) == (1, 2)
    assert phase(router, "ann") is Phase.UNRESPONSIVE


# --- callers who leave ---


def test_the_agents_phone_stops_ringing_when_the_caller_leaves(router: Router) -> None:
    router.sign_in("ann", "p1", ["star"], T0)
    offer = token(router.enqueue("c1", "star/help", T0 + 5).commands)
    router.offer_ringing(offer, T0 + 6)
    router.enqueue("c2", "star/help", T0 + 7)
    commands = router.leave("c1", T0 + 9)
    assert stopped(commands) == [offer]
    assert outcomes(commands) == [("c1", "withdrawn")]
    assert offers(commands) == [("c2", "ann")]
    assert router.ticket("c1") is None


def test_an_agent_whose_caller_left_is_as_idle_as_before(router: Router) -> None:
    router.sign_in("ann", "p1", ["star"], T0)
    router.sign_in("bea", "p2", ["star"], T0 + 1)
    router.enqueue("c1", "star/help", T0 + 5)
    router.leave("c1", T0 + 9)
    assert offers(router.enqueue("c2", "star/help", T0 + 10).commands) == [("c2", "ann")]


def test_leaving_in_a_conversation_ends_it(router: Router) -> None:
    router.sign_in("ann", "p1", ["star"], T0)
    talk(router, "c1", T0)
    router.leave("c1", T0 + 9)
    assert phase(router, "ann") is Phase.WRAP_UP
    assert router.leave("c1", T0 + 9) == []
    assert router.talk_ended("c1", T0 + 9) == []


# --- what agents want ---


def test_not_ready_in_a_conversation_takes_effect_afterwards_and_keeps_its_reason(router: Router) -> None:
    router.sign_in("ann", "p1", ["star"], T0)
    talk(router, "c1", T0)
    router.enqueue("c2", "star/sales", T0 + 1)
    router.not_ready("ann", "lunch", T0 + 2)
    assert phase(router, "ann") is Phase.TALKING
    router.talk_ended("c1", T0 + 9)
    assert phase(router, "ann") is Phase.WRAP_UP
    assert offers(router.tick(T0 + 19)) == []
    state = router.agent("ann")
    assert state is not None
    assert (state.wish, state.reason, state.phase) == (Wish.NOT_READY, "lunch", Phase.IDLE)
    assert offers(router.ready("ann", T0 + 99)) == [("c2", "ann")]


def test_not_ready_while_the_phone_rings_hands_the_caller_on(router: Router) -> None:
    router.sign_in("ann", "p1", ["star"], T0)
    router.sign_in("bea", "p2", ["star"], T0 + 1)
    offer = token(router.enqueue("c1", "star/help", T0 + 2).commands)
    commands = router.not_ready("ann", "lunch", T0 + 3)
    assert stopped(commands) == [offer]
    assert offers(commands) == [("c1", "bea")]


def test_signing_out_in_a_conversation_waits_for_its_end_and_keeps_the_seat(router: Router) -> None:
    router.sign_in("ann", "p1", ["star"], T0)
    talk(router, "c1", T0)
    router.sign_out("ann", T0 + 1)
    assert router.free_seats("star") == 1
    assert router.talk_ended("c1", T0 + 9) == [
        TicketChanged(contact="c1"),
        AgentChanged(agent="ann"),
        HandlingChanged(queue="star/sales"),
    ]
    assert router.agent("ann") is None
    assert router.free_seats("star") == 2
    assert router.dump_agent("ann") is None


def test_wrap_up_ends_early_by_word(router: Router) -> None:
    router.sign_in("ann", "p1", ["star"], T0)
    talk(router, "c1", T0)
    router.talk_ended("c1", T0 + 9)
    router.enqueue("c2", "star/sales", T0 + 10)
    assert offers(router.end_wrap_up("ann", T0 + 11)) == [("c2", "ann")]
    assert router.end_wrap_up("ann", T0 + 11) == []


def test_signing_in_not_ready(router: Router) -> None:
    router.enqueue("c1", "star/help", T0)
    commands = router.sign_in("ann", "p1", ["star"], T0, wish=Wish.NOT_READY, reason="setting up")
    assert offers(commands) == []
    assert offers(router.ready("ann", T0 + 3)) == [("c1", "ann")]


@pytest.mark.parametrize(
    ("who", "phone", "serves", "code"),
    [
        ("ann", "p9", ["star"], "in_use"),  # ann is on p1
        ("bea", "p1", ["star"], "in_use"),  # p1 is ann's
        ("bea", "p2", ["chess"], "no_seat"),  # cid has the only one
        ("cid", "p3", ["star", "chess"], "no_seat"),  # not leased there
        ("bea", "p2", [], "no_seat"),
        ("nobody", "p2", ["star"], "not_found"),
    ],
)
def test_sign_ins_that_are_refused(router: Router, who: str, phone: str, serves: list[str], code: str) -> None:
    router.sign_in("ann", "p1", ["star"], T0)
    router.sign_in("cid", "p3", ["chess"], T0)
    before = [router.dump_agent(state.agent) for state in router.agents()]
    with pytest.raises((ConflictError, NotFoundError)) as refused:
        router.sign_in(who, phone, serves, T0 + 1)
    assert refused.value.code == code
    assert [router.dump_agent(state.agent) for state in router.agents()] == before


def test_those_who_are_not_signed_in_cannot_be_ready(router: Router) -> None:
    with pytest.raises(ConflictError):
        router.ready("ann", T0)
    with pytest.raises(ConflictError):
        router.not_ready("ann", "lunch", T0)
    assert router.sign_out("ann", T0) == []


# --- phones ---


def test_a_lost_phone_is_not_rung_and_a_short_loss_costs_no_place(router: Router) -> None:
    router.sign_in("ann", "p1", ["star"], T0)
    router.sign_in("bea", "p2", ["star"], T0 + 1)
    router.phone_reachable("p1", False, T0 + 2)
    first = router.enqueue("c1", "star/help", T0 + 3)
    assert offers(first.commands) == [("c1", "bea")]
    assert offers(router.enqueue("c2", "star/help", T0 + 4).commands) == []
    assert offers(router.phone_reachable("p1", True, T0 + 30)) == [("c2", "ann")]
    state = router.agent("ann")
    assert state is not None
    assert state.idle_since == T0


def test_a_long_loss_does(router: Router) -> None:
    router.sign_in("ann", "p1", ["star"], T0)
    router.sign_in("bea", "p2", ["star"], T0 + 1)
    router.phone_reachable("p1", False, T0 + 2)
    router.phone_reachable("p1", True, T0 + 63)
    assert offers(router.enqueue("c1", "star/help", T0 + 64).commands) == [("c1", "bea")]


def test_what_is_known_of_a_phone_counts_for_who_signs_in_there(router: Router) -> None:
    router.phone_reachable("p1", False, T0)
    router.enqueue("c1", "star/help", T0)
    assert offers(router.sign_in("ann", "p1", ["star"], T0 + 1)) == []
    assert offers(router.phone_reachable("p1", True, T0 + 2)) == [("c1", "ann")]


def test_a_phone_with_a_call_of_its_own_is_not_rung_and_keeps_the_place(router: Router) -> None:
    router.sign_in("ann", "p1", ["star"], T0)
    router.sign_in("bea", "p2", ["star"], T0 + 1)
    router.phone_in_use("p1", True, T0 + 2)
    assert offers(router.enqueue("c1", "star/help", T0 + 3).commands) == [("c1", "bea")]
    assert offers(router.enqueue("c2", "star/help", T0 + 4).commands) == []
    assert router.phone_in_use("p1", True, T0 + 5) == []
    assert offers(router.phone_in_use("p1", False, T0 + 200)) == [("c2", "ann")]
    state = router.agent("ann")
    assert state is not None
    assert state.idle_since == T0


def test_who_signs_in_by_telephone_is_rung_after_that_call(router: Router) -> None:
    router.enqueue("c1", "star/help", T0)
    router.phone_in_use("p1", True, T0)
    assert offers(router.sign_in("ann", "p1", ["star"], T0 + 1)) == []
    assert offers(router.phone_in_use("p1", False, T0 + 2)) == [("c1", "ann")]


def test_a_call_of_its_own_during_a_conversation_counts_after_it(router: Router) -> None:
    router.sign_in("ann", "p1", ["star"], T0)
    (offer,) = [c.offer for c in router.enqueue("c1", "star/help", T0).commands if isinstance(c, OfferContact)]
    router.offer_answered(offer, T0 + 1)
    router.phone_in_use("p1", True, T0 + 2)
    router.talk_ended("c1", T0 + 3)
    router.ready("ann", T0 + 4)
    assert offers(router.enqueue("c2", "star/help", T0 + 5).commands) == []
    assert offers(router.phone_in_use("p1", False, T0 + 6)) == [("c2", "ann")]


# --- bounds ---


def test_a_full_queue_refuses_but_not_those_for_whom_somebody_is_free() -> None:
    router = Router(
        rules([queue("star/a", max_waiting=1), queue("star/b")], [agent("ann", "star")], waiting={"star": 2})
    )
    assert router.enqueue("c1", "star/a", T0).refused is None
    assert router.enqueue("c2", "star/a", T0).refused is Refusal.FULL
    assert router.enqueue("c3", "star/b", T0).refused is None
    assert router.enqueue("c4", "star/b", T0).refused is Refusal.FULL  # the tenant's bound
    assert router.ticket("c4") is None
    assert offers(router.sign_in("ann", "p1", ["star"], T0 + 1)) == [("c1", "ann")]
    assert router.enqueue("c5", "star/a", T0 + 2).refused is None  # c1 does not wait while it is offered
    assert router.enqueue("c6", "star/none", T0 + 2).refused is Refusal.NO_SUCH_QUEUE


def test_a_queue_with_no_waiting_lets_in_those_who_are_served_at_once() -> None:
    router = Router(rules([queue("star/a", max_waiting=0)], [agent("ann", "star")]))
    assert router.enqueue("c1", "star/a", T0).refused is Refusal.FULL
    router.sign_in("ann", "p1", ["star"], T0)
    assert offers(router.enqueue("c2", "star/a", T0).commands) == [("c2", "ann")]


def test_a_contact_is_queued_once(router: Router) -> None:
    router.enqueue("c1", "star/help", T0)
    with pytest.raises(ConflictError):
        router.enqueue("c1", "star/sales", T0)


# --- moves ---


def test_a_move_keeps_the_age_and_what_the_contact_asked_for(router: Router) -> None:
    router.enqueue("c1", "star/sales", T0, skills={"sales": 4, "en": 1})
    router.enqueue("c2", "star/help", T0 + 1)
    router.move("c1", T0 + 2, queue="star/help")
    ticket = router.ticket("c1")
    assert ticket is not None
    assert (ticket.queue, ticket.skills, ticket.queued_at) == ("star/help", {"sales": 4, "en": 1}, T0)
    assert (router.position("c1"), router.position("c2")) == (1, 2)


def test_pulled_forward(router: Router) -> None:
    router.enqueue("c1", "star/help", T0)
    router.enqueue("c2", "star/help", T0 + 1)
    router.move("c2", T0 + 2, priority=90)
    assert offers(router.sign_in("ann", "p1", ["star"], T0 + 3)) == [("c2", "ann")]


def test_a_move_to_another_queue_takes_the_offer_back(router: Router) -> None:
    router.sign_in("bea", "p2", ["star"], T0)
    offer = token(router.enqueue("c1", "star/help", T0).commands)
    router.enqueue("c2", "star/help", T0 + 1)
    commands = router.move("c1", T0 + 2, queue="star/sales", priority=10)
    assert stopped(commands) == [offer]
    assert offers(commands) == [("c2", "bea")]


@pytest.mark.parametrize(
    ("contact", "where", "error"),
    [
        ("c9", "star/help", NotFoundError),
        ("c1", "star/none", NotFoundError),
        ("c1", "chess/desk", ConflictError),
        ("talks", "star/help", ConflictError),
    ],
)
def test_moves_that_are_refused(router: Router, contact: str, where: str, error: type[Exception]) -> None:
    router.sign_in("ann", "p1", ["star"], T0)
    talk(router, "talks", T0)
    router.enqueue("c1", "star/help", T0)
    with pytest.raises(error):
        router.move(contact, T0 + 1, queue=where)
    assert router.position("c1") == 1


# --- reload ---


def test_a_reload_signs_out_whom_it_no_longer_knows_when_the_talk_is_over(router: Router) -> None:
    router.sign_in("ann", "p1", ["star"], T0)
    router.sign_in("bea", "p2", ["star"], T0)
    talk(router, "c1", T0)  # ann
    offer = token(router.enqueue("c2", "star/help", T0).commands)  # bea
    commands = router.apply_rules(rules([HELP], [CID]), T0 + 1)
    assert stopped(commands) == [offer]
    assert router.agent("bea") is None
    assert phase(router, "ann") is Phase.TALKING
    with pytest.raises(NotFoundError):
        router.ready("ann", T0 + 2)
    router.talk_ended("c1", T0 + 3)
    assert router.agent("ann") is None
    assert router.position("c2") == 1


def test_contacts_of_a_queue_that_is_gone_are_still_served_by_what_they_asked_for(router: Router) -> None:
    router.enqueue("c1", "star/sales", T0)
    router.apply_rules(rules([HELP], [ANN, agent("dan", "star")]), T0 + 1)
    assert offers(router.sign_in("dan", "p4", ["star"], T0 + 2)) == []
    assert offers(router.sign_in("ann", "p1", ["star"], T0 + 3)) == [("c1", "ann")]


def test_a_reload_that_makes_agents_able_serves_those_who_wait(router: Router) -> None:
    router.sign_in("cid", "p3", ["chess"], T0)
    router.enqueue("c1", "chess/desk", T0, skills={"zh": 1})
    trained = agent("cid", "chess", skills={"zh": 3})
    assert offers(router.apply_rules(rules([CHESS], [trained]), T0 + 1)) == [("c1", "cid")]


def test_a_lease_that_ended_frees_the_seat_and_takes_the_callers_away(router: Router) -> None:
    router.sign_in("bea", "p2", ["chess", "star"], T0)
    shorter = agent("bea", "star", skills={"sales": 2})
    router.apply_rules(rules([SALES, HELP, CHESS], [shorter], seats={"star": 2, "chess": 1}), T0 + 1)
    assert router.free_seats("chess") == 1
    assert offers(router.enqueue("c1", "chess/desk", T0 + 2).commands) == []
    assert [state.agent for state in router.able("star/sales")] == ["bea"]
    assert list(router.able("chess/desk")) == []


# --- picked up, and told something first ---


def test_an_offer_that_is_held_outlasts_its_ringing_and_is_answered_or_lost_like_any(router: Router) -> None:
    router.sign_in("ann", "p1", ["star"], T0)
    offer = token(router.enqueue("c1", "star/sales", T0 + 1).commands)
    valid, commands = router.offer_held(offer, T0 + 60, T0 + 20)  # picked up before the switch has told of ringing
    assert valid
    assert AgentChanged(agent="ann") in commands
    assert (phase(router, "ann"), router.next_deadline(), router.position("c1")) == (Phase.RINGING, T0 + 60, 1)
    assert router.offer_held(offer, T0 + 30, T0 + 21) == (True, [])  # never shorter
    assert router.next_deadline() == T0 + 60
    assert outcomes(router.tick(T0 + 59)) == []
    assert outcomes(router.tick(T0 + 60)) == [("c1", "expired")]
    assert router.offer_held(offer, T0 + 90, T0 + 61) == (False, [])
    state = router.agent("ann")
    assert state is not None
    assert state.failed == "expired: the lease ran out"
    router.ready("ann", T0 + 62)
    assert state.failed == ""


def test_who_leaves_while_an_offer_is_held_leaves_the_agent_idle(router: Router) -> None:
    router.sign_in("ann", "p1", ["star"], T0)
    offer = token(router.enqueue("c1", "star/sales", T0).commands)
    router.offer_held(offer, T0 + 60, T0 + 5)
    commands = router.leave("c1", T0 + 6)
    assert (stopped(commands), outcomes(commands)) == ([offer], [("c1", "withdrawn")])
    assert phase(router, "ann") is Phase.IDLE


# --- another phone ---


def test_an_agent_is_taken_over_to_another_phone(router: Router) -> None:
    router.phone_reachable("p3", False, T0)
    router.sign_in("ann", "p1", ["star"], T0)
    with pytest.raises(ConflictError):
        router.sign_in("ann", "p2", ["star"], T0 + 1)
    router.sign_in("ann", "p2", ["star"], T0 + 2, move=True)
    state = router.agent_on("p2")
    assert state is not None
    assert (state.agent, router.agent_on("p1")) == ("ann", None)
    assert router.free_seats("star") == 1
    [offer] = [c for c in router.enqueue("c1", "star/sales", T0 + 3).commands if isinstance(c, OfferContact)]
    assert offer.phone == "p2"
    commands = router.sign_in("ann", "p3", ["star"], T0 + 4, move=True)  # rings at p2, and p3 is not to be reached
    assert (stopped(commands), outcomes(commands), offers(commands)) == ([offer.offer], [("c1", "withdrawn")], [])
    assert not state.reachable
    assert offers(router.phone_reachable("p3", True, T0 + 5)) == [("c1", "ann")]
    router.sign_in("bea", "p1", ["star"], T0 + 6)  # the former phone is anybody's


def test_nobody_is_taken_out_of_a_conversation_or_to_a_phone_that_is_anothers(router: Router) -> None:
    router.sign_in("ann", "p1", ["star"], T0)
    talk(router, "c1", T0)
    with pytest.raises(ConflictError):
        router.sign_in("ann", "p2", ["star"], T0 + 1, move=True)
    router.sign_in("bea", "p2", ["star"], T0 + 2)
    with pytest.raises(ConflictError):
        router.sign_in("bea", "p1", ["star"], T0 + 3, move=True)
    assert router.agent_on("p2") is router.agent("bea")


def test_the_last_conversation_is_remembered_until_the_next_and_its_wrap_up_told(router: Router) -> None:
    router.sign_in("ann", "p1", ["star"], T0)
    talk(router, "c1", T0)
    router.talk_ended("c1", T0 + 60)
    state = router.agent("ann")
    assert state is not None
    assert (state.last_contact, state.last_queue, state.last_until) == ("c1", "star/sales", T0 + 70)
    router.end_wrap_up("ann", T0 + 65)
    assert state.last_until == T0 + 65
    talk(router, "c2", T0 + 80)
    assert state.last_contact == "c1"
    router.talk_ended("c2", T0 + 90)
    assert (state.last_contact, state.last_until) == ("c2", T0 + 100)
