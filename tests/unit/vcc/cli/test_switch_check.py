"""`vcc pbx render` and `vcc pbx check` for an Asterisk that has files of its own; nobody answers here."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import pytest

from vcc.cli.app import run

if TYPE_CHECKING:
    from pathlib import Path

PLATFORM = """
name: {{en: P}}
languages: [en]
nodes:
  bj1: {{kind: asterisk, inside: true, ami: "127.0.0.1:{port}", sip: "127.0.0.1:5070", trunk_sip: "127.0.0.1:5080"}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / "config" / "tenants").mkdir(parents=True)
    (tmp_path / "config" / "platform.yaml").write_text(PLATFORM.format(port=port), encoding="utf-8")
    assert run(["secrets", "--config", str(tmp_path / "config"), "--into", str(tmp_path / "secrets.yaml")]) == 0
    return tmp_path


def pbx(folder: Path, *arguments: str) -> int:
    where = ["--config", str(folder / "config"), "--state", str(folder), "--secrets", str(folder / "secrets.yaml")]
    return run(["pbx", *arguments, *where])


def test_only_files_to_be_included_are_written_and_the_lines_are_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    into = folder / "etc"
    assert pbx(folder, "render", "--into", str(into)) == 0
    names = ["extensions", "manager", "modules", "musiconhold", "pjsip"]
    assert sorted(file.name for file in into.iterdir()) == [f"vcc-{name}.conf" for name in names]
    said = capsys.readouterr().out
    for name in names:
        assert f"{name}.conf".ljust(16) + f'  #include "{into}/vcc-{name}.conf"' in said
    for file in into.iterdir():
        assert "[general]" not in file.read_text()
        assert "[global]" not in file.read_text()
    assert (into / "vcc-modules.conf").read_text().startswith("[modules](+)\n")


def test_a_switch_that_does_not_answer(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert pbx(folder, "check") == 1
    said = capsys.readouterr().out
    assert "[ami-unreachable]\n    why: " in said
    assert "2 things do not fit on node bj1.\n" in said
    assert pbx(folder, "check", "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert told["node"] == "bj1"
    assert [finding["code"] for finding in told["findings"]] == ["ami-unreachable", "console-unknown"]
    assert told["findings"][0].keys() == {"code", "level", "where", "what", "why", "do"}


def test_a_node_that_is_not_there(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert pbx(folder, "check", "--node", "gz1") == 2
    assert "there is no switch 'gz1' to be configured: --node bj1" in capsys.readouterr().err


FREESWITCH = """
name: {{en: P}}
languages: [en]
nodes:
  fs1:
    kind: freeswitch
    inside: true
    esl: "127.0.0.1:{port}"
    sip: "127.0.0.1:5070"
    trunk_sip: "127.0.0.1:5080"
    tls: {{listen: "127.0.0.1:5071", certificate: {folder}/cert.pem, key: {folder}/key.pem}}
"""


@pytest.fixture
def freeswitch(tmp_path: Path) -> Path:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / "config" / "tenants").mkdir(parents=True)
    text = FREESWITCH.format(port=port, folder=tmp_path)
    (tmp_path / "config" / "platform.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "cert.pem").write_text("CERTIFICATE\n", encoding="utf-8")
    (tmp_path / "key.pem").write_text("KEY\n\n", encoding="utf-8")
    assert run(["secrets", "--config", str(tmp_path / "config"), "--into", str(tmp_path / "secrets.yaml")]) == 0
    return tmp_path


def test_the_files_of_a_freeswitch_and_where_they_are_taken_in(
    freeswitch: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    into = freeswitch / "etc"
    assert pbx(freeswitch, "render", "--into", str(into)) == 0
    names = ["acl", "conference", "dialplan", "directory", "sofia", "vars"]
    assert sorted(file.name for file in into.glob("*.xml")) == [f"vcc-{name}.xml" for name in names]
    said = capsys.readouterr().out
    for name in names:
        assert f'<X-PRE-PROCESS cmd="include" data="{into}/vcc-{name}.xml"/>' in said
    pem = into / "tls" / "agent.pem"
    assert pem.read_text(encoding="utf-8") == "KEY\nCERTIFICATE\n"
    assert pem.stat().st_mode & 0o077 == 0
    assert f'"{into}/tls"' in (into / "vcc-sofia.xml").read_text(encoding="utf-8")


def test_a_certificate_that_cannot_be_read(freeswitch: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (freeswitch / "key.pem").unlink()
    assert pbx(freeswitch, "render", "--into", str(freeswitch / "etc")) == 1
    assert "key.pem" in capsys.readouterr().err


def test_a_freeswitch_that_does_not_answer(freeswitch: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert pbx(freeswitch, "check") == 1
    said = capsys.readouterr().out
    assert "[esl-unreachable]\n    why: " in said
    assert "1 thing does not fit on node fs1.\n" in said
