"""vcc dies in every stage of a call; the caller is there again afterwards, or is gone."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from core.facts import AgentLeft, ContactArrived, ContactEnded, ContactRecovered, OfferEnded, OfferMade
from reporting.record import compute
from tests.unit.vcc.calls.centre import Centre
from tests.unit.vcc.calls.configuration import TEXTS
from vcc.storage.live_memory import MemoryLiveStore

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def centre() -> Centre:
    return Centre()


def in_flow(centre: Centre) -> str:
    return centre.call()


def in_treatment(centre: Centre) -> str:
    centre.control.close_hours("press", closed=True, who="anna")
    return centre.call()


def waiting(centre: Centre) -> str:
    return centre.waiting()


def ringing(centre: Centre) -> str:
    centre.ready()
    leg = centre.waiting()
    centre.wait(1)
    assert centre.rings()
    return leg


def joining(centre: Centre) -> str:
    leg = ringing(centre)
    centre.crash_when(lambda: centre.stage(leg) == "joining")
    centre.exchange.pick_up("p1")
    centre.wait(0)
    return leg


def talking(centre: Centre) -> str:
    return centre.talking()


def parting(centre: Centre) -> str:
    """The agent's leg is gone; whether the bridge is over has not been told."""
    leg = centre.talking()
    centre.exchange.agent_hangs_up("p1")
    centre.crash()
    return leg


def thanked(centre: Centre) -> str:
    leg = centre.talking()
    centre.put_down()
    return leg


def ending(centre: Centre) -> str:
    leg = centre.call(keys="5")
    centre.crash_when(lambda: centre.stage(leg) == "ending")
    centre.switch.deaf = 1
    centre.wait(2)
    return leg


STAGES = [in_flow, in_treatment, waiting, ringing, joining, talking, parting, thanked, ending]


def crash(centre: Centre) -> None:
    if centre.up:
        centre.crash()


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("stays", [True, False])
def test_one_end_for_each_arrival(centre: Centre, stage: Callable[[Centre], str], *, stays: bool) -> None:
    leg = stage(centre)
    crash(centre)
    if not stays and leg in centre.exchange.legs:
        centre.exchange.hang_up(leg)
    centre.wait(2)
    centre.start()
    centre.wait(1)
    assert len(centre.of(ContactEnded)) == (0 if leg in centre.exchange.legs else 1)
    assert (leg in centre.exchange.legs) == (stays and stage is not ending)
    if leg in centre.exchange.legs:
        centre.leave(leg)
    centre.wait(60)
    assert (len(centre.of(ContactArrived)), len(centre.of(ContactEnded))) == (1, 1)
    assert centre.exchange.legs == {}
    assert centre.stored("session") == {}
    assert centre.stored("ticket") == {}
    made = Counter((offer.contact, offer.offer) for offer in centre.of(OfferMade))
    assert made == Counter((offer.contact, offer.offer) for offer in centre.of(OfferEnded))


def test_what_conversations_take_is_known_after_a_restart(centre: Centre) -> None:
    """The expected wait of who comes next is by what was learned, not by what is taken for granted at the beginning."""
    centre.talking()
    centre.wait(30)
    centre.put_down()
    centre.wait(30)
    learned = centre.floor.router.dump_handling("press/orders")
    assert learned is not None
    assert 30.0 < learned["mean_s"] < 60.0
    centre.crash()
    centre.start()
    centre.wait(1)
    assert centre.floor.router.dump_handling("press/orders") == learned
    centre.talking("556")  # the only agent is busy
    centre.waiting("557")
    waits = centre.floor.router.expected_wait_of("press/orders", centre.floor.now())
    assert waits == pytest.approx(2 * learned["mean_s"])


@pytest.mark.parametrize("stage", STAGES)
def test_no_agent_is_kept_by_a_caller_who_is_gone(centre: Centre, stage: Callable[[Centre], str]) -> None:
    leg = stage(centre)
    crash(centre)
    if leg in centre.exchange.legs:
        centre.exchange.hang_up(leg)
    centre.start()
    centre.wait(30)
    centre.control.close_hours("press", closed=False, who="anna")
    assert centre.phase() in ("idle", "signed_out")
    centre.ready("press/wang", "p1")
    again = centre.waiting("556")
    centre.pick_up()
    assert centre.stage(again) == "talking"


@pytest.mark.parametrize(("away_s", "outcome"), [(3.0, "abandoned"), (60.0, "fallback")])
def test_whom_the_switch_gave_up_meanwhile_has_not_abandoned(away_s: float, outcome: str) -> None:
    nodes = TEXTS["platform.yaml"].replace("{kind: simulated}", "{kind: asterisk, fallback_after_s: 30}")
    centre = Centre(TEXTS | {"platform.yaml": nodes})
    centre.hub.recovery.alive()
    leg = centre.waiting()
    centre.crash()
    centre.clock.advance(away_s)
    if leg in centre.exchange.legs:
        centre.exchange.hang_up(leg)
    centre.start()
    assert centre.ends() == [outcome]


@pytest.mark.parametrize("stage", [in_flow, in_treatment, waiting, ringing, talking, thanked])
@pytest.mark.parametrize("vcc_too", [True, False])
def test_whom_the_switch_took_with_it_has_not_left(stage: Callable[[Centre], str], *, vcc_too: bool) -> None:
    nodes = TEXTS["platform.yaml"].replace("{kind: simulated}", "{kind: asterisk, fallback_after_s: 30}")
    centre = Centre(TEXTS | {"platform.yaml": nodes})
    centre.hub.recovery.alive()
    leg = stage(centre)
    centre.wait(1)
    if vcc_too:
        centre.crash()
    else:
        centre.switch.go_down()
    centre.exchange.die()
    centre.clock.advance(60)
    if vcc_too:
        centre.start()
    else:
        centre.switch.come_back()
    centre.wait(1)
    record = compute(centre.facts_of(leg))
    expected = {"talking": "answered", "thanked": "answered", "in_treatment": "closed"}.get(stage.__name__, "failed")
    assert (record.outcome, record.complete) == (expected, True)
    assert record.by == "system" or stage is thanked  # the flow was at its end anyhow
    assert (record.cause, record.detail) == ("failed", "the switch broke down")
    assert centre.stored("session") == {}
    assert centre.phase() != "talking"
    assert not [left for left in centre.of(AgentLeft) if left.by != "system" and stage is not thanked]


def test_a_conversation_that_vcc_has_forgotten_goes_on(centre: Centre) -> None:
    leg = talking(centre)
    centre.crash()
    centre.store = MemoryLiveStore()
    centre.start()
    centre.wait(60)
    agent = centre.exchange.leg_on("p1")
    assert (leg in centre.exchange.legs, agent in centre.exchange.legs) == (True, True)
    centre.leave(leg)
    centre.wait(1)
    assert agent not in centre.exchange.legs


def test_the_places_are_kept(centre: Centre) -> None:
    first = centre.waiting()
    centre.wait(10)
    second = centre.waiting("556")
    places = [centre.session(leg).queued_at for leg in (first, second)]
    centre.restart(5.0)
    assert [centre.session(leg).queued_at for leg in (first, second)] == places
    assert [centre.floor.router.position(centre.session(leg).contact) for leg in (first, second)] == [1, 2]
    centre.ready()
    centre.pick_up()
    assert (centre.stage(first), centre.stage(second)) == ("talking", "waiting")


def test_crashes_while_a_phone_rings_are_not_held_against_the_agent(centre: Centre) -> None:
    leg = ringing(centre)
    for _ in range(3):
        centre.restart()
        centre.wait(1)
        assert centre.rings()
    joining_leg = centre.exchange.leg_on("p1")
    centre.crash_when(lambda: centre.stage(leg) == "joining")
    centre.exchange.pick_up("p1")
    centre.wait(0)
    centre.start()
    centre.wait(2)
    assert joining_leg not in centre.exchange.legs or centre.stage(leg) == "talking"
    assert centre.phase() in ("ringing", "talking")


def test_the_offer_is_over_and_another_is_made(centre: Centre) -> None:
    leg = ringing(centre)
    phone = centre.exchange.leg_on("p1")
    since = centre.session(leg).queued_at
    centre.restart()
    centre.wait(1)
    assert [str(offer.outcome) for offer in centre.of(OfferEnded)] == ["withdrawn"]
    assert phone not in centre.exchange.legs
    centre.ready("press/li", "p2")
    centre.wait(1)
    assert centre.rings("p1") or centre.rings("p2")
    centre.pick_up("p1" if centre.rings("p1") else "p2")
    assert (centre.stage(leg), centre.session(leg).queued_at) == ("talking", since)


def test_a_conversation_goes_on(centre: Centre) -> None:
    leg = centre.talking()
    contact = centre.session(leg).contact
    centre.wait(20)
    centre.restart(3.0)
    assert (centre.stage(leg), centre.phase()) == ("talking", "talking")
    (recovered,) = centre.of(ContactRecovered)
    assert (recovered.contact, recovered.state) == (contact, "talking")
    centre.put_down()
    assert (centre.heard(leg), centre.phase()) == ("Thank you.", "wrap_up")
    centre.wait(3)
    assert centre.end() == ("answered", "flow")
    assert centre.said(leg).count("Thank you.") == 1


def test_two_who_were_joined_while_nobody_knew_it_talk(centre: Centre) -> None:
    """The switch has done it, and vcc died before it heard so, or before it had written that down."""
    leg = joining(centre)
    assert len(centre.exchange.legs[leg].talk) == 2
    centre.start()
    assert (centre.stage(leg), centre.phase()) == ("talking", "talking")
    (recovered,) = centre.of(ContactRecovered)
    assert (recovered.contact, recovered.state) == (centre.session(leg).contact, "talking")


def test_the_agent_left_while_vcc_was_away(centre: Centre) -> None:
    leg = centre.talking()
    centre.crash()
    centre.exchange.agent_hangs_up("p1")
    centre.wait(2)
    centre.start()
    centre.wait(0.5)
    assert (centre.heard(leg), centre.phase()) == ("Thank you.", "wrap_up")


def test_agents_states_are_kept(centre: Centre) -> None:
    centre.ready()
    centre.ready("press/li", "p2")
    centre.control.set_agent("press/li", "not_ready", reason="meal", who="anna")
    centre.restart()
    wang, li = (centre.floor.router.agent(agent) for agent in ("press/wang", "press/li"))
    assert wang is not None
    assert li is not None
    assert (str(wang.wish), wang.phone) == ("ready", "p1")
    assert (str(li.wish), li.reason, li.phone) == ("not_ready", "meal", "p2")


def test_the_flow_asks_again_where_it_was(centre: Centre) -> None:
    leg = centre.call()
    centre.wait(2.5)
    assert centre.heard(leg) == "Choose."
    centre.restart()
    assert centre.heard(leg) == "Choose."
    centre.press(leg, "5")
    assert centre.heard(leg) == "Bye."


def test_the_treatment_is_given_again(centre: Centre) -> None:
    leg = in_treatment(centre)
    centre.restart()
    assert centre.heard(leg) == "We are closed."
    centre.wait(3)
    assert centre.end() == ("closed", "system")


def test_closures_outlive_a_crash(centre: Centre) -> None:
    centre.control.close_hours("press", closed=True, who="anna")
    centre.restart()
    assert centre.control.closed_tenants() == {"press"}


def test_quotas_count_those_who_came_back(centre: Centre) -> None:
    for _ in range(4):
        centre.call()
    centre.restart()
    assert centre.floor.admitted_calls("press") == 4
    assert centre.heard(centre.call()) == "All lines are busy."


def test_a_session_that_cannot_be_read_does_not_keep_the_others(centre: Centre) -> None:
    bad, good = centre.call(), centre.waiting("556")
    centre.store.put("session", centre.session(bad).contact, {"contact": "what"})
    centre.restart()
    assert centre.stage(good) == "waiting"
    assert centre.heard(bad) == "Welcome."  # as a new contact


def test_the_limit_of_a_call_counts_from_its_arrival(centre: Centre) -> None:
    centre.talking()
    centre.wait(3_000)
    centre.restart()
    centre.wait(600)
    assert centre.end() == ("answered", "system")
