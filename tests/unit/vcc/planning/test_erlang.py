"""Erlang's formulas: a published table, what they must be in the limit, and sizes at which naive ones break."""

from __future__ import annotations

import math

import pytest

from vcc.planning.erlang import ErlangA, ErlangC, erlang_b, erlang_c

#: Load, agents, then for conversations of 180 s: P(wait), wait / conversation, answered in 20 s; with patience of the
#: same mean: P(wait), given up.
TABLE = [
    (10, 12, 0.449388, 0.224694, 0.640158, 0.303224, 0.053092),
    (20, 22, 0.567915, 0.283958, 0.545249, 0.356302, 0.048975),
    (50, 55, 0.384547, 0.076909, 0.779365, 0.257694, 0.020611),
    (100, 105, 0.515707, 0.103141, 0.704111, 0.321593, 0.020041),
    (200, 210, 0.375615, 0.037561, 0.876350, 0.248811, 0.010154),
    (500, 520, 0.274756, 0.013738, 0.970225, 0.191087, 0.004615),
]
S = 180.0


@pytest.mark.parametrize("row", TABLE)
def test_the_published_table(row: tuple[float, ...]) -> None:
    load, agents, waits, mean, level, waits_a, abandons = row
    c = ErlangC(load=load, agents=int(agents), service_s=S)
    a = ErlangA(load=load, agents=int(agents), service_s=S, patience_s=S)
    assert [round(x, 6) for x in (c.wait_probability, c.mean_wait_s / S, c.answered_within(20))] == [waits, mean, level]
    assert [round(x, 6) for x in (a.wait_probability, a.abandonment)] == [waits_a, abandons]


@pytest.mark.parametrize(("load", "agents"), [(3, 4), (50, 55), (80, 60), (500, 520)])
def test_callers_who_never_give_up_make_a_of_c(load: float, agents: int) -> None:
    if load < agents:
        c, a = (
            ErlangC(load=load, agents=agents, service_s=S),
            ErlangA(load=load, agents=agents, service_s=S, patience_s=1e9),
        )
        assert a.wait_probability == pytest.approx(c.wait_probability, rel=1e-4)
        assert a.answered_within(20) == pytest.approx(c.answered_within(20), rel=1e-4)
        assert a.mean_wait_answered_s == pytest.approx(c.mean_wait_s, rel=1e-3)
    else:  # who is too many gives up
        a = ErlangA(load=load, agents=agents, service_s=S, patience_s=1e6)
        assert a.abandonment == pytest.approx(1 - agents / load, rel=1e-4)


@pytest.mark.parametrize(("load", "agents"), [(0.01, 500), (1, 1), (10, 12), (500, 10), (1000, 500), (2, 0)])
@pytest.mark.parametrize("patience_s", [5.0, 180.0, 6000.0])
def test_every_caller_is_answered_or_gives_up(load: float, agents: int, patience_s: float) -> None:
    a = ErlangA(load=load, agents=agents, service_s=S, patience_s=patience_s)
    assert a.answered_within(1e7) + a.abandonment == pytest.approx(1.0, abs=1e-9)
    assert a.abandoned_within(1e7) == pytest.approx(a.abandonment, abs=1e-9)
    assert 0 <= a.abandoned_within(5) <= a.abandonment + 1e-12
    levels = [a.answered_within(t) for t in (0, 5, 20, 100, 1000)]
    assert levels == sorted(levels)
    assert 0 <= levels[0] <= levels[-1] <= 1 + 1e-12


def test_rates_balance() -> None:
    """By a wholly different way: the probabilities of the number of callers, summed one by one."""
    load, agents, ratio = 12.0, 10, 0.5  # ratio: conversation / patience
    p = [1.0]
    for n in range(1, 400):
        p.append(p[-1] * load / (min(n, agents) + max(0, n - agents) * ratio))
    waiting = sum((n - agents) * weight for n, weight in enumerate(p) if n > agents) / sum(p)
    a = ErlangA(load=load, agents=agents, service_s=S, patience_s=S / ratio)
    assert a.wait_probability == pytest.approx(sum(p[agents:]) / sum(p), rel=1e-12)
    assert a.abandonment == pytest.approx(ratio * waiting / load, rel=1e-9)
    assert a.mean_wait_s == pytest.approx(waiting / load * S, rel=1e-9)


def test_too_few_agents() -> None:
    assert erlang_c(5, 5) == erlang_c(9, 5) == 1.0
    c = ErlangC(load=9, agents=5, service_s=S)
    assert math.isinf(c.mean_wait_s)
    assert c.answered_within(20) == 0.0
    assert erlang_b(2, 0) == 1.0
    assert erlang_b(2, 2) == pytest.approx(0.4)
