"""One platform on two nodes: an Asterisk, and a second Asterisk or a FreeSWITCH. Who came in at one is connected to an
agent who is registered at the other.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
import yaml

from tests.e2e.conversation import hears_music
from tests.lab.freeswitch import find_freeswitch, missing_freeswitch
from tests.lab.phone import Phone
from tests.lab.platform import LOOPBACK, ROOT
from tests.lab.stereo import Stereo
from tests.lab.two_nodes import NODE, TwoNodes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.lab.pbx import AsteriskBinary
    from tests.lab.phone.incoming import IncomingCall
    from tests.lab.phone.outgoing import OutgoingCall
    from tests.lab.stage import Stage

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

CALLER, CALLER_HZ, AGENT_HZ = "13800138000", 700, 1_100
RING_S = 4
BOTH = ("asterisk", pytest.param("freeswitch", marks=pytest.mark.freeswitch))


def configuration(folder: Path) -> Path:
    """The example, with a queue that rings for a short time, in a tone of its own."""
    shutil.copytree(ROOT / "config", folder)
    queues = folder / "tenants" / "press" / "queues.yaml"
    data = yaml.safe_load(queues.read_text(encoding="utf-8"))
    data["orders"] |= {"ring_s": RING_S, "wrap_up_s": 0, "alert": "gong", "unresponsive_s": 1}
    data["orders"]["recording"] = {"mode": "on_demand", "announced": False}
    queues.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    return folder


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=BOTH)
async def platform(
    request: pytest.FixtureRequest, asterisk_binary: AsteriskBinary, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[TwoNodes]:
    """The example platform on both."""
    program = None
    if request.param == "freeswitch" and (program := find_freeswitch()) is None:
        pytest.skip(missing_freeswitch())
    folder = tmp_path_factory.mktemp("two")
    config = configuration(folder / "original")
    async with TwoNodes(folder, config=config, freeswitch=program, binary=asterisk_binary) as platform:
        yield platform


async def agent(stage: Stage, name: str, phone: str) -> Phone:
    """An agent, ready, on a phone at the second node."""
    assert isinstance(stage.platform, TwoNodes)
    opened = await stage.open(Phone(phone, stage.password(phone), server=(LOOPBACK, stage.platform.second.sip)))
    before = len(stage.facts.seen)
    await opened.register()
    await stage.facts.until("PhoneChanged", since=before, phone=phone, reachable=True, node=NODE)
    await stage.platform.api("POST", f"agents/{name}/state", wish="ready", phone=phone)
    return opened


async def waiting(stage: Stage, *, second: bool = False, caller: str = CALLER) -> tuple[OutgoingCall, str]:
    """A caller in the queue of the press, who came in at the first node or the second."""
    assert isinstance(stage.platform, TwoNodes)
    port = stage.platform.second.trunk_sip if second else stage.platform.trunk_sip
    phone = await stage.open(Phone(caller, server=(LOOPBACK, port)))
    call, contact = await stage.dial(phone, "98668")
    await stage.facts.until("StepEntered", contact=contact, step="say")
    await call.dtmf("11")
    await stage.facts.until("ContactQueued", contact=contact)
    return call, contact


async def hear_each_other(call: OutgoingCall, incoming: IncomingCall) -> None:
    call.send_tone(CALLER_HZ)
    incoming.send_tone(AGENT_HZ)
    await asyncio.gather(call.hears_tone(AGENT_HZ, within=5), incoming.hears_tone(CALLER_HZ, within=5))


async def no_legs(stage: Stage) -> None:
    """Neither vcc nor a switch has any leg left."""
    async with asyncio.timeout(5):
        while any(node["legs"] for node in (await stage.platform.api("GET", "nodes"))["nodes"]):  # noqa: ASYNC110
            await asyncio.sleep(0.05)  # another process, which can only be asked


@pytest.mark.parametrize("ends", ["agent", "caller"])
async def test_a_caller_at_the_first_node_talks_with_an_agent_at_the_second(stage: Stage, ends: str) -> None:
    phone = await agent(stage, "press/wang", "p105")
    call, contact = await waiting(stage)
    incoming = await phone.incoming()
    assert (incoming.caller.user, incoming.caller.display) == (CALLER, "北京星空出版社 图书订购")
    assert incoming.header("Alert-Info") == "<urn:vcc:gong>;info=gong"
    assert incoming.header("Call-Info") is None
    assert incoming.header("X-VCC-Key") is None
    await incoming.ring()
    await stage.facts.until("AgentStateChanged", contact=contact, phase="ringing")
    await incoming.answer()
    await stage.facts.until("AgentConnected", contact=contact)
    nodes = {node["node"]: node for node in (await stage.platform.api("GET", "nodes"))["nodes"]}
    assert {name: (node["up"], node["calls"], node["legs"], node["phones"]) for name, node in nodes.items()} == {
        "bj1": (True, 1, 2, 0),
        NODE: (True, 0, 0, 1),
    }
    await hear_each_other(call, incoming)
    if ends == "agent":
        await incoming.hang_up()
    else:
        await call.hang_up()
        await incoming.ended()
    await call.ended()
    record = await stage.record_of(CALLER)
    assert (record["outcome"], record["agents"]) == ("answered", ["press/wang"])
    await no_legs(stage)


async def test_a_caller_at_the_second_node_talks_with_an_agent_at_the_first(stage: Stage) -> None:
    phone = await stage.agent("press/wang", "p101")
    call, contact = await waiting(stage, second=True)
    incoming = await phone.incoming()
    assert (incoming.caller.user, incoming.caller.display) == (CALLER, "北京星空出版社 图书订购")
    assert incoming.header("Alert-Info") == "<urn:vcc:gong>;info=gong"
    await incoming.ring()
    await stage.facts.until("AgentStateChanged", contact=contact, phase="ringing")
    await incoming.answer()
    await stage.facts.until("AgentConnected", contact=contact)
    await hear_each_other(call, incoming)
    await incoming.hang_up()
    await call.ended()
    assert (await stage.record_of(CALLER))["agents"] == ["press/wang"]
    await no_legs(stage)


async def test_a_phone_that_answers_by_itself_is_asked_to_at_the_other_node_too(stage: Stage) -> None:
    phone = await agent(stage, "press/wang", "p106")
    await waiting(stage)
    assert (await phone.incoming()).header("Call-Info") == "<sip:vcc>;answer-after=0"


@pytest.mark.parametrize(("status", "outcome"), [(486, "busy"), (603, "refused"), (0, "no_answer")])
async def test_where_nobody_is_at_the_other_node_the_next_agent_is_rung(
    stage: Stage, status: int, outcome: str
) -> None:
    phone = await agent(stage, "press/wang", "p105")
    call, contact = await waiting(stage)
    incoming = await phone.incoming()
    await incoming.ring()
    second = await stage.agent("press/li", "p101")
    if status:
        await incoming.reject(status)
    else:
        await incoming.cancelled(timeout=RING_S + 2)
    await stage.facts.until("OfferEnded", contact=contact, agent="press/wang", outcome=outcome)
    answered = await second.incoming()
    await answered.answer()
    await stage.facts.until("AgentConnected", contact=contact, agent="press/li")
    await hear_each_other(call, answered)


async def test_a_caller_who_gives_up_stops_the_ringing_at_the_other_node(stage: Stage) -> None:
    phone = await agent(stage, "press/wang", "p105")
    call, _ = await waiting(stage)
    incoming = await phone.incoming()
    await incoming.ring()
    await call.hang_up()
    assert "elsewhere" in (await incoming.cancelled() or "")


async def test_the_hold_key_of_a_phone_at_the_other_node_gives_the_caller_music(stage: Stage) -> None:
    phone = await agent(stage, "press/wang", "p105")
    call, contact = await waiting(stage)
    incoming = await phone.incoming()
    await incoming.answer()
    await stage.facts.until("AgentConnected", contact=contact)
    await hear_each_other(call, incoming)
    await incoming.hold()
    await stage.facts.until("TalkHeld", contact=contact)
    await hears_music(call)
    await incoming.unhold()
    await stage.facts.until("TalkResumed", contact=contact)
    await hear_each_other(call, incoming)


async def test_keys_of_a_phone_at_the_other_node_are_heard(stage: Stage) -> None:
    phone = await agent(stage, "press/wang", "p105")
    _, contact = await waiting(stage)
    incoming = await phone.incoming()
    await incoming.answer()
    await stage.facts.until("AgentConnected", contact=contact)
    await incoming.dtmf("*6")
    await stage.facts.until("TalkHeld", contact=contact)


async def test_a_supervisor_and_the_agent_are_each_at_the_other_node(stage: Stage) -> None:
    phone = await agent(stage, "press/wang", "p105")
    listener = await agent(stage, "press/li", "p108")
    await stage.platform.api("POST", "agents/press/li/state", wish="signed_out")
    call, contact = await waiting(stage)
    incoming = await phone.incoming()
    await incoming.answer()
    await stage.facts.until("AgentConnected", contact=contact)
    await stage.platform.api("POST", f"calls/{contact}/supervise", phone="p108", mode="listen")
    hears = await listener.incoming()
    await hears.answer()
    await stage.facts.until("SupervisionBegan", contact=contact)
    call.send_tone(CALLER_HZ)
    await hears.hears_tone(CALLER_HZ, within=5)
    call.send_silence()
    incoming.send_tone(AGENT_HZ)
    await hears.hears_tone(AGENT_HZ, within=5)
    await call.hang_up()
    await no_legs(stage)


async def test_a_conversation_over_the_trunk_is_recorded(stage: Stage) -> None:
    phone = await agent(stage, "press/wang", "p105")
    call, contact = await waiting(stage)
    incoming = await phone.incoming()
    await incoming.answer()
    await stage.facts.until("AgentConnected", contact=contact)
    await incoming.dtmf("*01")
    await stage.facts.until("RecordingStarted", contact=contact)
    await hear_each_other(call, incoming)
    await call.hang_up()
    made = await stage.facts.until("RecordingFinished", contact=contact, within=15)
    assert (made["problem"], made["silence"] < 0.9) == ("", True)
    sound = Stereo.of_wav(stage.platform.state / "recordings" / made["file"])
    assert sound.left(CALLER_HZ) > 0.3 > sound.left(AGENT_HZ)
    assert sound.right(AGENT_HZ) > 0.3 > sound.right(CALLER_HZ)


@pytest.mark.parametrize("second", [False, True])
async def test_a_phone_at_the_other_node_sends_its_caller_on(stage: Stage, second: bool) -> None:
    """Its REFER is the business of the node at which it is, which has but the trunk at the other end."""
    first, then = ("press/wang", "p101"), ("press/li", "p105")
    phone = await stage.agent(*first) if second else await agent(stage, "press/wang", "p105")
    call, contact = await waiting(stage, second=second)
    incoming = await phone.incoming()
    await incoming.answer()
    await stage.facts.until("AgentConnected", contact=contact)
    colleague = await agent(stage, *then) if second else await stage.agent("press/li", "p101")
    await incoming.transfer("2002")
    answered = await colleague.incoming()
    await answered.answer()
    await stage.facts.until("AgentConnected", contact=contact, agent="press/li")
    await hear_each_other(call, answered)
    await answered.hang_up()
    await stage.record_of(CALLER)
    await no_legs(stage)


async def test_what_is_dialled_at_the_other_node_comes_to_vcc_there(stage: Stage) -> None:
    phone = await agent(stage, "press/wang", "p105")
    call = await phone.dial("*70")
    await call.answered()
    arrived = await stage.facts.until("ContactArrived", dialled="*70")
    assert arrived["node"] == NODE
    await call.hang_up()


async def test_a_vcc_that_dies_in_a_conversation_between_nodes_finds_it_again(stage: Stage) -> None:
    phone = await agent(stage, "press/wang", "p105")
    call, contact = await waiting(stage)
    incoming = await phone.incoming()
    await incoming.answer()
    await stage.facts.until("AgentConnected", contact=contact)
    os.kill(stage.platform.vcc_pid(), signal.SIGKILL)
    # Its state may be that of 20 ms before, in which nobody was connected yet: what counts is what is heard.
    await stage.platform.fact_of(contact, "ContactRecovered", within=30)
    await hear_each_other(call, incoming)
    facts: list[dict[str, Any]] = (await stage.platform.api("GET", f"calls/{contact}"))["facts"]
    assert not [fact for fact in facts if fact["fact"] == "LegHealed"]
    await incoming.hang_up()
    await call.ended()
    assert (await stage.record_of(CALLER))["outcome"] == "answered"
    await no_legs(stage)


@pytest.mark.parametrize("second", [False, True])
async def test_who_has_no_key_rings_no_phone(stage: Stage, second: bool) -> None:
    assert isinstance(stage.platform, TwoNodes)
    port = stage.platform.second.nodes_sip if second else stage.platform.nodes_sip
    mine, other = ("p105", "p101") if second else ("p101", "p105")
    phone = await agent(stage, "press/wang", mine) if second else await stage.agent("press/wang", mine)
    async with Phone("intruder", server=(LOOPBACK, port)) as intruder:
        for headers in ((), (("X-VCC-Key", "0" * 64), ("X-VCC-Ring", "20:0:"))):
            call = await intruder.dial(mine, headers=headers)
            assert await call.refused() in {403, 603}
        for nobody in (other, "98668", "13800138000", "out.carrier", "*71"):
            assert await (await intruder.dial(nobody)).refused() in {403, 404, 603}
    assert phone.waiting_calls == 0


async def test_a_node_that_dies_while_its_phone_rings_costs_the_caller_nothing(stage: Stage) -> None:
    """And its phone is rung where it registers next. The last one: the second node is dead afterwards."""
    assert isinstance(stage.platform, TwoNodes)
    phone = await agent(stage, "press/wang", "p107")
    call, contact = await waiting(stage)
    incoming = await phone.incoming()
    await incoming.ring()
    await stage.facts.until("AgentStateChanged", contact=contact, phase="ringing")
    second = await stage.agent("press/li", "p101")
    os.kill(stage.platform.other.pid, signal.SIGKILL)
    await stage.facts.until("NodeChanged", node=NODE, up=False, within=3)
    ended = await stage.facts.until("OfferEnded", contact=contact, agent="press/wang", within=1)
    assert ended["outcome"] == "unreachable"
    answered = await second.incoming()
    await answered.answer()
    await stage.facts.until("AgentConnected", contact=contact, agent="press/li")
    await hear_each_other(call, answered)
    nodes = {node["node"]: node for node in (await stage.platform.api("GET", "nodes"))["nodes"]}
    assert (nodes[NODE]["up"], nodes[NODE]["phones"]) == (False, 0)
    await answered.hang_up()
    await stage.platform.api("POST", "agents/press/li/state", wish="signed_out")
    moved = await stage.agent("press/wang", "p107")
    call, _ = await waiting(stage, caller="13800138001")
    incoming = await moved.incoming()
    await incoming.answer()
    await hear_each_other(call, incoming)
