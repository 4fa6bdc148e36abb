"""Trunks that lead out, on a real Asterisk: the registration at a carrier, and what a call there looks like."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from telephony.port import Cause, HangUp, LegHungUp, LegRinging, NodeUp, RingOutside, TrunkStatus
from tenancy.dialling import Permit, Purpose, Situation, Wanted, decide
from tests.integration.asterisk.rig import MEMBER, NODE, OUTSIDE_CALLER_ID, Facts, outside_platform
from tests.integration.asterisk.rig import NUMBER as NUMBER_OF_OURS
from tests.lab.phone import Phone as LabPhone

if TYPE_CHECKING:
    from telephony.asterisk.adapter import AsteriskSwitch
    from tests.integration.asterisk.rig import Pbx
    from tests.lab.phone import IncomingCall
    from tests.lab.phone.carrier import Carrier

pytestmark = pytest.mark.asterisk

LEG = "vcc-t-1"
NUMBER, DIALLED = "+86 138-0013-8000", "013800138000"


def over(trunk: str, leg: str = LEG) -> RingOutside:
    """The command that rings the number over this trunk."""
    wanted = Wanted(number=NUMBER, tenant="press", purpose=Purpose.FLOW, node=NODE)
    down = {name for name in ("carrier", "member") if name != trunk}
    permit = decide(wanted, outside_platform(), Situation(down=down), 1)
    assert isinstance(permit, Permit)
    assert permit.trunk == trunk
    return RingOutside(leg=leg, permit=permit, timeout_s=10, for_leg="")


async def started(pbx: Pbx, facts: Facts) -> AsteriskSwitch:
    switch = pbx.switch()
    await switch.start(facts.tell)
    await facts.until(NodeUp)
    return switch


async def called(carrier: Carrier, switch: AsteriskSwitch, facts: Facts, trunk: str = "carrier") -> IncomingCall:
    """The carrier gets our call, whose leg is LEG. What was told of the trunk first may be what the switch had not
    found out yet: then the call ends, the next word about the trunk is waited for, and it is called again.
    """
    arrives = asyncio.create_task(carrier.incoming(timeout=20))
    try:
        for _ in range(5):
            up = len(facts.of(TrunkStatus, trunk=trunk, reachable=True))
            switch.send(over(trunk))
            ends = asyncio.create_task(facts.until(LegHungUp, leg=LEG, within=20))
            await asyncio.wait((arrives, ends), return_when=asyncio.FIRST_COMPLETED)
            if arrives.done():
                ends.cancel()
                return arrives.result()
            assert ends.result().cause is Cause.UNAVAILABLE
            facts.all.remove(ends.result())
            await facts.until(TrunkStatus, trunk=trunk, reachable=True, count=up + 1, within=8)
        raise AssertionError(f"no call reached the carrier; told was: {facts.all}")
    finally:
        arrives.cancel()


async def test_a_call_over_a_trunk_by_address(pbx: Pbx) -> None:
    facts = Facts()
    switch = await started(pbx, facts)
    try:
        async with pbx.carrier() as carrier:
            await facts.until(TrunkStatus, trunk="carrier", reachable=True, within=8)
            call = await called(carrier, switch, facts)
            assert call.request.uri.startswith(f"sip:{DIALLED}@127.0.0.1:{pbx.carrier_port}")
            assert (call.caller.user, call.header("P-Asserted-Identity")) == (OUTSIDE_CALLER_ID, None)
            offered = call.request.body.decode()
            assert "PCMA" in offered
            assert "PCMU" not in offered  # of this direction alone
            await call.ring()
            await facts.until(LegRinging, leg=LEG)
            switch.send(HangUp(leg=LEG))
            await call.cancelled()
            await facts.until(LegHungUp, leg=LEG)
    finally:
        await switch.close()


async def test_a_carrier_that_leads_the_call_elsewhere_leads_it_nowhere(pbx: Pbx) -> None:
    """SIP 302, with which a number in this country could become one that costs: nobody has permitted that."""
    facts = Facts()
    switch = await started(pbx, facts)
    try:
        async with pbx.carrier() as carrier:
            await facts.until(TrunkStatus, trunk="carrier", reachable=True, within=8)
            call = await called(carrier, switch, facts)
            there = f"<sip:0019005551234@127.0.0.1:{pbx.carrier_port}>"
            await call.reject(302, headers=(("Contact", there),))
            await facts.until(LegHungUp, leg=LEG)
            await pbx.no_channels()
            assert carrier.waiting_calls == 0
    finally:
        await switch.close()


@pytest.mark.parametrize("name", ["out.carrier", "out.member"])
async def test_nobody_calls_in_under_the_name_of_a_way_out(pbx: Pbx, name: str) -> None:
    async with LabPhone(name, server=("127.0.0.1", pbx.sip)) as stranger:
        call = await stranger.dial(NUMBER_OF_OURS)
        assert 400 <= await call.refused() < 500


async def test_a_trunk_by_registration(pbx: Pbx) -> None:
    """It is there when the carrier answers and has registered us; the account stands in From, whose call it is beside
    it; and without the registration nothing is to go out.
    """
    facts = Facts()
    async with pbx.member_carrier() as carrier:
        await pbx.process.rx("pjsip send register out.member")
        await carrier.registered.wait()
        switch = await started(pbx, facts)
        try:
            await facts.until(TrunkStatus, trunk="member", reachable=True, within=8)
            call = await called(carrier, switch, facts, "member")
            assert call.caller.user == MEMBER
            assert OUTSIDE_CALLER_ID in (call.header("P-Asserted-Identity") or "")
            await call.reject(404)
            assert (await facts.until(LegHungUp, leg=LEG)).cause is Cause.NOT_FOUND
            facts.clear()
            await pbx.process.rx("pjsip send unregister out.member")
            lost = await facts.until(TrunkStatus, trunk="member", reachable=False, within=8)
            assert lost.detail == "unregistered"
        finally:
            await switch.close()


async def test_what_is_rendered_is_read_without_a_complaint(pbx: Pbx) -> None:
    shown = await pbx.process.rx("pjsip show endpoint out.member")
    assert "out.member" in shown
    assert "nothing" not in shown.lower()
    registrations = await pbx.process.rx("pjsip show registrations")
    assert f"sip:127.0.0.1:{pbx.member_port}" in registrations
