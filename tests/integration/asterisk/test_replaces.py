"""SIP's Replaces in the hands of somebody who knows more than he should: nobody is connected whom vcc does not
connect."""

import pytest

from telephony.port import CallArrived, LegHungUp, LegsParted, LegTransferred, Play, PlayEnded
from tests.integration.asterisk.conftest import Rig
from tests.lab.phone.call import Call

pytestmark = pytest.mark.asterisk


async def controlled(rig: Rig, leg: str, call: Call) -> None:
    """Prove that a leg is under control."""
    rig.send(Play(leg=leg, play=leg, sounds=(str(rig.pbx.sound("short")),)))
    await rig.facts.until(PlayEnded, leg=leg, completed=True)
    await call.hears(rig.pbx.sound("short"), within=5)


async def test_a_call_that_replaces_another_phones_leg_is_hung_up_and_the_caller_comes_back(rig: Rig) -> None:
    call, leg = await rig.answered()
    agent = await rig.talking(await rig.phone("lin"), leg, "vcc-r-1")
    wang, dialog = await rig.phone("wang"), agent.dialog
    replaces = f"{dialog.call_id};to-tag={dialog.remote_tag};from-tag={dialog.local_tag}"
    intruder = await wang.dial("8001", headers=(("Replaces", replaces),))
    await intruder.ended()
    await rig.facts.until(LegsParted, leg=leg, other="vcc-r-1")
    await controlled(rig, leg, call)
    await call.hang_up()
    await agent.hang_up()
    await rig.facts.until(LegHungUp, leg="vcc-r-1")


async def test_a_transfer_into_a_call_of_another_phone_is_undone(rig: Rig) -> None:
    call, leg = await rig.answered()
    agent = await rig.talking(await rig.phone("lin"), leg, "vcc-r-2")
    wang = await rig.phone("wang")
    other_call, other_leg = await rig.answered()
    rogue = await rig.talking(wang, other_leg, "vcc-r-3", phone_name="wang")
    await rogue.transfer("8001", replaces=agent)
    await controlled(rig, other_leg, other_call)
    await controlled(rig, leg, call)
    assert not rig.facts.of(LegTransferred)
    assert len(rig.facts.of(CallArrived)) == 2
    for ending in (call, other_call, rogue):
        await ending.hang_up()
    await rig.facts.until(LegHungUp, leg="vcc-r-3")
