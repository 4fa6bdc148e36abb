"""Callers whom an agent's phone or a command sends on, on a real Asterisk: who hears whom, and what is on record."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.e2e.conversation import (
    ACCEPTED,
    CALLER,
    CALLER_HZ,
    COLLEAGUE_HZ,
    LI,
    WANG,
    hear_each_other,
    hears_music,
    talking,
    wraps_up,
)
from tests.lab.phone.audio import tone_level

if TYPE_CHECKING:
    from tests.lab.platform import LabPlatform
    from tests.lab.stage import Stage

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

SERVICE = "press/service"


async def test_a_blind_transfer_to_a_colleague(stage: Stage) -> None:
    wang = await stage.agent(WANG, "p104")
    async with stage.caller(CALLER) as caller:
        call, first, contact = await talking(stage, caller, wang)
        li = await stage.agent(LI, "p105")
        before = len(stage.facts.seen)
        assert (await first.transfer("2002")).status == ACCEPTED
        await stage.facts.until("CallTransferred", contact=contact, kind="agent", target=LI)
        await first.hang_up()
        await wraps_up(stage, WANG, before)
        second = await li.incoming()
        assert CALLER in (second.header("From") or "")
        await second.answer()
        await stage.facts.until("AgentConnected", contact=contact, agent=LI)
        await hear_each_other(call, second)
        await second.hang_up()
        await wraps_up(stage, LI, before)
        await call.ended()
    record = await stage.record_of(CALLER)
    assert record["complete"]
    assert record["agents"] == [WANG, LI]
    assert [(sent["how"], sent["target"], sent["failed"]) for sent in record["transfers"]] == [("blind", LI, "")]


@pytest.mark.parametrize("status", [603, 486, 480], ids=["refused", "busy", "no answer"])
async def test_a_blind_transfer_that_a_colleague_does_not_take_comes_back(stage: Stage, status: int) -> None:
    wang = await stage.agent(WANG, "p104")
    async with stage.caller(CALLER) as caller:
        call, first, contact = await talking(stage, caller, wang)
        li = await stage.agent(LI, "p105")
        assert (await first.transfer("2002")).status == ACCEPTED
        refusing = await li.incoming()
        await first.hang_up()
        await refusing.reject(status)
        await stage.facts.until("TransferFailed", contact=contact, why="not_taken")
        again = await wang.incoming()
        await again.answer()
        await stage.facts.until("AgentConnected", contact=contact, agent=WANG)
        await hear_each_other(call, again)
        await call.hang_up()
    record = await stage.record_of(CALLER)
    assert [(talk["agent"]) for talk in record["talks"]] == [WANG, WANG]


@pytest.mark.parametrize("by", ["phone", "command"])
async def test_a_transfer_to_a_queue_keeps_the_place(stage: Stage, platform: LabPlatform, by: str) -> None:
    """Who was queued first is served first, also in the other queue."""
    wang = await stage.agent(WANG, "p104")
    async with stage.caller(CALLER) as caller, stage.caller("13511110002") as later:
        call, first, contact = await talking(stage, caller, wang)
        waiting, other = await stage.dial(later, "98668")
        await stage.facts.until("StepEntered", contact=other, step="say")
        await waiting.dtmf("10")
        await stage.facts.until("ContactQueued", contact=other, queue=SERVICE)
        if by == "phone":
            assert (await first.transfer("6002")).status == ACCEPTED
            await first.hang_up()
        else:
            await platform.api("POST", f"calls/{contact}/transfer", queue=SERVICE)
            await first.ended()
        queued = await stage.facts.until("ContactQueued", contact=contact, queue=SERVICE)
        assert queued["position"] == 1
        await hears_music(call)
        li = await stage.agent(LI, "p105")
        second = await li.incoming()
        assert CALLER in (second.header("From") or "")
        await second.answer()
        await stage.facts.until("AgentConnected", contact=contact, agent=LI)
        await hear_each_other(call, second)
        await asyncio.gather(call.hang_up(), waiting.hang_up())
    record = await stage.record_of(CALLER)
    assert record["complete"]
    assert record["agents"] == [WANG, LI]
    assert [(sent["how"], sent["kind"], sent["target"]) for sent in record["transfers"]] == [
        ("blind", "queue", SERVICE)
    ]


async def test_a_transfer_to_a_colleague_by_command(stage: Stage, platform: LabPlatform) -> None:
    wang = await stage.agent(WANG, "p104")
    async with stage.caller(CALLER) as caller:
        call, first, contact = await talking(stage, caller, wang)
        li = await stage.agent(LI, "p105")
        before = len(stage.facts.seen)
        await platform.api("POST", f"calls/{contact}/transfer", agent=LI)
        await first.ended()
        await wraps_up(stage, WANG, before)
        second = await li.incoming()
        await second.answer()
        await stage.facts.until("AgentConnected", contact=contact, agent=LI)
        await hear_each_other(call, second)
        await call.hang_up()
    record = await stage.record_of(CALLER)
    assert [(sent["how"], sent["target"], sent["failed"]) for sent in record["transfers"]] == [("blind", LI, "")]


async def test_an_attended_transfer_after_a_word_with_the_colleague(stage: Stage) -> None:
    wang = await stage.agent(WANG, "p104")
    async with stage.caller(CALLER) as caller:
        call, first, contact = await talking(stage, caller, wang)
        await first.hold()
        await stage.facts.until("TalkHeld", contact=contact, agent=WANG)
        li = await stage.agent(LI, "p105")
        consulting, asked, _ = await talking(stage, wang, li)
        await hear_each_other(consulting, asked)
        before = len(stage.facts.seen)
        assert (await first.transfer("98668", replaces=consulting)).status == ACCEPTED
        await stage.facts.until("AgentConnected", since=before, contact=contact, agent=LI)
        await hear_each_other(call, asked)
        await asyncio.gather(first.hang_up(), consulting.ended())
        await wraps_up(stage, WANG, before)
        await asked.hang_up()
        await wraps_up(stage, LI, before)
        await call.ended()
    record = await stage.record_of(CALLER)
    assert record["complete"]
    assert record["agents"] == [WANG, LI]
    assert record["talks"][0]["held_s"] > 0
    assert [(sent["how"], sent["target"]) for sent in record["transfers"]] == [("attended", LI)]


async def test_a_supervisor_whose_phone_is_rung_and_a_caller_who_is_parked(stage: Stage, platform: LabPlatform) -> None:
    wang, boss = await stage.agent(WANG, "p104"), await stage.test_phone("p106")
    async with stage.caller(CALLER) as caller:
        call, first, contact = await talking(stage, caller, wang)
        await platform.api("POST", f"calls/{contact}/supervise", phone="p106")
        listening = await boss.incoming()
        await listening.answer()
        await stage.facts.until("SupervisionBegan", contact=contact, mode="listen")
        call.send_tone(CALLER_HZ)
        await listening.hears_tone(CALLER_HZ, within=5)
        call.send_silence()
        await platform.api("POST", f"calls/{contact}/supervise", phone="p106", mode="whisper")
        await stage.facts.until("SupervisionBegan", contact=contact, mode="whisper")
        listening.send_tone(COLLEAGUE_HZ)
        await first.hears_tone(COLLEAGUE_HZ, within=5)
        assert tone_level(call.heard[-4_000:], COLLEAGUE_HZ) < 0.01
        li = await stage.agent(LI, "p105")
        parked = await platform.api("POST", f"calls/{contact}/park")
        assert parked == {"slot": "1"}
        await asyncio.gather(first.ended(), listening.ended())
        await platform.api("POST", f"calls/{contact}/retrieve", agent=LI)
        taken = await li.incoming()
        await taken.answer()
        await stage.facts.until("AgentConnected", contact=contact, agent=LI)
        await hear_each_other(call, taken)
        await call.hang_up()
    record = await stage.record_of(CALLER)
    assert record["complete"]
    assert [(sent["how"], sent["target"]) for sent in record["transfers"]] == [("parked", LI)]
