"""An agent's own page in a real Chromium, on the production floor: an agent who dials no codes can work."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.facts import (
    AgentMuted,
    AgentUnmuted,
    CommandGiven,
    ConferenceBegan,
    DispositionGiven,
    RecordingPaused,
    RecordingStarted,
)
from tests.integration.api.conftest import Served
from tests.integration.api.floor import FloorPlatform
from tests.lab.browsing import LIVE, check, choose, log_in, press, shows
from tests.unit.vcc.calls.outside import FIRST, MOBILE
from tests.unit.vcc.calls.test_transfers import talks_with

if TYPE_CHECKING:
    from tests.lab.chromium import Chromium, Page

FloorSite = Served[FloorPlatform]
GREETING = "星空出版社，图书订购。请答：您好，星空出版社。"
STATE, CALL, CALLER = "#state", "#call", "13812345678"


async def opened(site: FloorSite, browser: Chromium, language: str = "en", who: str = "wang") -> Page:
    page = await browser.page()
    await log_in(page, site.url, who, f"/desk?lang={language}")
    await page.until(LIVE)
    return page


async def talking(site: FloorSite, browser: Chromium) -> tuple[Page, str]:
    """Wang's page while Wang talks, and the caller's leg."""
    leg = site.platform.talking(CALLER)
    page = await opened(site, browser)
    await shows(page, CALL, "Talking")
    return page, leg


async def done(page: Page, button: str) -> None:
    """Press a button and wait until its command was answered."""
    await press(page, button)
    await page.until("!document.querySelector('[aria-busy]')")


@pytest.mark.parametrize(
    ("language", "words"),
    [("zh-CN", ("未上岗", "空闲", "用餐")), ("en", ("Off duty", "Ready", "meal"))],
)
async def test_a_day_without_a_call(
    floor_site: FloorSite, browser: Chromium, language: str, words: tuple[str, str, str]
) -> None:
    off, ready, meal = words
    centre = floor_site.platform
    page = await opened(floor_site, browser, language)
    await shows(page, STATE, off)
    await choose(page, "#phone", "p1")
    await done(page, "#sign-in-button")
    await shows(page, STATE, ready, "p1")
    assert centre.phase() == "idle"
    await choose(page, "#reason", "meal")
    await done(page, "#not-ready")
    await shows(page, STATE, meal)
    await done(page, "#ready")
    await shows(page, STATE, ready)
    await done(page, "#signed-out")
    await shows(page, STATE, off)
    assert centre.phase() == "signed_out"
    assert [fact.command for fact in centre.of(CommandGiven)] == ["ready", "not_ready", "ready", "signed_out"]
    assert {fact.who for fact in centre.of(CommandGiven)} == {"user:wang"}
    assert page.complaints == []
    assert [url for url in page.requested if not url.startswith((f"{floor_site.url}/", "data:"))] == []


@pytest.mark.parametrize(
    ("language", "pick_up", "names"),
    [
        ("zh-CN", "请拿起话机接听。", ("图书订购", "星空出版社")),
        ("en", "Pick up your phone.", ("Book orders", "Starry Sky Press")),
    ],
)
async def test_who_calls_is_seen_before_and_while_they_talk(
    floor_site: FloorSite, browser: Chromium, language: str, pick_up: str, names: tuple[str, str]
) -> None:
    """The greeting is in the agent's language, whatever the page's."""
    centre = floor_site.platform
    centre.ready()
    page = await opened(floor_site, browser, language)
    leg = centre.waiting(CALLER)
    await shows(page, CALL, pick_up, CALLER, *names, GREETING, "100")
    assert await page.run("document.getElementById('call-do').hidden"), "there is nobody to be held yet"
    centre.pick_up()
    await page.until("document.getElementById('call').dataset.state === 'talking'")
    await shows(page, CALL, CALLER, *names, GREETING)
    centre.leave(leg)
    await page.until("!document.getElementById('call-none').hidden")
    assert page.complaints == []


async def test_hold_mute_and_the_recording(floor_site: FloorSite, browser: Chromium) -> None:
    centre = floor_site.platform
    page, leg = await talking(floor_site, browser)
    await done(page, "[data-do=hold]")
    await shows(page, CALL, "On hold")
    assert centre.heard(leg) == "press/main"
    await done(page, "[data-do=resume]")
    await page.until("document.getElementById('call').dataset.state === 'talking'")
    assert talks_with(centre, leg) == ["p1"]
    await done(page, "[data-do=mute]")
    await shows(page, CALL, "agent muted")
    await done(page, "[data-do=unmute]")
    await page.until("document.querySelector('[data-do=mute]').checkVisibility()")
    assert [len(centre.of(kind)) for kind in (AgentMuted, AgentUnmuted)] == [1, 1]
    assert not await page.run("document.querySelector('[data-record=stop]').checkVisibility()")
    await done(page, "[data-record=start]")
    centre.wait(0.1)
    await shows(page, CALL, "recording")
    await done(page, "[data-record=pause]")
    centre.wait(0.1)
    await shows(page, CALL, "recording paused")
    await done(page, "[data-record=resume]")
    assert [len(centre.of(kind)) for kind in (RecordingStarted, RecordingPaused)] == [1, 1]
    centre.wait(0.1)
    await page.until("document.querySelector('[data-record=pause]').checkVisibility()")
    await done(page, "[data-record=stop]")
    centre.wait(3)
    await page.until("!document.querySelector('[data-record=stop]').checkVisibility()")
    assert [(recording.on_demand, recording.over) for recording, _ in centre.shelf.asked] == [(True, True)]
    assert talks_with(centre, leg) == ["p1"]
    assert page.complaints == []


async def test_a_consultation_a_conference_and_the_colleagues_page(floor_site: FloorSite, browser: Chromium) -> None:
    centre = floor_site.platform
    page, leg = await talking(floor_site, browser)
    centre.ready("press/li", "p2")
    await press(page, "#others summary")
    await choose(page, "#target", "press/li")
    await done(page, "#consult")
    await shows(page, CALL, "Consulting", "consults 李娜")
    await browser.forget()
    colleague = await opened(floor_site, browser, who="li")
    await shows(colleague, CALL, "王芳 consults you", CALLER, "Pick up your phone.")
    assert await colleague.run("document.getElementById('call-do').hidden"), "the caller is not Li's"
    centre.pick_up("p2")
    await shows(page, "[data-do=conference]", "Three-way")
    await browser.forget()
    page = await opened(floor_site, browser)
    await done(page, "[data-do=alternate]")
    centre.wait(0.5)
    assert talks_with(centre, leg) == ["p1"]
    await done(page, "[data-do=conference]")
    centre.wait(0.5)
    await shows(page, CALL, "Three-way", "and 李娜")
    assert len(centre.of(ConferenceBegan)) == 1
    await done(page, "[data-do=complete]")
    centre.wait(0.5)
    assert talks_with(centre, leg) == ["p2"]
    await page.until("!document.getElementById('call-none').hidden")
    assert centre.phase() == "wrap_up"


async def test_a_consultation_is_cancelled(floor_site: FloorSite, browser: Chromium) -> None:
    centre = floor_site.platform
    page, leg = await talking(floor_site, browser)
    await press(page, "#others summary")
    await choose(page, "#kind", "outside")
    await choose(page, "#digits", MOBILE)
    await done(page, "#consult")
    await shows(page, CALL, "Consulting", f"consults {MOBILE}")
    await done(page, "[data-do=cancel]")
    await page.until("document.getElementById('call').dataset.state === 'talking'")
    assert talks_with(centre, leg) == ["p1"]


@pytest.mark.parametrize(
    ("kind", "name", "phone"),
    [("agent", "press/li", "p2"), ("queue", "press/editors", "p2"), ("outside", MOBILE, FIRST)],
)
async def test_transfers(floor_site: FloorSite, browser: Chromium, kind: str, name: str, phone: str) -> None:
    centre = floor_site.platform
    page, leg = await talking(floor_site, browser)
    centre.ready("press/li", "p2")
    await press(page, "#others summary")
    await choose(page, "#kind", kind)
    await choose(page, "#digits" if kind == "outside" else "#target", name)
    await done(page, "#transfer")
    await page.until("!document.getElementById('call-none').hidden")
    centre.pick_up(phone)
    assert talks_with(centre, leg) == [phone]
    assert centre.phase() == "wrap_up"
    assert page.complaints == []


async def test_nobody_who_could_take_it(floor_site: FloorSite, browser: Chromium) -> None:
    page, _ = await talking(floor_site, browser)
    await press(page, "#others summary")
    await shows(page, "#no-targets", "Nobody could take it now.")
    await choose(page, "#kind", "number")
    await choose(page, "#digits", "999")
    await press(page, "#transfer")
    await shows(page, "#call-problem", "Not found")


async def test_parked_and_taken_back(floor_site: FloorSite, browser: Chromium) -> None:
    centre = floor_site.platform
    page, leg = await talking(floor_site, browser)
    await done(page, "[data-do=park]")
    centre.wait(0.5)
    await shows(page, "#parked", CALLER, "slot 1")
    await shows(page, STATE, "Wrap-up")
    await press(page, "#parked .button")
    await shows(page, CALL, "Ringing", "Pick up your phone.")
    centre.pick_up()
    await page.until("document.getElementById('call').dataset.state === 'talking'")
    assert talks_with(centre, leg) == ["p1"]
    await page.until("document.getElementById('parked').hidden")
    assert page.complaints == []


@pytest.mark.parametrize(
    ("language", "words"), [("zh-CN", "请接听，然后在电话上按 1。"), ("en", "Pick up, then press 1 on your phone.")]
)
async def test_who_sits_at_a_mobile_seat_is_told_to_press_1(
    floor_site: FloorSite, browser: Chromium, language: str, words: str
) -> None:
    centre = floor_site.platform
    centre.ready(phone="m1")
    page = await opened(floor_site, browser, language)
    leg = centre.waiting(CALLER)
    await shows(page, CALL, CALLER, words)
    centre.pick_up(FIRST)
    await shows(page, CALL, words)
    centre.wait(1)
    centre.press(centre.exchange.leg_on(FIRST), "1")
    centre.wait(1)
    assert talks_with(centre, leg) == [FIRST]
    await page.until("document.getElementById('call-pick-up').hidden")
    assert page.complaints == []


async def test_what_came_of_it_during_and_after_the_call(floor_site: FloorSite, browser: Chromium) -> None:
    centre = floor_site.platform
    page, leg = await talking(floor_site, browser)
    await shows(page, "#outcome", CALLER, "Book orders", "Ordered", "To be called back")
    await press(page, "#dispositions [data-key='1']")
    await page.until("document.querySelector('#dispositions [aria-pressed=true]')?.dataset.key === '1'")
    centre.leave(leg)
    await shows(page, STATE, "Wrap-up")
    await press(page, "#dispositions [data-key='2']")
    await page.until("document.querySelector('#dispositions [aria-pressed=true]')?.dataset.key === '2'")
    await done(page, "#ready")
    await shows(page, STATE, "Ready")
    await shows(page, "#outcome", CALLER)
    assert [(fact.agent, fact.code) for fact in centre.of(DispositionGiven)] == [
        ("press/wang", "1"),
        ("press/wang", "2"),
    ]
    assert page.complaints == []


async def test_not_ready_and_off_duty_chosen_during_a_call_come_after_it(
    floor_site: FloorSite, browser: Chromium
) -> None:
    centre = floor_site.platform
    page, leg = await talking(floor_site, browser)
    await done(page, "#not-ready")
    await shows(page, STATE, "Talking", "then not ready: break")
    await done(page, "#signed-out")
    await shows(page, STATE, "Talking", "then off duty")
    centre.leave(leg)
    await shows(page, STATE, "Off duty")


async def test_a_phone_that_did_not_answer(floor_site: FloorSite, browser: Chromium) -> None:
    centre = floor_site.platform
    centre.ready()
    page = await opened(floor_site, browser)
    centre.waiting(CALLER)
    centre.exchange.refuse("p1")
    centre.wait(0.5)
    await shows(page, STATE, "Did not answer", "why: refused")
    await done(page, "#ready")
    await shows(page, CALL, "Ringing")


async def test_an_agent_is_led_to_its_own_page_and_nobody_else_has_one(
    floor_site: FloorSite, browser: Chromium
) -> None:
    page = await browser.page()
    await log_in(page, floor_site.url, "wang", "/")
    assert await page.run("location.pathname") == "/desk"
    for path in ("/t/press", "/t/press/recordings"):
        await page.go(f"{floor_site.url}{path}?lang=en")
        assert "There is no such page" in await page.text()
    await browser.forget()
    await log_in(page, floor_site.url, "boss", "/desk?lang=en")
    assert "There is no such page" in await page.text()


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_the_page_fits_and_can_be_read(
    floor_site: FloorSite, browser: Chromium, width: int, *, dark: bool
) -> None:
    centre = floor_site.platform
    page = await browser.page(width=width, height=900, dark=dark)
    await log_in(page, floor_site.url, "wang", "/desk")
    await page.until("document.getElementById('state').dataset.state")
    await check(page, width)
    centre.talking("13900000001")
    await done(page, "[data-do=park]")
    centre.wait(30)
    centre.waiting("+8613812345678901")
    centre.pick_up()
    for language in ("zh-CN", "en"):
        await page.go(f"{floor_site.url}/desk?lang={language}")
        await page.until("document.getElementById('call').dataset.state === 'talking'")
        await press(page, "#others summary")
        for kind in ("agent", "outside"):
            await choose(page, "#kind", kind)
            await check(page, width)
    assert page.complaints == []


@pytest.mark.parametrize(("language", "words"), [("zh-CN", "延长60秒"), ("en", "60 s more")])
async def test_more_time_for_the_wrap_up_is_taken_once(
    floor_site: FloorSite, browser: Chromium, language: str, words: str
) -> None:
    centre = floor_site.platform
    centre.talking(CALLER)
    page = await opened(floor_site, browser, language)
    assert await page.run("document.getElementById('more-time').hidden")
    centre.put_down()
    await shows(page, "#more-time", words)
    agent = centre.control.agent("press/wang")
    assert agent is not None
    before = agent.until
    await press(page, "#more-time")
    await page.until("document.getElementById('more-time').hidden")
    agent = centre.control.agent("press/wang")
    assert agent is not None
    assert (before, agent.until) == ((agent.until or 0.0) - 60, agent.until)
    await check(page, 1440)
    assert page.complaints == []
