"""set: gives variables values."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from core.expressions import ANY, BOOL, DOUBLE, INT, STRING, ExpressionError, Kind
from ivr_flows.fields import Read, VariableName
from ivr_flows.formulas import FormulaText
from ivr_flows.known import as_text
from ivr_flows.prompt_reader import RawText
from ivr_flows.prompts import Location
from ivr_flows.steps.base import Asked, Given, Next, Step, Used
from ivr_flows.templates import Template

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ivr_flows.run import Run

#: A value that is put together from others is cut here: it must not grow with each round of a loop.
MAX_VALUE = 500
_EXPRESSION = "expression"


@dataclass(frozen=True, slots=True)
class Constant:
    """A number, or true or false, as it was written."""

    value: bool | float

    @property
    def kind(self) -> Kind:
        """What it is."""
        return next(kind for kind in (BOOL, INT, DOUBLE) if kind.fits(self.value))


class Worked(BaseModel):
    """`{expression: count + 1}`."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    expression: FormulaText


def _form(value: object) -> str:
    if isinstance(value, dict | Worked):
        return "(worked out)"
    return "(constant)" if isinstance(value, int | float | Constant) else "(text)"


_Constant = Annotated[Constant, Read(Constant, {"type": ["number", "boolean"]})]
Value = Annotated[
    Annotated[Worked, Tag("(worked out)")]
    | Annotated[_Constant, Tag("(constant)")]
    | Annotated[RawText, Tag("(text)")],
    Discriminator(_form),
]


class Set(Step):
    """`set: {kind: retail, ref: "{order}", count: {expression: count + 1}}`."""

    kind = "set"
    needs_caller = False
    gives_variables = True
    short = "values"
    values: dict[VariableName, Value] = Field(min_length=1)

    @classmethod
    def is_short(cls, value: Any) -> bool:  # noqa: ANN401 - plain data of any kind
        """It has no other form."""
        del value
        return True

    def gives(self) -> Iterator[str]:
        """The variables."""
        yield from self.values

    def gives_kinds(self) -> Iterator[Given]:
        """A text is a string, whatever is in it."""
        for name, value in self.values.items():
            match value:
                case Worked(expression=expression):
                    yield Given(name, expression)
                case Constant(kind=kind):
                    yield Given(name, kind)
                case _:
                    yield Given(name, STRING)

    def uses(self) -> Iterator[Used]:
        """The variables in texts."""
        for name, value in self.values.items():
            for variable in value.variables if isinstance(value, Template) else ():
                yield Used(variable.name, "said", ("values", name))

    def formulas(self) -> Iterator[Asked]:
        """What is worked out."""
        for name, value in self.values.items():
            if isinstance(value, Worked):
                yield Asked(("values", name, _EXPRESSION), value.expression, ANY)

    def misfits(self, where: Location, kind: Kind, branches: "Mapping[str, str]") -> Iterator[ExpressionError]:
        """A variable holds one value."""
        del where, branches
        if kind.word in {"list", "map"}:
            yield ExpressionError(f"the result is {kind.one}", column=1, expected="one value for a variable")

    def enter(self, run: "Run") -> Next:
        """Set all from what was there before."""
        values = {name: self._text(run, name, value)[:MAX_VALUE] for name, value in self.values.items()}
        private = {name for name, value in self.values.items() if self._is_private(run, name, value)}
        run.give({name: value for name, value in values.items() if name not in private})
        run.give({name: values[name] for name in private}, private=True)
        return run.node.next

    @staticmethod
    def _is_private(run: "Run", name: str, value: Worked | Constant | Template) -> bool:
        match value:
            case Worked():
                return run.is_private("values", name, _EXPRESSION)
            case Template(variables=variables):
                return run.are_private(variable.name for variable in variables)
        return False

    @staticmethod
    def _text(run: "Run", name: str, value: Worked | Constant | Template) -> str:
        match value:
            case Worked():
                return as_text(run.worked_out("values", name, _EXPRESSION))
            case Constant(value=constant):
                return as_text(constant)
            case Template():
                return value.filled(run.value)
