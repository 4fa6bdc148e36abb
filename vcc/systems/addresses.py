"""Where a question to a tenant's system may go: to public addresses, and to those that the configuration names."""

from __future__ import annotations

import ipaddress
import socket
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

#: Ways to write an IPv4 address in an IPv6 one that routers turn back: what is behind them is not seen here.
_DISGUISES = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")))


def may_reach(address: str, named: Sequence[str]) -> bool:
    """Whether this IP address is public, or one of those `named` (addresses and networks)."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    if any(ip in ipaddress.ip_network(network, strict=False) for network in named):
        return True
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _DISGUISES)


def sockets(named: Sequence[str]) -> Callable[[Any], socket.socket]:
    """Makes the sockets of a connector. Every connection comes by here with the address that it goes to, whether it was
    written or looked up; raises OSError for one that must not be reached.
    """

    def make(info: Any) -> socket.socket:  # noqa: ANN401 - as getaddrinfo tells it
        family, kind, protocol, _, address = info
        if not may_reach(str(address[0]), named):
            message = "an address that is not public, and that the system's 'addresses' do not name"
            raise PermissionError(message)
        return socket.socket(family, kind, protocol)

    return make
