"""The commands that need no running vcc, and how quickly the help is there."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tenancy.secrets_file import generate
from vcc.cli import main
from vcc.lint import check_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

ROOT = Path(__file__).resolve().parents[4]
EXAMPLE = ROOT / "config"


def test_the_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    for command in ("agent", "agents", "call", "calls", "check", "close", "drain", "hang-up", "move", "nodes", "open",
                    "pbx", "queues", "records", "reload", "replay", "serve", "simulate", "staff",
                    "tenants", "trunks", "watch"):  # fmt: skip
        assert f"│ {command} " in shown


def test_the_help_imports_next_to_nothing() -> None:
    """What takes long is imported by the command that needs it."""
    script = "import sys\nfrom vcc.cli import main\nmain(['--help'])\nprint(*sys.modules, file=sys.stderr)"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    heavy = {"aiohttp", "asyncpg", "pydantic", "sqlalchemy", "structlog", "yaml", "importlib.metadata", "rich.markdown",
             "vcc.app", "vcc.lint", "vcc.api", "http.client"}  # fmt: skip
    assert heavy & set(ran.stderr.split()) == set()


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.strip()


def test_checking_the_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(EXAMPLE)]) == 0
    assert "is in order" in capsys.readouterr().out


def test_checking_mistakes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "platform.yaml").write_text("naem: {en: Sunshine}\nnodes: {}\nname: {en: a}\n")
    assert main(["check", str(tmp_path)]) == 1
    shown = capsys.readouterr().out.splitlines()
    assert any(line.startswith("platform.yaml:1:1: ") for line in shown)
    assert shown[-1].endswith("vcc would not start on it.")
    assert main(["check", str(tmp_path), "--json"]) == 1
    problems = json.loads(capsys.readouterr().out)["problems"]
    assert {"file", "line", "column", "message", "expected", "hint"} <= problems[0].keys()


def test_checking_a_folder_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path / "nothing")]) == 1
    assert "cannot be read" in capsys.readouterr().out


def test_serving_a_folder_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--config", str(tmp_path / "nothing"), "--state", str(tmp_path / "state")]) == 2
    assert "--config" in capsys.readouterr().err
    assert not (tmp_path / "state").exists()


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    command = f"{sys.executable} -m vcc.cli check {EXAMPLE} --json | head -c 1; exit ${{PIPESTATUS[0]}}"
    ran = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False, cwd=ROOT)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_rendering_a_switchs_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], needs_program: Callable[[str], str]
) -> None:
    needs_program("espeak-ng")
    state, into = tmp_path / "state", tmp_path / "etc"
    state.mkdir()
    secrets = state / "secrets.yaml"
    secrets.touch(mode=0o600)
    secrets.write_text(generate(check_folder(EXAMPLE).use().platform))
    arguments = ["pbx", "render", "--into", str(into), "--config", str(EXAMPLE), "--state", str(state)]
    assert main([*arguments, "--node", "nothing"]) == 2
    assert "there is no switch 'nothing' to be configured" in capsys.readouterr().err
    assert main(arguments) == 0
    assert "pjsip.conf" in capsys.readouterr().out
    assert {file.name for file in into.iterdir()} >= {"pjsip.conf", "extensions.conf", "manager.conf"}
    assert main(arguments) == 0
    assert capsys.readouterr().out.startswith("0 files written")
    secrets.unlink()
    assert main(arguments) == 1
    assert capsys.readouterr().out.startswith(f"{secrets}:")
