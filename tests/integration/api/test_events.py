"""The stream of facts: scope, resuming, gaps, slow readers, ends."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

import pytest

from core.facts import NodeChanged
from tests.lab import standin
from tests.lab.standin import StandIn
from vcc.api import feed, sse
from vcc.api.engagement import Engagements

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.api.conftest import Site


async def test_facts_come_as_they_happen(site: Site) -> None:
    async with site.events() as events:
        assert events.first["event"] == "hello"
        call = site.platform.arrive("98668", caller="13800000001", caller_name="李晓明\r\ndata: forged")
        arrived, answered, _ = await events.facts(3)
    assert arrived == {
        "fact": "ContactArrived", "at": site.platform.now, "tenant": "press", "contact": call, "node": "a1",
        "medium": "voice", "direction": "inbound", "leg": f"leg-{call}", "trunk": "carrier", "dialled": "98668",
        "number": "98668", "project": "lease", "caller": "13800000001",
        "caller_name": "李晓明\r\ndata: forged", "agent": "", "callback": "",
    }  # fmt: skip
    assert answered["fact"] == "ContactAnswered"


async def test_a_tenant_gets_its_own_only(site: Site) -> None:
    platform = site.platform
    async with site.events(who="press") as events:
        theirs = platform.arrive("98667", caller="13900000099")
        platform.queue(theirs, "chess/lessons")
        platform.sign_in("chess/wu", "p103")
        platform.talk(theirs, "chess/wu")
        platform.tell(NodeChanged(at=platform.now, node="a1", up=False))
        platform.end(theirs)
        ours = platform.arrive("98668")
        facts = await events.facts(3)
    assert {fact["contact"] for fact in facts} == {ours}


async def test_a_leased_agents_work_elsewhere_is_told_once_and_without_details(site: Site) -> None:
    platform = site.platform
    async with site.events(who="press") as events:
        platform.sign_in("lin", "p101")
        call = platform.arrive("98667")
        platform.queue(call, "chess/lessons")
        platform.offer(call, "lin")
        platform.talk(call, "lin")
        platform.now += 30
        platform.end(call)
        platform.wrapped_up("lin")
        states = await events.facts(3)
    assert [(state["wish"], state["phase"]) for state in states] == [
        ("ready", "idle"),
        ("ready", "busy_elsewhere"),
        ("ready", "idle"),
    ]
    assert all(state["contact"] == "" and state["serves"] == ["press"] for state in states)


async def test_a_leased_agents_work_here_is_told_in_full(site: Site) -> None:
    platform = site.platform
    platform.sign_in("lin", "p101")
    async with site.events("/events?kinds=AgentStateChanged", who="press") as events:
        call = platform.arrive("98668")
        platform.queue(call, "press/orders")
        platform.talk(call, "lin")
        platform.end(call)
        platform.agent_state("lin", wish="signed_out", phase="idle", seated=(), contact="")
        states = await events.facts(4)
    assert [(state["phase"], state["contact"]) for state in states[:3]] == [
        ("ringing", call),
        ("talking", call),
        ("wrap_up", ""),
    ]
    assert (states[3]["wish"], states[3]["serves"]) == ("signed_out", [])


async def test_a_call_led_on_ends_for_one_tenant_and_begins_for_the_other(site: Site) -> None:
    call = site.platform.arrive("98667")
    async with site.events(who="chess") as chess, site.events(who="press") as press:
        site.platform.lead_on(call, "98668")
        (ended,), (entered,) = await chess.facts(1), await press.facts(1)
    assert (ended["fact"], ended["cause"]) == ("ContactEnded", "led_on")
    assert (entered["fact"], entered["from_tenant"]) == ("NumberEntered", "")


async def test_filters(site: Site) -> None:
    platform = site.platform
    wanted = "/events?tenant=press&kinds=ContactQueued,ContactEnded"
    async with site.events(wanted) as events:
        platform.end(platform.arrive("98667"))
        call = platform.arrive("98668")
        platform.queue(call, "press/orders")
        platform.end(call)
        facts = await events.facts(2)
    assert [fact["fact"] for fact in facts] == ["ContactQueued", "ContactEnded"]
    status, answer = await site.ask("GET", "/events?kinds=Nonsense")
    assert (status, answer["code"]) == (400, "bad_request")
    async with site.events(f"/events?contact={call}") as events:
        platform.arrive("98668")
        other = platform.arrive("98668")
        status, _ = await site.ask("GET", "/me")
        assert other
        assert status == 200
        with pytest.raises(TimeoutError):
            await events.next(within_s=0.2)


async def test_who_comes_back_goes_on_where_it_was(site: Site) -> None:
    platform = site.platform
    async with site.events(who="press") as events:
        platform.arrive("98668")
        await events.facts(3)
        last_id = events.last_id
    missed = platform.arrive("98668")
    platform.arrive("98667")
    await site.ask("GET", "/me")  # the feed has taken the facts when this has been answered
    async with site.events(who="press", headers={"Last-Event-ID": last_id}) as events:
        assert events.first["data"] == {"resumed": True}
        facts = await events.facts(3)
    assert {fact["contact"] for fact in facts} == {missed}


@pytest.mark.parametrize("last_id", ["7", "00" * 16, "ff" * 400, "'; drop", "\u4e00".encode().hex()])
async def test_an_id_that_means_nothing_is_told_as_a_gap(site: Site, last_id: str) -> None:
    async with site.events(headers={"Last-Event-ID": last_id}) as events:
        gap = await events.next()
        assert (gap["event"], gap["data"]) == ("gap", {"why": "unknown_id"})
        site.platform.arrive("98668")
        assert (await events.next())["event"] == "fact"


async def test_an_id_of_an_earlier_run_is_told_as_a_gap(site: Site, another_site: Callable[[StandIn], Site]) -> None:
    async with site.events() as events:
        site.platform.arrive("98668")
        await events.facts(3)
    async with another_site(StandIn()) as later:
        later.platform.arrive("98668")
        async with later.events(headers={"Last-Event-ID": events.last_id}) as resumed:
            assert (await resumed.next())["data"] == {"why": "unknown_id"}


async def test_more_missed_than_is_kept_is_told_as_a_gap(site: Site) -> None:
    async with site.events() as events:
        site.platform.arrive("98668")
        await events.facts(3)
    for _ in range(feed.KEPT // 1_000 + 1):
        for _ in range(1_000):
            site.platform.tell(NodeChanged(at=site.platform.now, node="a1", up=True))
        await site.ask("GET", "/me")
    async with site.events(headers={"Last-Event-ID": events.last_id}) as resumed:
        assert (await resumed.next())["data"] == {"why": "too_old"}


async def test_facts_that_the_feed_itself_missed_are_told_as_a_gap(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "_RESUBSCRIBE_S", 0.0)
    async with site.events() as events:
        site.platform.arrive("98668")
        await events.facts(3)
        site.platform.cut_off_readers()
        gap = await events.next()
        assert (gap["event"], gap["data"]) == ("gap", {"why": "overrun"})
        await site.platform.subscribed()
        site.platform.arrive("98668")
        await events.facts(3)


async def test_ids_do_not_count_what_happens_elsewhere(site: Site) -> None:
    """Two facts one after the other have ids that tell nothing of how many lie between."""
    async with site.events(who="press") as events:
        site.platform.arrive("98668")
        await events.facts(3)
        first = events.last_id
        site.platform.arrive("98668")
        await events.facts(3)
    differing = sum(a != b for a, b in zip(first, events.last_id, strict=True))
    assert len(first) == 32
    assert differing > 16


async def test_a_quiet_stream_says_that_it_lives(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also while other tenants' facts come without a pause; the id goes on, so that a return has less to catch up."""
    monkeypatch.setattr("vcc.api.routes.events.HEARTBEAT_S", 0.1)

    async def elsewhere() -> None:
        while True:
            site.platform.arrive("98667")
            await asyncio.sleep(0.005)

    busy = asyncio.create_task(elsewhere())
    async with site.http.get("/api/v1/events", headers=site.bearer("press")) as answer, asyncio.timeout(10):
        lines, ids = [""], set[str]()
        while len(ids) < 3:
            lines.append((await answer.content.readline()).decode())
            if lines[-2] == ": alive\n":
                ids.add(lines[-1])
    busy.cancel()
    assert all(found.startswith("id: ") for found in ids)
    assert not any(line.startswith("event: fact") for line in lines)


async def test_who_does_not_read_is_cut_off(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection whose buffers are full takes nothing any more: it is ended, and others are not held up."""
    monkeypatch.setattr(sse, "WRITE_S", 0.2)
    host, _, port = site.url.removeprefix("http://").rpartition(":")
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        deaf.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(deaf, (host, int(port)))
        head = f"GET /api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {standin.token('platform')}\r\n\r\n"
        await loop.sock_sendall(deaf, head.encode())
        await loop.sock_recv(deaf, 100)
        async with site.events() as events, asyncio.timeout(30):
            while await _readers(site) > 1:
                for _ in range(200):
                    site.platform.tell(NodeChanged(at=site.platform.now, node="a1", up=True, detail="x" * 900))
                await events.facts(200)


async def test_who_falls_too_far_behind_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "READER_BOUND", 5)
    facts = feed.Feed(Engagements())
    with facts.read() as slow, facts.read() as quick:
        for number in range(6):
            facts.publish(NodeChanged(at=float(number), node="a1", up=True))
            assert len(await quick.next(1.0) or ()) == 1
        assert await slow.next(1.0) is None
        assert slow.cut_off
    assert facts.cut_off == 1


async def test_readers_are_bounded(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "READERS", 1)
    async with site.events():
        status, answer = await site.ask("GET", "/events")
        assert (status, answer["code"]) == (503, "too_many_readers")


async def test_a_stream_ends_with_the_access(site: Site) -> None:
    async with site.events(who="press") as events:
        left = standin.secrets().model_copy(update={"tokens": {}})
        site.directory.replace(left)
        site.platform.arrive("98668")
        end = await events.next()
        assert (end["event"], end["data"]) == ("end", {"why": "no_access"})
        with pytest.raises(EOFError):
            await events.next()


async def test_streams_end_when_vcc_stops(another_site: Callable[[StandIn], Site]) -> None:
    running = another_site(StandIn())
    async with running, running.events() as events, running.events("/tenants/press/board/events") as board:
        closing = asyncio.create_task(running.stop_serving())
        assert (await events.next())["data"] == {"why": "closing"}
        while (event := await board.next())["event"] == "board":
            pass
        assert event["data"] == {"why": "closing"}
        await closing


async def _readers(site: Site) -> int:
    async with site.http.get("/metrics", headers=site.bearer("platform")) as answer:
        text = await answer.text()
    line = next(line for line in text.splitlines() if line.startswith("vcc_event_readers "))
    return int(float(line.split()[1]))
