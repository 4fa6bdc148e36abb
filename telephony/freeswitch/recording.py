"""Recordings: `uuid_record` of the leg, in stereo, into one file over all its conversations.

    StartRecording -> start, with RECORD_BRIDGE_REQ: nothing is written while the leg is in no bridge; paused: mask
    a conference   -> the switch has no bridge there: stop, start without it; and back when the leg has left
    PauseRecording -> mask, unmask -> RecordingMuted
    StopRecording  -> stop         -> RecordingEnded; also when the leg ends

The file is gone on with (RECORD_APPEND). What is masked is written as silence, so time is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from core.errors import SwitchError, SwitchUnavailableError
from telephony.freeswitch import translate
from telephony.port import CommandFailed, PauseRecording, RecordingMuted, StartRecording, StopRecording

if TYPE_CHECKING:
    from telephony.freeswitch.esl_client import EslClient
    from telephony.freeswitch.legs import Leg
    from telephony.freeswitch.orders import Orders, Result

RecordingCommand = StartRecording | PauseRecording | StopRecording

_log = structlog.get_logger()


class Recording:
    """What is being recorded of a leg. `in_conference`: it is written whether or not the leg is in a bridge."""

    def __init__(self, file: str) -> None:
        """Into `file`."""
        self.file = file
        self.paused = False
        self.in_conference = False


class Recordings:
    """The recordings of a node's legs."""

    def __init__(self, esl: EslClient, orders: Orders) -> None:
        """By this wire."""
        self._esl, self._orders = esl, orders

    def command(self, leg: Leg, command: RecordingCommand) -> None:
        """Do it now, or in the leg's line."""
        if isinstance(command, StartRecording):
            if command.again:
                leg.recording = leg.recording or Recording(command.file)
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
        await self._esl.api("uuid_setvar_multi", leg.name, translate.recording_variables(bridged_only=True))
        await self._esl.api("uuid_record", leg.name, "start", file)
        leg.to_be_recorded = ""
        leg.recording = Recording(command.file)
        if command.paused:
            try:
                await self._esl.api("uuid_record", leg.name, "mask", command.file)
            except SwitchError:
                await self.stop(leg)  # what must not be heard must not be written
                raise
            leg.recording.paused = True
            leg.fact(RecordingMuted, on=True)

    async def stop(self, leg: Leg) -> None:
        """End it in the leg's line. Raises SwitchError if the wire is lost."""
        if leg.recording:
            await self._esl.api("uuid_record", leg.name, "stop", leg.recording.file)
            leg.recording_ended()

    async def in_bridge(self, leg: Leg) -> None:
        """The leg is about to be bridged: a recording of it is to go on there."""
        await self._write(leg, in_conference=False)

    async def in_conference(self, leg: Leg) -> None:
        """The leg is in a conference, or about to be."""
        await self._write(leg, in_conference=True)

    async def _write(self, leg: Leg, *, in_conference: bool) -> None:
        """The talk does not depend on it: what goes wrong is told."""
        recording = leg.recording
        if recording is None or recording.in_conference == in_conference:
            return
        recording.in_conference = in_conference
        self._orders.quietly("uuid_record", leg.name, "stop", recording.file)
        variables = translate.recording_variables(bridged_only=not in_conference)
        try:
            await self._esl.api("uuid_setvar_multi", leg.name, variables)
            await self._esl.api("uuid_record", leg.name, "start", recording.file)
            if recording.paused:
                await self._esl.api("uuid_record", leg.name, "mask", recording.file)
        except SwitchError as error:
            leg.fact(CommandFailed, command="StartRecording", detail=str(error))

    def parted(self, leg: Leg) -> None:
        """The leg is out of its conversation: nothing of what it hears now is to be written."""
        recording = leg.recording
        if recording is not None and recording.in_conference:
            recording.in_conference = False
            self._orders.quietly("uuid_record", leg.name, "stop", recording.file)
            self._orders.quietly("uuid_setvar_multi", leg.name, translate.recording_variables(bridged_only=True))
            self._orders.quietly("uuid_record", leg.name, "start", recording.file)
            if recording.paused:
                self._orders.quietly("uuid_record", leg.name, "mask", recording.file)

    # --- at once

    def _pause(self, leg: Leg, recording: Recording, command: PauseRecording) -> None:
        def done() -> None:
            recording.paused = command.on
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
