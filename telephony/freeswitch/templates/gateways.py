"""The gateways: how calls go out to a carrier, and the registration where it wants one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from telephony.freeswitch.templates import words
from telephony.freeswitch.templates.dialplan import media_timeouts
from telephony.freeswitch.templates.document import Element, child, params
from telephony.freeswitch.templates.words import codec, plain
from telephony.values import RenderError, bracketed, socket_address

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenancy.model import FreeSwitchNode, Outgoing, Registration, Trunk

#: FreeSWITCH takes no shorter period.
LEAST_QUALIFY_S = 5
_RETRY_S = 30
_NO_ACCOUNT = "vcc"


def add(parent: Element, trunks: Mapping[str, Trunk], passwords: Mapping[str, str], node: FreeSwitchNode) -> None:
    """Add a gateway for each trunk on which calls go out. Raises RenderError where a registration has no password."""
    for name, trunk in sorted(trunks.items()):
        if trunk.outgoing is None:
            continue
        where = f"trunk {name}: outgoing"
        codecs = trunk.outgoing.codecs or trunk.codecs
        spoken = ",".join(codec(c, f"{where}.codecs") for c in codecs)
        gateway = child(parent, "gateway", name=words.gateway(name))
        params(child(gateway, "params"), _settings(name, trunk.outgoing, passwords, where))
        variables = {"absolute_codec_string": spoken, **_identity(trunk.outgoing), **media_timeouts(node)}
        kept = child(gateway, "variables")
        for variable, value in variables.items():
            child(kept, "variable", name=variable, value=value, direction="outbound")


def _settings(name: str, outgoing: Outgoing, passwords: Mapping[str, str], where: str) -> list[tuple[str, str]]:
    server = bracketed(*socket_address(outgoing.server, f"{where}.server"))
    return [
        ("proxy", server),
        ("realm", _realm(outgoing) or server),
        *_account(name, outgoing.registration, passwords),
        ("context", words.NOWHERE_CONTEXT),
        ("caller-id-in-from", "true" if outgoing.caller_id_in == "from" else "false"),
        ("retry-seconds", str(_RETRY_S)),
        ("ping", str(max(LEAST_QUALIFY_S, round(outgoing.qualify_s)))),
        ("ping-min", "1"),
        ("ping-max", "1"),
    ]


def _realm(outgoing: Outgoing) -> str | None:
    return outgoing.registration.realm if outgoing.registration is not None else None


def _account(name: str, registration: Registration | None, passwords: Mapping[str, str]) -> list[tuple[str, str]]:
    """With no digest: FreeSWITCH needs the password itself to answer a carrier."""
    if registration is None:
        return [("username", _NO_ACCOUNT), ("register", "false")]
    if name not in passwords:
        raise RenderError(f"the secret trunk/{name} is missing: add it to the secrets file or the environment")
    return [
        ("username", registration.user),
        ("password", plain(passwords[name], f"the password of trunk {name}")),
        ("register", "true"),
        ("expire-seconds", str(registration.expires_s)),
        ("extension", registration.user),
        ("extension-in-contact", "true"),
    ]


def _identity(outgoing: Outgoing) -> dict[str, str]:
    """Where the tenant's number stands: in From alone, or in P-Asserted-Identity beside the account."""
    return {"sip_cid_type": "none" if outgoing.caller_id_in == "from" else "pid"}
