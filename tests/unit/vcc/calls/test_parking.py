"""Parked callers: in and out of a slot, and what becomes of those whom nobody takes."""

from __future__ import annotations

import pytest

from core.errors import VccError
from core.facts import CallParked
from reporting.record import compute
from tests.unit.vcc.calls.centre import Centre
from tests.unit.vcc.calls.test_conversing import do
from tests.unit.vcc.calls.test_transfers import HERE, talks_with


@pytest.fixture
def centre() -> Centre:
    return Centre(HERE)


def parked(centre: Centre, caller: str = "555", *, held: bool = False) -> str:
    leg = centre.talking(caller)
    if held:
        do(centre, leg, "hold")
    centre.control.park(centre.session(leg).contact, who="anna")
    centre.wait(0.2)
    return leg


def retrieve(centre: Centre, leg: str, agent: str = "press/li") -> None:
    centre.control.retrieve(centre.session(leg).contact, agent, who="anna")
    centre.wait(0.2)


@pytest.mark.parametrize("held", [False, True])
def test_park_and_retrieve(centre: Centre, held: bool) -> None:
    leg = parked(centre, held=held)
    assert (centre.stage(leg), centre.heard(leg), centre.phase()) == ("parked", "press/main", "wrap_up")
    assert not centre.exchange.phones["p1"].legs
    centre.wait(60)
    assert centre.stage(leg) == "parked"
    centre.ready("press/li", "p2")
    retrieve(centre, leg)
    centre.pick_up("p2")
    assert talks_with(centre, leg) == ["p2"]
    centre.put_down("p2")
    centre.wait(0.1)
    assert centre.heard(leg) == "Thank you."
    centre.wait(5)
    found = compute(centre.facts_of(leg))
    assert found.complete
    assert found.agents == ("press/wang", "press/li")
    assert [(sent.how, sent.to, sent.target) for sent in found.transfers] == [("parked", "1", "press/li")]


def test_who_parked_takes_the_caller_back(centre: Centre) -> None:
    leg = parked(centre)
    retrieve(centre, leg, "press/wang")
    assert centre.phase() == "ringing", "who wraps up may be asked"
    centre.pick_up()
    assert talks_with(centre, leg) == ["p1"]
    centre.leave(leg)
    (sent,) = compute(centre.facts_of(leg)).transfers
    assert (sent.how, sent.agent, sent.target, sent.failed) == ("parked", "press/wang", "press/wang", "")


def test_who_parked_does_not_take_the_caller_back(centre: Centre) -> None:
    leg = parked(centre)
    retrieve(centre, leg, "press/wang")
    centre.exchange.refuse("p1")
    centre.wait(0.5)
    assert (centre.stage(leg), centre.phase()) == ("waiting", "unresponsive")
    (sent,) = compute(centre.facts_of(leg)).transfers
    assert sent.failed == "not_taken"


def test_each_has_a_slot_of_its_own(centre: Centre) -> None:
    first = parked(centre)
    centre.wait(6)
    parked(centre, "556")
    centre.leave(first)
    centre.wait(6)
    parked(centre, "557")
    assert [fact.slot for fact in centre.of(CallParked)] == ["1", "2", "1"]
    assert centre.ends() == ["answered"]


def test_nobody_takes_it_so_it_waits_in_its_queue(centre: Centre) -> None:
    leg = parked(centre)
    since = centre.session(leg).ranks_from
    centre.wait(301)
    session = centre.session(leg)
    ticket = centre.floor.router.ticket(session.contact)
    assert ticket is not None
    assert (session.queue, ticket.queued_at, session.parked) == ("press/orders", since, "")
    centre.pick_up("p1")
    assert talks_with(centre, leg) == ["p1"]


def test_the_agent_does_not_take_it_so_who_parked_it_gets_it(centre: Centre) -> None:
    leg = parked(centre)
    centre.ready("press/li", "p2")
    retrieve(centre, leg)
    centre.exchange.refuse("p2")
    centre.wait(0.5)
    centre.pick_up("p1")
    assert talks_with(centre, leg) == ["p1"]


def test_a_crash(centre: Centre) -> None:
    leg = parked(centre)
    centre.restart()
    assert (centre.stage(leg), centre.heard(leg)) == ("parked", "press/main")
    centre.ready("press/li", "p2")
    retrieve(centre, leg)
    centre.pick_up("p2")
    assert talks_with(centre, leg) == ["p2"]


def test_each_refusal_has_its_code(centre: Centre) -> None:
    leg = centre.waiting()
    contact = centre.session(leg).contact
    for code, ask in (
        ("not_talking", lambda: centre.control.park(contact, who="anna")),
        ("not_parked", lambda: centre.control.retrieve(contact, "press/li", who="anna")),
    ):
        with pytest.raises(VccError) as error:
            ask()
        assert error.value.code == code
    centre.leave(leg)
    leg = parked(centre, "556")
    for agent, code in (("press/li", "not_available"), ("press/nobody", "not_found")):
        with pytest.raises(VccError) as error:
            retrieve(centre, leg, agent)
        assert error.value.code == code
    assert centre.stage(leg) == "parked"
