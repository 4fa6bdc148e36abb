"""The record of a contact, for every way in which a contact can go and end."""

import json
import random
from dataclasses import replace
from typing import Any

import pytest

from core.facts import (
    AgentStateChanged,
    ContactArrived,
    ContactQueued,
    Fact,
    Outcome,
    Party,
    QueueLeft,
    RecordingErased,
    RecordingFinished,
    RecordingPaused,
    RecordingStarted,
)
from reporting import record
from reporting.record import ContactRecord, compute
from tests.unit.reporting.story import CALLER, Story


def answered_call() -> Story:
    return (
        Story()
        .arrives(0)
        .answered(1)
        .flow(1)
        .queued(11)
        .offered(12, "li")
        .not_taken(32, "li")
        .offered(32, "wu")
        .connected(40, "wu")
        .agent_left(100, "wu")
        .ends(103, by=Party.AGENT, cause="normal")
    )


def test_an_answered_call() -> None:
    seen = compute(answered_call().facts)
    assert seen.outcome is Outcome.ANSWERED
    assert (seen.contact, seen.tenant, seen.entry_tenant, seen.project, seen.number) == (
        "c1",
        "press",
        "press",
        "p1",
        "98668",
    )
    assert (seen.node, seen.trunk, seen.caller, seen.medium, seen.direction) == (
        "n1",
        "t1",
        CALLER,
        "voice",
        "inbound",
    )
    assert (seen.arrived, seen.answered, seen.queued, seen.agent_answered, seen.ended) == (0, 1, 11, 40, 103)
    assert (seen.waited_s, seen.talked_s, seen.ivr_s) == (29, 60, 13)
    assert (seen.queue, seen.agents, seen.offers) == ("press/sales", ("wu",), 2)
    assert (seen.by, seen.cause) == ("agent", "normal")
    assert seen.complete


def test_recordings() -> None:
    """What became of each, also where its facts come after the end of the call, twice, or without a beginning."""
    story = answered_call()
    about = story.about(41)
    started = RecordingStarted(**about, recording="c1-1", queue="press/sales", agent="wu", why="share", announced=True)
    made: dict[str, Any] = {"file": "press/d/c1-1.wav", "sha256": "ab", "size": 44, "seconds": 59.0, "silence": 0.2}
    pause = RecordingPaused(**story.about(50), recording="c1-1", by="agent:wu")
    first = RecordingFinished(**story.about(104), recording="c1-1", **made)
    again = RecordingFinished(**story.about(109), recording="c1-1", **made)
    lost = RecordingFinished(**story.about(105), recording="c1-2", problem="nothing was recorded")
    erased = RecordingErased(**story.about(9_000), recording="c1-1", why="retention")
    for fact in (started, pause, first, again, lost, erased, replace(erased, at=9_999.0)):
        story.add(fact)
    seen = compute(story.facts)
    one, other = seen.recordings
    assert (one.began_at, one.agent, one.why, one.announced, one.pauses) == (41, "wu", "share", True, 1)
    assert (one.finished_at, one.seconds, one.silence, one.erased_at) == (104, 59.0, 0.2, 9_000)
    assert (other.began_at, other.problem, other.tenant) == (None, "nothing was recorded", "press")
    assert (seen.ended, seen.talked_s, seen.ivr_s, seen.complete) == (103, 60, 13, True)
    assert record.load(json.loads(json.dumps(record.dump(seen)))) == seen


@pytest.mark.parametrize(
    ("story", "outcome", "waited", "talked", "ivr"),
    [
        pytest.param(answered_call(), Outcome.ANSWERED, 29, 60, 13, id="answered"),
        pytest.param(
            Story().arrives(0).flow(0).queued(5).left_queue(25, "abandoned").ends(25, Outcome.ABANDONED),
            Outcome.ABANDONED,
            20,
            0,
            5,
            id="abandoned",
        ),
        pytest.param(Story().arrives(0).flow(1).ends(9, Outcome.LEFT_FLOW), Outcome.LEFT_FLOW, 0, 0, 8, id="left flow"),
        pytest.param(
            Story().arrives(0).flow(0).queued(5).left_queue(25, "key").ends(30, Outcome.CALLBACK),
            Outcome.CALLBACK,
            20,
            0,
            10,
            id="callback",
        ),
        pytest.param(
            Story().arrives(0).ends(7, Outcome.NOT_REACHED, Party.SYSTEM),
            Outcome.NOT_REACHED,
            0,
            0,
            0,
            id="not reached",
        ),
        pytest.param(
            Story().arrives(0).flow(0).ends(7, Outcome.ENDED_BY_FLOW, Party.FLOW),
            Outcome.ENDED_BY_FLOW,
            0,
            0,
            7,
            id="ended by flow",
        ),
        pytest.param(
            Story().arrives(0).flow(0).left_queue(3, "full").ends(4, Outcome.QUEUE_FULL, Party.SYSTEM),
            Outcome.QUEUE_FULL,
            0,
            0,
            4,
            id="queue full",
        ),
        pytest.param(
            Story().arrives(0).flow(0).queued(2).left_queue(12, "timeout").ends(20, Outcome.FALLBACK, Party.SYSTEM),
            Outcome.FALLBACK,
            10,
            0,
            10,
            id="fallback",
        ),
        pytest.param(
            Story().arrives(0).flow(0).ends(3, Outcome.FAILED, Party.SYSTEM), Outcome.FAILED, 0, 0, 3, id="failed"
        ),
    ],
)
def test_endings(story: Story, outcome: Outcome, waited: float, talked: float, ivr: float) -> None:
    if outcome is Outcome.QUEUE_FULL:
        full = story.facts[2]
        assert isinstance(full, QueueLeft)
        story.facts[2] = replace(full, waited_s=0.0)
    seen = compute(story.facts)
    assert (seen.outcome, seen.waited_s, seen.talked_s, seen.ivr_s) == (outcome, waited, talked, ivr)
    assert seen.complete


@pytest.mark.parametrize(
    "reason",
    [Outcome.UNKNOWN_NUMBER, Outcome.CLOSED, Outcome.TENANT_BUSY, Outcome.DRAINING, Outcome.NOT_TAKEN],
)
def test_a_contact_that_was_not_let_in(reason: Outcome) -> None:
    tenant = "" if reason is Outcome.UNKNOWN_NUMBER else "press"
    story = Story(tenant=tenant).arrives(0, number="00000").refused(0, reason).ends(2, reason, Party.SYSTEM)
    seen = compute(story.facts)
    assert (seen.outcome, seen.refused, seen.tenant, seen.ivr_s, seen.complete) == (reason, reason, tenant, 0, True)


def test_what_was_dialled_and_is_no_number_is_on_record_as_it_came() -> None:
    story = Story(tenant="").arrives(0, number="").refused(0, Outcome.UNKNOWN_NUMBER)
    arrival = story.facts[0]
    assert isinstance(arrival, ContactArrived)
    story.facts[0] = replace(arrival, dialled="h")
    assert compute(story.facts).number == "h"


def test_every_outcome_has_a_test_here() -> None:
    endings = {"answered", "abandoned", "left_flow", "callback", "ended_by_flow", "queue_full", "fallback", "failed"}
    endings |= {"not_reached"}
    refusals = {"unknown_number", "closed", "tenant_busy", "draining", "not_taken"}
    assert {outcome.value for outcome in Outcome} == endings | refusals


def test_two_agents_one_after_the_other() -> None:
    story = (
        Story()
        .arrives(0)
        .flow(0)
        .queued(10)
        .connected(20, "li")
        .agent_left(50, "li")
        .queued(55, "press/orders")
        .connected(60, "wu")
        .agent_left(90, "wu", Party.CALLER)
        .ends(90)
    )
    seen = compute(story.facts)
    assert (seen.agents, seen.queue, seen.queued, seen.agent_answered) == (("li", "wu"), "press/orders", 10, 20)
    assert (seen.waited_s, seen.talked_s, seen.ivr_s) == (15, 60, 15)
    assert [(t.agent, t.queue, t.talked_s, t.by) for t in seen.talks] == [
        ("li", "press/sales", 30, "agent"),
        ("wu", "press/orders", 30, "caller"),
    ]
    assert seen.complete


def test_a_time_out_and_a_second_queue_are_two_visits() -> None:
    story = Story().arrives(0).flow(0).queued(1).left_queue(31, "timeout").queued(31, "press/orders")
    story.left_queue(41, "abandoned").ends(41, Outcome.ABANDONED)
    seen = compute(story.facts)
    assert [(v.queue, v.why, v.waited_s) for v in seen.visits] == [
        ("press/sales", "timeout", 30),
        ("press/orders", "abandoned", 10),
    ]
    assert seen.waited_s == 40


def test_the_same_queue_again_in_the_same_instant_is_a_second_visit() -> None:
    story = Story().arrives(0).queued(1).left_queue(31, "timeout").queued(31).left_queue(41, "timeout").ends(50)
    assert [v.waited_s for v in compute(story.facts).visits] == [30, 10]


def test_a_moved_contact_keeps_the_time_it_waited() -> None:
    story = Story().arrives(0).queued(10).left_queue(40, "moved").queued(40, "press/orders").connected(50, "li")
    seen = compute(story.agent_left(60, "li").ends(60).facts)
    assert [(v.queue, v.why, v.waited_s) for v in seen.visits] == [
        ("press/sales", "moved", 30),
        ("press/orders", "answered", 40),
    ]
    assert seen.waited_s == 40
    assert seen.complete


def test_moved_without_a_word() -> None:
    story = Story().arrives(0).queued(10).queued(40, "press/orders").connected(50, "li", told=False)
    seen = compute(story.agent_left(60, "li").ends(60).facts)
    assert [(v.queue, v.why) for v in seen.visits] == [("press/sales", "moved"), ("press/orders", "answered")]
    seen = compute(Story().arrives(0).queued(10).facts + story.facts[3:])
    assert [(v.queue, v.why) for v in seen.visits] == [("press/sales", "moved"), ("press/orders", "answered")]
    assert not seen.complete


def test_led_into_another_tenants_number() -> None:
    story = Story(tenant="sunshine").arrives(0, number="99999", project="own").flow(0)
    story.enters(8, "press", number="98668", project="seats").flow(8).queued(10).connected(15, "li")
    seen = compute(story.agent_left(45, "li").ends(45).facts)
    assert (seen.entry_tenant, seen.tenant, seen.number, seen.project) == ("sunshine", "press", "98668", "seats")
    assert (seen.arrived, seen.ivr_s, seen.complete) == (0, 10, True)


def test_a_contact_that_goes_on_is_not_complete() -> None:
    seen = compute(Story().arrives(0).flow(0).queued(10).facts)
    assert (seen.ended, seen.outcome, seen.by, seen.complete) == (None, None, "", False)
    assert [(v.queue, v.left_at) for v in seen.visits] == [("press/sales", None)]
    talking = compute(Story().arrives(0).queued(10).connected(12, "li").healed(20).facts)
    assert (talking.agents, talking.agent_answered, talking.talked_s) == (("li",), 12, 0)


def test_recovered_and_completed() -> None:
    story = Story().arrives(0).flow(0).queued(10).connected(12, "li").recovered(40).agent_left(50, "li").ends(50)
    seen = compute(story.facts)
    assert (seen.talked_s, seen.complete) == (38, True)


def test_what_is_missing_is_inferred_and_said() -> None:
    no_end_of_talk = compute(Story().arrives(0).queued(10).connected(12, "li").ends(50).facts)
    assert (no_end_of_talk.talked_s, no_end_of_talk.complete) == (38, False)
    no_end_of_wait = compute(Story().arrives(0).queued(10).ends(50, Outcome.ABANDONED).facts)
    assert (no_end_of_wait.waited_s, no_end_of_wait.visits[0].why) == (40, "abandoned")
    assert not no_end_of_wait.complete
    broken = compute(Story().arrives(0).queued(10).ends(50, Outcome.FAILED, Party.SYSTEM).facts)
    assert broken.visits[0].why == "ended"
    no_beginnings = [f for f in answered_call().facts if type(f).__name__ not in {"ContactQueued", "AgentConnected"}]
    seen = compute(no_beginnings)
    assert (seen.waited_s, seen.talked_s, seen.queued, seen.agent_answered) == (29, 60, 11, 40)
    assert not seen.complete
    no_arrival = compute(answered_call().facts[1:])
    assert (no_arrival.arrived, no_arrival.caller, no_arrival.tenant, no_arrival.complete) == (1, "", "press", False)


def test_a_second_end_after_a_crash_changes_nothing() -> None:
    story = answered_call().ends(110, Outcome.FAILED, Party.SYSTEM)
    seen = compute(story.facts)
    assert (seen.outcome, seen.ended) == (Outcome.ANSWERED, 103)


def test_told_again_after_a_recovery_is_the_same_wait() -> None:
    story = Story().arrives(0).queued(10).recovered(20).queued(20).left_queue(30, "abandoned")
    assert [v.waited_s for v in compute(story.ends(30, Outcome.ABANDONED).facts).visits] == [20]


def test_facts_twice_and_in_any_order_give_the_same_record() -> None:
    facts: list[Fact] = [replace(fact, at=fact.at + n / 1000) for n, fact in enumerate(answered_call().facts)]
    expected = compute(facts)
    chance = random.Random(7)
    for _ in range(50):
        shuffled = facts + chance.sample(facts, 4)
        chance.shuffle(shuffled)
        assert compute(shuffled) == expected


def test_a_story_told_twice_has_nothing_twice_in_one_instant() -> None:
    facts = Story().arrives(0).queued(5).connected(5, "li").agent_left(5, "li").ends(5).facts
    seen = compute([*facts, *facts])
    assert (len(seen.visits), len(seen.talks), seen.complete) == (1, 1, True)


def test_facts_beside_the_contact_do_not_matter() -> None:
    beside = AgentStateChanged(at=41, contact="c1", agent="wu", wish="ready", phase="talking")
    assert compute([*answered_call().facts, beside]) == compute(answered_call().facts)


def test_what_cannot_be_a_record() -> None:
    with pytest.raises(ValueError, match="at least one fact"):
        compute([])
    with pytest.raises(ValueError, match="two contacts, c1 and c2"):
        compute([*Story("c1").arrives(0).facts, *Story("c2").arrives(1).facts])


@pytest.mark.parametrize("until", range(1, 11))
def test_a_record_survives_being_stored(until: int) -> None:
    seen = compute(answered_call().facts[:until])
    stored = json.loads(json.dumps(record.dump(seen)))
    assert record.load(stored) == seen
    assert record.load({**stored, "of_a_newer_version": 1}) == seen
    assert isinstance(record.load(stored), ContactRecord)


def test_how_long_a_wait_was_expected_to_last_stays_when_it_is_over() -> None:
    facts = [replace(f, expected_s=20.0) if isinstance(f, ContactQueued) else f for f in answered_call().facts]
    (visit,) = compute(facts).visits
    assert (visit.left_at, visit.why, visit.expected_s) == (40, "answered", 20.0)
