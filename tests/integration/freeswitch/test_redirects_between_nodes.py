"""A phone that another node rings leads the call elsewhere by SIP 302: there too it goes nowhere, whoever's the switch
is: in vcc's own the switch's variables say so, in another's the dial plan.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from telephony.between import KEY_HEADER, RING_HEADER, key
from telephony.freeswitch.render import render
from tenancy.model import AsteriskNode, FreeSwitchNode, NumberRules
from tests.integration.asterisk.rig import LOOPBACK, NODE, PHONES, password, platform
from tests.integration.freeswitch.inside import write_inside
from tests.integration.freeswitch.rig import CARRIER_PASSWORD
from tests.integration.freeswitch.test_redirects import COSTS
from tests.lab.freeswitch import FreeSwitchProcess
from tests.lab.phone import Phone as LabPhone
from tests.lab.phone.carrier import Carrier
from tests.lab.ports import reserve_ports
from vcc.pbx import write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tenancy.model import Platform

pytestmark = pytest.mark.freeswitch

_OTHER, _SECRET = "other", "esl-secret"
_RTP_PORTS = 40


@dataclass(frozen=True, kw_only=True)
class Rig:
    """A running switch, where it listens, and where the carrier is."""

    switch: FreeSwitchProcess
    phones: tuple[str, int]
    trunk: tuple[str, int]
    nodes: tuple[str, int]
    carrier_port: int
    key: str

    async def no_channels(self) -> None:
        async with asyncio.timeout(5):
            while json.loads(await self.switch.ask("show channels as json"))["row_count"]:  # noqa: ASYNC110 - another
                await asyncio.sleep(0.1)  # program, which can only be asked


@pytest.fixture(scope="module", params=[False, True], ids=["own", "inside"])
def rig(
    request: pytest.FixtureRequest, freeswitch_program: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Rig]:
    """One node of two: the other is whoever has the key."""
    state = tmp_path_factory.mktemp("between")
    with reserve_ports(_RTP_PORTS + 10) as ports:
        esl, sip, trunk_sip, nodes_sip, other_sip = (ports.take() for _ in range(5))
        carrier_port, member_port = ports.take(), ports.take()
        rtp = ports.take_range(_RTP_PORTS)
        node = FreeSwitchNode(
            kind="freeswitch",
            inside=request.param,
            esl=f"{LOOPBACK}:{esl}",
            sip=f"{LOOPBACK}:{sip}",
            trunk_sip=f"{LOOPBACK}:{trunk_sip}",
            nodes_sip=f"{LOOPBACK}:{nodes_sip}",
            rtp=(rtp[0], rtp[-1]),
        )
        other = AsteriskNode(kind="asterisk", nodes_sip=f"{LOOPBACK}:{other_sip}")
        both = platform(node, NumberRules(), carrier_port, member_port)
        both = both.model_copy(update={"nodes": {NODE: node, _OTHER: other}})
        secrets = _secrets()
        _write(state / "etc", both, secrets)
        switch = FreeSwitchProcess(freeswitch_program, state / "etc", state=state, esl=node.esl, password=_SECRET)
        asyncio.run(switch.start())
        try:
            yield Rig(
                switch=switch,
                phones=(LOOPBACK, sip),
                trunk=(LOOPBACK, trunk_sip),
                nodes=(LOOPBACK, nodes_sip),
                carrier_port=carrier_port,
                key=key(both, NODE, secrets),
            )
        finally:
            asyncio.run(switch.stop())


def _secrets() -> dict[str, str]:
    phones = {f"phone/{phone}": password(phone) for phone in PHONES}
    return {f"esl/{NODE}": _SECRET, f"ami/{_OTHER}": "ami-secret", "trunk/member": CARRIER_PASSWORD, **phones}


def _write(folder: Path, both: Platform, secrets: dict[str, str]) -> None:
    node = both.nodes[NODE]
    assert isinstance(node, FreeSwitchNode)
    if node.inside:
        write_inside(folder, both, NODE, secrets)
    else:
        write(render(both, NODE, secrets=secrets, music={}, fallbacks={}), folder)


async def test_a_phone_rung_by_another_node_leads_the_call_nowhere_else(rig: Rig) -> None:
    wishes = ((KEY_HEADER, rig.key), (RING_HEADER, "20:0:"))
    async with (
        Carrier("carrier", server=rig.trunk, local_port=rig.carrier_port) as carrier,
        LabPhone(PHONES[0], password(PHONES[0]), server=rig.phones) as phone,
        LabPhone("node", server=rig.nodes) as other,
    ):
        await phone.register()
        call = await other.dial(PHONES[0], headers=wishes)
        rung = await phone.incoming()
        await rung.reject(302, headers=(("Contact", f"<sip:{COSTS}@{LOOPBACK}:{rig.carrier_port}>"),))
        assert 300 <= await call.refused() < 700
        await rig.no_channels()
        assert carrier.waiting_calls == 0
        call = await other.dial(PHONES[0], headers=wishes)  # the way is open: it was the 302
        rung = await phone.incoming()
        await rung.answer()
        await call.answered()
        await call.hang_up()
        await rung.ended()
