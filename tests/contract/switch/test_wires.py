"""The wire is cut, vcc dies: people notice little, and afterwards what is told is what is true."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from telephony.port import (
    CallArrived,
    DigitPressed,
    HangUp,
    LegAnswered,
    LegHungUp,
    LegSnapshot,
    Music,
    NodeDown,
    NodeUp,
    PhoneStatus,
    Play,
    PlayEnded,
)
from tests.contract.switch.driver import AWAY, CALLER, LIN, MUSIC, NUMBER, WANG, ring

if TYPE_CHECKING:
    from tests.contract.switch.driver import Lab, Person

AGENT = "vcc-a-1"


async def snapshots(lab: Lab, count: int = 1) -> dict[str, LegSnapshot]:
    """What the `count`th NodeUp says."""
    fact = await lab.fact(NodeUp, count=count, within=10.0)
    return {leg.leg: leg for leg in fact.legs}


async def controlled(lab: Lab, person: Person, leg: str, count: int) -> None:
    """Wait until the leg is under control again, by what NodeUp said or by its coming again; then prove it."""
    if not (await snapshots(lab, count))[leg].controlled:
        assert (await lab.fact(CallArrived, leg=leg, again=True)).dialled == NUMBER
    lab.send(Play(leg=leg, play=f"proof {count}", sounds=(lab.sound("one"),)))
    await person.hears("one")
    assert (await lab.fact(PlayEnded, play=f"proof {count}")).completed


async def test_the_first_that_is_told_is_the_node_then_every_phone(lab: Lab) -> None:
    assert (await snapshots(lab)) == {}
    await lab.fact(PhoneStatus, count=3)
    assert {fact.phone: fact.reachable for fact in lab.of(PhoneStatus)} == {LIN: False, WANG: False, AWAY: False}


async def test_a_wire_that_is_cut_costs_a_waiting_caller_nothing(lab: Lab) -> None:
    person, leg = await lab.answered()
    lab.send(Music(leg=leg, music=MUSIC))
    await person.hears_music()
    await lab.cut()
    await lab.fact(NodeDown)
    await lab.wait(0.3)
    await person.hears_music()
    await lab.mend()
    found = (await snapshots(lab, 2))[leg]
    assert (found.up, found.bridged_with, found.dialled) == (True, (), NUMBER)
    await controlled(lab, person, leg, 2)


async def test_a_talk_goes_on_without_the_wire(lab: Lab) -> None:
    await lab.phones(LIN)
    person, leg, agent = await lab.talk()
    await lab.cut()
    await lab.fact(NodeDown)
    await person.hears_person(agent)
    await lab.mend()
    found = await snapshots(lab, 2)
    assert (found[leg].bridged_with, found[AGENT].bridged_with) == ((AGENT,), (leg,))
    await agent.hears_person(person)
    await agent.hang_up()
    await lab.gone(AGENT)
    lab.send(Play(leg=leg, play="1", sounds=(lab.sound("one"),)))
    await person.hears("one")


async def test_an_agent_who_waits_is_under_control_after_the_wire_was_cut_and_was_answered_once(lab: Lab) -> None:
    await lab.phones(LIN)
    agent = await lab.agent(LIN, AGENT)
    await lab.cut()
    await lab.fact(NodeDown)
    await lab.mend()
    assert (await snapshots(lab, 2))[AGENT].up
    lab.send(Play(leg=AGENT, play="1", sounds=(lab.sound("one"),)))
    await agent.hears("one")
    assert len(lab.of(LegAnswered)) == 1


async def test_who_left_while_the_wire_was_cut_is_not_there_afterwards(lab: Lab) -> None:
    person, leg = await lab.answered()
    stays, staying = await lab.answered()
    await lab.cut()
    await lab.fact(NodeDown)
    await person.hang_up()
    await lab.wait(0.3)
    assert not lab.of(LegHungUp)
    await lab.mend()
    assert set(await snapshots(lab, 2)) == {staying}
    await lab.gone(leg)
    await controlled(lab, stays, staying, 2)


async def test_since_when_the_switch_runs_is_another_only_if_the_switch_is(lab: Lab) -> None:
    _, leg = await lab.answered()
    await lab.cut()
    await lab.fact(NodeDown)
    await lab.mend()
    await lab.fact(NodeUp, count=2, within=10.0)
    first, again = (fact.began for fact in lab.of(NodeUp))
    assert first is not None
    assert again == pytest.approx(first, abs=1.5)
    assert first <= next(fact.at for fact in lab.of(CallArrived) if fact.leg == leg)


async def test_phones_are_told_again_after_the_wire_was_cut(lab: Lab) -> None:
    await lab.phones(LIN, WANG)
    await lab.cut()
    await lab.fact(NodeDown)
    await lab.unplug(WANG)
    await lab.mend()
    await lab.fact(NodeUp, count=2, within=10.0)
    await lab.fact(PhoneStatus, count=8)
    await lab.fact(PhoneStatus, phone=WANG, reachable=False, count=2)  # first, before it had registered
    last = {
        fact.phone: fact.reachable
        for fact in lab.told[lab.told.index(lab.of(NodeUp)[1]) :]
        if isinstance(fact, PhoneStatus)
    }
    assert last == {LIN: True, WANG: False, AWAY: False}


async def test_a_caller_waits_with_music_for_a_vcc_that_died_and_is_told_as_come_again(lab: Lab) -> None:
    person, leg = await lab.answered()
    lab.send(Music(leg=leg, music=MUSIC))
    await person.hears_music()
    await lab.die()
    await lab.wait(0.5)
    await person.hears_music()
    await lab.start_again()
    found = (await snapshots(lab))[leg]
    assert (found.up, found.bridged_with, found.dialled, found.phone) == (True, (), NUMBER, "")
    fact = await lab.fact(CallArrived)
    assert (fact.leg, fact.again, fact.trunk, fact.dialled, fact.caller) == (leg, True, lab.trunk, NUMBER, CALLER)
    await controlled(lab, person, leg, 1)
    await person.press("7")
    await lab.fact(DigitPressed, leg=leg, digit="7")


async def test_a_caller_who_listened_to_a_sound_hears_music_and_comes_again(lab: Lab) -> None:
    person, leg = await lab.answered()
    lab.send(Play(leg=leg, play="1", sounds=(lab.sound("long"),)))
    await person.begins_to_hear("long")
    await lab.die()
    await lab.start_again()
    await lab.fact(CallArrived, leg=leg, again=True)
    await controlled(lab, person, leg, 1)
    assert not lab.of(PlayEnded, play="1")


async def test_a_caller_who_calls_while_vcc_is_dead_is_new_when_it_is_back(lab: Lab) -> None:
    await lab.die()
    person = await lab.call()
    await lab.wait(0.5)
    await lab.start_again()
    assert not [leg for leg in (await snapshots(lab)).values() if leg.controlled]
    fact = await lab.fact(CallArrived)
    assert (fact.again, fact.dialled, fact.caller) == (False, NUMBER, CALLER)
    lab.send(Play(leg=fact.leg, play="1", sounds=(lab.sound("one"),)))
    await person.hears("one")


async def test_a_talk_outlives_vcc_and_the_caller_comes_again_when_the_agent_has_left(lab: Lab) -> None:
    await lab.phones(LIN)
    person, leg, agent = await lab.talk()
    await lab.die()
    await person.hears_person(agent)
    await lab.start_again()
    found = await snapshots(lab)
    assert (found[leg].bridged_with, found[AGENT].bridged_with) == ((AGENT,), (leg,))
    assert (found[leg].controlled, found[AGENT].phone) == (False, LIN)
    await agent.hears_person(person)
    assert not lab.of(CallArrived)
    await agent.hang_up()
    await lab.gone(AGENT)
    await lab.fact(CallArrived, leg=leg, again=True)
    assert lab.about(leg)[:2] == ["LegsParted", "CallArrived"]


async def test_a_talk_whose_caller_leaves_after_vcc_died_ends_for_the_agent_too_when_told_so(lab: Lab) -> None:
    await lab.phones(LIN)
    person, leg, agent = await lab.talk()
    await lab.die()
    await lab.start_again()
    await lab.fact(NodeUp)
    await person.hang_up()
    await lab.gone(leg)
    lab.send(HangUp(leg=AGENT))
    await agent.ended()
    await lab.gone(AGENT)


async def test_a_phone_that_rings_for_a_dead_vcc_is_found_and_stopped(lab: Lab) -> None:
    await lab.phones(LIN)
    lab.send(ring(AGENT))
    agent = await lab.rings(LIN)
    await lab.die()
    await lab.start_again()
    found = (await snapshots(lab))[AGENT]
    assert (found.up, found.phone) == (False, LIN)
    lab.send(HangUp(leg=AGENT))
    await agent.stops_ringing()
    await lab.gone(AGENT)


async def test_who_left_while_vcc_was_dead_is_not_there_afterwards(lab: Lab) -> None:
    await lab.phones(LIN)
    person, leg, agent = await lab.talk()
    await lab.die()
    await agent.hang_up()
    await person.hang_up()
    await lab.wait(0.5)
    await lab.start_again()
    assert await snapshots(lab) == {}
    await lab.wait(0.3)
    assert lab.about(leg) == lab.about(AGENT) == []
