"""The page of recordings in a real Chromium: searched, played and downloaded by those who may, and written down."""

from __future__ import annotations

import io
import wave
from typing import TYPE_CHECKING, Any

import pytest

from core.facts import RecordingErased, RecordingPaused, RecordingPlayed
from tests.lab.browsing import check, choose, log_in, press, row, shows

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.api.conftest import Site
    from tests.lab.chromium import Chromium, Page

SECONDS = 0.5
PLAYED = """
new Promise((resolve, reject) => {
  const player = document.querySelector("audio");
  player.addEventListener("ended", () => resolve(player.duration));
  player.addEventListener("error", () => reject(new Error("it cannot be played")));
  setTimeout(() => reject(new Error(`still at ${player.currentTime}`)), 10000);
  if (player.ended) resolve(player.duration);
})
"""


def sound() -> bytes:
    """Half a second of a WAV file with two channels."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((2, 2, 8_000, 0, "NONE", ""))
        writer.writeframes(bytes(int(SECONDS * 8_000) * 4))
    return file.getvalue()


class Recorded:
    """Two calls of the press that were recorded, an hour apart, and one of the chess academy."""

    def __init__(self, site: Site, folder: Path) -> None:
        self.site, platform = site, site.platform
        platform.recordings = folder
        for agent, phone in (("press/wang", "p104"), ("lin", "p101"), ("chess/wu", "p103")):
            platform.sign_in(agent, phone)
        self.first = self._call("98668", "press/orders", "press/wang", "13800000001")
        platform.now += 3_600
        self.second = self._call("98668", "press/authors", "lin", "13800000002")
        self._call("98667", "chess/lessons", "chess/wu", "13900000099")

    def _call(self, number: str, queue: str, agent: str, caller: str) -> str:
        platform = self.site.platform
        contact = platform.arrive(number, caller=caller)
        platform.queue(contact, queue)
        platform.talk(contact, agent)
        name = platform.recorded(contact, sound())
        platform.end(contact)
        return name

    def erase(self, name: str) -> None:
        about: dict[str, Any] = {"at": self.site.platform.now, "tenant": "press", "contact": name.rpartition("-")[0]}
        self.site.platform.tell(RecordingErased(**about, recording=name, why="retention"))

    def pause(self, name: str) -> None:
        about: dict[str, Any] = {"at": self.site.platform.now, "tenant": "press", "contact": name.rpartition("-")[0]}
        self.site.platform.tell(RecordingPaused(**about, recording=name, by="agent:press/wang"))

    def played(self) -> set[tuple[str, str, str]]:
        """Who got which, and how."""
        facts = [fact for fact in self.site.platform.log.all if isinstance(fact, RecordingPlayed)]
        return {(fact.recording, fact.who, fact.how) for fact in facts}


@pytest.fixture
def recorded(site: Site, tmp_path: Path) -> Recorded:
    return Recorded(site, tmp_path)


async def opened(site: Site, browser: Chromium, who: str, language: str = "en") -> Page:
    page = await browser.page()
    await log_in(page, site.url, who, f"/t/press/recordings?lang={language}")
    return page


async def rows(page: Page, *callers: str) -> None:
    """Wait until exactly these are shown, in this order, and nothing is being looked for any more."""
    shown = "[...document.querySelectorAll('#found strong')].map((one) => one.textContent).join()"
    await page.until(f"!document.querySelector('[aria-busy]') && {shown} === {','.join(callers)!r}")


async def test_played_in_the_page_by_who_may(site: Site, browser: Chromium, recorded: Recorded) -> None:
    recorded.pause(recorded.first)
    page = await opened(site, browser, "press-listener")
    await rows(page, "13800000002", "13800000001")
    await shows(page, "#found li:nth-child(2)", "pauses: 1")
    await press(page, "#found li:nth-child(2) .play")
    await page.until("document.querySelector('#found li:nth-child(2) audio')")
    assert await page.run(PLAYED) == pytest.approx(SECONDS, abs=0.01)
    assert recorded.played() == {(recorded.first, "user:press-listener", "play")}
    await press(page, "#found li:nth-child(2) .heard_by")
    await shows(page, "#found li:nth-child(2) ul.heard", "played by press-listener", "Mar 4, 2026")
    assert page.complaints == []
    assert [url for url in page.requested if not url.startswith((f"{site.url}/", "data:"))] == []


async def test_downloaded_by_who_may(site: Site, browser: Chromium, recorded: Recorded) -> None:
    page = await opened(site, browser, "press-listener")
    await rows(page, "13800000002", "13800000001")
    got = await page.run("""
    fetch(document.querySelector("#found li:nth-child(1) .download").href)
      .then((answer) => answer.arrayBuffer()).then((body) => body.byteLength)
    """)
    assert got == len(sound())
    assert recorded.played() == {(recorded.second, "user:press-listener", "download")}


@pytest.mark.parametrize(
    ("language", "told"), [("zh-CN", "您没有收听录音的权限"), ("en", "You may not hear recordings")]
)
async def test_who_may_not_sees_that_they_are_there(
    site: Site, browser: Chromium, recorded: Recorded, language: str, told: str
) -> None:
    page = await opened(site, browser, "press-supervisor", language)
    await rows(page, "*********02", "*********01")
    await shows(page, "#may-not", told)
    assert await page.run("document.querySelectorAll('.play, .download, audio').length") == 0
    assert recorded.played() == set()
    assert "1380000" not in await page.run("document.documentElement.outerHTML")


async def test_searches(site: Site, browser: Chromium, recorded: Recorded) -> None:
    page = await opened(site, browser, "press-listener")

    async def found(*callers: str) -> None:
        await press(page, "#find")
        await rows(page, *callers)

    await rows(page, "13800000002", "13800000001")
    await choose(page, "#queue", "press/orders")
    await found("13800000001")
    await choose(page, "#queue", "")
    await choose(page, "#agent", "lin")
    await found("13800000002")
    await choose(page, "#agent", "")
    await choose(page, "#caller", "13800000001")
    await found("13800000001")
    await choose(page, "#caller", "138 0000-0002")  # as people write it
    await found("13800000002")
    await choose(page, "#caller", "13900000099")
    await found()
    await shows(page, "#none", "No recordings fit.")
    await choose(page, "#caller", "")
    await choose(page, "#since", "2026-03-04T12:30")  # on the tenant's clock, wherever the browser is
    await found("13800000002")
    await choose(page, "#since", "")
    await choose(page, "#until", "2026-03-04T12:30")
    await found("13800000001")
    assert page.complaints == []


@pytest.mark.parametrize(("language", "told"), [("zh-CN", "保存期满，已于"), ("en", "kept long enough, erased")])
async def test_what_was_erased_says_so(
    site: Site, browser: Chromium, recorded: Recorded, language: str, told: str
) -> None:
    recorded.erase(recorded.first)
    page = await opened(site, browser, "press-listener", language)
    await page.until(row("found", "13800000001", told))
    assert await page.run("document.querySelectorAll('#found li:nth-child(2) :is(.play, .download)').length") == 0


async def test_what_is_erased_meanwhile_is_told(site: Site, browser: Chromium, recorded: Recorded) -> None:
    page = await opened(site, browser, "press-listener")
    await rows(page, "13800000002", "13800000001")
    recorded.erase(recorded.second)
    await press(page, "#found li:nth-child(1) .play")
    await shows(page, "#problem", "It cannot be played")


async def test_pages_of_calls_are_looked_through_until_something_is_found(
    site: Site, browser: Chromium, recorded: Recorded
) -> None:
    for number in range(450):  # two more pages of calls that were not recorded
        site.platform.end(site.platform.arrive("98668", caller=f"1370000{number:04}"))
    page = await opened(site, browser, "press-listener")
    await rows(page, "13800000002", "13800000001")
    assert await page.run("document.getElementById('more').hidden")


async def test_another_tenants_page_is_not_there(site: Site, browser: Chromium, recorded: Recorded) -> None:
    page = await browser.page()
    await log_in(page, site.url, "press-listener", "/t/chess/recordings?lang=en")
    assert "There is no such page" in await page.text()


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_the_page_fits_and_can_be_read(
    site: Site, browser: Chromium, recorded: Recorded, width: int, *, dark: bool
) -> None:
    recorded.erase(recorded.first)
    page = await browser.page(width=width, height=900, dark=dark)
    await log_in(page, site.url, "press-listener", "/t/press/recordings")
    for language in ("zh-CN", "en"):
        await page.go(f"{site.url}/t/press/recordings?lang={language}")
        await rows(page, "13800000002", "13800000001")
        await press(page, "#found li:nth-child(1) .play")
        await press(page, "#found li:nth-child(2) .heard_by")
        await page.until("document.querySelector('ul.heard li')")
        await check(page, width)
    assert page.complaints == []
