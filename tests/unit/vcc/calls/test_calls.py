"""Calls from the first ring to the one `ContactEnded`: every ending, every limit."""

from __future__ import annotations

import pytest

from core.errors import ConflictError, NotFoundError
from core.facts import (
    ContactEnded,
    ContactQueued,
    ContactRefused,
    LegHealed,
    NumberEntered,
    OfferEnded,
    OfferMade,
    QueueLeft,
)
from telephony.port import Cause
from telephony.simulated.line import Hearing
from tests.unit.vcc.calls.centre import Centre, done
from vcc.calls.arrivals import MAX_FLOWS, fall_back
from vcc.calls.healer import ATTEMPTS


@pytest.fixture
def centre() -> Centre:
    return Centre()


def test_answered_and_thanked(centre: Centre) -> None:
    leg = centre.talking()
    assert (centre.stage(leg), centre.phase()) == ("talking", "talking")
    centre.wait(60)
    centre.put_down()
    assert (centre.stage(leg), centre.heard(leg), centre.phase()) == ("flow", "Thank you.", "wrap_up")
    centre.wait(3)
    assert centre.end() == ("answered", "flow")
    centre.wait(5)
    assert centre.phase() == "idle"


def test_the_caller_ends_the_conversation(centre: Centre) -> None:
    leg = centre.talking()
    centre.leave(leg)
    assert centre.end() == ("answered", "caller")
    assert centre.phase() == "wrap_up"
    assert centre.exchange.phones["p1"].legs == []


def test_abandoned_in_the_queue(centre: Centre) -> None:
    leg = centre.waiting()
    assert centre.stage(leg) == "waiting"
    centre.wait(7)
    centre.leave(leg)
    assert centre.end() == ("abandoned", "caller")
    (left,) = centre.of(QueueLeft)
    assert (left.why, round(left.waited_s)) == ("abandoned", 7)


def test_hung_up_in_the_flow(centre: Centre) -> None:
    centre.leave(centre.call())
    assert centre.end() == ("left_flow", "caller")


def test_the_flow_ends_it(centre: Centre) -> None:
    centre.call(keys="5")
    centre.wait(3)
    assert centre.end() == ("ended_by_flow", "flow")


def test_nobody_came_in_time(centre: Centre) -> None:
    leg = centre.waiting()
    centre.wait(310)
    assert centre.end() == ("ended_by_flow", "flow")
    assert "Nobody came." in centre.said(leg)
    assert [left.why for left in centre.of(QueueLeft)] == ["timeout"]


def test_a_number_that_nobody_owns_is_not_answered(centre: Centre) -> None:
    leg = centre.call("999")
    assert centre.end() == ("unknown_number", "system")
    assert (centre.exchange.line(leg).answered_at, centre.exchange.line(leg).ended) == (None, Cause.BUSY)


def test_a_caller_on_a_trunk_gets_no_agents_flow(centre: Centre) -> None:
    centre.call("*71")
    assert centre.ends() == ["unknown_number"]


def test_closed_by_an_operator(centre: Centre) -> None:
    centre.control.close_hours("press", closed=True, who="anna")
    leg = centre.call()
    assert centre.heard(leg) == "We are closed."
    centre.wait(3)
    assert centre.end() == ("closed", "system")
    centre.control.close_hours("press", closed=False, who="anna")
    assert centre.heard(centre.call()) == "Welcome."
    with pytest.raises(NotFoundError):
        centre.control.close_hours("nobody", closed=True, who="anna")


def test_the_quota_of_calls_counts_the_living(centre: Centre) -> None:
    legs = [centre.call() for _ in range(4)]
    assert centre.heard(centre.call()) == "All lines are busy."
    centre.wait(3)
    assert centre.ends() == ["tenant_busy"]
    centre.leave(legs[0])
    assert centre.heard(centre.call()) == "Welcome."


def test_a_full_queue(centre: Centre) -> None:
    centre.call(keys="4")
    leg = centre.call(keys="4")
    assert centre.heard(leg) == "Too many wait."
    centre.wait(3)
    assert centre.end() == ("queue_full", "system")
    assert [r.treatment for r in centre.of(ContactRefused)] == ["say"]


def test_a_closed_number_whose_caller_does_not_listen(centre: Centre) -> None:
    centre.control.close_hours("press", closed=True, who="anna")
    centre.leave(centre.call())
    assert centre.end() == ("closed", "system")


def test_draining(centre: Centre) -> None:
    leg = centre.call()
    done(centre.control.drain(who="anna"))
    centre.call()
    assert centre.ends() == ["draining"]
    assert not centre.control.ready
    assert centre.stage(leg) == "flow"


def test_no_call_goes_on_for_ever(centre: Centre) -> None:
    centre.talking()
    centre.wait(3_600)
    assert centre.end() == ("answered", "system")
    assert centre.of(ContactEnded)[0].detail == "limits.call_s reached"


def test_led_into_another_number(centre: Centre) -> None:
    leg = centre.call(keys="3")
    (entered,) = centre.of(NumberEntered)
    assert (entered.tenant, entered.from_tenant, entered.number) == ("chess", "press", "200")
    assert centre.session(leg).queue == "chess/desk"
    assert (centre.floor.admitted_calls("press"), centre.floor.admitted_calls("chess")) == (0, 1)
    centre.call("200")  # the club has one line
    assert centre.ends() == ["tenant_busy"]
    centre.leave(leg)
    assert centre.floor.admitted_calls("chess") == 0


def test_numbers_that_lead_in_circles(centre: Centre) -> None:
    centre.call("300")
    centre.wait(2.0 * MAX_FLOWS + 1)
    assert centre.end() == ("failed", "system")
    assert len(centre.of(NumberEntered)) == MAX_FLOWS - 1


def test_hung_up_by_an_operator(centre: Centre) -> None:
    leg = centre.waiting()
    centre.control.hang_up(centre.session(leg).contact, who="anna")
    centre.wait(0.1)
    assert centre.ends()
    assert centre.of(ContactEnded)[0].by == "operator"
    assert not list(centre.floor.router.tickets())
    with pytest.raises(NotFoundError):
        centre.control.hang_up("gone", who="anna")


def test_moved_to_another_queue_with_the_time_waited(centre: Centre) -> None:
    leg = centre.waiting()
    since, contact = centre.session(leg).queued_at, centre.session(leg).contact
    centre.wait(10)
    centre.control.move(contact, queue="editors", who="anna")
    assert [q.queue for q in centre.of(ContactQueued)] == ["press/orders", "press/editors"]
    assert [left.why for left in centre.of(QueueLeft)] == ["moved"]
    assert centre.session(leg).queued_at == since
    with pytest.raises(NotFoundError):
        centre.control.move(contact, queue="chess/desk", who="anna")
    with pytest.raises(ConflictError):
        centre.control.move(centre.session(centre.call()).contact, queue="orders", who="anna")


def test_a_leg_that_ignores_its_end_is_told_again(centre: Centre) -> None:
    leg = centre.call()
    centre.switch.deaf = 1
    centre.floor.healer.hang_up("n1", leg)
    centre.wait(2)
    assert leg in centre.exchange.legs
    centre.wait(2)
    assert leg not in centre.exchange.legs
    assert [(h.leg, h.why) for h in centre.of(LegHealed)] == [(leg, "did not hang up")]
    assert len(centre.floor.healer) == 0


def test_a_leg_that_never_ends_is_given_up(centre: Centre) -> None:
    leg = centre.call()
    centre.switch.deaf = 1_000
    centre.floor.healer.hang_up("n1", leg)
    centre.wait(15.1)  # the flow goes on meanwhile, for 16 s
    assert len(centre.of(LegHealed)) == ATTEMPTS - 1
    assert len(centre.floor.healer) == 0


def test_who_is_hung_up_while_the_switch_cannot_be_heard_is_offered_to_nobody(centre: Centre) -> None:
    leg = centre.waiting()
    centre.switch.go_down()
    centre.control.hang_up(centre.session(leg).contact, who="anna")
    centre.ready()
    centre.switch.come_back()
    centre.wait(1)
    assert not centre.of(OfferMade)
    assert not centre.of(OfferEnded)
    assert [fact.why for fact in centre.of(QueueLeft)] == ["ended"]


def test_who_goes_to_the_fallback_hears_it_out_and_is_offered_to_nobody(centre: Centre) -> None:
    leg, listening = centre.waiting(), centre.call(caller="556")
    for session in list(centre.floor.sessions.values()):
        fall_back(centre.floor, session)
    centre.floor.settle()
    centre.ready()
    assert [centre.exchange.line(one).heard[-1].hearing for one in (leg, listening)] == [Hearing.FALLBACK] * 2
    centre.restart(0.5)
    centre.wait(20)
    assert not centre.of(OfferMade)
    assert centre.ends() == ["fallback", "fallback"]
    assert [(left.why, round(left.waited_s)) for left in centre.of(QueueLeft)] == [("ended", 0)]


def test_secrets_are_sealed_in_the_store_and_absent_from_facts(centre: Centre) -> None:
    leg = centre.call(keys="2")
    centre.press(leg, "987123")
    assert centre.stage(leg) == "waiting"
    assert "sealed" in centre.stored("session")[centre.session(leg).contact]
    assert all("987123" not in text for text in centre.stored("session").values())
    assert "987123" not in repr(centre.facts)
    before = centre.session(leg).flow_state
    assert before is not None
    assert before.secrets == {"card": "987123"}
    centre.restart()
    after = centre.session(leg).flow_state
    assert after is not None
    assert after.secrets == {"card": "987123"}


def test_node_down_and_up(centre: Centre) -> None:
    first, second = centre.waiting(), centre.waiting("556")
    since = centre.session(first).queued_at
    centre.switch.go_down()
    centre.wait(0)
    assert not centre.control.ready
    centre.exchange.hang_up(second)
    centre.wait(5)
    centre.switch.come_back()
    centre.wait(0.5)
    assert all(node.up for node in centre.control.nodes())
    assert centre.end() == ("abandoned", "caller")
    assert (centre.stage(first), centre.session(first).queued_at) == ("waiting", since)
    centre.ready()
    centre.pick_up()
    assert centre.stage(first) == "talking"


def test_no_timer_is_left_of_a_caller_who_went_while_the_node_was_down(centre: Centre) -> None:
    leg = centre.waiting()
    centre.switch.go_down()
    centre.exchange.hang_up(leg)
    centre.wait(1)
    centre.switch.come_back()
    centre.wait(0)
    assert centre.end() == ("abandoned", "caller")
    assert centre.life.open == {}


def test_who_is_connected_at_once_hears_no_scrap_of_music(centre: Centre) -> None:
    centre.ready()
    leg = centre.call(keys="1")
    centre.wait(0.06)
    centre.exchange.pick_up("p1")
    centre.wait(1)
    assert centre.stage(leg) == "talking"
    assert Hearing.MUSIC not in [heard.hearing for heard in centre.exchange.line(leg).heard]


def test_who_waits_hears_music_soon(centre: Centre) -> None:
    leg = centre.waiting()
    centre.wait(0.2)
    assert centre.heard(leg) == "press/main"
    centre.leave(leg)
