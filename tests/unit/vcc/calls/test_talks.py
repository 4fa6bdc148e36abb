"""What phones do by themselves in a conversation."""

from __future__ import annotations

import pytest

from core.facts import AgentConnected, AgentLeft, TalkHeld, TalkResumed
from reporting.record import compute
from telephony.port import Bridge, LegsBridged, LegsParted
from tests.unit.vcc.calls.centre import Centre
from tests.unit.vcc.calls.configuration import TEXTS
from tests.unit.vcc.calls.test_transfers import talks_with


@pytest.fixture
def centre() -> Centre:
    return Centre()


def hold(centre: Centre, phone: str = "p1", *, on: bool = True) -> None:
    centre.exchange.hold(centre.exchange.leg_on(phone), on=on)
    centre.wait(0)


def test_the_hold_key_is_on_record_and_the_agent_is_held(centre: Centre) -> None:
    leg = centre.talking()
    centre.wait(10)
    hold(centre)
    assert centre.phase() == "held"
    assert centre.stage(leg) == "talking"
    centre.wait(7)
    hold(centre, on=False)
    assert centre.phase() == "talking"
    (fact,) = centre.of(TalkResumed)
    assert fact.agent == "press/wang"
    assert fact.held_s == pytest.approx(7)
    centre.wait(2)
    hold(centre)
    centre.wait(3)
    facts = centre.facts_of(leg)
    centre.leave(leg)
    (talk,) = compute(centre.facts_of(leg)).talks
    assert talk.held_s == pytest.approx(10)
    assert talk.talked_s == pytest.approx(22, abs=0.2)
    assert len([fact for fact in facts if isinstance(fact, TalkHeld)]) == 2


@pytest.mark.parametrize("recorded", [True, False])
@pytest.mark.parametrize("who", ["agent", "caller"])
def test_after_a_hold_a_recorded_conversation_is_bridged_anew(recorded: bool, who: str) -> None:
    """A phone may begin its media anew then, which a recording would not hear."""
    tenant = "tenants/press/tenant.yaml"
    rules = "recording: {mode: always, announced: false}\n" if recorded else ""
    centre = Centre({**TEXTS, tenant: TEXTS[tenant] + rules})
    leg = centre.talking()
    held = centre.exchange.leg_on("p1") if who == "agent" else leg
    for on in (True, False):
        centre.exchange.hold(held, on=on)
        centre.wait(1)
    assert sum(isinstance(command, Bridge) for command in centre.switch.sent) == (2 if recorded else 1)
    assert talks_with(centre, leg) == ["p1"]
    assert (centre.stage(leg), centre.phase()) == ("talking", "talking")
    assert len(centre.of(AgentConnected)) == 1
    centre.wait(5)
    centre.leave(leg)
    (talk,) = compute(centre.facts_of(leg)).talks
    assert talk.talked_s == pytest.approx(7, abs=0.2)


def test_a_call_that_ends_on_hold_leads_to_wrap_up(centre: Centre) -> None:
    leg = centre.talking()
    hold(centre)
    centre.wait(1)
    centre.leave(leg)
    centre.wait(0.1)
    assert centre.phase() == "wrap_up"
    assert [str(fact.by) for fact in centre.of(AgentLeft)] == ["caller"]


def test_who_is_on_hold_is_so_after_a_crash(centre: Centre) -> None:
    leg = centre.talking()
    hold(centre)
    centre.restart()
    assert (centre.stage(leg), centre.phase()) == ("talking", "held")
    hold(centre, on=False)
    assert centre.phase() == "talking"
    assert [fact.held_s for fact in centre.of(TalkResumed)] == [pytest.approx(1.1)]


def test_a_caller_who_holds_holds_no_agent(centre: Centre) -> None:
    centre.ready()
    leg = centre.call(phone="p3", keys="1")
    centre.pick_up()
    centre.exchange.hold(leg, on=True)
    centre.wait(0)
    assert centre.phase() == "talking"
    assert not centre.of(TalkHeld)


def test_a_bridge_that_is_over_is_cut_a_second_after_itself_and_not_after_an_earlier_one() -> None:
    """An agent who transfers twice within a second: between the end of the bridge and the word of the transfer, the
    second is not to be taken for nobody's.
    """
    centre = Centre()
    leg = centre.talking()
    agent = centre.exchange.leg_on("p1")

    def tell(kind: type[LegsBridged | LegsParted]) -> None:
        centre.hub.handle(kind(node=centre.exchange.node, at=centre.clock.now(), leg=leg, other=agent))

    tell(LegsParted)
    tell(LegsBridged)
    centre.wait(0.9)
    tell(LegsParted)
    centre.wait(0.2)
    assert not centre.of(AgentLeft)
    centre.wait(0.9)
    assert [fact.by for fact in centre.of(AgentLeft)] == ["system"]
