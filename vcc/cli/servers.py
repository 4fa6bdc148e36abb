"""What a phone is told to call: host, port and transport, and where the host is taken from.

--server, the node's `server`, `nat.external`, the address that it listens on
on every address: the host of `ami` or `esl`, or this host's address towards the outside; without one 127.0.0.1
"""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tenancy.model import SwitchNode

#: A node that listens on one of these does so on every address that it has.
_EVERYWHERE = frozenset({"0.0.0.0", "[::]", "::", "*", ""})  # noqa: S104 - compared, not bound
_WITH_PORT = re.compile(r"(\[[^\]]+\]|[^:]+):([0-9]{1,5})")
#: Addresses of documentation: a UDP socket that is connected there sends nothing, and tells from where it would.
_ANYWHERE = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))
_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, kw_only=True, slots=True)
class Server:
    """`address` is host:port. `why` says where the host is from; empty: from what somebody wrote."""

    address: str
    transport: str
    why: str = ""


def server(node: SwitchNode, transport: str, typed: str = "") -> Server:
    """What a phone of this transport (any, tls, websocket) calls; `typed` is a host, or host:port."""
    listen, carries = node.sip, "udp"
    if transport == "tls" and node.tls is not None:
        listen, carries = node.tls.listen, "tls"
    elif transport == "websocket" and node.websocket is not None:
        listen, carries = node.websocket.listen, "wss" if node.websocket.tls else "ws"
    bound, _, port = listen.rpartition(":")
    if _WITH_PORT.fullmatch(typed):
        return Server(address=typed, transport=carries)
    host, why = typed or node.server or (node.nat.external if node.nat else ""), ""
    if not host:
        host, why = _own(node) if bound in _EVERYWHERE else (bound, "")
    return Server(address=f"{_bracketed(host)}:{port}", transport=carries, why=why)


def _own(node: SwitchNode) -> tuple[str, str]:
    """An address of a node that listens on all of its own, and how it was found."""
    manager = node.control.rpartition(":")[0]
    if manager not in _EVERYWHERE and not _is_loopback(manager):
        return manager, "where vcc reaches the switch"
    for family, anywhere in _ANYWHERE:
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((anywhere, 9))
                found: str = probe.getsockname()[0]
        except OSError:
            continue
        if not _is_loopback(found):
            return found, "this host's address towards the outside"
    return _LOOPBACK, "this host has no other address, so no other device reaches it"


def _is_loopback(host: str) -> bool:
    return host == "localhost" or host.startswith("127.") or host.strip("[]") == "::1"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
