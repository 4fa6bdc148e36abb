"""`vcc flow draw`: to a file or printed, by the flow's name or file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from vcc.cli import main

if TYPE_CHECKING:
    import pytest

CONFIG = Path(__file__).parents[4] / "config"


def test_by_name_into_a_file(tmp_path: Path) -> None:
    picture = tmp_path / "press.svg"
    assert main(["flow", "draw", "press/main", "--config", str(CONFIG), "-o", str(picture), "--language", "en"]) == 0
    assert picture.read_text(encoding="utf-8").startswith("<svg ")
    assert "To order books press 1" in picture.read_text(encoding="utf-8")


def test_by_file_printed_for_mermaid(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["flow", "draw", str(CONFIG / "tenants/sunshine/flows/main.yaml"), "--mermaid"]) == 0
    assert capsys.readouterr().out.startswith("flowchart TD\n")


def test_what_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["flow", "draw", "press/nothing", "--config", str(CONFIG)]) == 2
    assert "one of chess/main, " in capsys.readouterr().err
    assert main(["flow", "draw", "press/main", "--config", str(CONFIG), "-o", str(tmp_path / "no" / "x.svg")]) == 1
