"""A real Asterisk with other settings: numbers from a header, and a short patience with silent callers."""

import asyncio
import socket
from collections.abc import Iterator

import pytest

from telephony.port import Answer, CallArrived, CallMissed, Cause, ForgetMissed, LegHungUp, MissedEnd, Reject
from tenancy.model import NumberRules
from tests.integration.asterisk.conftest import running
from tests.integration.asterisk.rig import BUSY_NUMBER, CALLER, FALLBACK_HZ, LOOPBACK, NUMBER, Pbx
from tests.integration.asterisk.test_recovery import asked
from tests.lab.pbx import AsteriskBinary

pytestmark = pytest.mark.asterisk


@pytest.fixture(scope="module")
def other_pbx(asterisk_binary: AsteriskBinary, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pbx]:
    """Its carrier calls an account of ours and writes the number into Diversion."""
    rules = NumberRules(dialled_from="diversion", strip=("+8610",))
    pbx = Pbx(asterisk_binary, tmp_path_factory.mktemp("pbx"), rules=rules, fallback_after_s=1, media_timeout_s=2)
    asyncio.run(pbx.start())
    yield pbx
    asyncio.run(pbx.stop())


async def test_the_header_that_holds_the_number_is_told(other_pbx: Pbx) -> None:
    async with running(other_pbx) as rig:
        diversion = f'"x" <sip:+8610{NUMBER}@carrier.example>;reason=unconditional'
        call = await (await rig.caller()).dial("account7", headers={"Diversion": diversion})
        fact = await rig.facts.until(CallArrived)
        assert fact.dialled == "account7"
        assert fact.headers == {"diversion": diversion}
        rig.send(Reject(leg=fact.leg, cause=Cause.BUSY))
        assert await call.refused() == 486


@pytest.mark.parametrize("user", [NUMBER, "+8610" + NUMBER])
async def test_without_vcc_the_number_in_the_header_leads_to_its_fallback(other_pbx: Pbx, user: str) -> None:
    async with other_pbx.caller() as caller:
        call = await caller.dial("account7", headers={"Diversion": f'"A, b" <sip:{user}@x>;reason=no-answer'})
        await call.hears_tone(FALLBACK_HZ, within=5)
        await call.hang_up()
    fact = await missed(other_pbx)
    assert (fact.dialled, fact.number, fact.how) == ("account7", user, MissedEnd.FALLBACK)


async def missed(pbx: Pbx) -> CallMissed:
    """The one call that was missed."""
    await pbx.no_channels(forget=False)
    async with running(pbx) as rig:
        fact = await rig.facts.until(CallMissed)
        rig.send(ForgetMissed(leg=fact.leg))
    assert len(rig.facts.of(CallMissed)) == 1
    await pbx.no_channels()
    return fact


@pytest.mark.parametrize(
    ("header", "status", "number"),
    [
        (f"<sip:{BUSY_NUMBER}@x>", 486, BUSY_NUMBER),
        ("<sip:12345@x>", 503, "12345"),
        ("", 503, ""),
        ('")},${SHELL(id)}" <sip:1)@x', 503, "1"),
        ("x" * 5_000, 503, ""),
        (f"<sip:{NUMBER}$[1+1]@x>", 503, f"{NUMBER}1+1"),
    ],
)
async def test_without_vcc_other_headers_lead_nowhere(other_pbx: Pbx, header: str, status: int, number: str) -> None:
    async with other_pbx.caller() as caller:
        call = await caller.dial("account7", headers={"Diversion": header} if header else None)
        assert await call.refused(5) == status
    fact = await missed(other_pbx)
    assert (fact.number, fact.caller, fact.how, fact.answered) == (number, CALLER, MissedEnd.BUSY, None)


async def test_who_gives_up_while_vcc_is_frozen_called_the_number_in_the_header(other_pbx: Pbx) -> None:
    with socket.create_server((LOOPBACK, other_pbx.agi)) as frozen:
        async with other_pbx.caller() as caller:
            call = await caller.dial("account7", headers={"Diversion": f"<sip:{NUMBER}@x>"})
            with await asked(frozen):
                await call.hang_up()
            await other_pbx.no_channels(forget=False)
    fact = await missed(other_pbx)
    assert (fact.number, fact.caller, fact.how) == (NUMBER, CALLER, MissedEnd.NOT_TAKEN)


async def test_a_caller_whose_media_stop_is_lost(other_pbx: Pbx) -> None:
    async with running(other_pbx) as rig:
        caller = await rig.caller()
        call = await caller.dial("account7")
        fact = await rig.facts.until(CallArrived)
        rig.send(Answer(leg=fact.leg))
        await call.answered()
        await asyncio.sleep(0.5)
        caller.deaf = True
        fact_of_end = await rig.facts.until(LegHungUp, leg=fact.leg, within=10)
        assert fact_of_end.cause is Cause.MEDIA_LOST
