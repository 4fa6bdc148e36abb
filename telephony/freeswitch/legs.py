"""One leg: what is known of it, and its commands, carried out one after the other.

    commands ->  waiting  -> executions and orders on the leg's channel -> facts
                    ^  kept while the leg talks, spies or is on its way back; dropped, as failed, when the wire is lost

A leg is under control while it is *parked*: the dial plan has brought it, or brought it back, and nothing has taken it
elsewhere since. `HangUp`, `StopPlaying`, `Part`, `Mute`, `Show` and `Whisper` do not wait in line.
"""

from __future__ import annotations

import asyncio
from collections import deque
from functools import partial
from typing import TYPE_CHECKING

from core.errors import SwitchError
from telephony.freeswitch import bridges, names, spying, translate
from telephony.freeswitch.bridges import Conversations
from telephony.freeswitch.executions import Executions
from telephony.freeswitch.sound import Sound
from telephony.freeswitch.templates import words
from telephony.port import (
    Answer,
    Bridge,
    Cause,
    Command,
    CommandFailed,
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
    from telephony.freeswitch.bridges import Conversation, Joining
    from telephony.freeswitch.esl_client import EslClient
    from telephony.freeswitch.orders import Orders
    from telephony.freeswitch.recording import Recording, Recordings
    from telephony.freeswitch.spying import Watch

#: More commands than a call ever needs at once.
MAX_WAITING = 100
#: The switch waits for media.
ANSWER_TIMEOUT_S = 10.0
#: Channels whose end is remembered, for a late event of them may come after it.
MAX_GONE = 10_000


class Leg:
    """A leg that this adapter knows. `rung`: vcc rang it; else it arrived."""

    def __init__(self, legs: Legs, name: str, *, rung: bool) -> None:
        """A leg of which nothing is known yet; made by `Legs.add`."""
        self.name = name
        self.rung = rung
        self.trunk = ""
        self.phone = ""
        self.dialled = ""
        self.returns_to = ""  # where it goes back to in the dial plan that handed it over
        self.created = False  # the switch has a channel for it
        self.up = False
        self.rang = False
        #: `LegAnswered` or `CallArrived` was told: vcc knows that it has control.
        self.told = False
        self.hang_up_wanted = False
        self.elsewhere = False
        self.in_fallback = False
        self.going = False  # the dial plan that handed it over is just given it back
        #: It is parked: neither elsewhere in the switch nor on its way.
        self.settled = asyncio.Event()
        self.moving = False  # vcc has told it to come to its place in the dial plan
        self.answer_over = asyncio.Event()  # no `Answer` waits or is under way
        self.answer_over.set()
        self.claim = asyncio.Lock()  # held by the command that brings it into a conversation, until it is there
        self.conversation: Conversation | None = None
        self.joining: Joining | None = None  # the `Bridge` or `Join` by which it came into its conversation
        self.parted_from: Leg | None = None  # whom it talked with last
        self.watch: Watch | None = None  # whom it spies on
        self.holds = False  # its phone has put the others on hold
        self.muted = False
        #: A blind transfer was told that the channel still remembers.
        self.referred = False
        self.whisper = ""  # what is being said to it
        self.recording: Recording | None = None
        self.to_be_recorded = ""  # the file of a recording that the switch is just beginning
        self.gives_up: asyncio.TimerHandle | None = None  # when it was rung for long enough
        self.executions = Executions(self, legs.esl)
        self.sound = Sound(self)
        self._legs = legs
        self._waiting: deque[Command] = deque()
        self._to_fallback = False
        self._worker: asyncio.Task[None] | None = None

    @property
    def esl(self) -> EslClient:
        """The wire."""
        return self._legs.esl

    @property
    def orders(self) -> Orders:
        """What is ordered without waiting."""
        return self._legs.orders

    @property
    def recordings(self) -> Recordings:
        """Those of the node."""
        return self._legs.recordings

    @property
    def handed_over(self) -> bool:
        """Whether a dial plan that is not ours can have it back."""
        return self.returns_to != ""

    @property
    def parked(self) -> bool:
        """Whether commands could be carried out on its channel now."""
        return self.settled.is_set()

    @property
    def controlled(self) -> bool:
        """Whether commands are carried out on it now."""
        return self.parked and not self.talks and self.watch is None

    @property
    def talks(self) -> bool:
        """Whether it is in a conversation."""
        return self.conversation is not None

    @property
    def there(self) -> bool:
        """Whether it has not ended."""
        return self._legs.get(self.name) is self

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

    # --- where it is

    def park(self) -> None:
        """The dial plan has brought it."""
        self.moving = False
        self.settled.set()
        self._work_on()

    def leave(self) -> None:
        """It is taken elsewhere in the switch, or goes there by itself."""
        self.settled.clear()

    def bring_back(self, then: Callable[[SwitchError | None], None] = lambda error: None) -> None:
        """Move it to its place in the dial plan, from wherever it is; `then` gets why that was refused, or None."""
        self.leave()
        self.moving = True
        words = ["uuid_transfer", self.name, *translate.PLACE]
        self.orders.give(words, lambda result: then(result if isinstance(result, SwitchError) else None))

    def answered(self) -> None:
        """The phone was picked up, which is told once; vcc may not have been there then."""
        self.stop_giving_up()
        known, self.up, self.told = self.told, True, True
        if not known:
            self.fact(LegAnswered)

    def stop_giving_up(self) -> None:
        """It rings no more."""
        if self.gives_up is not None:
            self.gives_up.cancel()
            self.gives_up = None

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
            self.answer_over.clear()
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
        self.answer_over.set()

    def lose_wire(self, error: SwitchError) -> None:
        """Nothing is heard of it any more: what is under way has failed, and so has what waits."""
        self.executions.lose(error)
        waiting, self._waiting = list(self._waiting), deque()
        self.answer_over.set()
        for command in waiting:
            self._not_begun(command, str(error))

    def lose(self) -> None:
        """The leg is gone, or let go of: nothing is carried out on it any more."""
        self.stop_giving_up()
        self.forget_waiting()
        self.sound.lose()
        self.executions.lose(SwitchError("the leg has ended"))
        if self._worker is not None:
            self._worker.cancel()
            self._worker = None

    def _work_on(self) -> None:
        if self._worker is None and self._waiting and self._ready:
            self._worker = spawn(self._work(), name=f"leg {self.name}")

    @property
    def _ready(self) -> bool:
        return self.parked and not self.talks and (self.watch is None or self.next_is(Spy))

    async def _work(self) -> None:
        try:
            while self._waiting and self._ready:
                await self._carry_out(self._waiting.popleft())
        finally:
            self._worker = None

    async def _carry_out(self, command: Command) -> None:
        try:
            await self._execute(command)
        except (SwitchError, ValueError) as error:
            if self.there:
                self.failed(command, str(error))

    async def _execute(self, command: Command) -> None:
        if self.referred:
            self.referred = False
            await self.esl.api("uuid_setvar_multi", self.name, f"{words.REFER_VARIABLE};{names.REFERRER}")
        match command:
            case Play() | Music() | Ringback():
                await self.sound.make(command)
            case Bridge(other=other, music=music):
                self.sound.keep_music(music)
                await bridges.bridge(self, self._legs.get(other), other)
            case Join(to=to):
                await bridges.join(self, self._legs.get(to), to)
            case Spy():
                await spying.spy(self, self._legs.get(command.on), command)
            case StartRecording():
                await self._legs.recordings.start(self, command)
            case StopRecording():
                await self._legs.recordings.stop(self)
            case Answer():
                await self._answer()
            case _:
                await self._execute_end(command)

    async def _execute_end(self, command: Command) -> None:
        match command:
            case Reject(cause=cause):
                reason = "NORMAL_CLEARING" if self.up else translate.refusal(cause)
                await self.esl.api("uuid_kill", self.name, reason)
            case ToFallback():
                await self.esl.api("uuid_transfer", self.name, words.FALLBACK_EXTENSION, "XML", words.FALLBACK_CONTEXT)
                self.in_fallback = True
                self.leave()
            case Release():
                await self._release(command)

    async def _release(self, command: Release) -> None:
        if not self.handed_over:
            raise SwitchError("the leg was not handed over by a dial plan: there is nowhere to give it back to")
        await self.sound.end_music()
        left = {words.OUTCOME_VARIABLE: command.outcome, words.RESULT_VARIABLE: command.result, names.TAKEN: ""}
        for variable, value in left.items():
            await self.esl.api("uuid_setvar", self.name, variable, translate.result(value))
        await self.esl.api("sched_del", self.name)
        self.going = True  # that dial plan may hand it over again before the answer is here
        try:
            await self.esl.api("uuid_transfer", self.name, *self.returns_to.split(" "))
        except SwitchError:
            self.going = False
            raise
        self._legs.release(self)

    async def _answer(self) -> None:
        try:
            if not self.up:
                await self.executions.answer(ANSWER_TIMEOUT_S)
        finally:
            self.answer_over.set()

    def recording_ended(self, *, by_silence: bool = False, nothing_said: bool = False) -> None:
        """Nothing more is recorded: told once."""
        file = self.recording.file if self.recording is not None else self.to_be_recorded
        self.recording, self.to_be_recorded = None, ""
        if file:
            self.fact(RecordingEnded, file=file, by_silence=by_silence, nothing_said=nothing_said)

    def failed(self, command: Command, detail: str) -> None:
        """Tell that a command could not be carried out."""
        self.fact(CommandFailed, command=type(command).__name__, detail=detail)

    def _not_begun(self, command: Command, detail: str) -> None:
        self.failed(command, detail)
        if isinstance(command, Play):
            self.sound.ended(command, completed=False)


class Legs:
    """Every leg that is known on a node, and the way out for facts."""

    def __init__(self, node: str, clock: Clock, esl: EslClient, orders: Orders, recordings: Recordings) -> None:
        """None yet, and nobody to tell."""
        self.node, self.esl, self.orders, self.recordings = node, esl, orders, recordings
        self.listener: Callable[[SwitchFact], None] | None = None
        self.conversations = Conversations()
        self._clock = clock
        self._legs: dict[str, Leg] = {}
        self._gone: dict[str, None] = {}
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

    def add(self, name: str, *, rung: bool) -> Leg:
        """The leg of this name; a new one if there is none."""
        leg = self._legs.get(name)
        if leg is None:
            leg = self._legs[name] = Leg(self, name, rung=rung)
            self.esl.attend(on=True)
        return leg

    def _forget(self, leg: Leg) -> None:
        del self._legs[leg.name]
        self.esl.attend(on=bool(self._legs))

    def end(self, leg: Leg, cause: Cause, detail: str) -> None:
        """The leg is gone: its last fact."""
        if self._legs.get(leg.name) is leg:
            self._forget(leg)
            leg.leave()
            leg.lose()
            self.conversations.left(leg)
            spying.ended(leg)
            spying.unwatched(self, leg)
            self.sent_on.told(leg.name)
            self.sent_on.tell_end(leg.name, partial(_tell_end, leg, cause, detail))

    def release(self, leg: Leg) -> None:
        """The dial plan that handed the leg over goes on with it: its last fact."""
        if self._legs.get(leg.name) is leg:
            self._forget(leg)
            leg.fact(LegReleased)
            leg.lose()

    def note_gone(self, name: str) -> None:
        """A channel of this name has ended."""
        self._gone[name] = None
        if len(self._gone) > MAX_GONE:
            del self._gone[next(iter(self._gone))]

    def is_gone(self, name: str) -> bool:
        """Whether a channel of this name has ended lately."""
        return name in self._gone

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
        self.esl.attend(on=False)
        self.sent_on.clear()


def _tell_end(leg: Leg, cause: Cause, detail: str) -> None:
    leg.recording_ended()
    leg.fact(LegHungUp, cause=cause, detail=detail)
