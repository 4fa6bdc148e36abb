"""hours: goes by the tenant's opening hours."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from core.facts import ChoiceMade
from ivr_flows.fields import NameText
from ivr_flows.steps.base import Named, Next, Step

if TYPE_CHECKING:
    from ivr_flows.flow import Node
    from ivr_flows.run import Run

_BRANCHES = ("open", "closed")


class Hours(Step):
    """Whether the hours of this name are open now."""

    kind = "hours"
    needs_caller = False
    branch_names: ClassVar[tuple[str, ...]] = _BRANCHES
    name: NameText

    def needs(self) -> Iterator[Named]:
        """The hours."""
        yield Named("hours", self.name, ("name",))

    def leads(self, node: "Node") -> Iterator[str]:
        """Open or closed."""
        for branch in _BRANCHES:
            yield node.branches.get(branch, node.next)

    def enter(self, run: "Run") -> Next:
        """Go by what is true at this moment."""
        branch = "open" if run.env.is_open(self.name, run.now) else "closed"
        run.record(ChoiceMade, step=run.node.id, choice=branch)
        return run.node.branches.get(branch, run.node.next)
