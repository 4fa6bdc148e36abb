"""Where flows run: hands a flow its events and carries out its commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog

from acd.expecting import finite
from core.facts import ContactQueued, Outcome, Party
from ivr_flows import Limits, advance, start
from ivr_flows.protocol import (
    BEEP,
    LAST_AGENT,
    AnswerCall,
    AskCallback,
    AskSystem,
    CallerGone,
    Command,
    DialOutside,
    DoAction,
    EndMessage,
    Enqueue,
    EnterNumber,
    Event,
    Finished,
    HangUp,
    LeaveQueue,
    PlayMusic,
    QueueEnded,
    Record,
    ReturnCall,
    Speak,
    SpeechEnded,
    Started,
    StartMessage,
    StopDialling,
    StopSpeaking,
    TimedOut,
    WaitsAgain,
)
from telephony.port import Cause, Music, Play, StopPlaying
from vcc.calls import arrivals, callback_requests, for_agent
from vcc.calls.asking import Asking
from vcc.calls.bounds import full, number_full
from vcc.calls.flow_view import FlowView
from vcc.calls.flows_outside import FlowsOutside
from vcc.calls.messages import Messages
from vcc.calls.overflow import Overflows
from vcc.calls.session import LEAVING, ContactSession, Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from vcc.calls.agents import AgentDesk
    from vcc.calls.floor import Floor

_log = structlog.get_logger()

#: Who is connected within this time after joining a queue hears no scrap of music first, and none is begun for nothing.
MUSIC_AFTER_S = 0.15


class FlowHost:
    """Runs the flows of all sessions on the floor."""

    def __init__(self, floor: Floor, desk: AgentDesk) -> None:
        """`desk` does what `action` steps ask."""
        self._floor = floor
        self.asking = Asking(floor)
        self.outside = FlowsOutside(floor)
        self.overflows = Overflows(floor, self.leave_queue)
        self._messages = Messages(floor)
        self._handlers: dict[type[Command], Callable[[ContactSession, Any], None]] = {
            Record: lambda _session, command: floor.record(command.fact),
            AnswerCall: lambda session, _command: arrivals.answer(floor, session),
            Speak: self._speak,
            StartMessage: self._messages.start,
            EndMessage: self._messages.end,
            StopSpeaking: self._stop_speaking,
            PlayMusic: self._play_music,
            Enqueue: self._enqueue,
            LeaveQueue: lambda session, command: self.leave_queue(session, command.why),
            EnterNumber: lambda session, command: arrivals.enter_number(floor, session, command.number),
            DoAction: desk.do,
            AskSystem: self.asking.ask,
            AskCallback: lambda session, command: floor.tell_flow(
                session, callback_requests.ask(floor, session, command)
            ),
            DialOutside: self.outside.dial,
            StopDialling: lambda session, _command: self.outside.stop(session),
            HangUp: self._hang_up,
            ReturnCall: self._return,
            Finished: self._finished,
        }

    def advance(self, session: ContactSession, event: Event) -> None:
        """Give the flow an event and carry out what it commands. A session that is ending has no flow any more."""
        if session.contact not in self._floor.sessions or session.stage in (*LEAVING, Stage.TREATMENT):
            return None
        view, now = FlowView(self._floor, session), self._floor.now()
        if isinstance(event, Started):
            flow = self._floor.flows.begin(session.flow, session.contact, now)
            state, commands = start(flow, session.info, view, now, self._limits())
        elif session.flow_state is None:
            if isinstance(event, WaitsAgain):  # no flow leads it, such as one who was called back
                self._play_music(session, PlayMusic())
            return None
        elif (known := self._floor.flows.of(session)) is None:
            return arrivals.end(self._floor, session, Outcome.FAILED, Party.SYSTEM, detail="flow version lost")
        else:
            state, commands = advance(known, session.flow_state, event, session.info, view, now, limits=self._limits())
        session.flow_state = state
        for command in commands:
            if session.flow_state is not state:  # led into another number: the rest was the former flow's
                break
            self._carry_out(session, command)
        self._floor.touch(session)
        return self._arm(session)

    def _limits(self) -> Limits:
        limits = self._floor.directory.platform.limits
        return Limits(steps=limits.flow_steps, calls=limits.flow_calls)

    def _carry_out(self, session: ContactSession, command: Command) -> None:
        carry_out = self._handlers.get(type(command))
        if carry_out is None:
            _log.error("unknown flow command", command=type(command).__name__)
        else:
            carry_out(session, command)

    def _stop_speaking(self, session: ContactSession, _command: StopSpeaking) -> None:
        self._floor.send(session.node, StopPlaying(leg=session.leg))

    def _hang_up(self, session: ContactSession, command: HangUp) -> None:
        arrivals.end(self._floor, session, _ended(session), Party.FLOW, cause=Cause(command.cause), hang_up=True)

    def _return(self, session: ContactSession, command: ReturnCall) -> None:
        session.result = command.result
        arrivals.end(self._floor, session, _ended(session), Party.FLOW)

    def _finished(self, session: ContactSession, command: Finished) -> None:
        error = command.error
        if error == "queue_full":
            arrivals.beyond(self._floor, session, full(self._floor, session))
        elif error:
            _log.error("flow failed", contact=session.contact, tenant=session.tenant, flow=session.flow, error=error)
            arrivals.end(self._floor, session, Outcome.FAILED, Party.SYSTEM, detail=error)
        else:
            arrivals.end(self._floor, session, _ended(session), Party.FLOW)

    def _speak(self, session: ContactSession, command: Speak) -> None:
        name = session.play = f"{session.flows_begun}.{command.play}"
        flow = self._floor.flows.of(session)
        own = {**(flow.sounds if flow else {}), **self._messages.sounds(session), BEEP: self._floor.speech.beep()}
        sounds = self._floor.speech.resolve(own, command.parts)

        def play(sounds: tuple[str, ...]) -> None:
            if session.play != name or session.stage not in (Stage.FLOW, Stage.WAITING):
                return  # it was rendered too late: the flow is elsewhere by now
            if sounds:
                keys = command.stop_keys
                self._floor.send(session.node, Play(leg=session.leg, play=name, sounds=sounds, stop_keys=keys))
            else:
                self.played(session, name, completed=False)
                self._floor.settle()

        if sounds is None:
            self._floor.speech.render(own, command.parts, play)
        else:
            play(sounds)

    def played(self, session: ContactSession, play: str, *, completed: bool) -> None:
        """The switch has played something to its end or was interrupted."""
        if session.stage is Stage.TREATMENT:
            if play != arrivals.TREATMENT:
                return  # what the flow was saying when its contact was turned away
            arrivals.end(self._floor, session, session.outcome or Outcome.FAILED, Party.SYSTEM)
        elif play == session.play:
            session.play = ""
            session.music = ""  # what was on before has stopped for good
            own = play.partition(".")[2]
            self._floor.tell_flow(session, SpeechEnded(play=own, completed=completed))

    def _play_music(self, session: ContactSession, command: PlayMusic) -> None:
        if session.stage in (Stage.JOINING, Stage.TALKING):  # it would begin when they have talked
            return
        floor = self._floor
        wanted = command.music
        name = "" if wanted is None else floor.directory.music(session.tenant, wanted, session.queue)
        if name == session.music:
            return
        session.music = name
        if session.stage is Stage.WAITING and floor.now() - (session.queued_at or 0.0) < MUSIC_AFTER_S:
            floor.timers.call_at(floor.now() + MUSIC_AFTER_S, lambda: self._music_now(session, name))
        else:
            floor.send(session.node, Music(leg=session.leg, music=name))

    def _music_now(self, session: ContactSession, name: str) -> None:
        """The music of a caller who has just begun to wait, and waits still; what was said before has ended by now."""
        if session.stage is Stage.WAITING and session.contact in self._floor.sessions and not session.play:
            session.music = name
            self._floor.send(session.node, Music(leg=session.leg, music=name))

    def _enqueue(self, session: ContactSession, command: Enqueue) -> None:
        floor, now = self._floor, self._floor.now()
        alone: tuple[str, ...] = ()
        if command.only is not None:
            alone = floor.directory.agents_named(session.tenant, (command.only,))
            if why := for_agent.hindrance(floor, alone):
                return floor.tell_flow(session, QueueEnded(why=why))
        queue = floor.directory.queue_key(session.tenant, command.queue)
        held = None if alone else self.overflows.found(session, queue)
        if held is not None and held.entry.flow is not None:
            return self.overflows.lead(session, queue, held)
        goes_back = session.kept.get("refused", False) and session.kept["queue"] == queue  # no callback came of it
        since = session.kept["since"] if goes_back else session.ranks_from if session.overflowed else None
        skills = floor.directory.skill_keys(session.tenant, command.skills)
        placed = floor.router.enqueue(
            session.contact,
            queue,
            now,
            priority=command.priority,
            skills=skills,
            queued_at=since,
            customer=command.customer,
            prefers=self._preferred(session, command),
            bounded=number_full(floor, session),
            first=alone,
            only=bool(alone),
            beyond=bool(alone) or goes_back,
        )
        if placed.refused:
            return floor.tell_flow(session, QueueEnded(why=for_agent.WHY.get(placed.refused, placed.refused)))
        session.queue, session.queued_at, session.ranks_from = queue, now, since
        session.priority, session.skills, session.customer = placed.priority, skills, command.customer
        session.kept, session.expected_s = {}, finite(floor.router.expected_wait(session.contact, floor.now()))
        floor.enter(session, Stage.WAITING)
        floor.record(
            ContactQueued(
                **floor.about(session),
                queue=queue,
                priority=placed.priority,
                position=placed.position,
                expected_s=session.expected_s,
            )
        )
        floor.obey(placed.commands)
        return self.overflows.widen(session, held) if held is not None else None

    def _preferred(self, session: ContactSession, command: Enqueue) -> tuple[str, ...]:
        """Those who are meant, in order: by number, by name, or who talked last with the caller."""
        floor = self._floor
        words = command.prefers
        if command.last_within_s is not None:
            last = floor.last_agents.of(session.tenant, session.caller, floor.now() - command.last_within_s)
            words = tuple(last if word == LAST_AGENT else word for word in words)
        return floor.directory.agents_named(session.tenant, words)

    def leave_queue(self, session: ContactSession, why: str) -> None:
        """The contact gives its place up; an offer under way is withdrawn by the router's commands."""
        floor, now = self._floor, self._floor.now()
        callback_requests.keep_place(session)
        if session.stage is Stage.JOINING or session.outside:
            # somebody has picked up just now, or is rung outside: nobody may talk whom vcc does not see
            floor.healer.hang_up(session.agent_node, session.agent_leg)
            session.offer, session.agent, session.agent_leg, session.agent_node = None, "", "", ""
        session.direct = session.outside = ""
        floor.obey(floor.router.leave(session.contact, now))
        arrivals.leave_queue(floor, session, why)
        floor.enter(session, Stage.FLOW)

    def _arm(self, session: ContactSession) -> None:
        """Keep one timer for the flow's deadline, and none that the flow no longer has."""
        due = session.flow_state.deadline if session.flow_state and session.stage not in LEAVING else None
        armed = self._floor.deadlines.get(session.contact)
        if armed is not None and armed[0] != due:
            armed[1].cancel()
            del self._floor.deadlines[session.contact]
        if due is not None and session.contact not in self._floor.deadlines:
            handle = self._floor.timers.call_at(due, lambda: self._due(session))
            self._floor.deadlines[session.contact] = (due, handle)

    def _due(self, session: ContactSession) -> None:
        self._floor.deadlines.pop(session.contact, None)
        self._floor.tell_flow(session, TimedOut())
        self._floor.settle()

    def caller_gone(self, session: ContactSession) -> None:
        """The call is over before its flow: what the flow does then is done at once."""
        state, known = session.flow_state, self._floor.flows.of(session)
        if state is None or known is None or state.finished:
            return
        view, now = FlowView(self._floor, session), self._floor.now()
        _, commands = advance(known, state, CallerGone(), session.info, view, now, limits=self._limits())
        for command in commands:
            self._carry_out(session, command)

    def forget(self, session: ContactSession) -> None:
        """The contact is gone: no timer of it shall stay, nothing is asked for it, and what it was saying is kept."""
        self.asking.give_up(session)
        self._floor.speech.forget(session.contact)
        self._messages.gone(session)
        armed = self._floor.deadlines.pop(session.contact, None)
        if armed is not None:
            armed[1].cancel()


def _ended(session: ContactSession) -> Outcome:
    if session.talked:
        return Outcome.ANSWERED
    return Outcome.CALLBACK if session.asked_back else Outcome.ENDED_BY_FLOW
