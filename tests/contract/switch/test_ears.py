"""What is for one pair of ears: words in the course of a conversation, and that it rings elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from telephony.port import (
    Answer,
    Bridge,
    CallArrived,
    CommandFailed,
    Join,
    LegJoined,
    LegsBridged,
    LegsParted,
    Music,
    Mute,
    NodeUp,
    Part,
    Play,
    Ringback,
    StopPlaying,
    Whisper,
)
from tests.contract.switch.driver import LIN, MUSIC, WANG
from tests.contract.switch.test_talks import AGENT, EXPERT, controlled, three

if TYPE_CHECKING:
    from tests.contract.switch.driver import Lab


def whisper(lab: Lab, leg: str, *sounds: str) -> None:
    lab.send(Whisper(leg=leg, sounds=tuple(lab.sound(sound) for sound in sounds)))


async def test_a_whisper_is_heard_by_one_alone_and_the_talk_goes_on(lab: Lab) -> None:
    await lab.phones(LIN)
    caller, leg, agent = await lab.talk(AGENT)
    for listener, other, which in ((agent, caller, AGENT), (caller, agent, leg)):
        whisper(lab, which, "one")
        await listener.is_told("one", not_told=[other])
    whisper(lab, AGENT, "long")
    await agent.is_heard(by=[caller])
    await caller.hears_person(agent)
    lab.send(StopPlaying(leg=AGENT))
    await agent.hears_person(caller)
    assert lab.about(leg) == ["CallArrived", "LegsBridged"]
    assert not lab.of(CommandFailed)


async def test_two_sounds_follow_each_other(lab: Lab) -> None:
    await lab.phones(LIN)
    caller, _, agent = await lab.talk(AGENT)
    whisper(lab, AGENT, "one", "two")
    await agent.is_told("one", not_told=[caller])
    await agent.is_told("two", not_told=[caller])


async def test_a_whisper_in_a_conversation_of_three(lab: Lab) -> None:
    caller, _, agent, expert = await three(lab)
    whisper(lab, EXPERT, "two")
    await expert.is_told("two", not_told=[caller, agent])


async def test_who_is_muted_is_told_so(lab: Lab) -> None:
    await lab.phones(LIN)
    caller, _, agent = await lab.talk(AGENT)
    lab.send(Mute(leg=AGENT, on=True))
    whisper(lab, AGENT, "one")
    await agent.is_told("one", not_told=[caller])


async def test_the_next_whisper_takes_the_place_of_the_one_before(lab: Lab) -> None:
    await lab.phones(LIN)
    _, _, agent = await lab.talk(AGENT)
    whisper(lab, AGENT, "long")
    await lab.wait(1.0)
    whisper(lab, AGENT, "one")
    await agent.is_told("one")
    await agent.hears_nothing()


async def test_a_play_ends_a_whisper(lab: Lab) -> None:
    await lab.phones(LIN)
    caller, leg, agent = await lab.talk(AGENT)
    whisper(lab, AGENT, "long")
    await lab.wait(1.0)
    lab.send(Part(leg=AGENT), Music(leg=leg, music=MUSIC), Play(leg=AGENT, play="p", sounds=(lab.sound("two"),)))
    await agent.hears("two")
    await agent.hears_nothing()
    await caller.hears_music()


@pytest.mark.parametrize("who", ["agent", "caller"])
async def test_who_hangs_up_in_the_middle_of_a_whisper(lab: Lab, who: str) -> None:
    await lab.phones(LIN)
    caller, leg, agent = await lab.talk(AGENT)
    whisper(lab, AGENT, "long")
    await lab.wait(1.0)
    if who == "agent":
        await agent.hang_up()
        await lab.fact(LegsParted, leg=leg)
        await controlled(lab, leg, caller)
    else:
        await caller.hang_up()
        await controlled(lab, AGENT, agent)


async def test_a_whisper_is_no_leg_to_the_next_vcc(lab: Lab) -> None:
    await lab.phones(LIN)
    _, leg, agent = await lab.talk(AGENT)
    whisper(lab, AGENT, "long")
    await lab.wait(0.5)
    await lab.die()
    await lab.start_again()
    assert {snapshot.leg for snapshot in (await lab.fact(NodeUp)).legs} == {leg, AGENT}
    whisper(lab, AGENT, "one")
    await lab.wait(0.1)
    await agent.hang_up()


async def test_a_path_that_is_more_than_a_path_is_not_played(lab: Lab) -> None:
    await lab.phones(LIN)
    caller, _, agent = await lab.talk(AGENT)
    lab.send(Whisper(leg=AGENT, sounds=("/a,${SHELL(true)}.wav",)))
    await caller.hears_person(agent)
    assert {fact.command for fact in lab.of(CommandFailed)} <= {"Whisper"}


async def test_who_calls_hears_that_it_rings_before_the_answer(lab: Lab) -> None:
    await lab.phones(LIN, WANG)
    person = await lab.call_from(LIN, "8001")
    leg = (await lab.fact(CallArrived, phone=LIN)).leg
    lab.send(Ringback(leg=leg))
    await person.hears_ringback()
    colleague = await lab.agent(WANG, EXPERT, for_leg=leg)
    lab.send(Answer(leg=leg), Bridge(leg=leg, other=EXPERT))
    await person.answered()
    await lab.fact(LegsBridged, leg=leg, other=EXPERT)
    await person.hears_person(colleague)
    await colleague.hears_person(person)


async def test_who_was_answered_hears_a_tone_until_somebody_is_there(lab: Lab) -> None:
    await lab.phones(LIN, WANG)
    caller, leg, agent = await lab.talk(AGENT)
    lab.send(Part(leg=AGENT), Music(leg=leg, music=MUSIC), Ringback(leg=AGENT))
    await agent.hears_ringback()
    await caller.hears_music()
    expert = await lab.agent(WANG, EXPERT, for_leg=leg)
    lab.send(Bridge(leg=AGENT, other=EXPERT))
    await lab.fact(LegsBridged, leg=AGENT, other=EXPERT)
    await agent.hears_person(expert)
    await agent.hears_nothing()


@pytest.mark.parametrize("by", ["bridge", "join", "music", "play"])
async def test_the_tone_ends_with_the_next_command(lab: Lab, by: str) -> None:
    await lab.phones(LIN, WANG)
    caller, leg, agent = await lab.talk(AGENT)
    if by == "join":
        expert = await lab.agent(WANG, EXPERT, for_leg=leg)
        lab.send(Ringback(leg=EXPERT))
        await expert.hears_ringback()
        lab.send(Join(leg=EXPERT, to=leg))
        await lab.fact(LegJoined, leg=EXPERT)
        await expert.hears_person(caller)
        await expert.hears_nothing()
        return
    lab.send(Part(leg=AGENT), Music(leg=leg, music=MUSIC), Ringback(leg=AGENT))
    await agent.hears_ringback()
    if by == "bridge":  # of the other leg: this one is moved
        lab.send(Bridge(leg=leg, other=AGENT))
        await lab.fact(LegsBridged, leg=leg, other=AGENT, count=2)
        await agent.hears_person(caller)
    elif by == "music":
        lab.send(Music(leg=AGENT, music=MUSIC), Music(leg=AGENT, music=""))
    else:
        lab.send(Play(leg=AGENT, play="p", sounds=(lab.sound("one"),)))
        await agent.hears("one")
    await agent.hears_nothing()
