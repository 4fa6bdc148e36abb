"""Expressions over an agent's skills, as a queue may ask for them: `skills.zh >= 5 && skills.orders >= 1`."""

from __future__ import annotations

from core.expressions import BOOL, INT, Expression, ExpressionError, compile, map_of
from core.validate import mistake

_NAMES = {"skills": map_of(INT)}


def compiled(text: str) -> Expression:
    """The expression, which knows `skills` and results in true or false. Raises ExpressionError."""
    return compile(text, _NAMES, BOOL)


def condition(text: str) -> str:
    """The text, if it is such an expression and looks at skills by their names."""
    try:
        found = skills_in(compiled(text))
    except ExpressionError as error:
        message = f"column {error.column}: {error.message}"
        raise mistake(message, expected=error.expected or "an expression over skills", hint=error.hint) from error
    if "" in found:
        raise mistake("this looks at all skills at once", expected="each skill by its name, such as skills.zh >= 3")
    return text


def skills_in(expression: Expression) -> list[str]:
    """The skills that it reads, as they are written in it; an empty one where it reads all of them as a whole."""
    return sorted({path[1] if len(path) > 1 else "" for path in expression.reads})
