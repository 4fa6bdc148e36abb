"""Guessing passwords is slowed: by user, by address, for a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vcc.api.login import guard
from vcc.api.login.guard import LoginGuard

if TYPE_CHECKING:
    import pytest


def fail(slow: LoginGuard, times: int, *, user: str = "u", address: str = "1.2.3.4", now: float = 0.0) -> None:
    for _ in range(times):
        slow.failed(user, address, now)


def test_some_failures_are_free() -> None:
    slow = LoginGuard()
    fail(slow, guard.FREE_USER - 1)
    assert slow.wait_s("u", "1.2.3.4", 0.0) == 0


def test_then_the_wait_doubles_up_to_a_lock() -> None:
    slow, waits, now = LoginGuard(), [], 0.0
    fail(slow, guard.FREE_USER - 1)
    for _ in range(12):
        slow.failed("u", "1.2.3.4", now)
        waits.append(slow.wait_s("u", "1.2.3.4", now))
        now += waits[-1]
        assert slow.wait_s("u", "1.2.3.4", now) == 0
    assert waits[:5] == [1, 2, 4, 8, 16]
    assert waits[-1] == guard.LOCK_S


def test_a_user_is_locked_from_every_address_and_no_other_user_is() -> None:
    slow = LoginGuard()
    fail(slow, 8)
    assert slow.wait_s("u", "5.6.7.8", 0.0) > 0
    assert slow.wait_s("v", "1.2.3.4", 0.0) == 0


def test_an_address_that_tries_many_users_is_slowed_too() -> None:
    slow = LoginGuard()
    for number in range(guard.FREE_ADDRESS + 3):
        slow.failed(f"user{number}", "1.2.3.4", 0.0)
    assert slow.wait_s("fresh", "1.2.3.4", 0.0) == 8
    assert slow.wait_s("fresh", "5.6.7.8", 0.0) == 0


def test_failures_are_forgotten_after_a_quiet_time() -> None:
    slow = LoginGuard()
    fail(slow, 8)
    assert slow.wait_s("u", "1.2.3.4", guard.FORGET_S + 1) == 0
    fail(slow, guard.FREE_USER - 1, now=guard.FORGET_S + 1)
    assert slow.wait_s("u", "1.2.3.4", guard.FORGET_S + 1) == 0


def test_a_good_login_clears_the_user_and_takes_one_try_from_the_address() -> None:
    slow = LoginGuard()
    for number in range(guard.FREE_ADDRESS):
        slow.failed(f"user{number}", "1.2.3.4", 0.0)
    slow.failed("u", "1.2.3.4", 0.0)
    slow.succeeded("u", "1.2.3.4")
    assert slow.wait_s("u", "9.9.9.9", 0.0) == 0
    assert slow.wait_s("v", "1.2.3.4", 0.0) == 1


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "_KEPT", 10)
    slow = LoginGuard()
    fail(slow, 8)
    for number in range(20):
        slow.failed(f"user{number}", f"address{number}", 0.0)
    assert slow.wait_s("u", "1.2.3.4", 0.0) == 0
