"""Broken files of scripts, and what is said about each: tests/golden/flows/scripts/NAME.yaml and NAME.txt.

With VCC_GOLDEN=write the texts are written anew; read what has changed before you keep it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ivr_flows.scripts import read

BROKEN = Path(__file__).parents[3] / "golden" / "flows" / "scripts"


@pytest.mark.parametrize("file", sorted(BROKEN.glob("*.yaml")), ids=lambda file: file.stem)
def test_every_mistake_is_told_at_once(file: Path) -> None:
    _, problems = read(file.read_text(encoding="utf-8"), file.name)
    told = "\n".join(map(str, problems)) + "\n"
    golden = file.with_suffix(".txt")
    if os.environ.get("VCC_GOLDEN") == "write":
        golden.write_text(told, encoding="utf-8")
    assert problems
    assert told == golden.read_text(encoding="utf-8")
