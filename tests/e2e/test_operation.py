"""What those who run the platform rely on: probes, logs, reload and drain by signal, and only one vcc on a state."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import pytest_asyncio

from tests.lab.platform import ROOT, LabPlatform
from tests.lab.process import LabProcess

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.lab.pbx import AsteriskBinary
    from tests.lab.stage import Stage

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

CALLER = "13812345678"
CALLER_HZ, AGENT_HZ = 700, 1_100
PRESS = "您好，这里是北京星空出版社。"
FALLBACK = "星空出版社的电话暂时无法接听，请稍后再拨。"
DRAIN_S = 4


def _edit(data: dict[str, Any]) -> None:
    data["limits"]["drain_s"] = DRAIN_S


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def platform(
    asterisk_binary: AsteriskBinary, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[LabPlatform]:
    """The example platform, which drains for a short time."""
    async with LabPlatform(tmp_path_factory.mktemp("operation"), edit=_edit, binary=asterisk_binary) as lab:
        yield lab


async def get(platform: LabPlatform, path: str, token: str = "") -> tuple[int, str]:
    """Ask one of the paths for machines: the status and the text."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as http,
        http.get(f"{platform.url}{path}", headers=headers) as answer,
    ):
        return answer.status, await answer.text()


async def version(platform: LabPlatform) -> str:
    """The configuration in force."""
    found: str = (await platform.api("GET", "nodes"))["version"]
    return found


def log_lines(platform: LabPlatform) -> list[dict[str, Any]]:
    """Every line that vcc wrote. Raises ValueError for one that is no JSON object."""
    text = (platform.folder / "vcc.log").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


async def test_probes_and_measures(stage: Stage, platform: LabPlatform) -> None:
    assert await get(platform, "/healthz") == (200, "alive\n")
    assert await get(platform, "/readyz") == (200, "ready\n")
    assert (await get(platform, "/metrics"))[0] == 401
    async with stage.caller() as phone:
        call, contact = await stage.dial(phone, "98668")
        status, text = await get(platform, "/metrics", platform.token())
        assert status == 200
        assert 'vcc_calls{state="in_flow",tenant="press"} 1.0' in text
        for wire in ("agi", "ami"):
            assert f'vcc_switch_round_trip_seconds_count{{node="{platform.node}",wire="{wire}"}}' in text
        await call.hang_up()
        await stage.facts.until("ContactEnded", contact=contact)


async def test_a_second_vcc_on_the_same_state_says_so(platform: LabPlatform) -> None:
    argv = [sys.executable, "-m", "vcc.cli", "serve", "--config", str(platform.config), "--state", str(platform.state)]
    second = LabProcess.start("a second vcc", argv, log=platform.folder / "second.log", cwd=ROOT)
    try:
        assert await second.wait(20) == 2
    finally:
        if second.returncode is None:
            await second.stop()
    assert f"process {platform.supervisor.pid}" in second.log_end()
    assert "another --state" in second.log_end()
    assert await get(platform, "/readyz") == (200, "ready\n")


async def test_sighup_reads_the_configuration_again(stage: Stage, platform: LabPlatform) -> None:
    file = platform.config / "tenants" / "chess" / "tenant.yaml"
    before, text = await version(platform), file.read_text(encoding="utf-8")
    seen = len(stage.facts.seen)
    file.write_text(text.replace("calls: 300", "calls: 299"), encoding="utf-8")
    platform.supervisor.send_signal(signal.SIGHUP)
    await stage.facts.until("ConfigurationLoaded", since=seen)
    good = await version(platform)
    assert good != before
    wrong = text.replace("calls: 300", "calls: many")
    line = next(number for number, line in enumerate(wrong.splitlines(), 1) if "many" in line)
    file.write_text(wrong, encoding="utf-8")
    try:
        platform.supervisor.send_signal(signal.SIGHUP)
        place = f"tenants/chess/tenant.yaml:{line}:17"
        await platform.supervisor.until(lambda: _said(platform, place), "told the mistake", 10)
        assert await version(platform) == good
    finally:
        file.write_text(text, encoding="utf-8")


async def _said(platform: LabPlatform, text: str) -> bool:
    return any(text in line.get("error", "") for line in log_lines(platform))


async def test_sigterm_drains_and_calls_outlive_vcc(stage: Stage, platform: LabPlatform) -> None:
    agent = await stage.agent("press/wang", "p104")
    async with (
        stage.caller(CALLER) as talker,
        stage.caller("13812340002") as waiter,
        stage.caller("13812340003") as browser,
        stage.caller("13812340004") as late,
    ):
        talk, contact = await stage.dial(talker, "98668")
        await stage.facts.until("StepEntered", contact=contact, step="say")
        await talk.dtmf("11")
        incoming = await agent.incoming()
        await incoming.answer()
        await stage.facts.until("AgentConnected", contact=contact)
        talk.send_tone(CALLER_HZ)
        waiting, place = await stage.dial(waiter, "98668")
        await stage.facts.until("StepEntered", contact=place, step="say")
        await waiting.dtmf("11")
        await stage.facts.until("ContactQueued", contact=place)
        browsing, browsed = await stage.dial(browser, "98668")

        began = time.monotonic()
        supervisor = platform.supervisor
        supervisor.send_signal(signal.SIGTERM)
        await supervisor.until(lambda: _is_draining(platform), "begun to drain", 5)
        refused = await late.dial("98668")
        assert await refused.refused() == 503
        await stage.hears(browsing, PRESS)
        await browsing.hang_up()
        await stage.facts.until("ContactEnded", contact=browsed, outcome="left_flow")
        await waiting.hears(stage.prompt(FALLBACK), within=DRAIN_S + 8)
        assert await supervisor.wait(10) == 0
        assert time.monotonic() - began > DRAIN_S
        await incoming.hears_tone(CALLER_HZ, within=3)

        await platform.start_vcc()
        await incoming.hears_tone(CALLER_HZ, within=3)
        await incoming.hang_up()
        await talk.ended(timeout=10)
    assert await _outcome(platform, contact) == ("answered", True)
    assert await _outcome(platform, place) == ("fallback", True)
    newest = (await platform.api("GET", "records?caller=13812340004"))["records"][0]
    assert (newest["outcome"], newest["complete"]) == ("draining", True)


async def _is_draining(platform: LabPlatform) -> bool:
    return (await get(platform, "/readyz"))[0] == 503


async def _outcome(platform: LabPlatform, contact: str) -> tuple[str, bool]:
    record = (await platform.api("GET", f"calls/{contact}"))["record"]
    return record["outcome"], record["complete"]


async def test_nobody_to_wait_for_ends_the_drain_at_once(stage: Stage, platform: LabPlatform) -> None:
    agent = await stage.agent("press/wang", "p104")
    async with stage.caller(CALLER) as phone:
        call, contact = await stage.dial(phone, "98668")
        await stage.facts.until("StepEntered", contact=contact, step="say")
        await call.dtmf("11")
        incoming = await agent.incoming()
        await incoming.answer()
        await stage.facts.until("AgentConnected", contact=contact)
        supervisor = platform.supervisor
        began = time.monotonic()
        supervisor.send_signal(signal.SIGTERM)
        await supervisor.until(lambda: _is_draining(platform), "begun to drain", 5)
        await call.hang_up()
        assert await supervisor.wait(DRAIN_S + 5) == 0
        assert time.monotonic() - began < DRAIN_S
    await platform.start_vcc()
    assert await _outcome(platform, contact) == ("answered", True)


async def test_what_the_supervisor_does_stands_in_the_log(platform: LabPlatform) -> None:
    os.kill(platform.vcc_pid(), signal.SIGKILL)
    await platform.supervisor.until(lambda: _noted(platform), "said that it starts vcc again", 5)
    await platform.until_ready()


async def _noted(platform: LabPlatform) -> bool:
    return any(line.get("process") == "supervisor" and line.get("code") == -9 for line in log_lines(platform))


async def test_the_log_is_json_and_tells_of_calls_without_numbers(stage: Stage, platform: LabPlatform) -> None:
    async with stage.caller(CALLER) as phone:
        _, contact = await stage.dial(phone, "98668")
        await platform.api("POST", f"calls/{contact}/hang-up")
        await stage.facts.until("ContactEnded", contact=contact)
    lines = log_lines(platform)
    assert all({"event", "level", "timestamp"} <= line.keys() for line in lines)
    about = [line for line in lines if line.get("contact") == contact]
    assert [line["event"] for line in about] == ["call arrived", "call ended"]
    assert {(line["tenant"], line["node"]) for line in about} == {("press", platform.node)}
    text = (platform.folder / "vcc.log").read_text(encoding="utf-8")
    for number in (CALLER, CALLER[1:], "1381234"):
        assert number not in text
    for secret in platform.secrets.agents.values():
        assert f'"{secret.get_secret_value()}"' not in text


async def test_an_asterisk_of_vccs_own_fits(platform: LabPlatform) -> None:
    assert await platform.check_switch() == (0, [])
