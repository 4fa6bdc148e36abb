"""Hold, consultations and conferences by command, on a real Asterisk: who hears whom, and who leaves when."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.e2e.conversation import (
    AGENT_HZ,
    CALLER,
    CALLER_HZ,
    COLLEAGUE_HZ,
    LI,
    WANG,
    all_hear_all,
    consult,
    do,
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


async def test_a_consultation_and_a_conference(stage: Stage) -> None:
    wang = await stage.agent(WANG, "p104")
    async with stage.caller(CALLER) as caller:
        call, first, contact = await talking(stage, caller, wang)
        li = await stage.agent(LI, "p105")
        asked = await consult(stage, contact, li, agent=LI)
        assert CALLER in (asked.header("From") or "")
        call.send_tone(COLLEAGUE_HZ)
        await hear_each_other(first, asked)
        assert tone_level(first.heard[-4_000:], COLLEAGUE_HZ) < 0.01
        assert tone_level(asked.heard[-4_000:], COLLEAGUE_HZ) < 0.01
        await hears_music(call)
        await do(stage, contact, "conference")
        await stage.facts.until("ConferenceBegan", contact=contact, colleague=LI)
        await all_hear_all(call, first, asked)
        before = len(stage.facts.seen)
        await first.hang_up()
        await wraps_up(stage, WANG, before)
        await hear_each_other(call, asked)
        await asked.hang_up()
        await wraps_up(stage, LI, before)
        await call.ended()
    record = await stage.record_of(CALLER)
    assert record["complete"]
    assert record["agents"] == [WANG, LI]


async def test_hold_and_a_consultation_that_is_cancelled(stage: Stage) -> None:
    wang = await stage.agent(WANG, "p104")
    async with stage.caller(CALLER) as caller:
        call, first, contact = await talking(stage, caller, wang)
        await do(stage, contact, "hold")
        first.send_tone(AGENT_HZ)
        await stage.facts.until("TalkHeld", contact=contact)
        await hears_music(call)
        await do(stage, contact, "resume")
        await hear_each_other(call, first)
        li = await stage.agent(LI, "p105")
        asked = await consult(stage, contact, li, agent=LI)
        await do(stage, contact, "cancel")
        await asked.ended()
        await hear_each_other(call, first)
        await call.hang_up()
    record = await stage.record_of(CALLER)
    assert record["complete"]
    assert record["agents"] == [WANG]


async def test_to_and_fro_between_caller_and_colleague_and_then_completed(stage: Stage) -> None:
    wang = await stage.agent(WANG, "p104")
    async with stage.caller(CALLER) as caller:
        call, first, contact = await talking(stage, caller, wang)
        li = await stage.agent(LI, "p105")
        asked = await consult(stage, contact, li, agent=LI)
        await do(stage, contact, "alternate")
        await hear_each_other(call, first)
        await hears_music(asked)
        await do(stage, contact, "alternate")
        await hear_each_other(first, asked)
        await hears_music(call)
        before = len(stage.facts.seen)
        await do(stage, contact, "complete")
        await first.ended()
        await hear_each_other(call, asked)
        await wraps_up(stage, WANG, before)
        await asked.hang_up()
        await wraps_up(stage, LI, before)
        await call.ended()
    record = await stage.record_of(CALLER)
    assert [(sent["how"], sent["target"]) for sent in record["transfers"]] == [("attended", LI)]


@pytest.mark.parametrize("by", ["command", "code"])
async def test_it_is_completed_while_it_rings(stage: Stage, by: str) -> None:
    """The agent is free, and the caller waits for the colleague."""
    wang = await stage.agent(WANG, "p104")
    async with stage.caller(CALLER) as caller:
        call, first, contact = await talking(stage, caller, wang)
        li = await stage.agent(LI, "p105")
        await stage.platform.api("POST", f"calls/{contact}/consult", agent=LI)
        rung = await li.incoming()
        await rung.ring()
        await hears_music(call)
        before = len(stage.facts.seen)
        if by == "command":
            await do(stage, contact, "complete")
        else:
            await first.dtmf("*1")
        await first.ended()
        await wraps_up(stage, WANG, before)
        await rung.cancelled()
        asked = await li.incoming()
        await hears_music(call)
        await asked.answer()
        await hear_each_other(call, asked)
        await call.hang_up()
        await wraps_up(stage, LI, before)
    record = await stage.record_of(CALLER)
    assert (record["complete"], record["agents"]) == (True, [WANG, LI])
    assert [(sent["how"], sent["target"]) for sent in record["transfers"]] == [("blind", LI)]


@pytest.mark.parametrize("status", [603, 486, 480], ids=["refused", "busy", "no answer"])
async def test_a_colleague_who_does_not_come_leaves_the_two_together(stage: Stage, status: int) -> None:
    wang = await stage.agent(WANG, "p104")
    async with stage.caller(CALLER) as caller:
        call, first, contact = await talking(stage, caller, wang)
        li = await stage.agent(LI, "p105")
        await stage.platform.api("POST", f"calls/{contact}/consult", agent=LI)
        refusing = await li.incoming()
        await hears_music(call)
        await refusing.reject(status)
        await stage.facts.until("ConsultationEnded", contact=contact, how="not_taken")
        await hear_each_other(call, first)
        await call.hang_up()


@pytest.mark.parametrize("when", ["talking", "conference"])
async def test_the_colleague_hangs_up(stage: Stage, when: str) -> None:
    wang = await stage.agent(WANG, "p104")
    async with stage.caller(CALLER) as caller:
        call, first, contact = await talking(stage, caller, wang)
        li = await stage.agent(LI, "p105")
        asked = await consult(stage, contact, li, agent=LI)
        if when == "conference":
            await do(stage, contact, "conference")
            await stage.facts.until("ConferenceBegan", contact=contact)
        before = len(stage.facts.seen)
        await asked.hang_up()
        await stage.facts.until("ConsultationEnded", contact=contact, how="hung_up")
        await wraps_up(stage, LI, before)
        await hear_each_other(call, first)
        await first.hang_up()
        await wraps_up(stage, WANG, before)
        await call.ended()
    record = await stage.record_of(CALLER)
    assert (record["outcome"], record["complete"]) == ("answered", True)


@pytest.mark.parametrize("when", ["ringing", "talking", "conference"])
async def test_the_caller_hangs_up(stage: Stage, when: str) -> None:
    wang = await stage.agent(WANG, "p104")
    async with stage.caller(CALLER) as caller:
        call, first, contact = await talking(stage, caller, wang)
        li = await stage.agent(LI, "p105")
        if when == "ringing":
            await stage.platform.api("POST", f"calls/{contact}/consult", agent=LI)
            asked = await li.incoming()
            await asked.ring()
        else:
            asked = await consult(stage, contact, li, agent=LI)
        if when == "conference":
            await do(stage, contact, "conference")
            await stage.facts.until("ConferenceBegan", contact=contact)
        before = len(stage.facts.seen)
        await call.hang_up()
        await asyncio.gather(first.ended(), asked.ended())
        await stage.facts.until("ConsultationEnded", contact=contact, how="caller_left")
        await wraps_up(stage, WANG, before)
        if when != "ringing":
            await wraps_up(stage, LI, before)
    record = await stage.record_of(CALLER)
    assert (record["outcome"], record["complete"]) == ("answered", True)


@pytest.mark.parametrize("then", ["complete", "cancel"])
async def test_a_consultation_outlives_vcc(stage: Stage, platform: LabPlatform, then: str) -> None:
    wang = await stage.agent(WANG, "p104")
    async with stage.caller(CALLER) as caller:
        call, first, contact = await talking(stage, caller, wang)
        li = await stage.agent(LI, "p105")
        asked = await consult(stage, contact, li, agent=LI)
        await hear_each_other(first, asked)
        killed = time.time()
        os.kill(platform.vcc_pid(), signal.SIGKILL)
        await hear_each_other(first, asked)
        await hears_music(call)
        await platform.until_ready()
        await platform.fact_of(contact, "ContactRecovered", since=killed)
        await hear_each_other(first, asked)
        await hears_music(call)
        await do(stage, contact, then)
        stays, goes = (asked, first) if then == "complete" else (first, asked)
        await goes.ended()
        await hear_each_other(call, stays)
        await stays.hang_up()
        await call.ended()
    record = await stage.record_of(CALLER)
    assert (record["outcome"], record["complete"]) == ("answered", True)
    assert record["agents"] == ([WANG, LI] if then == "complete" else [WANG])


async def test_a_conference_outlives_vcc(stage: Stage, platform: LabPlatform) -> None:
    wang = await stage.agent(WANG, "p104")
    async with stage.caller(CALLER) as caller:
        call, first, contact = await talking(stage, caller, wang)
        li = await stage.agent(LI, "p105")
        asked = await consult(stage, contact, li, agent=LI)
        await do(stage, contact, "conference")
        await stage.facts.until("ConferenceBegan", contact=contact)
        await all_hear_all(call, first, asked)
        killed = time.time()
        os.kill(platform.vcc_pid(), signal.SIGKILL)
        await all_hear_all(call, first, asked)
        await platform.until_ready()
        await platform.fact_of(contact, "ContactRecovered", since=killed)
        await all_hear_all(call, first, asked)
        await first.hang_up()
        await hear_each_other(call, asked)
        await call.hang_up()
        await asked.ended()
    record = await stage.record_of(CALLER)
    assert (record["outcome"], record["complete"], record["agents"]) == ("answered", True, [WANG, LI])


async def test_who_rings_for_a_consultation_when_vcc_dies_is_stopped(stage: Stage, platform: LabPlatform) -> None:
    """The caller stays on hold, and the agent can take the caller back."""
    wang = await stage.agent(WANG, "p104")
    async with stage.caller(CALLER) as caller:
        call, first, contact = await talking(stage, caller, wang)
        li = await stage.agent(LI, "p105")
        await platform.api("POST", f"calls/{contact}/consult", agent=LI)
        asked = await li.incoming()
        await asked.ring()
        await hears_music(call)
        killed = time.time()
        os.kill(platform.vcc_pid(), signal.SIGKILL)
        await platform.until_ready()
        await platform.fact_of(contact, "ContactRecovered", since=killed)
        await asked.cancelled()
        await hears_music(call)
        await do(stage, contact, "resume")
        first.send_tone(AGENT_HZ)
        call.send_tone(CALLER_HZ)
        await asyncio.gather(first.hears_tone(CALLER_HZ, within=5), call.hears_tone(AGENT_HZ, within=5))
        await call.hang_up()
