"""acl.conf.xml: from which addresses each trunk's calls come, and which networks are the node's own."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from telephony.freeswitch.templates import nodes, words
from telephony.freeswitch.templates.document import Element, child, configuration, written
from telephony.values import RenderError, network, socket_address

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from telephony.between import Links
    from tenancy.model import FreeSwitchNode, Trunk

#: The networks in which a node behind NAT tells its own address.
LOCAL_LIST = "vcc-local"
#: Who may call where nobody may.
NOBODY_LIST = "vcc-nobody"


def callers(name: str, trunk: Trunk) -> list[str]:
    """The networks from which a trunk's calls come: those named, else where we register. Raises RenderError."""
    where = f"trunk {name}"
    addresses: Iterable[str] = trunk.from_addresses
    if not addresses and trunk.outgoing is not None and trunk.outgoing.registration is not None:
        addresses = (socket_address(trunk.outgoing.server, f"{where}: outgoing.server")[0],)
    return [_network(address, where) for address in addresses]


def _network(address: str, where: str) -> str:
    found = network(address, f"{where}: from_addresses")
    try:
        return str(ipaddress.ip_network(found))
    except ValueError:
        raise RenderError(
            f"{where}: FreeSWITCH knows who calls by the address, and {address!r} is a host's name: name its "
            "addresses in from_addresses"
        ) from None


def text(node: FreeSwitchNode, trunks: Mapping[str, Trunk], links: Links | None = None) -> str:
    """The file."""
    root, found = configuration("acl.conf", "who may call from where")
    lists(child(found, "network-lists"), node, trunks, links)
    return written(root)


def included(node: FreeSwitchNode, trunks: Mapping[str, Trunk], links: Links | None = None) -> str:
    """The lists alone, for a switch that has others."""
    root = Element("include")
    lists(root, node, trunks, links)
    return written(root)


def lists(parent: Element, node: FreeSwitchNode, trunks: Mapping[str, Trunk], links: Links | None) -> None:
    """Add each list."""
    for name in sorted(trunks):
        _list(parent, words.trunk_context(name), callers(name, trunks[name]))
    _list(parent, NOBODY_LIST, [])
    if links is not None:
        _list(parent, words.NODES_CONTEXT, [_network(address, "nodes_sip") for address in nodes.addresses(links)])
    if node.nat is not None:
        _list(parent, LOCAL_LIST, [_network(net, "nat: local") for net in node.nat.local])


def _list(parent: Element, name: str, networks: Iterable[str]) -> None:
    one = child(parent, "list", name=name, default="deny")
    for found in networks:
        child(one, "node", type="allow", cidr=found)
