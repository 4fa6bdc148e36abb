"""What queues ask of the router, on a real Asterisk: who is rung, who is not, where calls overflow to; and each time
what `vcc explain` says of it afterwards.
"""

from __future__ import annotations

import asyncio
import shutil
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from tests.e2e.command_line import vcc
from tests.lab.phone import Phone
from tests.lab.platform import LOOPBACK, ROOT, LabPlatform
from tests.lab.ports import reserve_ports

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.lab.pbx import AsteriskBinary
    from tests.lab.phone.incoming import IncomingCall
    from tests.lab.phone.outgoing import OutgoingCall
    from tests.lab.stage import Stage

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

#: The mobile phones of two agents, behind the carrier's one port.
SEATS = {"press/wang": ("m1", "13900139000"), "press/li": ("m2", "13900139001")}
CALLER_HZ, AGENT_HZ = 700, 1_100
PROMPT = "您有一个来电，请按1接听。"

_QUEUES = """\
relaxed:
  name: {zh-CN: 放宽, en: Relaxed}
  skills: {orders: 7}
  wrap_up_s: 1
  ring_at_once: 2
  ladder: [{after_s: 2, skills: {}, raises: 5}]
three:
  name: {zh-CN: 群振, en: Three}
  skills: {orders: 5}
  ring_at_once: 3
  wrap_up_s: 0
short:
  name: {zh-CN: 短振铃, en: Short}
  skills: {orders: 5}
  ring_s: 2
  wrap_up_s: 0
preferred:
  name: {zh-CN: 指定, en: Preferred}
  skills: {orders: 5}
  wrap_up_s: 0
  prefer_s: 60
soon:
  name: {zh-CN: 稍后, en: Soon}
  skills: {orders: 5}
  wrap_up_s: 0
  prefer_s: 2
lent:
  name: {zh-CN: 溢出, en: Lent}
  skills: {zh: 3}
  wrap_up_s: 0
  ladder: [{after_s: 600, overflow: [chess]}]
  overflow:
    - {switch: true, step: 1}
away:
  name: {zh-CN: 转移, en: Away}
  skills: {orders: 5}
  overflow:
    - {agents_below: 1, flow: spill}
"""
_FLOW = """\
steps:
  - id: choose
    menu:
      say: {zh-CN: 请按键。, en: Press a key.}
      timeout: 30s
      1: {queue: relaxed}
      2: {queue: three}
      3: {queue: short}
      4: {queue: {name: preferred, prefers: "2001"}}
      5: {queue: lent}
      6: {queue: away}
      7: {queue: {name: soon, prefers: "2001"}}
      on_failure: hang_up
"""
_SPILL = """\
steps:
  - say: {zh-CN: 请稍候，我们为您转接棋院。, en: Please wait.}
  - number: "98667"
"""


class Outside:
    """Where the carrier is."""

    port = 0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def platform(
    asterisk_binary: AsteriskBinary, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[LabPlatform]:
    """The example platform, with queues of each kind, a way out over the carrier and two mobile seats."""
    folder = tmp_path_factory.mktemp("routing")
    shutil.copytree(ROOT / "config", folder / "original")
    _write(folder / "original")
    with reserve_ports(1) as ports:
        Outside.port = ports.take()
        async with LabPlatform(folder / "lab", config=folder / "original", edit=_edit, binary=asterisk_binary) as lab:
            yield lab


def _write(config: Path) -> None:
    press, chess = config / "tenants" / "press", config / "tenants" / "chess"
    with (press / "queues.yaml").open("a", encoding="utf-8") as queues:
        queues.write(_QUEUES)
    (press / "flows" / "main.yaml").write_text(_FLOW, encoding="utf-8")
    (press / "flows" / "spill.yaml").write_text(_SPILL, encoding="utf-8")
    shutil.rmtree(press / "flows" / "tests", ignore_errors=True)
    with (chess / "tenant.yaml").open("a", encoding="utf-8") as tenant:
        tenant.write("\nlends_to: [press]\n")
    with (config / "phones.yaml").open("a", encoding="utf-8") as phones:
        for agent, (seat, number) in SEATS.items():
            phones.write(f"{seat}: {{node: bj1, outside: {number}, agents: [{agent}]}}\n")


def _edit(data: dict[str, Any]) -> None:
    carrier = {"server": f"{LOOPBACK}:{Outside.port}", "caller_id": "01065550001", "write": {"+861": "1"}}
    data["trunks"]["carrier"]["outgoing"] = carrier | {"qualify_s": 1}
    data["outside"] = {"country_code": "86", "accept_s": 8, "calls_per_minute": 1000}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def mobiles(platform: LabPlatform) -> AsyncIterator[Phone]:
    """All mobile phones, behind the carrier, which is there."""
    async with Phone("mobiles", server=(LOOPBACK, platform.trunk_sip), local_port=Outside.port) as phone:
        await platform.until_up("carrier")
        yield phone


async def queued(stage: Stage, phone: Phone, key: str) -> tuple[OutgoingCall, str]:
    """A caller who has chosen a queue of the press by its key."""
    call, contact = await stage.dial(phone, "98668")
    await stage.facts.until("StepEntered", contact=contact, step="choose")
    await call.dtmf(key)
    await stage.facts.until("ContactQueued", contact=contact)
    return call, contact


async def explained(platform: LabPlatform, contact: str, *words: str) -> str:
    """What the command line says of a call; each of `words` is in it, in this order."""
    said = await vcc(platform, "explain", contact)
    at = 0
    for word in words:
        found = said.find(word, at)
        assert found >= 0, f"{word!r} is not in, or not in its place:\n{said}"
        at = found
    return said


async def put_through(stage: Stage, call: OutgoingCall, ringing: IncomingCall, agent: str, contact: str) -> None:
    """The two hear each other, then the agent hangs up."""
    await stage.facts.until("AgentConnected", contact=contact, agent=agent)
    call.send_tone(CALLER_HZ)
    ringing.send_tone(AGENT_HZ)
    await asyncio.gather(call.hears_tone(AGENT_HZ, within=5), ringing.hears_tone(CALLER_HZ, within=5))
    await ringing.hang_up()
    await call.ended()


async def test_a_ladder_lets_two_in_who_are_rung_at_once(stage: Stage, platform: LabPlatform) -> None:
    li, sun = await stage.agent("press/li", "p105"), await stage.agent("press/sun", "p106")
    async with stage.caller() as phone:
        call, contact = await queued(stage, phone, "1")
        detail = await platform.api("GET", f"calls/{contact}")
        assert detail["waits"]["able"] == {}, "neither of them takes orders well enough"
        assert detail["waits"]["step_at"] is not None
        assert "nobody who could take it is signed in" in await explained(platform, contact, "waits now, position 1")
        ringing, other = await asyncio.gather(li.incoming(), sun.incoming())
        await ringing.answer()
        await other.cancelled()
        await put_through(stage, call, ringing, "press/li", contact)
    await explained(
        platform,
        contact,
        "waits in press/relaxed",
        "step 1 of the ladder, priority 55",
        "was the first by longest idle",
        "withdrawn somebody else answered",
    )


async def test_mobile_phones_and_a_phone_ring_at_once_and_the_first_to_accept_wins(
    stage: Stage, platform: LabPlatform, mobiles: Phone
) -> None:
    for agent, (seat, _) in SEATS.items():
        await platform.api("POST", f"agents/{agent}/state", wish="ready", phone=seat)
    lin = await stage.agent("lin", "p105")
    async with stage.caller() as phone:
        call, contact = await queued(stage, phone, "2")
        one, other, inside = await asyncio.gather(mobiles.incoming(), mobiles.incoming(), lin.incoming())
        numbers = {ringing.request.uri.partition("@")[0].removeprefix("sip:"): ringing for ringing in (one, other)}
        wang, li = (numbers[number] for _, number in SEATS.values())
        await wang.answer()
        await wang.hears(stage.prompt(PROMPT), within=10)  # a voicemail would have answered like this
        await li.answer()
        await li.hears(stage.prompt(PROMPT), within=10)
        await li.dtmf("1")
        await stage.facts.until("AgentConnected", contact=contact, agent="press/li")
        async with asyncio.timeout(1):
            await asyncio.gather(inside.cancelled(), wang.ended())
        await put_through(stage, call, li, "press/li", contact)
    said = await explained(platform, contact, "offered to", "press/li answered", "left press/three")
    assert said.count("withdrawn somebody else answered") == 2
    record = await stage.record_of("13800138000")
    assert (record["agents"], record["offers"], record["complete"]) == (["press/li"], 3, True)


async def test_an_agent_who_does_not_answer_and_one_who_is_busy(stage: Stage, platform: LabPlatform) -> None:
    wang, li = await stage.agent("press/wang", "p104"), await stage.agent("press/li", "p105")
    lin = await stage.agent("lin", "p106")
    li.auto_reject = 486
    async with stage.caller() as phone:
        call, contact = await queued(stage, phone, "3")
        unanswered = await wang.incoming()
        await unanswered.ring()
        await unanswered.cancelled()
        ringing = await lin.incoming()
        await ringing.answer()
        await put_through(stage, call, ringing, "lin", contact)
    await explained(
        platform,
        contact,
        "offered to press/wang",
        "press/li: free, but behind",
        "the offer to press/wang ended: no_answer",
        "offered to press/li",
        "press/wang: did not answer before",
        "the offer to press/li ended: busy",
        "lin answered",
    )
    record = await stage.record_of("13800138000")
    assert (record["outcome"], record["offers"]) == ("answered", 3)
    agents = {agent["agent"]: agent for agent in (await platform.api("GET", "agents"))["agents"]}
    assert agents["press/wang"]["phase"] == "unresponsive"


async def test_a_preferred_agent_is_waited_for_and_then_anybody_is_asked(stage: Stage, platform: LabPlatform) -> None:
    wang, li = await stage.agent("press/wang", "p104"), await stage.agent("press/li", "p105")
    async with stage.caller() as first, stage.caller("13800138001") as second, stage.caller("13800138002") as third:
        call, contact = await queued(stage, first, "4")
        talking = await wang.incoming()
        await talking.answer()
        await stage.facts.until("AgentConnected", contact=contact, agent="press/wang")
        await explained(platform, contact, "the call came and prefers press/wang")

        waits, other = await queued(stage, second, "4")
        await explained(platform, other, "waits now", "until then only press/wang is asked")
        await talking.hang_up()
        await call.ended()
        again = await wang.incoming()
        await again.answer()
        await stage.facts.until("AgentConnected", contact=other, agent="press/wang")
        assert not li.calls

        _, last = await queued(stage, third, "7")
        ringing = await li.incoming()
        await ringing.answer()
        await stage.facts.until("AgentConnected", contact=last, agent="press/li")
        await explained(
            platform,
            last,
            "the preferred agent is not waited for any longer",
            "offered to press/li",
            "press/wang: in a conversation",
        )
        await again.hang_up()
        await waits.ended()
        await ringing.hang_up()


async def test_agents_are_moved_between_queues_while_a_phone_rings(stage: Stage, platform: LabPlatform) -> None:
    wang, sun = await stage.agent("press/wang", "p104"), await stage.agent("press/sun", "p105")
    async with stage.caller() as phone:
        call, contact = await queued(stage, phone, "4")
        rings = await wang.incoming()
        await rings.ring()
        await vcc(platform, "assign", "press/wang", "press/preferred", "off", "--until", "1h")
        await rings.cancelled()
        await explained(platform, contact, "the offer to press/wang ended: withdrawn", "has taken them off this queue")
        said = await vcc(platform, "assign", "press/sun", "press/preferred", "on", "--reason", "storm")
        assert "storm" in said
        ringing = await sun.incoming()
        await ringing.answer()
        await put_through(stage, call, ringing, "press/sun", contact)
    await explained(platform, contact, "offered to press/sun", "press/sun was put on press/preferred by", "answered")
    for agent in ("press/wang", "press/sun"):
        await vcc(platform, "assign", agent, "press/preferred", "back")
    assert [agent["assigned"] for agent in (await platform.api("GET", "agents"))["agents"] if agent["assigned"]] == []


async def test_the_switch_lets_another_tenants_agents_in(stage: Stage, platform: LabPlatform) -> None:
    chen = await stage.agent("chess/chen", "p105")
    async with stage.caller() as phone:
        call, contact = await queued(stage, phone, "5")
        await explained(platform, contact, "nobody who could take it is signed in")
        said = await vcc(platform, "overflow", "press", "on", "--queue", "lent", "--reason", "storm")
        assert said == "The overflow switch of press lent is on now.\n"
        ringing = await chen.incoming()
        assert ringing.caller.display == "北京星空出版社 溢出"
        await ringing.answer()
        await put_through(stage, call, ringing, "chess/chen", contact)
    await explained(
        platform,
        contact,
        "press/lent overflowed: the switch was on, turned by",
        "step 1 of the ladder at once",
        "offered to chess/chen",
        "chess/chen answered",
    )
    await vcc(platform, "overflow", "press", "off", "--queue", "lent")
    assert (await platform.api("GET", "tenants/press"))["overflow"] == []


async def test_nobody_is_there_and_the_caller_goes_to_the_other_tenant(stage: Stage, platform: LabPlatform) -> None:
    async with stage.caller() as phone:
        call, contact = await stage.dial(phone, "98668")
        await stage.facts.until("StepEntered", contact=contact, step="choose")
        await call.dtmf("6")
        await stage.hears(call, "请稍候，我们为您转接棋院。")
        await stage.facts.until("NumberEntered", contact=contact, number="98667")
        await call.hang_up()
    await explained(
        platform, contact, "press/away overflowed: too few agents were there (0 of 1): led into press/spill"
    )
