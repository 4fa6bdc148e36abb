"""Recordings: `uuid_record` of the leg, in stereo, into one file over all its conversations.

    StartRecording   -> start, pause: nothing is written while the leg is in no conversation; begun with silence: mask
    a conversation   -> resume, and pause when it is over
    PauseRecording   -> mask, unmask -> RecordingMuted: what is masked is written as silence, so time is kept
    StopRecording    -> stop         -> RecordingEnded; also when the leg ends
    silence_s        -> the switch stops by itself: RECORD_STOP -> RecordingEnded

A file cannot be gone on with: opened anew, a `.raw` has one channel to the switch. So it stays open. While vcc is away
the dial plan pauses it (`names.RECORDING`) when it gets the leg back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from core.errors import SwitchError, SwitchUnavailableError
from telephony.freeswitch import names, translate
from telephony.freeswitch.translate import Silence
from telephony.port import PauseRecording, RecordingMuted, StartRecording, StopRecording

if TYPE_CHECKING:
    from telephony.freeswitch.esl_client import EslClient
    from telephony.freeswitch.frames import Event
    from telephony.freeswitch.legs import Leg
    from telephony.freeswitch.orders import Orders, Result

RecordingCommand = StartRecording | PauseRecording | StopRecording

_log = structlog.get_logger()


class Recording:
    """What is being recorded of a leg. `writes`: in a conversation, and not only held ready."""

    def __init__(self, file: str, *, writes: bool) -> None:
        """Into `file`."""
        self.file = file
        self.writes = writes


class Recordings:
    """The recordings of a node's legs."""

    def __init__(self, esl: EslClient, orders: Orders) -> None:
        """By this wire."""
        self._esl, self._orders = esl, orders

    def command(self, leg: Leg, command: RecordingCommand) -> None:
        """Do it now, or in the leg's line."""
        if isinstance(command, StartRecording):
            if command.again:
                leg.recording = leg.recording or Recording(command.file, writes=leg.talks)
            else:
                leg.push(command)
        elif not leg.recording:
            if isinstance(command, PauseRecording):
                leg.failed(command, "the leg is not being recorded")
            else:
                leg.push(command)  # the StartRecording may wait in the line still
        elif isinstance(command, PauseRecording):
            self._pause(leg, leg.recording, command)
        else:
            self._stop(leg, leg.recording, command)

    # --- in the leg's line

    async def start(self, leg: Leg, command: StartRecording) -> None:
        """Begin. Raises SwitchError or ValueError if it cannot: nothing is recorded then."""
        if leg.recording:
            raise SwitchError("the leg is being recorded already")
        file = translate.recording(command.file)
        leg.to_be_recorded = file
        silence_s = command.silence_s if command.alone else 0.0
        variables = f"{translate.recording_variables(silence_s)};{names.RECORDING}={file}"
        await self._esl.api("uuid_setvar_multi", leg.name, variables)
        await self._esl.api("uuid_record", leg.name, "start", file)
        leg.to_be_recorded, leg.recording = "", Recording(file, writes=command.alone)
        try:
            if not command.alone:
                await self._esl.api("uuid_record", leg.name, "pause", file)
            if command.paused:
                await self._esl.api("uuid_record", leg.name, "mask", file)
        except SwitchError:
            await self.stop(leg)  # what must not be heard must not be written
            raise
        if command.paused:
            leg.fact(RecordingMuted, on=True)

    async def stop(self, leg: Leg) -> None:
        """End it in the leg's line. Raises SwitchError if the wire is lost."""
        if leg.recording:
            await self._esl.api("uuid_record", leg.name, "stop", leg.recording.file)
            leg.recording_ended()

    def over(self, leg: Leg, event: Event) -> None:
        """The switch has stopped one: by itself, because of silence, or as it was told, of which its answer tells."""
        recording, silence = leg.recording, translate.ended_by_silence(event)
        if silence is not None and recording is not None and translate.recorded_file(event) == recording.file:
            leg.recording_ended(by_silence=True, nothing_said=silence is Silence.FROM_THE_BEGINNING)

    def talks(self, leg: Leg) -> None:
        """The leg is in a conversation, or will be in a moment."""
        self._write(leg, writes=True)

    def parted(self, leg: Leg) -> None:
        """The leg is out of its conversation: nothing of what it hears now is to be written."""
        self._write(leg, writes=False)

    def _write(self, leg: Leg, *, writes: bool) -> None:
        recording = leg.recording
        if recording is not None and recording.writes != writes:
            recording.writes = writes
            self._orders.quietly("uuid_record", leg.name, "resume" if writes else "pause", recording.file)

    # --- at once

    def _pause(self, leg: Leg, recording: Recording, command: PauseRecording) -> None:
        def done() -> None:
            leg.fact(RecordingMuted, on=command.on)

        what = "mask" if command.on else "unmask"
        self._orders.about(leg, command, "uuid_record", leg.name, what, recording.file, then=done)

    def _stop(self, leg: Leg, recording: Recording, command: StopRecording) -> None:
        def done(result: Result) -> None:
            if isinstance(result, SwitchUnavailableError):
                leg.push(command)
                return
            if isinstance(result, SwitchError):
                _log.warning("a recording was over already", leg=leg.name, reason=str(result))
            leg.recording_ended()

        self._orders.give(["uuid_record", leg.name, "stop", recording.file], done)
