"""Recordings: MixMonitor on the leg, started on its own line, paused and ended by AMI, which reaches it in a bridge.

    StartRecording -> EXEC MixMonitor FILE,bD -> `recording` is set; paused: muted before the next command of the line
    PauseRecording -> AMI MixMonitorMute      -> RecordingMuted
    StopRecording  -> AMI StopMixMonitor      -> RecordingEnded; also when the leg ends
    a next Bridge  -> StopMixMonitor, a moment of silence, MixMonitor FILE,abD: goes on in the same file

A MixMonitor hears one stream of RTP only: what is numbered lower than what it has decoded before is taken for packets
that come too late, and is silent. So before another Bridge it is begun anew, in the same file; between the two a frame
has to pass, or the switch keeps its decoder (docs/adr/recording-by-mixmonitor.md).

`b` keeps what is heard outside of bridges (music, prompts) out of the file, and `D` interleaves the two directions: so
they cannot drift apart, and nothing has to be joined. AMI's own MixMonitor action needs `system`, which would let vcc's
user run programs: that is why a recording starts on the leg's line, before its first bridge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from core.errors import SwitchError, SwitchUnavailableError
from telephony.asterisk import translate
from telephony.asterisk.ami import AmiReply
from telephony.port import CommandFailed, PauseRecording, RecordingMuted, StartRecording, StopRecording

if TYPE_CHECKING:
    from telephony.asterisk.ami_client import AmiClient
    from telephony.asterisk.fastagi import AgiSession
    from telephony.asterisk.legs import Leg

RecordingCommand = StartRecording | PauseRecording | StopRecording

#: For how long frames pass between two MixMonitors of a leg, one every 20 ms.
FRAMES_PASS_MS = 60

_log = structlog.get_logger()


class Recording:
    """What is being recorded of a leg. `stale`: it has heard a partner, and would not hear another."""

    def __init__(self, file: str, *, stale: bool = False) -> None:
        """Into `file`; `stale`: nobody knows whom it has heard."""
        self.file = file
        self.stale = stale
        self.paused = False


class Recordings:
    """The recordings of a node's legs."""

    def __init__(self, ami: AmiClient) -> None:
        """Pause and end them by this wire."""
        self._ami = ami

    def command(self, leg: Leg, command: RecordingCommand) -> None:
        """Do it now, or in the leg's line."""
        if isinstance(command, StartRecording):
            if command.again:
                leg.recording = leg.recording or Recording(command.file, stale=True)
            else:
                leg.push(command)
        elif not leg.recording:
            if isinstance(command, PauseRecording):
                _failed(leg, command, "the leg is not being recorded")
            else:
                leg.push(command)  # the StartRecording may wait in the line still
        elif isinstance(command, PauseRecording):
            self._pause(leg, command)
        else:
            self._stop(leg, command)

    # --- on the leg's own line

    async def start(self, leg: Leg, command: StartRecording, session: AgiSession) -> None:
        """Begin. Raises SwitchError or ValueError if it cannot: nothing is recorded then."""
        if leg.recording:
            raise SwitchError("the leg is being recorded already")
        line = translate.record(command.file)
        leg.to_be_recorded = command.file
        reply = await session.command(line)
        if reply.dead or session.hung_up:
            return
        leg.to_be_recorded = ""
        if reply.result != 0:
            raise SwitchError("the switch has no MixMonitor; load app_mixmonitor.so")
        leg.recording = Recording(command.file)
        if command.paused:
            await self._mute(leg, session)
            leg.fact(RecordingMuted, on=True)

    async def before_bridge(self, leg: Leg, session: AgiSession) -> None:
        """The leg is about to talk with somebody: see to it that a recording of it hears that. The talk does not depend
        on it: what goes wrong is told.
        """
        recording = leg.recording
        if recording is None:
            return
        try:
            if recording.stale:
                await self._renew(leg, recording, session)
        except SwitchError as error:
            leg.fact(CommandFailed, command="StartRecording", detail=str(error))
        recording.stale = True

    async def _renew(self, leg: Leg, recording: Recording, session: AgiSession) -> None:
        await session.command(translate.STOP_RECORDING)
        for line in translate.let_pass(FRAMES_PASS_MS):
            await session.command(line)
        await session.command(translate.record(recording.file, append=True))
        if recording.paused:
            await self._mute(leg, session)

    async def _mute(self, leg: Leg, session: AgiSession) -> None:
        """What must not be heard must not be written: without the mute there is no recording."""
        try:
            reply = await self._ami.ask(translate.mute_recording(leg.channel, on=True))
            why = "" if reply.success else reply.message
        except SwitchError as error:
            why = str(error)
        if why:
            await self.stop(leg, session)
            raise SwitchError(f"the recording cannot begin with silence: {why}")
        if leg.recording is not None:
            leg.recording.paused = True

    async def stop(self, leg: Leg, session: AgiSession) -> None:
        """End it on the leg's own line. Raises SwitchError if the connection is lost."""
        await session.command(translate.STOP_RECORDING)
        leg.recording_ended()

    # --- by AMI

    def _pause(self, leg: Leg, command: PauseRecording) -> None:
        def done(result: AmiReply | SwitchError) -> None:
            if isinstance(result, AmiReply) and result.success:
                if leg.recording is not None:
                    leg.recording.paused = command.on
                leg.fact(RecordingMuted, on=command.on)
            else:
                _failed(leg, command, result.message if isinstance(result, AmiReply) else str(result))

        try:
            self._ami.send(translate.mute_recording(leg.channel, on=command.on), done)
        except SwitchUnavailableError as error:
            _failed(leg, command, str(error))

    def _stop(self, leg: Leg, command: StopRecording) -> None:
        def done(result: AmiReply | SwitchError) -> None:
            if isinstance(result, SwitchError):
                leg.push(command)
                return
            if not result.success:
                _log.warning("a recording was over already", leg=leg.name, reason=result.message)
            leg.recording_ended()

        try:
            self._ami.send(translate.stop_recording(leg.channel), done)
        except SwitchUnavailableError:
            leg.push(command)


def _failed(leg: Leg, command: RecordingCommand, detail: str) -> None:
    leg.fact(CommandFailed, command=type(command).__name__, detail=detail)
