"""Plays every script of some flows, and says how far they went."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivr_flows.scripts import Coverage, Played, play

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vcc.flows.finding import Subject


@dataclass(frozen=True, kw_only=True, slots=True)
class Tried:
    """A script that was played, and how long that took (seconds)."""

    played: Played
    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Tested:
    """A flow with all its scripts played."""

    subject: Subject
    tests: tuple[Tried, ...]
    coverage: Coverage

    @property
    def failed(self) -> tuple[Tried, ...]:
        """The scripts of which a line did not hold."""
        return tuple(test for test in self.tests if test.played.problem)


def test(subjects: Iterable[Subject]) -> list[Tested]:
    """Play every script of these flows."""
    return [_test(subject) for subject in subjects]


def percent(tested: Iterable[Tested]) -> float:
    """How much of all flows together was gone, steps and ways."""
    done = of_all = 0
    for flow in tested:
        for part, whole in (flow.coverage.steps, flow.coverage.branches):
            done, of_all = done + part, of_all + whole
    return 100.0 * done / of_all if of_all else 100.0


def _test(subject: Subject) -> Tested:
    coverage = Coverage(flow=subject.flow)
    tests = []
    for script in subject.scripts:
        began = time.perf_counter()
        played = play(subject.flow, script, subject.around)
        tests.append(Tried(played=played, seconds=time.perf_counter() - began))
        coverage.add(played.entered, played.gone)
    return Tested(subject=subject, tests=tuple(tests), coverage=coverage)
