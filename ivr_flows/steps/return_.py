"""return: gives the call back to the dial plan that handed it over."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivr_flows.prompt_reader import RawText
from ivr_flows.protocol import ReturnCall
from ivr_flows.steps.base import END, Next, Step, Used
from ivr_flows.steps.call import RETURNED
from ivr_flows.templates import Template

if TYPE_CHECKING:
    from ivr_flows.flow import Node
    from ivr_flows.run import Run

#: A result that is put together from variables is cut here.
MAX_RESULT = 500


class Return(Step):
    """`return`, or with a word for the dial plan: `return: "paid {amount}"`."""

    kind = "return"
    short = "result"
    bare = True
    result: RawText = Template(source="", pieces=())

    def uses(self) -> Iterator[Used]:
        """The variables in the word."""
        for variable in self.result.variables:
            yield Used(variable.name, "returned", ("result",))

    def leads(self, node: "Node") -> Iterator[str]:
        """Nowhere."""
        del node
        yield END

    def enter(self, run: "Run") -> Next:
        """This flow is over: the one that called it goes on, or the dial plan."""
        word = self.result.filled(run.value)[:MAX_RESULT]
        private = run.are_private(variable.name for variable in self.result.variables)
        if run.state.frames:
            run.give({RETURNED: word}, private=private)
        elif private:  # an argument, or a result, of another flow: the check does not see that it is
            run.fail(f"step {run.node.id}: what the tenant's own system has said leaves the call to nobody")
        else:
            run.finish(ReturnCall(result=word))
        return END
