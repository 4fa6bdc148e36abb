"""Callers who are parked: out of an agent's hands, with music, under a slot number, until an agent takes them.

park -> the agent wraps up; CallParked -> retrieve: offered to that agent alone -> talking
                                          +-- not taken: back to who parked it, else the queue (transfers.py)
                                       -> an agent dials for it: that call's leg is the agent's -> talking
                                       -> park_s are over: waits in the queue that it came from, with its place
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import ConflictError, NotFoundError
from core.facts import CallParked, CallTransferred, Outcome, Party
from telephony.port import Music, Show
from vcc.calls import arrivals
from vcc.calls.conversing import ConsultingError, talking
from vcc.calls.destinations import Kind, Target
from vcc.calls.session import AgentLeg, ContactSession, Stage
from vcc.calls.transfers import FROM_SLOT

if TYPE_CHECKING:
    from collections.abc import Callable

    from vcc.calls.conversing import Conversing
    from vcc.calls.floor import Floor
    from vcc.calls.offers import Offers
    from vcc.calls.transfers import Transfers

#: Slots are numbered from 1.
SLOTS = 99


class NotParkedError(ConflictError):
    """The caller is in no slot."""

    code = "not_parked"


class NoSlotError(ConflictError):
    """Every slot is taken."""

    code = "no_slot"


class Parking:
    """The slots of the floor."""

    def __init__(self, floor: Floor, offers: Offers, transfers: Transfers, conversing: Conversing) -> None:
        """Serve this floor."""
        self._floor = floor
        self._offers = offers
        self._transfers = transfers
        self._conversing = conversing

    def park(self, session: ContactSession, *, dismiss: Callable[[str, str, str], None] | None = None) -> str:
        """Take a caller out of an agent's hands; the slot. `dismiss` does with the agent's leg (node, leg, slot) what
        else is a hang-up. Raises NotTalkingError, ConsultingError, NoSlotError.
        """
        talking(session)
        if session.consult:
            message = f"the agent of {session.contact} consults somebody: complete or cancel that"
            raise ConsultingError(message)
        floor, leg, node = self._floor, session.agent_leg, session.agent_node
        taken = {other.parked for other in floor.sessions.values()}
        slot = next((str(number) for number in range(1, SLOTS + 1) if str(number) not in taken), None)
        if slot is None:
            message = f"all {SLOTS} slots are taken"
            raise NoSlotError(message)
        music = floor.directory.music(session.tenant, "", session.queue)
        self._offers.let_go(session, Party.AGENT)
        session.adrift = False
        session.parked, session.music, session.play = slot, music, ""
        session.queue, session.queued_at = "", None
        floor.enter(session, Stage.PARKED)
        floor.record(CallParked(**floor.about(session), agent=session.left_agent, slot=slot))
        if dismiss is None:
            floor.healer.hang_up(node, leg)
        else:
            dismiss(node, leg, slot)
        floor.send(session.node, Music(leg=session.leg, music=music))
        self._limit(session)
        return slot

    def retrieve(self, session: ContactSession, agent: str) -> None:
        """Offer a parked caller to an agent. Raises NotParkedError, NotFoundError, NotAvailableError."""
        if session.stage is not Stage.PARKED:
            message = f"the caller of {session.contact} is not parked"
            raise NotParkedError(message)
        target = Target(kind=Kind.AGENT, name=agent)
        self._conversing.check(session, target)
        self._leave(session, target)

    def take_up(self, giver: ContactSession, agent: str, slot: str) -> str:
        """Bring the caller in a slot together with an agent who called for that caller on a phone; the agent's own call
        is over as a contact, its leg is the agent's from now on. Why not (a result of the action), or empty.
        """
        floor, slot = self._floor, slot.lstrip("0")
        session = next((s for s in floor.sessions.values() if slot and s.parked == slot), None)
        if session is None or session.tenant not in floor.directory.serves(agent):
            return "not_parked" if slot else "no_slot"
        if session.node != giver.node:
            return "elsewhere"
        try:
            commands = floor.router.take(session.contact, session.left_queue, agent, floor.now())
        except (ConflictError, NotFoundError):
            return "talking"
        floor.obey(commands)
        about, by = floor.about(session), session.left_agent
        floor.record(CallTransferred(**about, agent=by, how=FROM_SLOT, to=slot, kind=Kind.AGENT, target=agent))
        self._becomes_agents(giver, session)
        ticket = floor.router.ticket(session.contact)
        session.offer, session.agent = ticket.offer if ticket else None, agent
        self._vacate(session)
        session.queue, session.queued_at, session.music = session.left_queue, None, ""
        number = floor.directory.shown_number(session.tenant, session.caller, session.number)
        name = floor.directory.display(session.tenant, session.queue, agent)
        floor.send(giver.node, Show(leg=giver.leg, number=number, name=name))
        self._offers.join(session)
        return ""

    def _becomes_agents(self, giver: ContactSession, session: ContactSession) -> None:
        """The leg of a call that an agent has placed is the agent's leg of another contact."""
        floor = self._floor
        arrivals.answer(floor, giver)
        giver.outcome, giver.by, giver.flow_state = Outcome.ENDED_BY_FLOW, Party.FLOW, None
        arrivals.gone(floor, giver, cause=FROM_SLOT)
        floor.legs.agents[giver.leg] = AgentLeg(session, giver.node)
        session.agent_leg, session.agent_node = giver.leg, giver.node

    def back(self, session: ContactSession) -> None:
        """A vcc that has come back has the caller's leg again."""
        floor = self._floor
        session.music = floor.directory.music(session.tenant, "", session.left_queue)
        floor.send(session.node, Music(leg=session.leg, music=session.music))
        self._limit(session)

    def _limit(self, session: ContactSession) -> None:
        floor = self._floor

        def too_long() -> None:
            self._leave(session, Target(kind=Kind.QUEUE, name=session.left_queue))
            floor.settle()

        park_s = floor.directory.conversation(session.tenant).park_s
        floor.park_limits[session.contact] = floor.timers.call_at(session.since + park_s, too_long)

    def _vacate(self, session: ContactSession) -> str:
        """The slot in which a caller was is free."""
        slot, session.parked = session.parked, ""
        if timer := self._floor.park_limits.pop(session.contact, None):
            timer.cancel()
        return slot

    def _leave(self, session: ContactSession, target: Target) -> None:
        slot = self._vacate(session)
        self._transfers.send_on(session, target, to=slot, how=FROM_SLOT)
