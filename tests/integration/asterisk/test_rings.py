"""Ringing agents' phones on the real Asterisk: every way in which it can end, and ends for sure."""

import asyncio

import pytest

from telephony.port import (
    Bridge,
    Cause,
    CommandFailed,
    HangUp,
    LegAnswered,
    LegHungUp,
    LegRinging,
    LegsBridged,
    PhoneStatus,
    Play,
    PlayEnded,
)
from tests.integration.asterisk.conftest import Rig, ring
from tests.lab.phone.states import EndedBy

pytestmark = pytest.mark.asterisk


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (486, Cause.BUSY),
        (480, Cause.NO_ANSWER),
        (603, Cause.REFUSED),
        (503, Cause.UNAVAILABLE),
        (404, Cause.NOT_FOUND),
        (600, Cause.BUSY),
    ],
)
async def test_a_phone_that_refuses(rig: Rig, status: int, cause: Cause) -> None:
    phone = await rig.phone("lin")
    phone.auto_reject = status
    rig.send(ring(f"vcc-r-{status}"))
    fact = await rig.facts.until(LegHungUp, leg=f"vcc-r-{status}")
    assert fact.cause is cause


@pytest.mark.parametrize("phone", ["wang", "nobody", "no/phone", "lin\r\nVariable: x=1"])
async def test_a_phone_that_is_not_there(rig: Rig, phone: str) -> None:
    rig.send(ring("vcc-u-1", phone=phone))
    fact = await rig.facts.until(LegHungUp, leg="vcc-u-1")
    assert fact.cause in {Cause.UNREACHABLE, Cause.FAILED}


async def test_a_phone_that_does_not_answer(rig: Rig) -> None:
    phone = await rig.phone("lin")
    rig.send(ring("vcc-n-1", timeout_s=2))
    incoming = await phone.incoming()
    await incoming.ring()
    await rig.facts.until(LegRinging, leg="vcc-n-1")
    await incoming.cancelled()
    fact = await rig.facts.until(LegHungUp, leg="vcc-n-1")
    assert fact.cause is Cause.NO_ANSWER


async def test_a_phone_whose_call_was_taken_elsewhere_shows_no_missed_call(rig: Rig) -> None:
    phone = await rig.phone("lin")
    rig.send(ring("vcc-e-1"))
    incoming = await phone.incoming()
    await incoming.ring()
    await rig.facts.until(LegRinging, leg="vcc-e-1")
    rig.send(HangUp(leg="vcc-e-1", elsewhere=True))
    reason = await incoming.cancelled()
    assert reason is not None
    assert "elsewhere" in reason
    fact = await rig.facts.until(LegHungUp, leg="vcc-e-1")
    assert fact.cause is Cause.ELSEWHERE


async def test_hanging_up_right_after_the_ring_leaves_no_phone_ringing(rig: Rig) -> None:
    phone = await rig.phone("lin")
    for turn in range(10):
        leg = f"vcc-h-{turn}"
        rig.send(ring(leg))
        for _ in range(turn):
            await asyncio.sleep(0)  # a little later each time
        rig.send(HangUp(leg=leg, elsewhere=True))
        await rig.facts.until(LegHungUp, leg=leg)
    assert not rig.facts.of(LegAnswered)
    while phone.waiting_calls:
        await (await phone.incoming()).ended()


async def test_the_same_leg_twice_rings_once(rig: Rig) -> None:
    phone = await rig.phone("lin")
    rig.send(ring("vcc-t-1"))
    rig.send(ring("vcc-t-1"))
    fact = await rig.facts.until(CommandFailed, leg="vcc-t-1")
    assert fact.command == "Ring"
    incoming = await phone.incoming()
    rig.send(HangUp(leg="vcc-t-1"))
    await incoming.cancelled()
    await rig.facts.until(LegHungUp, leg="vcc-t-1")
    assert phone.waiting_calls == 0


@pytest.mark.parametrize(
    "name",
    [
        "阳光",
        'q"uo\\te',
        "Event: Newexten",
        "a\r\nVariable: SHELL(x)\r\n",
        "100%0D%0AX: y",
        "x" * 10_000,
        "😀" * 30,
        "",
    ],
)
async def test_whatever_the_phone_is_to_show_does_no_harm(rig: Rig, name: str) -> None:
    phone = await rig.phone("lin")
    rig.send(ring("vcc-s-1", name=name))
    incoming = await phone.incoming()
    assert incoming.caller.user == "98668"
    shown = incoming.caller.display or ""
    assert len(shown) <= 80
    assert not set(shown) & set("\r\n\0")
    if name == "阳光":
        assert shown == name
    rig.send(HangUp(leg="vcc-s-1"))
    await incoming.cancelled()


async def test_an_agents_leg_obeys_like_a_callers(rig: Rig) -> None:
    phone = await rig.phone("lin")
    rig.send(ring("vcc-o-1"))
    incoming = await phone.incoming()
    await incoming.answer()
    await rig.facts.until(LegAnswered, leg="vcc-o-1")
    rig.send(Play(leg="vcc-o-1", play="whisper", sounds=(str(rig.pbx.sound("short")),)))
    assert (await rig.facts.until(PlayEnded, play="whisper")).completed
    rig.send(HangUp(leg="vcc-o-1"))
    assert await incoming.ended() is EndedBy.THEM


async def test_a_whisper_is_cut_when_the_two_are_joined(rig: Rig) -> None:
    phone = await rig.phone("lin")
    call, leg = await rig.answered()
    rig.send(ring("vcc-w-1"))
    incoming = await phone.incoming()
    await incoming.answer()
    await rig.facts.until(LegAnswered, leg="vcc-w-1")
    rig.send(Play(leg="vcc-w-1", play="whisper", sounds=(str(rig.pbx.sound("long")),)))
    rig.send(Bridge(leg=leg, other="vcc-w-1"))
    await rig.facts.until(LegsBridged, leg=leg)
    assert not (await rig.facts.until(PlayEnded, play="whisper")).completed
    incoming.send_tone(1300)
    await call.hears_tone(1300, within=5)


async def test_both_hang_up_while_they_are_being_joined(rig: Rig) -> None:
    phone = await rig.phone("lin")
    for turn in range(8):
        call, leg = await rig.answered()
        agent_leg = f"vcc-j-{turn}"
        rig.send(ring(agent_leg))
        incoming = await phone.incoming()
        await incoming.answer()
        await rig.facts.until(LegAnswered, leg=agent_leg)
        rig.send(Bridge(leg=leg, other=agent_leg))
        await asyncio.sleep(turn * 0.0005)  # the race is what is tried
        incoming.send_bye()
        await rig.facts.until(LegHungUp, leg=agent_leg, within=8)
        rig.send(HangUp(leg=leg))
        await rig.facts.until(LegHungUp, leg=leg)
        assert call.has_ended or await call.ended()


async def test_a_phone_that_vanishes_and_comes_back(rig: Rig) -> None:
    phone = await rig.phone("zhao")
    phone.deaf = True
    await rig.facts.until(PhoneStatus, phone="zhao", reachable=False, count=2, within=8)
    phone.deaf = False
    await rig.facts.until(PhoneStatus, phone="zhao", reachable=True, count=2, within=8)
    await phone.unregister()
    await rig.facts.until(PhoneStatus, phone="zhao", reachable=False, count=3, within=8)
