"""survey: a question after the conversation; the answer is a digit that stands for itself."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, NamedTuple

from core.facts import SurveyAnswered
from core.validate import mistake
from ivr_flows.fields import NameText, Read
from ivr_flows.steps.asking import Asking
from ivr_flows.steps.base import Next

if TYPE_CHECKING:
    from ivr_flows.flow import Node
    from ivr_flows.run import Run


class Scores(NamedTuple):
    """The lowest and the highest answer."""

    low: int
    high: int


def _scores(value: object) -> Scores:
    match = re.fullmatch(r"([0-9])-([0-9])", value, re.ASCII) if isinstance(value, str) else None
    if match is None or match[1] >= match[2]:
        raise mistake("{value}", expected="two digits, the lower first, such as 1-5")
    return Scores(int(match[1]), int(match[2]))


class Survey(Asking):
    """Asks for a score, which is kept with the call, its agent and queue."""

    kind = "survey"

    name: NameText
    scores: Annotated[Scores, Read(_scores, {"type": "string", "pattern": "^[0-9]-[0-9]$"})] = Scores(1, 5)

    def leads(self, node: "Node") -> Iterator[str]:
        """On with the answer, or the ways of a failure."""
        yield node.next
        yield from super().leads(node)

    def take(self, run: "Run", key: str) -> Next:
        """Keep a score; a key that is none may mean something anywhere."""
        if not key.isdecimal() or not self.scores.low <= int(key) <= self.scores.high:
            return self.anywhere(run, key)
        state = run.state
        run.record(
            SurveyAnswered,
            step=run.node.id,
            question=self.name,
            score=int(key),
            agent=state.agent,
            queue=state.queue,
        )
        return run.node.next
