"""What can be seen of the router: for the pages, the announcements, and the host that stores its state."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from acd import asking, plain
from acd.agents import skills_at
from acd.explaining import TAKEN_OFF, why_not
from acd.matching import Matching
from acd.timeline import Timeline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from acd.index import Profile
    from acd.protocol import AgentState, Rules, Ticket


class View:
    """The readable side of a router. What it returns is the router's own state: to be read, never to be
    changed.
    """

    def __init__(self, rules: Rules) -> None:
        """Begin with nobody."""
        self._matching = Matching(rules)
        self._timeline = Timeline()

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

    def more_wrap_up_s(self, agent: str) -> float:
        """How much more time an agent may take for the present wrap-up, in seconds; 0: none."""
        desk = self._matching.agents.get(agent)
        return self._matching.more_wrap_up_s(desk) if desk else 0.0

    def able(self, queue: str) -> Iterator[AgentState]:
        """The agents signed in who can serve a queue of the rules; looks at every agent, so for pages only.

        Raises KeyError for a queue that the rules do not have.
        """
        asked = self._matching.asked_by(queue)
        profiles = ((desk.state, desk.profile) for desk in self._matching.agents)
        return (state for state, has in profiles if has and asked.met_by(has.serves, has.skills, has.queues))

    def takes(self, agent: str, queue: str, now: float) -> bool:
        """Whether an agent of the rules can serve a queue of the rules, once signed in for its tenant: by skills, or as
        a supervisor has said. Raises KeyError.
        """
        known = self.rules.agents[agent]
        return self._matching.asked_by(queue).met_by(known.serves, skills_at(known, now)[0], known.queues)

    def count_staffed(self, queue: str) -> int:
        """How many agents are signed in who can serve a queue of the rules, whatever they do; 0 for other queues. Costs
        as much as there are different sets of skills in the tenants concerned.
        """
        return sum(len(profile.desks) for profile in self._who_can(queue))

    def count_ready(self, queue: str) -> int:
        """How many of them would be offered a contact now. Looks at each of them, at nobody else."""
        return sum(1 for profile in self._who_can(queue) for desk in profile.desks.values() if desk.free)

    def _who_can(self, queue: str) -> Iterator[Profile]:
        matching = self._matching
        return matching.index.able(matching.asked_by(queue)) if queue in self.rules.queues else iter(())

    def count_unanswered(self, queue: str) -> int:
        """How many contacts of a queue no agent has answered yet."""
        return self._matching.tickets.size(queue)

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

    def waiting(self, queue: str) -> int:
        """How many contacts wait in a queue that nobody is rung for."""
        return self._matching.tickets.waiting(queue)

    def position(self, contact: str) -> int | None:
        """The place of a contact in its queue's serving order, from 1; None where it does not wait.

        Contacts that are being offered count: they keep their places. Costs a logarithm and 1/256 of the
        queue.
        """
        place = self._matching.tickets.get(contact)
        return None if place is None or place.ticket.answered else self._matching.tickets.position(place)

    def expected_wait(self, contact: str, now: float) -> float | None:
        """How many seconds a contact is expected to wait from now on (infinite: nobody is there to take it,
        also when the ladder has widened what is asked for); None where it does not wait. It may rise. Costs what
        `position` does and, where nobody is there yet, a look at all profiles of its tenant.
        """
        place = self._matching.tickets.get(contact)
        if place is None or place.ticket.answered:
            return None
        return self._matching.expected_s(place, self._timeline.seen(now))

    def expected_wait_of(self, queue: str, now: float) -> float:
        """The same for who comes to a queue now. Raises KeyError for a queue that the rules do not have."""
        return self._matching.expected_of(queue, self._timeline.seen(now))

    def offers_of(self, contact: str) -> tuple[int, ...]:
        """The tokens of the offers of a contact that are under way, or of the one that has led to its conversation."""
        ticket = self.ticket(contact)
        return () if ticket is None or ticket.offer is None else (ticket.offer, *ticket.also.values())

    def waits_for(self, contact: str) -> dict[str, int] | None:
        """What the agents do instead who could take a contact that waits: how many are in each state, by the words of
        `explaining.why_not`, or most_agents: free, but its queue has all the agents that it may have; taken_off: a
        supervisor has taken them off its queue; none: nobody who is able is signed in. None: it does not wait. Looks at
        every agent.
        """
        place = self._matching.tickets.get(contact)
        if place is None or place.ticket.offer is not None:
            return None
        able = (desk.state for desk in self._matching.agents if self._matching.can_pick(place, desk))
        free = "most_agents" if place.ticket.queue in self._matching.full else "idle"
        found, asked = Counter(why_not(state) or free for state in able), place.line.requirement
        profiles = (desk.profile for desk in self._matching.agents if desk.profile is not None)
        off = sum(asked.kept_from(has.serves, has.skills, has.queues) for has in profiles)
        return dict(found) | ({TAKEN_OFF: off} if off else {})

    def next_step(self, contact: str) -> float | None:
        """When a contact that waits asks for less next (POSIX seconds); None: it never does."""
        place = self._matching.tickets.get(contact)
        if place is None:
            return None
        return self._timeline.told(asking.due(self._matching.queue(place.ticket), place.ticket))

    def free_seats(self, tenant: str) -> int | None:
        """How many more agents may sign in for a tenant; None: no limit."""
        return self._matching.agents.free_seats(self.rules, tenant)

    def next_deadline(self) -> float | None:
        """When `tick` has to be called next; None: not before another event."""
        when = self._matching.deadlines.next()
        return None if when is None else when - self._timeline.ahead

    def dump_agent(self, agent: str) -> dict[str, Any] | None:
        """What is to be stored of an agent (JSON values); None: nothing, forget what is stored."""
        desk = self._matching.agents.get(agent)
        return plain.dump_agent(desk.state, self._timeline.ahead) if desk else None

    def dump_ticket(self, contact: str) -> dict[str, Any] | None:
        """What is to be stored of a contact (JSON values); None: nothing, forget what is stored."""
        place = self._matching.tickets.get(contact)
        return plain.dump_ticket(place.ticket, self._timeline.ahead) if place else None

    def dump_pool(self, pool: str) -> dict[str, Any] | None:
        """What is to be stored of the accounts of tenants that share agents (JSON values); None: forget it."""
        return self._matching.sharing.dump(pool)

    def dump_handling(self, queue: str) -> dict[str, Any] | None:
        """What is to be stored of what a queue's contacts take of an agent's time (JSON values); None: forget it."""
        return self._matching.handling.dump(queue)
