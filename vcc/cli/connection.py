"""Where vcc is and what lets us in: from the options, the environment, or the file that the running vcc has written."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from cyclopts import Parameter

from vcc.cli.errors import UnreachableError, UsageError

#: The file in the state folder; `vcc.api.local` writes it.
_FILE = "cli.json"


@Parameter(name="*", group="Which vcc")
@dataclass(frozen=True, kw_only=True)
class Which:
    """Options of every command that asks a running vcc."""

    url: Annotated[str | None, Parameter(help="Its address. [env: VCC_URL]")] = None
    token: Annotated[str | None, Parameter(help="What lets us in. [env: VCC_TOKEN]")] = None
    state: Annotated[
        Path | None,
        Parameter(help="Its state folder, where a vcc on this machine leaves both. [env: VCC_STATE, else .state]"),
    ] = None
    json: Annotated[bool, Parameter(help="Print the answer as JSON.", negative="")] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Connection:
    """An address, `http://host:port`, and a token."""

    url: str
    token: str = field(repr=False)


def connection(which: Which, environment: Mapping[str, str] = os.environ) -> Connection:
    """Find both. An option goes before the environment, that before the file.

    Raises UnreachableError if nothing tells them, UsageError for an address that is none.
    """
    url = which.url or environment.get("VCC_URL")
    token = which.token or environment.get("VCC_TOKEN")
    if url is None or token is None:
        state = which.state or Path(environment.get("VCC_STATE", ".state"))
        found = _read(state / _FILE, url)
        url, token = url or found.url, token or found.token
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UsageError(f"'{url}' is no address; write it as http://127.0.0.1:8080.")
    return Connection(url=url.rstrip("/"), token=token)


def files_of(state: Path) -> tuple[Path, Path] | None:
    """The configuration's folder and the secrets file that the vcc on a state folder reads, or read last; None where
    nobody has told.
    """
    try:
        data = json.loads((state / _FILE).read_text("utf-8"))
        return Path(data["config"]), Path(data["secrets"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _read(file: Path, url: str | None) -> Connection:
    """What the file says; its token goes to its own address only."""
    try:
        data = json.loads(file.read_text("utf-8"))
        found = Connection(url=str(data["url"]), token=str(data["token"]))
    except FileNotFoundError:
        if (owner := _starting(file.with_name("vcc.lock"))) is not None:
            raise UnreachableError(
                f"The vcc on this state folder (process {owner}) is starting: ask again when it has said 'ready'."
            ) from None
        raise UnreachableError(
            f"No vcc runs on this state folder ({file} is not there): start one with 'vcc serve', "
            "name its folder with --state, or give --url and --token."
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnreachableError(f"{file} cannot be read ({error}): give --url and --token.") from None
    if url is not None and url.rstrip("/") != found.url.rstrip("/"):
        raise UsageError(f"The token in {file} is for {found.url}, not for {url}: give --token too.")
    return found


def _starting(lock: Path) -> int | None:
    """The process that has taken the state folder, if it is alive."""
    try:
        owner = int(lock.read_text("utf-8"))
        if owner > 0:
            os.kill(owner, 0)
    except PermissionError:
        return owner
    except (OSError, ValueError, OverflowError):
        return None
    return owner if owner > 0 else None
