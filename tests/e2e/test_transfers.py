"""Callers whom an agent's phone sends on, on a real Asterisk: who hears whom afterwards, and what is on record."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.lab.phone.audio import level, tone_level

if TYPE_CHECKING:
    from tests.lab.phone import Phone
    from tests.lab.phone.call import Call
    from tests.lab.phone.incoming import IncomingCall
    from tests.lab.phone.outgoing import OutgoingCall
    from tests.lab.platform import LabPlatform
    from tests.lab.stage import Stage

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

CALLER, CALLER_HZ, AGENT_HZ, COLLEAGUE_HZ = "13511110001", 700, 1_100, 1_700
SOUNDS_LIKE_MUSIC = 0.005
WANG, LI = "press/wang", "press/li"
ACCEPTED = 202


async def talking(stage: Stage, caller: Phone, agent: Phone) -> tuple[OutgoingCall, IncomingCall, str]:
    """A caller of the press talks with an agent about an order."""
    call, contact = await stage.dial(caller, "98668")
    await stage.facts.until("StepEntered", contact=contact, step="say")
    await call.dtmf("11")
    incoming = await agent.incoming()
    await incoming.answer()
    await stage.facts.until("AgentConnected", contact=contact)
    return call, incoming, contact


async def hear_each_other(one: Call, other: Call) -> None:
    one.send_tone(CALLER_HZ)
    other.send_tone(AGENT_HZ)
    await asyncio.gather(other.hears_tone(CALLER_HZ, within=5), one.hears_tone(AGENT_HZ, within=5))
    one.send_silence()
    other.send_silence()


async def test_a_blind_transfer_to_a_colleague(stage: Stage) -> None:
    wang = await stage.agent(WANG, "p104")
    async with stage.caller(CALLER) as caller:
        call, first, contact = await talking(stage, caller, wang)
        li = await stage.agent(LI, "p105")
        before = len(stage.facts.seen)
        assert (await first.transfer("2002")).status == ACCEPTED
        await stage.facts.until("CallTransferred", contact=contact, kind="agent", target=LI)
        await first.hang_up()
        await stage.facts.until("AgentStateChanged", since=before, agent=WANG, phase="wrap_up")
        second = await li.incoming()
        assert CALLER in (second.header("From") or "")
        await second.answer()
        await stage.facts.until("AgentConnected", contact=contact, agent=LI)
        await hear_each_other(call, second)
        await second.hang_up()
        await stage.facts.until("AgentStateChanged", since=before, agent=LI, phase="wrap_up")
        await call.ended()
    record = await stage.record_of(CALLER)
    assert record["complete"]
    assert record["agents"] == [WANG, LI]
    assert [(sent["how"], sent["target"], sent["failed"]) for sent in record["transfers"]] == [("blind", LI, "")]


async def test_a_blind_transfer_that_a_colleague_refuses_comes_back(stage: Stage) -> None:
    wang = await stage.agent(WANG, "p104")
    async with stage.caller(CALLER) as caller:
        call, first, contact = await talking(stage, caller, wang)
        li = await stage.agent(LI, "p105")
        assert (await first.transfer("2002")).status == ACCEPTED
        refusing = await li.incoming()
        await first.hang_up()
        await refusing.reject(603)
        await stage.facts.until("TransferFailed", contact=contact, why="not_taken")
        again = await wang.incoming()
        await again.answer()
        await stage.facts.until("AgentConnected", contact=contact, agent=WANG)
        await hear_each_other(call, again)
        await call.hang_up()
    record = await stage.record_of(CALLER)
    assert [(talk["agent"]) for talk in record["talks"]] == [WANG, WANG]


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
        await stage.facts.until("AgentStateChanged", since=before, agent=WANG, phase="wrap_up")
        await asked.hang_up()
        await stage.facts.until("AgentStateChanged", since=before, agent=LI, phase="wrap_up")
        await call.ended()
    record = await stage.record_of(CALLER)
    assert record["complete"]
    assert record["agents"] == [WANG, LI]
    assert record["talks"][0]["held_s"] > 0
    assert [(sent["how"], sent["target"]) for sent in record["transfers"]] == [("attended", LI)]


async def test_a_consultation_and_a_conference_by_the_control_api(stage: Stage, platform: LabPlatform) -> None:
    wang = await stage.agent(WANG, "p104")
    async with stage.caller(CALLER) as caller:
        call, first, contact = await talking(stage, caller, wang)
        li = await stage.agent(LI, "p105")
        await platform.api("POST", f"calls/{contact}/consult", agent=LI)
        asked = await li.incoming()
        assert CALLER in (asked.header("From") or "")
        await asked.answer()
        await stage.facts.until("ConsultationBegan", contact=contact, colleague=LI)
        call.send_tone(CALLER_HZ)
        first.send_tone(AGENT_HZ)
        asked.send_tone(COLLEAGUE_HZ)
        await asyncio.gather(
            first.hears_tone(COLLEAGUE_HZ, within=5),
            asked.hears_tone(AGENT_HZ, within=5),
        )
        assert tone_level(first.heard[-4_000:], CALLER_HZ) < 0.01
        await platform.api("POST", f"calls/{contact}/conversation", action="conference")
        await stage.facts.until("ConferenceBegan", contact=contact, colleague=LI)
        await asyncio.gather(
            call.hears_tone(AGENT_HZ, within=5, at_least=0.3),
            call.hears_tone(COLLEAGUE_HZ, within=5, at_least=0.3),
            first.hears_tone(CALLER_HZ, within=5, at_least=0.3),
            first.hears_tone(COLLEAGUE_HZ, within=5, at_least=0.3),
            asked.hears_tone(CALLER_HZ, within=5, at_least=0.3),
            asked.hears_tone(AGENT_HZ, within=5, at_least=0.3),
        )
        before = len(stage.facts.seen)
        await first.hang_up()
        await stage.facts.until("AgentStateChanged", since=before, agent=WANG, phase="wrap_up")
        call.send_silence()
        asked.send_silence()
        await hear_each_other(call, asked)
        await asked.hang_up()
        await stage.facts.until("AgentStateChanged", since=before, agent=LI, phase="wrap_up")
        await call.ended()
    record = await stage.record_of(CALLER)
    assert record["complete"]
    assert record["agents"] == [WANG, LI]


async def test_hold_and_a_consultation_that_is_cancelled(stage: Stage, platform: LabPlatform) -> None:
    wang = await stage.agent(WANG, "p104")
    async with stage.caller(CALLER) as caller:
        call, first, contact = await talking(stage, caller, wang)
        await platform.api("POST", f"calls/{contact}/conversation", action="hold")
        first.send_tone(AGENT_HZ)
        await stage.facts.until("TalkHeld", contact=contact)
        heard = len(call.heard)
        await call.watch.until(
            lambda: level(call.heard[heard + 4_000 :]) > SOUNDS_LIKE_MUSIC, 5, expected="music", found=lambda: "silence"
        )
        assert tone_level(call.heard[-4_000:], AGENT_HZ) < 0.01
        await platform.api("POST", f"calls/{contact}/conversation", action="resume")
        await hear_each_other(call, first)
        li = await stage.agent(LI, "p105")
        await platform.api("POST", f"calls/{contact}/consult", agent=LI)
        asked = await li.incoming()
        await asked.answer()
        await stage.facts.until("ConsultationBegan", contact=contact)
        await platform.api("POST", f"calls/{contact}/conversation", action="cancel")
        await asked.ended()
        await hear_each_other(call, first)
        await call.hang_up()
    record = await stage.record_of(CALLER)
    assert record["complete"]
    assert record["agents"] == [WANG]


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
