"""pjsip.conf and extensions.conf: the trunks to the platform's other nodes (`telephony.between`).

    vcc-nodes        a call of another node arrives: for each phone that has its account here one extension, no other
      -> vcc-nodes-in    lets in who came to the nodes' port and has the key, and rings the phone
           -> vcc-nodes-ring     on the phone's channel: the ring tone, and whether the phone is to answer by itself

    vcc-nodes-transfer   that phone sends its caller on, blind: the other node is asked to, which has the caller

Nobody is connected to vcc from here: whoever rings the phone has its other end, and vcc with it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from telephony.asterisk.templates.words import (
    NODES_CONTEXT,
    NODES_ENDPOINT,
    NODES_IN_CONTEXT,
    NODES_RING_CONTEXT,
    NODES_TRANSFER_CONTEXT,
    NODES_TRANSPORT,
    TRANSFER_CONTEXT,
    node_endpoint,
    plain,
)
from telephony.between import KEY_HEADER, RING_HEADER
from telephony.values import bracketed, network, socket_address

if TYPE_CHECKING:
    from collections.abc import Iterable

    from telephony.between import Links

#: Needed on a node that has others beside it.
MODULES = ("app_dial", "app_transfer")
#: A context that is not there: what came in would be refused.
_NOWHERE = "vcc-nowhere"
_QUALIFY_S, _QUALIFY_TIMEOUT_S = 30, 3.0
#: What FILTER lets through of RING_HEADER, and of the caller's number and name: no quotes, no brackets.
_RING, _NUMBER, _NAME = r"0-9a-zA-Z:._\x2d", "0-9+*#", r"\x20\x21\x23-\x3b\x3d\x3f-\x7e\x80-\xff"


def endpoints(others: Iterable[str]) -> set[str]:
    """The names of the endpoints: one for the calls of all other nodes, one for calls to each."""
    return {NODES_ENDPOINT, *map(node_endpoint, others)}


def sip(links: Links, *, transport: str, media: str) -> str:
    """The sections of pjsip.conf. `transport`: where the node listens for the others; `media`: what every endpoint has.

    Whoever calls here is known by the request URI, which has address and port, and let in from the others' addresses: a
    carrier may share one of these.
    `moh_passthrough`: the phone's hold is the other node's to hear, which has the caller and the music.
    """
    host, port = socket_address(links.listen, "nodes_sip")
    callers = [network(socket_address(address, "nodes_sip")[0], "nodes_sip") for address, _ in links.others.values()]
    sections = [
        transport.strip("\n"),
        "",
        f"[{NODES_ENDPOINT}]",
        "type = endpoint",
        f"context = {NODES_CONTEXT}",
        "identify_by = request_uri",
        f"transport = {NODES_TRANSPORT}",
        "deny = 0.0.0.0/0",
        *(f"permit = {caller}" for caller in callers),
        *media.strip("\n").split("\n"),
        "send_connected_line = no",
        "allow_transfer = no",
        "moh_passthrough = yes",
        "",
        f"[{NODES_ENDPOINT}]",
        "type = identify",
        f"endpoint = {NODES_ENDPOINT}",
        f"match_request_uri = {plain(f'/@{re.escape(bracketed(host, port))}([;>?]|$)/', 'nodes_sip')}",
        "",
    ]
    for name, (address, key) in links.others.items():
        sections += _to(node_endpoint(name), bracketed(*socket_address(address, "nodes_sip")), key, media)
    return "\n".join(sections)


def _to(endpoint: str, server: str, key: str, media: str) -> list[str]:
    return [
        f"[{endpoint}]",
        "type = endpoint",
        f"context = {_NOWHERE}",
        "identify_by = ip",
        f"transport = {NODES_TRANSPORT}",
        f"aors = {endpoint}",
        *media.strip("\n").split("\n"),
        "send_connected_line = no",
        "allow_transfer = yes",
        f"set_var = TRANSFER_CONTEXT={TRANSFER_CONTEXT}",
        f"set_var = PJSIP_HEADER(add,{KEY_HEADER})={key}",
        "",
        f"[{endpoint}]",
        "type = aor",
        f"contact = sip:{server}",
        f"qualify_frequency = {_QUALIFY_S}",
        f"qualify_timeout = {_QUALIFY_TIMEOUT_S:.1f}",
        "",
    ]


def dial_plan(links: Links, patterns: Iterable[str]) -> list[str]:
    """The lines of extensions.conf; `patterns`: of what a phone may ask for. `-` counts for nothing there, so a phone
    may have the extension of another.
    """
    port = f":{socket_address(links.listen, 'nodes_sip')[1]}"
    ours = f"${{CHANNEL(pjsip,local_addr):-{len(port)}}} ${{FILTER(0-9a-f,${{PJSIP_HEADER(read,{KEY_HEADER})}})}}"
    here = bracketed(*socket_address(links.listen, "nodes_sip"))
    wishes = f"${{FILTER({_RING},${{PJSIP_HEADER(read,{RING_HEADER})}})}}"
    onto = f"{NODES_RING_CONTEXT}^s^1(${{CUT(VCC_RING,:,2)}}^${{CUT(VCC_RING,:,3)}})"
    extensions = {plain(phone, "phone").replace("-", ""): phone for phone in links.phones}
    return [
        "",
        f"[{NODES_CONTEXT}]",
        *(f"exten => {phone},1,Goto({NODES_IN_CONTEXT},${{EXTEN}},1)" for phone in extensions.values()),
        "",
        f"[{NODES_IN_CONTEXT}]",
        f'exten => _[a-z][a-z0-9_]!,1,GotoIf($["{ours}" = "{port} {links.key}"]?in)',
        " same => n,Hangup(21)",
        # not before the key: what stands in From comes into the events of all calls
        " same => n(in),Set(VCC_CALLER=${PJSIP_HEADER(read,From)})",
        f" same => n,Set(VCC_NAME=${{FILTER({_NAME},${{CUT(VCC_CALLER,<,1)}})}})",
        " same => n,Set(VCC_CALLER=${CUT(VCC_CALLER,<,${FIELDQTY(VCC_CALLER,<)})})",
        " same => n,Set(VCC_CALLER=${CUT(VCC_CALLER,>,1)})",
        f" same => n,Set(CALLERID(num)=${{FILTER({_NUMBER},${{PJSIP_PARSE_URI_FROM(VCC_CALLER,user)}})}})",
        " same => n,Set(CALLERID(name)=${VCC_NAME:0:-1})",  # without the blank before <
        " same => n,Set(CALLERID(pres)=allowed)",
        f" same => n,Set(VCC_RING={wishes})",
        f" same => n,Dial(PJSIP/${{EXTEN}},${{CUT(VCC_RING,:,1)}},ib({onto}))",
        " same => n,Hangup(${HANGUPCAUSE})",
        "",
        f"[{NODES_RING_CONTEXT}]",
        'exten => s,1,GotoIf($["${ARG1}" != "1"]?tone)',
        " same => n,Set(PJSIP_HEADER(add,Call-Info)=<sip:vcc>\\;answer-after=0)",
        ' same => n(tone),GotoIf($["${ARG2}" = ""]?done)',
        " same => n,Set(PJSIP_HEADER(add,Alert-Info)=<urn:vcc:${ARG2}>\\;info=${ARG2})",
        " same => n(done),Return()",
        "",
        f"[{NODES_TRANSFER_CONTEXT}]",
        *(
            line
            for pattern in patterns
            for line in (
                f"exten => {pattern},1,Transfer(sip:${{EXTEN}}@{here})",
                " same => n,Hangup()",
            )
        ),
    ]


def sent_on() -> str:
    """The first step of a leg that a phone has sent on, if it is another node's."""
    return f'GotoIf($["${{VCC_RING}}" != ""]?{NODES_TRANSFER_CONTEXT},${{EXTEN}},1)'
