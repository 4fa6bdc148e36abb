"""Caller and agent: brought together, taken apart, whoever ends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from telephony.port import (
    Bridge,
    Cause,
    CommandFailed,
    HangUp,
    LegAnswered,
    LegRinging,
    LegsBridged,
    LegsParted,
    Music,
    Play,
    PlayEnded,
)
from tests.contract.switch.driver import LIN, MUSIC, WANG, ring

if TYPE_CHECKING:
    from tests.contract.switch.driver import Lab

AGENT = "vcc-a-1"


async def test_the_two_hear_each_other_and_no_music(lab: Lab) -> None:
    await lab.phones(LIN)
    caller, leg = await lab.answered()
    lab.send(Music(leg=leg, music=MUSIC))
    await caller.hears_music()
    agent = await lab.agent(LIN, AGENT, for_leg=leg)
    lab.send(Bridge(leg=leg, other=AGENT))
    await lab.fact(LegsBridged, leg=leg, other=AGENT)
    await caller.hears_person(agent)
    await agent.hears_person(caller)
    assert len(lab.of(LegsBridged)) == 1


async def test_the_agent_leaves_and_the_caller_is_free_for_the_next(lab: Lab) -> None:
    await lab.phones(LIN, WANG)
    caller, leg, agent = await lab.talk()
    await agent.hang_up()
    await lab.fact(LegsParted, leg=leg, other=AGENT)
    assert (await lab.gone(AGENT)).cause is Cause.NORMAL
    assert lab.about(AGENT) == ["LegRinging", "LegAnswered", "LegsBridged", "LegsParted", "LegHungUp"]
    lab.send(Play(leg=leg, play="1", sounds=(lab.sound("one"),)), Music(leg=leg, music=MUSIC))
    await caller.hears("one")
    await caller.hears_music()
    second = await lab.agent(WANG, "vcc-a-2", for_leg=leg)
    lab.send(Bridge(leg=leg, other="vcc-a-2"))
    await lab.fact(LegsBridged, leg=leg, other="vcc-a-2")
    await second.hears_person(caller)


async def test_the_caller_leaves_and_the_agents_leg_is_under_control(lab: Lab) -> None:
    await lab.phones(LIN)
    caller, leg, agent = await lab.talk()
    await caller.hang_up()
    await lab.fact(LegsParted, leg=leg, other=AGENT)
    await lab.gone(leg)
    assert lab.about(leg) == ["CallArrived", "LegsBridged", "LegsParted", "LegHungUp"]
    lab.send(Play(leg=AGENT, play="1", sounds=(lab.sound("one"),)))
    await agent.hears("one")
    assert (await lab.fact(PlayEnded, play="1")).completed
    lab.send(HangUp(leg=AGENT))
    await agent.ended()
    await lab.gone(AGENT)


@pytest.mark.parametrize("which", ["caller", "agent"])
async def test_vcc_ends_one_of_the_two(lab: Lab, which: str) -> None:
    await lab.phones(LIN)
    caller, leg, agent = await lab.talk()
    ending, staying = (leg, AGENT) if which == "caller" else (AGENT, leg)
    lab.send(HangUp(leg=ending))
    await (caller if which == "caller" else agent).ended()
    await lab.fact(LegsParted, leg=leg, other=AGENT)
    await lab.gone(ending)
    lab.send(Play(leg=staying, play="1", sounds=(lab.sound("one"),)))
    await (agent if which == "caller" else caller).hears("one")


async def test_a_bridge_with_nobody_fails_and_the_caller_stays_under_control(lab: Lab) -> None:
    caller, leg = await lab.answered()
    lab.send(Bridge(leg=leg, other="vcc-nobody-1"))
    assert (await lab.fact(CommandFailed, leg=leg)).command == "Bridge"
    lab.send(Play(leg=leg, play="1", sounds=(lab.sound("one"),)))
    await caller.hears("one")


async def test_a_bridge_with_an_agent_who_has_just_left_fails(lab: Lab) -> None:
    await lab.phones(LIN)
    caller, leg = await lab.answered()
    agent = await lab.agent(LIN, AGENT)
    await agent.hang_up()
    await lab.gone(AGENT)
    lab.send(Bridge(leg=leg, other=AGENT))
    await lab.fact(CommandFailed, leg=leg, command="Bridge")
    lab.send(Music(leg=leg, music=MUSIC))
    await caller.hears_music()


async def test_a_bridge_with_a_phone_that_still_rings_fails(lab: Lab) -> None:
    await lab.phones(LIN)
    caller, leg = await lab.answered()
    lab.send(ring(AGENT))
    agent = await lab.rings(LIN)
    await lab.fact(LegRinging, leg=AGENT)
    lab.send(Bridge(leg=leg, other=AGENT))
    await lab.fact(CommandFailed, leg=leg, command="Bridge")
    await agent.answer()
    await lab.fact(LegAnswered, leg=AGENT)
    lab.send(Bridge(leg=leg, other=AGENT))
    await lab.fact(LegsBridged, leg=leg, other=AGENT)
    await agent.hears_person(caller)


async def test_a_bridge_waits_for_the_sound_before_it(lab: Lab) -> None:
    await lab.phones(LIN)
    caller, leg = await lab.answered()
    await lab.agent(LIN, AGENT, for_leg=leg)
    lab.send(Play(leg=leg, play="1", sounds=(lab.sound("one"),)), Bridge(leg=leg, other=AGENT))
    await caller.hears("one")
    await lab.fact(LegsBridged, leg=leg)
    assert lab.about(leg) == ["CallArrived", "PlayEnded", "LegsBridged"]


async def test_two_conversations_do_not_hear_each_other(lab: Lab) -> None:
    await lab.phones(LIN, WANG)
    first, _, first_agent = await lab.talk("vcc-a-1", LIN)
    second, _, second_agent = await lab.talk("vcc-a-2", WANG)
    await first.hears_person(first_agent)
    await second.hears_person(second_agent)
    await first_agent.hang_up()
    await lab.gone("vcc-a-1")
    await second_agent.hears_person(second)
    assert lab.about("vcc-a-2")[-1] == "LegsBridged"
