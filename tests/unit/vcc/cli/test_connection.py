"""Where the address and the token come from."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from vcc.cli.connection import Which, connection
from vcc.cli.errors import UnreachableError, UsageError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def state(tmp_path: Path) -> Path:
    (tmp_path / "cli.json").write_text(json.dumps({"url": "http://127.0.0.1:8080", "token": "of-file"}))
    return tmp_path


def test_the_option_goes_before_the_environment_that_before_the_file(state: Path) -> None:
    environment = {"VCC_URL": "http://env:1", "VCC_TOKEN": "of-env", "VCC_STATE": str(state)}
    assert connection(Which(), {"VCC_STATE": str(state)}).token == "of-file"
    assert connection(Which(state=state), {}).url == "http://127.0.0.1:8080"
    assert connection(Which(), environment).token == "of-env"
    found = connection(Which(url="https://option:2/", token="of-option"), environment)
    assert (found.url, found.token) == ("https://option:2", "of-option")
    assert connection(Which(token="of-option"), {"VCC_STATE": str(state)}).url == "http://127.0.0.1:8080"


def test_the_files_token_goes_to_its_own_address_only(state: Path) -> None:
    with pytest.raises(UsageError, match="--token"):
        connection(Which(url="http://elsewhere:8080", state=state), {})
    assert connection(Which(url="http://127.0.0.1:8080/", state=state), {}).token == "of-file"


def test_nothing_is_known(tmp_path: Path) -> None:
    with pytest.raises(UnreachableError, match="vcc serve"):
        connection(Which(state=tmp_path), {})


def test_one_that_is_starting_is_to_be_waited_for(tmp_path: Path) -> None:
    (tmp_path / "vcc.lock").write_text(f"{os.getpid()}\n")
    with pytest.raises(UnreachableError, match=f"process {os.getpid()}. is starting"):
        connection(Which(state=tmp_path), {})


@pytest.mark.parametrize("left", ["", "99999999\n", "0\n", "-1\n", "x" * 40])
def test_a_lock_of_nobody_is_no_start(tmp_path: Path, left: str) -> None:
    (tmp_path / "vcc.lock").write_text(left)
    with pytest.raises(UnreachableError, match="No vcc runs"):
        connection(Which(state=tmp_path), {})


@pytest.mark.parametrize("url", ["ftp://x", "127.0.0.1:8080", "http://", "http:///x", ""])
def test_what_is_no_address(url: str, state: Path) -> None:
    if url == "":
        assert connection(Which(url=url, state=state), {}).token == "of-file"
        return
    with pytest.raises(UsageError, match="is no address"):
        connection(Which(url=url, token="x"), {})


def test_a_token_is_not_shown() -> None:
    assert "of-option" not in repr(connection(Which(url="http://x", token="of-option"), {}))
