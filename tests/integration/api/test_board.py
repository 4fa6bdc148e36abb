"""The live page as data: whole snapshots, made when something changed, the same for all who look at a tenant."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from vcc.api import board, snapshots

if TYPE_CHECKING:
    from tests.integration.api.conftest import Events, Site
    from vcc.calls.control import LiveCall


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "SPACING_S", 0.0)


async def until(events: Events, true: Any) -> dict[str, Any]:
    """The first snapshot of which something is true."""
    async with asyncio.timeout(10):
        while True:
            event = await events.next()
            assert event["event"] == "board"
            if true(event["data"]):
                found: dict[str, Any] = event["data"]
                return found


async def test_the_figures_follow_the_day(site: Site) -> None:
    platform = site.platform
    async with site.events("/tenants/press/board/events", who="press-supervisor") as events:
        assert events.first["data"]["figures"]["calls_in"] == 0
        platform.sign_in("press/wang", "p104")
        for waited in (5, 40, 8):
            call = platform.arrive("98668")
            platform.queue(call, "press/orders")
            platform.now += waited
            platform.talk(call, "press/wang")
            platform.now += 60
            platform.end(call)
            platform.wrapped_up("press/wang")
        given_up, waiting = platform.arrive("98668"), platform.arrive("98668", caller_name="李晓明")
        platform.queue(given_up, "press/orders")
        platform.queue(waiting, "press/orders")
        platform.now += 25
        platform.end(given_up)
        shown = await until(events, lambda data: data["figures"]["abandoned"] == 1)
    figures = shown["figures"]
    assert (figures["calls_in"], figures["waiting"], figures["answered"], figures["on_duty"]) == (5, 1, 3, 1)
    assert figures["service_level"] == pytest.approx(2 / 4)
    assert figures["service_level_variant"] == "short_abandons_ignored"
    assert figures["thresholds_s"] == [20, 30]
    assert figures["utilisation"] == pytest.approx(180 / (5 + 40 + 8 + 180 + 25))
    assert [(call["caller_name"], call["position"]) for call in shown["calls"]] == [("李晓明", 1)]
    assert [(agent["name"], agent["phase"]) for agent in shown["agents"]] == [("王芳", "idle")]
    orders = next(queue for queue in shown["queues"] if queue["queue"] == "press/orders")
    assert (orders["waiting"], orders["waiting_since"]) == (1, platform.now - 25)


async def test_everybody_sees_the_tenants_own_view(site: Site) -> None:
    """Also the platform's role: a page that hangs on a wall shows nothing of other tenants."""
    platform = site.platform
    platform.sign_in("lin", "p101")
    call = platform.arrive("98667", caller="13900000099")
    platform.queue(call, "chess/lessons")
    platform.talk(call, "lin")
    async with site.events("/tenants/press/board/events", who="platform") as events:
        as_platform = events.first["data"]
    async with site.events("/tenants/press/board/events", who="press") as events:
        as_press = events.first["data"]
    assert as_press == as_platform == await site.get("/tenants/press/board")
    assert as_press["calls"] == []
    assert as_press["agents"][0] | {"name": ""} == {
        "agent": "lin", "name": "", "wish": "ready", "reason": "", "phase": "busy_elsewhere", "since": None,
        "reachable": True, "in_use": False, "leased": True, "assigned": [],
    }  # fmt: skip


async def test_news_of_other_tenants_wake_nobody(site: Site) -> None:
    async with site.events("/tenants/press/board/events") as events:
        site.platform.arrive("98667")
        with pytest.raises(TimeoutError):
            await events.next(within_s=0.3)
        site.platform.arrive("98668")
        await until(events, lambda data: data["figures"]["calls_in"] == 1)


@pytest.mark.parametrize("change", ["agent", "closure", "reload", "led in", "led on"])
async def test_what_wakes_a_page(site: Site, change: str) -> None:
    platform = site.platform
    call = platform.arrive("98668" if change == "led on" else "98667")
    async with site.events("/tenants/press/board/events") as events:
        match change:
            case "agent":
                platform.sign_in("lin", "p101")
            case "closure":
                platform.close_hours("press", closed=True, who="test")
            case "reload":
                await platform.reload(who="test")
            case "led in":
                platform.lead_on(call, "98668")
            case "led on":
                platform.lead_on(call, "98667")
        assert (await events.next())["event"] == "board"


async def test_without_news_a_page_still_hears(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "REFRESH_S", 0.05)
    async with site.events("/tenants/press/board/events") as events:
        site.platform.now += 10
        assert (await until(events, lambda data: data["at"] == site.platform.now))["calls"] == []


async def test_snapshots_are_made_once_for_all_and_not_too_often(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "SPACING_S", 0.3)
    made: list[int] = []
    calls = site.platform.calls

    def counted() -> list[LiveCall]:
        made.append(1)
        return calls()

    monkeypatch.setattr(site.platform, "calls", counted)
    path = "/tenants/press/board/events"
    async with site.events(path) as one, site.events(path) as two, site.events(path) as three:
        for _ in range(50):
            site.platform.arrive("98668")
            await asyncio.sleep(0)
        for events in (one, two, three):
            await until(events, lambda data: data["figures"]["calls_in"] == 50)
    assert len(made) <= 6, "each burst and each reader made one of its own"


async def test_many_calls_are_counted_and_the_longest_waiting_shown(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board, "CALLS_SHOWN", 3)
    for number in range(6):
        site.platform.now += 1
        call = site.platform.arrive("98668", caller=f"1380000000{number}")
        if number % 2:
            site.platform.queue(call, "press/orders")
    shown = await site.get("/tenants/press/board")
    assert [call["caller"][-1] for call in shown["calls"]] == ["1", "3", "5"]
    assert shown["calls_not_shown"] == 3


async def test_a_tenant_that_is_taken_out_ends_its_pages(site: Site) -> None:
    async with site.events("/tenants/press/board/events") as events:
        platform = site.platform
        left = {name: tenant for name, tenant in platform.platform.tenants.items() if name != "press"}
        platform.next_platform = platform.platform.model_copy(update={"tenants": left, "agents": {}})
        await platform.reload(who="test")
        end = await events.next()
        assert (end["event"], end["data"]) == ("end", {"why": "no_access"})


async def test_who_begins_to_watch_sees_the_present(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not what another watcher was shown a while ago, with the time of then."""
    monkeypatch.setattr(snapshots, "SPACING_S", 0.0)
    async with site.events("/tenants/press/board/events") as first:
        assert first.first["data"]["at"] == site.platform.now
        site.platform.now += 7
        async with site.events("/tenants/press/board/events") as second:
            assert second.first["data"]["at"] == site.platform.now
