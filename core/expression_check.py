"""Of what kind each part of an expression is, and whether the parts go together; and the same again as text for CEL.

In that text every path that is read (`skills.zh`, `now.hour`) is one variable, `p0`, `p1` and so on in the order of
`Checker.reads`, so that each has its own value when it is missing, and only what was checked is ever run.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple

from core.expression_kinds import (
    ANY,
    BOOL,
    DOUBLE,
    INT,
    NULL,
    STRING,
    Kind,
    common,
    comparable,
    is_number,
    list_of,
)
from core.expression_syntax import (
    MACROS,
    Call,
    Chain,
    Choice,
    ExpressionError,
    Item,
    Items,
    Literal,
    Member,
    Name,
    Node,
    Sign,
)
from core.words import nearest, one_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: From a name to a value below it: `("queues", "orders", "waiting")`.
Path = tuple[str, ...]

#: What the text for CEL calls instead of CEL's own `size`, which in this library counts a text's bytes.
SIZE = "_size"
#: How often a pattern may ask for one thing, all its counts multiplied: it is compiled each time.
MAX_REPEATS = 1_000

_TEXT_METHODS = ("contains", "endsWith", "matches", "startsWith")
_METHODS = (*_TEXT_METHODS, "size", *MACROS)
_CONVERSIONS = {"int": (INT, (STRING, DOUBLE, INT)), "double": (DOUBLE, (STRING, INT, DOUBLE)),
                "string": (STRING, (INT, DOUBLE, STRING))}  # fmt: skip
_FUNCTIONS = (*_CONVERSIONS, "size")
_BOUND = "_item"
#: Classes of all the world's letters and digits: slow to compile, and seldom meant.
_WIDE = re.compile(r"(?<!\\)(?:\\\\)*\\([wWdDsSbBpP])")
_COUNT = re.compile(r"\{([0-9]*),?([0-9]*)\}")


class Typed(NamedTuple):
    """A part: its kind, and how it is written for CEL."""

    kind: Kind
    text: str


class Checker:
    """Checks one tree against the names that are known; `reads` are the paths it reads, with their kinds, `patterns`
    those that it matches, with their columns.
    """

    def __init__(self, names: Mapping[str, Kind]) -> None:
        """Know these names."""
        self.reads: dict[Path, Kind] = {}
        self.patterns: list[tuple[str, int]] = []
        self._names = names
        self._bound: tuple[str, Kind] | None = None

    def check(self, node: Node) -> Typed:
        """The kind of a part that has a value, and its text. Raises ExpressionError."""
        match node:
            case Literal(value=value):
                found = Typed(_kind_of(value), json.dumps(value, ensure_ascii=False))
            case Name() | Member() | Item():
                found = self._reached(node)
            case Call():
                found = self._call(node)
            case Sign():
                found = self._sign(node)
            case Chain():
                found = self._chain(node)
            case Choice():
                found = self._choice(node)
            case Items(items=items):
                found = self._items([self.check(item) for item in items])
        return found

    # --- names ------------------------------------------------------------------------------------------------------

    def _reached(self, node: Name | Member | Item) -> Typed:
        path = self._path(node)
        kind: Kind | None
        if path is not None:
            kind = self._kind_at(node)
            if kind.word == "group" or (kind.of is not None and kind.of.word == "group"):
                raise _no_value(node, path, kind)
            self.reads.setdefault(path, kind)
            return Typed(kind, f"p{list(self.reads).index(path)}")
        if isinstance(node, Name):
            return Typed(self._bound[1] if self._bound else ANY, _BOUND)
        of = self.check(node.of)
        if isinstance(node, Member):
            kind = of.kind.member(node.word)
            if kind is None:
                raise ExpressionError(f"{of.kind.one} has no '{node.word}'", column=node.column)
            return Typed(kind, f"{of.text}[{json.dumps(node.word)}]")
        return self._item(node, of)

    def _item(self, node: Item, of: Typed) -> Typed:
        key = self.check(node.key)
        wanted = {"list": INT, "map": STRING, "any": ANY}.get(of.kind.word)
        if wanted is None:
            raise ExpressionError(f"{of.kind.one} has no items", column=node.column)
        if wanted is ANY:
            wanted = key.kind if key.kind in (INT, STRING) else ANY
        _want(key, wanted, node.key)
        return Typed(of.kind.of or ANY, f"{of.text}[{key.text}]")

    def _path(self, node: Node) -> Path | None:
        """The path that a part names, where it begins with a known name and goes by fixed words; else None."""
        match node:
            case Name(word=word):
                return None if self._bound and word == self._bound[0] else (word,)
            case Member(of=of, word=word) | Item(of=of, key=Literal(value=str(word))):
                path = self._path(of)
                return None if path is None or self._kind_at(of).word not in {"group", "map", "any"} else (*path, word)
        return None

    def _kind_at(self, node: Node) -> Kind:
        """The kind of what a path's part names; it may be a group."""
        match node:
            case Name(word=word, column=column):
                if word not in self._names:
                    raise _unknown(f"unknown name '{word[:60]}'", word, self._names, column)
                return self._names[word]
            case Member(of=of, word=word, column=column) | Item(of=of, key=Literal(value=str(word)), column=column):
                above = self._kind_at(of)
                kind = above.member(word)
                if kind is None:
                    message = f"'{'.'.join(self._path(of) or ())}' has no '{word[:60]}'"
                    raise _unknown(message, word, [name for name, _ in above.members], column + isinstance(node, Item))
                return kind
        return ANY

    # --- operators --------------------------------------------------------------------------------------------------

    def _sign(self, node: Sign) -> Typed:
        of = self.check(node.of)
        if node.sign == "!":
            _want(of, BOOL, node.of)
            return Typed(BOOL, f"(!{of.text})")
        if of.kind != ANY and not is_number(of.kind):
            raise ExpressionError(f"'-' before {of.kind.one}", column=node.column, expected="a number after it")
        return Typed(of.kind, f"(-{of.text})")

    def _chain(self, node: Chain) -> Typed:
        left = self.check(node.first)
        first, before = node.first, node.first
        for sign, column, operand in node.rest:
            try:
                right = self.check(operand)
            except ExpressionError as error:
                raise _hyphen(error, sign, before, operand) from None
            if sign in {"&&", "||"}:
                _want(left, BOOL, first)
                _want(right, BOOL, operand)
            kind = _together(sign, left.kind, right.kind)
            if kind is None:
                raise _apart(sign, left.kind, right.kind, column)
            left = Typed(kind, f"{left.text} {sign} {right.text}")
            before = operand
        return Typed(left.kind, f"({left.text})")

    def _choice(self, node: Choice) -> Typed:
        when, yes, no = self.check(node.when), self.check(node.yes), self.check(node.no)
        _want(when, BOOL, node.when)
        if not comparable(yes.kind, no.kind):
            raise ExpressionError(
                f"{yes.kind.one} or {no.kind.one}, as it comes", column=node.column, expected="both of one kind"
            )
        return Typed(common(yes.kind, no.kind), f"({when.text} ? {yes.text} : {no.text})")

    @staticmethod
    def _items(items: Sequence[Typed]) -> Typed:
        kind = items[0].kind if items else ANY
        for item in items[1:]:
            kind = common(kind, item.kind)
        return Typed(list_of(kind), f"[{', '.join(item.text for item in items)}]")

    # --- functions --------------------------------------------------------------------------------------------------

    def _call(self, node: Call) -> Typed:
        if node.word == "has":
            raise ExpressionError(
                "'has' is no function here", column=node.column, hint='a missing value is "", 0, false or null'
            )
        if node.of is None:
            return self._function(node)
        if node.word in MACROS:
            return self._macro(node, node.of)
        of = self.check(node.of)
        if node.word == "size":
            _count(node, 0)
            return self._size(node, of)
        if node.word not in _TEXT_METHODS:
            raise _unknown(f"unknown function '{node.word[:60]}'", node.word, _METHODS, node.column)
        _count(node, 1)
        _want(of, STRING, node.of)
        argument = self.check(node.arguments[0])
        _want(argument, STRING, node.arguments[0])
        if node.word == "matches":
            self.patterns.append(_pattern(node.arguments[0]))
        return Typed(BOOL, f"{of.text}.{node.word}({argument.text})")

    def _function(self, node: Call) -> Typed:
        word = node.word
        if word in _TEXT_METHODS:
            raise ExpressionError(f"'{word}' stands after a text", column=node.column, expected=f"text.{word}(…)")
        if word not in _FUNCTIONS:
            raise _unknown(f"unknown function '{word[:60]}'", word, _FUNCTIONS, node.column)
        _count(node, 1)
        argument = self.check(node.arguments[0])
        if word == "size":
            return self._size(node, argument)
        kind, taken = _CONVERSIONS[word]
        if argument.kind not in (*taken, ANY):
            raise ExpressionError(f"{word}() of {argument.kind.one}", column=node.column,
                                  expected=one_of(str(one) for one in taken))  # fmt: skip
        return Typed(kind, f"{word}({argument.text})")

    @staticmethod
    def _size(node: Call, of: Typed) -> Typed:
        if of.kind.word not in {"string", "list", "map", "any"}:
            raise ExpressionError(f"size of {of.kind.one}", column=node.column, expected="a string, a list or a map")
        return Typed(INT, f"{SIZE}({of.text})")

    def _macro(self, node: Call, over: Node) -> Typed:
        if self._bound is not None:
            raise ExpressionError(f"'{node.word}' inside another", column=node.column, expected="one at a time")
        _count(node, 2)
        variable, body = node.arguments
        if not isinstance(variable, Name):
            raise ExpressionError(f"'{node.word}' without a name for the item", column=variable.column)
        if variable.word in self._names:
            raise ExpressionError(
                f"'{variable.word}' is known already", column=variable.column, expected="another name"
            )
        items = self.check(over)
        if items.kind.word not in {"list", "any"}:
            raise ExpressionError(f"'{node.word}' of {items.kind.one}", column=node.column, expected="a list before it")
        self._bound = variable.word, items.kind.of or ANY
        inside = self.check(body)
        self._bound = None
        if node.word != "map":
            _want(inside, BOOL, body)
        kind = {"map": list_of(inside.kind), "filter": items.kind}.get(node.word, BOOL)
        return Typed(kind, f"{items.text}.{node.word}({_BOUND}, {inside.text})")


def _kind_of(value: object) -> Kind:
    return next((kind for kind in (BOOL, INT, DOUBLE, STRING) if kind.fits(value)), NULL)


def _together(sign: str, left: Kind, right: Kind) -> Kind | None:
    """The kind of what comes out; None where the two do not go together."""
    match sign:
        case "&&" | "||":
            goes = True
        case "==" | "!=":
            goes = comparable(left, right)
        case "<" | "<=" | ">" | ">=":
            both = _ordered(left) and _ordered(right)
            goes = both and (ANY in (left, right) or (left == STRING) == (right == STRING))
        case "in":
            goes = _inside(left, right)
        case _:
            return _reckoned(sign, left, right)
    return BOOL if goes else None


def _reckoned(sign: str, left: Kind, right: Kind) -> Kind | None:
    """The kind of a sum, a product and so on."""
    numbers = all(kind == ANY or is_number(kind) for kind in (left, right))
    if ANY in (left, right):
        return ANY if numbers or sign == "+" else None
    if sign == "+" and left.word == right.word and left.word in {"string", "list"}:
        return common(left, right) if left == right else list_of(ANY)
    whole = sign != "%" or left == INT
    return left if numbers and left == right and whole else None


def _ordered(kind: Kind) -> bool:
    return is_number(kind) or kind in (STRING, ANY)


def _inside(item: Kind, of: Kind) -> bool:
    match of.word:
        case "any":
            return True
        case "list":
            return of.of is None or comparable(item, of.of)
        case "map":
            return item in (STRING, ANY)
    return False


def _apart(sign: str, left: Kind, right: Kind, column: int) -> ExpressionError:
    hint = ""
    if sign == "in":
        return ExpressionError(
            f"{left.one} in {right.one}", column=column, expected="a list or a map of its kind after 'in'"
        )
    if {left, right} == {INT, DOUBLE}:
        hint = "write 2.0 for 2, or double(…)" if sign != "%" else ""
    elif {left, right} in ({STRING, INT}, {STRING, DOUBLE}):
        number = "int" if INT in (left, right) else "double"
        hint = "write string(…) around the number" if sign == "+" else f"write {number}(…) around the text"
    expected = "two of one kind" if left != right else "two numbers" + (" or two strings" if sign != "-" else "")
    return ExpressionError(f"{left.one} {sign} {right.one}", column=column, expected=expected, hint=hint)


def _hyphen(error: ExpressionError, sign: str, before: Node, operand: Node) -> ExpressionError:
    """`skills.zh-cn` is a difference in CEL: say how it is written."""
    if sign == "-" and isinstance(before, Member) and isinstance(operand, Name):
        hint = f'a name with - in it is written ["{before.word}-{operand.word}"]'
        return ExpressionError(error.message, column=error.column, expected=error.expected, hint=hint)
    return error


def _want(part: Typed, kind: Kind, node: Node) -> None:
    if part.kind not in (kind, ANY):
        raise ExpressionError(f"{part.kind.one} where {kind.one} is needed", column=node.column)


def _count(node: Call, count: int) -> None:
    if len(node.arguments) != count:
        raise ExpressionError(
            f"{node.word} with {len(node.arguments)} arguments", column=node.column, expected=str(count)
        )


def _unknown(message: str, word: str, known: Mapping[str, Kind] | Sequence[str], column: int) -> ExpressionError:
    return ExpressionError(message, column=column, expected=one_of(known), hint=nearest(word, known))


def _no_value(node: Name | Member | Item, path: Path, kind: Kind) -> ExpressionError:
    below = kind.members or (kind.of.members if kind.of else ())
    inside = "" if kind.members else ".NAME"
    expected = one_of(f"{'.'.join(path)}{inside}.{name}" for name, _ in below)
    return ExpressionError(f"'{'.'.join(path)}' alone has no value", column=node.column, expected=expected)


def _pattern(node: Node) -> tuple[str, int]:
    """A pattern is written in the expression, and cheap: nothing that came from outside is ever one."""
    if not isinstance(node, Literal):
        raise ExpressionError("a pattern that is put together", column=node.column, expected="a text in quotes")
    pattern = str(node.value)
    if wide := _WIDE.search(pattern):
        raise ExpressionError(
            f"'\\{wide[1]}' in a pattern", column=node.column, expected="the characters, such as [0-9] or [A-Za-z]"
        )
    repeats = 1
    for low, high in _COUNT.findall(pattern):
        repeats *= max(int(low[:6] or 1), int(high[:6] or 1), 1)
    if repeats > MAX_REPEATS:
        raise ExpressionError(
            "a pattern that repeats too often", column=node.column, expected=f"at most {MAX_REPEATS} times in all"
        )
    return pattern, node.column
