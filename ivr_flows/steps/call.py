"""call: has another flow of the tenant do its steps, with arguments, and goes on with its results."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import Field

from ivr_flows.fields import NameText, VariableName
from ivr_flows.prompt_reader import RawText
from ivr_flows.steps.assign import MAX_VALUE
from ivr_flows.steps.base import Named, Next, Step, Used

if TYPE_CHECKING:
    from ivr_flows.run import Known, Run

#: The result of every flow: the word of the `return` by which it ended.
RETURNED = "returned"


class Call(Step):
    """`call: pay`, or with what it is to know and what it finds out."""

    kind = "call"
    short = "flow"
    gives_variables = True
    #: What the called flow does is not known here; a round of calls without a wait meets its limit.
    waits = True

    flow: NameText
    arguments: dict[VariableName, RawText] = Field(default={}, alias="with")
    into: dict[VariableName, VariableName] = Field(default={})

    def needs(self) -> Iterator[Named]:
        """The flow."""
        yield Named("flow", self.flow, ("flow",))

    def uses(self) -> Iterator[Used]:
        """The variables in its arguments."""
        for argument, template in self.arguments.items():
            for variable in template.variables:
                yield Used(variable.name, "said", ("with", argument))

    def gives(self) -> Iterator[str]:
        """What the results become."""
        yield from self.into

    def enter(self, run: "Run") -> Next:
        """Go to the other flow's first step."""
        given = {name: template.filled(run.value)[:MAX_VALUE] for name, template in self.arguments.items()}
        private = {name for name, text in self.arguments.items() if run.are_private(v.name for v in text.variables)}
        return run.call(self.flow, given, private)

    def come_back(self, run: "Run", results: "Known") -> Next:
        """The other flow is over; what it has not set is empty, and what was private there is so here."""
        for variable, result in self.into.items():
            run.give({variable: results.values.get(result, "")}, private=result in results.private)
        return run.node.next
