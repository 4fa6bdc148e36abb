"""The toll-fraud guard at work: what it holds off is told, what it lets out is counted and paid for."""

from __future__ import annotations

from typing import Any

import pytest
from structlog.testing import capture_logs

from core.facts import ConsultationEnded, OutsideDialled, OutsideEnded, OutsideRefused, TrunkChanged
from reporting.record import compute
from telephony.port import Cause, LegHungUp, RingOutside, TrunkStatus
from tenancy.dialling import Permit, Purpose, Reason, Refusal, Wanted
from tests.unit.vcc.calls import outside
from tests.unit.vcc.calls.centre import Centre, done
from tests.unit.vcc.calls.outside import FIRST, MOBILE
from tests.unit.vcc.calls.test_transfers import talks_with
from vcc.calls.outbound import Call

DAY_S = 86_400.0


def ring(
    centre: Centre, leg: str = "vcc-x-1", number: str = MOBILE, wait_s: float = 0.2, **more: Any
) -> Refusal | None:
    values: dict[str, Any] = {
        "leg": leg,
        "number": number,
        "tenant": "press",
        "contact": "x",
        "node": "n1",
        "purpose": Purpose.TRANSFER,
        "timeout_s": 20.0,
        **more,
    }
    refusal = centre.floor.outbound.ring(Call(**values))
    centre.wait(wait_s)
    return refusal


def permit(centre: Centre) -> Permit:
    wanted = Wanted(number=MOBILE, tenant="press", purpose=Purpose.FLOW, node="n1")
    found = centre.floor.guard.permit(wanted)
    assert isinstance(found, Permit)
    return found


def reasons(centre: Centre) -> list[tuple[str, bool]]:
    return [(fact.reason, fact.alarm) for fact in centre.of(OutsideRefused)]


def talked(centre: Centre, leg: str, seconds: float) -> None:
    """A leg to the number outside that lasted so long; nobody joined it, so vcc ends what it does not know."""
    assert ring(centre, leg, timeout_s=1_000.0) is None
    centre.floor.outbound.answered(leg)
    centre.wait(seconds)
    centre.exchange.hang_up(leg)
    centre.wait(0)


def test_a_refusal_is_a_fact_an_alarm_and_no_call() -> None:
    centre = outside.centre()
    with capture_logs() as logged:
        refusal = ring(centre, number="+19005551234", agent="press/wang")
    assert [(entry["log_level"], entry["reason"]) for entry in logged] == [("error", "not_allowed")]
    assert "19005551234" not in repr(logged)
    assert refusal is not None
    assert refusal.reason is Reason.NOT_ALLOWED
    (fact,) = centre.of(OutsideRefused)
    assert (fact.tenant, fact.contact, fact.agent, fact.purpose, fact.number) == (
        "press",
        "x",
        "press/wang",
        "transfer",
        "+19005551234",
    )
    assert "premium" in fact.detail
    assert (centre.of(OutsideDialled), centre.exchange.legs) == ([], {})


def test_calls_per_minute() -> None:
    centre = outside.centre("  calls_per_minute: 2\n")
    assert [ring(centre, f"vcc-x-{n}") for n in (1, 2)] == [None, None]
    assert ring(centre, "vcc-x-3") is not None
    assert reasons(centre) == [("too_many", True)]
    centre.wait(60)
    assert ring(centre, "vcc-x-4") is None


def test_the_money_of_the_day_outlives_a_crash_and_not_the_day() -> None:
    centre = outside.centre("  cost_per_day: 2.5\n")
    talked(centre, "vcc-x-1", 119)  # 0.1 + 2 * 0.5
    talked(centre, "vcc-x-2", 61)
    assert [fact.cost for fact in centre.of(OutsideEnded)] == [1.1, 1.1]
    assert ring(centre, "vcc-x-3") is not None
    centre.restart()
    assert ring(centre, "vcc-x-4") is not None
    assert reasons(centre) == [("ceiling", True)] * 2
    assert centre.floor.guard.spent() == {"press": 2.2, "": 2.2}
    centre.wait(DAY_S)
    assert ring(centre, "vcc-x-5") is None
    assert done(centre.store.load("spent"))


def test_calls_under_way_count_for_the_ceiling() -> None:
    centre = outside.centre("  cost_per_day: 1\n")
    assert ring(centre, "vcc-x-1") is None
    assert ring(centre, "vcc-x-2") is not None, "the first has not cost anything yet, and will"
    centre.exchange.hang_up("vcc-x-1")
    centre.wait(0)
    assert ring(centre, "vcc-x-3") is None


def test_the_ceiling_of_the_platform_is_of_all_tenants() -> None:
    centre = outside.centre(platform="  cost_per_day: 0.7\n")
    talked(centre, "vcc-x-1", 10)
    assert ring(centre, "vcc-x-2", tenant="chess") is not None
    assert reasons(centre) == [("ceiling", True)]


def outside_talk(centre: Centre) -> str:
    """Wang has sent a caller to the number outside, who talks there; the caller's leg."""
    leg = centre.talking()
    assert centre.exchange.transfer(centre.exchange.leg_on("p1"), MOBILE)
    centre.pick_up(FIRST)
    assert talks_with(centre, leg) == [FIRST]
    return leg


@pytest.mark.parametrize("whose", ["tenant", "platform"])
@pytest.mark.parametrize("crashes", [False, True])
def test_a_call_is_ended_before_the_minute_for_which_there_is_no_money(whose: str, crashes: bool) -> None:
    ceiling = "  cost_per_day: 1.2\n"
    centre = outside.centre(ceiling) if whose == "tenant" else outside.centre(platform=ceiling)
    leg = outside_talk(centre)  # 0.1, and 0.5 a minute
    if crashes:
        centre.wait(50)
        centre.restart(away_s=15)
    centre.wait(118.5 - 65.2 * crashes)
    assert talks_with(centre, leg) == [FIRST]
    with capture_logs() as logged:
        centre.wait(1)
    assert ("error", "press") in [(entry["log_level"], entry.get("tenant")) for entry in logged]
    assert centre.heard(leg) == "Thank you.", "the caller's session goes on"
    (ended,) = centre.of(OutsideEnded)
    assert (ended.cause, ended.cost, round(ended.talked_s or 0)) == ("ceiling", 1.1, 119)
    (talk,) = compute(centre.facts_of(leg)).outside
    assert talk.by == "system"
    assert ring(centre, "vcc-x-2") is not None
    centre.leave(leg)
    centre.wait(10)
    assert not centre.exchange.legs


def test_calls_at_the_same_time_share_what_is_left() -> None:
    centre = outside.centre("  cost_per_day: 2.3\n")
    centre.exchange.add_outside("13900139000")
    outside_talk(centre)
    centre.wait(30)
    assert ring(centre, "vcc-x-2", "13900139000", timeout_s=1_000) is None
    centre.floor.outbound.answered("vcc-x-2")  # 1.2 by now
    centre.wait(100)  # 1.7 after a minute of the first, 2.2 after one of the second, and no more for the third
    (first,) = centre.of(OutsideEnded)
    assert (first.cause, round(first.talked_s or 0)) == ("ceiling", 119)
    centre.wait(60)
    assert [fact.cause for fact in centre.of(OutsideEnded)] == ["ceiling"] * 2
    assert centre.floor.guard.spent()[""] == pytest.approx(2.2)


def test_a_ceiling_that_is_not_there_or_a_price_that_is_by_the_call_cuts_nothing() -> None:
    centre = outside.centre()
    leg = outside_talk(centre)
    centre.wait(1_000)
    assert talks_with(centre, leg) == [FIRST]
    centre.leave(leg)
    centre.wait(1)
    assert [fact.cause == "ceiling" for fact in centre.of(OutsideEnded)] == [False]


def test_a_consultation_outside_is_ended_and_the_agent_has_the_caller_again() -> None:
    centre = outside.centre("  cost_per_day: 0.6\n")
    leg = centre.talking()
    centre.control.consult(centre.session(leg).contact, "outside", MOBILE, who="anna")
    centre.pick_up(FIRST)
    centre.wait(60)
    assert [fact.how for fact in centre.of(ConsultationEnded)] == ["hung_up"]
    assert talks_with(centre, leg) == ["p1"]
    assert [fact.cause for fact in centre.of(OutsideEnded)] == ["ceiling"]


def test_the_channels_of_a_trunk_are_counted_with_calls_that_come_in() -> None:
    centre = outside.centre()
    centre.exchange.add_outside("13900139000")
    callers = [centre.call(), centre.call()]
    assert ring(centre, "vcc-x-1") is None
    assert ring(centre, "vcc-x-2", number="13900139000") is None
    assert [fact.trunk for fact in centre.of(OutsideDialled)] == ["carrier", "second"]
    centre.leave(callers[0])
    assert centre.floor.guard.used() == {"carrier": 2}


def test_a_command_without_a_permit_of_the_guard_is_not_sent() -> None:
    centre = outside.centre()
    other = outside.centre()
    foreign = RingOutside(leg="vcc-x-1", permit=permit(other), timeout_s=5, for_leg="")
    centre.floor.send("n1", foreign)
    own = RingOutside(leg="vcc-x-2", permit=permit(centre), timeout_s=5, for_leg="")
    centre.floor.send("n1", own)
    again = RingOutside(leg="vcc-x-3", permit=own.permit, timeout_s=5, for_leg="")
    centre.floor.send("n1", again)
    centre.wait(0.5)
    assert list(centre.exchange.legs) == ["vcc-x-2"]
    assert reasons(centre) == [("no_permit", True)] * 2


def test_calls_that_are_to_finish_before_a_stop_may_still_go_out() -> None:
    centre = outside.centre()
    centre.floor.draining = True
    assert ring(centre) is None


def test_a_leg_that_is_gone_when_vcc_comes_back_is_paid_for() -> None:
    centre = outside.centre()
    assert ring(centre) is None
    centre.floor.outbound.answered("vcc-x-1")
    centre.crash()
    centre.exchange.hang_up("vcc-x-1")
    centre.wait(110)
    centre.start()
    centre.wait(0.1)
    (ended,) = centre.of(OutsideEnded)
    assert (ended.cause, ended.cost) == ("gone", 1.1)
    assert done(centre.store.load("outside")) == {}


def test_trunks_that_are_down_are_passed_by_and_told_of() -> None:
    centre = outside.centre()
    centre.exchange.set_trunk("carrier", reachable=False)
    centre.wait(0)
    assert ring(centre) is None
    assert [fact.trunk for fact in centre.of(OutsideDialled)] == ["second"]
    assert [(f.trunk, f.reachable) for f in centre.of(TrunkChanged)] == [
        ("carrier", True),
        ("second", True),
        ("carrier", False),
    ]
    shown = {trunk.trunk: (trunk.state, trunk.used, trunk.channels) for trunk in centre.control.trunks()}
    assert shown == {"carrier": ("down", 0, 3), "second": ("up", 1, None)}


def test_a_carrier_that_was_not_asked_yet_is_unknown_and_tried_last() -> None:
    centre = outside.centre()
    centre.hub.handle(TrunkStatus(node="n1", at=centre.floor.now(), trunk="carrier", reachable=None))
    before = len(centre.of(TrunkChanged))
    assert {trunk.trunk: trunk.state for trunk in centre.control.trunks()} == {"carrier": "unknown", "second": "up"}
    assert ring(centre) is None
    assert [fact.trunk for fact in centre.of(OutsideDialled)] == ["second"]
    assert len(centre.of(TrunkChanged)) == before, "that nothing is known is no change"


def test_a_call_on_a_tenants_own_trunk_reaches_no_other_tenant() -> None:
    texts = outside.texts()
    texts["platform.yaml"] = texts["platform.yaml"].replace("channels: 3", "tenant: chess")
    centre = Centre(texts)
    centre.call("100")
    assert centre.ends() == ["unknown_number"]
    leg = centre.call("200")
    assert centre.session(leg).tenant == "chess"


def test_the_number_is_as_the_carrier_wants_it() -> None:
    centre = outside.centre()
    assert ring(centre, number="+86 138-0013-8000") is None
    assert centre.exchange.leg_on(FIRST) == "vcc-x-1"


def test_another_trunk_for_the_same_call_is_no_further_call() -> None:
    centre = outside.centre("  calls_per_minute: 2\n")
    centre.exchange.set_trunk("carrier", congested=True)
    assert [ring(centre, f"vcc-x-{n}") for n in (1, 2)] == [None, None]
    assert len(centre.of(OutsideDialled)) == 4
    assert ring(centre, "vcc-x-3") is not None


def test_calls_of_the_minute_are_remembered_as_long_as_they_last() -> None:
    centre = outside.centre("  calls_per_minute: 1\n")
    assert ring(centre, timeout_s=100.0) is None
    centre.crash()
    centre.start()
    assert ring(centre, "vcc-x-2") is not None
    assert reasons(centre) == [("too_many", True)]


def test_who_is_not_wanted_any_more_is_rung_over_no_other_trunk() -> None:
    """The carrier's refusal and our hanging up cross."""
    centre = outside.centre()
    assert ring(centre, wait_s=0.0) is None
    centre.floor.healer.hang_up("n1", "vcc-x-1")
    centre.hub.handle(LegHungUp(node="n1", at=centre.clock.now(), leg="vcc-x-1", cause=Cause.UNAVAILABLE))
    assert len(centre.of(OutsideDialled)) == 1


def test_a_number_that_has_rung_is_rung_over_no_other_trunk() -> None:
    centre = outside.centre()
    assert ring(centre) is None
    centre.exchange.end(centre.exchange.legs["vcc-x-1"], Cause.UNAVAILABLE, "lost")
    centre.wait(0.5)
    assert len(centre.of(OutsideDialled)) == 1
