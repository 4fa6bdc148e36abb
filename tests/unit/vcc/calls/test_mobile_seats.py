"""Mobile seats: an agent at a number outside, who is put through after pressing 1 and not before."""

from __future__ import annotations

import pytest

from core.errors import ConflictError
from core.facts import AgentConnected, OfferEnded, OutsideDialled, OutsideEnded, OutsideRefused
from telephony.port import Cause
from telephony.simulated.phones import Busy, Refuses
from tenancy.secrets import Role
from tests.unit.vcc.calls import outside
from tests.unit.vcc.calls.centre import SECONDS, Centre, done, read
from tests.unit.vcc.calls.outside import ACCEPT, FIRST, SECOND
from vcc.api.identity import Principal
from vcc.api.own import Own


@pytest.fixture
def centre() -> Centre:
    return outside.centre()


def outcomes(centre: Centre) -> list[tuple[str, str, str]]:
    return [(offer.agent, str(offer.outcome), offer.detail) for offer in centre.of(OfferEnded)]


def rung(centre: Centre, number: str = FIRST) -> tuple[str, str]:
    """A caller waits, and the number outside rings for it: the legs of both."""
    centre.ready(phone="m1")
    leg = centre.waiting()
    centre.wait(0.5)
    return leg, centre.exchange.leg_on(number)


def picked_up(centre: Centre) -> tuple[str, str]:
    leg, mobile = rung(centre)
    centre.exchange.pick_up(FIRST)
    centre.wait(0.2)
    return leg, mobile


def test_it_is_listed_as_what_it_is_and_chosen_only_on_purpose(centre: Centre) -> None:
    centre.ready("press/li", "p2")
    assert {phone.phone: phone.transport for phone in centre.control.phones()}["m1"] == "outside"
    own = Own(Principal(name="wang", role=Role.AGENT, agent="press/wang"), centre.control)
    assert [phone.phone for phone in own.phones(own.agent())] == ["p1", "p3", "m1"]


def test_accepted(centre: Centre) -> None:
    leg, mobile = picked_up(centre)
    assert centre.exchange.line(mobile).shown_number == "01065550000"
    assert (centre.heard(mobile), centre.stage(leg), centre.phase()) == (ACCEPT, "waiting", "ringing")
    assert not centre.of(AgentConnected)
    assert centre.heard(leg) == "press/main", "the caller hears the music on"
    centre.press(mobile, "1")
    assert (centre.stage(leg), centre.heard(leg), centre.heard(mobile)) == ("talking", mobile, leg)
    centre.wait(70)
    centre.exchange.hang_up(mobile)
    centre.wait(0.5)
    assert centre.stage(leg) == "flow"
    (dialled,), (ended,) = centre.of(OutsideDialled), centre.of(OutsideEnded)
    assert (dialled.trunk, dialled.number, dialled.purpose, dialled.agent) == (
        "carrier",
        "+8613800138000",
        "mobile_seat",
        "press/wang",
    )
    assert (dialled.cost_per_minute, dialled.cost_per_call, dialled.currency) == (0.5, 0.1, "CNY")
    assert (ended.cause, ended.cost) == ("normal", 1.1)
    assert ended.talked_s == pytest.approx(70, abs=1)


@pytest.mark.parametrize("keys", ["2", "0", "#", "21"])
def test_another_key_is_no(centre: Centre, keys: str) -> None:
    leg, mobile = picked_up(centre)
    since = centre.session(leg).queued_at
    centre.exchange.press(mobile, keys[0])
    for key in keys[1:]:
        if mobile in centre.exchange.legs:
            centre.exchange.press(mobile, key)
    centre.wait(1)
    assert outcomes(centre) == [("press/wang", "no_answer", "not accepted: another key")]
    assert (centre.stage(leg), centre.phase()) == ("waiting", "unresponsive")
    assert centre.session(leg).queued_at == since
    assert mobile not in centre.exchange.legs
    assert not centre.of(AgentConnected)


def test_a_voicemail_answers(centre: Centre) -> None:
    """It says something and presses nothing; the prompt is said twice, then it is over, and the next agent is rung."""
    leg, mobile = picked_up(centre)
    centre.ready("press/li", "p2")
    centre.wait(2 * SECONDS - 0.5)
    assert centre.heard(mobile) == ACCEPT
    centre.wait(8)
    assert not outcomes(centre)
    centre.wait(1)
    assert outcomes(centre) == [("press/wang", "no_answer", "not accepted in time")]
    assert mobile not in centre.exchange.legs
    assert (centre.phase(), centre.rings("p2")) == ("unresponsive", True)
    centre.pick_up("p2")
    assert (centre.stage(leg), [c.agent for c in centre.of(AgentConnected)]) == ("talking", ["press/li"])


def test_whoever_answered_late_has_the_time_to_accept(centre: Centre) -> None:
    leg, mobile = rung(centre)
    centre.wait(9)  # of ten that the queue lets ring
    centre.exchange.pick_up(FIRST)
    centre.wait(11)
    assert centre.stage(leg) == "waiting"
    centre.press(mobile, "1")
    assert centre.stage(leg) == "talking"


def test_the_time_of_a_former_offer_ends_no_later_one(centre: Centre) -> None:
    leg, first = picked_up(centre)
    centre.press(first, "2")
    centre.wait(5)
    centre.ready(phone="m1")
    centre.wait(0.5)
    centre.exchange.pick_up(FIRST)
    centre.wait(8)  # the first one's time to accept is over
    second = centre.exchange.leg_on(FIRST)
    centre.press(second, "1")
    assert (centre.stage(leg), len(outcomes(centre))) == ("talking", 2)


def test_who_answered_hangs_up_without_a_key(centre: Centre) -> None:
    leg, mobile = picked_up(centre)
    centre.exchange.hang_up(mobile)
    centre.wait(0.5)
    assert [outcome for _, outcome, _ in outcomes(centre)] == ["no_answer"]
    assert centre.stage(leg) == "waiting"


@pytest.mark.parametrize("asked", [False, True])
def test_the_caller_leaves_meanwhile(centre: Centre, *, asked: bool) -> None:
    leg, mobile = picked_up(centre) if asked else rung(centre)
    centre.leave(leg)
    centre.wait(0.5)
    assert centre.end() == ("abandoned", "caller")
    assert [outcome for _, outcome, _ in outcomes(centre)] == ["withdrawn"]
    assert centre.exchange.legs == {}
    assert centre.exchange.line(mobile).ended is (Cause.NORMAL if asked else Cause.ELSEWHERE)
    assert centre.phase() == "idle"
    centre.wait(30)
    assert len(outcomes(centre)) == 1


@pytest.mark.parametrize("asked", [False, True])
def test_vcc_dies_meanwhile(centre: Centre, *, asked: bool) -> None:
    leg, mobile = picked_up(centre) if asked else rung(centre)
    since = centre.session(leg).queued_at
    centre.restart()
    centre.wait(0.5)
    assert mobile not in centre.exchange.legs, "nobody is asked any more who could not be put through"
    assert centre.stage(leg) == "waiting"
    assert centre.session(leg).queued_at == since
    assert len(centre.of(OutsideEnded)) == 1
    second = centre.exchange.leg_on(FIRST)
    assert second != mobile
    centre.exchange.pick_up(FIRST)
    centre.wait(0.1)
    centre.press(second, "1")
    assert centre.stage(leg) == "talking"


def test_after_a_crash_the_next_phone_is_no_mobile_seat(centre: Centre) -> None:
    picked_up(centre)
    centre.crash()
    for trunk in ("carrier", "second"):
        centre.exchange.set_trunk(trunk, reachable=False)
    centre.start()
    centre.control.set_agent("press/wang", "not_ready", who="anna")
    centre.ready("press/li", "p2")
    centre.wait(1)
    centre.exchange.refuse("p2")
    centre.wait(0.1)
    assert [outcome for agent, outcome, _ in outcomes(centre) if agent == "press/li"] == ["refused"]


def test_vcc_dies_in_the_conversation(centre: Centre) -> None:
    leg, mobile = picked_up(centre)
    centre.press(mobile, "1")
    centre.restart()
    assert (centre.stage(leg), mobile in centre.exchange.legs) == ("talking", True)
    centre.wait(100)
    centre.exchange.hang_up(mobile)
    centre.wait(2)
    (ended,) = centre.of(OutsideEnded)
    assert ended.cost == 1.1, "the two minutes from the answer, over the crash"


@pytest.mark.parametrize(("behaviour", "outcome"), [(Busy(), "busy"), (Refuses(), "refused")], ids=["busy", "refused"])
def test_failures_are_told_as_of_any_phone(centre: Centre, behaviour: Busy | Refuses, outcome: str) -> None:
    centre.exchange.outside[FIRST].behaviour = behaviour
    centre.ready(phone="m1")
    centre.waiting()
    centre.wait(2)
    assert [found for _, found, _ in outcomes(centre)] == [outcome]


def test_nobody_comes(centre: Centre) -> None:
    leg, _ = rung(centre)
    centre.wait(10)
    assert [outcome for _, outcome, _ in outcomes(centre)] == ["no_answer"]
    assert (centre.stage(leg), centre.phase()) == ("waiting", "unresponsive")


def test_the_next_trunk_where_the_first_has_no_line(centre: Centre) -> None:
    centre.exchange.set_trunk("carrier", congested=True)
    leg, mobile = rung(centre, SECOND)
    assert centre.exchange.line(mobile).shown_number == "01065550001"
    centre.exchange.pick_up(SECOND)
    centre.wait(0.1)
    centre.press(mobile, "1")
    assert centre.stage(leg) == "talking"
    assert [(d.trunk, d.leg) for d in centre.of(OutsideDialled)][1] == ("second", mobile)
    assert not outcomes(centre)[1:]
    centre.leave(leg)
    assert centre.exchange.legs == {}


def test_the_caller_leaves_while_the_second_trunk_rings(centre: Centre) -> None:
    centre.exchange.set_trunk("carrier", congested=True)
    leg, _ = rung(centre, SECOND)
    centre.leave(leg)
    centre.wait(0.5)
    assert centre.exchange.legs == {}


def test_withdrawn_by_signing_out_while_the_second_trunk_rings(centre: Centre) -> None:
    centre.exchange.set_trunk("carrier", congested=True)
    leg, mobile = rung(centre, SECOND)
    centre.control.set_agent("press/wang", "signed_out", who="anna")
    centre.wait(0.5)
    assert mobile not in centre.exchange.legs
    assert centre.stage(leg) == "waiting"


def test_no_trunk_has_a_line(centre: Centre) -> None:
    for trunk in ("carrier", "second"):
        centre.exchange.set_trunk(trunk, congested=True)
    centre.ready(phone="m1")
    leg = centre.waiting()
    centre.wait(0.5)
    assert [outcome for _, outcome, _ in outcomes(centre)] == ["unreachable"]
    assert (centre.stage(leg), centre.phase()) == ("waiting", "unresponsive")
    assert [r.reason for r in centre.of(OutsideRefused)] == ["no_trunk"]


def test_without_a_trunk_a_mobile_seat_is_not_reachable(centre: Centre) -> None:
    for trunk in ("carrier", "second"):
        centre.exchange.set_trunk(trunk, reachable=False)
    centre.ready(phone="m1")
    centre.waiting()
    centre.wait(0.5)
    (wang,) = [agent for agent in centre.control.agents() if agent.agent == "press/wang"]
    assert (wang.reachable, wang.phone, outcomes(centre)) == (False, "m1", [])
    centre.exchange.set_trunk("second")
    centre.wait(0.5)
    assert centre.exchange.leg_on(SECOND)


def test_the_guard_stands_before_a_mobile_seat_too() -> None:
    centre = outside.centre("  mobile_seat: {kinds: [fixed]}\n")
    centre.ready(phone="m1")
    leg = centre.waiting()
    centre.wait(0.5)
    assert outcomes(centre) == [("press/wang", "unreachable", "not dialled: not_allowed")]
    assert (centre.stage(leg), centre.of(OutsideDialled)) == ("waiting", [])


def test_keys_of_other_agents_mean_nothing_here(centre: Centre) -> None:
    leg = centre.talking()
    phone = centre.exchange.leg_on("p1")
    centre.press(phone, "21")
    assert centre.stage(leg) == "talking"


def test_a_mobile_seat_has_no_account(centre: Centre) -> None:
    assert "m1" not in centre.exchange.phones


def test_only_whose_seat_it_is_goes_on_duty_there() -> None:
    texts = outside.texts()
    texts["phones.yaml"] = texts["phones.yaml"].replace("agents: [press/wang, press/li, lin]", "agents: [press/wang]")
    centre = Centre(texts)
    for trunk in ("carrier", "second"):
        centre.exchange.set_trunk(trunk)
    centre.wait(0)
    with pytest.raises(ConflictError, match="m1 is a mobile seat of press/wang, not of press/li"):
        centre.ready("press/li", "m1")
    assert not centre.floor.router.agent_on("m1")
    centre.ready("press/wang", "m1")
    assert centre.floor.router.agent_on("m1")


def test_who_loses_the_mobile_seat_in_a_reload_is_signed_out() -> None:
    centre = outside.centre()
    centre.ready("press/wang", "m1")
    texts = outside.texts()
    texts["phones.yaml"] = texts["phones.yaml"].replace("agents: [press/wang, press/li, lin]", "agents: [press/li]")
    centre.bundle = read(texts)
    done(centre.reload())
    assert not centre.floor.router.agent_on("m1")


# --- several at once ---

OTHER = "13800138001"


@pytest.fixture
def several() -> Centre:
    """Two mobile seats and a phone ring for one caller; somebody, or a voicemail, has picked up at the first seat."""
    texts = outside.texts()
    texts["phones.yaml"] += f"m2: {{node: n1, outside: {OTHER}, agents: [press/li]}}\n"
    queues = texts["tenants/press/queues.yaml"]
    texts["tenants/press/queues.yaml"] = queues.replace("ring_s: 10,", "ring_s: 10, ring_at_once: 3,", 1)
    texts["tenants/press/tenant.yaml"] = texts["tenants/press/tenant.yaml"].replace("seats: 2", "seats: 3")
    centre = outside.centre(files=texts)
    centre.exchange.add_outside(OTHER)
    for agent, phone in (("press/wang", "m1"), ("press/li", "m2"), ("lin", "p3")):
        centre.ready(agent, phone)
    centre.waiting()
    centre.wait(0.5)
    centre.exchange.pick_up(FIRST)
    centre.wait(0.5)
    return centre


def test_a_voicemail_at_one_seat_stops_no_other_phone(several: Centre) -> None:
    first = several.exchange.leg_on(FIRST)
    assert several.heard(first) == ACCEPT
    assert several.rings("p3")
    several.pick_up("p3")
    several.wait(0.5)
    assert [fact.agent for fact in several.of(AgentConnected)] == ["lin"]
    assert first not in several.exchange.legs
    assert sorted(outcomes(several)) == [
        ("lin", "answered", ""),
        ("press/li", "withdrawn", "somebody else answered"),
        ("press/wang", "withdrawn", "somebody else answered"),
    ]
    several.wait(20)
    assert [several.phase(agent) for agent in ("press/wang", "press/li")] == ["idle", "idle"]


def test_of_two_who_have_picked_up_the_first_to_accept_has_the_call(several: Centre) -> None:
    first, second = several.exchange.leg_on(FIRST), several.exchange.leg_on(OTHER)
    several.exchange.pick_up(OTHER)
    several.wait(0.5)
    assert (several.heard(first), several.heard(second)) == (ACCEPT, ACCEPT)
    several.press(second, "1")
    several.wait(0.5)
    assert [fact.agent for fact in several.of(AgentConnected)] == ["press/li"]
    assert first not in several.exchange.legs
    assert not several.rings("p3")


def test_who_says_no_leaves_the_others_ringing(several: Centre) -> None:
    first = several.exchange.leg_on(FIRST)
    several.press(first, "2")
    several.wait(0.5)
    assert outcomes(several) == [("press/wang", "no_answer", "not accepted: another key")]
    assert several.rings("p3")
    several.exchange.pick_up(OTHER)
    several.wait(0.5)
    several.press(several.exchange.leg_on(OTHER), "1")
    several.wait(0.5)
    assert [fact.agent for fact in several.of(AgentConnected)] == ["press/li"]


def test_whoever_is_asked_when_the_caller_leaves_is_free_again(several: Centre) -> None:
    leg = next(iter(several.floor.sessions.values())).leg
    several.leave(leg)
    several.wait(15)
    assert [several.phase(agent) for agent in ("press/wang", "press/li", "lin")] == ["idle"] * 3
    assert not several.floor.legs.agents
