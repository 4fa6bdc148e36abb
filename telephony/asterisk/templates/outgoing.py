"""pjsip.conf: how calls go out to a carrier, and the registration where it wants one.

An endpoint of its own beside the one for calls that come in, so that each direction has its codecs; nothing leads a
request to it, so nobody can call in on it.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from telephony.asterisk.templates.words import codec, outgoing_endpoint, plain, secret
from telephony.values import RenderError, bracketed, socket_address

if TYPE_CHECKING:
    from tenancy.model import Outgoing, Registration, Trunk

#: A context that is not there: what came in would be refused.
_NOWHERE = "vcc-nowhere"
#: SIP repeats a request that was lost after 0.5 s, and again after 1.5 s: with less than that one lost packet, or a
#: machine that is busy for a moment, would take a whole carrier out of service. It ends well before the next
#: question is asked: that one was not answered would be told after the next one was.
_QUALIFY_TIMEOUT_S = 3.0
_QUALIFY_TIMEOUT_SHARE = 0.75
_RETRY_S = 30
_FORBIDDEN_RETRY_S = 300


def client_uri(outgoing: Outgoing) -> str:
    """Who registers, as the switch names it in its events; empty where nobody does."""
    registration = outgoing.registration
    return f"sip:{registration.user}@{_server(outgoing, 'server')}" if registration is not None else ""


def codecs(name: str, trunk: Trunk, outgoing: Outgoing) -> str:
    """What is offered on calls that go out."""
    return ",".join(codec(c, f"trunk {name}: outgoing.codecs") for c in outgoing.codecs or trunk.codecs)


def text(name: str, outgoing: Outgoing, *, media: str, password: str | None, password_digest: bool) -> str:
    """The sections of one trunk. `media`: what every endpoint has; `password`: of the registration, in plain text.

    Raises RenderError where a registration has none.
    """
    endpoint, where = outgoing_endpoint(name), f"trunk {name}: outgoing"
    server = _server(outgoing, f"{where}.server")
    registration = outgoing.registration
    lines = [
        f"[{endpoint}]",
        "type = endpoint",
        f"context = {_NOWHERE}",
        "identify_by = ip",
        "transport = trunks-udp",
        f"aors = {endpoint}",
        *([f"outbound_auth = {endpoint}"] if registration else []),
        *_identity(outgoing, where),
        media.rstrip("\n"),
        "allow_transfer = no",
        "send_connected_line = no",
        "",
        f"[{endpoint}]",
        "type = aor",
        f"contact = sip:{server}",
        f"qualify_frequency = {max(1, round(outgoing.qualify_s))}",
        f"qualify_timeout = {min(_QUALIFY_TIMEOUT_S, outgoing.qualify_s * _QUALIFY_TIMEOUT_SHARE):.2f}",
        "",
    ]
    if registration is not None:
        if password is None:
            raise RenderError(f"the secret trunk/{name} is missing: add it to the secrets file or the environment")
        lines += _registration(endpoint, registration, server, client_uri(outgoing))
        lines += _auth(endpoint, registration, password, name, password_digest=password_digest)
    return "\n".join(lines)


def _server(outgoing: Outgoing, where: str) -> str:
    return bracketed(*socket_address(outgoing.server, where))


def _identity(outgoing: Outgoing, where: str) -> list[str]:
    """Where the tenant's number stands: in From, or in P-Asserted-Identity beside the account."""
    if outgoing.caller_id_in == "from":
        return []
    registration = outgoing.registration
    return ["send_pai = yes", *([f"from_user = {plain(registration.user, where)}"] if registration else [])]


def _registration(endpoint: str, registration: Registration, server: str, client: str) -> list[str]:
    return [
        f"[{endpoint}]",
        "type = registration",
        "transport = trunks-udp",
        f"outbound_auth = {endpoint}",
        f"server_uri = sip:{server}",
        f"client_uri = {client}",
        f"contact_user = {registration.user}",
        f"expiration = {registration.expires_s}",
        "max_random_initial_delay = 1",  # by default up to 10 s go by before a restarted switch registers
        f"retry_interval = {_RETRY_S}",
        f"forbidden_retry_interval = {_FORBIDDEN_RETRY_S}",
        "max_retries = 1000000",
        "auth_rejection_permanent = no",
        "",
    ]


def _auth(endpoint: str, registration: Registration, password: str, name: str, *, password_digest: bool) -> list[str]:
    """With the realm known, the password's digest will do; without it Asterisk needs the password itself."""
    lines = [f"[{endpoint}]", "type = auth", f"username = {registration.user}"]
    if registration.realm is None:
        kind, credential = "userpass", f"password = {secret(password, f'the password of trunk {name}')}"
    else:
        text = f"{registration.user}:{registration.realm}:{password}"
        digest = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
        kind = "digest" if password_digest else "md5"
        credential = f"password_digest = MD5:{digest}" if password_digest else f"md5_cred = {digest}"
        lines.append(f"realm = {registration.realm}")
    return [*lines, f"auth_type = {kind}", credential, ""]
