"""An expression as it stands in a step: read with the step, bound to what the flow knows when the flow is whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from core.expressions import ExpressionError, Node, parse
from core.validate import mistake
from ivr_flows.fields import Read


@dataclass(frozen=True, slots=True)
class Formula:
    """The text as written, and what it is made of."""

    text: str
    tree: Node


def formula(value: object) -> Formula:
    """The formula in a text; a number or true alone is one too. Raises a pydantic mistake."""
    if isinstance(value, bool):
        value = str(value).lower()
    if isinstance(value, int | float):
        value = str(value)
    if not isinstance(value, str):
        raise mistake("{value}", expected="an expression, such as now.hour < 12")
    try:
        return Formula(text=value, tree=parse(value))
    except ExpressionError as error:
        raise mistake(error.message, expected=error.expected, hint=error.hint, within=error.column) from None


FormulaText = Annotated[Formula, Read(formula, {"type": ["string", "number", "boolean"]})]
