"""What phones do by themselves: hold, blind and attended transfer. vcc is told, and keeps every leg in its hands."""

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
    LegHeld,
    LegHungUp,
    LegJoined,
    LegLeft,
    LegResumed,
    LegsBridged,
    LegsParted,
    LegTransferred,
    Music,
    Part,
    Play,
    PlayEnded,
)
from tests.contract.switch.driver import LIN, MUSIC, NUMBER, WANG

if TYPE_CHECKING:
    from tests.contract.switch.driver import Callee, Lab, Person

AGENT, COLLEAGUE = "vcc-a-1", "vcc-b-1"


async def controlled(lab: Lab, leg: str, person: Person) -> None:
    """Prove that a leg is under control."""
    name = f"proof {len(lab.sent)}"
    lab.send(Play(leg=leg, play=name, sounds=(lab.sound("one"),)))
    await person.hears("one")
    assert (await lab.fact(PlayEnded, play=name)).completed


def told_before_the_end(lab: Lab, leg: str) -> bool:
    """Whether a transfer was told before the end of the phone's leg: else it looks as if the agent had hung up."""
    ends = [n for n, fact in enumerate(lab.told) if isinstance(fact, LegHungUp) and fact.leg == leg]
    transferred = next(n for n, fact in enumerate(lab.told) if isinstance(fact, LegTransferred))
    return not ends or transferred < ends[0]


async def second_call(lab: Lab) -> tuple[Person, str]:
    """The agent dials on a second line of the phone, and is answered by vcc: the call and its leg."""
    person = await lab.call_from(LIN, "8001")
    leg = (await lab.fact(CallArrived, phone=LIN)).leg
    lab.send(Answer(leg=leg))
    await person.answered()
    return person, leg


async def consulting(lab: Lab) -> tuple[Person, str, Callee, Person, str, Callee]:
    """An agent with a caller on hold by the phone's key, who talks with a colleague on the phone's second line."""
    await lab.phones(LIN, WANG)
    caller, leg, agent = await lab.talk(AGENT)
    await agent.hold()
    second, second_leg = await second_call(lab)
    colleague = await lab.agent(WANG, COLLEAGUE, for_leg=second_leg)
    lab.send(Bridge(leg=second_leg, other=COLLEAGUE))
    await lab.fact(LegsBridged, leg=second_leg, other=COLLEAGUE)
    return caller, leg, agent, second, second_leg, colleague


async def test_hold_and_resume_by_the_phones_own_key(lab: Lab) -> None:
    await lab.phones(LIN)
    caller, leg = await lab.answered()
    lab.send(Music(leg=leg, music=MUSIC))
    agent = await lab.agent(LIN, AGENT, for_leg=leg)
    lab.send(Bridge(leg=leg, other=AGENT))
    await lab.fact(LegsBridged, leg=leg)
    await agent.hold()
    await lab.fact(LegHeld, leg=AGENT)
    await caller.hears_music()
    await agent.resume()
    await lab.fact(LegResumed, leg=AGENT)
    await caller.hears_person(agent)
    await agent.hears_person(caller)
    assert not lab.of(LegsParted)


async def test_who_waited_for_nobody_hears_music_on_hold_too(lab: Lab) -> None:
    await lab.phones(LIN)
    caller, leg = await lab.answered()
    agent = await lab.agent(LIN, AGENT, for_leg=leg)
    lab.send(Bridge(leg=leg, other=AGENT, music=MUSIC))
    await lab.fact(LegsBridged, leg=leg)
    await agent.hold()
    await lab.fact(LegHeld, leg=AGENT)
    await caller.hears_music()
    await agent.resume()
    await lab.fact(LegResumed, leg=AGENT)
    await caller.hears_person(agent)


async def test_a_blind_transfer_brings_the_caller_back_with_what_was_asked_for(lab: Lab) -> None:
    await lab.phones(LIN, WANG)
    caller, leg, agent = await lab.talk(AGENT)
    assert await agent.transfer("8001")
    fact = await lab.fact(LegTransferred)
    assert (fact.leg, fact.by, fact.to, fact.place_of) == (leg, AGENT, "8001", "")
    back = await lab.fact(CallArrived, leg=leg, again=True)
    assert (back.dialled, back.trunk) == (NUMBER, lab.trunk)
    assert lab.about(leg) == ["CallArrived", "LegsBridged", "LegsParted", "LegTransferred", "CallArrived"]
    await controlled(lab, leg, caller)
    await controlled(lab, AGENT, agent)
    await agent.hang_up()
    await lab.gone(AGENT)
    colleague = await lab.agent(WANG, COLLEAGUE, for_leg=leg)
    lab.send(Bridge(leg=leg, other=COLLEAGUE))
    await lab.fact(LegsBridged, leg=leg, other=COLLEAGUE)
    await colleague.hears_person(caller)
    await colleague.hang_up()
    await lab.fact(LegsParted, leg=leg, other=COLLEAGUE)
    await controlled(lab, leg, caller)


async def test_a_phone_that_ends_its_call_at_once_after_a_blind_transfer(lab: Lab) -> None:
    """As many do: they do not wait to hear what came of it."""
    await lab.phones(LIN)
    caller, leg, agent = await lab.talk(AGENT)
    assert await agent.transfer("8001")
    await agent.hang_up()
    fact = await lab.fact(LegTransferred)
    assert (fact.leg, fact.by, fact.to) == (leg, AGENT, "8001")
    await lab.gone(AGENT)
    assert told_before_the_end(lab, AGENT)
    await lab.fact(CallArrived, leg=leg, again=True)
    await controlled(lab, leg, caller)


async def test_whom_an_agent_called_is_transferred_blind_too(lab: Lab) -> None:
    await lab.phones(LIN, WANG)
    second, second_leg = await second_call(lab)
    colleague = await lab.agent(WANG, COLLEAGUE, for_leg=second_leg)
    lab.send(Bridge(leg=second_leg, other=COLLEAGUE))
    await lab.fact(LegsBridged, leg=second_leg, other=COLLEAGUE)
    assert await second.transfer("98668")
    fact = await lab.fact(LegTransferred)
    assert (fact.leg, fact.by, fact.to) == (COLLEAGUE, second_leg, "98668")
    await controlled(lab, COLLEAGUE, colleague)
    assert len(lab.of(LegAnswered)) == 1


@pytest.mark.parametrize("alive", [True, False])
async def test_a_blind_transfer_outlives_vcc(lab: Lab, alive: bool) -> None:
    """Whether it came just before the end of vcc or while vcc was away."""
    await lab.phones(LIN)
    caller, leg, agent = await lab.talk(AGENT)
    if alive:
        assert await agent.transfer("8001")
        await lab.fact(CallArrived, leg=leg, again=True)
    await lab.die()
    if not alive:
        assert await agent.transfer("8001")
    await lab.wait(0.5)
    await lab.start_again()
    fact = await lab.fact(LegTransferred)
    assert (fact.leg, fact.to) == (leg, "8001")
    assert fact.by in ({AGENT} if alive else {AGENT, ""})
    await lab.fact(CallArrived, leg=leg, again=True)
    await controlled(lab, leg, caller)


async def test_a_blind_transfer_that_vcc_has_acted_upon_is_not_told_to_the_next(lab: Lab) -> None:
    await lab.phones(LIN)
    caller, leg, agent = await lab.talk(AGENT)
    assert await agent.transfer("8001")
    await lab.fact(CallArrived, leg=leg, again=True)
    await controlled(lab, leg, caller)
    await lab.die()
    await lab.start_again()
    await lab.fact(CallArrived, leg=leg, again=True)
    await controlled(lab, leg, caller)
    assert not lab.of(LegTransferred)


async def test_a_caller_can_transfer_nobody(lab: Lab) -> None:
    await lab.phones(LIN)
    caller, leg, agent = await lab.talk(AGENT)
    assert not await caller.transfer("8001")
    await caller.hears_person(agent)
    assert lab.about(leg) == ["CallArrived", "LegsBridged"]


@pytest.mark.parametrize("to", ["8%0D%0AEvent%3A%20Hangup", "s", "h", "${EXTEN}"])
async def test_a_phone_cannot_ask_for_what_is_no_number(lab: Lab, to: str) -> None:
    await lab.phones(LIN)
    caller, _, agent = await lab.talk(AGENT)
    await agent.transfer(to)
    await caller.hears_person(agent)
    assert not lab.of(LegTransferred)


async def test_a_phone_cannot_transfer_out_of_three(lab: Lab) -> None:
    await lab.phones(LIN, WANG)
    caller, leg, agent = await lab.talk(AGENT)
    colleague = await lab.agent(WANG, COLLEAGUE, for_leg=leg)
    lab.send(Join(leg=COLLEAGUE, to=leg))
    await lab.fact(LegJoined)
    await agent.transfer("8001")
    await caller.is_heard(by=[colleague])
    await colleague.is_heard(by=[caller])
    assert not lab.of(LegTransferred)
    await controlled(lab, AGENT, agent)


async def test_an_attended_transfer_out_of_three_brings_the_colleague_in(lab: Lab) -> None:
    await lab.phones(LIN, WANG)
    caller, leg, agent = await lab.talk(AGENT)
    other = await lab.agent(WANG, COLLEAGUE, for_leg=leg)
    lab.send(Join(leg=COLLEAGUE, to=leg))
    await lab.fact(LegJoined)
    second, second_leg = await second_call(lab)
    friend, friends_leg = await lab.answered()
    lab.send(Bridge(leg=friends_leg, other=second_leg))
    await lab.fact(LegsBridged, leg=friends_leg)
    assert await agent.transfer_to(second)
    await lab.fact(LegLeft, leg=AGENT)
    assert set((await lab.fact(LegJoined, leg=friends_leg)).others) == {leg, COLLEAGUE}
    await friend.is_heard(by=[caller, other])
    await lab.gone(second_leg)
    if not lab.of(LegHungUp, leg=AGENT):  # a switch may end it, as the phone would
        await controlled(lab, AGENT, agent)
    assert not lab.of(LegTransferred)


@pytest.mark.parametrize("at_once", [False, True])
async def test_an_attended_transfer_joins_caller_and_colleague(lab: Lab, at_once: bool) -> None:
    caller, leg, agent, second, second_leg, colleague = await consulting(lab)
    assert await agent.transfer_to(second)
    if at_once:
        await agent.hang_up()
    fact = await lab.fact(LegTransferred)
    assert told_before_the_end(lab, AGENT)
    assert (fact.leg, fact.by, fact.to, fact.place_of) == (leg, AGENT, "", second_leg)
    await lab.fact(LegsBridged, leg=leg, other=COLLEAGUE)
    await caller.hears_person(colleague)
    await colleague.hears_person(caller)
    await lab.gone(second_leg)
    lab.send(HangUp(leg=AGENT))
    await lab.gone(AGENT)
    lab.send(Part(leg=COLLEAGUE), Music(leg=leg, music=MUSIC))
    await caller.hears_music()
    lab.send(Bridge(leg=leg, other=COLLEAGUE))
    await lab.fact(LegsBridged, leg=leg, other=COLLEAGUE, count=2)
    await colleague.hang_up()
    await lab.fact(LegsParted, leg=leg, other=COLLEAGUE, count=2)
    await controlled(lab, leg, caller)
    assert len(lab.of(CallArrived)) == 2
    assert not lab.of(CommandFailed)


@pytest.mark.parametrize("at_once", [False, True])
async def test_an_attended_transfer_before_the_colleague_answers(lab: Lab, at_once: bool) -> None:
    """The colleague's phone has not answered: the phone's second leg talks with nobody."""
    await lab.phones(LIN, WANG)
    caller, leg, agent = await lab.talk(AGENT)
    await agent.hold()
    second, second_leg = await second_call(lab)
    lab.send(Music(leg=second_leg, music=MUSIC))
    await second.hears_music()
    assert await agent.transfer_to(second)
    if at_once:
        await agent.hang_up()
    fact = await lab.fact(LegTransferred)
    assert told_before_the_end(lab, AGENT)
    assert (fact.leg, fact.by, fact.place_of) == (leg, AGENT, second_leg)
    await lab.gone(second_leg)
    await controlled(lab, leg, caller)
    lab.send(HangUp(leg=AGENT))
    colleague = await lab.agent(WANG, COLLEAGUE, for_leg=leg)
    lab.send(Bridge(leg=leg, other=COLLEAGUE))
    await lab.fact(LegsBridged, leg=leg, other=COLLEAGUE)
    await caller.hears_person(colleague)
    await colleague.hang_up()
    await lab.fact(LegsParted, leg=leg, other=COLLEAGUE)
    assert len(lab.of(CallArrived)) == 2
    await lab.wait(2.5)  # as long as a switch waits for vcc: not from when the transfer took the leg from it
    await lab.die()
    await lab.start_again()
    again = await lab.fact(CallArrived, leg=leg, again=True)
    assert (again.trunk, again.dialled) == (lab.trunk, NUMBER)


async def test_an_attended_transfer_of_a_caller_whom_vcc_holds(lab: Lab) -> None:
    """The agent's first leg talks with nobody: the colleague takes its place, and vcc brings the two together."""
    await lab.phones(LIN, WANG)
    caller, leg, agent = await lab.talk(AGENT)
    lab.send(Part(leg=AGENT), Music(leg=leg, music=MUSIC))
    second, second_leg = await second_call(lab)
    colleague = await lab.agent(WANG, COLLEAGUE, for_leg=second_leg)
    lab.send(Bridge(leg=second_leg, other=COLLEAGUE))
    await lab.fact(LegsBridged, leg=second_leg)
    assert await agent.transfer_to(second)
    fact = await lab.fact(LegTransferred)
    assert (fact.leg, fact.by, fact.place_of) == (COLLEAGUE, second_leg, AGENT)
    await lab.gone(AGENT)
    lab.send(HangUp(leg=second_leg), Bridge(leg=leg, other=COLLEAGUE))
    await lab.fact(LegsBridged, leg=leg, other=COLLEAGUE)
    await caller.hears_person(colleague)
    await colleague.hears_person(caller)
