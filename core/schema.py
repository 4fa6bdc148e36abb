"""Which keys a pydantic model has where, and text types that say in words what they want."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler, RootModel
from pydantic_core import CoreSchema, PydanticCustomError, core_schema
from typing_extensions import TypeAliasType

if TYPE_CHECKING:
    from pydantic.json_schema import JsonSchemaValue

    from core.document import Path


class Shape:
    """Metadata of a text type: the pattern that the whole text must fit, and in words what that is.

    `Annotated[str, Shape(r"[0-9]{4}", "four digits")]`. With `digits`, a whole number is taken as its digits:
    the YAML reader keeps leading zeros as text, so nothing is lost.
    """

    def __init__(self, pattern: str, expected: str, *, digits: bool = False) -> None:
        self.pattern = pattern
        self.expected = expected
        self.digits = digits
        self._fits = re.compile(pattern).fullmatch

    def __get_pydantic_core_schema__(self, source: type, handler: GetCoreSchemaHandler) -> CoreSchema:
        """A check after the text's own; what is no text is told by the same words."""
        return core_schema.no_info_wrap_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The pattern, for descriptions generated from the model."""
        text = {**handler(schema), "pattern": f"^({self.pattern})$"}
        return {"anyOf": [text, {"type": "integer", "minimum": 0}]} if self.digits else text

    def _check(self, value: object, inner: core_schema.ValidatorFunctionWrapHandler) -> str:
        if self.digits and isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            value = str(value)
        if not isinstance(value, str) or self._fits(value) is None:
            raise PydanticCustomError(
                "mistake", "{message}", {"message": "{value}", "expected": self.expected, "hint": ""}
            )
        return str(inner(value))


def keys_at(model: type[BaseModel], path: Path, data: Any) -> list[str]:  # noqa: ANN401 - plain data of any kind
    """The keys that the mapping at `path` of `data` may have if it is a model's; sorted."""
    options = list(_options(model))
    for step in path:
        data = data[step]
        options = [below for option in options for annotation in _below(option, step) for below in _options(annotation)]
    fitting = [option for option in options if _is_model(option) and _fits(option, data)]
    return sorted({field.alias or name for option in fitting for name, field in option.model_fields.items()})


def _is_model(option: Any) -> bool:  # noqa: ANN401 - an annotation
    return isinstance(option, type) and issubclass(option, BaseModel)


def _options(annotation: Any) -> Iterator[Any]:  # noqa: ANN401 - an annotation
    """The plain types that an annotation stands for."""
    origin = get_origin(annotation)
    if isinstance(annotation, TypeAliasType):
        yield from _options(annotation.__value__)
    elif origin is Annotated:
        yield from _options(get_args(annotation)[0])
    elif origin in {Union, UnionType}:
        for option in get_args(annotation):
            yield from _options(option)
    elif _is_model(annotation) and issubclass(annotation, RootModel):
        yield from _options(annotation.model_fields["root"].annotation)
    else:
        yield annotation


def _below(option: Any, step: str | int) -> Iterator[Any]:  # noqa: ANN401 - an annotation
    """The annotations of what stands under `step` in a value of this type."""
    origin, arguments = get_origin(option), get_args(option)
    if _is_model(option):
        for name, field in option.model_fields.items():
            if step in (name, field.alias):
                yield field.annotation
    elif isinstance(origin, type) and issubclass(origin, Mapping) and isinstance(step, str):
        yield arguments[1]
    elif isinstance(origin, type) and issubclass(origin, Sequence) and isinstance(step, int):
        fixed = origin is tuple and arguments[-1] is not Ellipsis
        yield arguments[min(step, len(arguments) - 1)] if fixed else arguments[0]


def _fits(option: type[BaseModel], data: Any) -> bool:  # noqa: ANN401 - plain data of any kind
    """Whether the data can be meant as this model: fields with fixed words, such as `kind`, agree."""
    for name, field in option.model_fields.items():
        if get_origin(field.annotation) is Literal and name in data and data[name] not in get_args(field.annotation):
            return False
    return True
