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

An offer is a lease: when `until` is past and nobody said how the offer ended, `tick` ends it. An event about
an offer or a contact that is over, told twice or told late changes nothing. The same events at the same times
lead to the same commands; state that is dumped and loaded at any moment behaves as before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from acd.agents import ON_OFFER
from acd.decision import Decision
from acd.index import joined
from acd.moving import move
from acd.protocol import AgentState, Phase, Placed, Refusal, Ticket, Wish
from acd.recovery import restore
from acd.strategies.longest_idle import LongestIdle
from acd.view import View
from acd.wishes import change_phone, sign_out, wish_for
from core.errors import ConflictError, NotFoundError
from core.facts import Direction, Medium, OfferOutcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from acd.index import Place
    from acd.protocol import Command, Rules
    from acd.strategies import AgentStrategy

#: An agent whose phone was lost for no longer than this has not lost the place among the idle.
SHORT_LOSS_S = 60.0


class Router(View):
    """Agents, tickets and offers of one platform: a view that can be told things. Times are POSIX seconds."""

    def __init__(self, rules: Rules, strategy: AgentStrategy | None = None) -> None:
        """Begin with nobody; `strategy` chooses among the free agents, longest idle first if it is not given."""
        super().__init__(rules, strategy or LongestIdle())
        self._order = 0

    # --- agents ---------------------------------------------------------------------------------------------

    def sign_in(
        self,
        agent: str,
        phone: str,
        serves: Iterable[str],
        now: float,
        *,
        wish: Wish = Wish.READY,
        reason: str = "",
        move: bool = False,
    ) -> list[Command]:
        """Sign an agent in on a phone, in the seats of the tenants `serves`; again on the same phone is fine. `move`:
        an agent who is signed in on another phone is taken over to this one, but for one in a conversation.

        Raises NotFoundError for an unknown agent, InUseError if the agent is on another phone or the phone
        another's, NoSeatError if a tenant has no free seat or does not lease the agent.
        """
        matching, seats = self._matching, tuple(sorted(set(serves)))
        matching.agents.check_sign_in(self.rules, agent, phone, seats, move=move)
        decision, desk = Decision(), matching.agents.get(agent)
        if desk is not None and desk.state.phone != phone:
            change_phone(matching, desk, phone, now, decision)
        if desk is None:
            reachable = matching.agents.reachable(phone)
            state = AgentState(agent=agent, phone=phone, serves=seats, since=now, reachable=reachable)
            state.idle_since, state.lost_at = now, None if reachable else now
            state.in_use = matching.agents.in_use(phone)
            desk = matching.agents.add(state)
            matching.index.seat(desk, self.rules.agents[agent].skills)
        elif desk.state.serves != seats:
            matching.agents.serve(desk, seats)
            decision.agent(agent)
            matching.index.seat(desk, self.rules.agents[agent].skills)
        wish_for(matching, desk, wish, reason, now=now, decision=decision)
        return decision.commands()

    def sign_out(self, agent: str, now: float) -> list[Command]:
        """Sign an agent out: at once, or when the conversation ends. No error for one who is not signed in."""
        decision, desk = Decision(), self._matching.agents.get(agent)
        if desk is not None:
            sign_out(self._matching, desk, now, decision)
        return decision.commands()

    def ready(self, agent: str, now: float) -> list[Command]:
        """The agent wants calls from now on: ends wrap-up and being unresponsive.

        Raises ConflictError for one who is not signed in, NotFoundError for one whom the rules do not know.
        """
        return self._wish(agent, Wish.READY, "", now)

    def not_ready(self, agent: str, reason: str, now: float) -> list[Command]:
        """The agent wants no calls, from now or from the end of this one on; an offer goes to somebody else.

        Raises ConflictError for one who is not signed in, NotFoundError for one whom the rules do not know.
        """
        return self._wish(agent, Wish.NOT_READY, reason, now)

    def end_wrap_up(self, agent: str, now: float) -> list[Command]:
        """The agent is done with the last contact before the time is up."""
        decision, desk = Decision(), self._matching.agents.get(agent)
        if desk is not None and desk.state.phase is Phase.WRAP_UP:
            self._matching.idle(desk, now, decision)
        return decision.commands()

    def phone_reachable(self, phone: str, reachable: bool, now: float) -> list[Command]:
        """What the switch says of a phone, told again or anew; also for phones on which nobody is signed in."""
        decision, agents = Decision(), self._matching.agents
        agents.set_reachable(phone, reachable=reachable)
        desk = agents.on_phone(phone)
        if desk is None or desk.state.reachable == reachable:
            return []
        state = desk.state
        if not reachable:
            state.lost_at = now
        elif state.phase is Phase.IDLE and now - (state.lost_at or 0.0) > SHORT_LOSS_S:
            state.idle_since = now
        state.reachable, state.lost_at = reachable, None if reachable else state.lost_at
        decision.agent(state.agent)
        self._matching.settle(desk, now, decision)
        return decision.commands()

    def phone_in_use(self, phone: str, in_use: bool, now: float) -> list[Command]:
        """Whether a phone has a call of its own (a dialled code, a number): the agent there is offered nothing until it
        is over, and keeps the place among the idle. Also for phones on which nobody is signed in; told again is fine.
        """
        decision, agents = Decision(), self._matching.agents
        agents.set_in_use(phone, in_use=in_use)
        desk = agents.on_phone(phone)
        if desk is None or desk.state.in_use == in_use:
            return []
        desk.state.in_use = in_use
        decision.agent(desk.state.agent)
        self._matching.settle(desk, now, decision)
        return decision.commands()

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
        first: tuple[str, ...] = (),
        only: bool = False,
        beyond: bool = False,
        medium: Medium = Medium.VOICE,
        direction: Direction = Direction.INBOUND,
    ) -> Placed:
        """Take a contact into a queue; `skills` are asked for besides the queue's, `queued_at` credits time.

        `first`: agents to whom it is offered before all others; `only`: and to nobody else. It is let in beyond the
        bounds of waiting if somebody is free for it, or with `beyond`. Raises ConflictError for a
        contact that the router has already.
        """
        rules, tickets = self.rules.queues.get(queue), self._matching.tickets
        if rules is None:
            return Placed(refused=Refusal.NO_SUCH_QUEUE)
        if tickets.get(contact) is not None:
            message = f"contact {contact} is in a queue or talks already"
            raise ConflictError(message)
        self._order += 1
        ticket = Ticket(
            contact=contact,
            tenant=rules.tenant,
            queue=queue,
            priority=rules.priority if priority is None else priority,
            skills=joined(rules.skills, skills or {}),
            queued_at=now if queued_at is None else queued_at,
            order=self._order,
            first=first,
            only=only,
            medium=medium,
            direction=direction,
        )
        place = tickets.add(ticket, self._matching.index)
        bounded = not beyond and self._matching.index.agent_for(place) is None
        if bounded and tickets.full(self.rules, queue, rules.tenant):
            tickets.remove(place)
            return Placed(refused=Refusal.FULL)
        decision = Decision()
        self._matching.seek(place, now, decision)
        if tickets.get(contact) is None:
            return Placed(refused=Refusal.NOBODY)
        commands = tuple(decision.commands())
        return Placed(position=tickets.position(place), priority=ticket.priority, commands=commands)

    def leave(self, contact: str, now: float) -> list[Command]:
        """The contact waits no longer, whatever it was doing: an offer is withdrawn, a conversation is over."""
        decision, place = Decision(), self._matching.tickets.get(contact)
        if place is None:
            return []
        if place.ticket.answered:
            return self.talk_ended(contact, now)
        if place.ticket.offer is None:
            self._matching.tickets.stop_waiting(place)
            self._matching.drop(place, decision)
        else:
            desk = self._matching.withdraw(place, "caller left", now, decision)
            self._matching.drop(place, decision)
            self._matching.settle(desk, now, decision)
        return decision.commands()

    def move(self, contact: str, now: float, *, queue: str | None = None, priority: int | None = None) -> list[Command]:
        """Put a contact that waits into another queue of its tenant, or give it another priority.

        Its age is kept, and so is what it asks for besides the queue. A change of queue withdraws an offer under way.
        Raises NotFoundError for an unknown contact or queue, ConflictError for one who talks already or a queue of
        another tenant.
        """
        decision = Decision()
        move(self._matching, contact, queue=queue, priority=priority, now=now, decision=decision)
        return decision.commands()

    # --- offers ---------------------------------------------------------------------------------------------

    def offer_ringing(self, offer: int, now: float) -> list[Command]:
        """The agent's phone rings."""
        decision, place = Decision(), self._offered(offer)
        if place is not None and not place.ticket.answered:
            desk = self._matching.agents.signed_in(place.ticket.agent)
            if desk.state.phase is Phase.RESERVED:
                self._matching.enter(desk, Phase.RINGING, now, decision, desk.state.until)
        return decision.commands()

    def offer_answered(self, offer: int, now: float) -> tuple[bool, list[Command]]:
        """The agent picked up. False: too late, the caller keeps the place and that leg is to be hung up."""
        decision, place = Decision(), self._offered(offer)
        if place is None:
            return False, []
        if not place.ticket.answered:
            self._matching.answer(place, now, decision)
        return True, decision.commands()

    def offer_held(self, offer: int, until: float, now: float) -> tuple[bool, list[Command]]:
        """The agent picked up and is told something before the two are joined: the lease lasts until `until` at least.
        False: too late, as by `offer_answered`. Until that the agent counts as ringing.
        """
        decision, place = Decision(), self._offered(offer)
        if place is None or place.ticket.answered:
            return False, []
        desk = self._matching.agents.signed_in(place.ticket.agent)
        ends = max(until, desk.state.until or 0.0)
        if (desk.state.phase, desk.state.until) != (Phase.RINGING, ends):
            self._matching.enter(desk, Phase.RINGING, now, decision, ends)
        return True, decision.commands()

    def offer_failed(self, offer: int, outcome: OfferOutcome, detail: str, now: float) -> list[Command]:
        """The phone did not take the call, or its leg was lost before the two could talk: the caller keeps the place
        and is offered to the next agent.

        `WITHDRAWN` is the host's own doing, and the agent is free again at once; but only once in a row, so that no
        agent is offered calls in a loop.
        """
        decision, place = Decision(), self._offered(offer)
        if place is not None:
            self._fail(place, outcome, detail, now, decision)
        return decision.commands()

    def offer_withdrawn(self, offer: int, detail: str, now: float) -> list[Command]:
        """The host has lost the offer for a reason of its own (it was restarted): the caller keeps the place, the agent
        is as idle as before, and nothing is held against the phone. A phone that still rings is the host's to stop.
        """
        decision, place = Decision(), self._offered(offer)
        if place is not None:
            desk = self._matching.withdraw(place, detail, now, decision, stop=False)
            if desk.state.wish is Wish.SIGNED_OUT:
                self._matching.sign_out(desk, decision)
            self._matching.seek(place, now, decision)
            self._matching.settle(desk, now, decision)
        return decision.commands()

    def talk_ended(self, contact: str, now: float) -> list[Command]:
        """The conversation is over, whoever ended it; the contact may be enqueued anew."""
        matching, decision, place = self._matching, Decision(), self._matching.tickets.get(contact)
        if place is None or not place.ticket.answered:
            return []
        queue = matching.queue(place)
        desk = matching.part(place, decision)
        desk.state.last_contact, desk.state.last_queue = contact, queue.queue
        matching.drop(place, decision)
        matching.after_call(desk, queue, now, decision)
        return decision.commands()

    def hand_over(self, contact: str, giver: str, now: float) -> list[Command]:
        """Who talks with the contact `giver` talks with `contact` from now on, and who did so before wraps up; the
        router has `giver` no longer. Nothing, where one of the two talks with nobody.
        """
        matching, decision = self._matching, Decision()
        place, given = matching.tickets.get(contact), matching.tickets.get(giver)
        if place is None or given is None or not (place.ticket.answered and given.ticket.answered):
            return []
        queue, former = matching.queue(place), matching.part(place, decision)
        former.state.last_contact, former.state.last_queue = contact, queue.queue
        matching.take_over(place, given, now, decision)
        matching.after_call(former, queue, now, decision)
        return decision.commands()

    def take(self, contact: str, queue: str, agent: str, now: float) -> list[Command]:
        """An agent talks with the contact from now on by the agent's own doing, whatever that one wished for and
        however the two came together: without an offer, and no phone is rung. Who talked with it before wraps up.

        Raises ConflictError for an agent who is not signed in or has a contact, and for a contact that waits;
        NotFoundError for a queue that the rules do not have.
        """
        matching, decision = self._matching, Decision()
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
            self._order += 1
            ticket = Ticket(
                contact=contact,
                tenant=rules.tenant,
                queue=queue,
                priority=rules.priority,
                skills=dict(rules.skills),
                queued_at=now,
                order=self._order,
            )
            place = matching.tickets.add(ticket, matching.index)
        else:
            former = matching.part(place, decision)
            former.state.last_contact, former.state.last_queue = contact, matching.queue(place).queue
        matching.seize(place, desk, now, decision)
        if former is not None:
            matching.after_call(former, matching.queue(place), now, decision)
        return decision.commands()

    def talk_held(self, contact: str, *, held: bool, now: float) -> list[Command]:
        """The agent has put the contact on hold, or has taken it back."""
        decision, place = Decision(), self._matching.tickets.get(contact)
        if place is not None and place.ticket.answered:
            desk = self._matching.agents.signed_in(place.ticket.agent)
            phase = Phase.HELD if held else Phase.TALKING
            if desk.state.phase is not phase:
                self._matching.enter(desk, phase, now, decision)
        return decision.commands()

    # --- time and rules -------------------------------------------------------------------------------------

    def tick(self, now: float) -> list[Command]:
        """End what is due: leases, wrap-ups, times of being unresponsive."""
        decision = Decision()
        while (agent := self._matching.deadlines.pop_due(now)) is not None:
            desk = self._matching.agents.signed_in(agent)
            place = self._matching.tickets.get(desk.state.contact)
            if desk.state.phase in ON_OFFER and place is not None:
                self._fail(place, OfferOutcome.EXPIRED, "the lease ran out", now, decision)
            else:
                self._matching.idle(desk, now, decision)
        return decision.commands()

    def apply_rules(self, rules: Rules, now: float) -> list[Command]:
        """Take a new configuration. Agents that it does not know are signed out, now or when their
        conversation ends; contacts of queues that it does not know are still served, by what they asked for.
        An agent keeps the seats of tenants that still lease the agent; new ones are had by signing in again.
        """
        decision = Decision()
        for desk in self._matching.rebuild(rules, decision):
            sign_out(self._matching, desk, now, decision)
        self._matching.seek_all(now, decision)
        return decision.commands()

    # --- plain data -----------------------------------------------------------------------------------------

    def load(
        self, agents: Iterable[Mapping[str, Any]], tickets: Iterable[Mapping[str, Any]], now: float
    ) -> list[Command]:
        """Take stored state into a router that is still empty; nobody is offered anything before `resume`.

        The commands say what had to be mended. Raises ValueError or TypeError for what no version of vcc stored.
        """
        decision = Decision()
        self._matching.paused = True
        restore(self._matching, agents, tickets, now, decision)
        self._order = max((ticket.order for ticket in self.tickets()), default=0)
        return decision.commands()

    def resume(self, now: float) -> list[Command]:
        """The switches can ring phones again: offer what can be offered. Harmless when told again."""
        decision = Decision()
        self._matching.paused = False
        self._matching.seek_all(now, decision)
        return decision.commands()

    # --- inside ---------------------------------------------------------------------------------------------

    def _wish(self, agent: str, wish: Wish, reason: str, now: float) -> list[Command]:
        decision, desk = Decision(), self._matching.agents.signed_in(agent)
        if agent not in self.rules.agents:
            message = f"agent {agent} is no longer in the configuration and leaves when this conversation ends"
            raise NotFoundError(message)
        wish_for(self._matching, desk, wish, reason, now=now, decision=decision)
        return decision.commands()

    def _offered(self, offer: int) -> Place | None:
        """The place of the contact of an offer under way, or answered and not over."""
        return self._matching.tickets.get(self._matching.offers.get(offer, ""))

    def _fail(self, place: Place, outcome: OfferOutcome, detail: str, now: float, decision: Decision) -> None:
        matching = self._matching
        queue, answered = matching.queue(place), place.ticket.answered
        desk = matching.end_offer(place, outcome, detail, decision)
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
            matching.sign_out(desk, decision)
        matching.seek(place, now, decision)
        matching.settle(desk, now, decision)
