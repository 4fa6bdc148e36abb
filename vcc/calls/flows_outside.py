"""Numbers outside that flows have dialled for their callers.

DialOutside -> the guard --- refused ------------------------------------> NotReached
                 +--> it rings, the caller waits in no queue --- nobody --> NotReached
                               +--- answered --> joined, as one whom an agent has sent on: AgentJoined, QueueEnded
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.ids import LEG_PREFIX
from ivr_flows.protocol import NotReached
from telephony.port import Cause
from tenancy.dialling import Purpose, Reason
from vcc.calls.outbound import Call
from vcc.calls.session import AgentLeg, ContactSession, Stage

if TYPE_CHECKING:
    from ivr_flows.protocol import DialOutside
    from telephony.port import LegHungUp
    from vcc.calls.floor import Floor

_WHY = {Cause.BUSY: "busy", Cause.REFUSED: "busy", Cause.NO_ANSWER: "no_answer"}


class FlowsOutside:
    """The callers of one floor for whom a number outside rings on a flow's account."""

    def __init__(self, floor: Floor) -> None:
        """Serve this floor."""
        self._floor = floor

    def dial(self, session: ContactSession, command: DialOutside) -> None:
        """Have the number rung for the contact, which waits for it."""
        floor = self._floor
        session.dialled_out += 1
        leg = f"{LEG_PREFIX}{session.contact}-out{session.dialled_out}"

        def moved(old: str, new: str) -> None:
            if (at := floor.legs.agents.pop(old, None)) is not None:
                floor.legs.agents[new] = at
            session.agent_leg = new
            floor.touch(session)

        refused = floor.outbound.ring(
            Call(
                leg=leg,
                number=command.number,
                tenant=session.tenant,
                contact=session.contact,
                node=session.node,
                purpose=Purpose.FLOW,
                timeout_s=command.ring_s,
                for_leg=session.leg,
                moved=moved,
            )
        )
        if refused is not None:
            why = "unavailable" if refused.reason is Reason.NO_TRUNK else "refused"
            return floor.tell_flow(session, NotReached(why=why))
        floor.legs.agents[leg] = AgentLeg(session, session.node)
        session.agent_leg, session.agent_node, session.outside = leg, session.node, command.number
        session.left_agent = ""
        return floor.enter(session, Stage.WAITING)

    def lost(self, session: ContactSession, fact: LegHungUp) -> bool:
        """A leg is gone; whether it was one that a flow had rung, and nobody talks on it yet."""
        if not is_dialling(session) or fact.leg != session.agent_leg:
            return False
        self._over(session)
        self._floor.tell_flow(session, NotReached(why=_WHY.get(fact.cause, "unavailable")))
        return True

    def stop(self, session: ContactSession) -> None:
        """The flow, or the caller, waits for it no more."""
        if is_dialling(session):
            self._floor.healer.hang_up(session.agent_node, session.agent_leg)
            self._over(session)

    def _over(self, session: ContactSession) -> None:
        session.agent_leg = session.agent_node = session.outside = ""
        self._floor.enter(session, Stage.FLOW)


def is_dialling(session: ContactSession) -> bool:
    """Whether a number outside rings for it on its flow's account: it waits, but in no queue."""
    return session.outside != "" and not session.queue and session.stage in (Stage.WAITING, Stage.JOINING)
