"""Confidence intervals: Student's table, and how often they hold what they promise."""

from __future__ import annotations

from random import Random

import pytest

from vcc.planning import statistics


@pytest.mark.parametrize(
    ("freedom", "t"), [(1, 12.7062), (2, 4.3027), (3, 3.1824), (4, 2.7764), (10, 2.2281), (30, 2.0423), (999, 1.9623)]
)
def test_students_table(freedom: int, t: float) -> None:
    assert statistics.student(freedom) == pytest.approx(t, abs=1e-4)


def test_a_ratio_is_held_as_often_as_it_says() -> None:
    random, held = Random(5), 0
    for _ in range(400):
        wholes = [random.uniform(50, 150) for _ in range(20)]
        parts = [whole * 0.8 + random.gauss(0, 5) for whole in wholes]
        held += (found := statistics.ratio(parts, wholes)) is not None and found.holds(0.8)
    assert 0.92 < held / 400 < 0.98


def test_a_percentile_is_held_about_as_often_as_it_says() -> None:
    random, held = Random(6), 0
    for _ in range(200):
        days = [[random.random() for _ in range(50)] for _ in range(40)]
        held += (found := statistics.percentile(days, 0.9)) is not None and found.holds(0.9)
    assert 0.88 < held / 200 <= 0.99


def test_where_there_is_nothing() -> None:
    assert statistics.ratio([0.0], [0.0]) is None
    assert statistics.percentile([[], []], 0.5) is None
    assert statistics.mean([3.0]) == statistics.Estimate(value=3.0)
    assert statistics.percentile([[1.0, 2.0, 3.0]], 0.5) == statistics.Estimate(value=2.0)
