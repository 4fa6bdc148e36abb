"""Broken configurations, and what is said about each: tests/golden/config/NAME.case.

Each begins with `_base.case`, which has no mistakes, and replaces some of its files. With VCC_GOLDEN=write the messages
are written anew; read what has changed before you keep it.
"""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.unit.vcc.lint.cases import BASE, FOLDER, Case, read
from vcc.lint import Result, check_texts

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC).timestamp()
CASES = sorted(path for path in FOLDER.glob("*.case") if path.stem != "_base")


def check(case: Case) -> Result:
    return check_texts(case.texts, case.sounds, now=NOW)


def said(result: Result) -> str:
    lines = [str(problem) for problem in result.problems] + [f"warning: {problem}" for problem in result.warnings]
    return "".join(f"{line}\n" for line in lines)


def test_there_are_enough() -> None:
    assert len(CASES) >= 20


def test_the_base_has_no_mistakes() -> None:
    result = check(BASE)
    assert said(result) == ""
    assert result.bundle is not None


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_every_mistake_is_told_at_once(path: Path) -> None:
    case = read(path, BASE)
    began = time.process_time()
    result = check(case)
    assert time.process_time() - began < 10.0
    told = said(result)
    if os.environ.get("VCC_GOLDEN") == "write":
        before = path.read_text(encoding="utf-8").partition("=== messages\n")[0]
        path.write_text(f"{before}=== messages\n{told}", encoding="utf-8")
    assert told == read(path, BASE).messages
    assert (result.bundle is None) == bool(result.problems)
    for problem in (*result.problems, *result.warnings):
        assert problem.file in case.texts or problem.message == "this file is missing"
        assert problem.line <= case.texts.get(problem.file, "").count("\n") + 1
