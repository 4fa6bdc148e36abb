"""What callers answered to surveys, counted: by agent, by queue, or all together. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.facts import SurveyAnswered

#: What answers are put together by.
BY = ("agent", "queue")


@dataclass(kw_only=True, slots=True)
class Answers:
    """The answers to one question about one agent or queue (`of`); `scores`: how often each was given."""

    tenant: str
    question: str
    of: str
    scores: dict[int, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many answered."""
        return sum(self.scores.values())

    @property
    def mean(self) -> float:
        """The mean score, to two places."""
        return round(sum(score * times for score, times in self.scores.items()) / self.count, 2)


def answers(facts: Iterable[SurveyAnswered], by: str) -> list[Answers]:
    """The answers to each question, by `agent` or `queue`; in the order of tenant, question and name."""
    found: dict[tuple[str, str, str], Answers] = {}
    for fact in facts:
        of = fact.agent if by == "agent" else fact.queue
        key = (fact.tenant, fact.question, of)
        counted = found.setdefault(key, Answers(tenant=fact.tenant, question=fact.question, of=of))
        counted.scores[fact.score] = counted.scores.get(fact.score, 0) + 1
    return [found[key] for key in sorted(found)]
