"""The OpenAPI document: every route of the server is in it, it is well formed, and answers are as it says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from core.facts import FACTS
from tests.lab import standin
from tests.lab.standin import StandIn
from vcc.api.app import make_app
from vcc.api.identity import Directory
from vcc.api.routing import PREFIX

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.api.conftest import Site

KEYWORDS = {
    "$ref", "additionalProperties", "anyOf", "const", "default", "description", "discriminator", "enum",
    "exclusiveMinimum", "format", "items", "maxItems", "maxLength", "maximum", "minItems", "minLength", "minimum",
    "oneOf", "pattern", "prefixItems", "properties", "propertyNames", "required", "title", "type", "uniqueItems",
    "patternProperties",
}  # fmt: skip


@pytest.fixture
async def document(site: Site) -> dict[str, Any]:
    """As anybody may read it: it describes, and tells nothing of the platform."""
    found: dict[str, Any] = await site.get("/openapi.json", who=None)
    return found


async def test_every_route_of_the_server_is_described(document: dict[str, Any]) -> None:
    platform = StandIn()
    app = make_app(platform, platform.log, platform.days, Directory(standin.secrets()))
    served = {
        (route.method, re.sub(r":[^{}]+(?=})", "", route.resource.canonical))
        for route in app.router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    served = {(method, path) for method, path in served if path.startswith(PREFIX)}
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert served - described == {("GET", f"{PREFIX}/openapi.json")}
    assert described <= served


async def test_the_document_is_whole(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    schemas = document["components"]["schemas"]
    for reference in _find(document, "$ref"):
        assert reference.startswith("#/components/schemas/"), reference
        assert reference.rsplit("/", 1)[1] in schemas, reference
    operations = [operation for methods in document["paths"].values() for operation in methods.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)
    assert {tag for operation in operations for tag in operation["tags"]} == {tag["name"] for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for operation in methods.values():
            named = {one["name"] for one in operation["parameters"] if one["in"] == "path"}
            assert named == set(re.findall(r"{(\w+)}", path))
            assert operation["summary"]
            assert {"200", "400", "401", "403", "404", "500"} <= operation["responses"].keys()
            for parameter in operation["parameters"]:
                assert parameter["description"]
                _check_schema(parameter["schema"])
    for schema in schemas.values():
        _check_schema(schema)


async def test_every_fact_is_described(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert set(schemas["Fact"]["discriminator"]["mapping"]) == set(FACTS) - {"Fact"}
    assert "caller" in schemas["ContactArrived"]["required"]


async def test_answers_are_as_described(site: Site, document: dict[str, Any], tmp_path: Path) -> None:
    platform = site.platform
    platform.recordings = tmp_path
    platform.sign_in("press/wang", "p104")
    call = platform.arrive("98668", caller_name="李晓明")
    platform.queue(call, "press/orders")
    platform.talk(call, "press/wang")
    recording = platform.recorded(call)
    platform.published("press/main")
    for path, methods in document["paths"].items():
        if (operation := methods.get("get")) is None:
            continue
        content = operation["responses"]["200"]["content"]
        if "application/json" not in content:
            continue
        names = {"tenant": "press", "agent": "press/wang", "contact": call, "recording": recording, "flow": "main"}
        address = path.removeprefix(PREFIX).format(**names)
        who = "wang" if operation["tags"] == ["desk"] else "platform"
        _fits(await site.get(address, who=who), content["application/json"]["schema"], document, path)
    status, wrong = await site.ask("GET", "/calls/nothing")
    assert status == 404
    _fits(wrong, {"$ref": "#/components/schemas/ErrorAnswer"}, document, "error")


def _find(data: Any, key: str) -> list[str]:
    if isinstance(data, dict):
        own = [data[key]] if isinstance(data.get(key), str) else []
        return own + [found for value in data.values() for found in _find(value, key)]
    if isinstance(data, list):
        return [found for value in data for found in _find(value, key)]
    return []


def _check_schema(schema: dict[str, Any]) -> None:
    assert schema.keys() <= KEYWORDS, schema.keys() - KEYWORDS
    for name in ("properties", "patternProperties"):
        for inner in schema.get(name, {}).values():
            _check_schema(inner)
    for name in ("anyOf", "oneOf", "prefixItems"):
        for inner in schema.get(name, ()):
            _check_schema(inner)
    for name in ("items", "additionalProperties"):
        if isinstance(inner := schema.get(name), dict):
            _check_schema(inner)


def _fits(value: Any, schema: dict[str, Any], document: dict[str, Any], where: str) -> None:
    """Check a value against the part of JSON Schema that the document uses."""
    if "$ref" in schema:
        return _fits(value, document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]], document, where)
    for kind in ("anyOf", "oneOf"):
        if kind in schema:
            errors = [_error(value, one, document, where) for one in schema[kind]]
            assert None in errors, errors
            return None
    if "const" in schema:
        assert value == schema["const"], where
    if "enum" in schema:
        assert value in schema["enum"], where
    kinds: dict[str, Any] = {
        "object": dict, "array": list, "string": str, "boolean": bool, "null": type(None), "integer": int,
        "number": (int, float),
    }  # fmt: skip
    if "type" in schema:
        assert isinstance(value, kinds[schema["type"]]), (where, value, schema)
    if isinstance(value, dict):
        _fits_object(value, schema, document, where)
    if isinstance(value, list):
        for inner in value:
            _fits(inner, schema.get("items", {}), document, f"{where}[]")
    return None


def _fits_object(value: dict[str, Any], schema: dict[str, Any], document: dict[str, Any], where: str) -> None:
    known = schema.get("properties", {})
    assert set(schema.get("required", ())) <= value.keys(), where
    rest = schema.get("additionalProperties", not known)
    for key, inner in value.items():
        assert key in known or rest is not False, (where, key)
        if key in known or isinstance(rest, dict):
            _fits(inner, known.get(key, rest), document, f"{where}.{key}")
        else:
            assert not known, (where, key)


def _error(value: Any, schema: dict[str, Any], document: dict[str, Any], where: str) -> str | None:
    try:
        _fits(value, schema, document, where)
    except AssertionError as error:
        return str(error)
    return None
