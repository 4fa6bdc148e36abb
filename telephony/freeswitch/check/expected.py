"""What the configuration wants of a running switch. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from telephony.between import others
from telephony.freeswitch import names
from telephony.freeswitch.render import INCLUDED, OWN_PREFIX, RenderError, needed_modules
from telephony.freeswitch.templates import acl, sofia, words
from telephony.freeswitch.templates.modules import MODULES
from tenancy.model import FreeSwitchNode, Platform

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Expected:
    """A node and what is rendered for it. `folder`: of the rendered files, where it is known.

    `phones`: account -> its profile and the digest of its password. `profiles`: name -> host:port. `lists`: name -> an
    address that is in it. `rtp`: of other FreeSWITCH nodes at the same address.
    """

    node: str
    settings: FreeSwitchNode
    folder: Path | None
    modules: tuple[str, ...]
    profiles: Mapping[str, str]
    phones: Mapping[str, tuple[str, str]]
    gateways: frozenset[str]
    contexts: frozenset[str]
    lists: Mapping[str, str]
    music: frozenset[str]
    other_rtp: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    def take_in(self, name: str) -> str:
        """What to do so that the switch has what is rendered in the file of this name, for people."""
        folder = self.folder or "(the folder of vcc pbx render)"
        if not self.settings.inside:
            return f"render {folder}/{name} anew"
        file, where = INCLUDED[name]
        return f'render anew; in {file}, {where}: <X-PRE-PROCESS cmd="include" data="{folder}/{OWN_PREFIX}{name}"/>'


def expected(
    platform: Platform, node: str, *, folder: Path | None, music: Iterable[str], digests: Mapping[str, str]
) -> Expected:
    """For the node `node`; `music`: the classes `tenant/name` that have files; `digests`: of the phones' passwords.

    Raises RenderError.
    """
    settings = platform.nodes.get(node)
    if not isinstance(settings, FreeSwitchNode):
        raise RenderError(f"node {node}: there is no FreeSWITCH node of this name in the configuration")
    trunks = {name: trunk for name, trunk in platform.trunks.items() if trunk.node == node}
    calling = {name: found for name, trunk in trunks.items() if (found := acl.callers(name, trunk))}
    outgoing = {name: trunk.outgoing for name, trunk in trunks.items() if trunk.outgoing is not None}
    linked = others(platform, node)
    return Expected(
        node=node,
        settings=settings,
        folder=folder,
        modules=(*MODULES, *needed_modules(trunks)),
        profiles=sofia.addresses(settings) | ({words.NODES_PROFILE: settings.nodes_sip or ""} if linked else {}),
        phones={
            name: (words.phone_profile(phone.transport), digests[name])
            for name, phone in platform.phones.items()
            if phone.registers_at(node) and name in digests
        },
        gateways=frozenset(
            [words.gateway(name) for name in outgoing]
            + [words.registration(name) for name, found in outgoing.items() if found.registration is not None]
            + [words.node_gateway(name) for name in linked]
        ),
        contexts=frozenset(
            [*_CONTEXTS, *map(words.trunk_context, calling), *([words.NODES_CONTEXT] if linked else [])]
        ),
        lists={words.trunk_context(name): found[0].partition("/")[0] for name, found in calling.items()}
        | dict.fromkeys([words.NODES_CONTEXT] * bool(linked), _host(next(iter(linked.values()), "")).strip("[]")),
        music=frozenset(map(words.music_variable, music)),
        other_rtp={
            name: other.rtp
            for name, other in platform.nodes.items()
            if name != node and isinstance(other, FreeSwitchNode) and _host(other.sip) == _host(settings.sip)
        },
    )


_CONTEXTS = (
    names.CONTEXT,
    words.PHONES_CONTEXT,
    words.FALLBACK_CONTEXT,
    words.TRANSFER_CONTEXT,
    words.HANDOVER_CONTEXT,
    words.NOWHERE_CONTEXT,
)


def _host(address: str) -> str:
    return address.rpartition(":")[0]
