"""What somebody means who sends a caller on: the text that was dialled, read in the tenant whose caller it is.

    an agent's number, or a phone that an agent is at  -> agent
    `extension` of one of the tenant's queues          -> queue
    a number of the platform                           -> number
    other digits                                       -> outside: the toll-fraud guard says whether

Codes are for agents, so none of them leads anywhere here. The text is hostile: only what is one of these counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vcc.calls.floor import Floor

_NUMBER = re.compile(r"\+?[0-9]{1,20}", re.ASCII)
_LONGEST = 200


class Kind(StrEnum):
    """What a caller can be sent to."""

    AGENT = "agent"
    QUEUE = "queue"
    NUMBER = "number"
    OUTSIDE = "outside"


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """Where a caller is to go. `name`: platform-wide name of the agent or queue, or the number."""

    kind: Kind
    name: str


def find(floor: Floor, tenant: str, dialled: str) -> Target | None:
    """What was meant; None: nothing that there is. Only the user part counts, whatever stands behind an @."""
    text = dialled[:_LONGEST].partition("@")[0].strip().removeprefix("sip:")
    directory = floor.directory
    if agent := directory.agent_by_number(text):
        return Target(kind=Kind.AGENT, name=agent)
    if queue := directory.queue_by_extension(tenant, text):
        return Target(kind=Kind.QUEUE, name=queue)
    if text in directory.platform.phones:
        state = floor.router.agent_on(text)
        return Target(kind=Kind.AGENT, name=state.agent) if state else None
    if directory.owner(text, floor.now()) is not None:
        return Target(kind=Kind.NUMBER, name=text)
    return Target(kind=Kind.OUTSIDE, name=text) if _NUMBER.fullmatch(text) else None
