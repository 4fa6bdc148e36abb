"""A tenant's tables: rows by a number or a customer, as CSV or YAML under `tables/`, for the step `lookup`.

    tables/customers.csv        number,tier,last_agent          the first column is the key
                                13800138000,gold,li
    tables/blocked.yaml         "13800138001": {reason: fraud}

Every row has the same columns; a cell that is not there is empty. Keys are texts as the platform has them: a caller's
number as the trunk's rules make it.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core import yaml_text
from core.errors import ConfigurationError, Problem
from core.words import MAPPING, quoted, value_shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.document import Document

MAX_ROWS = 100_000
MAX_COLUMNS = 20
MAX_CELL = 200

_COLUMN = re.compile(r"[a-z][a-z0-9_]{0,39}")
_COLUMN_EXPECTED = "a lower-case letter, then at most 39 of a-z, 0-9 and _"
_MAX_PROBLEMS = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """`columns`: their names, without the key's; `rows`: the cells in this order, by key."""

    columns: tuple[str, ...]
    rows: Mapping[str, tuple[str, ...]]

    def row(self, key: str) -> dict[str, str] | None:
        """The row of this key by column; None where there is none."""
        cells = self.rows.get(key)
        return None if cells is None else dict(zip(self.columns, cells, strict=True))


def read(text: str, file: str) -> tuple[Table | None, list[Problem]]:
    """The table in a file, as far as it is right, and every mistake in it, up to a bound."""
    try:
        return (_csv if file.endswith(".csv") else _yaml)(text, file)
    except ConfigurationError as error:
        return None, list(error.problems)


class _Rows:
    """Collects rows, each key once."""

    def __init__(self, file: str) -> None:
        self.rows: dict[str, tuple[str, ...]] = {}
        self.problems: list[Problem] = []
        self._file = file

    def wrong(self, line: int, message: str, expected: str = "", column: int = 1) -> None:
        problem = Problem(file=self._file, line=line, column=column, message=message, expected=expected)
        self.problems.append(problem)
        if len(self.problems) >= _MAX_PROBLEMS:
            raise ConfigurationError(self.problems)

    def add(self, line: int, key: str, cells: tuple[str, ...]) -> None:
        if not key:
            self.wrong(line, "a row without a key", "a text in the first column")
        elif key in self.rows:
            self.wrong(line, f"the key {quoted(key)} stands here a second time", "each key once")
        elif long := next((cell for cell in (key, *cells) if len(cell) > MAX_CELL), None):
            self.wrong(line, f"{quoted(long)} has {len(long)} characters", f"at most {MAX_CELL}")
        elif len(self.rows) >= MAX_ROWS:
            self.wrong(line, "the table has too many rows", f"at most {MAX_ROWS:,}")
            raise ConfigurationError(self.problems)
        else:
            self.rows[key] = cells

    def columns(self, line: int, names: list[str]) -> None:
        if len(names) > MAX_COLUMNS:
            self.wrong(line, f"the table has {len(names)} columns beside the key", f"at most {MAX_COLUMNS}")
        for name in names:
            if not _COLUMN.fullmatch(name):
                self.wrong(line, f"a column cannot be called {quoted(name)}", _COLUMN_EXPECTED)
            if names.count(name) > 1:
                self.wrong(line, f"the column {quoted(name)} is there twice", "each column once")


def _csv(text: str, file: str) -> tuple[Table | None, list[Problem]]:
    found = _Rows(file)
    lines = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    columns: list[str] = []
    begun = False
    try:
        for row in lines:
            cells = [cell.strip() for cell in row]
            if not any(cells):
                continue
            if not begun:
                begun, columns = True, cells[1:]
                found.columns(lines.line_num, columns)
            elif len(cells) > len(columns) + 1:
                found.wrong(lines.line_num, f"a row of {len(cells)} cells", f"{len(columns) + 1}, as in the first line")
            else:
                found.add(lines.line_num, cells[0], (*cells[1:], *[""] * (len(columns) + 1 - len(cells))))
    except csv.Error as error:
        found.wrong(lines.line_num or 1, f"this is no CSV: {error}")
    if not begun:
        found.wrong(1, "the table is empty", "a first line with the columns' names, such as number,tier")
    return Table(columns=tuple(columns), rows=found.rows), found.problems


def _yaml(text: str, file: str) -> tuple[Table | None, list[Problem]]:
    document = yaml_text.load(text, file)
    if not isinstance(document.data, dict):
        problem = document.problem((), f"the table is {value_shown(document.data)}", expected=MAPPING)
        return None, [problem]
    found = _Rows(file)
    columns: dict[str, None] = {}
    for key, row in document.data.items():
        if row is not None and not isinstance(row, dict):
            mark = document.mark((key,))
            found.wrong(mark.line, f"{quoted(key)} is {value_shown(row)}", "columns: {tier: gold}", mark.column)
        else:
            columns |= dict.fromkeys(row or {})
    found.columns(1, list(columns))
    for key, row in document.data.items():
        cells = row if isinstance(row, dict) else {}
        found.add(document.mark((key,)).key_line, key, tuple(_cell(document, found, key, n, cells) for n in columns))
    return Table(columns=tuple(columns), rows=found.rows), found.problems


def _cell(document: Document, found: _Rows, key: str, name: str, row: Mapping[str, Any]) -> str:
    value = row.get(name)
    if isinstance(value, dict | list | float):
        mark = document.mark((key, name))
        found.wrong(
            mark.line, f"{name} is {value_shown(value)}", "a text; a number with a point is quoted", mark.column
        )
        return ""
    return "" if value is None else value if isinstance(value, str) else value_shown(value)
