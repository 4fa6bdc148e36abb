"""Who takes whom: what becomes of an agent or a contact after each event.

    seek      a loose contact                -> offered to a free agent (or several at once), or waits in its old place
    settle    an agent after any change      -> offered a waiting contact, or free, or not available
    climb     a contact that waited so long  -> asks for less, and seeks again

Whenever an event is done, no free agent could serve a waiting contact: each of them is matched as soon as it comes
(but for the time between `load` and `resume`, when nobody is offered anything).
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from acd import asking, choosing, expecting, explaining
from acd.agents import ON_CALL, available, can_be_asked
from acd.index import Index
from acd.pairs import OF_PHASE, OF_SKILLS, Pairs
from acd.protocol import AskedLess, Phase, Picking, QueueRules, Side, Wish, comes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from acd.decision import Decision
    from acd.index import Desk, Place
    from acd.protocol import Rules, Ticket

_DAY_S = 86_400.0


class Matching(Pairs):
    """The state of the router, and what follows from each change of it."""

    def rebuild(self, rules: Rules, now: float, decision: Decision) -> list[Desk]:
        """Take a new configuration and make the index anew; nobody is matched. Returns the agents that the rules have
        no more and who are not in a conversation.
        """
        vanished = self.reindex(rules, now, decision)
        for pool in sorted(self.sharing.weigh(rules.weights, (desk.state.serves for desk in self.agents))):
            decision.pool(pool)
        for queue in sorted(self.handling.forget_others(rules.queues)):
            decision.handling(queue)
        return vanished

    def reindex(self, rules: Rules, now: float, decision: Decision) -> list[Desk]:
        """The same without a change of the tenants' shares."""
        self.rules, self.index = rules, Index()
        self.know_queues()
        self.full = {
            queue
            for queue, agents in self.engaged.items()
            if (of := rules.queues.get(queue)) and of.most_agents is not None and agents >= of.most_agents
        }
        for place in self.tickets:
            rung = place.ticket.rung
            self.tickets.change_line(place, self.asked(place.ticket), self.index)
            self.arm(place)
            if place.ticket.rung != rung:  # the new ladder is shorter
                decision.ticket(place.ticket.contact)
        return self._reseat_all(now, decision)

    def _reseat_all(self, now: float, decision: Decision) -> list[Desk]:
        vanished = []
        for desk in sorted(self.agents, key=lambda desk: desk.state.agent):
            desk.profile, desk.free, desk.staffs = None, 0, False
            known = self.rules.agents.get(desk.state.agent)
            if known is None:
                self.deadlines.clear(OF_SKILLS + desk.state.agent)
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
            self.seat(desk, now)
            if available(desk.state):
                self.index.set_free(desk)
        return vanished

    # --- agents ---

    def settle(self, desk: Desk, now: float, decision: Decision) -> None:
        """Bring what may be offered to an agent in line with the agent's state."""
        if not available(desk.state):
            desk.free = 0
        elif not desk.free:
            found = [] if self.paused else choosing.heads(desk, self.index, self.sharing, now, self.full)
            if not found:
                self.index.set_free(desk)
                return
            best = choosing.best(found)
            place = self.tickets.get(best.key[3])
            assert place is not None  # noqa: S101 - who stands in a line has a ticket
            self.tickets.stop_waiting(place)
            compared = found if self.explains else [best]
            self.pair(place, desk, explaining.of_contacts(place, compared, best, self.rules.version), now, decision)

    def settle_all(self, desks: Iterable[Desk], now: float, decision: Decision) -> None:
        """Settle agents who came loose at once, in the order of their names."""
        for desk in sorted(desks, key=lambda desk: desk.state.agent):
            self.settle(desk, now, decision)

    def idle(self, desk: Desk, now: float, decision: Decision) -> None:
        """The agent has nothing more to do with the last contact, and is idle from now on."""
        self.enter(desk, Phase.IDLE, now, decision)
        desk.state.idle_since = now
        self.settle(desk, now, decision)

    def wrap_up_s(self, desk: Desk, queue: QueueRules) -> float:
        """How long an agent wraps up after a contact of a queue, in seconds: the agent's own time, else the queue's."""
        known = self.rules.agents.get(desk.state.agent)
        return known.wrap_up_s if known and known.wrap_up_s is not None else queue.wrap_up_s

    def lasts(self, place: Place, now: float) -> float:
        """How long a contact that ends now took of its agent's time, in seconds; a wrap-up counted whose length is
        known.
        """
        desk = self.agents.signed_in(place.ticket.agent)
        wrap_up_s = self.wrap_up_s(desk, self.queue(place.ticket))
        return now - place.ticket.offered_at + (0.0 if math.isinf(wrap_up_s) else wrap_up_s)

    def after_call(self, desk: Desk, queue: QueueRules, now: float, decision: Decision) -> None:
        """The conversation is over: sign out if that was asked for, else wrap up, else idle at once."""
        desk.state.last_until = now
        wrap_up_s = self.wrap_up_s(desk, queue)
        if desk.state.wish is Wish.SIGNED_OUT:
            self.sign_out(desk, now, decision)
        elif wrap_up_s > 0:
            self.enter(desk, Phase.WRAP_UP, now, decision, None if math.isinf(wrap_up_s) else now + wrap_up_s)
            desk.state.last_until, desk.state.extended = now + min(wrap_up_s, _DAY_S), False
        else:
            self.idle(desk, now, decision)

    def extend(self, desk: Desk, decision: Decision) -> None:
        """The agent, who is in wrap-up, takes the more time that the contact's queue allows, if it was not taken."""
        state, more_s = desk.state, self.more_wrap_up_s(desk)
        if state.until is None or more_s <= 0:
            return
        state.extended, state.until = True, state.until + more_s
        state.last_until = state.until
        self.deadlines.set(OF_PHASE + state.agent, state.until)
        decision.agent(state.agent)

    def more_wrap_up_s(self, desk: Desk) -> float:
        """How much more time an agent may take for the wrap-up that it is in, in seconds; 0: none, or none more."""
        state, queue = desk.state, self.rules.queues.get(desk.state.last_queue)
        if state.phase is not Phase.WRAP_UP or state.until is None or state.extended or queue is None:
            return 0.0
        return max(queue.wrap_up_more_s, 0.0)

    def unresponsive(self, desk: Desk, queue: QueueRules, now: float, decision: Decision) -> None:
        """The phone rang and nobody came: no more calls until the agent's word, or for the queue's time."""
        until = now + queue.unresponsive_s if queue.unresponsive_s > 0 else None
        self.enter(desk, Phase.UNRESPONSIVE, now, decision, until)

    def cool_down(self, desk: Desk, now: float, decision: Decision) -> None:
        """The phone did not take the call: leave it alone for a while, longer each time."""
        desk.state.failures += 1
        doubled = self.rules.cool_down_s * 2.0 ** min(desk.state.failures - 1, 16)
        self.enter(desk, Phase.UNRESPONSIVE, now, decision, now + min(doubled, self.rules.cool_down_max_s))

    def sign_out(self, desk: Desk, now: float, decision: Decision) -> None:
        """The agent is gone; who waits for agents of whom none is there any more waits for everybody."""
        agent = desk.state.agent
        self.deadlines.clear(OF_PHASE + agent)
        self.deadlines.clear(OF_SKILLS + agent)
        self.index.unseat(desk)
        self.agents.remove(desk)
        decision.agent(agent)
        waits = [
            key
            for line in self.index.personal(agent)
            if not any(self.agents.get(other) for other in line.requirement.agents)
            for key in line.waiting
        ]
        for key in sorted(waits):
            place = self.tickets.get(key[3])
            assert place is not None  # noqa: S101 - who stands in a line has a ticket
            place.ticket.prefer_until = now
            self.climb(place, now, decision)

    def reseat(self, desk: Desk, now: float, decision: Decision) -> None:
        """A skill of the agent has begun or ended by its date."""
        self.seat(desk, now)
        self.settle(desk, now, decision)

    # --- contacts ---

    def seek(self, place: Place, now: float, decision: Decision) -> None:
        """Offer a contact that nobody has to those whom it is for, else to the best free agents; without one it waits,
        in its old place. One that is for somebody alone who cannot take it is let go. One that others are still rung
        for is left alone.
        """
        ticket = place.ticket
        if ticket.offer is not None:
            return
        decision.ticket(ticket.contact)
        desk = None if self.paused else self._asked_for(place)
        if desk is not None:
            self._offer(place, desk, Side.ASKED, now, decision)
        elif ticket.only and not self.paused:
            decision.not_taken(ticket.contact)
            self.drop(place, decision)
        elif not self.paused and (desk := self.free_for(place)) is not None:
            more, side = self.queue(ticket).ring_at_once, Side.CONTACT
            if ticket.prefers:
                more, side = 1, Side.PREFERRED
            while desk is not None:
                self._offer(place, desk, side, now, decision)
                more -= 1
                desk = self.free_for(place) if more > 0 else None
        else:
            self.tickets.wait(place)

    def _offer(self, place: Place, desk: Desk, side: Side, now: float, decision: Decision) -> None:
        version = self.rules.version
        why = explaining.of_agents(place, desk, side, version) if self.explains else explaining.of(place, side, version)
        self.pair(place, desk, why, now, decision)

    def free_for(self, place: Place) -> Desk | None:
        """The free agent who is rung first for a contact; None if nobody is free who can take it, or its queue has all
        the agents that it may have.
        """
        if place.ticket.queue in self.full:
            return None
        if not place.ticket.prefers:
            return self.index.agent_for(place)
        desks = (self.agents.get(agent) for agent in place.ticket.prefers)
        return next((d for d in desks if d is not None and d.free and place.ticket.tenant in d.state.serves), None)

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

    def pick(self, place: Place, desk: Desk, now: float, decision: Decision) -> None:
        """The agent takes a waiting contact from the list."""
        self.tickets.stop_waiting(place)
        self._offer(place, desk, Side.PICKED, now, decision)

    def can_pick(self, place: Place, desk: Desk) -> bool:
        """Whether the agent is able to serve a contact that waits."""
        asked, profile = place.line.requirement, desk.profile
        if asked.agents:
            return desk.state.agent in asked.agents
        return profile is not None and asked.met_by(profile.serves, profile.skills, profile.queues)

    def prefers_no_more(self, place: Place, agent: str, now: float, decision: Decision) -> None:
        """A contact that nobody has answered does not wait for an agent above all any more."""
        ticket = place.ticket
        ticket.prefers = tuple(other for other in ticket.prefers if other != agent)
        if not ticket.prefers:
            ticket.prefer_until = None
        waits = ticket.offer is None
        if waits:
            self.tickets.stop_waiting(place)
        self.tickets.asks(place, self.asked(ticket), self.index)
        self.arm(place)
        decision.ticket(ticket.contact)
        if not ticket.prefers:
            decision.less(AskedLess(contact=ticket.contact, queue=ticket.queue, rung=0, priority=ticket.priority))
        if waits:
            self.seek(place, now, decision)

    def climb(self, place: Place, now: float, decision: Decision) -> None:
        """Have a contact that was not answered ask for what it asks for after this wait, and seek again."""
        if asking.climb(self.queue(place.ticket), place.ticket, now):
            self._asks_less(place, now, decision)
        self.arm(place)

    def widen(self, place: Place, rung: int, now: float, decision: Decision) -> None:
        """Have it ask for what it asks for from a rung on, however short its wait, and seek again."""
        if asking.widen(self.queue(place.ticket), place.ticket, rung):
            self._asks_less(place, now, decision)
            self.arm(place)

    def _asks_less(self, place: Place, now: float, decision: Decision) -> None:
        ticket = place.ticket
        waits = ticket.offer is None
        if waits:
            self.tickets.stop_waiting(place)
        self.tickets.asks(place, self.asked(ticket), self.index)
        decision.ticket(ticket.contact)
        decision.less(AskedLess(contact=ticket.contact, queue=ticket.queue, rung=ticket.rung, priority=ticket.priority))
        if waits:
            self.seek(place, now, decision)

    def relieve(self, queue: str, now: float, decision: Decision) -> None:
        """A queue may have more agents again: those who wait in it are offered to whoever is free."""
        while not self.paused and queue not in self.full:
            waits = [key for key, line in self.index.everybody(now) if line.requirement.bounded == queue]
            places = (self.tickets.get(key[3]) for key in waits)
            place = next((p for p in places if p is not None and self.free_for(p) is not None), None)
            if place is None:
                return
            self.tickets.stop_waiting(place)
            self.seek(place, now, decision)

    def take_in(self, ticket: Ticket, now: float) -> Place:
        """A ticket that is new here, at the rung that its wait has brought it to; it does not wait yet."""
        asking.climb(self.queue(ticket), ticket, now)
        place = self.tickets.add(ticket, self.asked(ticket), self.index)
        self.arm(place)
        return place

    # --- what may be expected ---

    def expected_s(self, place: Place, now: float) -> float:
        """How long a contact that nobody has answered will wait from now on; infinite where nobody is there, at no rung
        of its queue's ladder. One that waits for an agent above all may wait for all others in the end: so it is told,
        and where there are no others, for those alone.
        """
        ticket = place.ticket
        if ticket.offer is not None:
            return 0.0
        known = self._asked.get((ticket.queue, ticket.rung)) if ticket.prefers else None
        line = self.index.line(known) if known else place.line
        preferred = sum(desk.staffs for agent in ticket.prefers if (desk := self.agents.get(agent)) is not None)
        counted = expecting.agents(line.some, line.staffed, ticket.queue, self.tickets.size) or float(preferred)
        position = self.tickets.position(place)
        if not counted:
            return self._expected_later(self.queue(ticket), ticket, position, now)
        return expecting.seconds(position, self.handling.mean(ticket.queue), counted)

    def expected_of(self, queue: str, now: float) -> float:
        """How long who comes to a queue of the rules now will wait; infinite where nobody is there, at no rung."""
        line = self.index.line(self._asked[queue, 0])
        if line.first_free() is not None:
            return 0.0
        counted = expecting.agents(line.some, line.staffed, queue, self.tickets.size)
        position, rules = self.tickets.size(queue) + 1, self.rules.queues[queue]
        if not counted:
            return self._expected_later(rules, comes(rules, "", now, order=0), position, now)
        return expecting.seconds(position, self.handling.mean(queue), counted)

    def _expected_later(self, queue: QueueRules, ticket: Ticket, position: int, now: float) -> float:
        """The expected wait of who asks for what nobody can do yet: the first rung above counts at which somebody can,
        and the wait does not end before it is taken. Nobody is looked for where agents take from the list themselves.
        """
        if queue.picking is Picking.ONLY:
            return math.inf
        for rung in range(ticket.rung + 1, len(queue.ladder) + 1):
            asked = self.asked(replace(ticket, rung=rung, prefers=()))
            able = tuple(self.index.able(asked))
            staffed = sum(profile.staffed for profile in able)
            counted = expecting.agents(able, staffed, ticket.queue, self.tickets.size)
            if counted:
                begins = ticket.queued_at + queue.ladder[rung - 1].after_s - now
                return max(begins, expecting.seconds(position, self.handling.mean(ticket.queue), counted))
        return math.inf

    def seek_all(self, now: float, decision: Decision) -> None:
        """Offer everything that waits and can be offered, in serving order."""
        if self.paused:
            return
        for key, _ in self.index.everybody(now):
            place = self.tickets.get(key[3])
            if place is not None and self.free_for(place) is not None:
                self.tickets.stop_waiting(place)
                self.seek(place, now, decision)
