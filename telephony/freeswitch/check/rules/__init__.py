"""The checks: each takes what is expected and what was seen, and gives findings. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from telephony.freeswitch.check.rules import dial_plan, media, sip, switch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from telephony.findings import Finding
    from telephony.freeswitch.check.expected import Expected
    from telephony.freeswitch.check.seen import Seen

    Rule = Callable[[Expected, Seen], Iterator[Finding]]

#: The one that holds where nobody could look.
ALWAYS: tuple[Rule, ...] = (switch.reachable,)
#: The others, in the order in which findings are shown: what has to be mended first stands first.
SEEN: tuple[Rule, ...] = (
    switch.version,
    switch.expansion,
    switch.modules,
    dial_plan.contexts,
    dial_plan.conference,
    sip.profiles,
    sip.realm,
    sip.callers,
    sip.gateways,
    sip.accounts,
    media.rtp,
    media.music,
    switch.clock,
)
RULES = (*ALWAYS, *SEEN)
