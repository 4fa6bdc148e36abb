"""The flows of other systems, re-expressed: in order with all that belongs to them, and tested to the last branch."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr_flows.steps import BUILT_IN
from vcc.flows import finding, testing
from vcc.lint import check_folder

LIBRARY = Path(__file__).resolve().parents[3] / "ivr_flows" / "library"
SUBJECTS = {subject.name: subject for subject in finding.find([LIBRARY])}


def test_it_is_in_order() -> None:
    result = check_folder(LIBRARY)
    assert [*result.problems, *result.warnings] == []


def test_what_was_asked_for_is_there() -> None:
    assert set(SUBJECTS) == {
        "basic_pbx/dial_user",
        "basic_pbx/directory",
        "basic_pbx/main_ivr",
        "connect/digit_survey",
        "connect/dynamic",
        "connect/hot_message",
        "connect/routing",
        "demo_ivr/main",
        "freepbx/main",
        "phone_tree/main",
    }


@pytest.mark.parametrize("name", SUBJECTS)
def test_its_scripts_go_everywhere(name: str) -> None:
    (tested,) = testing.test([SUBJECTS[name]])
    assert [one.played.problem for one in tested.failed] == []
    assert testing.percent([tested]) == 100.0


@pytest.mark.parametrize("name", SUBJECTS)
def test_it_needs_no_code(name: str) -> None:
    assert {node.kind for node in SUBJECTS[name].flow.nodes.values()} <= BUILT_IN.keys()
