"""Expressions, the same in flows and in routing: what is known is compared and reckoned with, in CEL.

    text -> compile(text, names, result) -> Expression -> .value({...}) or .value_of(find)

    rule = compile("skills.zh >= 5 && skills.orders >= 1", {"skills": map_of(INT)}, BOOL)
    rule.names                                  -> {"skills.zh", "skills.orders"}
    rule.value({"skills": {"zh": 7}})           -> False: orders is missing, so it is 0

`names` says what is known under each name and of what kind: STRING, INT, DOUBLE, BOOL, list_of(…), map_of(…), ANY, and
group(hour=INT, …) for `now.hour`. A name with - in it is written `skills["zh-cn"]`. `compile` finds, before anything is
run, unknown names (and says which one may be meant), parts that do not go together, and a result of another kind.

When it is run nothing is raised:
- a value that is missing, or not of the kind that was declared, is its kind's zero: "", 0, 0.0, false, [], {}; null
  for ANY
- what cannot be worked out (a division by zero, int("x"), an item beyond a list's end, a sum beyond 64 bits, an ANY
  that is no number where one is needed) makes the whole expression its result's zero; `a || b` is true where either
  is, all the same

CEL that is admitted: && || ! == != < <= > >= in + - * / % ?: . [ ] [lists], texts, whole numbers, doubles, true, false,
null; size(), int(), double(), string(); on texts contains(), startsWith(), endsWith(), matches(a pattern in quotes); on
lists all, exists, exists_one, filter and map, not in each other. A size is in characters. Values that callers or other
systems gave are values: nothing of them is ever read as an expression or a pattern.

How long and how deep an expression may be is said in `expression_syntax`; trees and kinds are there and in
`expression_check`, `expression_kinds`. This module alone knows the library that runs them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.expression_check import SIZE, Checker, Path
from core.expression_kinds import ANY, BOOL, DOUBLE, INT, STRING, Kind, group, list_of, map_of
from core.expression_syntax import MAX_DEPTH, MAX_LENGTH, ExpressionError, Node, names_in, parse

if TYPE_CHECKING:
    from cel import Context, Program

__all__ = [
    "ANY", "BOOL", "DOUBLE", "INT", "MAX_DEPTH", "MAX_LENGTH", "STRING", "Expression", "ExpressionError", "Kind",
    "Node", "Path", "bind", "compile", "group", "list_of", "map_of", "names_in", "parse",
]  # fmt: skip

#: What the library raises for what cannot be worked out.
_FAILURES = (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that can be run. `kind`: of its result; `reads`: every path that it reads, with its kind."""

    text: str
    kind: Kind
    reads: Mapping[Path, Kind]
    _program: Program = field(repr=False, compare=False)
    _counts: bool = field(repr=False, compare=False)

    @property
    def names(self) -> frozenset[str]:
        """What it reads, each with dots: `skills.zh`."""
        return frozenset(".".join(path) for path in self.reads)

    def value(self, env: Mapping[str, object]) -> object:
        """The result, where `env` holds what is known: `{"skills": {"zh": 5}, "caller": "1380013"}`."""
        return self.value_of(lambda path: _walk(env, path))

    def value_of(self, find: Callable[[Path], object]) -> object:
        """The result, where `find` gives the value of a path; None: it has none."""
        values: dict[str, object] = {}
        for name, (path, kind) in zip(_NAMES, self.reads.items(), strict=False):
            value = find(path)
            values[name] = value if kind.fits(value) else kind.zero
        try:
            result: object = self._program.execute(_counting(values) if self._counts else values)
        except _FAILURES:
            return self.kind.zero
        if not self.kind.fits(result):
            return self.kind.zero
        return float(result) if self.kind == DOUBLE and isinstance(result, int) else result


def compile(text: str, names: Mapping[str, Kind], result: Kind = ANY) -> Expression:
    """The expression in `text`, checked. Raises ExpressionError with the column of the first mistake.

    `result` ANY: whatever comes out; `Expression.kind` tells what.
    """
    return bind(text, parse(text), names, result)


def bind(text: str, tree: Node, names: Mapping[str, Kind], result: Kind = ANY) -> Expression:
    """As `compile`, of a text that was parsed before, when its names were not yet known."""
    import cel  # noqa: PLC0415 - it brings a prompt for terminals along, 7 MB: only where there are expressions

    checker = Checker(names)
    kind, written = checker.check(tree)
    if ANY not in (kind, result) and kind.word != result.word and (kind, result) != (INT, DOUBLE):
        raise ExpressionError(f"the result is {kind.one}", column=1, expected=result.one)
    for pattern, column in checker.patterns:
        try:
            cel.evaluate("''.matches(p)", {"p": pattern})
        except _FAILURES as error:
            reason = str(error).replace(". Check function arguments and their types", "").splitlines()[-1]
            raise ExpressionError("a pattern that is none", column=column, hint=reason.strip(" .")) from error
    return Expression(
        text=text,
        kind=kind if result == ANY else result,
        reads=checker.reads,
        _program=cel.compile(written),
        _counts=SIZE in written,
    )


def _counting(values: dict[str, object]) -> Context:
    """The values, beside functions of our own."""
    import cel  # noqa: PLC0415 - see `bind`

    return cel.Context(values, _OWN)


def _walk(env: Mapping[str, object], path: Path) -> object:
    value: object = env
    for word in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(word)
    return value


def _size(value: object) -> int | None:
    return len(value) if isinstance(value, str | list | dict) else None


_OWN = {SIZE: _size}
#: What the paths that are read are called in the text for CEL; there cannot be as many.
_NAMES = tuple(f"p{index}" for index in range(MAX_LENGTH))
