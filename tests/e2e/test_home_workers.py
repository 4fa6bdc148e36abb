"""Agents at home: behind a router that their phones know nothing of, and with networks that go away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from tests.e2e.conversation import CALLER, LI, WANG, consult, hear_each_other, hears_music, talking, wraps_up
from tests.lab.phone import Phone
from tests.lab.platform import LOOPBACK, LabPlatform
from tests.lab.stage import Stage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.lab.pbx import AsteriskBinary

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

#: What a phone at home says of itself: nobody outside that home gets there.
AT_HOME = "sip:p104@192.168.77.20:5060"
#: Where the router lets it come out, in the eyes of a node that has 127.0.0.1/32 as its own network.
ROUTER = "127.0.0.2"
#: What the node, behind a router too, is for all others.
NODE_OUTSIDE = "203.0.113.9"
MEDIA_S = 2
SURVEY = "请为本次服务评分，满意请按1，一般请按2，不满意请按3。"


def _edit(data: dict[str, Any]) -> None:
    data["nodes"]["bj1"] |= {"qualify_s": 1, "media_timeout_s": MEDIA_S}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def platform(
    asterisk_binary: AsteriskBinary, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[LabPlatform]:
    """The example platform, where what is lost is soon noticed."""
    async with LabPlatform(tmp_path_factory.mktemp("home"), edit=_edit, binary=asterisk_binary) as lab:
        yield lab


async def test_a_phone_behind_a_router_is_rung_and_heard(stage: Stage, platform: LabPlatform) -> None:
    at_home = Phone(
        "p104",
        stage.password("p104"),
        server=(LOOPBACK, platform.sip),
        local_host=ROUTER,
        claims=AT_HOME,
    )
    async with at_home as phone, stage.caller(CALLER) as caller:
        await phone.register()
        await stage.facts.until("PhoneChanged", phone="p104", reachable=True)
        await platform.api("POST", f"agents/{WANG}/state", wish="ready", phone="p104")
        call, incoming, _ = await talking(stage, caller, phone)
        await hear_each_other(call, incoming)
        await incoming.hold()
        await hears_music(call)
        await incoming.unhold()
        await hear_each_other(call, incoming)
        await call.hang_up()
        await incoming.ended()


async def test_an_agent_whose_network_is_lost_in_a_call(stage: Stage, platform: LabPlatform) -> None:
    """The switch ends that leg; the caller's session goes on, as if the agent had hung up."""
    wang = await stage.agent(WANG, "p104")
    async with stage.caller(CALLER) as caller:
        call, contact = await stage.dial(caller, "98668")
        await stage.facts.until("StepEntered", contact=contact, step="say")
        await call.dtmf("10")
        incoming = await wang.incoming()
        await incoming.answer()
        await stage.facts.until("AgentConnected", contact=contact)
        await hear_each_other(call, incoming)
        wang.deaf = True
        await stage.facts.until("AgentLeft", contact=contact, agent=WANG)
        await stage.hears(call, SURVEY)
        await call.dtmf("1")
        await call.ended(10)
    record = await stage.record_of(CALLER)
    assert (record["outcome"], record["agents"], record["complete"]) == ("answered", [WANG], True)
    seen = await platform.api("GET", f"agents/{WANG}")
    assert not seen["reachable"]


async def test_a_caller_whose_network_is_lost_in_a_call(stage: Stage) -> None:
    wang = await stage.agent(WANG, "p104")
    async with stage.caller(CALLER) as caller:
        call, incoming, _ = await talking(stage, caller, wang)
        await hear_each_other(call, incoming)
        before = len(stage.facts.seen)
        caller.deaf = True
        await incoming.ended(10)
        await wraps_up(stage, WANG, before)
    record = await stage.record_of(CALLER)
    assert (record["outcome"], record["agents"], record["complete"]) == ("answered", [WANG], True)


async def test_a_colleague_whose_network_is_lost_in_a_consultation(stage: Stage) -> None:
    wang = await stage.agent(WANG, "p104")
    async with stage.caller(CALLER) as caller:
        call, first, contact = await talking(stage, caller, wang)
        li = await stage.agent(LI, "p105")
        colleague = await consult(stage, contact, li, agent=LI)
        await hear_each_other(first, colleague)
        li.deaf = True
        await stage.facts.until("ConsultationEnded", contact=contact, how="hung_up")
        await hear_each_other(call, first)
        await call.hang_up()


async def test_an_agent_whose_network_is_lost_in_a_consultation(stage: Stage) -> None:
    """As one who hangs up then: the caller gets the colleague."""
    wang = await stage.agent(WANG, "p104")
    async with stage.caller(CALLER) as caller:
        call, first, contact = await talking(stage, caller, wang)
        li = await stage.agent(LI, "p105")
        colleague = await consult(stage, contact, li, agent=LI)
        await hear_each_other(first, colleague)
        wang.deaf = True
        await stage.facts.until("ConsultationEnded", contact=contact, how="completed")
        await hear_each_other(call, colleague)
        await call.hang_up()
        await colleague.ended()
    assert (await stage.record_of(CALLER))["agents"] == [WANG, LI]


async def test_a_network_that_is_lost_while_the_phone_rings(stage: Stage, platform: LabPlatform) -> None:
    """The offer ends long before the ringing time of 15 s, and the next agent gets the caller."""
    wang = await stage.agent(WANG, "p104")
    async with stage.caller(CALLER) as caller:
        call, contact = await stage.dial(caller, "98668")
        await stage.facts.until("StepEntered", contact=contact, step="say")
        await call.dtmf("11")
        await (await wang.incoming()).ring()
        wang.deaf = True
        li = await stage.agent(LI, "p105")
        second = await li.incoming(timeout=8)
        await second.answer()
        await stage.facts.until("AgentConnected", contact=contact, agent=LI)
        await hear_each_other(call, second)
        await call.hang_up()
    ended = await stage.facts.until("OfferEnded", contact=contact, agent=WANG)
    assert ended["outcome"] == "unreachable"
    seen = await platform.api("GET", f"agents/{WANG}")
    assert (seen["phase"], seen["reachable"]) == ("unresponsive", False)


# --- a node that is behind a router itself


def _behind_a_router(data: dict[str, Any]) -> None:
    data["nodes"]["bj1"] |= {"qualify_s": 1, "nat": {"external": NODE_OUTSIDE, "local": [f"{LOOPBACK}/32"]}}


async def test_a_node_behind_a_router_tells_its_outer_address_to_those_outside_alone(
    asterisk_binary: AsteriskBinary, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("router")
    async with LabPlatform(folder, edit=_behind_a_router, binary=asterisk_binary) as lab, Stage(lab) as stage:
        for host, expected in ((ROUTER, NODE_OUTSIDE), (LOOPBACK, LOOPBACK)):
            phone = Phone("p104", stage.password("p104"), server=(LOOPBACK, lab.sip), local_host=host)
            async with phone, stage.caller(CALLER) as caller:
                before = len(stage.facts.seen)
                await phone.register()
                await stage.facts.until("PhoneChanged", since=before, phone="p104", reachable=True)
                await lab.api("POST", f"agents/{WANG}/state", wish="ready", phone="p104")
                call, contact = await stage.dial(caller, "98668")
                await stage.facts.until("StepEntered", contact=contact, step="say")
                await call.dtmf("11")
                incoming = await phone.incoming()
                assert f"c=IN IP4 {expected}" in incoming.request.body.decode()
                assert f"@{expected}:{lab.sip}" in incoming.request.require("Contact")
                await incoming.reject()
                await call.hang_up()
            await stage.everybody_leaves()
