"""Offers: carries out what the router commands, and tells it what became of the agents' phones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog

from acd.protocol import (
    AgentChanged,
    AskedLess,
    Command,
    HandlingChanged,
    NotTaken,
    OfferContact,
    OfferOver,
    Phase,
    PoolChanged,
    TicketChanged,
    Wish,
    WithdrawOffer,
)
from core.facts import (
    AgentConnected,
    AgentLeft,
    AgentStateChanged,
    LadderClimbed,
    OfferEnded,
    OfferMade,
    OfferOutcome,
    Outcome,
    OutsideConnected,
    OutsideLeft,
    Party,
    QueueLeft,
)
from core.ids import offer_leg_id
from ivr_flows.protocol import AgentJoined, QueueEnded
from telephony.port import Bridge, Cause, LegHungUp, Part, Ring, StopPlaying
from vcc.calls import arrivals, several
from vcc.calls.before_bridge import BeforeBridge, Briefing, Taker
from vcc.calls.calling_back import CallingBack
from vcc.calls.mobile_seats import MobileSeats
from vcc.calls.session import AgentLeg, ContactSession, Stage, whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from acd.protocol import AgentState
    from core.clock import TimerHandle
    from vcc.calls.floor import Floor

_log = structlog.get_logger()

OUTCOMES = {
    Cause.BUSY: OfferOutcome.BUSY,
    Cause.NO_ANSWER: OfferOutcome.NO_ANSWER,
    Cause.REFUSED: OfferOutcome.REFUSED,
    Cause.NORMAL: OfferOutcome.REFUSED,
    Cause.ELSEWHERE: OfferOutcome.WITHDRAWN,
}
#: After the switch said that a bridge is over, one of its legs should hang up within this time.
_CUT_AFTER_S = 1.0
#: After a bridge that outlived the wire, the caller's leg should be back under control within this time.
_BACK_AFTER_S = 1.0


class Offers:
    """The agents' side of every contact on the floor."""

    def __init__(self, floor: Floor) -> None:
        """Serve this floor."""
        self._floor = floor
        self.before = BeforeBridge(floor)
        self.seats = MobileSeats(floor)
        self.back = CallingBack(floor, self)
        self._unmade: set[int] = set()  # offers of callbacks that are not made now
        self._cuts: dict[str, TimerHandle] = {}  # by contact: when its bridge was cut, if nobody turns out to have left
        #: set by the hub: the offer of a consultation; nobody of those took a contact for whom alone it was
        self.consult: Callable[[OfferContact], None] = lambda command: None
        self.not_taken: Callable[[str], None] = lambda contact: None

    # --- what the router commands ---

    def carry_out(self, command: Command) -> None:
        """Do one thing that the router wants."""
        match command:
            case OfferContact(contact=contact) if contact != whole(contact):
                self._record_offer(command, offer_leg_id(whole(contact), command.offer))
                self.consult(command)
            case OfferContact():
                self._ring(command)
            case WithdrawOffer(offer=offer, contact=contact):
                self._stop_ringing(contact, offer)
            case OfferOver():
                self._record_end(command)
            case NotTaken(contact=contact):
                self.not_taken(contact)
            case AgentChanged(agent=agent):
                self._agent_changed(agent)
            case TicketChanged() | PoolChanged() | HandlingChanged():
                self._store(command)
            case AskedLess():
                self._record_less(command)
            case _:
                _log.error("unknown router command", command=type(command).__name__)

    def _store(self, changed: TicketChanged | PoolChanged | HandlingChanged) -> None:
        router = self._floor.router
        match changed:
            case TicketChanged(contact=contact):
                self._keep("ticket", contact, router.dump_ticket(contact))
            case PoolChanged(pool=pool):
                self._keep("pool", pool, router.dump_pool(pool))
            case HandlingChanged(queue=queue):
                self._keep("handling", queue, router.dump_handling(queue))

    def _keep(self, kind: str, key: str, data: dict[str, Any] | None) -> None:
        if data is None:
            self._floor.store.delete(kind, key)
        else:
            self._floor.store.put(kind, key, data)

    def _record_less(self, command: AskedLess) -> None:
        session = self._floor.sessions.get(whole(command.contact))
        if session is not None:
            about, rung = self._floor.about(session), command.rung
            fact = LadderClimbed(**about, queue=command.queue, rung=rung, priority=command.priority)
            self._floor.record(fact)

    def _ring(self, command: OfferContact) -> None:
        floor, session = self._floor, self._floor.sessions.get(command.contact)
        phone, leg = floor.directory.platform.phones.get(command.phone), offer_leg_id(command.contact, command.offer)
        if session is None and floor.callbacks.waits(command.contact):
            session = floor.callbacks.begin(command.contact, command.phone)
            if session is None:  # not now: there is no contact of which an offer could be told
                self._unmade.add(command.offer)
                return floor.obey(floor.router.leave(command.contact, floor.now()))
        self._record_offer(command, leg)
        if (
            session is None or session.stage is not Stage.WAITING
        ):  # nobody waits there any more, and nobody else shall be rung for it
            return floor.obey(floor.router.leave(command.contact, floor.now()))
        if phone is None:
            return floor.obey(
                floor.router.offer_failed(command.offer, OfferOutcome.UNREACHABLE, "no such phone", floor.now())
            )
        node = session.node  # legs of two switches cannot be joined
        if session.offer in floor.router.offers_of(command.contact):
            several.set_aside(session)
        session.offer, session.agent, session.agent_leg, session.agent_node = command.offer, command.agent, leg, node
        floor.touch(session)
        if self.back.reserves(session, command):
            return None
        return self.ring_agent(session, command)

    def ring_agent(self, session: ContactSession, command: OfferContact) -> None:
        """Ring the phone of an offer that stands in the session."""
        floor, leg, node = self._floor, session.agent_leg, session.agent_node
        floor.legs.agents[leg] = AgentLeg(session, node)
        phone = floor.directory.platform.phones[command.phone]
        if phone.outside is not None:
            return self._ring_outside(session, command, phone.outside)
        return self.ring_phone(session, command, leg, node, queue=command.queue, for_leg=session.leg)

    def ring_phone(
        self, session: ContactSession, command: OfferContact, leg: str, node: str, *, queue: str, for_leg: str
    ) -> None:
        """Ring the phone that the router has chosen, at whichever node it is: its display names `queue`, and whoever
        picks up is for `for_leg`. Not for a mobile seat.
        """
        floor = self._floor
        ring = Ring(
            leg=leg,
            phone=command.phone,
            at=floor.other_node(node, command.phone),
            timeout_s=command.ring_s,
            shows_number=floor.directory.shown_number(session.tenant, session.caller, session.number),
            shows_name=floor.directory.display(session.tenant, queue, command.agent),
            for_leg=for_leg,
            auto_answer=floor.directory.answers_itself(command.agent, command.phone),
            alert=floor.directory.alert(command.queue),
        )
        floor.send(node, ring)

    def _ring_outside(self, session: ContactSession, command: OfferContact, number: str) -> None:
        def now_is(leg: str) -> None:
            several.renamed(session, command.offer, leg)

        if refused := self.seats.ring(session, command, number, session.agent_leg, now_is=now_is):
            self._not_taken(session, OfferOutcome.UNREACHABLE, refused)

    def _record_offer(self, command: OfferContact, leg: str) -> None:
        """Every offer of the router is a fact, also one that comes to nothing before a phone rings: its end is one."""
        floor, session, why = self._floor, self._floor.sessions.get(whole(command.contact)), command.why
        floor.record(
            OfferMade(
                at=floor.now(),
                tenant=floor.directory.tenant_of_queue(command.queue),
                contact=whole(command.contact),
                node=session.node if session else "",
                queue=command.queue,
                offer=command.offer,
                agent=command.agent,
                phone=command.phone,
                leg=leg,
                side=why.side,
                strategy=why.strategy,
                score=why.score,
                passed=tuple(" ".join([name or "-", word, *map(str, score)]) for name, word, score in why.passed),
                others=why.others,
                rung=why.rung,
                rules=why.version,
                assigned=floor.assignments.put_on(command.agent, command.queue),
            )
        )

    def _stop_ringing(self, contact: str, offer: int) -> None:
        session = self._floor.sessions.get(contact)
        leg = (several.leg_of(session, offer) if session else "") or offer_leg_id(contact, offer)
        known = self._floor.legs.agents.get(leg)
        if known is None:
            return self.back.withdrawn(session, offer) if session is not None else None
        self._floor.healer.hang_up(known.node, leg, elsewhere=True)
        self.before.forget(leg)
        if known.session.also.pop(leg, None):
            self._floor.touch(known.session)
        elif known.session.offer == offer:
            self.forget_agent(known.session)
        return None

    def forget_agent(self, session: ContactSession) -> None:
        self.before.forget(session.agent_leg)
        session.offer, session.agent, session.agent_leg, session.agent_node = None, "", "", ""
        session.outside = ""
        session.connected_at = session.held_at = None
        session.apart = session.muted = False
        for leg in list(session.also)[-1:]:  # somebody else is rung still
            several.bring_forward(session, leg)
        self._floor.touch(session)
        if session.offer is None:
            self.back.agent_gone(session)

    def _record_end(self, command: OfferOver) -> None:
        if command.offer in self._unmade:
            self._unmade.discard(command.offer)
            return
        floor, session = self._floor, self._floor.sessions.get(whole(command.contact))
        floor.record(
            OfferEnded(
                at=floor.now(),
                tenant=floor.directory.tenant_of_queue(command.queue),
                contact=whole(command.contact),
                node=session.node if session else "",
                queue=command.queue,
                offer=command.offer,
                agent=command.agent,
                outcome=command.outcome,
                detail=command.detail,
            )
        )

    def _agent_changed(self, agent: str) -> None:
        floor, state, stored = self._floor, self._floor.router.agent(agent), self._floor.router.dump_agent(agent)
        if state is None or stored is None:
            floor.store.delete("agent", agent)
            self._signed_out(agent)
        else:
            floor.store.put("agent", agent, stored)
            floor.record(self._duty(state))
        gone = state is None or state.wish is not Wish.READY or not state.reachable
        if gone and floor.directory.watches_agents:
            floor.overflows()

    def _duty(self, state: AgentState) -> AgentStateChanged:
        """An agent's present state, as a fact."""
        return AgentStateChanged(
            at=self._floor.now(),
            tenant=self._floor.directory.tenant_of_agent(state.agent),
            contact=whole(state.contact),
            agent=state.agent,
            wish=state.wish,
            phase=state.phase,
            reason=state.reason,
            phone=state.phone,
            serves=state.serves,
            failed=state.failed,
        )

    def duty(self) -> list[AgentStateChanged]:
        """The present state of everybody who is signed in, as facts."""
        return [self._duty(state) for state in self._floor.router.agents()]

    def _signed_out(self, agent: str) -> None:
        tenant = self._floor.directory.tenant_of_agent(agent)
        fact = AgentStateChanged(
            at=self._floor.now(), tenant=tenant, agent=agent, wish=Wish.SIGNED_OUT, phase=Phase.IDLE
        )
        self._floor.record(fact)

    # --- what the agents' phones tell ---

    def ringing(self, at: AgentLeg, leg: str) -> None:
        """The phone rings: from here the agent is `ringing`."""
        several.bring_forward(at.session, leg)
        if leg == at.session.agent_leg and at.session.offer is not None:
            self._floor.obey(self._floor.router.offer_ringing(at.session.offer, self._floor.now()))

    def answered(self, at: AgentLeg, leg: str) -> None:
        """An agent picked up. Too late (the lease is over, the caller gone): that leg is hung up again."""
        floor, session = self._floor, at.session
        if session.stage is Stage.WAITING:
            several.bring_forward(session, leg)
        if leg == session.agent_leg and session.stage in (Stage.JOINING, Stage.TALKING):
            return None  # a vcc that has come back is told anew of whoever holds a caller, or is to be joined
        if leg != session.agent_leg or session.offer is None or session.stage is not Stage.WAITING:
            return floor.healer.hang_up(at.node, leg)
        taker = Taker(
            session=session,
            node=at.node,
            leg=leg,
            offer=session.offer,
            join=lambda: self._told(at, leg),
            failed=lambda outcome, detail: self._refused(at, leg, outcome, detail),
        )
        return self.before.begin(taker, self._briefing(session))

    def _told(self, at: AgentLeg, leg: str) -> None:
        """Whoever picked up knows what it is about."""
        several.bring_forward(at.session, leg)
        if leg != at.session.agent_leg or not self.back.picked_up(at.session):
            self._take(at, leg)

    def _briefing(self, session: ContactSession) -> Briefing:
        """What the agent of the offer is asked and told before the caller."""
        words = self._floor.directory.whispered(session.tenant, session.queue, session.agent, session.values)
        words = (*self.back.told(session, session.agent), *words)
        return Briefing(words=words, question=self.seats.question(session.agent))

    def _not_taken(self, session: ContactSession, outcome: OfferOutcome, detail: str) -> None:
        """Nobody is there who wants the call: the caller keeps the place."""
        offer = session.offer
        self.forget_agent(session)
        if offer is not None:
            self._floor.obey(self._floor.router.offer_failed(offer, outcome, detail, self._floor.now()))

    def _refused(self, at: AgentLeg, leg: str, outcome: OfferOutcome, detail: str) -> None:
        """Whoever picked up has not taken the call."""
        several.bring_forward(at.session, leg)
        if leg == at.session.agent_leg:
            self._not_taken(at.session, outcome, detail)

    def take(self, session: ContactSession) -> None:
        """As below, with the agent who has picked up for the session."""
        self._take(AgentLeg(session, session.agent_node), session.agent_leg)

    def _take(self, at: AgentLeg, leg: str) -> None:
        """The agent is there, if the offer still is: the two are joined."""
        floor, session = self._floor, at.session
        several.bring_forward(session, leg)
        if leg != session.agent_leg or session.offer is None or session.stage is not Stage.WAITING:
            return floor.healer.hang_up(at.node, leg)
        valid, commands = floor.router.offer_answered(session.offer, floor.now())
        floor.obey(commands)
        if not valid:
            floor.healer.hang_up(at.node, leg)
            return self.forget_agent(session)
        return self.join(session)

    def join(self, session: ContactSession) -> None:
        """Bring the caller together with whoever has picked up on the session's other leg."""
        floor = self._floor
        if session.play:
            floor.send(session.node, StopPlaying(leg=session.leg))
        session.parted, session.direct = False, ""
        floor.enter(session, Stage.JOINING)
        if not session.outside:
            floor.recordings.before_talk(session)
        music = floor.directory.music(session.tenant, "", session.queue)  # nobody may have waited and heard any
        floor.send(session.node, Bridge(leg=session.leg, other=session.agent_leg, music=music))

    def rejoin(self, session: ContactSession) -> None:
        """Bridge the two who talk once more, a tenth of a second in which nobody hears the other. Where somebody came
        or went, or a phone has begun its media anew, without a `Bridge`, a recording may not hear them otherwise.
        """
        self._floor.send(session.agent_node, Part(leg=session.agent_leg))
        self._floor.send(session.node, Bridge(leg=session.leg, other=session.agent_leg))

    def bridged(self, session: ContactSession, leg: str) -> None:
        """Caller and agent hear each other."""
        floor, now = self._floor, self._floor.now()
        if leg != session.agent_leg or session.stage not in (Stage.JOINING, Stage.TALKING):
            return None
        session.parted = session.apart = False
        if session.stage is Stage.TALKING:
            return self._floor.touch(session)
        waited = now - (session.queued_at or now)
        queue, agent = session.queue, session.agent
        why = "transferred" if session.outside else "answered"
        if session.queued_at is not None:  # else the caller was given on, and did not wait
            floor.record(QueueLeft(**floor.about(session), queue=queue, why=why, waited_s=waited))
        if session.outside:
            by, number = session.left_agent, session.outside
            floor.record(OutsideConnected(**floor.about(session), leg=leg, agent=by, number=number))
        else:
            expected_s = session.expected_s if session.queued_at is not None else None
            floor.record(
                AgentConnected(
                    **floor.about(session), queue=queue, agent=agent, leg=leg, waited_s=waited, expected_s=expected_s
                )
            )
        session.connected_at, session.talked, session.music, session.play = now, True, "", ""
        floor.enter(session, Stage.TALKING)
        floor.recordings.talk_began(session)
        if not session.outside:
            floor.callbacks.served(session)
        return floor.tell_flow(session, AgentJoined(agent=agent, queue=queue))

    def leg_gone(self, at: AgentLeg, fact: LegHungUp) -> None:
        """An agent's leg ended: an offer failed, or the agent hung up after talking."""
        floor, session = self._floor, at.session
        several.bring_forward(session, fact.leg)
        if fact.leg != session.agent_leg:
            return
        if session.stage is Stage.TALKING:
            self.part(session, Party.AGENT)
        elif session.offer is not None:
            outcome = self.outcome(fact)
            if session.stage is Stage.JOINING:
                floor.enter(session, Stage.WAITING)  # picked up and hung up at once: the caller keeps the place
                floor.recordings.no_talk(session)
            self._not_taken(session, outcome, fact.detail or fact.cause)

    def outcome(self, fact: LegHungUp) -> OfferOutcome:
        """What the end of a leg that was rung says of whoever was to answer."""
        asked = self.before.asks(fact.leg)
        return OfferOutcome.NO_ANSWER if asked else OUTCOMES.get(fact.cause, OfferOutcome.UNREACHABLE)

    def phone_lost(self, phone: str, detail: str, *, from_other_than: str = "") -> None:
        """A phone is not to be reached any more: what rings there ends now, not when the ringing time is over.
        `from_other_than`: only if the caller is not on this node, of whose legs nothing is known.
        """
        floor = self._floor
        state = floor.router.agent_on(phone)
        session = floor.sessions.get(state.contact) if state else None
        if session is None or session.offer is None or session.stage is not Stage.WAITING:
            return  # a conversation lasts as long as its media do
        if session.node == from_other_than:
            return
        if state is not None and state.offer is not None:
            several.bring_forward(session, several.leg_of(session, state.offer))
        offer = session.offer
        floor.healer.hang_up(session.agent_node, session.agent_leg)
        self.forget_agent(session)
        why = f"the phone was lost while it rang ({detail})" if detail else "the phone was lost while it rang"
        floor.obey(floor.router.offer_failed(offer, OfferOutcome.UNREACHABLE, why, floor.now()))

    def parted(self, session: ContactSession) -> None:
        """The bridge is over. Who ended it is told by the `LegHungUp` of one of the two; if none comes, it was cut."""
        floor = self._floor
        session.parted = True
        if session.stage is Stage.PARTING:
            self.free(session)
        elif session.stage is Stage.TALKING and not session.apart:
            if (earlier := self._cuts.pop(session.contact, None)) is not None:
                earlier.cancel()  # that was another bridge
            due = floor.now() + _CUT_AFTER_S
            self._cuts[session.contact] = floor.timers.call_at(due, lambda: self._cut(session))

    def _cut(self, session: ContactSession) -> None:
        self._cuts.pop(session.contact, None)
        if session.stage is Stage.TALKING and session.parted and not session.apart:
            self.part(session, Party.SYSTEM)
            self._floor.settle()

    def part(self, session: ContactSession, by: Party) -> None:
        """The conversation is over: the agent goes into wrap-up, the caller's flow goes on when its leg is free."""
        floor, leg, node = self._floor, session.agent_leg, session.agent_node
        self.let_go(session, by)
        if session.callback:
            session.by = session.by or by
        session.queue, session.queued_at = "", None
        if by is not Party.AGENT:
            floor.healer.hang_up(node, leg)
        floor.enter(session, Stage.PARTING)
        if session.parted and not (session.callback and by is Party.CALLER):  # that leg is gone
            self.free(session)

    def let_go(self, session: ContactSession, by: Party) -> None:
        """The agent, or whoever it was, talks with the caller no more, and goes into wrap-up. The leg is left alone."""
        self._floor.recordings.talk_over(session)
        self.leave(session, by)
        self._floor.obey(self._floor.router.talk_ended(session.contact, self._floor.now()))

    def leave(self, session: ContactSession, by: Party) -> None:
        """For the record and the session: whom the caller talked with is not there any more."""
        floor, now, leg = self._floor, self._floor.now(), session.agent_leg
        talked, about = now - (session.connected_at or now), floor.about(session)
        if session.outside:
            ended = Party.OUTSIDE if by is Party.AGENT else by
            floor.record(OutsideLeft(**about, leg=leg, by=ended, talked_s=talked))
        else:
            floor.record(AgentLeft(**about, queue=session.queue, agent=session.agent, by=by, talked_s=talked))
            session.left_agent, session.left_leg, session.left_queue = session.agent, leg, session.queue
        session.ranks_from = session.ranks_from or session.queued_at
        self.forget_agent(session)

    def free(self, session: ContactSession) -> None:
        """The flow goes on; where the leg is still to come back, when it does: what is played before is lost, or is
        heard twice. A leg that was never lost (only the news of it were) does not come back: it is not waited for long.
        """
        if session.callback and session.flow_state is None:  # a leg that vcc has rung comes back as such
            session.adrift = False
            return arrivals.end(self._floor, session, Outcome.ANSWERED, session.by or Party.AGENT, hang_up=True)
        if session.adrift:
            session.adrift = False
            self._floor.timers.call_at(self._floor.now() + _BACK_AFTER_S, lambda: self._not_back(session))
            return None
        if session.colleague:  # no flow has led it
            return arrivals.end(self._floor, session, Outcome.ANSWERED, Party.AGENT, hang_up=True)
        self._floor.enter(session, Stage.FLOW)
        return self._floor.tell_flow(session, QueueEnded(why="served"))

    def _not_back(self, session: ContactSession) -> None:
        if session.stage is Stage.PARTING and session.contact in self._floor.sessions:
            self.free(session)
            self._floor.settle()

    def caller_gone(self, session: ContactSession) -> None:
        """The caller's leg is gone: nobody's phone shall ring on, no agent stay in a conversation with nobody."""
        floor, now = self._floor, self._floor.now()
        by = session.by or Party.CALLER
        if session.connected_at is not None:
            return self.part(session, by)
        if not session.queue:
            return None
        if session.agent_leg:
            floor.healer.hang_up(session.agent_node, session.agent_leg, elsewhere=True)
        for leg, (_, _, node) in session.also.items():
            self.before.forget(leg)
            floor.healer.hang_up(node, leg, elsewhere=True)
        session.also = {}
        floor.obey(floor.router.leave(session.contact, now))
        if session.calls_back:  # nobody was kept waiting on a line
            return None
        waited, why = now - (session.queued_at or now), "abandoned" if by is Party.CALLER else "ended"
        session.outcome, session.by = session.outcome or Outcome.ABANDONED, by
        return floor.record(QueueLeft(**floor.about(session), queue=session.queue, why=why, waited_s=waited))
