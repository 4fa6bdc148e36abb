"""Values that name something outside the configuration: a time zone, a time on the wall, a network."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from core.validate import mistake
from core.words import nearest

if TYPE_CHECKING:
    from datetime import time


_PORTS = 65_536
_DATABASES = ("postgresql", "postgres", "sqlite", "postgresql+asyncpg")


def known_time_zone(name: str) -> str:
    """The name, if it is one of the IANA time zones; raises a mistake else."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        hint = nearest(name, available_timezones())
        raise mistake("{value}", expected="a time zone such as Asia/Shanghai", hint=hint) from None
    return name


def wall_clock(moment: time) -> time:
    """The time, if it is hours and minutes without a time zone; raises a mistake else."""
    if moment.tzinfo is not None or moment.second or moment.microsecond:
        raise mistake("{value}", expected="a time such as 09:30")
    return moment


def address(text: str) -> str:
    """The address, if its port is one; raises a mistake else."""
    if not 0 < int(text.rpartition(":")[2]) < _PORTS:
        raise mistake("{value}", expected="a port from 1 to 65535 after the colon")
    return text


def base_url(text: str) -> str:
    """The URL, if others can stand below it; raises a mistake else."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        parts = None
    bad = parts is None or parts.scheme not in ("http", "https") or not parts.hostname
    if bad or parts is None or parts.username or parts.password or parts.query or parts.fragment or "{" in text:
        raise mistake("{value}", expected="https://host/path, without a password, ? and #")
    return text.rstrip("/")


def database(text: str) -> str:
    """The file's name or URL, if it is one of a database that can be used; raises a mistake else."""
    scheme, separator, _ = text.partition("://")
    if not text.strip() or (separator and scheme not in _DATABASES):
        raise mistake("{value}", expected="a file's name, or a URL like postgresql://user@host/database")
    return text


def network(address: str) -> str:
    """The address or network (10.0.0.0/24), if it is one; raises a mistake else."""
    try:
        ipaddress.ip_network(address, strict=False)
    except ValueError:
        raise mistake("{value}", expected="an IP address, or a network such as 10.0.0.0/24") from None
    return address
