"""PJSIP: who is who, the realm of the passwords, the addresses, the endpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from telephony.asterisk.render import REALM
from telephony.asterisk.templates.pjsip import IDENTIFIER_ORDER, TLS_TRANSPORT
from telephony.findings import error
from telephony.values import socket_address

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from telephony.asterisk.check.expected import Expected
    from telephony.asterisk.check.seen import Console, Seen
    from telephony.findings import Finding

_WILDCARDS = {"0.0.0.0", "[::]", "::"}  # noqa: S104 - compared, not bound


def _console(seen: Seen) -> Console | None:
    return None if seen.console is None or seen.console.failed else seen.console


def identifiers(expected: Expected, seen: Seen) -> Iterator[Finding]:
    """Whether carriers are told from phones before addresses count."""
    del expected
    console = _console(seen)
    if console is None:
        return
    configured = tuple(console.settings.get("endpoint_identifier_order", "").split(","))
    in_force = console.identifiers or configured
    if in_force == ("",) or _in_order(in_force):
        return
    restart = _in_order(configured)
    yield error(
        "identifier-order",
        "pjsip.conf, [global]",
        f"who calls is asked in the order {','.join(in_force)}",
        why="a phone could come in as a carrier without its password, or a phone's REGISTER be taken for the carrier's",
        do="restart Asterisk: the setting is right, and takes effect then"
        if restart
        else f"endpoint_identifier_order = {','.join(IDENTIFIER_ORDER)}; then restart Asterisk",
    )


def _in_order(order: Sequence[str]) -> bool:
    places = [order.index(name) if name in order else -1 for name in IDENTIFIER_ORDER]
    return -1 not in places and places == sorted(places)


def realm(expected: Expected, seen: Seen) -> Iterator[Finding]:
    """Whether the switch asks phones with the realm for which their passwords' digests were made."""
    del expected
    console = _console(seen)
    found = console.settings.get("default_realm", REALM) if console else REALM
    if found != REALM:
        yield error(
            "digest-realm",
            "pjsip.conf, [global]",
            f"default_realm is {found!r}",
            why=f"the digests of the phones' passwords are made for the realm {REALM!r}: no phone could register",
            do=f"default_realm = {REALM}, or leave the line out; then: module reload res_pjsip.so",
        )


def transports(expected: Expected, seen: Seen) -> Iterator[Finding]:
    """Whether vcc's addresses are listened at, and by nobody else's transport."""
    console = _console(seen)
    if console is None:
        return
    wanted = {
        f"{name}-{protocol}": (protocol, address)
        for name, address in (("phones", expected.settings.sip), ("trunks", expected.settings.trunk_sip))
        for protocol in ("udp", "tcp")
    }
    if expected.settings.tls is not None:
        wanted[TLS_TRANSPORT] = ("tls", expected.settings.tls.listen)
    others = {name: at for name, at in console.transports.items() if name not in wanted}
    for name, (protocol, address) in wanted.items():
        clash = [other for other, at in others.items() if at[0] == protocol and _overlap(at[1], address)]
        if clash:
            yield error(
                "transport-clash",
                f"pjsip.conf, [{clash[0]}]",
                f"it listens at {others[clash[0]][1]} ({protocol}), where vcc's {name} is to listen ({address})",
                why="only one of them can have it, and the other's calls go astray",
                do="set the node's `sip` and `trunk_sip` to ports that are free, render anew, restart Asterisk",
            )
        elif name not in console.transports or not _overlap(console.transports[name][1], address):
            yield error(
                "transport-missing",
                f"transport {name}",
                f"the switch does not listen at {address} ({protocol})",
                why="phones or carriers cannot reach it",
                do=f"{expected.take_in('pjsip.conf')}; then restart Asterisk: "
                "transports change only then. If it says that the address is in use, choose another port",
            )


def _overlap(one: str, other: str) -> bool:
    (host, port), (other_host, other_port) = socket_address(one, "bind"), socket_address(other, "bind")
    return port == other_port and (host == other_host or bool({host, other_host} & _WILDCARDS))


def endpoints(expected: Expected, seen: Seen) -> Iterator[Finding]:
    """Whether the phones and carriers of the configuration are known to the switch."""
    console = _console(seen)
    missing = expected.endpoints - console.endpoints if console is not None else frozenset()
    if missing:
        names = sorted(missing)
        shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")  # noqa: PLR2004
        yield error(
            "endpoint-missing",
            "endpoints of the switch",
            f"not there: {shown}",
            why="these phones cannot register, these carriers' calls are refused",
            do=f"{expected.take_in('pjsip.conf')}; render it anew; then: module reload "
            "res_pjsip.so. Asterisk's log says why, if it refuses the file",
        )
