"""Checks of what listens where: no two things at one address, no signalling among the ports for media."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenancy.model import AsteriskNode, FreeSwitchNode, SwitchNode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.document import Document, Path
    from core.errors import Problem
    from tenancy.model import Platform

_EVERYWHERE = frozenset({"0.0.0.0", "::", "[::]"})  # noqa: S104 - compared with, not bound
#: Where the switch itself listens, beside its own wire; where vcc does: `agi`, and the API.
_OF_THE_SWITCH = ("sip", "trunk_sip", "nodes_sip")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Place:
    """A socket that somebody opens: `machine` is the node whose switch does, or empty for vcc."""

    machine: str
    host: str
    port: int
    path: Path

    def clashes(self, other: _Place) -> bool:
        """Whether only one of the two can be opened."""
        same_host = self.host == other.host or self.host in _EVERYWHERE or other.host in _EVERYWHERE
        return self.machine == other.machine and self.port == other.port and same_host

    def __str__(self) -> str:
        """As a person would look for it."""
        return ".".join(map(str, self.path))


def problems(platform: Platform, document: Document) -> Iterator[Problem]:
    """Each address that somebody else has already."""
    taken: list[_Place] = []
    for place in _places(platform):
        for other in taken:
            if place.clashes(other):
                message = f"{place.host}:{place.port} is the address of {other} already"
                yield document.problem(place.path, message, expected="another port, or another address")
                break
        taken.append(place)
    for name, node in platform.nodes.items():
        if isinstance(node, SwitchNode):
            yield from _among_media(name, node, document)


def _places(platform: Platform) -> Iterator[_Place]:
    yield _place("", platform.api.listen, ("api", "listen"))
    for name, node in platform.nodes.items():
        if isinstance(node, AsteriskNode):
            yield _place("", node.agi, ("nodes", name, "agi"))
            yield _place(name, node.ami, ("nodes", name, "ami"))
        elif isinstance(node, FreeSwitchNode):
            yield _place(name, node.esl, ("nodes", name, "esl"))
        if isinstance(node, SwitchNode):
            for field, address in _signalling(node):
                yield _place(name, address, ("nodes", name, field))
            for field in ("tls", "websocket"):
                if (way_in := getattr(node, field)) is not None:
                    yield _place(name, way_in.listen, ("nodes", name, field, "listen"))


def _signalling(node: SwitchNode) -> Iterator[tuple[str, str]]:
    """Each key that the node has, and its address."""
    for field in _OF_THE_SWITCH:
        if (address := getattr(node, field)) is not None:
            yield field, address


def _place(machine: str, address: str, path: Path) -> _Place:
    host, _, port = address.rpartition(":")
    return _Place(machine=machine, host=host, port=int(port), path=path)


def _among_media(name: str, node: SwitchNode, document: Document) -> Iterator[Problem]:
    first, last = node.rtp
    for field, address in _signalling(node):
        port = int(address.rpartition(":")[2])
        if first <= port <= last:
            message = f"port {port} is among the ports for media"
            expected = f"a port outside of {first} to {last}, or other ports in rtp"
            yield document.problem(("nodes", name, field), message, expected=expected)
