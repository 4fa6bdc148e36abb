"""Agreement with theory and with what others have published: quickly in every check, closely in the slow job.

A fast run has wide intervals, so it finds a router or a floor that is wrong, not one that is wrong by a per cent.
"""

from __future__ import annotations

import pytest

from reporting.measures import ServiceLevel
from tests.unit.vcc.planning.cases import PUBLISHED, mmc, run
from vcc.planning.erlang import ErlangA, ErlangC

CASE = pytest.mark.parametrize("case", PUBLISHED)


@CASE
def test_a_published_simulation(case: str) -> None:
    text, figures = PUBLISHED[case]
    found = run(text, days=15, seed=2)
    for figure in figures:
        assert figure.agrees(found), figure.shown(found)


@pytest.mark.slow
@CASE
@pytest.mark.timeout(1_800)
def test_a_published_simulation_with_as_many_days(case: str) -> None:
    text, figures = PUBLISHED[case]
    found = run(text, days=1_000, seed=1)
    for figure in figures:
        assert figure.agrees(found), figure.shown(found)


ERLANG = """
hours: 40
queues:
  all: {{}}
calls:
  all: {{queue: all, per_hour: {per_hour}, service: {{exponential: 180}}{patience}}}
groups:
  agents: {{agents: {agents}}}
"""


@pytest.mark.parametrize(("load", "agents"), [(10, 12)])
def test_erlang_a_by_simulation(load: int, agents: int) -> None:
    """Weeks so long that their empty beginning does not count."""
    text = ERLANG.format(per_hour=load * 20, agents=agents, patience=", patience: {exponential: 180}")
    found, line = run(text, days=6, seed=3).total, ErlangA(load=load, agents=agents, service_s=180, patience_s=180)
    level = found.service_level[ServiceLevel.ABANDONS_MISSED.value]
    assert found.abandonment is not None
    assert found.mean_wait_s is not None
    assert level is not None
    assert found.abandonment.value == pytest.approx(line.abandonment, rel=0.06)
    assert found.mean_wait_s.value == pytest.approx(line.mean_wait_answered_s, rel=0.06)
    assert level.value == pytest.approx(line.answered_within(20), rel=0.02)


@pytest.mark.slow
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize(("load", "agents"), [(10, 12), (20, 22), (50, 55), (100, 105)])
@pytest.mark.parametrize("gives_up", [False, True])
def test_erlangs_table_by_simulation(load: int, agents: int, gives_up: bool) -> None:
    patience = ", patience: {exponential: 180}" if gives_up else ""
    found = run(ERLANG.format(per_hour=load * 20, agents=agents, patience=patience), days=75 * 10 // load, seed=4).total
    level, waited = found.service_level[ServiceLevel.ABANDONS_MISSED.value], found.mean_wait_s
    assert level is not None
    assert waited is not None
    line: ErlangA | ErlangC
    if gives_up:
        line = ErlangA(load=load, agents=agents, service_s=180, patience_s=180)
        assert found.abandonment is not None
        assert found.abandonment.holds(line.abandonment, 0.03 * line.abandonment)
        assert waited.holds(line.mean_wait_answered_s, 0.03 * line.mean_wait_answered_s)
    else:
        line = ErlangC(load=load, agents=agents, service_s=180)
        assert waited.holds(line.mean_wait_s, 0.03 * line.mean_wait_s)
    assert level.holds(line.answered_within(20), 0.005)


def test_the_same_seed_is_the_same_day() -> None:
    text = mmc(patience=", patience: {exponential: 60}")
    one = run(text, days=2, seed=7)
    assert one == run(text, days=2, seed=7)
    assert one != run(text, days=2, seed=8)
