"""Callers who are called back, on real switches: the place is kept, the agent is rung, then the caller's own phone
rings over the trunk; not reached, it is tried again; vcc killed in between forgets nothing, on either live store.
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from tests.e2e.conversation import CALLER, hear_each_other
from tests.e2e.test_crash import kill
from tests.e2e.way_out import TRUNK, switch_program, way_out
from tests.lab.phone import Phone
from tests.lab.platform import LOOPBACK
from tests.lab.redis import RedisServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.e2e.way_out import WayOut
    from tests.lab.stage import Stage

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

#: One number calls the agent first, the other the caller.
AGENT_FIRST, CALLER_FIRST = "98671", "98672"
LI = "press/li"
FLOW = """
steps:
  - queue:
      name: orders
      9:
        - callback: {FIRST say: {zh-CN: 稍后回电。, en: We call you back.}}
        - hang_up
"""
RETRY_S, RING_S = 10, 20


#: The live store, and the switch.
HOMES = (
    pytest.param(("sqlite", "asterisk"), id="sqlite"),
    pytest.param(("redis", "asterisk"), id="redis"),
    pytest.param(("sqlite", "freeswitch"), id="freeswitch", marks=pytest.mark.freeswitch),
)


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=HOMES)
async def platform(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[WayOut]:
    """The example platform on each live store and switch, with a second trunk and two numbers more."""
    store, switch = request.param
    folder = tmp_path_factory.mktemp("callbacks")
    async with AsyncExitStack() as stack:
        redis = await stack.enter_async_context(RedisServer(folder / "redis")) if store == "redis" else None

        def edit(data: dict[str, Any]) -> None:
            if redis is not None:
                data["storage"] = {"redis": redis.url}

        lab = await stack.enter_async_context(way_out(folder, switch_program(request, switch), edit=edit))
        _add_callbacks(lab.config / "tenants" / "press")
        await lab.api("POST", "reload")
        yield lab


def _add_callbacks(folder: Path) -> None:
    """Two numbers more, where who waits may ask to be called back."""
    text = (folder / "tenant.yaml").read_text(encoding="utf-8")
    for number, flow, first in ((AGENT_FIRST, "back", ""), (CALLER_FIRST, "first", "first: caller,")):
        text = text.replace("numbers:\n", f"numbers:\n  {number}: {{project: book_orders, flow: {flow}}}\n", 1)
        (folder / "flows" / f"{flow}.yaml").write_text(FLOW.replace("FIRST", first), encoding="utf-8")
    text += f"\ncallbacks: {{attempts: 2, retry_s: {RETRY_S}, ring_s: {RING_S}}}\n"
    (folder / "tenant.yaml").write_text(text, encoding="utf-8")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def outside(platform: WayOut) -> AsyncIterator[Phone]:
    """The caller's own phone, behind the carrier."""
    async with Phone(CALLER, server=(LOOPBACK, platform.trunk_sip), local_port=platform.carrier_port) as phone:
        await platform.until_up(TRUNK, within=30)  # FreeSWITCH asks at most every 5 s
        yield phone


async def asks(stage: Stage, number: str = AGENT_FIRST) -> str:
    """The caller waits in the queue, presses 9, hears that it is so, and is hung up; the contact."""
    async with stage.caller(CALLER) as caller:
        call, contact = await stage.dial(caller, number)
        await stage.facts.until("ContactQueued", contact=contact)
        await call.dtmf("9")
        await stage.facts.until("CallbackAsked", contact=contact)
        await stage.hears(call, "稍后回电。")
        await call.ended()
    await stage.facts.until("ContactEnded", contact=contact, outcome="callback")
    return contact


async def of_callback(stage: Stage, callback: str, fact: str, **values: Any) -> dict[str, Any]:
    return await stage.facts.until(fact, callback=callback, within=20, **values)


async def test_the_agent_is_rung_then_the_caller_and_they_talk(stage: Stage, platform: WayOut, outside: Phone) -> None:
    callback = await asks(stage)
    (listed,) = (await platform.api("GET", "callbacks"))["callbacks"]
    assert (listed["callback"], listed["queue"], listed["number"]) == (callback, "press/orders", f"+86{CALLER}")
    agent = await stage.agent(LI, "p101")
    rung = await agent.incoming()
    assert outside.waiting_calls == 0
    await rung.answer()
    there = await outside.incoming(10)
    assert there.request.uri.startswith(f"sip:{CALLER}@")
    await there.ring()
    await there.answer()
    reached = await of_callback(stage, callback, "CallbackReached")
    await stage.facts.until("AgentConnected", contact=reached["contact"], agent=LI)
    await hear_each_other(there, rung)
    await rung.hang_up()
    await there.ended()
    await of_callback(stage, callback, "CallbackOver", why="answered")
    record = await stage.record_of(f"+86{CALLER}")
    assert (record["outcome"], record["direction"], record["callback"]) == ("answered", "outbound", callback)
    assert (record["complete"], record["visits"], record["agents"]) == (True, [], [LI])
    dialled = await stage.facts.until("OutsideDialled", contact=record["contact"])
    assert (dialled["purpose"], dialled["trunk"]) == ("callback", TRUNK)
    assert (await platform.api("GET", "callbacks"))["callbacks"] == []


async def test_the_caller_first(stage: Stage, outside: Phone) -> None:
    callback = await asks(stage, CALLER_FIRST)
    agent = await stage.agent(LI, "p101")
    there = await outside.incoming()
    assert agent.waiting_calls == 0
    await there.answer()
    rung = await agent.incoming()
    await rung.answer()
    await hear_each_other(there, rung)
    await there.hang_up()
    await rung.ended()
    over = await of_callback(stage, callback, "CallbackOver")
    assert (over["why"], over["attempts"]) == ("answered", 1)
    record = await stage.record_of(f"+86{CALLER}")
    assert (record["outcome"], record["by"]) == ("answered", "caller")


async def test_not_reached_it_is_tried_again_and_given_up(stage: Stage, outside: Phone) -> None:
    callback = await asks(stage)
    agent = await stage.agent(LI, "p101")
    for attempt in (1, 2):
        rung = await agent.incoming(20)
        await rung.answer()
        there = await outside.incoming(10)
        await there.reject(486)
        failed = await of_callback(stage, callback, "CallbackFailed", attempt=attempt)
        assert (failed["why"], failed["next_at"] is None) == ("busy", attempt == 2)
        await rung.ended()
        await stage.facts.until("ContactEnded", contact=failed["contact"], outcome="not_reached")
        await stage.facts.until("AgentStateChanged", agent=LI, phase="idle", since=len(stage.facts.seen) - 12)
    over = await of_callback(stage, callback, "CallbackOver")
    assert (over["why"], over["attempts"]) == ("given_up", 2)
    assert not [f for f in stage.facts.seen if f["fact"] == "AgentStateChanged" and f["phase"] == "wrap_up"]


async def test_vcc_is_killed_in_between(stage: Stage, platform: WayOut, outside: Phone) -> None:
    """Once while it waits for its turn, once in the conversation, which goes on."""
    callback = await asks(stage)
    await kill(platform)
    await stage.facts.read_again()
    agent = await stage.agent(LI, "p101")
    rung = await agent.incoming(10)
    await rung.answer()
    there = await outside.incoming(10)
    await there.answer()
    await hear_each_other(there, rung)
    await kill(platform)
    await hear_each_other(there, rung)
    await rung.hang_up()
    await there.ended()
    record = await stage.record_of(f"+86{CALLER}")
    assert (record["outcome"], record["callback"], record["agents"]) == ("answered", callback, [LI])
    assert (await platform.api("GET", "callbacks"))["callbacks"] == []
