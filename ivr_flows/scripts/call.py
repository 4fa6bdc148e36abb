"""One call in a flow, on virtual time, with somebody at the other end who hears what is said.

What happens goes to the engine as events; what the engine commands is done here: what is said is heard, a queue lets
in, an action is answered. `reloading`: the state goes through JSON before every event.
"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from core.facts import FlowStarted, StepEntered
from ivr_flows.engine import advance, start
from ivr_flows.protocol import (
    AgentJoined,
    AskCallback,
    CallbackTaken,
    CallerGone,
    Command,
    Enqueue,
    EnterNumber,
    Event,
    Finished,
    FlowState,
    HangUp,
    LeaveQueue,
    PlayMusic,
    QueueEnded,
    Record,
    ReturnCall,
    Sound,
    Speak,
    SpeechEnded,
    StopSpeaking,
    TimedOut,
)
from ivr_flows.run import Limits
from ivr_flows.steps.base import END

if TYPE_CHECKING:
    from core.facts import Fact
    from ivr_flows.flow import Flow
    from ivr_flows.protocol import ContactInfo
    from ivr_flows.scripts.coverage import Way
    from ivr_flows.scripts.world import World

LAST = (HangUp, ReturnCall, EnterNumber, Finished)
#: Events that one thing may bring about: more is a flow that goes round and round.
_AT_ONCE = 10_000
_LIMITS = Limits()


class GoesRoundError(Exception):
    """The flow never comes to wait."""


@dataclass(kw_only=True, slots=True)
class Speech:
    """Something that is said. `parts` as they are heard: texts and files; `languages` those of the texts."""

    play: str
    parts: tuple[str, ...]
    languages: tuple[str, ...]
    step: str
    by_key: bool

    @property
    def text(self) -> str:
        """All of it, as one text."""
        return joined(self.parts)


def joined(parts: tuple[str, ...]) -> str:
    """Parts as one text: words are apart by a space, Chinese characters are not."""
    text = ""
    for part in parts:
        apart = text and part and (text[-1].isascii() and part[0].isascii()) and not text[-1].isspace()
        text += f" {part}" if apart else part
    return text


@dataclass(kw_only=True, slots=True)
class Call:
    """`said`: everything that was said; `speech`: what is being said now; `end`: the command that ended the flow."""

    flow: Flow
    info: ContactInfo
    world: World
    now: float
    reloading: bool = False
    limits: Limits = _LIMITS
    said: list[Speech] = field(default_factory=list)
    speech: Speech | None = None
    queued: Enqueue | None = None
    talked: bool = False
    music: str = ""
    asked: Command | None = None
    callback: AskCallback | None = None
    end: Command | None = None
    hung_up: bool = False
    facts: list[Fact] = field(default_factory=list)
    entered: set[str] = field(default_factory=set)
    gone: set[Way] = field(default_factory=set)
    state: FlowState = field(init=False)
    _step: str = END
    _own: str = END
    _pending: deque[Event] = field(default_factory=deque)

    def __post_init__(self) -> None:
        """The contact enters the flow."""
        self.state, commands = start(self.flow, self.info, self.world, self.now, self.limits)
        self._take(commands)
        self._settle()

    @property
    def over(self) -> bool:
        """Whether nothing can happen to it any more."""
        return self.hung_up or self.state.finished

    def tell(self, event: Event) -> None:
        """Something happens, and all that follows at once. Raises GoesRoundError."""
        self._pending.append(event)
        self._settle()

    def hang_up(self) -> None:
        """The caller hangs up; what stands in `on_hangup` is done."""
        if not self.over:
            self.speech = None
            self.tell(CallerGone())
        self.hung_up = True

    def finish_speech(self) -> None:
        """What is being said is said to its end."""
        if self.speech is not None:
            self.tell(SpeechEnded(play=self.speech.play, completed=True))

    def listen(self) -> None:
        """Everything that is being said is said to its end, until the flow waits for something else."""
        for _ in range(_AT_ONCE):
            if self.speech is None or self.over:
                return
            self.finish_speech()
        raise GoesRoundError

    def wait(self, seconds: float) -> None:
        """So much time goes by after what is being said; what begins at the end of it is being said then."""
        until = self.now + seconds
        self.listen()
        for _ in range(_AT_ONCE):
            due = self.state.deadline
            if self.over or due is None or due > until or self.now >= until:
                self.now = until
                return
            self.now = max(self.now, due)
            self.tell(TimedOut())
            if self.now < until:
                self.listen()
        raise GoesRoundError

    def _settle(self) -> None:
        for _ in range(_AT_ONCE):
            if not self._pending or self.over:
                self._pending.clear()
                return
            self._meet(self._pending.popleft())
        raise GoesRoundError

    def _meet(self, event: Event) -> None:
        if isinstance(event, SpeechEnded) and self.speech is not None and event.play == self.speech.play:
            self.speech = None
        if isinstance(event, QueueEnded) and self.queued is not None and self.queued.only is not None:
            self.queued, self.world.waits_in = None, ""
        self.talked = self.talked or isinstance(event, AgentJoined)
        if self.reloading:
            self.state = FlowState.load(json.loads(json.dumps(self.state.dump())))
        _, commands = advance(self.flow, self.state, event, self.info, self.world, self.now, limits=self.limits)
        self._take(commands)

    def _take(self, commands: list[Command]) -> None:
        for command in commands:
            match command:
                case Record(fact=fact):
                    self._note(fact)
                case Speak():
                    self._say(command)
                case StopSpeaking():
                    self.speech = None
                case Enqueue():
                    self.queued, self.world.waits_in = command, command.queue
                    self._answered(self.world.refused(command.queue) or self.world.answer(command, self._step))
                case LeaveQueue():
                    self.queued, self.world.waits_in = None, ""
                case PlayMusic(music=music):
                    self.music = music or ""
                case _ if isinstance(command, LAST):
                    self.end = command
                    if not self.state.error:
                        self.gone.add((self._own, END))
                case _:
                    self._ask(command)

    def _say(self, command: Speak) -> None:
        parts = tuple(part.file if isinstance(part, Sound) else part.text for part in command.parts)
        languages = dict.fromkeys(part.language for part in command.parts if not isinstance(part, Sound))
        self.speech = Speech(
            play=command.play,
            parts=parts,
            languages=tuple(languages),
            step=self._step,
            by_key=bool(command.stop_keys),
        )
        self.said.append(self.speech)

    def _ask(self, command: Command) -> None:
        """Something of which an answer may come."""
        answer = self.world.answer(command, self._step)
        if isinstance(command, AskCallback):  # taken, unless something else is given
            answer = answer or CallbackTaken(at=self.now)
            if isinstance(answer, CallbackTaken):
                answer = replace(answer, at=self.now if command.at is None else command.at)
                self.callback = command
                self.world.asked_back = self.world.asked_back or command.number == self.info.caller
        if type(command).__name__ != "AnswerCall":
            self.asked = command
        self._answered(answer)

    def _answered(self, event: Event | None) -> None:
        if event is not None:
            self._pending.append(event)

    def _note(self, fact: Fact) -> None:
        self.facts.append(fact)
        if isinstance(fact, StepEntered):
            self._step = fact.step
            if ":" in fact.step:  # of a flow that is called: to this one, the call is one step
                return
            if self._own != END:
                self.gone.add((self._own, fact.step))
            self.entered.add(fact.step)
            self._own = fact.step
        elif isinstance(fact, FlowStarted):
            self._step = self._own = END
