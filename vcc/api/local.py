"""The way in for the command line on the same machine: an address and a token in a file that only its owner can read.

The token is made anew at each start, reaches everything, and is known to the running process and to the file alone.
Beside them stand the folder and the file that this vcc reads: what the command line changes there, it can reload.
"""

from __future__ import annotations

import json
import os
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tenancy.secrets import Role
from vcc.api.identity import Principal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from vcc.api.identity import Directory

#: The file's name in the state folder.
FILE = "cli.json"


@contextmanager
def local_access(directory: Directory, state: Path, url: str, *, config: Path, secrets_file: Path) -> Iterator[None]:
    """Keep the file in the folder `state` while the context is open; `url` is where the API listens, `config` and
    `secrets_file` what vcc reads.
    """
    token = "vcc_" + secrets.token_urlsafe(32)
    file = state / FILE
    reads = {"config": str(config.absolute()), "secrets": str(secrets_file.absolute())}
    write_private(file, json.dumps({"url": url, "token": token, **reads}))
    directory.add(token, Principal(name="local", role=Role.PLATFORM))
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def write_private(file: Path, text: str) -> None:
    """Put `text` into a file of mode 0600, all of it or nothing. Raises OSError."""
    beside = file.with_name(f"{file.name}.new")
    beside.unlink(missing_ok=True)
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
    beside.replace(file)
