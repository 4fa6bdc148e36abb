"""Sound: RTP's ports, music on hold, the files that vcc has the switch play."""

from __future__ import annotations

from typing import TYPE_CHECKING

from telephony.findings import error, warning
from telephony.values import socket_address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from telephony.asterisk.check.expected import Expected
    from telephony.asterisk.check.seen import Seen
    from telephony.findings import Finding


def rtp(expected: Expected, seen: Seen) -> Iterator[Finding]:
    """Whether the ports that carry media are those of the configuration, and nobody else's."""
    ports = seen.console.rtp if seen.console is not None else None
    if ports is None:
        return
    first, last = ports
    settings = expected.settings
    for name, address in (("sip", settings.sip), ("trunk_sip", settings.trunk_sip)):
        if first <= socket_address(address, name)[1] <= last:
            yield error(
                "rtp-overlap",
                f"rtp.conf: {first}-{last}",
                f"the node's `{name}` ({address}) is one of these ports",
                why="a call's media may get the port, and then nobody can register or call in",
                do="move one of the two, and restart Asterisk",
            )
    for other, (low, high) in expected.other_rtp.items():
        if first <= high and low <= last:
            yield error(
                "rtp-overlap",
                f"rtp.conf: {first}-{last}",
                f"the node {other} at the same address has {low}-{high}",
                why="two switches take ports from each other: calls without sound",
                do="give each switch of a machine a range of its own",
            )
    if (first, last) != settings.rtp:
        yield warning(
            "rtp-range",
            f"rtp.conf: {first}-{last}",
            f"the node says {settings.rtp[0]}-{settings.rtp[1]}",
            why="firewalls are opened by what the node says",
            do="write the switch's range into the node (`rtp`), or that one into rtp.conf",
        )


def music(expected: Expected, seen: Seen) -> Iterator[Finding]:
    """Whether the tenants' music is there, with files."""
    if seen.console is None or seen.console.failed:
        return
    missing = [name for name in sorted(expected.music) if not seen.console.music.get(name)]
    if missing:
        yield error(
            "music-missing",
            "music on hold",
            f"without a file that the switch can read, or not there: {', '.join(missing)}",
            why="callers wait in silence",
            do=f"{expected.take_in('musiconhold.conf')}; then: moh reload. The "
            "switch's user must be able to read the tenants' music folders, and every folder above them",
        )


def sounds(expected: Expected, seen: Seen) -> Iterator[Finding]:
    """Whether the switch can read what vcc renders."""
    del expected
    trial = seen.manager.trial
    if trial is not None and trial.played is False:
        yield error(
            "sound-unreadable",
            trial.sound,
            "the switch cannot play it",
            why="callers would hear nothing of what vcc says",
            do="run vcc and the switch as the same user, or let the switch's read the folder `speech` in vcc's state "
            "folder and every folder above it",
        )
