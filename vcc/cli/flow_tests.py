"""`vcc flow test`: scripts played, in words, as JSON, as JUnit's XML."""

from __future__ import annotations

import sys
import time
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from vcc.cli.errors import DONE, WRONG, CommandError, UsageError
from vcc.cli.words import clean

if TYPE_CHECKING:
    from ivr_flows.scripts import Played
    from vcc.flows.testing import Tested, Tried

_WORD_WIDTH = 9
_TEXT_WIDTH = 60


def test(paths: Sequence[Path], *, as_json: bool, junit: Path | None, fail_under: float) -> int:
    """Play the scripts; 1 if one does not hold or too little was gone."""
    from core.errors import ConfigurationError
    from vcc.flows.finding import find
    from vcc.flows.testing import percent
    from vcc.flows.testing import test as play_all

    for path in paths:
        if not path.exists():
            raise UsageError(f"There is no {path}.")
    began = time.perf_counter()
    try:
        tested = play_all(find(paths))
    except ConfigurationError as error:
        raise CommandError("\n".join(["These mistakes come first:", *map(clean, error.problems)])) from None
    if not tested:
        raise UsageError(f"There is no flow in {', '.join(map(str, paths))}.")
    seconds, gone = time.perf_counter() - began, percent(tested)
    if junit is not None:
        _write(junit, tested)
    if as_json:
        from vcc.cli.tables import print_json

        print_json(_as_data(tested, gone, seconds))
    else:
        _print(tested, gone, seconds, fail_under)
    return WRONG if gone < fail_under or any(flow.failed for flow in tested) else DONE


# --- in words ---------------------------------------------------------------------------------------------------------


def _print(tested: Sequence[Tested], gone: float, seconds: float, fail_under: float) -> None:
    for flow in tested:
        for failed in flow.failed:
            _out(story(failed.played))
    for flow in tested:
        (steps, all_steps), (branches, all_branches) = flow.coverage.steps, flow.coverage.branches
        _out(
            f"{flow.subject.name}: {_count(len(flow.tests), 'test')}, {len(flow.failed)} failed; "
            f"steps {steps} of {all_steps}, branches {branches} of {all_branches} ({flow.coverage.percent:.0f} %)"
        )
        for place, what in flow.coverage.missing() if flow.tests else ():
            _out(f"    {clean(place)}: {clean(what)}")
    tests, failed_tests = sum(len(flow.tests) for flow in tested), sum(len(flow.failed) for flow in tested)
    _out(
        f"{_count(tests, 'test')} of {_count(len(tested), 'flow')}, {failed_tests} failed, {gone:.1f} % of steps and "
        f"branches gone, in {seconds:.2f} s."
    )
    if gone < fail_under:
        _out(f"That is less than the {fail_under:g} % asked for.")


def story(played: Played) -> str:
    """A script that failed: which line, and the call until there with what was expected against what was there."""
    lines = [f"{clean(played.place)}: {clean(played.script.name)}: {clean(played.problem)}"]
    for told in played.told:
        text = _wide(clean(told.text), _TEXT_WIDTH) if told.place else clean(told.text)
        lines.append(f"  {told.sign} {told.what:<{_WORD_WIDTH}} {text}  {clean(told.place)}".rstrip())
    return "\n".join(lines) + "\n"


def _wide(text: str, width: int) -> str:
    """Padded to so many columns; a Chinese character takes two."""
    columns = sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
    return text + " " * max(0, width - columns)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _out(text: str) -> None:
    sys.stdout.write(f"{text}\n")


# --- for programs -----------------------------------------------------------------------------------------------------


def _as_data(tested: Sequence[Tested], gone: float, seconds: float) -> dict[str, Any]:
    return {
        "percent": round(gone, 2),
        "seconds": round(seconds, 3),
        "flows": [
            {
                "flow": flow.subject.name,
                "file": flow.subject.flow.document.file,
                "steps": dict(zip(("gone", "of"), flow.coverage.steps, strict=True)),
                "branches": dict(zip(("gone", "of"), flow.coverage.branches, strict=True)),
                "percent": round(flow.coverage.percent, 2),
                "missing": [{"place": place, "what": what} for place, what in flow.coverage.missing()],
                "tests": [_test_as_data(test) for test in flow.tests],
            }
            for flow in tested
        ],
    }


def _test_as_data(test: Tried) -> dict[str, Any]:
    played = test.played
    data: dict[str, Any] = {"name": played.script.name, "place": played.script.place(), "passed": not played.problem}
    if played.problem:
        told = [{"sign": t.sign, "what": t.what, "text": t.text, "place": t.place} for t in played.told]
        data |= {"problem": played.problem, "failed_at": played.place, "told": told}
    return data


def _write(file: Path, tested: Sequence[Tested]) -> None:
    """JUnit's form, as build servers read it: a suite for each flow."""
    root = ET.Element("testsuites")
    for flow in tested:
        suite = ET.SubElement(
            root,
            "testsuite",
            name=flow.subject.name,
            tests=str(len(flow.tests)),
            failures=str(len(flow.failed)),
            errors="0",
            time=f"{sum(test.seconds for test in flow.tests):.4f}",
        )
        for test in flow.tests:
            played = test.played
            name, seconds = clean(played.script.name), f"{test.seconds:.4f}"
            case = ET.SubElement(suite, "testcase", classname=flow.subject.name, name=name, time=seconds)
            if played.problem:
                message = clean(f"{played.place}: {played.problem}")
                ET.SubElement(case, "failure", message=message).text = story(played)
    ET.indent(root)
    try:
        ET.ElementTree(root).write(file, encoding="utf-8", xml_declaration=True)
    except OSError as error:
        raise CommandError(f"{file} cannot be written: {error.strerror}.") from None
