"""The hub: every fact of every switch, and every timer, comes through here, one at a time.

A fact is given to the part that it concerns; then the inboxes of the floor are emptied (flow events, router commands)
until both stay empty; then what changed is written through. Nothing here waits.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import structlog

from core.facts import NodeChanged, Outcome, Party, PhoneChanged, TrunkChanged
from ivr_flows.protocol import KeyPressed, QueueEnded
from telephony.port import (
    CallArrived,
    CallMissed,
    CommandFailed,
    DigitPressed,
    LegAnswered,
    LegHeld,
    LegHungUp,
    LegJoined,
    LegLeft,
    LegReleased,
    LegResumed,
    LegRinging,
    LegsBridged,
    LegsParted,
    LegTransferred,
    NodeDown,
    NodeUp,
    PhoneStatus,
    PlayEnded,
    RecordingEnded,
    RecordingMuted,
    SpyBegan,
    SpyEnded,
    SwitchFact,
    TrunkStatus,
)
from vcc.calls import arrivals, for_agent, mobile_seats
from vcc.calls.agents import AgentDesk, Pins
from vcc.calls.colleagues import Colleagues
from vcc.calls.consult import Consulting
from vcc.calls.conversing import Conversing
from vcc.calls.flow_host import FlowHost
from vcc.calls.keying import Keying
from vcc.calls.leasing import Leasing
from vcc.calls.missed import Missed
from vcc.calls.offers import Offers
from vcc.calls.parking import Parking
from vcc.calls.recovery import Recovery
from vcc.calls.session import Stage, whole
from vcc.calls.supervising import Supervising
from vcc.calls.talks import Talks
from vcc.calls.telling import Telling
from vcc.calls.transfers import Transfers
from vcc.logs import subject

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from core.clock import TimerHandle
    from ivr_flows import Flow
    from vcc.calls.directory import Directory
    from vcc.calls.floor import Floor

_log = structlog.get_logger()


class Hub:
    """Serves one floor."""

    def __init__(self, floor: Floor, pins: Pins) -> None:
        """Join the parts of the floor; `restore` next, then start the switches with `handle`."""
        self.floor = floor
        self.nodes = floor.nodes
        self.desk = AgentDesk(floor, pins)
        self.flows = FlowHost(floor, self.desk)
        self.offers = Offers(floor)
        self.transfers = Transfers(floor, self.offers)
        self.colleagues = Colleagues(floor, self.offers)
        self.talks = Talks(floor, self.offers, self.transfers, self.colleagues)
        self.conversing = Conversing(floor, self.offers, self.transfers)
        self.supervising = Supervising(floor)
        self.parking = Parking(floor, self.offers, self.transfers, self.conversing)
        self.consulting = Consulting(floor, self.offers, self.transfers, self.conversing)
        self.desk.retrieve = self.parking.take_up
        self.telling = Telling(floor)
        self.keying = Keying(floor, self.telling, self.conversing, self.consulting, self.parking)
        self._on_agents_legs = (self.offers.before, self.telling, self.keying.entering)
        self.offers.consult, self.offers.not_taken = self.consulting.ring, self._not_taken
        self.recovery = Recovery(floor, self.offers, self.consulting, self.parking, self.colleagues, flows=self.flows)
        self.missed = Missed(floor)
        self.leasing = Leasing(floor)
        self._timer: TimerHandle | None = None
        self._due: float | None = None
        self._settling = False
        self._handlers: dict[type[SwitchFact], Callable[[Any], None]] = {
            CallArrived: self._arrived,
            CallMissed: self.missed.take,
            DigitPressed: self._digit,
            PlayEnded: self._played,
            LegRinging: self._ringing,
            LegAnswered: self._answered,
            LegsBridged: self._bridged,
            LegsParted: self._parted,
            LegTransferred: self.talks.transferred,
            LegJoined: self._joined,
            LegLeft: self._left,
            LegHeld: self.talks.held,
            LegResumed: self.talks.resumed,
            LegHungUp: self._hung_up,
            SpyBegan: self._spy_began,
            SpyEnded: self._spy_ended,
            LegReleased: self._released,
            PhoneStatus: self._phone,
            TrunkStatus: self._trunk,
            NodeUp: self._node,
            NodeDown: self._node,
            CommandFailed: self._failed,
            RecordingMuted: floor.recordings.muted,
            RecordingEnded: floor.recordings.ended,
        }
        floor.settle, floor.overflows = self.settle, self.flows.overflows.again
        floor.guard.cut = self.transfers.cut

    async def restore(self) -> None:
        """Take back what the store holds from before."""
        await self.floor.guard.restore()
        await self.recovery.restore()
        await self.floor.assignments.restore(self.floor.store)
        self.desk.restore(await self.floor.store.load("guesses"))
        self.leasing.look()
        self.settle()

    def handle(self, fact: SwitchFact) -> None:
        """Take one fact of a switch."""
        handler = self._handlers.get(type(fact))
        if handler is None:
            _log.error("unknown fact", fact=type(fact).__name__)
            return
        leg = getattr(fact, "leg", "")
        subject.set(fact.node, self.floor.legs.session(leg))
        self._guarded(partial(handler, fact), fact)
        self.settle()

    def _digit(self, fact: DigitPressed) -> None:
        if session := self.floor.legs.callers.get(fact.leg):
            if session.calls_back:
                self.offers.back.pressed(session, fact.digit)
            elif not self.desk.listening.pressed(fact.leg, fact.digit):
                self.floor.tell_flow(session, KeyPressed(key=fact.digit))
        elif at := self.floor.legs.agents.get(fact.leg):
            self.offers.before.pressed(fact.leg, fact.digit)
            self.keying.pressed(at, fact.leg, fact.digit)
            self.supervising.pressed(fact.leg, fact.digit)

    def _played(self, fact: PlayEnded) -> None:
        if fact.leg_ends:  # who has hung up is led nowhere any more
            return
        session = self.floor.legs.callers.get(fact.leg)
        if session is None:
            for listener in self._on_agents_legs:
                listener.played(fact.leg, fact.play)
        elif session.calls_back:
            self.offers.back.played(session, fact.play)
        else:
            self.flows.played(session, fact.play, completed=fact.completed)

    def _ringing(self, fact: LegRinging) -> None:
        self.floor.outbound.ringing(fact.leg)
        if at := self.floor.legs.agents.get(fact.leg):
            self.offers.ringing(at, fact.leg)
            self.consulting.ringing(at.session, fact.leg)

    def _bridged(self, fact: LegsBridged) -> None:
        callers = self.floor.legs.callers
        if session := callers.get(fact.leg):
            self.offers.bridged(session, fact.other)
            self.consulting.together(session)
        elif session := callers.get(fact.other):  # of a callback, told after a crash
            self.offers.bridged(session, fact.leg)

    def _spy_began(self, fact: SpyBegan) -> None:
        if not self.supervising.began(fact):
            self.desk.listening.began(fact)

    def _spy_ended(self, fact: SpyEnded) -> None:
        self.supervising.over(fact.leg)
        self.desk.listening.over(fact.leg)

    def _joined(self, fact: LegJoined) -> None:
        if at := self.floor.legs.agents.get(fact.leg):
            self.consulting.joined(at.session, fact.leg)

    def _not_taken(self, contact: str) -> None:
        """Nobody took a contact for whom alone it was: a consultation, or a caller who was sent on, or put through."""
        session = self.floor.sessions.get(contact)
        if session is not None and for_agent.is_sought(session):
            for_agent.not_taken(self.floor, session)
        elif contact == whole(contact):
            self.transfers.not_taken(contact)
        else:
            self.consulting.not_taken(contact)

    def _parted(self, fact: LegsParted) -> None:
        callers = self.floor.legs.callers
        if session := callers.get(fact.leg) or callers.get(fact.other):  # vcc has rung both of a callback
            self.offers.parted(session)
        else:
            self.recovery.forgotten.out(fact.leg)
            self.recovery.forgotten.out(fact.other)

    def _left(self, fact: LegLeft) -> None:
        """The `LegHungUp` of whoever left says what that means, where vcc knows the conversation."""
        self.recovery.forgotten.out(fact.leg)

    def _arrived(self, fact: CallArrived) -> None:
        session, at = self.floor.legs.callers.get(fact.leg), self.floor.legs.agents.get(fact.leg)
        if at is not None:  # called by an agent, and an agent's leg since
            if not self.recovery.expected(fact.leg):
                self.floor.healer.hang_up(fact.node, fact.leg)
        elif session is None:
            arrivals.arrive(self.floor, fact, self.colleagues)
        elif not self.talks.came_back(fact.leg):
            self.recovery.resume(session, fact)

    def _answered(self, fact: LegAnswered) -> None:
        self.floor.outbound.answered(fact.leg)
        at, called_back = self.floor.legs.agents.get(fact.leg), self.floor.legs.callers.get(fact.leg)
        if called_back is not None and called_back.callback:
            self.offers.back.answered(called_back)
        elif at is None:
            self.floor.healer.stray(fact.node, fact.leg, "answered for an offer that is over")
        elif not any(
            (
                self.supervising.answered(fact.leg),
                self.colleagues.answered(at.session, fact.leg),
                self.transfers.answered(at.session, fact.leg),
                self.consulting.answered(at.session, fact.leg),
            )
        ):
            self.offers.answered(at, fact.leg)

    def _hung_up(self, fact: LegHungUp) -> None:
        floor = self.floor
        goes_on = floor.outbound.over(fact)
        floor.healer.gone(fact.leg)
        if goes_on:
            return
        if at := floor.legs.agents.pop(fact.leg, None):
            if not any(
                part.lost(at.session, fact)
                for part in (self.offers.back, self.flows.outside, self.transfers, self.consulting, self.colleagues)
            ):
                self.offers.leg_gone(at, fact)
        elif (session := floor.legs.callers.get(fact.leg)) and not self.offers.back.caller_gone(session, fact):
            self.desk.listening.forget(fact.leg)
            self.consulting.forget(session, "caller_left")
            self.colleagues.caller_gone(session)
            self.flows.outside.stop(session)
            self.offers.caller_gone(session)
            self.flows.forget(session)
            self.flows.caller_gone(session)
            arrivals.gone(floor, session, cause=fact.cause, detail=fact.detail)
        parts = (self.talks, self.supervising, self.telling, self.keying, self.colleagues, self.recovery.forgotten)
        for part in parts:
            part.gone(fact.leg)

    def _released(self, fact: LegReleased) -> None:
        """The dial plan that handed a call over has it again: the contact is over, though the call goes on."""
        self.floor.healer.gone(fact.leg)
        if session := self.floor.legs.callers.get(fact.leg):
            self.consulting.forget(session, "caller_left")
            self.flows.outside.stop(session)
            self.offers.caller_gone(session)
            self.flows.forget(session)
            arrivals.gone(self.floor, session, cause="returned")

    def _phone(self, fact: PhoneStatus) -> None:
        floor, changed = self.floor, self.nodes.phone(fact)
        if changed and fact.phone in floor.directory.platform.phones:  # others are somebody else's, on the same switch
            floor.record(
                PhoneChanged(at=fact.at, node=fact.node, phone=fact.phone, reachable=fact.reachable, detail=fact.detail)
            )
        self._tell_router(fact.phone)
        if not self.reachable(fact.phone):
            self.offers.phone_lost(fact.phone, fact.detail)

    def _tell_router(self, phone: str) -> None:
        """A phone can be rung if the switch can reach it and the configuration still has it."""
        floor = self.floor
        floor.obey(floor.router.phone_reachable(phone, self.reachable(phone), floor.now()))

    def reachable(self, phone: str) -> bool:
        """Whether a phone can be rung: a mobile seat if calls can go out where it is, others if they are there."""
        floor = self.floor
        settings = floor.directory.platform.phones.get(phone)
        if settings is None:
            return False
        if settings.outside is None:
            return self.nodes.reachable(phone)
        return self.nodes.state(settings.node).up and floor.lines.goes_out(floor.directory.platform, settings.node)

    def _tell_of_seats(self) -> None:
        for phone, settings in self.floor.directory.platform.phones.items():
            if settings.outside is not None:
                self._tell_router(phone)

    def _trunk(self, fact: TrunkStatus) -> None:
        if not self.floor.lines.note(fact):
            return
        if fact.reachable is not None:
            self.floor.record(
                TrunkChanged(at=fact.at, node=fact.node, trunk=fact.trunk, reachable=fact.reachable, detail=fact.detail)
            )
        if fact.reachable is False:
            _log.error("trunk is down", node=fact.node, trunk=fact.trunk, detail=fact.detail)
        self._tell_of_seats()

    def _node(self, fact: NodeUp | NodeDown) -> None:
        floor, up = self.floor, isinstance(fact, NodeUp)
        self.nodes.node(fact)
        floor.lines.node(fact.node, up=up)
        detail = "" if isinstance(fact, NodeUp) else fact.detail
        floor.record(NodeChanged(at=fact.at, node=fact.node, up=up, detail=detail))
        self._tell_of_seats()
        if isinstance(fact, NodeUp):
            floor.guard.present(fact.node, frozenset(leg.leg for leg in fact.legs))
            for part in (self.supervising, self.telling, self.colleagues):
                part.present(fact.node, frozenset(leg.leg for leg in fact.legs))
            self.recovery.node_up(fact)
            self._found_muted(fact)
            return
        self.recovery.node_down(fact.node)
        for phone in self.nodes.phones_of(fact.node):
            self._tell_router(phone)
            if not self.reachable(phone):
                self.offers.phone_lost(phone, f"its node {fact.node} is away", from_other_than=fact.node)
        floor.overflows()

    def _found_muted(self, fact: NodeUp) -> None:
        for leg in fact.legs:
            at = self.floor.legs.agents.get(leg.leg)
            if at is not None:
                self.conversing.found(at.session, leg.leg, muted=leg.muted)

    def _failed(self, fact: CommandFailed) -> None:
        """A command that could not be done: what waits for its end must not wait for ever."""
        session = self.floor.legs.callers.get(fact.leg)
        contact = session.contact if session else ""
        _log.warning(
            "command failed", node=fact.node, leg=fact.leg, command=fact.command, detail=fact.detail, contact=contact
        )
        if session is None:
            self._failed_at_agent(fact)
            return
        if fact.command == "Play":
            play = arrivals.TREATMENT if session.stage is Stage.TREATMENT else session.play
            self.flows.played(session, play, completed=False)
        elif fact.command in ("StartRecording", "PauseRecording"):
            self.floor.recordings.failed(session, fact)
        elif fact.command == "Spy":
            self.desk.listening.over(fact.leg, "not_talking")
        elif fact.command == "Bridge" and session.stage is Stage.JOINING:
            self.floor.healer.hang_up(session.agent_node, session.agent_leg)

    def _failed_at_agent(self, fact: CommandFailed) -> None:
        """What could not be done on a leg that is no caller's."""
        match fact.command:
            case "Spy":
                self.supervising.over(fact.leg)
            case "Play":
                for listener in self._on_agents_legs:
                    listener.not_played(fact.leg)
            case "Mute" if at := self.floor.legs.agents.get(fact.leg):
                self.conversing.not_muted(at.session, fact.leg)

    # --- a new configuration ---

    def configure(self, directory: Directory, flows: Mapping[str, Flow]) -> None:
        """Rules, phones and queues are others from now on; calls keep the flows that they began with."""
        floor = self.floor
        floor.directory = directory
        in_use = {s.flow_state.version for s in floor.sessions.values() if s.flow_state}
        floor.flows.replace(flows, frozenset(in_use))
        floor.assignments.reconfigured()
        floor.obey(floor.router.apply_rules(floor.assignments.applied(directory.rules), floor.now()))
        self.leasing.look()
        for phone in self.nodes.phones():
            self._tell_router(phone)
        self._tell_of_seats()
        mobile_seats.reconfigured(floor)
        floor.callbacks.reconfigured()
        for session in list(floor.sessions.values()):
            if session.calls_back:
                continue
            if session.stage is Stage.WAITING and session.queue and session.queue not in directory.rules.queues:
                self.flows.leave_queue(session, "removed")
                floor.tell_flow(session, QueueEnded(why="removed"))
        floor.overflows()
        self.settle()

    # --- after each fact ---

    def settle(self) -> None:
        """Empty the inboxes until they stay empty, then write through. Entered again while at work, it does nothing:
        the one at work goes on until all is done.
        """
        if self._settling:
            return
        self._settling = True
        try:
            self._drain_inboxes()
            self._guarded(self.floor.write_through, self.floor)
            self._arm()
        finally:
            self._settling = False
            subject.set("", None)

    def _drain_inboxes(self) -> None:
        floor = self.floor
        while floor.router_inbox or floor.flow_inbox:
            while floor.router_inbox:
                command = floor.router_inbox.popleft()
                self._guarded(partial(self.offers.carry_out, command), command)
            if floor.flow_inbox:
                session, event = floor.flow_inbox.popleft()
                subject.set(session.node, session)
                if not self._guarded(partial(self.flows.advance, session, event), event):
                    arrivals.end(floor, session, Outcome.FAILED, Party.SYSTEM, detail="internal error")

    def _guarded(self, work: Callable[[], object], about: object) -> bool:
        """Do one piece of work; whether it went well. What breaks one call must not touch another."""
        try:
            work()
        except Exception:  # noqa: BLE001 - the bulkhead between calls: logged with its trace, the call is ended
            _log.exception("internal error", about=type(about).__name__)
            return False
        return True

    def _arm(self) -> None:
        """Keep one timer for the router's next deadline."""
        due = self.floor.router.next_deadline()
        if due == self._due:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._due, self._timer = due, None
        if due is not None:
            self._timer = self.floor.timers.call_at(due, self._tick)

    def _tick(self) -> None:
        self._due = self._timer = None
        self.floor.obey(self.floor.router.tick(self.floor.now()))
        self.settle()
