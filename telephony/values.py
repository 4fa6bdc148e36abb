"""Values of the configuration as every switch's files have them: addresses, networks, names of headers."""

from __future__ import annotations

import ipaddress
import re

from core.errors import VccError

_HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]{1,60}")
_LAST_PORT = 65_535


class RenderError(VccError):
    """A value cannot be written into the switch's configuration; the message names the value's place."""

    code = "render"


def socket_address(text: str, where: str) -> tuple[str, int]:
    """`host:port` as its parts, the host an address or a name; IPv6 in square brackets. Raises RenderError."""
    host, colon, port = text.rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not colon or not port.isdecimal() or not 0 < int(port) <= _LAST_PORT or not _is_host(bare):
        raise RenderError(f"{where}: {text!r} is not host:port")
    return bare, int(port)


def network(text: str, where: str) -> str:
    """An address, a network, or a host name, as `match` takes it. Raises RenderError."""
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError:
        if _HOST_NAME.fullmatch(text) and not re.fullmatch(r"[0-9.]+", text):
            return text
        raise RenderError(f"{where}: {text!r} is no address, no network and no host name") from None


def header_name(text: str, where: str) -> str:
    """A SIP header's name. Raises RenderError."""
    if not _HEADER_NAME.fullmatch(text):
        raise RenderError(f"{where}: {text!r} is no header name")
    return text.lower()


def _is_host(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return bool(_HOST_NAME.fullmatch(text))
    return True


def is_loopback(host: str) -> bool:
    """Whether an address is this machine's own; a name other than localhost is not."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def bracketed(host: str, port: int) -> str:
    """`host:port`, an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
