"""A scenario, as it is written in YAML: who calls, who answers, by which rules, for how long.

Queues and agents are the platform's own words: a queue of a scenario has every key of a tenant's queue, a group every
key of an agent, so that whatever the router can be told in a configuration can be tried here. With `config` the
tenants, queues and skills are those of a configuration folder.
"""

from __future__ import annotations

from datetime import date as day
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from core import yaml_text
from core.errors import ConfigurationError
from core.schema import Shape
from core.validate import in_order, mistake, salvage
from core.words import nearest, one_of, quoted
from tenancy.model import Agent, Digits, Level, Line, Model, Name, Queue, Quotas, SkillName, Texts, TimeZone, WallClock
from vcc.planning.distributions import Column, Distribution, NotNegative, Positive, Share

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from core.document import Document
    from core.errors import Problem

#: The tenant of a scenario that speaks of none.
CENTRE = "centre"
_MAX_PERIODS = 2_000

QueueName = Annotated[str, Shape(r"([a-z][a-z0-9_-]{0,39}/)?[a-z][a-z0-9_-]{0,39}", "a queue's name, or tenant/name")]
Count = Annotated[int, Field(ge=0, le=5_000)]
Timed = Distribution | Annotated[tuple[Distribution, ...], Field(min_length=1)]


class Busyness(Model):
    """A factor on a day's arrivals with mean 1: Gamma, the smaller `gamma` (its shape) the more days differ."""

    gamma: Positive


class Retries(Model):
    """Who gave up, or heard the busy tone, and calls again: that share of them, after so long, so often at most."""

    share: Share
    delay: Distribution
    most: Annotated[int, Field(ge=1, le=100)] = 10
    busy: bool = Field(default=True, description="also those who found no line free or the queue full")


class CallType(Model):
    """Callers of one kind. `service`, `patience` and `per_hour` may be lists, one for each period."""

    queue: QueueName
    per_hour: NotNegative | Annotated[tuple[NotNegative, ...], Field(min_length=1)]
    service: Timed
    patience: Timed | None = Field(default=None, description="None: nobody gives up")
    busyness: Busyness | None = None
    balking: Share = Field(default=0.0, description="of those who would have to wait, who hang up at once")
    retries: Retries | None = None
    priority: Annotated[int, Field(ge=0, le=100)] | None = Field(default=None, description="None: the queue's")
    skills: dict[SkillName, Level] = Field(default_factory=dict, description="asked for besides the queue's")
    head_start_s: NotNegative = Field(default=0.0, description="seconds on the clock when the wait begins")


class Group(Agent):
    """Agents who are alike. `agents`: how many, for the day or for each period; who leaves ends the call in hand."""

    name: Line = "agent"
    number: Digits = "0"
    agents: Count | Annotated[tuple[Count, ...], Field(min_length=1)]
    answer_s: Distribution | None = Field(default=None, description="how long a phone rings; None: not at all")
    service_factor: dict[Name, Positive] = Field(
        default_factory=dict, description="call type: how much longer, or shorter, this group talks"
    )


class ScenarioQueue(Queue):
    """A queue; without a name for people, which nobody sees here, and without wrap-up unless it is asked for."""

    name: Texts = Field(default_factory=dict)
    wrap_up_s: Annotated[float, Field(ge=0, le=3_600)] = 0.0


class ScenarioTenant(Model):
    """A tenant's queues and quotas; `quotas.calls` are its lines."""

    queues: dict[Name, ScenarioQueue]
    quotas: Quotas = Quotas()


class Scenario(Model):
    """One day of a call centre, to be simulated many times."""

    name: Line = "scenario"
    date: day = Field(default=day(2026, 1, 5), description="on which day it is: for rules that are dated")
    time_zone: TimeZone = "UTC"
    opens: WallClock = time(8)
    hours: Annotated[float, Field(gt=0, le=168)] = 8.0
    period_min: Annotated[float, Field(gt=0, le=10_080)] | None = Field(default=None, description="None: one period")
    after_close: Literal["serve", "clear"] = Field(
        default="serve", description="who still waits then: is served by the agents of the last period, or sent away"
    )
    busyness: Busyness | None = Field(default=None, description="of all call types together")
    lines: Annotated[int, Field(ge=1)] | None = Field(default=None, description="calls at once; None: no limit")
    config: Annotated[str, Shape(r"[^\x00-\x1f\x7f]{1,400}", "a folder's path, from here")] | None = None
    queues: dict[Name, ScenarioQueue] = Field(default_factory=dict)
    tenants: dict[Name, ScenarioTenant] = Field(default_factory=dict)
    calls: Annotated[dict[Name, CallType], Field(min_length=1)]
    groups: Annotated[dict[Name, Group], Field(min_length=1)]

    @model_validator(mode="after")
    def _whose_queues(self) -> Self:
        if sum(map(bool, (self.config, self.queues, self.tenants))) != 1:
            raise mistake(
                "whose queues these are is not said once", expected="one of config, queues (of one tenant), tenants"
            )
        return self

    @property
    def periods(self) -> int:
        """How many there are."""
        return 1 if self.period_min is None else round(self.hours * 60 / self.period_min)

    @property
    def opens_at(self) -> float:
        """POSIX seconds."""
        return datetime.combine(self.date, self.opens, ZoneInfo(self.time_zone)).timestamp()

    @property
    def closes_at(self) -> float:
        """POSIX seconds."""
        return self.opens_at + timedelta(hours=self.hours).total_seconds()

    @property
    def period_s(self) -> float:
        """The length of a period, in seconds."""
        return self.hours * 3_600 / self.periods

    def columns(self) -> Iterator[Column]:
        """The columns of files that its distributions name."""
        for found in self._distributions():
            if isinstance(found.empirical, Column):
                yield found.empirical

    def _distributions(self) -> Iterator[Distribution]:
        for call in self.calls.values():
            for timed in (call.service, call.patience):
                if timed is not None:
                    yield from timed if isinstance(timed, tuple) else (timed,)
            if call.retries is not None:
                yield call.retries.delay
        yield from (group.answer_s for group in self.groups.values() if group.answer_s is not None)


def read(text: str, file: str) -> tuple[Scenario, Document]:
    """The scenario that a text describes. Raises ConfigurationError with every mistake in it."""
    document = yaml_text.load(text, file)
    reading = salvage(Scenario, document)
    problems = list(reading.problems)
    if reading.value is not None and not problems:
        problems += _lengths(reading.value, document)
    if problems or reading.value is None:
        raise ConfigurationError(in_order(problems))
    return reading.value, document


def _lengths(scenario: Scenario, document: Document) -> Iterator[Problem]:
    """Periods that do not fill the day, and lists that are not one for each period."""
    periods = scenario.periods
    whole = scenario.period_min is None or abs(periods * scenario.period_min - scenario.hours * 60) < 1e-6  # noqa: PLR2004
    if not whole or not 1 <= periods <= _MAX_PERIODS:
        message = f"periods of {scenario.period_min:g} minutes do not fill {scenario.hours:g} hours"
        yield document.problem(("period_min",), message, expected=f"1 to {_MAX_PERIODS} whole periods")
        return
    for path, value in _lists(scenario):
        if isinstance(value, tuple) and len(value) != periods:
            message = f"{path[-1]} has {len(value)} values"
            yield document.problem(path, message, expected=f"one, or a list of {periods}: one for each period")
        if path[-1] == "service_factor" and isinstance(value, dict):
            yield from _known(document, path, value, scenario.calls, "call type")


def _lists(scenario: Scenario) -> Iterator[tuple[tuple[str, ...], object]]:
    for name, call in scenario.calls.items():
        for key in ("per_hour", "service", "patience"):
            yield ("calls", name, key), getattr(call, key)
    for name, group in scenario.groups.items():
        yield ("groups", name, "agents"), group.agents
        yield ("groups", name, "service_factor"), group.service_factor


def _known(
    document: Document, path: tuple[str, ...], names: Collection[str], known: Collection[str], what: str
) -> Iterator[Problem]:
    for name in names:
        if name not in known:
            message = f"there is no {what} {quoted(name)}"
            yield document.problem((*path, name), message, expected=one_of(known), hint=nearest(name, known), key=True)
