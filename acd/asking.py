"""What a contact asks for at its present rung of its queue's ladder, and when the next rung comes.

The ladder widens what the queue asks for, never what the contact asks for itself. Rungs are taken by deadlines: nobody
looks at who waits.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from acd.protocol import Picking, QueueRules
from acd.requirement import Requirement

if TYPE_CHECKING:
    from acd.protocol import Ticket


def of_queue(queue: QueueRules, rung: int, *, named: bool = False) -> Requirement:
    """What a queue asks for when so many rungs of its ladder are taken. `named`: agents were put on it or taken off."""
    return Requirement(
        tenant=queue.tenant,
        ways=queue.ways(rung),
        strategy=queue.strategy,
        pace=queue.pace,
        by_hand=queue.picking is Picking.ONLY,
        bounded="" if queue.most_agents is None else queue.queue,
        named=queue.queue if named else "",
    )


def requirement(queue: QueueRules, ticket: Ticket, *, named: bool = False) -> Requirement:
    """What the contact asks for now, besides what its queue does."""
    asked = of_queue(queue, ticket.rung, named=named)
    own = own_skills(queue, ticket)
    ways = tuple(way.joined(own) for way in asked.ways)
    if ticket.prefers:
        return replace(asked, ways=ways, by_hand=False, agents=ticket.prefers)
    return replace(asked, ways=ways, own=tuple(sorted(own.items())) if named else ())


def own_skills(queue: QueueRules, ticket: Ticket) -> dict[str, int]:
    """What the contact itself asks for beyond its queue."""
    return {skill: level for skill, level in ticket.skills.items() if level > queue.skills.get(skill, 0)}


def due(queue: QueueRules, ticket: Ticket) -> float | None:
    """When what the contact asks for changes next, if nobody answers before (POSIX seconds)."""
    if ticket.prefer_until is not None:
        return ticket.prefer_until
    return ticket.queued_at + queue.ladder[ticket.rung].after_s if ticket.rung < len(queue.ladder) else None


def climb(queue: QueueRules, ticket: Ticket, now: float) -> bool:
    """Take every step that is due: preferred agents are waited for no longer, then rung by rung. False: none was."""
    changed = False
    while (when := due(queue, ticket)) is not None and when <= now:
        changed = True
        _step(queue, ticket)
    return changed


def widen(queue: QueueRules, ticket: Ticket, rung: int) -> bool:
    """Take every step up to a rung, whatever the wait. False: none was left to take."""
    changed = False
    while ticket.rung < min(rung, len(queue.ladder)):
        changed = True
        _step(queue, ticket)
    return changed


def _step(queue: QueueRules, ticket: Ticket) -> None:
    if ticket.prefer_until is not None:
        ticket.prefers, ticket.prefer_until = (), None
    else:
        ticket.priority += queue.ladder[ticket.rung].raises
        ticket.rung += 1
