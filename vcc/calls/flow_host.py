"""Where flows run: hands a flow its events and carries out its commands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog

from core.facts import ContactQueued, Outcome, Party
from ivr_flows import Limits, advance, start
from ivr_flows.protocol import (
    AnswerCall,
    Command,
    DoAction,
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
    StopSpeaking,
    TimedOut,
)
from telephony.port import Cause, Music, Play, StopPlaying
from vcc.calls import arrivals
from vcc.calls.session import LEAVING, ContactSession, Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from vcc.calls.agents import AgentDesk
    from vcc.calls.floor import Floor

_log = structlog.get_logger()

#: Who is connected within this time after joining a queue hears no scrap of music first, and none is begun for nothing.
MUSIC_AFTER_S = 0.15


@dataclass(frozen=True, slots=True)
class _View:
    """What the flow of one session may ask of the world."""

    floor: Floor
    session: ContactSession

    def is_open(self, hours: str, now: float) -> bool:
        return self.floor.is_open(self.session.tenant, hours, now)

    def position(self) -> int | None:
        return self.floor.router.position(self.session.contact)


class FlowHost:
    """Runs the flows of all sessions on the floor."""

    def __init__(self, floor: Floor, desk: AgentDesk) -> None:
        """`desk` does what `action` steps ask."""
        self._floor = floor
        self._handlers: dict[type[Command], Callable[[ContactSession, Any], None]] = {
            Record: lambda _session, command: floor.record(command.fact),
            AnswerCall: lambda session, _command: arrivals.answer(floor, session),
            Speak: self._speak,
            StopSpeaking: self._stop_speaking,
            PlayMusic: self._play_music,
            Enqueue: self._enqueue,
            LeaveQueue: lambda session, command: self.leave_queue(session, command.why),
            EnterNumber: lambda session, command: arrivals.enter_number(floor, session, command.number),
            DoAction: desk.do,
            HangUp: self._hang_up,
            ReturnCall: self._return,
            Finished: self._finished,
        }

    def advance(self, session: ContactSession, event: Event) -> None:
        """Give the flow an event and carry out what it commands. A session that is ending has no flow any more."""
        if session.contact not in self._floor.sessions or session.stage in (*LEAVING, Stage.TREATMENT):
            return None
        view, now = _View(self._floor, session), self._floor.now()
        if isinstance(event, Started):
            flow = self._floor.flows.begin(session.flow)
            state, commands = start(flow, session.info, view, now, self._limits())
        elif session.flow_state is None:
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
        return Limits(steps=self._floor.directory.platform.limits.flow_steps)

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
            tenant = self._floor.directory.platform.tenants[session.tenant]
            arrivals.refuse(self._floor, session, Outcome.QUEUE_FULL, tenant.answers.queue_full, tenant.languages)
        elif error:
            _log.error("flow failed", contact=session.contact, tenant=session.tenant, flow=session.flow, error=error)
            arrivals.end(self._floor, session, Outcome.FAILED, Party.SYSTEM, detail=error)
        else:
            arrivals.end(self._floor, session, _ended(session), Party.FLOW)

    def _speak(self, session: ContactSession, command: Speak) -> None:
        name = session.play = f"{session.flows_begun}.{command.play}"
        flow = self._floor.flows.of(session)
        own = flow.sounds if flow else {}
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
        name = floor.directory.music(session.tenant, command.music, session.queue)
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
        queue = floor.directory.queue_key(session.tenant, command.queue)
        skills = floor.directory.skill_keys(session.tenant, command.skills)
        placed = floor.router.enqueue(session.contact, queue, now, priority=command.priority, skills=skills)
        if placed.refused:
            floor.tell_flow(session, QueueEnded(why=placed.refused))
            return
        session.queue, session.queued_at, session.ranks_from = queue, now, None
        session.priority, session.skills = placed.priority, skills
        floor.enter(session, Stage.WAITING)
        floor.record(
            ContactQueued(
                **floor.about(session),
                queue=queue,
                priority=placed.priority,
                position=placed.position,
            )
        )
        floor.obey(placed.commands)

    def leave_queue(self, session: ContactSession, why: str) -> None:
        """The contact gives its place up; an offer under way is withdrawn by the router's commands."""
        floor, now = self._floor, self._floor.now()
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

    def forget(self, session: ContactSession) -> None:
        """The contact is gone: no timer of it shall stay."""
        armed = self._floor.deadlines.pop(session.contact, None)
        if armed is not None:
            armed[1].cancel()


def _ended(session: ContactSession) -> Outcome:
    return Outcome.ANSWERED if session.talked else Outcome.ENDED_BY_FLOW
