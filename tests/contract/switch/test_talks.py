"""What an agent does in the course of a conversation: hold, consult, three-way, park; muted and shown."""

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
    LegHungUp,
    LegJoined,
    LegLeft,
    LegsBridged,
    LegsParted,
    Music,
    Mute,
    NodeUp,
    Part,
    Play,
    PlayEnded,
    Ring,
    Show,
)
from tests.contract.switch.driver import LIN, MUSIC, WANG

if TYPE_CHECKING:
    from tests.contract.switch.driver import Callee, Lab, Person

AGENT, EXPERT = "vcc-a-1", "vcc-e-1"


async def controlled(lab: Lab, leg: str, person: Person) -> None:
    """Prove that a leg is under control."""
    name = f"proof {len(lab.sent)}"
    lab.send(Play(leg=leg, play=name, sounds=(lab.sound("one"),)))
    await person.hears("one")
    assert (await lab.fact(PlayEnded, play=name)).completed


async def consulting(lab: Lab) -> tuple[Person, str, Callee, Callee]:
    """A caller who hears music while the agent talks with an expert."""
    await lab.phones(LIN, WANG)
    caller, leg, agent = await lab.talk(AGENT)
    lab.send(Part(leg=AGENT), Music(leg=leg, music=MUSIC))
    expert = await lab.agent(WANG, EXPERT, for_leg=leg)
    lab.send(Bridge(leg=AGENT, other=EXPERT))
    await lab.fact(LegsBridged, leg=AGENT, other=EXPERT)
    return caller, leg, agent, expert


async def three(lab: Lab) -> tuple[Person, str, Callee, Callee]:
    """A caller, an agent and an expert in one conversation."""
    await lab.phones(LIN, WANG)
    caller, leg, agent = await lab.talk(AGENT)
    expert = await lab.agent(WANG, EXPERT, for_leg=leg)
    lab.send(Join(leg=EXPERT, to=leg))
    fact = await lab.fact(LegJoined, leg=EXPERT)
    assert set(fact.others) == {leg, AGENT}
    return caller, leg, agent, expert


@pytest.mark.parametrize("named", ["agent", "caller"])
async def test_hold_and_retrieve(lab: Lab, named: str) -> None:
    await lab.phones(LIN)
    caller, leg, agent = await lab.talk(AGENT)
    lab.send(Part(leg=AGENT if named == "agent" else leg), Music(leg=leg, music=MUSIC))
    await lab.fact(LegsParted, leg=leg, other=AGENT)
    await caller.hears_music()
    await controlled(lab, AGENT, agent)
    lab.send(Bridge(leg=leg, other=AGENT))
    await lab.fact(LegsBridged, leg=leg, other=AGENT, count=2)
    await caller.hears_person(agent)
    await agent.hears_person(caller)
    assert lab.about(leg) == ["CallArrived", "LegsBridged", "LegsParted", "LegsBridged"]
    assert not lab.of(CommandFailed)


async def test_who_is_put_on_hold_and_taken_back_at_once_hears_the_agent(lab: Lab) -> None:
    await lab.phones(LIN)
    caller, leg, agent = await lab.talk(AGENT)
    lab.send(Part(leg=AGENT), Music(leg=leg, music=MUSIC), Bridge(leg=leg, other=AGENT))
    await lab.fact(LegsBridged, leg=leg, other=AGENT, count=2)
    await caller.hears_person(agent)
    assert not lab.of(CommandFailed)


async def test_a_caller_who_leaves_while_on_hold_leaves_the_agent_under_control(lab: Lab) -> None:
    await lab.phones(LIN)
    caller, leg, agent = await lab.talk(AGENT)
    lab.send(Part(leg=AGENT), Music(leg=leg, music=MUSIC))
    await caller.hears_music()
    await caller.hang_up()
    await lab.gone(leg)
    await controlled(lab, AGENT, agent)


async def test_parting_where_nobody_talks_fails(lab: Lab) -> None:
    caller, leg = await lab.answered()
    lab.send(Part(leg=leg))
    assert (await lab.fact(CommandFailed, leg=leg)).command == "Part"
    await controlled(lab, leg, caller)


async def test_in_a_consultation_the_caller_hears_music_and_nobody_else_does(lab: Lab) -> None:
    caller, _, agent, expert = await consulting(lab)
    await agent.is_heard(by=[expert], not_by=[caller])
    await expert.is_heard(by=[agent], not_by=[caller])
    await caller.hears_music()


async def test_a_consultation_is_completed(lab: Lab) -> None:
    caller, leg, agent, expert = await consulting(lab)
    lab.send(Bridge(leg=leg, other=EXPERT))
    await lab.fact(LegsBridged, leg=leg, other=EXPERT)
    assert lab.about(EXPERT)[-2:] == ["LegsParted", "LegsBridged"]
    await caller.is_heard(by=[expert], not_by=[agent])
    await expert.hears_person(caller)
    await controlled(lab, AGENT, agent)
    await expert.hang_up()
    await lab.fact(LegsParted, leg=leg, other=EXPERT)
    await controlled(lab, leg, caller)


async def test_who_is_parted_just_as_the_other_one_is_taken_over(lab: Lab) -> None:
    caller, leg, agent, expert = await consulting(lab)
    lab.send(Bridge(leg=leg, other=EXPERT), Part(leg=AGENT), Play(leg=AGENT, play="p", sounds=(lab.sound("one"),)))
    await lab.fact(LegsBridged, leg=leg, other=EXPERT)
    await agent.hears("one")
    await caller.is_heard(by=[expert])
    await expert.hears_person(caller)
    assert not lab.of(CommandFailed, command="Bridge")


async def test_a_consultation_is_cancelled(lab: Lab) -> None:
    caller, leg, agent, expert = await consulting(lab)
    lab.send(HangUp(leg=EXPERT), Bridge(leg=leg, other=AGENT))
    await expert.ended()
    await lab.gone(EXPERT)
    await lab.fact(LegsBridged, leg=leg, other=AGENT, count=2)
    await caller.hears_person(agent)


async def test_a_consultation_alternates(lab: Lab) -> None:
    caller, leg, agent, expert = await consulting(lab)
    lab.send(Bridge(leg=leg, other=AGENT), Music(leg=EXPERT, music=MUSIC))
    await lab.fact(LegsBridged, leg=leg, other=AGENT, count=2)
    await agent.is_heard(by=[caller], not_by=[expert])
    await expert.hears_music()
    lab.send(Part(leg=AGENT), Music(leg=leg, music=MUSIC), Bridge(leg=AGENT, other=EXPERT))
    await lab.fact(LegsBridged, leg=AGENT, other=EXPERT, count=2)
    await agent.is_heard(by=[expert], not_by=[caller])
    await caller.hears_music()
    assert not lab.of(CommandFailed)


@pytest.mark.parametrize("who", ["caller", "agent", "expert"])
async def test_somebody_hangs_up_in_a_consultation(lab: Lab, who: str) -> None:
    caller, leg, agent, expert = await consulting(lab)
    people = {"caller": (caller, leg), "agent": (agent, AGENT), "expert": (expert, EXPERT)}
    person, gone = people.pop(who)
    await person.hang_up()
    await lab.gone(gone)
    if who == "caller":
        await expert.hears_person(agent)
        return
    await lab.fact(LegsParted, leg=AGENT, other=EXPERT)
    for person, stays in people.values():
        await controlled(lab, stays, person)


async def test_three_hear_each_other(lab: Lab) -> None:
    caller, _, agent, expert = await three(lab)
    await caller.is_heard(by=[agent, expert])
    await agent.is_heard(by=[caller, expert])
    await expert.is_heard(by=[caller, agent])


@pytest.mark.parametrize("who", ["caller", "agent", "expert"])
async def test_one_of_three_hangs_up_and_the_others_talk_on(lab: Lab, who: str) -> None:
    caller, leg, agent, expert = await three(lab)
    people = {"caller": (caller, leg), "agent": (agent, AGENT), "expert": (expert, EXPERT)}
    person, gone = people.pop(who)
    await person.hang_up()
    fact = await lab.fact(LegLeft, leg=gone)
    (first, one), (second, two) = people.values()
    assert set(fact.others) == {one, two}
    await lab.gone(gone)
    await first.hears_person(second)
    await second.hears_person(first)
    assert not lab.of(LegsParted)
    await second.hang_up()
    assert {(await lab.fact(LegsParted)).leg, lab.of(LegsParted)[0].other} == {one, two}
    await controlled(lab, one, first)


@pytest.mark.parametrize("who", ["agent", "expert"])
async def test_one_of_three_is_taken_out_and_comes_again(lab: Lab, who: str) -> None:
    caller, leg, agent, expert = await three(lab)
    person, other = (agent, expert) if who == "agent" else (expert, agent)
    parted = AGENT if who == "agent" else EXPERT
    lab.send(Part(leg=parted))
    await lab.fact(LegLeft, leg=parted)
    await controlled(lab, parted, person)
    await caller.is_heard(by=[other], not_by=[person])
    lab.send(Join(leg=parted, to=leg))
    await lab.fact(LegJoined, leg=parted, count=1 if who == "agent" else 2)
    await caller.is_heard(by=[agent, expert])


async def test_a_caller_cannot_be_taken_out_of_three(lab: Lab) -> None:
    caller, leg, agent, expert = await three(lab)
    lab.send(Part(leg=leg))
    assert (await lab.fact(CommandFailed, leg=leg)).command == "Part"
    await caller.is_heard(by=[agent, expert])


async def test_out_of_three_two_may_talk_by_themselves(lab: Lab) -> None:
    caller, leg, agent, expert = await three(lab)
    lab.send(Part(leg=AGENT), Bridge(leg=AGENT, other=EXPERT), Music(leg=leg, music=MUSIC))
    await lab.fact(LegsBridged, leg=AGENT, other=EXPERT)
    await agent.is_heard(by=[expert], not_by=[caller])
    await caller.hears_music()


async def test_nobody_joins_who_does_not_talk(lab: Lab) -> None:
    await lab.phones(LIN)
    _, leg = await lab.answered()
    agent = await lab.agent(LIN, AGENT, for_leg=leg)
    lab.send(Join(leg=AGENT, to=leg))
    assert (await lab.fact(CommandFailed, leg=AGENT)).command == "Join"
    await controlled(lab, AGENT, agent)


async def test_park_and_retrieve_by_a_phone_that_calls(lab: Lab) -> None:
    await lab.phones(LIN, WANG)
    caller, leg, _ = await lab.talk(AGENT)
    lab.send(Part(leg=AGENT), HangUp(leg=AGENT), Music(leg=leg, music=MUSIC))
    await lab.gone(AGENT)
    await caller.hears_music()
    person = await lab.call_from(WANG, "8001")
    taker = (await lab.fact(CallArrived, phone=WANG)).leg
    lab.send(Answer(leg=taker), Bridge(leg=leg, other=taker))
    await lab.fact(LegsBridged, leg=leg, other=taker)
    await person.hears_person(caller)
    await caller.hears_person(person)
    lab.send(Part(leg=taker), Music(leg=leg, music=MUSIC))
    await caller.hears_music()
    await controlled(lab, taker, person)
    lab.send(Bridge(leg=leg, other=taker))
    await lab.fact(LegsBridged, leg=leg, other=taker, count=2)
    await caller.hang_up()
    await lab.gone(leg)
    await controlled(lab, taker, person)
    assert len(lab.of(CallArrived)) == 2


@pytest.mark.parametrize("who", ["caller", "agent"])
async def test_a_muted_voice_is_heard_by_nobody(lab: Lab, who: str) -> None:
    await lab.phones(LIN)
    caller, leg, agent = await lab.talk(AGENT)
    person, other = (caller, agent) if who == "caller" else (agent, caller)
    muted = leg if who == "caller" else AGENT
    lab.send(Mute(leg=muted, on=True), Mute(leg=muted, on=True))
    await other.is_heard(by=[person])
    await person.is_heard(not_by=[other])
    lab.send(Mute(leg=muted, on=False))
    await person.is_heard(by=[other])
    assert not lab.of(CommandFailed)


async def test_who_is_muted_is_known_to_the_next_vcc(lab: Lab) -> None:
    await lab.phones(LIN)
    caller, leg, agent = await lab.talk(AGENT)
    for on in (True, False):
        lab.send(Mute(leg=AGENT, on=on))
        await caller.is_heard(by=[agent])
        await agent.is_heard(by=[] if on else [caller], not_by=[caller] if on else [])
        await lab.die()
        await lab.start_again()
        found = {snapshot.leg: snapshot.muted for snapshot in (await lab.fact(NodeUp)).legs}
        assert found == {leg: False, AGENT: on}
        await agent.is_heard(by=[] if on else [caller], not_by=[caller] if on else [])


async def test_a_phone_shows_what_it_is_told_and_nothing_else(lab: Lab) -> None:
    _, leg, agent, expert = await consulting(lab)
    lab.send(Show(leg=EXPERT, number="8001", name="林"))
    await expert.shows("8001", "林")
    lab.send(Bridge(leg=leg, other=EXPERT))
    await lab.fact(LegsBridged, leg=leg, other=EXPERT)
    await lab.wait(0.3)
    await expert.shows("8001", "林")
    lab.send(Show(leg=EXPERT, number="13800138000", name="Li, Hong"))
    await expert.shows("13800138000", "Li, Hong")
    lab.send(Show(leg=AGENT, number="98668", name=""))
    await agent.hang_up()


async def test_a_phone_is_asked_to_answer_by_itself_and_how_to_ring(lab: Lab) -> None:
    await lab.phones(LIN, WANG)
    for leg, phone, auto, alert in ((AGENT, LIN, True, "press-2"), (EXPERT, WANG, False, "")):
        lab.send(
            Ring(
                leg=leg,
                phone=phone,
                timeout_s=5,
                shows_number="98668",
                shows_name="",
                for_leg="",
                auto_answer=auto,
                alert=alert,
            )
        )
        callee = await lab.rings(phone)
        assert (callee.asked_to_answer, callee.ring_tone) == (auto, alert)


async def test_a_ring_tone_that_could_be_more_than_a_name_does_not_ring(lab: Lab) -> None:
    await lab.phones(LIN)
    lab.send(
        Ring(leg=AGENT, phone=LIN, timeout_s=5, shows_number="1", shows_name="", for_leg="", alert="a>,X=1;info=b")
    )
    await lab.fact(LegHungUp, leg=AGENT)
    assert not lab.is_called(LIN)
