"""The page of those who are to be called back, in a real Chromium, on the production floor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.facts import CallbackOver
from telephony.port import Cause
from tenancy.dialling import Reason
from tests.integration.api.conftest import Served
from tests.integration.api.floor import BACK, FloorPlatform
from tests.lab.browsing import check, log_in, press, row, shows
from tests.unit.vcc.calls.centre import SECONDS
from tests.unit.vcc.calls.outside import FIRST
from vcc.api.pages.texts import TEXTS

if TYPE_CHECKING:
    from tests.lab.chromium import Chromium, Page

FloorSite = Served[FloorPlatform]

LATER, NOW = "7", "8"
ALSO, SCHEDULED = "13912345678", "13700000001"
WORDS = {
    "en": {
        "calling": "Calling", "waiting": "Waiting", "held": "Held: closed", "scheduled": "Scheduled",
        "queue": "Book orders", "first": "place 1", "second": "place 2", "asked": "Asked Mar 2, 2026, 10:",
        "at": "Due Mar 10, 2026, 09:30", "tried": "attempts: 1", "why": "last: call refused",
        "sure": "Really cancel?", "none": "Nobody is to be called back.",
    },
    "zh-CN": {
        "calling": "回拨中", "waiting": "排队", "held": "停业暂缓", "scheduled": "已预约", "queue": "图书订购",
        "first": "第1位", "second": "第2位", "asked": "提出 2026年3月2日 10:", "at": "预约 2026年3月10日 09:30",
        "tried": "已拨1次", "why": "未接通：拒接", "sure": "确定取消？", "none": "没有待回拨的客户。",
    },
}  # fmt: skip


def asks(centre: FloorPlatform, caller: str, key: str = NOW) -> None:
    """Somebody waits, presses a key, hears that it is so, and is hung up."""
    leg = centre.call(BACK, caller=caller)
    centre.wait(1)
    centre.press(leg, key)
    centre.wait(SECONDS + 1)


def not_reached(centre: FloorPlatform, number: str) -> None:
    """An agent is there, and whoever is called back does not want to."""
    centre.ready()
    centre.wait(1)
    centre.pick_up()
    centre.wait(SECONDS)
    centre.exchange.refuse(number)
    centre.wait(1)


async def opened(site: FloorSite, browser: Chromium, language: str, *, who: str = "boss") -> Page:
    page = await browser.page()
    await log_in(page, site.url, who, f"/t/press/callbacks?lang={language}")
    return page


async def nobody(page: Page, text: str) -> None:
    await page.until("document.getElementById('none').checkVisibility()")
    await shows(page, "#none", text)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_the_page_follows_what_becomes_of_them(floor_site: FloorSite, browser: Chromium, language: str) -> None:
    centre, words = floor_site.platform, WORDS[language]
    page = await opened(floor_site, browser, language)
    await nobody(page, words["none"])
    await floor_site.listened_to()
    asks(centre, FIRST)
    await page.until(row("open", FIRST, words["waiting"], words["first"], words["queue"], words["asked"]))
    asks(centre, ALSO)
    await page.until(row("open", ALSO, words["waiting"], words["second"]))
    asks(centre, SCHEDULED, LATER)
    await page.until(row("open", SCHEDULED, words["scheduled"], words["at"]))
    await shows(page, "#count", "3")

    not_reached(centre, FIRST)
    await page.until(row("open", FIRST, words["scheduled"], words["tried"], words["why"]))
    await page.until(row("open", ALSO, words["calling"]))
    assert await page.run("document.querySelector('#problem').hidden")
    assert page.complaints == []


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_during_an_emergency_closure_they_are_held(
    floor_site: FloorSite, browser: Chromium, language: str
) -> None:
    centre, words = floor_site.platform, WORDS[language]
    asks(centre, FIRST)
    page = await opened(floor_site, browser, language)
    await page.until(row("open", FIRST, words["waiting"]))
    await floor_site.listened_to()
    centre.control.close_hours("press", closed=True, who="boss")
    await page.until(row("open", FIRST, words["held"]))
    centre.control.close_hours("press", closed=False, who="boss")
    centre.wait(0)
    await page.until(row("open", FIRST, words["waiting"], words["first"]))


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_one_is_cancelled_when_asked_twice(floor_site: FloorSite, browser: Chromium, language: str) -> None:
    centre, words = floor_site.platform, WORDS[language]
    asks(centre, FIRST)
    page = await opened(floor_site, browser, language)
    await press(page, "#open li button")
    await shows(page, "#open li button", words["sure"])
    assert centre.of(CallbackOver) == []
    await press(page, "#open li button")
    await nobody(page, words["none"])
    assert [(fact.why, fact.who) for fact in centre.of(CallbackOver)] == [("cancelled", "user:boss")]
    assert await page.run("document.querySelector('#count').textContent") == ""
    assert page.complaints == []


async def test_the_page_looks_again_when_vcc_is_back(floor_site: FloorSite, browser: Chromium) -> None:
    page = await opened(floor_site, browser, "en")
    await nobody(page, WORDS["en"]["none"])
    await floor_site.stop_serving()
    await page.until("document.getElementById('problem').checkVisibility()")
    await shows(page, "#problem", TEXTS["en"]["error_unreachable"])
    asks(floor_site.platform, FIRST)
    await floor_site.restart()
    await page.until(row("open", FIRST, "Waiting"), within_s=30)
    await page.until("!document.getElementById('problem').checkVisibility()")


async def test_a_page_of_another_tenant_is_not_there(floor_site: FloorSite, browser: Chromium) -> None:
    asks(floor_site.platform, FIRST)
    page = await opened(floor_site, browser, "en", who="stranger")
    assert "There is no such page" in await page.text()
    assert FIRST not in await page.text()


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_each_reason_why_nobody_was_reached_has_words(language: str) -> None:
    told = [*Cause, *Reason, "hung_up", "not_accepted", "agent_left", "closed", "vcc_restarted"]
    assert [why for why in told if f"unreached_{why}" not in TEXTS[language]] == []


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_the_page_fits_and_can_be_read(
    floor_site: FloorSite, browser: Chromium, width: int, *, dark: bool
) -> None:
    centre = floor_site.platform
    asks(centre, FIRST)
    not_reached(centre, FIRST)
    for caller in (ALSO, "13800138002"):
        asks(centre, caller)
    asks(centre, SCHEDULED, LATER)
    page = await browser.page(width=width, height=900, dark=dark)
    await log_in(page, floor_site.url, "boss", "/t/press/callbacks")
    for language in ("zh-CN", "en"):
        await page.go(f"{floor_site.url}/t/press/callbacks?lang={language}")
        await page.until("document.querySelectorAll('#open li').length === 4")
        await check(page, width)
        await press(page, "#open li:nth-child(2) button")  # the longer question
        await check(page, width)
    assert page.complaints == []
