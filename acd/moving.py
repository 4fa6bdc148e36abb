"""Puts a contact that waits into another queue or gives it another priority; its age is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from acd.asking import own_skills
from acd.requirement import joined
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
    desks: list[Desk] = []
    if ticket.offer is None:
        matching.tickets.stop_waiting(place)
    elif queue not in (None, ticket.queue):
        desks = matching.withdraw_all(place, "moved", now, decision)
    matching.tickets.remove(place, matching.index)
    if queue is not None:
        rules, own = matching.rules.queues[queue], own_skills(matching.queue(ticket), ticket)
        if queue != ticket.queue:
            ticket.rung = 0
        ticket.queue, ticket.skills = queue, joined(rules.skills, own)
    ticket.first, ticket.only = (), False
    ticket.prefers, ticket.prefer_until = (), None
    ticket.priority = ticket.priority if priority is None else priority
    place = matching.take_in(ticket, now)
    decision.ticket(contact)
    matching.seek(place, now, decision)
    matching.settle_all(desks, now, decision)


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
