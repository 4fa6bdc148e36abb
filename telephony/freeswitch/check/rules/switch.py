"""The switch itself: whether vcc gets in, and what runs there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from telephony.findings import error, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from telephony.findings import Finding
    from telephony.freeswitch.check.expected import Expected
    from telephony.freeswitch.check.seen import Seen

#: The first with which vcc was seen working.
_SINCE = (1, 11)
_CLOCK_S = 1.5


def reachable(expected: Expected, seen: Seen) -> Iterator[Finding]:
    """Whether vcc gets in at all."""
    where = f"event socket, {expected.settings.esl}"
    if seen.refused_password:
        yield error(
            "esl-login",
            where,
            seen.refused,
            why="vcc drives the switch by it",
            do="give event_socket.conf.xml and the secrets (`esl`) the same password, and let this machine in by "
            "apply-inbound-acl; then: reload mod_event_socket",
        )
    elif seen.refused:
        yield error(
            "esl-unreachable",
            where,
            f"no event socket answers there: {seen.refused}",
            why="without it vcc cannot drive the switch",
            do="event_socket.conf.xml: listen-ip and listen-port as in the node's `esl`, and mod_event_socket in "
            "modules.conf.xml; then restart FreeSWITCH",
        )


def version(expected: Expected, seen: Seen) -> Iterator[Finding]:
    """Whether this FreeSWITCH is new enough."""
    del expected
    found = re.search(r"Version (\d+)\.(\d+)", seen.version)
    if not seen.refused and (found is None or (int(found[1]), int(found[2])) < _SINCE):
        yield warning(
            "version-old",
            seen.version.strip() or "version of the switch",
            "it is older than any with which vcc was tried, or does not say its version",
            why="commands and events may differ",
            do=f"install {'.'.join(map(str, _SINCE))} or newer",
        )


def expansion(expected: Expected, seen: Seen) -> Iterator[Finding]:
    """Whether a caller could have commands carried out."""
    del expected
    if seen.expands:
        yield error(
            "api-expansion",
            "switch.conf.xml",
            "commands in ${…} are carried out",
            why="FreeSWITCH looks for ${…} even in what it finds in a variable: a caller who says ${system …}, in the "
            "name or in a header, has the command carried out as the switch's user",
            do='<param name="api-expansion" value="false"/>, and until the next restart: fsctl api_expansion off. A '
            "dial plan of your own has to do without commands in ${…}; else: a FreeSWITCH beside yours",
        )


def modules(expected: Expected, seen: Seen) -> Iterator[Finding]:
    """Modules without which something of vcc's does not work."""
    missing = [name for name in expected.modules if name not in seen.modules]
    if missing and not seen.refused:
        yield error(
            "module-missing",
            "modules of the switch",
            f"not loaded: {', '.join(missing)}",
            why="the rendered dial plan and profiles, or vcc itself, use them",
            do="modules.conf.xml: load them; then restart FreeSWITCH, or: load " + missing[0],
        )


def clock(expected: Expected, seen: Seen) -> Iterator[Finding]:
    """Whether both have the same time."""
    del expected
    if seen.clock is not None and abs(seen.clock) > _CLOCK_S:
        yield warning(
            "clock-differs",
            "clock of the switch",
            f"it is {abs(seen.clock):.0f} s {'ahead of' if seen.clock > 0 else 'behind'} this machine's",
            why="times in the switch's log and in vcc's records cannot be compared",
            do="run chrony or systemd-timesyncd on both machines",
        )
