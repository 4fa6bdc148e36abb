"""Consultations by command: the agent talks with a colleague, or a number outside, while the caller is on hold.

    begin -> ringing -> talking <-> alternated (caller and agent; the colleague hears music) -> conference (all three)
    complete    the caller gets the colleague, the agent wraps up; while it rings: a transfer without a word
    cancel      the colleague is hung up, caller and agent talk again; so too when the colleague leaves or does not come
    the agent hangs up: as `complete`
    the caller hangs up: both are hung up
    a colleague at a mobile seat presses 1 before the two hear each other

While it rings there the agent hears that it does.

To the router a consultation is a contact of its own, `CONSULTED` behind the caller's, that is offered to the colleague
alone: so nobody is rung twice, and the colleague is not free meanwhile. After a crash one that rang is over, with the
caller on hold; all others go on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from acd import protocol
from core.errors import ConflictError
from core.facts import (
    AgentConnected,
    AgentLeft,
    CallTransferred,
    ConferenceBegan,
    ConsultationBegan,
    ConsultationEnded,
    OfferOutcome,
    OutsideConnected,
    OutsideLeft,
    Party,
)
from core.ids import offer_leg_id
from telephony.port import Bridge, Join, Music, Part, Ringback, Show
from vcc.calls.before_bridge import Briefing, Taker
from vcc.calls.conversing import BLIND, ConsultingError, Conversing, NotAvailableError, NotDialledError, talking
from vcc.calls.destinations import Kind, Target
from vcc.calls.session import CONSULTED, AgentLeg, Consultation, ContactSession, Stage, whole

if TYPE_CHECKING:
    from acd.protocol import OfferContact
    from telephony.port import LegHungUp
    from vcc.calls.conversing import Dismiss
    from vcc.calls.floor import Floor
    from vcc.calls.offers import Offers
    from vcc.calls.transfers import Transfers

RINGING, TALKING, ALTERNATED = Consultation.RINGING, Consultation.TALKING, Consultation.ALTERNATED
JOINING, CONFERENCE = Consultation.JOINING, Consultation.CONFERENCE
ATTENDED = "attended"
_NOT_NOW = {"": "nobody is consulted", RINGING: "whoever is to be consulted has not answered yet"}
#: How a consultation was over, and if nobody was there, why.
Ended = Callable[[str, OfferOutcome | None], None]


class NotConsultingError(ConflictError):
    """There is no consultation, or it is not as far as that."""

    code = "not_consulting"


class Consulting:
    """All consultations of the floor."""

    def __init__(self, floor: Floor, offers: Offers, transfers: Transfers, conversing: Conversing) -> None:
        """Serve this floor."""
        self._floor = floor
        self._offers = offers
        self._transfers = transfers
        self._conversing = conversing
        self._waiting: dict[str, Ended] = {}  # by contact
        self._why: dict[str, OfferOutcome] = {}  # by contact: why nobody was there

    # --- what people ask ---

    def begin(self, session: ContactSession, target: Target, *, ended: Ended | None = None) -> None:
        """Ring an agent or a number outside; the caller is on hold. `ended` is called when agent and caller talk again
        without whoever was to be consulted.

        Raises ConsultingError, NotTalkingError, NotFoundError, NotAvailableError, NotDialledError.
        """
        talking(session)
        if session.consult:
            message = f"the agent of {session.contact} consults somebody already"
            raise ConsultingError(message)
        self._conversing.check(session, target)
        if target.kind is Kind.OUTSIDE:
            session.consult_leg, session.consult_node = self._dial(session, target.name), session.node
            session.consult_outside = target.name
        else:
            self._offer(session, target.name)
        session.consult = RINGING
        if ended is not None:
            self._waiting[session.contact] = ended
        self._conversing.set_apart(session)
        self._floor.send(session.agent_node, Ringback(leg=session.agent_leg))
        self._floor.touch(session)

    def _dial(self, session: ContactSession, number: str) -> str:
        dialled = self._transfers.dial(session, number, session.agent)
        if isinstance(dialled, str):
            return dialled
        raise NotDialledError(number, dialled.reason)

    def _offer(self, session: ContactSession, agent: str) -> None:
        floor = self._floor
        placed = floor.router.enqueue(
            session.contact + CONSULTED, session.queue, floor.now(), first=(agent,), only=True, beyond=True
        )
        if placed.refused in (protocol.Refusal.NOBODY, protocol.Refusal.NO_SUCH_QUEUE):
            message = f"agent {agent} can take no call now"
            raise NotAvailableError(message)
        session.consult_agent = agent
        floor.obey(placed.commands)

    def do(self, session: ContactSession, action: str, *, dismiss: Dismiss | None = None) -> None:
        """Complete, cancel, alternate or conference. `dismiss` does with the leg (node, leg) of an agent who completes
        it what else is a hang-up. Raises NotTalkingError, NotConsultingError.
        """
        talking(session)
        stages = {
            "cancel": (RINGING, TALKING, ALTERNATED, CONFERENCE),
            "complete": (RINGING, TALKING, ALTERNATED, CONFERENCE),
            "alternate": (TALKING, ALTERNATED),
            "conference": (TALKING, ALTERNATED),
        }
        if session.consult not in stages[action]:
            why = _NOT_NOW.get(session.consult, f"this consultation is not as far as {action}")
            message = f"{session.contact}: {why}"
            raise NotConsultingError(message)
        match action:
            case "cancel":
                self._over(session, "cancelled")
            case "complete":
                leg, node = session.agent_leg, session.agent_node
                if session.consult == RINGING:
                    self._send_on(session)
                else:
                    self._complete(session)
                (dismiss or self._floor.healer.hang_up)(node, leg)
            case "alternate":
                self._alternate(session)
            case _:
                self._confer(session)
        self._floor.touch(session)

    def _alternate(self, session: ContactSession) -> None:
        floor = self._floor
        if session.consult == ALTERNATED:
            session.consult = TALKING
            self._conversing.set_apart(session)
            floor.send(session.agent_node, Bridge(leg=session.agent_leg, other=session.consult_leg))
        else:
            session.consult = ALTERNATED
            self._conversing.together(session)
            music = floor.directory.music(session.tenant, "", session.queue)
            floor.send(session.consult_node, Music(leg=session.consult_leg, music=music))

    def _confer(self, session: ContactSession) -> None:
        if session.consult == ALTERNATED:
            session.consult = JOINING
            self.together(session)
        else:
            session.consult = JOINING
            self._conversing.together(session)

    def together(self, session: ContactSession) -> None:
        """Caller and agent hear each other again: whom a conference waits for joins them."""
        if session.consult == JOINING:
            self._floor.send(session.consult_node, Join(leg=session.consult_leg, to=session.leg))

    def joined(self, session: ContactSession, leg: str) -> None:
        """The switch says that somebody has joined the conversation."""
        if session.consult != JOINING or leg != session.consult_leg:
            return
        floor, about = self._floor, self._floor.about(session)
        session.consult, session.consult_at = CONFERENCE, floor.now()
        floor.touch(session)
        floor.record(ConferenceBegan(**about, **self._who(session)))
        if session.consult_agent:
            agent = session.consult_agent
            floor.record(AgentConnected(**about, queue=session.queue, agent=agent, leg=leg, waited_s=0.0))
        else:
            number = session.consult_outside
            floor.record(OutsideConnected(**about, leg=leg, agent=session.agent, number=number))

    # --- what router and switch say ---

    def ring(self, command: OfferContact) -> None:
        """The router offers a consultation to the colleague."""
        floor, session = self._floor, self._floor.sessions.get(whole(command.contact))
        phone = floor.directory.platform.phones.get(command.phone)
        if session is None or session.consult != RINGING or phone is None:
            outcome = OfferOutcome.UNREACHABLE
            return floor.obey(floor.router.offer_failed(command.offer, outcome, "cannot be rung", floor.now()))
        leg, node = offer_leg_id(session.contact, command.offer), session.node
        session.consult_leg, session.consult_node, session.consult_offer = leg, node, command.offer
        floor.legs.agents[leg] = AgentLeg(session, node)
        floor.touch(session)
        if phone.outside is not None:
            return self._ring_outside(session, command, phone.outside)
        return self._offers.ring_phone(session, command, leg, node, queue=session.queue, for_leg=session.agent_leg)

    def _ring_outside(self, session: ContactSession, command: OfferContact, number: str) -> None:
        """The colleague is at a mobile seat."""

        def now_is(leg: str) -> None:
            session.consult_leg = leg

        if refused := self._offers.seats.ring(session, command, number, session.consult_leg, now_is=now_is):
            self._refused(session, command.offer, OfferOutcome.UNREACHABLE, refused)

    def _refused(self, session: ContactSession, offer: int, outcome: OfferOutcome, detail: str) -> None:
        """The colleague did not take it: `NotTaken` follows."""
        self._why[session.contact] = outcome
        self._floor.obey(self._floor.router.offer_failed(offer, outcome, detail, self._floor.now()))

    def ringing(self, session: ContactSession, leg: str) -> None:
        """A phone rings."""
        if leg == session.consult_leg and session.consult_offer is not None:
            self._floor.obey(self._floor.router.offer_ringing(session.consult_offer, self._floor.now()))

    def answered(self, session: ContactSession, leg: str) -> bool:
        """A leg was answered; whether it was that of somebody who is consulted."""
        if not session.consult or leg != session.consult_leg:
            return False
        if session.consult != RINGING:
            return True  # told anew to a vcc that has come back
        offer = session.consult_offer
        taker = Taker(
            session=session,
            node=session.consult_node,
            leg=leg,
            offer=offer,
            join=lambda: self._taken(session, leg),
            failed=lambda outcome, detail: None if offer is None else self._refused(session, offer, outcome, detail),
        )
        question = self._offers.seats.question(session.consult_agent)
        self._offers.before.begin(taker, Briefing(question=question))
        return True

    def _taken(self, session: ContactSession, leg: str) -> None:
        """Whoever is consulted is there, if the consultation still is: agent and colleague hear each other."""
        floor = self._floor
        if session.consult != RINGING or leg != session.consult_leg:
            return
        if session.consult_offer is not None:
            valid, commands = floor.router.offer_answered(session.consult_offer, floor.now())
            floor.obey(commands)
            if not valid:
                self._over(session, "not_taken")
                return
        session.consult = TALKING
        floor.touch(session)
        floor.send(session.agent_node, Bridge(leg=session.agent_leg, other=leg))
        floor.record(ConsultationBegan(**floor.about(session), **self._who(session)))

    def not_taken(self, contact: str) -> None:
        """The colleague did not take it."""
        session = self._floor.sessions.get(whole(contact))
        if session is not None and session.consult == RINGING:
            self._over(session, "not_taken")

    def lost(self, session: ContactSession, fact: LegHungUp) -> bool:
        """A leg is gone; whether all that follows from that was done here."""
        if not session.consult:
            return False
        if fact.leg == session.agent_leg and session.stage is Stage.TALKING:
            return self._agent_hung_up(session)
        if fact.leg != session.consult_leg:
            return False
        if session.consult == RINGING and session.consult_offer is not None:
            self._refused(session, session.consult_offer, self._offers.outcome(fact), fact.detail or fact.cause)
        elif session.consult == RINGING:
            self._why[session.contact] = self._offers.outcome(fact)
            self._over(session, "not_taken")
        else:
            self._over(session, "hung_up")
        return True

    def _agent_hung_up(self, session: ContactSession) -> bool:
        if session.consult in (TALKING, ALTERNATED, CONFERENCE):
            self._complete(session)
            return True
        if session.held_at is None:  # a conference was about to be
            self.forget(session, "hung_up")
            return False
        self._send_on(session)
        return True

    def _send_on(self, session: ContactSession) -> None:
        """It rings there, and the agent does not wait: the caller waits instead, as after a transfer without a word."""
        number = session.consult_outside
        target = Target(kind=Kind.OUTSIDE if number else Kind.AGENT, name=number or session.consult_agent)
        self.forget(session, "hung_up")
        self._offers.let_go(session, Party.AGENT)
        self._transfers.send_on(session, target, to=target.name, how=BLIND)

    # --- the ends ---

    def _complete(self, session: ContactSession) -> None:
        """The caller gets whom the agent has consulted."""
        floor, now = self._floor, self._floor.now()
        leg, node, offer, agent = (
            session.consult_leg,
            session.consult_node,
            session.consult_offer,
            session.consult_agent,
        )
        outside, in_conference = session.consult_outside, session.consult == CONFERENCE
        floor.record(ConsultationEnded(**floor.about(session), **self._who(session), how="completed"))
        self._clear(session)
        if agent:
            commands = floor.router.hand_over(session.contact, session.contact + CONSULTED, now)
            self._offers.leave(session, Party.AGENT)
            floor.obey(commands)
        else:
            self._offers.let_go(session, Party.AGENT)
        kind, about = Kind.AGENT if agent else Kind.OUTSIDE, floor.about(session)
        to = outside or agent
        floor.record(CallTransferred(**about, agent=session.left_agent, how=ATTENDED, to=to, kind=kind, target=agent))
        session.agent, session.agent_leg, session.agent_node, session.offer = agent, leg, node, offer
        session.outside, session.adrift, session.queued_at = outside, False, None
        session.music = session.play = ""
        floor.enter(session, Stage.JOINING)
        if agent:
            number = floor.directory.shown_number(session.tenant, session.caller, session.number)
            name = floor.directory.display(session.tenant, session.queue, agent)
            floor.send(node, Show(leg=leg, number=number, name=name))
        if in_conference:
            floor.send(node, Part(leg=leg))
        floor.send(session.node, Bridge(leg=session.leg, other=leg))

    def _over(self, session: ContactSession, how: str) -> None:
        """Nobody is consulted any more: caller and agent talk again."""
        was = session.consult
        ended, why = self._waiting.get(session.contact), self._why.get(session.contact)
        self.forget(session, how)
        if session.stage is not Stage.TALKING:
            return
        if was in (RINGING, TALKING):
            self._conversing.together(session)
        elif was == CONFERENCE:
            self._offers.rejoin(session)
        if ended is not None:
            ended(how, why)

    def forget(self, session: ContactSession, how: str) -> None:
        """End what there is of a consultation; nobody is brought together. Nothing, where there is none."""
        if not session.consult:
            return
        floor, now, about = self._floor, self._floor.now(), self._floor.about(session)
        leg, node = session.consult_leg, session.consult_node
        if session.consult == CONFERENCE and session.consult_agent:
            talked = now - (session.consult_at or now)
            agent = session.consult_agent
            floor.record(AgentLeft(**about, queue=session.queue, agent=agent, by=Party.AGENT, talked_s=talked))
        elif session.consult == CONFERENCE:
            talked = now - (session.consult_at or now)
            floor.record(OutsideLeft(**about, leg=leg, by=Party.OUTSIDE, talked_s=talked))
        floor.record(ConsultationEnded(**about, **self._who(session), how=how))
        self._clear(session)
        self._offers.before.forget(leg)
        floor.obey(floor.router.leave(session.contact + CONSULTED, now))
        if leg in floor.legs.agents:
            floor.healer.hang_up(node, leg, elsewhere=True)

    def _clear(self, session: ContactSession) -> None:
        session.consult = session.consult_agent = session.consult_outside = ""
        session.consult_leg = session.consult_node = ""
        session.consult_offer = session.consult_at = None
        self._waiting.pop(session.contact, None)
        self._why.pop(session.contact, None)
        self._floor.touch(session)

    @staticmethod
    def _who(session: ContactSession) -> dict[str, str]:
        return {
            "agent": session.agent,
            "colleague": session.consult_agent,
            "number": session.consult_outside,
        }
