"""Supervisors: they listen, whisper and barge, and are where they are told to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from telephony.port import (
    Bridge,
    CommandFailed,
    HangUp,
    Join,
    LegJoined,
    LegsBridged,
    LegsParted,
    Music,
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
    from tests.contract.switch.driver import Callee, Lab, Person

AGENT, SUPERVISOR = "vcc-a-1", "vcc-s-1"


async def watched(lab: Lab, mode: SpyMode = SpyMode.LISTEN) -> tuple[Person, str, Callee, Callee]:
    """A conversation whose agent a supervisor watches."""
    await lab.phones(LIN, WANG)
    caller, leg, agent = await lab.talk(AGENT)
    supervisor = await lab.agent(WANG, SUPERVISOR)
    lab.send(Spy(leg=SUPERVISOR, on=AGENT, mode=mode))
    await lab.fact(SpyBegan, leg=SUPERVISOR, on=AGENT, mode=mode)
    return caller, leg, agent, supervisor


async def controlled(lab: Lab, leg: str, person: Person) -> None:
    """Prove that a leg is under control."""
    name = f"proof {len(lab.sent)}"
    lab.send(Play(leg=leg, play=name, sounds=(lab.sound("one"),)))
    await person.hears("one")
    assert (await lab.fact(PlayEnded, play=name)).completed


async def test_who_listens_hears_both_and_is_heard_by_nobody(lab: Lab) -> None:
    caller, _, agent, supervisor = await watched(lab)
    await caller.is_heard(by=[agent, supervisor])
    await agent.is_heard(by=[caller, supervisor])
    await supervisor.is_heard(not_by=[caller, agent])


async def test_who_whispers_is_heard_by_the_agent_alone(lab: Lab) -> None:
    caller, _, agent, supervisor = await watched(lab, SpyMode.WHISPER)
    await supervisor.is_heard(by=[agent], not_by=[caller])
    await caller.is_heard(by=[agent, supervisor])


async def test_who_barges_is_heard_by_both(lab: Lab) -> None:
    caller, _, agent, supervisor = await watched(lab, SpyMode.BARGE)
    await supervisor.is_heard(by=[agent, caller])
    await caller.is_heard(by=[agent, supervisor])


async def test_the_mode_is_changed_while_it_goes_on(lab: Lab) -> None:
    caller, _, agent, supervisor = await watched(lab)
    lab.send(Spy(leg=SUPERVISOR, on=AGENT, mode=SpyMode.WHISPER))
    await lab.fact(SpyBegan, mode=SpyMode.WHISPER)
    await supervisor.is_heard(by=[agent], not_by=[caller])
    lab.send(
        Spy(leg=SUPERVISOR, on=AGENT, mode=SpyMode.BARGE),
        Spy(leg=SUPERVISOR, on=AGENT, mode=SpyMode.LISTEN),
    )
    await lab.fact(SpyBegan, mode=SpyMode.LISTEN, count=2)
    await supervisor.is_heard(not_by=[caller, agent])
    assert not lab.of(SpyEnded)
    assert not lab.of(CommandFailed)


async def test_the_watched_leg_is_held_and_retrieved_and_still_watched(lab: Lab) -> None:
    caller, leg, agent, supervisor = await watched(lab)
    lab.send(Part(leg=AGENT), Music(leg=leg, music=MUSIC))
    await lab.fact(LegsParted)
    await supervisor.hears_person(agent)
    lab.send(Bridge(leg=leg, other=AGENT))
    await lab.fact(LegsBridged, count=2)
    await agent.is_heard(by=[supervisor, caller])
    await caller.is_heard(by=[supervisor, agent])


async def test_it_ends_with_the_watched_leg_and_goes_to_no_other(lab: Lab) -> None:
    caller, _, agent, supervisor = await watched(lab)
    await agent.hang_up()
    await lab.fact(SpyEnded, leg=SUPERVISOR, on=AGENT)
    await lab.gone(AGENT)
    await controlled(lab, SUPERVISOR, supervisor)
    await caller.is_heard(not_by=[supervisor])


@pytest.mark.parametrize("who", ["vcc", "supervisor"])
async def test_the_supervisor_leaves_and_nobody_notices(lab: Lab, who: str) -> None:
    caller, _, agent, supervisor = await watched(lab)
    if who == "vcc":
        lab.send(HangUp(leg=SUPERVISOR))
        await supervisor.ended()
    else:
        await supervisor.hang_up()
    await lab.gone(SUPERVISOR)
    assert lab.about(SUPERVISOR)[-3:] == ["SpyBegan", "SpyEnded", "LegHungUp"]
    await caller.hears_person(agent)


async def test_a_caller_is_watched_too(lab: Lab) -> None:
    await lab.phones(LIN, WANG)
    caller, leg, agent = await lab.talk(AGENT)
    supervisor = await lab.agent(WANG, SUPERVISOR)
    lab.send(Spy(leg=SUPERVISOR, on=leg, mode=SpyMode.WHISPER))
    await lab.fact(SpyBegan, on=leg)
    await supervisor.is_heard(by=[caller], not_by=[agent])
    await agent.hang_up()
    await lab.gone(AGENT)
    await supervisor.hears_person(caller)
    await caller.hang_up()
    await lab.fact(SpyEnded, leg=SUPERVISOR, on=leg)


async def test_who_watches_takes_part_instead(lab: Lab) -> None:
    caller, leg, agent, supervisor = await watched(lab)
    lab.send(Part(leg=SUPERVISOR), Join(leg=SUPERVISOR, to=leg))
    await lab.fact(LegJoined, leg=SUPERVISOR)
    assert lab.about(SUPERVISOR)[-3:] == ["SpyBegan", "SpyEnded", "LegJoined"]
    await supervisor.is_heard(by=[caller, agent])


async def test_who_watches_is_not_bridged_before_that_is_over(lab: Lab) -> None:
    caller, _, _, supervisor = await watched(lab)
    other, others_leg = await lab.answered()
    lab.send(Bridge(leg=others_leg, other=SUPERVISOR))
    assert (await lab.fact(CommandFailed, leg=others_leg)).command == "Bridge"
    await caller.is_heard(by=[supervisor])
    lab.send(Part(leg=SUPERVISOR), Bridge(leg=others_leg, other=SUPERVISOR))
    await lab.fact(LegsBridged, leg=others_leg, other=SUPERVISOR)
    await other.is_heard(by=[supervisor], not_by=[caller])


async def test_what_is_not_there_cannot_be_watched(lab: Lab) -> None:
    await lab.phones(WANG)
    supervisor = await lab.agent(WANG, SUPERVISOR)
    lab.send(Spy(leg=SUPERVISOR, on="vcc-nobody-1"), Spy(leg=SUPERVISOR, on=SUPERVISOR))
    await lab.fact(CommandFailed, leg=SUPERVISOR, command="Spy")
    await controlled(lab, SUPERVISOR, supervisor)
