"""From a document to a pydantic model: every mistake as a Problem that points to where it was written.

`build` is for one model in one file; `read` and `salvage` give what is left when the wrong parts are taken
out, so that checks over several files can go on and all mistakes be told at once. Values are taken strictly:
nothing is guessed from text but dates and times. A model's own validators raise `mistake(...)`, to say what
was expected.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError, to_json

from core.document import Document, Mark, Path
from core.errors import ConfigurationError, Problem
from core.schema import keys_at
from core.words import expectation, nearest, one_of, quoted, value_shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

M = TypeVar("M", bound=BaseModel)

#: Each pass takes out at least one level around a mistake, so that deeper documents do not exist.
_MAX_PASSES = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading(Generic[M]):
    """`value`: what is right (None: not even the root is); `document`: what it was made of."""

    value: M | None
    document: Document
    problems: tuple[Problem, ...]


def build(model: type[M], document: Document) -> M:
    """The document as a value of the model. Raises ConfigurationError with every mistake."""
    found = salvage(model, document)
    if found.problems or found.value is None:
        raise ConfigurationError(found.problems)
    return found.value


def read(model: type[M], document: Document) -> tuple[M | None, list[Problem]]:
    """As much of the document as is right (None: not even the root is), and every mistake: see `salvage`."""
    found = salvage(model, document)
    return found.value, list(found.problems)


def salvage(model: type[M], document: Document, *, show_values: bool = True) -> Reading[M]:
    """As much of the document as is right, what that was made of, and every mistake.

    A wrong value is left out; where it is one that must be there, what holds it is left out too, and so on.
    `show_values` False keeps values out of the messages: for documents that hold secrets.
    """
    problems: tuple[Problem, ...] = ()
    for attempt in range(_MAX_PASSES):
        try:
            value = model.model_validate_json(to_json(document.data), strict=True)
        except ValidationError as error:
            errors = error.errors(include_url=False)
        else:
            return Reading(value=value, document=document, problems=problems)
        if attempt == 0:  # what comes later follows from what was left out
            problems = _problems(model, errors, document, show_values=show_values)
        wrong = {_located(error, document.data)[0] for error in errors}
        if () in wrong:
            break
        document = _without(document, wrong)
    return Reading(value=None, document=document, problems=problems)


def mistake(message: str, *, expected: str = "", hint: str = "", within: int = 0) -> PydanticCustomError:
    """What a model's validator raises; `{value}` in the message becomes the name and the value as written. `within`:
    at this column of the value, from 1.
    """
    context = {"message": message, "expected": expected, "hint": hint, "within": within}
    return PydanticCustomError("mistake", "{message}", context)


def _problems(
    model: type[BaseModel], errors: Sequence[ErrorDetails], document: Document, *, show_values: bool
) -> tuple[Problem, ...]:
    """One problem for each place; the branches of a union complain one by one about the same place."""
    by_place: dict[tuple[Path, str], Problem] = {}
    places = [_located(error, document.data) for error in errors]
    for error, (path, at_key) in zip(errors, places, strict=True):
        if error["type"] == "too_short" and any(other[:-1] == path for other, _ in places if other):
            continue  # pydantic counts the items that are right
        problem = _problem(model, error, document, path, at_key=at_key, show_values=show_values)
        place = (path, problem.message)
        before = by_place.get(place)
        if before is None:
            by_place[place] = problem
        elif problem.expected not in before.expected:
            by_place[place] = replace(before, expected=f"{before.expected} or {problem.expected}")
    return in_order(by_place.values())


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """The problems by file, line and column, each once."""
    once = dict.fromkeys(problems)
    return tuple(sorted(once, key=lambda problem: (problem.file, problem.line, problem.column)))


def _problem(
    model: type[BaseModel],
    error: ErrorDetails,
    document: Document,
    path: Path,
    *,
    at_key: bool,
    show_values: bool,
) -> Problem:
    kind, context = error["type"], error.get("ctx", {})
    if kind in {"missing", "union_tag_not_found"}:
        name = _tag(error) if kind == "union_tag_not_found" else error["loc"][-1]
        return document.problem(path, f"'{name}' is missing", key=True)
    if kind == "extra_forbidden":
        known = keys_at(model, path[:-1], document.data)
        key = str(path[-1])
        return document.problem(
            path, f"unknown key {quoted(key)}", expected=one_of(known), hint=nearest(key, known), key=True
        )
    value = error["input"][_tag(error)] if kind == "union_tag_invalid" else error["input"]
    said = value_shown(value) if show_values else "not right"
    name = "key" if at_key else _name(path)
    if kind == "mistake":
        message = str(context["message"]).replace("{value}", f"{name} is {said}")
        return document.problem(
            path,
            message,
            expected=str(context["expected"]),
            hint=str(context["hint"]),
            key=at_key,
            within=0 if at_key else context.get("within", 0),
        )
    expected, words = expectation(error)
    hint = nearest(value, words) if show_values else ""
    if kind == "string_type" and isinstance(value, int | float) and not hint:
        hint = "put it in quotes"
    return document.problem(path, f"{name} is {said}", expected=expected, hint=hint, key=at_key)


def _name(path: Path) -> str:
    """The last key of a path with the indices after it; what stands at the root is the file."""
    name = ""
    for step in reversed(path):
        if isinstance(step, str):
            return f"{step}{name}"
        name = f"[{step}]{name}"
    return f"item {name}" if name else "the file"


def _located(error: ErrorDetails, data: Any) -> tuple[Path, bool]:  # noqa: ANN401 - plain data
    """Where in the data an error is, and whether it is in the key; names of a union's branches do not count."""
    path: list[str | int] = []
    for step in error["loc"]:
        if _has(data, step):
            path.append(step)
            data = data[step]
    if error["type"] == "union_tag_invalid":
        path.append(_tag(error))
    return tuple(path), error["loc"][-1:] == ("[key]",)


def _tag(error: ErrorDetails) -> str:
    """The key whose value says which of several models is meant."""
    return str(error["ctx"]["discriminator"]).strip("'")


def _has(data: Any, step: str | int) -> bool:  # noqa: ANN401 - plain data of any kind
    if isinstance(data, list):
        return isinstance(step, int) and step < len(data)
    return isinstance(data, dict) and step in data


def _without(document: Document, paths: Iterable[Path]) -> Document:
    """The document with the values at these paths left out; the items after one of a list move up."""
    data, marks = _prune(document.data, document.marks, [path for path in paths if path])
    return Document(file=document.file, data=data, marks=marks)


def _prune(data: Any, mark: Mark, paths: list[Path]) -> tuple[Any, Mark]:  # noqa: ANN401 - plain data of any kind
    if not paths:
        return data, mark
    gone = {path[0] for path in paths if len(path) == 1}
    values: Iterable[tuple[str | int, Any]] = data.items() if isinstance(data, dict) else enumerate(data)
    kept: list[tuple[str | int, Any, Mark]] = []
    for key, value in values:
        if key in gone:
            continue
        below = [path[1:] for path in paths if path[0] == key]
        child = mark.children.get(key, mark)
        kept.append((key, *_prune(value, child, below)))
    if isinstance(data, dict):
        marks = {key: child for key, _, child in kept}
        return {key: value for key, value, _ in kept}, replace(mark, children=marks)
    marks = {index: child for index, (_, _, child) in enumerate(kept)}
    return [value for _, value, _ in kept], replace(mark, children=marks)
