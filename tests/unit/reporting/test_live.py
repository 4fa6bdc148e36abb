"""The live day: what the page shows, and that it agrees with the measures of the records, whatever happened."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import NotFoundError, StoreError
from core.facts import AgentStateChanged, Direction, Fact, Outcome
from reporting.duty import agent_spans, work_time
from reporting.live import DaySnapshot, LiveDay
from reporting.live_days import LiveDays
from reporting.measures import Tally, Target, tally, visits_of
from reporting.part import visible_to
from reporting.port import RecordQuery
from reporting.record import ContactRecord, compute
from tenancy.model import Platform
from tests.unit.reporting.day import TARGETS, TENANTS, RandomDay, days
from tests.unit.reporting.states import changed
from tests.unit.reporting.story import Story

SHANGHAI = ZoneInfo("Asia/Shanghai")
MIDNIGHT = datetime(2026, 3, 2, tzinfo=SHANGHAI).timestamp()


def platform(zone: str = "Asia/Shanghai", tenants: Sequence[str] = TENANTS) -> Platform:
    """Tenants with the queues sales (20 s) and orders (45 s)."""
    name = {"en": "x"}
    queues = {"sales": {"name": name, "threshold_s": 20}, "orders": {"name": name, "threshold_s": 45}}
    every = {t: {"id": t, "name": name, "time_zone": zone, "projects": {}, "queues": queues} for t in tenants}
    return Platform.model_validate({"name": name, "nodes": {}, "tenants": every})


def live(facts: Sequence[Fact], *, now: float, begin: float = MIDNIGHT, tenant: str = "press") -> DaySnapshot:
    """What the page of `tenant` shows at `now` after `facts`."""
    every = LiveDays(platform(), begin)
    for fact in facts:
        every.apply(fact)
    return every.snapshot(tenant, now)


# --- what the page shows ------------------------------------------------------------------------------------------


def test_a_day_begins_empty() -> None:
    seen = live([], now=MIDNIGHT + 1)
    assert (seen.tenant, seen.day.isoformat(), seen.calls_in, seen.waiting) == ("press", "2026-03-02", 0, 0)
    assert (seen.service_level, seen.asa_s, seen.utilisation, seen.agents) == (None, None, None, ())
    assert [q.queue for q in seen.queues] == ["press/orders", "press/sales"]


def test_the_figures_of_a_busy_minute() -> None:
    t = MIDNIGHT + 3_600
    facts: list[Fact] = [changed(t - 100, "li", "idle")]
    facts += Story("c1").arrives(t).queued(t + 2).offered(t + 2, "li").facts
    facts += [changed(t + 2, "li", "ringing", contact="c1")]
    facts += (
        Story("c2").arrives(t + 3).queued(t + 4).left_queue(t + 7, "abandoned").ends(t + 7, Outcome.ABANDONED).facts
    )
    facts += Story("c3").arrives(t + 5).queued(t + 6, "press/orders").facts
    facts += Story("c1").queued(t + 2).connected(t + 12, "li").facts[1:]
    facts += [changed(t + 12, "li", "talking", contact="c1")]
    seen = live(facts, now=t + 32)
    assert (seen.calls_in, seen.in_progress, seen.waiting, seen.talking) == (3, 2, 1, 1)
    assert (seen.answered, seen.abandoned, seen.abandoned_short) == (1, 1, 1)
    assert (seen.longest_wait_s, seen.asa_s) == (26, 10)
    assert (seen.service_level, seen.real_time_service_level) == (1.0, 1.0)
    assert seen.outcomes == {Outcome.ABANDONED: 1}
    assert (seen.work.at_work_s, seen.work.talk_s, seen.work.idle_s) == (132, 20, 102)
    assert seen.utilisation == pytest.approx(20 / 132)
    assert seen.occupancy == pytest.approx(20 / 122)
    (li,) = seen.agents
    assert (li.agent, li.phase, li.wish, li.phone) == ("li", "talking", "ready", "p101")
    assert (li.since, li.signed_in) == (t + 12, t - 100)
    orders = next(q for q in seen.queues if q.queue == "press/orders")
    assert (orders.waiting, orders.counts, orders.target.threshold_s) == (1, Tally(), 45)


def test_the_real_time_service_level_falls_while_somebody_waits() -> None:
    t = MIDNIGHT + 100
    day = LiveDay(tenant="press", zone=SHANGHAI, targets={"press/sales": Target()}, now=t)
    for fact in Story("c1").arrives(t).queued(t).connected(t + 5, "li").facts:
        day.apply(fact)
    for fact in Story("c2").arrives(t).queued(t + 6).facts:
        day.apply(fact)
    assert day.snapshot(t + 26).real_time_service_level == 1.0
    assert day.snapshot(t + 26.5).real_time_service_level == 0.5
    assert day.snapshot(t + 90).real_time_service_level == 0.5  # counted once
    for fact in Story("c2").queued(t + 6).left_queue(t + 95, "abandoned").facts[1:]:
        day.apply(fact)
    assert day.snapshot(t + 96).counts.crossed == 1


def test_each_wait_of_a_contact_can_cross_the_threshold() -> None:
    t = MIDNIGHT + 100
    day = LiveDay(tenant="press", zone=SHANGHAI, targets={"press/sales": Target()}, now=t)
    story = Story("c1").arrives(t).queued(t)
    for fact in story.facts:
        day.apply(fact)
    assert day.snapshot(t + 30).counts.crossed == 1
    for fact in story.left_queue(t + 40, "timeout").queued(t + 40).facts[2:]:
        day.apply(fact)
    assert day.snapshot(t + 50).counts.crossed == 1
    assert day.snapshot(t + 70).counts.crossed == 2


def test_an_agent_who_calls_a_queue_is_no_caller_and_is_work_for_whoever_takes_it() -> None:
    t = MIDNIGHT + 100
    facts: list[Fact] = [changed(t, "li", "idle")]
    facts += Story("c1").arrives(t, direction=Direction.INTERNAL).queued(t).facts
    assert (live(facts, now=t + 60).waiting, live(facts, now=t + 60).real_time_service_level) == (0, None)
    gives_up = Story("c1").queued(t).left_queue(t + 60, "abandoned").ends(t + 60, Outcome.ABANDONED).facts[1:]
    seen = live([*facts, *gives_up], now=t + 61)
    assert (seen.calls_in, seen.abandoned, seen.service_level, seen.outcomes) == (0, 0, None, {})
    taken = Story("c1").queued(t).offered(t + 9, "li").connected(t + 10, "li").agent_left(t + 30, "li").facts[1:]
    facts += [*taken[:-1], changed(t + 10, "li", "talking", contact="c1"), taken[-1]]
    facts += [changed(t + 30, "li", "wrap_up", contact="c1"), changed(t + 35, "li", "idle")]
    seen = live([*facts, *Story("c1").ends(t + 30).facts], now=t + 40)
    assert (seen.calls_in, seen.answered, seen.asa_s, seen.service_level, seen.talking) == (0, 0, None, None, 0)
    assert (seen.work.handled, seen.work.handled_s, seen.aht_s) == (1, 25, 25)


def test_colleagues_who_talk_are_no_part_of_the_day() -> None:
    t = MIDNIGHT + 100
    facts: list[Fact] = [changed(t, "li", "idle")]
    facts += Story("c1").arrives(t, direction=Direction.INTERNAL).connected(t + 5, "li", told=False).facts
    assert (live(facts, now=t + 10).talking, live(facts, now=t + 10).work.talk_s) == (0, 0)
    facts += Story("c1").agent_left(t + 15, "li").ends(t + 15).facts
    assert (live(facts, now=t + 20).work.handled, live(facts, now=t + 20).outcomes) == (0, {})


def test_the_wrap_up_after_anothers_call_is_not_counted() -> None:
    t = MIDNIGHT + 100

    def state(at: float, phase: str, contact: str) -> AgentStateChanged:
        return changed(t + at, "li", phase, serves=TENANTS, contact=contact)

    facts: list[Fact] = [state(0, "idle", "")]
    mine = Story("c1").arrives(t).queued(t).offered(t + 1, "li").connected(t + 5, "li")
    facts += [*mine.facts, state(5, "talking", "c1"), *mine.agent_left(t + 10, "li").ends(t + 10).facts[-2:]]
    facts += [state(10, "wrap_up", "c1"), state(15, "reserved", "c2"), state(20, "talking", "c2")]
    (li,) = live(facts, now=t + 25).agents
    assert li.phase == "busy_elsewhere"
    facts += [state(30, "wrap_up", "c2"), state(50, "idle", "")]
    seen = live(facts, now=t + 60)
    assert (seen.work.talk_s, seen.work.wrap_up_s, seen.work.handled_s) == (5, 5, 10)


def test_a_tenant_sees_a_leased_agent_busy_elsewhere_and_nothing_more() -> None:
    t = MIDNIGHT + 100
    facts: list[Fact] = [changed(t, "li", "idle", serves=TENANTS)]
    facts += (
        Story("c1", "academy").arrives(t).queued(t, "academy/sales").offered(t + 1, "li").connected(t + 5, "li").facts
    )
    facts += [changed(t + 5, "li", "talking", serves=TENANTS, contact="c1")]
    (for_press,) = live(facts, now=t + 9).agents
    (for_academy,) = live(facts, now=t + 9, tenant="academy").agents
    assert (for_press.phase, for_academy.phase) == ("busy_elsewhere", "talking")
    assert live(facts, now=t + 9).talking == 0
    assert live(facts, now=t + 9).utilisation == 0.0
    assert live(facts, now=t + 9, tenant="academy").utilisation == pytest.approx(4 / 9)


def test_an_agent_who_leaves_the_seat_or_signs_out_is_not_shown() -> None:
    t = MIDNIGHT + 100
    signed_in = changed(t, "li", "idle", serves=TENANTS)
    left = changed(t + 10, "li", "idle", serves=("academy",))
    assert live([signed_in, left], now=t + 50).agents == ()
    assert live([signed_in, left], now=t + 50).work.at_work_s == 10
    assert len(live([signed_in, left], now=t + 50, tenant="academy").agents) == 1
    assert live([signed_in, changed(t + 5, "li", "idle", wish="signed_out")], now=t + 50).agents == ()


def test_each_tenant_counts_its_own_part_of_a_contact_that_is_led_on() -> None:
    t = MIDNIGHT + 100
    story = Story("c1", "academy").arrives(t).enters(t + 5, "press", number="1").queued(t + 6)
    assert (live(story.facts, now=t + 9, tenant="academy").in_progress, live(story.facts, now=t + 9).in_progress) == (
        0,
        1,
    )
    story.left_queue(t + 20, "abandoned").ends(t + 20, Outcome.ABANDONED)
    assert live(story.facts, now=t + 30, tenant="academy").outcomes == {Outcome.ENDED_BY_FLOW: 1}
    assert live(story.facts, now=t + 30).outcomes == {Outcome.ABANDONED: 1}
    assert live(story.facts, now=t + 30).calls_in == 1


def test_midnight_in_the_tenants_zone_begins_a_new_day() -> None:
    t = MIDNIGHT - 60
    facts: list[Fact] = [changed(t - 600, "li", "idle")]
    facts += Story("c1").arrives(t).queued(t).facts
    facts += Story("c2").arrives(t).queued(t).left_queue(t + 30, "abandoned").ends(t + 30, Outcome.ABANDONED).facts
    before = live(facts, now=MIDNIGHT - 1, begin=t)
    assert (before.day.isoformat(), before.calls_in, before.abandoned, before.waiting) == ("2026-03-01", 2, 1, 1)
    after = live(facts, now=MIDNIGHT + 10, begin=t)
    assert (after.day.isoformat(), after.calls_in, after.abandoned, after.waiting) == ("2026-03-02", 0, 0, 1)
    assert (after.work.at_work_s, after.longest_wait_s, after.outcomes) == (10, 70, {})
    answered = [*facts, *Story("c1").queued(t).connected(MIDNIGHT + 5, "li").facts[1:]]
    assert live(answered, now=MIDNIGHT + 10, begin=t).answered == 1


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-01", 24)])
def test_a_day_is_as_long_as_the_clocks_make_it(day: str, hours: int) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    begin = datetime.fromisoformat(day).replace(tzinfo=berlin).timestamp()
    one = LiveDay(tenant="press", zone=berlin, targets={}, now=begin)
    one.apply(changed(begin - 50, "li", "idle"))
    assert one.snapshot(begin + hours * 3_600 - 1).day.isoformat() == day
    assert one.snapshot(begin + hours * 3_600 - 1).work.at_work_s == hours * 3_600 - 1
    assert one.snapshot(begin + hours * 3_600).work.at_work_s == 0


def test_a_contact_whose_end_was_never_told_is_let_go_and_counted_by_no_day() -> None:
    day = LiveDay(tenant="press", zone=SHANGHAI, targets={}, now=MIDNIGHT)
    for fact in Story("c1").arrives(MIDNIGHT + 5).queued(MIDNIGHT + 6).facts:
        day.apply(fact)
    assert day.snapshot(MIDNIGHT + 86_400).waiting == 1
    later = day.snapshot(MIDNIGHT + 3 * 86_400)
    assert (later.waiting, later.in_progress, later.outcomes, later.abandoned) == (0, 0, {}, 0)


def test_many_waits_that_nobody_looks_at_leave_nothing_behind() -> None:
    day = LiveDay(tenant="press", zone=SHANGHAI, targets={}, now=MIDNIGHT)
    for n in range(1_000):
        story = Story(f"c{n}").arrives(MIDNIGHT + n).queued(MIDNIGHT + n)
        for fact in story.left_queue(MIDNIGHT + n + 30, "abandoned").ends(MIDNIGHT + n + 30, Outcome.ABANDONED).facts:
            day.apply(fact)
    (queue,) = day._queues.values()
    assert len(queue._oldest) < 100
    assert day.snapshot(MIDNIGHT + 2_000).counts == Tally(abandoned=1_000, crossed=1_000)
    assert not day._parts


# --- a configuration that changes ---------------------------------------------------------------------------------


def test_tenants_come_and_go_and_what_is_counted_stays() -> None:
    every = LiveDays(platform(tenants=["press"]), MIDNIGHT)
    with pytest.raises(NotFoundError):
        every.snapshot("academy", MIDNIGHT)
    every.apply(Story().arrives(MIDNIGHT + 5).facts[0])
    every.configure(platform(), MIDNIGHT + 10)
    assert every.snapshot("press", MIDNIGHT + 11).calls_in == 1
    assert every.snapshot("academy", MIDNIGHT + 11).calls_in == 0
    every.configure(platform(tenants=["academy"]), MIDNIGHT + 20)
    every.apply(Story("c2").arrives(MIDNIGHT + 25).facts[0])
    with pytest.raises(NotFoundError):
        every.snapshot("press", MIDNIGHT + 30)


def test_another_threshold_holds_for_what_comes_after() -> None:
    t = MIDNIGHT + 10
    day = LiveDay(tenant="press", zone=SHANGHAI, targets={"press/sales": Target(threshold_s=20)}, now=t)
    for fact in Story("c1").arrives(t).queued(t).connected(t + 30, "li").facts:
        day.apply(fact)
    day.configure(zone=SHANGHAI, targets={"press/sales": Target(threshold_s=60)})
    for fact in Story("c2").arrives(t).queued(t).connected(t + 30, "wu").facts:
        day.apply(fact)
    assert day.snapshot(t + 40).service_level == 0.5


# --- built again from the log -------------------------------------------------------------------------------------


class MemoryLog:
    """The facts in a list; a scan says that it is `reading`, then waits until it may `go_on`."""

    def __init__(self, facts: Sequence[Fact], *, fails: bool = False) -> None:
        self._facts = facts
        self._fails = fails
        self.reading = asyncio.Event()
        self.go_on = asyncio.Event()

    def append(self, fact: Fact) -> None:
        raise AssertionError(fact)

    async def flush(self) -> None:
        pass

    async def facts(self, contact: str) -> Sequence[Fact]:
        return [fact for fact in self._facts if fact.contact == contact]

    async def scan(self, since: float, until: float, *, names: frozenset[str] | None = None) -> AsyncIterator[Fact]:
        self.reading.set()
        await self.go_on.wait()
        if self._fails:
            message = "the disk is gone"
            raise StoreError(message)
        for fact in self._facts:
            if since <= fact.at < until and (names is None or type(fact).__name__ in names):
                yield fact

    async def records(self, query: RecordQuery) -> Sequence[ContactRecord]:
        raise AssertionError(query)


async def test_a_rebuilt_day_is_the_day_and_facts_meanwhile_are_not_lost() -> None:
    t = MIDNIGHT + 3_600
    before: list[Fact] = [changed(MIDNIGHT - 5_000, "li", "idle")]
    before += Story("c1").arrives(t).flow(t).queued(t + 1).facts
    meanwhile = Story("c1").queued(t + 1).connected(t + 20, "li").facts[1:]
    log = MemoryLog(before)
    every = LiveDays(platform(), t + 10)
    rebuild = asyncio.create_task(every.rebuild(log, t + 10))
    await log.reading.wait()
    for fact in meanwhile:
        every.apply(fact)
    assert every.snapshot("press", t + 21).answered == 0
    log.go_on.set()
    await rebuild
    assert every.snapshot("press", t + 30) == live([*before, *meanwhile], now=t + 30)
    assert every.snapshot("press", t + 30).answered == 1
    every.apply(Story("c1").ends(t + 40).facts[0])
    assert every.snapshot("press", t + 41).outcomes == {Outcome.ANSWERED: 1}


async def test_a_log_that_fails_leaves_the_days_working() -> None:
    every = LiveDays(platform(), MIDNIGHT)
    log = MemoryLog([], fails=True)
    rebuild = asyncio.create_task(every.rebuild(log, MIDNIGHT + 10))
    await log.reading.wait()
    every.apply(Story("c2").arrives(MIDNIGHT + 9).facts[0])
    log.go_on.set()
    with pytest.raises(StoreError):
        await rebuild
    assert every.snapshot("press", MIDNIGHT + 10).calls_in == 1


# --- agrees with the records --------------------------------------------------------------------------------------

ZONES = st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/St_Johns"])


@given(data=st.data(), zone=ZONES, date=st.sampled_from(["2026-03-02", "2026-03-29", "2026-10-25"]))
@settings(max_examples=150)
def test_the_live_day_agrees_with_the_records(data: st.DataObject, zone: str, date: str) -> None:
    begin = datetime.fromisoformat(date).replace(tzinfo=ZoneInfo(zone)).timestamp()
    day = data.draw(days(begin, begin + 900))
    now = begin + data.draw(st.integers(0, 1_800)) + 0.5
    looks = data.draw(st.lists(st.integers(int(begin) - 600, int(now)), max_size=4))
    every = LiveDays(platform(zone), begin - 7_200)
    facts = [fact for fact in day.facts if fact.at <= now]
    for fact in facts:
        while looks and min(looks) < fact.at:
            moment = min(looks)
            looks.remove(moment)
            every.snapshot(data.draw(st.sampled_from(TENANTS)), moment)
        every.apply(fact)
    for tenant in TENANTS:
        _agrees(every.snapshot(tenant, now), facts, tenant, begin, now)


def _agrees(seen: DaySnapshot, facts: Sequence[Fact], tenant: str, begin: float, now: float) -> None:
    records = _records(facts, tenant)
    counts, by_queue = Tally(), tally(visits_of(records), TARGETS, since=begin, until=now)
    for one in by_queue.values():
        counts.include(one)
    assert seen.counts == counts
    assert {q.queue: q.counts for q in seen.queues if q.counts != Tally()} == {
        queue: one for queue, one in by_queue.items() if one != Tally()
    }
    callers = [record for record in records if record.direction is not Direction.INTERNAL]
    assert seen.calls_in == sum(begin <= record.arrived for record in callers)
    assert seen.in_progress == sum(record.ended is None for record in callers)
    assert seen.waiting == sum(visit.left_at is None for visit in visits_of(records))
    talks = [talk for record in records for talk in record.talks]
    assert seen.talking == sum(talk.ended_at is None for record in callers for talk in record.talks)
    ended = [r for r in callers if r.ended is not None and r.ended >= begin]
    assert seen.outcomes == Counter(record.outcome for record in ended)
    spans = agent_spans([fact for fact in facts if isinstance(fact, AgentStateChanged)], until=now)
    work = work_time(spans, talks, tenant=tenant, since=begin, until=now)
    for name in work.__slots__:
        assert getattr(seen.work, name) == pytest.approx(getattr(work, name), abs=1e-6), name
    on_duty = {span.agent for span in spans if span.ended_at == now and span.at_work_for(tenant)}
    assert {agent.agent for agent in seen.agents} == on_duty


def _records(facts: Sequence[Fact], tenant: str) -> list[ContactRecord]:
    contacts: dict[str, list[Fact]] = defaultdict(list)
    for fact in facts:
        if fact.contact and not isinstance(fact, AgentStateChanged):
            contacts[fact.contact].append(fact)
    parts = [visible_to(of_contact, tenant) for of_contact in contacts.values()]
    return [compute(part) for part in parts if part]


def test_the_random_days_are_not_dull() -> None:
    """What the property is tried on holds every sort of thing at least sometimes."""
    seen: set[str] = set()

    @given(days(0.0, 900.0))
    @settings(max_examples=100, derandomize=True, database=None)
    def look(day: RandomDay) -> None:
        seen.update(type(fact).__name__ for fact in day.facts)
        seen.update(getattr(fact, "why", "") for fact in day.facts)

    look()
    assert {"NumberEntered", "AgentConnected", "moved", "abandoned", "timeout", "key", "AgentLeft"} <= seen
    assert datetime.fromtimestamp(MIDNIGHT, UTC).hour == 16
