"""Hold, mute and blind transfers by command, and each refusal."""

from __future__ import annotations

import pytest

from core.errors import NotFoundError, VccError
from core.facts import AgentLeft, AgentMuted, AgentUnmuted, CommandGiven, TalkResumed, TransferFailed
from reporting.record import compute
from tests.unit.vcc.calls import outside
from tests.unit.vcc.calls.centre import Centre
from tests.unit.vcc.calls.outside import MOBILE
from tests.unit.vcc.calls.test_transfers import HERE, talks_with


@pytest.fixture
def centre() -> Centre:
    return Centre(HERE)


def do(centre: Centre, leg: str, action: str) -> None:
    centre.control.converse(centre.session(leg).contact, action, who="anna")
    centre.wait(0.1)


def send(centre: Centre, leg: str, kind: str, name: str) -> None:
    centre.control.transfer(centre.session(leg).contact, kind, name, who="anna")
    centre.wait(0.1)


def test_hold_and_resume(centre: Centre) -> None:
    leg = centre.talking()
    do(centre, leg, "hold")
    assert (centre.heard(leg), centre.phase(), talks_with(centre, leg)) == ("press/main", "held", [])
    centre.wait(30)
    assert centre.stage(leg) == "talking"
    do(centre, leg, "resume")
    assert (centre.phase(), talks_with(centre, leg)) == ("talking", ["p1"])
    centre.wait(5)
    assert [fact.held_s for fact in centre.of(TalkResumed)] == [pytest.approx(30.1)]
    centre.put_down()
    centre.wait(0.1)
    assert centre.heard(leg) == "Thank you."
    assert [fact.command for fact in centre.of(CommandGiven)] == ["ready", "hold", "resume"]


def test_who_hangs_up_on_hold(centre: Centre) -> None:
    for ends in ("agent", "caller"):
        leg = centre.talking()
        do(centre, leg, "hold")
        centre.put_down() if ends == "agent" else centre.leave(leg)
        centre.wait(0.1)
        assert centre.phase() == "wrap_up"
        centre.wait(10)
        assert not centre.exchange.legs
    assert [str(fact.by) for fact in centre.of(AgentLeft)] == ["agent", "caller"]


@pytest.mark.parametrize("away_s", [0.1, 5.0])
def test_a_crash_on_hold(centre: Centre, away_s: float) -> None:
    leg = centre.talking()
    do(centre, leg, "hold")
    centre.restart(away_s)
    centre.wait(3)
    assert (centre.stage(leg), centre.phase(), centre.heard(leg)) == ("talking", "held", "press/main")
    do(centre, leg, "resume")
    assert talks_with(centre, leg) == ["p1"]
    centre.leave(leg)
    centre.wait(0.1)
    assert centre.phase() == "wrap_up"


def muted(centre: Centre) -> bool:
    """Whether the live state says that nobody hears the agent of the one call."""
    (call,) = centre.control.calls()
    return call.muted


def test_mute_is_a_fact_of_its_own_and_live_state_tells_of_it(centre: Centre) -> None:
    leg = centre.talking()
    agent = centre.exchange.leg_on("p1")
    do(centre, leg, "mute")
    do(centre, leg, "mute")
    assert (muted(centre), centre.heard(leg), centre.heard(agent)) == (True, "", leg)
    centre.wait(10)
    do(centre, leg, "unmute")
    assert (muted(centre), centre.heard(leg)) == (False, agent)
    assert [fact.agent for fact in centre.of(AgentMuted)] == ["press/wang"]
    assert [fact.agent for fact in centre.of(AgentUnmuted)] == ["press/wang"]
    centre.leave(leg)
    assert compute(centre.facts_of(leg)).complete


def test_who_hangs_up_muted_is_heard_in_the_next_call(centre: Centre) -> None:
    leg = centre.talking()
    do(centre, leg, "mute")
    centre.leave(leg)
    centre.wait(10)
    leg = centre.talking()
    assert not muted(centre)
    assert len(centre.of(AgentUnmuted)) == 0


@pytest.mark.parametrize("on_hold", [False, True])
def test_after_a_crash_who_is_muted_is_as_the_switch_has_it(centre: Centre, on_hold: bool) -> None:
    leg = centre.talking()
    agent = centre.exchange.leg_on("p1")
    do(centre, leg, "mute")
    if on_hold:
        do(centre, leg, "hold")
    centre.restart()
    assert muted(centre)
    centre.crash()
    centre.exchange.talks.mute(centre.exchange.legs[agent], on=False)
    centre.start()
    centre.wait(0.1)
    assert not muted(centre)
    assert len(centre.of(AgentMuted)) == len(centre.of(AgentUnmuted)) == 1


@pytest.mark.parametrize("held", [False, True])
def test_transfers_by_command(centre: Centre, held: bool) -> None:
    for kind, name in (("agent", "press/li"), ("queue", "press/editors")):
        leg = centre.talking()
        if held:
            do(centre, leg, "hold")
        centre.ready("press/li", "p2")
        send(centre, leg, kind, name)
        assert not centre.exchange.phones["p1"].legs
        centre.pick_up("p2")
        assert talks_with(centre, leg) == ["p2"]
        centre.leave(leg)
        (sent,) = compute(centre.facts_of(leg)).transfers
        assert (sent.agent, sent.kind, sent.target, sent.failed) == ("press/wang", kind, name, "")
        centre.wait(20)


def test_a_transfer_to_a_number_by_command(centre: Centre) -> None:
    leg = centre.talking()
    send(centre, leg, "number", "200")
    assert centre.session(leg).tenant == "chess"
    assert centre.phase() == "wrap_up"


def test_a_transfer_outside_by_command() -> None:
    centre = outside.centre()
    leg = centre.talking()
    send(centre, leg, "outside", MOBILE)
    assert centre.phase() == "wrap_up"
    centre.pick_up(outside.FIRST)
    assert talks_with(centre, leg) == [outside.FIRST]


def test_nobody_takes_it_outside_so_the_agent_has_the_caller_again() -> None:
    centre = outside.centre()
    leg = centre.talking()
    send(centre, leg, "outside", MOBILE)
    centre.wait(0.5)
    centre.exchange.refuse(outside.FIRST)
    centre.wait(0.5)
    assert [fact.why for fact in centre.of(TransferFailed)] == ["refused"]
    centre.pick_up()
    assert talks_with(centre, leg) == ["p1"]


def test_every_refusal_has_its_code_and_changes_nothing() -> None:
    centre = outside.centre()
    leg = centre.waiting()
    refused(centre, leg, "not_talking", "hold")
    refused(centre, leg, "not_talking", "agent", "press/li")
    centre.ready()
    centre.pick_up()
    refused(centre, leg, "not_held", "resume")
    refused(centre, leg, "not_found", "agent", "press/nobody")
    refused(centre, leg, "not_available", "agent", "press/li")
    refused(centre, leg, "not_found", "queue", "chess/desk")
    refused(centre, leg, "not_found", "number", "999")
    refused(centre, leg, "not_dialled", "outside", "+12025550123")
    do(centre, leg, "hold")
    refused(centre, leg, "held", "hold")
    do(centre, leg, "resume")
    assert talks_with(centre, leg) == ["p1"]
    with pytest.raises(NotFoundError):
        centre.control.converse("none", "hold", who="anna")


def refused(centre: Centre, leg: str, code: str, *what: str) -> None:
    with pytest.raises(VccError) as error:
        do(centre, leg, *what) if len(what) == 1 else send(centre, leg, *what)
    assert error.value.code == code
