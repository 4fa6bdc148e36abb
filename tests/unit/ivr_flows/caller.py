"""A caller in a flow, on virtual time: tests read like a call, `>>` what happens, `<<` what is heard or done.

    caller = Caller(flow)
    caller << answered() << says("按1订书")
    caller >> key("1") << queues("orders") << music()

Each `<<` names the next command; facts are kept apart in `facts`. With `reloading`, state and flow go through JSON
between any two events, and nothing may differ.
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

import ivr_flows
from ivr_flows.flow import Flow
from ivr_flows.protocol import (
    AnswerCall,
    Command,
    ContactInfo,
    DoAction,
    Enqueue,
    EnterNumber,
    Event,
    Finished,
    FlowState,
    HangUp,
    KeyPressed,
    LeaveQueue,
    PlayMusic,
    QueueNow,
    Record,
    Sound,
    Speak,
    SpeechEnded,
    StopSpeaking,
    TimedOut,
)
from ivr_flows.run import Limits

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.facts import Fact

F = TypeVar("F", bound="Fact")

NOW = 1_772_000_000.0
INFO = ContactInfo(contact="c1", tenant="press", node="n1", number="98668", caller="01012345678")


@dataclass
class World:
    """What the flow may ask: names of hours that are closed, the place in the queue, how long the wait will be, queues,
    tables, and the hours that its clock is ahead of UTC.
    """

    closed: set[str] = field(default_factory=set)
    place: int | None = None
    expected_s: float | None = None
    queues: dict[str, QueueNow] = field(default_factory=dict)
    tables: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))

    def is_open(self, hours: str, now: float) -> bool:
        del now
        return hours not in self.closed

    def position(self) -> int | None:
        return self.place

    def wait(self) -> float | None:
        return self.expected_s

    def local(self, now: float) -> datetime:
        return datetime.fromtimestamp(now, self.zone)

    def lookup(self, table: str, key: str) -> dict[str, str] | None:
        return self.tables.get(table, {}).get(key)

    def queue(self, name: str) -> QueueNow | None:
        return self.queues.get(name)

    def has_callback(self) -> bool:
        return False


@dataclass(frozen=True, kw_only=True)
class Said:
    """The next command speaks: its texts and files in a row; `by_key`: whether keys interrupt (None: either)."""

    words: str
    languages: frozenset[str] | None = None
    by_key: bool | None = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Speak):
            return NotImplemented
        words = "|".join(part.file if isinstance(part, Sound) else part.text for part in other.parts)
        languages = {part.language for part in other.parts if not isinstance(part, Sound)}
        return (
            words == self.words and self.languages in (None, languages) and self.by_key in (None, bool(other.stop_keys))
        )

    def __hash__(self) -> int:
        return hash(self.words)


def says(words: str, *languages: str, by_key: bool | None = None) -> Said:
    """Speaks these texts and files, `|` between the parts."""
    return Said(words=words, languages=frozenset(languages) or None, by_key=by_key)


def answered() -> Command:
    return AnswerCall()


def stops() -> Command:
    return StopSpeaking()


def queues(queue: str, priority: int | None = None, **skills: int) -> Command:
    return Enqueue(queue=queue, priority=priority, skills=skills)


def music(name: str = "") -> Command:
    return PlayMusic(music=name)


def leaves(why: str) -> Command:
    return LeaveQueue(why=why)


def enters(number: str) -> Command:
    return EnterNumber(number=number)


def hangs_up(cause: str = "normal") -> Command:
    return HangUp(cause=cause)


def ends(error: str = "") -> Command:
    return Finished(error=error)


def does(action: str, secrets: dict[str, str] | None = None, **arguments: str) -> Command:
    return DoAction(action=action, arguments=arguments, secrets=secrets or {})


def key(pressed: str) -> KeyPressed:
    return KeyPressed(key=pressed)


class _Heard:
    """The prompt under way is said to its end, or stops."""

    def __init__(self, *, completed: bool) -> None:
        self.completed = completed


heard = _Heard(completed=True)
cut_off = _Heard(completed=False)


@dataclass(frozen=True)
class Wait:
    """So many seconds go by; the flow's timer rings when it is due."""

    seconds: float


def _json(data: Any) -> Any:
    """What is left of plain data after it was written and read."""
    return json.loads(json.dumps(data))


class Caller:
    """One contact in one flow."""

    def __init__(
        self,
        flow: Flow,
        *,
        reloading: bool = False,
        info: ContactInfo = INFO,
        world: World | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.flow = flow
        self.now = NOW
        self.world = world or World()
        self.facts: list[Fact] = []
        self.commands: list[Command] = []
        self.play = ""
        self._info = info
        self._reloading = reloading
        self._limits = limits or Limits()
        self.state, commands = ivr_flows.start(flow, info, self.world, self.now, limits=self._limits)
        self._take(commands)

    # --- what happens -----------------------------------------------------------------------------------------------

    def __rshift__(self, event: Event | _Heard | Wait | str) -> Caller:
        """An event; a text is keys pressed one after the other."""
        assert not self.commands, f"not expected: {self.commands}"
        if isinstance(event, str):
            for pressed in event:
                self.tell(key(pressed))
        elif isinstance(event, Wait):
            self._wait(event.seconds)
        elif isinstance(event, _Heard):
            assert self.play, "nothing is being said"
            self.tell(SpeechEnded(play=self.play, completed=event.completed))
        else:
            self.tell(event)
        return self

    def tell(self, event: Event) -> None:
        """The flow meets an event, after a restart of the program where these are tried."""
        if self._reloading:
            self.state = FlowState.load(_json(self.state.dump()))
            self.flow = Flow.load(_json(self.flow.dump()))
        if isinstance(event, SpeechEnded) and event.play == self.play:
            self.play = ""
        before = copy.deepcopy(self.state)
        state, commands = ivr_flows.advance(
            self.flow, self.state, event, self._info, self.world, self.now, limits=self._limits
        )
        assert state is self.state
        assert commands or before.finished is state.finished or state.gone
        self._take(commands)

    def _wait(self, seconds: float) -> None:
        until = self.now + seconds
        while self.state.deadline is not None and self.state.deadline <= until:
            self.now = max(self.now, self.state.deadline)
            self.tell(TimedOut())
        self.now = until

    def _take(self, commands: list[Command]) -> None:
        for command in commands:
            if isinstance(command, Record):
                self.facts.append(command.fact)
            else:
                self.commands.append(command)
            if isinstance(command, Speak):
                self.play = command.play

    # --- what the flow does -----------------------------------------------------------------------------------------

    def __lshift__(self, expected: Command | Said) -> Caller:
        """The next command."""
        assert self.commands, f"expected {expected}, nothing was done"
        command = self.commands.pop(0)
        assert expected == command, f"expected {expected}, but {command}"
        return self

    def over(self) -> bool:
        """Whether nothing more was done, and the flow is finished."""
        assert not self.commands, f"not expected: {self.commands}"
        return self.state.finished

    def saw(self, kind: type[F]) -> list[F]:
        """The facts of a kind, in order."""
        return [fact for fact in self.facts if isinstance(fact, kind)]


if TYPE_CHECKING:
    #: What the fixture `call` gives: a text, and how it is called.
    Call = Callable[..., Caller]
