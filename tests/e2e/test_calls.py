"""What callers and agents live through on an ordinary day."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab.phone import ExpectationError, heard_score

if TYPE_CHECKING:
    from tests.lab.phone import Phone
    from tests.lab.phone.incoming import IncomingCall
    from tests.lab.phone.outgoing import OutgoingCall
    from tests.lab.stage import Stage

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

PRESS = "您好，这里是北京星空出版社。"
CHESS = "您好，这里是四川棋院。"
CALLER_HZ, AGENT_HZ = 700, 1_100


async def in_orders(stage: Stage, phone: Phone, **how: Any) -> OutgoingCall:
    """A call to the press that waits in its queue for orders."""
    call = await phone.dial("98668", **how)
    await call.answered()
    contact = await stage.newest_contact()
    await stage.facts.until("StepEntered", contact=contact, step="say")
    await call.dtmf("11")
    await stage.facts.until("ContactQueued", contact=contact)
    return call


async def talking(stage: Stage, caller: Phone, agent: Phone) -> tuple[OutgoingCall, IncomingCall]:
    """A caller and an agent in conversation."""
    call = await in_orders(stage, caller)
    incoming = await agent.incoming()
    await incoming.answer()
    await stage.facts.until("AgentConnected", contact=await stage.newest_contact())
    return call, incoming


async def test_the_tenants_own_greeting_is_heard_and_no_other(stage: Stage) -> None:
    async with stage.caller() as phone:
        call = await phone.dial("98668")
        await call.answered()
        await stage.hears(call, PRESS)
        heard = bytes(call.heard)
        await call.hang_up()
    assert heard_score(heard, stage.prompt(CHESS)).score < 0.5


async def test_both_sides_hear_each_other(stage: Stage) -> None:
    agent = await stage.agent("press/wang", "p104")
    async with stage.caller() as phone:
        call, incoming = await talking(stage, phone, agent)
        call.send_tone(CALLER_HZ)
        incoming.send_tone(AGENT_HZ)
        await asyncio.gather(call.hears_tone(AGENT_HZ, within=5), incoming.hears_tone(CALLER_HZ, within=5))
        await incoming.hang_up()
        await call.ended()
    record = await stage.record_of("13800138000")
    assert (record["outcome"], record["agents"], record["tenant"]) == ("answered", ["press/wang"], "press")
    assert record["complete"]


async def test_who_stays_when_the_agent_has_left_is_asked_one_question(stage: Stage) -> None:
    agent = await stage.agent("press/wang", "p104")
    async with stage.caller("13512340000") as phone:
        call, contact = await stage.dial(phone, "98668")
        await stage.facts.until("StepEntered", contact=contact, step="say")
        await call.dtmf("10")
        incoming = await agent.incoming()
        await incoming.answer()
        await stage.facts.until("AgentConnected", contact=contact)
        await incoming.hang_up()
        await stage.hears(call, "请为本次服务评分，满意请按1，一般请按2，不满意请按3。")
        await call.dtmf("1")
        await stage.hears(call, "谢谢您的评价。")
        await call.ended()
    answer = await stage.facts.until("SurveyAnswered", contact=contact)
    assert (answer["question"], answer["score"]) == ("satisfied", 1)
    assert (answer["agent"], answer["queue"]) == ("press/wang", "press/service")
    record = await stage.record_of("13512340000")
    assert (record["outcome"], record["agents"], record["complete"]) == ("answered", ["press/wang"], True)
    assert [(one["score"], one["agent"]) for one in record["surveys"]] == [(1, "press/wang")]


async def test_the_agents_phone_shows_the_caller_and_for_whom_it_rings(stage: Stage) -> None:
    agent = await stage.agent("press/wang", "p104")
    async with stage.caller("13512345678") as phone:
        call = await in_orders(stage, phone)
        incoming = await agent.incoming()
        assert incoming.caller.user == "13512345678"
        assert incoming.caller.display == "北京星空出版社 图书订购"
        await call.hang_up()
        await incoming.cancelled()


async def test_a_key_picks_the_branch_and_only_an_agent_with_the_skill_rings(stage: Stage) -> None:
    lessons = await stage.agent("chess/chen", "p105")
    tournaments = await stage.agent("chess/yang", "p106")
    press = await stage.agent("press/wang", "p104")
    await stage.platform.api("POST", "agents/chess/yang/state", wish="not_ready")
    async with stage.caller() as phone:
        call = await phone.dial("98667")
        await call.answered()
        await call.dtmf("11")
        incoming = await lessons.incoming()
        await incoming.answer()
        await stage.facts.until("AgentConnected", agent="chess/chen")
        await call.hang_up()
        await incoming.ended()
    assert not tournaments.calls
    assert not press.calls


async def test_no_answer_makes_the_agent_unresponsive_and_the_caller_keeps_the_place(stage: Stage) -> None:
    first = await stage.agent("press/wang", "p104")
    async with stage.caller() as phone:
        call = await in_orders(stage, phone)
        ringing = await first.incoming()
        await ringing.ring()
        second = await stage.agent("press/li", "p105")
        await ringing.cancelled(timeout=25)
        incoming = await second.incoming(timeout=5)
        await incoming.answer()
        await stage.facts.until("AgentConnected", agent="press/li")
        await call.hang_up()
    await stage.facts.until("AgentStateChanged", agent="press/wang", phase="unresponsive")
    record = await stage.record_of("13800138000")
    assert record["offers"] == 2
    assert record["waited_s"] > 14


@pytest.mark.parametrize("status", [486, 603])
async def test_a_phone_that_refuses_costs_the_caller_nothing(stage: Stage, status: int) -> None:
    first = await stage.agent("press/wang", "p104")
    second = await stage.agent("press/li", "p105")
    async with stage.caller() as phone:
        call = await in_orders(stage, phone)
        await (await first.incoming()).reject(status)
        incoming = await second.incoming()
        await incoming.answer()
        await stage.facts.until("AgentConnected", agent="press/li")
        await call.hang_up()


async def test_the_agents_phone_stops_ringing_at_once_when_the_caller_hangs_up(stage: Stage) -> None:
    agent = await stage.agent("press/wang", "p104")
    async with stage.caller() as phone:
        call = await in_orders(stage, phone)
        incoming = await agent.incoming()
        await incoming.ring()
        await call.hang_up()
        reason = await incoming.cancelled(timeout=1)
    assert "elsewhere" in (reason or "")
    record = await stage.record_of("13800138000")
    assert record["outcome"] == "abandoned"
    agents = (await stage.platform.api("GET", "agents"))["agents"]
    assert next(a for a in agents if a["agent"] == "press/wang")["phase"] == "idle"


async def test_the_caller_hangs_up_in_the_conversation(stage: Stage) -> None:
    agent = await stage.agent("press/wang", "p104")
    async with stage.caller() as phone:
        call, incoming = await talking(stage, phone, agent)
        await call.hang_up()
        await incoming.ended(timeout=2)
    record = await stage.record_of("13800138000")
    assert (record["outcome"], record["by"]) == ("answered", "caller")
    await stage.facts.until("AgentStateChanged", agent="press/wang", phase="wrap_up")


async def test_the_caller_hangs_up_in_the_flow(stage: Stage) -> None:
    async with stage.caller() as phone:
        call = await phone.dial("98668")
        await call.answered()
        await call.hang_up()
    assert (await stage.record_of("13800138000"))["outcome"] == "left_flow"


async def test_a_caller_who_cancels_before_the_answer_leaves_a_record(stage: Stage) -> None:
    async with stage.caller() as phone:
        call = await phone.dial("98668")
        await stage.newest_contact()
        await call.hang_up()
    assert (await stage.record_of("13800138000"))["outcome"] == "left_flow"


@pytest.mark.parametrize(
    "name",
    ["Event: Newexten", "".join(map(chr, range(1, 32))), "a%0D%0AAction: Logoff%0D%0A", "😀" * 20, "x" * 10_000],
    ids=["event", "control", "encoded", "four bytes", "10 kB"],
)
async def test_a_hostile_callers_name_changes_nothing(stage: Stage, name: str) -> None:
    """The call comes through with its tenant, or the switch refuses or drops the INVITE; the next one is served."""
    async with stage.caller("13900000001", name) as phone:
        call = await phone.dial("98667")
        with contextlib.suppress(ExpectationError):
            await call.answered()
            await stage.hears(call, CHESS)
            await call.hang_up()
            await stage.facts.until("ContactEnded", contact=await stage.newest_contact(), tenant="chess")
    async with stage.caller("13900000002", "Li Lei") as phone:
        call = await phone.dial("98667")
        await call.answered()
        await stage.hears(call, CHESS)
        await call.hang_up()
    arrived = [fact for fact in stage.facts.seen if fact["fact"] == "ContactArrived"]
    assert {(fact["number"], fact["tenant"]) for fact in arrived} == {("98667", "chess")}
    assert arrived[-1]["caller_name"] == "Li Lei"
    assert not any(char in fact["caller_name"] for fact in arrived for char in "\r\n\0")


async def test_numbers_come_as_the_trunk_sends_them(stage: Stage) -> None:
    for dialled in ("+861098668", "01098668", "98668"):
        async with stage.caller() as phone:
            call = await phone.dial(dialled)
            await call.answered()
            await call.hang_up()
        record = await stage.record_of("13800138000")
        assert (record["number"], record["tenant"]) == ("98668", "press")


async def test_fifty_calls_at_once_over_two_tenants_each_with_its_record(stage: Stage) -> None:
    async def one(number: str, caller: str, greeting: str) -> None:
        async with stage.caller(caller) as phone:
            phone.rtp = False
            call = await phone.dial(number)
            await call.answered(15)
            await stage.facts.until("PromptEnded", what=greeting, contact=await stage.contact_of(caller), within=30)
            await call.hang_up()

    callers = {f"1370000{i:04}": ("98668", PRESS) if i % 2 else ("98667", CHESS) for i in range(50)}
    await asyncio.gather(*(one(number, caller, said) for caller, (number, said) in callers.items()))
    for caller, (number, _) in callers.items():
        record = await stage.record_of(caller)
        assert (record["number"], record["outcome"], record["complete"]) == (number, "left_flow", True)
    assert "0 active channels" in await stage.platform.asterisk.rx("core show channels")
