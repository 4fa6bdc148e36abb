"""Many callers on one port: what becomes of each call is told, also when messages are lost."""

from collections.abc import AsyncIterator

import pytest

from tests.lab.bench import callers as module
from tests.lab.bench.callers import Call, Callers, failures
from tests.unit.lab.bench.small_switch import SmallSwitch


@pytest.fixture
async def switch() -> AsyncIterator[SmallSwitch]:
    async with SmallSwitch() as opened:
        yield opened


@pytest.fixture
async def callers(switch: SmallSwitch) -> AsyncIterator[Callers]:
    async with Callers(switch.address) as opened:
        yield opened


async def _seen(switch: SmallSwitch, what: str, count: int) -> None:
    await switch.until(lambda: switch.seen[what] >= count)


async def test_a_call_that_the_switch_ends_is_good(switch: SmallSwitch, callers: Callers) -> None:
    call = callers.place("200")
    assert await callers.answered([call], 5)
    await _seen(switch, "ACK", 1)
    switch.bye(call.call_id)
    assert await callers.over([call], 5)
    await _seen(switch, "200 to BYE", 1)
    assert call.good
    assert call.answered_at is not None
    assert call.ended_at is not None
    assert call.placed_at < call.answered_at < call.ended_at
    assert not failures([call])


async def test_media_flows_once_a_call_is_answered(switch: SmallSwitch, callers: Callers) -> None:
    await callers.answered([callers.place("200")], 5)
    await switch.until(lambda: bool(switch.media))
    assert [(packet[0], packet[1] & 0x7F, len(packet)) for packet in switch.media] == [(0x80, 8, 172)]


async def test_a_refused_call_tells_why(switch: SmallSwitch, callers: Callers) -> None:
    call = callers.place("486")
    assert await callers.over([call], 5)
    await _seen(switch, "ACK", 1)
    assert (call.status, call.good, call.answered_at) == (486, False, None)
    assert failures([call]) == {"refused: 486": 1}


async def test_a_lost_invite_and_a_lost_bye_are_sent_again(
    switch: SmallSwitch, callers: Callers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_T1_S", 0.02)
    switch.ignore.update(INVITE=2, BYE=1)
    call = callers.place("200")
    assert await callers.answered([call], 5)
    callers.hang_up(call)
    assert await callers.over([call], 5)
    assert call.good
    assert callers.resent == 3


async def test_a_call_that_nobody_answers_is_given_up(
    switch: SmallSwitch, callers: Callers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_T1_S", 0.01)
    monkeypatch.setattr(module, "_RESENDS", 2)
    call = callers.place("silence")
    assert await callers.over([call], 5)
    assert failures([call]) == {"the switch does not answer": 1}
    await _seen(switch, "INVITE", 3)
    assert callers.resent == 2


async def test_hanging_up_before_the_answer_cancels(switch: SmallSwitch, callers: Callers) -> None:
    call = callers.place("silence")
    await _seen(switch, "INVITE", 1)
    callers.hang_up(call)
    assert await callers.over([call], 5)
    assert switch.seen["CANCEL"] == 1
    assert failures([call]) == {"not answered": 1}


async def test_waiting_has_a_limit_and_what_is_not_over_is_no_good_call(callers: Callers) -> None:
    call = callers.place("200")
    assert not await callers.over([call], 0.05)
    assert failures([call]) == {"not over": 1}


async def test_a_bye_that_comes_again_is_answered_again(switch: SmallSwitch, callers: Callers) -> None:
    call = callers.place("200")
    await callers.answered([call], 5)
    switch.bye(call.call_id)
    switch.bye(call.call_id)
    await _seen(switch, "200 to BYE", 2)


async def test_at_the_end_all_is_hung_up(switch: SmallSwitch) -> None:
    async with Callers(switch.address) as callers:
        calls: list[Call] = [callers.place("200") for _ in range(20)]
        await callers.answered(calls, 5)
    assert switch.seen["BYE"] == 20
    assert all(call.ended_at is not None for call in calls)
