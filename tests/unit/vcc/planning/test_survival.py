"""Patience from censored waits."""

from __future__ import annotations

import math
from random import Random

import pytest

from vcc.planning.survival import Patience, exponential_mean


def test_by_hand() -> None:
    """Kaplan and Meier's estimate of six waits, two of them ended by an agent."""
    patience = Patience([(5, True), (10, False), (10, True), (20, True), (30, False), (40, True)])
    assert patience.longer_than(4.9) == 1.0
    assert patience.longer_than(5) == pytest.approx(5 / 6)
    assert patience.longer_than(10) == pytest.approx(5 / 6 * 4 / 5)
    assert patience.longer_than(20) == pytest.approx(5 / 6 * 4 / 5 * 2 / 3)
    assert patience.longer_than(39) == patience.longer_than(20)
    assert patience.longer_than(40) == 0.0
    assert patience.median_s == 20
    assert patience.mean_s == exponential_mean([(115, True), (0, True), (0, True), (0, True)])


def test_it_finds_what_the_agents_hid() -> None:
    """Exponential patience of 300 s, seen through agents who answer after 60 s on average."""
    random, seen = Random(3), []
    for _ in range(20_000):
        patient, answered = random.expovariate(1 / 300), random.expovariate(1 / 60)
        seen.append((min(patient, answered), patient < answered))
    patience = Patience(seen)
    assert patience.mean_s == pytest.approx(300, rel=0.05)
    for time in (30, 60, 120, 200):
        assert patience.longer_than(time) == pytest.approx(math.exp(-time / 300), abs=0.03)


def test_draws_are_beyond_the_wait_and_follow_the_estimate() -> None:
    patience = Patience([(float(t), True) for t in range(1, 101)])
    random = Random(4)
    draws = [patience.draw_beyond(40, random) for _ in range(6_000)]
    assert min(draws) > 40
    assert sum(draw <= 70 for draw in draws) / len(draws) == pytest.approx(0.5, abs=0.03)


def test_nobody_gave_up() -> None:
    patience = Patience([(5, False), (9, False)])
    assert math.isinf(patience.mean_s)
    assert math.isinf(patience.median_s)
    assert math.isinf(patience.draw_beyond(7, Random(1)))
    assert math.isinf(Patience(()).draw_beyond(0, Random(1)))
