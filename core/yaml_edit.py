"""Puts an entry into a YAML text, or takes one out, and leaves every other line as a person wrote it.

    p101: {node: bj1}      # by the door       add((), "p102", "{node: bj1}") ->  the same, and one line more

Only lines are added or taken away, never written anew; whether the result means what it should is then looked at by
reading it. Where that cannot be done so (a mapping in braces on one line), the person is asked to do it.
"""

from __future__ import annotations

import copy
import json
import re
from typing import TYPE_CHECKING, Any

from core import yaml_text
from core.errors import ConfigurationError, Problem

if TYPE_CHECKING:
    from core.document import Document, Mark

#: The section in which an entry stands: nothing for the top of the file, else the name of a key there.
Section = str
#: Names that need no quotes; what else is typed stands in some, so that it is read as a name and can be refused as one.
_PLAIN = re.compile(r"[\w./-]*\w")


def add(text: str, file: str, section: Section, name: str, value: str) -> str:
    """The text with the entry `name: value` at the end of a section, which is begun if it is not there.

    Raises ConfigurationError if the text cannot be read, has such an entry, or is not written line by line.
    """
    document = yaml_text.load(text, file)
    wanted = _copied(document, section)
    if name in wanted[1]:
        raise _problem(document, section, name, f"'{name}' is there already", "another name, or to remove it first")
    wanted[1][name] = yaml_text.load(value, file).data
    lines = _lines(text)
    line = f"{name if _PLAIN.fullmatch(name) else json.dumps(name, ensure_ascii=False)}: {value}"
    if not section or section not in (document.data or {}):
        lines += [f"{section}:", f"  {line}"] if section else [line]
    else:
        mark = document.marks.children[section]
        keys = list(mark.children.values())
        indent = " " * (keys[0].key_column - 1 if keys else 2)
        lines.insert(_end(lines, document, mark), indent + line)
    return _checked(lines, wanted[0], f"to add the line '{name}: …' by hand", document, section)


def remove(text: str, file: str, section: Section, name: str) -> str:
    """The text without an entry of a section; a section without entries goes too. Comments stay.

    Raises ConfigurationError as `add` does.
    """
    document = yaml_text.load(text, file)
    wanted = _copied(document, section)
    if name not in wanted[1]:
        raise _problem(document, section, name, f"there is no '{name}'", "the name of an entry")
    del wanted[1][name]
    holder = document.marks.children[section] if section else document.marks
    own = holder.children[name]
    lines = _lines(text)
    after = [mark.key_line - 1 for mark in holder.children.values() if mark.key_line > own.key_line]
    end = _trimmed(lines, own.key_line, min(after) if after else _end(lines, document, holder))
    del lines[own.key_line - 1 : end]
    if section and not wanted[1]:
        del lines[holder.key_line - 1]
        del wanted[0][section]
    return _checked(lines, wanted[0], f"to take '{name}' out by hand", document, section)


def _lines(text: str) -> list[str]:
    return text.splitlines()


def _copied(document: Document, section: Section) -> tuple[dict[str, Any], dict[str, Any]]:
    """The data, to be changed, and its section."""
    data = copy.deepcopy(document.data) if document.data is not None else {}
    part = (data.setdefault(section, {}) if section else data) if isinstance(data, dict) else None
    if part is None and isinstance(data, dict):
        part = data[section] = {}
    if not isinstance(data, dict) or not isinstance(part, dict):
        raise _problem(document, section, "", "this is no mapping", "'name: value' lines")
    return data, part


def _end(lines: list[str], document: Document, holder: Mark) -> int:
    """The index of the line after a section's last one."""
    if holder is document.marks:
        return len(lines)
    after = [mark.key_line - 1 for mark in document.marks.children.values() if mark.key_line > holder.key_line]
    return _trimmed(lines, holder.key_line, min(after, default=len(lines)))


def _trimmed(lines: list[str], first: int, end: int) -> int:
    """The same end, less blank lines and comments before it: they belong to what follows."""
    while end > first and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1
    return end


def _checked(lines: list[str], wanted: dict[str, Any], by_hand: str, document: Document, section: Section) -> str:
    text = "".join(f"{line}\n" for line in lines)
    try:
        got = yaml_text.load(text, document.file).data
    except ConfigurationError:
        got = None
    if (got or {}) != wanted:
        raise _problem(document, section, "", "this is not written line by line, and cannot be changed", by_hand)
    return text


def _problem(document: Document, section: Section, name: str, message: str, expected: str) -> ConfigurationError:
    path = tuple(step for step in (section, name) if step)
    found: Problem = document.problem(path, message, expected=expected, key=True)
    return ConfigurationError([found])
