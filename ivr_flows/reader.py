"""From what was written to a tree of steps, each read by its own model; every mistake with its place.

A step that is wrong stays in the tree without its values, so that all that hangs on it is read too.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from core.document import Document, Mark
from core.validate import read
from core.words import nearest, one_of, value_shown
from ivr_flows.fields import NAME, NAME_EXPECTED
from ivr_flows.steps import BROKEN, STEPS
from ivr_flows.steps.goto import RESERVED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from core.document import Path
    from core.errors import Problem
    from ivr_flows.settings import Defaults
    from ivr_flows.steps.base import Step

MAX_STEPS = 2_000
_ID = "id"
_BRANCH_EXPECTED = "a list of steps, or one step"


@dataclass(kw_only=True, slots=True)
class Draft:
    """A step in the tree. `step` None: it could not be read. `path`: of its value; `given`: the id that was written."""

    kind: type[Step]
    step: Step | None
    path: Path
    given: str = ""
    short: str = ""
    branches: dict[str, list[Draft]] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Draft]:
        """The step and all that hangs on it, as written."""
        yield self
        for steps in self.branches.values():
            for step in steps:
                yield from step


class _TooManyStepsError(Exception):
    """The bound was reached: the problem is in the list."""


class Reader:
    """Reads lists of steps of one document; `problems` are the mistakes so far."""

    def __init__(self, document: Document, defaults: Defaults) -> None:
        self.problems: list[Problem] = []
        #: Whether a step that could not be read may be one that gives a variable its value.
        self.may_give_variables = False
        self._document = document
        self._defaults = defaults
        self._count = 0

    def steps(self, path: Path) -> list[Draft]:
        """The steps at `path` of the document; as many as the bound lets in."""
        try:
            return self._steps(self._document.value(path), path)
        except _TooManyStepsError:
            return []

    def wrong(
        self, path: Sequence[str | int], message: str, *, expected: str = "", hint: str = "", key: bool = False
    ) -> None:
        """Keep a mistake."""
        self.problems.append(self._document.problem(path, message, expected=expected, hint=hint, key=key))

    def _steps(self, value: Any, path: Path) -> list[Draft]:  # noqa: ANN401 - plain data of any kind
        if isinstance(value, list):
            drafts = [self._step(item, (*path, index)) for index, item in enumerate(value)]
        elif value is None:
            self.wrong(path, f"'{path[-1]}' is empty", expected=_BRANCH_EXPECTED)
            return []
        else:
            drafts = [self._step(value, path)]
        return [draft for draft in drafts if draft is not None]

    def _step(self, item: Any, path: Path) -> Draft | None:  # noqa: ANN401 - plain data of any kind
        self._count += 1
        if self._count > MAX_STEPS:
            self.wrong(path, "the flow has too many steps", expected=f"at most {MAX_STEPS}")
            raise _TooManyStepsError
        if isinstance(item, str):
            return self._bare(item, path)
        if not isinstance(item, dict) or not item:
            said = value_shown(item) if item else "empty"
            self.wrong(path, f"a step is {said}", expected="'type: …', such as 'say: …'")
            return None
        kind = self._kind(item, path)
        if kind is None:
            self.may_give_variables = True
            return None
        draft = self._read(STEPS[kind], item[kind], (*path, kind))
        draft.given = self._given_id(item, path)
        return draft

    def _bare(self, word: str, path: Path) -> Draft | None:
        if word not in STEPS:
            self._unknown(word, path)
            return None
        if not STEPS[word].bare:
            self.wrong(path, f"'{word}' alone is no step", expected=f"'{word}: …'")
            return Draft(kind=STEPS[word], step=None, path=path)
        return self._read(STEPS[word], None, path)

    def _kind(self, item: dict[str, Any], path: Path) -> str | None:
        """The step's type: the one key that is one."""
        kinds = [key for key in item if key in STEPS]
        others = [key for key in item if key not in STEPS and key != _ID]
        if not kinds:
            for key in others[:1]:
                self._unknown(key, (*path, key), key=True)
            if not others:
                self.wrong(path, "a step has an id but no type", expected=one_of(STEPS))
            return None
        if len(kinds) > 1:
            message = f"one step is {' and '.join(map(repr, kinds))}"
            expected = f"one type; what belongs to '{kinds[0]}' is indented below it"
            self.wrong((*path, kinds[1]), message, expected=expected, key=True)
        for key in others:
            known = _keys(STEPS[kinds[0]])
            hint = f"indent it below '{kinds[0]}'" if key in known else nearest(key, [_ID])
            self.wrong((*path, key), f"unknown key '{key[:60]}' beside '{kinds[0]}'", expected=_ID, hint=hint, key=True)
        return kinds[0]

    def _unknown(self, word: str, path: Path, *, key: bool = False) -> None:
        if word in BROKEN:
            self.wrong(path, f"the step '{word}' cannot be used", hint=BROKEN[word], key=key)
            return
        self.wrong(path, f"unknown step '{word[:60]}'", expected=one_of(STEPS), hint=nearest(word, STEPS), key=key)

    def _given_id(self, item: dict[str, Any], path: Path) -> str:
        if _ID not in item:
            return ""
        given = item[_ID]
        if not isinstance(given, str) or not NAME.fullmatch(given):
            self.wrong((*path, _ID), f"id is {value_shown(given)}", expected=NAME_EXPECTED)
            return ""
        if given in RESERVED:
            self.wrong(
                (*path, _ID),
                f"'{given}' cannot be an id",
                expected="another word",
                hint=f"'goto: {given}' has a meaning",
            )
            return ""
        return given

    # --- one step ---------------------------------------------------------------------------------------------------

    def _read(self, kind: type[Step], value: Any, path: Path) -> Draft:  # noqa: ANN401 - plain data of any kind
        variant = kind.variant(value)
        draft = Draft(kind=variant, step=None, path=path)
        before = len(self.problems)
        fields = self._written(draft, value)
        step, problems = (None, []) if fields is None else read(variant, _with_keys(variant, fields))
        self.problems += problems
        self.may_give_variables |= step is None and kind.gives_variables
        if step is not None:
            draft.step = step.settled(self._defaults)
        if step is not None and len(self.problems) == before:
            for where, error in step.mistakes(draft.branches):
                context = error.context or {}
                self.wrong((*path, *where), str(context["message"]), expected=str(context["expected"]))
        return draft

    def _written(self, draft: Draft, value: Any) -> Document | None:  # noqa: ANN401 - plain data of any kind
        """The step's own fields; its branches become the draft's. None: it is no step at all."""
        kind, path = draft.kind, draft.path
        if value is None and kind.bare:
            return self._fields({}, path)
        if value is None:
            expected = f"what it shall do: {', '.join(_keys(kind))}"
            self.wrong(path, f"'{kind.kind}' is empty", expected=expected)
            return None
        if kind.is_short(value):
            draft.short = kind.short
            return self._short(kind.short, value, path)
        if not isinstance(value, dict):
            self.wrong(path, f"{kind.kind} is {value_shown(value)}", expected="a mapping, 'key: value' lines")
            return None
        self._branches(draft, value)
        return self._fields(self._without_branches(kind, value, path), path)

    def _short(self, name: str, value: Any, path: Path) -> Document:  # noqa: ANN401 - plain data of any kind
        mark = self._document.mark(path)
        whole = Mark(
            file=mark.file,
            line=mark.line,
            column=mark.column,
            key_line=mark.key_line,
            key_column=mark.key_column,
            style=mark.style,
            children={name: mark},
        )
        return Document(file=self._document.file, data={name: value}, marks=whole)

    def _fields(self, values: dict[str, Any], path: Path) -> Document:
        return Document(file=self._document.file, data=values, marks=self._document.mark(path))

    def _without_branches(self, kind: type[Step], value: dict[str, Any], path: Path) -> dict[str, Any]:
        """What the step's model reads; a key that is unknown is told here, where the branches are known too."""
        known = _keys(kind)
        fields = {}
        for key, written in value.items():
            if key not in known and not kind.is_key(key):
                expected = one_of(known) + (', or a key such as 1 or "#"' if kind.keyed else "")
                self.wrong((*path, key), f"unknown key '{key[:60]}' in '{kind.kind}'", expected=expected,
                           hint=nearest(key, known), key=True)  # fmt: skip
            elif not _is_branch(kind, key):
                fields[key] = written
        return fields

    def _branches(self, draft: Draft, value: dict[str, Any]) -> None:
        kind = draft.kind
        for key, written in value.items():
            path = (*draft.path, key)
            if key in kind.branch_maps:
                self._branch_map(draft, key, written)
            elif _is_branch(kind, key):
                draft.branches[key] = self._steps(written, path)

    def _branch_map(self, draft: Draft, name: str, value: Any) -> None:  # noqa: ANN401 - plain data of any kind
        path = (*draft.path, name)
        if not isinstance(value, dict) or not value:
            said = value_shown(value) if value else "empty"
            self.wrong(path, f"'{name}' is {said}", expected="'value: steps' lines")
            return
        for key, written in value.items():
            label = draft.kind.label(name, key)
            if label in draft.branches or label in draft.kind.branch_names:
                self.wrong((*path, key), f"'{key[:60]}' cannot stand here", expected="a word of its own", key=True)
            draft.branches[label] = self._steps(written, (*path, key))


def _keys(kind: type[Step]) -> list[str]:
    """The keys that can stand in a step of this type, but for keys of the telephone."""
    fields = [info.alias or name for name, info in kind.model_fields.items() if name != kind.key_field]
    return sorted([*fields, *kind.branch_names, *kind.branch_maps])


def _is_branch(kind: type[Step], key: str) -> bool:
    is_key = not kind.key_field and kind.is_key(key)
    return is_key or key in kind.branch_names or key in kind.branch_maps


def _with_keys(kind: type[Step], fields: Document) -> Document:
    """Keys of the telephone moved into the field that takes them."""
    if not kind.key_field or not kind.keyed:
        return fields
    data = {key: value for key, value in fields.data.items() if not kind.is_key(key)}
    chosen = {key: value for key, value in fields.data.items() if key not in data}
    marks = fields.marks.children
    folded = replace(fields.marks, children={key: mark for key, mark in marks.items() if key in chosen})
    if chosen:
        data[kind.key_field] = chosen
    return replace(fields, data=data, marks=replace(fields.marks, children={**marks, kind.key_field: folded}))
