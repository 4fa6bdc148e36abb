"""Trunks that lead out, on a real FreeSWITCH: a carrier that misses a question is not taken for one that is away."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from telephony.freeswitch.templates import words
from telephony.port import NodeUp, TrunkStatus
from tests.e2e.way_out import Carrier as Asked
from tests.integration.asterisk.rig import LOOPBACK, MEMBER, REALM, Facts
from tests.integration.freeswitch.rig import CARRIER_PASSWORD, FreeSwitchPbx
from tests.lab.phone.carrier import Carrier

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

pytestmark = pytest.mark.freeswitch

#: FreeSWITCH asks every 5 s, and gives up a question after 5 s: so long do four of them take.
QUESTIONS_S = 45


class AskedCarrier(Asked, Carrier):
    """Misses questions, and takes registrations."""

    async def until_asked(self, times: int) -> None:
        """It has answered so often."""
        async with asyncio.timeout(QUESTIONS_S):
            while self.answered < times:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.05)


@pytest.fixture(scope="module")
def pbx(freeswitch_program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FreeSwitchPbx]:
    """A real FreeSWITCH."""
    pbx = FreeSwitchPbx(freeswitch_program, tmp_path_factory.mktemp("trunks"))
    asyncio.run(pbx.start())
    yield pbx
    asyncio.run(pbx.stop())


@pytest.fixture
async def facts(pbx: FreeSwitchPbx) -> AsyncIterator[Facts]:
    """What an adapter tells."""
    facts, switch = Facts(), pbx.switch_by(pbx.wire)
    await switch.start(facts.tell)
    await facts.until(NodeUp)
    yield facts
    await switch.close()


async def test_one_question_without_an_answer_takes_no_trunk_out_and_several_do(
    pbx: FreeSwitchPbx, facts: Facts
) -> None:
    server, accounts = (LOOPBACK, pbx.trunk_sip), {MEMBER: CARRIER_PASSWORD}
    async with (
        AskedCarrier("carrier", server=server, local_port=pbx.carrier_port) as carrier,
        AskedCarrier("carrier", server=server, local_port=pbx.member_port, realm=REALM, accounts=accounts) as member,
    ):
        await pbx.ask(f"sofia profile {words.TRUNKS_PROFILE} register {words.registration('member')}")  # not in 30 s
        async with asyncio.timeout(QUESTIONS_S):
            await member.registered.wait()
        await asyncio.gather(once_missed(facts, "carrier", carrier), once_missed(facts, "member", member))
        await asyncio.gather(away(facts, "carrier", carrier), away(facts, "member", member))


async def once_missed(facts: Facts, trunk: str, carrier: AskedCarrier) -> None:
    await facts.until(TrunkStatus, trunk=trunk, reachable=True, within=QUESTIONS_S)
    await carrier.until_asked(2)
    downs = len(facts.of(TrunkStatus, trunk=trunk, reachable=False))
    carrier.misses, answered = 1, carrier.answered
    await carrier.until_asked(answered + 1)
    assert carrier.misses == 0
    assert len(facts.of(TrunkStatus, trunk=trunk, reachable=False)) == downs
    assert facts.of(TrunkStatus, trunk=trunk)[-1].reachable


async def away(facts: Facts, trunk: str, carrier: AskedCarrier) -> None:
    downs, ups = (len(facts.of(TrunkStatus, trunk=trunk, reachable=reachable)) for reachable in (False, True))
    carrier.misses = 100
    await facts.until(TrunkStatus, trunk=trunk, reachable=False, count=downs + 1, within=QUESTIONS_S)
    carrier.misses = 0
    await facts.until(TrunkStatus, trunk=trunk, reachable=True, count=ups + 1, within=QUESTIONS_S)
