"""`vcc serve` where it cannot: one line that says what to do, exit code 2, and no trace."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tenancy.secrets_file import generate
from tests.lab.platform import ROOT
from vcc.lint import check_folder

if TYPE_CHECKING:
    from pathlib import Path

PLATFORM = """
name: {{en: Platform}}
languages: [en]
nodes: {{n1: {{kind: asterisk, ami: "127.0.0.1:5038", agi: "127.0.0.1:4573"}}}}
trunks: {{carrier: {{node: n1, from_addresses: [127.0.0.0/8]}}}}
api: {{listen: "{listen}"}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, "127.0.0.1:8080")
    (tmp_path / "file").touch()
    (tmp_path / "locked" / "vcc.lock").mkdir(parents=True)
    return tmp_path


def write(folder: Path, listen: str) -> None:
    (folder / "config").mkdir(exist_ok=True)
    (folder / "config" / "platform.yaml").write_text(PLATFORM.format(listen=listen))
    secrets = folder / "secrets.yaml"
    secrets.touch(mode=0o600)
    secrets.write_text(generate(check_folder(folder / "config").use().platform))


def serve(folder: Path, *more: str) -> list[str]:
    """The lines of a refusal."""
    command = [sys.executable, "-m", "vcc.cli", "serve", "--config", "config", *more]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, timeout=60, env=environment)
    assert ran.returncode == 2, ran.stderr
    assert ran.stdout == ""
    assert "Traceback" not in ran.stderr
    return ran.stderr.splitlines()


@pytest.mark.parametrize(
    ("state", "why"),
    [
        ("file", "is a file, or below one"),
        ("file/below", "is a file, or below one"),
        ("locked", "locked/vcc.lock: Is a directory"),
        ("/proc/not-to-be-written", "/proc/not-to-be-written: "),
    ],
)
def test_a_state_folder_that_cannot_be_used(folder: Path, state: str, why: str) -> None:
    (line,) = serve(folder, "--state", state)
    assert line.startswith(f"supervisor: the state folder {state} ")
    assert why in line
    assert "--state" in line


@pytest.mark.parametrize("text", [None, b"\xff", b"nodes: [", b"nodes: {}"])
def test_secrets_that_cannot_be_read(folder: Path, text: bytes | None) -> None:
    (folder / "secrets").mkdir()
    file = folder / "secrets" if text is None else folder / "wrong.yaml"
    if text is not None:
        file.touch(mode=0o600)
        file.write_bytes(text)
    *lines, last = serve(folder, "--secrets", str(file))
    assert lines
    assert all(line.startswith(f"{file}:") for line in lines)
    assert last == "vcc does not start on a configuration with mistakes."


def test_an_address_that_somebody_else_has(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        listen = f"127.0.0.1:{other.getsockname()[1]}"
        write(folder, listen)
        line = serve(folder, "--secrets", "secrets.yaml")[-1]
    assert line.startswith(f"api.listen: {listen} cannot be listened on: Address already in use; ")


def test_an_address_that_is_not_this_machines(folder: Path) -> None:
    write(folder, "192.0.2.1:8080")
    line = serve(folder, "--secrets", "secrets.yaml")[-1]
    assert line.startswith("api.listen: 192.0.2.1:8080 cannot be listened on: ")
