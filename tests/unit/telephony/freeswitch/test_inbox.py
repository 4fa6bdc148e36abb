"""From the wire's thread to the event loop: order, bounds, and that losses are told where they are."""

import asyncio
import threading
import tracemalloc

import pytest
from structlog.testing import capture_logs

from telephony.freeswitch import inbox
from telephony.freeswitch.frames import Event
from telephony.freeswitch.inbox import Inbox

WITHIN_S = 5.0


class Told:
    """Everything that an inbox told, in order."""

    def __init__(self) -> None:
        self.all: list[object] = []
        self.inbox = Inbox(asyncio.get_running_loop(), self._event, self.all.append)
        self.free = True

    def _event(self, event: Event) -> None:
        if event["n"] == "bad":
            raise ValueError("an event that cannot be treated")
        self.all.append(event["n"])

    def add(self, *names: object) -> None:
        for name in names:
            self.inbox.event(b'{"n":"%s"}' % str(name).encode())

    async def end(self) -> None:
        """Wait until all that is there now was told."""
        done = asyncio.Event()
        self.inbox.tell(done.set)
        async with asyncio.timeout(WITHIN_S):
            await done.wait()


@pytest.fixture
async def told() -> Told:
    return Told()


async def test_what_a_thread_adds_comes_in_order_in_the_event_loop(told: Told) -> None:
    def work() -> None:
        for n in range(1_000):
            told.add(n)
            if n % 100 == 0:
                told.inbox.tell(lambda n=n: told.all.append(-n))  # type: ignore[misc]

    thread = threading.Thread(target=work)
    thread.start()
    await asyncio.to_thread(thread.join)
    await told.end()
    expected: list[object] = []
    for n in range(1_000):
        expected += [str(n), -n] if n % 100 == 0 else [str(n)]
    assert told.all == expected


@pytest.mark.parametrize("bound", ["MAX_EVENTS", "MAX_EVENT_BYTES"])
async def test_what_does_not_fit_is_counted_at_its_place(
    told: Told, bound: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, bound, 3 if bound == "MAX_EVENTS" else 3 * len('{"n":"0"}'))
    told.add(*range(5))
    told.inbox.tell(lambda: told.all.append("answer"))
    told.add(5)
    await told.end()
    told.add(6)
    await told.end()
    assert told.all == ["0", "1", "2", 3, "answer", "6"]


async def test_a_burst_that_nobody_treats_stays_within_its_bound(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "MAX_EVENT_BYTES", 2_000_000)
    body = b'{"n":"%s"}' % (b"x" * 5_000)
    tracemalloc.start()
    for _ in range(100_000):
        told.inbox.event(bytes(bytearray(body)))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    await told.end()
    kept = 2_000_000 // len(body)
    assert [len(told.all), told.all[-1]] == [kept + 1, 100_000 - kept]
    assert most < 3_000_000


async def test_an_event_that_cannot_be_treated_costs_only_itself(told: Told) -> None:
    with capture_logs() as logs:
        told.add(1, "bad", 2)
        await told.end()
    assert told.all == ["1", "2"]
    assert logs[0]["event"] == "what the switch said could not be treated"


async def test_an_event_that_cannot_be_read_is_lost_and_that_is_told(told: Told) -> None:
    with capture_logs() as logs:
        told.add(1)
        told.inbox.event(b'{"n":')
        told.add(2)
        await told.end()
    assert told.all == ["1", 1, "2"]
    assert "no JSON" in logs[0]["reason"]


async def test_others_in_the_event_loop_have_their_turn(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "SLICE_S", 0.0)
    told.add(*range(50))
    for _ in range(3):
        await asyncio.sleep(0)
    assert 0 < len(told.all) < 10
    await told.end()
    assert len(told.all) == 50


async def test_when_closed_events_are_forgotten_and_answers_come(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "MAX_EVENTS", 2)
    told.add(*range(5))
    told.inbox.tell(lambda: told.all.append("answer"))
    told.inbox.close()
    told.add(7)
    await told.end()
    assert told.all == ["answer"]
