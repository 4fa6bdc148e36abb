"""Who takes whom: brings free agents and waiting contacts together, and takes them apart again.

Agent and ticket are always changed together here, so that neither can be lost to the other:

    offer        free agent + contact that does not wait      -> both reserved, under a token with a lease
    part         agent + contact, offered or talking          -> both loose; who calls it says what becomes of them
    seek         a loose contact                              -> offered to a free agent, or waits in its old place
    settle       an agent after any change                    -> offered a waiting contact, or free, or not available

Whenever an event is done, no free agent could serve a waiting contact: each of them is matched as soon as it comes
(but for the time between `load` and `resume`, when nobody is offered anything).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from acd.agents import ON_CALL, Agents, available, can_be_asked
from acd.deadlines import Deadlines
from acd.index import Index, Requirement
from acd.protocol import OfferContact, OfferOver, Phase, QueueRules, Wish, WithdrawOffer
from acd.tickets import Tickets
from core.facts import OfferOutcome

if TYPE_CHECKING:
    from acd.decision import Decision
    from acd.index import Desk, Place
    from acd.protocol import Rules, Ticket
    from acd.strategies import AgentStrategy


class Matching:
    """The state of the router, and the moves between its two sides."""

    def __init__(self, rules: Rules, strategy: AgentStrategy) -> None:
        """Nobody is there yet."""
        self._strategy = strategy
        self.rules = rules
        self.index = self._new_index()
        self.agents = Agents()
        self.tickets = Tickets()
        self.deadlines = Deadlines()
        #: the contact of each offer that is under way or has led to the present conversation
        self.offers: dict[int, str] = {}
        self.last_token = 0
        #: nobody is offered anything: state was loaded, and the switches cannot ring phones yet
        self.paused = False

    def _new_index(self) -> Index:
        """An index that knows what every queue asks for, so that no call has to wait for that to be worked
        out.
        """
        index = Index(self._strategy)
        for queue in self.rules.queues.values():
            index.line(Requirement.of(queue.tenant, queue.skills))
        return index

    def rebuild(self, rules: Rules, decision: Decision) -> list[Desk]:
        """Take new rules and make the index anew; nobody is matched. Returns the agents that the rules have
        no more and who are not in a conversation.
        """
        self.rules = rules
        self.index = self._new_index()
        for place in self.tickets:
            self.tickets.change_line(place, self.index)
        vanished = []
        for desk in sorted(self.agents, key=lambda desk: desk.state.agent):
            desk.profile, desk.free = None, 0
            known = rules.agents.get(desk.state.agent)
            if known is None:
                if desk.state.phase not in ON_CALL:
                    vanished.append(desk)
                elif desk.state.wish is not Wish.SIGNED_OUT:
                    desk.state.wish = Wish.SIGNED_OUT
                    decision.agent(desk.state.agent)
                continue
            serves = tuple(tenant for tenant in desk.state.serves if tenant in known.serves)
            if serves != desk.state.serves:
                self.agents.serve(desk, serves)
                decision.agent(desk.state.agent)
            self.index.seat(desk, known.skills)
            if available(desk.state):
                self.index.set_free(desk)
        return vanished

    def queue(self, place: Place) -> QueueRules:
        """The rules of a contact's queue; defaults for a queue that a reload has taken away."""
        ticket = place.ticket
        return self.rules.queues.get(ticket.queue) or QueueRules(queue=ticket.queue, tenant=ticket.tenant)

    # --- agents ---

    def enter(self, desk: Desk, phase: Phase, now: float, decision: Decision, until: float | None = None) -> None:
        """Put an agent into a phase that ends by itself at `until`."""
        state = desk.state
        if state.phase is Phase.WRAP_UP:
            state.last_until = min(state.last_until, now)
        state.phase, state.since, state.until, state.failed = phase, now, until, ""
        if until is None:
            self.deadlines.clear(state.agent)
        else:
            self.deadlines.set(state.agent, until)
        decision.agent(state.agent)

    def settle(self, desk: Desk, now: float, decision: Decision) -> None:
        """Bring what may be offered to an agent in line with the agent's state."""
        if not available(desk.state):
            desk.free = 0
        elif not desk.free:
            contact = None if self.paused else self.index.caller_for(desk)
            if contact is None:
                self.index.set_free(desk)
            else:
                place = self.tickets.get(contact)
                assert place is not None  # noqa: S101 - who stands in a line has a ticket
                self.tickets.stop_waiting(place)
                self._offer(place, desk, now, decision)

    def idle(self, desk: Desk, now: float, decision: Decision) -> None:
        """The agent has nothing more to do with the last contact, and is idle from now on."""
        self.enter(desk, Phase.IDLE, now, decision)
        desk.state.idle_since = now
        self.settle(desk, now, decision)

    def after_call(self, desk: Desk, queue: QueueRules, now: float, decision: Decision) -> None:
        """The conversation is over: sign out if that was asked for, else wrap up, else idle at once."""
        known = self.rules.agents.get(desk.state.agent)
        desk.state.last_until = now
        wrap_up_s = known.wrap_up_s if known and known.wrap_up_s is not None else queue.wrap_up_s
        if desk.state.wish is Wish.SIGNED_OUT:
            self.sign_out(desk, decision)
        elif wrap_up_s > 0:
            self.enter(desk, Phase.WRAP_UP, now, decision, now + wrap_up_s)
            desk.state.last_until = now + wrap_up_s
        else:
            self.idle(desk, now, decision)

    def unresponsive(self, desk: Desk, queue: QueueRules, now: float, decision: Decision) -> None:
        """The phone rang and nobody came: no more calls until the agent's word, or for the queue's time."""
        until = now + queue.unresponsive_s if queue.unresponsive_s > 0 else None
        self.enter(desk, Phase.UNRESPONSIVE, now, decision, until)

    def cool_down(self, desk: Desk, now: float, decision: Decision) -> None:
        """The phone did not take the call: leave it alone for a while, longer each time."""
        desk.state.failures += 1
        doubled = self.rules.cool_down_s * 2.0 ** min(desk.state.failures - 1, 16)
        self.enter(desk, Phase.UNRESPONSIVE, now, decision, now + min(doubled, self.rules.cool_down_max_s))

    def sign_out(self, desk: Desk, decision: Decision) -> None:
        """The agent is gone."""
        self.deadlines.clear(desk.state.agent)
        self.index.unseat(desk)
        self.agents.remove(desk)
        decision.agent(desk.state.agent)

    # --- contacts ---

    def seek(self, place: Place, now: float, decision: Decision) -> None:
        """Offer a contact that nobody has to those whom it is for, else to the best free agent; without one it waits,
        in its old place. One that is for somebody alone who cannot take it is let go.
        """
        desk = None if self.paused else self._asked_for(place)
        if desk is None and not place.ticket.only and not self.paused:
            desk = self.index.agent_for(place)
        if desk is not None:
            self._offer(place, desk, now, decision)
        elif place.ticket.only and not self.paused:
            decision.not_taken(place.ticket.contact)
            self.drop(place, decision)
        else:
            self.tickets.wait(place)
        decision.ticket(place.ticket.contact)

    def _asked_for(self, place: Place) -> Desk | None:
        """The next of those agents whom the contact is for that can take it; each of them is asked once."""
        ticket = place.ticket
        while ticket.first:
            agent, *others = ticket.first
            ticket.first = tuple(others)
            desk = self.agents.get(agent)
            if desk is not None and can_be_asked(desk.state, ticket.tenant):
                return desk
        return None

    def seek_all(self, now: float, decision: Decision) -> None:
        """Offer everything that waits and can be offered, in serving order."""
        if self.paused:
            return
        for key in sorted(self.index.waiting()):
            place = self.tickets.get(key[3])
            if place is not None and self.index.agent_for(place) is not None:
                self.tickets.stop_waiting(place)
                self.seek(place, now, decision)

    def drop(self, place: Place, decision: Decision) -> None:
        """Let a contact go that nobody has and that does not wait."""
        self.tickets.remove(place)
        decision.ticket(place.ticket.contact)

    # --- both ---

    def _offer(self, place: Place, desk: Desk, now: float, decision: Decision) -> None:
        """Reserve agent and contact for each other, until the phone has rung for its time and a grace."""
        queue, ticket, state = self.queue(place), place.ticket, desk.state
        until = now + queue.ring_s + self.rules.offer_grace_s
        # Milliseconds since 1970, or one more than the last: no token comes twice, over restarts too.
        self.last_token = token = max(self.last_token + 1, int(now * 1000))
        desk.free = 0
        self.offers[token] = ticket.contact
        ticket.agent, ticket.offer = state.agent, token
        state.contact, state.offer = ticket.contact, token
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
            )
        )

    def part(self, place: Place, decision: Decision) -> Desk:
        """Take agent and contact apart; the contact, answered or not, stands in its queue's order again."""
        ticket = place.ticket
        desk = self.agents.signed_in(ticket.agent)
        if ticket.offer is not None:
            del self.offers[ticket.offer]
        if ticket.answered:
            self.tickets.unanswered(place)
        ticket.agent, ticket.offer = "", None
        desk.state.contact, desk.state.offer = "", None
        decision.ticket(ticket.contact)
        decision.agent(desk.state.agent)
        return desk

    def take_over(self, place: Place, given: Place, now: float, decision: Decision) -> None:
        """The agent of one conversation goes on in another, whose agent has left; the former contact is dropped."""
        token = _token(given.ticket)
        desk = self.part(given, decision)
        self.drop(given, decision)
        ticket, state = place.ticket, desk.state
        self.offers[token] = state.contact = ticket.contact
        ticket.agent, ticket.offer, state.offer = state.agent, token, token
        self.tickets.answered(place)
        self.enter(desk, Phase.TALKING, now, decision)
        decision.ticket(ticket.contact)

    def seize(self, place: Place, desk: Desk, now: float, decision: Decision) -> None:
        """An agent who has no contact talks with one that nobody has, without having been offered it."""
        ticket, state = place.ticket, desk.state
        self.last_token = token = max(self.last_token + 1, int(now * 1000))
        desk.free = 0
        self.offers[token] = state.contact = ticket.contact
        ticket.agent, ticket.offer, state.offer = state.agent, token, token
        self.tickets.answered(place)
        self.enter(desk, Phase.TALKING, now, decision)
        state.failures = 0
        decision.ticket(ticket.contact)

    def answer(self, place: Place, now: float, decision: Decision) -> None:
        """The agent picked up: the contact leaves the queue's order, the lease is over."""
        ticket = place.ticket
        desk = self.agents.signed_in(ticket.agent)
        decision.ended(_over(ticket, OfferOutcome.ANSWERED, ""))
        self.tickets.answered(place)
        self.enter(desk, Phase.TALKING, now, decision)
        desk.state.failures = 0
        decision.ticket(ticket.contact)

    def end_offer(self, place: Place, outcome: OfferOutcome, detail: str, decision: Decision) -> Desk:
        """End an offer that the agent's phone did not take. One whose lease ran out may still ring: it is stopped."""
        ticket = place.ticket
        if outcome is OfferOutcome.EXPIRED:
            decision.ended(_stop(ticket))
        if not ticket.answered:
            decision.ended(_over(ticket, outcome, detail))
        if ticket.agent not in ticket.tried:
            ticket.tried = (*ticket.tried, ticket.agent)
        return self.part(place, decision)

    def withdraw(self, place: Place, detail: str, now: float, decision: Decision, *, stop: bool = True) -> Desk:
        """End the offer for a reason that is not the agent's phone: the agent is as idle as before."""
        if stop:
            decision.ended(_stop(place.ticket))
        if not place.ticket.answered:
            decision.ended(_over(place.ticket, OfferOutcome.WITHDRAWN, detail))
        desk = self.part(place, decision)
        self.enter(desk, Phase.IDLE, now, decision)
        return desk


def _token(ticket: Ticket) -> int:
    """The token of the ticket's offer. Raises ValueError where no offer is under way."""
    if ticket.offer is None:
        message = f"contact {ticket.contact} is not offered to anybody"
        raise ValueError(message)
    return ticket.offer


def _stop(ticket: Ticket) -> WithdrawOffer:
    return WithdrawOffer(offer=_token(ticket), contact=ticket.contact, agent=ticket.agent)


def _over(ticket: Ticket, outcome: OfferOutcome, detail: str) -> OfferOver:
    return OfferOver(
        offer=_token(ticket),
        contact=ticket.contact,
        queue=ticket.queue,
        agent=ticket.agent,
        outcome=outcome,
        detail=detail,
    )
