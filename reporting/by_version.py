"""What came of the calls of a flow, by the version that each was on: two versions side by side.

A call counts for the last version of the flow that it began, once.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.facts import AgentConnected, ContactEnded, FlowStarted

if TYPE_CHECKING:
    from core.facts import Fact


@dataclass(kw_only=True, slots=True)
class VersionOutcomes:
    """The calls of one version. `outcomes`: of those that are over, by `core.facts.Outcome`; `seconds`: of these, from
    the beginning of the flow to the end of the call, in all.
    """

    version: str
    calls: int = 0
    reached_agent: int = 0
    over: int = 0
    seconds: float = 0.0
    outcomes: Counter[str] = field(default_factory=Counter)

    @property
    def mean_s(self) -> float | None:
        """The mean length of a call, seconds; None: none is over."""
        return self.seconds / self.over if self.over else None


@dataclass(kw_only=True, slots=True)
class _Call:
    version: str
    began: float
    reached: bool = False


class OutcomesByVersion:
    """The versions of one flow, and what came of their calls; grows with the calls that go on, not with all."""

    #: The facts that it is made of.
    NAMES = frozenset({FlowStarted.__name__, AgentConnected.__name__, ContactEnded.__name__})

    def __init__(self, tenant: str, flow: str) -> None:
        """Nothing told yet of the tenant's flow."""
        self._flow = (tenant, flow)
        self._calls: dict[str, _Call] = {}
        self._found: dict[str, VersionOutcomes] = {}

    def apply(self, fact: Fact) -> None:
        """Take a fact; they come in order of time."""
        if isinstance(fact, FlowStarted) and (fact.tenant, fact.flow) == self._flow:
            self._begin(fact)
        elif (call := self._calls.get(fact.contact)) is None:
            return
        elif isinstance(fact, AgentConnected) and not call.reached:
            call.reached = True
            self._found[call.version].reached_agent += 1
        elif isinstance(fact, ContactEnded):
            del self._calls[fact.contact]
            one = self._found[call.version]
            one.over += 1
            one.seconds += fact.at - call.began
            one.outcomes[fact.outcome.value] += 1

    def _begin(self, fact: FlowStarted) -> None:
        if (before := self._calls.get(fact.contact)) is not None:
            one = self._found[before.version]
            one.calls -= 1
            one.reached_agent -= before.reached
        self._calls[fact.contact] = _Call(version=fact.version, began=fact.at)
        self._found.setdefault(fact.version, VersionOutcomes(version=fact.version)).calls += 1

    def versions(self) -> list[VersionOutcomes]:
        """The versions on which there were calls, the one that began first first."""
        return [one for one in self._found.values() if one.calls]
