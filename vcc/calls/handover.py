"""A caller whom an agent gives to a colleague after a word with that one: the phone's attended transfer.

The agent's phone has two calls: the caller's, and one that it placed itself, which is a contact too (`giver`). Where
the colleague has answered that one, the caller gets the colleague, who wraps up for the caller when that talk is over;
where nobody has, the caller takes its place: the colleague who is rung, the queue in which it waits, or the number that
was dialled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.facts import AgentLeft, CallTransferred, Outcome, Party
from telephony.port import Bridge, Part, Show
from vcc.calls.destinations import Kind, Target
from vcc.calls.session import AgentLeg, ContactSession, Stage

if TYPE_CHECKING:
    from telephony.port import LegTransferred
    from vcc.calls.colleagues import Colleagues
    from vcc.calls.floor import Floor
    from vcc.calls.offers import Offers
    from vcc.calls.transfers import Transfers

ATTENDED = "attended"


class HandOver:
    """Attended transfers of the floor's phones."""

    def __init__(self, floor: Floor, offers: Offers, transfers: Transfers, colleagues: Colleagues) -> None:
        """Serve this floor; `transfers` leads on whom no colleague has taken yet, `colleagues` rings no more."""
        self._floor = floor
        self._offers = offers
        self._transfers = transfers
        self._colleagues = colleagues

    def transferred(self, fact: LegTransferred) -> None:
        """A phone has joined those whom it talked with on its two legs, whichever it named first."""
        pair = self._pair(fact)
        if pair is None:
            return
        session, giver = pair
        if session.stage is not Stage.TALKING or session.outside or session is giver:
            return
        self._transfers.expect_end(session.agent_node, session.agent_leg)
        if giver.stage is Stage.TALKING and not giver.outside:
            self._give(session, giver)
        else:
            self._take_place(session, giver)

    def _pair(self, fact: LegTransferred) -> tuple[ContactSession, ContactSession] | None:
        """The caller's contact, and that of the call which the phone placed."""
        callers, agents = self._floor.legs.callers, self._floor.legs.agents
        session, giver = callers.get(fact.leg), callers.get(fact.place_of)
        if session is not None and giver is not None:
            return session, giver
        colleague, agent = agents.get(fact.leg), agents.get(fact.place_of)
        if colleague is not None and agent is not None:
            return agent.session, colleague.session
        return None

    def _give(self, session: ContactSession, giver: ContactSession) -> None:
        floor, now, agent = self._floor, self._floor.now(), giver.agent
        leg, node, offer = giver.agent_leg, giver.agent_node, giver.offer
        talked = now - (giver.connected_at or now)
        about = floor.about(giver)
        floor.record(AgentLeft(**about, queue=giver.queue, agent=agent, by=Party.AGENT, talked_s=talked))
        self._ends(giver, Outcome.ANSWERED)
        floor.recordings.talk_over(giver)
        if giver.colleague:
            commands = floor.router.take(session.contact, session.queue, agent, now)
            ticket = floor.router.ticket(session.contact)
            offer = ticket.offer if ticket else None
        else:
            commands = floor.router.hand_over(session.contact, giver.contact, now)
        self._offers.leave(session, Party.AGENT)
        floor.obey(commands)
        floor.record(
            CallTransferred(
                **floor.about(session), agent=session.left_agent, how=ATTENDED, to="", kind=Kind.AGENT, target=agent
            )
        )
        session.agent, session.agent_leg, session.agent_node, session.offer = agent, leg, node, offer
        session.adrift, session.queued_at = False, None
        floor.legs.agents[leg] = AgentLeg(session, node)
        floor.enter(session, Stage.JOINING)
        number = floor.directory.shown_number(session.tenant, session.caller, session.number)
        name = floor.directory.display(session.tenant, session.queue, agent)
        floor.send(node, Show(leg=leg, number=number, name=name))
        floor.send(node, Part(leg=leg))  # so that a recording of the caller hears the colleague
        floor.send(session.node, Bridge(leg=session.leg, other=leg))

    def _take_place(self, session: ContactSession, giver: ContactSession) -> None:
        floor = self._floor
        queue = giver.queue if floor.directory.tenant_of_queue(giver.queue) == session.tenant else ""
        target: Target | None = None
        if queue:
            target = Target(kind=Kind.QUEUE, name=queue)
        elif giver.tenant:
            target = Target(kind=Kind.NUMBER, name=giver.number)
        self._offers.let_go(session, Party.AGENT)
        session.adrift = False
        if giver.stage is Stage.CALLING:
            return self._rings_for(session, giver)
        self._ends(giver, Outcome.LEFT_FLOW)
        return self._transfers.send_on(session, target, to=giver.dialled, how=ATTENDED)

    def _rings_for(self, session: ContactSession, giver: ContactSession) -> None:
        """The colleague's phone rings still: it shall ring for the caller, once it has stopped for the agent."""
        floor, target = self._floor, Target(kind=Kind.AGENT, name=giver.colleague)

        def rings() -> None:
            if floor.sessions.get(session.contact) is session and session.stage is Stage.PARTING:
                self._transfers.send_on(session, target, to=giver.dialled, how=ATTENDED)

        floor.enter(session, Stage.PARTING)
        self._colleagues.withdraw(giver, rings)
        self._ends(giver, Outcome.ABANDONED)

    def _ends(self, giver: ContactSession, outcome: Outcome) -> None:
        """The call that the phone placed is over; its `LegHungUp` is on its way."""
        giver.outcome, giver.by = giver.outcome or outcome, giver.by or Party.AGENT
        if giver.stage is Stage.TALKING:
            self._offers.forget_agent(giver)
            giver.queue, giver.queued_at = "", None
            self._floor.enter(giver, Stage.ENDING)
        self._floor.healer.expect_end(giver.node, giver.leg)
        self._floor.touch(giver)
