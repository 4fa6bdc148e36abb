"""`vcc secrets`: a file that the program then accepts, readable for its owner only, and never written over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lab.platform import ROOT
from vcc.cli.app import run
from vcc.cli.errors import CommandError
from vcc.cli.local import secrets
from vcc.lint import check_folder
from vcc.secrets_file import read_secrets

if TYPE_CHECKING:
    from pathlib import Path


def test_the_file_is_private_complete_and_not_written_over(tmp_path: Path) -> None:
    file = tmp_path / "new" / "secrets.yaml"
    assert secrets(ROOT / "config", file) == 0
    assert file.stat().st_mode & 0o777 == 0o600
    platform = check_folder(ROOT / "config").use().platform
    found = read_secrets(file, {}, platform)
    assert set(found.phones) == set(platform.phones)
    before = file.read_text()
    with pytest.raises(CommandError, match="is there already"):
        secrets(ROOT / "config", file)
    assert file.read_text() == before


def test_a_configuration_with_mistakes_gives_none(tmp_path: Path) -> None:
    (tmp_path / "platform.yaml").write_text("name: 5\n")
    assert secrets(tmp_path, tmp_path / "secrets.yaml") == 1
    assert not (tmp_path / "secrets.yaml").exists()


def test_a_file_that_is_not_there_is_named_as_it_was_looked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["pbx", "render", "--config", str(ROOT / "config"), "--state", str(tmp_path), "--into", str(tmp_path)]
    assert run(words) == 1
    said = capsys.readouterr()
    assert f"{tmp_path / 'secrets.yaml'}:1:1: there is no such file" in said.out + said.err
