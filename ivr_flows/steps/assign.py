"""set: gives variables values."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pydantic import Field

from ivr_flows.fields import VariableName
from ivr_flows.prompt_reader import RawText
from ivr_flows.steps.base import Next, Step, Used

if TYPE_CHECKING:
    from ivr_flows.run import Run

#: A value that is put together from others is cut here: it must not grow with each round of a loop.
MAX_VALUE = 500


class Set(Step):
    """`set: {kind: retail, ref: "{order}"}`."""

    kind = "set"
    gives_variables = True
    short = "values"
    values: dict[VariableName, RawText] = Field(min_length=1)

    @classmethod
    def is_short(cls, value: Any) -> bool:  # noqa: ANN401 - plain data of any kind
        """It has no other form."""
        del value
        return True

    def gives(self) -> Iterator[str]:
        """The variables."""
        yield from self.values

    def uses(self) -> Iterator[Used]:
        """The variables in the values."""
        for name, template in self.values.items():
            for variable in template.variables:
                yield Used(variable.name, "said", ("values", name))

    def enter(self, run: "Run") -> Next:
        """Set all from what was there before."""
        values = {name: template.filled(run.value)[:MAX_VALUE] for name, template in self.values.items()}
        run.state.variables.update(values)
        return run.node.next
