"""Strangers on the real Asterisk: what they write and where they call from must not matter."""

import socket

import pytest

from telephony.port import (
    Answer,
    CallArrived,
    CallMissed,
    Cause,
    DigitPressed,
    HangUp,
    LegHungUp,
    MissedEnd,
    NodeUp,
    Play,
    PlayEnded,
    Reject,
)
from tests.integration.asterisk.conftest import Rig, restart, ring
from tests.integration.asterisk.rig import LOOPBACK, NUMBER
from tests.lab.phone import Phone
from tests.lab.phone.states import CallState

pytestmark = pytest.mark.asterisk

CONTROLS = bytes(c for c in range(1, 32) if c not in b"\r\n\t")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (b'"Event: Newexten"', "Event: Newexten"),
        ('"阳光 😀"'.encode(), "阳光 😀"),
        (b'"\xff\xfe\x80"', "\ufffd\ufffd\ufffd"),
        (b'"' + CONTROLS + b'"', "\ufffd" * len(CONTROLS)),
        (b'"a\\"b\\\\c"', 'a"b\\c'),
        (b'"%0D%0AUniqueid: x"', "%0D%0AUniqueid: x"),
        (b'":) <sip:1@x>"', ":) <sip:1@x>"),
        (b'"${SHELL(id)},a)(|;"', "${SHELL(id)},a)(|;"),
        (b"plain words", "plain words"),
    ],
)
async def test_a_callers_name_of_any_bytes_arrives_as_text(rig: Rig, name: bytes, expected: str) -> None:
    call = await (await rig.caller()).dial(NUMBER, caller_name=name)
    fact = await rig.facts.until(CallArrived)
    assert (fact.caller_name, fact.caller) == (expected, "13800138000")
    rig.send(Answer(leg=fact.leg))
    await call.answered()
    await call.dtmf("5")
    await rig.facts.until(DigitPressed, leg=fact.leg, digit="5")
    await call.hang_up()
    await rig.facts.until(LegHungUp, leg=fact.leg)


async def test_a_name_of_ten_kilobytes_hinders_nothing(rig: Rig) -> None:
    call = await (await rig.caller()).dial(NUMBER, caller_name=b'"' + b"x" * 10_000 + b'"')
    fact = await rig.facts.until(CallArrived)
    assert len(fact.caller_name) <= 80
    await call.hang_up()
    await rig.facts.until(LegHungUp, leg=fact.leg)


async def test_a_number_with_line_ends_in_it_forges_no_events(rig: Rig) -> None:
    victim, leg = await rig.answered()
    lines = f"%0D%0A%0D%0AEvent%3A%20Hangup%0D%0AUniqueid%3A%20{leg}%0D%0ACause%3A%2016%0D%0A%0D%0AX%3A"
    call = await (await rig.caller()).dial(NUMBER, caller=f"12{lines}")
    fact = await rig.facts.until(CallArrived, count=2)
    assert fact.caller.startswith("12\ufffd\ufffd")
    rig.send(Reject(leg=fact.leg, cause=Cause.BUSY))
    await call.refused()
    await rig.facts.until(LegHungUp, leg=fact.leg)
    assert not rig.facts.of(LegHungUp, leg=leg)
    await victim.dtmf("3")
    await rig.facts.until(DigitPressed, leg=leg, digit="3")
    await victim.hang_up()


async def test_what_callers_write_while_vcc_is_away_forges_nothing_in_the_notes_of_them(rig: Rig) -> None:
    await rig.switch.close()
    end = "%0D%0A%0D%0A"
    callers: list[tuple[str, bytes | str | None, set[str]]] = [
        ("+8613800138000", None, {"+8613800138000"}),
        (f"12{end}Event%3A%20Hangup{end}", None, {"12"}),
        ("1%20trunk%2Fx%20y%20gave_up", None, {"1"}),
        ("%24%7BSHELL(id)%7D%2C7)", None, {"7"}),
        ("anna", b'"1"', {""}),
        ("138", b'":) <sip:1@x>"', {"138"}),
        ("138", b'"${SHELL(id)},a)(|;@:1>"', {"138"}),
        ("138", b'"' + CONTROLS + b"\xff\xfe" + b'"', {"138"}),
        ("138", b'"' + b"x" * 10_000 + b'"', {"138", ""}),  # so long that the number behind it is not read
        ("9" * 300, None, {"9" * 40}),
    ]
    for n, (user, name, _) in enumerate(callers):  # one after the other: nobody may stay until the fallback
        call = await (await rig.caller()).dial(f"70{n}", caller=user, caller_name=name)
        await call.rings(5)
        await call.hang_up()
    await restart(rig)
    await rig.facts.until(CallMissed, count=len(callers))
    told = {fact.dialled: fact for fact in rig.facts.of(CallMissed)}
    for n, (user, _, expected) in enumerate(callers):
        fact = told[f"70{n}"]
        assert fact.caller in expected, user
        assert (fact.trunk, fact.phone, fact.number, fact.how) == ("carrier", "", "", MissedEnd.GAVE_UP)
    assert len(rig.facts.of(CallMissed)) == len(callers)


@pytest.mark.parametrize(
    ("user", "status"),
    [
        ("98668%0D%0A%0D%0AEvent%3A%20Shutdown", 404),
        ("98668%0Aagi_extension%3A%2098667", 404),
        ("98668$%7BSHELL(touch%20/tmp/x)%7D", 404),
        ("98668.1", 404),
        ("%3Dh", 404),
        ("x" * 32, 404),
        ("1" * 20 + "x" * 20, 404),
        ("_X.", 404),
        ("--", 484),
        ("%E9%98%B3%E5%85%89", 404),
    ],
)
async def test_what_is_dialled_is_let_in_only_if_it_is_harmless(rig: Rig, user: str, status: int) -> None:
    caller = await rig.caller()
    call = await caller.dial(f"sip:{user}@{LOOPBACK}:{rig.pbx.trunk_sip}")
    assert await call.refused() == status
    assert not rig.facts.of(CallArrived)


@pytest.mark.parametrize(
    "dialled",
    [
        *("+861098668", "*72#", "0", "9" * 79, "account7", "*8", "9-8668", "*72*" + "9" * 30, "98668" + "aZ" * 8),
        *("z" * 31, "h", "i", "s", "t", "T", "o", "e", "x"),
    ],
)
async def test_what_is_harmless_arrives_as_it_was_dialled(rig: Rig, dialled: str) -> None:
    call = await (await rig.caller()).dial(dialled.replace("#", "%23"))
    fact = await rig.facts.until(CallArrived)
    assert fact.dialled == dialled
    await call.hang_up()
    await rig.facts.until(LegHungUp, leg=fact.leg)
    await rig.pbx.no_channels()
    assert len(rig.facts.of(CallArrived)) == 1


async def test_what_is_longer_than_the_switch_keeps_and_what_is_nothing_arrive_too(rig: Rig) -> None:
    caller = await rig.caller()
    long = await caller.dial("9" * 200)
    assert (await rig.facts.until(CallArrived)).dialled == "9" * 79
    await long.hang_up()
    nobody = await caller.dial(f"sip:{LOOPBACK}:{rig.pbx.trunk_sip}")
    assert (await rig.facts.until(CallArrived, count=2)).dialled == "s"
    await nobody.hang_up()


@pytest.mark.parametrize("user", ["@", ":@", ":secret@"])
async def test_a_uri_that_is_none_is_dropped_by_the_switchs_sip_and_hinders_nobody(rig: Rig, user: str) -> None:
    """Nobody in front of the @ is no URI. What is read in the same order from the same address is served."""
    caller = await rig.caller()
    nobody = await caller.dial(f"sip:{user}{LOOPBACK}:{rig.pbx.trunk_sip}")
    call = await caller.dial(NUMBER)
    fact = await rig.facts.until(CallArrived)
    assert fact.dialled == NUMBER
    rig.send(Answer(leg=fact.leg))
    await call.answered()
    assert (nobody.status, nobody.state) == (None, CallState.CALLING)
    await call.hang_up()
    await rig.facts.until(LegHungUp, leg=fact.leg)
    assert len(rig.facts.of(CallArrived)) == 1


async def test_where_a_call_goes_when_it_ends_at_the_door_is_no_call_to_that_letter(rig: Rig) -> None:
    """Asterisk goes to `h` in the context in which a call ends: also at the door, before the call was let in."""
    office = await rig.stack.enter_async_context(rig.pbx.office())
    call = await office.dial("ends")
    assert await call.refused() == 403
    await rig.pbx.no_channels()
    assert not rig.facts.of(CallArrived)


async def test_letters_that_were_dialled_alone_are_served_like_all_others(rig: Rig) -> None:
    call, leg = await rig.answered("h")
    rig.send(Play(leg=leg, play="p", sounds=(str(rig.pbx.sound("short")),)))
    assert (await rig.facts.until(PlayEnded, play="p")).completed
    await restart(rig)
    assert [s.dialled for s in rig.facts.of(NodeUp)[0].legs] == ["h"]
    assert (await rig.facts.until(CallArrived, leg=leg)).dialled == "h"
    rig.send(HangUp(leg=leg))
    await call.ended()
    await rig.facts.until(LegHungUp, leg=leg)
    await rig.switch.close()
    missed = await (await rig.caller()).dial("t")
    await missed.rings(5)
    await missed.hang_up()
    await restart(rig)
    assert (await rig.facts.until(CallMissed)).dialled == "t"


async def test_a_carrier_may_call_under_any_name(rig: Rig) -> None:
    call = await (await rig.caller()).dial(f"sip:{NUMBER}@{LOOPBACK}:{rig.pbx.trunk_sip}", caller="lin")
    fact = await rig.facts.until(CallArrived)
    assert (fact.trunk, fact.phone, fact.caller) == ("carrier", "", "lin")
    await call.hang_up()


@pytest.mark.parametrize("user", ["13800138000", "lin", "trunk.carrier"])
@pytest.mark.parametrize("uri_port", ["sip", "trunk_sip"])
async def test_who_calls_at_the_phones_port_without_a_password_comes_in_as_nobody(
    rig: Rig, user: str, uri_port: str
) -> None:
    uri = f"sip:{NUMBER}@{LOOPBACK}:{getattr(rig.pbx, uri_port)}"
    async with Phone("x", server=(LOOPBACK, rig.pbx.sip)) as phone:
        call = await phone.dial(uri, caller=user, headers={"Route": f"<sip:{LOOPBACK}:{rig.pbx.sip};lr>"})
        assert await call.refused() in {401, 403}
    assert not rig.facts.of(CallArrived)


async def test_a_phone_cannot_call_as_another(rig: Rig) -> None:
    phone = await rig.phone("lin")
    call = await phone.dial("*71", caller="wang")
    assert await call.refused() in {401, 403}
    assert not rig.facts.of(CallArrived)


async def test_a_stranger_is_not_served_at_the_carriers_port(rig: Rig) -> None:
    async with Phone("x", server=(LOOPBACK, rig.pbx.trunk_sip), local_host="127.0.0.2") as stranger:
        call = await stranger.dial(NUMBER)
        assert await call.refused() in {401, 403}
    assert not rig.facts.of(CallArrived)


async def test_strangers_at_the_fastagi_port_hinder_nobody(rig: Rig) -> None:
    sockets = [socket.create_connection((LOOPBACK, rig.pbx.agi)) for _ in range(200)]
    try:
        for number, stranger in enumerate(sockets):
            if number % 4 == 1:
                stranger.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            elif number % 4 == 2:
                stranger.sendall(bytes(range(256)) * 300)
            elif number % 4 == 3:
                stranger.close()
        _, leg = await rig.answered()
        rig.send(HangUp(leg=leg))
        await rig.facts.until(LegHungUp, leg=leg)
    finally:
        for stranger in sockets:
            stranger.close()


async def test_nothing_leaks_after_a_hundred_calls_at_once(rig: Rig) -> None:
    """Arrivals, refusals, rings, bridges and every order of hanging up; no channel and no leg stays."""
    phone = await rig.phone("lin")
    phone.auto_answer = 0
    callers = [await rig.caller() for _ in range(10)]
    calls = [await caller.dial(NUMBER) for caller in callers for _ in range(10)]
    await rig.facts.until(CallArrived, count=100, within=20)
    legs = [fact.leg for fact in rig.facts.of(CallArrived)]
    for number, leg in enumerate(legs):
        if number % 3 == 0:
            rig.send(Reject(leg=leg, cause=Cause.BUSY))
        else:
            rig.send(Answer(leg=leg))
    for number in range(20):
        rig.send(ring(f"vcc-leak-{number}"))
    for number, call in enumerate(calls):
        if number % 2:
            await call.hang_up()
    for leg in (*legs, *(f"vcc-leak-{number}" for number in range(20))):
        rig.send(HangUp(leg=leg))
    for leg in (*legs, *(f"vcc-leak-{number}" for number in range(20))):
        await rig.facts.until(LegHungUp, leg=leg, within=10)
    assert len(rig.facts.of(LegHungUp)) == 120
    await rig.pbx.no_channels()
