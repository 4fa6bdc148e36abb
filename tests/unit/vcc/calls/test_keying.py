"""Codes that an agent keys in during a conversation: what each does, what the agent alone hears, what is no code."""

from __future__ import annotations

import pytest

from core.facts import (
    AgentMuted,
    AgentUnmuted,
    CallParked,
    CallTransferred,
    ConferenceBegan,
    ConsultationBegan,
    ConsultationEnded,
    DigitsCollected,
    OutsideRefused,
    TalkHeld,
    TalkResumed,
)
from ivr_flows.agent_phrases import ALL
from reporting.record import compute
from telephony.simulated.phones import Busy
from tests.unit.vcc.calls import outside
from tests.unit.vcc.calls.centre import SECONDS, Centre
from tests.unit.vcc.calls.outside import FIRST, MOBILE
from tests.unit.vcc.calls.test_conversing import do
from tests.unit.vcc.calls.test_transfers import HERE, talks_with

WORDS = {text.text for phrase in ALL for text in phrase.speakable(["en"])}
ASKED = "Dial the number, then the hash key. The star key cancels."


@pytest.fixture
def centre() -> Centre:
    return Centre(HERE)


def key_in(centre: Centre, keys: str, phone: str = "p1") -> None:
    """Wang keys something in, and what follows from it is over."""
    centre.press(centre.exchange.leg_on(phone), keys)
    centre.wait(0.1)


def said(centre: Centre, leg: str) -> list[str]:
    """What vcc has said on a leg, each once for each time."""
    heard = [set(heard.what.split("+")) & WORDS for heard in centre.exchange.line(leg).heard]
    return [word for now, before in zip(heard, [set(), *heard], strict=False) for word in sorted(now - before)]


def told(centre: Centre, phone: str = "p1") -> str:
    """What was said last to who is on a phone."""
    words = said(centre, centre.exchange.leg_on(phone))
    return words[-1] if words else ""


def nothing_is_left(centre: Centre) -> None:
    for leg in list(centre.exchange.legs):
        if leg in centre.exchange.legs:
            centre.leave(leg)
    centre.wait(30)
    assert not centre.exchange.legs
    assert not len(centre.hub.keying.entering)
    assert not len(centre.hub.telling)
    assert not centre.floor.dialling
    assert {str(agent.phase) for agent in centre.floor.router.agents()} <= {"idle", "unresponsive"}
    assert not any(agent.in_use for agent in centre.floor.router.agents())


# --- hold and mute


def test_hold_and_hold_again(centre: Centre) -> None:
    leg = centre.talking()
    key_in(centre, "*6")
    assert (centre.heard(leg), told(centre), centre.phase()) == ("press/main", "The caller is on hold.", "held")
    centre.wait(10)
    key_in(centre, "*6")
    assert (talks_with(centre, leg), told(centre)) == (["p1"], "The caller is back.")
    assert len(centre.of(TalkHeld)) == len(centre.of(TalkResumed)) == 1
    assert not set(centre.said(leg)) & WORDS, "the caller hears nothing of it"
    nothing_is_left(centre)


def test_mute_and_mute_again(centre: Centre) -> None:
    leg = centre.talking()
    key_in(centre, "*9")
    assert (told(centre), centre.heard(leg)) == ("You are muted.", "")
    assert [fact.agent for fact in centre.of(AgentMuted)] == ["press/wang"]
    centre.wait(3)
    key_in(centre, "*9")
    assert (told(centre), centre.heard(leg)) == ("You are heard again.", centre.exchange.leg_on("p1"))
    assert len(centre.of(AgentUnmuted)) == 1
    nothing_is_left(centre)


def test_who_is_on_hold_is_told_of_the_mute_too(centre: Centre) -> None:
    centre.talking()
    key_in(centre, "*6")
    centre.wait(5)
    key_in(centre, "*9")
    assert told(centre) == "You are muted."


# --- a number is asked for


@pytest.mark.parametrize("how", ["hash", "pause", "in the middle of the question"])
def test_a_blind_transfer_to_a_colleague(centre: Centre, how: str) -> None:
    leg = centre.talking()
    agent = centre.exchange.leg_on("p1")
    centre.ready("press/li", "p2")
    key_in(centre, "*1")
    assert (centre.heard(leg), centre.heard(agent)) == ("press/main", ASKED)
    if how != "in the middle of the question":
        centre.wait(SECONDS + 1)
    key_in(centre, "2002")
    if how == "pause":
        centre.wait(4.5)
        assert not centre.of(CallTransferred)
        centre.wait(0.6)
    else:
        key_in(centre, "#")
    assert said(centre, agent) == [ASKED, "Transferred."]
    assert centre.floor.dialling == {"p1": {agent}}
    centre.wait(SECONDS)
    assert agent not in centre.exchange.legs
    centre.pick_up("p2")
    assert talks_with(centre, leg) == ["p2"]
    assert not set(centre.said(leg)) & WORDS
    found = compute([*centre.facts_of(leg)])
    assert [(sent.how, sent.to, sent.target) for sent in found.transfers] == [("blind", "press/li", "press/li")]
    assert found.agents == ("press/wang", "press/li")
    assert not centre.of(DigitsCollected)
    nothing_is_left(centre)


@pytest.mark.parametrize(("digits", "kind", "target"), [("6002", "queue", "press/editors"), ("200", "number", "200")])
def test_to_a_queue_and_to_a_number_of_the_platform(centre: Centre, digits: str, kind: str, target: str) -> None:
    centre.talking()
    key_in(centre, f"*1{digits}#")
    assert [(sent.kind, sent.target) for sent in centre.of(CallTransferred)] == [(kind, target)]
    nothing_is_left(centre)


def test_outside_as_the_guard_lets_it() -> None:
    centre = outside.centre()
    leg = centre.talking()
    key_in(centre, "*1110#")
    assert (told(centre), talks_with(centre, leg)) == ("That number may not be dialled.", ["p1"])
    centre.wait(5)
    key_in(centre, f"*1{MOBILE}#")
    centre.pick_up(FIRST)
    assert talks_with(centre, leg) == [FIRST]
    nothing_is_left(centre)


@pytest.mark.parametrize("code", ["*1", "*2"])
def test_a_number_that_is_mistyped_is_none_and_no_alarm(code: str) -> None:
    centre = outside.centre()
    leg = centre.talking()
    for digits in ("2009", "60", "1380013800", "9" * 18):
        key_in(centre, f"{code}{digits}#")
        assert (told(centre), talks_with(centre, leg)) == ("There is no such number.", ["p1"])
        centre.wait(5)
    assert {(fact.reason, fact.alarm) for fact in centre.of(OutsideRefused)} == {("no_such_number", False)}
    key_in(centre, f"{code}95588#")
    assert told(centre) == "That number may not be dialled."
    assert centre.of(OutsideRefused)[-1].alarm
    nothing_is_left(centre)


@pytest.mark.parametrize("how", ["star", "nothing", "hash"])
def test_it_is_cancelled(centre: Centre, how: str) -> None:
    leg = centre.talking()
    key_in(centre, "*1")
    if how == "nothing":
        centre.wait(SECONDS + 5.1)
    else:
        key_in(centre, "20*" if how == "star" else "#")
    assert (talks_with(centre, leg), told(centre), centre.phase()) == (["p1"], "Cancelled.", "talking")
    assert not centre.of(CallTransferred)
    nothing_is_left(centre)


def test_who_was_on_hold_before_is_so_after_it(centre: Centre) -> None:
    leg = centre.talking()
    key_in(centre, "*6")
    centre.wait(5)
    key_in(centre, "*1*")
    assert (centre.heard(leg), told(centre)) == ("press/main", "Cancelled.")
    centre.wait(5)
    key_in(centre, "*5")
    assert talks_with(centre, leg) == ["p1"]


@pytest.mark.parametrize(
    ("digits", "why"),
    [
        ("9", "There is no such number."),
        ("2002", "That agent is not signed in."),
        ("2001", "That agent is busy."),
        ("1001", "That agent is busy."),
        ("3001", "There is no such number."),  # an agent of another tenant
    ],
)
@pytest.mark.parametrize("code", ["*1", "*2"])
def test_a_number_that_nobody_can_be_had_at(digits: str, why: str, code: str) -> None:
    agents = "bao: {name: Bao, number: 3001, skills: {zh: 5}, language: en}\n"
    centre = Centre({**HERE, "tenants/chess/agents.yaml": agents})
    leg = centre.talking()
    centre.ready("lin", "p3")
    centre.control.set_agent("lin", "not_ready", reason="meal", who="anna")
    if digits == "9" and code == "*2":
        digits = "6002"  # a queue cannot be consulted
    if digits == "9":
        digits = "9" * 21
    key_in(centre, f"{code}{digits}#")
    assert (talks_with(centre, leg), told(centre)) == (["p1"], why)
    nothing_is_left(centre)


def test_the_caller_leaves_while_a_number_is_keyed_in(centre: Centre) -> None:
    leg = centre.talking()
    key_in(centre, "*220")
    centre.leave(leg)
    centre.wait(1)
    nothing_is_left(centre)


def test_the_agent_leaves_while_a_number_is_keyed_in(centre: Centre) -> None:
    leg = centre.talking()
    key_in(centre, "*220")
    centre.put_down()
    centre.wait(0.1)
    assert (centre.phase(), centre.heard(leg)) == ("wrap_up", "Thank you.")
    nothing_is_left(centre)


def test_what_is_done_meanwhile_by_the_control_api_counts(centre: Centre) -> None:
    leg = centre.talking()
    centre.ready("press/li", "p2")
    key_in(centre, "*220")
    centre.control.consult(centre.session(leg).contact, "agent", "press/li", who="anna")
    centre.wait(0.1)
    key_in(centre, "02#")
    assert len(centre.of(ConsultationEnded)) == 0
    assert not len(centre.hub.keying.entering)
    nothing_is_left(centre)


# --- consultations


def consulting(centre: Centre) -> str:
    leg = centre.talking()
    centre.ready("press/li", "p2")
    key_in(centre, "*22002#")
    centre.pick_up("p2")
    assert [fact.colleague for fact in centre.of(ConsultationBegan)] == ["press/li"]
    assert (talks_with(centre, centre.exchange.leg_on("p1")), centre.heard(leg)) == (["p2"], "press/main")
    return leg


def test_an_attended_transfer(centre: Centre) -> None:
    leg = consulting(centre)
    key_in(centre, "*1")
    assert (talks_with(centre, leg), told(centre)) == (["p2"], "Transferred.")
    centre.wait(SECONDS)
    assert not centre.exchange.phones["p1"].legs
    assert (centre.phase("press/wang"), centre.phase("press/li")) == ("wrap_up", "talking")
    assert [(sent.how, sent.target) for sent in compute(centre.facts_of(leg)).transfers] == [("attended", "press/li")]
    nothing_is_left(centre)


def test_who_hangs_up_in_a_consultation_has_transferred(centre: Centre) -> None:
    leg = consulting(centre)
    centre.put_down()
    assert talks_with(centre, leg) == ["p2"]
    nothing_is_left(centre)


def test_alternate_and_the_colleague_gets_the_caller(centre: Centre) -> None:
    leg = consulting(centre)
    key_in(centre, "*4")
    assert (talks_with(centre, leg), told(centre)) == (["p1"], "You talk with the caller.")
    centre.wait(3)
    key_in(centre, "*4")
    assert told(centre) == "You talk with your colleague."
    assert talks_with(centre, centre.exchange.leg_on("p1")) == ["p2"]
    centre.wait(3)
    key_in(centre, "*4")
    centre.wait(3)
    key_in(centre, "*1")
    assert (talks_with(centre, leg), told(centre)) == (["p2"], "Transferred.")
    nothing_is_left(centre)


@pytest.mark.parametrize("then", ["completed", "cancelled", "hung_up"])
def test_a_conference(centre: Centre, then: str) -> None:
    leg = consulting(centre)
    key_in(centre, "*3")
    assert sorted(talks_with(centre, leg)) == ["p1", "p2"]
    assert told(centre) == "All three are connected."
    assert not set(centre.said(leg)) & WORDS
    assert len(centre.of(ConferenceBegan)) == 1
    centre.wait(5)
    if then == "hung_up":
        centre.put_down("p2")
    else:
        key_in(centre, "*1" if then == "completed" else "*5")
    assert talks_with(centre, leg) == ["p2" if then == "completed" else "p1"]
    words = {"completed": "Transferred.", "cancelled": "Cancelled.", "hung_up": "They have hung up."}
    assert told(centre) == words[then]
    assert [fact.how for fact in centre.of(ConsultationEnded)] == [then]
    nothing_is_left(centre)


@pytest.mark.parametrize("state", ["ringing", "talking", "alternated"])
def test_a_consultation_is_cancelled(centre: Centre, state: str) -> None:
    if state == "ringing":
        leg = centre.talking()
        centre.ready("press/li", "p2")
        key_in(centre, "*22002#")
    else:
        leg = consulting(centre)
        key_in(centre, "*4" if state == "alternated" else "")
    key_in(centre, "*5")
    assert (talks_with(centre, leg), told(centre)) == (["p1"], "Cancelled.")
    assert not centre.exchange.phones["p2"].legs
    nothing_is_left(centre)


@pytest.mark.parametrize(
    ("how", "why"),
    [("refuses", "Nobody answers."), ("busy", "That agent is busy."), ("is away", "Nobody answers.")],
)
def test_the_colleague_does_not_come(centre: Centre, how: str, why: str) -> None:
    leg = centre.talking()
    centre.ready("press/li", "p2")
    if how == "busy":
        centre.exchange.phones["p2"].behaviour = Busy()
    key_in(centre, "*22002#")
    if how == "refuses":
        centre.exchange.refuse("p2")
    centre.wait(11 if how == "is away" else 0.2)
    assert (talks_with(centre, leg), told(centre)) == (["p1"], why)
    nothing_is_left(centre)


def test_a_number_outside_is_consulted() -> None:
    centre = outside.centre()
    leg = centre.talking()
    key_in(centre, f"*2{MOBILE}#")
    centre.wait(0.3)
    centre.exchange.refuse(FIRST)
    centre.wait(0.1)
    assert (talks_with(centre, leg), told(centre)) == (["p1"], "Nobody answers.")
    centre.wait(4)
    key_in(centre, f"*2{MOBILE}#")
    centre.pick_up(FIRST)
    key_in(centre, "*3")
    assert sorted(talks_with(centre, leg)) == sorted(["p1", FIRST])
    nothing_is_left(centre)


# --- park


@pytest.mark.parametrize("held", [False, True])
def test_park(centre: Centre, held: bool) -> None:
    leg = centre.talking()
    agent = centre.exchange.leg_on("p1")
    if held:
        key_in(centre, "*6")
        centre.wait(5)
    key_in(centre, "*8")
    assert (centre.stage(leg), centre.heard(leg)) == ("parked", "press/main")
    assert centre.heard(agent) == "The caller is parked at"
    centre.wait(SECONDS + 0.1)
    assert centre.heard(agent) == "one"
    centre.wait(SECONDS)
    assert agent not in centre.exchange.legs
    assert [fact.slot for fact in centre.of(CallParked)] == ["1"]
    nothing_is_left(centre)


# --- what is no code


def test_the_callers_keys_and_the_colleagues_do_nothing(centre: Centre) -> None:
    leg = consulting(centre)
    centre.press(leg, "*5")
    centre.press(centre.exchange.leg_on("p2"), "*5*1*8")
    centre.wait(0.1)
    assert centre.session(leg).consult == "talking"
    assert not centre.of(ConsultationEnded)


def test_keys_that_do_not_belong_together_are_no_code(centre: Centre) -> None:
    leg = centre.talking()
    key_in(centre, "*")
    centre.wait(3.1)
    key_in(centre, "6")
    assert talks_with(centre, leg) == ["p1"]
    key_in(centre, "1*7*6")
    assert talks_with(centre, leg) == []


@pytest.mark.parametrize("code", ["*3", "*4", "*5", "*01", "*02", "*03", "*04"])
def test_what_cannot_be_done_now_is_said(centre: Centre, code: str) -> None:
    leg = centre.talking()
    key_in(centre, code)
    assert (talks_with(centre, leg), told(centre)) == (["p1"], "That is not possible now.")
    nothing_is_left(centre)


def test_one_consultation_at_once(centre: Centre) -> None:
    consulting(centre)
    for code in ("*2", "*6", "*8"):
        key_in(centre, code)
        assert told(centre) == "That is not possible now."
        centre.wait(3)
    assert talks_with(centre, centre.exchange.leg_on("p1")) == ["p2"]
    nothing_is_left(centre)


def test_a_tenants_table_holds_for_its_phones_and_agents() -> None:
    tenant = "tenants/press/tenant.yaml"
    own = HERE[tenant] + "\ncodes: {'*6': null, '##': talk.hold, '*70': ready}\n"
    centre = Centre({**HERE, tenant: own})
    leg = centre.talking()
    key_in(centre, "*6")
    assert talks_with(centre, leg) == ["p1"]
    key_in(centre, "##")
    assert talks_with(centre, leg) == []
    nothing_is_left(centre)
    centre.wait(10)
    centre.control.set_agent("press/wang", "signed_out", who="anna")
    centre.ready("lin", "p1")  # a leased one, on a phone of the platform's
    leg = centre.waiting()
    centre.pick_up()
    key_in(centre, "##")
    assert talks_with(centre, leg) == ["p1"]
    key_in(centre, "*6")
    assert talks_with(centre, leg) == []


# --- a crash


def test_a_crash_while_a_number_is_keyed_in_leaves_the_caller_on_hold(centre: Centre) -> None:
    leg = centre.talking()
    key_in(centre, "*120")
    centre.restart()
    assert (centre.stage(leg), centre.heard(leg), centre.phase()) == ("talking", "press/main", "held")
    key_in(centre, "*6")
    assert talks_with(centre, leg) == ["p1"]
    nothing_is_left(centre)


def test_a_crash_while_last_words_are_said(centre: Centre) -> None:
    leg = centre.talking()
    centre.ready("press/li", "p2")
    key_in(centre, "*12002#")
    centre.restart()
    centre.wait(1)
    assert not centre.exchange.phones["p1"].legs
    centre.wait(5)
    for phone in ("p1", "p2"):
        if centre.rings(phone):
            centre.pick_up(phone)
    assert centre.stage(leg) == "talking"
    nothing_is_left(centre)


def test_last_words_that_have_no_end_are_cut_off(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    leg = centre.talking()
    monkeypatch.setattr("tests.unit.vcc.calls.centre.SECONDS", 100.0)
    agent = centre.exchange.leg_on("p1")
    key_in(centre, "*8")
    centre.wait(9)
    assert agent in centre.exchange.legs
    centre.wait(2)
    assert agent not in centre.exchange.legs
    assert centre.stage(leg) == "parked"


def test_the_control_api_may_do_what_a_code_has_begun(centre: Centre) -> None:
    leg = consulting(centre)
    do(centre, leg, "cancel")
    assert talks_with(centre, leg) == ["p1"]
    assert told(centre) == ASKED, "whoever does it elsewhere sees it there"
    nothing_is_left(centre)
