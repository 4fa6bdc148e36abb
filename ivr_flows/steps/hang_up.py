"""hang_up: ends the call."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from ivr_flows.protocol import HangUp as HangUpCommand
from ivr_flows.steps.base import END, Next, Step

if TYPE_CHECKING:
    from ivr_flows.flow import Node
    from ivr_flows.run import Run


class HangUp(Step):
    """`hang_up`, or with a cause that the caller's network sees if the call was not answered."""

    kind = "hang_up"
    short = "cause"
    bare = True
    cause: Literal["normal", "busy", "refused", "unavailable", "not_found"] = "normal"

    def leads(self, node: "Node") -> Iterator[str]:
        """Nowhere."""
        del node
        yield END

    def enter(self, run: "Run") -> Next:
        """This flow is over."""
        run.finish(HangUpCommand(cause=self.cause))
        return END
