"""Carries out vcc's commands on the simulated switch: most in a leg's line, ring and hang up at once."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from telephony.port import (
    Answer,
    Bridge,
    Cause,
    Command,
    CommandFailed,
    HangUp,
    Join,
    LegHungUp,
    LegRinging,
    Music,
    Mute,
    Part,
    Play,
    PlayEnded,
    Reject,
    Release,
    Ring,
    Ringback,
    RingOutside,
    Show,
    Spy,
    StartRecording,
    StopPlaying,
    StopRecording,
    ToFallback,
    Whisper,
)
from telephony.simulated.leg import Leg, Playing, Whispering
from telephony.simulated.line import Hearing, Line
from telephony.simulated.phones import Answers, Busy, Refuses
from telephony.simulated.taping import RecordingCommand
from telephony.untrusted import RESULT_LIMIT, check_permit, check_ring, display_name, display_number, harmless

if TYPE_CHECKING:
    from collections.abc import Callable

    from telephony.simulated.exchange import Exchange

#: From the command to the first ring of the phone, in seconds.
RINGS_AFTER_S = 0.05


class Execution:
    """What each command does."""

    def __init__(self, exchange: Exchange) -> None:
        """Act on this exchange."""
        self._exchange = exchange

    def carry_out(self, command: Command) -> None:
        """Do it now, or when those before it are done. A leg that is gone is no error."""
        leg = self._exchange.legs.get(command.leg)
        if isinstance(command, Ring | RingOutside):
            self._ring(command)
        elif leg is None or leg.released:
            return
        elif isinstance(command, RecordingCommand) and not self._exchange.taping.waits(leg, command):
            self._exchange.taping.carry_out(leg, command)
        elif not self._at_once(leg, command):
            if isinstance(command, ToFallback):
                self._stop_playing(leg)
            leg.commands.append(command)
            self.work(leg)

    def _at_once(self, leg: Leg, command: Command) -> bool:
        """Do what does not wait in the leg's line; whether it is such a command."""
        match command:
            case HangUp():
                elsewhere = command.elsewhere and not leg.up
                self._exchange.end(leg, Cause.ELSEWHERE if elsewhere else Cause.NORMAL, "hung up by vcc")
            case StopPlaying():
                self._stop_playing(leg)
            case Whisper():
                self._whisper(leg, command)
            case Part():
                self._part(leg, command)
            case Mute():
                self._exchange.talks.mute(leg, on=command.on)
            case Show():
                leg.line.shown_number = display_number(command.number)
                leg.line.shown_name = display_name(command.name)
            case Spy() if leg.watch is not None:
                self._spy(leg, command)
            case _:
                return False
        return True

    def work(self, leg: Leg) -> None:
        """Carry out what waits, as far as it can be now."""
        while leg.commands and not leg.busy and leg.name in self._exchange.legs:
            self._execute(leg, leg.commands.popleft())

    def _execute(self, leg: Leg, command: Command) -> None:
        exchange, now = self._exchange, self._exchange.clock.now()
        leg.refer = None
        match command:
            case Answer():
                self._answer(leg, now)
            case Reject(cause=cause):
                exchange.end(leg, Cause.NORMAL if leg.up else cause, "rejected by vcc")
            case Play() | Music() | Ringback():
                self._sound(leg, command, now)
            case Bridge(other=other, music=music):
                leg.music_class = music or leg.music_class
                self._bridge(leg, other)
            case Join():
                self._join(leg, command)
            case Spy():
                self._spy(leg, command)
            case StartRecording() | StopRecording():
                exchange.taping.carry_out(leg, command)
            case ToFallback() | Release():
                self._let_go(leg, command)

    def _let_go(self, leg: Leg, command: ToFallback | Release) -> None:
        if isinstance(command, ToFallback):
            self._exchange.to_fallback(leg)
        elif leg.handed_over:
            self._exchange.release(leg, f"{command.outcome}/{harmless(command.result, RESULT_LIMIT)}")
        else:
            self._failed(command, "the leg was not handed over by a dial plan")

    def _answer(self, leg: Leg, now: float) -> None:
        if not leg.up:
            leg.up, leg.line.answered_at = True, now
            if leg.line.heard[-1].hearing is Hearing.RINGING:
                leg.line.hear(now, Hearing.NOTHING)

    # --- sound

    def _sound(self, leg: Leg, command: Play | Music | Ringback, now: float) -> None:
        match command:
            case Ringback():
                leg.music = ""
                leg.line.hear(now, Hearing.RINGING)
            case Music(music=music):
                leg.music, leg.music_class = music, music or leg.music_class
                leg.line.hear(now, Hearing.MUSIC if music else Hearing.NOTHING, music)
            case Play():
                leg.music = ""
                self._exchange.talks.whisper(leg, None)
                leg.playing = Playing(command=command, rest=deque(command.sounds))
                self._next_sound(leg)

    def _next_sound(self, leg: Leg) -> None:
        playing, exchange = leg.playing, self._exchange
        if playing is None:
            return
        seconds = exchange.sounds.duration(playing.rest[0]) if playing.rest else None
        if seconds is None:
            exchange.end_play(leg, completed=not playing.rest)
            self.work(leg)
            return
        now = exchange.clock.now()
        leg.line.hear(now, Hearing.SOUND, playing.rest.popleft())
        playing.timer = exchange.clock.call_at(now + seconds, lambda: self._next_sound(leg))

    def _whisper(self, leg: Leg, command: Whisper) -> None:
        whisper = Whispering(rest=deque(command.sounds))
        self._exchange.talks.whisper(leg, whisper)
        self._next_whispered(leg, whisper)

    def _next_whispered(self, leg: Leg, whisper: Whispering) -> None:
        exchange = self._exchange
        if leg.whisper is not whisper:
            return
        seconds = exchange.sounds.duration(whisper.rest[0]) if whisper.rest else None
        if seconds is None:
            exchange.talks.whisper(leg, None)
            return
        whisper.sound = whisper.rest.popleft()
        exchange.talks.whisper(leg, whisper)
        whisper.timer = exchange.clock.call_at(
            exchange.clock.now() + seconds, lambda: self._next_whispered(leg, whisper)
        )

    def _stop_playing(self, leg: Leg) -> None:
        self._exchange.talks.whisper(leg, None)
        waiting = [command for command in leg.commands if isinstance(command, Play)]
        leg.commands = deque(command for command in leg.commands if not isinstance(command, Play))
        self._exchange.end_play(leg, completed=False)
        for command in waiting:
            node, now = self._exchange.node, self._exchange.clock.now()
            self._exchange.tell(PlayEnded(node=node, at=now, leg=leg.name, play=command.play, completed=False))
        self.work(leg)

    # --- other legs

    def _bridge(self, leg: Leg, name: str) -> None:
        other = self._exchange.legs.get(name)
        if other is None or not other.up or other is leg:
            self._failed(Bridge(leg=leg.name, other=name), f"the leg {name} is not there to be bridged with")
        elif other.watch is not None:
            self._failed(Bridge(leg=leg.name, other=name), f"the leg {name} spies: part it first")
        else:
            self._exchange.talks.begin(leg, other)

    def _join(self, leg: Leg, command: Join) -> None:
        to = self._exchange.legs.get(command.to)
        if to is None or not to.talk or to is leg:
            self._failed(command, f"the leg {command.to} is in no conversation that could be joined")
        else:
            self._exchange.talks.join(leg, to)

    def _part(self, leg: Leg, command: Part) -> None:
        exchange, talks = self._exchange, self._exchange.talks
        if leg.watch is not None:
            talks.end_watch(leg)
            exchange.freed(leg)
        elif not leg.talk or not talks.movable(leg):
            self._failed(command, "it is in no conversation that it could leave")
        else:
            for one in (leg, *talks.leave(leg)):
                exchange.freed(one)

    def _spy(self, leg: Leg, command: Spy) -> None:
        on, talks = self._exchange.legs.get(command.on), self._exchange.talks
        if on is None or not on.up or on is leg:
            talks.end_watch(leg)
            self._failed(command, f"the leg {command.on} is not there to be watched")
            self._exchange.freed(leg)
        else:
            talks.watch(leg, on, command.mode)

    def _ring(self, command: Ring | RingOutside) -> None:
        if command.leg in self._exchange.legs:
            self._failed(command, "this leg is there already")
            return
        try:
            if isinstance(command, Ring):
                self._ring_phone(command)
            else:
                self._ring_outside(command)
        except ValueError as error:
            self._not_rung(command, Cause.FAILED, str(error))

    def _ring_phone(self, command: Ring) -> None:
        check_ring(command)
        exchange = self._exchange
        place = exchange.linked.get(command.at) if command.at else exchange
        if place is None:
            self._not_rung(command, Cause.UNREACHABLE, f"there is no trunk to node {command.at}")
            return
        phone = place.phones.get(command.phone)
        if phone is None or not phone.reachable:
            detail = "no such phone" if phone is None else "the phone is not registered"
            self._not_rung(command, Cause.UNREACHABLE, detail)
            return
        number, name = display_number(command.shows_number), display_name(command.shows_name)
        line = Line(leg=command.leg, shown_number=number, shown_name=name)
        line.alert, line.auto_answer = command.alert, command.auto_answer
        self._call(Leg(name=command.leg, line=line, rung=True, phone=command.phone, at=command.at), command.timeout_s)

    def _ring_outside(self, command: RingOutside) -> None:
        exchange, permit = self._exchange, command.permit
        check_permit(permit)
        trunk = exchange.trunks.get(permit.trunk)
        if trunk is None or not trunk.reachable or trunk.congested:
            self._not_rung(command, Cause.UNAVAILABLE, "no line")
        elif permit.dials not in exchange.outside:
            self._not_rung(command, Cause.NOT_FOUND, "no such number")
        else:
            line = Line(leg=command.leg, shown_number=display_number(permit.caller_id))
            leg = Leg(name=command.leg, line=line, rung=True, trunk=permit.trunk, outside=permit.dials)
            self._call(leg, command.timeout_s)

    def _not_rung(self, command: Ring | RingOutside, cause: Cause, detail: str) -> None:
        exchange = self._exchange
        exchange.tell(
            LegHungUp(node=exchange.node, at=exchange.clock.now(), leg=command.leg, cause=cause, detail=detail)
        )

    def _call(self, leg: Leg, timeout_s: float) -> None:
        exchange, phone = self._exchange, self._exchange.rung(leg)
        engaged = isinstance(phone.behaviour, Busy) or bool(phone.legs)
        exchange.new_leg(leg)
        if engaged:
            self._later(leg, RINGS_AFTER_S, lambda: exchange.end(leg, Cause.BUSY, "busy"))
            return
        self._later(leg, timeout_s, lambda: exchange.end(leg, Cause.NO_ANSWER, "no answer"))
        self._later(leg, RINGS_AFTER_S, lambda: self._rings(leg))

    def _rings(self, leg: Leg) -> None:
        exchange, now = self._exchange, self._exchange.clock.now()
        leg.ringing, leg.line.rang_at = True, now
        leg.line.hear(now, Hearing.RINGING)
        exchange.tell(LegRinging(node=exchange.node, at=now, leg=leg.name))
        match exchange.rung(leg).behaviour:
            case Answers(after_s=after_s):
                self._later(leg, after_s, lambda: exchange.answered(leg))
            case Refuses(after_s=after_s):
                self._later(leg, after_s, lambda: exchange.end(leg, Cause.REFUSED, "declined"))

    def _later(self, leg: Leg, seconds: float, do: Callable[[], None]) -> None:
        leg.timers.append(self._exchange.clock.call_at(self._exchange.clock.now() + seconds, do))

    def _failed(self, command: Command, detail: str) -> None:
        exchange, name = self._exchange, type(command).__name__
        exchange.tell(
            CommandFailed(node=exchange.node, at=exchange.clock.now(), leg=command.leg, command=name, detail=detail)
        )
