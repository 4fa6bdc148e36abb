"""Messages that callers leave: recordings of a leg in no conversation, kept by the same machinery (`recordings.py`).

StartMessage -> the switch records the leg alone
EndMessage   -> it stops -> kept: RecordingStarted (why `message`), the file, RecordingFinished; or thrown away
                before it is decided: a copy for the caller to listen to -> MessageEnded
the caller falls silent -> the switch stops -> CallerSilent -> EndMessage, as above
the caller hangs up in the midst, or before it is decided: kept
what nobody has said anything in is never kept, unless the caller has accepted it and something is heard in it
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivr_flows.protocol import MESSAGE, CallerSilent, EndMessage, MessageEnded, StartMessage
from tenancy.names import qualify

if TYPE_CHECKING:
    from vcc.calls.floor import Floor
    from vcc.calls.recordings import OpenRecording
    from vcc.calls.session import ContactSession


@dataclass(kw_only=True, slots=True)
class _Message:
    """One that is being recorded or decided about. `keep` None: not decided; `copy`: what the caller may listen to."""

    recording: OpenRecording
    keep: bool | None = None
    stopped: bool = False
    copy: str = ""


class Messages:
    """The messages of all contacts on the floor, one at a time for each."""

    def __init__(self, floor: Floor) -> None:
        """Serve this floor."""
        self._floor = floor
        self._messages: dict[str, _Message] = {}  # by contact
        floor.recordings.message_over = self._over

    def start(self, session: ContactSession, command: StartMessage) -> None:
        """Have the switch record what the caller says."""
        box = qualify(session.tenant, command.box)
        recording = self._floor.recordings.begin_message(session, box, silence_s=command.silence_s)
        if recording is None:
            self._floor.tell_flow(session, MessageEnded(problem="nothing can be recorded here"))
            return
        self._messages[session.contact] = _Message(recording=recording)

    def end(self, session: ContactSession, command: EndMessage) -> None:
        """Stop, if it goes on; keep it, drop it, or have a copy made for the caller."""
        message = self._messages.get(session.contact)
        if message is None:  # of a vcc that is gone
            return self._floor.recordings.drop_messages(session.contact)
        message.keep = {"keep": True, "drop": False}.get(command.how)
        if not message.stopped:
            message.stopped = True
            return self._floor.recordings.stop_message(message.recording)
        return self._decide(message) if message.keep is not None else self._copy(message)

    def sounds(self, session: ContactSession) -> dict[str, str]:
        """What the caller's message is called by its flow, and the file of it."""
        message = self._messages.get(session.contact)
        return {MESSAGE: message.copy} if message and message.copy else {}

    def gone(self, session: ContactSession) -> None:
        """The caller has hung up: what was said is kept."""
        message = self._messages.get(session.contact)
        if message is not None:
            self._settle(message)

    def _over(self, recording: OpenRecording, problem: str) -> None:
        """The switch records no more, and in a moment the file is whole."""
        message = self._messages.get(recording.contact)
        if message is None or message.recording is not recording:
            return
        session = self._floor.sessions.get(recording.contact)
        if problem and session is not None:
            del self._messages[recording.contact]
            self._floor.recordings.settle_message(recording, keep=False)
            self._floor.tell_flow(session, MessageEnded(problem=problem))
        elif recording.silent_s and not message.stopped and session is not None:
            message.stopped = True
            self._floor.tell_flow(session, CallerSilent(said=recording.said))
        elif message.keep is not None or not message.stopped or session is None:
            self._settle(message)
        else:
            self._copy(message)

    def _settle(self, message: _Message) -> None:
        """Nobody will decide any more: keep what was said, if anything was."""
        if message.keep is None:
            message.keep = message.recording.said
        self._decide(message)

    def _copy(self, message: _Message) -> None:
        self._floor.recordings.copy(message.recording, lambda path: self._copied(message, path))

    def _copied(self, message: _Message, path: str) -> None:
        message.copy = path
        session = self._floor.sessions.get(message.recording.contact)
        if session is not None and self._messages.get(session.contact) is message:
            self._floor.tell_flow(session, MessageEnded())
            self._floor.settle()

    def _decide(self, message: _Message) -> None:
        if self._messages.get(message.recording.contact) is message:
            del self._messages[message.recording.contact]
            self._floor.recordings.settle_message(message.recording, keep=bool(message.keep))
