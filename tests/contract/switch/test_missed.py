"""Calls that come while vcc is away and are over before it is back: told afterwards, until they are forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from telephony.port import CallArrived, CallMissed, ForgetMissed, MissedEnd, NodeUp
from tests.contract.switch.driver import CALLER, LIN, NUMBER

if TYPE_CHECKING:
    from tests.contract.switch.driver import Lab


async def missed_nothing(lab: Lab) -> None:
    """Whoever calls now is told after all that was missed."""
    await lab.fact(NodeUp)
    await lab.wait(0.3)
    assert not lab.of(CallMissed)


async def test_who_gives_up_while_vcc_is_away_is_told_until_that_is_on_record(lab: Lab) -> None:
    await lab.phones(LIN)
    await lab.die()
    person = await lab.call("010" + NUMBER, name="${SHELL(id)} <sip:1@x>")
    agent = await lab.call_from(LIN, "*71")
    await lab.wait(0.6)
    await person.hang_up()
    await agent.hang_up()
    await lab.wait(0.3)
    await lab.start_again()
    fact = await lab.fact(CallMissed, trunk=lab.trunk)
    assert (fact.dialled, fact.number, fact.caller, fact.phone) == ("010" + NUMBER, "", CALLER, "")
    assert (fact.how, fact.answered) == (MissedEnd.GAVE_UP, None)
    assert 0 <= fact.ended - fact.arrived <= 3  # a switch may note whole seconds, and one more would be the fallback's
    coded = await lab.fact(CallMissed, phone=LIN)
    assert (coded.dialled, coded.trunk, coded.caller, coded.how) == ("*71", "", "", MissedEnd.GAVE_UP)
    assert len(lab.of(CallMissed)) == 2
    await lab.die()
    await lab.start_again()
    assert (await lab.fact(CallMissed, leg=fact.leg)).ended == fact.ended  # nobody has said that it is safe
    await lab.fact(CallMissed, leg=coded.leg)
    lab.send(ForgetMissed(leg=fact.leg), ForgetMissed(leg=coded.leg), ForgetMissed(leg="never-1"))
    await lab.wait(0.2)
    await lab.die()
    await lab.start_again()
    await missed_nothing(lab)


async def test_who_hears_the_fallback_is_told_when_that_is_over_also_when_vcc_is_back(lab: Lab) -> None:
    await lab.die()
    person = await lab.call()
    await person.hears_fallback()
    await lab.start_again()
    await lab.fact(NodeUp)
    assert not lab.of(CallArrived)
    fact = await lab.fact(CallMissed, within=10)
    assert (fact.how, fact.dialled) == (MissedEnd.FALLBACK, NUMBER)
    assert fact.answered is not None
    assert fact.arrived + 1 <= fact.answered <= fact.ended
    await person.ended()


async def test_who_is_served_after_all_was_not_missed(lab: Lab) -> None:
    await lab.die()
    person, other = await lab.call(), await lab.call("98667")
    await lab.wait(0.5)
    await other.hang_up()
    await lab.wait(0.3)  # the phone has its answer before the switch has ended the leg
    await lab.start_again()
    leg = (await lab.fact(CallArrived)).leg
    missed = await lab.fact(CallMissed)  # what was noted has been looked through
    assert missed.dialled == "98667"
    lab.send(ForgetMissed(leg=missed.leg))
    await person.hang_up()
    await lab.gone(leg)
    assert len(lab.of(CallMissed)) == 1
    await lab.die()
    await lab.start_again()
    await missed_nothing(lab)
