"""From a file of scripts to `Script`s, or to every mistake in it at once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel

from core import yaml_text
from core.document import Document
from core.errors import ConfigurationError
from core.validate import in_order
from core.validate import read as read_model
from core.words import nearest, one_of, value_shown
from ivr_flows.scripts.written import LINES, Given, Line

if TYPE_CHECKING:
    from core.document import Path
    from core.errors import Problem

M = TypeVar("M", bound=BaseModel)

MAX_LINES = 5_000
_FILE = ("given", "tests")
_TEST = ("name", "given", "script")
_LIST = "a list, '- …' lines"


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """A line and where it stands."""

    line: Line
    path: Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Script:
    """One test: its name, what is given, its lines."""

    name: str
    given: Given
    lines: tuple[Written, ...]
    path: Path
    document: Document = field(repr=False)

    def place(self, path: Path | None = None) -> str:
        """`file:line:column` of a line; none: of the script."""
        mark = self.document.mark(self.path if path is None else path)
        return f"{mark.file}:{mark.line}:{mark.column}"


def read(text: str, file: str) -> tuple[list[Script], list[Problem]]:
    """The scripts in a text, as far as they are right, and every mistake."""
    try:
        document = yaml_text.load(text, file)
    except ConfigurationError as error:
        return [], list(error.problems)
    reader = _Reader(document)
    scripts = reader.file()
    return scripts, list(in_order(reader.problems))


class _Reader:
    def __init__(self, document: Document) -> None:
        self.problems: list[Problem] = []
        self._document = document
        self._lines = 0
        self._names: set[str] = set()

    def file(self) -> list[Script]:
        data = self._document.data
        if not isinstance(data, dict) or not data.get("tests"):
            self._wrong((), "there are no tests here", expected="'tests:' with a list below it")
            return []
        self._known((), data, _FILE)
        shared = self._given(data, ())
        if not isinstance(data["tests"], list):
            self._wrong(("tests",), f"tests is {value_shown(data['tests'])}", expected=_LIST)
            return []
        scripts = [self._script(test, ("tests", index), shared) for index, test in enumerate(data["tests"])]
        return [script for script in scripts if script is not None]

    def _script(self, test: Any, path: Path, shared: Given) -> Script | None:  # noqa: ANN401 - plain data of any kind
        if not isinstance(test, dict):
            self._wrong(path, f"a test is {value_shown(test)}", expected="'name:' and 'script:'")
            return None
        self._known(path, test, _TEST)
        name = test.get("name")
        if not isinstance(name, str) or not name.strip():
            self._wrong((*path, "name"), "a test needs a name", expected="what it shows, in some words")
            name = "?"
        elif name in self._names:
            self._wrong((*path, "name"), f"the test '{name[:60]}' is there twice", expected="another name")
        self._names.add(name)
        lines = test.get("script")
        if not isinstance(lines, list) or not lines:
            self._wrong((*path, "script"), f"script is {value_shown(lines or None)}", expected=_LIST)
            lines = []
        written = [self._line(line, (*path, "script", index)) for index, line in enumerate(lines)]
        return Script(
            name=name,
            given=shared.under(self._given(test, path)),
            lines=tuple(line for line in written if line is not None),
            path=path,
            document=self._document,
        )

    def _given(self, data: dict[str, Any], path: Path) -> Given:
        return self._model(Given, data["given"], (*path, "given")) or Given() if "given" in data else Given()

    def _line(self, line: Any, path: Path) -> Written | None:  # noqa: ANN401 - plain data of any kind
        self._lines += 1
        if self._lines > MAX_LINES:
            if self._lines == MAX_LINES + 1:
                self._wrong(path, "there are too many lines of scripts", expected=f"at most {MAX_LINES} in a file")
            return None
        kind, value = _said(line)
        if kind not in LINES:
            at = (*path, kind) if isinstance(line, dict) and kind else path
            said = f"unknown line '{kind[:60]}'" if kind else f"a line is {value_shown(line)}"
            self._wrong(at, said, expected=one_of(LINES), hint=nearest(kind, LINES), key=isinstance(line, dict))
            return None
        if isinstance(line, dict) and len(line) > 1:
            other = list(line)[1]
            expected = f"one thing in a line; what belongs to '{kind}' is indented below it"
            self._wrong((*path, other), f"'{other[:60]}' beside '{kind}'", expected=expected, key=True)
        where = (*path, kind) if isinstance(line, dict) else path
        read = self._kind(LINES[kind], value, where)
        return None if read is None else Written(line=read, path=where)

    def _kind(self, kind: type[Line], value: Any, path: Path) -> Line | None:  # noqa: ANN401 - plain data of any kind
        if value is None:
            if kind.bare:
                return kind()
            self._wrong(path, f"'{kind.kind}' is empty", expected=f"'{kind.kind}: …'")
            return None
        return self._model(kind, value, path, kind.short if kind.is_short(value) else "")

    def _model(self, model: type[M], value: Any, path: Path, short: str = "") -> M | None:  # noqa: ANN401 - plain data
        mark = self._document.mark(path)
        if short:
            value, mark = {short: value}, replace(mark, children={short: mark})
        built, problems = read_model(model, Document(file=self._document.file, data=value, marks=mark))
        self.problems += problems
        return built

    def _known(self, path: Path, data: dict[str, Any], known: tuple[str, ...]) -> None:
        for key in data:
            if key not in known:
                hint = nearest(key, known)
                self._wrong((*path, key), f"unknown key '{key[:60]}'", expected=one_of(known), hint=hint, key=True)

    def _wrong(self, path: Path, message: str, *, expected: str, hint: str = "", key: bool = False) -> None:
        self.problems.append(self._document.problem(path, message, expected=expected, hint=hint, key=key))


def _said(line: Any) -> tuple[str, Any]:  # noqa: ANN401 - plain data of any kind
    """The word of a line and what stands under it."""
    if isinstance(line, str):
        return line, None
    return next(iter(line.items()), ("", None)) if isinstance(line, dict) else ("", None)
