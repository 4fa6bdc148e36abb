"""Virtual time: it goes on only when told to, and the same way each time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.simulated import clock as module
from telephony.simulated.clock import VirtualClock


@given(st.lists(st.tuples(st.floats(0, 100), st.booleans()), max_size=40))
def test_timers_call_back_once_in_order_of_time_then_of_setting(timers: list[tuple[float, bool]]) -> None:
    clock = VirtualClock(1_000.0)
    seen: list[tuple[float, int]] = []
    for number, (after, cancelled) in enumerate(timers):
        handle = clock.call_at(1_000.0 + after, lambda number=number: seen.append((clock.now(), number)))  # type: ignore[misc]
        if cancelled:
            handle.cancel()
    clock.advance(100.0)
    assert seen == sorted((1_000.0 + after, number) for number, (after, gone) in enumerate(timers) if not gone)
    assert clock.now() == 1_100.0
    assert clock.next() is None


def test_what_is_past_comes_with_the_next_advance_never_at_once() -> None:
    clock = VirtualClock(50.0)
    seen: list[float] = []
    clock.call_at(10.0, lambda: seen.append(clock.now()))
    assert seen == []
    clock.advance()
    assert seen == [50.0]


def test_timers_set_by_timers_come_in_the_same_advance_at_their_own_times() -> None:
    clock = VirtualClock(0.0)
    seen: list[float] = []

    def every_second() -> None:
        seen.append(clock.now())
        clock.call_at(clock.now() + 1.0, every_second)

    clock.call_at(1.0, every_second)
    clock.advance(3.5)
    assert seen == [1.0, 2.0, 3.0]
    assert (clock.now(), clock.next()) == (3.5, 4.0)


def test_advance_until_stops_at_the_event_or_at_the_limit() -> None:
    clock = VirtualClock(0.0)
    seen: list[float] = []
    clock.call_at(2.0, lambda: seen.append(2.0))
    clock.call_at(5.0, lambda: seen.append(5.0))
    assert clock.advance_until(lambda: bool(seen), 10.0)
    assert clock.now() == 2.0
    assert not clock.advance_until(lambda: len(seen) > 5, 10.0)
    assert clock.now() == 12.0
    assert seen == [2.0, 5.0]


def test_a_timer_that_sets_itself_at_once_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_AT_ONCE", 100)
    clock = VirtualClock(0.0)

    def again() -> None:
        clock.call_at(clock.now(), again)

    again()
    with pytest.raises(RuntimeError, match="sets itself"):
        clock.advance()
