"""The dial plan: vcc's contexts, and whether the switch reaches vcc from there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from telephony.findings import error, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from telephony.asterisk.check.expected import Expected
    from telephony.asterisk.check.seen import Seen
    from telephony.findings import Finding


def contexts(expected: Expected, seen: Seen) -> Iterator[Finding]:
    """Whether vcc's contexts are in the running switch."""
    if seen.console is not None and not seen.console.failed:
        missing = expected.contexts - seen.console.contexts
    else:
        trial = seen.manager.trial
        missing = frozenset({"vcc-check"} if trial is not None and not trial.began else ())
    if missing:
        yield error(
            "context-missing",
            "dial plan of the switch",
            f"not there: {', '.join(sorted(missing))}",
            why="calls would end with 404, and nothing could be handed over",
            do=f"{expected.take_in('extensions.conf')}; render it anew if trunks were added; then: dialplan reload",
        )


def agi(expected: Expected, seen: Seen) -> Iterator[Finding]:
    """Whether the switch, by itself, reaches the address at which vcc listens."""
    trial = seen.manager.trial
    if trial is not None and trial.agi is False:
        yield error(
            "agi-unreachable",
            f"agi://{expected.settings.agi}",
            "the switch does not reach it" + ("" if trial.own_agi else "; this check could not listen there either"),
            why="every call would hear the fallback",
            do="set the node's `agi` to an address of this machine that the switch can reach, render anew; look for a "
            "firewall, and for another program at that port",
        )


def lines_twice(expected: Expected, seen: Seen) -> Iterator[Finding]:
    """Whether the engineer's own contexts have names of vcc's."""
    for section in seen.files.sections.get("extensions.conf", ()) if seen.files else ():
        ours = section.file.name.startswith("vcc-") or section.file.parent == expected.folder
        if not ours and section.name.partition("]")[0].startswith("vcc-"):
            yield warning(
                "context-name",
                section.where,
                f"the context [{section.name}] is yours",
                why="names that begin with vcc- are vcc's: legs in such a context are taken for its own",
                do="give it another name",
            )
