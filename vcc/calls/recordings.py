"""Recordings of conversations: which, from when to when, and that each becomes a file, whatever happens meanwhile.

    an agent picks up   -> before_talk: told to the caller; the switch records (muted, where it is on demand)
    they hear each other-> talk_began: RecordingStarted
    code, control API   -> command: the switch mutes -> muted: RecordingPaused, RecordingResumed (on demand: Started)
    the talk is over    -> talk_over: the switch stops -> ended -> the archive makes the file -> RecordingFinished

One recording for each conversation: it is on the caller's leg, so whoever moves agents' legs in a conversation need not
care. What is not a file yet is in the live store under its id, and is finished by the next vcc. Whether a call belongs
to the share that is recorded is computed from its contact alone, so a crash changes nothing.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Protocol

import structlog

from core.errors import ConflictError
from core.facts import RecordingFinished, RecordingPaused, RecordingResumed, RecordingStarted
from ivr_flows.protocol import Text
from telephony.port import RECORDED_AFTER_S, Music, PauseRecording, Play, StartRecording, StopPlaying, StopRecording
from tenancy.model import RecordingMode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from telephony.port import CommandFailed, RecordingEnded, RecordingMuted
    from tenancy.model import Recording as RecordingSettings
    from tenancy.model import RecordingRules
    from vcc.calls.floor import Floor
    from vcc.calls.session import ContactSession

_log = structlog.get_logger()

#: The `Play` of the announcement, as the switch knows it; flows' own have a dot in their names.
ANNOUNCEMENT = "recording"
#: A switch that was told to stop says so at once; after this long (s) the file is taken as it is.
STOPS_WITHIN_S = 3.0
#: What the switch recorded is kept for so long (s) after the file was made: by then that is written in the log.
WRITTEN_WITHIN_S = 2.0
#: How often, and with what pause (s), a file that cannot be written is tried.
ATTEMPTS, RETRY_S = 5, 30.0
#: Why a message is a recording, among the modes of conversations.
MESSAGE = "message"
START, PAUSE, RESUME, STOP = "start", "pause", "resume", "stop"
#: By how a recording stands (`state`) and what is wanted: what is so already.
_AS_IT_IS = {
    ("on", START): "is recorded already",
    ("on", RESUME): "is recorded already: it is not paused",
    ("paused", PAUSE): "is paused already",
}


class AsItIsError(ConflictError):
    """What is wanted of a recording is so already."""

    code = "already"


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """A recording that is a file: where below the folder of recordings, and what is in it."""

    file: str
    sha256: str
    size: int
    seconds: float
    silence: float


class Archive(Protocol):
    """Where recordings become files; works beside the event loop."""

    def source(self, node: str, recording: str) -> str:
        """The absolute path into which a node shall record."""
        ...

    def keep(self, recording: OpenRecording, done: Callable[[Kept | str | None], None]) -> None:
        """Make the file of what was recorded, in the background; then `done` in the event loop, with it or with why
        there is none; None: it is a message in which nobody is heard, of which there is to be none. What was recorded
        stays until `discard`.
        """
        ...

    def path(self, file: str) -> Path:
        """Where a file that was kept is. Raises NotFoundError for what is none of the archive's."""
        ...

    def copy(self, recording: OpenRecording, done: Callable[[str], None]) -> None:
        """Make a sound file that the switch can play of what a caller has said, in the background; then `done` in the
        event loop with its absolute path, empty where it cannot be. It goes with `discard`.
        """
        ...

    def discard(self, recording: OpenRecording) -> None:
        """Erase what the switch recorded, in the background; no error if it is not there."""
        ...


@dataclass(kw_only=True, slots=True)
class OpenRecording:
    """A recording that is not a file yet. `wanted` False: it runs muted until somebody asks for it. Times: POSIX."""

    recording: str
    contact: str
    tenant: str
    node: str
    leg: str
    queue: str
    agent: str
    source: str
    why: str
    began: float
    announced: bool = False
    wanted: bool = True
    started: bool = False  # RecordingStarted was told: there is something in it
    paused: bool = False
    by: str = ""  # who asked for the change that the switch is about to make
    over: bool = False
    attempts: int = 0
    keep: bool = False  # a message that was decided to be kept: it is a recording if anybody is heard in it
    said: bool = True  # False: the switch has heard nothing all the time
    #: How long the caller may be silent, and (`silent_s`) was at its end, by which it ended; 0: not.
    silence_s: float = 0.0
    silent_s: float = 0.0

    @property
    def on_demand(self) -> bool:
        """Whether it is silent up to where somebody asked for it."""
        return self.why == RecordingMode.ON_DEMAND


def belongs_to_share(contact: str, percent: float) -> bool:
    """Whether a contact is one of those `percent` that are recorded: the same answer each time."""
    return int.from_bytes(sha256(contact.encode()).digest()[:4]) / 2**32 * 100 < percent


class Recordings:
    """The recordings of all contacts on the floor."""

    def __init__(self, floor: Floor) -> None:
        """Serve this floor."""
        self._floor = floor
        self._open: dict[str, OpenRecording] = {}  # by id
        self._of_leg: dict[str, OpenRecording] = {}  # those that go on, by the caller's leg
        #: set by those who tell an agent: that a recording has begun, ended, is paused, goes on
        self.changed: Callable[[OpenRecording, str], None] = lambda recording, action: None
        #: set by the messages: the switch records one no more; why not, where it could not
        self.message_over: Callable[[OpenRecording, str], None] = lambda recording, problem: None

    # --- from offer to end ---

    def before_talk(self, session: ContactSession) -> None:
        """An agent has picked up and is about to be bridged: tell the caller, and have the switch record."""
        floor = self._floor
        rules, settings = floor.directory.recording(session.tenant, session.queue)
        if floor.archive is None or session.leg in self._of_leg or not _concerns(session, rules):
            return
        announced = rules.announced and settings.announcement is not None
        if announced and not self._announce(session, settings):
            _log.error("not recorded: the announcement cannot be spoken", contact=session.contact)
            return
        session.recordings += 1
        floor.touch(session)
        name = f"{session.contact}-{session.recordings}"
        wanted = rules.mode is not RecordingMode.ON_DEMAND
        recording = OpenRecording(
            recording=name,
            contact=session.contact,
            tenant=session.tenant,
            node=session.node,
            leg=session.leg,
            queue=session.queue,
            agent=session.agent,
            source=floor.archive.source(session.node, name),
            why=rules.mode,
            began=floor.now(),
            announced=announced,
            wanted=wanted,
        )
        self._open[name] = self._of_leg[session.leg] = recording
        self._store(recording)
        floor.send(session.node, StartRecording(leg=session.leg, file=recording.source, paused=not wanted))

    def _announce(self, session: ContactSession, settings: RecordingSettings) -> bool:
        """Before the first agent; whether the caller hears it, or has heard it."""
        if session.recording_announced:
            return True
        texts = settings.announcement or {}
        language = session.info.language if session.info.language in texts else next(iter(texts))
        floor, part = self._floor, Text(text=texts[language], language=language)
        sounds = floor.speech.resolve(floor.speech.sounds(session.tenant), (part,))
        if not sounds:
            return False
        session.recording_announced = True
        floor.send(session.node, Play(leg=session.leg, play=ANNOUNCEMENT, sounds=sounds))
        return True

    def talk_began(self, session: ContactSession) -> None:
        """Caller and agent hear each other."""
        recording = self._of_leg.get(session.leg)
        if recording is None or recording.started:
            return
        recording.tenant, recording.queue, recording.agent = session.tenant, session.queue, session.agent
        if recording.wanted:
            self._started(recording)
        else:
            self._store(recording)

    def goes_on(self, session: ContactSession) -> bool:
        """Whether the conversation is being recorded, or may be."""
        return session.leg in self._of_leg

    def no_talk(self, session: ContactSession) -> None:
        """The agent hung up before there was a conversation: the caller waits on, with the music as before."""
        floor = self._floor
        if session.leg not in self._of_leg and not session.recording_announced:
            return
        self.talk_over(session)
        floor.send(session.node, StopPlaying(leg=session.leg))
        session.music = session.music or floor.directory.music(session.tenant, "", session.queue)
        if session.music:
            floor.send(session.node, Music(leg=session.leg, music=session.music))

    def talk_over(self, session: ContactSession) -> None:
        """The conversation is over; not called where one agent gives it on to another."""
        recording = self._of_leg.pop(session.leg, None)
        if recording is None or recording.over:
            return
        self._end(recording, STOPS_WITHIN_S)
        self._floor.send(session.node, StopRecording(leg=session.leg))

    # --- messages ---

    def begin_message(self, session: ContactSession, box: str, *, silence_s: float = 0.0) -> OpenRecording | None:
        """Have the switch record a caller who talks with nobody, until nothing was said for `silence_s` seconds (0:
        without that end); None where nothing can be recorded.
        """
        floor = self._floor
        if floor.archive is None or session.leg in self._of_leg:
            return None
        session.recordings += 1
        floor.touch(session)
        name = f"{session.contact}-{session.recordings}"
        recording = OpenRecording(
            recording=name,
            contact=session.contact,
            tenant=session.tenant,
            node=session.node,
            leg=session.leg,
            queue=box,
            agent="",
            source=floor.archive.source(session.node, name),
            why=MESSAGE,
            began=floor.now(),
            silence_s=silence_s,
        )
        self._open[name] = self._of_leg[session.leg] = recording
        self._store(recording)
        source = recording.source
        floor.send(session.node, StartRecording(leg=session.leg, file=source, alone=True, silence_s=silence_s))
        return recording

    def stop_message(self, recording: OpenRecording) -> None:
        """Record no more; `message_over` follows."""
        self._floor.send(recording.node, StopRecording(leg=recording.leg))

    def copy(self, recording: OpenRecording, done: Callable[[str], None]) -> None:
        """A copy for the caller to listen to, as soon as what was said is a whole file."""
        floor, archive = self._floor, self._floor.archive
        if archive is not None:
            floor.timers.call_at(floor.now() + RECORDED_AFTER_S, lambda: archive.copy(recording, done))

    def settle_message(self, recording: OpenRecording, *, keep: bool) -> None:
        """It becomes a file, if anybody is heard in it, or is thrown away."""
        self._of_leg.pop(recording.leg, None)
        recording.keep = keep
        self._end(recording, RECORDED_AFTER_S)

    def drop_messages(self, contact: str) -> None:
        """Throw away what a vcc that is gone had begun for a contact that is asked again."""
        for recording in [r for r in self._open.values() if r.contact == contact and r.why == MESSAGE and not r.over]:
            self.stop_message(recording)
            self.settle_message(recording, keep=False)

    # --- what the switch tells ---

    def muted(self, fact: RecordingMuted) -> None:
        """The switch has begun or ended a pause."""
        recording = self._of_leg.get(fact.leg)
        if recording is None or not recording.wanted:
            return
        if not recording.started:
            if not fact.on:
                self._started(recording)
                self.changed(recording, START)
            return
        if recording.paused == fact.on:
            return
        recording.paused = fact.on
        self._store(recording)
        kind = RecordingPaused if fact.on else RecordingResumed
        self._floor.record(kind(**self._about(recording), recording=recording.recording, by=recording.by))
        self.changed(recording, PAUSE if fact.on else RESUME)

    def ended(self, fact: RecordingEnded) -> None:
        """The switch records no more; in a moment the file is whole."""
        for recording in self._open.values():
            if recording.source == fact.file:
                self._of_leg.pop(recording.leg, None)
                if recording.why == MESSAGE and not recording.over:
                    recording.said = not fact.nothing_said
                    recording.silent_s = recording.silence_s if fact.by_silence else 0.0
                    self._store(recording)
                    return self.message_over(recording, "")
                return self._end(recording, RECORDED_AFTER_S)
        return None

    def failed(self, session: ContactSession, fact: CommandFailed) -> None:
        """The switch could not do what was asked of it. What was never begun has no file either."""
        recording = self._of_leg.get(session.leg)
        _log.error("recording failed", contact=session.contact, command=fact.command, detail=fact.detail)
        if recording is not None and fact.command == "StartRecording":
            del self._of_leg[session.leg]
            if recording.why == MESSAGE:
                self.message_over(recording, fact.detail)
            else:
                self._end(recording, RECORDED_AFTER_S)
        elif recording is not None and not recording.started:
            recording.wanted = not recording.on_demand

    # --- what people ask ---

    def command(self, session: ContactSession, action: str, *, by: str) -> None:
        """Start or stop (on demand), pause or resume. Raises ConflictError where there is nothing to do it with,
        AsItIsError where that is so already.
        """
        recording = self._of_leg.get(session.leg)
        if recording is None:
            raise ConflictError(self._why_not(session))
        if action == START and not recording.wanted:
            recording.wanted = True
        elif not recording.wanted:
            message = f"the recording of {session.contact} was not started"
            raise ConflictError(message)
        if as_it_is := _AS_IT_IS.get((self.state(recording.leg), action)):
            message = f"{session.contact} {as_it_is}"
            raise AsItIsError(message)
        recording.by = by
        if action == STOP:
            return self._stop(recording)
        self._store(recording)
        return self._floor.send(recording.node, PauseRecording(leg=recording.leg, on=action == PAUSE))

    def _why_not(self, session: ContactSession) -> str:
        """Why a conversation that is not being recorded cannot be: a switch begins before the first word, or never."""
        rules, _ = self._floor.directory.recording(session.tenant, session.queue)
        if rules.mode is RecordingMode.ON_DEMAND and session.recordings:
            return f"the recording of {session.contact} has ended: the next one may begin with the next conversation"
        return f"{session.contact} is not being recorded, and its queue does not record on demand"

    def _stop(self, recording: OpenRecording) -> None:
        if not recording.on_demand:
            message = f"{recording.contact} is recorded as its queue wants it, not on demand: it can be paused"
            raise ConflictError(message)
        del self._of_leg[recording.leg]
        self._end(recording, STOPS_WITHIN_S)
        self._floor.send(recording.node, StopRecording(leg=recording.leg))
        self.changed(recording, STOP)

    def state(self, leg: str) -> str:
        """How the recording of a caller's conversation stands: on, paused, on_demand (it may be started), or empty."""
        recording = self._of_leg.get(leg)
        if recording is None:
            return ""
        if not recording.started:
            return "on_demand" if recording.on_demand else ""
        return "paused" if recording.paused else "on"

    def may_stop(self, leg: str) -> bool:
        """Whether the recording that goes on was begun on demand: only such a one can be stopped."""
        recording = self._of_leg.get(leg)
        return recording is not None and recording.started and recording.on_demand

    # --- after a crash ---

    def restore(self, stored: Mapping[str, Mapping[str, Any]]) -> None:
        """Take back what was not a file yet. What belongs to a contact that is gone becomes one now."""
        for name, data in stored.items():
            try:
                recording = OpenRecording(**data)
            except TypeError:
                _log.exception("stored recording cannot be read", recording=name)
                self._floor.store.delete("recording", name)
                continue
            self._open[name] = recording
            if recording.why == MESSAGE and not recording.over and recording.contact not in self._floor.sessions:
                recording.keep = recording.said  # the caller hung up meanwhile: what was said is kept
            if recording.over or recording.contact not in self._floor.sessions:
                self._end(recording, RECORDED_AFTER_S)
            else:
                self._of_leg[recording.leg] = recording

    def node_up(self, node: str, legs: frozenset[str]) -> None:
        """A switch says which legs there are: their recordings go on, those of the others are over."""
        for recording in [r for r in self._of_leg.values() if r.node == node]:
            if recording.leg in legs:
                send, leg = self._floor.send, recording.leg
                send(node, StartRecording(leg=leg, file=recording.source, again=True))
                if recording.paused or not recording.wanted:
                    send(node, PauseRecording(leg=leg, on=True))
            else:
                del self._of_leg[recording.leg]
                self._end(recording, RECORDED_AFTER_S)

    # --- the file ---

    def _started(self, recording: OpenRecording) -> None:
        if recording.started:
            return
        recording.started = True
        self._store(recording)
        self._floor.record(
            RecordingStarted(
                **self._about(recording),
                recording=recording.recording,
                queue=recording.queue,
                agent=recording.agent,
                why=recording.why,
                by=recording.by,
                announced=recording.announced,
            )
        )

    def _end(self, recording: OpenRecording, after_s: float) -> None:
        recording.over = True
        self._store(recording)
        self._floor.timers.call_at(self._floor.now() + after_s, lambda: self._finish(recording))

    def _finish(self, recording: OpenRecording) -> None:
        """Have it made a file, once: both the switch's word and the time-out lead here."""
        archive = self._floor.archive
        if archive is None or self._open.pop(recording.recording, None) is None:
            return
        if recording.started or recording.keep:
            archive.keep(recording, lambda kept: self._kept(recording, kept))
        else:
            self._forget(recording)

    def _kept(self, recording: OpenRecording, kept: Kept | str | None) -> None:
        if kept is None:
            return self._forget(recording)
        if isinstance(kept, str) and recording.attempts < ATTEMPTS:
            recording.attempts += 1
            _log.error("recording is not a file yet", recording=recording.recording, reason=kept)
            self._open[recording.recording] = recording
            return self._end(recording, RETRY_S)
        self._started(recording)
        about, name = self._about(recording), recording.recording
        if isinstance(kept, str):
            self._floor.record(RecordingFinished(**about, recording=name, problem=kept))
        else:
            self._floor.record(RecordingFinished(**about, recording=name, **asdict(kept)))
        keep = isinstance(kept, str)  # for somebody to look at
        floor = self._floor
        floor.timers.call_at(floor.now() + WRITTEN_WITHIN_S, lambda: self._forget(recording, discard=not keep))
        return None

    def _forget(self, recording: OpenRecording, *, discard: bool = True) -> None:
        if discard and self._floor.archive is not None:
            self._floor.archive.discard(recording)
        self._floor.store.delete("recording", recording.recording)

    def _store(self, recording: OpenRecording) -> None:
        self._floor.store.put("recording", recording.recording, asdict(recording))

    def _about(self, recording: OpenRecording) -> Any:  # noqa: ANN401 - the fields that every fact has
        return {
            "at": self._floor.now(),
            "tenant": recording.tenant,
            "contact": recording.contact,
            "node": recording.node,
        }


def _concerns(session: ContactSession, rules: RecordingRules) -> bool:
    """Whether this contact's conversation is, or may be, recorded."""
    if rules.mode is RecordingMode.SHARE:
        return belongs_to_share(session.contact, rules.share or 0.0)
    return rules.mode is not RecordingMode.OFF
