"""goto: goes to another step."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from ivr_flows.steps.base import Next, Step

if TYPE_CHECKING:
    from ivr_flows.flow import Node
    from ivr_flows.run import Run

#: The branch under which the compiler puts the step that is meant. What stands under a key of `anywhere` has others
#: too, by the id of the step in which that key was pressed.
TARGET = "to"

START = "start"
AGAIN = "again"
BACK = "back"
#: Words that mean a place, so that no step can have them as its id.
RESERVED = (START, AGAIN, BACK)


class Goto(Step):
    """`goto: main_menu`; `start`, `again` and `back` are places."""

    kind = "goto"
    needs_caller = False
    short = "to"
    to: Annotated[str, Field(min_length=1, max_length=80)]

    def leads(self, node: "Node") -> Iterator[str]:
        """The step that is meant, or all that can be."""
        yield from node.branches.values()

    def enter(self, run: "Run") -> Next:
        """Go there."""
        branches = run.node.branches
        return branches[run.state.asked] if run.state.asked in branches else branches[TARGET]
