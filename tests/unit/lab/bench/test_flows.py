"""What `./run bench flows` measures is what it says: flows of so many steps, calls that end, callers who wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ivr_flows
from tests.lab.bench import flows
from vcc.flows import finding
from vcc.lint import check_texts

if TYPE_CHECKING:
    import pytest


def test_a_flow_of_the_check_has_thirty_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    written = ivr_flows.compile(flows.FLOW % {"n": 7}, "f7.yaml", languages=["zh-CN", "en"])
    assert len(written.nodes) == 30
    monkeypatch.setattr(flows, "FLOWS", 3)
    assert check_texts(flows._folder(), now=flows.NOW).use().flows.keys() == {f"press/f{n}" for n in range(3)}


def test_each_caller_comes_to_an_end_and_takes_steps() -> None:
    press = next(subject for subject in finding.find([flows.CONFIG]) if subject.name == "press/main")
    steps = [flows._walk(press, keys) for keys in flows.CALLERS]
    assert min(steps) >= 4
    assert len(set(steps)) > 3
