"""A supervisor at the live page in a real Chromium: what the buttons of a call do, on the production floor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.facts import CallParked, CommandGiven, ContactEnded, SupervisionBegan
from tests.integration.api.conftest import Served
from tests.integration.api.floor import FloorPlatform
from tests.lab.browsing import LIVE, check, choose, log_in, press, row, shows
from tests.unit.vcc.calls.outside import FIRST, MOBILE
from tests.unit.vcc.calls.test_transfers import talks_with

if TYPE_CHECKING:
    from tests.lab.chromium import Chromium, Page

FloorSite = Served[FloorPlatform]


async def opened(site: FloorSite, browser: Chromium, language: str = "en") -> Page:
    page = await browser.page()
    await log_in(page, site.url, "boss", f"/t/press?lang={language}")
    await page.until(LIVE)
    return page


async def of_call(page: Page) -> None:
    await press(page, "#calls .more")
    await page.until("document.getElementById('call').open")


def no_complaints(page: Page, *but: str) -> None:
    """Chromium tells of each answer that is an error; those that the test asked for are no complaint."""
    assert [one for one in page.complaints if not any(text in one for text in but)] == []


@pytest.mark.parametrize(
    ("language", "listens", "whispers"), [("zh-CN", "p3 正在监听", "p3 正在耳语"), ("en", "p3: Listen", "p3: Whisper")]
)
async def test_listen_whisper_barge(
    floor_site: FloorSite, browser: Chromium, language: str, listens: str, whispers: str
) -> None:
    centre = floor_site.platform
    leg = centre.talking("13812345678")
    page = await opened(floor_site, browser, language)
    await page.until(row("calls", "13812345678", "王芳"))
    await of_call(page)
    await choose(page, "#call-phone", "p3")
    await press(page, "[data-mode=listen]")
    await page.until("document.getElementById('call-said').textContent")
    centre.pick_up("p3")
    await shows(page, "#call-supervisors", listens)
    agent, mine = centre.exchange.leg_on("p1"), centre.exchange.leg_on("p3")
    assert set(centre.heard(mine).split("+")) == {leg, agent}
    await press(page, "[data-mode=whisper]")
    await page.until("document.getElementById('call-said').textContent")
    centre.wait(0.2)
    await shows(page, "#call-supervisors", whispers)
    assert set(centre.heard(agent).split("+")) == {leg, mine}
    assert {fact.supervisor for fact in centre.of(SupervisionBegan)} == {"user:boss"}
    centre.put_down("p3")
    await page.until("!document.querySelector('#call-supervisors li')")
    no_complaints(page)


#: Between where a call is and the first word about it beside that, in pixels.
TAG_GAP = """
(() => {
  const [where, tag] = ["where", "tag:not([hidden])"].map((one) => document.querySelector(`#calls .whom .${one}`));
  return tag.getBoundingClientRect().left - where.getBoundingClientRect().right;
})()
"""


async def test_a_phone_that_is_in_use_is_told_as_such(floor_site: FloorSite, browser: Chromium) -> None:
    centre = floor_site.platform
    centre.talking()
    centre.ready("press/li", "p2")
    page = await opened(floor_site, browser)
    await of_call(page)
    await page.until("document.getElementById('call-phone').options.length > 2")
    assert await page.run("document.getElementById('call-phone').value") == "p3", "nobody sits at it"
    await shows(page, "#call-phone", "p1 · 王芳", "p2 · 李娜")
    await choose(page, "#call-phone", "p1")
    await press(page, "[data-mode=listen]")
    await shows(page, "#call-problem", "That phone is in use.")
    no_complaints(page, "409")


async def test_hold_is_seen_and_the_caller_is_parked_and_taken_back(floor_site: FloorSite, browser: Chromium) -> None:
    centre = floor_site.platform
    leg = centre.talking("13812345678")
    centre.ready("press/li", "p2")
    page = await opened(floor_site, browser)
    centre.control.converse(centre.contact, "hold", who="test")
    centre.control.converse(centre.contact, "mute", who="test")
    await page.until(row("calls", "On hold", "agent muted", "王芳"))
    assert await page.run(TAG_GAP) >= 4
    await of_call(page)
    await press(page, "#call-park")
    await page.until(row("calls", "Parked", "slot 1", "parked by 王芳"))
    assert [fact.slot for fact in centre.of(CallParked)] == ["1"]
    await choose(page, "#call-taker", "press/li")
    await press(page, "#call-retrieve")
    await page.until(row("calls", "Ringing", "李娜"))
    centre.pick_up("p2")
    await page.until(row("calls", "Talking", "李娜"))
    assert talks_with(centre, leg) == ["p2"]
    no_complaints(page)


async def test_consultation_and_three_way_are_seen(floor_site: FloorSite, browser: Chromium) -> None:
    centre = floor_site.platform
    centre.talking()
    centre.ready("press/li", "p2")
    page = await opened(floor_site, browser, "zh-CN")
    centre.control.consult(centre.contact, "agent", "press/li", who="test")
    await page.until(row("calls", "咨询中", "咨询 李娜"))
    centre.pick_up("p2")
    centre.control.converse(centre.contact, "conference", who="test")
    centre.wait(0.5)
    await page.until(row("calls", "三方通话", "与 李娜"))
    await of_call(page)
    assert await page.run("document.getElementById('call-send').hidden"), "what the API refuses is not offered"


@pytest.mark.parametrize(
    ("kind", "name", "phone"),
    [("agent", "press/li", "p2"), ("queue", "press/editors", "p2"), ("outside", MOBILE, FIRST)],
)
async def test_transfers(floor_site: FloorSite, browser: Chromium, kind: str, name: str, phone: str) -> None:
    centre = floor_site.platform
    leg = centre.talking()
    centre.ready("press/li", "p2")
    page = await opened(floor_site, browser)
    await of_call(page)
    await choose(page, "#call-kind", kind)
    await choose(page, "#call-digits" if kind == "outside" else "#call-target", name)
    await press(page, "#call-transfer")
    await shows(page, "#call-said", "On the way.")
    centre.pick_up(phone)
    assert talks_with(centre, leg) == [phone]
    if kind == "outside":
        await page.until(row("calls", f"with {MOBILE} outside"))
    no_complaints(page)


async def test_what_the_guard_refuses_is_told(floor_site: FloorSite, browser: Chromium) -> None:
    centre = floor_site.platform
    centre.talking()
    page = await opened(floor_site, browser)
    await of_call(page)
    await choose(page, "#call-kind", "outside")
    await choose(page, "#call-digits", "+14155550100")
    await press(page, "#call-transfer")
    await shows(page, "#call-problem", "That number may not be dialled")
    await page.until(row("calls", "Talking"))


async def test_a_waiting_caller_is_moved(floor_site: FloorSite, browser: Chromium) -> None:
    centre = floor_site.platform
    centre.waiting()
    page = await opened(floor_site, browser)
    await of_call(page)
    await choose(page, "#call-other-queue", "press/editors")
    await press(page, "#call-requeue")
    await page.until(row("calls", "Editors"))


async def test_hanging_up_is_asked_twice(floor_site: FloorSite, browser: Chromium) -> None:
    centre = floor_site.platform
    centre.talking()
    page = await opened(floor_site, browser)
    await of_call(page)
    await press(page, "#call-hang-up")
    await shows(page, "#call-hang-up", "Really hang up?")
    assert not centre.of(ContactEnded)
    await press(page, "#call-hang-up")
    await page.until("document.getElementById('call-said').textContent")
    centre.wait(0.5)
    await shows(page, "#call-over", "This call is over.")
    assert [fact.who for fact in centre.of(CommandGiven) if fact.command == "hang_up"] == ["user:boss"]


async def test_by_the_keyboard_alone(floor_site: FloorSite, browser: Chromium) -> None:
    centre = floor_site.platform
    centre.talking()
    page = await opened(floor_site, browser)
    await page.run("document.querySelector('#calls .more').focus()")
    await page.key("Enter")
    await page.until("document.getElementById('call').open")
    assert await page.run("document.getElementById('call').contains(document.activeElement)")
    await page.key("Escape")
    await page.until("!document.getElementById('call').open")
    assert await page.run("document.activeElement.matches('#calls .more')"), "the place is lost"


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_the_dialog_fits_and_can_be_read(
    floor_site: FloorSite, browser: Chromium, width: int, *, dark: bool
) -> None:
    centre = floor_site.platform
    centre.talking("+8613812345678901")
    centre.ready("press/li", "p2")
    for language in ("zh-CN", "en"):
        page = await browser.page(width=width, height=900, dark=dark)
        await browser.forget()
        await log_in(page, floor_site.url, "boss", f"/t/press?lang={language}")
        await of_call(page)
        await choose(page, "#call-phone", "p3")
        await check(page, width)
        for kind in ("agent", "queue", "number", "outside"):
            await choose(page, "#call-kind", kind)
            await check(page, width)
        assert page.complaints == []
