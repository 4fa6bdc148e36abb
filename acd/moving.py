"""Puts a contact that waits into another queue or gives it another priority; its age is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from acd.index import joined
from core.errors import ConflictError, NotFoundError

if TYPE_CHECKING:
    from acd.decision import Decision
    from acd.index import Desk, Place
    from acd.matching import Matching


def move(
    matching: Matching,
    contact: str,
    *,
    queue: str | None,
    priority: int | None,
    now: float,
    decision: Decision,
) -> None:
    """Move a contact; what is None stays. An offer under way is withdrawn where the queue changes.

    Raises NotFoundError for an unknown contact or queue, ConflictError for one who talks already or a queue
    of another tenant.
    """
    place = _check(matching, contact, queue)
    ticket = place.ticket
    desk: Desk | None = None
    offered = ticket.offer is not None
    if offered and queue not in (None, ticket.queue):
        desk, offered = matching.withdraw(place, "moved", now, decision), False
    elif not offered:
        matching.tickets.stop_waiting(place)
    matching.tickets.remove(place)
    if queue is not None:
        before, after = matching.queue(place).skills, matching.rules.queues[queue].skills
        own = {skill: level for skill, level in ticket.skills.items() if level > before.get(skill, 0)}
        ticket.queue, ticket.skills = queue, joined(after, own)
    ticket.first, ticket.only = (), False
    ticket.priority = ticket.priority if priority is None else priority
    place = matching.tickets.add(ticket, matching.index)
    decision.ticket(contact)
    if not offered:
        matching.seek(place, now, decision)
    if desk is not None:
        matching.settle(desk, now, decision)


def _check(matching: Matching, contact: str, queue: str | None) -> Place:
    place = matching.tickets.get(contact)
    if place is None or (queue is not None and queue not in matching.rules.queues):
        what = f"contact {contact} in a queue" if place is None else f"queue {queue}"
        message = f"there is no {what}"
        raise NotFoundError(message)
    if place.ticket.answered:
        message = f"contact {contact} waits no longer: agent {place.ticket.agent} has answered"
        raise ConflictError(message)
    if queue is not None and matching.rules.queues[queue].tenant != place.ticket.tenant:
        message = f"queue {queue} is not one of tenant {place.ticket.tenant}, whose contact this is"
        raise ConflictError(message)
    return place
