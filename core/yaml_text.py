"""Strict YAML: plain data and where each value stands, or every mistake with file, line and column.

    text -> events of PyYAML's parser -> Document(data, marks)

Values of plain (unquoted) text are what JSON has: `true`, `false`, `null` (also `~`, `True`, `NULL` and so
on, as in YAML 1.2), whole numbers such as `8` or `-3`, and numbers such as `0.5` or `1e3`. All else is text
as it is written: `no`, `on`, `12:30`, `2026-03-01`, `1_000`, `+8610`, `0x1F` and, other than in YAML 1.2,
every number with a leading zero (`010`): here such things are dialled numbers, and a whole number's text can
always be had back. Keys of mappings are always text as written, so `98668:` and `"98668":` are the same key.

Refused: duplicate keys, keys that are not text, anchors, aliases, merge keys (`<<`), tags, a second document,
control characters. Bounds are named constants; they are checked while reading, so that no text takes more
than a fraction of a second or makes a deep recursion.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    NodeEvent,
    ScalarEvent,
    SequenceStartEvent,
)

from core.document import Document, Mark
from core.errors import ConfigurationError, Problem
from core.words import quoted
from core.yaml_syntax import explain, forbidden_characters

MAX_CHARACTERS = 512_000
MAX_SCALAR = 20_000
MAX_NODES = 50_000
MAX_DEPTH = 64
#: After so many mistakes in one file reading stops.
MAX_PROBLEMS = 50

_TAGGED = (ScalarEvent, CollectionStartEvent)
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,19})")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,19})(\.[0-9]{1,30})?([eE][-+]?[0-9]{1,3})?")
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
#: libyaml's parser where PyYAML was built with it, thirty times as fast; both give the same events.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load(text: str, file: str) -> Document:
    """Read one YAML document; `file` is its name in messages. An empty text is the value None.

    Raises ConfigurationError with every mistake found; after a mistake of syntax nothing more can be found.
    """
    text = text.removeprefix("\ufeff")
    if len(text) > MAX_CHARACTERS:
        raise ConfigurationError([_too_big(file, (1, 1), "the file", f"{MAX_CHARACTERS} characters")])
    if problems := forbidden_characters(text, file, MAX_PROBLEMS):
        raise ConfigurationError(problems)
    reader = _Reader(file)
    parser = _LOADER(text)
    try:
        while parser.check_event():
            reader.take(parser.get_event())
    except yaml.YAMLError as error:
        reader.problems.append(explain(error, text, file))
    except _StopReadingError:
        pass
    finally:
        parser.dispose()
    if reader.problems:
        raise ConfigurationError(reader.problems)
    return Document(file=file, data=reader.root.value, marks=reader.root.mark)


def resolve(text: str) -> str | int | float | bool | None:
    """What plain text means as a value."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text) and math.isfinite(number := float(text)):
        return number
    return text


def _too_big(file: str, at: tuple[int, int], what: str, limit: str) -> Problem:
    message, expected = f"{what} is too big", f"at most {limit}"
    return Problem(file=file, line=at[0], column=at[1], message=message, expected=expected)


def _at(event: Event) -> tuple[int, int]:
    """Line and column where the event begins, from 1."""
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)


class _StopReadingError(Exception):
    """A bound was reached: the problem is in the list."""


@dataclass(slots=True)
class _Open:
    """A mapping or list that is being read; `key` is the mapping's key whose value comes next."""

    value: Any
    mark: Mark
    key: str | None = None
    key_at: tuple[int, int] = (0, 0)
    seen: dict[str, int] = field(default_factory=dict)


class _Reader:
    """Builds the data and the marks from events, without recursion."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.root = _Open(value=None, mark=Mark(file=file, line=1, column=1, key_line=1, key_column=1))
        self._stack: list[_Open] = []
        self._nodes = 0
        self._documents = 0
        self._ignored = 0  # depth inside a key that is a collection

    def take(self, event: Event) -> None:
        if type(event) is ScalarEvent and event.anchor is event.tag is None and self._is_small(event):
            self._take_node(event)  # nearly all of a text
        elif isinstance(event, DocumentStartEvent):
            self._start_document(event)
        elif isinstance(event, NodeEvent):
            self._count(event)
            self._take_node(event)
        elif isinstance(event, CollectionEndEvent):
            if self._ignored:
                self._ignored -= 1
            else:
                self._stack.pop()

    def _is_small(self, event: ScalarEvent) -> bool:
        """Whether no bound is near; then the scalar is counted."""
        depth = len(self._stack) + self._ignored
        if self._nodes >= MAX_NODES or depth >= MAX_DEPTH or len(event.value) > MAX_SCALAR:
            return False
        self._nodes += 1
        return True

    def _start_document(self, event: DocumentStartEvent) -> None:
        self._documents += 1
        if self._documents > 1:
            self._problem(event, "a second document begins here", expected="one document in a file")
            raise _StopReadingError
        if event.version == (1, 1) or event.tags:
            self._problem(event, "directives are not allowed", expected="YAML 1.2 without %YAML or %TAG lines")

    def _count(self, event: NodeEvent) -> None:
        """Check the bounds, and what no value may have."""
        self._nodes += 1
        if self._nodes > MAX_NODES:
            self._stop(event, "the file", f"{MAX_NODES} keys and values")
        if len(self._stack) + self._ignored >= MAX_DEPTH:
            self._stop(event, "the nesting", f"{MAX_DEPTH} levels")
        if isinstance(event, AliasEvent):
            self._problem(event, f"alias '*{event.anchor}' is not allowed", expected="the value itself")
            return
        if event.anchor is not None:
            self._problem(event, f"anchor '&{event.anchor}' is not allowed", expected="the value itself")
        if isinstance(event, _TAGGED) and event.tag is not None:
            self._problem(event, f"tag {quoted(event.tag)} is not allowed", expected="the value itself")
        if isinstance(event, ScalarEvent) and len(event.value) > MAX_SCALAR:
            self._stop(event, "the text", f"{MAX_SCALAR} characters")

    def _take_node(self, event: NodeEvent) -> None:
        parent = self._stack[-1] if self._stack else None
        opens = isinstance(event, CollectionStartEvent)
        if self._ignored:
            self._ignored += opens
        elif parent is not None and isinstance(parent.value, dict) and parent.key is None:
            self._take_key(event, parent)
        elif isinstance(event, CollectionStartEvent):
            value: Any = [] if isinstance(event, SequenceStartEvent) else {}
            self._stack.append(_Open(value=value, mark=self._add(event, parent, value)))
        elif isinstance(event, ScalarEvent):
            self._add(event, parent, resolve(event.value) if event.implicit[0] else event.value)
        else:
            self._add(event, parent, None)

    def _take_key(self, event: NodeEvent, parent: _Open) -> None:
        line, column = _at(event)
        key = event.value if isinstance(event, ScalarEvent) else f"?{line}:{column}"
        if not isinstance(event, ScalarEvent):
            self._ignored += isinstance(event, CollectionStartEvent)
            self._problem(event, "this cannot be a key", expected="a text as the key")
        elif event.implicit[0] and key == "<<":
            self._problem(event, "merge key '<<' is not allowed", expected="the keys themselves")
        elif event.implicit[0] and not key:
            self._problem(event, "a key is missing before ':'", expected="a text as the key")
        if (before := parent.seen.setdefault(key, line)) and key in parent.value:
            self._problem(
                event,
                f"key {quoted(key)} stands here a second time",
                expected=f"each key once (first: line {before})",
            )
        parent.key, parent.key_at = key, (line, column)

    def _add(self, event: NodeEvent, parent: _Open | None, value: Any) -> Mark:  # noqa: ANN401 - plain data
        line, column = _at(event)
        key_line, key_column = (line, column) if parent is None or parent.key is None else parent.key_at
        style = (event.style or "") if isinstance(event, ScalarEvent) else ""
        mark = Mark(file=self.file, line=line, column=column, key_line=key_line, key_column=key_column, style=style)
        if parent is None:
            self.root = _Open(value=value, mark=mark)
        elif parent.key is not None:
            parent.value[parent.key] = value
            parent.mark.children[parent.key] = mark
            parent.key = None
        else:
            parent.mark.children[len(parent.value)] = mark
            parent.value.append(value)
        return mark

    def _problem(self, event: Event, message: str, *, expected: str) -> None:
        line, column = _at(event)
        problem = Problem(file=self.file, line=line, column=column, message=message, expected=expected)
        self.problems.append(problem)
        if len(self.problems) >= MAX_PROBLEMS:
            raise _StopReadingError

    def _stop(self, event: Event, what: str, limit: str) -> None:
        self.problems.append(_too_big(self.file, _at(event), what, limit))
        raise _StopReadingError
