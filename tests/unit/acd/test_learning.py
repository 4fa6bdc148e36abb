"""A supervisor puts an agent on a queue, takes the agent off, or says what the agent can do: from then on."""

from __future__ import annotations

import pytest

from acd.protocol import AgentChanged, AgentRules, AskedLess, OfferContact, Rung
from acd.requirement import Way
from acd.router import Router
from core.errors import NotFoundError
from tests.unit.acd.floor import T0, agent, offers, outcomes, queue, rules, stopped, token

ANN, BEA = agent("ann", "star", skills={"zh": 5}), agent("bea", "star", skills={"en": 5})


def router(**values: object) -> Router:
    """Ann knows what sales asks for, Bea what support does; both idle, Ann for longer."""
    sales = queue("star/sales", skills={"zh": 3}, **values)
    made = Router(rules([sales, queue("star/support", skills={"en": 3}), queue("chess/desk")], [ANN, BEA]))
    made.sign_in("ann", "p1", {"star"}, T0)
    made.sign_in("bea", "p2", {"star"}, T0 + 1)
    return made


def moved(known: AgentRules, **queues: bool) -> AgentRules:
    """The same agent, of whom this was said."""
    said = {f"star/{name}": on for name, on in queues.items()}
    return agent(known.agent, "star", skills=known.skills, queues=said)


def test_who_is_put_on_a_queue_gets_its_contacts_that_wait_and_those_that_come() -> None:
    floor = router()
    floor.not_ready("ann", "", T0 + 2)
    assert offers(floor.enqueue("c1", "star/sales", T0 + 3).commands) == []
    assert offers(floor.learn(moved(BEA, sales=True), T0 + 4)) == [("c1", "bea")]
    floor.leave("c1", T0 + 5)
    assert offers(floor.enqueue("c2", "star/sales", T0 + 6).commands) == [("c2", "bea")]
    assert floor.count_staffed("star/sales") == 2
    assert (floor.takes("bea", "star/sales", T0), floor.takes("bea", "star/support", T0)) == (True, True)


def test_who_is_taken_off_gets_none_and_an_offer_under_way_goes_to_somebody_else() -> None:
    floor = router()
    floor.learn(moved(BEA, sales=True), T0 + 2)
    made = floor.enqueue("c1", "star/sales", T0 + 3).commands
    assert offers(made) == [("c1", "ann")]
    commands = floor.learn(moved(ANN, sales=False), T0 + 4)
    assert (stopped(commands), outcomes(commands)) == ([token(made)], [("c1", "withdrawn")])
    assert offers(commands) == [("c1", "bea")]
    assert AgentChanged(agent="ann") in commands
    assert offers(floor.enqueue("c2", "star/sales", T0 + 5).commands) == []
    assert floor.waits_for("c2") == {"reserved": 1, "taken_off": 1}
    assert floor.count_staffed("star/sales") == 1


def test_a_conversation_goes_on() -> None:
    floor = router()
    floor.offer_answered(token(floor.enqueue("c1", "star/sales", T0 + 2).commands), T0 + 3)
    assert floor.learn(moved(ANN, sales=False), T0 + 4) == []
    state = floor.agent("ann")
    assert state is not None
    assert (state.phase, state.contact) == ("talking", "c1")


def test_a_place_among_the_idle_is_kept() -> None:
    floor = router()
    floor.learn(moved(ANN, sales=True, support=True), T0 + 50)
    assert offers(floor.enqueue("c1", "star/support", T0 + 60).commands) == [("c1", "ann")], "idle for longer than Bea"


def test_what_the_contact_itself_asks_for_counts_for_who_was_put_on_too() -> None:
    floor = router()
    floor.not_ready("ann", "", T0 + 2)
    floor.learn(moved(BEA, sales=True), T0 + 3)
    assert offers(floor.enqueue("c1", "star/sales", T0 + 4, skills={"fr": 2}).commands) == []
    assert offers(floor.enqueue("c2", "star/sales", T0 + 5, skills={"en": 2}).commands) == [("c2", "bea")]


def test_it_gives_no_seat_of_another_tenant() -> None:
    floor = router()
    leased = agent("bea", "star chess", skills={"en": 5}, queues={"chess/desk": True})
    floor.learn(leased, T0 + 2)
    assert offers(floor.enqueue("c1", "chess/desk", T0 + 3).commands) == [], "bea is in a seat of star alone"
    assert offers(floor.sign_in("bea", "p2", {"star", "chess"}, T0 + 4)) == [("c1", "bea")]


def test_nobody_waits_for_a_preferred_agent_who_was_taken_off() -> None:
    floor = router(prefer_s=60.0, ladder=(Rung(after_s=300, ways=(Way.of("star", {}),)),))
    busy = floor.enqueue("c0", "star/sales", T0 + 2).commands
    floor.offer_answered(token(busy), T0 + 3)
    floor.enqueue("c1", "star/sales", T0 + 4, prefers=("ann",))
    commands = floor.learn(moved(ANN, sales=False), T0 + 5)
    assert [c.rung for c in commands if isinstance(c, AskedLess)] == [0]
    floor.talk_ended("c0", T0 + 6)
    assert offers(floor.ready("ann", T0 + 7)) == []
    assert offers(floor.enqueue("c2", "star/sales", T0 + 8, prefers=("ann",)).commands) == []
    assert offers(floor.tick(T0 + 304)) == [("c1", "bea")], "the ladder is as it was"


def test_a_skill_that_is_said_otherwise_counts_at_once() -> None:
    floor = router()
    floor.not_ready("ann", "", T0 + 2)
    floor.enqueue("c1", "star/sales", T0 + 3)
    assert offers(floor.learn(agent("bea", "star", skills={"zh": 3}), T0 + 4)) == [("c1", "bea")]
    assert floor.count_staffed("star/support") == 0


def test_it_is_told_with_the_offer_who_had_been_taken_off() -> None:
    floor = router()
    floor.learn(moved(ANN, sales=False), T0 + 2)
    [offer] = [c for c in floor.learn(moved(BEA, sales=True), T0 + 3) if isinstance(c, OfferContact)] or [
        c for c in floor.enqueue("c1", "star/sales", T0 + 4).commands if isinstance(c, OfferContact)
    ]
    assert (offer.agent, offer.why.passed, offer.why.others) == ("bea", (("ann", "taken_off", ()),), 0)


def test_as_configured_again_leaves_nothing_behind() -> None:
    floor = router()
    floor.learn(moved(BEA, sales=True), T0 + 2)
    floor.learn(moved(ANN, sales=False), T0 + 2)
    floor.learn(BEA, T0 + 3)
    floor.learn(ANN, T0 + 3)
    assert offers(floor.enqueue("c1", "star/sales", T0 + 4).commands) == [("c1", "ann")]
    assert floor.waits_for("c1") is None
    assert offers(floor.enqueue("c2", "star/sales", T0 + 5).commands) == []
    assert floor.waits_for("c2") == {"reserved": 1}


def test_of_whom_the_rules_do_not_know_nothing_can_be_said() -> None:
    with pytest.raises(NotFoundError):
        router().learn(agent("zoe", "star"), T0)
