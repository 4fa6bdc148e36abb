"""Reads the secrets from their file and the environment."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import structlog

from core.errors import ConfigurationError, Problem
from tenancy import secrets_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tenancy.model import Platform
    from tenancy.secrets import Secrets

_log = structlog.get_logger()
_MAX_BYTES = 2_000_000


def read_secrets(file: Path, environment: Mapping[str, str], platform: Platform) -> Secrets:
    """The platform's secrets; a file that is not there is no mistake, the environment may have them all.

    Raises ConfigurationError with every mistake. Reads the disk: call it outside of the event loop.
    """
    return secrets_file.load(_text(file), str(file), environment, platform)


def _text(file: Path) -> str | None:
    try:
        with file.open("rb") as opened:
            content = opened.read(_MAX_BYTES + 1)
        mode = file.stat().st_mode
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _mistake(file, f"cannot be read: {error.strerror}") from error
    if len(content) > _MAX_BYTES:
        raise _mistake(file, "this file is too big for a secrets file")
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        _log.warning("others can read the secrets file; chmod 600 it", file=str(file))
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise _mistake(file, f"byte {error.start} is not UTF-8") from error


def _mistake(file: Path, message: str) -> ConfigurationError:
    return ConfigurationError([Problem(file=str(file), line=1, column=1, message=message)])
