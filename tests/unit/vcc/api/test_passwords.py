"""Passwords as they may stand in the secrets, and what is none."""

from __future__ import annotations

import asyncio

import pytest
from pydantic import SecretStr

from tenancy.secrets import password_hash
from vcc.api.login import passwords
from vcc.api.login.passwords import Passwords, PasswordsBusyError, fits


@pytest.mark.parametrize("hashed", [False, True], ids=["plain", "argon2"])
def test_right_and_wrong(*, hashed: bool) -> None:
    plain = SecretStr("correct horse")
    stored = SecretStr(password_hash(plain)) if hashed else plain
    assert fits(stored, "correct horse")
    assert not fits(stored, "correct horsf")
    assert not fits(stored, "")
    assert not fits(stored, "x" * 100_000)
    assert not fits(stored, stored.get_secret_value()) or not hashed


def test_a_user_who_is_not_there_never_fits() -> None:
    assert not fits(None, "nobody has this password")


def test_a_damaged_hash_fits_nothing() -> None:
    assert not fits(SecretStr("$argon2id$v=19$m=65536,t=3,p=4$damaged"), "x")


async def test_too_many_at_once_are_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "WAITING", 2)
    checking = Passwords()
    first = [asyncio.create_task(checking.fit(None, "x")) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(PasswordsBusyError):
        await checking.fit(None, "x")
    assert await asyncio.gather(*first) == [False, False]
    assert not await checking.fit(None, "x")
