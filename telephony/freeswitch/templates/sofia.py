"""sofia.conf.xml: where phones and carriers come in, and what they may do.

A carrier is known by where it calls (a profile of its own) and by where it comes from: each trunk's list of addresses
leads to the trunk's context, and who is in none of them is refused. A phone is known by its account's name and
password; what comes in on one profile cannot be an account of another (`words.phone_profile`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from telephony.freeswitch.templates import acl, gateways, nodes, words
from telephony.freeswitch.templates.dialplan import asked_headers
from telephony.freeswitch.templates.document import Element, child, configuration, params, written
from telephony.freeswitch.templates.words import codec, plain
from telephony.values import RenderError, bracketed, socket_address

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from telephony.between import Links
    from tenancy.model import FreeSwitchNode, Trunk

Settings = list[tuple[str, str]]

#: As many lists of addresses does a profile take.
_MOST_LISTS = 100
_WILDCARDS = ("0.0.0.0", "::")  # noqa: S104 - compared, not bound
#: FreeSWITCH listens at one address: this is the machine's own, the one that it would take by itself.
_OWN_ADDRESS = "auto"
#: Where a profile listens besides, that is there for browsers only: nobody from outside reaches it.
_NOT_OUTSIDE = "127.0.0.1"
_SESSION_TIMER_S, _LEAST_SESSION_TIMER_S = 600, 90
_EXPIRES_S = (30, 3_600)
#: A phone, and a carrier, that says nothing to a request for so long is not there. By itself FreeSWITCH waits 32 s,
#: so that a lost phone would be rung all that time.
_PHONE_SILENT_MS, _CARRIER_SILENT_MS = 3_000, 5_000
_PHONE_CODECS = "PCMA,PCMU"


def text(
    node: FreeSwitchNode,
    trunks: Mapping[str, Trunk],
    passwords: Mapping[str, str],
    folder: str | None,
    links: Links | None = None,
) -> str:
    """The file. `passwords`: of the registrations at carriers, by trunk; `folder`: of the certificates, where it is not
    the switch's own; `links`: the trunks to other nodes.
    """
    root, found = configuration("sofia.conf", "SIP")
    params(child(found, "global_settings"), [("log-level", "0"), ("debug-presence", "0")])
    profiles(child(found, "profiles"), node, trunks, passwords, folder, links=links)
    return written(root)


def included(
    node: FreeSwitchNode,
    trunks: Mapping[str, Trunk],
    passwords: Mapping[str, str],
    folder: str | None,
    links: Links | None = None,
) -> str:
    """The profiles alone, for a switch that has others."""
    root = Element("include")
    profiles(root, node, trunks, passwords, folder, links=links)
    return written(root)


def transports(node: FreeSwitchNode) -> list[str]:
    """The ways by which phones may come in, as they are called in a phone's `transport`."""
    return ["any", *(["tls"] if node.tls else []), *(["websocket"] if node.websocket else [])]


def addresses(node: FreeSwitchNode) -> dict[str, str]:
    """Each profile, and where it listens for SIP over UDP, TCP or TLS; for browsers that is on this machine only."""
    found = {words.PHONES_PROFILE: node.sip, words.TRUNKS_PROFILE: node.trunk_sip}
    if node.tls is not None:
        found[words.TLS_PROFILE] = node.tls.listen
    if node.websocket is not None:
        found[words.WEBSOCKET_PROFILE] = f"{_NOT_OUTSIDE}:{socket_address(node.websocket.listen, 'websocket')[1]}"
    return found


def profiles(
    parent: Element,
    node: FreeSwitchNode,
    trunks: Mapping[str, Trunk],
    passwords: Mapping[str, str],
    folder: str | None,
    *,
    links: Links | None,
) -> None:
    """Add each profile."""
    if socket_address(node.sip, "sip") == socket_address(node.trunk_sip, "trunk_sip"):
        raise RenderError(f"sip and trunk_sip are both {node.sip}: carriers need an address or port of their own")
    certificates = [("tls-cert-dir", plain(folder, "the folder of the certificates"))] if folder else []
    for transport in transports(node):
        name = words.phone_profile(transport)
        _profile(
            parent,
            name,
            [
                *_phones(node, transport, certificates),
                ("force-register-domain", name),
                ("force-register-db-domain", name),
            ],
        )
    gateway = child(parent, "profile", name=words.TRUNKS_PROFILE)
    gateways.add(child(gateway, "gateways"), trunks, passwords, node)
    params(child(gateway, "settings"), [*_at(node.trunk_sip, "trunk_sip"), *_common(node), *_trunks(trunks)])
    if links is not None:
        others = child(parent, "profile", name=words.NODES_PROFILE)
        nodes.gateways(child(others, "gateways"), links, node)
        params(child(others, "settings"), [*_at(links.listen, "nodes_sip"), *_common(node), *nodes.settings()])


def _profile(parent: Element, name: str, settings: Settings) -> None:
    params(child(child(parent, "profile", name=name), "settings"), settings)


def _at(address: str, where: str) -> Settings:
    host, port = socket_address(address, where)
    host = _OWN_ADDRESS if host in _WILDCARDS else host
    return [("sip-ip", host), ("rtp-ip", host), ("sip-port", str(port))]


def _common(node: FreeSwitchNode) -> Settings:
    """What every profile has in common. The media stays with the switch."""
    return [
        ("user-agent-string", "vcc"),
        ("dialplan", "XML"),
        ("dtmf-type", "rfc2833"),
        ("rfc2833-pt", "101"),
        ("rtp-timer-name", "soft"),  # wakes a leg without media: docs/adr/a-timer-for-each-leg-on-freeswitch.md
        ("inbound-late-negotiation", "true"),
        ("inbound-codec-negotiation", "generous"),
        ("enable-100rel", "false"),
        ("enable-timer", "true"),
        ("session-timeout", str(_SESSION_TIMER_S)),
        ("minimum-session-expires", str(_LEAST_SESSION_TIMER_S)),
        ("manage-presence", "false"),
        ("accept-blind-reg", "false"),
        ("accept-blind-auth", "false"),
        ("log-auth-failures", "true"),
        *_nat(node),
    ]


def _nat(node: FreeSwitchNode) -> Settings:
    """What is told to those outside of the node's own networks, where the node itself stands behind a router."""
    if node.nat is None:
        return []
    external = plain(node.nat.external, "nat: external")
    if not external.replace(".", "").isdecimal() and ":" not in external:
        external = f"host:{external}"
    return [("ext-sip-ip", external), ("ext-rtp-ip", external), ("local-network-acl", acl.LOCAL_LIST)]


def _phones(node: FreeSwitchNode, transport: str, certificates: Settings) -> Settings:
    least, most = _EXPIRES_S
    period = max(1, round(node.qualify_s))
    return [
        *_way_in(node, transport, certificates),
        *_common(node),
        ("context", words.PHONES_CONTEXT),
        ("inbound-codec-prefs", _PHONE_CODECS),
        ("outbound-codec-prefs", _PHONE_CODECS),
        ("challenge-realm", words.REALM),
        ("timer-T1X64", str(_PHONE_SILENT_MS)),
        ("auth-calls", "true"),
        ("auth-subscriptions", "true"),
        ("inbound-reg-force-matching-username", "true"),
        ("fire-transfer-events", "true"),
        ("multiple-registrations", "false"),
        ("sip-force-expires-min", str(least)),
        ("sip-force-expires-max", str(most)),
        # behind NAT: answers, and later calls, go to where a request came from
        ("NDLB-force-rport", "true"),
        ("NDLB-received-in-nat-reg-contact", "true"),
        ("aggressive-nat-detection", "true"),
        ("all-reg-options-ping", "true"),
        ("ping-mean-interval", str(period)),
        ("ping-thread-frequency", "1"),
        ("sip-user-ping-min", "1"),
        ("sip-user-ping-max", "1"),
    ]


def _way_in(node: FreeSwitchNode, transport: str, certificates: Settings) -> Settings:
    if transport == "tls" and node.tls is not None:
        host, port = socket_address(node.tls.listen, "tls: listen")
        settings = [("tls", "true"), ("tls-only", "true"), ("tls-sip-port", str(port))]
        policy = [("tls-version", "tlsv1.2"), ("tls-verify-policy", "none")]  # phones prove who they are by password
        return [*_at(bracketed(host, port), "tls: listen"), *settings, *policy, *certificates]
    if transport == "websocket" and node.websocket is not None:
        host, port = socket_address(node.websocket.listen, "websocket: listen")
        media = _at(node.sip, "sip")[1]
        kind = "wss-binding" if node.websocket.tls else "ws-binding"
        beside = [("sip-ip", _NOT_OUTSIDE), media, ("sip-port", str(port)), ("bind-params", "transport=udp")]
        return [*beside, (kind, f"{host}:{port}"), *(certificates if node.websocket.tls else [])]
    return _at(node.sip, "sip")


def _trunks(trunks: Mapping[str, Trunk]) -> Settings:
    """Who is in no list gets 403, since no list leads to a context for those who are not in it."""
    calling = [name for name in sorted(trunks) if acl.callers(name, trunks[name])]
    if len(calling) > _MOST_LISTS:
        raise RenderError(f"calls come in on {len(calling)} trunks of one node; FreeSWITCH takes {_MOST_LISTS}")
    spoken = [codec(c, f"trunk {name}: codecs") for name in sorted(trunks) for c in trunks[name].codecs]
    codecs = ",".join(dict.fromkeys(spoken)) or _PHONE_CODECS
    headers = any(asked_headers(name, trunk.numbers) for name, trunk in trunks.items())
    return [
        ("context", words.NOWHERE_CONTEXT),
        ("inbound-codec-prefs", codecs),
        ("outbound-codec-prefs", codecs),
        ("timer-T1X64", str(_CARRIER_SILENT_MS)),
        ("auth-calls", "false"),
        ("disable-transfer", "true"),
        ("disable-register", "true"),
        *(("apply-inbound-acl", list_) for list_ in _lists(calling)),
        *([("parse-all-invite-headers", "true")] if headers else []),
    ]


def _lists(calling: list[str]) -> Iterator[str]:
    """Each list, and the context to which it leads. Without any, a list in which nobody is."""
    for name in calling:
        context = words.trunk_context(name)
        yield f"{context}:{context}"
    if not calling:
        yield acl.NOBODY_LIST
