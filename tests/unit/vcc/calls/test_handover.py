"""Calls that the switch's own dial plan hands over go back to it, with what became of them."""

from __future__ import annotations

import pytest

from core.facts import ContactArrived, ContactEnded, LegHealed, PhoneChanged
from telephony.simulated.line import Hearing
from tests.unit.vcc.calls.centre import Centre, done
from tests.unit.vcc.calls.configuration import PRESS, TEXTS
from vcc.calls.arrivals import fall_back

RETURNS = PRESS.replace(
    "5: [{say: {en: Bye.}}, hang_up]",
    """5: [{say: {en: Bye.}}, hang_up]
      6: {return: "paid {number}"}
      7: [{say: {en: Back.}}]""",
)


@pytest.fixture
def centre() -> Centre:
    return Centre({**TEXTS, "tenants/press/flows/main.yaml": RETURNS})


def back(centre: Centre, leg: str) -> str:
    """What the dial plan found when it had the call again; no leg of vcc's is left."""
    hears = centre.exchange.line(leg).hears
    assert hears is not None
    assert hears.hearing is Hearing.DIAL_PLAN
    assert not centre.floor.sessions
    assert not centre.floor.legs.callers
    assert not centre.of(LegHealed)
    return hears.what


def test_a_step_gives_the_call_back_with_a_word(centre: Centre) -> None:
    leg = centre.call(keys="6", handed_over=True)
    centre.wait(0)
    assert back(centre, leg) == "ended_by_flow/paid 100"
    (arrived,) = centre.of(ContactArrived)
    assert (arrived.trunk, arrived.number, arrived.caller, arrived.tenant) == ("", "100", "555", "press")
    (ended,) = centre.of(ContactEnded)
    assert (ended.outcome, ended.by, ended.cause) == ("ended_by_flow", "flow", "returned")
    centre.wait(60)
    assert leg in centre.exchange.legs


def test_the_end_of_the_flow_gives_it_back(centre: Centre) -> None:
    leg = centre.call(keys="7", handed_over=True)
    centre.wait(3)
    assert back(centre, leg) == "ended_by_flow/"


def test_after_a_talk_it_is_answered(centre: Centre) -> None:
    centre.ready()
    leg = centre.call(keys="1", handed_over=True)
    centre.pick_up()
    centre.put_down()
    centre.wait(3)
    assert back(centre, leg) == "answered/"
    assert centre.phase() in {"wrap_up", "idle"}


def test_hang_up_means_hang_up(centre: Centre) -> None:
    leg = centre.call(keys="5", handed_over=True)
    centre.wait(3)
    assert leg not in centre.exchange.legs
    assert centre.end() == ("ended_by_flow", "flow")


def test_an_operator_hangs_up_even_what_is_going_back(centre: Centre) -> None:
    leg = centre.call(handed_over=True)
    centre.control.hang_up(centre.session(leg).contact, who="anna")
    centre.wait(0)
    assert leg not in centre.exchange.legs


@pytest.mark.parametrize(
    ("number", "outcome", "said"), [("100", "closed", ["We are closed."]), ("999", "unknown_number", [])]
)
def test_who_is_not_let_in_goes_back(centre: Centre, number: str, outcome: str, said: list[str]) -> None:
    centre.control.close_hours("press", closed=True, who="anna")
    leg = centre.call(number, handed_over=True)
    centre.wait(3)
    assert back(centre, leg) == f"{outcome}/"
    assert [what for what in centre.said(leg) if what in {"We are closed."}] == said
    assert centre.end() == (outcome, "system")


def test_while_vcc_drains_it_goes_back_at_once(centre: Centre) -> None:
    done(centre.drain())
    leg = centre.call(handed_over=True)
    assert back(centre, leg) == "draining/"


def test_who_was_handed_over_again_is_a_new_contact(centre: Centre) -> None:
    leg = centre.call(keys="6", handed_over=True)
    centre.wait(0)
    centre.exchange.hand_over_again(leg)
    centre.wait(0)
    assert centre.stage(leg) == "flow"
    first, second = centre.of(ContactArrived)
    assert first.contact != second.contact


def test_a_crash_on_the_way_back_is_made_good(centre: Centre) -> None:
    centre.crash_when(lambda: "returning" in {s.stage for s in centre.floor.sessions.values()})
    leg = centre.call(keys="6", handed_over=True)
    centre.wait(1)
    centre.start()
    centre.wait(0.1)
    assert back(centre, leg) == "ended_by_flow/paid 100"


def test_a_crash_in_the_flow_forgets_not_whose_call_it_is(centre: Centre) -> None:
    leg = centre.call(handed_over=True)
    centre.restart()
    centre.wait(5)
    centre.press(leg, "6")
    centre.wait(0)
    assert back(centre, leg) == "ended_by_flow/paid 100"


def test_the_step_ends_a_call_that_came_in_on_a_trunk(centre: Centre) -> None:
    leg = centre.call(keys="6")
    centre.wait(0)
    assert leg not in centre.exchange.legs
    assert centre.end() == ("ended_by_flow", "flow")


def test_who_leaves_before_is_gone_as_any_other(centre: Centre) -> None:
    leg = centre.call(handed_over=True)
    centre.leave(leg)
    assert centre.end() == ("left_flow", "caller")


def test_when_vcc_goes_the_fallback_speaks_and_the_dial_plan_goes_on(centre: Centre) -> None:
    leg = centre.call(handed_over=True)
    fall_back(centre.floor, centre.session(leg))
    centre.wait(5)
    hears = centre.exchange.line(leg).hears
    assert hears is not None
    assert hears.what == "fallback/"


def test_phones_of_somebody_elses_on_the_same_switch_are_nobodys_business(centre: Centre) -> None:
    centre.exchange.add_phone("desk", reachable=False)
    centre.exchange.set_reachable("desk", reachable=True)
    centre.exchange.set_reachable("p1", reachable=False)
    centre.wait(0)
    assert {fact.phone for fact in centre.of(PhoneChanged)} >= {"p1"}
    assert "desk" not in {fact.phone for fact in centre.of(PhoneChanged)}
