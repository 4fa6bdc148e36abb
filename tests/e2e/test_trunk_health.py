"""What takes a trunk out of service, and what does not: a carrier that misses a question, a reload.

The carrier is asked once an hour: what comes in between is the tests' doing, or vcc's.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from telephony.asterisk.templates.words import outgoing_endpoint
from tests.e2e.way_out import TRUNK, Carrier, way_out
from tests.lab.platform import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.e2e.way_out import WayOut
    from tests.lab.pbx import AsteriskBinary
    from tests.lab.stage import Stage

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def platform(asterisk_binary: AsteriskBinary, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[WayOut]:
    """The example platform, with a second trunk over which calls go out."""
    async with way_out(tmp_path_factory.mktemp("health"), asterisk_binary, qualify_s=3_600) as lab:
        await lab.until_trunk(TRUNK, "down")  # vcc has it asked when it starts: that nobody answered is known
        yield lab


@pytest_asyncio.fixture(loop_scope="module")
async def carrier(platform: WayOut, stage: Stage) -> AsyncIterator[Carrier]:
    """The carrier, which is known to be there."""
    server = (LOOPBACK, platform.trunk_sip)
    async with Carrier("carrier", server=server, local_port=platform.carrier_port) as carrier:
        if await state(platform) != "up":
            await ask(platform)
            await platform.until_up(TRUNK)
        yield carrier


async def state(platform: WayOut) -> str:
    trunks = (await platform.api("GET", "trunks"))["trunks"]
    return next(str(found["state"]) for found in trunks if found["trunk"] == TRUNK)


async def ask(platform: WayOut) -> None:
    """Have the switch ask the carrier now, as it does by itself once an hour."""
    await platform.asterisk.rx(f"pjsip qualify {outgoing_endpoint(TRUNK)}")


async def test_a_carrier_that_misses_a_question_is_asked_again_at_once(
    stage: Stage, platform: WayOut, carrier: Carrier
) -> None:
    before, carrier.misses = len(stage.facts.seen), 1
    await ask(platform)
    down = await stage.facts.until("TrunkChanged", since=before, trunk=TRUNK, reachable=False)
    up = await stage.facts.until("TrunkChanged", since=before, trunk=TRUNK, reachable=True)
    assert up["at"] - down["at"] < 2, "not only when its hour is over"


async def test_one_that_is_away_is_asked_once_more_and_no_oftener(
    stage: Stage, platform: WayOut, carrier: Carrier
) -> None:
    before, carrier.misses = len(stage.facts.seen), 5
    await ask(platform)
    await stage.facts.until("TrunkChanged", since=before, trunk=TRUNK, reachable=False)
    asked = carrier.asked
    await asyncio.sleep(4)  # in which the second one is given up
    assert await state(platform) == "down"
    assert carrier.asked <= asked + 1
    carrier.misses = 0


async def test_a_reload_leaves_the_trunks_that_it_does_not_change(
    stage: Stage, platform: WayOut, carrier: Carrier
) -> None:
    """Nor does the switch's reading of its SIP accounts, which comes with a phone that is added."""
    before = len(stage.facts.seen)
    tenant = platform.config / "tenants" / "press" / "tenant.yaml"
    tenant.write_text(tenant.read_text("utf-8").replace("calls_per_minute: 1000", "calls_per_minute: 999"), "utf-8")
    await platform.api("POST", "reload")
    await platform.asterisk.rx("module reload res_pjsip.so")
    await ask(platform)
    await carrier.until_answered()
    changed = [f for f in stage.facts.seen[before:] if f["fact"] == "TrunkChanged"]
    assert not [f for f in changed if f["trunk"] == TRUNK], changed  # the other carrier is not there at all
    assert await state(platform) == "up"
    contacts = await platform.asterisk.rx("pjsip show contacts")
    assert [line.split()[3] for line in contacts.splitlines() if outgoing_endpoint(TRUNK) in line] == ["Avail"]
