"""Keys as Asterisk tells them: once, twice, without a beginning."""

from telephony.asterisk.keys import KEPT_S, Keys

T0 = 1_772_416_800.0


def keys(*told: tuple[str, float]) -> str:
    """The keys of these events: `2(` is a beginning, `2` an end."""
    heard, found = Keys(), ""
    for what, at in told:
        if what.endswith("("):
            heard.begun(what[0])
        elif heard.ended(what, T0 + at):
            found += what
    return found


def test_one_key_after_the_other() -> None:
    assert keys(("2(", 0), ("2", 0.1), ("2(", 0.2), ("2", 0.3), ("3(", 0.4), ("3", 0.5)) == "223"


def test_a_key_that_was_put_off_is_told_twice_and_counts_once() -> None:
    """As seen with keys of 40 ms, 20 ms apart."""
    told = [("1(", 0), ("1", 0.04), ("2(", 0.06), ("2", 0.061), ("2", 0.105), ("3(", 0.106), ("3", 0.18), ("3", 0.39)]
    assert keys(*told) == "123"


def test_the_same_key_pressed_again_before_the_first_is_told_again() -> None:
    assert keys(("5(", 0), ("5", 0.04), ("5(", 0.06), ("5", 0.08), ("5", 0.12), ("5", 0.24)) == "55"


def test_a_key_whose_beginning_was_lost_counts() -> None:
    assert keys(("7", 0), ("8(", 1), ("8", 1.1), ("7", KEPT_S + 0.1)) == "787"
