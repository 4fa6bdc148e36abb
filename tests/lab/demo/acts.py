"""What the demo plays: each act places real calls and raises if anything but the expected happens."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from tests.lab.phone.outgoing import OutgoingCall
from tests.lab.process import LabError
from tests.lab.stage import Stage

AGENTS = {"p101": "lin", "p102": "press/li", "p103": "chess/yang"}
PRESS = "您好，这里是北京星空出版社。"
CHESS = "您好，这里是四川棋院。"
CHESS_CLOSED = "四川棋院暂停服务，请稍后再拨。"
SUNSHINE = "欢迎致电阳光。"
AGENTS_TONE_HZ = 440  # what the softphones send
CALLERS_TONE_HZ = 1_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Act:
    """One thing that is shown. `play` returns what was seen, in a few words, and raises if it was not as expected."""

    title: str
    expected: str
    play: Callable[[Stage], Awaitable[str]]


def expect(happened: bool, otherwise: object) -> None:
    """Raise unless it happened."""
    if not happened:
        raise LabError(str(otherwise))


async def to_orders(stage: Stage, call: OutgoingCall) -> None:
    """From the press's greeting, really heard, by two keys into the queue for orders."""
    await call.answered()
    await stage.hears(call, PRESS)
    await call.dtmf("1")
    await call.dtmf("1")  # who knows the way need not hear the menu


# --- the acts ---------------------------------------------------------------------------------------------------


async def agents_sign_in(stage: Stage) -> str:
    """Agents dial the code on real softphones and key in number and PIN."""
    await asyncio.gather(*(_signs_in(stage, phone, agent) for phone, agent in AGENTS.items()))
    agents = (await stage.platform.api("GET", "agents"))["agents"]
    ready = [a["name"] for a in agents if a["wish"] == "ready" and a["reachable"]]
    expect(len(ready) == len(AGENTS), f"ready are {ready}")
    return f"{len(ready)} ready: {', '.join(ready)}"


async def _signs_in(stage: Stage, phone: str, agent: str) -> None:
    await stage.sign_in(await stage.softphone(phone), agent)


async def order_a_book(stage: Stage) -> str:
    """98668: greeting, menu, queue, an agent who may do orders; both hear each other."""
    async with stage.caller("13800000001", "Li Lei") as phone:
        call = await phone.dial("98668")
        await to_orders(stage, call)
        await call.hears_tone(AGENTS_TONE_HZ, within=10)
        call.send_tone(CALLERS_TONE_HZ)
        await asyncio.sleep(1.0)  # a conversation
        await call.hang_up()
    record = await stage.record_of("13800000001")
    expect((record["outcome"], record["tenant"]) == ("answered", "press"), record)
    return f"greeting and agent heard; {_told(record)}"


async def ask_in_english(stage: Stage) -> str:
    """98668 in English: an order number is keyed in ahead of its prompt, and the answer is heard in English."""
    async with stage.caller("13800000002") as phone:
        call = await phone.dial("98668")
        await call.answered()
        await stage.hears(call, PRESS)
        await call.dtmf("2")
        await call.dtmf("2")
        await call.dtmf("81234567")  # keyed in before the prompt asks for it
        await stage.hears(call, "is on its way and will arrive within three days.", "en")
        await call.hang_up()
    record = await stage.record_of("13800000002")
    expect(record["outcome"] == "left_flow", record)
    return f"answer to order 81234567 heard in English; {_told(record)}"


async def chess_lessons(stage: Stage) -> str:
    """98667: the other tenant's greeting, and its own agent."""
    async with stage.caller("13800000003") as phone:
        call = await phone.dial("98667")
        await call.answered()
        await stage.hears(call, CHESS)
        await call.dtmf("1")
        await call.dtmf("1")
        await call.hears_tone(AGENTS_TONE_HZ, within=10)
        await call.hang_up()
    record = await stage.record_of("13800000003")
    expect(record["outcome"] == "answered" and record["tenant"] == "chess", record)
    expect("press/li" not in record["agents"], "an agent of another tenant answered")
    return f"other greeting heard; {_told(record)}"


async def through_sunshine(stage: Stage) -> str:
    """99999: the platform's menu leads into 98668."""
    async with stage.caller("13800000004") as phone:
        call = await phone.dial("99999")
        await call.answered()
        await stage.hears(call, SUNSHINE)
        await call.dtmf("1")
        await stage.hears(call, PRESS)
        await call.hang_up()
    record = await stage.record_of("13800000004")
    expect((record["entry_tenant"], record["tenant"]) == ("sunshine", "press"), record)
    return f"led from {record['entry_tenant']} to {record['tenant']}; {_told(record)}"


async def unknown_number(stage: Stage) -> str:
    """A number that nobody owns: busy, unanswered."""
    async with stage.caller("13800000005") as phone:
        call = await phone.dial("12345")
        status = await call.refused()
    record = await stage.record_of("13800000005")
    expect(status == 486 and record["outcome"] == "unknown_number", (status, record))
    return f"SIP {status}; {_told(record)}"


async def closed(stage: Stage) -> str:
    """The duty manager closes a tenant: its callers hear so at once."""
    await stage.platform.api("POST", "tenants/chess/closure", closed=True)
    try:
        async with stage.caller("13800000006") as phone:
            call = await phone.dial("98667")
            await call.answered()
            await stage.hears(call, CHESS_CLOSED)
            await call.hang_up()
    finally:
        await stage.platform.api("POST", "tenants/chess/closure", closed=False)
    record = await stage.record_of("13800000006")
    expect(record["outcome"] == "closed", record)
    return f"closed announcement heard; {_told(record)}"


async def abandoned(stage: Stage) -> str:
    """Nobody is ready: the caller waits with music, then hangs up."""
    await _everybody(stage, "not_ready")
    try:
        async with stage.caller("13800000007") as phone:
            call = await phone.dial("98668")
            await to_orders(stage, call)
            await stage.waits("13800000007")
            await call.hang_up()
    finally:
        await _everybody(stage, "ready")
    record = await stage.record_of("13800000007")
    expect(record["outcome"] == "abandoned", record)
    return _told(record)


async def crash(stage: Stage) -> str:
    """kill -9 while one caller talks and another waits: the talk goes on, the place is kept."""
    await _everybody(stage, "ready")
    async with stage.caller("13800000008") as talking, stage.caller("13800000009") as waiting:
        talk = await talking.dial("98668")
        await to_orders(stage, talk)
        await talk.hears_tone(AGENTS_TONE_HZ, within=10)
        await _everybody(stage, "not_ready")
        wait = await waiting.dial("98668")
        await to_orders(stage, wait)
        await stage.waits("13800000009")
        contact, killed = await stage.contact_of("13800000009"), time.time()
        os.kill(stage.platform.vcc_pid(), signal.SIGKILL)
        found = await stage.platform.fact_of(contact, "ContactRecovered", since=killed, within=20, state="waiting")
        back = found["at"] - killed
        await talk.hears_tone(AGENTS_TONE_HZ, within=5)
        await _everybody(stage, "ready")
        await wait.hears_tone(AGENTS_TONE_HZ, within=30)
        await asyncio.gather(talk.hang_up(), wait.hang_up())
    for caller in ("13800000008", "13800000009"):
        record = await stage.record_of(caller)
        expect(record["outcome"] == "answered", record)
    return f"waiting caller kept, back after {back:.1f} s; talk went on; both recorded as answered"


async def _everybody(stage: Stage, wish: str) -> None:
    for agent in AGENTS.values():
        await stage.platform.api("POST", f"agents/{agent}/state", wish=wish)


def _told(record: dict[str, Any]) -> str:
    """A record in a few words."""
    words = [record["outcome"].replace("_", " ")]
    if record["agents"]:
        words.append(f"by {', '.join(record['agents'])} after {record['waited_s']:.1f} s")
    return "record: " + " ".join(words)


ACTS = (
    Act(title="agents sign in on softphones", expected="3 ready", play=agents_sign_in),
    Act(title="98668: order a book", expected="greeting, menu, agent, record", play=order_a_book),
    Act(title="98668 in English: ask for an order", expected="English prompts, digits collected", play=ask_in_english),
    Act(title="98667: chess lessons", expected="other greeting, own agent", play=chess_lessons),
    Act(title="99999: through Sunshine into 98668", expected="press's greeting", play=through_sunshine),
    Act(title="12345: a number nobody owns", expected="SIP busy, unanswered", play=unknown_number),
    Act(title="98667 closed by the duty manager", expected="closed announcement", play=closed),
    Act(title="98668: nobody ready, caller gives up", expected="abandoned", play=abandoned),
    Act(title="vcc killed with -9 under calls", expected="no caller lost", play=crash),
)
