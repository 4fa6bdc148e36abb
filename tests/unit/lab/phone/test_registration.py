"""Registering at a registrar that checks the digest by itself."""

from collections.abc import AsyncIterator

import pytest

from tests.lab.phone import ExpectationError, Phone, PhoneBank
from tests.unit.lab.phone.support import Registrar

pytestmark = pytest.mark.voices

WAIT = 20.0


@pytest.fixture(params=["MD5", "SHA-256"])
async def registrar(request: pytest.FixtureRequest) -> AsyncIterator[Registrar]:
    registrar = Registrar(request.param, {f"agent{n:03d}": "secret" for n in range(50)} | {"ada": "sésame"})
    yield registrar
    registrar.close()


async def test_a_phone_registers_with_its_password_and_takes_it_back(registrar: Registrar) -> None:
    async with Phone("ada", "sésame", server=registrar.address) as ada:
        await ada.register(expires=120)
        assert registrar.expires == {"ada": 120}
        assert registrar.contacts["ada"] == f"<sip:ada@{ada.address[0]}:{ada.address[1]}>"
        assert ada.registration.granted_s == 120
        await ada.unregister()
        assert registrar.expires == {"ada": 0}
        await ada.register()
    assert registrar.expires == {"ada": 0}


async def test_a_wrong_password_is_refused_after_two_tries(registrar: Registrar) -> None:
    async with Phone("ada", "wrong", server=registrar.address) as ada:
        with pytest.raises(ExpectationError, match=r"ada to be registered, but the answer was SIP/2\.0 401"):
            await ada.register()
    assert len(registrar.requests) == 3


async def test_a_phone_without_password_does_not_answer_challenges(registrar: Registrar) -> None:
    async with Phone("ada", server=registrar.address) as ada:
        with pytest.raises(ExpectationError, match="401"):
            await ada.register()
    assert len(registrar.requests) == 1


async def test_a_registration_is_refreshed_before_it_is_over(registrar: Registrar) -> None:
    async with Phone("ada", "sésame", server=registrar.address) as ada:
        await ada.register(expires=1)
        before = len(registrar.requests)
        await ada.registration.watch.until(
            lambda: len(registrar.requests) >= before + 4, WAIT, expected="two refreshes"
        )
        assert registrar.expires == {"ada": 1}


async def test_an_absent_registrar_is_told() -> None:
    async with Phone("ada", "x", server=("127.0.0.1", 9)) as ada:
        with pytest.raises(ExpectationError, match=r"nothing came back from 127\.0\.0\.1:9"):
            await ada.register(timeout=0.2)


async def test_a_bank_registers_all_its_accounts(registrar: Registrar) -> None:
    async with PhoneBank(50, server=registrar.address, password="secret") as bank:
        await bank.register(expires=600)
        assert registrar.expires == {f"agent{n:03d}": 600 for n in range(50)}
        assert registrar.contacts["agent007"] == f"<sip:agent007@127.0.0.1:{bank.address[1]}>"


async def test_a_bank_tells_which_account_was_refused(registrar: Registrar) -> None:
    async with PhoneBank(3, server=registrar.address, password="wrong") as bank:
        with pytest.raises(ExpectationError, match="agent000 to be registered"):
            await bank.register()
