"""The dial plan, and the conversations to which it leads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from telephony.findings import error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from telephony.findings import Finding
    from telephony.freeswitch.check.expected import Expected
    from telephony.freeswitch.check.seen import Seen


def contexts(expected: Expected, seen: Seen) -> Iterator[Finding]:
    """Whether vcc's contexts are in the running switch."""
    missing = sorted(expected.contexts - seen.contexts)
    if missing and not seen.refused:
        yield error(
            "context-missing",
            "dial plan of the switch",
            f"not there: {', '.join(missing)}",
            why="calls would end with 404, and nothing would be said while vcc is away",
            do=f"{expected.take_in('dialplan.xml')}; then: reloadxml",
        )


def conference(expected: Expected, seen: Seen) -> Iterator[Finding]:
    """Whether three can talk."""
    if not seen.conference and not seen.refused:
        name = "conference.xml" if expected.settings.inside else "conference.conf.xml"
        yield error(
            "conference-missing",
            "conference.conf.xml",
            "there is no profile `vcc`",
            why="nobody could come into a conversation as a third",
            do=f"{expected.take_in(name)}; then: reloadxml",
        )
