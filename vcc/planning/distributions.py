"""How long things take: conversations, patience, the pause before another attempt. All in seconds.

A `Distribution` is what a scenario writes, one key that names its kind; `sampler` makes of it a function that draws.
Python's own generator serves: drawing costs a tenth of what the router does with the call.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Annotated, Self

from pydantic import Field, model_validator

from core.schema import Shape
from core.validate import mistake
from tenancy.model import Model

Positive = Annotated[float, Field(gt=0, le=1e7)]
NotNegative = Annotated[float, Field(ge=0, le=1e7)]
Share = Annotated[float, Field(ge=0, le=1)]
ColumnName = Annotated[str, Shape(r"[^\x00-\x1f\x7f]{1,80}", "a column's name, as in the file's first line")]

#: Draws a value, given where the randomness comes from.
Sampler = Callable[[Random], float]


class MeanSd(Model):
    """A mean and a standard deviation."""

    mean: Positive
    sd: Positive


class Shaped(Model):
    """A gamma distribution by its mean and standard deviation, or by `shape` and `scale` (mean = shape * scale)."""

    mean: Positive | None = None
    sd: Positive | None = None
    shape: Positive | None = None
    scale: Positive | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        forms = {(True, True, False, False), (False, False, True, True)}
        if tuple(v is not None for v in (self.mean, self.sd, self.shape, self.scale)) not in forms:
            raise mistake("this is not one gamma distribution", expected="mean and sd, or shape and scale")
        return self

    @property
    def parameters(self) -> tuple[float, float]:
        """Shape and scale."""
        if self.mean is not None and self.sd is not None:
            return (self.mean / self.sd) ** 2, self.sd**2 / self.mean
        return self.shape or 0.0, self.scale or 0.0


class Column(Model):
    """A column of a table in a file beside the scenario, of the rows where other columns have given values."""

    file: Annotated[str, Shape(r"[^\x00-\x1f\x7f]{1,400}", "a file's path, from the scenario's folder")]
    column: ColumnName
    where: dict[ColumnName, str | int | float] = Field(default_factory=dict)

    @property
    def key(self) -> tuple[object, ...]:
        """What tells it from another column."""
        return self.file, self.column, *sorted((name, str(value)) for name, value in self.where.items())


class Distribution(Model):
    """One of these."""

    constant: NotNegative | None = None
    exponential: Positive | None = Field(default=None, description="its mean")
    uniform: tuple[NotNegative, NotNegative] | None = Field(default=None, description="from, to")
    lognormal: MeanSd | None = Field(default=None, description="mean and standard deviation of the value itself")
    gamma: Shaped | None = None
    empirical: Column | Annotated[tuple[NotNegative, ...], Field(min_length=1)] | None = Field(
        default=None, description="values of which each is drawn alike: a list, or a file's column"
    )

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        kinds = list(type(self).model_fields)
        if len(self.model_fields_set) != 1 or getattr(self, next(iter(self.model_fields_set))) is None:
            raise mistake("this is not one distribution", expected=f"one key of {', '.join(kinds)}")
        if self.uniform is not None and self.uniform[0] > self.uniform[1]:
            raise mistake("uniform begins above its end", expected="[from, to]")
        return self


#: The values of the columns that a scenario names, by their keys: given by whoever may read files.
Columns = Mapping[tuple[object, ...], Sequence[float]]


def sampler(distribution: Distribution, columns: Sequence[float] = ()) -> Sampler:
    """A function that draws from the distribution; `columns`: the values of the column that an empirical one names."""
    if distribution.exponential is not None:
        rate = 1.0 / distribution.exponential
        return lambda random: random.expovariate(rate)
    if distribution.uniform is not None:
        low, high = distribution.uniform
        return lambda random: low + (high - low) * random.random()
    if distribution.lognormal is not None:
        mu, sigma = lognormal_parameters(distribution.lognormal.mean, distribution.lognormal.sd)
        return lambda random: random.lognormvariate(mu, sigma)
    if distribution.gamma is not None:
        shape, scale = distribution.gamma.parameters
        return lambda random: random.gammavariate(shape, scale)
    if distribution.empirical is not None:
        values = tuple(columns if isinstance(distribution.empirical, Column) else distribution.empirical)
        count = len(values)
        return lambda random: values[int(random.random() * count)]
    always = distribution.constant or 0.0
    return lambda random: always


def lognormal_parameters(mean: float, sd: float) -> tuple[float, float]:
    """Mean and standard deviation of the logarithm, from those of the value."""
    variance = math.log1p((sd / mean) ** 2)
    return math.log(mean) - variance / 2, math.sqrt(variance)


def by_period(samplers: Sequence[Sampler], bounds: Sequence[float]) -> Callable[[Random, float], float]:
    """Draws from the sampler of the period that a moment is in; `bounds` are the periods' beginnings but the first."""
    if len(samplers) == 1:
        only = samplers[0]
        return lambda random, at: only(random)
    return lambda random, at: samplers[min(bisect_right(bounds, at), len(samplers) - 1)](random)
