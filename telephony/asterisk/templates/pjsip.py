"""pjsip.conf: where phones and carriers come in, who they are, and what they may do.

A carrier is known by where it calls (the trunk's own address or port, as the request URI says) and by where it comes
from; a phone by its account's name and password.
`endpoint_identifier_order` and what it costs: docs/adr/who-calls-at-asterisk.md.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from telephony.asterisk.templates import nodes
from telephony.asterisk.templates import outgoing as going_out
from telephony.asterisk.templates.words import (
    NODES_ENDPOINT,
    NODES_TRANSPORT,
    PHONES_CONTEXT,
    SECURE_VARIABLE,
    TRANSFER_CONTEXT,
    codec,
    outgoing_endpoint,
    plain,
    trunk_context,
    trunk_endpoint,
)
from telephony.values import RenderError, bracketed, network, socket_address

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from telephony.between import Links
    from tenancy.model import AsteriskNode, Trunk

_DIGEST = re.compile(r"[0-9a-f]{32}")
_QUALIFY_TIMEOUT_S = 3.0
TLS_TRANSPORT, WEBSOCKET_TRANSPORT = "phones-tls", "phones-websocket"
_WILDCARDS = ("0.0.0.0", "::")  # noqa: S104 - compared, not bound
#: A phone that is on hold need not send media; a dead one is found by the session timer.
_HELD_MEDIA_TIMEOUT_S = 3_600


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """A phone's SIP account. `digest` is the MD5 of `name:asterisk:password`, in lower-case hex."""

    name: str
    digest: str
    transport: str = "any"
    srtp: bool = False


def text(
    *,
    node: AsteriskNode,
    trunks: Mapping[str, Trunk],
    accounts: Iterable[Account],
    password_digest: bool = True,
    trunk_passwords: Mapping[str, str] | None = None,
    links: Links | None = None,
) -> str:
    """The file. `password_digest`: whether this Asterisk has that option (else the older `md5_cred` is written).
    `trunk_passwords`: of the registrations at carriers, by trunk. `links`: the trunks to other nodes.
    """
    parts = [_head(node)]
    parts += [part for name in sorted(trunks) if (part := _trunk(name, trunks[name], node))]
    parts += [
        going_out.text(
            name,
            trunk.outgoing,
            media=_media(node, going_out.codecs(name, trunk, trunk.outgoing), name),
            password=(trunk_passwords or {}).get(name),
            password_digest=password_digest,
        )
        for name, trunk in sorted(trunks.items())
        if trunk.outgoing is not None
    ]
    if links is not None:
        transport = _transport(NODES_TRANSPORT, "udp", bracketed(*socket_address(links.listen, "nodes_sip")), node)
        parts.append(nodes.sip(links, transport=transport, media=_media(node, "alaw,ulaw", NODES_ENDPOINT)))
    parts += [_phone(account, node, password_digest=password_digest) for account in accounts]
    return "\n".join(parts)


def endpoints(trunks: Mapping[str, Trunk]) -> set[str]:
    """The names of the trunks' endpoints: one for calls that come in, one for calls that go out."""
    into = {trunk_endpoint(name) for name, trunk in trunks.items() if _callers(trunk, name)}
    return into | {outgoing_endpoint(name) for name, trunk in trunks.items() if trunk.outgoing is not None}


def _head(node: AsteriskNode) -> str:
    phones = bracketed(*socket_address(node.sip, "sip"))
    carriers = bracketed(*socket_address(node.trunk_sip, "trunk_sip"))
    if phones == carriers:
        raise RenderError(f"sip and trunk_sip are both {phones}: carriers need an address or port of their own")
    return f"""\
{"" if node.inside else _GLOBAL}\
{_transport("phones-udp", "udp", phones, node)}{_transport("phones-tcp", "tcp", phones, node)}\
{_transport("trunks-udp", "udp", carriers, node)}{_transport("trunks-tcp", "tcp", carriers, node)}\
{_tls(node)}{_websocket(node)}"""


#: Who calls is asked in this order: docs/adr/who-calls-at-asterisk.md.
IDENTIFIER_ORDER = ("request_uri", "username", "ip")
_GLOBAL = f"""\
[global]
type = global
endpoint_identifier_order = {",".join(IDENTIFIER_ORDER)}
default_realm = asterisk
ignore_uri_user_options = yes
mwi_disable_initial_unsolicited = yes
keep_alive_interval = 90
"""


def _transport(name: str, protocol: str, bind: str, node: AsteriskNode, more: str = "") -> str:
    return f"""
[{name}]
type = transport
protocol = {protocol}
bind = {bind}
symmetric_transport = yes
{more}{_nat(node)}"""


def _tls(node: AsteriskNode) -> str:
    """Phones prove who they are by their password, so no certificate is asked of them."""
    if node.tls is None:
        return ""
    keys = f"""\
cert_file = {plain(node.tls.certificate, "tls: certificate")}
priv_key_file = {plain(node.tls.key, "tls: key")}
method = tlsv1_2
"""
    return _transport(TLS_TRANSPORT, "tls", bracketed(*socket_address(node.tls.listen, "tls: listen")), node, keys)


def _websocket(node: AsteriskNode) -> str:
    """Where it listens stands in http.conf."""
    if node.websocket is None:
        return ""
    return f"""
[{WEBSOCKET_TRANSPORT}]
type = transport
protocol = {"wss" if node.websocket.tls else "ws"}
bind = 0.0.0.0
{_nat(node)}"""


def _nat(node: AsteriskNode) -> str:
    """What is told to those outside of the node's own networks, where the node itself stands behind a router."""
    if node.nat is None:
        return ""
    external = plain(node.nat.external, "nat: external")
    local = "".join(f"local_net = {network(net, 'nat: local')}\n" for net in node.nat.local)
    return f"external_media_address = {external}\nexternal_signaling_address = {external}\n{local}"


def _trunk(name: str, trunk: Trunk, node: AsteriskNode) -> str:
    where = f"trunk {name}"
    networks = [network(address, f"{where}: from_addresses") for address in _callers(trunk, where)]
    if not networks and trunk.outgoing is None:
        raise RenderError(f"{where}: from_addresses is empty: nothing could call in on it")
    if not networks:  # calls only go out
        return ""
    codecs = ",".join(codec(c, f"{where}: codecs") for c in trunk.codecs)
    endpoint = trunk_endpoint(name)
    return f"""\
[{endpoint}]
type = endpoint
context = {trunk_context(name)}
identify_by = request_uri,ip
transport = trunks-udp
{_acl(networks)}{_media(node, codecs, name)}allow_transfer = no
send_connected_line = no

[{endpoint}]
type = identify
endpoint = {endpoint}
{chr(10).join(f"match = {net}" for net in networks)}
match_request_uri = {_request_uri(node)}
"""


def _callers(trunk: Trunk, where: str) -> tuple[str, ...]:
    """Who calls in: those named, else where we register."""
    if not trunk.from_addresses and trunk.outgoing is not None and trunk.outgoing.registration is not None:
        return (socket_address(trunk.outgoing.server, f"{where}: outgoing.server")[0],)
    return trunk.from_addresses


def _acl(networks: list[str]) -> str:
    """Addresses only: a host's name is known by `match` alone."""
    if not all(map(_is_network, networks)):
        return ""
    return "\n".join(["deny = 0.0.0.0/0", *(f"permit = {net}" for net in networks), ""])


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return True


def _request_uri(node: AsteriskNode) -> str:
    """A pattern for URIs that name where carriers call: by the port, or by the address if it is the trunk's alone."""
    host, port = socket_address(node.trunk_sip, "trunk_sip")
    phones_host, phones_port = socket_address(node.sip, "sip")
    if port != phones_port:
        return plain(f"/:{port}([;>?]|$)/", "trunk_sip")
    if host in _WILDCARDS or phones_host in _WILDCARDS:
        raise RenderError("sip and trunk_sip share a port and one listens on every address: give one another port")
    return plain(f"/@{re.escape(host)}([:;>?]|$)/", "trunk_sip")


def _phone(account: Account, node: AsteriskNode, *, password_digest: bool) -> str:
    name = plain(account.name, "phone")
    if not _DIGEST.fullmatch(account.digest):
        raise RenderError(f"phone {name}: the password's digest is not 32 hexadecimal digits")
    credential = f"password_digest = MD5:{account.digest}" if password_digest else f"md5_cred = {account.digest}"
    period = max(1, round(node.qualify_s))
    return f"""\
[{name}]
type = endpoint
context = {PHONES_CONTEXT}
identify_by = username
auth = {name}
aors = {name}
{_media(node, "alaw,ulaw", name)}allow_transfer = yes
send_connected_line = yes
send_pai = yes
set_var = TRANSFER_CONTEXT={TRANSFER_CONTEXT}
force_rport = yes
rewrite_contact = yes
{_secrecy(account)}
[{name}]
type = auth
auth_type = {"digest" if password_digest else "md5"}
username = {name}
{credential}

[{name}]
type = aor
max_contacts = 1
remove_existing = yes
minimum_expiration = 30
default_expiration = 300
maximum_expiration = 3600
qualify_frequency = {period}
qualify_timeout = {min(_QUALIFY_TIMEOUT_S, period / 2):.1f}
"""


def _secrecy(account: Account) -> str:
    """What is demanded of a phone that shall not be overheard: by another way it is neither rung nor let in."""
    lines = []
    if account.transport == "tls":
        lines += [f"transport = {TLS_TRANSPORT}", f"set_var = {SECURE_VARIABLE}=1"]
    if account.transport == "websocket":
        lines += [f"transport = {WEBSOCKET_TRANSPORT}", "webrtc = yes"]
    if account.srtp:
        lines += ["media_encryption = sdes", "media_encryption_optimistic = no"]
    return "".join(f"{line}\n" for line in lines)


def _media(node: AsteriskNode, codecs: str, name: str) -> str:
    """What every endpoint has in common. The media stays with the switch; transfers are vcc's to make.

    `callerid` stands in for what the caller sends: Asterisk decodes `%0D%0A` in a From's user part and writes it as it
    is into AMI events, where a caller could thus forge events of other calls. vcc reads the From header itself.
    """
    return f"""\
callerid = <{name}>
callerid_privacy = prohib
trust_id_inbound = no
disallow = all
allow = {codecs}
direct_media = no
rtp_symmetric = yes
dtmf_mode = rfc4733
timers = yes
timers_sess_expires = 600
rtp_timeout = {node.media_timeout_s}
rtp_timeout_hold = {_HELD_MEDIA_TIMEOUT_S if node.media_timeout_s else 0}
allow_subscribe = no
trust_connected_line = no
"""
