"""action: has the platform do something by name, and goes by the result."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from core.facts import ChoiceMade
from ivr_flows.fields import NameText, VariableName, Wait
from ivr_flows.prompt_reader import RawText
from ivr_flows.protocol import ActionDone, DoAction, Event, KeyPressed, Resumed, TimedOut
from ivr_flows.steps.base import WAIT, Named, Next, Step, Used

if TYPE_CHECKING:
    from ivr_flows.flow import Node
    from ivr_flows.run import Run

_ELSE = "else"
#: The result when none came in time.
TIMEOUT = "timeout"


class Action(Step):
    """Asks the platform, waits for the result; what it found out becomes variables."""

    kind = "action"
    gives_variables = True
    short = "name"
    waits = True
    branch_names: ClassVar[tuple[str, ...]] = (_ELSE,)
    branch_maps: ClassVar[tuple[str, ...]] = ("results",)

    name: NameText
    arguments: dict[VariableName, RawText] = Field(default={}, alias="with")
    timeout: Wait = 10.0

    def needs(self) -> Iterator[Named]:
        """The action."""
        yield Named("action", self.name, ("name",))

    def uses(self) -> Iterator[Used]:
        """The variables in its arguments."""
        for argument, template in self.arguments.items():
            for variable in template.variables:
                yield Used(variable.name, "handed", ("with", argument))

    def leads(self, node: "Node") -> Iterator[str]:
        """The results, and what comes after any other."""
        yield from node.branches.values()
        yield node.branches.get(_ELSE, node.next)

    def enter(self, run: "Run") -> Next:
        """Ask; an argument with a variable in it that is secret, or of the tenant's systems, is handed over apart."""
        secrets = {**run.state.secrets, **run.state.private}
        arguments: dict[str, str] = {}
        hidden: dict[str, str] = {}
        for name, template in self.arguments.items():
            is_secret = any(variable.name in secrets for variable in template.variables)
            value = template.filled(lambda variable: secrets.get(variable) or run.value(variable))
            (hidden if is_secret else arguments)[name] = value
        run.commands.append(DoAction(action=self.name, arguments=arguments, secrets=hidden))
        run.wait("action", self.timeout)
        return WAIT

    def meet(self, run: "Run", event: Event) -> Next:
        """Go by the result."""
        match event:
            case ActionDone(result=result, values=values, language=language):
                run.give(values)
                run.state.language = language or run.state.language
                return self._go(run, result)
            case TimedOut():
                return self._go(run, TIMEOUT)
            case KeyPressed(key=key):
                run.keep(key)
            case Resumed():
                return self.enter(run)
        return WAIT

    @staticmethod
    def _go(run: "Run", result: str) -> Next:
        branches = run.node.branches
        run.record(ChoiceMade, step=run.node.id, choice=result)
        return branches.get(result, branches.get(_ELSE, run.node.next))
