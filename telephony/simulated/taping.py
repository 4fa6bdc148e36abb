"""Carries out the commands about recordings: what the tape of a leg is to do, and what is told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from telephony.port import CommandFailed, PauseRecording, RecordingEnded, RecordingMuted, StartRecording, StopRecording
from telephony.simulated.tape import Tape

if TYPE_CHECKING:
    from telephony.port import Command
    from telephony.simulated.exchange import Exchange
    from telephony.simulated.leg import Leg

RecordingCommand = StartRecording | PauseRecording | StopRecording


class Taping:
    """The tapes of an exchange."""

    def __init__(self, exchange: Exchange) -> None:
        """Nothing is recorded."""
        self._exchange = exchange

    def waits(self, leg: Leg, command: RecordingCommand) -> bool:
        """Whether it is carried out in the leg's line: a stop too, if what it is to end waits there still."""
        if isinstance(command, StartRecording):
            return not command.again
        return isinstance(command, StopRecording) and leg.tape is None

    def carry_out(self, leg: Leg, command: RecordingCommand) -> None:
        """Do it now."""
        match command:
            case StartRecording(again=True):
                pass  # the tape has gone on by itself
            case StartRecording():
                self._start(leg, command)
            case PauseRecording(on=on):
                self._pause(leg, command, on=on)
            case StopRecording():
                self.end(leg)

    def end(self, leg: Leg, *, by_silence: bool = False) -> None:
        """The leg's recording, if there is one, is over."""
        tape, leg.tape = leg.tape, None
        if tape is not None:
            exchange, now = self._exchange, self._exchange.clock.now()
            if tape.silent is not None:
                tape.silent.cancel()
            tape.end(now)
            exchange.tell(
                RecordingEnded(
                    node=exchange.node,
                    at=now,
                    leg=leg.name,
                    file=tape.file,
                    by_silence=by_silence,
                    nothing_said=bool(tape.silence_s) and not tape.said,
                )
            )

    def note(self, *legs: Leg) -> None:
        """What is said on these legs is different from now on: their recordings hear it."""
        for leg in legs:
            if leg.tape is not None:
                heard = [one.voice_hz for one in leg.talk if one is not leg and not one.muted]
                voices = (0 if leg.muted else leg.voice_hz, next(filter(None, heard), 0))
                leg.tape.hear(self._exchange.clock.now(), voices if leg.talk or leg.tape.alone else None)
                if leg.tape.silence_s:
                    self._listen(leg, leg.tape, is_said=voices[0] != 0)

    def _listen(self, leg: Leg, tape: Tape, *, is_said: bool) -> None:
        """From now on the one who is alone says something, or nothing."""
        tape.said = tape.said or is_said
        if is_said and tape.silent is not None:
            tape.silent.cancel()
            tape.silent = None
        elif not is_said and tape.silent is None:
            clock = self._exchange.clock
            tape.silent = clock.call_at(clock.now() + tape.silence_s, lambda: self.end(leg, by_silence=True))

    def _start(self, leg: Leg, command: StartRecording) -> None:
        if leg.tape is not None:
            self._failed(leg, command, "the leg is being recorded already")
            return
        silence_s = command.silence_s if command.alone else 0.0
        leg.tape = Tape(file=command.file, paused=command.paused, alone=command.alone, silence_s=silence_s)
        self.note(leg)
        if command.paused:
            self._muted(leg, on=True)

    def _pause(self, leg: Leg, command: PauseRecording, *, on: bool) -> None:
        if leg.tape is None:
            self._failed(leg, command, "the leg is not being recorded")
            return
        leg.tape.paused = on
        self.note(leg)
        self._muted(leg, on=on)

    def _muted(self, leg: Leg, *, on: bool) -> None:
        exchange = self._exchange
        exchange.tell(RecordingMuted(node=exchange.node, at=exchange.clock.now(), leg=leg.name, on=on))

    def _failed(self, leg: Leg, command: Command, detail: str) -> None:
        exchange, name = self._exchange, type(command).__name__
        exchange.tell(
            CommandFailed(node=exchange.node, at=exchange.clock.now(), leg=leg.name, command=name, detail=detail)
        )
