"""vcc is killed, frozen or away while people call and talk: nobody is cut off, and nothing is forgotten. The switch is
killed: the records say that it was.
"""

from __future__ import annotations

import asyncio
import math
import os
import shutil
import signal
import time
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
import yaml

from tests.lab.freeze import FrozenThread
from tests.lab.phone import heard_score, level, read_wav
from tests.lab.platform import ROOT, LabPlatform
from tests.lab.redis import RedisServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.lab.pbx import AsteriskBinary
    from tests.lab.phone import Phone
    from tests.lab.phone.incoming import IncomingCall
    from tests.lab.phone.outgoing import OutgoingCall
    from tests.lab.stage import Stage

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

CALLER_HZ, AGENT_HZ = 700, 1_100
#: From the end of vcc to the moment when a waiting caller is in its care again.
BACK_WITHIN_S = 2.0
#: From freezing to the end of the frozen process.
ENDED_WITHIN_S = 5.0
FALLBACK_AFTER_S = 5
WRAP_UP_S = 60
#: A supervised life that was shorter is started again with a pause; the tests kill lives that were well.
WELL_S = 3.2
MENU = "订购图书请按1，查询发货请按2，联系编辑请按3，人工服务请按0。"
ASK_ORDER = "请输入八位订单号。"
FALLBACK = "星空出版社的电话暂时无法接听，请稍后再拨。"
RATE_BYTES = 16_000
#: Who calls only while vcc is away: one stays for the fallback, one does not.
LATE, HASTY = "13900000003", "13900000004"


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["sqlite", "redis"])
async def platform(
    request: pytest.FixtureRequest, asterisk_binary: AsteriskBinary, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[LabPlatform]:
    """The example platform on each live store, with a fallback that comes soon and one agent who wraps up for long."""
    folder = tmp_path_factory.mktemp("crash")
    config = _with_long_wrap_up(folder / "original")
    async with AsyncExitStack() as stack:
        redis = None
        if request.param == "redis":
            redis = await stack.enter_async_context(RedisServer(folder / "redis"))

        def edit(data: dict[str, Any]) -> None:
            next(iter(data["nodes"].values()))["fallback_after_s"] = FALLBACK_AFTER_S
            if redis is not None:
                data["storage"] = {"redis": redis.url}

        lab = LabPlatform(folder / "lab", config=config, edit=edit, binary=asterisk_binary)
        yield await stack.enter_async_context(lab)


def _with_long_wrap_up(folder: Path) -> Path:
    shutil.copytree(ROOT / "config", folder)
    file = folder / "tenants" / "chess" / "agents.yaml"
    agents = yaml.safe_load(file.read_text(encoding="utf-8"))
    agents["chen"]["wrap_up_s"] = WRAP_UP_S
    file.write_text(yaml.safe_dump(agents, allow_unicode=True), encoding="utf-8")
    return folder


# --- vcc's end and return -------------------------------------------------------------------------------------------


async def was_well(platform: LabPlatform) -> int:
    """The process that does the work, once it has lived long enough to be started again without a pause."""
    pid = platform.vcc_pid()
    began = Path(f"/proc/{pid}").stat().st_ctime
    await asyncio.sleep(max(0.0, began + WELL_S - time.time()))
    return pid


async def kill(platform: LabPlatform) -> float:
    """Kill vcc, wait until the next one takes calls; when it was killed, POSIX seconds."""
    pid = await was_well(platform)
    at = time.time()
    os.kill(pid, signal.SIGKILL)
    await ended(pid, within_s=2)
    await platform.until_ready()
    return at


@asynccontextmanager
async def away(platform: LabPlatform) -> AsyncIterator[None]:
    """No vcc inside the block, and its successor after it: the supervisor is stopped meanwhile."""
    pid = await was_well(platform)
    platform.supervisor.send_signal(signal.SIGSTOP)
    os.kill(pid, signal.SIGKILL)
    try:
        yield
    finally:
        platform.supervisor.send_signal(signal.SIGCONT)
        await ended(pid, within_s=5)
        await platform.until_ready()


async def ended(pid: int, *, within_s: float) -> None:
    """Wait until a process of somebody else is gone. Raises TimeoutError."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    gone = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(descriptor, gone.set)
    try:
        async with asyncio.timeout(within_s):
            await gone.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


async def recovered(platform: LabPlatform, contact: str, since: float) -> dict[str, Any]:
    """How a contact came back into vcc's care."""
    return await platform.fact_of(contact, "ContactRecovered", since=since)


async def agents(platform: LabPlatform) -> dict[str, tuple[str, str, str]]:
    """What each agent wants, why, and what routing knows of them."""
    listed = (await platform.api("GET", "agents"))["agents"]
    return {agent["agent"]: (agent["wish"], agent["reason"], agent["phase"]) for agent in listed}


# --- calls ----------------------------------------------------------------------------------------------------------


async def in_orders(stage: Stage, phone: Phone) -> tuple[OutgoingCall, str]:
    """A call to the press that waits in its queue for orders, and its contact."""
    call, contact = await stage.dial(phone, "98668")
    await stage.facts.until("StepEntered", contact=contact, step="say")
    await call.dtmf("11")
    await stage.facts.until("ContactQueued", contact=contact)
    return call, contact


async def talking(stage: Stage, phone: Phone, agent: Phone) -> tuple[OutgoingCall, IncomingCall, str]:
    """A caller and an agent in conversation, each sending a tone of their own."""
    call, contact = await in_orders(stage, phone)
    incoming = await agent.incoming()
    await incoming.answer()
    await stage.facts.until("AgentConnected", contact=contact)
    call.send_tone(CALLER_HZ)
    incoming.send_tone(AGENT_HZ)
    await hear_each_other(call, incoming)
    return call, incoming, contact


async def hear_each_other(call: OutgoingCall, incoming: IncomingCall) -> None:
    """Both sides hear the other one's tone now."""
    await asyncio.gather(call.hears_tone(AGENT_HZ, within=3), incoming.hears_tone(CALLER_HZ, within=3))


def is_music(heard: bytes, tenant: str) -> float:
    """How well half a second of sound fits a tenant's music."""
    music = read_wav(ROOT / "config" / "tenants" / tenant / "music" / "main" / "loop.wav")
    return heard_score(music + music[: RATE_BYTES * 2], heard).score


# --- killed ---------------------------------------------------------------------------------------------------------


async def test_a_conversation_goes_on_without_vcc_and_its_record_is_completed(
    stage: Stage, platform: LabPlatform
) -> None:
    agent = await stage.agent("press/wang", "p104")
    async with stage.caller() as phone:
        call, incoming, contact = await talking(stage, phone, agent)
        began = time.time()
        async with away(platform):
            await hear_each_other(call, incoming)
        await recovered(platform, contact, began)
        await hear_each_other(call, incoming)
        assert (await agents(platform))["press/wang"] == ("ready", "", "talking")
        await incoming.hang_up()
        await call.ended()
    record = await stage.record_of("13800138000")
    assert (record["outcome"], record["agents"], record["complete"]) == ("answered", ["press/wang"], True)
    assert (await platform.fact_of(contact, "AgentLeft"))["by"] == "agent"
    assert (await agents(platform))["press/wang"] == ("ready", "", "wrap_up")


async def test_waiting_callers_hear_music_and_keep_their_places(stage: Stage, platform: LabPlatform) -> None:
    async with stage.caller("13800000001") as one, stage.caller("13800000002") as two:
        first, contact = await in_orders(stage, one)
        _, other = await in_orders(stage, two)
        queued = {c: (await platform.fact_of(c, "ContactQueued"))["at"] for c in (contact, other)}
        await was_well(platform)
        offset = len(first.heard)
        at = await kill(platform)
        for waiting in (contact, other):
            fact = await recovered(platform, waiting, at)
            assert fact["at"] - at < BACK_WITHIN_S
            assert fact["state"] == "waiting"
        live = {call["contact"]: call for call in (await platform.api("GET", "calls"))["calls"]}
        assert [live[c]["position"] for c in (contact, other)] == [1, 2]
        for waiting, since in queued.items():
            assert live[waiting]["waited_s"] == pytest.approx(time.time() - since, abs=1.0)
        enough = offset + 3 * RATE_BYTES
        await first.watch.until(lambda: len(first.heard) >= enough, 5, expected="three seconds of music")
        _heard_music_throughout(bytes(first.heard[offset:enough]))

        agent = await stage.agent("press/wang", "p104")
        incoming = await agent.incoming()
        assert incoming.caller.user == "13800000001"
        await incoming.answer()
        connected = await stage.facts.until("AgentConnected", contact=contact)
        assert connected["waited_s"] == pytest.approx(connected["at"] - queued[contact], abs=0.1)
        await first.hang_up()


def _heard_music_throughout(heard: bytes) -> None:
    half = RATE_BYTES // 2
    pieces = [heard[i : i + half] for i in range(0, len(heard) - half, half)]
    assert len(pieces) >= 2
    assert min(level(piece) for piece in pieces) > 0.01
    whole = [piece for piece in pieces if is_music(piece, "press") > 0.8]
    assert len(whole) >= len(pieces) - 2  # the music begins anew when vcc goes and when it comes
    assert is_music(whole[0], "chess") < 0.5


async def test_callers_in_the_flow_go_on_where_it_last_waited(stage: Stage, platform: LabPlatform) -> None:
    async with stage.caller("13800000001") as one, stage.caller("13800000002") as two:
        in_menu, menu = await stage.dial(one, "98668")
        await stage.facts.until("StepEntered", contact=menu, step="say")
        await in_menu.dtmf("1")
        await stage.facts.until("StepEntered", contact=menu, step="main_menu")
        keying, order = await stage.dial(two, "98668")
        await stage.facts.until("StepEntered", contact=order, step="say")
        await keying.dtmf("12")
        await stage.facts.until("StepEntered", contact=order, step="ask_order")
        await keying.dtmf("8765")
        await was_well(platform)
        before = (in_menu.heard_s, keying.heard_s)  # once they are in its care again, it may speak already
        at = await kill(platform)
        await asyncio.gather(recovered(platform, menu, at), recovered(platform, order, at))
        await asyncio.gather(
            in_menu.hears(stage.prompt(MENU), within=15, since_s=before[0]),
            keying.hears(stage.prompt(ASK_ORDER), within=10, since_s=before[1]),
        )
        await in_menu.dtmf("1")
        await stage.facts.until("ContactQueued", contact=menu, queue="press/orders")
        await keying.dtmf("80000001")
        await stage.facts.until("DigitsCollected", contact=order, digits="******01")
        await in_menu.hang_up()
        await keying.hang_up()


async def test_a_phone_that_rings_for_a_dead_offer_is_stopped_and_the_caller_offered_again(
    stage: Stage, platform: LabPlatform
) -> None:
    agent = await stage.agent("press/wang", "p104")
    async with stage.caller() as phone:
        call, contact = await in_orders(stage, phone)
        ringing = await agent.incoming()
        await ringing.ring()
        at = await kill(platform)
        await ringing.cancelled(timeout=3)
        again = await agent.incoming()
        await again.answer()
        await platform.fact_of(contact, "AgentConnected", since=at)
        await call.hang_up()
    record = await stage.record_of("13800138000")
    assert (record["outcome"], record["offers"]) == ("answered", 2)
    assert (await platform.fact_of(contact, "OfferEnded"))["outcome"] == "withdrawn"


async def test_agents_keep_their_states_and_what_ended_meanwhile_is_completed(
    stage: Stage, platform: LabPlatform
) -> None:
    talker = await stage.agent("press/wang", "p104")
    await stage.agent("press/li", "p105")
    await platform.api("POST", "agents/press/li/state", wish="not_ready", reason="meal")
    await stage.agent("press/sun", "p106")
    chess = await stage.agent("chess/chen", "p107")
    async with stage.caller() as phone, stage.caller("13800000002") as other, stage.caller("13800000003") as third:
        await _into_wrap_up(stage, third, chess)
        call, incoming, contact = await talking(stage, phone, talker)
        waiting, gone = await in_orders(stage, other)
        states = await agents(platform)
        assert states["chess/chen"] == ("ready", "", "wrap_up")
        async with away(platform):
            await waiting.hang_up()
            await incoming.hang_up()
        assert await agents(platform) == states | {"press/wang": ("ready", "", "wrap_up")}
        await platform.fact_of(contact, "AgentLeft")
        await call.ended(timeout=15)
    record = await stage.record_of("13800138000")
    assert (record["outcome"], record["agents"], record["complete"]) == ("answered", ["press/wang"], True)
    await platform.fact_of(gone, "ContactEnded")
    record = (await platform.api("GET", f"calls/{gone}"))["record"]
    assert (record["outcome"], record["complete"]) == ("abandoned", True)


async def _into_wrap_up(stage: Stage, phone: Phone, agent: Phone) -> None:
    call = await phone.dial("98667")
    await call.answered()
    await call.dtmf("11")
    incoming = await agent.incoming()
    await incoming.answer()
    await stage.facts.until("AgentConnected", agent="chess/chen")
    before = len(stage.facts.seen)
    await call.hang_up()
    await stage.facts.until("AgentStateChanged", since=before, agent="chess/chen", phase="wrap_up")


# --- frozen ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["stopped", "blocked"])
async def test_a_frozen_vcc_is_ended_and_calls_go_on(stage: Stage, platform: LabPlatform, how: str) -> None:
    agent = await stage.agent("press/wang", "p104")
    async with stage.caller() as phone, stage.caller("13800000002") as other, stage.caller("13800000003") as late:
        call, incoming, contact = await talking(stage, phone, agent)
        _, waiting = await in_orders(stage, other)
        pid = await was_well(platform)
        at = time.time()
        if how == "stopped":
            os.kill(pid, signal.SIGSTOP)
            await asyncio.gather(ended(pid, within_s=ENDED_WITHIN_S), _call_meanwhile(stage, late))
        else:
            thread = FrozenThread(pid)
            await asyncio.gather(thread.until_killed(ENDED_WITHIN_S), _call_meanwhile(stage, late))
        await hear_each_other(call, incoming)
        await platform.until_ready()
        for known in (contact, waiting):
            await recovered(platform, known, at)
        live = await stage.live_call("13800000002")
        assert live is not None
        assert live["position"] == 1
        await hear_each_other(call, incoming)
        await incoming.hang_up()
    assert (await stage.record_of("13800138000"))["outcome"] == "answered"


async def test_who_gives_up_while_vcc_is_frozen_has_one_record(stage: Stage, platform: LabPlatform) -> None:
    async with stage.caller(HASTY) as hasty, stage.caller(LATE) as late:
        known, contact = await in_orders(stage, late)
        pid, start = await was_well(platform), int(time.time())  # the switch notes whole seconds
        os.kill(pid, signal.SIGSTOP)
        frozen = asyncio.create_task(ended(pid, within_s=ENDED_WITHIN_S))
        for number in ("98667", "h"):
            call = await hasty.dial(number)
            await asyncio.sleep(0.5)  # as long as a person has patience with silence; no 180 tells anything
            await call.hang_up()
        await known.hang_up()
        assert not frozen.done()
        await frozen
        await platform.until_ready()
        await platform.fact_of(contact, "ContactEnded")
        by_number = {record["number"]: record for record in await _some_records(platform, HASTY, start, 2)}
        for number, tenant, outcome in (("98667", "chess", "abandoned"), ("h", "", "unknown_number")):
            record = by_number[number]
            fields = ("tenant", "outcome", "by", "answered", "complete", "detail")
            assert [record[field] for field in fields] == [
                *(tenant, outcome, "caller", None, True, "vcc had not taken it")
            ]
            assert start <= record["arrived"] <= record["ended"] <= time.time()
        await kill(platform)
        assert len(await _records(platform, HASTY, start)) == 2
        assert len(await _records(platform, LATE, start - 60)) == 1
    assert not (await platform.asterisk.rx("database show vcc-missed")).count("/vcc-missed/")


async def _call_meanwhile(stage: Stage, phone: Phone) -> None:
    """Who calls while vcc is frozen is served by the next one."""
    call = await phone.dial("98667")
    await call.answered(timeout=15)
    await stage.hears(call, "您好，这里是四川棋院。")
    await call.hang_up()


# --- away for long, and the wire lost -------------------------------------------------------------------------------


async def test_callers_get_the_tenants_fallback_when_vcc_stays_away(stage: Stage, platform: LabPlatform) -> None:
    agent = await stage.agent("press/wang", "p104")
    start = time.time()
    async with (
        stage.caller() as phone,
        stage.caller("13800000002") as other,
        stage.caller(LATE) as late,
        stage.caller(HASTY) as hasty,
    ):
        call, incoming, contact = await talking(stage, phone, agent)
        waiting, lost = await in_orders(stage, other)
        began = time.time()
        async with away(platform):
            new = await late.dial("98668")
            brief = await hasty.dial("98667")
            await brief.rings(3)
            await brief.hang_up()
            await waiting.hears(stage.prompt(FALLBACK), within=FALLBACK_AFTER_S + 8)
            await new.answered(timeout=10)
            await new.hears(stage.prompt(FALLBACK), within=8)
            await hear_each_other(call, incoming)
        await recovered(platform, contact, began)
        await platform.fact_of(lost, "ContactEnded")
        record = (await platform.api("GET", f"calls/{lost}"))["record"]
        assert record["complete"]
        await _missed_and_on_record(platform, start)
        await kill(platform)
        await hear_each_other(call, incoming)
        await call.hang_up()
        assert (await stage.record_of("13800138000"))["outcome"] == "answered"
        await _missed_and_on_record(platform, start)
    assert not (await platform.asterisk.rx("database show vcc-missed")).count("/vcc-missed/")


async def _missed_and_on_record(platform: LabPlatform, since: float) -> None:
    """Who called while vcc was away has a whole record, and one only; whose call vcc knew has no second one."""
    late, hasty = await _one_record(platform, LATE, since), await _one_record(platform, HASTY, since)
    fields = ("tenant", "number", "outcome", "by")
    assert [late[field] for field in fields] == ["press", "98668", "fallback", "system"]
    assert [hasty[field] for field in fields] == ["chess", "98667", "abandoned", "caller"]
    assert late["answered"] - late["arrived"] == pytest.approx(FALLBACK_AFTER_S, abs=2)
    assert hasty["answered"] is None
    for record in (late, hasty):
        assert (record["complete"], record["detail"]) == (True, "vcc was away")
        assert since - 1 <= record["arrived"] <= record["ended"] <= time.time()
        facts = (await platform.api("GET", f"calls/{record['contact']}"))["facts"]
        assert [fact["fact"] for fact in facts].count("ContactArrived") == 1
        assert [fact["fact"] for fact in facts].count("ContactEnded") == 1
    await _one_record(platform, "13800000002", since)


async def _one_record(platform: LabPlatform, caller: str, since: float) -> dict[str, Any]:
    """The record of the one call of a number since then, once it is there."""
    (record,) = await _some_records(platform, caller, since, 1)
    return record


async def _some_records(platform: LabPlatform, caller: str, since: float, count: int) -> list[dict[str, Any]]:
    """So many records of calls of a number since then, once they are there, and no more."""
    async with asyncio.timeout(10):
        while True:  # asked for, because facts come while vcc begins anew and nobody listens
            found = await _records(platform, caller, since)
            if len(found) >= count:
                break
            await asyncio.sleep(0.05)
    assert len(found) == count
    return found


async def _records(platform: LabPlatform, caller: str, since: float) -> list[dict[str, Any]]:
    answer = await platform.api("GET", f"records?since={since}&caller={caller}")
    records: list[dict[str, Any]] = answer["records"]
    return records


async def test_calls_go_on_while_the_managers_wire_is_lost(stage: Stage, platform: LabPlatform) -> None:
    agent = await stage.agent("press/wang", "p104")
    async with stage.caller() as phone, stage.caller("13800000002") as other:
        call, incoming, _ = await talking(stage, phone, agent)
        _, waiting = await in_orders(stage, other)
        before = len(stage.facts.seen)
        listed = (await platform.asterisk.rx("manager show connected")).splitlines()
        session = next(line.split()[4] for line in listed if "127.0.0.1" in line)
        await platform.asterisk.rx(f"manager kick session {session}")
        await stage.facts.until("NodeChanged", since=before, up=False)
        await stage.facts.until("NodeChanged", since=before, up=True)
        await hear_each_other(call, incoming)
        live = await stage.live_call("13800000002")
        assert live is not None
        assert live["position"] == 1
        await incoming.hang_up()
        await stage.facts.until("AgentStateChanged", since=before, agent="press/wang", phase="wrap_up")
        await platform.api("POST", "agents/press/wang/state", wish="ready")
        offered = await agent.incoming()
        await offered.answer()
        await stage.facts.until("AgentConnected", contact=waiting)
        await offered.hang_up()
    assert (await stage.record_of("13800138000"))["outcome"] == "answered"


# --- the switch -----------------------------------------------------------------------------------------------------


async def test_calls_that_a_killed_switch_took_with_it_have_failed(stage: Stage, platform: LabPlatform) -> None:
    agent = await stage.agent("press/wang", "p104")
    since = math.floor(time.time())
    async with AsyncExitStack() as phones:
        speaks, waits, listens = [
            await phones.enter_async_context(stage.caller(number)) for number in ("13800000005", HASTY, LATE)
        ]
        _, _, spoken = await talking(stage, speaks, agent)
        _, waiting = await in_orders(stage, waits)
        _, in_menu = await stage.dial(listens, "98668")
        await stage.facts.until("StepEntered", contact=in_menu, step="say")
        before = len(stage.facts.seen)
        platform.asterisk.process.kill()
        await stage.facts.until("NodeChanged", since=before, up=False)
        await platform.asterisk.process.wait(5)
        platform.asterisk.start()
        await platform.asterisk.wait_ready()
        await stage.facts.until("NodeChanged", since=before, up=True, within=20)
        for contact in (spoken, waiting, in_menu):
            await stage.facts.until("ContactEnded", since=before, contact=contact)
    for caller, outcome in (("13800000005", "answered"), (HASTY, "failed"), (LATE, "failed")):
        record = await _one_record(platform, caller, since)
        fields = ("outcome", "by", "cause", "detail", "complete")
        assert [record[field] for field in fields] == [outcome, "system", "failed", "the switch broke down", True]
    assert (await agents(platform))["press/wang"] == ("ready", "", "wrap_up")
    assert (await platform.api("GET", "calls"))["calls"] == []
