"""Callers who are sent to a number outside, over a second trunk of the lab, and numbers outside that are consulted."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests.e2e.conversation import (
    ACCEPTED,
    CALLER,
    WANG,
    all_hear_all,
    consult,
    do,
    hear_each_other,
    hears_music,
    talking,
    wraps_up,
)
from tests.e2e.test_crash import away
from tests.e2e.way_out import TRUNK, Carrier, way_out
from tests.lab.platform import LOOPBACK
from tests.lab.process import LabError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.e2e.way_out import WayOut
    from tests.lab.pbx import AsteriskBinary
    from tests.lab.phone import Phone
    from tests.lab.phone.incoming import IncomingCall
    from tests.lab.platform import LabPlatform
    from tests.lab.stage import Stage

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

#: As it is dialled, as the carrier gets it, and what is shown there: the tenant's, never the agent's or the caller's.
NUMBER, AS_SENT, SHOWN = "008613800138000", "13800138000", "01065551668"
PREMIUM = "0019005551234"
#: A key so short that Asterisk makes it longer: vcc knows it before whoever is consulted has heard its end.
SHORT_MS = 60
#: By the status with which the carrier refuses: what becomes of it.
REFUSALS = {603: "refused", 486: "busy", 480: "no_answer", 404: "not_found"}
NAMES = list(REFUSALS.values())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def platform(asterisk_binary: AsteriskBinary, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[WayOut]:
    """The example platform, with a second trunk over which calls go out."""
    async with way_out(tmp_path_factory.mktemp("outside"), asterisk_binary) as lab:
        yield lab


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def outside(platform: WayOut) -> AsyncIterator[Carrier]:
    """Whoever has the number, behind the carrier."""
    async with Carrier("outside", server=(LOOPBACK, platform.trunk_sip), local_port=platform.carrier_port) as phone:
        await platform.until_up(TRUNK)
        yield phone


def is_from_the_tenant(there: IncomingCall) -> bool:
    """Whether the carrier was asked for the number, and is shown the tenant's."""
    return there.request.uri.startswith(f"sip:{AS_SENT}@") and there.caller.user == SHOWN


async def test_a_carrier_that_takes_its_time_is_there(stage: Stage, platform: WayOut, outside: Carrier) -> None:
    """It is asked every 2 s, and has 1.5 s to answer: longer than it takes SIP to repeat a question that was lost."""
    for _ in range(2):  # whatever was asked before it was there is over
        await outside.until_answered()
    before, outside.slow_s = len(stage.facts.seen), 0.8
    for _ in range(3):
        await outside.until_answered()
    outside.slow_s = 0.0
    changed = [f for f in stage.facts.seen[before:] if f["fact"] == "TrunkChanged" and f["trunk"] == TRUNK]
    assert all(f["reachable"] for f in changed), changed  # that it has come up may be told just now
    await platform.until_up(TRUNK, within=1)


async def test_a_call_is_ended_when_the_money_of_the_day_is_spent(
    stage: Stage, platform: LabPlatform, outside: Phone
) -> None:
    """There is money for the first minute of it and for no other; the caller's session goes on."""
    wang = await stage.agent(WANG, "p104")
    async with ceiling(platform), stage.caller(CALLER) as caller:
        call, _, contact = await talking(stage, caller, wang)
        await platform.api("POST", f"calls/{contact}/transfer", outside=NUMBER)
        there = await outside.incoming()
        await there.answer()
        await stage.facts.until("OutsideConnected", contact=contact)
        await hear_each_other(call, there)
        over = await stage.facts.until("OutsideEnded", contact=contact, within=65)
        assert (over["cause"], over["cost"], round(over["talked_s"])) == ("ceiling", 0.15, 59)
        await there.ended()
        await call.ended()  # by the flow, which has nothing more to say
    record = await stage.record_of(CALLER)
    assert ([talk["by"] for talk in record["outside"]], record["complete"]) == (["system"], True)


async def test_what_is_spent_while_vcc_is_away_is_counted(stage: Stage, platform: LabPlatform, outside: Phone) -> None:
    """A call that goes on is paid for until its end, one that has ended until vcc comes back; then nothing is left."""
    wang = await stage.agent(WANG, "p104")
    async with ceiling(platform) as before, stage.caller(CALLER) as caller:
        call, _, contact = await talking(stage, caller, wang)
        await platform.api("POST", f"calls/{contact}/transfer", outside=NUMBER)
        there = await outside.incoming()
        await there.answer()
        await stage.facts.until("OutsideConnected", contact=contact)
        await hear_each_other(call, there)  # longer than the 20 ms of which a crash may lose what is kept
        away_at = time.time()
        async with away(platform):
            await hear_each_other(call, there)
            await asyncio.gather(there.hang_up(), call.hang_up())
        over = await platform.fact_of(contact, "OutsideEnded", since=away_at, within=30)
        assert (over["cause"], over["cost"]) == ("gone", 0.15)
        assert await spent(platform) == pytest.approx(before + 0.15)
        await stage.facts.read_again()
        await platform.api("POST", f"agents/{WANG}/state", wish="ready")
        call, first, contact = await talking(stage, caller, wang)
        with pytest.raises(LabError, match=r"409.*ceiling"):
            await platform.api("POST", f"calls/{contact}/transfer", outside=NUMBER)
        await hear_each_other(call, first)
        await call.hang_up()


@asynccontextmanager
async def ceiling(platform: LabPlatform) -> AsyncIterator[float]:
    """There is money for one minute; what was spent before."""
    before = await spent(platform)
    file = platform.config / "tenants" / "press" / "tenant.yaml"
    text = file.read_text(encoding="utf-8")
    limit = f"calls_per_minute: 1000, cost_per_day: {before + 0.16:.2f}"
    file.write_text(text.replace("calls_per_minute: 1000", limit), encoding="utf-8")
    await platform.api("POST", "reload")
    try:
        yield before
    finally:
        file.write_text(text, encoding="utf-8")
        await platform.api("POST", "reload")


async def spent(platform: LabPlatform) -> float:
    """What the press has spent today."""
    return float((await platform.api("GET", "trunks"))["spent"].get("press", 0.0))


@pytest.mark.parametrize("by", ["phone", "code", "command"])
async def test_a_blind_transfer(stage: Stage, platform: LabPlatform, outside: Phone, by: str) -> None:
    wang = await stage.agent(WANG, "p104")
    async with stage.caller(CALLER) as caller:
        call, first, contact = await talking(stage, caller, wang)
        before = len(stage.facts.seen)
        if by == "phone":
            assert (await first.transfer(NUMBER)).status == ACCEPTED
            await first.hang_up()
        elif by == "code":
            await first.dtmf(f"*1{NUMBER}#")
            await first.ended(10)
        else:
            await platform.api("POST", f"calls/{contact}/transfer", outside=NUMBER)
            await first.ended()
        there = await outside.incoming()
        assert is_from_the_tenant(there)
        await wraps_up(stage, WANG, before)
        await hears_music(call)
        await there.answer()
        await stage.facts.until("OutsideConnected", contact=contact, agent=WANG)
        await hear_each_other(call, there)
        await there.hang_up()
        await call.ended()
        over = await stage.facts.until("OutsideEnded", contact=contact, trunk="outside")
        assert over["cost"] == 0.15
    record = await stage.record_of(CALLER)
    assert (record["outcome"], record["complete"], record["agents"]) == ("answered", True, [WANG])
    assert [(sent["how"], sent["kind"], sent["failed"]) for sent in record["transfers"]] == [("blind", "outside", "")]
    assert [talk["by"] for talk in record["outside"]] == ["outside"]


@pytest.mark.parametrize(("status", "why"), REFUSALS.items(), ids=NAMES)
async def test_a_blind_transfer_that_comes_to_nothing_comes_back(
    stage: Stage, outside: Phone, status: int, why: str
) -> None:
    wang = await stage.agent(WANG, "p104")
    async with stage.caller(CALLER) as caller:
        call, first, contact = await talking(stage, caller, wang)
        assert (await first.transfer(NUMBER)).status == ACCEPTED
        await first.hang_up()
        there = await outside.incoming()
        await there.ring()
        await there.reject(status)
        await stage.facts.until("TransferFailed", contact=contact, why=why)
        again = await wang.incoming(timeout=10)
        await again.answer()
        await stage.facts.until("AgentConnected", contact=contact, agent=WANG)
        await hear_each_other(call, again)
        await call.hang_up()
    record = await stage.record_of(CALLER)
    assert [sent["failed"] for sent in record["transfers"]] == [why]


async def test_what_the_guard_does_not_let_comes_back(stage: Stage, platform: LabPlatform, outside: Phone) -> None:
    """By the phone's own REFER, also one to somebody else's server; by command it does not even begin."""
    wang = await stage.agent(WANG, "p104")
    async with stage.caller(CALLER) as caller:
        call, first, contact = await talking(stage, caller, wang)
        for command in ("transfer", "consult"):
            with pytest.raises(LabError, match=r"409.*not_dialled"):
                await platform.api("POST", f"calls/{contact}/{command}", outside=PREMIUM)
        await hear_each_other(call, first)
        assert (await first.transfer(f"sip:{PREMIUM}@198.51.100.7:5060")).status == ACCEPTED
        await first.hang_up()
        refused = [f for f in stage.facts.seen if f["fact"] == "OutsideRefused" and f["contact"] == contact]
        assert [(f["purpose"], f["reason"], f["alarm"]) for f in refused[:2]] == [("transfer", "not_allowed", True)] * 2
        await stage.facts.until("TransferFailed", contact=contact, why="not_allowed")
        again = await wang.incoming(timeout=10)
        await again.answer()
        await hear_each_other(call, again)
        await call.hang_up()
    assert outside.waiting_calls == 0
    assert not [f for f in stage.facts.seen if f["fact"] == "OutsideDialled" and f["contact"] == contact]


@pytest.mark.parametrize("how", ["completed", "by codes", "agent hangs up"])
async def test_an_attended_transfer(stage: Stage, outside: Phone, how: str) -> None:
    wang = await stage.agent(WANG, "p104")
    async with stage.caller(CALLER) as caller:
        call, first, contact = await talking(stage, caller, wang)
        if how == "by codes":
            await first.dtmf(f"*2{NUMBER}#")
            there = await outside.incoming(10)
            await there.answer()
            await stage.facts.until("ConsultationBegan", contact=contact)
        else:
            there = await consult(stage, contact, outside, outside=NUMBER)
        assert is_from_the_tenant(there)
        await hear_each_other(first, there)
        await hears_music(call)
        before = len(stage.facts.seen)
        if how == "completed":
            await do(stage, contact, "complete")
            await first.ended()
        elif how == "by codes":
            await first.dtmf("*1", duration_ms=SHORT_MS)
            await first.ended(10)
        else:
            await first.hang_up()
        await wraps_up(stage, WANG, before)
        await hear_each_other(call, there)
        await call.hang_up()
        await there.ended()
    record = await stage.record_of(CALLER)
    assert (record["outcome"], record["complete"]) == ("answered", True)
    assert [(sent["how"], sent["kind"], sent["failed"]) for sent in record["transfers"]] == [
        ("attended", "outside", "")
    ]


@pytest.mark.parametrize("status", REFUSALS, ids=NAMES)
async def test_a_number_that_does_not_come_leaves_the_two_together(stage: Stage, outside: Phone, status: int) -> None:
    wang = await stage.agent(WANG, "p104")
    async with stage.caller(CALLER) as caller:
        call, first, contact = await talking(stage, caller, wang)
        await stage.platform.api("POST", f"calls/{contact}/consult", outside=NUMBER)
        there = await outside.incoming()
        await hears_music(call)
        await there.reject(status)
        await stage.facts.until("ConsultationEnded", contact=contact)
        await hear_each_other(call, first)
        await call.hang_up()


@pytest.mark.parametrize("who", ["outside", "caller"])
async def test_somebody_hangs_up_during_the_consultation(stage: Stage, outside: Phone, who: str) -> None:
    wang = await stage.agent(WANG, "p104")
    async with stage.caller(CALLER) as caller:
        call, first, contact = await talking(stage, caller, wang)
        there = await consult(stage, contact, outside, outside=NUMBER)
        await hear_each_other(first, there)
        before = len(stage.facts.seen)
        if who == "outside":
            await there.hang_up()
            await stage.facts.until("ConsultationEnded", contact=contact, how="hung_up")
            await hear_each_other(call, first)
            await call.hang_up()
        else:
            await call.hang_up()
            await there.ended()
        await first.ended()
        await wraps_up(stage, WANG, before)
    record = await stage.record_of(CALLER)
    assert (record["outcome"], record["complete"]) == ("answered", True)
    assert (await stage.facts.until("OutsideEnded", contact=contact))["talked_s"] > 0


async def test_three_of_whom_one_is_outside(stage: Stage, outside: Phone) -> None:
    wang = await stage.agent(WANG, "p104")
    async with stage.caller(CALLER) as caller:
        call, first, contact = await talking(stage, caller, wang)
        there = await consult(stage, contact, outside, outside=NUMBER)
        await do(stage, contact, "conference")
        await stage.facts.until("ConferenceBegan", contact=contact)
        await all_hear_all(call, first, there)
        before = len(stage.facts.seen)
        await first.hang_up()
        await wraps_up(stage, WANG, before)
        await hear_each_other(call, there)
        await there.hang_up()
        await call.ended()
    assert (await stage.record_of(CALLER))["complete"]


@pytest.mark.parametrize("then", ["complete", "cancel"])
async def test_a_consultation_outlives_vcc(stage: Stage, platform: LabPlatform, outside: Phone, then: str) -> None:
    wang = await stage.agent(WANG, "p104")
    async with stage.caller(CALLER) as caller:
        call, first, contact = await talking(stage, caller, wang)
        there = await consult(stage, contact, outside, outside=NUMBER)
        await hear_each_other(first, there)
        killed = time.time()
        os.kill(platform.vcc_pid(), signal.SIGKILL)
        await hear_each_other(first, there)
        await hears_music(call)
        await platform.until_ready()
        await platform.fact_of(contact, "ContactRecovered", since=killed)
        await do(stage, contact, then)
        stays, goes = (there, first) if then == "complete" else (first, there)
        await goes.ended()
        await hear_each_other(call, stays)
        await stays.hang_up()
        await call.ended()
    record = await stage.record_of(CALLER)
    assert (record["outcome"], record["complete"]) == ("answered", True)
    assert (await platform.fact_of(contact, "OutsideEnded"))["cost"] == 0.15
