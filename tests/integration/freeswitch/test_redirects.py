"""Who is rung leads the call elsewhere by SIP 302: it goes nowhere, for nobody has permitted that."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from telephony.port import LegAnswered, LegHungUp, NodeUp, PhoneStatus, Ring, TrunkStatus
from tests.integration.asterisk.rig import PHONES, Facts
from tests.integration.asterisk.test_trunks import LEG, over
from tests.integration.freeswitch.rig import FreeSwitchPbx

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from telephony.freeswitch.adapter import FreeSwitch
    from tests.lab.phone import IncomingCall

pytestmark = pytest.mark.freeswitch

#: One that costs.
COSTS = "0019005551234"


@pytest.fixture(scope="module")
def pbx(freeswitch_program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FreeSwitchPbx]:
    """A real FreeSWITCH."""
    pbx = FreeSwitchPbx(freeswitch_program, tmp_path_factory.mktemp("redirects"))
    asyncio.run(pbx.start())
    yield pbx
    asyncio.run(pbx.stop())


@pytest.fixture
def facts() -> Facts:
    """What is told."""
    return Facts()


@pytest.fixture
async def switch(pbx: FreeSwitchPbx, facts: Facts) -> AsyncIterator[FreeSwitch]:
    """An adapter for it."""
    switch = pbx.switch_by(pbx.wire)
    await switch.start(facts.tell)
    await facts.until(NodeUp)
    yield switch
    await switch.close()


async def led_elsewhere(call: IncomingCall, pbx: FreeSwitchPbx, facts: Facts) -> None:
    """The call is sent on to a number of the carrier's, and over."""
    await call.reject(302, headers=(("Contact", f"<sip:{COSTS}@127.0.0.1:{pbx.carrier_port}>"),))
    await facts.until(LegHungUp, leg=LEG)
    assert not facts.of(LegAnswered)
    await pbx.no_channels()


async def test_a_carrier_that_leads_the_call_elsewhere(pbx: FreeSwitchPbx, facts: Facts, switch: FreeSwitch) -> None:
    async with pbx.carrier() as carrier:
        await facts.until(TrunkStatus, trunk="carrier", reachable=True, within=15)
        switch.send(over("carrier"))
        await led_elsewhere(await carrier.incoming(), pbx, facts)
        assert carrier.waiting_calls == 0


async def test_a_phone_that_leads_the_call_elsewhere(pbx: FreeSwitchPbx, facts: Facts, switch: FreeSwitch) -> None:
    async with pbx.carrier() as carrier, pbx.phone(PHONES[0]) as phone:
        await phone.register()
        await facts.until(PhoneStatus, phone=PHONES[0], reachable=True)
        await facts.until(TrunkStatus, trunk="carrier", reachable=True, within=15)
        switch.send(Ring(leg=LEG, phone=PHONES[0], timeout_s=10, shows_number="", shows_name="", for_leg=""))
        await led_elsewhere(await phone.incoming(), pbx, facts)
        assert carrier.waiting_calls == 0
