"""Tenants come and change while calls go on, and each caller who is not let in gets what the tenant says."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
import yaml

from tests.e2e.command_line import vcc
from tests.lab.phone.audio import tone, write_wav
from tests.lab.platform import ROOT, LabPlatform
from tests.lab.process import LabError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.lab.pbx import AsteriskBinary
    from tests.lab.stage import Stage

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

OUR_PIN = "4711"
PRESS = "您好，这里是北京星空出版社。"
PRESS_CLOSED = "星空出版社暂停服务，请稍后再拨。"
PRESS_BUSY = "线路繁忙，请稍后再拨。"
PRESS_FULL = "等候人数过多，请稍后再拨。"
TEA = "您好，这里是青城茶庄。"
NEW_GREETING = "您好，星空出版社换了新的问候语。"

#: Everything that makes a tenant: its folder.
TEA_HOUSE = {
    "tenant.yaml": """
name: {zh-CN: 青城茶庄, en: Green Town Tea}
projects: {shop: {name: {zh-CN: 茶庄热线, en: Shop}, kind: staffed, starts: 2025-01-01}}
numbers: {96123: {project: shop, flow: main}}
skills: {tea: {zh-CN: 茶叶, en: Tea}}
quotas: {calls: 10, waiting: 5, seats: 2}
music: {own: music/own}
""",
    "agents.yaml": "hua: {name: 花云, number: 7001, skills: {tea: 7}}\n",
    "queues.yaml": "shop: {name: {zh-CN: 茶庄, en: Shop}, skills: {tea: 5}, music: own, wrap_up_s: 0}\n",
    "flows/main.yaml": f"""
steps:
  - say: {{zh-CN: {TEA}, en: Welcome to Green Town Tea.}}
  - queue: shop
""",
}


def _edit(data: dict[str, Any]) -> None:
    """Two more trunks, each with its own idea of where the dialled number stands."""
    node = data["trunks"]["carrier"]["node"]
    data["trunks"]["carrier"]["from_addresses"] = ["127.0.0.1/32"]
    for name, header, address in (("diverted", "diversion", "127.0.0.2"), ("called", "p-called-party-id", "127.0.0.3")):
        data["trunks"][name] = {
            "node": node,
            "from_addresses": [f"{address}/32"],
            "numbers": {"dialled_from": header, "country_code": "86", "strip": ["+8610", "010"]},
        }


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def platform(
    asterisk_binary: AsteriskBinary, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[LabPlatform]:
    """The example platform with three trunks."""
    async with LabPlatform(tmp_path_factory.mktemp("tenants"), edit=_edit, binary=asterisk_binary) as lab:
        yield lab


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def _as_it_was(stage: Stage, platform: LabPlatform) -> AsyncIterator[None]:
    """Each test finds the configuration of the example, whatever the one before has changed."""
    kept, secrets = platform.folder / "kept", platform.folder / "secrets.yaml"
    if not kept.exists():
        shutil.copytree(platform.config, kept)
    pins = secrets.read_text(encoding="utf-8")
    yield
    shutil.rmtree(platform.config)
    shutil.copytree(kept, platform.config)
    secrets.write_text(pins, encoding="utf-8")
    await stage.everybody_leaves()
    await platform.api("POST", "reload")


async def change(platform: LabPlatform, file: str, old: str, new: str) -> None:
    """Change the first such text in a file of the configuration, and have it read."""
    path = platform.config / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    await platform.api("POST", "reload")


# --- a third tenant -------------------------------------------------------------------------------------------------


async def test_a_tenant_is_added_at_run_time_by_a_folder_alone(stage: Stage, platform: LabPlatform) -> None:
    async with stage.caller("13900000001") as early:
        refused = await early.dial("96123")
        assert await refused.refused() == 486
    folder = platform.config / "tenants" / "tea"
    for name, text in TEA_HOUSE.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    shutil.copytree(ROOT / "config" / "tenants" / "chess" / "music" / "main", folder / "music" / "own")
    _give_pin(platform, "tea/hua", OUR_PIN)
    before = await platform.api("GET", "nodes")
    after = await vcc(platform, "reload", "--json")
    assert before["version"] not in after

    phone = await stage.test_phone("p104")
    signing_in, contact = await stage.dial(phone, "*71")
    await signing_in.dtmf("7001#")
    await stage.facts.until("DigitsCollected", contact=contact, step="ask_number")
    await signing_in.dtmf(f"{OUR_PIN}#")
    await stage.facts.until("AgentStateChanged", agent="tea/hua", wish="ready", serves=["tea"])
    await signing_in.hang_up()

    async with stage.caller("13900000001") as caller:
        call = await caller.dial("96123")
        await call.answered()
        await stage.hears(call, TEA)
        incoming = await phone.incoming()
        assert incoming.caller.display == "青城茶庄 茶庄"
        await incoming.answer()
        call.send_tone(700)
        incoming.send_tone(1_100)
        await asyncio.gather(call.hears_tone(1_100, within=5), incoming.hears_tone(700, within=5))
        await call.hang_up()
    record = await stage.record_of("13900000001")
    assert (record["tenant"], record["outcome"], record["agents"]) == ("tea", "answered", ["tea/hua"])
    assert "tea.own" in await platform.asterisk.rx("moh show classes")


def _give_pin(platform: LabPlatform, agent: str, pin: str) -> None:
    secrets = platform.folder / "secrets.yaml"
    data = yaml.safe_load(secrets.read_text(encoding="utf-8"))
    data["agents"][agent] = pin
    secrets.write_text(yaml.safe_dump(data), encoding="utf-8")


# --- reload ---------------------------------------------------------------------------------------------------------


async def test_a_reload_with_a_mistake_is_refused_and_the_old_configuration_goes_on(
    stage: Stage, platform: LabPlatform
) -> None:
    version = (await platform.api("GET", "nodes"))["version"]
    file = platform.config / "tenants" / "press" / "queues.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("ring_s: 15", "ring_ss: 15", 1), encoding="utf-8")
    line = next(n for n, text in enumerate(file.read_text(encoding="utf-8").splitlines(), 1) if "ring_ss" in text)
    with pytest.raises(LabError) as refused:
        await platform.api("POST", "reload")
    assert f"tenants/press/queues.yaml:{line}:3" in str(refused.value)
    assert "ring_s" in str(refused.value)
    assert (await platform.api("GET", "nodes"))["version"] == version
    async with stage.caller() as phone:
        call = await phone.dial("98668")
        await call.answered()
        await stage.hears(call, PRESS)
        await call.hang_up()


async def test_a_call_keeps_the_flow_that_it_began_with(stage: Stage, platform: LabPlatform) -> None:
    flow = platform.config / "tenants" / "press" / "flows" / "main.yaml"
    async with stage.caller("13900000001") as old, stage.caller("13900000002") as new:
        first, contact = await stage.dial(old, "98668")
        await stage.facts.until("StepEntered", contact=contact, step="say")
        await first.dtmf("1")
        await stage.facts.until("StepEntered", contact=contact, step="main_menu")
        text = flow.read_text(encoding="utf-8").replace(PRESS, NEW_GREETING)
        text = text.replace("        - id: orders\n          queue:\n            name: orders", _CHANGED, 1)
        flow.write_text(text, encoding="utf-8")
        await platform.api("POST", "reload")
        second, other = await stage.dial(new, "98668")
        await stage.hears(second, NEW_GREETING)
        await first.dtmf("1")
        await stage.facts.until("ContactQueued", contact=contact, queue="press/orders")
        await second.dtmf("11")
        await stage.facts.until("ContactQueued", contact=other, queue="press/service")
        versions = {f["contact"]: f["version"] for f in stage.facts.seen if f["fact"] == "FlowStarted"}
        assert len(set(versions.values())) == 2
        await first.hang_up()
        await second.hang_up()


_CHANGED = "        - id: orders\n          queue:\n            name: service"


async def test_a_call_keeps_the_recordings_that_it_began_with_over_a_reload_and_a_crash(
    stage: Stage, platform: LabPlatform
) -> None:
    """The same flow, word for word, whose one recording is another after the reload."""
    tenant = platform.config / "tenants" / "press"
    (tenant / "prompts").mkdir(exist_ok=True)
    (tenant / "flows" / "main.yaml").write_text(_WITH_A_RECORDING, encoding="utf-8")
    write_wav(tenant / "prompts" / "hours.wav", tone(OLD_HZ, 3))
    await platform.api("POST", "reload")
    async with stage.caller("13900000001") as old, stage.caller("13900000002") as new:
        first, contact = await stage.dial(old, "98668")
        await stage.facts.until("StepEntered", contact=contact, step="ask")
        write_wav(tenant / "prompts" / "hours.wav", tone(NEW_HZ, 3))
        await platform.api("POST", "reload")
        await first.dtmf("1")
        await first.hears_tone(OLD_HZ, within=10)
        second, other = await stage.dial(new, "98668")
        await stage.facts.until("StepEntered", contact=other, step="ask")
        await second.dtmf("1")
        await second.hears_tone(NEW_HZ, within=10)
        os.kill(platform.vcc_pid(), signal.SIGKILL)
        await platform.fact_of(contact, "ContactRecovered")
        await asyncio.gather(first.hears_tone(OLD_HZ, within=20), second.hears_tone(NEW_HZ, within=20))
        await first.hang_up()
        await second.hang_up()


OLD_HZ, NEW_HZ = 700, 1_100
_WITH_A_RECORDING = """
steps:
  - id: ask
    menu:
      say: {zh-CN: 请按1。, en: Press 1.}
      timeout: 30s
      1: [{play: hours.wav}, {play: hours.wav}, {goto: ask}]
      2: hang_up
"""


# --- not let in -----------------------------------------------------------------------------------------------------


async def outcome(stage: Stage, caller: str = "13800138000") -> tuple[str, bool]:
    """How the call ended, and whether its record is whole."""
    record = await stage.record_of(caller)
    return record["outcome"], record["complete"]


async def test_an_unknown_number_is_busy_without_an_answer(stage: Stage) -> None:
    async with stage.caller() as phone:
        call = await phone.dial("55555")
        assert await call.refused() == 486
    assert await outcome(stage) == ("unknown_number", True)


async def test_an_unknown_number_can_be_told_so(stage: Stage, platform: LabPlatform) -> None:
    said = "您拨打的号码不存在。"
    spoken = f"unknown_number: {{say: {{zh-CN: {said}, en: There is no such number.}}}}"
    await change(platform, "platform.yaml", "unknown_number:\n  busy: true", spoken)
    async with stage.caller() as phone:
        call = await phone.dial("55555")
        await call.answered()
        await stage.hears(call, said)
        await call.ended(timeout=10)
    assert await outcome(stage) == ("unknown_number", True)


@pytest.mark.parametrize("how", ["emergency", "hours", "command"])
async def test_a_closed_tenant_says_so(stage: Stage, platform: LabPlatform, how: str) -> None:
    if how == "command":
        await platform.api("POST", "tenants/press/closure", closed=True)
    else:
        hours = f"    closed: true\n{_ALWAYS}" if how == "emergency" else "    weekly: []\n"
        await change(platform, "tenants/press/tenant.yaml", _ALWAYS, hours)
    async with stage.caller() as phone:
        call = await phone.dial("98668")
        await call.answered()
        await stage.hears(call, PRESS_CLOSED)
        await call.hang_up()
    assert await outcome(stage) == ("closed", True)
    if how == "command":
        await platform.api("POST", "tenants/press/closure", closed=False)


_ALWAYS = """\
    weekly:
      - {days: [mon, tue, wed, thu, fri, sat, sun], opens: 00:00, closes: 24:00}
"""


async def test_a_tenant_at_its_quota_of_calls_is_busy_or_says_so(stage: Stage, platform: LabPlatform) -> None:
    await change(platform, "tenants/press/tenant.yaml", "calls: 300", "calls: 1")
    await change(platform, "tenants/chess/tenant.yaml", "calls: 300", "calls: 0")
    async with stage.caller("13900000001") as one, stage.caller() as two:
        first = await one.dial("98668")
        await first.answered()
        second = await two.dial("98668")
        await second.answered()
        await stage.hears(second, PRESS_BUSY)
        await second.hang_up()
        assert await outcome(stage) == ("tenant_busy", True)
        third = await two.dial("98667")
        assert await third.refused() == 486
        await first.hang_up()
    assert await outcome(stage) == ("tenant_busy", True)
    record = await stage.record_of("13800138000")
    assert (record["tenant"], record["number"]) == ("chess", "98667")


async def test_a_full_queue_says_so(stage: Stage, platform: LabPlatform) -> None:
    await change(platform, "tenants/press/queues.yaml", "ring_s: 15", "max_waiting: 1")
    async with stage.caller("13900000001") as one, stage.caller() as two:
        for phone in (one, two):
            call, contact = await stage.dial(phone, "98668")
            await stage.facts.until("StepEntered", contact=contact, step="say")
            await call.dtmf("11")
            if phone is one:
                await stage.facts.until("ContactQueued", contact=contact)
        await stage.hears(call, PRESS_FULL)
        await call.ended(timeout=15)
    assert await outcome(stage) == ("queue_full", True)


async def test_a_project_that_has_ended_has_no_number_any_more(stage: Stage, platform: LabPlatform) -> None:
    await change(platform, "tenants/press/tenant.yaml", "ends: 2035-12-31", "ends: 2025-12-31")
    async with stage.caller() as phone:
        call = await phone.dial("98668")
        assert await call.refused() == 486
    assert await outcome(stage) == ("unknown_number", True)


async def test_no_more_agents_than_seats_sign_in(stage: Stage, platform: LabPlatform) -> None:
    await change(platform, "tenants/press/tenant.yaml", "seats: 6", "seats: 1")
    await stage.agent("press/wang", "p104")
    phone = await stage.test_phone("p105")
    call, contact = await stage.dial(phone, "*71")
    number, pin = stage.keys_to_sign_in("press/li")
    await call.dtmf(number)
    await stage.facts.until("DigitsCollected", contact=contact, step="ask_number")
    await call.dtmf(pin)
    await stage.hears(call, "坐席名额已满。")
    await call.ended(timeout=10)
    assert (await stage.facts.until("SignInRefused", agent="press/li"))["why"] == "no_seat"
    with pytest.raises(LabError, match="409"):
        await platform.api("POST", "agents/press/li/state", wish="ready", phone="p105")


# --- what was dialled ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "trunk", "headers"),
    [
        ("127.0.0.2", "diverted", (("Diversion", "<sip:01098668@carrier.example>;reason=unconditional"),)),
        ("127.0.0.3", "called", (("P-Called-Party-ID", '"Stars" <sip:+861098668@carrier.example>'),)),
    ],
)
async def test_the_dialled_number_comes_from_the_header_of_the_trunk(
    stage: Stage, address: str, trunk: str, headers: tuple[tuple[str, str], ...]
) -> None:
    async with stage.caller(address=address) as phone:
        before = len(stage.facts.seen)
        call = await phone.dial("4008889999", headers=headers)
        await call.answered()
        arrived = await stage.facts.until("ContactArrived", since=before, dialled="4008889999")
        assert (arrived["trunk"], arrived["number"], arrived["tenant"]) == (trunk, "98668", "press")
        await stage.hears(call, PRESS)
        await call.hang_up()
        before = len(stage.facts.seen)
        bare, _ = await stage.dial(phone, "98667")  # where the header is missing, the request's own number counts
        arrived = await stage.facts.until("ContactArrived", since=before, dialled="98667")
        assert (arrived["trunk"], arrived["tenant"]) == (trunk, "chess")
        await bare.hang_up()
