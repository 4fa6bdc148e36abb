"""PINs that are guessed: answered later and later, then not looked at."""

from __future__ import annotations

from tenancy.model import Limits
from vcc.calls.guessing import Guessing

LIMITS = Limits(pin_attempts=4, pin_lock_s=60, pin_phone_attempts=6)


def test_each_wrong_one_is_answered_later_and_the_last_locks_the_agent() -> None:
    guessing = Guessing()
    judged = [guessing.wrong("lin", "p1", float(at), LIMITS) for at in range(4)]
    assert [one.delay_s for one in judged] == [0.0, 0.5, 1.0, 2.0]
    assert [one.locked for one in judged] == [(), (), (), ("lin",)]
    assert guessing.locked("lin", "p9", 62.9)
    assert not guessing.locked("lin", "p9", 63.0)
    assert not guessing.locked("wang", "p1", 4.0)


def test_a_phone_from_which_many_agents_pins_are_guessed_is_locked() -> None:
    guessing = Guessing()
    agents = ["lin", "wang", "", "li", "sun", ""]  # empty: a number that nobody has
    judged = [guessing.wrong(agent, "p1", float(at), LIMITS) for at, agent in enumerate(agents)]
    assert judged[-1].locked == ("phone:p1",)
    assert judged[-1].delay_s == 4.0
    assert guessing.locked("zhao", "p1", 64.0)
    assert not guessing.locked("zhao", "p2", 64.0)


def test_a_right_pin_clears_the_agents_count_and_not_the_phones() -> None:
    guessing = Guessing()
    for at in range(3):
        guessing.wrong("lin", "p1", float(at), LIMITS)
    assert guessing.right("lin")
    assert not guessing.right("lin")
    assert guessing.wrong("lin", "p2", 3.0, LIMITS).delay_s == 0.0
    assert guessing.wrong("lin", "p1", 3.0, LIMITS).delay_s == 2.0


def test_a_phones_count_is_cleared_by_time() -> None:
    guessing = Guessing()
    for at in range(5):
        guessing.wrong("", "p1", float(at), LIMITS)
    assert guessing.wrong("", "p1", 65.0, LIMITS).locked == ()


def test_what_was_stored_opens_no_lock() -> None:
    before = Guessing()
    for at in range(4):
        before.wrong("lin", "p1", float(at), LIMITS)
    after = Guessing()
    after.restore(before.dump("lin", "p1"))
    assert after.locked("lin", "p9", 10.0)
    assert after.wrong("wang", "p1", 4.0, LIMITS).delay_s == 4.0
    old = Guessing()
    old.restore({"lin": {"wrong": 3, "locked_until": 0.0}})  # as an older version stored it
    assert old.wrong("lin", "p1", 5.0, LIMITS).locked == ("lin",)
