"""Consultations by command: each way that they go, who hangs up when, and a crash in each state."""

from __future__ import annotations

from copy import deepcopy

import pytest

from core.errors import VccError
from core.facts import (
    AgentLeft,
    ConferenceBegan,
    ConsultationBegan,
    ConsultationEnded,
    ContactEnded,
    OfferEnded,
    OutsideDialled,
    OutsideRefused,
)
from reporting.record import compute
from telephony.port import Bridge
from telephony.simulated.line import Hearing
from tests.unit.vcc.calls import outside
from tests.unit.vcc.calls.centre import Centre
from tests.unit.vcc.calls.outside import ACCEPT, FIRST, MOBILE
from tests.unit.vcc.calls.test_conversing import do
from tests.unit.vcc.calls.test_transfers import HERE, talks_with
from vcc.calls.consult import NotConsultingError


@pytest.fixture
def centre() -> Centre:
    return Centre(HERE)


def consulting(centre: Centre, *, answered: bool = True) -> str:
    """Wang talks with a caller and consults Li."""
    leg = centre.talking()
    centre.ready("press/li", "p2")
    centre.wait(5)
    centre.control.consult(centre.session(leg).contact, "agent", "press/li", who="anna")
    centre.wait(0.5)
    if answered:
        centre.pick_up("p2")
    return leg


def wang_talks_with(centre: Centre) -> list[str]:
    return talks_with(centre, centre.exchange.leg_on("p1"))


def bridges(centre: Centre) -> int:
    return sum(isinstance(command, Bridge) for command in centre.switch.sent)


def ends(centre: Centre) -> list[str]:
    return [fact.how for fact in centre.of(ConsultationEnded)]


def everybody_goes(centre: Centre) -> None:
    for leg in list(centre.exchange.legs):
        if leg in centre.exchange.legs:
            centre.leave(leg)
    centre.wait(30)
    assert not centre.exchange.legs
    assert not list(centre.floor.router.tickets())
    assert {str(agent.phase) for agent in centre.floor.router.agents()} == {"idle"}


def test_consult_and_complete(centre: Centre) -> None:
    leg = consulting(centre)
    assert wang_talks_with(centre) == ["p2"]
    assert centre.heard(leg) == "press/main"
    assert (centre.phase("press/wang"), centre.phase("press/li")) == ("held", "talking")
    assert centre.exchange.line(centre.exchange.leg_on("p2")).shown_number == "555"
    centre.wait(10)
    do(centre, leg, "complete")
    assert talks_with(centre, leg) == ["p2"]
    assert not centre.exchange.phones["p1"].legs
    assert (centre.phase("press/wang"), centre.phase("press/li")) == ("wrap_up", "talking")
    centre.wait(20)
    centre.put_down("p2")
    centre.wait(0.1)
    assert centre.phase("press/li") == "wrap_up"
    assert centre.heard(leg) == "Thank you."
    centre.wait(5)
    found = compute(centre.facts_of(leg))
    assert found.complete
    assert [(talk.agent, round(talk.talked_s), round(talk.held_s)) for talk in found.talks] == [
        ("press/wang", 16, 11),
        ("press/li", 20, 0),
    ]
    assert [(t.how, t.target) for t in found.transfers] == [("attended", "press/li")]
    everybody_goes(centre)


def test_cancel_and_consult_once_more(centre: Centre) -> None:
    leg = consulting(centre)
    do(centre, leg, "cancel")
    assert talks_with(centre, leg) == ["p1"]
    assert not centre.exchange.phones["p2"].legs
    assert centre.phase("press/wang") == "talking"
    assert centre.phase("press/li") == "wrap_up"
    centre.control.consult(centre.session(leg).contact, "agent", "press/li", who="anna")
    centre.wait(0.5)
    do(centre, leg, "cancel")
    assert ends(centre) == ["cancelled", "cancelled"]
    assert talks_with(centre, leg) == ["p1"]
    assert not centre.rings("p2")
    everybody_goes(centre)


def test_alternate(centre: Centre) -> None:
    leg = consulting(centre)
    do(centre, leg, "alternate")
    assert talks_with(centre, leg) == ["p1"]
    assert centre.heard(centre.exchange.leg_on("p2")) == "press/main"
    do(centre, leg, "alternate")
    assert wang_talks_with(centre) == ["p2"]
    assert centre.heard(leg) == "press/main"
    do(centre, leg, "alternate")
    do(centre, leg, "complete")
    assert talks_with(centre, leg) == ["p2"]
    everybody_goes(centre)


@pytest.mark.parametrize("alternated", [False, True])
def test_conference(centre: Centre, alternated: bool) -> None:
    leg = consulting(centre)
    if alternated:
        do(centre, leg, "alternate")
    do(centre, leg, "conference")
    assert sorted(talks_with(centre, leg)) == ["p1", "p2"]
    assert len(centre.of(ConferenceBegan)) == 1
    assert centre.phase("press/wang") == "talking"
    centre.wait(10)
    centre.put_down("p1")
    centre.wait(0.1)
    assert talks_with(centre, leg) == ["p2"]
    assert (centre.phase("press/wang"), centre.phase("press/li")) == ("wrap_up", "talking")
    centre.leave(leg)
    found = compute(centre.facts_of(leg))
    assert found.complete
    assert found.agents == ("press/wang", "press/li")
    everybody_goes(centre)


@pytest.mark.parametrize("how", ["hangs up", "cancelled"])
def test_the_colleague_leaves_a_conference(centre: Centre, how: str) -> None:
    leg = consulting(centre)
    do(centre, leg, "conference")
    joins = bridges(centre)
    if how == "hangs up":
        centre.put_down("p2")
    else:
        do(centre, leg, "cancel")
    centre.wait(0.1)
    assert talks_with(centre, leg) == ["p1"]
    assert bridges(centre) == joins + 1, "who is left of three is heard in a recording after another `Bridge` only"
    assert centre.phase("press/li") == "wrap_up"
    centre.wait(3)
    assert centre.stage(leg) == "talking"
    assert [fact.agent for fact in centre.of(AgentLeft)] == ["press/li"]
    everybody_goes(centre)


@pytest.mark.parametrize("how", ["busy", "refused", "no answer", "hangs up"])
def test_the_colleague_does_not_come_or_leaves(centre: Centre, how: str) -> None:
    leg = consulting(centre, answered=how == "hangs up")
    if how == "hangs up":
        centre.put_down("p2")
    elif how == "no answer":
        centre.wait(12)
    else:
        centre.exchange.refuse("p2")
    centre.wait(0.2)
    assert talks_with(centre, leg) == ["p1"]
    assert centre.phase("press/wang") == "talking"
    assert ends(centre) == ["hung_up" if how == "hangs up" else "not_taken"]
    everybody_goes(centre)


@pytest.mark.parametrize("answered", [True, False])
def test_the_caller_hangs_up(centre: Centre, answered: bool) -> None:
    leg = consulting(centre, answered=answered)
    centre.leave(leg)
    centre.wait(0.2)
    assert not centre.exchange.legs
    assert centre.phase("press/wang") == "wrap_up"
    assert ends(centre) == ["caller_left"]
    everybody_goes(centre)


@pytest.mark.parametrize("answered", [True, False])
def test_the_agent_hangs_up(centre: Centre, answered: bool) -> None:
    leg = consulting(centre, answered=answered)
    centre.put_down("p1")
    centre.wait(0.2)
    assert centre.phase("press/wang") == "wrap_up"
    if not answered:
        centre.wait(6)
        centre.pick_up("p2" if centre.rings("p2") else "p1")
    assert centre.stage(leg) == "talking"
    everybody_goes(centre)


@pytest.mark.parametrize("outcome", ["answers", "refuses"])
def test_it_is_completed_while_it_rings(centre: Centre, outcome: str) -> None:
    """A semi-attended ("blond") transfer: the agent is free, and the caller waits for the answer."""
    leg = consulting(centre, answered=False)
    do(centre, leg, "complete")
    centre.wait(1)
    assert centre.phase("press/wang") == "wrap_up"
    assert not centre.exchange.phones["p1"].legs
    assert centre.heard(leg) == "press/main"
    assert ends(centre) == ["hung_up"]
    centre.wait(6)
    if outcome == "answers":
        centre.pick_up("p2")
        assert talks_with(centre, leg) == ["p2"]
    else:
        centre.exchange.refuse("p2")
        centre.wait(6)
        centre.pick_up("p1")
        assert talks_with(centre, leg) == ["p1"], "nobody there: back to who sent the caller"
    everybody_goes(centre)
    assert len(centre.of(ContactEnded)) == 1


@pytest.mark.parametrize("action", ["alternate", "conference"])
def test_what_needs_somebody_there_says_that_nobody_has_answered(centre: Centre, action: str) -> None:
    leg = consulting(centre, answered=False)
    with pytest.raises(NotConsultingError, match="has not answered yet"):
        do(centre, leg, action)


def test_outside_it_is_completed_while_it_rings() -> None:
    centre = outside.centre()
    leg = centre.talking()
    centre.control.consult(centre.session(leg).contact, "outside", MOBILE, who="anna")
    centre.wait(0.5)
    do(centre, leg, "complete")
    centre.wait(0.5)
    assert centre.phase("press/wang") == "wrap_up"
    centre.pick_up(FIRST)
    assert talks_with(centre, leg) == [FIRST]
    everybody_goes(centre)


def test_outside() -> None:
    centre = outside.centre()
    leg = centre.talking()
    centre.control.consult(centre.session(leg).contact, "outside", MOBILE, who="anna")
    centre.wait(0.5)
    centre.pick_up(FIRST)
    assert wang_talks_with(centre) == [FIRST]
    do(centre, leg, "conference")
    assert sorted(talks_with(centre, leg)) == sorted(["p1", FIRST])
    do(centre, leg, "complete")
    assert talks_with(centre, leg) == [FIRST]
    centre.wait(5)
    centre.put_down(FIRST)
    assert centre.heard(leg) == "Thank you."
    centre.wait(5)
    assert compute(centre.facts_of(leg)).complete
    everybody_goes(centre)


@pytest.mark.parametrize("state", ["ringing", "talking", "alternated", "conference"])
def test_a_crash(centre: Centre, state: str) -> None:
    leg = consulting(centre, answered=state != "ringing")
    if state in ("alternated", "conference"):
        do(centre, leg, "alternate" if state == "alternated" else "conference")
    centre.restart()
    centre.wait(2)
    assert centre.stage(leg) == "talking"
    if state == "ringing":
        assert not centre.exchange.phones["p2"].legs
        assert centre.heard(leg) == "press/main"
        do(centre, leg, "resume")
        assert talks_with(centre, leg) == ["p1"]
    else:
        assert centre.session(leg).consult == state
        do(centre, leg, "complete")
        assert talks_with(centre, leg) == ["p2"]
    everybody_goes(centre)
    assert len(centre.of(ContactEnded)) == 1


@pytest.mark.parametrize("what", ["hold", "consultation"])
def test_a_crash_before_it_was_stored_brings_the_two_together_again(centre: Centre, what: str) -> None:
    """Up to 20 ms of what is true are not in the store (docs/operation.md): that must not cost the caller the call."""
    leg = centre.talking()
    contact = centre.session(leg).contact
    centre.ready("press/li", "p2")
    stored = deepcopy(centre.store)
    if what == "hold":
        do(centre, leg, "hold")
    else:
        centre.control.consult(contact, "agent", "press/li", who="anna")
        centre.pick_up("p2")
        assert wang_talks_with(centre) == ["p2"]
    assert centre.heard(leg) == "press/main"
    centre.crash()
    centre.store = stored
    centre.start()
    centre.wait(5)
    assert talks_with(centre, leg) == ["p1"]
    assert (centre.stage(leg), centre.phase("press/wang")) == ("talking", "talking")
    assert not centre.exchange.phones["p2"].legs
    centre.leave(leg)
    assert centre.ends() == ["answered"]
    everybody_goes(centre)


def test_what_cannot_be_asked(centre: Centre) -> None:
    leg = centre.talking()
    contact = centre.session(leg).contact
    for action in ("complete", "cancel", "alternate", "conference"):
        with pytest.raises(VccError) as error:
            do(centre, leg, action)
        assert error.value.code == "not_consulting"
    for kind, name, code in (("agent", "press/li", "not_available"), ("outside", "110", "not_dialled")):
        with pytest.raises(VccError) as error:
            centre.control.consult(contact, kind, name, who="anna")
        assert error.value.code == code
    assert talks_with(centre, leg) == ["p1"]
    leg = consulting(Centre(HERE))
    assert not centre.of(ConsultationBegan)


def test_one_consultation_at_once(centre: Centre) -> None:
    leg = consulting(centre)
    contact = centre.session(leg).contact
    for ask in (centre.control.consult, centre.control.transfer):
        with pytest.raises(VccError) as error:
            ask(contact, "agent", "lin", who="anna")
        assert error.value.code == "consulting"
    with pytest.raises(VccError) as error:
        do(centre, leg, "resume")
    assert error.value.code == "not_held"


# --- a colleague at a mobile seat


def asked() -> tuple[Centre, str, str]:
    """Wang consults Li, who sits at a number outside and has picked up there: the caller's leg and that one."""
    centre = outside.centre()
    leg = centre.talking()
    centre.ready("press/li", "m1")
    centre.control.consult(centre.session(leg).contact, "agent", "press/li", who="anna")
    centre.wait(0.5)
    assert centre.heard(leg) == "press/main"
    mobile = centre.exchange.leg_on(FIRST)
    centre.exchange.pick_up(FIRST)
    centre.wait(0.2)
    return centre, leg, mobile


def test_a_colleague_at_a_mobile_seat_accepts() -> None:
    centre, leg, mobile = asked()
    assert centre.heard(mobile) == ACCEPT
    assert (wang_talks_with(centre), centre.phase("press/li")) == ([], "ringing")
    assert not centre.of(ConsultationBegan)
    centre.press(mobile, "1")
    assert (wang_talks_with(centre), centre.phase("press/li")) == ([FIRST], "talking")
    do(centre, leg, "complete")
    assert talks_with(centre, leg) == [FIRST]
    centre.wait(5)
    centre.put_down(FIRST)
    centre.wait(5)
    found = compute(centre.facts_of(leg))
    assert found.complete
    assert found.agents == ("press/wang", "press/li")
    assert [dialled.purpose for dialled in centre.of(OutsideDialled)] == ["mobile_seat"]
    everybody_goes(centre)


@pytest.mark.parametrize("how", ["another key", "silence", "hangs up", "cancelled", "caller leaves", "agent leaves"])
def test_a_colleague_at_a_mobile_seat_does_not_accept(how: str) -> None:
    centre, leg, mobile = asked()
    match how:
        case "another key":
            centre.press(mobile, "2")
        case "silence":
            centre.wait(13)
        case "hangs up":
            centre.exchange.hang_up(mobile)
        case "cancelled":
            do(centre, leg, "cancel")
        case "caller leaves":
            centre.leave(leg)
        case _:
            centre.put_down("p1")
    centre.wait(0.2)
    assert mobile not in centre.exchange.legs
    assert not len(centre.hub.offers.before)
    assert not centre.of(ConsultationBegan)
    if "leaves" not in how:
        assert talks_with(centre, leg) == ["p1"]
        assert ends(centre) == ["cancelled" if how == "cancelled" else "not_taken"]
        assert [(str(end.outcome), end.agent) for end in centre.of(OfferEnded)][1:] == [
            ("withdrawn" if how == "cancelled" else "no_answer", "press/li")
        ]


def test_a_mobile_seat_that_the_guard_does_not_let_be_dialled_is_not_taken() -> None:
    centre = outside.centre("  mobile_seat: {kinds: [fixed]}\n")
    leg = centre.talking()
    centre.ready("press/li", "m1")
    centre.control.consult(centre.session(leg).contact, "agent", "press/li", who="anna")
    centre.wait(0.5)
    assert talks_with(centre, leg) == ["p1"]
    assert ends(centre) == ["not_taken"]
    assert [refused.purpose for refused in centre.of(OutsideRefused)] == ["mobile_seat"]


def test_a_crash_while_the_mobile_seat_is_asked() -> None:
    centre, leg, mobile = asked()
    centre.restart()
    centre.wait(2)
    assert mobile not in centre.exchange.legs
    do(centre, leg, "resume")
    assert talks_with(centre, leg) == ["p1"]
    everybody_goes(centre)


def test_the_agent_hears_that_it_rings(centre: Centre) -> None:
    leg = consulting(centre, answered=False)
    agent = centre.exchange.leg_on("p1")
    hears = centre.exchange.line(agent).hears
    assert hears is not None
    assert hears.hearing is Hearing.RINGING
    do(centre, leg, "cancel")
    assert talks_with(centre, leg) == ["p1"]
