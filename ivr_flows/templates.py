"""Texts with variables in braces: `您的订单号是{order}。`, `{amount:number}`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from core.validate import mistake
from core.words import nearest
from ivr_flows import readout
from ivr_flows.fields import VARIABLE, VARIABLE_EXPECTED

#: The value of a variable by its name; empty where it has none.
Lookup = Callable[[str], str]

_TOKEN = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
#: A pause at the beginning of a piece is none.
_PAUSE = re.compile(r"^[\s,.;:!?，。；：！？、]+")
_SPOKEN = re.compile(r"[^\W_]")
_BRACES = "{name}, or {{ and }} for braces themselves"
_FORMATS = tuple(form for form in readout.FORMATS if form)


@dataclass(frozen=True, kw_only=True, slots=True)
class Variable:
    """`{name:form}` in a text."""

    name: str
    form: str = ""


Piece = str | Variable


@dataclass(frozen=True, kw_only=True, slots=True)
class Template:
    """A text cut at its variables; `source` is how it was written."""

    source: str
    pieces: tuple[Piece, ...]

    @property
    def variables(self) -> Iterator[Variable]:
        """The variables in it, in order."""
        return (piece for piece in self.pieces if isinstance(piece, Variable))

    def filled(self, lookup: Lookup) -> str:
        """The text with the variables' values as they stand."""
        return "".join(piece if isinstance(piece, str) else lookup(piece.name) for piece in self.pieces)


def spoken(source: str) -> Template:
    """A text to be said: pieces without a letter or digit are left out. Raises a pydantic mistake."""
    pieces = (_PAUSE.sub("", piece).rstrip() if isinstance(piece, str) else piece for piece in _pieces(source))
    return Template(
        source=source,
        pieces=tuple(piece for piece in pieces if isinstance(piece, Variable) or _SPOKEN.search(piece)),
    )


def raw(value: object) -> Template:
    """A text to be handed on as it is; a whole number is taken as its digits. Raises a pydantic mistake."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise mistake("{value}", expected="a text; variables in it as {name}")
    return Template(source=value, pieces=tuple(_pieces(value)))


def _pieces(source: str) -> Iterator[Piece]:
    """Texts and variables in turn."""
    static = ""
    end = 0
    for match in _TOKEN.finditer(source):
        static += source[end : match.start()]
        end = match.end()
        token = match.group()
        if token in ("{{", "}}"):
            static += token[0]
        elif match.group(1) is None:
            raise mistake(f"a single '{token}' in a text", expected=_BRACES)
        else:
            yield static
            yield _variable(match.group(1))
            static = ""
    yield static + source[end:]


def _variable(written: str) -> Variable:
    name, colon, form = written.partition(":")
    if not VARIABLE.fullmatch(name):
        raise mistake(f"'{{{written[:60]}}}' is no variable", expected=f"{_BRACES}; a name is {VARIABLE_EXPECTED}")
    if colon and form not in _FORMATS:
        expected = f"one of {', '.join(_FORMATS)}"
        raise mistake(f"'{form[:60]}' is no way to say '{name}'", expected=expected, hint=nearest(form, _FORMATS))
    return Variable(name=name, form=form)
