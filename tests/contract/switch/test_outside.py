"""Numbers outside, over a trunk: rung, answered, joined; each end says why, and the trunk whether it is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from telephony.port import (
    Bridge,
    Cause,
    CommandFailed,
    DigitPressed,
    HangUp,
    LegAnswered,
    LegRinging,
    LegsBridged,
    LegsParted,
    Play,
    PlayEnded,
    TrunkStatus,
)
from tests.contract.switch.driver import ring_outside
from tests.integration.asterisk.rig import OUTSIDE_CALLER_ID

if TYPE_CHECKING:
    from tests.contract.switch.driver import Lab

LEG = "vcc-o-1"
#: A FreeSWITCH asks every 5 s, gives up a question after 5 s, and takes a trunk out with the second one.
AWAY_S = 30.0


async def test_a_number_outside_rings_shows_the_caller_id_and_is_answered(lab: Lab) -> None:
    await lab.line()
    lab.send(ring_outside(LEG))
    outsider = await lab.rings_outside()
    await lab.fact(LegRinging, leg=LEG)
    assert outsider.shown == (OUTSIDE_CALLER_ID, "")
    await outsider.answer()
    await lab.fact(LegAnswered, leg=LEG)
    lab.send(Play(leg=LEG, play="1", sounds=(lab.sound("one"),), stop_keys="1"))
    await outsider.hears("one")
    await lab.fact(PlayEnded, play="1")
    await outsider.press("1")
    assert (await lab.fact(DigitPressed, leg=LEG)).digit == "1"
    await outsider.hang_up()
    assert (await lab.gone(LEG)).cause is Cause.NORMAL
    assert lab.about(LEG) == ["LegRinging", "LegAnswered", "PlayEnded", "DigitPressed", "LegHungUp"]


async def test_a_caller_and_somebody_outside_hear_each_other(lab: Lab) -> None:
    await lab.line()
    caller, leg = await lab.answered()
    outsider = await lab.outsider(LEG, for_leg=leg)
    lab.send(Bridge(leg=leg, other=LEG))
    await lab.fact(LegsBridged, leg=leg, other=LEG)
    await caller.hears_person(outsider)
    await outsider.hears_person(caller)
    await outsider.hang_up()
    await lab.fact(LegsParted, leg=leg, other=LEG)
    lab.send(Play(leg=leg, play="2", sounds=(lab.sound("two"),)))
    await caller.hears("two")


@pytest.mark.parametrize("cause", [Cause.BUSY, Cause.REFUSED, Cause.NOT_FOUND, Cause.UNAVAILABLE])
async def test_why_it_is_not_answered(lab: Lab, cause: Cause) -> None:
    await lab.line(says=cause)
    lab.send(ring_outside(LEG))
    assert (await lab.gone(LEG)).cause is cause
    assert not lab.of(LegAnswered)


async def test_nobody_comes_outside(lab: Lab) -> None:
    await lab.line()
    lab.send(ring_outside(LEG, timeout_s=2.0))
    outsider = await lab.rings_outside()
    await outsider.stops_ringing()
    assert (await lab.gone(LEG)).cause is Cause.NO_ANSWER


async def test_hanging_up_while_it_rings_outside(lab: Lab) -> None:
    await lab.line()
    lab.send(ring_outside(LEG))
    outsider = await lab.rings_outside()
    await lab.fact(LegRinging)
    lab.send(HangUp(leg=LEG, elsewhere=True))
    await outsider.stops_ringing()
    await lab.gone(LEG)


async def test_a_trunk_comes_and_goes(lab: Lab) -> None:
    await lab.line()
    await lab.close_line()
    assert await lab.until(lambda: not lab.of(TrunkStatus, trunk=lab.trunk)[-1].reachable, AWAY_S)
    lab.send(ring_outside(LEG))
    assert (await lab.gone(LEG)).cause is Cause.UNAVAILABLE
    assert lab.about(LEG) == ["LegHungUp"]
    await lab.line()
    states = [fact.reachable for fact in lab.of(TrunkStatus, trunk=lab.trunk)]
    assert states[-3:] == [True, False, True]


async def test_a_number_outside_is_rung_once_even_if_asked_for_twice(lab: Lab) -> None:
    await lab.line()
    lab.send(ring_outside(LEG), ring_outside(LEG))
    assert (await lab.fact(CommandFailed, leg=LEG)).command == "RingOutside"
    await lab.rings_outside()
    await lab.fact(LegRinging, leg=LEG)
    lab.send(HangUp(leg=LEG))
    await lab.gone(LEG)
