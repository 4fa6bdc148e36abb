"""Phones that vcc rings: every ring comes to an end, and the end says why."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from telephony.port import (
    Cause,
    CommandFailed,
    HangUp,
    LegAnswered,
    LegHungUp,
    LegRinging,
    PhoneStatus,
    Play,
    PlayEnded,
)
from tests.contract.switch.driver import AWAY, LIN, WANG, ring

if TYPE_CHECKING:
    from tests.contract.switch.driver import Lab

LEG = "vcc-r-1"


async def test_a_phone_rings_shows_who_calls_and_is_answered(lab: Lab) -> None:
    await lab.phones(LIN)
    lab.send(ring(LEG))
    agent = await lab.rings(LIN)
    await lab.fact(LegRinging, leg=LEG)
    assert agent.shown == ("98668", "王先生")
    assert not lab.of(LegAnswered)
    await agent.answer()
    await lab.fact(LegAnswered, leg=LEG)
    await agent.hang_up()
    assert (await lab.gone(LEG)).cause is Cause.NORMAL
    assert lab.about(LEG) == ["LegRinging", "LegAnswered", "LegHungUp"]


async def test_the_right_phone_rings_and_no_other(lab: Lab) -> None:
    await lab.phones(LIN, WANG)
    lab.send(ring(LEG, WANG))
    await lab.rings(WANG)
    await lab.wait(0.3)
    assert not lab.is_called(LIN)


async def test_nobody_comes(lab: Lab) -> None:
    await lab.phones(LIN)
    lab.send(ring(LEG, timeout_s=2.0))
    agent = await lab.rings(LIN)
    assert not await agent.stops_ringing()
    assert (await lab.gone(LEG)).cause is Cause.NO_ANSWER
    assert lab.about(LEG) == ["LegRinging", "LegHungUp"]


async def test_a_phone_that_is_busy(lab: Lab) -> None:
    await lab.phones(LIN)
    await lab.make_busy(LIN)
    lab.send(ring(LEG))
    assert (await lab.gone(LEG)).cause is Cause.BUSY
    assert lab.about(LEG) == ["LegHungUp"]


async def test_somebody_who_declines(lab: Lab) -> None:
    await lab.phones(LIN)
    lab.send(ring(LEG))
    agent = await lab.rings(LIN)
    await lab.fact(LegRinging)
    await agent.decline()
    assert (await lab.gone(LEG)).cause is Cause.REFUSED


@pytest.mark.parametrize("phone", [AWAY, "nobody"])
async def test_a_phone_that_is_not_there(lab: Lab, phone: str) -> None:
    lab.send(ring(LEG, phone))
    assert (await lab.gone(LEG)).cause is Cause.UNREACHABLE
    assert lab.about(LEG) == ["LegHungUp"]


async def test_a_node_to_which_there_is_no_trunk(lab: Lab) -> None:
    await lab.phones(LIN)
    lab.send(replace(ring(LEG), at="moon"))
    gone = await lab.gone(LEG)
    assert (gone.cause, gone.detail) == (Cause.UNREACHABLE, "there is no trunk to node moon")
    assert lab.about(LEG) == ["LegHungUp"]
    assert not lab.is_called(LIN)


async def test_hanging_up_at_once_leaves_no_phone_ringing(lab: Lab) -> None:
    await lab.phones(LIN)
    lab.send(ring(LEG), HangUp(leg=LEG, elsewhere=True))
    await lab.gone(LEG)
    await lab.wait(0.3)
    assert not lab.is_called(LIN)
    assert not lab.of(LegAnswered)


@pytest.mark.parametrize("elsewhere", [True, False])
async def test_hanging_up_while_it_rings(lab: Lab, elsewhere: bool) -> None:
    await lab.phones(LIN)
    lab.send(ring(LEG))
    agent = await lab.rings(LIN)
    await lab.fact(LegRinging)
    lab.send(HangUp(leg=LEG, elsewhere=elsewhere))
    assert await agent.stops_ringing() == elsewhere
    assert ((await lab.gone(LEG)).cause is Cause.ELSEWHERE) == elsewhere


async def test_hanging_up_on_an_agent(lab: Lab) -> None:
    await lab.phones(LIN)
    agent = await lab.agent(LIN, LEG)
    lab.send(HangUp(leg=LEG))
    await agent.ended()
    await lab.gone(LEG)


async def test_an_agents_leg_can_be_played_to(lab: Lab) -> None:
    await lab.phones(LIN)
    agent = await lab.agent(LIN, LEG)
    lab.send(Play(leg=LEG, play="1", sounds=(lab.sound("one"),)))
    await agent.hears("one")
    assert (await lab.fact(PlayEnded, play="1")).completed


async def test_a_leg_rings_once_even_if_asked_for_twice(lab: Lab) -> None:
    await lab.phones(LIN)
    lab.send(ring(LEG), ring(LEG))
    assert (await lab.fact(CommandFailed, leg=LEG)).command == "Ring"
    agent = await lab.rings(LIN)
    await lab.fact(LegRinging, leg=LEG)
    await agent.answer()
    await lab.fact(LegAnswered, leg=LEG)
    await lab.wait(0.3)
    assert not lab.is_called(LIN)
    assert not lab.of(LegHungUp)


async def test_what_a_phone_shows_cannot_say_more_than_a_name(lab: Lab) -> None:
    await lab.phones(LIN)
    lab.send(ring(LEG, name='a"\r\nVariable: X=1\r\n\r\nAction: Hangup'))
    agent = await lab.rings(LIN)
    number, name = agent.shown
    assert number == "98668"
    assert name.startswith("a")
    assert "\n" not in name


async def test_phones_come_and_go(lab: Lab) -> None:
    await lab.fact(PhoneStatus, phone=LIN, reachable=False)
    await lab.phones(LIN)
    await lab.unplug(LIN)
    await lab.fact(PhoneStatus, phone=LIN, reachable=False, count=2)
    await lab.phones(LIN)
    assert [fact.reachable for fact in lab.of(PhoneStatus, phone=LIN)] == [False, True, False, True]
