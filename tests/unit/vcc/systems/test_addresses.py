"""Where a question may go."""

from __future__ import annotations

import socket

import pytest

from vcc.systems.addresses import may_reach, sockets


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111"])
def test_public_ones(address: str) -> None:
    assert may_reach(address, ())


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1",
        "255.255.255.255", "::1", "::", "fe80::1%eth0", "fd00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "64:ff9b::a00:1", "2002:a00:1::", "2001:0:a00:1::", "ff02::1", "localhost", "",
    ],
)  # fmt: skip
def test_others_only_by_name(address: str) -> None:
    assert not may_reach(address, ())
    assert not may_reach(address, ("10.1.0.0/16", "203.0.113.7"))


def test_named_ones() -> None:
    assert may_reach("10.1.2.3", ("10.1.0.0/16",))
    assert may_reach("::ffff:10.1.2.3", ("10.1.0.0/16",))
    assert may_reach("fd00::7", ("fd00::/64",))


def test_no_socket_is_made_for_the_others() -> None:
    info = (socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 80))
    with pytest.raises(PermissionError):
        sockets(())(info)
    sockets(("127.0.0.1",))(info).close()
