"""What every event log does: `reporting.port.EventLog`, and what `SqlEventLog` promises besides."""

from dataclasses import replace
from typing import get_type_hints

import pytest

from core.errors import NotFoundError, StoreError
from core.facts import (
    FACTS,
    AgentStateChanged,
    ContactEnded,
    ContactQueued,
    Direction,
    Fact,
    LegHealed,
    Medium,
    NodeChanged,
    OfferOutcome,
    Outcome,
    Party,
)
from reporting.part import visible_to
from reporting.port import EventLog, RecordQuery
from reporting.record import compute
from tests.contract.store.conftest import LogHome
from tests.unit.reporting.states import changed
from tests.unit.reporting.story import Story
from vcc.storage.history import SqlEventLog

HOSTILE = "北京\u0000\r\n\t'\";%0A -- {}[]\\ 𝄞 \udcff"


def answered(contact: str, at: float, *, tenant: str = "press", agent: str = "li") -> Story:
    story = Story(contact, tenant).arrives(at).answered(at).flow(at).queued(at + 1, f"{tenant}/sales")
    return story.offered(at + 1, agent).connected(at + 5, agent).agent_left(at + 35, agent).ends(at + 35)


def abandoned(contact: str, at: float, *, tenant: str = "press") -> Story:
    story = Story(contact, tenant).arrives(at).flow(at).queued(at + 1, f"{tenant}/sales")
    return story.left_queue(at + 9, "abandoned").ends(at + 9, Outcome.ABANDONED)


def led_on(contact: str, at: float) -> Story:
    story = Story(contact, "sunshine").arrives(at, number="99999").flow(at)
    story.enters(at + 5, "press", number="98668").queued(at + 6).connected(at + 7, "li").agent_left(at + 9, "li")
    return story.ends(at + 9)


def append(log: EventLog, *stories: Story) -> None:
    for story in stories:
        for fact in story.facts:
            log.append(fact)


async def contacts(log: EventLog, query: RecordQuery) -> list[str]:
    return [record.contact for record in await log.records(query)]


# --- facts --------------------------------------------------------------------------------------------------------


def one_of_each() -> list[Fact]:
    """A fact of every kind, every field with a value that is not its default."""
    made: dict[object, object] = {
        float: 12.25,
        float | None: 0.5,
        str: HOSTILE,
        int: 7,
        int | None: 3,
        bool: True,
        tuple[str, ...]: ("press", "academy"),
        tuple[float, ...]: (1.5, -2.0),
        Medium: Medium.VOICE,
        Direction: Direction.OUTBOUND,
        Outcome: Outcome.CLOSED,
        OfferOutcome: OfferOutcome.EXPIRED,
        Party: Party.OPERATOR,
    }
    every: list[Fact] = []
    for at, kind in enumerate(kind for kind in FACTS.values() if kind is not Fact):
        values = {name: made[hint] for name, hint in get_type_hints(kind).items()}
        values |= {"at": float(at), "contact": "c1", "tenant": "press", "node": "n1"}
        every.append(kind(**values))  # type: ignore[arg-type]
    return every


async def test_every_kind_of_fact_comes_back_as_it_was(history: LogHome) -> None:
    log = await history.open()
    facts = one_of_each()
    for fact in facts:
        log.append(fact)
    assert list(await log.facts("c1")) == facts
    assert [fact async for fact in log.scan(0, 1e9)] == facts


async def test_facts_keep_the_order_in_which_they_were_appended(history: LogHome) -> None:
    log = await history.open()
    facts = [LegHealed(at=float(100 - n // 3), contact="c1", leg=f"l{n}", why="stray") for n in range(250)]
    for fact in facts:
        log.append(fact)
    assert list(await log.facts("c1")) == facts


async def test_what_is_not_there(history: LogHome) -> None:
    log = await history.open()
    assert list(await log.facts("c1")) == []
    assert [fact async for fact in log.scan(0, 1e12)] == []
    assert list(await log.records(RecordQuery())) == []
    assert list(await log.repair()) == []


async def test_a_scan_is_in_order_of_time_and_by_name(history: LogHome) -> None:
    log = await history.open()
    facts = [NodeChanged(at=float(n * 7 % 1_000), node="n1", up=n % 2 == 0) for n in range(1_000)]
    for n, fact in enumerate(facts):
        log.append(fact)
        if n % 10 == 0:
            log.append(LegHealed(at=fact.at, contact="c1", leg="l", why="w"))
    names = frozenset({"NodeChanged"})
    scanned = [fact async for fact in log.scan(100, 900, names=names)]
    assert scanned == sorted((f for f in facts if 100 <= f.at < 900), key=lambda fact: fact.at)
    assert len([fact async for fact in log.scan(0, 1_000)]) == 1_100
    assert len([fact async for fact in log.scan(0, 1_000, names=frozenset({"LegHealed"}))]) == 100
    assert [fact async for fact in log.scan(0, 1_000, names=frozenset())] == []


async def test_a_scan_of_many_facts_of_one_instant_has_each_once(history: LogHome) -> None:
    log = await history.open()
    facts = [LegHealed(at=5.0, leg=f"l{n}", why="w") for n in range(1_100)]
    for fact in facts:
        log.append(fact)
    assert [fact async for fact in log.scan(5.0, 5.1)] == facts


async def test_it_is_all_there_after_a_restart(history: LogHome) -> None:
    log = await history.open()
    append(log, answered("c1", 10))
    await history.close()
    log = await history.open()
    assert list(await log.facts("c1")) == answered("c1", 10).facts
    assert await contacts(log, RecordQuery()) == ["c1"]


async def test_no_more_than_the_bound_is_kept_waiting(history: LogHome) -> None:
    log = await history.open(bound=5)
    for n in range(5):
        log.append(NodeChanged(at=float(n), up=True))
    with pytest.raises(StoreError, match="5 facts wait"):
        log.append(NodeChanged(at=9.0, up=True))
    await log.flush()
    log.append(NodeChanged(at=9.0, up=True))
    assert len([fact async for fact in log.scan(0, 10)]) == 6


async def test_what_cannot_be_stored_harms_nothing_else(history: LogHome) -> None:
    log = await history.open()
    log.append(NodeChanged(at=1.0, up=True))
    log.append(NodeChanged(at=2.0, up=True, detail=object()))  # type: ignore[arg-type]
    log.append(NodeChanged(at="soon", up=True))  # type: ignore[arg-type]
    log.append(NodeChanged(at=3.0, up=True))
    assert [fact.at async for fact in log.scan(0, 10)] == [1.0, 3.0]
    assert log.healthy


async def test_after_the_end_nothing_is_taken(history: LogHome) -> None:
    log = await history.open()
    await history.close()
    with pytest.raises(StoreError, match="not being written"):
        log.append(NodeChanged(at=1.0, up=True))


# --- records ------------------------------------------------------------------------------------------------------


async def test_a_record_is_what_is_computed_of_the_facts(history: LogHome) -> None:
    log = await history.open()
    stories = [answered("c1", 10), abandoned("c2", 20), led_on("c3", 30)]
    append(log, *stories)
    expected = [compute(story.facts) for story in reversed(stories)]
    assert list(await log.records(RecordQuery())) == expected


async def test_a_contact_that_goes_on_has_no_record_yet(history: LogHome) -> None:
    log = await history.open()
    story = answered("c1", 10)
    for fact in story.facts[:-1]:
        log.append(fact)
    assert await contacts(log, RecordQuery()) == []
    log.append(story.facts[-1])
    assert await contacts(log, RecordQuery()) == ["c1"]


async def test_a_contact_that_goes_on_over_a_restart_gets_its_whole_record(history: LogHome) -> None:
    story = answered("c1", 10)
    for cut in range(1, len(story.facts)):
        story = answered(f"c{cut}", 10 * cut)
        log = await history.open()
        for fact in story.facts[:cut]:
            log.append(fact)
        await history.close()
        log = await history.open()
        assert story.contact in await log.repair()
        for fact in story.facts[cut:]:
            log.append(fact)
        assert list(await log.records(RecordQuery(limit=1))) == [compute(story.facts)]
        await history.close()


async def test_a_fact_after_the_end_completes_the_record(history: LogHome) -> None:
    log = await history.open()
    story = Story("c1").arrives(1).queued(2).connected(3, "li").ends(20)
    append(log, story)
    (before,) = await log.records(RecordQuery())
    late = Story("c1").queued(2).connected(3, "li").agent_left(15, "li").facts[-1]
    log.append(late)
    (after,) = await log.records(RecordQuery())
    assert (before.complete, after.complete) == (False, True)
    assert after == compute([*story.facts, late])


async def test_a_tenant_that_appears_only_after_the_end_gets_its_part(history: LogHome) -> None:
    log = await history.open()
    story = led_on("c1", 10)
    entered = [fact for fact in story.facts if type(fact).__name__ == "NumberEntered"]
    append(log, replace_facts(story, [replace(f, tenant="sunshine") for f in story.facts if f not in entered]))
    assert await contacts(log, RecordQuery(tenants=frozenset({"press"}))) == []
    log.append(entered[0])
    facts = await log.facts("c1")
    assert list(await log.records(RecordQuery())) == [compute(facts)]
    for tenant in ("sunshine", "press"):
        found = await log.records(RecordQuery(tenants=frozenset({tenant})))
        assert list(found) == [compute(visible_to(facts, tenant))]
    rows = await log._database.read(lambda its: its.exec_driver_sql("SELECT count(*) FROM records").scalar())
    assert rows == 3  # the whole and two parts, and nothing of before


def replace_facts(story: Story, facts: list[Fact]) -> Story:
    story = Story(story.contact, story.tenant)
    story.facts = facts
    return story


async def test_facts_beside_a_contact_do_not_touch_its_record(history: LogHome) -> None:
    log = await history.open()
    append(log, answered("c1", 10))
    log.append(changed(46, "li", "wrap_up", contact="c1"))
    log.append(changed(47, "li", "idle", contact="c9"))
    (record,) = await log.records(RecordQuery())
    assert record == compute(answered("c1", 10).facts)
    assert isinstance((await log.facts("c1"))[-1], AgentStateChanged)


# --- what a tenant may see ----------------------------------------------------------------------------------------


async def test_each_tenant_finds_its_own_part_and_the_platform_the_whole(history: LogHome) -> None:
    log = await history.open()
    story = led_on("c1", 10)
    append(log, story, answered("c2", 20), Story("c3", "").arrives(30).ends(31, Outcome.UNKNOWN_NUMBER, Party.SYSTEM))
    assert await contacts(log, RecordQuery()) == ["c3", "c2", "c1"]
    for tenant, found in (("sunshine", ["c1"]), ("press", ["c2", "c1"]), ("academy", []), ("", [])):
        assert await contacts(log, RecordQuery(tenants=frozenset({tenant}))) == found
    (mine,) = await log.records(RecordQuery(tenants=frozenset({"sunshine"})))
    assert mine == compute(visible_to(story.facts, "sunshine"))
    assert "press" not in repr(mine)
    assert "li" not in mine.agents
    assert await contacts(log, RecordQuery(tenants=frozenset())) == []


async def test_who_works_for_several_tenants_finds_a_contact_once(history: LogHome) -> None:
    log = await history.open()
    append(log, led_on("c1", 10), answered("c2", 20), led_on("c3", 30), answered("c4", 40, tenant="academy"))
    both = frozenset({"sunshine", "press"})
    records = await log.records(RecordQuery(tenants=both))
    assert [record.contact for record in records] == ["c3", "c2", "c1"]
    assert records[0] == compute(led_on("c3", 30).facts)
    assert await contacts(log, RecordQuery(tenants=both, limit=2)) == ["c3", "c2"]
    pages, before = [], None
    for _ in range(3):
        (record,) = await log.records(RecordQuery(tenants=both, limit=1, before=before))
        pages.append(record.contact)
        before = record.contact
    assert pages == ["c3", "c2", "c1"]


async def test_a_filter_does_not_tell_what_is_anothers(history: LogHome) -> None:
    log = await history.open()
    append(log, led_on("c1", 10))
    sunshine = frozenset({"sunshine"})
    assert await contacts(log, RecordQuery(tenants=sunshine, agent="li")) == []
    assert await contacts(log, RecordQuery(tenants=sunshine, outcome="answered")) == []
    assert await contacts(log, RecordQuery(tenants=sunshine, outcome="ended_by_flow")) == ["c1"]
    assert await contacts(log, RecordQuery(agent="li", outcome="answered")) == ["c1"]
    append(log, answered("c2", 20, tenant="academy"))
    with pytest.raises(NotFoundError, match="no record 'c2'"):
        await log.records(RecordQuery(tenants=sunshine, before="c2"))


# --- queries ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (RecordQuery(), ["c6", "c5", "c4", "c3", "c2", "c1"]),
        (RecordQuery(limit=2), ["c6", "c5"]),
        (RecordQuery(limit=2, before="c5"), ["c4", "c3"]),
        (RecordQuery(before="c1"), []),
        (RecordQuery(limit=0), []),
        (RecordQuery(since=20), ["c6", "c5", "c4", "c3", "c2"]),
        (RecordQuery(until=20), ["c1"]),
        (RecordQuery(since=20, until=40), ["c3", "c2"]),
        (RecordQuery(since=20, before="c3"), ["c2"]),
        (RecordQuery(outcome="abandoned"), ["c4"]),
        (RecordQuery(outcome="nonsense"), []),
        (RecordQuery(agent="li"), ["c6", "c1"]),
        (RecordQuery(agent="li_2"), ["c2"]),
        (RecordQuery(agent="press/wu"), ["c6", "c3"]),
        (RecordQuery(agent="wu"), []),
        (RecordQuery(agent="%"), []),
        (RecordQuery(caller="13800138000"), ["c6", "c5", "c4", "c3", "c2", "c1"]),
        (RecordQuery(caller="13800138000", agent="li", limit=1), ["c6"]),
        (RecordQuery(caller="1380013800_"), []),
        (RecordQuery(tenants=frozenset({"press"}), limit=3), ["c6", "c4", "c3"]),
        (RecordQuery(tenants=frozenset({"press"}), before="c4", since=20), ["c3", "c2"]),
        (RecordQuery(tenants=frozenset({"press", "academy"}), outcome="answered", limit=3), ["c6", "c5", "c3"]),
    ],
)
async def test_queries(history: LogHome, query: RecordQuery, found: list[str]) -> None:
    log = await history.open()
    append(
        log,
        answered("c1", 10),
        answered("c2", 20, agent="li_2"),
        answered("c3", 30, agent="press/wu"),
        abandoned("c4", 40),
        answered("c5", 50, tenant="academy", agent="li2"),
        both_agents("c6", 60),
    )
    assert await contacts(log, query) == found


def both_agents(contact: str, at: float) -> Story:
    story = Story(contact).arrives(at).queued(at).connected(at, "li").agent_left(at + 1, "li")
    return story.queued(at + 2).connected(at + 3, "press/wu").agent_left(at + 4, "press/wu").ends(at + 5)


async def test_a_page_ends_between_contacts_of_one_instant(history: LogHome) -> None:
    log = await history.open()
    append(log, *(abandoned(f"c{n}", 10) for n in range(7)))
    seen, before = [], None
    while page := await contacts(log, RecordQuery(limit=3, before=before)):
        seen += page
        before = page[-1]
    assert seen == [f"c{n}" for n in reversed(range(7))]


async def test_an_unknown_place_to_go_on_after(history: LogHome) -> None:
    log = await history.open()
    with pytest.raises(NotFoundError, match="no record 'c1'"):
        await log.records(RecordQuery(before="c1"))


async def test_hostile_callers_are_found_and_come_back(history: LogHome) -> None:
    log = await history.open()
    story = abandoned("c1", 10)
    story.facts[0] = replace(story.facts[0], caller=HOSTILE, caller_name=HOSTILE * 500)  # type: ignore[call-arg]
    append(log, story)
    (record,) = await log.records(RecordQuery(caller=HOSTILE))
    assert record.caller == HOSTILE
    assert list(await log.facts("c1")) == story.facts
    for injected in ("' OR 1=1 --", "%", "\0"):
        assert await contacts(log, RecordQuery(caller=injected)) == []


# --- repair and recompute -----------------------------------------------------------------------------------------


async def lose_records(log: SqlEventLog) -> None:
    """As if the records had never been written."""
    await log._database.change(lambda its: its.exec_driver_sql("DELETE FROM records").close())


async def test_repair_writes_missing_records_and_tells_who_has_no_end(history: LogHome) -> None:
    log = await history.open()
    open_contact = Story("c2").arrives(20).queued(21)
    stories = [answered("c1", 10), open_contact, led_on("c3", 30), Story("c4").arrives(40)]
    append(log, *stories)
    expected = list(await log.records(RecordQuery()))
    await lose_records(log)
    assert list(await log.repair()) == ["c2", "c4"]
    assert list(await log.records(RecordQuery())) == expected
    assert await contacts(log, RecordQuery(tenants=frozenset({"sunshine"}))) == ["c3"]
    assert list(await log.repair()) == ["c2", "c4"]
    log.append(ContactEnded(at=50, tenant="press", contact="c2", outcome=Outcome.FAILED, by=Party.SYSTEM, cause="lost"))
    assert list(await log.repair()) == ["c4"]


async def test_repair_looks_back_from_the_last_fact_and_not_from_now(history: LogHome) -> None:
    log = await history.open()
    append(log, Story("long-ago").arrives(0), Story("last").arrives(1e6))
    assert list(await log.repair()) == ["last"]


async def test_recompute_follows_a_new_definition(history: LogHome) -> None:
    log = await history.open()
    append(log, answered("c1", 10), led_on("c2", 20), answered("c3", 30), Story("c4").arrives(25))
    expected = list(await log.records(RecordQuery()))
    older = "UPDATE records SET outcome = 'old', caller = 'old', agents = ''"
    await log._database.change(lambda its: its.exec_driver_sql(older).close())
    assert await contacts(log, RecordQuery(caller="old")) == ["c3", "c2", "c1"]
    assert await log.recompute(20, 31) == 3
    assert await contacts(log, RecordQuery(caller="old")) == ["c1"]
    assert await contacts(log, RecordQuery(agent="li")) == ["c3", "c2"]
    assert list(await log.records(RecordQuery())) == expected


async def test_a_fact_of_a_newer_version_is_passed_over(history: LogHome) -> None:
    log = await history.open()
    append(log, Story("c1").arrives(10))
    await log.flush()
    newer = (
        "INSERT INTO facts (at, tenant, contact, node, name, data)"
        " VALUES (11, 'press', 'c1', 'n1', 'CallbackPromised', '{\"when\": 3}')"
    )
    await log._database.change(lambda its: its.exec_driver_sql(newer).close())
    assert len(await log.facts("c1")) == 1
    assert len([fact async for fact in log.scan(0, 100)]) == 1
    queued = Story("c1").queued(12).left_queue(15, "abandoned").ends(15, Outcome.ABANDONED).facts
    await history.close()
    log = await history.open()
    for fact in queued:
        log.append(fact)
    (record,) = await log.records(RecordQuery())
    assert record.complete
    assert isinstance(queued[0], ContactQueued)
