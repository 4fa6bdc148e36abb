"""The loads, each placed on one side, and what is measured of each.

drain    a hundred callers queue up, a few agents answer at once and talk a second: how long is an agent idle while
         callers wait, how long does it take
steady   so many calls a second, more agents than it takes: which calls fail, what does a call cost
talks    so many calls a second in which both sides are heard, recorded or not: what does a recording cost
sent_on  so many calls a second, each of which a first agent sends on to a second by the phone's own REFER: which fail
silent   a thousand callers wait and hear nothing: what does a call weigh in vcc
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.lab.bench.callers import Call, failures
from tests.lab.bench.folder import NUMBERS, SENT_QUEUE, SENT_TO, SILENT_QUEUE
from tests.lab.bench.meters import CpuMeter, Spent, resident_bytes
from tests.lab.bench.settings import DRAINED_CALLERS
from tests.lab.bench.sides import VCC

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence

    from tests.lab.bench.callers import Callers
    from tests.lab.bench.sides import Side
    from tests.lab.platform import LabPlatform

#: The callers to be drained come within this time, evenly. All in one instant would be unfair: app_queue looks for each
#: waiting caller once a second, from when that caller came, and an agent who is free has to wait for the next look.
_COMING_S = 1.0
_DRAIN_LIMIT_S = 40.0
#: After the last call of a steady load was placed, and after those that are left were hung up.
_OVER_LIMIT_S = 10.0
_HUNG_UP_LIMIT_S = 10.0
#: From the end of the last recorded call until its file is there, and what the switch wrote is gone.
_FILES_S = 3.5
_WARM_UP_CALLS = 20
_SETTLE_S = 1.0
_ALL_WAIT_S = 20.0
_HANG_UP_RATE = 200.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Drained:
    """How a queue was drained. `gaps`: from an agent's BYE to the next INVITE at that phone, while callers waited."""

    seconds: float
    gaps: Sequence[float]
    calls: int
    failed: int
    why: Counter[str]
    spent: Spent


@dataclass(frozen=True, kw_only=True, slots=True)
class Steady:
    """What a steady load cost. `completed`: calls that were answered, talked and ended."""

    rate: int
    calls: int
    failed: int
    why: Counter[str]
    spent: Spent

    @property
    def completed(self) -> int:
        """The calls that did not fail."""
        return self.calls - self.failed

    def cpu_ms(self, *groups: str) -> float:
        """Processor time per completed call, milliseconds, of these groups of processes; of all without any."""
        spent = self.spent.by
        return 1_000 * sum(spent[group] for group in groups or spent) / max(1, self.completed)


@dataclass(frozen=True, kw_only=True, slots=True)
class Silent:
    """The resident memory of all of vcc's processes, bytes, before the calls and while they all waited."""

    calls: int
    before: int
    after: int


async def drain(side: Side, idle: Sequence[int] = ()) -> Drained:
    """Fill the queue of the few agents and wait until it is empty. `idle`: processes of the side that rests."""
    _forget(side)
    meter, began = CpuMeter(side.processes(), idle), time.monotonic()
    calls = await place(side.callers, NUMBERS["few"], DRAINED_CALLERS, DRAINED_CALLERS / _COMING_S)
    await finish(side, calls, _DRAIN_LIMIT_S)
    freed = [call.freed_at for call in side.agents.finished if call.freed_at is not None]
    end = max(freed, default=time.monotonic())
    failed, why = count_failed(side, calls)
    return Drained(
        seconds=end - began,
        gaps=side.agents.idle_gaps(began, end),
        calls=len(calls),
        failed=failed,
        why=why,
        spent=meter.read(),
    )


async def steady(
    side: Side,
    rate: int,
    seconds: float,
    idle: Sequence[int] = (),
    *,
    number: str = NUMBERS["many"],
    settle_s: float = 0.0,
    talks_each: int = 1,
) -> Steady:
    """Place `rate` calls a second for so long, wait for the end of all, and `settle_s` for what comes after it.
    `talks_each`: with so many agents each caller talks.
    """
    _forget(side)
    meter = CpuMeter(side.processes(), idle)
    calls = await place(side.callers, number, round(rate * seconds), rate)
    await finish(side, calls, _OVER_LIMIT_S)
    await asyncio.sleep(settle_s)
    failed, why = count_failed(side, calls, talks_each)
    return Steady(rate=rate, calls=len(calls), failed=failed, why=why, spent=meter.read())


async def talks(side: Side, rate: int, seconds: float, *, recorded: bool, idle: Sequence[int] = ()) -> Steady:
    """The same steady load with voices, into the queue whose conversations are recorded, or into the other one."""
    side.agents.voices.speaking = side.callers.voices.speaking = True
    try:
        number = NUMBERS["taped" if recorded else "many"]
        return await steady(side, rate, seconds, idle, number=number, settle_s=_FILES_S)
    finally:
        side.agents.voices.speaking = side.callers.voices.speaking = False


async def sent_on(side: Side, rate: int, seconds: float, idle: Sequence[int] = ()) -> Steady:
    """The same steady load; whoever answers first sends the caller on to a queue, where another agent does."""
    side.agents.sends_on = {SENT_QUEUE: SENT_TO}
    try:
        load = await steady(side, rate, seconds, idle, number=NUMBERS[SENT_QUEUE], talks_each=2)
    finally:
        side.agents.sends_on = {}
    return load


async def silent(side: Side, platform: LabPlatform, count: int, rate: float) -> Silent:
    """Start vcc afresh and let `count` callers wait in silence. Raises LabError if they do not all wait."""
    await platform.stop_vcc()
    await platform.start_vcc()
    await finish(side, await _wait_in_silence(side, platform, _WARM_UP_CALLS, rate), 0.0)
    await _until_waiting(platform, 0)
    before = await _settled_memory(side)
    calls = await _wait_in_silence(side, platform, count, rate)
    after = await _settled_memory(side)
    await finish(side, calls, 0.0)
    return Silent(calls=count, before=before, after=after)


# --- the parts of a load ----------------------------------------------------------------------------------------------


async def place(callers: Callers, number: str, count: int, rate: float) -> list[Call]:
    """Place `count` calls, evenly at `rate` a second; a loop that was late catches up."""
    began, calls = time.monotonic(), []
    for index in range(count):
        await asyncio.sleep(max(0.0, began + index / rate - time.monotonic()))
        calls.append(callers.place(number))
    return calls


async def finish(side: Side, calls: Sequence[Call], within_s: float) -> None:
    """Wait for the end of all; hang up what is left, and wait for that. What then still goes on has failed."""
    if await side.callers.over(calls, within_s):
        return
    left = [call for call in calls if call.ended_at is None]
    for index, call in enumerate(left):
        if within_s:
            call.failure = call.failure or f"not over {within_s:.0f} s after the last was placed"
        side.callers.hang_up(call)
        if index % 10 == 9:
            await asyncio.sleep(10 / _HANG_UP_RATE)
    await side.callers.over(left, _HUNG_UP_LIMIT_S)


def count_failed(side: Side, calls: Sequence[Call], talks_each: int = 1) -> tuple[int, Counter[str]]:
    """How many calls failed, and why: the callers' word, but never fewer than conversations are missing."""
    why = failures(calls)
    talked = sum(call.acked_at is not None and call.bye_sent_at is not None for call in side.agents.calls)
    missing = talks_each * (len(calls) - why.total()) - talked
    if missing > 0:
        why["ended without an agent"] += missing
    return why.total(), why


def _forget(side: Side) -> None:
    side.agents.calls.clear()
    side.agents.problems.clear()


async def _wait_in_silence(side: Side, platform: LabPlatform, count: int, rate: float) -> list[Call]:
    calls = await place(side.callers, NUMBERS["silent"], count, rate)
    if not await side.callers.answered(calls, _ALL_WAIT_S):
        answered = sum(call.answered_at is not None for call in calls)
        message = f"{count} silent calls were placed, {answered} answered {_ALL_WAIT_S:.0f} s later: {failures(calls)}"
        raise platform.supervisor.error(message)
    await _until_waiting(platform, count)
    return calls


async def _until_waiting(platform: LabPlatform, count: int) -> None:
    """Wait until vcc says that so many callers wait in silence."""
    waiting = -1
    try:
        async with asyncio.timeout(_ALL_WAIT_S):
            while waiting != count:
                queues = (await platform.api("GET", "queues"))["queues"]
                waiting = next(queue["waiting"] for queue in queues if queue["queue"] == SILENT_QUEUE)
                await asyncio.sleep(0.1)
    except TimeoutError:
        message = f"{count} callers should wait in silence, and {waiting} do"
        raise platform.supervisor.error(message) from None


async def _settled_memory(side: Side) -> int:
    """Memory when what was to be written has been written."""
    await asyncio.sleep(_SETTLE_S)
    return sum(map(resident_bytes, side.processes()[VCC]))
