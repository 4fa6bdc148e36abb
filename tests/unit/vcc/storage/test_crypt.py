"""Sealing: only the key opens, nothing can be changed unnoticed."""

import base64

import pytest

from vcc.storage.crypt import KeyFormatError, Seal, new_key

SECRETS = {"pin": "4711", "答案": "北京\u0000\udcff", "": ""}


@pytest.mark.parametrize("values", [SECRETS, {}, {"long": "x" * 100_000}])
def test_what_was_sealed_comes_back(values: dict[str, str]) -> None:
    seal = Seal([new_key()])
    sealed = seal.seal(values)
    assert sealed.isascii()
    assert seal.unseal(sealed) == values


def test_nothing_of_it_can_be_read_and_no_two_seals_are_alike() -> None:
    seal = Seal([new_key()])
    one, other = seal.seal(SECRETS), seal.seal(SECRETS)
    assert one != other
    raw = base64.urlsafe_b64decode(one.partition(".")[2])
    assert b"4711" not in raw
    assert b"pin" not in raw


def test_another_key_opens_nothing() -> None:
    assert Seal([new_key()]).unseal(Seal([new_key()]).seal(SECRETS)) == {}


def test_keys_can_be_exchanged() -> None:
    old, new = new_key(), new_key()
    sealed = Seal([old]).seal(SECRETS)
    both = Seal([new, old])
    assert both.unseal(sealed) == SECRETS
    assert Seal([new]).unseal(both.seal(SECRETS)) == SECRETS


def test_a_change_is_noticed() -> None:
    seal = Seal([new_key()])
    version, _, text = seal.seal(SECRETS).partition(".")
    raw = base64.urlsafe_b64decode(text)
    for place in range(len(raw)):
        changed = bytearray(raw)
        changed[place] ^= 1
        assert seal.unseal(f"{version}.{base64.urlsafe_b64encode(bytes(changed)).decode()}") == {}
    for cut in (0, 5, 12, 13, len(raw) - 1):
        assert seal.unseal(f"{version}.{base64.urlsafe_b64encode(raw[:cut]).decode()}") == {}


@pytest.mark.parametrize("sealed", ["", "1.", "1.!!!", "2.AAAA", "plain text", "1.北京"])
def test_what_is_no_seal_opens_to_nothing(sealed: str) -> None:
    assert Seal([new_key()]).unseal(sealed) == {}


@pytest.mark.parametrize("key", ["", "short", base64.urlsafe_b64encode(b"x" * 31).decode(), "北" * 44, "!" * 44])
def test_a_bad_key_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(KeyFormatError, match=r"key 2 .* 32 bytes in base64; make one with") as raised:
        Seal([new_key(), key])
    assert not key or key not in str(raised.value)


def test_a_key_is_needed() -> None:
    with pytest.raises(KeyFormatError, match="at least one key"):
        Seal([])


def test_the_command_in_the_error_makes_a_key() -> None:
    made = base64.urlsafe_b64encode(b"\xff" * 32).decode()
    assert Seal([f" {made}\n"]).unseal(Seal([made]).seal(SECRETS)) == SECRETS
