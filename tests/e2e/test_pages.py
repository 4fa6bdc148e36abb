"""The pages in a real Chromium while real calls go over a real Asterisk: what is pressed is heard."""

from __future__ import annotations

import asyncio
import shutil
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
import yaml

from tenancy.secrets_file import generate
from tests.lab.browsing import LIVE, choose, log_in, press, row, shows
from tests.lab.chromium import Chromium
from tests.lab.phone.audio import level, tone_level
from tests.lab.platform import ROOT, LabPlatform
from vcc.lint import check_folder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from tests.lab.chromium import Page
    from tests.lab.pbx import AsteriskBinary
    from tests.lab.phone import Phone
    from tests.lab.phone.incoming import IncomingCall
    from tests.lab.phone.outgoing import OutgoingCall
    from tests.lab.stage import Stage

    Call = IncomingCall | OutgoingCall

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

CALLER, CALLER_HZ, AGENT_HZ, COLLEAGUE_HZ = "13511110001", 700, 1_100, 1_700
WANG, LI = "press/wang", "press/li"
#: So loud is music on hold at least; so loud a voice that is not there at most.
MUSIC, ABSENT = 0.005, 0.01
HALF_A_SECOND = 8_000  # bytes: 16-bit samples, 8 kHz
EAR = {"password": "the ear of the press", "role": "supervisor", "tenants": ["press"], "may": ["listen"]}
PLAYED = """
new Promise((resolve, reject) => {
  const player = document.querySelector("audio");
  player.addEventListener("ended", () => resolve(player.duration));
  player.addEventListener("error", () => reject(new Error("it cannot be played")));
  setTimeout(() => reject(new Error(`still at ${player.currentTime} of ${player.duration}`)), 30000);
  if (player.ended) resolve(player.duration);
})
"""
#: The checksum of what the page's link for downloading gives.
DOWNLOADED = """
fetch(document.querySelector("#found li .download").href)
  .then((answer) => answer.arrayBuffer()).then((body) => crypto.subtle.digest("SHA-256", body))
  .then((hash) => Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join(""))
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def platform(
    asterisk_binary: AsteriskBinary, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[LabPlatform]:
    """The example platform, whose press records orders, and has somebody with the right to listen."""
    folder = tmp_path_factory.mktemp("pages")
    config, lab = folder / "original", folder / "lab"
    shutil.copytree(ROOT / "config", config)
    file = config / "tenants" / "press" / "queues.yaml"
    queues = yaml.safe_load(file.read_text("utf-8"))
    queues["orders"]["recording"] = {"mode": "always", "announced": False}
    file.write_text(yaml.safe_dump(queues, allow_unicode=True), encoding="utf-8")
    secrets = yaml.safe_load(generate(check_folder(config).use().platform))
    secrets["users"]["ear"] = EAR
    lab.mkdir()
    (lab / "secrets.yaml").touch(mode=0o600)
    (lab / "secrets.yaml").write_text(yaml.safe_dump(secrets), encoding="utf-8")
    async with LabPlatform(lab, config=config, binary=asterisk_binary) as platform:
        yield platform


@pytest_asyncio.fixture(loop_scope="module")
async def browser(tmp_path: Path, needs_program: Callable[[str], str]) -> AsyncIterator[Chromium]:
    needs_program("chromium")
    async with Chromium(tmp_path / "chromium") as started:
        yield started


async def opened(platform: LabPlatform, browser: Chromium, who: str, path: str) -> Page:
    page = await browser.page()
    await log_in(page, platform.url, who, path, platform.secrets.users[who].password.get_secret_value())
    return page


async def talking(stage: Stage, caller: Phone, agent: Phone) -> tuple[OutgoingCall, IncomingCall, str]:
    """A caller of the press talks with an agent about an order."""
    call, incoming, contact = await ringing(stage, caller, agent)
    await incoming.answer()
    await stage.facts.until("AgentConnected", contact=contact)
    return call, incoming, contact


async def ringing(stage: Stage, caller: Phone, agent: Phone) -> tuple[OutgoingCall, IncomingCall, str]:
    """A caller of the press has chosen orders, and an agent's phone rings."""
    call, contact = await stage.dial(caller, "98668")
    await stage.facts.until("StepEntered", contact=contact, step="say")
    await call.dtmf("11")
    return call, await agent.incoming(), contact


async def hear_each_other(one: Call, other: Call) -> None:
    one.send_tone(CALLER_HZ)
    other.send_tone(AGENT_HZ)
    await asyncio.gather(other.hears_tone(CALLER_HZ, within=5), one.hears_tone(AGENT_HZ, within=5))


async def hears_no(call: Call, hz: int, *, while_hears: Call | None = None) -> None:
    """In a second from now on this voice is not heard; the second is what somebody hears meanwhile, for to who hears
    nothing at all nothing may be sent.
    """
    clock = while_hears or call
    begun, heard = len(clock.heard), len(call.heard)
    await clock.watch.until(
        lambda: len(clock.heard) > begun + 2 * HALF_A_SECOND, 5, expected="a second", found=lambda: "less"
    )
    since = call.heard[heard + HALF_A_SECOND :]
    assert len(since) < HALF_A_SECOND / 2 or tone_level(since, hz) < ABSENT


async def hears_music(call: Call) -> None:
    heard = len(call.heard)
    await call.watch.until(
        lambda: level(call.heard[heard + HALF_A_SECOND :]) > MUSIC, 5, expected="music", found=lambda: "silence"
    )


async def test_an_agents_call_without_a_dialled_code(stage: Stage, platform: LabPlatform, browser: Chromium) -> None:
    """On duty, who calls, hold, mute, recording, a conference, what came of it: all at the page, in Chinese."""
    phone, li = await stage.test_phone("p104"), await stage.agent(LI, "p105")
    page = await opened(platform, browser, WANG, "/desk?lang=zh-CN")
    await choose(page, "#phone", "p104")
    await press(page, "#sign-in-button")
    await shows(page, "#state", "空闲", "p104 · 北京星空出版社")
    await platform.api("POST", f"agents/{LI}/state", wish="not_ready")
    async with stage.caller(CALLER) as caller:
        call, first, contact = await ringing(stage, caller, phone)
        await shows(page, "#call", CALLER, "图书订购", "北京星空出版社", "请拿起话机接听")
        await first.answer()
        await shows(page, "#call-state", "通话中")
        await hear_each_other(call, first)

        await _holds_and_mutes(stage, page, call, first, contact)
        await platform.api("POST", f"agents/{LI}/state", wish="ready")
        await _confers(page, call, first, li)
        await shows(page, "#state", "话后处理")
        await press(page, "#dispositions [data-key='1']")
        await page.until("document.querySelector('#dispositions [aria-pressed=true]')?.innerText === '已下单'")
        await call.hang_up()
    record = await stage.record_of(CALLER)
    assert record["complete"]
    assert record["agents"] == [WANG, LI]
    assert [(given["agent"], given["code"]) for given in record["dispositions"]] == [(WANG, "1")]
    await press(page, "#signed-out")
    await shows(page, "#state", "未上岗")
    assert page.complaints == []


async def _holds_and_mutes(stage: Stage, page: Page, call: OutgoingCall, first: IncomingCall, contact: str) -> None:
    await press(page, "[data-do=hold]")
    await shows(page, "#call-state", "保持")
    await hears_no(call, AGENT_HZ)
    await hears_music(call)
    await press(page, "[data-do=resume]")
    await shows(page, "#call-state", "通话中")
    await hear_each_other(call, first)

    await press(page, "[data-do=mute]")
    await shows(page, "#call-where", "坐席静音")
    await hears_no(call, AGENT_HZ, while_hears=first)
    await first.hears_tone(CALLER_HZ, within=5)
    await press(page, "[data-do=unmute]")
    await call.hears_tone(AGENT_HZ, within=5)

    await press(page, "[data-record=pause]")
    await shows(page, "#call-where", "录音暂停")
    await press(page, "[data-record=resume]")
    await stage.facts.until("RecordingResumed", contact=contact, by=f"user:{WANG}")


async def _confers(page: Page, call: OutgoingCall, first: IncomingCall, li: Phone) -> None:
    """The agent consults Li, makes a conference of it, and leaves the caller with Li."""
    await press(page, "#others summary")
    await choose(page, "#target", LI)
    await press(page, "#consult")
    asked = await li.incoming()
    await asked.answer()
    await shows(page, "#call", "咨询中", "咨询 李")
    call.send_silence()
    await hear_each_other(first, asked)
    asked.send_tone(COLLEAGUE_HZ)
    call.send_tone(CALLER_HZ)
    first.send_silence()
    await press(page, "[data-do=conference]")
    await shows(page, "#call-state", "三方通话")
    await asyncio.gather(
        call.hears_tone(COLLEAGUE_HZ, within=5), asked.hears_tone(CALLER_HZ, within=5),
        first.hears_tone(CALLER_HZ, within=5, at_least=0.3),
    )  # fmt: skip
    await press(page, "[data-do=complete]")
    await first.ended()
    await hear_each_other(call, asked)


async def test_what_a_supervisor_does_with_a_call(stage: Stage, platform: LabPlatform, browser: Chromium) -> None:
    """Listens, whispers, barges in; sends on, parks, gives the caller back, hangs up: at the live page, in English."""
    wang, li, boss = await stage.agent(WANG, "p104"), await stage.agent(LI, "p105"), await stage.test_phone("p106")
    await platform.api("POST", f"agents/{LI}/state", wish="not_ready")
    page = await opened(platform, browser, "press", "/t/press?lang=en")
    await page.until(LIVE)
    async with stage.caller(CALLER) as caller:
        call, first, contact = await talking(stage, caller, wang)
        await page.until(row("calls", CALLER, "Talking", "Book orders"))
        await press(page, "#calls .more")
        listening = await _supervises(page, call, first, boss)
        await platform.api("POST", f"agents/{LI}/state", wish="ready")
        await choose(page, "#call-target", LI)
        await press(page, "#call-transfer")
        second = await li.incoming()
        await asyncio.gather(first.ended(), listening.ended())
        await second.answer()
        await stage.facts.until("AgentConnected", contact=contact, agent=LI)
        await hear_each_other(call, second)

        await press(page, "#call-park")
        await page.until(row("calls", "Parked", "slot 1"))
        await second.ended()
        await hears_music(call)
        await choose(page, "#call-taker", WANG)
        await press(page, "#call-retrieve")
        third = await wang.incoming()
        await third.answer()
        await page.until(row("calls", CALLER, "Talking"))
        await hear_each_other(call, third)

        await press(page, "#call-hang-up")
        await press(page, "#call-hang-up")
        await asyncio.gather(call.ended(), third.ended())
        await shows(page, "#call-over", "This call is over.")
    record = await stage.record_of(CALLER)
    assert record["complete"]
    assert [talk["agent"] for talk in record["talks"]] == [WANG, LI, WANG]
    assert [(sent["how"], sent["target"], sent["failed"]) for sent in record["transfers"]] == [
        ("blind", LI, ""),
        ("parked", WANG, ""),
    ]
    heard = {fact["supervisor"] for fact in stage.facts.seen if fact["fact"] == "SupervisionBegan"}
    assert heard == {"user:press"}
    assert page.complaints == []


async def _supervises(page: Page, call: OutgoingCall, first: IncomingCall, boss: Phone) -> IncomingCall:
    """A phone of the supervisor's rings, and hears the two as each button says; its call."""
    await choose(page, "#call-phone", "p106")
    await press(page, "[data-mode=listen]")
    listening = await boss.incoming()
    await listening.answer()
    await shows(page, "#call-supervisors", "p106: Listen")
    call.send_tone(CALLER_HZ)
    listening.send_tone(COLLEAGUE_HZ)
    await listening.hears_tone(CALLER_HZ, within=5)
    await hears_no(call, COLLEAGUE_HZ, while_hears=listening)
    await hears_no(first, COLLEAGUE_HZ, while_hears=listening)
    await press(page, "[data-mode=whisper]")
    await shows(page, "#call-supervisors", "p106: Whisper")
    call.send_silence()
    await first.hears_tone(COLLEAGUE_HZ, within=5)
    await hears_no(call, COLLEAGUE_HZ, while_hears=first)
    await press(page, "[data-mode=barge]")
    await call.hears_tone(COLLEAGUE_HZ, within=5)
    return listening


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_a_recorded_conversation_is_played_in_the_page(
    stage: Stage, platform: LabPlatform, browser: Chromium, language: str
) -> None:
    wang = await stage.agent(WANG, "p104")
    async with stage.caller(CALLER) as caller:
        call, first, contact = await talking(stage, caller, wang)
        await hear_each_other(call, first)
        await call.hang_up()
    finished = await stage.facts.until("RecordingFinished", contact=contact)
    page = await opened(platform, browser, "ear", f"/t/press/recordings?lang={language}")
    await choose(page, "#caller", CALLER)
    await choose(page, "#agent", WANG)
    await choose(page, "#queue", "press/orders")
    await press(page, "#find")
    await page.until(row("found", CALLER, "王"))
    await press(page, "#found li .play")
    await page.until("document.querySelector('audio')")
    assert await page.run(PLAYED) == pytest.approx(finished["seconds"], abs=0.05)
    assert await page.run(DOWNLOADED) == finished["sha256"]
    about: dict[str, Any] = {"contact": contact, "who": "user:ear", "recording": finished["recording"]}
    for how in ("play", "download"):
        await stage.facts.until("RecordingPlayed", how=how, **about)
    await press(page, "#found li .heard_by")
    await shows(page, "#found ul.heard", "ear")
    assert page.complaints == []
    await browser.forget()
    deaf = await opened(platform, browser, "press", f"/t/press/recordings?lang={language}")
    await deaf.until(row("found", "*********01"))
    assert await deaf.run("document.querySelectorAll('.play, .download').length") == 0
