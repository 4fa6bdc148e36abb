"""PINs are checked by a thread, and no more at once than it can be expected to get through."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from tenancy.secrets import Secrets
from vcc import pins
from vcc.pins import SecretPins
from vcc.storage.crypt import new_key

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def checks() -> Iterator[SecretPins]:
    checks = SecretPins(Secrets(encryption_keys=(SecretStr(new_key()),), agents={"lin": SecretStr("1111")}))
    yield checks
    checks.close()


async def told(checks: SecretPins, agent: str, pin: str) -> bool | None:
    answer: asyncio.Future[bool | None] = asyncio.get_running_loop().create_future()
    checks.check(agent, pin, answer.set_result)
    return await answer


async def test_right_and_wrong(checks: SecretPins) -> None:
    assert [await told(checks, "lin", pin) for pin in ("1111", "1112")] == [True, False]
    assert await told(checks, "wang", "1111") is False  # has no PIN


async def test_beyond_the_bound_nothing_is_compared(checks: SecretPins, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pins, "_BOUND", 2)
    go_on = threading.Event()

    def slow(stored: SecretStr, pin: str) -> bool:
        go_on.wait(10)
        return stored.get_secret_value() == pin

    monkeypatch.setattr(pins, "verify", slow)
    first = [asyncio.create_task(told(checks, "lin", pin)) for pin in ("1111", "9999")]
    await asyncio.sleep(0)
    assert await told(checks, "lin", "1111") is None
    go_on.set()
    assert await asyncio.gather(*first) == [True, False]
    assert await told(checks, "lin", "1111") is True
