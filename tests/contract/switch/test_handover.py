"""A dial plan that is not vcc's hands a call over, and has it back when vcc lets it go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from telephony.port import (
    Answer,
    Bridge,
    CallArrived,
    CommandFailed,
    LegHungUp,
    LegReleased,
    LegsBridged,
    Music,
    Play,
    PlayEnded,
    Release,
    ToFallback,
)
from tests.contract.switch.driver import CALLER, LIN, MUSIC, NUMBER

if TYPE_CHECKING:
    from tests.contract.switch.driver import Lab, Person

AGENT = "vcc-a-1"


async def handed_over(lab: Lab, *, twice: bool = False) -> tuple[Person, str]:
    """A call that was handed over and answered, and its leg."""
    person = await lab.hand_over(twice=twice)
    leg = (await lab.fact(CallArrived)).leg
    lab.send(Answer(leg=leg))
    await person.answered()
    return person, leg


async def test_a_call_comes_from_the_dial_plan_and_goes_back_to_it(lab: Lab) -> None:
    person = await lab.hand_over(name="Li Lei")
    fact = await lab.fact(CallArrived)
    assert (fact.handed_over, fact.trunk, fact.phone, fact.again) == (True, "", "", False)
    assert (fact.dialled, fact.caller, fact.caller_name) == (NUMBER, CALLER, "Li Lei")
    lab.send(Answer(leg=fact.leg), Play(leg=fact.leg, play="1", sounds=(lab.sound("one"),)))
    await person.hears("one")
    assert (await lab.fact(PlayEnded)).completed
    lab.send(Music(leg=fact.leg, music=MUSIC))
    await person.hears_music()
    lab.send(Release(leg=fact.leg, outcome="answered", result="paid 12"))
    await lab.fact(LegReleased, leg=fact.leg)
    await person.hears_own_dial_plan("answered", "paid 12")
    await person.press("5")
    await person.hang_up()
    await person.ended()
    assert lab.about(fact.leg)[-1] == "LegReleased"


async def test_a_call_that_nobody_has_answered_goes_back_as_it_is(lab: Lab) -> None:
    person = await lab.hand_over()
    leg = (await lab.fact(CallArrived)).leg
    lab.send(Release(leg=leg, outcome="closed"))
    await person.hears_own_dial_plan("closed", "")


async def test_a_call_goes_back_after_a_talk(lab: Lab) -> None:
    await lab.phones(LIN)
    person, leg = await handed_over(lab)
    agent = await lab.agent(LIN, AGENT, for_leg=leg)
    lab.send(Bridge(leg=leg, other=AGENT), Release(leg=leg, outcome="answered", result="paid 12"))
    await lab.fact(LegsBridged, leg=leg)
    await person.hears_person(agent)
    await agent.hang_up()
    await lab.fact(LegReleased, leg=leg)
    await person.hears_own_dial_plan("answered", "paid 12")


async def test_a_call_may_be_handed_over_again(lab: Lab) -> None:
    person, leg = await handed_over(lab, twice=True)
    lab.send(Release(leg=leg, outcome="answered", result="paid 12"))
    fact = await lab.fact(CallArrived, count=2)
    assert (fact.leg, fact.handed_over, fact.again) == (leg, True, False)
    lab.send(Play(leg=leg, play="1", sounds=(lab.sound("one"),)))
    await person.hears("one")
    await lab.fact(PlayEnded)
    lab.send(Release(leg=leg, outcome="closed"))
    await lab.fact(LegReleased, leg=leg, count=2)
    await person.hears_own_dial_plan("closed", "")


async def test_what_came_in_on_a_trunk_goes_nowhere(lab: Lab) -> None:
    person, leg = await lab.answered()
    lab.send(Release(leg=leg, outcome="answered"), Play(leg=leg, play="1", sounds=(lab.sound("one"),)))
    assert (await lab.fact(CommandFailed, leg=leg)).command == "Release"
    await person.hears("one")
    assert not lab.of(LegReleased)


async def test_a_call_that_was_handed_over_outlives_vcc_and_can_go_back(lab: Lab) -> None:
    person, leg = await handed_over(lab)
    await lab.die()
    await lab.start_again()
    fact = await lab.fact(CallArrived)
    assert (fact.leg, fact.again, fact.handed_over, fact.dialled) == (leg, True, True, NUMBER)
    lab.send(Release(leg=leg, outcome="answered", result="paid 12"))
    await lab.fact(LegReleased, leg=leg)
    await person.hears_own_dial_plan("answered", "paid 12")


async def test_who_hangs_up_before_is_told_as_any_other(lab: Lab) -> None:
    person, leg = await handed_over(lab)
    await person.hang_up()
    await lab.fact(LegHungUp, leg=leg)
    lab.send(Release(leg=leg, outcome="answered"))
    await lab.wait(0.2)
    assert not lab.of(LegReleased)


async def test_without_vcc_the_call_hears_the_fallback_and_then_its_own_dial_plan(lab: Lab) -> None:
    person, leg = await handed_over(lab)
    lab.send(ToFallback(leg=leg))
    await person.hears_fallback()
    await person.hears_own_dial_plan("fallback", "")
    await person.hang_up()
    await lab.fact(LegHungUp, leg=leg)


async def test_a_vcc_that_stays_away_is_no_dead_end(lab: Lab) -> None:
    person, _ = await handed_over(lab)
    await lab.die()
    await person.hears_fallback()
    await person.hears_own_dial_plan("fallback", "")
    await person.hang_up()
    await lab.start_again()
