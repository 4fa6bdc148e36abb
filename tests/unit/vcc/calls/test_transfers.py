"""Callers whom an agent's phone sends on (a blind REFER): to whom, what fails, and what is left of the call."""

from __future__ import annotations

import pytest

from core.facts import (
    AgentConnected,
    AgentLeft,
    CallTransferred,
    ContactArrived,
    ContactQueued,
    NumberEntered,
    OfferEnded,
    OutsideDialled,
    TransferFailed,
)
from reporting.record import ContactRecord, compute
from telephony.simulated.phones import Answers, Busy
from tests.unit.vcc.calls import outside
from tests.unit.vcc.calls.centre import Centre
from tests.unit.vcc.calls.configuration import TEXTS
from tests.unit.vcc.calls.outside import MOBILE
from vcc.calls.destinations import Kind, Target, find

QUEUES = TEXTS["tenants/press/queues.yaml"].replace("editors: {", "editors: {extension: 6002, ")
HERE = TEXTS | {"tenants/press/queues.yaml": QUEUES}


@pytest.fixture
def centre() -> Centre:
    return Centre(HERE)


def transfer(centre: Centre, to: str, phone: str = "p1", *, ends: bool = True) -> None:
    """Wang's phone sends its caller on, and ends its own call."""
    leg = centre.exchange.leg_on(phone)
    assert centre.exchange.transfer(leg, to)
    centre.wait(0.2)
    if ends:
        centre.leave(leg)


def talks_with(centre: Centre, leg: str) -> list[str]:
    return [one.phone or one.outside for one in centre.exchange.legs[leg].talk if one.name != leg]


def record(centre: Centre, leg: str) -> ContactRecord:
    return compute(centre.facts_of(leg))


def failures(centre: Centre) -> list[str]:
    return [fact.why for fact in centre.of(TransferFailed)]


@pytest.mark.parametrize("to", ["2002", "p2"])
def test_to_an_agent(centre: Centre, to: str) -> None:
    leg = centre.talking()
    centre.ready("press/li", "p2")
    since = centre.session(leg).queued_at
    centre.wait(20)
    transfer(centre, to)
    assert centre.phase("press/wang") == "wrap_up"
    assert centre.phase("press/li") == "reserved" or centre.rings("p2")
    assert centre.heard(leg) == "press/main"
    centre.pick_up("p2")
    assert talks_with(centre, leg) == ["p2"]
    assert centre.phase("press/li") == "talking"
    assert centre.session(leg).ranks_from == since
    assert centre.exchange.line(centre.exchange.leg_on("p2")).shown_number == "555"
    centre.wait(30)
    centre.put_down("p2")
    centre.wait(0.1)
    assert centre.phase("press/li") == "wrap_up"
    assert centre.heard(leg) == "Thank you."
    centre.wait(5)
    found = record(centre, leg)
    assert found.complete
    assert [(talk.agent, round(talk.talked_s)) for talk in found.talks] == [("press/wang", 20), ("press/li", 30)]
    assert [(t.agent, t.kind, t.target, t.failed) for t in found.transfers] == [("press/wang", "agent", "press/li", "")]


def test_to_a_queue_with_the_place_of_its_first_wait(centre: Centre) -> None:
    leg = centre.talking()
    first = centre.session(leg).queued_at
    centre.wait(20)
    transfer(centre, "6002")
    session = centre.session(leg)
    assert (session.stage, session.queue, session.ranks_from) == ("waiting", "press/editors", first)
    ticket = centre.floor.router.ticket(session.contact)
    assert ticket is not None
    assert (ticket.queue, ticket.queued_at) == ("press/editors", first)
    centre.ready("press/li", "p2")
    centre.pick_up("p2")
    assert talks_with(centre, leg) == ["p2"]
    assert [visit.queue for visit in record(centre, leg).visits] == ["press/orders", "press/editors"]


def test_who_waits_again_is_led_by_the_flow(centre: Centre) -> None:
    leg = centre.talking()
    transfer(centre, "6002")
    centre.wait(60)
    assert "Please hold." in " ".join(centre.said(leg))
    centre.wait(300)
    assert "Nobody came." in " ".join(centre.said(leg))


def test_to_a_number_of_the_platform(centre: Centre) -> None:
    leg = centre.talking()
    transfer(centre, "200")
    assert centre.session(leg).tenant == "chess"
    assert [(fact.number, fact.from_tenant) for fact in centre.of(NumberEntered)] == [("200", "press")]
    centre.ready("lin", "p3")
    centre.pick_up("p3")
    assert talks_with(centre, leg) == ["p3"]
    assert [fact.agent for fact in centre.of(AgentConnected)] == ["press/wang", "lin"]


def test_outside_and_back_into_the_flow() -> None:
    centre = outside.centre()
    leg = centre.talking()
    transfer(centre, MOBILE)
    assert centre.heard(leg) == "press/main"
    assert [(fact.purpose, fact.agent) for fact in centre.of(OutsideDialled)] == [("transfer", "press/wang")]
    centre.pick_up(outside.FIRST)
    assert talks_with(centre, leg) == [outside.FIRST]
    centre.wait(30)
    centre.put_down(outside.FIRST)
    assert centre.heard(leg) == "Thank you."
    centre.wait(5)
    found = record(centre, leg)
    assert found.complete
    assert [(talk.agent, talk.number, round(talk.talked_s), talk.by) for talk in found.outside] == [
        ("press/wang", MOBILE, 30, "outside")
    ]
    assert found.agents == ("press/wang",)


def test_the_caller_leaves_while_it_rings_outside() -> None:
    centre = outside.centre()
    leg = centre.talking()
    transfer(centre, MOBILE)
    centre.wait(1)
    centre.leave(leg)
    centre.wait(1)
    assert not centre.exchange.legs
    assert not centre.floor.legs.agents


@pytest.mark.parametrize("to", ["+8613900139000", "+12025550123", "110"])
def test_what_the_guard_or_nobody_takes_outside_comes_back(to: str) -> None:
    centre = outside.centre()
    leg = centre.talking()
    transfer(centre, to)
    centre.wait(1)
    assert len(failures(centre)) == 1
    assert centre.rings("p1")
    centre.pick_up()
    assert talks_with(centre, leg) == ["p1"]


@pytest.mark.parametrize("behaviour", ["busy", "refused", "no answer", "not ready", "gone"])
def test_a_target_who_does_not_take_the_caller(centre: Centre, behaviour: str) -> None:
    leg = centre.talking()
    if behaviour != "gone":
        centre.ready("press/li", "p2")
    if behaviour == "busy":
        centre.exchange.phones["p2"].behaviour = Busy()
    if behaviour == "not ready":
        centre.control.set_agent("press/li", "not_ready", who="anna")
    centre.wait(5)
    transfer(centre, "2002")
    centre.wait(0.5)
    if behaviour == "refused":
        centre.exchange.refuse("p2")
    centre.wait(11 if behaviour == "no answer" else 0.5)
    assert failures(centre) == ["not_taken"]
    assert centre.rings("p1")
    centre.pick_up()
    assert talks_with(centre, leg) == ["p1"]
    assert [fact.agent for fact in centre.of(AgentConnected)] == ["press/wang", "press/wang"]
    (transferred,) = record(centre, leg).transfers
    assert transferred.failed == "not_taken"


def test_back_only_when_the_phone_has_ended_its_call(centre: Centre) -> None:
    leg = centre.talking()
    transfer(centre, "nobody", ends=False)
    assert failures(centre) == ["unknown"]
    centre.wait(3)
    assert not centre.rings("p1")
    assert centre.stage(leg) == "waiting"
    centre.wait(4)  # it never does: vcc ends it
    assert centre.rings("p1")


def test_the_agent_is_not_ready_any_more_so_the_queue_has_the_caller(centre: Centre) -> None:
    leg = centre.talking()
    since = centre.session(leg).queued_at
    centre.control.set_agent("press/wang", "not_ready", who="anna")
    transfer(centre, "2002")
    centre.wait(1)
    session = centre.session(leg)
    ticket = centre.floor.router.ticket(session.contact)
    assert ticket is not None
    assert (ticket.queue, ticket.queued_at, ticket.agent) == ("press/orders", since, "")
    centre.ready("press/li", "p2")
    centre.pick_up("p2")
    assert talks_with(centre, leg) == ["p2"]


@pytest.mark.parametrize(
    "to", ["*71", "'; drop", "2002\r\nX: 1", "x" * 5000, "", "@", "٢٠٠٢", "99999999999999999999999", "p3", "+"]
)
def test_hostile_destinations_lead_nowhere(centre: Centre, to: str) -> None:
    assert find(centre.floor, "press", to) is None


def test_only_the_user_part_of_a_destination_counts(centre: Centre) -> None:
    found = find(centre.floor, "press", "sip:2002@127.0.0.1;user=phone")
    assert found == Target(kind=Kind.AGENT, name="press/li")
    assert find(centre.floor, "chess", "6002") == Target(kind=Kind.OUTSIDE, name="6002")


def test_a_caller_who_sits_at_a_phone_cannot_send_the_agent_away(centre: Centre) -> None:
    centre.ready()
    leg = centre.call(phone="p3", keys="1")
    centre.pick_up()
    assert centre.exchange.transfer(leg, "2002")
    centre.wait(0.2)
    assert [str(fact.by) for fact in centre.of(AgentLeft)] == ["caller"]
    assert centre.phase() == "wrap_up"
    assert not centre.rings("p1")
    assert not centre.of(CallTransferred)


# --- crashes ---------------------------------------------------------------------------------------------------------


def test_a_crash_while_the_agent_is_rung(centre: Centre) -> None:
    leg = centre.talking()
    centre.ready("press/li", "p2")
    transfer(centre, "2002")
    centre.wait(1)
    centre.control.set_agent("press/wang", "not_ready", who="anna")
    centre.restart()
    session = centre.session(leg)
    assert (session.stage, session.direct) == ("waiting", "")
    assert centre.heard(leg) == "press/main"
    centre.wait(1)
    centre.pick_up("p2")
    assert talks_with(centre, leg) == ["p2"]


def test_a_crash_while_it_rings_outside() -> None:
    centre = outside.centre()
    leg = centre.talking()
    transfer(centre, MOBILE)
    centre.wait(1)
    centre.restart()
    centre.wait(1)
    assert not centre.exchange.outside[outside.FIRST].legs
    assert centre.stage(leg) == "waiting"
    centre.wait(6)
    centre.pick_up()
    assert talks_with(centre, leg) == ["p1"]


def test_a_crash_in_a_conversation_outside() -> None:
    centre = outside.centre()
    leg = centre.talking()
    transfer(centre, MOBILE)
    centre.pick_up(outside.FIRST)
    centre.restart()
    assert centre.stage(leg) == "talking"
    centre.put_down(outside.FIRST)
    centre.wait(2)
    assert "Thank you." in centre.said(leg)


@pytest.mark.parametrize("known", [True, False])
def test_a_transfer_at_the_moment_of_a_crash(centre: Centre, known: bool) -> None:
    """Whether vcc heard of it and died, or was away when it came."""
    leg = centre.talking()
    centre.ready("press/li", "p2")
    by = centre.session(leg).agent_leg
    if known:
        centre.crash_when(lambda: centre.session(leg).stage == "waiting")
        assert centre.exchange.transfer(by, "2002")
        centre.wait(0)
    else:
        centre.crash()
        assert centre.exchange.transfer(by, "2002")
    centre.clock.advance(1)
    centre.start()
    centre.wait(0.5)
    assert centre.stage(leg) == "waiting"
    assert centre.phase("press/wang") == "wrap_up"
    assert len(centre.of(CallTransferred)) == 1
    centre.pick_up("p2")
    assert talks_with(centre, leg) == ["p2"]


def test_who_answers_at_once_after_a_transfer(centre: Centre) -> None:
    centre.exchange.phones["p2"].behaviour = Answers(after_s=0.0)
    leg = centre.talking()
    centre.ready("press/li", "p2")
    transfer(centre, "2002")
    centre.wait(0.5)
    assert talks_with(centre, leg) == ["p2"]
    assert [str(fact.outcome) for fact in centre.of(OfferEnded)] == ["answered", "answered"]
    assert len(centre.of(ContactArrived)) == 1
    assert [fact.queue for fact in centre.of(ContactQueued)] == ["press/orders", "press/orders"]
