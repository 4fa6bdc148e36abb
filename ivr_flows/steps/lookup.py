"""lookup: finds a row in one of the tenant's tables."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from core.expressions import ANY, ExpressionError, Kind
from core.facts import ChoiceMade
from ivr_flows.fields import NameText, VariableName
from ivr_flows.formulas import FormulaText, formula
from ivr_flows.known import as_text
from ivr_flows.prompts import Location
from ivr_flows.steps.base import Asked, Named, Next, Step

if TYPE_CHECKING:
    from ivr_flows.flow import Node
    from ivr_flows.run import Run

_BRANCHES = ("found", "not_found")


class Lookup(Step):
    """`lookup: blocked`, or with the key and what of the row goes into which variable."""

    kind = "lookup"
    short = "table"
    branch_names: ClassVar[tuple[str, ...]] = _BRANCHES
    needs_caller = False
    gives_variables = True

    table: NameText
    key: FormulaText = formula("caller")
    into: dict[VariableName, VariableName] = Field(default={})

    def needs(self) -> Iterator[Named]:
        """The table and its columns."""
        yield Named("table", self.table, ("table",))
        for variable, column in self.into.items():
            yield Named("column", f"{self.table}.{column}", ("into", variable))

    def gives(self) -> Iterator[str]:
        """The variables."""
        yield from self.into

    def formulas(self) -> Iterator[Asked]:
        """The key."""
        yield Asked(("key",), self.key, ANY)

    def misfits(self, where: Location, kind: Kind, branches: Mapping[str, str]) -> Iterator[ExpressionError]:
        """A key is one value."""
        del where, branches
        if kind.word in {"list", "map"}:
            yield ExpressionError(f"the result is {kind.one}", column=1, expected="one value as the key")

    def leads(self, node: "Node") -> Iterator[str]:
        """Found or not."""
        for branch in _BRANCHES:
            yield node.branches.get(branch, node.next)

    def enter(self, run: "Run") -> Next:
        """Look; where there is no such row the variables are empty."""
        row = run.env.lookup(self.table, as_text(run.worked_out("key")))
        found = row or {}
        run.give({variable: found.get(column, "") for variable, column in self.into.items()})
        branch = _BRANCHES[row is None]
        run.record(ChoiceMade, step=run.node.id, choice=branch)
        return run.node.branches.get(branch, run.node.next)
