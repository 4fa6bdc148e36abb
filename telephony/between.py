"""The trunks between a platform's nodes: what all kinds of switch agree on. Pure.

A phone at another node is rung by an INVITE to `PHONE@` that node's `nodes_sip`. The node lets it in if it comes from
the address of another node and has the key in KEY_HEADER, and then rings its own phone by its own dial plan: no vcc is
asked, and its legs are strangers to vcc. What the phone is to do stands in RING_HEADER, who calls in From
(docs/adr/trunks-between-nodes.md).
"""

from __future__ import annotations

import hashlib
import hmac
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from telephony.values import RenderError
from tenancy.model import AsteriskNode, SwitchNode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from telephony.port import Ring
    from tenancy.model import Platform

KEY_HEADER, RING_HEADER = "X-VCC-Key", "X-VCC-Ring"
#: The far node gives up this much later than the one that rings: it is the other's end that counts.
_LATER_S = 5


def others(platform: Platform, node: str) -> dict[str, str]:
    """The nodes that a node can call, and that call it: name -> `nodes_sip`."""
    settings = platform.nodes.get(node)
    if not isinstance(settings, SwitchNode) or settings.nodes_sip is None:
        return {}
    return {
        name: other.nodes_sip
        for name, other in sorted(platform.nodes.items())
        if name != node and isinstance(other, SwitchNode) and other.nodes_sip is not None
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class Links:
    """A node's trunks to others. `listen`: its `nodes_sip`; `key`: what they have to know; `others`: of each, by name,
    its `nodes_sip` and its key; `phones`: those that have an account here.
    """

    listen: str
    key: str
    others: Mapping[str, tuple[str, str]]
    phones: tuple[str, ...]


def links(platform: Platform, node: str, secrets: Mapping[str, str]) -> Links | None:
    """Those of a node; None: it is the only one. `secrets`: `ami/<node>` or `esl/<node>` for each. Raises RenderError
    for one that is missing.
    """
    settings, known = platform.nodes.get(node), others(platform, node)
    if not known or not isinstance(settings, SwitchNode) or settings.nodes_sip is None:
        return None
    return Links(
        listen=settings.nodes_sip,
        key=key(platform, node, secrets),
        others={name: (address, key(platform, name, secrets)) for name, address in known.items()},
        phones=tuple(sorted(name for name, phone in platform.phones.items() if phone.registers_at(node))),
    )


def key(platform: Platform, node: str, secrets: Mapping[str, str]) -> str:
    """What whoever calls a node over such a trunk has to know, in hex: made of the secret of the node's own wire, which
    it does not tell. Raises RenderError where that is missing.
    """
    wire = "ami" if isinstance(platform.nodes[node], AsteriskNode) else "esl"
    try:
        secret = secrets[f"{wire}/{node}"]
    except KeyError:
        message = f"the secret {wire}/{node} is missing: add it to the secrets file or the environment"
        raise RenderError(message) from None
    return hmac.new(secret.encode(), b"vcc between nodes", hashlib.sha256).hexdigest()


def wishes(ring: Ring) -> str:
    """RING_HEADER's value: for how many seconds it rings at most, whether the phone is to answer by itself (1 or 0),
    and the ring tone's name or nothing, with `:` between them.
    """
    return f"{math.ceil(ring.timeout_s) + _LATER_S}:{int(ring.auto_answer)}:{ring.alert}"
