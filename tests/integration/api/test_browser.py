"""The live page in a real Chromium, while the platform behind it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.api.conftest import Site
from tests.lab import standin
from tests.lab.browsing import LIVE, check, log_in, row
from tests.lab.standin import StandIn
from vcc.api.identity import Directory

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lab.chromium import Chromium, Page

HOSTILE = "<img src=x onerror=\"document.title='owned'\"><b>李晓明</b>'\"&amp;\u202e"
NOT_LIVE = "document.getElementById('board').dataset.live === 'no'"


async def figure(page: Page, key: str, value: str) -> None:
    await page.until(f"document.querySelector('[data-figure={key}] .value').textContent === {value!r}")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh-CN", ["呼入量", "等待", "接听", "放弃", "服务水平", "工时利用率", "上岗员工", "北京星空出版社", "图书订购",
                   "20–30 秒内接听，不计短时放弃"]),
        ("en", ["Calls in", "Waiting", "Answered", "Abandoned", "Service level", "Utilisation", "On duty",
                "Beijing Starry Sky Press", "Orders", "answered within 20–30 s, short abandons ignored"]),
    ],
)  # fmt: skip
async def test_the_page_follows_the_platform_without_being_loaded_again(
    site: Site, browser: Chromium, language: str, words: list[str]
) -> None:
    platform = site.platform
    page = await browser.page()
    await log_in(page, site.url, "press", f"/t/press?lang={language}")
    await page.until(LIVE)
    await page.run("window.notLoadedAgain = true")
    await figure(page, "calls_in", "0")

    platform.sign_in("press/wang", "p104")
    await page.until(row("agents", "王芳", {"zh-CN": "空闲", "en": "Ready"}[language]))
    call = platform.arrive("98668", caller="13812345678", caller_name=HOSTILE)
    await figure(page, "calls_in", "1")
    platform.queue(call, "press/orders")
    await figure(page, "waiting", "1")
    await page.until(row("calls", "13812345678", {"zh-CN": "第 1 位", "en": "place 1"}[language]))
    platform.now += 12
    platform.talk(call, "press/wang")
    await figure(page, "waiting", "0")
    await page.until(row("agents", "王芳", {"zh-CN": "通话中", "en": "Talking"}[language]))
    await page.until(row("calls", "13812345678", "王芳"))
    shown = await page.text()
    assert HOSTILE in shown
    assert [word for word in words if word not in shown] == []
    platform.now += 60
    platform.end(call)
    await figure(page, "answered", "1")
    await figure(page, "service_level", "100%")
    await page.until("!document.querySelector('#calls li')")
    await figure(page, "utilisation", "83.3%")
    given_up = platform.arrive("98668")
    platform.queue(given_up, "press/orders")
    platform.now += 30
    platform.end(given_up)
    await figure(page, "abandoned", "1")
    await figure(page, "service_level", "50%")
    platform.agent_state("press/wang", wish="not_ready", reason="meal", phase="idle")
    await page.until(row("agents", "王芳", {"zh-CN": "用餐", "en": "meal"}[language]))
    platform.close_hours("press", closed=True, who="test")
    await page.until("!document.getElementById('closed').hidden")

    assert await page.run("window.notLoadedAgain") is True
    assert await page.run("document.querySelectorAll('#board img, #board b').length") == 0
    assert page.complaints == []
    assert [url for url in page.requested if not url.startswith((f"{site.url}/", "data:"))] == []


async def test_lengths_go_on_by_themselves(site: Site, browser: Chromium) -> None:
    platform = site.platform
    platform.arrive("98668")
    page = await browser.page()
    await log_in(page, site.url, "press", "/t/press")
    first = await page.until("document.querySelector('#calls .length').textContent")
    await page.until(f"document.querySelector('#calls .length').textContent !== {first!r}")
    asked = [url for url in page.requested if "/api/" in url]
    assert asked == [f"{site.url}/api/v1/tenants/press/board/events"], "the page asks again and again"


async def test_the_page_says_when_it_is_not_live_and_connects_again(tmp_path: Path, browser: Chromium) -> None:
    platform, directory = StandIn(), Directory(standin.secrets())
    platform.arrive("98668")
    page = await browser.page()
    async with Site(platform, directory, tmp_path) as site:
        await log_in(page, site.url, "press", "/t/press?lang=en")
        await page.until(LIVE)
        await figure(page, "calls_in", "1")
    await page.until(NOT_LIVE)
    assert "Not live: as of" in await page.text()
    await figure(page, "calls_in", "1")
    platform.arrive("98668")
    async with Site(platform, directory, tmp_path, port=site.port):
        await page.until(LIVE, within_s=30)
        await figure(page, "calls_in", "2")
        assert "Not live" not in await page.text()


async def test_more_tabs_than_a_browser_has_connections(site: Site, browser: Chromium) -> None:
    pages = [await browser.page()]
    await log_in(pages[0], site.url, "press", "/t/press?lang=en")
    await pages[0].until(LIVE)
    for _ in range(7):  # six connections to one server, over HTTP/1.1
        page = await browser.page()
        await page.go(f"{site.url}/t/press")
        await page.until(LIVE)
        pages.append(page)
    assert await pages[0].run(NOT_LIVE), "nobody sees it"
    site.platform.arrive("98668")
    for page in (pages[0], pages[-1]):
        await page.show()
        await page.until(LIVE)
        await figure(page, "calls_in", "1")
        assert page.complaints == []


async def test_the_page_says_when_the_access_has_ended(site: Site, browser: Chromium) -> None:
    page = await browser.page()
    await log_in(page, site.url, "press", "/t/press?lang=en")
    await page.until(LIVE)
    site.directory.replace(standin.secrets().model_copy(update={"users": {}}))
    site.platform.arrive("98668")
    await page.until(NOT_LIVE)
    await page.until("document.querySelector('#status a')?.href.endsWith('/login?next=%2Ft%2Fpress')")
    assert "Your access has ended" in await page.text()


async def test_logging_in_wrong_then_right_then_out(site: Site, browser: Chromium) -> None:
    page = await browser.page()
    await page.go(f"{site.url}/t/press?lang=en")
    assert await page.run("location.pathname") == "/login"
    await page.run("document.getElementById('user').value = 'press'")
    await page.run("document.getElementById('password').value = 'wrong'")
    await page.submit("document.querySelector('form').requestSubmit()")
    assert "The user name or the password is wrong." in await page.text()
    assert await page.run("document.getElementById('user').value") == "press"
    await page.run(f"document.getElementById('password').value = {standin.password('press')!r}")
    await page.submit("document.querySelector('form').requestSubmit()")
    assert await page.run("location.pathname") == "/t/press"
    assert await page.run("document.cookie") == "", "a script can read the session's cookie"
    await page.until(LIVE)
    assert "Service level" in await page.text()
    await page.submit("document.querySelector('a[hreflang]').click()")
    await page.until(LIVE)
    assert "服务水平" in await page.text()
    await page.submit("document.querySelector('.tools form').requestSubmit()")
    assert await page.run("location.pathname") == "/login"
    await page.go(f"{site.url}/t/press")
    assert await page.run("location.pathname") == "/login"
    assert page.complaints == [complaint for complaint in page.complaints if "403" in complaint]


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_the_pages_fit_and_can_be_read(site: Site, browser: Chromium, width: int, *, dark: bool) -> None:
    platform = site.platform
    for agent, phone in (("lin", "p101"), ("zhao", "p102"), ("sun", "p103"), ("press/wang", "p104")):
        platform.sign_in(agent, phone)
    platform.agent_state("sun", wish="not_ready", reason="meal")
    platform.agent_state("zhao", phase="unresponsive", reachable=False)
    platform.agent_state("press/wang", in_use=True)
    for number, state in enumerate(("flow", "wait", "ring", "talk")):
        call = platform.arrive("98668", caller="+8613812345678901", caller_name="名" * 30 + "w" * 60)
        platform.now += number * 40
        if state != "flow":
            platform.queue(call, "press/orders")
        if state == "ring":
            platform.offer(call, "press/wang")
        if state == "talk":
            platform.talk(call, "lin")
    page = await browser.page(width=width, height=800, dark=dark)
    await page.go(f"{site.url}/login")
    await check(page, width)
    await log_in(page, site.url, "press", "/t/press")
    for language in ("zh-CN", "en"):
        await page.go(f"{site.url}/?lang={language}")
        await check(page, width)
        await page.go(f"{site.url}/t/press?lang={language}")
        await page.until(LIVE)
        await page.until("document.querySelectorAll('#calls li').length === 4")
        await page.until("document.querySelectorAll('#agents .using:not([hidden])').length === 1")
        await check(page, width)
    assert page.complaints == []
