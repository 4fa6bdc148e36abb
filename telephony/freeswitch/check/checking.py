"""Looks at a running switch, and says what does not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from telephony.freeswitch.check import asking
from telephony.freeswitch.check.rules import RULES

if TYPE_CHECKING:
    from telephony.findings import Finding
    from telephony.freeswitch.check.expected import Expected


async def check(expected: Expected, *, password: str) -> list[Finding]:
    """Everything that does not fit; `password`: of the event socket."""
    seen = await asking.ask(expected, password)
    return [finding for rule in RULES for finding in rule(expected, seen)]
