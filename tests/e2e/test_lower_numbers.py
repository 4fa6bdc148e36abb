"""Whoever listens to an agent, and vcc's words to one, reach the ear also when the agent's next partner has lower RTP.

Asterisk as Debian builds it takes a voice for late whose RTP is numbered lower than what a listener to the same leg has
heard before (docs/adr/recording-by-mixmonitor.md): so the numbers here are chosen, such that it would.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from telephony.asterisk.translate import RINGBACK_HZ
from tests.e2e.conversation import AGENT_HZ, CALLER, CALLER_HZ, COLLEAGUE_HZ, LI, WANG, consult, do, talking
from tests.lab.phone.audio import level

if TYPE_CHECKING:
    from tests.lab.phone.call import Call
    from tests.lab.platform import LabPlatform
    from tests.lab.stage import Stage

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

#: Where the RTP of the caller begins, and that of the colleague.
HIGH, LOWER = 45_000, 40_000
QUIET = 0.02
_QUARTER_S = 4_000  # bytes


async def listens(supervisor: Call, agent: Call, partner: Call, hz: int) -> None:
    """A supervisor hears the agent, and whoever the agent talks with."""
    partner.send_tone(hz)
    await supervisor.hears_tone(hz, within=5)
    partner.send_silence()
    agent.send_tone(AGENT_HZ)
    await supervisor.hears_tone(AGENT_HZ, within=5)
    agent.send_silence()


@pytest.mark.parametrize("mode", ["listen", "whisper", "barge"])
async def test_who_listens_hears_each_partner(stage: Stage, platform: LabPlatform, mode: str) -> None:
    wang, zhao, li = await stage.agent(WANG, "p104"), await stage.test_phone("p106"), await stage.agent(LI, "p105")
    li.rtp_from = LOWER
    async with stage.caller(CALLER) as caller:
        caller.rtp_from = HIGH
        call, agent, contact = await talking(stage, caller, wang)
        await platform.api("POST", f"calls/{contact}/supervise", phone="p106", mode=mode)
        listening = await zhao.incoming()
        await listening.answer()
        await stage.facts.until("SupervisionBegan", contact=contact)
        await listens(listening, agent, call, CALLER_HZ)
        asked = await consult(stage, contact, li, agent=LI)
        await listens(listening, agent, asked, COLLEAGUE_HZ)
        await do(stage, contact, "alternate")
        await stage.facts.until("TalkResumed", contact=contact)
        await listens(listening, agent, call, CALLER_HZ)
        await do(stage, contact, "alternate")
        await listens(listening, agent, asked, COLLEAGUE_HZ)
        if mode != "listen":
            listening.send_tone(CALLER_HZ)
            await agent.hears_tone(CALLER_HZ, within=5)
            listening.send_silence()
        await do(stage, contact, "cancel")
        await listens(listening, agent, call, CALLER_HZ)
        await call.hang_up()
        await listening.ended()
    began = [f for f in stage.facts.seen if f["fact"] == "SupervisionBegan" and f["contact"] == contact]
    assert len(began) == 1


async def test_who_was_muted_once_is_told_things_in_each_conversation(stage: Stage) -> None:
    wang, li = await stage.agent(WANG, "p104"), await stage.agent(LI, "p105")
    li.rtp_from = LOWER
    async with stage.caller(CALLER) as caller:
        caller.rtp_from = HIGH
        call, agent, contact = await talking(stage, caller, wang)
        await told(agent, "*9")
        await told(agent, "*9")
        await agent.dtmf("*22002#")
        asked = await li.incoming()
        await agent.hears_tone(RINGBACK_HZ, within=8)
        await asked.answer()
        await stage.facts.until("ConsultationBegan", contact=contact)
        await told(agent, "*9")
        await told(agent, "*9")
        await told(agent, "*4")
        await told(agent, "*4")
        await told(agent, "*5")
        await asked.ended()
        await call.hang_up()


async def told(agent: Call, code: str) -> None:
    """An agent presses keys and hears words, where nobody else says anything, to their end."""
    begin = len(agent.heard)
    await agent.dtmf(code)
    await agent.watch.until(
        lambda: level(agent.heard[begin:][-_QUARTER_S:]) > QUIET,
        6,
        expected=f"words after {code}",
        found=agent.heard_in_words,
    )
    await agent.watch.until(
        lambda: level(agent.heard[-_QUARTER_S:]) < QUIET / 10, 6, expected="their end", found=agent.heard_in_words
    )


@pytest.mark.parametrize("anew", ["while muted", "between two mutes"])
async def test_who_is_muted_stays_so_when_the_phone_begins_its_media_anew(stage: Stage, anew: str) -> None:
    wang = await stage.agent(WANG, "p104")
    wang.rtp_from = HIGH
    async with stage.caller(CALLER) as caller:
        call, agent, contact = await talking(stage, caller, wang)
        await do(stage, contact, "mute")
        if anew == "between two mutes":
            await do(stage, contact, "unmute")
            await heard(agent, call)
        agent.media.sender.restart(LOWER)
        await do(stage, contact, "mute")
        agent.send_tone(AGENT_HZ)
        begin = len(call.heard)
        call.send_tone(CALLER_HZ)
        await agent.hears_tone(CALLER_HZ, within=5)
        assert len(call.heard) - begin < _QUARTER_S, "the agent is heard"
        await do(stage, contact, "unmute")
        await call.hears_tone(AGENT_HZ, within=5)
        await call.hang_up()


async def heard(one: Call, by: Call) -> None:
    """Somebody is heard, for a moment."""
    one.send_tone(AGENT_HZ)
    await by.hears_tone(AGENT_HZ, within=5)
    one.send_silence()
