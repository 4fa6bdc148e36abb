"""A JSON Schema of a flow's file, for editors that complete and underline: made from the models of the steps.

It says what each step may have; what only the whole flow shows (where `goto` leads, what is never reached) is said by
`vcc flow check`. Draft 7, which the YAML language server knows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ivr_flows import compiler
from ivr_flows.fields import KEYS, NAME
from ivr_flows.reference import kinds
from ivr_flows.settings import Settings
from ivr_flows.steps import STEPS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ivr_flows.steps.base import Step

_STEPS = {"$ref": "#/definitions/steps"}
_NAMED = f"^{NAME.pattern}$"
_KEY = f"^[{KEYS}]$"

Schema = dict[str, Any]


def schema() -> Schema:
    """The schema as plain data."""
    definitions: Schema = {}
    settings = _object(Settings, definitions, skip=())
    lists = dict.fromkeys(compiler.LISTS, _STEPS) | {name: _by_name(_STEPS) for name in compiler.MAPS}
    for step in STEPS.values():
        definitions[step.kind] = _step(kinds.kind(step), definitions)
    definitions["step"] = _any_step()
    definitions["steps"] = {"anyOf": [{"type": "array", "items": {"$ref": "#/definitions/step"}},
                                      {"$ref": "#/definitions/step"}]}  # fmt: skip
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A flow of vcc",
        "description": "What a caller hears and may choose between the arrival of the call and an agent.",
        **settings,
        "properties": {**settings["properties"], **lists},
        "required": ["steps"],
        "definitions": dict(sorted(definitions.items())),
    }


def _any_step() -> Schema:
    """A step: one key, its type, and perhaps an id; or the bare word."""
    words = [name for name, step in STEPS.items() if step.bare]
    properties: Schema = {"id": {"type": "string", "pattern": _NAMED, "description": "its name in `goto` and records"}}
    properties |= {name: {"$ref": f"#/definitions/{name}"} for name in STEPS}
    return {
        "anyOf": [
            {"enum": words},
            {
                "type": "object",
                "properties": properties,
                "additionalProperties": False,
                "oneOf": [{"required": [name]} for name in STEPS],
            },
        ]
    }


def _step(kind: kinds.Kind, definitions: Schema) -> Schema:
    """What may stand under a step's type."""
    forms: list[Schema] = []
    if kind.brief is not None:
        forms.append(_property(kind.brief, kind.short, definitions))
    if kind.bare:
        forms.append({"type": "null"})
    if kind.whole is not None:
        forms.append(_whole(kind.whole, definitions))
    return {"description": kind.summary, **(forms[0] if len(forms) == 1 else {"anyOf": forms})}


def _whole(step: type[Step], definitions: Schema) -> Schema:
    """The form with fields: those of the model, and the branches."""
    result = _object(step, definitions, skip=(step.key_field,))
    for name in step.branch_names:
        result["properties"][name] = _STEPS
    for name in step.branch_maps:
        result["properties"][name] = {**_by_name(_STEPS), "minProperties": 1}
    if step.keyed:
        keys = _keys(step)
        result["patternProperties"] = {keys: _key_value(step, definitions)}
    return result


def _keys(step: type[Step]) -> str:
    """The pattern of what may be pressed: one key, or whatever the step takes for one that is no field's name."""
    is_key = getattr(step, "is_key", None)
    if is_key is None or not is_key("1-3"):
        return _KEY
    return "^[0-9*#X-]"


def _key_value(step: type[Step], definitions: Schema) -> Schema:
    """What stands under a key: steps, or a value of the field that takes them."""
    if not step.key_field:
        return _STEPS
    field = _property(step, step.key_field, definitions)
    patterns = list(field.get("patternProperties", {}).values())
    found = patterns[0] if patterns else field.get("additionalProperties", {})
    return dict(found)


def _property(step: type[Step], name: str, definitions: Schema) -> Schema:
    alias = step.model_fields[name].alias or name
    found: Schema = _object(step, definitions, skip=())["properties"][alias]
    return found


def _object(model: Any, definitions: Schema, *, skip: Iterable[str]) -> Schema:  # noqa: ANN401 - a pydantic model
    """A model's own schema, with its parts among the definitions."""
    own = _tidied(model.model_json_schema(by_alias=True, ref_template="#/definitions/{model}"))
    definitions |= own.pop("$defs", {})
    properties = {name: value for name, value in own["properties"].items() if name not in skip}
    for field in kinds.fields(model) if hasattr(model, "key_field") else ():
        if field.name in properties:
            default = f"; {field.default} where nothing is written" if field.default else ""
            properties[field.name]["description"] = f"{field.takes}{default}"
    return {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        **({"required": own["required"]} if own.get("required") else {}),
    }


def _tidied(schema: Any) -> Any:  # noqa: ANN401 - JSON
    """Without titles and defaults (which are of the program, not of the text), and closed where keys have a pattern."""
    if isinstance(schema, list):
        return [_tidied(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    result = {
        key: {name: _tidied(inner) for name, inner in value.items()}
        if key in ("properties", "$defs")
        else _tidied(value)
        for key, value in schema.items()
        if key not in ("title", "default")
    }
    if any("required" not in form for form in result.get("oneOf", ())):  # forms of a value may meet, such as 1 and "1"
        result["anyOf"] = result.pop("oneOf")
    if "patternProperties" in result:
        result.setdefault("additionalProperties", False)
    return result


def _by_name(schema: Schema) -> Schema:
    return {"type": "object", "additionalProperties": schema}
