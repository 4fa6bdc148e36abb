"""number: leads the contact into another number of the platform."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivr_flows.fields import DialledNumber
from ivr_flows.protocol import EnterNumber
from ivr_flows.steps.base import END, Named, Next, Step

if TYPE_CHECKING:
    from ivr_flows.flow import Node
    from ivr_flows.run import Run


class Number(Step):
    """`number: "98668"`: its owner's flow takes over."""

    kind = "number"
    short = "number"
    number: DialledNumber

    def needs(self) -> Iterator[Named]:
        """The number."""
        yield Named("number", self.number, ("number",))

    def leads(self, node: "Node") -> Iterator[str]:
        """Out of this flow."""
        del node
        yield END

    def enter(self, run: "Run") -> Next:
        """This flow is over."""
        run.finish(EnterNumber(number=self.number))
        return END
