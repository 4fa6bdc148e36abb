"""A step type as its model tells it: the fields with their defaults, the branches, its forms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from annotated_types import Ge, Le
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticUndefined

from core.words import expectation
from ivr_flows.fields import Between, Read, shown
from ivr_flows.prompts import Prompt
from ivr_flows.templates import Template

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from ivr_flows.steps.base import Step

#: Something that no field takes, so that each says what it does take.
_NONSENSE = "[[[]]]"


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """`takes`: the words in which a wrong value is answered; `default`: as it would be written, empty: none."""

    name: str
    takes: str
    default: str
    required: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """A step type. `whole`: the class of its form with fields (None: it has none); `brief`: that of its short form,
    `short` the field that it fills; `bare`: the word alone is a step.
    """

    name: str
    summary: str
    whole: type[Step] | None
    brief: type[Step] | None
    short: str
    bare: bool

    @property
    def model(self) -> type[Step]:
        """The class with the most to tell."""
        model = self.whole or self.brief
        assert model is not None  # noqa: S101 - one of the two is there
        return model


def kind(step: type[Step]) -> Kind:
    """A step type by its class."""
    whole, brief = step.variant({}), step.variant("")
    takes_fields = not whole.is_short({whole.short: ""})
    return Kind(
        name=step.kind,
        summary=" ".join((step.__doc__ or "").split()),
        whole=whole if takes_fields else None,
        brief=brief if brief.short else None,
        short=brief.short,
        bare=step.bare,
    )


def fields(model: type[Step]) -> list[Field]:
    """The fields that one writes, but for keys of the telephone, in the order of the model."""
    return [
        Field(
            name=info.alias or name,
            takes=_takes(info),
            default="" if info.is_required() else written(info.get_default()),
            required=info.is_required(),
        )
        for name, info in model.model_fields.items()
        if name != model.key_field
    ]


def branches(model: type[Step]) -> list[str]:
    """The fields that hold steps, or steps by a word."""
    return [*model.branch_names, *model.branch_maps]


def written(value: Any) -> str:  # noqa: ANN401 - a default of any kind
    """A default as one would write it; empty for none."""
    if value is None or isinstance(value, Prompt) or value in ("", {}, (), []):
        return ""
    if isinstance(value, Template):
        return value.source
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return shown(value)
    if isinstance(value, tuple):
        return "-".join(map(str, dict.fromkeys(value)))
    return str(value)


def _takes(info: FieldInfo) -> str:
    """What may stand there, in the words that a wrong value is answered with."""
    whole: Any = Annotated[(info.annotation, *info.metadata)] if info.metadata else info.annotation
    try:
        TypeAdapter(whole).validate_json(_NONSENSE, strict=True)
    except ValidationError as error:
        said = dict.fromkeys(
            str(detail.get("ctx", {}).get("expected") or expectation(detail)[0])
            for detail in error.errors(include_url=False)
        )
        return " or ".join(said) + _bounds(whole)
    return "anything"


def _bounds(annotation: Any) -> str:  # noqa: ANN401 - an annotation
    """The bounds of numbers and durations in it."""
    least = most = ""
    for part in _metadata(annotation):
        if isinstance(part, Read) and isinstance(part.read, Between):
            return f", {part.read.expected}"
        least = str(part.ge) if isinstance(part, Ge) else least
        most = str(part.le) if isinstance(part, Le) else most
    return f", {least} to {most}" if least and most else ""


def _metadata(annotation: Any) -> list[Any]:  # noqa: ANN401 - an annotation
    found = list(getattr(annotation, "__metadata__", ()))
    for part in (*found, *getattr(annotation, "__args__", ())):
        found += list(getattr(part, "metadata", None) or ())
        if part is not PydanticUndefined and hasattr(part, "__args__"):
            found += _metadata(part)
    return found
