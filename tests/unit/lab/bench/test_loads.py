"""The loads: what is counted as failed, in which order sides have their turns, and one drain on a real app_queue."""

import time
from contextlib import AsyncExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from tests.lab.bench import loads
from tests.lab.bench.__main__ import _turns
from tests.lab.bench.callers import Call, Callers
from tests.lab.bench.folder import write_folder, write_secrets
from tests.lab.bench.sides import Side, peer_side
from tests.lab.pbx import AsteriskBinary
from tests.lab.phone.bank_calls import AgentCall
from tests.unit.lab.bench.small_switch import SmallSwitch


def _call(*, failure: str = "", over: bool = True) -> Call:
    return Call(
        call_id="x",
        number="1",
        placed_at=0.0,
        tag="t",
        answered_at=1.0,
        ended_at=2.0 if over else None,
        failure=failure,
    )


def _side(talks: list[AgentCall]) -> Side:
    return cast("Side", SimpleNamespace(agents=SimpleNamespace(calls=talks)))


def _talk(*, whole: bool = True) -> AgentCall:
    return AgentCall(agent=0, call_id="a", invited_at=0.0, acked_at=1.0, bye_sent_at=2.0 if whole else None)


def test_a_call_without_a_whole_conversation_has_failed() -> None:
    calls = [_call() for _ in range(5)]
    assert loads.count_failed(_side([_talk()] * 5), calls) == (0, {})
    assert loads.count_failed(_side([_talk()] * 3 + [_talk(whole=False)]), calls) == (2, {"ended without an agent": 2})


def test_a_call_that_was_sent_on_takes_two_conversations() -> None:
    calls = [_call(), _call(failure="refused: 503"), _call()]
    assert loads.count_failed(_side([_talk()] * 4), calls, 2)[0] == 1
    assert loads.count_failed(_side([_talk()] * 3), calls, 2)[0] == 2


def test_a_call_that_failed_on_both_sides_counts_once() -> None:
    calls = [_call(), _call(failure="refused: 503"), _call(over=False)]
    failed, why = loads.count_failed(_side([_talk()]), calls)
    assert (failed, why) == (2, {"refused: 503": 1, "not over": 1})


def test_who_is_first_changes_from_turn_to_turn() -> None:
    ours, peer = _side([]), _side([])
    assert _turns(ours, peer, 0) == ((ours, peer), (peer, ours))
    assert _turns(ours, peer, 1) == ((peer, ours), (ours, peer))


async def test_calls_are_placed_evenly() -> None:
    async with SmallSwitch() as switch, Callers(switch.address) as callers:
        began = time.monotonic()
        calls = await loads.place(callers, "200", 11, 50.0)
        late = [call.placed_at - began - index / 50 for index, call in enumerate(calls)]
        assert len(calls) == 11
        assert min(late) >= 0.0
        await callers.over(calls, 0.0)


async def test_what_does_not_end_is_hung_up_and_failed() -> None:
    async with SmallSwitch() as switch, Callers(switch.address) as callers:
        side = cast("Side", SimpleNamespace(callers=callers, agents=SimpleNamespace(calls=[])))
        calls = [callers.place("200"), callers.place("486")]
        await callers.answered(calls, 5)
        await loads.finish(side, calls, 0.05)
        assert [call.failure for call in calls] == ["not over 0 s after the last was placed", "refused: 486"]
        assert all(call.ended_at is not None for call in calls)


@pytest.mark.asterisk
async def test_a_real_app_queue_is_drained(
    asterisk_binary: AsteriskBinary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loads, "DRAINED_CALLERS", 20)
    config, secrets = tmp_path / "config", tmp_path / "secrets.yaml"
    write_folder(config)
    write_secrets(config, secrets)
    async with AsyncExitStack() as stack:
        side = await stack.enter_async_context(peer_side(tmp_path / "app_queue", asterisk_binary, config, secrets))
        side.agents.talk_s = 0.2
        load = await loads.drain(side)
    assert load.failed == 0, load.why
    assert len(load.gaps) == 10  # ten agents, two calls each
    assert all(gap > 0 for gap in load.gaps)
    assert load.spent.by["switch"] > 0
    assert not side.agents.problems
