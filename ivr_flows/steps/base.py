"""What every step type is: fields that one writes, branches, and what it does when a contact comes to it.

A subclass declares its plain fields as a pydantic model, and names what stands beside them as branches: `branch_names`
(fields that hold steps), `branch_maps` (fields that hold steps by a word) and `keyed` (keys of the telephone). The
compiler reads the branches and hands them to the behaviour as `run.node.branches`: label -> id of the step to go to.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticCustomError

from core.expressions import STRING, ExpressionError, Kind
from ivr_flows.fields import KEYS
from ivr_flows.formulas import Formula
from ivr_flows.prompts import Location, Prompt

if TYPE_CHECKING:
    from ivr_flows.flow import Node
    from ivr_flows.protocol import Event
    from ivr_flows.run import Run
    from ivr_flows.settings import Defaults

#: Where a contact goes: a step's id, `END`, or `WAIT` when it stays.
Next = str | None
END = ""
WAIT = None


class Named(NamedTuple):
    """Something outside of the flow that a step needs: its kind (`queue`, `hours`, `sound` …), name and place."""

    kind: str
    name: str
    where: Location


class Used(NamedTuple):
    """A variable that a step reads. `how`: `said`, `compared`, `addressed` (it stands in an address), `returned` (to
    whom the call is given back), or `handed` (to an action or a tenant's system, which may have secrets).
    """

    name: str
    how: str
    where: Location


class Asked(NamedTuple):
    """An expression of a step: where it stands, and of what kind its result has to be (ANY: of whichever)."""

    where: Location
    formula: Formula
    result: Kind


class Given(NamedTuple):
    """A variable that a step sets, and the kind of its value, or the expression whose result it is."""

    name: str
    kind: Kind | Formula


class Step(BaseModel):
    """One step as written; frozen, shared by all contacts that are in the flow."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    kind: ClassVar[str]
    #: The field that a value other than a mapping fills: `queue: orders`. Empty: there is no short form.
    short: ClassVar[str] = ""
    #: Whether the bare word is a step: `- hang_up`.
    bare: ClassVar[bool] = False
    branch_names: ClassVar[tuple[str, ...]] = ()
    branch_maps: ClassVar[tuple[str, ...]] = ()
    #: Whether keys of the telephone stand in it; `key_field`: the field that takes them (empty: they are branches).
    keyed: ClassVar[bool] = False
    key_field: ClassVar[str] = ""
    #: Branches after which the flow is over, instead of going on after the step.
    last_branches: ClassVar[tuple[str, ...]] = ()
    #: Whether the contact always stays here until something happens.
    waits: ClassVar[bool] = False
    #: Whether somebody has to be there: such a step cannot stand in `on_hangup`.
    needs_caller: ClassVar[bool] = True
    #: Whether it can give variables a value.
    gives_variables: ClassVar[bool] = False
    #: Whether `goto: again` can mean it.
    asks: ClassVar[bool] = False

    # --- what was written -------------------------------------------------------------------------------------------

    @classmethod
    def variant(cls, value: Any) -> "type[Step]":  # noqa: ANN401 - plain data of any kind
        """The class for what was written under the step's type, where there are several."""
        del value
        return cls

    @classmethod
    def is_short(cls, value: Any) -> bool:  # noqa: ANN401 - plain data of any kind
        """Whether the step was written in its short form."""
        return bool(cls.short) and not isinstance(value, dict)

    @classmethod
    def is_key(cls, written: str) -> bool:
        """Whether it stands in this step for what may be pressed."""
        return cls.keyed and len(written) == 1 and written in KEYS

    @classmethod
    def label(cls, field: str, key: str) -> str:
        """What the branch under `key` of the branch map `field` is called in ids and records."""
        del field
        return key

    def mistakes(self, labels: Collection[str]) -> Iterator[tuple[Location, PydanticCustomError]]:
        """What is wrong with the step and its branches together."""
        del labels
        return iter(())

    def useless_after(self, branches: Collection[str]) -> Iterator[str]:
        """Fields and branches that mean nothing in `on_hangup`, where nobody listens and nothing is waited for."""
        del branches
        return iter(())

    def prompts(self) -> Iterator[tuple[Location, Prompt]]:
        """Every prompt of the step and where it stands in it."""
        for name in type(self).model_fields:
            if isinstance(value := getattr(self, name), Prompt):
                yield (name,), value
            elif isinstance(value, tuple):
                yield from (((name, index), part) for index, part in enumerate(value) if isinstance(part, Prompt))

    def needs(self) -> Iterator[Named]:
        """What the step names that is not in the flow, but for sounds."""
        return iter(())

    def uses(self) -> Iterator[Used]:
        """The variables that it reads, but for those in prompts."""
        return iter(())

    def gives(self) -> Iterator[str]:
        """The variables that it sets."""
        return iter(())

    def gives_kinds(self) -> Iterator[Given]:
        """The same with their kinds."""
        for name in self.gives():
            yield Given(name, STRING)

    def formulas(self) -> Iterator[Asked]:
        """The expressions in it; what they come to is `run.worked_out` of the place where they stand."""
        return iter(())

    def misfits(self, where: Location, kind: Kind, branches: Mapping[str, str]) -> Iterator[ExpressionError]:
        """What is wrong with a result of this kind there, beside its kind."""
        del where, kind, branches
        return iter(())

    def hides(self) -> Iterator[str]:
        """Those of them that are secret."""
        return iter(())

    def keeps(self) -> Iterator[str]:
        """Those of them that come of the tenant's own systems: they may be said and branched on, and leave nothing."""
        return iter(())

    def settled(self, defaults: "Defaults") -> "Step":
        """The same with the flow's defaults for what was not written."""
        del defaults
        return self

    def placed(self, *, keys_count: bool) -> "Step":
        """The same in its place; `keys_count`: a key that is pressed here can be of use to a step after it."""
        del keys_count
        return self

    # --- where it leads: what the checks over a whole flow ask --------------------------------------------------------

    def leads(self, node: "Node") -> Iterator[str]:
        """The ids of all steps (or END) that can come next."""
        yield from node.branches.values()
        yield node.next

    def leads_silent(self, node: "Node") -> Iterator[str]:
        """The same for a caller who presses nothing."""
        return self.leads(node)

    # --- what it does -----------------------------------------------------------------------------------------------

    def enter(self, run: "Run") -> Next:
        """A contact comes to this step."""
        raise NotImplementedError

    def meet(self, run: "Run", event: "Event") -> Next:
        """Something happens while the contact waits here."""
        del run, event
        return WAIT
