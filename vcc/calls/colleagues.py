"""Agents who call each other: a number that is dialled on a phone and is a colleague's, or a queue's extension.

    a colleague's number -> calling (it rings there, the agent hears that) -> joining -> talking -> the end
                                +-- not signed in, busy, nobody answers: told by voice -> the end
    a queue's extension  -> the queue, as any contact that waits

Who calls whom: an agent those who serve a tenant that this one serves too; to others the number does not exist. No
measure takes either for a caller. A call to a colleague was brought by no queue, and has no wrap-up. Both phones are in
use, so nobody else is rung there. A colleague who is not ready can be called, one who has a call cannot.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.facts import Direction, OfferOutcome, Outcome, Party
from core.ids import LEG_PREFIX
from ivr_flows import agent_phrases
from telephony.port import Bridge, Ring, Ringback, Show
from tenancy.dialling import Purpose
from tenancy.model import Treatment
from vcc.calls import arrivals
from vcc.calls.before_bridge import Briefing, Taker
from vcc.calls.outbound import Call
from vcc.calls.session import AgentLeg, ContactSession, Stage
from vcc.calls.telling import unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from acd.protocol import AgentState
    from ivr_flows.prompts import Prompt
    from telephony.port import LegHungUp
    from vcc.calls.floor import Floor
    from vcc.calls.offers import Offers

_PHRASES = {
    OfferOutcome.BUSY: agent_phrases.BUSY,
    OfferOutcome.UNREACHABLE: agent_phrases.UNREACHABLE,
}


class Colleagues:
    """All calls between agents on the floor."""

    def __init__(self, floor: Floor, offers: Offers) -> None:
        """Serve this floor; `offers` knows who has picked up, and asks who sits at a mobile seat."""
        self._floor, self._offers = floor, offers
        self._phones: dict[str, str] = {}  # by colleague's leg
        self._then: dict[str, Callable[[], None]] = {}  # by colleague's leg that is to end: what follows

    def __len__(self) -> int:
        """How many colleagues' phones ring, or are in such a call."""
        return len(self._phones) + len(self._then)

    # --- from the phone

    def find(self, session: ContactSession) -> bool:
        """Whether what was dialled on a phone, and is no code and no number of the platform, leads to somebody inside;
        then the contact is known for what it is.
        """
        floor, directory = self._floor, self._floor.directory
        if not session.phone:
            return False
        state = floor.router.agent_on(session.phone)
        tenants = directory.serves(state.agent) if state and state.agent in directory.agents else ()
        colleague = directory.agent_by_number(session.number)
        if colleague is None:
            return self._find_queue(session, state, tenants)
        shared = [tenant for tenant in tenants if tenant in directory.serves(colleague)]
        if state is not None and not shared:
            return False
        session.colleague, session.direction = colleague, Direction.INTERNAL
        session.tenant = shared[0] if shared else ""
        self._is_of(session, state)
        return True

    def _find_queue(self, session: ContactSession, state: AgentState | None, tenants: tuple[str, ...]) -> bool:
        directory = self._floor.directory
        for tenant in tenants:
            if queue := directory.queue_by_extension(tenant, session.number):
                session.tenant, session.flow = tenant, directory.queue_flow(queue)
                session.direction = Direction.INTERNAL
                self._is_of(session, state)
                return True
        return False

    def is_of(self, session: ContactSession) -> None:
        """A number of the platform was dialled on a phone: who is signed in there is no caller of a tenant."""
        state = self._floor.router.agent_on(session.phone)
        if state is not None:
            session.direction = Direction.INTERNAL
            self._is_of(session, state)

    def _is_of(self, session: ContactSession, state: AgentState | None) -> None:
        if state is not None and state.agent in self._floor.directory.agents:
            who = self._floor.directory.agents[state.agent][1]
            session.placed_by, session.caller, session.caller_name = state.agent, who.number, who.name

    def begin(self, session: ContactSession) -> None:
        """Lead the contact, which is on record by now, to whom it is for."""
        floor, limits = self._floor, self._floor.directory.platform.limits
        if floor.draining or len(floor.sessions) > limits.calls:
            reason = Outcome.DRAINING if floor.draining else Outcome.TENANT_BUSY
            return arrivals.refuse(floor, session, reason, Treatment(busy=True), ())
        if not session.colleague:
            return arrivals.begin_flow(floor, session, session.flow)
        if not session.placed_by:
            return self._say(session, agent_phrases.NOBODY_HERE)
        return self._call(session)

    # --- ringing

    def _call(self, session: ContactSession) -> None:
        """Ring the colleague, if that one can be rung."""
        floor, agent = self._floor, session.colleague
        state = floor.router.agent(agent)
        phone = floor.directory.platform.phones.get(state.phone) if state else None
        if state is None or phone is None or not state.reachable:
            return self._say(session, unavailable(floor, agent))
        if state.contact or state.in_use:  # in use: also one that dials, so oneself
            return self._say(session, agent_phrases.BUSY)
        node = session.node
        session.dialled_out += 1
        leg = f"{LEG_PREFIX}{session.contact}-in{session.dialled_out}"
        session.agent, session.agent_leg, session.agent_node = agent, leg, node
        floor.legs.agents[leg] = AgentLeg(session, node)
        self._occupies(leg, state.phone)
        floor.enter(session, Stage.CALLING)
        floor.send(session.node, Ringback(leg=session.leg))
        ring_s = floor.directory.conversation(session.tenant).colleague_ring_s
        if phone.outside is not None:
            return self._ring_outside(session, phone.outside, ring_s)
        return floor.send(
            node,
            Ring(
                leg=leg,
                phone=state.phone,
                at=floor.other_node(node, state.phone),
                timeout_s=ring_s,
                shows_number=session.caller,
                shows_name=session.caller_name,
                for_leg=session.leg,
            ),
        )

    def _ring_outside(self, session: ContactSession, number: str, ring_s: float) -> None:
        """The colleague is at a mobile seat."""

        def moved(old: str, new: str) -> None:
            agents = self._floor.legs.agents
            if (at := agents.pop(old, None)) is not None:
                agents[new] = at
            phone = self._phones[old]
            self._occupies(new, phone)
            self.gone(old)
            session.agent_leg = new
            self._floor.touch(session)

        call = Call(
            leg=session.agent_leg,
            number=number,
            tenant=session.tenant,
            contact=session.contact,
            node=session.node,
            purpose=Purpose.MOBILE_SEAT,
            agent=session.agent,
            timeout_s=ring_s,
            for_leg=session.leg,
            moved=moved,
        )
        if self._floor.outbound.ring(call) is not None:
            leg = session.agent_leg
            self._floor.legs.agents.pop(leg, None)
            self.gone(leg)
            self._not_there(session, agent_phrases.UNREACHABLE)

    def _occupies(self, leg: str, phone: str) -> None:
        self._phones[leg] = phone
        self._floor.occupy(phone, leg)

    def answered(self, session: ContactSession, leg: str) -> bool:
        """A leg was answered; whether it was that of a colleague who was called."""
        if not session.colleague or leg != session.agent_leg:
            return False
        if session.stage is Stage.CALLING:
            taker = Taker(
                session=session,
                node=session.agent_node,
                leg=leg,
                offer=None,
                join=lambda: self._join(session, leg),
                failed=lambda outcome, detail: self._not_there(session, agent_phrases.NO_ANSWER),
            )
            self._offers.before.begin(taker, Briefing(question=self._offers.seats.question(session.agent)))
        return True

    def _join(self, session: ContactSession, leg: str) -> None:
        floor = self._floor
        if session.stage is not Stage.CALLING or session.agent_leg != leg:
            return
        arrivals.answer(floor, session)
        floor.enter(session, Stage.JOINING)
        who = floor.directory.agents.get(session.agent, ("", None))[1]
        floor.send(session.node, Show(leg=session.leg, number=session.number, name=who.name if who else ""))
        floor.send(session.node, Bridge(leg=session.leg, other=leg))

    # --- what goes otherwise

    def lost(self, session: ContactSession, fact: LegHungUp) -> bool:
        """A leg is gone; whether it was that of a colleague who is not talked with yet."""
        waits = session.stage in (Stage.CALLING, Stage.JOINING)
        if not session.colleague or fact.leg != session.agent_leg or not waits:
            return False
        outcome = self._offers.outcome(fact)
        self._not_there(session, _PHRASES.get(outcome, agent_phrases.NO_ANSWER))
        return True

    def _not_there(self, session: ContactSession, phrase: Prompt) -> None:
        self._offers.forget_agent(session)
        self._say(session, phrase)

    def _say(self, session: ContactSession, phrase: Prompt) -> None:
        """Tell why nobody is there, and end the call."""
        floor, language = self._floor, session.language
        said = Treatment(say={language: phrase.label(language)})
        arrivals.refuse(floor, session, Outcome.NOT_TAKEN, said, (language,))

    def caller_gone(self, session: ContactSession) -> None:
        """The agent who called is gone: no phone shall ring on."""
        if session.stage is Stage.CALLING:
            session.outcome, session.by = session.outcome or Outcome.ABANDONED, session.by or Party.CALLER
            if session.agent_leg:  # it was not withdrawn
                self._floor.healer.hang_up(session.agent_node, session.agent_leg)

    def sent_on(self, session: ContactSession, to: str) -> None:
        """The colleague's phone has sent the agent who called on to another number: to a colleague, else nowhere."""
        session.number, known = to, session.colleague
        session.colleague = self._floor.directory.agent_by_number(to) or ""
        tenants = self._floor.directory.serves(session.colleague) if session.colleague else ()
        if session.tenant in tenants:
            self._call(session)
        else:
            session.colleague = known
            self._say(session, agent_phrases.NO_SUCH_NUMBER)

    def withdraw(self, session: ContactSession, then: Callable[[], None]) -> None:
        """Ring the colleague no more; `then` is called when the phone is free."""
        leg, node = session.agent_leg, session.agent_node
        self._offers.forget_agent(session)
        self._then[leg] = then
        self._floor.healer.hang_up(node, leg)

    def gone(self, leg: str) -> None:
        """A leg is gone: its phone is free, and whoever waited for that goes on."""
        if (phone := self._phones.pop(leg, None)) is not None:
            self._floor.vacate(phone, leg)
        if (then := self._then.pop(leg, None)) is not None:
            then()

    def present(self, node: str, legs: frozenset[str]) -> None:
        """The node was asked what is there: what is not there is gone."""
        agents = self._floor.legs.agents
        for leg in [leg for leg in self._phones if leg not in legs and (at := agents.get(leg)) and at.node == node]:
            self.gone(leg)

    # --- after a crash

    def restore(self, session: ContactSession) -> None:
        """A call goes on from before; one that rang is over."""
        floor = self._floor
        state = floor.router.agent(session.agent)
        if session.stage in (Stage.JOINING, Stage.TALKING) and state is not None:
            self._occupies(session.agent_leg, state.phone)
        elif session.stage is Stage.CALLING:
            floor.legs.agents.pop(session.agent_leg, None)
            self._offers.forget_agent(session)

    def resume(self, session: ContactSession) -> None:
        """The leg of an agent who called is under control again, and nobody is there."""
        if session.stage is Stage.JOINING:
            self._floor.healer.hang_up(session.agent_node, session.agent_leg)
        self._not_there(session, agent_phrases.NO_ANSWER)
