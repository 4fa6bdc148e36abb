"""vcc moves into an Asterisk that runs already: its own calls go on working, and vcc's come and go in one line each."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests.e2e.existing import BACK_HZ, ORDER_HZ, ORDER_NUMBER, OWN_HZ, ExistingPlatform
from tests.lab.stage import Stage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.lab.pbx import AsteriskBinary

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

PRESS = "您好，这里是北京星空出版社。"
CALLER_HZ, AGENT_HZ = 700, 1_100


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def existing(
    asterisk_binary: AsteriskBinary, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[ExistingPlatform]:
    async with ExistingPlatform(tmp_path_factory.mktemp("existing"), binary=asterisk_binary) as platform:
        yield platform


@pytest_asyncio.fixture(loop_scope="module")
async def stage(existing: ExistingPlatform) -> AsyncIterator[Stage]:
    async with Stage(existing) as stage:
        yield stage
        await stage.everybody_leaves()


async def test_a_switch_that_fits_is_said_to_fit(existing: ExistingPlatform) -> None:
    assert await existing.check_switch() == (0, [])
    assert "0 active channels" in await existing.asterisk.rx("core show channels")


async def test_the_offices_own_calls_go_on_working(existing: ExistingPlatform) -> None:
    async with existing.desk("1001") as one, existing.desk("1002") as two:
        await two.register()
        call = await one.dial("1002")
        incoming = await two.incoming()
        await incoming.answer()
        await call.answered()
        call.send_tone(CALLER_HZ)
        incoming.send_tone(AGENT_HZ)
        await asyncio.gather(call.hears_tone(AGENT_HZ, within=5), incoming.hears_tone(CALLER_HZ, within=5))
        await incoming.hang_up()
        await call.ended()
        announcement = await one.dial("2000")
        await announcement.hears_tone(OWN_HZ, within=5)
        await announcement.hang_up()


async def test_a_call_is_handed_over_talks_to_an_agent_and_comes_back(existing: ExistingPlatform, stage: Stage) -> None:
    agent = await stage.agent("press/wang", "p104")
    async with existing.desk("1001") as desk:
        call = await desk.dial("98668")
        await call.answered()
        await stage.hears(call, PRESS)
        await call.dtmf("11")
        incoming = await agent.incoming()
        assert incoming.caller.user == "1001"
        await incoming.answer()
        call.send_tone(CALLER_HZ)
        incoming.send_tone(AGENT_HZ)
        await asyncio.gather(call.hears_tone(AGENT_HZ, within=5), incoming.hears_tone(CALLER_HZ, within=5))
        await incoming.hang_up()
        await call.hears_tone(BACK_HZ, within=10)
        await call.hang_up()
    record = await stage.record_of("1001")
    assert (record["outcome"], record["agents"], record["number"]) == ("answered", ["press/wang"], "98668")
    assert record["complete"]


async def test_a_flow_gives_a_call_back_with_what_was_keyed_in(existing: ExistingPlatform, stage: Stage) -> None:
    async with existing.desk("1002") as desk:
        call = await desk.dial(ORDER_NUMBER)
        await call.answered()
        await call.dtmf("12")
        await call.hears_tone(ORDER_HZ, within=10)
        await call.hang_up()
    record = await stage.record_of("1002")
    assert (record["outcome"], record["by"], record["number"]) == ("ended_by_flow", "flow", ORDER_NUMBER)


async def test_a_call_that_is_back_is_no_call_of_vccs(existing: ExistingPlatform, stage: Stage) -> None:
    agent = await stage.agent("press/wang", "p104")
    async with existing.desk("1001") as desk:
        call = await desk.dial("98668")
        await call.answered()
        await call.dtmf("11")
        incoming = await agent.incoming()
        await incoming.answer()
        await stage.facts.until("AgentConnected", agent="press/wang")
        await incoming.hang_up()
        await call.hears_tone(BACK_HZ, within=10)
        assert (await existing.api("GET", "calls"))["calls"] == []
        await call.hang_up()


async def test_the_office_does_not_notice_when_vcc_is_away(existing: ExistingPlatform) -> None:
    await existing.stop_vcc()
    try:
        async with existing.desk("1001") as desk:
            call = await desk.dial("2000")
            await call.hears_tone(OWN_HZ, within=5)
            await call.hang_up()
        code, findings = await existing.check_switch()
        assert (code, findings) == (0, [])  # the check itself listened where vcc does
    finally:
        await existing.start_vcc()
