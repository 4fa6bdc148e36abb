"""The kinds of values that steps take: durations, names, keys, languages."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import TYPE_CHECKING, Annotated, Any

from pydantic_core import CoreSchema, core_schema

from core.schema import Shape
from core.validate import mistake

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue

#: Every key of a telephone that a flow can ask for.
KEYS = "0123456789*#"

NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
VARIABLE = re.compile(r"[a-z][a-z0-9_]{0,39}")
LANGUAGE = re.compile(r"[a-z]{2}(-[A-Z]{2})?")

NAME_EXPECTED = "a lower-case letter, then at most 39 of a-z, 0-9, _ and -"
VARIABLE_EXPECTED = "a lower-case letter, then at most 39 of a-z, 0-9 and _"
LANGUAGE_EXPECTED = "a language such as zh-CN or en"
DURATION_EXPECTED = "a duration such as 500ms, 5s or 1m30s"

_DURATION = re.compile(r"(?:([0-9]{1,5})h)?(?:([0-9]{1,5})m)?(?:([0-9]{1,6})s)?(?:([0-9]{1,6})ms)?")
_LONGEST_S = 86_400.0


class Read:
    """Metadata of a field that is read by a function of ours; `schema`: what it takes, as JSON Schema."""

    def __init__(self, read: Callable[[Any], object], schema: JsonSchemaValue) -> None:
        self.read = read
        self._schema = schema

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """The function alone: what it makes is no business of pydantic's."""
        del source, handler
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """What it takes; a copy, as pydantic writes a field's default into it."""
        del schema, handler
        return deepcopy(self._schema)


class OneOrMore:
    """Metadata of a field of several things, where one may be written without a list; `words` stand for one, too."""

    def __init__(self, *words: str) -> None:
        self._words = words

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """One of them, or the list."""
        several = handler(schema)
        one = {"anyOf": [several["items"], {"enum": list(self._words)}]} if self._words else several["items"]
        return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}


class Between:
    """Metadata of a duration's field: the bounds in seconds, both included."""

    def __init__(self, low: float, high: float) -> None:
        self.low = low
        self.high = high

    @property
    def expected(self) -> str:
        """The bounds, as people write them."""
        return f"{shown(self.low)} to {shown(self.high)}"

    def __call__(self, value: object) -> float:
        """The seconds that a duration as written means."""
        seconds = duration(value)
        if not self.allows(seconds):
            raise mistake("{value}", expected=self.expected)
        return seconds

    def allows(self, seconds: float) -> bool:
        """Whether so many may stand there."""
        return self.low <= seconds <= self.high


class BetweenOrNone(Between):
    """The same, or `0s`."""

    @property
    def expected(self) -> str:
        """The bounds, as people write them."""
        return f"{super().expected}, or 0s: never"

    def allows(self, seconds: float) -> bool:
        """Whether so many may stand there."""
        return seconds == 0 or super().allows(seconds)


def duration(value: object) -> float:
    """The seconds that `1m30s` means. Raises a pydantic mistake for what is no duration."""
    hint = ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        hint = f"{value} seconds are written {value}s"
    elif isinstance(value, str) and value and (match := _DURATION.fullmatch(value)):
        hours, minutes, seconds, milliseconds = (int(part or 0) for part in match.groups())
        return hours * 3_600.0 + minutes * 60.0 + seconds + milliseconds / 1_000
    raise mistake("{value}", expected=DURATION_EXPECTED, hint=hint)


def shown(seconds: float) -> str:
    """Seconds as a duration is written: 90 is `1m30s`."""
    total = round(seconds * 1_000)
    text = ""
    for unit, size in (("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)):
        count, total = divmod(total, size)
        text += f"{count}{unit}" if count else ""
    return text or "0s"


_SCHEMA = {"type": "string", "pattern": f"^{_DURATION.pattern}$", "examples": ["5s", "1m30s"]}

#: A wait for a key: long enough to be pressed, short enough not to be silence.
Patience = Annotated[float, Read(Between(0.1, 300.0), _SCHEMA)]
#: For how long somebody who speaks may pause; 0s: for ever.
Silence = Annotated[float, Read(BetweenOrNone(1.0, 60.0), _SCHEMA)]
#: A wait in a queue, or for something that takes its time.
Wait = Annotated[float, Read(Between(1.0, _LONGEST_S), _SCHEMA)]
#: How long ago something may have been.
LongAgo = Annotated[float, Read(Between(60.0, 30 * 86_400.0), _SCHEMA)]
#: A time between two announcements.
Interval = Annotated[float, Read(Between(5.0, 3_600.0), _SCHEMA)]
#: A time that may also be nothing.
Delay = Annotated[float, Read(Between(0.0, 3_600.0), _SCHEMA)]

NameText = Annotated[str, Shape(NAME.pattern, NAME_EXPECTED)]
VariableName = Annotated[str, Shape(VARIABLE.pattern, VARIABLE_EXPECTED)]
LanguageTag = Annotated[str, Shape(LANGUAGE.pattern, LANGUAGE_EXPECTED)]
#: `orders`, or `tenant/orders` for what belongs to another.
OwnedName = Annotated[str, Shape(f"({NAME.pattern}/)?{NAME.pattern}", f"a name: {NAME_EXPECTED}")]
DialledNumber = Annotated[str, Shape("[0-9]{1,20}", "1 to 20 digits", digits=True)]
KeyText = Annotated[str, Shape("[0-9*#]", 'one key: 0 to 9, "*" or "#"', digits=True)]
