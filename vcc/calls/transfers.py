"""Callers whom an agent sends on, without a word to whoever gets them: to an agent, a queue, a number, outside.

    the agent is let go (wrap-up) -> agent:   offered to that one alone ----- taken -> talking
                                              +-- not taken -> back
                                     queue:   waits there, with its place
                                     number:  under the rules of that number's tenant
                                     outside: the number rings, if the guard lets it -> talking
                                              +-- not let, not taken -> back
    back: to the agent who sent the caller on, once the phone has ended that call, if the agent is ready;
          else it waits in the queue that it came from, with its place

The caller waits meanwhile as in any queue, led by the flow: music, announcements, keys, the time-out. A crash of vcc
ends the search: the caller waits in the queue with its place. So nobody is lost, whatever fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from acd import protocol
from acd.expecting import finite
from core.facts import CallTransferred, ContactQueued, Party, TransferFailed
from core.ids import LEG_PREFIX
from ivr_flows.protocol import WaitsAgain
from tenancy.dialling import Purpose
from vcc.calls import arrivals
from vcc.calls.destinations import Kind, Target
from vcc.calls.outbound import Call
from vcc.calls.session import AgentLeg, ContactSession, Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from telephony.port import LegHungUp
    from tenancy.dialling import Refusal
    from vcc.calls.floor import Floor
    from vcc.calls.offers import Offers

#: A phone that has transferred a caller ends its own call within this time (s), or vcc does.
PHONE_ENDS_S = 5.0
#: The caller goes back so long after that (s) also without a word of its end.
_GONE_S = 1.0
#: How the record calls the way out of a parking slot.
FROM_SLOT = "parked"


class Transfers:
    """All callers of the floor who are on their way from one agent to somebody else."""

    def __init__(self, floor: Floor, offers: Offers) -> None:
        """Serve this floor; `offers` joins the caller with whoever picks up."""
        self._floor = floor
        self._offers = offers
        self._back: dict[str, ContactSession] = {}  # by leg that is to end before: who goes back then

    def send_on(
        self,
        session: ContactSession,
        target: Target | None,
        *,
        to: str,
        how: str,
        rings: str = "",
        once: Callable[[Callable[[], None]], None] | None = None,
    ) -> None:
        """Send a caller on, whom the agent `session.left_agent` has let go just now; None: there is no such target.
        `rings`: the leg of a number outside that was dialled already. `once`, of an agent who cannot be rung yet, calls
        what it is given when that is so.
        """
        floor, agent = self._floor, session.left_agent
        kind, name = (target.kind, target.name) if target else ("", "")
        known = "" if kind == Kind.OUTSIDE else name
        floor.record(CallTransferred(**floor.about(session), agent=agent, how=how, to=to, kind=kind, target=known))
        session.play = session.music = ""
        if target is not None and target.kind is Kind.NUMBER and session.flows_begun < arrivals.MAX_FLOWS:
            session.queue, session.queued_at = "", None
            floor.enter(session, Stage.FLOW)
            return arrivals.enter_number(floor, session, name)
        queue = name if target is not None and target.kind is Kind.QUEUE else session.left_queue
        session.queue, session.queued_at = queue, floor.now()
        if queue != session.left_queue:
            session.priority, session.skills = None, {}
        floor.enter(session, Stage.WAITING)
        floor.tell_flow(session, WaitsAgain())
        if once is None:
            return self._seek(session, target, rings, back=how == FROM_SLOT)
        session.direct = name
        once(lambda: self._seek_later(session, target))
        return None

    def _seek_later(self, session: ContactSession, target: Target | None) -> None:
        """The same, if the caller still waits for that agent: is not gone, nor in a queue by now."""
        floor, waits = self._floor, session.stage is Stage.WAITING and session.direct != ""
        if waits and session.contact in floor.sessions and floor.router.ticket(session.contact) is None:
            self._seek(session, target, "", back=False)

    def _seek(self, session: ContactSession, target: Target | None, rings: str, *, back: bool) -> None:
        """Have somebody rung for the caller, who waits. `back`: also the agent whom the caller comes from."""
        match target:
            case Target(kind=Kind.QUEUE):
                self._enqueue(session, (), only=False)
            case Target(kind=Kind.AGENT, name=agent) if back or agent != session.left_agent:
                self._enqueue(session, (agent,), only=True)
            case Target(kind=Kind.OUTSIDE, name=number):
                self._queued(session, session.priority or 0, 1)
                self._outside(session, number, rings or self.dial(session, number, session.left_agent))
            case Target(kind=Kind.AGENT):
                self._failed(session, "not_taken")
            case _:
                self._failed(session, "unknown")

    def _enqueue(self, session: ContactSession, first: tuple[str, ...], *, only: bool) -> None:
        floor, now = self._floor, self._floor.now()
        placed = floor.router.enqueue(
            session.contact,
            session.queue,
            now,
            priority=session.priority,
            skills=session.skills,
            queued_at=session.ranks_from,
            customer=session.customer,
            first=first,
            only=only,
            beyond=True,
        )
        if placed.refused is protocol.Refusal.NO_SUCH_QUEUE:  # a reload has taken it away
            arrivals.leave_queue(floor, session, "removed")
            return self._offers.free(session)
        if placed.refused is protocol.Refusal.NOBODY:
            self._queued(session, session.priority or 0, 1)
            return self._failed(session, "not_taken")
        session.direct = first[0] if only else ""
        self._queued(session, placed.priority, placed.position)
        return floor.obey(placed.commands)

    def _queued(self, session: ContactSession, priority: int, position: int) -> None:
        floor = self._floor
        session.expected_s = finite(floor.router.expected_wait(session.contact, floor.now()))
        floor.touch(session)
        about = floor.about(session)
        floor.record(
            ContactQueued(
                **about, queue=session.queue, priority=priority, position=position, expected_s=session.expected_s
            )
        )

    # --- outside ---

    def _outside(self, session: ContactSession, number: str, dialled: str | Refusal) -> None:
        if isinstance(dialled, str):
            session.agent_leg, session.agent_node, session.outside = dialled, session.node, number
        else:
            self._failed(session, dialled.reason)

    def dial(self, session: ContactSession, number: str, agent: str) -> str | Refusal:
        """Have a number outside rung, to which `agent` sends the caller: its leg, or why it is not."""
        floor = self._floor
        session.dialled_out += 1
        leg = f"{LEG_PREFIX}{session.contact}-out{session.dialled_out}"

        def moved(old: str, new: str) -> None:
            if (at := floor.legs.agents.pop(old, None)) is not None:
                floor.legs.agents[new] = at
            session.agent_leg = new
            floor.touch(session)

        call = Call(
            leg=leg,
            number=number,
            tenant=session.tenant,
            contact=session.contact,
            node=session.node,
            purpose=Purpose.TRANSFER,
            agent=agent,
            timeout_s=floor.directory.conversation(session.tenant).outside_ring_s,
            for_leg=session.leg,
            moved=moved,
        )
        refused = floor.outbound.ring(call)
        if refused is not None:
            return refused
        floor.legs.agents[leg] = AgentLeg(session, session.node)
        return leg

    def answered(self, session: ContactSession, leg: str) -> bool:
        """A leg was answered; whether it was that of the number outside for which the caller waits."""
        if not session.outside or leg != session.agent_leg or session.stage is not Stage.WAITING:
            return False
        self._offers.join(session)
        return True

    def lost(self, session: ContactSession, fact: LegHungUp) -> bool:
        """A leg is gone; whether it was that of the number outside, with which the caller does not talk yet."""
        waits = session.stage in (Stage.WAITING, Stage.JOINING)
        if not session.outside or fact.leg != session.agent_leg or not waits:
            return False
        if session.stage is Stage.JOINING:
            self._floor.enter(session, Stage.WAITING)
        self._failed(session, fact.cause)
        return True

    def cut(self, node: str, leg: str) -> None:
        """The guard ends a leg outside, and with it the conversation, which neither of the two has ended."""
        at = self._floor.legs.agents.get(leg)
        session = at.session if at else None
        if session is not None and session.agent_leg == leg and session.stage is Stage.TALKING and not session.consult:
            self._offers.part(session, Party.SYSTEM)
        else:
            self._floor.healer.hang_up(node, leg)

    # --- back ---

    def not_taken(self, contact: str) -> None:
        """The router says that nobody took the caller of those for whom it was."""
        session = self._floor.sessions.get(contact)
        if session is not None and session.stage is Stage.WAITING:
            self._failed(session, "not_taken")

    def _failed(self, session: ContactSession, why: str) -> None:
        """Back, as soon as the phone that sent the caller on can ring."""
        floor, leg = self._floor, session.left_leg
        self._offers.forget_agent(session)
        session.direct = ""
        floor.touch(session)
        floor.record(TransferFailed(**floor.about(session), agent=session.left_agent, why=why))
        if leg in floor.legs.agents:
            self._back[leg] = session
        else:
            self._go_back(session)

    def _go_back(self, session: ContactSession) -> None:
        floor = self._floor
        waits = session.stage is Stage.WAITING and floor.sessions.get(session.contact) is session
        if waits and floor.router.ticket(session.contact) is None and not session.outside:
            self._enqueue(session, (session.left_agent,), only=False)

    def expect_end(self, node: str, leg: str) -> None:
        """The phone of a leg has sent its caller on and ends its own call; if it does not, vcc does."""
        floor = self._floor

        def too_long() -> None:
            if leg in floor.legs.agents:
                floor.healer.hang_up(node, leg)
                floor.timers.call_at(floor.now() + _GONE_S, give_up)

        def give_up() -> None:
            self.gone(leg)
            floor.settle()

        floor.timers.call_at(floor.now() + PHONE_ENDS_S, too_long)

    def gone(self, leg: str) -> None:
        """A leg is gone: who waited for that goes back to the agent."""
        if (session := self._back.pop(leg, None)) is not None:
            self._go_back(session)
