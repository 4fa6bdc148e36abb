"""Codes that an agent keys in during a conversation, on a real Asterisk: what follows, and who hears what."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from telephony.asterisk.translate import RINGBACK_HZ
from tests.e2e.conversation import (
    AGENT_HZ,
    CALLER,
    CALLER_HZ,
    COLLEAGUE_HZ,
    LI,
    WANG,
    hear_each_other,
    hears_music,
    talking,
)
from tests.lab.phone.audio import RATE, SAMPLE_BYTES, level

if TYPE_CHECKING:
    from tests.lab.phone.call import Call
    from tests.lab.phone.incoming import IncomingCall
    from tests.lab.stage import Stage

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

QUIET = 0.005
#: So many bytes of what is heard may belong to what was said before.
UNDER_WAY = RATE // 2 * SAMPLE_BYTES


async def keys(stage: Stage, call: IncomingCall, code: str, *said: str, unheard_by: Call | None = None) -> None:
    """The agent presses keys and hears these words, which nobody else does."""
    since, before = call.heard_s, len(unheard_by.heard) + UNDER_WAY if unheard_by else 0
    await call.dtmf(code)
    for words in said:
        await call.hears(stage.prompt(words), within=10, since_s=since, whispered=True)
    if unheard_by is not None:
        assert level(unheard_by.heard[before:]) < QUIET, "somebody else hears the words"


async def test_hold_and_mute(stage: Stage) -> None:
    wang = await stage.agent(WANG, "p104")
    async with stage.caller(CALLER) as caller:
        call, agent, contact = await talking(stage, caller, wang)
        await hear_each_other(call, agent)
        await keys(stage, agent, "*6", "客户已保持。")
        await stage.facts.until("TalkHeld", contact=contact)
        await hears_music(call)
        await agent.dtmf("*6")
        await stage.facts.until("TalkResumed", contact=contact)
        await hear_each_other(call, agent)
        await keys(stage, agent, "*9", "已静音。", unheard_by=call)
        await stage.facts.until("AgentMuted", contact=contact, agent=WANG)
        begin = len(call.heard)
        agent.send_tone(AGENT_HZ)
        call.send_tone(CALLER_HZ)
        await agent.hears_tone(CALLER_HZ, within=5)
        assert level(call.heard[begin:]) < QUIET
        agent.send_silence()
        call.send_silence()
        await keys(stage, agent, "*9", "静音已取消。", unheard_by=call)
        await stage.facts.until("AgentUnmuted", contact=contact)
        await hear_each_other(call, agent)
        await keys(stage, agent, "*4", "现在不能这样操作。", unheard_by=call)
        await agent.hang_up()
        await call.ended()
    assert (await stage.record_of(CALLER))["complete"]


async def test_a_blind_transfer(stage: Stage) -> None:
    wang = await stage.agent(WANG, "p104")
    async with stage.caller(CALLER) as caller:
        call, agent, contact = await talking(stage, caller, wang)
        await keys(stage, agent, "*1", "请拨号码，按井号键结束，按星号键取消。")
        await hears_music(call)
        await keys(stage, agent, "999#", "该号码不允许拨打。")
        await hear_each_other(call, agent)
        await keys(stage, agent, "*12009#", "没有这个号码。")
        await stage.facts.until("OutsideRefused", contact=contact, reason="no_such_number", alarm=False)
        await hear_each_other(call, agent)
        await keys(stage, agent, "*12002#", "该坐席没有登录。")
        await hear_each_other(call, agent)
        await keys(stage, agent, "*12*", "已取消。")
        await hear_each_other(call, agent)
        li = await stage.agent(LI, "p105")
        await keys(stage, agent, "*12002#", "已转接。")
        await stage.facts.until("CallTransferred", contact=contact, how="blind", target=LI)
        await agent.ended()
        second = await li.incoming()
        await second.answer()
        await stage.facts.until("AgentConnected", contact=contact, agent=LI)
        await hear_each_other(call, second)
        await second.hang_up()
        await call.ended()
    record = await stage.record_of(CALLER)
    assert record["complete"]
    assert record["agents"] == [WANG, LI]


async def test_a_consultation_three_at_once_and_the_colleague_gets_the_caller(stage: Stage) -> None:
    wang = await stage.agent(WANG, "p104")
    async with stage.caller(CALLER) as caller:
        call, agent, contact = await talking(stage, caller, wang)
        li = await stage.agent(LI, "p105")
        await agent.dtmf("*22002#")
        await agent.hears_tone(RINGBACK_HZ, within=8)
        asked = await li.incoming()
        await asked.answer()
        await stage.facts.until("ConsultationBegan", contact=contact, colleague=LI)
        await hear_each_other(agent, asked)
        await hears_music(call)
        await keys(stage, agent, "*4", "与客户通话。")
        await hear_each_other(call, agent)
        await hears_music(asked)
        await keys(stage, agent, "*4", "与同事通话。")
        await hear_each_other(agent, asked)
        await keys(stage, agent, "*3", "三方通话。")
        await stage.facts.until("ConferenceBegan", contact=contact)
        asked.send_tone(COLLEAGUE_HZ)
        await asyncio.gather(
            call.hears_tone(COLLEAGUE_HZ, within=5, at_least=0.3),
            agent.hears_tone(COLLEAGUE_HZ, within=5, at_least=0.3),
        )
        asked.send_silence()
        await keys(stage, agent, "*1", "已转接。")
        await agent.ended()
        await hear_each_other(call, asked)
        await asked.hang_up()
        await call.ended()
    record = await stage.record_of(CALLER)
    assert record["complete"]
    assert record["agents"] == [WANG, LI]
    assert [(sent["how"], sent["target"]) for sent in record["transfers"]] == [("attended", LI)]


async def test_a_consultation_that_nobody_answers_and_one_that_is_cancelled(stage: Stage) -> None:
    wang = await stage.agent(WANG, "p104")
    async with stage.caller(CALLER) as caller:
        call, agent, contact = await talking(stage, caller, wang)
        li = await stage.agent(LI, "p105")
        await agent.dtmf("*22002#")
        await (await li.incoming()).reject(486)
        await stage.facts.until("ConsultationEnded", contact=contact, how="not_taken")
        await agent.hears(stage.prompt("该坐席正忙。"), within=10, whispered=True)
        await hear_each_other(call, agent)
        await stage.platform.api("POST", f"agents/{LI}/state", wish="ready")
        before = len(stage.facts.seen)
        await agent.dtmf("*22002#")
        asked = await li.incoming()
        await asked.answer()
        await stage.facts.until("ConsultationBegan", since=before, contact=contact)
        await keys(stage, agent, "*5", "已取消。")
        await asked.ended()
        await hear_each_other(call, agent)
        await call.hang_up()
    assert (await stage.record_of(CALLER))["agents"] == [WANG]


async def test_park_and_retrieve(stage: Stage) -> None:
    wang = await stage.agent(WANG, "p104")
    async with stage.caller(CALLER) as caller:
        call, agent, contact = await talking(stage, caller, wang)
        await keys(stage, agent, "*8", "客户已停靠，取回号：")
        slot = (await stage.facts.until("CallParked", contact=contact))["slot"]
        assert slot == "1"
        await agent.ended()
        await hears_music(call)
        li = await stage.agent(LI, "p105")
        await stage.platform.api("POST", f"agents/{LI}/state", wish="not_ready", reason="meal")
        wrong, _ = await stage.dial(li, "*789", written="*78…")
        await wrong.hears(stage.prompt("该取回号没有客户。"), within=10)
        await wrong.hang_up()
        before = len(stage.facts.seen)
        taken, _ = await stage.dial(li, f"*78{slot}", written="*78…")
        await stage.facts.until("AgentConnected", since=before, contact=contact, agent=LI)
        await hear_each_other(call, taken)
        await taken.dtmf("*6")
        await stage.facts.until("TalkHeld", contact=contact, agent=LI)
        await hears_music(call)
        await taken.dtmf("*6")
        await stage.facts.until("TalkResumed", contact=contact)
        await hear_each_other(call, taken)
        await taken.hang_up()
        await stage.facts.until("AgentStateChanged", since=before, agent=LI, phase="wrap_up")
        await call.ended()
    record = await stage.record_of(CALLER)
    assert record["complete"]
    assert record["agents"] == [WANG, LI]
    assert [(sent["how"], sent["to"], sent["target"]) for sent in record["transfers"]] == [("parked", slot, LI)]


async def test_a_plain_softphones_keys(stage: Stage) -> None:
    softphone = await stage.softphone("p107")
    await stage.facts.until("PhoneChanged", phone="p107", reachable=True)
    await stage.platform.api("POST", f"agents/{WANG}/state", wish="ready", phone="p107")
    async with stage.caller(CALLER) as caller:
        call, contact = await stage.dial(caller, "98668")
        await stage.facts.until("StepEntered", contact=contact, step="say")
        await call.dtmf("11")
        await stage.facts.until("AgentConnected", contact=contact)
        for name in ("TalkHeld", "TalkResumed"):
            await softphone.press("*6")
            await stage.facts.until(name, contact=contact)
        await call.hang_up()
    assert not [f for f in stage.facts.seen if f["fact"] == "DigitsCollected" and f["contact"] == contact]
