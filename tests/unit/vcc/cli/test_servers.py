"""What phones are told to call, from a node's settings."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from tenancy.model import AsteriskNode
from vcc.cli.servers import server

NAT = {"external": "203.0.113.9", "local": ["10.0.0.0/8"]}
TLS = {"listen": "0.0.0.0:5061", "certificate": "/c.pem", "key": "/k.pem"}
MANAGER = "where vcc reaches the switch"


@pytest.mark.parametrize(
    ("settings", "transport", "typed", "address", "carries", "why"),
    [
        ({"sip": "192.0.2.7:5070"}, "any", "", "192.0.2.7:5070", "udp", ""),
        ({"sip": "192.0.2.7:5070", "nat": NAT}, "any", "", "203.0.113.9:5070", "udp", ""),
        ({"nat": NAT, "server": "pbx.example"}, "any", "", "pbx.example:5060", "udp", ""),
        ({"nat": NAT, "server": "pbx.example"}, "any", "other.example", "other.example:5060", "udp", ""),
        ({"server": "pbx.example", "tls": TLS}, "tls", "", "pbx.example:5061", "tls", ""),
        ({"server": "pbx.example", "tls": TLS}, "tls", "pbx.example:443", "pbx.example:443", "tls", ""),
        ({"server": "2001:db8::7"}, "any", "", "[2001:db8::7]:5060", "udp", ""),
        ({"sip": "[::]:5060", "ami": "[2001:db8::8]:5038"}, "any", "", "[2001:db8::8]:5060", "udp", MANAGER),
        ({"ami": "pbx1.example:5038"}, "any", "", "pbx1.example:5060", "udp", MANAGER),
        ({"websocket": {"listen": "127.0.0.1:8088"}}, "websocket", "", "127.0.0.1:8088", "ws", ""),
    ],
)
def test_where_the_server_is_from(  # noqa: PLR0917 - a row of a table
    settings: dict[str, Any], transport: str, typed: str, address: str, carries: str, why: str
) -> None:
    node = AsteriskNode.model_validate({"kind": "asterisk", **settings})
    found = server(node, transport, typed)
    assert (found.address, found.transport, found.why) == (address, carries, why)


class Routes:
    """A socket of a host with these addresses towards the outside, or with none."""

    def __init__(self, addresses: dict[int, str]) -> None:
        self._addresses = addresses

    def __call__(self, family: int, kind: int) -> Routes:
        assert kind == socket.SOCK_DGRAM
        self._family = family
        return self

    def __enter__(self) -> Routes:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def connect(self, to: tuple[str, int]) -> None:
        if self._family not in self._addresses:
            message = f"no route to {to}"
            raise OSError(message)

    def getsockname(self) -> tuple[str, int]:
        return self._addresses[self._family], 1


@pytest.mark.parametrize(
    ("addresses", "address", "why"),
    [
        ({socket.AF_INET: "192.0.2.33", socket.AF_INET6: "2001:db8::33"}, "192.0.2.33", "this host's address"),
        ({socket.AF_INET6: "2001:db8::33"}, "[2001:db8::33]", "this host's address"),
        ({socket.AF_INET: "127.0.0.1"}, "127.0.0.1", "no other device reaches it"),
        ({}, "127.0.0.1", "no other device reaches it"),
    ],
)
def test_on_every_address_the_hosts_own_is_shown_not_its_name(
    addresses: dict[int, str], address: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "socket", Routes(addresses))
    found = server(AsteriskNode.model_validate({"kind": "asterisk"}), "any")
    assert found.address == f"{address}:5060"
    assert why in found.why


def test_the_real_host_is_called_by_an_address() -> None:
    host = server(AsteriskNode.model_validate({"kind": "asterisk"}), "any").address.rpartition(":")[0]
    assert socket.getaddrinfo(host.strip("[]"), None, flags=socket.AI_NUMERICHOST)
