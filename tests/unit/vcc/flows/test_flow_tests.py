"""`vcc flow test`: which flows and scripts a path means, and what is printed, written and returned."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from vcc.cli import main

CONFIG = Path(__file__).parents[4] / "config"
ALONE = """
steps:
  - menu: {say: Press 1., attempts: 1, 1: {queue: books}, 2: hang_up}
languages: [en]
"""
SCRIPTS = """
tests:
  - name: books
    script: [{hear: Press 1.}, {press: 1}, {expect: {queue: books}}]
  - name: nothing
    script: [{hear: Press 2.}]
"""


@pytest.fixture
def alone(tmp_path: Path) -> Path:
    (tmp_path / "tests").mkdir()
    (tmp_path / "line.yaml").write_text(ALONE, encoding="utf-8")
    (tmp_path / "tests" / "line.yaml").write_text(SCRIPTS, encoding="utf-8")
    return tmp_path


def test_a_flow_that_stands_alone(alone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    junit = alone / "junit.xml"
    assert main(["flow", "test", str(alone), "--junit", str(junit)]) == 1
    said = capsys.readouterr().out
    assert f"{alone}/tests/line.yaml:6:21: nothing: this was not heard: 'Press 2.'" in said
    assert "\n  - expected  'Press 2.'\n  + over      the flow came to its end" not in said  # nobody waited
    assert "\n  - expected  'Press 2.'\n  + waits     for keys" in said
    assert f"    {alone}/line.yaml:3:62: menu: never '2'" in said
    assert "2 tests of 1 flow, 1 failed, 50.0 % of steps and branches gone" in said
    suite = ET.parse(junit).getroot()[0]  # noqa: S314 - our own
    assert suite.attrib | {"time": ""} == {"name": "line", "tests": "2", "failures": "1", "errors": "0", "time": ""}
    assert [case.get("name") for case in suite] == ["books", "nothing"]
    failure = suite[1][0]
    assert (failure.get("message") or "").endswith("this was not heard: 'Press 2.'")
    assert "- expected" in (failure.text or "")


def test_as_json_and_with_too_little_gone(alone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scripts = alone / "tests" / "line.yaml"
    scripts.write_text(SCRIPTS.replace("Press 2.", "Press 1."), encoding="utf-8")
    assert main(["flow", "test", str(scripts), "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["percent"] == 50.0
    assert data["flows"][0]["branches"] == {"gone": 1, "of": 3}
    assert [test["passed"] for test in data["flows"][0]["tests"]] == [True, True]
    assert main(["flow", "test", str(alone), "--fail-under", "50.0"]) == 0
    assert main(["flow", "test", str(alone), "--fail-under", "51"]) == 1
    assert "less than the 51 % asked for" in capsys.readouterr().out


def test_mistakes_come_first(alone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (alone / "tests" / "line.yaml").write_text("tests: [{name: a, script: [jump]}]", encoding="utf-8")
    assert main(["flow", "test", str(alone)]) == 1
    assert f"{alone}/tests/line.yaml:1:28: unknown line 'jump'" in capsys.readouterr().err
    (alone / "line.yaml").write_text("steps: []", encoding="utf-8")
    assert main(["flow", "test", str(alone)]) == 1
    assert f"{alone}/line.yaml:1:8: a flow has no steps" in capsys.readouterr().err
    assert main(["flow", "test", str(alone / "nothing")]) == 2


def test_one_flow_and_one_file_of_a_configuration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = Path(shutil.copytree(CONFIG, tmp_path / "config"))
    flows = config / "tenants" / "press" / "flows"
    shutil.copy(flows / "tests" / "editors.yaml", flows / "tests" / "editors.more.yaml")
    assert main(["flow", "test", str(flows / "editors.yaml"), "--json"]) == 0
    assert [len(flow["tests"]) for flow in json.loads(capsys.readouterr().out)["flows"]] == [18]
    assert main(["flow", "test", str(flows / "tests" / "editors.more.yaml"), "--json"]) == 0
    assert [len(flow["tests"]) for flow in json.loads(capsys.readouterr().out)["flows"]] == [9]
    (flows / "tests" / "nobody.yaml").write_text("tests: [{name: a, script: [hang_up]}]", encoding="utf-8")
    assert main(["flow", "test", str(flows)]) == 1
    assert "tenants/press/flows/tests/nobody.yaml:1:1: there is no flow 'nobody'" in capsys.readouterr().err
    assert main(["check", str(config)]) == 0
