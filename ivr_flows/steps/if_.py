"""if: goes by whether something holds."""

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, ClassVar

from pydantic_core import PydanticCustomError

from core.expressions import BOOL
from core.facts import ChoiceMade
from core.validate import mistake
from ivr_flows.formulas import FormulaText
from ivr_flows.prompts import Location
from ivr_flows.steps.base import Asked, Next, Step

if TYPE_CHECKING:
    from ivr_flows.flow import Node
    from ivr_flows.run import Run

_BRANCHES = ("then", "else")


class If(Step):
    """`if: {when: now.hour < 12, then: …, else: …}`."""

    kind = "if"
    needs_caller = False
    branch_names: ClassVar[tuple[str, ...]] = _BRANCHES
    when: FormulaText

    def mistakes(self, labels: Collection[str]) -> Iterator[tuple[Location, PydanticCustomError]]:
        """There is something to decide."""
        if not labels:
            yield (), mistake("an 'if' without a branch", expected="'then', 'else' or both")

    def formulas(self) -> Iterator[Asked]:
        """The condition."""
        yield Asked(("when",), self.when, BOOL)

    def leads(self, node: "Node") -> Iterator[str]:
        """One or the other."""
        for branch in _BRANCHES:
            yield node.branches.get(branch, node.next)

    def enter(self, run: "Run") -> Next:
        """Go by what is true at this moment."""
        branch = "then" if run.worked_out("when") else "else"
        run.record(ChoiceMade, step=run.node.id, choice=branch)
        return run.node.branches.get(branch, run.node.next)
