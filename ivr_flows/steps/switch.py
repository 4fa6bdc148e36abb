"""switch: goes by a value."""

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field
from pydantic_core import PydanticCustomError

from core.expressions import ANY, BOOL, STRING, ExpressionError, Kind
from core.facts import ChoiceMade
from core.validate import mistake
from core.words import quoted
from ivr_flows.formulas import FormulaText
from ivr_flows.known import as_text, typed
from ivr_flows.prompts import Location
from ivr_flows.steps.base import Asked, Next, Step

if TYPE_CHECKING:
    from ivr_flows.flow import Node
    from ivr_flows.run import Run

_ELSE = "else"
#: What is recorded of a case that tells what the tenant's own system has said.
_CASE = "is"
#: What a case of `starts_with` is called: `86*`.
_PREFIX = "*"


class Switch(Step):
    """The value itself first, then the longest prefix that fits."""

    kind = "switch"
    needs_caller = False
    branch_names: ClassVar[tuple[str, ...]] = (_ELSE,)
    branch_maps: ClassVar[tuple[str, ...]] = ("is", "starts_with")
    on: FormulaText = Field()

    @classmethod
    def label(cls, field: str, key: str) -> str:
        """A prefix is marked as one."""
        return key + _PREFIX if field == "starts_with" else key

    def mistakes(self, labels: Collection[str]) -> Iterator[tuple[Location, PydanticCustomError]]:
        """There is something to decide."""
        if not set(labels) - {_ELSE}:
            yield (), mistake("a switch without a case", expected="'is' or 'starts_with' with at least one value")

    def formulas(self) -> Iterator[Asked]:
        """What it goes by."""
        yield Asked(("on",), self.on, ANY)

    def misfits(self, where: Location, kind: Kind, branches: Mapping[str, str]) -> Iterator[ExpressionError]:
        """Cases that can never be met."""
        del where
        if kind.word in {"list", "map"}:
            yield ExpressionError(f"the result is {kind.one}", column=1, expected="one value to compare with the cases")
            return
        if kind in (ANY, STRING):
            return
        for label in branches:
            if label == _ELSE:
                continue
            if label.endswith(_PREFIX):
                yield ExpressionError(f"the result is {kind.one}: it starts with nothing", column=1, expected="'is'")
                return
            if label not in {"true", "false"} if kind == BOOL else as_text(typed(label, kind)) != label:
                yield ExpressionError(f"the result is {kind.one}: it is never {quoted(label)}", column=1)

    def leads(self, node: "Node") -> Iterator[str]:
        """The cases, and what comes when none fits."""
        yield from node.branches.values()
        yield node.branches.get(_ELSE, node.next)

    def enter(self, run: "Run") -> Next:
        """Find the case."""
        case = self._case(as_text(run.worked_out("on")), run.node.branches)
        told = _CASE if case != _ELSE and run.is_private("on") else case
        run.record(ChoiceMade, step=run.node.id, choice=told)
        return run.node.branches.get(case, run.node.next)

    @staticmethod
    def _case(value: str, branches: dict[str, str]) -> str:
        if value in branches and value != _ELSE and not value.endswith(_PREFIX):
            return value
        for length in range(len(value), 0, -1):
            if (label := value[:length] + _PREFIX) in branches:
                return label
        return _ELSE
