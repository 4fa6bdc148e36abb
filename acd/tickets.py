"""The contacts in the router's care: their places, and how many wait where.

A ticket stands in its queue's order from `add` until it is answered, offered or not, so that a place does not
move while a phone rings. It *waits* while no offer for it is under way: only then does it count for the
quotas and stand in its line of the index.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from acd.index import Index, Place
from acd.ranking import Ranking
from core.facts import Direction

if TYPE_CHECKING:
    from collections.abc import Iterator

    from acd.index import Line
    from acd.protocol import Rules, Ticket
    from acd.requirement import Requirement


class Tickets:
    """Every contact that waits, is offered or talks."""

    __slots__ = ("_places", "_queues", "_waiting_for_tenant", "_waiting_in_queue")

    def __init__(self) -> None:
        """Nobody is there."""
        self._places: dict[str, Place] = {}
        self._queues: dict[str, Ranking] = {}
        self._waiting_in_queue: Counter[str] = Counter()
        self._waiting_for_tenant: Counter[str] = Counter()

    def __iter__(self) -> Iterator[Place]:
        """Every place, in order of arrival."""
        return iter(self._places.values())

    def get(self, contact: str) -> Place | None:
        """The place of a contact; None where the router does not have it."""
        return self._places.get(contact)

    def add(self, ticket: Ticket, asked: Requirement, index: Index) -> Place:
        """Take a ticket into its queue's order; it does not wait yet."""
        place = Place(ticket, index.line(asked))
        place.line.members += 1
        self._places[ticket.contact] = place
        if not ticket.answered:
            self._join_queue(place)
        return place

    def change_line(self, place: Place, asked: Requirement, index: Index) -> None:
        """Move a ticket into its line of a new index."""
        waits = place.key in place.line.waiting
        place.line = index.line(asked)
        place.line.members += 1
        if waits:
            place.line.waiting.add(place.key)

    def asks(self, place: Place, asked: Requirement, index: Index) -> None:
        """The ticket, which does not wait, asks for something else from now on, or has another priority."""
        if not place.ticket.answered:
            self._leave_queue(place)
        former, changed = place.line, Place(place.ticket, index.line(asked))
        changed.line.members += 1
        place.line, place.key = changed.line, changed.key
        _left(former, index)
        if not place.ticket.answered:
            self._join_queue(place)

    def remove(self, place: Place, index: Index) -> None:
        """Let a ticket go that does not wait."""
        if not place.ticket.answered:
            self._leave_queue(place)
        del self._places[place.ticket.contact]
        _left(place.line, index)

    def answered(self, place: Place) -> None:
        """The ticket leaves the queue's order: an agent took it."""
        self._leave_queue(place)
        place.ticket.answered = True

    def unanswered(self, place: Place) -> None:
        """Back to the old place: the conversation did not come about."""
        place.ticket.answered = False
        self._join_queue(place)

    def wait(self, place: Place) -> None:
        """The contact waits: agents who come free look at it."""
        place.line.waiting.add(place.key)
        self._count(place.ticket, 1)

    def stop_waiting(self, place: Place) -> None:
        """The contact is offered to somebody, or leaves."""
        place.line.waiting.remove(place.key)
        self._count(place.ticket, -1)

    def _count(self, ticket: Ticket, by: int) -> None:
        """Who is to be called back is on no line: no bound of waiting counts that."""
        if ticket.direction is not Direction.OUTBOUND:
            self._waiting_in_queue[ticket.queue] += by
            self._waiting_for_tenant[ticket.tenant] += by

    def position(self, place: Place) -> int:
        """The place in the queue, from 1, those who are being offered counted."""
        return self._queues[place.ticket.queue].rank(place.key)

    def size(self, queue: str) -> int:
        """How many contacts of a queue nobody has answered yet."""
        return len(self._queues.get(queue, ()))

    def in_queue(self, queue: str) -> Iterator[str]:
        """The contacts in a queue that nobody has answered yet, in serving order."""
        return (key[3] for key in self._queues.get(queue, ()))

    def waiting(self, queue: str) -> int:
        """How many wait in a queue that nobody is rung for."""
        return self._waiting_in_queue[queue]

    def full(self, rules: Rules, queue: str, tenant: str) -> bool:
        """Whether one more may not wait, by the queue's bound or the tenant's."""
        in_queue, for_tenant = rules.queues[queue].max_waiting, rules.waiting.get(tenant)
        return (in_queue is not None and self._waiting_in_queue[queue] >= in_queue) or (
            for_tenant is not None and self._waiting_for_tenant[tenant] >= for_tenant
        )

    def _join_queue(self, place: Place) -> None:
        ranking = self._queues.get(place.ticket.queue)
        if ranking is None:
            ranking = self._queues[place.ticket.queue] = Ranking()
        ranking.add(place.key)

    def _leave_queue(self, place: Place) -> None:
        ranking = self._queues[place.ticket.queue]
        ranking.remove(place.key)
        if not ranking:
            del self._queues[place.ticket.queue]


def _left(line: Line, index: Index) -> None:
    line.members -= 1
    if not line.members:
        index.forget(line)
