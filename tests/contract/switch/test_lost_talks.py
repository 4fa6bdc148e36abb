"""vcc dies, or its wire is cut, in the middle of what agents do: nobody notices, and afterwards every leg is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from telephony.port import (
    Answer,
    Bridge,
    CallArrived,
    CommandFailed,
    HangUp,
    Join,
    LegAnswered,
    LegJoined,
    LegLeft,
    LegsBridged,
    LegsParted,
    Music,
    NodeDown,
    NodeUp,
    Part,
    Play,
    PlayEnded,
    Spy,
    SpyBegan,
    SpyEnded,
    SpyMode,
)
from tests.contract.switch.driver import LIN, MUSIC, WANG

if TYPE_CHECKING:
    from telephony.port import LegSnapshot
    from tests.contract.switch.driver import Callee, Lab, Person

AGENT, OTHER = "vcc-a-1", "vcc-b-1"
both = pytest.mark.parametrize("how", ["dies", "wire"])


async def away_and_back(lab: Lab, how: str) -> dict[str, LegSnapshot]:
    """vcc is away for a moment; what is true afterwards."""
    if how == "dies":
        await lab.die()
        await lab.start_again()
        fact = await lab.fact(NodeUp)
    else:
        await lab.cut()
        await lab.fact(NodeDown)
        await lab.mend()
        fact = await lab.fact(NodeUp, count=2, within=10.0)
    return {leg.leg: leg for leg in fact.legs}


async def controlled(lab: Lab, leg: str, person: Person) -> None:
    """Prove that a leg is under control."""
    name = f"proof {len(lab.sent)}"
    lab.send(Play(leg=leg, play=name, sounds=(lab.sound("one"),)))
    await person.hears("one")
    assert (await lab.fact(PlayEnded, play=name)).completed


async def with_two(lab: Lab) -> tuple[Person, str, Callee, Callee]:
    """A caller and an agent who talk, and somebody else who waits on a phone."""
    await lab.phones(LIN, WANG)
    caller, leg, agent = await lab.talk(AGENT)
    other = await lab.agent(WANG, OTHER, for_leg=leg)
    return caller, leg, agent, other


@both
async def test_three_talk_on(lab: Lab, how: str) -> None:
    caller, leg, agent, other = await with_two(lab)
    lab.send(Join(leg=OTHER, to=leg))
    await lab.fact(LegJoined)
    found = await away_and_back(lab, how)
    legs = {leg, AGENT, OTHER}
    assert {name: set(snapshot.bridged_with) for name, snapshot in found.items()} == {n: legs - {n} for n in legs}
    assert not any(snapshot.controlled for snapshot in found.values())
    await caller.is_heard(by=[agent, other])
    lab.send(Part(leg=OTHER))
    await lab.fact(LegLeft, leg=OTHER)
    await controlled(lab, OTHER, other)
    lab.send(Join(leg=OTHER, to=leg))
    await lab.fact(LegJoined, leg=OTHER, count=1 if how == "dies" else 2)
    await agent.hang_up()
    await lab.fact(LegLeft, leg=AGENT)
    await lab.gone(AGENT)
    await other.hang_up()
    await lab.fact(LegsParted)
    if how == "dies":
        await lab.fact(CallArrived, leg=leg, again=True)
    await controlled(lab, leg, caller)
    assert not [fact for fact in lab.of(LegAnswered, leg=AGENT) if how == "dies"]


@both
async def test_a_consultation_goes_on_and_can_be_completed(lab: Lab, how: str) -> None:
    caller, leg, agent, other = await with_two(lab)
    lab.send(Part(leg=AGENT), Music(leg=leg, music=MUSIC), Bridge(leg=AGENT, other=OTHER))
    await lab.fact(LegsBridged, leg=AGENT, other=OTHER)
    await caller.hears_music()
    found = await away_and_back(lab, how)
    assert (found[AGENT].bridged_with, found[OTHER].bridged_with) == ((OTHER,), (AGENT,))
    assert found[leg].bridged_with == ()
    await agent.is_heard(by=[other], not_by=[caller])
    if how == "dies":
        await lab.fact(CallArrived, leg=leg, again=True)
    await caller.hears_music()
    lab.send(Bridge(leg=leg, other=OTHER))
    await lab.fact(LegsBridged, leg=leg, other=OTHER)
    await caller.is_heard(by=[other], not_by=[agent])
    await controlled(lab, AGENT, agent)


async def test_a_consultation_can_be_parted_by_a_vcc_that_did_not_begin_it(lab: Lab) -> None:
    _, leg, agent, other = await with_two(lab)
    lab.send(Part(leg=AGENT), Music(leg=leg, music=MUSIC), Bridge(leg=AGENT, other=OTHER))
    await lab.fact(LegsBridged, leg=AGENT, other=OTHER)
    await away_and_back(lab, "dies")
    lab.send(Part(leg=AGENT))
    await lab.fact(LegsParted)
    await controlled(lab, AGENT, agent)
    await controlled(lab, OTHER, other)
    assert not lab.of(CommandFailed)


async def test_a_caller_on_hold_and_the_agent_who_holds_come_back(lab: Lab) -> None:
    await lab.phones(LIN)
    caller, leg, agent = await lab.talk(AGENT)
    lab.send(Part(leg=AGENT), Music(leg=leg, music=MUSIC))
    await caller.hears_music()
    found = await away_and_back(lab, "dies")
    assert (found[leg].bridged_with, found[AGENT].bridged_with) == ((), ())
    await caller.hears_music()
    await lab.fact(CallArrived, leg=leg, again=True)
    await lab.fact(LegAnswered, leg=AGENT)
    lab.send(Bridge(leg=leg, other=AGENT))
    await lab.fact(LegsBridged, leg=leg, other=AGENT)
    await caller.hears_person(agent)


async def test_a_talk_that_vcc_did_not_begin_is_parted_and_the_caller_stays_in_its_place(lab: Lab) -> None:
    await lab.phones(LIN)
    caller, leg, agent = await lab.talk(AGENT)
    await away_and_back(lab, "dies")
    lab.send(Part(leg=leg))
    await lab.fact(LegsParted, leg=leg, other=AGENT)
    await lab.fact(CallArrived, leg=leg, again=True)
    await controlled(lab, leg, caller)
    await controlled(lab, AGENT, agent)


async def test_a_parked_caller_who_was_taken_up_talks_on(lab: Lab) -> None:
    await lab.phones(LIN)
    caller, leg = await lab.answered()
    person = await lab.call_from(LIN, "8001")
    taker = (await lab.fact(CallArrived, phone=LIN)).leg
    lab.send(Answer(leg=taker), Bridge(leg=leg, other=taker))
    await lab.fact(LegsBridged, leg=leg, other=taker)
    found = await away_and_back(lab, "dies")
    assert (found[leg].bridged_with, found[taker].bridged_with) == ((taker,), (leg,))
    assert found[taker].phone == LIN
    await caller.hears_person(person)
    await person.hang_up()
    await lab.gone(taker)
    await lab.fact(CallArrived, leg=leg, again=True)


@both
async def test_a_supervisor_goes_on_watching(lab: Lab, how: str) -> None:
    caller, _, agent, supervisor = await with_two(lab)
    lab.send(Spy(leg=OTHER, on=AGENT))
    await lab.fact(SpyBegan)
    found = await away_and_back(lab, how)
    assert (found[OTHER].spies_on, found[OTHER].controlled, found[AGENT].spies_on) == (AGENT, False, "")
    await caller.is_heard(by=[agent, supervisor])
    lab.send(Spy(leg=OTHER, on=AGENT, mode=SpyMode.WHISPER))
    await lab.fact(SpyBegan, mode=SpyMode.WHISPER)
    await supervisor.is_heard(by=[agent], not_by=[caller])
    await agent.hang_up()
    await lab.fact(SpyEnded, leg=OTHER, on=AGENT)
    await controlled(lab, OTHER, supervisor)


async def test_a_supervisor_whom_nobody_expects_is_found_and_stopped(lab: Lab) -> None:
    caller, _, agent, supervisor = await with_two(lab)
    lab.send(Spy(leg=OTHER, on=AGENT))
    await lab.fact(SpyBegan)
    await away_and_back(lab, "dies")
    lab.send(HangUp(leg=OTHER))
    await supervisor.ended()
    await lab.gone(OTHER)
    assert lab.about(OTHER) == ["SpyEnded", "LegHungUp"]
    await caller.hears_person(agent)


async def test_what_ended_while_the_wire_was_cut_is_told_after_it(lab: Lab) -> None:
    caller, leg, agent, other = await with_two(lab)
    lab.send(Join(leg=OTHER, to=leg))
    await lab.fact(LegJoined)
    await lab.cut()
    await lab.fact(NodeDown)
    await other.hang_up()
    await lab.wait(0.3)
    await lab.mend()
    fact = await lab.fact(NodeUp, count=2, within=10.0)
    assert {snapshot.leg: snapshot.bridged_with for snapshot in fact.legs} == {leg: (AGENT,), AGENT: (leg,)}
    await lab.fact(LegLeft, leg=OTHER)
    await lab.gone(OTHER)
    await caller.hears_person(agent)
    await agent.hang_up()
    await lab.fact(LegsParted)
    await controlled(lab, leg, caller)
