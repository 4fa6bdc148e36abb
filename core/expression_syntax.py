"""The text of an expression to a tree: the part of CEL that is admitted, and what is wrong with the rest, by column.

    choice  = or ["?" or ":" choice]
    or      = and {"||" and}         and = relation {"&&" relation}
    relation = sum {("==" "!=" "<" "<=" ">" ">=" "in") sum}
    sum     = product {("+" "-") product}   product = unary {("*" "/" "%") unary}
    unary   = ["!" | "-"] unary | member
    member  = primary {"." name | "." name "(" arguments ")" | "[" choice "]"}
    primary = literal | name | name "(" arguments ")" | "(" choice ")" | "[" items "]"

Not admitted: maps that are written out, unsigned numbers, bytes, raw and triple-quoted text, comments, a second
line. A chain of equal operators is one node, so that the tree is never deeper than what was nested.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from core.errors import VccError

#: Characters of one expression, whatever a platform's `limits` allow.
MAX_LENGTH = 2_000
#: How deep brackets, calls, choices and signs may stand in each other: what the library that runs them bears.
MAX_DEPTH = 12

#: Words that CEL keeps for itself.
RESERVED = frozenset(
    {"as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in", "let", "loop",
     "namespace", "null", "package", "return", "true", "var", "void", "while"}
)  # fmt: skip

#: What is done with each item of a list.
MACROS = ("all", "exists", "exists_one", "filter", "map")

_TOKEN = re.compile(
    r"""[ \t]*(?:
      (?P<number>(?:[0-9]+\.[0-9]+|[0-9]+)(?:[eE][+-]?[0-9]+)?)
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<sign>&&|\|\||[=!<>]=|[-+*/%<>!?:.,()\[\]])
    | (?P<end>$)
    )""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"', "'": "'"}
#: With these begin the halves of characters in other encodings: no characters themselves.
_SURROGATES = ("ud8", "ud9", "uda", "udb", "udc", "udd", "ude", "udf")
#: What people write who know other languages.
_OTHERS = {"=": "==", "&": "&&", "|": "||", "and": "&&", "or": "||", "not": "!", "True": "true", "False": "false"}
_LEVELS = (("||",), ("&&",), ("==", "!=", "<", "<=", ">", ">=", "in"), ("+", "-"), ("*", "/", "%"))


class ExpressionError(VccError):
    """An expression is wrong at `column` (from 1, in its own text): what is, what was expected, what may be meant."""

    code = "expression"

    def __init__(self, message: str, *, column: int, expected: str = "", hint: str = "") -> None:
        """Say where and what."""
        self.message, self.column, self.expected, self.hint = message, column, expected, hint
        text = f"column {column}: {message}"
        super().__init__("; ".join(part for part in (text, expected and f"expected {expected}", hint) if part))


# --- the tree -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Literal:
    """A value as it stands: text, int, float, bool, None."""

    column: int
    value: str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Name:
    """What is known under this word."""

    column: int
    word: str


@dataclass(frozen=True, slots=True)
class Member:
    """`of.word`."""

    column: int
    of: Node
    word: str


@dataclass(frozen=True, slots=True)
class Item:
    """`of[key]`."""

    column: int
    of: Node
    key: Node


@dataclass(frozen=True, slots=True)
class Call:
    """`word(arguments)`, or `of.word(arguments)`."""

    column: int
    of: Node | None
    word: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Sign:
    """`!of`, `-of`."""

    column: int
    sign: str
    of: Node


@dataclass(frozen=True, slots=True)
class Chain:
    """`first`, then each operator with its column and what stands after it; from left to right."""

    column: int
    first: Node
    rest: tuple[tuple[str, int, Node], ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """`when ? yes : no`."""

    column: int
    when: Node
    yes: Node
    no: Node


@dataclass(frozen=True, slots=True)
class Items:
    """`[a, b]`."""

    column: int
    items: tuple[Node, ...]


Node = Literal | Name | Member | Item | Call | Sign | Chain | Choice | Items


# --- text to tree ---------------------------------------------------------------------------------------------------


class _Token(NamedTuple):
    kind: str
    text: str
    column: int


def parse(text: str, *, length: int = MAX_LENGTH, depth: int = MAX_DEPTH) -> Node:
    """The tree of an expression, which is at most so long and deep. Raises ExpressionError at the first place that is
    wrong.
    """
    if len(text) > length:
        raise ExpressionError(
            f"an expression of {len(text)} characters", column=length + 1, expected=f"at most {length}"
        )
    return _Parser(_tokens(text), depth).whole()


def names_in(node: Node) -> set[str]:
    """Every word in a tree that is a name, but for those that a macro gives to a list's items."""
    match node:
        case Name(word=word):
            return {word}
        case Member(of=of):
            parts: tuple[Node, ...] = (of,)
        case Item(of=of, key=key):
            parts = (of, key)
        case Call(of=maybe, word=word, arguments=arguments):
            parts = (*((maybe,) if maybe else ()), *arguments)
            if word in MACROS and arguments and isinstance(arguments[0], Name):
                return {name for part in parts for name in names_in(part)} - {arguments[0].word}
        case Sign(of=of):
            parts = (of,)
        case Chain(first=first, rest=rest):
            parts = (first, *(operand for _, _, operand in rest))
        case Choice(when=when, yes=yes, no=no):
            parts = (when, yes, no)
        case Items(items=items):
            parts = items
        case _:
            parts = ()
    return {name for part in parts for name in names_in(part)}


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    at = 0
    while not found or found[-1].kind != "end":
        match = _TOKEN.match(text, at)
        if match is None:
            raise _stray(text, at)
        kind = match.lastgroup or "end"
        found.append(_Token(kind, match[kind], match.start(kind) + 1))
        at = match.end()
    return found


def _stray(text: str, at: int) -> ExpressionError:
    """What stands where nothing of the language begins."""
    at += len(text[at:]) - len(text[at:].lstrip(" \t"))
    sign = text[at]
    if sign in "\"'":
        return ExpressionError("a text without its end", column=at + 1, expected=f"{sign} after it")
    if sign in "\r\n":
        return ExpressionError("an expression of several lines", column=at + 1, expected="one line")
    if sign in "{}":
        return ExpressionError(
            f"'{sign}' cannot stand in an expression", column=at + 1, hint="variables are written without braces"
        )
    meant = _OTHERS.get(sign, "")
    shown = sign if sign.isprintable() else repr(sign)[1:-1]
    return ExpressionError(
        f"'{shown}' cannot stand here", column=at + 1, hint=f"did you mean '{meant}'?" if meant else ""
    )


class _Parser:
    def __init__(self, tokens: list[_Token], deepest: int) -> None:
        self._deepest = deepest
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def whole(self) -> Node:
        """The one expression that the text is."""
        node = self._choice()
        if self._next.kind != "end":
            raise self._wrong("an operator such as && or ==, or the end")
        return node

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _take(self) -> _Token:
        token = self._next
        self._at += 1
        return token

    def _is(self, *signs: str) -> bool:
        return self._next.kind in {"sign", "name"} and self._next.text in signs

    def _need(self, sign: str) -> _Token:
        if not self._is(sign):
            raise self._wrong(f"'{sign}'")
        return self._take()

    def _wrong(self, expected: str) -> ExpressionError:
        kind, text, column = self._next
        if self._at and kind == "name" and self._tokens[self._at - 1].text == "not":
            kind, text, column = self._tokens[self._at - 1]
        meant = _OTHERS.get(text, "")
        shown = text[:60] if kind == "text" else f"'{text[:60]}'"
        said = "the expression ends too early" if kind == "end" else f"{shown} cannot stand here"
        return ExpressionError(said, column=column, expected=expected, hint=f"did you mean '{meant}'?" if meant else "")

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > self._deepest:
            raise ExpressionError(
                "nested too deep", column=self._next.column, expected=f"at most {self._deepest} brackets in each other"
            )

    def _choice(self) -> Node:
        self._deeper()
        node = self._chain(0)
        if self._is("?"):
            column = self._take().column
            yes = self._chain(0)
            self._need(":")
            node = Choice(column, node, yes, self._choice())
        self._depth -= 1
        return node

    def _chain(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self._unary()
        first = self._chain(level + 1)
        rest: list[tuple[str, int, Node]] = []
        while self._is(*_LEVELS[level]):
            _, sign, column = self._take()
            rest.append((sign, column, self._chain(level + 1)))
        return Chain(rest[0][1], first, tuple(rest)) if rest else first

    def _unary(self) -> Node:
        if not self._is("!", "-"):
            return self._member()
        self._deeper()
        _, sign, column = self._take()
        node: Node = Sign(column, sign, self._unary())
        self._depth -= 1
        return node

    def _member(self) -> Node:
        node = self._primary()
        count = 0
        while self._is(".", "["):
            sign = self._take()
            count += 1
            if count > self._deepest:
                raise ExpressionError(
                    "too many members in a row", column=sign.column, expected=f"at most {self._deepest}"
                )
            if sign.text == "[":
                node = Item(sign.column, node, self._choice())
                self._need("]")
                continue
            if self._next.kind != "name" or self._next.text == "in":
                raise self._wrong("a name after '.'")
            _, word, column = self._take()
            node = Call(column, node, word, self._arguments()) if self._is("(") else Member(column, node, word)
        return node

    def _primary(self) -> Node:
        kind, text, column = self._next
        match kind:
            case "number":
                self._take()
                return Literal(column, _number(text, column))
            case "text":
                self._take()
                return Literal(column, _unescaped(text, column))
            case "name" if text in _CONSTANTS:
                self._take()
                return Literal(column, _CONSTANTS[text])
            case "name" if text not in RESERVED:
                self._take()
                return Call(column, None, text, self._arguments()) if self._is("(") else Name(column, text)
            case "sign" if text == "(":
                self._take()
                node = self._choice()
                self._need(")")
                return node
            case "sign" if text == "[":
                return Items(column, self._list("[", "]"))
        raise self._wrong("a name, a value or '('")

    def _arguments(self) -> tuple[Node, ...]:
        return self._list("(", ")")

    def _list(self, begin: str, end: str) -> tuple[Node, ...]:
        self._need(begin)
        items: list[Node] = []
        while not self._is(end):
            if items:
                self._need(",")
            items.append(self._choice())
        self._take()
        return tuple(items)


_CONSTANTS = {"true": True, "false": False, "null": None}


def _number(text: str, column: int) -> int | float:
    value = float(text) if any(sign in text for sign in ".eE") else int(text)
    if isinstance(value, int) and value > 2**63 - 1:
        raise ExpressionError(f"{text[:60]} is too large", column=column, expected="at most 9223372036854775807")
    if value == float("inf"):
        raise ExpressionError(f"{text[:60]} is too large", column=column, expected="a double")
    return value


def _unescaped(text: str, column: int) -> str:
    def value(match: re.Match[str]) -> str:
        sign = match[1]
        if (sign not in _ESCAPES and len(sign) == 1) or sign[:3].lower() in _SURROGATES:
            place = column + 1 + match.start()
            raise ExpressionError(f"'\\{sign}' means nothing", column=place, expected="\\\\ for a backslash itself")
        return _ESCAPES.get(sign) or chr(int(sign[1:], 16))

    return _ESCAPE.sub(value, text[1:-1])
