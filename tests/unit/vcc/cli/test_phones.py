"""`vcc phone add` and `remove`: files keep what a person wrote, and nothing is written on which vcc would not start."""

from __future__ import annotations

import json
import shutil
import socket
from typing import TYPE_CHECKING

import pytest

from tests.lab.platform import ROOT
from vcc.cli.app import run
from vcc.cli.local import secrets
from vcc.lint import check_folder
from vcc.secrets_file import read_secrets

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A configuration and its secrets, as an engineer has them."""
    shutil.copytree(ROOT / "config", tmp_path / "config")
    assert secrets(tmp_path / "config", tmp_path / "state" / "secrets.yaml") == 0
    return tmp_path


def vcc(folder: Path, *words: str) -> int:
    return run([*words, "--config", str(folder / "config"), "--state", str(folder / "state")])


def files(folder: Path) -> tuple[str, str]:
    return (folder / "config" / "phones.yaml").read_text(), (folder / "state" / "secrets.yaml").read_text()


def test_a_phone_is_added_shown_once_and_removed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    phones, secret = files(folder)
    assert (
        vcc(folder, "phone", "add", "p109", "--name", '九号"台"', "--tenant", "press", "--server", "pbx.example") == 0
    )
    said = capsys.readouterr().out
    now, secret_now = files(folder)
    assert now == phones + 'p109: {node: bj1, name: "九号\\"台\\"", tenant: press}\n'
    assert len(secret_now.splitlines()) == len(secret.splitlines()) + 1
    assert (folder / "state" / "secrets.yaml").stat().st_mode & 0o777 == 0o600
    platform = check_folder(folder / "config").use().platform
    password = read_secrets(folder / "state" / "secrets.yaml", {}, platform).phones["p109"].get_secret_value()
    assert f"sip:p109:{password}@pbx.example:5060;transport=udp\n" in said
    assert "█" in said or "▀" in said
    assert "No vcc runs on" in said
    assert vcc(folder, "phone", "remove", "p109") == 0
    assert files(folder) == (phones, secret)


def runs(folder: Path) -> None:
    """What a vcc on this state folder leaves there; nobody listens."""
    reads = {"config": str(folder / "config"), "secrets": str(folder / "own-secrets.yaml")}
    (folder / "state" / "secrets.yaml").rename(folder / "own-secrets.yaml")
    (folder / "state" / "cli.json").write_text(json.dumps({"url": "http://127.0.0.1:9", "token": "t", **reads}))


def test_the_running_vccs_own_files_are_changed_unless_others_are_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs(folder)
    shutil.copytree(ROOT / "config", folder / "elsewhere" / "config")  # what lies in the working folder
    monkeypatch.chdir(folder / "elsewhere")
    assert run(["phone", "add", "p109", "--state", str(folder / "state")]) == 0
    assert "p109:" in (folder / "config" / "phones.yaml").read_text()
    assert "p109:" in (folder / "own-secrets.yaml").read_text()
    assert "p109:" not in (folder / "elsewhere" / "config" / "phones.yaml").read_text()
    assert run(["phone", "remove", "p109", "--state", str(folder / "state")]) == 0
    assert "p109:" not in (folder / "config" / "phones.yaml").read_text()


def test_nobody_is_told_that_a_vcc_has_read_what_it_does_not_read(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs(folder)
    other = folder / "other"
    shutil.copytree(ROOT / "config", other)
    assert run(["phone", "add", "p109", "--config", str(other), "--state", str(folder / "state")]) == 0
    assert f"reads {folder / 'config'}, not {other}: it knows nothing of this." in capsys.readouterr().out


def test_the_account_for_a_program(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    platform = folder / "config" / "platform.yaml"
    tls = "    tls: {listen: 0.0.0.0:5061, certificate: /c.pem, key: /k.pem}\n"
    nat = "    nat: {external: voice.example, local: [10.0.0.0/8]}\n"
    platform.write_text(platform.read_text().replace("    kind: asterisk\n", f"    kind: asterisk\n{tls}{nat}"))
    assert vcc(folder, "phone", "add", "home1", "--tls", "--srtp", "--auto-answer", "--json") == 0
    account = json.loads(capsys.readouterr().out)
    assert (account["server"], account["transport"], account["reloaded"]) == ("voice.example:5061", "tls", False)
    assert account["uri"] == f"sip:home1:{account['password']}@voice.example:5061;transport=tls"
    found = check_folder(folder / "config").use().platform.phones["home1"]
    assert (found.transport, found.srtp, found.auto_answer) == ("tls", True, True)


def test_it_is_said_where_the_server_is_from_if_nobody_wrote_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert vcc(folder, "phone", "add", "p121") == 0
    said = capsys.readouterr().out
    assert "The server is this host" in said
    assert f"@{socket.gethostname()}:" not in said
    platform = folder / "config" / "platform.yaml"
    platform.write_text(
        platform.read_text().replace("    kind: asterisk\n", "    kind: asterisk\n    server: pbx.example\n")
    )
    assert vcc(folder, "phone", "add", "p122") == 0
    said = capsys.readouterr().out
    assert "@pbx.example:5060;" in said
    assert "The server is" not in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["p101"], "'p101' is there already"),
        (["P9"], "P9"),
        ([""], "key is ''; expected a small letter"),
        (["p9: {node: bj1}"], "key is 'p9: {node: bj1}'; expected a small letter"),
        (["p9\n#"], "expected a small letter"),
        (["p109", "--node", "sh1"], "there is no node 'sh1'"),
        (["p109", "--tenant", "pres"], "there is no tenant 'pres'"),
        (["p109", "--srtp"], "expected transport: tls beside srtp: true"),
        (["p109", "--tls"], "lets nobody in over tls"),
    ],
)
def test_nothing_changes_where_it_cannot_be_done(
    folder: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    before = files(folder)
    assert vcc(folder, "phone", "add", *words) == 1
    assert said in capsys.readouterr().out
    assert files(folder) == before


def test_a_phone_that_is_not_there_is_not_removed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = files(folder)
    assert vcc(folder, "phone", "remove", "p999") == 1
    assert "there is no 'p999'" in capsys.readouterr().out
    assert files(folder) == before


def test_a_mobile_seat_is_removed_too(folder: Path) -> None:
    before = files(folder)
    with (folder / "config" / "phones.yaml").open("a") as file:
        file.write("m1: {node: bj1, outside: 13800138000, agents: [press/wang]}\n")
    assert vcc(folder, "phone", "remove", "m1") == 0
    assert files(folder) == before


def test_phones_that_stand_in_the_main_file_are_left_to_the_person(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = folder / "config"
    phones = (config / "phones.yaml").read_text().replace("p1", "  p1")
    (config / "phones.yaml").unlink()
    main = config / "platform.yaml"
    main.write_text(f"{main.read_text()}\nphones:\n{phones}")
    assert vcc(folder, "phone", "add", "p109") == 1
    assert "phones stand here; expected them in a file of their own, phones.yaml" in capsys.readouterr().out
