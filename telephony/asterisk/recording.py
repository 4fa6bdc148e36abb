"""Recordings: MixMonitor on the leg, started on its own line, paused and ended by AMI, which reaches it in a bridge.

    StartRecording -> EXEC MixMonitor FILE,bD -> `recording` is set; paused: muted before the next command of the line
    PauseRecording -> AMI MixMonitorMute      -> RecordingMuted
    StopRecording  -> AMI StopMixMonitor      -> RecordingEnded; also when the leg ends
    silence_s      -> AMI Setvar TALK_DETECT  -> ChannelTalkingStart; ChannelTalkingStop, or no start for so long: stop
    a next Bridge  -> StopMixMonitor, a moment of silence, MixMonitor FILE,abD: goes on in the same file

A MixMonitor hears one stream of RTP only: what is numbered lower than what it has decoded before is taken for packets
that come too late, and is silent. So before another Bridge it is begun anew, in the same file; between the two a frame
has to pass, or the switch keeps its decoder (docs/adr/recording-by-mixmonitor.md).

`b` keeps what is heard outside of bridges (music, prompts) out of the file, and `D` interleaves the two directions: so
they cannot drift apart, and nothing has to be joined. AMI's own MixMonitor action needs `system`, which would let vcc's
user run programs: that is why a recording starts on the leg's line, before its first bridge.

Talk is detected in the frames that come from the channel. A phone that sends none while nobody speaks is not found
silent after something was said: the message goes on until vcc ends it.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import structlog

from core.errors import SwitchError, SwitchUnavailableError
from telephony.asterisk import translate
from telephony.asterisk.ami import AmiReply
from telephony.port import CommandFailed, PauseRecording, RecordingMuted, StartRecording, StopRecording

if TYPE_CHECKING:
    from collections.abc import Iterable

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
        #: Of one that ends by silence: somebody who speaks is heard of; somebody was; its end, as long as nobody was.
        self.listens = False
        self.said = False
        self.unsaid: asyncio.TimerHandle | None = None

    def listen_no_more(self) -> None:
        """It does not end by a silence at its beginning any more."""
        if self.unsaid is not None:
            self.unsaid.cancel()
            self.unsaid = None


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
        line = translate.record(command.file, alone=command.alone)
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
        if command.alone and command.silence_s:
            await self._listen(leg, leg.recording, command.silence_s)

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
        self._ended(leg)

    # --- silence

    async def _listen(self, leg: Leg, recording: Recording, silence_s: float) -> None:
        """Have talk and silence told. A message without that end is better than none: what goes wrong is logged."""
        recording.listens = True  # the events may come before the answer
        try:
            reply = await self._ami.ask(translate.listen(leg.channel, silence_s))
            why = "" if reply.success else f"{reply.message}; is func_talkdetect.so loaded?"
        except SwitchError as error:
            why = str(error)
        if leg.recording is not recording:
            return
        if why:
            recording.listens = False
            if leg.there:
                _log.error("a message does not end by silence", leg=leg.name, reason=why)
        elif recording.listens and not recording.said:
            loop = asyncio.get_running_loop()
            recording.unsaid = loop.call_later(silence_s, self._end_by_silence, leg, recording)

    def talks(self, leg: Leg) -> None:
        """Somebody speaks on the leg."""
        if leg.recording is not None and leg.recording.listens:
            leg.recording.said = True
            leg.recording.listen_no_more()

    def silent(self, leg: Leg) -> None:
        """Somebody has spoken on the leg, and for as long as was asked has not since."""
        if leg.recording is not None and leg.recording.listens:
            self.talks(leg)
            self._end_by_silence(leg, leg.recording)

    def lose_wire(self, legs: Iterable[Leg]) -> None:
        """Nobody knows any more whether somebody speaks."""
        for leg in legs:
            if leg.recording is not None:
                leg.recording.listens = False
                leg.recording.listen_no_more()

    def _end_by_silence(self, leg: Leg, recording: Recording) -> None:
        def done(result: AmiReply | SwitchError) -> None:
            if isinstance(result, AmiReply) and leg.recording is recording:
                self._ended(leg, by_silence=True)  # what was said until now is known by now

        with suppress(SwitchUnavailableError):  # then it is not known whether somebody speaks: see `lose_wire`
            self._ami.send(translate.stop_recording(leg.channel), done)

    def _ended(self, leg: Leg, *, by_silence: bool = False) -> None:
        if leg.recording is not None and leg.recording.listens:
            with suppress(SwitchUnavailableError):
                self._ami.send(translate.listen_no_more(leg.channel), lambda _: None)
        leg.recording_ended(by_silence=by_silence)

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
            self._ended(leg)

        try:
            self._ami.send(translate.stop_recording(leg.channel), done)
        except SwitchUnavailableError:
            leg.push(command)


def _failed(leg: Leg, command: RecordingCommand, detail: str) -> None:
    leg.fact(CommandFailed, command=type(command).__name__, detail=detail)
