"""branch: goes by the value of a variable."""

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field
from pydantic_core import PydanticCustomError

from core.facts import ChoiceMade
from core.validate import mistake
from ivr_flows.fields import VariableName
from ivr_flows.prompts import Location
from ivr_flows.steps.base import Next, Step, Used

if TYPE_CHECKING:
    from ivr_flows.flow import Node
    from ivr_flows.run import Run

_ELSE = "else"
#: What a case of `starts_with` is called: `86*`.
_PREFIX = "*"


class Branch(Step):
    """The value itself first, then the longest prefix that fits."""

    kind = "branch"
    branch_names: ClassVar[tuple[str, ...]] = (_ELSE,)
    branch_maps: ClassVar[tuple[str, ...]] = ("is", "starts_with")
    variable: VariableName = Field(alias="on")

    @classmethod
    def label(cls, field: str, key: str) -> str:
        """A prefix is marked as one."""
        return key + _PREFIX if field == "starts_with" else key

    def mistakes(self, labels: Collection[str]) -> Iterator[tuple[Location, PydanticCustomError]]:
        """There is something to decide."""
        if not set(labels) - {_ELSE}:
            yield (), mistake("a branch without a case", expected="'is' or 'starts_with' with at least one value")

    def uses(self) -> Iterator[Used]:
        """The variable."""
        yield Used(self.variable, "compared", ("on",))

    def leads(self, node: "Node") -> Iterator[str]:
        """The cases, and what comes when none fits."""
        yield from node.branches.values()
        yield node.branches.get(_ELSE, node.next)

    def enter(self, run: "Run") -> Next:
        """Find the case."""
        case = self._case(run.value(self.variable), run.node.branches)
        run.record(ChoiceMade, step=run.node.id, choice=case)
        return run.node.branches.get(case, run.node.next)

    @staticmethod
    def _case(value: str, branches: dict[str, str]) -> str:
        if value in branches and value != _ELSE and not value.endswith(_PREFIX):
            return value
        for length in range(len(value), 0, -1):
            if (label := value[:length] + _PREFIX) in branches:
                return label
        return _ELSE
