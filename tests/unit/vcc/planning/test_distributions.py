"""Distributions: their means and spreads, and what may be written."""

from __future__ import annotations

from random import Random
from statistics import fmean, stdev

import pytest
from pydantic import ValidationError

from vcc.planning.distributions import Distribution, MeanSd, Shaped, by_period, sampler

MANY = 40_000


@pytest.mark.parametrize(
    ("distribution", "mean", "sd"),
    [
        (Distribution(constant=20), 20, 0),
        (Distribution(exponential=120), 120, 120),
        (Distribution(uniform=(60, 180)), 120, 120 / 12**0.5),
        (Distribution(lognormal=MeanSd(mean=177, sd=100)), 177, 100),
        (Distribution(gamma=Shaped(mean=100, sd=50)), 100, 50),
        (Distribution(gamma=Shaped(shape=4, scale=25)), 100, 50),
        (Distribution(empirical=(1, 2, 3, 4)), 2.5, 1.118),
    ],
)
def test_mean_and_spread(distribution: Distribution, mean: float, sd: float) -> None:
    draw, random = sampler(distribution), Random(1)
    values = [draw(random) for _ in range(MANY)]
    assert fmean(values) == pytest.approx(mean, rel=0.03)
    assert stdev(values) == pytest.approx(sd, rel=0.06)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"constant": 1, "exponential": 2},
        {"exponential": 0},
        {"uniform": [5, 4]},
        {"gamma": {"mean": 3}},
        {"gamma": {"mean": 3, "sd": 1, "shape": 2}},
        {"empirical": []},
        {"constant": -1},
        {"exponential": None},
    ],
)
def test_what_is_none(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Distribution.model_validate(wrong)


def test_the_period_chooses() -> None:
    draw = by_period([sampler(Distribution(constant=value)) for value in (1, 2, 3)], [10.0, 20.0])
    assert [draw(Random(1), at) for at in (0, 9.9, 10, 19.9, 20, 99)] == [1, 1, 2, 2, 3, 3]
