"""`vcc flow check`: every mistake of some flows at once."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

from vcc.cli.errors import DONE, WRONG, UsageError
from vcc.cli.words import clean


def check(path: Path, *, as_json: bool) -> int:
    """Print every mistake and every warning; 1 if there is a mistake."""
    from vcc.cli.tables import print_json
    from vcc.flows.checking import check as look

    if not path.exists():
        raise UsageError(f"There is no {path}.")
    found = look(path)
    if as_json:
        kinds = {"problems": found.problems, "warnings": found.warnings}
        print_json({kind: [asdict(problem) for problem in problems] for kind, problems in kinds.items()})
        return WRONG if found.problems else DONE
    for problem in found.problems:
        _out(clean(problem))
    for warning in found.warnings:
        _out(f"{clean(warning)} (warning)")
    count = len(found.problems)
    if count:
        _out(f"{_count(count, 'mistake')} in {path}: vcc would not start on it.")
    else:
        _out(f"{path} is in order: {_count(found.flows, 'flow')}, {_count(len(found.warnings), 'warning')}.")
    if found.elsewhere:
        _out(f"The configuration has {_count(found.elsewhere, 'mistake')} elsewhere: see 'vcc check'.")
    return WRONG if count else DONE


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _out(text: str) -> None:
    sys.stdout.write(f"{text}\n")
