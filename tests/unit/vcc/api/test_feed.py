"""The shared stream: numbers, ids, catching up, and readers that end."""

from __future__ import annotations

import asyncio

import pytest

from core.facts import Fact, NodeChanged
from vcc.api import feed
from vcc.api.engagement import Engagements
from vcc.api.feed import Entry, Feed, Gap, Ids


def fact(number: int) -> Fact:
    return NodeChanged(at=float(number), node="a1", up=True)


def filled(count: int) -> Feed:
    stream = Feed(Engagements())
    for number in range(1, count + 1):
        stream.publish(fact(number))
    return stream


async def numbers(stream: Feed, last_id: str | None) -> list[int | str]:
    with stream.read(last_id) as reader:
        items = await reader.next(0.0) or []
    return [item.number if isinstance(item, Entry) else item.why for item in items]


async def test_catching_up() -> None:
    stream = filled(5)
    assert await numbers(stream, None) == []
    assert await numbers(stream, stream.ids.of(5)) == []
    assert await numbers(stream, stream.ids.of(3)) == [4, 5]
    assert await numbers(stream, stream.ids.of(0)) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("last_id", ["", "x", "0", "ab", "00" * 15, "00" * 16, "00" * 17, "é" * 32])
async def test_ids_of_nothing(last_id: str) -> None:
    assert await numbers(filled(5), last_id) == ["unknown_id"]


async def test_an_id_that_is_still_to_come() -> None:
    stream = filled(5)
    assert await numbers(stream, stream.ids.of(6)) == ["unknown_id"]


async def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "KEPT", 3)
    stream = filled(5)
    assert await numbers(stream, stream.ids.of(2)) == [3, 4, 5]
    assert await numbers(stream, stream.ids.of(1)) == ["too_old"]


def test_ids_are_one_runs_own() -> None:
    one, other = Ids(), Ids()
    assert one.number(one.of(7)) == 7
    assert other.number(one.of(7)) is None
    assert one.of(7) != other.of(7)


async def test_a_reader_waits_for_news() -> None:
    stream = filled(0)
    with stream.read() as reader:
        assert await reader.next(0.0) == []
        waiting = asyncio.create_task(reader.next(10.0))
        await asyncio.sleep(0)
        stream.publish(fact(1))
        assert [item.number for item in await waiting or []] == [1]
        stream.publish(fact(2))
        stream.close()
        assert len(await reader.next(10.0) or []) == 1
        assert await reader.next(10.0) is None
        assert not reader.cut_off
    assert stream.readers == 0


async def test_a_listener_hears_every_fact_at_once() -> None:
    stream, heard = filled(0), list[Fact]()
    stream.listen(heard.append)
    stream.publish(fact(1))
    assert heard == [fact(1)]


async def test_a_gap_is_told_to_those_who_listen() -> None:
    stream = filled(2)
    with stream.read() as reader:
        stream._interrupt()
        stream.publish(fact(3))
        first, second = await reader.next(0.0) or []
    assert isinstance(first, Gap)
    assert first.why == "overrun"
    assert second.number == first.number + 1
    assert await numbers(stream, stream.ids.of(1)) == ["too_old"]
