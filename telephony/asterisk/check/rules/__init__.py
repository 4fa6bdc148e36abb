"""The checks: each takes what is expected and what was seen, and gives findings. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from telephony.asterisk.check.rules import dial_plan, machine, manager, media, modules, names, sip

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from telephony.asterisk.check.expected import Expected
    from telephony.asterisk.check.seen import Seen
    from telephony.findings import Finding

    Rule = Callable[[Expected, Seen], Iterator[Finding]]

#: In the order in which findings are shown: what has to be mended first stands first.
RULES: tuple[Rule, ...] = (
    manager.reachable,
    manager.console,
    manager.files,
    manager.version,
    manager.rights,
    manager.rights_too_large,
    manager.events,
    modules.missing,
    modules.harmful,
    dial_plan.contexts,
    dial_plan.agi,
    dial_plan.lines_twice,
    sip.identifiers,
    sip.realm,
    sip.transports,
    sip.endpoints,
    names.clash,
    names.second_global,
    media.rtp,
    media.music,
    media.sounds,
    machine.clock,
    machine.host_name,
)
