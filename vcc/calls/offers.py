"""Offers: carries out what the router commands, and tells it what became of the agents' phones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from acd.protocol import (
    AgentChanged,
    Command,
    NotTaken,
    OfferContact,
    OfferOver,
    Phase,
    TicketChanged,
    Wish,
    WithdrawOffer,
)
from core.facts import (
    AgentConnected,
    AgentLeft,
    AgentStateChanged,
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
from vcc.calls import arrivals
from vcc.calls.before_bridge import BeforeBridge, Briefing, Taker
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
        self._cuts: dict[str, TimerHandle] = {}  # by contact: when its bridge was cut, if nobody turns out to have left
        #: set by the hub: the offer of a consultation; nobody of those took a contact for whom alone it was
        self.consult: Callable[[OfferContact], None] = lambda command: None
        self.not_taken: Callable[[str], None] = lambda contact: None

    # --- what the router commands ---

    def carry_out(self, command: Command) -> None:
        """Do one thing that the router wants."""
        floor = self._floor
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
            case TicketChanged(contact=contact):
                ticket = floor.router.dump_ticket(contact)
                if ticket is None:
                    floor.store.delete("ticket", contact)
                else:
                    floor.store.put("ticket", contact, ticket)
            case _:
                _log.error("unknown router command", command=type(command).__name__)

    def _ring(self, command: OfferContact) -> None:
        floor, session = self._floor, self._floor.sessions.get(command.contact)
        phone, leg = floor.directory.platform.phones.get(command.phone), offer_leg_id(command.contact, command.offer)
        self._record_offer(command, leg)
        if (
            session is None or session.stage is not Stage.WAITING
        ):  # nobody waits there any more, and nobody else shall be rung for it
            return floor.obey(floor.router.leave(command.contact, floor.now()))
        if phone is None:
            return floor.obey(
                floor.router.offer_failed(command.offer, OfferOutcome.UNREACHABLE, "no such phone", floor.now())
            )
        node = phone.node if phone.outside is None else session.node  # a trunk of the node where the caller is
        session.offer, session.agent, session.agent_leg, session.agent_node = command.offer, command.agent, leg, node
        floor.legs.agents[leg] = AgentLeg(session, node)
        floor.touch(session)
        if phone.outside is not None:
            return self._ring_outside(session, command, phone.outside)
        return floor.send(
            phone.node,
            Ring(
                leg=leg,
                phone=command.phone,
                timeout_s=command.ring_s,
                shows_number=floor.directory.shown_number(session.tenant, session.caller, session.number),
                shows_name=floor.directory.display(session.tenant, command.queue, command.agent),
                for_leg=session.leg,
                auto_answer=floor.directory.answers_itself(command.agent, command.phone),
                alert=floor.directory.alert(command.queue),
            ),
        )

    def _ring_outside(self, session: ContactSession, command: OfferContact, number: str) -> None:
        def now_is(leg: str) -> None:
            session.agent_leg = leg

        if refused := self.seats.ring(session, command, number, session.agent_leg, now_is=now_is):
            self._not_taken(session, OfferOutcome.UNREACHABLE, refused)

    def _record_offer(self, command: OfferContact, leg: str) -> None:
        """Every offer of the router is a fact, also one that comes to nothing before a phone rings: its end is one."""
        floor, session = self._floor, self._floor.sessions.get(whole(command.contact))
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
            )
        )

    def _stop_ringing(self, contact: str, offer: int) -> None:
        session = self._floor.sessions.get(contact)
        leg = session.agent_leg if session and session.offer == offer else offer_leg_id(contact, offer)
        known = self._floor.legs.agents.get(leg)
        if known is None:
            return
        self._floor.healer.hang_up(known.node, leg, elsewhere=True)
        if known.session.offer == offer:
            self.forget_agent(known.session)

    def forget_agent(self, session: ContactSession) -> None:
        self.before.forget(session.agent_leg)
        session.offer, session.agent, session.agent_leg, session.agent_node = None, "", "", ""
        session.outside = ""
        session.connected_at = session.held_at = None
        session.apart = session.muted = False
        self._floor.touch(session)

    def _record_end(self, command: OfferOver) -> None:
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
            return self._signed_out(agent)
        floor.store.put("agent", agent, stored)
        floor.record(self._duty(state))
        return None

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
        if leg == at.session.agent_leg and at.session.offer is not None:
            self._floor.obey(self._floor.router.offer_ringing(at.session.offer, self._floor.now()))

    def answered(self, at: AgentLeg, leg: str) -> None:
        """An agent picked up. Too late (the lease is over, the caller gone): that leg is hung up again."""
        floor, session = self._floor, at.session
        if leg == session.agent_leg and session.stage in (Stage.JOINING, Stage.TALKING):
            return None  # a vcc that has come back is told anew of whoever holds a caller, or is to be joined
        if leg != session.agent_leg or session.offer is None or session.stage is not Stage.WAITING:
            return floor.healer.hang_up(at.node, leg)
        taker = Taker(
            session=session,
            node=at.node,
            leg=leg,
            offer=session.offer,
            join=lambda: self._take(session),
            failed=lambda outcome, detail: self._not_taken(session, outcome, detail),
        )
        return self.before.begin(taker, self._briefing(session))

    def _briefing(self, session: ContactSession) -> Briefing:
        """What the agent of the offer is asked and told before the caller."""
        words = self._floor.directory.whispered(session.tenant, session.queue, session.agent, session.values)
        return Briefing(words=words, question=self.seats.question(session.agent))

    def _not_taken(self, session: ContactSession, outcome: OfferOutcome, detail: str) -> None:
        """Nobody is there who wants the call: the caller keeps the place."""
        offer = session.offer
        self.forget_agent(session)
        if offer is not None:
            self._floor.obey(self._floor.router.offer_failed(offer, outcome, detail, self._floor.now()))

    def _take(self, session: ContactSession) -> None:
        """The agent is there, if the offer still is: the two are joined."""
        floor, leg, node = self._floor, session.agent_leg, session.agent_node
        if session.offer is None or session.stage is not Stage.WAITING:
            return floor.healer.hang_up(node, leg)
        valid, commands = floor.router.offer_answered(session.offer, floor.now())
        floor.obey(commands)
        if not valid:
            floor.healer.hang_up(node, leg)
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
            floor.record(AgentConnected(**floor.about(session), queue=queue, agent=agent, leg=leg, waited_s=waited))
        session.connected_at, session.talked, session.music, session.play = now, True, "", ""
        floor.enter(session, Stage.TALKING)
        floor.recordings.talk_began(session)
        return floor.tell_flow(session, AgentJoined(agent=agent))

    def leg_gone(self, at: AgentLeg, fact: LegHungUp) -> None:
        """An agent's leg ended: an offer failed, or the agent hung up after talking."""
        floor, session = self._floor, at.session
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

    def phone_lost(self, phone: str, detail: str) -> None:
        """A phone is not to be reached any more: what rings there ends now, not when the ringing time is over."""
        floor = self._floor
        state = floor.router.agent_on(phone)
        session = floor.sessions.get(state.contact) if state else None
        if session is None or session.offer is None or session.stage is not Stage.WAITING:
            return  # a conversation lasts as long as its media do
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
        session.queue, session.queued_at = "", None
        if by is not Party.AGENT:
            floor.healer.hang_up(node, leg)
        floor.enter(session, Stage.PARTING)
        if session.parted:
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
        floor.obey(floor.router.leave(session.contact, now))
        waited, why = now - (session.queued_at or now), "abandoned" if by is Party.CALLER else "ended"
        session.outcome, session.by = session.outcome or Outcome.ABANDONED, by
        return floor.record(QueueLeft(**floor.about(session), queue=session.queue, why=why, waited_s=waited))
