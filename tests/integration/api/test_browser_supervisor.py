"""A supervisor at the live page in a real Chromium: the overflow switches, and agents moved between queues."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.facts import AgentAssigned, CommandGiven
from tests.integration.api.conftest import Served
from tests.integration.api.floor import FloorPlatform
from tests.lab.browsing import LIVE, check, choose, log_in, press, row, shows

if TYPE_CHECKING:
    from tests.lab.chromium import Chromium, Page

FloorSite = Served[FloorPlatform]


async def opened(site: FloorSite, browser: Chromium, language: str = "en", width: int = 1440) -> Page:
    page = await browser.page(width=width)
    await log_in(page, site.url, "boss", f"/t/press?lang={language}")
    await page.until(LIVE)
    return page


@pytest.mark.parametrize(
    ("language", "off", "on"), [("zh-CN", "溢出已关", "溢出已开"), ("en", "Overflow off", "Overflow on")]
)
async def test_the_overflow_switches_are_seen_and_turned(
    floor_site: FloorSite, browser: Chromium, language: str, off: str, on: str
) -> None:
    centre = floor_site.platform
    page = await opened(floor_site, browser, language)
    await page.until(row("queues", off))
    assert await page.run("[...document.querySelectorAll('#queues .switch')].filter((one) => !one.hidden).length") == 1
    await press(page, "#queues [data-key='press/editors'] .turn")
    await page.until("document.querySelector('#queues [data-key=\"press/editors\"] .turn').dataset.sure === 'yes'")
    assert centre.control.overflow_switches("press") == [], "it is asked twice"
    await press(page, "#queues [data-key='press/editors'] .turn")
    await page.until(row("queues", on, "boss"))
    assert [(f.command, f.target, f.who) for f in centre.of(CommandGiven)] == [
        ("overflow_on", "press/editors", "user:boss")
    ]
    await check(page, 1440)
    await press(page, "#queues [data-key='press/editors'] .turn")
    await page.until(row("queues", off))
    centre.control.turn_overflow("press", on=True, who="press/wang", reason="by telephone")
    await shows(page, "#overflow", "press/wang", "by telephone")
    await press(page, "#overflow .turn")
    await page.until("document.getElementById('overflow').dataset.on === 'no'")
    assert centre.control.overflow_switches("press") == []
    assert page.complaints == []


@pytest.mark.parametrize("width", [360, 1440])
async def test_an_agent_is_moved_between_queues(floor_site: FloorSite, browser: Chromium, width: int) -> None:
    centre = floor_site.platform
    centre.ready("press/wang", "p1")
    page = await opened(floor_site, browser, width=width)
    await page.until(row("agents", "王芳"))
    await press(page, "#agents .more")
    await shows(page, "#moving-queues", "Book orders", "Editors", "as configured")
    await choose(page, "#moving-until", "3600")
    await choose(page, "#moving-reason", "flood")
    await press(page, "#moving-queues [data-key='press/editors'] .off")
    await shows(page, "#moving-queues", "by boss", "until", "flood")
    assert not centre.control.takes("press/wang", "press/editors")
    [said] = centre.of(AgentAssigned)
    assert (said.queue, said.level, said.who, said.reason) == ("press/editors", 0, "user:boss", "flood")
    assert said.until is not None
    await check(page, width)
    await page.until(row("agents", "−Editors"))
    await press(page, "#moving-queues [data-key='press/editors'] .back")
    await page.until("document.querySelector('#moving-queues [data-key=\"press/editors\"] .back').hidden")
    assert centre.control.takes("press/wang", "press/editors")
    await choose(page, "#moving-until", "shift")
    await press(page, "#moving-queues [data-key='press/editors'] .off")
    await shows(page, "#moving-problem", "no shift now")
    assert centre.control.takes("press/wang", "press/editors"), "by the shift tables there is no shift now"
    await choose(page, "#moving-until", "")
    await choose(page, "#moving-skills select", "2")
    await page.until(row("agents", "zh=2"))
    assert [one for one in page.complaints if "409" not in one] == []
