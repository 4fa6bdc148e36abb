"""What FreeSWITCH's adapter does beyond what the contract asks of every switch."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from telephony.freeswitch.frames import Frame
from telephony.port import (
    CallArrived,
    Cause,
    LegHungUp,
    LegReleased,
    LegsBridged,
    LegsParted,
    LegTransferred,
    Music,
    NodeDown,
    NodeUp,
    Play,
    PlayEnded,
)
from tests.contract.switch.driver import LIN, MUSIC
from tests.contract.switch.model import FALLBACK_AFTER_S, ModelLab
from tests.lab.phone.melody import write_melody

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

AGENT = "vcc-a-1"


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[ModelLab]:
    write_melody(tmp_path / "one.wav", 0.6)
    write_melody(tmp_path / "long.wav", 6.0)
    async with ModelLab(tmp_path) as lab:
        await lab.fact(NodeUp)
        yield lab


async def test_strangers_are_told_of_by_the_switch_and_never_touched(lab: ModelLab) -> None:
    first, second = lab.model.new_channel("stranger-1"), lab.model.new_channel("stranger-2")
    lab.exchange.arrive("1", trunk="t")  # something of ours, to know when all before it is treated
    for name in ("CHANNEL_CREATE", "CHANNEL_PARK", "CHANNEL_ANSWER", "CHANNEL_EXECUTE", "DTMF"):
        lab.model.fire(name, first, DTMF_Digit="1", Application="eavesdrop")
    both = {"Bridge_A_Unique_ID": first.uuid, "Bridge_B_Unique_ID": second.uuid}
    lab.model.fire("CHANNEL_BRIDGE", first, **both)
    lab.model.fire("CHANNEL_UNBRIDGE", first, **both)
    lab.model.fire("CHANNEL_HANGUP", first, Hangup_Cause="NORMAL_CLEARING")
    await lab.fact(CallArrived)
    await lab.die()
    await lab.start_again()
    await lab.fact(CallArrived)
    assert not [fact for fact in lab.told if "stranger" in str(fact)]
    assert not [line for line in lab.commands() if "stranger" in line]


async def test_a_stranger_who_comes_into_a_conversation_is_hung_up(lab: ModelLab) -> None:
    _, leg = await lab.answered()
    lab.model.fire("CHANNEL_BRIDGE", Bridge_A_Unique_ID="stranger", Bridge_B_Unique_ID=leg)
    assert await lab.until(lambda: "api uuid_kill stranger" in lab.commands(), 3.0)


async def test_who_waits_for_vcc_is_not_taken_into_the_fallback(lab: ModelLab) -> None:
    await lab.phones(LIN)
    person, leg = await lab.answered()
    lab.send(Music(leg=leg, music=MUSIC))
    await lab.agent(LIN, AGENT)
    await lab.wait(2 * FALLBACK_AFTER_S)
    await person.hears_music()
    assert not lab.of(LegHungUp)


async def test_who_talks_has_no_timer(lab: ModelLab) -> None:
    await lab.phones(LIN)
    _, leg, _ = await lab.talk(AGENT)
    assert await lab.until(lambda: not any(lab.model.channels[one].timers for one in (leg, AGENT)), 2.0)


async def test_where_events_were_lost_all_is_asked_anew(lab: ModelLab) -> None:
    person, leg = await lab.answered()
    lab.model.fire = lambda *args, **headers: None  # type: ignore[method-assign]  # what happens is not told
    await person.hang_up()
    await lab.wait(0.1)
    assert not lab.of(LegHungUp)
    lab.switch._events_lost(1)
    await lab.fact(NodeDown)
    await lab.fact(NodeUp, count=2)
    assert (await lab.fact(LegHungUp, leg=leg)).cause is Cause.FAILED


async def test_a_leg_of_which_the_switch_knows_nothing_is_gone(lab: ModelLab) -> None:
    person, leg = await lab.answered()
    lab.model.fire = lambda *args, **headers: None  # type: ignore[method-assign]
    await person.hang_up()
    await asyncio.sleep(0)
    lab.switch._endings.audit()
    assert (await lab.fact(LegHungUp, leg=leg)).detail == "the switch does not know it"


async def test_a_sound_that_a_lost_wire_leaves_behind_ends_before_the_next(lab: ModelLab) -> None:
    person, leg = await lab.answered()
    lab.send(Play(leg=leg, play="1", sounds=(lab.sound("long"),)))
    await person.begins_to_hear("long")
    await lab.cut()
    await lab.fact(NodeDown)
    assert not (await lab.fact(PlayEnded, play="1")).completed
    await lab.mend()
    await lab.fact(NodeUp, count=2, within=10.0)
    lab.send(Play(leg=leg, play="2", sounds=(lab.sound("one"),)))
    await person.hears("one")
    assert (await lab.fact(PlayEnded, play="2")).completed


async def test_a_transfer_to_what_is_no_number_leaves_the_two_together(lab: ModelLab) -> None:
    await lab.phones(LIN)
    _, leg, agent = await lab.talk(AGENT)
    assert await agent.transfer("a;b")
    await lab.fact(LegsParted, leg=leg, other=AGENT)
    await lab.fact(LegsBridged, leg=leg, other=AGENT, count=2)
    assert not lab.of(LegTransferred)
    assert "vcc_refer_to" not in lab.model.channels[leg].variables


async def test_a_ring_that_fails_before_it_is_known_by_which_job(lab: ModelLab) -> None:
    """The end is told with the events, the job by a lane."""
    leg = lab.switch._legs.add(AGENT, rung=True)
    lab.switch._rings.job_over({"Job-UUID": "job-1", "_body": "-ERR USER_BUSY\n"})
    assert not lab.of(LegHungUp)
    reply = {"Content-Type": "command/reply", "Reply-Text": "+OK Job-UUID: job-1", "Job-UUID": "job-1"}
    lab.switch._rings._queued(leg, Frame(reply, b""))
    assert (await lab.fact(LegHungUp, leg=AGENT)).cause is Cause.BUSY


async def test_a_call_that_is_handed_over_again_before_it_is_known_to_be_given_back(lab: ModelLab) -> None:
    await lab.hand_over()
    leg = (await lab.fact(CallArrived)).leg
    known = lab.switch._legs.get(leg)
    assert known is not None
    known.going = True
    lab.model.fire("CHANNEL_PARK", lab.model.channels[leg])
    await lab.fact(LegReleased, leg=leg)
    await lab.fact(CallArrived, leg=leg, count=2)
