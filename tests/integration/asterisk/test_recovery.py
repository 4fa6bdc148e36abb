"""Wires that break, vcc that dies, an Asterisk that freezes: what is told afterwards is what is true."""

import asyncio
import select
import signal
import socket
import time

import pytest

from telephony.port import (
    Answer,
    CallArrived,
    CallMissed,
    Cause,
    DigitPressed,
    HangUp,
    LegAnswered,
    LegHungUp,
    LegRinging,
    LegsParted,
    MissedEnd,
    Music,
    NodeDown,
    NodeUp,
    PhoneStatus,
    Play,
    PlayEnded,
    Reject,
)
from tests.integration.asterisk.conftest import Rig, restart, ring, running
from tests.integration.asterisk.rig import (
    CALLER,
    FALLBACK_AFTER_S,
    FALLBACK_HZ,
    LOOPBACK,
    MUSIC_HZ,
    PHONES,
    PROMPT_HZ,
    Pbx,
)
from tests.integration.asterisk.wire import Wire
from tests.lab.phone.states import EndedBy

pytestmark = pytest.mark.asterisk

#: What a loaded machine may add to a time that vcc keeps on an idle one (s).
LOADED_S = 3.0


async def test_the_node_comes_up_with_nothing_and_every_phone_is_told(rig: Rig) -> None:
    assert rig.facts.of(NodeUp)[0].legs == ()
    await rig.facts.until(PhoneStatus, count=len(PHONES))
    assert [fact.phone for fact in rig.facts.of(PhoneStatus)] == sorted(PHONES)
    assert isinstance(rig.facts.all[0], NodeUp)


async def test_a_waiting_caller_hears_music_while_vcc_is_away_and_comes_again(rig: Rig) -> None:
    call, leg = await rig.answered()
    rig.send(Music(leg=leg, music="press/main"))
    await call.hears_tone(MUSIC_HZ, within=5)
    await rig.switch.close()
    await call.hears_tone(MUSIC_HZ, within=5)
    await asyncio.sleep(0.5)
    await call.hears_tone(MUSIC_HZ, within=5)
    await restart(rig)
    (snapshot,) = rig.facts.of(NodeUp)[0].legs
    assert (snapshot.leg, snapshot.up, snapshot.dialled) == (leg, True, "98668")
    fact = await rig.facts.until(CallArrived)
    assert (fact.leg, fact.again, fact.trunk, fact.dialled) == (leg, True, "carrier", "98668")
    rig.send(Play(leg=leg, play="p", sounds=(str(rig.pbx.sound("short")),)))
    assert (await rig.facts.until(PlayEnded, play="p")).completed
    await call.hang_up()


async def test_who_is_in_the_middle_of_a_sound_hears_music_and_comes_again(rig: Rig) -> None:
    call, leg = await rig.answered()
    rig.send(Play(leg=leg, play="p", sounds=(str(rig.pbx.sound("long")),)))
    await call.hears_tone(PROMPT_HZ, within=5)
    await rig.switch.close()
    await call.hears_tone(MUSIC_HZ, within=5)
    await restart(rig)
    await rig.facts.until(CallArrived, leg=leg, again=True)
    await call.hang_up()


async def test_a_caller_without_vcc_gets_the_fallback_after_the_limit(rig: Rig) -> None:
    await rig.switch.close()
    caller = await rig.caller()
    began = time.monotonic()
    call = await caller.dial("98668")
    await call.rings(5)
    await call.hears_tone(FALLBACK_HZ, within=FALLBACK_AFTER_S + 3)
    assert time.monotonic() - began >= FALLBACK_AFTER_S - 1
    assert [response.status for response in call.provisional].count(180) == 1
    assert await call.ended() is EndedBy.THEM


async def test_who_called_a_frozen_vcc_that_was_then_killed_was_missed(rig: Rig) -> None:
    await rig.switch.close()
    with socket.create_server((LOOPBACK, rig.pbx.agi)) as frozen:  # it listens, and accepts nothing
        leaves, stays = [await (await rig.caller()).dial("98668") for _ in range(2)]
        assert (await asyncio.to_thread(select.select, [frozen], [], [], 5))[0], "Asterisk does not connect"
    for call in (leaves, stays):
        await call.rings(5)
    await leaves.hang_up()
    await restart(rig)
    leg = (await rig.facts.until(CallArrived)).leg
    missed = await rig.facts.until(CallMissed)
    assert (missed.how, missed.leg != leg) == (MissedEnd.GAVE_UP, True)
    await stays.hang_up()
    await rig.facts.until(LegHungUp, leg=leg)
    await restart(rig)
    await rig.facts.until(CallMissed, leg=missed.leg)
    assert not rig.facts.of(CallMissed, leg=leg)


async def test_who_gives_up_while_vcc_is_frozen_was_missed(rig: Rig) -> None:
    phone = await rig.phone("lin")
    await rig.switch.close()
    caller = await rig.caller()
    with socket.create_server((LOOPBACK, rig.pbx.agi)) as frozen:
        for telephone, number in ((caller, "98668"), (phone, "*71"), (caller, "h")):
            call = await telephone.dial(number)
            with await asked(frozen):
                await call.hang_up()
        await rig.pbx.no_channels(forget=False)
    await restart(rig)
    await rig.facts.until(CallMissed, count=3)
    told = {fact.dialled: fact for fact in rig.facts.of(CallMissed)}
    assert {fact.how for fact in told.values()} == {MissedEnd.NOT_TAKEN}
    assert [(told[n].trunk, told[n].phone, told[n].caller) for n in ("98668", "*71", "h")] == [
        ("carrier", "", CALLER),
        ("", "lin", ""),
        ("carrier", "", CALLER),
    ]
    assert all(0 <= fact.ended - fact.arrived <= 5 for fact in told.values())


async def test_who_gives_up_in_the_moment_of_being_noted_was_missed(rig: Rig) -> None:
    """A hang-up meets each step of the dial plan that follows a lost connection, in one call or another."""
    await rig.switch.close()
    caller = await rig.caller()
    with socket.create_server((LOOPBACK, rig.pbx.agi)) as dying:
        for _ in range(40):
            call = await caller.dial("98668")
            (await asked(dying)).close()
            await call.hang_up()
        await rig.pbx.no_channels(forget=False)
    await restart(rig)
    await rig.facts.until(CallMissed, count=40)


async def asked(frozen: socket.socket) -> socket.socket:
    """The connection that the switch has made for a leg, on which it hears nothing."""
    frozen.settimeout(5)
    return (await asyncio.to_thread(frozen.accept))[0]


async def test_whom_vcc_has_taken_is_not_noted_however_it_ends(rig: Rig) -> None:
    given_up, leg = await rig.arrived()
    await given_up.hang_up()
    await rig.facts.until(LegHungUp, leg=leg)
    refused, leg = await rig.arrived()
    rig.send(Reject(leg=leg, cause=Cause.BUSY))
    await refused.refused()
    answered, leg = await rig.answered()
    await answered.hang_up()
    await rig.facts.until(LegHungUp, leg=leg)
    await rig.pbx.no_channels(forget=False)
    assert "/vcc-missed/" not in await rig.pbx.process.rx("database show vcc-missed")


async def test_a_conversation_goes_on_and_its_end_is_told(rig: Rig) -> None:
    phone = await rig.phone("lin")
    call, leg = await rig.answered()
    agent = await rig.talking(phone, leg, "vcc-t-1")
    await restart(rig)
    legs = {snapshot.leg: snapshot for snapshot in rig.facts.of(NodeUp)[0].legs}
    assert legs[leg].bridged_with == ("vcc-t-1",)
    assert legs["vcc-t-1"].bridged_with == (leg,)
    assert legs["vcc-t-1"].phone == "lin"
    assert not legs[leg].controlled
    call.send_tone(900)
    await agent.hears_tone(900, within=5)
    await agent.hang_up()
    await rig.facts.until(LegsParted, leg=leg, other="vcc-t-1")
    await rig.facts.until(LegHungUp, leg="vcc-t-1")
    await rig.facts.until(CallArrived, leg=leg, again=True)
    rig.send(HangUp(leg=leg))
    await call.ended()


async def test_after_a_restart_the_agents_leg_comes_back_when_the_caller_leaves(rig: Rig) -> None:
    phone = await rig.phone("lin")
    call, leg = await rig.answered()
    agent = await rig.talking(phone, leg, "vcc-u-1")
    await restart(rig)
    await call.hang_up()
    await rig.facts.until(LegsParted, leg=leg, other="vcc-u-1")
    await rig.facts.until(LegHungUp, leg=leg)
    await rig.facts.until(LegAnswered, leg="vcc-u-1")  # this vcc was not there then, and has control of it only now
    rig.send(HangUp(leg="vcc-u-1"))
    assert await agent.ended() is EndedBy.THEM
    await rig.facts.until(LegHungUp, leg="vcc-u-1")
    assert len(rig.facts.of(LegAnswered)) == 1


async def test_a_phone_that_rings_for_a_dead_offer_is_found(rig: Rig) -> None:
    phone = await rig.phone("lin")
    rig.send(ring("vcc-d-1", timeout_s=30))
    incoming = await phone.incoming()
    await incoming.ring()
    await rig.facts.until(LegRinging)
    await restart(rig)
    (snapshot,) = rig.facts.of(NodeUp)[0].legs
    assert (snapshot.leg, snapshot.up, snapshot.controlled, snapshot.phone) == ("vcc-d-1", False, False, "lin")
    rig.send(HangUp(leg="vcc-d-1"))
    await incoming.cancelled()
    await rig.facts.until(LegHungUp, leg="vcc-d-1")


async def test_an_agent_who_answers_a_dead_offer_is_told_as_answered(rig: Rig) -> None:
    phone = await rig.phone("lin")
    rig.send(ring("vcc-d-2", timeout_s=30))
    incoming = await phone.incoming()
    await restart(rig)
    await incoming.answer()
    await rig.facts.until(LegAnswered, leg="vcc-d-2")
    rig.send(HangUp(leg="vcc-d-2"))
    await incoming.ended()


async def test_the_manager_is_away_and_calls_go_on(pbx: Pbx) -> None:
    async with Wire(pbx.ami) as wire, running(pbx, ami=wire.port) as rig:
        call, leg = await rig.answered()
        await wire.cut()
        await rig.facts.until(NodeDown)
        rig.send(Play(leg=leg, play="p", sounds=(str(pbx.sound("short")),)))
        assert (await rig.facts.until(PlayEnded, play="p")).completed
        rig.send(ring("vcc-m-1"))
        assert (await rig.facts.until(LegHungUp, leg="vcc-m-1")).cause is Cause.FAILED
        await wire.join()
        up = await rig.facts.until(NodeUp, count=2)
        assert [(s.leg, s.controlled) for s in up.legs] == [(leg, True)]
        await call.dtmf("7")
        await rig.facts.until(DigitPressed, leg=leg, digit="7")
        await wire.cut()
        await rig.facts.until(NodeDown, count=2)
        rig.send(Play(leg=leg, play="long", sounds=(str(pbx.sound("long")),)))
        await call.hears_tone(PROMPT_HZ, within=5)
        rig.send(HangUp(leg=leg))
        assert await call.ended() is EndedBy.THEM
        await wire.join()
        assert (await rig.facts.until(NodeUp, count=3)).legs == ()
        await rig.facts.until(LegHungUp, leg=leg)


async def test_what_ended_while_nothing_was_heard_is_told(pbx: Pbx) -> None:
    async with Wire(pbx.ami) as wire, running(pbx, ami=wire.port) as rig:
        call, leg = await rig.answered()
        await wire.cut()
        await rig.facts.until(NodeDown)
        await call.hang_up()
        await wire.join()
        assert (await rig.facts.until(NodeUp, count=2)).legs == ()
        await rig.facts.until(LegHungUp, leg=leg)


async def test_who_arrives_while_the_manager_is_away_is_told_after_the_node_is_up(pbx: Pbx) -> None:
    async with Wire(pbx.ami) as wire, running(pbx, ami=wire.port) as rig:
        await wire.cut()
        await rig.facts.until(NodeDown)
        rig.facts.clear()
        call = await (await rig.caller()).dial("98668")
        await asyncio.sleep(0.5)
        assert not rig.facts.all
        await wire.join()
        fact = await rig.facts.until(CallArrived)
        assert isinstance(rig.facts.all[0], NodeUp)
        assert rig.facts.all[0].legs == ()
        rig.send(Answer(leg=fact.leg))
        await call.answered()
        await call.hang_up()


async def test_a_frozen_wire_is_noticed_within_five_seconds(pbx: Pbx) -> None:
    async with Wire(pbx.ami) as wire, running(pbx, ami=wire.port) as rig:
        wire.freeze()
        await rig.facts.until(NodeDown, within=5 + LOADED_S)
        wire.thaw()
        await rig.facts.until(NodeUp, count=2, within=5 + LOADED_S)


async def test_a_frozen_asterisk_is_noticed_and_taken_back(rig: Rig) -> None:
    call, leg = await rig.answered()
    rig.pbx.process.process.send_signal(signal.SIGSTOP)
    try:
        await rig.facts.until(NodeDown, within=5 + LOADED_S)
    finally:
        rig.pbx.process.process.send_signal(signal.SIGCONT)
    up = await rig.facts.until(NodeUp, count=2, within=6 + LOADED_S)
    assert [s.leg for s in up.legs] == [leg]
    rig.send(HangUp(leg=leg))
    await call.ended()
