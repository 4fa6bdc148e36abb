"""What can be seen of the router: for the pages, the announcements, and the host that stores its state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from acd import plain
from acd.index import Requirement
from acd.matching import Matching

if TYPE_CHECKING:
    from collections.abc import Iterator

    from acd.protocol import AgentState, Rules, Ticket
    from acd.strategies import AgentStrategy


class View:
    """The readable side of a router. What it returns is the router's own state: to be read, never to be
    changed.
    """

    def __init__(self, rules: Rules, strategy: AgentStrategy) -> None:
        """Begin with nobody."""
        self._matching = Matching(rules, strategy)

    @property
    def rules(self) -> Rules:
        """The rules in force."""
        return self._matching.rules

    def agent(self, agent: str) -> AgentState | None:
        """The state of an agent; None for one who is not signed in."""
        desk = self._matching.agents.get(agent)
        return desk.state if desk else None

    def agents(self) -> Iterator[AgentState]:
        """All agents who are signed in."""
        return (desk.state for desk in self._matching.agents)

    def agent_on(self, phone: str) -> AgentState | None:
        """The agent who is signed in on a phone."""
        desk = self._matching.agents.on_phone(phone)
        return desk.state if desk else None

    def able(self, queue: str) -> Iterator[AgentState]:
        """The agents signed in who can serve a queue of the rules; looks at every agent, so for pages only.

        Raises KeyError for a queue that the rules do not have.
        """
        rules = self.rules.queues[queue]
        asked = Requirement.of(rules.tenant, rules.skills)
        profiles = ((desk.state, desk.profile) for desk in self._matching.agents)
        return (state for state, has in profiles if has is not None and asked.met_by(has.serves, has.skills))

    def ticket(self, contact: str) -> Ticket | None:
        """The ticket of a contact; None where it neither waits nor talks."""
        place = self._matching.tickets.get(contact)
        return place.ticket if place else None

    def tickets(self) -> Iterator[Ticket]:
        """All tickets: of contacts that wait, that are offered and that talk."""
        return (place.ticket for place in self._matching.tickets)

    def queue(self, queue: str) -> Iterator[Ticket]:
        """The contacts of a queue that no agent has answered yet, in serving order."""
        tickets = self._matching.tickets
        return (place.ticket for contact in tickets.in_queue(queue) if (place := tickets.get(contact)))

    def position(self, contact: str) -> int | None:
        """The place of a contact in its queue's serving order, from 1; None where it does not wait.

        Contacts that are being offered count: they keep their places. Costs a logarithm and 1/256 of the
        queue.
        """
        place = self._matching.tickets.get(contact)
        return None if place is None or place.ticket.answered else self._matching.tickets.position(place)

    def free_seats(self, tenant: str) -> int | None:
        """How many more agents may sign in for a tenant; None: no limit."""
        return self._matching.agents.free_seats(self.rules, tenant)

    def next_deadline(self) -> float | None:
        """When `tick` has to be called next; None: not before another event."""
        return self._matching.deadlines.next()

    def dump_agent(self, agent: str) -> dict[str, Any] | None:
        """What is to be stored of an agent (JSON values); None: nothing, forget what is stored."""
        desk = self._matching.agents.get(agent)
        return plain.dump_agent(desk.state) if desk else None

    def dump_ticket(self, contact: str) -> dict[str, Any] | None:
        """What is to be stored of a contact (JSON values); None: nothing, forget what is stored."""
        place = self._matching.tickets.get(contact)
        return plain.dump_ticket(place.ticket) if place else None
