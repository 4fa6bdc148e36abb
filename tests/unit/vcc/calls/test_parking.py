"""Parked callers: in and out of a slot, and what becomes of those whom nobody takes."""

from __future__ import annotations

import pytest

from core.errors import VccError
from core.facts import CallParked, ContactEnded
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


# --- by a code that is dialled on any phone

RETRIEVE = """
steps:
  - set: {slot: "{argument}"}
  - id: take
    action:
      name: retrieve
      with: {slot: "{slot}"}
      results:
        no_slot: {goto: ask}
        not_parked: {say: {en: Not parked.}}
        talking: {say: {en: Talking.}}
        signed_out: {say: {en: Nobody.}}
      else: {say: {en: Failed.}}
sections:
  ask:
    - collect: {name: slot, say: {en: Where.}, length: 1-2}
    - goto: take
"""
CODED = HERE | {
    "platform.yaml": HERE["platform.yaml"].replace('"*71": sign_in', '"*71": sign_in, "*78": retrieve'),
    "flows/retrieve.yaml": RETRIEVE,
    "tenants/chess/agents.yaml": "bao: {name: Bao, number: 3001, skills: {zh: 5}, language: en}\n",
}


def called(centre: Centre, code: str = "*781", phone: str = "p2", agent: str = "press/li") -> tuple[str, str]:
    """A parked caller, and an agent who dials for that one on another phone: their legs."""
    leg = parked(centre)
    if agent:
        centre.ready(agent, phone)
    return leg, dialled(centre, code, phone)


def dialled(centre: Centre, code: str = "*781", phone: str = "p2") -> str:
    taker = centre.call(code, phone=phone)
    centre.wait(0.1)
    return taker


def nothing_is_left(centre: Centre) -> None:
    for leg in list(centre.exchange.legs):
        if leg in centre.exchange.legs:
            centre.leave(leg)
    centre.wait(30)
    assert not centre.exchange.legs
    assert not centre.floor.dialling
    assert not centre.floor.sessions
    assert not list(centre.floor.router.tickets())
    assert {str(agent.phase) for agent in centre.floor.router.agents()} == {"idle"}


@pytest.mark.parametrize("code", ["*781", "*7801", "*78"])
def test_a_caller_is_taken_up_by_a_dialled_code(code: str) -> None:
    centre = Centre(CODED)
    leg, taker = called(centre, code)
    if code == "*78":
        assert centre.heard(taker) == "Where."
        centre.press(taker, "1#")
        centre.wait(0.1)
    assert (centre.heard(leg), centre.heard(taker)) == (taker, leg)
    assert (centre.phase("press/li"), centre.phase("press/wang")) == ("talking", "wrap_up")
    assert centre.exchange.line(taker).shown_number == "555"
    assert [(str(fact.outcome), str(fact.by)) for fact in centre.of(ContactEnded)] == [("ended_by_flow", "flow")]
    centre.wait(20)
    centre.leave(taker)
    centre.wait(0.1)
    assert (centre.phase("press/li"), centre.heard(leg)) == ("wrap_up", "Thank you.")
    centre.wait(5)
    found = compute(centre.facts_of(leg))
    assert found.complete
    assert found.agents == ("press/wang", "press/li")
    assert [(sent.how, sent.to, sent.target) for sent in found.transfers] == [("parked", "1", "press/li")]
    nothing_is_left(centre)


def test_whoever_is_not_ready_may_take_it_up_too() -> None:
    centre = Centre(CODED)
    leg = parked(centre)
    centre.ready("press/li", "p2")
    centre.control.set_agent("press/li", "not_ready", reason="meal", who="anna")
    taker = dialled(centre)
    assert centre.heard(leg) == taker
    centre.leave(leg)
    centre.wait(0.1)
    assert (centre.phase("press/li"), taker in centre.exchange.legs) == ("wrap_up", False)


@pytest.mark.parametrize(
    ("agent", "said"), [("", "Nobody."), ("chess/bao", "Not parked."), ("press/li", "Not parked.")]
)
def test_who_cannot_take_it_up(agent: str, said: str) -> None:
    centre = Centre(CODED)
    leg, taker = called(centre, "*782" if agent == "press/li" else "*781", agent=agent)
    assert (centre.heard(taker), centre.stage(leg)) == (said, "parked")
    centre.wait(5)
    assert taker not in centre.exchange.legs


def test_who_has_a_caller_takes_no_second_one() -> None:
    centre = Centre(CODED)
    leg = parked(centre)
    centre.wait(10)
    other = centre.talking("556")
    assert centre.heard(dialled(centre, phone="p1")) == "Talking."
    assert (centre.stage(leg), talks_with(centre, other)) == ("parked", ["p1"])
    centre.wait(5)
    nothing_is_left(centre)


def test_what_is_done_in_a_conversation_is_done_in_this_one_too() -> None:
    centre = Centre(CODED)
    leg, taker = called(centre)
    centre.press(taker, "*6")
    centre.wait(0.1)
    assert (centre.heard(leg), centre.heard(taker)) == ("press/main", "The caller is on hold.")
    centre.wait(5)
    centre.press(taker, "*6")
    centre.wait(5)
    assert (centre.heard(leg), centre.heard(taker)) == (taker, leg)
    centre.press(taker, "*8")
    centre.wait(10)
    assert (centre.stage(leg), taker in centre.exchange.legs) == ("parked", False)
    nothing_is_left(centre)


@pytest.mark.parametrize("leaves", ["agent", "caller", "caller meanwhile", "agent meanwhile"])
def test_a_crash_after_it(leaves: str) -> None:
    centre = Centre(CODED)
    leg, taker = called(centre)
    gone = leg if "caller" in leaves else taker
    if "meanwhile" in leaves:
        centre.crash()
        centre.exchange.hang_up(gone)
        centre.wait(1)
        centre.start()
        centre.wait(1)
    else:
        centre.restart()
        assert (centre.stage(leg), centre.heard(leg), centre.phase("press/li")) == ("talking", taker, "talking")
        centre.leave(gone)
        centre.wait(2)
    assert centre.phase("press/li") == "wrap_up"
    if "caller" in leaves:
        centre.wait(10)
        assert taker not in centre.exchange.legs
    else:
        assert "Thank you." in centre.said(leg)
    nothing_is_left(centre)


def test_an_agent_who_hangs_up_at_once_leaves_the_caller_with_the_place() -> None:
    centre = Centre(CODED)
    leg = parked(centre)
    centre.ready("press/li", "p2")
    taker = centre.exchange.arrive("*781", "p2", "carrier", phone="p2")
    centre.crash_when(lambda: centre.stage(leg) == "joining")
    centre.wait(0)
    assert not centre.up
    centre.exchange.hang_up(taker)
    centre.wait(1)
    centre.start()
    centre.wait(20)
    assert centre.stage(leg) in ("waiting", "talking")
    nothing_is_left(centre)
