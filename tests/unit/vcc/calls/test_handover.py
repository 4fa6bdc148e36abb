"""Attended transfers by an agent's phone: the call that it placed itself, and the caller's, are joined."""

from __future__ import annotations

import pytest

from core.facts import AgentConnected, AgentLeft, ContactEnded, RecordingStarted
from reporting.record import compute
from tests.unit.vcc.calls.centre import Centre
from tests.unit.vcc.calls.configuration import TEXTS
from tests.unit.vcc.calls.test_transfers import talks_with


@pytest.fixture
def centre() -> Centre:
    return Centre()


def consulting(centre: Centre, *, answered: bool = True) -> tuple[str, str, str]:
    """Wang talks with a caller and has, on a second line, called the press, where Li answers: both legs of p1."""
    leg = centre.talking()
    centre.ready("press/li", "p2")
    first = centre.session(leg).agent_leg
    centre.exchange.hold(first, on=True)
    second = centre.call(phone="p1", keys="1")
    if answered:
        centre.pick_up("p2")
        centre.wait(5)
    return leg, first, second


@pytest.mark.parametrize("reverse", [False, True])
def test_the_caller_gets_the_colleague(centre: Centre, reverse: bool) -> None:
    leg, first, second = consulting(centre)
    if reverse:
        assert centre.exchange.transfer_attended(second, first)
    else:
        assert centre.exchange.transfer_attended(first, second)
    centre.wait(0.1)
    assert talks_with(centre, leg) == ["p2"]
    assert (centre.stage(leg), centre.session(leg).agent) == ("talking", "press/li")
    assert (centre.phase("press/wang"), centre.phase("press/li")) == ("wrap_up", "talking")
    li = centre.exchange.leg_on("p2")
    assert (centre.exchange.line(li).shown_number, centre.exchange.line(li).shown_name) == ("555", "Press Orders")
    centre.wait(20)
    centre.put_down("p2")
    centre.wait(0.1)
    assert centre.phase("press/li") == "wrap_up"
    assert centre.heard(leg) == "Thank you."
    centre.wait(5)
    assert sorted(centre.ends()) == ["answered", "answered"]
    found = compute(centre.facts_of(leg))
    assert found.complete
    assert found.agents == ("press/wang", "press/li")
    assert [(t.how, t.kind, t.target) for t in found.transfers] == [("attended", "agent", "press/li")]
    assert [round(talk.talked_s) for talk in found.talks] == [8, 20]
    assert not centre.exchange.legs


def test_before_the_colleague_has_answered_the_caller_waits_there(centre: Centre) -> None:
    leg, first, second = consulting(centre, answered=False)
    assert centre.exchange.transfer_attended(first, second)
    centre.wait(1)
    assert centre.stage(leg) == "waiting"
    assert centre.phase("press/wang") == "wrap_up"
    centre.pick_up("p2")
    assert talks_with(centre, leg) == ["p2"]
    assert len(centre.of(ContactEnded)) == 1


def test_the_colleague_hangs_up_before_the_transfer(centre: Centre) -> None:
    leg, first, second = consulting(centre)
    centre.put_down("p2")
    centre.wait(0.1)
    assert centre.exchange.transfer_attended(first, second)
    centre.wait(8)
    assert centre.session(leg).tenant == "press"
    assert centre.phase("press/wang") in ("idle", "wrap_up")


def test_the_caller_hangs_up_during_the_consultation(centre: Centre) -> None:
    leg, _, second = consulting(centre)
    centre.leave(leg)
    centre.wait(0.1)
    assert centre.phase("press/wang") == "wrap_up"
    assert talks_with(centre, second) == ["p2"]
    assert [fact.agent for fact in centre.of(AgentLeft)] == ["press/wang"]


def test_a_crash_after_the_transfer(centre: Centre) -> None:
    leg, first, second = consulting(centre)
    centre.crash_when(lambda: leg in centre.floor.legs.callers and centre.stage(leg) == "joining")
    assert centre.exchange.transfer_attended(first, second)
    centre.wait(1)
    assert not centre.up
    centre.start()
    centre.wait(1)
    assert centre.stage(leg) in ("talking", "waiting")
    centre.leave(leg)
    centre.wait(20)
    assert len(centre.of(ContactEnded)) == 2
    assert not centre.exchange.legs


def test_a_recording_goes_on_over_the_hand_over() -> None:
    texts = TEXTS | {"tenants/press/tenant.yaml": TEXTS["tenants/press/tenant.yaml"] + "recording: {mode: always}\n"}
    centre = Centre(texts)
    leg, first, second = consulting(centre)
    assert centre.exchange.transfer_attended(first, second)
    centre.wait(1)
    mine = [fact for fact in centre.of(RecordingStarted) if fact.contact == centre.session(leg).contact]
    assert len(mine) == 1
    assert centre.exchange.legs[leg].tape is not None
    assert [fact.agent for fact in centre.of(AgentConnected)] == ["press/wang", "press/li", "press/li"]
