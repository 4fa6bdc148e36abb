"""What the configuration wants of a running switch. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from telephony.asterisk.render import OWN_PREFIX, RenderError
from telephony.asterisk.templates import nodes, pjsip
from telephony.asterisk.templates.words import NODES_CONTEXT, music_class, trunk_context
from telephony.between import others
from tenancy.model import AsteriskNode, Platform

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Expected:
    """A node and what is rendered for it. `folder`: of the rendered files, where it is known."""

    node: str
    settings: AsteriskNode
    folder: Path | None
    endpoints: frozenset[str]
    contexts: frozenset[str]
    music: frozenset[str]
    api: str
    other_rtp: dict[str, tuple[int, int]] = field(default_factory=dict)

    def file(self, name: str) -> str:
        """The path of a rendered file, for people."""
        return f"{self.folder or '(the folder of vcc pbx render)'}/{OWN_PREFIX if self.settings.inside else ''}{name}"

    def take_in(self, name: str) -> str:
        """What to do so that the switch has what is rendered, for people."""
        if self.settings.inside:
            return f'{name}, at the end: #include "{self.file(name)}"'
        return f"render {self.file(name)} anew"


def expected(platform: Platform, node: str, *, folder: Path | None, music: Iterable[str]) -> Expected:
    """For the node `node`; `music`: the classes `tenant/name` that have a folder. Raises RenderError."""
    settings = platform.nodes.get(node)
    if not isinstance(settings, AsteriskNode):
        raise RenderError(f"node {node}: there is no Asterisk node of this name in the configuration")
    trunks = {name: trunk for name, trunk in platform.trunks.items() if trunk.node == node}
    phones = [name for name, phone in platform.phones.items() if phone.registers_at(node)]
    linked = others(platform, node)
    other_rtp = {
        name: other.rtp
        for name, other in platform.nodes.items()
        if name != node and isinstance(other, AsteriskNode) and _host(other.sip) == _host(settings.sip)
    }
    return Expected(
        node=node,
        settings=settings,
        folder=folder,
        endpoints=frozenset([*phones, *pjsip.endpoints(trunks), *(nodes.endpoints(linked) if linked else ())]),
        contexts=frozenset(
            [
                "vcc-serve",
                "vcc-agent",
                "vcc-handover",
                "vcc-check",
                "vcc-whisper",
                *map(trunk_context, trunks),
                *([NODES_CONTEXT] if linked else []),
            ]
        ),
        music=frozenset(map(music_class, music)),
        api=platform.api.listen,
        other_rtp=other_rtp,
    )


def _host(address: str) -> str:
    return address.rpartition(":")[0]
