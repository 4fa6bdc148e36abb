"""A caller of the press, an agent and whoever else takes part: how they come to talk, and whom they hear."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tests.lab.phone.audio import level, tone_level

if TYPE_CHECKING:
    from tests.lab.phone import Phone
    from tests.lab.phone.call import Call
    from tests.lab.phone.incoming import IncomingCall
    from tests.lab.phone.outgoing import OutgoingCall
    from tests.lab.stage import Stage

CALLER, CALLER_HZ, AGENT_HZ, COLLEAGUE_HZ = "13511110001", 700, 1_100, 1_700
SOUNDS_LIKE_MUSIC = 0.005
WANG, LI = "press/wang", "press/li"
#: What a phone is told whose REFER is taken.
ACCEPTED = 202
_QUARTER_S = 4_000  # bytes


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
    """Each hears what the other says."""
    one.send_tone(CALLER_HZ)
    other.send_tone(AGENT_HZ)
    await asyncio.gather(other.hears_tone(CALLER_HZ, within=5), one.hears_tone(AGENT_HZ, within=5))
    one.send_silence()
    other.send_silence()


async def consult(stage: Stage, contact: str, colleague: Phone, **whom: str) -> IncomingCall:
    """An agent consults whoever is at this phone, who has picked up."""
    await stage.platform.api("POST", f"calls/{contact}/consult", **whom)
    asked = await colleague.incoming()
    await asked.answer()
    await stage.facts.until("ConsultationBegan", contact=contact)
    return asked


async def do(stage: Stage, contact: str, action: str) -> None:
    """Hold, resume, complete, cancel, alternate or conference, by the control API."""
    await stage.platform.api("POST", f"calls/{contact}/conversation", action=action)


async def hears_music(call: Call) -> None:
    """The music of the tenant, and nobody's tone."""
    heard = len(call.heard)
    await call.watch.until(
        lambda: level(call.heard[heard + _QUARTER_S :]) > SOUNDS_LIKE_MUSIC,
        5,
        expected="music",
        found=lambda: "silence",
    )
    for hz in (CALLER_HZ, AGENT_HZ, COLLEAGUE_HZ):
        assert tone_level(call.heard[-_QUARTER_S:], hz) < 0.05


async def all_hear_all(call: Call, agent: Call, third: Call) -> None:
    """Three hear each other."""
    call.send_tone(CALLER_HZ)
    agent.send_tone(AGENT_HZ)
    third.send_tone(COLLEAGUE_HZ)
    both = ((call, AGENT_HZ, COLLEAGUE_HZ), (agent, CALLER_HZ, COLLEAGUE_HZ), (third, CALLER_HZ, AGENT_HZ))
    await asyncio.gather(*(who.hears_tone(hz, within=5, at_least=0.3) for who, *heard in both for hz in heard))
    for one in (call, agent, third):
        one.send_silence()


async def wraps_up(stage: Stage, agent: str, since: int) -> None:
    """The agent goes into wrap-up, after so many facts."""
    await stage.facts.until("AgentStateChanged", since=since, agent=agent, phase="wrap_up")
