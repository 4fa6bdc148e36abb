"""The description of the API, made from the route table and the models, so that it says what the server does."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from core.facts import FACTS, Fact
from vcc.api.access import CSRF_HEADER
from vcc.api.errors import ErrorAnswer
from vcc.api.routing import PREFIX, NoBody, Route

if TYPE_CHECKING:
    from collections.abc import Iterable

_REF = "#/components/schemas/{model}"
_ABOUT = """Times are POSIX seconds in UTC, durations seconds. What belongs to a tenant out of reach does not exist: 404
is the answer. Unknown fields and parameters are refused. Every error has a stable code and says what to do."""
_PARAMETERS = {
    "tenant": "a tenant's id",
    "agent": "an agent's name; a tenant's own agent is tenant/agent (the slash as it is, or as %2F)",
    "callback": "the call that asked to be called back",
    "contact": "a call's id",
    "flow": "the name of a flow of the tenant's",
    "number": "the number of a publication",
    "recording": "a recording's id: its call's, a dash and a number",
}

Schema = dict[str, Any]


def describe(routes: Iterable[Route], version: str) -> Schema:
    """The OpenAPI 3.1 document of these rows."""
    rows = tuple(routes)
    schemas, names = _schemas(rows)
    paths: dict[str, Schema] = {}
    for route in rows:
        paths.setdefault(PREFIX + route.path, {})[route.method.lower()] = _operation(route, names)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "vcc control API",
            "version": version,
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in sorted({route.tag for route in rows})],
        "security": [{"token": []}, {"session": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "vcc_session",
                    "description": f"of the pages; commands need {CSRF_HEADER} too (see getMe)",
                },
            },
        },
    }


def _schemas(routes: tuple[Route, ...]) -> tuple[dict[str, Schema], dict[type[BaseModel], str]]:
    """All models by name, and how each is named."""
    bodies = {route.body for route in routes if route.body and route.body is not NoBody}
    answers = {route.answer for route in routes if route.answer} | {ErrorAnswer}
    wanted: list[tuple[type[BaseModel], JsonSchemaMode]] = [
        *((model, "validation") for model in sorted(bodies, key=_name)),
        *((model, "serialization") for model in sorted(answers, key=_name)),
    ]
    references, definitions = models_json_schema(wanted, ref_template=_REF)
    names = {model: str(references[model, mode]["$ref"]).rsplit("/", 1)[1] for model, mode in wanted}
    return {**definitions["$defs"], **_facts()}, names


def _name(model: type[BaseModel]) -> str:
    return model.__name__


def _facts() -> dict[str, Schema]:
    """Every kind of fact, and `Fact`: one of them, told apart by its field `fact`."""
    schemas: dict[str, Schema] = {}
    kinds = {name: kind for name, kind in sorted(FACTS.items()) if kind is not Fact}
    for name, kind in kinds.items():
        schema = TypeAdapter(kind).json_schema(ref_template=_REF, mode="serialization")
        schemas.update(schema.pop("$defs", {}))
        schema["properties"] = {"fact": {"const": name, "type": "string"}, **schema["properties"]}
        schema["required"] = ["fact", *schema["properties"].keys() - {"fact"}]
        schema["required"].sort()
        schemas[name] = schema
    schemas["Fact"] = {
        "title": "Fact",
        "description": "One thing that happened.",
        "oneOf": [{"$ref": _REF.format(model=name)} for name in kinds],
        "discriminator": {
            "propertyName": "fact",
            "mapping": {name: _REF.format(model=name) for name in kinds},
        },
    }
    return schemas


def _operation(route: Route, names: dict[type[BaseModel], str]) -> Schema:
    operation: Schema = {
        "operationId": route.name,
        "summary": route.summary,
        "description": f"Roles: {', '.join(sorted(route.roles))}.",
        "tags": [route.tag],
        "parameters": [*_path_parameters(route), *_query_parameters(route)],
        "responses": _responses(route, names),
    }
    if route.body is not None and route.body is not NoBody:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": _REF.format(model=names[route.body])}}},
        }
    return operation


def _path_parameters(route: Route) -> list[Schema]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": _PARAMETERS[name],
            "schema": {"type": "string", "maxLength": 100},
        }
        for name in route.parameters
    ]


def _query_parameters(route: Route) -> list[Schema]:
    schema = route.query.model_json_schema(ref_template=_REF)
    return [
        {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", ()),
            "description": field.get("description", name),
            "schema": {key: value for key, value in field.items() if key not in {"description", "title"}},
        }
        for name, field in schema.get("properties", {}).items()
    ]


def _responses(route: Route, names: dict[type[BaseModel], str]) -> Schema:
    if route.answer is None:
        form = "binary" if route.media != "text/event-stream" else None
        content: Schema = {route.media: {"schema": {"type": "string"} | ({"format": form} if form else {})}}
    else:
        content = {"application/json": {"schema": {"$ref": _REF.format(model=names[route.answer])}}}
    wrong = {"application/json": {"schema": {"$ref": _REF.format(model=names[ErrorAnswer])}}}
    responses: Schema = {"200": {"description": "Success.", "content": content}}
    for status in _errors(route):
        responses[str(status.value)] = {"description": f"{status.phrase}.", "content": wrong}
    return responses


def _errors(route: Route) -> list[HTTPStatus]:
    found = [HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND]
    if route.method != "GET":
        found += [HTTPStatus.CONFLICT]
    if route.body is not None:
        found += [
            HTTPStatus.REQUEST_TIMEOUT,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            HTTPStatus.UNPROCESSABLE_ENTITY,
        ]
    return [*found, HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE]
