"""The kinds of values in expressions: what a name holds, what stands for it where it has no value, which go together.

Words are CEL's own: string, int, double, bool, list, map. `any` is what is only known when it comes, such as an answer
of another system. `group` is a fixed set of named values, such as `now`: only its members have values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_INT_MOST = 2**63 - 1
_INT_LEAST = -(2**63)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value. `of`: the kind of a list's items or of a map's values; `members`: those of a group."""

    word: str
    of: Kind | None = None
    members: tuple[tuple[str, Kind], ...] = ()

    @property
    def zero(self) -> object:
        """What stands for a missing value: "", 0, 0.0, false, an empty list or map; null for `any`."""
        match self.word:
            case "list":
                return []
            case "map":
                return {}
        return _ZEROS.get(self.word)

    def fits(self, value: object) -> bool:
        """Whether a value is of this kind as far as CEL is concerned; an int where a double is asked for is."""
        match self.word:
            case "any":
                return True
            case "int":
                return _is_int(value)
            case "double":
                return isinstance(value, float) or _is_int(value)
            case "map":
                return isinstance(value, Mapping)
        return isinstance(value, _TYPES.get(self.word, ()))

    def member(self, name: str) -> Kind | None:
        """The kind of what is reached by `.name`; None where there is no such thing."""
        if self.word == "map":
            return self.of
        return self if self.word == "any" else dict(self.members).get(name)

    def __str__(self) -> str:
        """The word; of what, for a list or a map."""
        return f"{self.word} of {self.of}" if self.of and self.of != ANY else self.word

    @property
    def one(self) -> str:
        """`a string`, `an int`."""
        return f"a{'n' if self.word[0] in 'ai' else ''} {self}"


STRING = Kind("string")
INT = Kind("int")
DOUBLE = Kind("double")
BOOL = Kind("bool")
ANY = Kind("any")
#: The kind of `null` alone; it can be compared with `any`.
NULL = Kind("null")

_ZEROS = {"string": "", "int": 0, "double": 0.0, "bool": False}
_TYPES: dict[str, type] = {"string": str, "bool": bool, "list": list, "null": type(None)}
_NUMBERS = (INT, DOUBLE)


def list_of(item: Kind) -> Kind:
    """A list of items of one kind."""
    return Kind("list", of=item)


def map_of(value: Kind) -> Kind:
    """A map from any text to values of one kind; a key that is not there has the kind's zero."""
    return Kind("map", of=value)


def group(**members: Kind) -> Kind:
    """Named values of which each has its own kind: `group(hour=INT, weekday=STRING)`."""
    return Kind("group", members=tuple(members.items()))


def is_number(kind: Kind) -> bool:
    """Whether it is one to reckon with."""
    return kind in _NUMBERS


def comparable(one: Kind, other: Kind) -> bool:
    """Whether asking if two such values are equal makes sense: of one kind, both numbers, or one is any."""
    if ANY in (one, other):
        return True
    if one.word == other.word == "list":
        return one.of is None or other.of is None or comparable(one.of, other.of)
    return one == other or (is_number(one) and is_number(other))


def common(one: Kind, other: Kind) -> Kind:
    """The kind of what may be either: int and double are double, all else that differs is any."""
    if one == other:
        return one
    if is_number(one) and is_number(other):
        return DOUBLE
    return ANY


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and _INT_LEAST <= value <= _INT_MOST
