"""What strangers write, and what it may become."""

from types import SimpleNamespace
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony import untrusted
from telephony.port import Ring
from tenancy.dialling import Permit

CONTROLS = {chr(c) for c in (*range(32), *range(127, 160), 0x2028, 0x2029)}


def a_ring(*, phone: str = "lin", alert: str = "") -> Ring:
    return Ring(leg="vcc-1", phone=phone, timeout_s=1, shows_number="", shows_name="", for_leg="", alert=alert)


def forged(*, dials: str = "1", trunk: str = "carrier") -> Permit:
    """A permit that no guard has made."""
    return cast("Permit", SimpleNamespace(dials=dials, trunk=trunk))


@given(st.text())
def test_no_control_character_is_passed_on_and_nothing_else_is_changed(text: str) -> None:
    kept = untrusted.harmless(text)
    assert len(kept) == min(len(text), untrusted.TEXT_LIMIT)
    assert all(new == ("\ufffd" if old in CONTROLS else old) for old, new in zip(text, kept, strict=False))
    assert untrusted.has_controls(text) == bool(CONTROLS & set(text))


def test_a_space_of_full_width_is_no_control_character() -> None:
    assert untrusted.harmless("李\u3000雷") == "李\u3000雷"


@given(st.text(min_size=81, max_size=200))
def test_a_callers_number_and_name_are_bounded(text: str) -> None:
    number, name = untrusted.caller(text, text)
    assert (len(number), len(name)) == (64, 80)
    assert not CONTROLS & set(number + name)


@given(st.text(max_size=200))
def test_what_a_phone_shows_stays_within_its_quotes(text: str) -> None:
    name, number = untrusted.display_name(text), untrusted.display_number(text)
    assert len(name) <= 80
    assert not set(name) & (CONTROLS | set('"\\<>'))
    assert len(number) <= 64
    assert set(number) <= set("+*#0123456789")


def test_a_number_is_shown_without_what_is_between_its_digits() -> None:
    assert untrusted.display_number("+86 (10) 6555-0000") == "+861065550000"


@pytest.mark.parametrize("phone", ["lin", "lin-2", "p1", "x" * 40])
def test_a_phone_is_rung(phone: str) -> None:
    untrusted.check_ring(a_ring(phone=phone, alert="press-2.A_b"))


@pytest.mark.parametrize(
    "phone", ["", "Lin", "lin/x", "lin\n", "trunk.carrier", "9", "l", "lin;x", "Lin}", "a b", "x" * 41]
)
def test_only_a_phone_is_rung(phone: str) -> None:
    with pytest.raises(ValueError, match="no phone's name"):
        untrusted.check_ring(a_ring(phone=phone))


@pytest.mark.parametrize("alert", ["a,b=c", "a b", "a\n", ">", "x" * 41])
def test_a_ring_tone_is_a_name(alert: str) -> None:
    with pytest.raises(ValueError, match="is not of letters"):
        untrusted.check_ring(a_ring(alert=alert))


@pytest.mark.parametrize("dials", ["1", "+8613800138000", "1" * 30])
def test_a_number_is_dialled(dials: str) -> None:
    untrusted.check_permit(forged(dials=dials))


@pytest.mark.parametrize(
    "dials",
    ["", "+", "1,2", "1;2", "1&PJSIP/2", "1@x", "1/2", "a1", "*1", "1\r\nX: y", "１２", "++1", "1 2", "1}", "1" * 31],
)
def test_whatever_the_guard_let_pass_nothing_but_digits_is_dialled(dials: str) -> None:
    with pytest.raises(ValueError, match="no number"):
        untrusted.check_permit(forged(dials=dials))


@pytest.mark.parametrize("trunk", ["", "out.x", "a@b", "A", "a\n"])
def test_only_a_trunk_leads_outside(trunk: str) -> None:
    with pytest.raises(ValueError, match="no trunk's name"):
        untrusted.check_permit(forged(trunk=trunk))
