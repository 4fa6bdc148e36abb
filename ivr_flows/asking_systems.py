"""What is asked of a tenant's own system, and what is taken from its answer: texts with variables, paths into JSON."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

from core.validate import mistake
from ivr_flows.fields import Read
from ivr_flows.templates import Template, Variable, raw

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ivr_flows.templates import Lookup

#: What is taken from an answer is cut here.
MAX_VALUE = 500
_MAX_DEPTH = 10
_MAX_PARTS = 200
_PATH = re.compile(r"(?:/[A-Za-z0-9._~!$&'()*+,;=:@%{}-]*)+")
_PATH_EXPECTED = "a path that begins with /, without ? and #, such as /orders/{order}"
_STEP = r"[A-Za-z_][A-Za-z0-9_-]*|[0-9]{1,4}"
_FIELD = re.compile(rf"(?:{_STEP})(?:\.(?:{_STEP}))*\??")
_FIELD_EXPECTED = "names and places with dots between, such as order.items.0.title; with a ? behind it may be missing"
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,9})?")
#: `{amount:number}` alone is a number in JSON, any other text is a text.
_AS_NUMBER = "number"


class NoNumberError(Exception):
    """A value that should be a number is none."""


class MissingError(Exception):
    """An answer does not have what is to be taken from it."""


def _path(value: object) -> Template:
    if not isinstance(value, str) or not _PATH.fullmatch(value) or len(value) > MAX_VALUE:
        raise mistake("{value}", expected=_PATH_EXPECTED)
    return raw(value)


def path(template: Template, lookup: Lookup) -> str | None:
    """The path with its variables percent-encoded; None where that would lead up or to nothing."""
    filled = template.filled(lambda name: quote(lookup(name), safe=""))
    segments = filled.split("/")[1:]
    if any(segment.lower().replace("%2e", ".") in (".", "..") for segment in segments):
        return None
    return None if "" in segments[:-1] or (segments[-1] == "" and not template.source.endswith("/")) else filled


@dataclass(frozen=True, slots=True)
class Field:
    """Where in an answer a value is; `optional`: it may be missing."""

    steps: tuple[str, ...]
    optional: bool

    def of(self, body: Any) -> str:  # noqa: ANN401 - JSON
        """The value as a text; empty for null, and where it is missing and may be. Raises MissingError."""
        for step in self.steps:
            if isinstance(body, dict) and step in body:
                body = body[step]
            elif isinstance(body, list) and step.isdecimal() and int(step) < len(body):
                body = body[int(step)]
            elif self.optional:
                return ""
            else:
                raise MissingError(step)
        if isinstance(body, dict | list):
            raise MissingError(self.steps[-1])
        if body is None:
            return ""
        text = body if isinstance(body, str) else json.dumps(body)
        return "".join(sign if sign.isprintable() else " " for sign in text[:MAX_VALUE])


def _field(value: object) -> Field:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not _FIELD.fullmatch(text) or len(text) > MAX_VALUE:
        raise mistake("{value}", expected=_FIELD_EXPECTED)
    return Field(steps=tuple(text.removesuffix("?").split(".")), optional=text.endswith("?"))


@dataclass(frozen=True, slots=True)
class Body:
    """JSON with variables in its texts."""

    parts: Any

    def variables(self) -> Iterator[Variable]:
        """The variables in it."""
        return (variable for template in _templates(self.parts) for variable in template.variables)

    def filled(self, lookup: Lookup) -> Any:  # noqa: ANN401 - JSON
        """The JSON value. Raises NoNumberError."""
        return _filled(self.parts, lookup)


def _body(value: object) -> Body:
    if not isinstance(value, dict) or not value:
        raise mistake("{value}", expected="'name: value' lines")
    count = [0]
    return Body(_read(value, 1, count))


def _read(value: Any, depth: int, count: list[int]) -> Any:  # noqa: ANN401 - JSON
    count[0] += 1
    if depth > _MAX_DEPTH or count[0] > _MAX_PARTS:
        raise mistake("this is too much to be sent", expected=f"{_MAX_PARTS} values, {_MAX_DEPTH} levels at most")
    if isinstance(value, dict):
        return {str(name): _read(part, depth + 1, count) for name, part in value.items()}
    if isinstance(value, list):
        return [_read(part, depth + 1, count) for part in value]
    return raw(value) if isinstance(value, str) else value


def _templates(parts: Any) -> Iterator[Template]:  # noqa: ANN401 - JSON
    if isinstance(parts, Template):
        yield parts
    elif isinstance(parts, dict | list):
        for part in parts.values() if isinstance(parts, dict) else parts:
            yield from _templates(part)


def _filled(parts: Any, lookup: Lookup) -> Any:  # noqa: ANN401 - JSON
    if isinstance(parts, dict):
        return {name: _filled(part, lookup) for name, part in parts.items()}
    if isinstance(parts, list):
        return [_filled(part, lookup) for part in parts]
    if not isinstance(parts, Template):
        return parts
    text = parts.filled(lookup)
    pieces = [piece for piece in parts.pieces if piece != ""]
    if len(pieces) == 1 and isinstance(pieces[0], Variable) and pieces[0].form == _AS_NUMBER:
        if not _NUMBER.fullmatch(text):
            raise NoNumberError(pieces[0].name)
        return float(text) if "." in text else int(text)
    return text


PathText = Annotated[Template, Read(_path, {"type": "string", "pattern": "^/[^?#]*$"})]
FieldText = Annotated[Field, Read(_field, {"type": ["string", "integer"]})]
JsonBody = Annotated[Body, Read(_body, {"type": "object", "minProperties": 1})]
