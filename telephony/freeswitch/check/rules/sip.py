"""SIP: where phones and carriers come in, and who they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from telephony.findings import error
from telephony.freeswitch.templates import words
from telephony.values import socket_address

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from telephony.findings import Finding
    from telephony.freeswitch.check.expected import Expected
    from telephony.freeswitch.check.seen import Seen

_WILDCARDS = {"0.0.0.0", "::"}  # noqa: S104 - compared, not bound
_SHOWN = 5


def profiles(expected: Expected, seen: Seen) -> Iterator[Finding]:
    """Whether vcc's profiles run, where they are to listen."""
    if seen.refused:
        return
    for name, address in expected.profiles.items():
        fields = seen.profiles.get(name)
        if fields is None:
            yield error(
                "profile-missing",
                f"SIP profile {name}",
                "it does not run",
                why="phones or carriers cannot reach the switch",
                do=f"{expected.take_in(_file(expected))}; then: sofia profile {name} start. If it says that it cannot "
                "create its agent, the address or port is taken, or a certificate is missing",
            )
        elif not _listens(fields.get("tls-url") or fields.get("url", ""), address):
            yield error(
                "profile-address",
                f"SIP profile {name}",
                f"it listens at {fields.get('tls-url') or fields.get('url')}, not at {address}",
                why="the phones' or carriers' settings name another address",
                do=f"{expected.take_in(_file(expected))}; then: sofia profile {name} restart, which ends its calls",
            )


def _listens(url: str, address: str) -> bool:
    host, port = socket_address(address, "sip")
    at = url.rpartition("@")[2]
    found_host, _, found_port = at.rpartition(":")
    return found_port == str(port) and (host in _WILDCARDS or found_host.strip("[]") == host)


def _file(expected: Expected) -> str:
    return "sofia.xml" if expected.settings.inside else "sofia.conf.xml"


def realm(expected: Expected, seen: Seen) -> Iterator[Finding]:
    """Whether the switch asks phones with the realm for which their passwords' digests were made."""
    for name in sorted(expected.profiles.keys() - {words.TRUNKS_PROFILE, words.NODES_PROFILE}):
        found = seen.profiles.get(name, {}).get("challenge-realm", words.REALM)
        if found != words.REALM:
            yield error(
                "digest-realm",
                f"SIP profile {name}",
                f"challenge-realm is {found!r}",
                why=f"the digests of the phones' passwords are made for the realm {words.REALM!r}: none could register",
                do=f"{expected.take_in(_file(expected))}; then: sofia profile {name} rescan",
            )


def callers(expected: Expected, seen: Seen) -> Iterator[Finding]:
    """Whether carriers are let in."""
    missing = sorted(expected.lists.keys() - seen.lists)
    if missing and not seen.refused:
        name = "acl.xml" if expected.settings.inside else "acl.conf.xml"
        yield error(
            "list-missing",
            "acl.conf.xml",
            f"not there, or without the carrier's addresses: {', '.join(missing)}",
            why="calls of these carriers are refused (403)",
            do=f"{expected.take_in(name)}; then: reloadacl",
        )


def gateways(expected: Expected, seen: Seen) -> Iterator[Finding]:
    """Whether calls can go out."""
    missing = sorted(expected.gateways - seen.gateways)
    if missing and not seen.refused:
        yield error(
            "gateway-missing",
            "gateways of the switch",
            f"not there: {_some(missing)}",
            why="no calls go out on these trunks",
            do=f"{expected.take_in(_file(expected))}; then: sofia profile {words.TRUNKS_PROFILE} rescan",
        )


def accounts(expected: Expected, seen: Seen) -> Iterator[Finding]:
    """Whether the phones are known, by the passwords of the secrets."""
    if seen.refused:
        return
    missing = sorted(name for name in expected.phones if not _has_digest(seen.phones.get(name, "")))
    other = sorted(
        name for name, (_, digest) in expected.phones.items() if name not in missing and seen.phones[name] != digest
    )
    for code, names, what, why in (
        ("phone-missing", missing, "not there", "these phones cannot register"),
        (
            "phone-password",
            other,
            "with another password than the secrets'",
            "these phones cannot register by theirs",
        ),
    ):
        if names:
            yield error(
                code,
                "directory of the switch",
                f"{what}: {_some(names)}",
                why=why,
                do=f"{expected.take_in('directory.xml')}; then: reloadxml",
            )


def _has_digest(text: str) -> bool:
    return len(text) == 32 and set(text) <= set("0123456789abcdef")  # noqa: PLR2004 - an MD5 digest


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
