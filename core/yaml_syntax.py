"""What is wrong with a text that is not YAML, in plain words instead of the parser's."""

from __future__ import annotations

import re
from typing import NamedTuple

import yaml

from core.errors import Problem

#: Refused before parsing: control characters, and line ends that editors do not count (U+0085, U+2028 …).
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class _Words(NamedTuple):
    """`at_start`: the message points to where the unfinished thing began, not to where the parser gave up."""

    message: str
    expected: str
    at_start: bool = False


_IN_MAPPING = _Words("this line does not fit the mapping around it", "'key: value', indented like its other keys")
_IN_LIST = _Words("this line does not fit the list around it", "'- item', indented like its other items")
_TAB = _Words("a tab in the indentation", "spaces")
#: What the parser says (a part of it, in either of PyYAML's two parsers), and what we say.
_EXPLANATIONS: dict[str, _Words] = {
    "mapping values are not allowed": _Words(
        "a ':' that does not fit here",
        "quotes around a text with ': ' in it, or indentation like the lines above",
    ),
    "found unexpected end of stream": _Words(
        "this quote is never closed", "the same quote at the text's end", at_start=True
    ),
    "unknown escape character": _Words("an unknown escape after '\\'", "'single quotes' if the text has a '\\' in it"),
    "found a tab character": _TAB,
    "expected key": _IN_MAPPING,
    "but found '-'": _IN_MAPPING,
    "expected '-' indicator": _IN_LIST,
    "<block end>": _Words("this line does not fit what is around it", "the indentation of the lines above"),
    "or ']'": _Words("this '[' is never closed", "items with ',' between them, then ']'", at_start=True),
    "or '}'": _Words("this '{' is never closed", "'key: value' pairs with ',' between them, then '}'", at_start=True),
    "expected ':'": _Words("a ':' is missing after this key", "'key: value'", at_start=True),
    "node content": _Words("a value is missing before this", "a value, or the closing ']' or '}'"),
    "<document start>": _Words("the document is over before this", "one mapping in a file"),
    "block scalar": _Words(
        "this is not how a block of text begins", "'|' or '>' and the text, indented, in the lines below"
    ),
    "directive": _Words("a line that begins with '%'", "quotes around a text that begins with '%'"),
}
_FULL_WIDTH = {"：": ":", "，": ",", "“": '"', "”": '"', "　": " ", "【": "[", "】": "]"}


def forbidden_characters(text: str, file: str, limit: int) -> list[Problem]:
    """The characters that no configuration may hold, at most `limit` of them."""
    problems = []
    line, start = 1, 0
    for match in _FORBIDDEN.finditer(text):
        line += text.count("\n", start, match.start())
        start = match.start()
        column = start - text.rfind("\n", 0, start)
        message = f"character U+{ord(match.group()):04X} is not allowed"
        problems.append(Problem(file=file, line=line, column=column, message=message, expected="printable text"))
        if len(problems) == limit:
            break
    return problems


def explain(error: yaml.YAMLError, text: str, file: str) -> Problem:
    """The problem that stopped the parser."""
    if not isinstance(error, yaml.MarkedYAMLError) or (mark := error.problem_mark) is None:
        return Problem(file=file, line=1, column=1, message="this is not YAML", expected="YAML 1.2")
    words = _words(error, text)
    if words.at_start and error.context_mark is not None:
        mark = error.context_mark
    return Problem(
        file=file,
        line=mark.line + 1,
        column=mark.column + 1,
        message=words.message,
        expected=words.expected,
        hint=_full_width(text, mark.line),
    )


def _words(error: yaml.MarkedYAMLError, text: str) -> _Words:
    said = f"{error.context or ''}: {error.problem or ''}"
    if "cannot start any token" in said and error.problem_mark is not None:
        character = _character(text, error.problem_mark)
        if character == "\t":
            return _TAB
        return _Words(f"a text cannot begin with '{character}'", "quotes around it")
    for part, words in _EXPLANATIONS.items():
        if part in said:
            return words
    return _Words(f"this is not YAML ({error.problem})", "YAML 1.2")


def _character(text: str, mark: yaml.Mark) -> str:
    lines = text.split("\n", mark.line + 1)
    line = lines[mark.line] if mark.line < len(lines) else ""
    return line[mark.column : mark.column + 1]


def _full_width(text: str, line: int) -> str:
    """A hint where one of the last two lines has Chinese punctuation that looks like YAML's."""
    for written in text.split("\n", line + 1)[max(0, line - 1) : line + 1]:
        for character, meant in _FULL_WIDTH.items():
            if character in written and not re.search(r"""["']""", written):
                return f"did you mean '{meant}' instead of the full-width '{character}'?"
    return ""
