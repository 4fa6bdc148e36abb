"""What a log tells of days that were: who called, what became of it, and who was there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vcc.planning.floor import Turn


@dataclass(frozen=True, kw_only=True, slots=True)
class PastCall:
    """A caller who came to a queue at `at` (POSIX seconds). `kind` is what figures are told apart by.

    `state` is what became of it, as `floor` names it: ANSWERED (then `service_s`, and `agent` if that is known),
    ABANDONED or LEFT. `head_start_s` stood on the clock when the wait began; `rings_s`: how long the phone rang of who
    answered, as a part of the wait.
    """

    contact: str
    kind: str
    queue: str
    at: float
    waited_s: float
    state: int
    service_s: float | None = None
    agent: str = ""
    priority: int | None = None
    head_start_s: float = 0.0
    rings_s: float = 0.0

    @property
    def served_at(self) -> float:
        """When the wait ended."""
        return self.at + self.waited_s


@dataclass(frozen=True, kw_only=True, slots=True)
class PastDay:
    """A day: its calls in order of time, who came and went, and how long agents wrote after calls (by contact).

    Who is not in `after_s` wrapped up as the queue's rules say. `name` is the date, `midnight` its beginning where the
    log was written, in POSIX seconds.
    """

    name: str
    midnight: float
    calls: tuple[PastCall, ...]
    turns: tuple[Turn, ...]
    after_s: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Past:
    """Days of one platform. `acknowledgement` is shown wherever a figure made of them is.

    `inferred`: who was there is not in the log, but concluded from the calls. `wrap_up_s`: what an agent usually does
    after a call.
    """

    name: str
    days: tuple[PastDay, ...]
    acknowledgement: str = ""
    inferred: bool = False
    wrap_up_s: float = 0.0

    @property
    def calls(self) -> int:
        """How many callers there are."""
        return sum(len(day.calls) for day in self.days)
