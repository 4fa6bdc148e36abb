"""A recording hears whoever is there, whatever agents and their phones do, on a real Asterisk.

Asterisk as Debian builds it takes a voice for late whose RTP is numbered lower than what was heard before, and writes
silence (docs/adr/recording-by-mixmonitor.md): so the numbers here are chosen, such that it would.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests.e2e.recorded import AGENT_HZ, CALLER_HZ, finished, recording_platform, talking

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.lab.pbx import AsteriskBinary
    from tests.lab.phone import Phone
    from tests.lab.phone.incoming import IncomingCall
    from tests.lab.phone.outgoing import OutgoingCall
    from tests.lab.platform import LabPlatform
    from tests.lab.stage import Stage
    from tests.lab.stereo import Stereo

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

WANG, LI, LI_HZ = "press/wang", "press/li", 1_700
PART_S = 1.0
#: Where the agent's RTP begins: in the upper half of the numbers, for what is mixed is numbered 0. And the colleague's.
HIGH, LOWER = 45_000, 40_000


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def platform(
    asterisk_binary: AsteriskBinary, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[LabPlatform]:
    """The example platform, whose press records."""
    async with recording_platform(tmp_path_factory.mktemp("recorded"), asterisk_binary) as platform:
        yield platform


async def recorded_talk(stage: Stage, phone: Phone, agent: Phone) -> tuple[OutgoingCall, IncomingCall, str]:
    """A caller and an agent who both say something and are recorded."""
    agent.rtp_from = HIGH
    call, incoming, contact = await talking(stage, phone, agent)
    await stage.facts.until("RecordingStarted", contact=contact)
    await asyncio.sleep(PART_S)
    return call, incoming, contact


async def consulted(stage: Stage, contact: str) -> IncomingCall:
    """Li, who says something and whom Wang consults."""
    li = await stage.agent(LI, "p105")
    li.rtp_from = LOWER
    await stage.platform.api("POST", f"calls/{contact}/consult", agent=LI)
    asked = await li.incoming()
    await asked.answer()
    asked.send_tone(LI_HZ)
    await stage.facts.until("ConsultationBegan", contact=contact)
    return asked


async def do(stage: Stage, contact: str, action: str) -> None:
    await stage.platform.api("POST", f"calls/{contact}/conversation", action=action)


def last(sound: Stereo) -> Stereo:
    """The last part, but for its end."""
    return sound.piece(sound.seconds - PART_S / 2, sound.seconds - 0.1)


@pytest.mark.parametrize(("how", "codec"), [("hangs up", "PCMA"), ("hangs up", "PCMU"), ("cancelled", "PCMA")])
async def test_the_agent_who_is_left_of_three(stage: Stage, how: str, codec: str) -> None:
    """The caller's codec is PCMA: with another one Asterisk has the same decoders in the conversation itself."""
    wang = await stage.agent(WANG, "p104")
    wang.codecs = (codec,)
    async with stage.caller() as phone:
        phone.codecs, phone.rtp_from = ("PCMA",), HIGH
        call, incoming, contact = await recorded_talk(stage, phone, wang)
        asked = await consulted(stage, contact)
        await do(stage, contact, "conference")
        await stage.facts.until("ConferenceBegan", contact=contact)
        await asyncio.sleep(PART_S)
        if how == "hangs up":
            await asked.hang_up()
        else:
            await do(stage, contact, "cancel")
        await stage.facts.until("ConsultationEnded", contact=contact)
        await call.hears_tone(AGENT_HZ, within=5, at_least=0.9)
        await incoming.hears_tone(CALLER_HZ, within=5, at_least=0.9)
        await asyncio.sleep(PART_S)
        await call.hang_up()
        await incoming.ended()
    _, sound = await finished(stage, contact)
    three = sound.piece(sound.seconds - 2 * PART_S - 0.3, sound.seconds - 1.5 * PART_S - 0.3)
    assert three.right(AGENT_HZ) > 0.3
    assert three.right(LI_HZ) > 0.3
    assert last(sound).right(AGENT_HZ) > 0.9
    assert last(sound).left(CALLER_HZ) > 0.9


@pytest.mark.parametrize("how", ["agent hangs up", "completed"])
async def test_the_colleague_who_gets_the_caller(stage: Stage, how: str) -> None:
    wang = await stage.agent(WANG, "p104")
    async with stage.caller() as phone:
        call, incoming, contact = await recorded_talk(stage, phone, wang)
        await consulted(stage, contact)
        if how == "agent hangs up":
            await do(stage, contact, "conference")
            await stage.facts.until("ConferenceBegan", contact=contact)
            await incoming.hang_up()
        else:
            await do(stage, contact, "complete")
        await call.hears_tone(LI_HZ, within=5, at_least=0.9)
        await asyncio.sleep(PART_S)
        await call.hang_up()
    _, sound = await finished(stage, contact)
    assert last(sound).right(LI_HZ) > 0.9
    assert last(sound).left(CALLER_HZ) > 0.9


@pytest.mark.parametrize("who", ["agent", "caller"])
async def test_a_phone_that_begins_its_media_anew_after_a_hold(stage: Stage, who: str) -> None:
    wang = await stage.agent(WANG, "p104")
    async with stage.caller() as phone:
        phone.rtp_from = HIGH
        call, incoming, contact = await recorded_talk(stage, phone, wang)
        holds = incoming if who == "agent" else call
        await holds.hold()
        await asyncio.sleep(PART_S)
        holds.media.sender.restart(LOWER)
        await holds.unhold()
        await asyncio.sleep(2 * PART_S)
        await call.hang_up()
    _, sound = await finished(stage, contact)
    assert last(sound).right(AGENT_HZ) > 0.9
    assert last(sound).left(CALLER_HZ) > 0.9
