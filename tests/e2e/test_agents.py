"""Agents at their phones: signing in and out by dialling, and phones that are lost, taken or strangers'."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from tests.lab.phone import Phone
from tests.lab.phone.audio import tone_level
from tests.lab.platform import LOOPBACK, LabPlatform

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.lab.pbx import AsteriskBinary
    from tests.lab.phone.outgoing import OutgoingCall
    from tests.lab.stage import Stage

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

SIGN_IN, SIGN_OUT, READY, NOT_READY = "*71", "*72", "*73", "*74"
MY_STATE, END_WRAP_UP, DISPOSITION, LISTEN = "*70", "*75", "*76", "*77"
CALLER_HZ, AGENT_HZ, SUPERVISOR_HZ = 700, 1_100, 1_700
SIGNED_IN = "登录成功，您已就绪。"
SIGNED_OUT = "您已签出，再见。"
IS_READY = "您已就绪。"
IS_NOT_READY = "您已示忙。"
WRONG = "工号或密码错误。"
LOCKED = "错误次数过多，请稍后再试。"
IN_USE = "您已在其他话机登录，或此话机已被占用。"
NOBODY = "此话机没有坐席登录。"
GOODBYE = "再见。"
PIN_ATTEMPTS = 3
QUALIFY_S = 1


def _edit(data: dict[str, Any]) -> None:
    next(iter(data["nodes"].values()))["qualify_s"] = QUALIFY_S
    data["limits"]["pin_attempts"] = PIN_ATTEMPTS


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def platform(
    asterisk_binary: AsteriskBinary, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[LabPlatform]:
    """The example platform, where a lost phone is soon noticed and few guesses of a PIN are allowed."""
    async with LabPlatform(tmp_path_factory.mktemp("agents"), edit=_edit, binary=asterisk_binary) as lab:
        yield lab


async def state(platform: LabPlatform, agent: str) -> dict[str, Any]:
    """The agent as the control API shows them."""
    found: dict[str, Any] = next(a for a in (await platform.api("GET", "agents"))["agents"] if a["agent"] == agent)
    return found


async def key_in(stage: Stage, call: OutgoingCall, contact: str, number: str, pin: str) -> None:
    """Key in an agent's number and PIN, each when it is asked for."""
    before = len(stage.facts.seen)
    await call.dtmf(number)
    await stage.facts.until("StepEntered", since=before, contact=contact, step="ask_pin")
    await call.dtmf(pin)


async def sign_in(stage: Stage, phone: Phone, agent: str) -> None:
    """Sign in as a person does, and hear that it worked."""
    call, contact = await stage.dial(phone, SIGN_IN)
    await key_in(stage, call, contact, *stage.keys_to_sign_in(agent))
    await stage.hears(call, SIGNED_IN)
    await call.ended()


async def dials_and_hears(stage: Stage, phone: Phone, code: str, said: str, keys: str = "") -> None:
    """Dial a code, press keys, and hear what is said until the platform hangs up."""
    call, _ = await stage.dial(phone, code)
    if keys:
        await call.dtmf(keys)
    await stage.hears(call, said)
    await call.ended()


async def test_an_agents_day_by_telephone(stage: Stage, platform: LabPlatform) -> None:
    phone = await stage.test_phone("p104")
    await dials_and_hears(stage, phone, READY, NOBODY)
    await sign_in(stage, phone, "press/wang")
    found = await state(platform, "press/wang")
    assert (found["wish"], found["phase"], found["phone"], found["seated"]) == ("ready", "idle", "p104", ["press"])
    await dials_and_hears(stage, phone, NOT_READY, IS_NOT_READY, keys="2")
    found = await state(platform, "press/wang")
    assert (found["wish"], found["reason"]) == ("not_ready", "meal")
    await dials_and_hears(stage, phone, READY, IS_READY)
    found = await state(platform, "press/wang")
    assert (found["wish"], found["reason"]) == ("ready", "")
    await dials_and_hears(stage, phone, SIGN_OUT, SIGNED_OUT)
    assert (await state(platform, "press/wang"))["wish"] == "signed_out"


async def test_what_came_of_a_call_is_keyed_in_during_wrap_up(stage: Stage, platform: LabPlatform) -> None:
    phone = await stage.agent("press/wang", "p104")
    async with stage.caller("13512345678") as caller:
        call, contact = await stage.dial(caller, "98668")
        await stage.facts.until("StepEntered", contact=contact, step="say")
        await call.dtmf("11")
        await (await phone.incoming()).answer()
        await stage.facts.until("AgentConnected", contact=contact)
        await call.hang_up()
    await stage.facts.until("AgentStateChanged", agent="press/wang", phase="wrap_up")
    disposing, _ = await stage.dial(phone, DISPOSITION)
    await disposing.dtmf("3#")
    await stage.hears(disposing, "已记录：")
    await stage.hears(disposing, "需要回电。")
    await disposing.ended()
    record = await stage.record_of("13512345678")
    assert [(given["agent"], given["code"]) for given in record["dispositions"]] == [("press/wang", "3")]
    await platform.api("POST", "agents/press/wang/state", wish="ready")  # ends the wrap-up, if it is not over yet
    await dials_and_hears(stage, phone, END_WRAP_UP, "您不在后续处理中。")
    await dials_and_hears(stage, phone, MY_STATE, IS_READY)
    await dials_and_hears(stage, phone, DISPOSITION, "没有可以登记的通话。")


async def test_a_supervisor_dials_in_and_hears_both(stage: Stage, platform: LabPlatform) -> None:
    agent, supervisor = await stage.agent("press/wang", "p104"), await stage.test_phone("p106")
    async with stage.caller() as customer:
        call, contact = await stage.dial(customer, "98668")
        await stage.facts.until("StepEntered", contact=contact, step="say")
        await call.dtmf("11")
        incoming = await agent.incoming()
        await incoming.answer()
        await stage.facts.until("AgentConnected", contact=contact)
        listening, dialling = await stage.dial(supervisor, LISTEN)
        (number, pin), (watched, _) = stage.keys_to_sign_in("zhao"), stage.keys_to_sign_in("press/wang")
        await listening.dtmf(number)
        await stage.facts.until("StepEntered", contact=dialling, step="ask_pin")
        await listening.dtmf(pin)
        await stage.facts.until("StepEntered", contact=dialling, step="ask_agent")
        await listening.dtmf(watched)
        await stage.facts.until("SupervisionBegan", contact=contact, supervisor="zhao", mode="listen")
        call.send_tone(CALLER_HZ)
        await asyncio.gather(listening.hears_tone(CALLER_HZ, within=5), incoming.hears_tone(CALLER_HZ, within=5))
        call.send_silence()
        incoming.send_tone(AGENT_HZ)
        await asyncio.gather(listening.hears_tone(AGENT_HZ, within=5), call.hears_tone(AGENT_HZ, within=5))
        incoming.send_silence()
        listening.send_tone(SUPERVISOR_HZ)
        call.send_tone(CALLER_HZ)
        await asyncio.gather(listening.hears_tone(CALLER_HZ, within=5), incoming.hears_tone(CALLER_HZ, within=5))
        assert tone_level(incoming.heard[-4_000:], SUPERVISOR_HZ) < 0.01
        call.send_silence()
        listening.send_silence()
        await listening.dtmf("5")
        await stage.facts.until("SupervisionBegan", contact=contact, mode="whisper")
        listening.send_tone(SUPERVISOR_HZ)
        await incoming.hears_tone(SUPERVISOR_HZ, within=5)
        assert tone_level(call.heard[-4_000:], SUPERVISOR_HZ) < 0.01
        await call.hang_up()
        await stage.hears(listening, "通话已结束。")
        await listening.ended()
        await stage.facts.until("SupervisionEnded", contact=contact, supervisor="zhao")


async def test_two_agents_at_one_phone_one_after_the_other(stage: Stage, platform: LabPlatform) -> None:
    phone = await stage.test_phone("p104")
    for agent, caller in (("press/wang", "13500000001"), ("press/li", "13500000002")):
        await sign_in(stage, phone, agent)
        async with stage.caller(caller) as customer:
            call, contact = await stage.dial(customer, "98668")
            await stage.facts.until("StepEntered", contact=contact, step="say")
            await call.dtmf("11")
            incoming = await phone.incoming()
            await incoming.answer()
            await stage.facts.until("AgentConnected", contact=contact, agent=agent)
            await call.hang_up()
            await incoming.ended()
        await dials_and_hears(stage, phone, SIGN_OUT, SIGNED_OUT)
        assert (await stage.record_of(caller))["agents"] == [agent]


async def test_who_dials_is_rung_when_that_call_is_over(stage: Stage, platform: LabPlatform) -> None:
    phone = await stage.test_phone("p104")
    async with stage.caller() as customer:
        waiting, contact = await stage.dial(customer, "98668")
        await waiting.dtmf("11")
        await stage.facts.until("ContactQueued", contact=contact)
        call, dialling = await stage.dial(phone, SIGN_IN)
        await key_in(stage, call, dialling, *stage.keys_to_sign_in("press/wang"))
        await stage.hears(call, SIGNED_IN)
        assert (await state(platform, "press/wang"))["in_use"]
        assert not any(fact["fact"] == "OfferMade" for fact in stage.facts.seen)
        await call.hang_up()
        incoming = await phone.incoming()
        await incoming.answer()
        await stage.facts.until("AgentConnected", contact=contact)
        assert not (await state(platform, "press/wang"))["in_use"]
        await waiting.hang_up()


async def test_three_wrong_pins_end_in_goodbye_or_a_right_one_helps(stage: Stage, platform: LabPlatform) -> None:
    phone = await stage.test_phone("p104")
    number, pin = stage.keys_to_sign_in("press/wang")
    call, contact = await stage.dial(phone, SIGN_IN)
    for who, guess in ((number, _other(pin)), (pin, pin), (number, "0000#")):
        heard = call.heard_s
        await key_in(stage, call, contact, who, guess)
        await call.hears(stage.prompt(WRONG), within=10, since_s=heard)  # not told which of the two is wrong
    refused = [(f["why"], f["agent"]) for f in stage.facts.seen if f["fact"] == "SignInRefused"]
    assert refused == [("bad_pin", "press/wang"), ("unknown", ""), ("bad_pin", "press/wang")]
    assert {f["digits"] for f in stage.facts.seen if f["fact"] == "DigitsCollected"} == {""}
    await key_in(stage, call, contact, number, pin)
    await stage.hears(call, SIGNED_IN)
    await call.ended()
    assert (await state(platform, "press/wang"))["wish"] == "ready"


def _other(pin: str) -> str:
    """A PIN that is wrong in its last digit."""
    return pin[:-2] + str((int(pin[-2]) + 1) % 10) + "#"


async def test_a_pin_that_is_guessed_too_often_is_locked_even_if_right(stage: Stage, platform: LabPlatform) -> None:
    phone = await stage.test_phone("p105")
    number, pin = stage.keys_to_sign_in("press/li")
    call, contact = await stage.dial(phone, SIGN_IN)
    for _ in range(PIN_ATTEMPTS):
        heard = call.heard_s
        await key_in(stage, call, contact, number, _other(pin))
        await call.hears(stage.prompt(WRONG), within=10, since_s=heard)
    await key_in(stage, call, contact, number, pin)
    await stage.hears(call, LOCKED)
    await call.ended()
    assert (await state(platform, "press/li"))["wish"] == "signed_out"
    await stage.facts.until("SignInRefused", agent="press/li", why="locked")


async def test_nothing_keyed_in_ends_in_goodbye(stage: Stage, platform: LabPlatform) -> None:
    phone = await stage.test_phone("p106")
    call, _ = await stage.dial(phone, SIGN_IN)
    for _ in range(3):
        await call.dtmf("#")
    await stage.hears(call, GOODBYE, within=30)
    await call.ended()


async def test_an_agent_is_on_one_phone_and_a_phone_is_one_agents(stage: Stage, platform: LabPlatform) -> None:
    first, second = await stage.test_phone("p104"), await stage.test_phone("p105")
    await sign_in(stage, first, "press/wang")
    for phone, agent in ((second, "press/wang"), (first, "press/sun")):
        call, contact = await stage.dial(phone, SIGN_IN)
        await key_in(stage, call, contact, *stage.keys_to_sign_in(agent))
        await stage.hears(call, IN_USE)
        await call.ended()
        await stage.facts.until("SignInRefused", agent=agent, why="in_use")
    assert (await state(platform, "press/wang"))["phone"] == "p104"
    assert (await state(platform, "press/sun"))["wish"] == "signed_out"


async def test_a_phone_that_has_vanished_is_never_rung(stage: Stage, platform: LabPlatform) -> None:
    first = await stage.agent("press/wang", "p104")
    before = len(stage.facts.seen)
    first.deaf = True
    await stage.facts.until("PhoneChanged", since=before, phone="p104", reachable=False, within=10)
    found = await state(platform, "press/wang")
    assert (found["wish"], found["reachable"]) == ("ready", False)
    second = await stage.agent("press/li", "p105")
    async with stage.caller() as caller:
        call, contact = await stage.dial(caller, "98668")
        await stage.facts.until("StepEntered", contact=contact, step="say")
        await call.dtmf("11")
        incoming = await second.incoming()
        await incoming.answer()
        await stage.facts.until("AgentConnected", contact=contact, agent="press/li")
        await call.hang_up()
    first.deaf = False
    await stage.facts.until("PhoneChanged", since=before, phone="p104", reachable=True, within=10)
    assert (await state(platform, "press/wang"))["reachable"]
    assert not [f for f in stage.facts.seen if f["fact"] == "OfferMade" and f["agent"] == "press/wang"]
    assert first.waiting_calls == 0


@pytest.mark.parametrize("password", [None, "not-the-password"], ids=["without", "wrong"])
async def test_who_has_no_password_calls_neither_as_a_phone_nor_as_the_trunk(
    stage: Stage, platform: LabPlatform, password: str | None
) -> None:
    contacts = len([f for f in stage.facts.seen if f["fact"] == "ContactArrived"])
    as_the_trunk = f"sip:98668@{LOOPBACK}:{platform.trunk_sip}"
    async with Phone("p104", password, server=(LOOPBACK, platform.sip)) as phone:
        calls = [await phone.dial(number) for number in (SIGN_IN, "98668", as_the_trunk)]
        statuses = await asyncio.gather(*(call.refused() for call in calls))
        assert set(statuses) <= {401, 403}
    async with Phone("13800138000", None, server=(LOOPBACK, platform.sip)) as stranger:
        calls = [await stranger.dial(n) for n in ("98668", as_the_trunk)]
        statuses = await asyncio.gather(*(call.refused() for call in calls))
        assert all(400 <= status < 700 for status in statuses)
    async with Phone("13800138000", None, server=(LOOPBACK, platform.trunk_sip)) as outside:
        code = await outside.dial(SIGN_IN)
        assert await code.refused() == 486
    arrived = [f for f in stage.facts.seen if f["fact"] == "ContactArrived"][contacts:]
    assert [(f["trunk"], f["number"]) for f in arrived if f["trunk"] == ""] == []
    assert not [f for f in arrived if f["number"] == "98668"]
