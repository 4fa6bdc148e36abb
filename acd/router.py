"""The router: takes events, changes the state of agents and contacts, and says what the host is to do.

An agent's phase, by event (`-` no change; "gone" is signed out; any other event in a phase is ignored):

    phase         offered   ringing  answered  failed           withdrawn  talk over    time is up    ready  not ready
    idle          reserved  -        -         -                -          -            -             -      idle
    reserved      -         ringing  talking   unresponsive (1) idle       -            unresponsive  -      idle (2)
    ringing       -         -        talking   unresponsive (1) idle       -            unresponsive  -      idle (2)
    talking       -         -        -         unresponsive     -          wrap_up (3)  -             -      talking
    wrap_up       -         -        -         -                -          -            idle          idle   wrap_up
    unresponsive  -         -        -         -                -          -            idle          idle   idle

    talking <-> held, as the agent holds the caller and takes the caller back; all else is the same in both

    (1) idle where the host itself gave the offer up, once in a row   (2) and somebody else is offered the contact
    (3) idle if there is no wrap-up; gone if the agent asked to sign out meanwhile

Only an agent who is idle, wishes to be ready and whose phone is reachable and has no other call is offered anything. A
contact:

    enqueue -> waiting <-> offered -> talking -> gone;  waiting and offered -> gone by `leave`

It may be offered to several agents at once; the first to answer talks, the offers of all others end by that.

An offer is a lease: when `until` is past and nobody said how the offer ended, `tick` ends it. An event about
an offer or a contact that is over, told twice or told late changes nothing. The same events at the same times
lead to the same commands; state that is dumped and loaded at any moment behaves as before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from acd.agents import ON_OFFER, can_be_asked
from acd.attendance import Attendance
from acd.decision import Decision
from acd.moving import move
from acd.pairs import OF_PHASE, OF_QUEUE, OF_SKILLS
from acd.protocol import Phase, Picking, Placed, Refusal, Wish, comes
from acd.recovery import restore
from acd.requirement import joined
from acd.wishes import sign_out
from core.errors import ConflictError, NotFoundError
from core.facts import Direction, Medium, OfferOutcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from acd.index import Desk, Place
    from acd.protocol import Command, QueueRules, Rules, Ticket


class Router(Attendance):
    """Agents, tickets and offers of one platform: a view that can be told things. Times are POSIX seconds."""

    def __init__(self, rules: Rules, *, explains: bool = True) -> None:
        """Begin with nobody. `explains`: each offer tells what was compared; what is decided is the same without."""
        super().__init__(rules)
        self._matching.explains = explains
        self._order = 0

    # --- contacts -------------------------------------------------------------------------------------------

    def enqueue(
        self,
        contact: str,
        queue: str,
        now: float,
        *,
        priority: int | None = None,
        skills: Mapping[str, int] | None = None,
        queued_at: float | None = None,
        customer: str = "",
        first: tuple[str, ...] = (),
        only: bool = False,
        prefers: tuple[str, ...] = (),
        beyond: bool = False,
        bounded: bool = False,
        medium: Medium = Medium.VOICE,
        direction: Direction = Direction.INBOUND,
    ) -> Placed:
        """Take a contact into a queue; `skills` are asked for besides the queue's. `queued_at` credits time, and the
        queue's head start for the class of `customer` does so too.

        `first`: agents to whom it is offered before all others; `only`: and to nobody else. `prefers`: agents for whom
        it waits, as long as the queue says, where one of them is ready. It is let in beyond the bounds of waiting if
        somebody is free for it, or with `beyond`; `bounded`: by the host's own bound nobody more may wait. Raises
        ConflictError for a contact that the router has already.
        """
        now, rules = self._timeline.at(now), self.rules.queues.get(queue)
        if rules is None:
            return Placed(refused=Refusal.NO_SUCH_QUEUE)
        if self._matching.tickets.get(contact) is not None:
            message = f"contact {contact} is in a queue or talks already"
            raise ConflictError(message)
        since = now if queued_at is None else min(queued_at + self._timeline.ahead, now)
        ticket = self._ticket(contact, rules, since)
        ticket.first, ticket.only, ticket.medium, ticket.direction = first, only, medium, direction
        ticket.head_start_s = max(rules.head_start_s + rules.head_starts.get(customer, 0.0), 0.0)
        if priority is not None:
            ticket.priority = priority
        if skills:
            ticket.skills = joined(rules.skills, skills)
        if prefers and (until := since + rules.prefer_s) > now:
            ticket.prefers = tuple(agent for agent in prefers if self._wanted(agent, ticket.queue))
            ticket.prefer_until = until if ticket.prefers else None
        return self._let_in(ticket, now, beyond=beyond, bounded=bounded)

    def leave(self, contact: str, now: float) -> list[Command]:
        """The contact waits no longer, whatever it was doing: its offers are withdrawn, a conversation is over."""
        time, matching, decision = self._timeline.at(now), self._matching, Decision()
        place = matching.tickets.get(contact)
        if place is None:
            return []
        if place.ticket.answered:
            return self.talk_ended(contact, now)
        if place.ticket.offer is None:
            matching.tickets.stop_waiting(place)
        desks = matching.withdraw_all(place, "caller left", time, decision)
        matching.drop(place, decision)
        matching.settle_all(desks, time, decision)
        return decision.commands()

    def move(self, contact: str, now: float, *, queue: str | None = None, priority: int | None = None) -> list[Command]:
        """Put a contact that waits into another queue of its tenant, or give it another priority.

        Its age is kept, and so is what it asks for besides the queue. A change of queue withdraws an offer under way.
        Raises NotFoundError for an unknown contact or queue, ConflictError for one who talks already or a queue of
        another tenant.
        """
        now, decision = self._timeline.at(now), Decision()
        move(self._matching, contact, queue=queue, priority=priority, now=now, decision=decision)
        return decision.commands()

    def widen(self, contact: str, rung: int, now: float) -> list[Command]:
        """Have a contact that waits ask for no more than it does from a rung of its queue's ladder on (counted from 1),
        however short its wait. Nothing, for one that is answered or not here, or that is further up.
        """
        now, decision, place = self._timeline.at(now), Decision(), self._matching.tickets.get(contact)
        if place is not None and not place.ticket.answered:
            self._matching.widen(place, rung, now, decision)
        return decision.commands()

    def pick(self, contact: str, agent: str, now: float) -> list[Command]:
        """An agent takes a waiting contact from the list: an offer like any other, that the agent has made.

        Raises NotFoundError for an unknown contact, ConflictError for a contact that does not wait or a queue that does
        not allow it, and for an agent who is not signed in, not ready, busy, or not able to serve it.
        """
        now, matching, decision = self._timeline.at(now), self._matching, Decision()
        place, desk = matching.tickets.get(contact), matching.agents.signed_in(agent)
        if place is None:
            message = f"there is no contact {contact} in a queue"
            raise NotFoundError(message)
        ticket = place.ticket
        if ticket.offer is not None:
            message = f"contact {contact} does not wait: it is with agent {ticket.agent}"
        elif matching.queue(ticket).picking is Picking.NEVER:
            message = f"queue {ticket.queue} does not let agents take from the list"
        elif ticket.queue in matching.full:
            message = f"queue {ticket.queue} has all the agents that it may have at once"
        elif not can_be_asked(desk.state, ticket.tenant):
            message = f"agent {agent} is not ready, busy, or does not serve {ticket.tenant}"
        elif not matching.can_pick(place, desk):
            message = f"agent {agent} lacks skills that contact {contact} asks for"
        else:
            matching.pick(place, desk, now, decision)
            return decision.commands()
        raise ConflictError(message)

    # --- offers ---------------------------------------------------------------------------------------------

    def offer_ringing(self, offer: int, now: float) -> list[Command]:
        """The agent's phone rings."""
        now, decision, (place, agent) = self._timeline.at(now), Decision(), self._offered(offer)
        if place is not None and not place.ticket.answered:
            desk = self._matching.agents.signed_in(agent)
            if desk.state.phase is Phase.RESERVED:
                self._matching.enter(desk, Phase.RINGING, now, decision, desk.state.until)
        return decision.commands()

    def offer_answered(self, offer: int, now: float) -> tuple[bool, list[Command]]:
        """The agent picked up: all others whose phones ring for the contact stop. False: too late, the caller keeps the
        place and that leg is to be hung up.
        """
        now, decision, (place, agent) = self._timeline.at(now), Decision(), self._offered(offer)
        if place is None:
            return False, []
        if not place.ticket.answered:
            others = self._matching.answer(place, agent, now, decision)
            if others:
                self._matching.settle_all(others, now, decision)
        return True, decision.commands()

    def offer_held(self, offer: int, until: float, now: float, *, alone: bool = True) -> tuple[bool, list[Command]]:
        """The agent picked up and is told something before the two are joined: the lease lasts until `until` at least,
        and (`alone`) all others whose phones ring stop; not yet, where whoever picked up has still to accept. False:
        too late, as by `offer_answered`. Until that the agent counts as ringing.
        """
        until += self._timeline.ahead
        now, decision, (place, agent) = self._timeline.at(now), Decision(), self._offered(offer)
        if place is None or place.ticket.answered:
            return False, []
        others = self._matching.alone(place, agent, now, decision) if alone else []
        desk = self._matching.agents.signed_in(agent)
        ends = max(until, desk.state.until or 0.0)
        if (desk.state.phase, desk.state.until) != (Phase.RINGING, ends):
            self._matching.enter(desk, Phase.RINGING, now, decision, ends)
        self._matching.settle_all(others, now, decision)
        return True, decision.commands()

    def offer_failed(self, offer: int, outcome: OfferOutcome, detail: str, now: float) -> list[Command]:
        """The phone did not take the call, or its leg was lost before the two could talk: the caller keeps the place
        and is offered to the next agent, if nobody else is rung for it.

        `WITHDRAWN` is the host's own doing, and the agent is free again at once; but only once in a row, so that no
        agent is offered calls in a loop.
        """
        now, decision, (place, agent) = self._timeline.at(now), Decision(), self._offered(offer)
        if place is not None:
            self._fail(place, agent, outcome, detail, now=now, decision=decision)
        return decision.commands()

    def offer_withdrawn(self, offer: int, detail: str, now: float) -> list[Command]:
        """The host has lost the offer for a reason of its own (it was restarted): the caller keeps the place, the agent
        is as idle as before, and nothing is held against the phone. A phone that still rings is the host's to stop.
        """
        now, decision, (place, agent) = self._timeline.at(now), Decision(), self._offered(offer)
        if place is not None:
            desk = self._matching.withdraw(place, agent, detail, now, decision, stop=False)
            if desk.state.wish is Wish.SIGNED_OUT:
                self._matching.sign_out(desk, now, decision)
            self._matching.seek(place, now, decision)
            self._matching.settle(desk, now, decision)
        return decision.commands()

    def talk_ended(self, contact: str, now: float) -> list[Command]:
        """The conversation is over, whoever ended it; the contact may be enqueued anew."""
        now, matching, decision = self._timeline.at(now), self._matching, Decision()
        place = matching.tickets.get(contact)
        if place is None or not place.ticket.answered:
            return []
        queue, desk = matching.queue(place.ticket), self._let_go(place, now, decision)
        matching.drop(place, decision)
        matching.after_call(desk, queue, now, decision)
        return decision.commands()

    def hand_over(self, contact: str, giver: str, now: float) -> list[Command]:
        """Who talks with the contact `giver` talks with `contact` from now on, and who did so before wraps up; the
        router has `giver` no longer. Nothing, where one of the two talks with nobody.
        """
        now, matching, decision = self._timeline.at(now), self._matching, Decision()
        place, given = matching.tickets.get(contact), matching.tickets.get(giver)
        if place is None or given is None or not (place.ticket.answered and given.ticket.answered):
            return []
        former = self._let_go(place, now, decision)
        matching.take_over(place, given, now, decision)
        matching.after_call(former, matching.queue(place.ticket), now, decision)
        return decision.commands()

    def take(self, contact: str, queue: str, agent: str, now: float) -> list[Command]:
        """An agent talks with the contact from now on by the agent's own doing, whatever that one wished for and
        however the two came together: without an offer, and no phone is rung. Who talked with it before wraps up.

        Raises ConflictError for an agent who is not signed in or has a contact, and for a contact that waits;
        NotFoundError for a queue that the rules do not have.
        """
        now, matching, decision = self._timeline.at(now), self._matching, Decision()
        desk, rules, place = (
            matching.agents.signed_in(agent),
            self.rules.queues.get(queue),
            matching.tickets.get(contact),
        )
        if rules is None:
            message = f"there is no queue {queue}"
            raise NotFoundError(message)
        if desk.state.contact or (place is not None and not place.ticket.answered):
            message = f"agent {agent} has a contact" if desk.state.contact else f"contact {contact} waits in a queue"
            raise ConflictError(message)
        former = None
        if place is None:
            place = matching.take_in(self._ticket(contact, rules, now), now)
        else:
            former = self._let_go(place, now, decision)
        matching.seize(place, desk, now, decision)
        if former is not None:
            matching.after_call(former, matching.queue(place.ticket), now, decision)
        return decision.commands()

    def talk_held(self, contact: str, *, held: bool, now: float) -> list[Command]:
        """The agent has put the contact on hold, or has taken it back."""
        now, decision, place = self._timeline.at(now), Decision(), self._matching.tickets.get(contact)
        if place is not None and place.ticket.answered:
            desk = self._matching.agents.signed_in(place.ticket.agent)
            phase = Phase.HELD if held else Phase.TALKING
            if desk.state.phase is not phase:
                self._matching.enter(desk, phase, now, decision)
        return decision.commands()

    # --- time and rules -------------------------------------------------------------------------------------

    def tick(self, now: float) -> list[Command]:
        """End what is due: leases, wrap-ups, times of being unresponsive, skills by their dates; and take the rungs of
        ladders that are due.
        """
        now, matching, decision = self._timeline.at(now), self._matching, Decision()
        while (due := matching.deadlines.pop_due(now)) is not None:
            what, name = due[:2], due[2:]
            if what == OF_PHASE:
                self._phase_is_over(matching.agents.signed_in(name), now, decision)
            elif what == OF_SKILLS:
                matching.reseat(matching.agents.signed_in(name), now, decision)
            elif what == OF_QUEUE:
                matching.relieve(name, now, decision)
            elif (place := matching.tickets.get(name)) is not None:
                matching.climb(place, now, decision)
        return decision.commands()

    def apply_rules(self, rules: Rules, now: float) -> list[Command]:
        """Take a new configuration. Agents that it does not know are signed out, now or when their
        conversation ends; contacts of queues that it does not know are still served, by what they asked for.
        An agent keeps the seats of tenants that still lease the agent; new ones are had by signing in again.
        """
        now, decision = self._timeline.at(now), Decision()
        for desk in self._matching.rebuild(rules, now, decision):
            sign_out(self._matching, desk, now, decision)
        self._matching.seek_all(now, decision)
        return decision.commands()

    # --- plain data -----------------------------------------------------------------------------------------

    def load(
        self,
        agents: Iterable[Mapping[str, Any]],
        tickets: Iterable[Mapping[str, Any]],
        now: float,
        pools: Iterable[Mapping[str, Any]] = (),
        handling: Iterable[Mapping[str, Any]] = (),
    ) -> list[Command]:
        """Take stored state into a router that is still empty; nobody is offered anything before `resume`.

        The commands say what had to be mended. Raises ValueError, TypeError or KeyError for what no version of vcc
        stored.
        """
        now, decision = self._timeline.at(now), Decision()
        self._matching.paused = True
        for pool in pools:
            self._matching.sharing.load(pool)
        for mean in handling:
            self._matching.handling.load(mean)
        restore(self._matching, agents, tickets, now, decision)
        self._order = max((ticket.order for ticket in self.tickets()), default=0)
        return decision.commands()

    def resume(self, now: float) -> list[Command]:
        """The switches can ring phones again: offer what can be offered. Harmless when told again."""
        now, decision = self._timeline.at(now), Decision()
        self._matching.paused = False
        self._matching.seek_all(now, decision)
        return decision.commands()

    # --- inside ---------------------------------------------------------------------------------------------

    def _ticket(self, contact: str, rules: QueueRules, since: float) -> Ticket:
        """A ticket that comes after all others of its queue."""
        self._order += 1
        return comes(rules, contact, since, order=self._order)

    def _let_in(self, ticket: Ticket, now: float, *, beyond: bool, bounded: bool) -> Placed:
        """Offer a new ticket or have it wait, if it may; else it is gone again."""
        matching, decision = self._matching, Decision()
        place = matching.take_in(ticket, now)
        full = not beyond and (bounded or matching.tickets.full(self.rules, ticket.queue, ticket.tenant))
        if full and matching.free_for(place) is None:
            matching.drop(place, decision)
            return Placed(refused=Refusal.FULL)
        matching.seek(place, now, decision)
        if matching.tickets.get(ticket.contact) is None:
            return Placed(refused=Refusal.NOBODY)
        commands = tuple(decision.commands())
        return Placed(position=matching.tickets.position(place), priority=ticket.priority, commands=commands)

    def _wanted(self, agent: str, queue: str) -> bool:
        """Whether it is worth waiting for an agent: signed in, wishes for contacts, and was not taken off the queue."""
        state, known = self.agent(agent), self.rules.agents.get(agent)
        off = known is not None and known.queues.get(queue) is False
        return state is not None and state.wish is Wish.READY and not off

    def _offered(self, offer: int) -> tuple[Place | None, str]:
        """The place of the contact of an offer under way, or answered and not over, and the agent of that offer."""
        contact, agent = self._matching.offers.get(offer, ("", ""))
        return self._matching.tickets.get(contact), agent

    def _let_go(self, place: Place, now: float, decision: Decision) -> Desk:
        """The agent of a conversation has left it; what it took of the agent's time is put to the tenant's account."""
        matching, contact = self._matching, place.ticket.contact
        lasted = matching.lasts(place, now)
        if place.ticket.queue in self.rules.queues:
            matching.handling.took(place.ticket.queue, lasted)
            decision.handling(place.ticket.queue)
        desk = matching.part(place, place.ticket.agent, decision, lasted=lasted)
        desk.state.last_contact, desk.state.last_queue = contact, place.ticket.queue
        return desk

    def _phase_is_over(self, desk: Desk, now: float, decision: Decision) -> None:
        place = self._matching.tickets.get(desk.state.contact)
        if desk.state.phase in ON_OFFER and place is not None:
            agent, why = desk.state.agent, "the lease ran out"
            self._fail(place, agent, OfferOutcome.EXPIRED, why, now=now, decision=decision)
        else:
            self._matching.idle(desk, now, decision)

    def _fail(
        self, place: Place, agent: str, outcome: OfferOutcome, detail: str, *, now: float, decision: Decision
    ) -> None:
        matching = self._matching
        queue, answered = matching.queue(place.ticket), place.ticket.answered
        desk = matching.end_offer(place, agent, outcome, detail, decision)
        if outcome is OfferOutcome.NO_ANSWER and not answered:
            matching.unresponsive(desk, queue, now, decision)
        elif outcome is OfferOutcome.WITHDRAWN and not answered and not desk.state.failures:
            desk.state.failures = 1
            matching.enter(desk, Phase.IDLE, now, decision)
        else:
            matching.cool_down(desk, now, decision)
        if desk.state.phase is Phase.UNRESPONSIVE:
            desk.state.failed = f"{outcome}: {detail}" if detail else str(outcome)
        if desk.state.wish is Wish.SIGNED_OUT:
            matching.sign_out(desk, now, decision)
        matching.seek(place, now, decision)
        matching.settle(desk, now, decision)
