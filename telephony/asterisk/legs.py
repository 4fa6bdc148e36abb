"""One leg: what is known of it, and its commands, carried out one after the other.

    commands ->  waiting  -> AGI command lines on the leg's connection -> facts
                    ^  kept while the leg is bridged or on its way back; dropped, as failed, when control is lost

A leg has a connection (`session`) while it is under control. `HangUp` and `StopPlaying` do not wait in line.
A caller's leg is inside `EXEC Bridge` while it talks; an agent's leg has no connection then: it was moved into the
bridge, and the dial plan brings it back when the caller has left. A connection on which the switch says HANGUP while
its leg lives has lost it: the leg was *moved*, and is under control again with its next connection, of which nothing is
told.
"""

from __future__ import annotations

import asyncio
from collections import deque
from functools import partial
from typing import TYPE_CHECKING

from core.errors import SwitchError
from telephony.asterisk import bridges, spying, translate
from telephony.asterisk.bridges import Conversations
from telephony.asterisk.keys import Keys
from telephony.asterisk.sound import Sound
from telephony.claims import NotBegunError
from telephony.port import (
    Answer,
    Bridge,
    Cause,
    Command,
    CommandFailed,
    HangUp,
    Join,
    LegAnswered,
    LegHungUp,
    LegReleased,
    Music,
    Play,
    RecordingEnded,
    Reject,
    Release,
    Ringback,
    Spy,
    StartRecording,
    StopRecording,
    SwitchFact,
    ToFallback,
)
from telephony.sent_on import SentOn
from vcc.tasks import spawn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from core.clock import Clock
    from telephony.asterisk.bridges import Conversation, Joining
    from telephony.asterisk.fastagi import AgiSession
    from telephony.asterisk.recording import Recording, Recordings
    from telephony.asterisk.spying import Watch

#: More commands than a call ever needs at once.
MAX_WAITING = 100
#: ANSWER waits for media; the rest is done at once.
ANSWER_TIMEOUT_S = 10.0
#: Channels whose end is remembered, for their last connection may be read after it; and those that are about to end.
MAX_GONE = 10_000


class Leg:
    """A leg that this adapter knows. `rung`: vcc rang it; else it arrived."""

    def __init__(self, legs: Legs, name: str, *, rung: bool) -> None:
        """A leg without connection; made by `Legs.add`."""
        self.name = name
        self.rung = rung
        self.outside = False  # it was rung over a trunk
        self.channel = ""  # the switch's name for it, once that is known
        #: Of an arrived leg: `trunk/NAME` or `phone/NAME`, and what was dialled, as the dial plan knows them.
        self.origin = ""
        self.dialled = ""
        self.up = False
        self.rang = False
        #: `LegAnswered` or `CallArrived` was told: vcc knows that it has control.
        self.told = False
        self.session: AgiSession | None = None
        #: The connection is asked who calls: commands, which vcc may have for a leg that it knew before, wait.
        self.arriving = False
        #: By a dial plan that is not ours, which can have it back.
        self.handed_over = False
        self.hang_up_wanted = False
        self.elsewhere = False
        self.conversation: Conversation | None = None
        self.joining: Joining | None = None  # the Bridge or Join under way on its connection
        #: It was taken from its connection and is elsewhere in the switch.
        self.moved = False
        self.moving = False  # it was told to come here from there, and has not yet
        #: It was picked up and waits in the dial plan: it has to be fetched before anything is carried out on it.
        self.picked_up = False
        #: It is here, neither on its way back from there nor being answered.
        self.settled = asyncio.Event()
        self.claim = asyncio.Lock()  # held by the command that brings it into a conversation, until it is there
        self._watch: Watch | None = None
        self.holds = False  # its phone has put the others on hold
        #: A blind transfer was told that the dial plan still remembers.
        self.referred = False
        self.place_taken_by: Leg | None = None  # who has got this leg's place in the switch by a transfer
        self.keys = Keys()
        self.whisper = ""  # the channel that says something to it, if any did
        self.recording: Recording | None = None
        self.to_be_recorded = ""  # the file of a recording that the switch is just beginning
        self.sound = Sound(self)
        self._legs = legs
        self._waiting: deque[Command] = deque()
        self._to_fallback = False  # where it is led when what waits is done
        self._worker: asyncio.Task[None] | None = None

    @property
    def watch(self) -> Watch | None:
        """Whom it spies on."""
        return self._watch

    @watch.setter
    def watch(self, watch: Watch | None) -> None:
        self._watch = watch
        if watch is None:
            self._legs.watching.pop(self, None)
        else:
            self._legs.watching[self] = None

    @property
    def controlled(self) -> bool:
        """Whether commands are carried out on it now."""
        return self.session is not None and not self.talks and self.watch is None

    @property
    def talks(self) -> bool:
        """Whether it is in a conversation."""
        return self.conversation is not None and len(self.conversation.legs) > 1

    @property
    def carries(self) -> bool:
        """Whether its conversation hangs on its connection: it was told to `Bridge`."""
        joining = self.joining
        return joining is not None and joining.carries and joining.within is self.conversation

    @property
    def there(self) -> bool:
        """Whether it has not ended."""
        return self._legs.get(self.name) is self

    def rescue(self) -> bool:
        """Bring it here from wherever it is; whether that can be done now."""
        return self._legs.rescuer(self)

    def bring(self) -> None:
        """Take it out of its conversation and bring it here."""
        self._legs.mover(self)

    @property
    def conversations(self) -> Conversations:
        """Those of the node."""
        return self._legs.conversations

    def now(self) -> float:
        """POSIX seconds."""
        return self._legs.now()

    def fact(self, kind: Callable[..., SwitchFact], **fields: object) -> None:
        """Tell a fact about this leg."""
        self._legs.tell(kind(node=self._legs.node, at=self._legs.now(), leg=self.name, **fields))

    # --- the connection

    def attach(self, session: AgiSession, *, arriving: bool = False) -> None:
        """The dial plan has brought the leg to us; `arriving`: commands wait for `arrived`."""
        old, self.session = self.session, session
        if old is not None:
            old.on_closed = None
            old.close()
        session.on_closed = lambda: self._detached(session)
        self.arriving, self.moved, self.moving, self.picked_up = arriving, False, False, False
        self.settled.set()
        self._work_on()

    def answered(self) -> None:
        """The phone was picked up, which is told once; vcc may not have been there then."""
        known, self.up, self.told = self.told, True, True
        if not known:
            self.fact(LegAnswered)

    def arrived(self, session: AgiSession) -> None:
        """Who calls is known: the connection is free for commands."""
        if self.session is session:
            self.arriving = False
            self._work_on()

    def _detached(self, session: AgiSession) -> None:
        if self.session is session:
            self.session = None
            self.moved = session.hung_up
            self.settled.clear()
        if not self.talks and not self.hang_up_wanted and not session.hung_up:
            waiting, self._waiting = list(self._waiting), deque()
            for command in waiting:
                self._not_begun(command, "the leg's connection was lost")

    def lose(self) -> None:
        """The leg is gone, or let go of: nothing is carried out on it any more."""
        session, self.session = self.session, None
        self.forget_waiting()
        self.sound.lose()
        if session is not None:
            session.on_closed = None
            session.close()
        if self._worker is not None:
            self._worker.cancel()
            self._worker = None

    def cut(self) -> None:
        """End its connection, for the leg is to end: nothing that was under way on it has failed."""
        if (session := self.session) is not None:
            session.hung_up = True
            session.close()

    # --- the line of commands

    def next_is(self, kind: type[Command]) -> bool:
        """Whether a command of this kind is the next in line."""
        return bool(self._waiting) and isinstance(self._waiting[0], kind)

    def forget_spy(self) -> None:
        """Another one is wanted than the `Spy` that waits, if any."""
        self._waiting = deque(command for command in self._waiting if not isinstance(command, Spy))

    def push(self, command: Command) -> None:
        """Have a command carried out after those before it."""
        if len(self._waiting) >= MAX_WAITING:
            self._not_begun(command, f"more than {MAX_WAITING} commands are waiting")
            return
        self._to_fallback |= isinstance(command, ToFallback)
        if isinstance(command, Answer):
            self.settled.clear()
        self._waiting.append(command)
        self._work_on()

    def stop_playing(self) -> None:
        """End the Play that is under way, and those that were asked for and have not begun."""
        waiting = [command for command in self._waiting if isinstance(command, Play)]
        for play in waiting:
            self._waiting.remove(play)
        self.sound.stop()
        for play in waiting:
            self.sound.ended(play, completed=False)

    @property
    def leaving(self) -> asyncio.Task[None] | None:
        """What is giving the leg to the fallback, as long as that is not done."""
        return self._worker if self._to_fallback else None

    def forget_waiting(self) -> None:
        """The leg is to end: what waits is not done any more."""
        self.stop_playing()
        self._waiting.clear()

    def _work_on(self) -> None:
        if self._worker is None and self._waiting and self._ready:
            self._worker = spawn(self._work(), name=f"leg {self.name}")

    @property
    def _ready(self) -> bool:
        return self.session is not None and not self.session.hung_up and not self.arriving

    async def _work(self) -> None:
        try:
            while self._waiting and self.session is not None and self._ready:
                await self._carry_out(self._waiting.popleft(), self.session)
        finally:
            self._worker = None

    async def _carry_out(self, command: Command, session: AgiSession) -> None:
        try:
            await self._execute(command, session)
        except (SwitchError, ValueError) as error:
            if not session.hung_up or isinstance(error, NotBegunError):
                self.failed(command, str(error))
        if session.hung_up:
            session.close()  # else the channel's stand-in stays in the switch

    async def _execute(self, command: Command, session: AgiSession) -> None:
        if self.referred:
            self.referred = False
            await session.command(translate.FORGET_REFER)
        match command:
            case Play() | Music() | Ringback():
                await self.sound.make(command, session)
            case Bridge(other=other, music=music):
                await self.sound.keep_music(music, session)
                await self._legs.recordings.before_bridge(self, session)
                await bridges.bridge(self, self._legs.get(other), other, session)
            case Join(to=to):
                await bridges.join(self, self._legs.get(to), to, session)
            case Spy():
                await spying.spy(self, self._legs.get(command.on), command, session)
            case StartRecording():
                await self._legs.recordings.start(self, command, session)
            case StopRecording():
                await self._legs.recordings.stop(self, session)
            case Answer():
                await self._answer(session)
            case _:
                await self._execute_end(command, session)

    async def _execute_end(self, command: Command, session: AgiSession) -> None:
        match command:
            case HangUp():
                await session.command(translate.HANG_UP)
            case Reject(cause=cause):
                await session.command(translate.HANG_UP if self.up else translate.refuse(cause))
            case ToFallback():
                await session.command(translate.TO_FALLBACK)
                session.close()
            case Release():
                await self._release(command, session)

    async def _release(self, command: Release, session: AgiSession) -> None:
        if not self.handed_over:
            raise SwitchError("the leg was not handed over by a dial plan: there is nowhere to give it back to")
        for line in translate.release(command.outcome, command.result):
            if (await session.command(line)).dead or session.hung_up:
                return  # it has ended; the Hangup event is on its way
        self._legs.release(self)

    async def _answer(self, session: AgiSession) -> None:
        try:
            reply = await session.command(translate.ANSWER, ANSWER_TIMEOUT_S)
            self.up = reply.result == 0  # else the caller has hung up, and the Hangup event is on its way
        finally:
            self.settled.set()

    def recording_ended(self, *, by_silence: bool = False) -> None:
        """Nothing more is recorded: told once."""
        recording, file = self.recording, self.to_be_recorded
        self.recording, self.to_be_recorded = None, ""
        if recording is not None:
            recording.listen_no_more()
            nothing_said = recording.listens and not recording.said
            self.fact(RecordingEnded, file=recording.file, by_silence=by_silence, nothing_said=nothing_said)
        elif file:
            self.fact(RecordingEnded, file=file)

    def failed(self, command: Command, detail: str) -> None:
        """Tell that a command could not be carried out."""
        self.fact(CommandFailed, command=type(command).__name__, detail=detail)

    def _not_begun(self, command: Command, detail: str) -> None:
        self.failed(command, detail)
        if isinstance(command, Play):
            self.sound.ended(command, completed=False)


class Legs:
    """Every leg that is known on a node, and the way out for facts."""

    def __init__(self, node: str, clock: Clock, recordings: Recordings) -> None:
        """None yet, and nobody to tell."""
        self.node = node
        self.recordings = recordings
        self.listener: Callable[[SwitchFact], None] | None = None
        self.conversations = Conversations()
        #: Brings a leg back that is stuck in the switch, if the switch is heard.
        self.rescuer: Callable[[Leg], bool] = lambda leg: False
        #: Takes a leg out of its conversation, and brings it.
        self.mover: Callable[[Leg], None] = lambda leg: None
        self._clock = clock
        self._legs: dict[str, Leg] = {}
        self._gone: dict[str, None] = {}
        self._ending: dict[str, None] = {}
        #: Those that spy on another one, in the order in which they began.
        self.watching: dict[Leg, None] = {}
        self.sent_on = SentOn()

    def __contains__(self, name: object) -> bool:
        """Whether there is a leg of this name."""
        return name in self._legs

    def __iter__(self) -> Iterator[Leg]:
        """Each leg, as they were at the beginning."""
        return iter(list(self._legs.values()))

    def now(self) -> float:
        """POSIX seconds."""
        return self._clock.now()

    def tell(self, fact: SwitchFact) -> None:
        """Pass a fact on, if there is anybody to hear it."""
        if self.listener is not None:
            self.listener(fact)

    def get(self, name: str) -> Leg | None:
        """A leg by its name."""
        return self._legs.get(name)

    def of_channel(self, channel: str) -> Leg | None:
        """A leg by the switch's name for its channel."""
        return next((leg for leg in self._legs.values() if leg.channel == channel), None)

    def add(self, name: str, *, rung: bool) -> Leg:
        """The leg of this name; a new one if there is none."""
        leg = self._legs.get(name)
        if leg is None:
            leg = self._legs[name] = Leg(self, name, rung=rung)
        return leg

    def forget(self, leg: Leg) -> None:
        """A leg of which nobody was told is gone."""
        self._legs.pop(leg.name, None)
        self.watching.pop(leg, None)

    def end(self, leg: Leg, cause: Cause, detail: str) -> None:
        """The leg is gone: its last fact."""
        if self._legs.get(leg.name) is leg:
            del self._legs[leg.name]
            self.conversations.left(leg)
            leg.lose()
            spying.ended(leg)
            self.sent_on.told(leg.name)
            self.sent_on.tell_end(leg.name, partial(_tell_end, leg, cause, detail))

    def release(self, leg: Leg) -> None:
        """The dial plan that handed the leg over goes on with it: its last fact, then its connection ends."""
        if self._legs.get(leg.name) is leg:
            del self._legs[leg.name]
            self.watching.pop(leg, None)
            leg.fact(LegReleased)
            leg.lose()

    def note_ending(self, name: str) -> None:
        """A channel of this name is about to end."""
        _note(self._ending, name)

    def note_gone(self, name: str) -> None:
        """A channel of this name has ended."""
        self._ending.pop(name, None)
        _note(self._gone, name)

    def is_gone(self, name: str) -> bool:
        """Whether a channel of this name has ended lately."""
        return name in self._gone

    def ends(self, name: str) -> bool:
        """Whether a channel of this name has ended lately or is about to."""
        return name in self._gone or name in self._ending

    async def handed_over(self, within_s: float) -> None:
        """Return when no leg is on its way to the fallback any more, or after this time."""
        leaving = [task for leg in self if (task := leg.leaving) is not None]
        if leaving:
            await asyncio.wait(leaving, timeout=within_s)

    def clear(self) -> None:
        """Let go of all legs: they stay as they are on the switch."""
        for leg in self:
            leg.lose()
        self._legs.clear()
        self.watching.clear()
        self.sent_on.clear()


def _note(names: dict[str, None], name: str) -> None:
    names[name] = None
    if len(names) > MAX_GONE:
        del names[next(iter(names))]


def _tell_end(leg: Leg, cause: Cause, detail: str) -> None:
    leg.recording_ended()
    leg.fact(LegHungUp, cause=cause, detail=detail)
