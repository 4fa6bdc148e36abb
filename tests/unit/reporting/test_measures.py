"""The measures, by tables: each row is a count that can be checked by hand."""

from dataclasses import replace

import pytest

from reporting.duty import AgentSpan, WorkTime, agent_spans, work_time
from reporting.measures import (
    DEFAULT_SERVICE_LEVEL,
    EarlyAbandons,
    ServiceLevel,
    Tally,
    Target,
    abandonment,
    average_handle_time,
    average_speed_of_answer,
    occupancy,
    real_time_service_level,
    service_level,
    short_abandonment,
    tally,
    utilisation,
    visits_of,
    wait_misjudged,
    wait_off,
)
from reporting.record import compute
from reporting.segments import Talk, Visit
from tests.unit.reporting.states import changed
from tests.unit.reporting.story import Story

TARGET = Target(threshold_s=20, short_abandon_s=5)


def visit(queued: float, left: float | None, why: str = "answered", *, since: float | None = None) -> Visit:
    began = queued if since is None else since
    return Visit(queue="q", tenant="t", since=began, queued_at=queued, left_at=left, why=why)


def counted(*visits: Visit, since: float = 0, until: float = 1_000) -> Tally:
    return tally(visits, {"q": TARGET}, since=since, until=until).get("q", Tally())


# A 80 (A_T 60), B 20 (B_T 12, B_s 4)
BUSY = Tally(answered=80, answered_in_threshold=60, abandoned=20, abandoned_in_threshold=12, abandoned_short=4)


@pytest.mark.parametrize(
    ("counts", "variant", "expected"),
    [
        (BUSY, ServiceLevel.EARLY_ABANDONS_SERVED, 72 / 100),
        (BUSY, ServiceLevel.ANSWERED_ONLY, 60 / 80),
        (BUSY, ServiceLevel.ABANDONS_MISSED, 60 / 100),
        (BUSY, ServiceLevel.EARLY_ABANDONS_IGNORED, 60 / 88),
        (BUSY, ServiceLevel.SHORT_ABANDONS_IGNORED, 60 / 96),
        *((Tally(), variant, None) for variant in ServiceLevel),
        (Tally(abandoned=3, abandoned_in_threshold=3, abandoned_short=3), ServiceLevel.EARLY_ABANDONS_SERVED, 1.0),
        (Tally(abandoned=3, abandoned_in_threshold=3, abandoned_short=3), ServiceLevel.ABANDONS_MISSED, 0.0),
        (Tally(abandoned=3, abandoned_in_threshold=3, abandoned_short=3), ServiceLevel.SHORT_ABANDONS_IGNORED, None),
        (Tally(abandoned=3, abandoned_in_threshold=3, abandoned_short=3), ServiceLevel.EARLY_ABANDONS_IGNORED, None),
        (Tally(abandoned=3), ServiceLevel.ANSWERED_ONLY, None),
    ],
)
def test_service_level(counts: Tally, variant: ServiceLevel, expected: float | None) -> None:
    assert service_level(counts, variant) == expected


def test_the_default_leaves_out_only_the_short_abandons() -> None:
    assert DEFAULT_SERVICE_LEVEL is ServiceLevel.SHORT_ABANDONS_IGNORED
    assert service_level(BUSY) == 60 / 96


@pytest.mark.parametrize(
    ("counts", "abandons", "expected"),
    [
        (Tally(answered_in_threshold=6, crossed=2, abandoned_in_threshold=2), EarlyAbandons.IGNORED, 6 / 8),
        (Tally(answered_in_threshold=6, crossed=2, abandoned_in_threshold=2), EarlyAbandons.MISSED, 6 / 10),
        (Tally(abandoned_in_threshold=2), EarlyAbandons.IGNORED, None),
        (Tally(abandoned_in_threshold=2), EarlyAbandons.MISSED, 0.0),
        (Tally(), EarlyAbandons.IGNORED, None),
    ],
)
def test_real_time_service_level(counts: Tally, abandons: EarlyAbandons, expected: float | None) -> None:
    assert real_time_service_level(counts, abandons) == expected


@pytest.mark.parametrize(
    ("visits", "expected"),
    [
        ([], Tally()),
        ([visit(0, 20)], Tally(answered=1, answered_in_threshold=1, wait_s=20)),
        ([visit(0, 20.5)], Tally(answered=1, wait_s=20.5, crossed=1)),
        ([visit(0, 5, "abandoned")], Tally(abandoned=1, abandoned_in_threshold=1, abandoned_short=1)),
        ([visit(0, 5.5, "abandoned")], Tally(abandoned=1, abandoned_in_threshold=1)),
        ([visit(0, 30, "abandoned")], Tally(abandoned=1, crossed=1)),
        ([visit(0, 30, "timeout")], Tally(left=1, crossed=1)),
        ([visit(0, 10, "key"), visit(0, 0, "full"), visit(0, 9, "moved"), visit(0, 9, "ended")], Tally(left=4)),
        ([visit(990, None, "")], Tally()),
        ([visit(900, None, "")], Tally(crossed=1)),
        # moved here: the wait before counts, and crossed T when it came
        ([visit(30, 40, since=0)], Tally(answered=1, wait_s=40, crossed=1)),
        ([visit(15, 20, since=0)], Tally(answered=1, answered_in_threshold=1, wait_s=20)),
    ],
)
def test_counting_visits(visits: list[Visit], expected: Tally) -> None:
    assert counted(*visits) == expected


@pytest.mark.parametrize(
    ("seen", "since", "until", "expected"),
    [
        (visit(90, 110), 100, 200, Tally(answered=1, answered_in_threshold=1, wait_s=20)),  # ends inside
        (visit(90, 110), 0, 110, Tally()),  # the end is not in the interval
        (visit(90, 110), 110, 200, Tally(answered=1, answered_in_threshold=1, wait_s=20)),
        (visit(50, 150), 100, 200, Tally(answered=1, wait_s=100)),  # crossed T before the interval
        (visit(50, 150), 70, 100, Tally(crossed=1)),  # crossed T in it, still waits at its end
        (visit(50, 150), 71, 100, Tally()),
        (visit(50, None, ""), 0, 70, Tally()),
        (visit(50, None, ""), 0, 71, Tally(crossed=1)),
        (visit(30, 40, since=0), 0, 25, Tally()),  # had waited longer than T when it was moved here, at 30
        (visit(30, 40, since=0), 25, 35, Tally(crossed=1)),
    ],
)
def test_each_thing_counts_when_it_happens(seen: Visit, since: float, until: float, expected: Tally) -> None:
    assert counted(seen, since=since, until=until) == expected


def test_how_wrong_the_expected_waits_were() -> None:
    seen = [replace(visit(10, 40), expected_s=20.0), replace(visit(10, 40, since=0), expected_s=40.0)]
    seen += [replace(visit(10, 40, "abandoned"), expected_s=90.0), visit(10, 40)]  # of whom it cannot be said
    counts = counted(*seen)
    assert (counts.expected, wait_misjudged(counts), wait_off(counts)) == (2, 0.0, 10.0)
    assert (wait_misjudged(Tally()), wait_off(Tally())) == (None, None)


def test_queues_are_counted_apart_by_their_own_targets_and_add_up() -> None:
    story = Story().arrives(0).queued(0).left_queue(30, "timeout").queued(30, "press/orders").connected(55, "li")
    records = [compute(story.agent_left(60, "li").ends(60).facts)]
    targets = {"press/orders": Target(threshold_s=30, short_abandon_s=5)}
    tallies = tally(visits_of(records), targets, since=0, until=100)
    assert tallies["press/sales"] == Tally(left=1, crossed=1)  # by the default of 20 s
    assert tallies["press/orders"] == Tally(answered=1, answered_in_threshold=1, wait_s=25)
    total = Tally()
    for counts in tallies.values():
        total.include(counts)
    assert total == Tally(answered=1, answered_in_threshold=1, wait_s=25, left=1, crossed=1)


def test_including_adds_every_count() -> None:
    ones = Tally(
        answered=1,
        answered_in_threshold=2,
        abandoned=3,
        abandoned_in_threshold=4,
        abandoned_short=5,
        left=6,
        crossed=7,
        wait_s=8,
        expected=9,
        misjudged_s=10,
        off_s=11,
    )
    total = Tally()
    total.include(ones)
    total.include(ones)
    assert [getattr(total, name) for name in Tally.__slots__] == [2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22]


@pytest.mark.parametrize(
    ("counts", "lost", "short", "asa"),
    [
        (Tally(), None, None, None),
        (Tally(answered=6, abandoned=2, abandoned_short=1, left=2, wait_s=90), 0.2, 0.1, 15),
        (Tally(left=4), 0.0, 0.0, None),
        (Tally(abandoned=4), 1.0, 0.0, None),
    ],
)
def test_abandonment_and_speed(counts: Tally, lost: float | None, short: float | None, asa: float | None) -> None:
    assert (abandonment(counts), short_abandonment(counts), average_speed_of_answer(counts)) == (lost, short, asa)


@pytest.mark.parametrize(
    ("work", "aht", "occupied", "utilised"),
    [
        (WorkTime(), None, None, None),
        (
            WorkTime(at_work_s=3_600, talk_s=1_500, wrap_up_s=300, idle_s=1_200, handled=10, handled_s=1_900),
            190,
            0.6,
            0.5,
        ),
        (WorkTime(at_work_s=100), None, None, 0.0),
        (WorkTime(at_work_s=100, idle_s=100), None, 0.0, 0.0),
    ],
)
def test_agents_time(work: WorkTime, aht: float | None, occupied: float | None, utilised: float | None) -> None:
    assert (average_handle_time(work), occupancy(work), utilisation(work)) == (aht, occupied, utilised)


# --- what agents did with their time ------------------------------------------------------------------------------


def test_states_become_spans() -> None:
    states = [
        changed(0, "li", "idle"),
        changed(5, "wu", "idle"),
        changed(7, "li", "talking"),
        changed(60, "wu", "held"),
    ]
    spans = agent_spans(states, until=50)
    assert [(s.agent, s.phase, s.began_at, s.ended_at) for s in spans] == [
        ("li", "idle", 0, 7),
        ("wu", "idle", 5, 60),
        ("li", "talking", 7, 50),
    ]


def shift(*, other_talks: bool = False) -> tuple[list[AgentSpan], list[Talk]]:
    """Signed in 0-100: idle 10, rings 5, talks 30, wraps up 15, idle 20, not ready 20; then signed out."""
    spans = agent_spans(
        [
            changed(0, "li", "idle"),
            changed(10, "li", "ringing"),
            changed(15, "li", "talking"),
            changed(45, "li", "wrap_up"),
            changed(60, "li", "idle"),
            changed(80, "li", "idle", wish="not_ready"),
            changed(100, "li", "idle", wish="signed_out"),
        ],
        until=200,
    )
    tenant = "academy" if other_talks else "press"
    return spans, [Talk(agent="li", queue="q", tenant=tenant, began_at=15, ended_at=45)]


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (0, 200, WorkTime(at_work_s=100, talk_s=30, wrap_up_s=15, idle_s=30, handled=1, handled_s=45)),
        (0, 40, WorkTime(at_work_s=40, talk_s=25, wrap_up_s=0, idle_s=10)),
        (40, 50, WorkTime(at_work_s=10, talk_s=5, wrap_up_s=5, handled=1, handled_s=30)),
        (50, 70, WorkTime(at_work_s=20, wrap_up_s=10, idle_s=10, handled_s=15)),
        (100, 200, WorkTime()),
    ],
)
def test_work_time_inside_an_interval(since: float, until: float, expected: WorkTime) -> None:
    spans, talks = shift()
    assert work_time(spans, talks, tenant="press", since=since, until=until) == expected


def test_a_leased_agents_call_for_another_tenant_is_time_at_work_but_not_handling() -> None:
    spans, talks = shift(other_talks=True)
    seen = work_time(spans, talks, tenant="press", since=0, until=200)
    assert seen == WorkTime(at_work_s=100, idle_s=30)
    assert work_time(spans, talks, tenant="academy", since=0, until=200).talk_s == 30


def test_only_the_tenants_seat_is_time_at_work_for_it() -> None:
    spans = agent_spans(
        [changed(0, "li", "idle", serves=("academy",)), changed(30, "li", "idle", serves=("press", "academy"))],
        until=100,
    )
    assert work_time(spans, [], tenant="press", since=0, until=100).at_work_s == 70
    assert work_time(spans, [], tenant="academy", since=0, until=100).at_work_s == 100


def test_a_tenants_own_agent_needs_no_lease() -> None:
    spans = agent_spans([changed(0, "press/li", "idle", tenant="press", serves=())], until=10)
    assert work_time(spans, [], tenant="press", since=0, until=10).at_work_s == 10


def test_ready_chosen_during_the_wrap_up_splits_the_span_and_not_the_wrap_up() -> None:
    spans = agent_spans(
        [
            changed(0, "li", "talking"),
            changed(30, "li", "wrap_up"),
            changed(35, "li", "wrap_up", wish="not_ready"),
            changed(40, "li", "idle", wish="not_ready"),
        ],
        until=100,
    )
    talks = [Talk(agent="li", queue="q", tenant="press", began_at=0, ended_at=30)]
    seen = work_time(spans, talks, tenant="press", since=0, until=100)
    assert (seen.wrap_up_s, seen.handled_s) == (10, 40)
