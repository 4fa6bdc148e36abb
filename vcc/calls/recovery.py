"""Coming back: after a crash of vcc, or of a wire to a switch, what is stored and what is true are brought together.

The switch is right about legs; vcc is right about queues and agents' wishes. At start the store is read (`restore`);
callers' places and agents' states are there again at once. Offers that were under way are over: their phones are
stopped when the node tells its legs. `NodeUp` ends the sessions whose caller is gone and keeps the conversations that
go on; every other caller comes back by itself (`CallArrived` with `again`), and its flow goes on where it waited.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import structlog

from core.facts import ContactRecovered, Outcome, Party
from ivr_flows.protocol import QueueEnded, Resumed
from telephony.port import Bridge, Cause, Music, ToFallback
from tenancy.model import SwitchNode
from vcc.calls import arrivals, closures, for_agent, overflow_switch
from vcc.calls.forgotten import Forgotten
from vcc.calls.session import LEAVING, SEALED_AS, AgentLeg, Consultation, ContactSession, Stage, load, whole

if TYPE_CHECKING:
    from core.clock import TimerHandle
    from telephony.port import CallArrived, LegSnapshot, NodeUp
    from vcc.calls.colleagues import Colleagues
    from vcc.calls.consult import Consulting
    from vcc.calls.floor import Floor
    from vcc.calls.flow_host import FlowHost
    from vcc.calls.offers import Offers
    from vcc.calls.parking import Parking

_log = structlog.get_logger()


class Recovery:
    """Restores the floor and keeps it true to what the switches say."""

    def __init__(
        self,
        floor: Floor,
        offers: Offers,
        consulting: Consulting,
        parking: Parking,
        colleagues: Colleagues,
        *,
        flows: FlowHost,
    ) -> None:
        """Serve this floor; `offers`, `consulting` and `flows` end what the switch says is over."""
        self._flows = flows
        self._parking = parking
        self._colleagues = colleagues
        self._consulting = consulting
        self._floor = floor
        self._offers = offers
        self.forgotten = Forgotten(floor, self.expected)
        self._last_alive = 0.0
        self._away_s = 0.0  # how long no vcc was there before this one, as far as is known
        self._unseen: set[str] = set()  # contacts of the former process of whose legs no node has told yet
        self._lost: dict[str, TimerHandle] = {}  # by node that is away: when its calls are taken for lost
        self._cut_short: set[str] = set()  # contacts whose joining with an agent the former process has not finished

    async def restore(self) -> None:
        """Read the live store; call once, before any switch is started."""
        floor, store = self._floor, self._floor.store
        await floor.flows.restore()
        floor.closures.update(closures.restore(await store.load("closure")))
        floor.overflow_switches.update(overflow_switch.restore(await store.load("overflow")))
        await floor.shifts.restore(store)
        counters = await store.load("router")
        self._last_alive = float(counters.get("alive", {}).get("at", 0.0))
        self._away_s = self._since_alive()
        kinds = ("agent", "ticket", "pool", "handling")
        agents, tickets, pools, handling = [(await store.load(kind)).values() for kind in kinds]
        floor.obey(floor.router.load(agents, tickets, floor.now(), pools, handling))
        for contact, data in (await store.load("session")).items():
            session = self._session(contact, data)
            if session is not None:
                self._put_back(session)
        await floor.callbacks.restore()
        floor.recordings.restore(await store.load("recording"))
        self._agree_on_phones()
        self._agree_on_who_waits()
        self._end_offers()
        self._end_transfers()
        self._leave_removed_queues()
        self._end_consultations()
        for node in {session.node for session in floor.sessions.values()}:
            self.node_down(node)

    def _session(self, contact: str, data: dict[str, Any]) -> ContactSession | None:
        state = data.get("flow_state")
        for name, place in SEALED_AS.items():
            if state and place in state:
                state[name] = self._floor.secrecy.unseal(state.pop(place))
        try:
            return load(data)
        except (KeyError, TypeError, ValueError):
            _log.exception("stored session cannot be read", contact=contact)
            self._floor.store.delete("session", contact)
            return None

    def _put_back(self, session: ContactSession) -> None:
        floor = self._floor
        floor.sessions[session.contact] = session
        if session.calls_back and not session.answered:
            self._offers.back.restored(session)
        else:
            floor.legs.callers[session.leg] = session
        arrivals.limit(floor, session)
        floor.begins_on_phone(session)
        if session.outcome is None and session.project:  # others do not count as a tenant's calls
            floor.admit(session)
        if session.agent_leg:
            floor.legs.agents[session.agent_leg] = AgentLeg(session, session.agent_node)
        for leg, (_, _, node) in session.also.items():
            floor.legs.agents[leg] = AgentLeg(session, node)
        if session.colleague:
            self._colleagues.restore(session)
        if session.stage is Stage.JOINING:
            self._cut_short.add(session.contact)
        self._unseen.add(session.contact)
        session.play = session.music = ""

    def _agree_on_phones(self) -> None:
        """No agent stays without calls for a call that is not known any more."""
        floor = self._floor
        for state in list(floor.router.agents()):
            if state.in_use and state.phone not in floor.dialling:
                floor.obey(floor.router.phone_in_use(state.phone, False, floor.now()))

    def _agree_on_who_waits(self) -> None:
        """Sessions and tickets are stored apart, so one may be there without the other: a caller who waits gets a place
        of the same age again, and nobody is rung for a caller who is unknown.
        """
        floor = self._floor
        for ticket in list(floor.router.tickets()):
            session = floor.sessions.get(whole(ticket.contact))
            if session is None and floor.callbacks.waits(ticket.contact):
                continue
            if session is None or (ticket.contact != session.contact and not session.consult):
                floor.obey(floor.router.leave(ticket.contact, floor.now()))
        for session in floor.sessions.values():
            if session.stage is Stage.WAITING and floor.router.position(session.contact) is None:
                self._wait_again(session)

    def _wait_again(self, session: ContactSession) -> None:
        floor = self._floor
        if not session.queue or for_agent.is_sought(session):  # its flow has whoever was rung for it rung again
            return
        floor.obey(floor.router.leave(session.contact, floor.now()))  # a ticket that says that they talk
        placed = floor.router.enqueue(
            session.contact,
            session.queue,
            floor.now(),
            priority=session.priority,
            skills=session.skills,
            queued_at=session.ranks_from or session.queued_at,
            customer=session.customer,
            beyond=session.ranks_from is not None,
            direction=session.direction,
        )
        if placed.refused is None:  # else the flow is told when the caller comes back
            floor.obey(placed.commands)

    def _end_offers(self) -> None:
        """No offer outlives the process that made it: the callers keep their places, the agents are free again."""
        floor = self._floor
        for session in floor.sessions.values():
            if session.stage is Stage.WAITING and session.offer is not None:
                session.offer, session.agent, session.agent_leg, session.agent_node = None, "", "", ""
                session.also = {}
                for offer in floor.router.offers_of(session.contact):
                    floor.obey(floor.router.offer_withdrawn(offer, "vcc restarted", floor.now()))
                floor.touch(session)

    def _leave_removed_queues(self) -> None:
        """Where there is no queue any more nobody is answered; the flow hears so when the caller is back."""
        floor = self._floor
        for session in floor.sessions.values():
            if session.stage is Stage.WAITING and self._is_removed(session.queue):
                floor.obey(floor.router.leave(session.contact, floor.now()))

    def _is_removed(self, queue: str) -> bool:
        return bool(queue) and queue not in self._floor.directory.rules.queues

    def _end_consultations(self) -> None:
        """Nobody is rung any more for an agent who wants to consult: the caller stays on hold."""
        for session in self._floor.sessions.values():
            if session.consult in (Consultation.RINGING, Consultation.JOINING):
                self._floor.legs.agents.pop(session.consult_leg, None)
                self._consulting.forget(session, "hung_up")
            elif session.consult:
                self._floor.legs.agents[session.consult_leg] = AgentLeg(session, session.consult_node)

    def _end_transfers(self) -> None:
        """Whom an agent has sent on waits in the queue like others: nobody is rung for that contact any more."""
        for session in self._floor.sessions.values():
            if for_agent.is_sought(session) and session.stage is Stage.WAITING:
                self._floor.obey(self._floor.router.leave(session.contact, self._floor.now()))
            if session.stage is not Stage.WAITING or not (session.direct or session.outside):
                continue
            if session.direct:
                self._wait_again(session)
            session.agent_leg = session.agent_node = session.direct = session.outside = ""
            self._floor.touch(session)

    # --- what a node says is true ---

    def node_down(self, node: str) -> None:
        """The wires to a node are away: its calls are waited for, but not for ever."""
        floor, limits = self._floor, self._floor.directory.platform.limits
        if node not in self._lost:
            self._lost[node] = floor.timers.call_at(floor.now() + limits.node_down_s, lambda: self._node_lost(node))

    def _node_lost(self, node: str) -> None:
        """Nobody knows what became of its calls: they are over for the record, and their agents are free."""
        floor = self._floor
        _log.error("node stays away: its calls are taken for lost", node=node)
        del self._lost[node]
        self.forgotten.give_up(node)
        for session in [s for s in floor.sessions.values() if s.node == node]:
            lost = Outcome.ANSWERED if session.talked else Outcome.FAILED
            session.outcome, session.by = session.outcome or lost, session.by or Party.SYSTEM
            self._is_over(session, Cause.FAILED.value, "its node went away and did not come back")
            self._unseen.discard(session.contact)
        floor.recordings.node_up(node, frozenset())
        self._forget_legs(node, frozenset())
        floor.settle()

    def node_up(self, fact: NodeUp) -> None:
        """The wires to a node are up: compare its legs with what is believed."""
        floor = self._floor
        if (lost := self._lost.pop(fact.node, None)) is not None:
            lost.cancel()
        legs = {leg.leg: leg for leg in fact.legs}
        floor.recordings.node_up(fact.node, frozenset(legs))
        for session in [s for s in floor.sessions.values() if s.node == fact.node]:
            found = legs.get(session.leg)
            if session.calls_back and not session.answered:
                pass  # who is dialled next has no leg yet
            elif found is None:
                self._caller_is_gone(session, fact.began)
            else:
                self._compare(session, found, legs)
            self._unseen.discard(session.contact)
        self._forget_legs(fact.node, frozenset(legs))
        floor.obey(floor.router.resume(floor.now()))
        self.forgotten.present(fact)

    def _forget_legs(self, node: str, there: frozenset[str]) -> None:
        """Legs that the node does not have are gone; nobody need wait for their end."""
        floor = self._floor
        floor.healer.present(node, there)
        agents = floor.legs.agents
        for leg in [leg for leg, at in agents.items() if at.node == node and leg not in there]:
            if leg == agents[leg].session.consult_leg:
                self._consulting.forget(agents[leg].session, "hung_up")
            if agents[leg].session.agent_leg != leg:
                del agents[leg]

    def _caller_is_gone(self, session: ContactSession, began: float | None) -> None:
        cause, detail = "gone", "ended while the switch could not be heard"
        if began is not None and session.arrived < began:
            cause, detail = Cause.FAILED.value, "the switch broke down"
            lost = Outcome.ANSWERED if session.talked else Outcome.FAILED
            session.outcome, session.by = session.outcome or lost, session.by or Party.SYSTEM
        elif session.stage not in (Stage.TALKING, Stage.JOINING) and self._switch_gave_up(session):
            session.outcome, session.by = session.outcome or Outcome.FALLBACK, session.by or Party.SYSTEM
        self._is_over(session, cause, detail)

    def _is_over(self, session: ContactSession, cause: str, detail: str) -> None:
        self._consulting.forget(session, "caller_left")
        self._offers.caller_gone(session)
        self._flows.caller_gone(session)
        arrivals.gone(self._floor, session, cause=cause, detail=detail)

    def _switch_gave_up(self, session: ContactSession) -> bool:
        """Whether vcc was away for so long that the switch has led the caller to the fallback by itself."""
        settings = self._floor.directory.platform.nodes.get(session.node)
        limit = settings.fallback_after_s if isinstance(settings, SwitchNode) else math.inf
        return session.contact in self._unseen and self._away_s >= limit

    def _since_alive(self) -> float:
        return max(0.0, self._floor.now() - self._last_alive) if self._last_alive else 0.0

    def _compare(self, session: ContactSession, found: LegSnapshot, legs: dict[str, LegSnapshot]) -> None:
        together = bool(session.agent_leg) and session.agent_leg in found.bridged_with
        session.adrift = together
        session.apart = session.apart and not together
        if session.stage is Stage.JOINING and together:
            self._offers.bridged(session, session.agent_leg)
            self._recovered(session)
        elif session.stage is Stage.JOINING and session.agent_leg in legs and session.contact not in self._cut_short:
            # told while the wire was going, which was not heard: both are there, and nothing else brings them together
            self._floor.send(session.node, Bridge(leg=session.leg, other=session.agent_leg))
        elif session.stage is Stage.TALKING and together:
            self._recovered(session)
        elif session.stage is Stage.TALKING and session.agent_leg not in legs and session.agent_node == session.node:
            self._consulting.forget(session, "hung_up")
            self._offers.part(session, Party.AGENT)
        elif session.stage is Stage.ENDING:
            self._floor.healer.hang_up(session.node, session.leg)

    def expected(self, leg: str) -> bool:
        """Whether an agent's leg belongs to a conversation that goes on, or is that of somebody who is called back."""
        if leg in self._floor.legs.callers:
            return True
        known = self._floor.legs.agents.get(leg)
        goes_on = known is not None and self._floor.sessions.get(known.session.contact) is known.session
        return known is not None and goes_on and leg in (known.session.agent_leg, known.session.consult_leg)

    # --- a caller who comes back ---

    def resume(self, session: ContactSession, fact: CallArrived) -> None:
        """A caller's leg is under control again: its session goes on where it was."""
        floor = self._floor
        session.play = session.music = ""
        session.adrift = False
        floor.touch(session)
        match session.stage:
            case Stage.TREATMENT:
                arrivals.give_again(floor, session)
            case Stage.ENDING:
                floor.healer.hang_up(session.node, session.leg)
            case Stage.RETURNING:
                arrivals.give_back(floor, session)
            case Stage.FALLBACK:  # the former process went before the switch had taken it
                floor.send(session.node, ToFallback(leg=session.leg))
            case Stage.PARKED:
                self._parking.back(session)
            case Stage.TALKING:
                self._back_from_talk(session)
            case Stage.PARTING:
                self._offers.free(session)
            case _:
                self._back_in_flow(session)
        if session.stage not in LEAVING:
            self._recovered(session)

    def _back_from_talk(self, session: ContactSession) -> None:
        floor = self._floor
        if session.apart:
            music = floor.directory.music(session.tenant, "", session.queue)
            floor.send(session.node, Music(leg=session.leg, music=music))
        elif session.agent_leg in floor.legs.agents:  # parted by a hold that the crash came before
            floor.send(session.node, Bridge(leg=session.leg, other=session.agent_leg))
            self._offers.parted(session)
        else:  # the bridge ended while nobody listened
            session.parted = True
            self._offers.part(session, Party.AGENT)

    def _back_in_flow(self, session: ContactSession) -> None:
        floor = self._floor
        if session.stage is Stage.JOINING and session.contact not in self._cut_short:
            return None  # an agent was quicker than the caller's leg: the two are being joined
        if session.colleague:
            return self._colleagues.resume(session)
        if session.stage is Stage.JOINING and session.offer is not None:
            floor.obey(floor.router.offer_withdrawn(session.offer, "vcc restarted", floor.now()))
            floor.healer.hang_up(session.agent_node, session.agent_leg)
            session.offer, session.agent, session.agent_leg, session.agent_node = None, "", "", ""
            floor.enter(session, Stage.WAITING)
        if session.stage is Stage.JOINING and session.outside:
            floor.healer.hang_up(session.agent_node, session.agent_leg)
            session.agent_leg = session.agent_node = session.outside = ""
            floor.enter(session, Stage.WAITING)
            self._wait_again(session)
        if session.stage is Stage.WAITING and session.queue and self._is_removed(session.queue):
            return self._queue_is_gone(session)
        has_place = floor.router.position(session.contact) is not None
        waits = session.stage is Stage.WAITING and (has_place or session.direct != "")  # that one may be rung soon
        if session.stage is Stage.WAITING and not waits:
            session.queue, session.queued_at = "", None
            floor.enter(session, Stage.FLOW)
        return floor.tell_flow(session, Resumed(in_queue=waits))

    def _queue_is_gone(self, session: ContactSession) -> None:
        """The configuration with which vcc began anew has it no more."""
        floor = self._floor
        floor.obey(floor.router.leave(session.contact, floor.now()))
        arrivals.leave_queue(floor, session, "removed")
        floor.enter(session, Stage.FLOW)
        floor.tell_flow(session, QueueEnded(why="removed"))

    def _recovered(self, session: ContactSession) -> None:
        gap = self._since_alive()
        self._floor.record(ContactRecovered(**self._floor.about(session), state=session.stage, gap_s=gap))
        self._floor.touch(session)

    def alive(self) -> None:
        """Write down that vcc is alive; how long it was away is told from this."""
        self._floor.store.put("router", "alive", {"at": self._floor.now()})
