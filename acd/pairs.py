"""The state of the router, and the moves that bring one agent and one contact together or take them apart.

    pair         an agent and a contact reserved for each other, under a token with a lease
    answered     the agent picked up: all others whose phones rang for the contact have been parted before
    part         agent and contact loose again; who calls it says what becomes of them

Agent and ticket are always changed together here, so that neither can be lost to the other. A contact may be paired
with several agents whose phones ring (`Ticket.also`), an agent never with more than one contact.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from acd import asking
from acd.agents import Agents, skills_at
from acd.deadlines import Deadlines
from acd.expecting import Handling
from acd.index import Index
from acd.protocol import OfferContact, OfferOver, Phase, QueueRules, Wish, WithdrawOffer
from acd.sharing import Sharing
from acd.strategies.least_occupied import occupied
from acd.tickets import Tickets
from core.facts import OfferOutcome

if TYPE_CHECKING:
    from acd.decision import Decision
    from acd.index import Desk, Place
    from acd.protocol import Reasons, Rules, Ticket
    from acd.requirement import Requirement

OCCUPIED = frozenset({Phase.TALKING, Phase.HELD, Phase.WRAP_UP})
#: What a deadline is for, before the name of the agent or the contact whose it is.
OF_PHASE, OF_SKILLS, OF_TICKET, OF_QUEUE = "a:", "s:", "t:", "q:"


class Pairs:
    """Agents, tickets and offers, and what links them."""

    def __init__(self, rules: Rules) -> None:
        """Nobody is there yet."""
        self.rules = rules
        self._asked: dict[tuple[str, int], Requirement] = {}
        self.index = Index()
        self.agents = Agents()
        self.tickets = Tickets()
        self.deadlines = Deadlines()
        self.sharing = Sharing(rules.weights)
        self.handling = Handling()
        #: contact and agent of each offer that is under way or has led to the present conversation
        self.offers: dict[int, tuple[str, str]] = {}
        self.last_token = 0
        #: agents who have contacts of each queue, or are rung for them; and the queues that may have no more of them
        self.engaged: Counter[str] = Counter()
        self.full: set[str] = set()
        #: nobody is offered anything: state was loaded, and the switches cannot ring phones yet
        self.paused = False
        #: queues of which a supervisor has said who is on them, or not
        self.named: frozenset[str] = frozenset()
        #: what was compared is told with each offer; the choice is the same without
        self.explains = True
        self.know_queues()

    def know_queues(self) -> None:
        """Tell the index what every queue asks for, so that no call has to wait for that to be worked out."""
        self._asked.clear()
        self.named = frozenset(queue for agent in self.rules.agents.values() for queue in agent.queues)
        for queue in self.rules.queues.values():
            for rung in range(len(queue.ladder) + 1):
                asked = asking.of_queue(queue, rung, named=queue.queue in self.named)
                self._asked[queue.queue, rung] = asked
                line = self.index.line(asked)
                if queue.queue not in line.queues:
                    line.queues = (*line.queues, queue.queue)

    # --- what is asked, and when that changes ---

    def queue(self, ticket: Ticket) -> QueueRules:
        """The rules of a contact's queue; defaults for a queue that a reload has taken away."""
        return self.rules.queues.get(ticket.queue) or QueueRules(queue=ticket.queue, tenant=ticket.tenant)

    def asked(self, ticket: Ticket) -> Requirement:
        """What a contact asks for now."""
        queue = self.queue(ticket)
        ticket.rung = min(ticket.rung, len(queue.ladder))
        if not ticket.prefers and ticket.skills == queue.skills:
            known = self._asked.get((ticket.queue, ticket.rung))
            if known is not None:
                return known
        return asking.requirement(queue, ticket, named=ticket.queue in self.named)

    def asked_by(self, queue: str) -> Requirement:
        """What a queue of the rules asks for at first. Raises KeyError for one that they do not have."""
        return self._asked[queue, 0]

    def arm(self, place: Place) -> None:
        """Keep the one deadline of a contact that nobody has answered; none of one who talks."""
        ticket = place.ticket
        when = None if ticket.answered else asking.due(self.queue(ticket), ticket)
        if when is not None:
            self.deadlines.set(OF_TICKET + ticket.contact, when)
        elif place.armed:
            self.deadlines.clear(OF_TICKET + ticket.contact)
        place.armed = when is not None

    def seat(self, desk: Desk, now: float) -> None:
        """Put an agent, who is not free afterwards, where the skills of this moment belong."""
        known = self.rules.agents[desk.state.agent]
        skills, until = skills_at(known, now)
        self.index.seat(desk, skills, known.queues)
        self.index.staff(desk, wants=desk.state.wish is Wish.READY)
        if until is None:
            self.deadlines.clear(OF_SKILLS + desk.state.agent)
        else:
            self.deadlines.set(OF_SKILLS + desk.state.agent, until)

    # --- together and apart ---

    def enter(self, desk: Desk, phase: Phase, now: float, decision: Decision, until: float | None = None) -> None:
        """Put an agent into a phase that ends by itself at `until`."""
        state = desk.state
        if state.phase is Phase.WRAP_UP:
            state.last_until = min(state.last_until, now)
        was = state.phase in OCCUPIED
        if was is not (phase in OCCUPIED):
            occupied(state, was=was, now=now)
        if until is not None:
            self.deadlines.set(OF_PHASE + state.agent, until)
        elif state.until is not None:
            self.deadlines.clear(OF_PHASE + state.agent)
        state.phase, state.since, state.until, state.failed = phase, now, until, ""
        decision.agent(state.agent)

    def token(self, now: float) -> int:
        """Milliseconds since 1970, or one more than the last: no token comes twice, over restarts too."""
        self.last_token = max(self.last_token + 1, int(now * 1000))
        return self.last_token

    def pair(self, place: Place, desk: Desk, why: Reasons, now: float, decision: Decision) -> None:
        """Reserve agent and contact for each other, until the phone has rung for its time and a grace."""
        ticket, state = place.ticket, desk.state
        queue = self.queue(ticket)
        until, token = now + queue.ring_s + self.rules.offer_grace_s, self.token(now)
        desk.free = 0
        self.offers[token] = (ticket.contact, state.agent)
        self.engages(ticket, 1)
        if ticket.offer is None:
            ticket.agent, ticket.offer = state.agent, token
            self._charge(ticket, desk, now, decision)
        else:
            ticket.also[state.agent] = token
        state.contact, state.offer, state.offered_at = ticket.contact, token, now
        self.enter(desk, Phase.RESERVED, now, decision, until)
        decision.ticket(ticket.contact)
        decision.offer(
            OfferContact(
                offer=token,
                contact=ticket.contact,
                queue=ticket.queue,
                agent=state.agent,
                phone=state.phone,
                ring_s=queue.ring_s,
                until=until,
                why=why,
            )
        )

    def engages(self, ticket: Ticket, agents: int) -> bool:
        """So many agents more have the contact; whether its queue could have no more before, and can now."""
        most = self.queue(ticket).most_agents
        self.engaged[ticket.queue] += agents
        was_full = ticket.queue in self.full
        if most is not None and self.engaged[ticket.queue] >= most:
            self.full.add(ticket.queue)
        else:
            self.full.discard(ticket.queue)
        if not self.engaged[ticket.queue]:
            del self.engaged[ticket.queue]
        return was_full and ticket.queue not in self.full

    def part(self, place: Place, agent: str, decision: Decision, *, lasted: float | None = None) -> Desk:
        """Take an agent and the contact apart. `lasted`: seconds of the agent's time that the tenant has had, by a
        conversation that is over: who calls it lets the contact go, or gives it another agent at once. None: it came to
        nothing, and a contact that nobody else is rung for stands in its queue's order again.
        """
        ticket, desk = place.ticket, self.agents.signed_in(agent)
        if desk.state.offer is not None:
            self.offers.pop(desk.state.offer, None)
        if self.engages(ticket, -1):
            self.deadlines.set(OF_QUEUE + ticket.queue, 0.0)
        if agent != ticket.agent:
            del ticket.also[agent]
        elif ticket.also:
            ticket.agent, ticket.offer = next(iter(ticket.also.items()))
            del ticket.also[ticket.agent]
        else:
            self._put_right(ticket, lasted, decision)
            ticket.agent, ticket.offer = "", None
            if ticket.answered and lasted is None:
                self.tickets.unanswered(place)
                self.arm(place)
        desk.state.contact, desk.state.offer = "", None
        decision.ticket(ticket.contact)
        decision.agent(agent)
        return desk

    def talks(self, place: Place, desk: Desk, now: float, decision: Decision) -> None:
        """The agent is the only one whom the contact is paired with, and they talk."""
        if not place.ticket.answered:
            self.tickets.answered(place)
            self.arm(place)
        self.enter(desk, Phase.TALKING, now, decision)
        decision.ticket(place.ticket.contact)

    def take_over(self, place: Place, given: Place, now: float, decision: Decision) -> None:
        """The agent of one conversation goes on in another, whose agent has left; the former contact is dropped."""
        token, lasted = _token(given.ticket.offer), now - given.ticket.offered_at
        desk = self.part(given, given.ticket.agent, decision, lasted=lasted)
        self.drop(given, decision)
        self._belongs(place, desk, token, now, decision)

    def seize(self, place: Place, desk: Desk, now: float, decision: Decision) -> None:
        """An agent who has no contact talks with one that nobody has, without having been offered it."""
        self._belongs(place, desk, self.token(now), now, decision)
        desk.state.failures = 0
        desk.state.calls += 1

    def _belongs(self, place: Place, desk: Desk, token: int, now: float, decision: Decision) -> None:
        ticket, state = place.ticket, desk.state
        desk.free = 0
        self.offers[token] = (ticket.contact, state.agent)
        self.engages(ticket, 1)
        state.contact = ticket.contact
        ticket.agent, ticket.offer, state.offer = state.agent, token, token
        self._charge(ticket, desk, now, decision)
        self.talks(place, desk, now, decision)

    def answer(self, place: Place, agent: str, now: float, decision: Decision) -> list[Desk]:
        """The agent picked up: the contact leaves the queue's order, the lease is over. Returns the others whose phones
        rang: they are idle, and not yet settled.
        """
        ticket, others = place.ticket, self.alone(place, agent, now, decision)
        decision.ended(self.over(ticket, agent, OfferOutcome.ANSWERED, ""))
        desk = self.agents.signed_in(agent)
        self.talks(place, desk, now, decision)
        desk.state.failures = 0
        desk.state.calls += 1
        return others

    def alone(self, place: Place, agent: str, now: float, decision: Decision) -> list[Desk]:
        """Nobody else is rung any more for the contact; returns those who were, not yet settled."""
        if not place.ticket.also:
            return []
        others = [other for other in (place.ticket.agent, *place.ticket.also) if other != agent]
        return [self.withdraw(place, other, "somebody else answered", now, decision) for other in others]

    def end_offer(self, place: Place, agent: str, outcome: OfferOutcome, detail: str, decision: Decision) -> Desk:
        """End an offer that the agent's phone did not take. One whose lease ran out may still ring: it is stopped."""
        ticket = place.ticket
        if outcome is OfferOutcome.EXPIRED:
            decision.ended(self.stop(ticket, agent))
        if not ticket.answered:
            decision.ended(self.over(ticket, agent, outcome, detail))
        if agent not in ticket.tried:
            ticket.tried = (*ticket.tried, agent)
        return self.part(place, agent, decision)

    def withdraw(
        self, place: Place, agent: str, detail: str, now: float, decision: Decision, *, stop: bool = True
    ) -> Desk:
        """End the offer for a reason that is not the agent's phone: the agent is as idle as before."""
        if stop:
            decision.ended(self.stop(place.ticket, agent))
        if not place.ticket.answered:
            decision.ended(self.over(place.ticket, agent, OfferOutcome.WITHDRAWN, detail))
        desk = self.part(place, agent, decision)
        self.enter(desk, Phase.IDLE, now, decision)
        return desk

    def withdraw_all(self, place: Place, detail: str, now: float, decision: Decision) -> list[Desk]:
        """End every offer of a contact; returns the agents, who are idle and not yet settled."""
        agents = [agent for agent in (place.ticket.agent, *place.ticket.also) if agent]
        return [self.withdraw(place, agent, detail, now, decision) for agent in agents]

    def drop(self, place: Place, decision: Decision) -> None:
        """Let a contact go that nobody has and that does not wait."""
        self.tickets.remove(place, self.index)
        if place.armed:
            self.deadlines.clear(OF_TICKET + place.ticket.contact)
        decision.ticket(place.ticket.contact)

    # --- accounts ---

    def _charge(self, ticket: Ticket, desk: Desk, now: float, decision: Decision) -> None:
        ticket.pool, ticket.charged, ticket.offered_at = desk.profile.pool if desk.profile else "", 0.0, now
        if ticket.pool:
            ticket.charged = self.sharing.charge(ticket.pool, ticket.tenant)
            decision.pool(ticket.pool)

    def _put_right(self, ticket: Ticket, lasted: float | None, decision: Decision) -> None:
        if ticket.pool:
            self.sharing.put_right(ticket.pool, ticket.tenant, ticket.charged, lasted)
            decision.pool(ticket.pool)
        ticket.pool, ticket.charged = "", 0.0

    # --- for the record ---

    def stop(self, ticket: Ticket, agent: str) -> WithdrawOffer:
        """The agent's phone is to stop ringing."""
        return WithdrawOffer(offer=self._offer_to(ticket, agent), contact=ticket.contact, agent=agent)

    def over(self, ticket: Ticket, agent: str, outcome: OfferOutcome, detail: str) -> OfferOver:
        """How the offer to the agent ended."""
        return OfferOver(
            offer=self._offer_to(ticket, agent),
            contact=ticket.contact,
            queue=ticket.queue,
            agent=agent,
            outcome=outcome,
            detail=detail,
        )

    def _offer_to(self, ticket: Ticket, agent: str) -> int:
        return _token(ticket.offer if agent == ticket.agent else ticket.also.get(agent))


def _token(offer: int | None) -> int:
    """The token of an offer that is under way. Raises ValueError where there is none."""
    if offer is None:
        message = "the contact is not offered to that agent"
        raise ValueError(message)
    return offer
