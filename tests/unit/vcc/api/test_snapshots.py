"""Snapshots: who begins to watch sees one at once, whatever the machine is busy with."""

from __future__ import annotations

import asyncio
import time

from pydantic import BaseModel

from vcc.api.snapshots import Snapshots


class Shown(BaseModel):
    number: int


async def test_a_snapshot_that_took_long_because_others_had_the_processor_makes_nobody_wait() -> None:
    snapshots, made = Snapshots(readers=5), 0

    def make() -> Shown:
        nonlocal made
        made += 1
        time.sleep(0.3)  # as if something else ran meanwhile
        return Shown(number=made)

    with snapshots.watch("press"):
        first = await snapshots.next("press", "", make)
        with snapshots.watch("press"):
            async with asyncio.timeout(2.0):
                assert await snapshots.next("press", "", make) == first  # fresh: shown as it is
                snapshots.wake({"press"})
                assert await snapshots.next("press", first, make) != first
    assert made == 2


async def test_what_costs_is_made_seldom() -> None:
    snapshots = Snapshots(readers=5)

    def make() -> Shown:
        until = time.thread_time() + 0.05
        while time.thread_time() < until:
            pass
        return Shown(number=1)

    with snapshots.watch("press"):
        shown = await snapshots.next("press", "", make)
        snapshots.wake({"press"})
        began = asyncio.get_running_loop().time()
        await snapshots.next("press", shown, make)
        assert asyncio.get_running_loop().time() - began >= 0.9
