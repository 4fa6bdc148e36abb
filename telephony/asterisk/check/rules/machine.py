"""The machine on which the switch runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from telephony.findings import error, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from telephony.asterisk.check.expected import Expected
    from telephony.asterisk.check.seen import Seen
    from telephony.findings import Finding

_CLOCK_S = 1.0
_RESOLVES_S = 0.5


def clock(expected: Expected, seen: Seen) -> Iterator[Finding]:
    """Whether both have the same time."""
    del expected
    difference = seen.manager.clock
    if difference is not None and abs(difference) > _CLOCK_S:
        yield warning(
            "clock-differs",
            "clock of the switch",
            f"it is {abs(difference):.1f} s {'ahead of' if difference > 0 else 'behind'} this machine's",
            why="times in the switch's log and in vcc's records cannot be compared",
            do="run chrony or systemd-timesyncd on both machines",
        )


def host_name(expected: Expected, seen: Seen) -> Iterator[Finding]:
    """Whether the machine's own name is known at once: Asterisk asks for it at each call."""
    del expected
    machine = seen.machine
    if machine.resolves is False or machine.seconds > _RESOLVES_S:
        what = "it cannot be resolved" if machine.resolves is False else f"resolving it takes {machine.seconds:.1f} s"
        yield error(
            "host-name",
            f"host name {machine.host}",
            what,
            why="Asterisk resolves it at each call, which waits for that, up to 10 s",
            do=f"/etc/hosts: 127.0.1.1 {machine.host}",
        )
