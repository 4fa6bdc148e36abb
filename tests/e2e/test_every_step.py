"""One flow that has every step of the language, driven on real switches by SIP phones: what each does is heard.

A step type that is new has to be put into it: the list is read from the registry.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from ivr_flows.steps import BUILT_IN
from tests.e2e.conversation import CALLER_HZ, hear_each_other, hears_music
from tests.e2e.way_out import BOTH, TRUNK, switch_program, way_out
from tests.lab.phone import Phone, tone, write_wav
from tests.lab.platform import LOOPBACK
from vcc.flows import finding

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.e2e.way_out import WayOut
    from tests.lab.phone.outgoing import OutgoingCall
    from tests.lab.stage import Stage

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

NUMBER, GOLD, OUTSIDE, CALLED_BACK = "98671", "13800138001", "13800138000", "13800138003"
LEAVE = "Please leave a message after the tone. Press the hash key when you are done."
WANG, MEETING_HZ, BEEP_HZ = "press/wang", 900, 1_000
CHOOSE, REVIEW = "Please choose.", "To keep the message, press 1. To listen to it, 2. To record it anew, 3."
FLOW = """
languages: [zh-CN, en]
steps:
  - lookup: {table: customers, into: {tier: tier}}
  - set: {asked: 0}
  - language: {say: {zh-CN: 中文请按1。, en: For English press 2.}, 1: zh-CN, 2: en}
  - if: {when: tier == "gold", then: {say: {zh-CN: 尊敬的金卡客户。, en: Dear gold customer.}}}
  - play: meeting.wav
  - wait: 300ms
  - switch: {on: language, is: {zh-CN: {goto: choose}}}
  - hours: {name: line, closed: hang_up}
  - collect: {name: order, say: {zh-CN: 请输入订单号。, en: The number of your order.}, length: 4}
  - call: {flow: digits, with: {order: "{order}"}, into: {last: last}}
  - http: {system: shop, path: "/orders/{order}", take: {state: state}}
  - say: {zh-CN: "订单{state:text}。", en: "Your order is {state:text}."}
  - action: {name: my_state, results: {refused: {set: {asked: 1}}}}
  - resolved: order
  - id: choose
    menu:
      say: {zh-CN: 请选择。, en: Please choose.}
      1:
        queue:
          name: orders
          after: {survey: {name: good, say: {zh-CN: 满意吗？, en: Was it good?}, scores: 1-3}}
      2: {transfer: {to: "13800138000", music: main}}
      3: {record: {say: {zh-CN: 请说。, en: Please speak.}, box: ideas, max: 1m}}
      4: voicemail
      5: {number: "98667"}
      6: {return: "{last}"}
      7: hang_up
      8: {goto: choose}
      9: [{callback: {queue: orders, say: {zh-CN: 稍后回电。, en: We call you back.}}}, hang_up]
      on_failure: hang_up
  - goto: choose
"""
DIGITS = """
arguments: [order]
results: [last]
steps:
  - set: {last: {expression: 'order.endsWith("4") ? "four" : "other"'}}
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=BOTH)
async def platform(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[WayOut]:
    """The example platform, with a second trunk, the flow, and what it looks up, plays and asks."""

    async def order(request: web.Request) -> web.Response:
        return web.json_response({"state": "on its way" if request.path.endswith("1234") else "lost"})

    app = web.Application()
    app.router.add_get("/orders/{order}", order)
    async with (
        TestServer(app, host=LOOPBACK) as server,
        way_out(tmp_path_factory.mktemp("every"), switch_program(request)) as lab,
    ):
        press = lab.config / "tenants" / "press"
        tenant = (press / "tenant.yaml").read_text(encoding="utf-8")
        tenant = tenant.replace("numbers:\n", f"numbers:\n  {NUMBER}: {{project: book_orders, flow: every}}\n", 1)
        tenant += f"\nsystems: {{shop: {{url: 'http://{LOOPBACK}:{server.port}', addresses: [{LOOPBACK}]}}}}\n"
        files = {
            "tenant.yaml": tenant,
            "flows/every.yaml": FLOW,
            "flows/digits.yaml": DIGITS,
            "tables/customers.csv": f"number,tier\n{GOLD},gold\n",
        }
        for folder in ("tables", "prompts"):
            (press / folder).mkdir(exist_ok=True)
        for name, text in files.items():
            (press / name).write_text(text, encoding="utf-8")
        write_wav(press / "prompts" / "meeting.wav", tone(MEETING_HZ, 2.0))
        await lab.api("POST", "reload")
        yield lab


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def outside(platform: WayOut) -> AsyncIterator[Phone]:
    """Whoever has the number outside, behind the carrier."""
    async with Phone("outside", server=(LOOPBACK, platform.trunk_sip), local_port=platform.carrier_port) as phone:
        await platform.until_up(TRUNK, within=30)  # FreeSWITCH asks at most every 5 s
        yield phone


async def hears(stage: Stage, call: OutgoingCall, text: str) -> None:
    await call.hears(stage.prompt(text, "en"), within=15)


async def speaks(stage: Stage, call: OutgoingCall, prompt: str) -> None:
    """The caller hears what to do and the tone, which is short, says something, and ends it."""
    await asyncio.gather(hears(stage, call, prompt), call.hears_tone(BEEP_HZ, within=20))
    call.send_tone(CALLER_HZ)
    await asyncio.sleep(1.0)  # how long the caller speaks
    call.send_silence()
    await call.dtmf("#")


async def chooses(stage: Stage, caller: Phone, key: str) -> tuple[OutgoingCall, str]:
    """Who calls again knows the way: in Chinese at once to the choice."""
    call, contact = await stage.dial(caller, NUMBER)
    await call.dtmf(f"1{key}")
    return call, contact


def entered(stage: Stage) -> set[str]:
    return {fact["kind"] for fact in stage.facts.seen if fact["fact"] == "StepEntered"}


async def test_every_step_does_what_it_is_for(stage: Stage, platform: WayOut, outside: Phone) -> None:
    steps = set(BUILT_IN)
    [subject] = [one for one in finding.find([platform.config]) if one.name == "press/every"]
    assert {node.kind for node in subject.flow.nodes.values()} == steps, "put what is missing into the flow"

    agent = await by_an_agent(stage)
    await by_others(stage, outside)
    await called_back(stage, outside, agent)
    assert entered(stage) >= steps


async def by_an_agent(stage: Stage) -> Phone:
    """All that is asked and said, two messages, an agent, whose phone this is, and the question afterwards."""
    agent = await stage.agent(WANG, "p104")
    async with stage.caller(GOLD) as caller:
        call, contact = await stage.dial(caller, NUMBER)
        await call.dtmf("2")
        await hears(stage, call, "Dear gold customer.")
        await call.hears_tone(MEETING_HZ, within=10)
        await hears(stage, call, "The number of your order.")
        await call.dtmf("1234")
        await hears(stage, call, "Your order is")
        await hears(stage, call, CHOOSE)
        await call.dtmf("8")
        await stage.facts.until("StepEntered", contact=contact, step="choose.8.goto")
        await call.dtmf("3")
        await speaks(stage, call, "Please speak.")
        await stage.facts.until("StepEntered", contact=contact, step="goto")
        await call.dtmf("4")
        await speaks(stage, call, LEAVE)
        await hears(stage, call, REVIEW)
        since = len(stage.facts.seen)
        await call.dtmf("1")
        await stage.facts.until("StepEntered", since=since, contact=contact, step="choose")
        await call.dtmf("1")
        incoming = await agent.incoming()
        await incoming.answer()
        await stage.facts.until("AgentConnected", contact=contact)
        await hear_each_other(call, incoming)
        await incoming.hang_up()
        await hears(stage, call, "Was it good?")
        await call.dtmf("3")
        await call.ended()
    record = await stage.record_of(GOLD)
    assert (record["outcome"], record["resolved"], record["agents"]) == ("answered", "order", [WANG])
    assert [(survey["question"], survey["score"]) for survey in record["surveys"]] == [("good", 3)]
    assert sorted(one["queue"] for one in record["recordings"] if one["why"] == "message") == [
        "press/ideas",
        "press/voicemail",
    ]
    return agent


async def by_others(stage: Stage, outside: Phone) -> None:
    """A number outside, another number of the platform, and the two ends."""
    async with stage.caller("13800138002") as caller:
        call, contact = await chooses(stage, caller, "2")
        there = await outside.incoming()
        assert there.request.uri.startswith(f"sip:{OUTSIDE}@")
        await hears_music(call)
        await there.answer()
        await stage.facts.until("OutsideConnected", contact=contact)
        await hear_each_other(call, there)
        await there.hang_up()
        await call.ended()

        call, contact = await chooses(stage, caller, "5")
        entered_number = await stage.facts.until("NumberEntered", contact=contact, number="98667")
        assert entered_number["tenant"] == "chess"
        await call.hang_up()

        call, contact = await chooses(stage, caller, "6")
        await call.ended()  # nobody had handed it over
        call, contact = await chooses(stage, caller, "7")
        await call.ended()
        await stage.facts.until("ContactEnded", contact=contact, outcome="ended_by_flow", by="flow")


async def called_back(stage: Stage, outside: Phone, agent: Phone) -> None:
    """A caller who hangs up is called back by the agent, once that agent is done with the call before."""
    async with stage.caller(CALLED_BACK) as caller:
        call, callback = await chooses(stage, caller, "9")
        await stage.hears(call, "稍后回电。")
        await call.ended()
    await stage.facts.until("ContactEnded", contact=callback, outcome="callback")
    rung = await agent.incoming(30)
    await rung.answer()
    there = await outside.incoming(10)
    assert there.request.uri.startswith(f"sip:{CALLED_BACK}@")
    await there.answer()
    await hear_each_other(there, rung)
    await rung.hang_up()
    await there.ended()
    await stage.facts.until("CallbackOver", callback=callback, why="answered")
