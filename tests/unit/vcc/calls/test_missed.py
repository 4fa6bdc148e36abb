"""Calls that come while vcc is away: each has one whole record afterwards, whatever is cut off in between."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from core.errors import StoreError
from core.facts import ContactAnswered, ContactArrived, ContactEnded
from core.ids import new_contact_id
from reporting.record import compute
from telephony.port import CallMissed, ForgetMissed, MissedEnd
from tests.unit.vcc.calls.centre import NOW, Centre
from vcc.calls import missed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from core.facts import Fact
    from telephony.port import Command


@pytest.fixture
def centre() -> Centre:
    """vcc is away."""
    centre = Centre()
    centre.crash()
    return centre


def back(centre: Centre) -> None:
    centre.start()
    centre.wait(0.1)


def gives_up(centre: Centre, after_s: float = 5, number: str = "100", *, phone: str = "") -> str:
    leg = centre.exchange.arrive(number, "+8655", "carrier", phone=phone)
    centre.wait(after_s)
    centre.exchange.hang_up(leg)
    return leg


def test_who_gave_up_has_a_whole_record_of_its_own_time(centre: Centre) -> None:
    leg = gives_up(centre)
    centre.wait(100)
    back(centre)
    record = compute(centre.facts_of(leg))
    assert (record.arrived, record.ended, record.answered) == (NOW, NOW + 5, None)
    assert (record.tenant, record.project, record.number) == ("press", "desk", "100")
    assert (record.outcome, record.by, record.cause, record.detail) == ("abandoned", "caller", "normal", "vcc was away")
    assert (record.trunk, record.caller, record.visits, record.complete) == ("carrier", "8655", (), True)
    assert record.contact < new_contact_id(NOW + 1)  # ids sort by time of arrival
    assert not centre.exchange.missed
    assert not centre.floor.sessions


def test_who_heard_the_fallback_was_answered_by_it(centre: Centre) -> None:
    leg = centre.exchange.arrive("100", "555", "carrier")
    centre.wait(60)
    back(centre)
    record = compute(centre.facts_of(leg))
    assert (record.outcome, record.by, record.answered) == ("fallback", "system", NOW + 30)
    assert (record.ended, record.complete) == (NOW + 33, True)


def test_who_hears_the_fallback_when_vcc_is_back_is_recorded_when_it_has_spoken(centre: Centre) -> None:
    leg = centre.exchange.arrive("100", "555", "carrier")
    centre.wait(31)
    back(centre)
    assert not centre.of(ContactArrived)
    centre.wait(5)
    assert compute(centre.facts_of(leg)).outcome == "fallback"


def test_who_still_rings_is_served_and_has_one_record(centre: Centre) -> None:
    leg = centre.exchange.arrive("100", "555", "carrier")
    centre.wait(5)
    back(centre)
    assert centre.stage(leg) == "flow"
    centre.leave(leg)
    centre.restart()
    assert len(centre.of(ContactArrived)) == len(centre.of(ContactEnded)) == 1


def test_a_number_that_nobody_owns_and_a_code_on_a_phone(centre: Centre) -> None:
    unknown, code = gives_up(centre, number="999"), gives_up(centre, number="*71", phone="p1")
    back(centre)
    record = compute(centre.facts_of(unknown))
    assert (record.outcome, record.tenant, record.number) == ("unknown_number", "", "999")
    record = compute(centre.facts_of(code))
    assert (record.outcome, record.tenant, record.number, record.caller) == ("abandoned", "", "*71", "p1")


def test_what_the_switch_lost_has_failed(centre: Centre) -> None:
    leg = centre.exchange.arrive("100", "555", "carrier")
    centre.exchange.die()
    back(centre)
    assert compute(centre.facts_of(leg)).outcome == "failed"


@pytest.mark.parametrize(
    ("how", "outcome", "cause"), [("busy", "fallback", "busy"), ("gave_up", "abandoned", "normal")]
)
def test_the_number_may_stand_in_a_header(centre: Centre, how: str, outcome: str, cause: str) -> None:
    back(centre)
    centre.hub.handle(told("x-1", number="100", how=MissedEnd(how)))
    record = compute(centre.facts_of("x-1"))
    assert (record.tenant, record.outcome, record.cause) == ("press", outcome, cause)


def told(leg: str, *, number: str = "", how: MissedEnd = MissedEnd.GAVE_UP) -> CallMissed:
    return CallMissed(
        node="n1", at=NOW, leg=leg, trunk="carrier", dialled="0", number=number, arrived=NOW, ended=NOW + 1, how=how
    )


# --- cut off in between


def test_told_again_after_it_was_written_and_not_forgotten(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    """vcc dies after each of them is on record, and before the switch has heard so."""
    legs = [gives_up(centre), gives_up(centre)]
    monkeypatch.setattr(centre.exchange, "carry_out", lambda command: None)
    back(centre)
    assert centre.exchange.missed.keys() == set(legs)
    monkeypatch.undo()
    centre.restart()
    assert not centre.exchange.missed
    assert [fact.leg for fact in centre.of(ContactArrived)] == legs
    assert len(centre.of(ContactEnded)) == 2


def test_a_leg_that_vcc_had_for_a_moment_is_no_second_contact(centre: Centre) -> None:
    """The switch cannot tell a vcc that died at once from one that was not there: it tells of both."""
    back(centre)
    leg = centre.call()
    centre.hub.handle(told(leg))
    assert len(centre.of(ContactArrived)) == 1
    centre.leave(leg)
    centre.hub.handle(told(leg))
    assert len(centre.of(ContactArrived)) == len(centre.of(ContactEnded)) == 1


def test_a_leg_whose_contact_goes_on_was_not_missed_even_if_the_log_lost_its_arrival(centre: Centre) -> None:
    back(centre)
    leg = centre.call()
    centre.facts.clear()
    centre.hub.handle(told(leg))
    assert not centre.of(ContactArrived)


class Log:
    """An event log that can fail, and that takes its time."""

    def __init__(self, centre: Centre) -> None:
        self.centre, self.fails, self.writes = centre, 0, asyncio.Event()
        self.scanned: list[tuple[float, float]] = []

    async def scan(self, since: float, until: float, *, names: frozenset[str] | None = None) -> AsyncIterator[Fact]:
        self.scanned.append((since, until))
        async for fact in self.centre.scan(since, until, names=names):
            yield fact

    async def flush(self) -> None:
        await self.writes.wait()
        if self.fails:
            self.fails -= 1
            raise StoreError("the disk is full")


class Keen:
    """Keeps what a switch is told to forget."""

    def __init__(self, centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
        self.forgotten: list[str] = []
        monkeypatch.setattr(centre.switch, "send", self.send)

    def send(self, command: Command) -> None:
        if isinstance(command, ForgetMissed):
            self.forgotten.append(command.leg)


async def test_nothing_is_forgotten_before_the_log_has_it(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    back(centre)
    switch, log, tasks = Keen(centre, monkeypatch), Log(centre), list[asyncio.Task[None]]()
    work = missed.Missed(centre.floor)
    for leg in ("a", "b", "a"):
        work.take(told(leg))
    assert not centre.of(ContactArrived)  # the log is still being read
    work.begin(log, lambda coroutine: tasks.append(asyncio.ensure_future(coroutine)))
    await asyncio.sleep(0)
    work.take(told("c"))
    await asyncio.sleep(0)
    assert [fact.leg for fact in centre.of(ContactArrived)] == ["a", "b"]
    assert not switch.forgotten
    log.writes.set()
    await asyncio.gather(*tasks)
    assert switch.forgotten == ["a", "b", "c"]
    assert len(log.scanned) == 2
    assert log.scanned[0][0] < NOW < NOW + 1 < log.scanned[0][1]


def failing(centre: Centre, times: int) -> tuple[missed.Missed, Log]:
    """A log that fails so often, and the work on it."""
    log, work = Log(centre), missed.Missed(centre.floor)
    log.fails = times
    log.writes.set()
    work.begin(log, centre.run)
    return work, log


def test_a_log_that_fails_is_tried_again_with_all_of_them_in_their_order(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    back(centre)
    switch, (work, log) = Keen(centre, monkeypatch), failing(centre, 3)
    for leg in "ab":
        work.take(told(leg))
    centre.wait(2.9)  # tried after 0 and 1 s
    work.take(told("c"))
    assert (log.fails, switch.forgotten) == (1, [])
    centre.wait(0.2)
    assert (log.fails, switch.forgotten) == (0, [])
    centre.wait(3.9)
    assert switch.forgotten == ["a", "b", "c"]
    assert [fact.leg for fact in centre.of(ContactArrived)] == ["a", "b", "c"]
    work.take(told("d"))  # at once: what has failed before is forgotten
    assert switch.forgotten[-1] == "d"


def test_the_pauses_grow_to_a_bound_and_end(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    back(centre)
    switch, (work, log) = Keen(centre, monkeypatch), failing(centre, missed.TRIES + 1)
    work.take(told("a"))
    centre.wait(1 + 2 + 4 + 8 + 16 + 32 + 60 + 0.1)
    assert missed.TRIES + 1 - log.fails == 8
    centre.wait(10_000)
    assert (log.fails, switch.forgotten) == (1, [])
    work.take(told("b"))  # tells again of a, too, and fails for the last time
    centre.wait(1.1)
    assert switch.forgotten == ["a", "b"]
    assert len(centre.of(ContactArrived)) == 2


def test_no_more_wait_than_the_bound(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(missed, "MOST_WAITING", 2)
    back(centre)
    work = missed.Missed(centre.floor)
    for leg in "abc":
        work.take(told(leg))
    work.begin(centre, centre.run)
    assert [fact.leg for fact in centre.of(ContactArrived)] == ["a", "b"]


def test_the_answer_of_the_fallback_is_a_fact(centre: Centre) -> None:
    centre.exchange.arrive("100", "555", "carrier")
    centre.wait(60)
    back(centre)
    assert [type(fact) for fact in centre.facts if fact.contact] == [ContactArrived, ContactAnswered, ContactEnded]
