"""An agent at a mobile phone: rung over the trunk, put through after pressing 1, and not when a voicemail answers."""

from __future__ import annotations

import asyncio
import shutil
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from telephony.asterisk.translate import RINGBACK_HZ
from tests.lab.phone import Phone
from tests.lab.phone.audio import tone_level
from tests.lab.platform import LOOPBACK, ROOT, LabPlatform
from tests.lab.ports import reserve_ports

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.lab.pbx import AsteriskBinary
    from tests.lab.phone.outgoing import OutgoingCall
    from tests.lab.stage import Stage

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

MOBILE, SHOWN = "13900139000", "01065550001"
PROMPT = "您有一个来电，请按1接听。"
ACCEPT_S = 5
CALLER_HZ, AGENT_HZ, VOICEMAIL_HZ = 700, 1_100, 900


class Outside:
    """The ports of the two carriers: the first in order is there in one test alone."""

    port = first = 0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def platform(
    asterisk_binary: AsteriskBinary, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[LabPlatform]:
    """The example platform, with a way out over the carrier and a mobile seat."""
    folder = tmp_path_factory.mktemp("mobile")
    shutil.copytree(ROOT / "config", folder / "original")
    with (folder / "original" / "phones.yaml").open("a", encoding="utf-8") as phones:
        phones.write(f"m1: {{node: bj1, name: 王芳手机, outside: {MOBILE}, agents: [press/wang]}}\n")
    with reserve_ports(2) as ports:
        Outside.port, Outside.first = ports.take(), ports.take()
        async with LabPlatform(folder / "lab", config=folder / "original", edit=_edit, binary=asterisk_binary) as lab:
            yield lab


def _edit(data: dict[str, Any]) -> None:
    data["trunks"]["carrier"]["outgoing"] = {
        "server": f"{LOOPBACK}:{Outside.port}",
        "caller_ids": {"press": SHOWN},
        "write": {"+861": "1"},
        "qualify_s": 1,
        "rates": {"+86": {"per_minute": 0.2}},
    }
    first = {"server": f"{LOOPBACK}:{Outside.first}", "caller_id": SHOWN, "qualify_s": 1}
    data["trunks"]["first"] = {"node": "bj1", "outgoing": first}
    routes = [{"prefixes": ["+86"], "trunks": ["first", "carrier"]}]
    data["outside"] = {"country_code": "86", "accept_s": ACCEPT_S, "routes": routes}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def carrier(platform: LabPlatform) -> AsyncIterator[Phone]:
    """The agent's mobile phone, behind the carrier, which is there."""
    async with Phone(MOBILE, server=(LOOPBACK, platform.trunk_sip), local_port=Outside.port) as phone:
        await platform.until_up("carrier")
        yield phone


@pytest_asyncio.fixture(loop_scope="module")
async def mobile(stage: Stage, platform: LabPlatform, carrier: Phone) -> Phone:
    """The same, with the agent signed in there."""
    await platform.api("POST", "agents/press/wang/state", wish="ready", phone="m1")
    return carrier


async def waits(stage: Stage, customer: Phone) -> tuple[OutgoingCall, str]:
    """A customer in the queue for orders."""
    call, contact = await stage.dial(customer, "98668")
    await call.dtmf("11")
    await stage.facts.until("ContactQueued", contact=contact)
    return call, contact


async def test_accepted(stage: Stage, platform: LabPlatform, mobile: Phone) -> None:
    async with stage.caller() as customer:
        call, contact = await waits(stage, customer)
        incoming = await mobile.incoming()
        assert incoming.request.uri.startswith(f"sip:{MOBILE}@")
        assert incoming.caller.user == SHOWN
        await incoming.ring()
        await incoming.answer()
        await incoming.hears(stage.prompt(PROMPT), within=10)
        assert not [f for f in stage.facts.seen if f["fact"] == "AgentConnected" and f["contact"] == contact]
        await incoming.dtmf("1")
        await stage.facts.until("AgentConnected", contact=contact, agent="press/wang")
        call.send_tone(CALLER_HZ)
        incoming.send_tone(AGENT_HZ)
        await asyncio.gather(call.hears_tone(AGENT_HZ, within=5), incoming.hears_tone(CALLER_HZ, within=5))
        carrier, first = (await platform.api("GET", "trunks"))["trunks"]
        assert (carrier["state"], carrier["used"]) == ("up", 2)
        assert (first["state"], first["used"]) == ("down", 0)
        await incoming.hang_up()
        await call.ended()
    record = await stage.record_of("13800138000")
    assert (record["outcome"], record["agents"]) == ("answered", ["press/wang"])
    ended = await stage.facts.until("OutsideEnded", contact=contact)
    assert (ended["cost"], ended["trunk"]) == (0.2, "carrier")


@pytest.mark.parametrize("who", ["a voicemail", "somebody who presses another key"])
async def test_not_accepted_and_the_caller_keeps_the_place(
    stage: Stage, platform: LabPlatform, mobile: Phone, who: str
) -> None:
    async with stage.caller() as customer:
        call, contact = await waits(stage, customer)
        incoming = await mobile.incoming()
        await incoming.answer()
        second = await stage.agent("press/li", "p105")
        if who == "a voicemail":
            incoming.send_tone(VOICEMAIL_HZ)
            why = "not accepted in time"
        else:
            await incoming.hears(stage.prompt(PROMPT), within=10)
            await incoming.dtmf("2")
            why = "not accepted: another key"
        over = await stage.facts.until("OfferEnded", contact=contact, agent="press/wang", within=ACCEPT_S + 5)
        assert (over["outcome"], over["detail"]) == ("no_answer", why)
        await incoming.ended()
        ringing = await second.incoming()
        await ringing.answer()
        await stage.facts.until("AgentConnected", contact=contact, agent="press/li")
        ringing.send_tone(AGENT_HZ)
        await call.hears_tone(AGENT_HZ, within=5)
        await call.hang_up()
    record = await stage.record_of("13800138000")
    assert (record["agents"], record["offers"]) == (["press/li"], 2)
    wang = next(a for a in (await platform.api("GET", "agents"))["agents"] if a["agent"] == "press/wang")
    assert wang["phase"] == "unresponsive"


async def test_a_carrier_without_a_line_is_followed_by_the_next(
    stage: Stage, platform: LabPlatform, mobile: Phone
) -> None:
    async with Phone("first", server=(LOOPBACK, platform.trunk_sip), local_port=Outside.first) as full:
        full.auto_reject = 503
        await platform.until_up("first")
        async with stage.caller() as customer:
            call, contact = await waits(stage, customer)
            incoming = await mobile.incoming()
            await incoming.answer()
            await incoming.dtmf("1")
            await stage.facts.until("AgentConnected", contact=contact, agent="press/wang")
            dialled = [
                f["trunk"] for f in stage.facts.seen if f["fact"] == "OutsideDialled" and f["contact"] == contact
            ]
            assert dialled == ["first", "carrier"]
            await call.hang_up()
            await incoming.ended()
    record = await stage.record_of("13800138000")
    assert (record["outcome"], record["offers"]) == ("answered", 1)


async def test_a_colleague_at_a_mobile_phone_is_consulted(stage: Stage, platform: LabPlatform, mobile: Phone) -> None:
    await platform.until_trunk("first", "down")
    li = await stage.agent("press/li", "p105")
    await platform.api("POST", "agents/press/wang/state", wish="not_ready", reason="meal")
    async with stage.caller() as customer:
        call, contact = await waits(stage, customer)
        taken = await li.incoming()
        await taken.answer()
        await stage.facts.until("AgentConnected", contact=contact, agent="press/li")
        await platform.api("POST", "agents/press/wang/state", wish="ready")
        await platform.api("POST", f"calls/{contact}/consult", agent="press/wang")
        await taken.hears_tone(RINGBACK_HZ, within=8)
        incoming = await mobile.incoming()
        await incoming.answer()
        await incoming.hears(stage.prompt(PROMPT), within=10)
        taken.send_tone(AGENT_HZ)
        assert tone_level(incoming.heard[-4_000:], AGENT_HZ) < 0.01
        await incoming.dtmf("1")
        await stage.facts.until("ConsultationBegan", contact=contact, colleague="press/wang")
        incoming.send_tone(VOICEMAIL_HZ)
        await asyncio.gather(
            incoming.hears_tone(AGENT_HZ, within=5),
            taken.hears_tone(VOICEMAIL_HZ, within=5),
        )
        await taken.hang_up()
        call.send_tone(CALLER_HZ)
        await asyncio.gather(incoming.hears_tone(CALLER_HZ, within=5), call.hears_tone(VOICEMAIL_HZ, within=5))
        await incoming.hang_up()
        await call.ended()
    record = await stage.record_of("13800138000")
    assert record["complete"]
    assert record["agents"] == ["press/li", "press/wang"]
