"""The gateways: how calls go out to a carrier, and the registration where it wants one.

The registration has a gateway of its own, which sends no OPTIONS: to the switch a registration is over with the first
one that nobody answers, whatever `ping-max` says, and until `retry-seconds` later no call goes out there.
"""

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
#: Each answer counts one up, to `ping-max` at most, each question without an answer one down, and what is below
#: `ping-min` takes no calls. So who has answered twice has to miss two one after the other.
PINGS = (("ping-min", "1"), ("ping-max", "2"))


def add(parent: Element, trunks: Mapping[str, Trunk], passwords: Mapping[str, str], node: FreeSwitchNode) -> None:
    """Add a gateway for each trunk on which calls go out. Raises RenderError where a registration has no password."""
    for name, trunk in sorted(trunks.items()):
        if trunk.outgoing is None:
            continue
        where = f"trunk {name}: outgoing"
        codecs = trunk.outgoing.codecs or trunk.codecs
        spoken = ",".join(codec(c, f"{where}.codecs") for c in codecs)
        common = _settings(name, trunk.outgoing, passwords, where)
        if trunk.outgoing.registration is not None:
            registration = child(parent, "gateway", name=words.registration(name))
            params(child(registration, "params"), [*common, *_registers(trunk.outgoing.registration)])
        gateway = child(parent, "gateway", name=words.gateway(name))
        params(child(gateway, "params"), [*common, *_asked(trunk.outgoing)])
        variables = {"absolute_codec_string": spoken, **_identity(trunk.outgoing), **media_timeouts(node)}
        kept = child(gateway, "variables")
        for variable, value in variables.items():
            child(kept, "variable", name=variable, value=value, direction="outbound")


def _settings(name: str, outgoing: Outgoing, passwords: Mapping[str, str], where: str) -> list[tuple[str, str]]:
    """What both gateways of a trunk have in common."""
    server = bracketed(*socket_address(outgoing.server, f"{where}.server"))
    return [
        ("proxy", server),
        ("realm", _realm(outgoing) or server),
        *_account(name, outgoing.registration, passwords),
        ("context", words.NOWHERE_CONTEXT),
        ("caller-id-in-from", "true" if outgoing.caller_id_in == "from" else "false"),
    ]


def _asked(outgoing: Outgoing) -> list[tuple[str, str]]:
    return [
        ("register", "false"),
        ("ping", str(max(LEAST_QUALIFY_S, round(outgoing.qualify_s)))),
        *PINGS,
        ("ping-monitoring", "true"),  # the first answer is told too
    ]


def _registers(registration: Registration) -> list[tuple[str, str]]:
    return [("register", "true"), ("expire-seconds", str(registration.expires_s)), ("retry-seconds", str(_RETRY_S))]


def _realm(outgoing: Outgoing) -> str | None:
    return outgoing.registration.realm if outgoing.registration is not None else None


def _account(name: str, registration: Registration | None, passwords: Mapping[str, str]) -> list[tuple[str, str]]:
    """With no digest: FreeSWITCH needs the password itself to answer a carrier."""
    if registration is None:
        return [("username", _NO_ACCOUNT)]
    if name not in passwords:
        raise RenderError(f"the secret trunk/{name} is missing: add it to the secrets file or the environment")
    return [
        ("username", registration.user),
        ("password", _password(passwords[name], f"the password of trunk {name}")),
        ("extension", registration.user),
        ("extension-in-contact", "true"),
    ]


def _identity(outgoing: Outgoing) -> dict[str, str]:
    """Where the tenant's number stands: in From alone, or in P-Asserted-Identity beside the account."""
    return {"sip_cid_type": "none" if outgoing.caller_id_in == "from" else "pid"}


def _password(text: str, where: str) -> str:
    """The switch cuts a carrier's password off at the first colon, and the carrier refuses what is left."""
    if ":" in text:
        raise RenderError(f"{where} has a colon, at which FreeSWITCH ends it: have the carrier set one without")
    return plain(text, where)
