"""The trunks to the platform's other nodes (`telephony.between`): a profile, a gateway for each, and where they lead.

    vcc-nodes            a call of another node arrives: it is let in from the others' addresses and with the key, and
                         rings a phone that has its account here; no other number leads anywhere
    vcc-nodes-transfer   that phone sends its caller on: the other node is asked to, which has the caller

Nobody is parked for vcc here: whoever rings the phone has its other end, and vcc with it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from telephony.between import KEY_HEADER, RING_HEADER
from telephony.freeswitch import lasting, names
from telephony.freeswitch.templates import words
from telephony.freeswitch.templates.dialplan import DIALLED, media_timeouts
from telephony.freeswitch.templates.document import Element, action, child, condition, params
from telephony.freeswitch.templates.fallback import batches
from telephony.freeswitch.templates.gateways import PINGS
from telephony.freeswitch.templates.words import inert
from telephony.values import bracketed, socket_address

if TYPE_CHECKING:
    from collections.abc import Mapping

    from telephony.between import Links
    from tenancy.model import FreeSwitchNode, Phone

_CODECS = "PCMA,PCMU"
_QUALIFY_S = "30"
#: Another node that says nothing to a request for so long is not there.
SILENT_MS = 5_000
#: Where a leg goes when its conversation is over: no phone is called that.
_OVER = "/over"
_RING = f"${{sip_h_{RING_HEADER}}}"


def settings() -> list[tuple[str, str]]:
    """What the profile has beside what all have."""
    return [
        ("context", words.NODES_CONTEXT),
        ("inbound-codec-prefs", _CODECS),
        ("outbound-codec-prefs", _CODECS),
        ("timer-T1X64", str(SILENT_MS)),
        ("auth-calls", "false"),
        ("disable-register", "true"),
        ("fire-transfer-events", "true"),
        ("apply-inbound-acl", words.NODES_CONTEXT),
    ]


def addresses(links: Links) -> list[str]:
    """From where the others call."""
    return [socket_address(address, "nodes_sip")[0] for address, _ in links.others.values()]


def gateways(parent: Element, links: Links, node: FreeSwitchNode) -> None:
    """Add one for each of the others."""
    for name, (address, key) in links.others.items():
        server = bracketed(*socket_address(address, "nodes_sip"))
        gateway = child(parent, "gateway", name=words.node_gateway(name))
        values = [
            ("proxy", server),
            ("realm", server),
            ("username", "vcc"),
            ("register", "false"),
            ("context", words.NOWHERE_CONTEXT),
            ("caller-id-in-from", "true"),
            ("ping", _QUALIFY_S),
            *PINGS,
        ]
        params(child(gateway, "params"), values)
        kept = child(gateway, "variables")
        variables = {f"sip_h_{KEY_HEADER}": key, "absolute_codec_string": _CODECS, "sip_cid_type": "none"}
        for variable, value in {**variables, **media_timeouts(node)}.items():
            child(kept, "variable", name=variable, value=value, direction="outbound")


def contexts(root: Element, links: Links, phones: Mapping[str, Phone], node: FreeSwitchNode) -> None:
    """Add both contexts. `phones`: those that have an account here."""
    context = child(root, "context", name=words.NODES_CONTEXT)
    key = rf"^{links.key}\z"
    tone = child(context, "extension", name="ring tone", continue_="true")
    found = condition(tone, _RING, r"^[0-9]{1,4}:[01]:([A-Za-z0-9._-]{1,40})\z")
    action(found, "export", "nolocal:sip_h_Alert-Info=<urn:vcc:$1>;info=$1")
    answers = child(context, "extension", name="answers by itself", continue_="true")
    action(condition(answers, _RING, "^[0-9]{1,4}:1:"), "export", "nolocal:sip_h_Call-Info=<sip:vcc>;answer-after=0")
    over = child(context, "extension", name="over")
    action(condition(over, "destination_number", rf"^{_OVER}\z"), "hangup", "NORMAL_CLEARING")
    for (profile, srtp), some in _alike(phones).items():
        for batch in batches(some):
            extension = child(context, "extension", name="rings")
            condition(extension, f"${{sip_h_{KEY_HEADER}}}", key)
            condition(extension, "destination_number", rf"^(?:{'|'.join(map(re.escape, batch))})\z")
            _ring(condition(extension, _RING, r"^([0-9]{1,4}):"), profile, node, srtp=srtp)
    action(child(child(context, "extension", name="refused"), "condition"), "hangup", "CALL_REJECTED")
    transfer = child(root, "context", name=words.NODES_TRANSFER_CONTEXT)
    asked = condition(child(transfer, "extension", name="sent on"), "destination_number", DIALLED)
    action(asked, "deflect", f"sip:$1@{bracketed(*socket_address(links.listen, 'nodes_sip'))}")


def _alike(phones: Mapping[str, Phone]) -> dict[tuple[str, bool], list[str]]:
    """The phones by their profile, and whether their media are encrypted."""
    found: dict[tuple[str, bool], list[str]] = {}
    for name, phone in sorted(phones.items()):
        found.setdefault((words.phone_profile(phone.transport), phone.srtp), []).append(inert(name, "phone"))
    return found


def _ring(found: Element, profile: str, node: FreeSwitchNode, *, srtp: bool) -> None:
    own = {
        "call_timeout": "$1",
        "hangup_after_bridge": "true",
        "sip_copy_custom_headers": "false",
    }
    action(found, "multiset", " ".join(f"{name}={value}" for name, value in own.items()))
    both = {
        # the phone's hold is the other node's to hear, which has the caller and the music
        "hold_music": "indicate_hold",
        "force_transfer_context": words.NODES_TRANSFER_CONTEXT,
        # the switch's own variable would lead both to vcc, which does not know them
        names.GOES_BACK: f"{_OVER}:XML:{words.NODES_CONTEXT}",
        **media_timeouts(node),
    }
    for name, value in both.items():
        action(found, "export", f"{name}={value}")
    if srtp:
        action(found, "export", f"nolocal:{'='.join(words.SECURE_MEDIA)}")
    if node.inside:  # else it is the switch's own
        action(found, "export", f"nolocal:{'='.join(lasting.LED_NOWHERE)}")
    action(found, "bridge", f"sofia/{profile}/${{destination_number}}%{profile}")
