"""What a queue may ask of the router, seen from the phones: several that ring, ladders, preferred agents, the list."""

from __future__ import annotations

import pytest

from core.errors import ConflictError, NotFoundError
from core.facts import CommandGiven, ContactEnded, LadderClimbed, OfferEnded, OfferMade, Outcome, dump
from tests.unit.vcc.calls.centre import Centre, done
from tests.unit.vcc.calls.configuration import TEXTS
from vcc.cli.explaining import told

_QUEUES = "tenants/press/queues.yaml"
_AGENTS = "tenants/press/agents.yaml"


def centre_texts(more: str) -> dict[str, str]:
    """The texts with the press's queue of orders changed."""
    return {**TEXTS, _QUEUES: TEXTS[_QUEUES].replace("ring_s: 10,", f"ring_s: 10, {more},", 1)}


@pytest.fixture
def both() -> Centre:
    """Two agents, whose phones ring for the same caller."""
    centre = Centre(centre_texts("ring_at_once: 2"))
    centre.ready()
    centre.ready("press/li", "p2")
    centre.leg = centre.waiting()  # type: ignore[attr-defined]
    centre.wait(1)
    assert (centre.rings("p1"), centre.rings("p2")) == (True, True)
    return centre


@pytest.mark.parametrize(("first", "other", "agent"), [("p1", "p2", "press/wang"), ("p2", "p1", "press/li")])
def test_the_first_to_answer_gets_the_call_and_the_other_phone_stops(
    both: Centre, first: str, other: str, agent: str
) -> None:
    both.pick_up(first)
    both.wait(1)
    session = both.session(both.leg)  # type: ignore[attr-defined]
    assert (session.stage, session.agent, session.also) == ("talking", agent, {})
    assert not both.rings(other)
    assert {(o.agent, str(o.outcome)) for o in both.of(OfferEnded)} == {
        (agent, "answered"),
        ({"press/wang": "press/li", "press/li": "press/wang"}[agent], "withdrawn"),
    }
    both.put_down(first)
    both.wait(10)
    assert (both.phase("press/wang"), both.phase("press/li")) == ("idle", "idle")


def test_who_refuses_leaves_the_others_ringing(both: Centre) -> None:
    for phone in ("p2", "p1"):
        both.exchange.refuse(phone)
        both.wait(0.5)
    assert not both.rings("p1")
    assert {(o.agent, str(o.outcome)) for o in both.of(OfferEnded)} == {
        ("press/wang", "refused"),
        ("press/li", "refused"),
    }
    both.wait(6)
    assert (both.rings("p1"), both.rings("p2")) == (False, True)  # who refused first has cooled down first


def test_all_phones_stop_when_the_caller_leaves(both: Centre) -> None:
    both.leave(both.leg)  # type: ignore[attr-defined]
    both.wait(0.5)
    assert (both.rings("p1"), both.rings("p2")) == (False, False)
    assert (both.phase("press/wang"), both.phase("press/li")) == ("idle", "idle")
    assert both.of(ContactEnded)[-1].outcome is Outcome.ABANDONED


def test_a_phone_that_is_lost_leaves_the_other_ringing(both: Centre) -> None:
    both.exchange.set_reachable("p1", reachable=False)
    both.wait(0.5)
    assert both.rings("p2")
    both.pick_up("p2")
    both.wait(1)
    assert both.session(both.leg).agent == "press/li"  # type: ignore[attr-defined]


def test_both_ring_again_after_a_crash_and_nobody_is_lost(both: Centre) -> None:
    both.restart()
    both.wait(3)
    assert (both.rings("p1"), both.rings("p2")) == (True, True)
    both.pick_up("p1")
    both.wait(1)
    assert (both.session(both.leg).agent, both.rings("p2")) == ("press/wang", False)  # type: ignore[attr-defined]


def test_nobody_answers_of_those_who_were_rung(both: Centre) -> None:
    both.wait(12)
    assert (both.phase("press/wang"), both.phase("press/li")) == ("unresponsive", "unresponsive")
    assert both.stage(both.leg) == "waiting"  # type: ignore[attr-defined]


def test_a_ladder_lets_others_in_after_a_while_and_that_is_on_record_and_told() -> None:
    agents = TEXTS["tenants/press/agents.yaml"].replace("skills: {zh: 7}", "skills: {zh: 2}")
    centre = Centre({**centre_texts("ladder: [{after_s: 20, skills: {zh: 1}, raises: 5}]"), _AGENTS: agents})
    centre.ready("press/li", "p2")
    leg = centre.waiting()
    centre.wait(15)
    assert not centre.rings("p2")
    waits = centre.hub.floor.router.waits_for(centre.session(leg).contact)
    assert waits == {}
    centre.wait(10)
    assert centre.rings("p2")
    [climbed] = centre.of(LadderClimbed)
    assert (climbed.rung, climbed.priority) == (1, 55)
    assert centre.of(OfferMade)[-1].rung == 1


def test_a_caller_waits_for_the_preferred_agent_and_then_for_anybody() -> None:
    flow = TEXTS["tenants/press/flows/main.yaml"]
    flow = flow.replace("name: orders\n", "name: orders\n          prefers: '2001'\n", 1)
    centre = Centre({**centre_texts("prefer_s: 15"), "tenants/press/flows/main.yaml": flow})
    centre.ready()
    centre.talking()
    centre.ready("press/li", "p2")
    centre.waiting("556")
    centre.wait(10)
    assert not centre.rings("p2")
    centre.wait(10)
    assert centre.rings("p2")
    assert [fact.side for fact in centre.of(OfferMade)] == ["preferred", "contact"]


def test_a_caller_waits_for_whoever_talked_with_that_caller_last() -> None:
    flow = TEXTS["tenants/press/flows/main.yaml"]
    flow = flow.replace("name: orders\n", "name: orders\n          prefers: last\n          last_within: 2m\n", 1)
    centre = Centre({**centre_texts("prefer_s: 15"), "tenants/press/flows/main.yaml": flow})
    centre.talking("555")
    centre.put_down()
    centre.wait(10)
    centre.ready("press/li", "p2")
    busy = centre.waiting("777")  # Wang, who was idle for longer
    centre.pick_up()
    assert centre.session(busy).agent == "press/wang"
    other = centre.waiting("556")
    centre.wait(1)
    assert centre.rings("p2"), "who is new is not waited for"
    centre.leave(other)
    again = centre.waiting("555")
    centre.wait(1)
    assert not centre.rings("p2"), "Wang is waited for"
    centre.leave(again)
    centre.wait(120)
    centre.waiting("555")
    centre.wait(1)
    assert centre.rings("p2"), "that is too long ago"


@pytest.fixture
def gold() -> Centre:
    """Callers of the class gold begin with 90 s on the clock, and every 10 s of waiting raise the priority."""
    flow = TEXTS["tenants/press/flows/main.yaml"].replace(
        "name: orders\n", "name: orders\n          customer: gold\n", 1
    )
    ladder = "ladder: [{after_s: 10, raises: 5}]"
    queues = TEXTS[_QUEUES].replace("ring_s: 10,", f"ring_s: 10, head_starts: {{gold: 90}}, {ladder},", 1)
    queues = queues.replace("editors: {", "editors: {extension: 6002, head_starts: {gold: 60}, ")
    return Centre({**TEXTS, _QUEUES: queues, "tenants/press/flows/main.yaml": flow})


def clock(centre: Centre, leg: str) -> tuple[float, float, int]:
    """Since when a caller's ticket waits, what is credited, and its priority."""
    ticket = centre.floor.router.ticket(centre.session(leg).contact)
    assert ticket is not None
    return ticket.queued_at, ticket.head_start_s, ticket.priority


def test_a_ticket_that_was_lost_in_a_crash_is_made_again_as_it_was(gold: Centre) -> None:
    leg = gold.waiting()
    gold.wait(12)
    before = clock(gold, leg)
    assert before[1:] == (90.0, 55)
    for _ in range(2):
        done(gold.store.flush())
        gold.store.delete("ticket", gold.session(leg).contact)
        gold.restart(1.0)
        assert clock(gold, leg) == before


def test_a_priority_that_an_operator_gave_is_kept_too(gold: Centre) -> None:
    leg = gold.waiting()
    gold.control.move(gold.session(leg).contact, priority=80, who="anna")
    done(gold.store.flush())
    gold.store.delete("ticket", gold.session(leg).contact)
    gold.restart(1.0)
    assert clock(gold, leg)[1:] == (90.0, 80)


def test_who_is_sent_on_keeps_place_and_head_start(gold: Centre) -> None:
    gold.ready()
    leg = gold.waiting()
    since = gold.session(leg).queued_at
    gold.pick_up()
    gold.wait(30)
    caller, agent = gold.session(leg), gold.exchange.leg_on("p1")
    assert gold.exchange.transfer(agent, "6002")
    gold.wait(0.2)
    gold.leave(agent)
    gold.wait(1)
    assert clock(gold, leg)[:2] == (since, 60.0), "as that queue credits the same class"
    assert caller.queue == "press/editors"


def test_agents_take_from_the_list_where_the_queue_says_so() -> None:
    centre = Centre(centre_texts("take: only"))
    centre.ready()
    leg = centre.waiting()
    contact = centre.session(leg).contact
    centre.wait(2)
    assert not centre.rings()
    assert centre.hub.floor.router.waits_for(contact) == {"idle": 1}
    centre.control.take(contact, "press/wang", who="wang")
    centre.wait(0.5)
    assert centre.rings()
    with pytest.raises(ConflictError):
        centre.control.take(contact, "press/wang", who="wang")
    centre.pick_up()
    centre.wait(1)
    assert centre.stage(leg) == "talking"


def test_nobody_takes_from_a_queue_that_does_not_say_so() -> None:
    centre = Centre()
    centre.ready()
    centre.talking()
    centre.ready("press/li", "p2")
    centre.control.set_agent("press/li", "not_ready", who="li")
    leg = centre.waiting("556")
    with pytest.raises(ConflictError, match="does not let agents take"):
        centre.control.take(centre.session(leg).contact, "press/li", who="li")


def test_what_was_decided_is_told_in_words(both: Centre) -> None:
    both.pick_up("p1")
    both.wait(1)
    facts = [{"fact": type(f).__name__, **dump(f)} for f in both.facts_of(both.leg)]  # type: ignore[attr-defined]
    english = told({"facts": facts, "waits": None}, "en", 0.0)
    assert any("offered to press/li: the call came" in line for line in english)
    assert any("press/wang: free, but behind" in line for line in english)
    chinese = told({"facts": facts, "waits": None}, "zh", 0.0)
    assert any("空闲最久" in line for line in chinese)
    assert len(english) == len(chinese)


# --- what a supervisor does ---


def test_a_supervisor_pulls_a_waiting_call_forward_and_keeps_its_waiting_time() -> None:
    centre = Centre()
    first, second = centre.waiting("551"), centre.waiting("552")
    contact = centre.session(second).contact
    queued = centre.hub.floor.router.ticket(contact).queued_at  # type: ignore[union-attr]
    assert centre.hub.floor.router.position(contact) == 2
    centre.control.move(contact, priority=90, who="anna")
    assert centre.hub.floor.router.position(contact) == 1
    ticket = centre.hub.floor.router.ticket(contact)
    assert ticket is not None
    assert (ticket.priority, ticket.queued_at) == (90, queued)
    centre.ready()
    centre.pick_up()
    assert (centre.stage(second), centre.stage(first)) == ("talking", "waiting")
    assert next((f.who, f.command, f.target) for f in centre.of(CommandGiven)) == ("anna", "move", contact)


def test_a_supervisor_moves_a_waiting_call_to_another_queue_of_its_tenant_alone() -> None:
    centre = Centre()
    leg = centre.waiting()
    contact = centre.session(leg).contact
    centre.control.move(contact, queue="press/editors", who="anna")
    assert centre.session(leg).queue == "press/editors"
    with pytest.raises(NotFoundError):
        centre.control.move(contact, queue="chess/desk", who="anna")
    with pytest.raises(NotFoundError):
        centre.control.move("nobody", priority=90, who="anna")
    assert centre.session(leg).queue == "press/editors"


def test_a_supervisor_signs_an_agent_out_after_the_conversation_and_makes_one_ready() -> None:
    centre = Centre()
    leg = centre.talking()
    centre.control.set_agent("press/wang", "signed_out", who="anna")
    assert (centre.stage(leg), centre.phase()) == ("talking", "talking")
    centre.put_down()
    assert centre.phase() == "signed_out"
    centre.ready("press/li", "p2")
    centre.control.set_agent("press/li", "not_ready", reason="meal", who="li")
    waits = centre.waiting("556")
    assert not centre.rings("p2")
    centre.control.set_agent("press/li", "ready", who="anna")
    centre.wait(0.5)
    assert centre.rings("p2")
    centre.control.set_agent("press/li", "signed_out", who="anna")
    centre.wait(0.5)
    assert (centre.rings("p2"), centre.stage(waits)) == (False, "waiting")
    with pytest.raises(NotFoundError):
        centre.control.set_agent("press/nobody", "ready", who="anna", phone="p2")
