"""Sound: RTP's ports, the tenants' music."""

from __future__ import annotations

from typing import TYPE_CHECKING

from telephony.findings import error, warning
from telephony.values import socket_address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from telephony.findings import Finding
    from telephony.freeswitch.check.expected import Expected
    from telephony.freeswitch.check.seen import Seen


def rtp(expected: Expected, seen: Seen) -> Iterator[Finding]:
    """Whether the ports that carry media are those of the configuration, and nobody else's."""
    if seen.rtp is None:
        return
    (first, last), settings = seen.rtp, expected.settings
    where = f"switch.conf.xml: {first}-{last}"
    for name, address in (("sip", settings.sip), ("trunk_sip", settings.trunk_sip)):
        if first <= socket_address(address, name)[1] <= last:
            yield error(
                "rtp-overlap",
                where,
                f"the node's `{name}` ({address}) is one of these ports",
                why="a call's media may get the port, and then nobody can register or call in",
                do="move one of the two, and restart FreeSWITCH",
            )
    for other, (low, high) in expected.other_rtp.items():
        if first <= high and low <= last:
            yield error(
                "rtp-overlap",
                where,
                f"the node {other} at the same address has {low}-{high}",
                why="two switches take ports from each other: calls without sound",
                do="give each switch of a machine a range of its own",
            )
    if (first, last) != settings.rtp:
        yield warning(
            "rtp-range",
            where,
            f"the node says {settings.rtp[0]}-{settings.rtp[1]}",
            why="firewalls are opened by what the node says",
            do="write the switch's range into the node (`rtp`), or that one into switch.conf.xml",
        )


def music(expected: Expected, seen: Seen) -> Iterator[Finding]:
    """Whether the tenants' music is known."""
    missing = sorted(expected.music - seen.music)
    if missing and not seen.refused:
        yield error(
            "music-missing",
            "variables of the switch",
            f"not there: {', '.join(missing)}",
            why="callers wait in silence",
            do=f"{expected.take_in('vars.xml')}; then: reloadxml",
        )
