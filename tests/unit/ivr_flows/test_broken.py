"""Broken flows, and what is said about each: tests/golden/flows/broken/NAME.yaml and NAME.txt.

With VCC_GOLDEN=write the texts are written anew; read what has changed before you keep it.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

import ivr_flows
from core.errors import ConfigurationError
from ivr_flows.protocol import ActionSpec

BROKEN = Path(__file__).parents[2] / "golden" / "flows" / "broken"
FILES = sorted(BROKEN.glob("*.yaml"))
ACTIONS = {
    "sign_in": ActionSpec(
        arguments=frozenset({"agent", "pin"}),
        secrets=frozenset({"pin"}),
        results=frozenset({"ok", "bad_pin"}),
        values=frozenset({"agent_name"}),
    ),
    "sign_out": ActionSpec(),
}


def test_there_are_enough() -> None:
    assert len(FILES) >= 40


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_mistake_is_told_at_once(file: Path) -> None:
    began = time.process_time()
    with pytest.raises(ConfigurationError) as caught:
        ivr_flows.compile(file.read_text(encoding="utf-8"), file.name, languages=["zh-CN", "en"], actions=ACTIONS)
    assert time.process_time() - began < 10.0
    told = f"{caught.value}\n"
    golden = file.with_suffix(".txt")
    if os.environ.get("VCC_GOLDEN") == "write":
        golden.write_text(told, encoding="utf-8")
    assert told == golden.read_text(encoding="utf-8")
