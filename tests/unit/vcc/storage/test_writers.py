"""The writers: what is given is written, in order, once, however often the writing fails."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from structlog.testing import capture_logs

from core.errors import StoreError
from vcc.storage.inbox import LatestInbox, OrderedInbox, Values
from vcc.storage.progress import Progress
from vcc.storage.writers import TaskWriter, ThreadWriter

_TIMEOUT_S = 10.0


class AwayError(Exception):
    """The database is away."""


@dataclass
class Target:
    """Where the writers write: it can be away, or slow."""

    batches: list[list[int]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)  # of the writes, by time.monotonic()
    prepared: int = 0
    away: bool = False
    broken: bool = False
    gate: threading.Event = field(default_factory=threading.Event)
    tries: int = 0

    def __post_init__(self) -> None:
        self.gate.set()

    @property
    def written(self) -> list[int]:
        return [item for batch in self.batches for item in batch]

    def prepare(self, batch: list[int]) -> list[int]:
        self.prepared += len(batch)
        return list(batch)

    def write(self, batch: list[int]) -> None:
        self.tries += 1
        assert self.gate.wait(_TIMEOUT_S)
        if self.broken:
            raise ZeroDivisionError("a defect")
        if self.away:
            raise AwayError("no route to host")
        self.batches.append(batch)
        self.times.append(time.monotonic())

    async def write_async(self, batch: list[int]) -> None:
        await asyncio.to_thread(self.gate.wait, _TIMEOUT_S)
        self.write(batch)


@dataclass
class Line:
    """A writer with its inbox."""

    target: Target
    progress: Progress
    inbox: OrderedInbox[int]
    writer: TaskWriter[list[int], list[int]] | ThreadWriter[list[int], list[int]]

    def give(self, *items: int) -> None:
        for item in items:
            self.inbox.add(item)
            self.writer.note()


async def until(condition: Callable[[], bool]) -> None:
    """Return when it is so: what happens in another thread tells nobody."""
    async with asyncio.timeout(_TIMEOUT_S):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.001)


Start = Callable[..., Line]


@pytest.fixture(params=["task", "thread"])
async def start(request: pytest.FixtureRequest) -> AsyncIterator[Start]:
    """Starts writers of each kind; those that a test leaves open are closed."""
    lines: list[Line] = []

    def made(*, gather_s: float = 0.0, flush_timeout_s: float = _TIMEOUT_S, bound: int = 1_000) -> Line:
        target, progress = Target(), Progress("the log", flush_timeout_s=flush_timeout_s)
        inbox: OrderedInbox[int] = OrderedInbox(progress, bound=bound, at_once=5)
        common: dict[str, Any] = {"prepare": target.prepare, "errors": (AwayError,), "gather_s": gather_s}
        writer = (
            TaskWriter(progress, inbox, write=target.write_async, **common)
            if request.param == "task"
            else ThreadWriter(progress, inbox, write=target.write, **common)
        )
        writer.start()
        lines.append(Line(target, progress, inbox, writer))
        return lines[-1]

    yield made
    for line in lines:
        line.target.gate.set()
        line.target.away = False
        if line.progress.alive:
            await line.writer.close()


async def test_everything_given_in_one_turn_is_written_together_and_in_order(start: Start) -> None:
    line = start()
    line.give(1, 2, 3)
    await line.progress.flush()
    assert line.target.batches == [[1, 2, 3]]


async def test_a_writer_never_takes_half_of_a_turn(start: Start) -> None:
    line = start()
    line.give(1)
    time.sleep(0.05)  # noqa: ASYNC251 - the event loop is busy, and a thread could write meanwhile
    line.give(2)
    await line.progress.flush()
    assert line.target.batches == [[1, 2]]


async def test_a_flush_does_not_miss_a_writer_that_ends_meanwhile() -> None:
    progress = Progress("the log", flush_timeout_s=0.5)
    progress.start()
    progress.given = 1
    progress.check_alive = lambda: progress.wrote(1)  # type: ignore[method-assign] # in its thread, just then
    await progress.flush()


async def test_what_comes_while_it_writes_is_gathered(start: Start) -> None:
    line = start()
    line.target.gate.clear()
    line.give(0)
    await until(lambda: not line.inbox._handed)
    for n in range(1, 12):
        line.give(n)
        await asyncio.sleep(0)
    line.target.gate.set()
    await line.progress.flush()
    assert line.target.written == list(range(12))
    assert max(map(len, line.target.batches)) <= 5  # never more at once
    assert len(line.target.batches) <= 5


async def test_a_failed_write_is_tried_again_and_prepared_once(start: Start) -> None:
    line = start()
    line.target.away = True
    with capture_logs() as logs:
        line.give(1, 2)
        await until(lambda: line.target.tries >= 2)
        states = [(line.progress.healthy, line.progress.failure)]
        line.give(3)
        line.target.away = False
        await line.progress.flush()
    assert line.target.written == [1, 2, 3]
    assert line.target.prepared == 3
    states.append((line.progress.healthy, line.progress.failure))
    assert states == [(False, "AwayError: no route to host"), (True, "")]
    assert [entry["event"] for entry in logs] == ["store cannot be written, trying again", "store is written again"]


async def test_flush_waits_for_what_was_given_before_and_for_no_more(start: Start) -> None:
    line = start()
    line.give(1)
    await line.progress.flush()
    line.target.gate.clear()
    line.give(2)
    flush = asyncio.create_task(line.progress.flush())
    await asyncio.sleep(0.01)
    assert not flush.done()
    line.target.gate.set()
    await flush
    assert line.target.written == [1, 2]
    await line.progress.flush()  # nothing is pending: returns at once


async def test_flush_ends_with_an_error_when_it_takes_too_long(start: Start) -> None:
    line = start(flush_timeout_s=0.1)
    line.target.away = True
    line.give(1)
    with pytest.raises(StoreError, match=r"the log could not be written within 0.1 s: AwayError: no route to host"):
        await line.progress.flush()


async def test_a_cancelled_flush_leaves_others_waiting(start: Start) -> None:
    line = start()
    line.target.gate.clear()
    line.give(1)
    first, second = asyncio.create_task(line.progress.flush()), asyncio.create_task(line.progress.flush())
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    line.target.gate.set()
    await second
    assert first.cancelled()


async def test_closing_writes_what_is_left(start: Start) -> None:
    line = start()
    line.give(*range(20))
    await line.writer.close()
    assert line.target.written == list(range(20))
    with pytest.raises(StoreError, match="the log is not being written"):
        line.give(1)
    await line.writer.close()


async def test_closing_while_it_cannot_be_written_says_so_and_ends(start: Start) -> None:
    line = start(flush_timeout_s=0.1)
    line.target.away = True
    line.give(1)
    with pytest.raises(StoreError, match="could not be written within"):
        await line.writer.close()
    assert not line.progress.alive
    assert "write the log" not in {thread.name for thread in threading.enumerate()}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_a_defect_ends_the_writer_and_everybody_is_told(start: Start) -> None:
    line = start(flush_timeout_s=0.2)
    line.target.broken = True
    with capture_logs() as logs:
        line.give(1)
        await until(lambda: not line.progress.alive)
        await asyncio.sleep(0)
    assert "writer died" in {entry["event"] for entry in logs}
    assert not line.progress.healthy
    with pytest.raises(StoreError, match="is not being written"):
        line.give(2)
    with pytest.raises(StoreError, match="is not being written"):
        await line.progress.flush()
    with pytest.raises(StoreError, match="is not being written"):
        await line.writer.close()


async def test_the_bound_holds_and_is_free_again_after_writing(start: Start) -> None:
    line = start(bound=3)
    line.give(1, 2, 3)
    with pytest.raises(StoreError, match="3 facts wait to be written to the log"):
        line.give(4)
    await line.progress.flush()
    line.give(4, 5, 6)
    await line.progress.flush()
    assert line.target.written == [1, 2, 3, 4, 5, 6]


async def test_writes_keep_their_distance(start: Start) -> None:
    line = start(gather_s=0.05)
    line.give(0)
    await line.progress.flush()
    line.give(1)
    await line.progress.flush()
    first, second = line.target.times
    assert second - first >= 0.049


async def test_handing_over_costs_the_event_loop_little(start: Start) -> None:
    line = start(bound=100_000)
    best = 1.0
    for _ in range(20):
        began = time.perf_counter()
        line.give(*range(1_000))
        best = min(best, (time.perf_counter() - began) / 1_000)
        await line.progress.flush()
    assert best < 20e-6


# --- inboxes ------------------------------------------------------------------------------------------------------


def test_only_the_newest_value_of_a_key_is_taken() -> None:
    progress = Progress("the state", flush_timeout_s=1)
    inbox = LatestInbox(progress, bound=10)
    assert inbox.take() is None
    for n in range(5):
        inbox.add("session", "c1", {"n": n})
        progress.given += 1
    inbox.add("session", "c2", None)
    progress.given += 1
    assert inbox.take() is None  # not handed over yet
    inbox.hand_over()
    inbox.add("session", "c1", {"n": 5})
    expected: Values = {("session", "c1"): {"n": 4}, ("session", "c2"): None}
    assert inbox.take() == (expected, 6)
    assert inbox.take() is None


def test_an_ordered_inbox_tells_up_to_where_a_batch_goes() -> None:
    progress = Progress("the log", flush_timeout_s=1)
    inbox: OrderedInbox[int] = OrderedInbox(progress, bound=10, at_once=4)
    for n in range(6):
        inbox.add(n)
        progress.given += 1
    inbox.hand_over()
    progress.given += 1
    inbox.add(6)
    assert inbox.take() == ([0, 1, 2, 3], 4)
    assert inbox.take() == ([4, 5], 6)
    assert inbox.take() is None
    inbox.hand_over()
    assert inbox.take() == ([6], 7)


async def test_keys_that_wait_take_no_more_room_when_put_again() -> None:
    inbox = LatestInbox(Progress("the state", flush_timeout_s=1), bound=2)
    inbox.add("session", "c1", {})
    inbox.hand_over()
    inbox.add("session", "c2", {})
    for key in ("c1", "c2", "c1"):
        inbox.add("session", key, {"again": True})
    with pytest.raises(StoreError, match="2 keys wait"):
        inbox.add("session", "c3", {})
    with pytest.raises(StoreError, match="2 keys wait"):
        inbox.add("ticket", "c2", {})
