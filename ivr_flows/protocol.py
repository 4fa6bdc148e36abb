"""What goes into the flow engine and what comes out of it.

    start -> (commands) ... SpeechEnded, KeyPressed, TimedOut, AgentJoined ... -> (commands) ... until Finished

A flow waits for one thing at a time (`FlowState.wait`); an event that the wait does not know is ignored. `deadline` is
when the host shall send `TimedOut`; it is part of the state, so that it holds over a restart. The host sends `Resumed`
after it came back from a crash: the engine gives the commands of the present wait again (speaks the prompt again, the
music again, never queues twice: it is told whether the contact still waits in the queue by the `Resumed` event).

One of these commands is the last of a flow: `HangUp` (with a cause), `ReturnCall`, `EnterNumber`, or `Finished` (its
steps are done).
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from core.facts import Fact

# --- what the flow may know -----------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class ContactInfo:
    """What is known of a contact when a flow takes it; constant while it is in that flow."""

    contact: str
    tenant: str
    node: str
    number: str
    caller: str = ""
    trunk: str = ""  # by which it came in
    phone: str = ""  # the phone's account, where an agent's phone placed the call
    argument: str = ""  # what was dialled behind the code that led here
    language: str = "zh-CN"


class QueueFigures(Protocol):
    """A queue at this moment: other contacts that wait, agents of it who are ready, those who are signed in whatever
    they do, and the wait (seconds) that who comes now may expect: 0 where somebody is free, infinite where nobody is
    there.
    """

    @property
    def waiting(self) -> int: ...
    @property
    def ready(self) -> int: ...
    @property
    def staffed(self) -> int: ...
    @property
    def wait(self) -> float: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueNow:
    """`QueueFigures` that are known."""

    waiting: int = 0
    ready: int = 0
    staffed: int = 0
    wait: float = 0.0


class Environment(Protocol):
    """What a flow may ask of the world; answered at once, from what the host has in memory."""

    def is_open(self, hours: str, now: float) -> bool:
        """Whether the tenant's hours of that name are open at `now`."""
        ...

    def position(self) -> int | None:
        """The contact's place in its queue, from 1; None where it does not wait."""
        ...

    def wait(self) -> float | None:
        """How many seconds the contact is expected to wait from now on; None where it does not wait, or nobody is there
        to end that. It may rise: what a caller is told does not.
        """
        ...

    def local(self, now: float) -> datetime:
        """`now` by the clock on the tenant's wall."""
        ...

    def lookup(self, table: str, key: str) -> Mapping[str, str] | None:
        """The row of one of the tenant's tables, by column; None where there is none for this key."""
        ...

    def queue(self, name: str) -> QueueFigures | None:
        """One of the tenant's queues as it is; None where there is none of that name."""
        ...

    def has_callback(self) -> bool:
        """Whether the caller's number is to be called back by the tenant."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class ActionSpec:
    """What the host can do for a flow (`DoAction`): the arguments it takes, its results, the variables it leaves.
    `secrets` are those of the arguments that may come of secret variables alone.
    """

    arguments: frozenset[str] = frozenset()
    secrets: frozenset[str] = frozenset()
    results: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()


# --- state ----------------------------------------------------------------------------------------------------------


@dataclass(kw_only=True, slots=True)
class FlowState:
    """Where a contact is in a flow: plain data (`dump`, `load`), changed by the engine alone.

    `wait` names what the flow waits for: `speech`, `keys`, `queue`, `agent` (one alone, whose phone rings), `talk`
    (with an agent), `action`, `message`, `system` (one of the tenant's), `outside` (a number that rings), `time` (a
    pause); empty before the start and after the end. `memory` is the present step's own.

    `variables` are what was collected; `secrets` the same for values marked secret, and keys that nothing has used yet
    (they may become one): the host stores them encrypted and erases them at the end.
    `private`: variables with what the tenant's own systems have answered, kept like secrets, but they may be said and
    branched on. `deadline` POSIX seconds or None. `error`: what went wrong, once something did. `late_key` is ignored
    until `late_until`: an entry was complete before its terminator came. `asked`: the step in which a key was pressed
    last that means the same anywhere. `agent`, `queue`: with whom it has talked last, and for which queue. `gone`: the
    caller has hung up. `inside`: the called flow in which the contact is, and `frames` what is to be gone back to: of
    each flow that called its name, step, `asked` and variables; its secrets and its private variables stand in
    `secrets` and `private` with its depth before their names.
    """

    flow: str
    version: str
    step: str = ""
    wait: str = ""
    memory: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    private: dict[str, str] = field(default_factory=dict)
    language: str
    deadline: float | None = None
    steps_taken: int = 0
    plays: int = 0
    answered: bool = False
    late_key: str = ""
    late_until: float = 0.0
    asked: str = ""
    agent: str = ""
    queue: str = ""
    error: str = ""
    gone: bool = False
    inside: str = ""
    frames: list[dict[str, Any]] = field(default_factory=list)
    finished: bool = False

    def dump(self) -> dict[str, Any]:
        """The state as plain data (JSON values only), what is to be encrypted included: see `SEALED`."""
        data = dict(zip(_STATE_FIELDS, _state_values(self), strict=True))
        data |= {name: dict(data[name]) for name in ("memory", "variables", *SEALED)}
        return data | {"frames": [dict(frame) for frame in data["frames"]]}

    @classmethod
    def load(cls, data: Mapping[str, Any]) -> FlowState:
        """The state that `dump` gave; what an older version did not have is as at the start."""
        known = {f.name for f in fields(cls)}
        return cls(**{name: value for name, value in data.items() if name in known})


#: What a flow waits for (`FlowState.wait`) whose caller is for one agent alone.
FOR_AGENT = "agent"
#: The fields of a state that are stored encrypted only, and erased at the end.
SEALED = ("secrets", "private")
_STATE_FIELDS = tuple(f.name for f in fields(FlowState))
_state_values = attrgetter(*_STATE_FIELDS)


# --- events: what the host tells ------------------------------------------------------------------------------------


class Event:
    """Something that a flow can meet."""

    __slots__ = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Started(Event):
    """The contact enters the flow."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SpeechEnded(Event):
    """The `Speak` with this `play` is over; `completed` False: a key or a command interrupted it."""

    play: str
    completed: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyPressed(Event):
    """The caller pressed a key."""

    key: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TimedOut(Event):
    """The state's deadline is reached."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentJoined(Event):
    """An agent took the contact out of the queue (its platform-wide name); they talk until `QueueEnded`."""

    agent: str
    queue: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class WaitsAgain(Event):
    """The agent has sent the contact on: it waits, and is led as one who waits, until `AgentJoined` or `QueueEnded`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueEnded(Event):
    """The contact waits no longer and talks to nobody: `why` is `served` (the agent left), `full` (not let in),
    `no_such_queue`, `moved_out` (an operator took it out), or `removed` (the configuration has that queue no more). Of
    one that was for an agent alone also `no_answer`, `busy` (not free), `unavailable` (not there), `unknown` (no agent
    of the tenant).
    """

    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ActionDone(Event):
    """The host did what `DoAction` asked; `result` chooses the branch, `values` become variables. `language`: in which
    it is spoken from now on, where the host has learned that; empty: as before.
    """

    result: str
    values: dict[str, str] = field(default_factory=dict)
    language: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class SystemAnswered(Event):
    """What came of the `AskSystem` with this `ask`: a `status` of HTTP and the `body`, a JSON value (None where there
    was none, or none that could be read: `readable` False). Without an answer `status` is 0 and `why` `timeout`,
    `refused` (not asked: it has failed too often of late, or too many are asked at once) or `error`.
    """

    ask: str
    status: int = 0
    body: Any = None
    readable: bool = True
    why: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class NotReached(Event):
    """Nobody talks with the contact at the number outside: `why` is `no_answer`, `busy`, `refused` (it is not dialled:
    the toll-fraud guard) or `unavailable`. Whoever does is told by `AgentJoined` and `QueueEnded`.
    """

    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CallbackTaken(Event):
    """The contact will be called back, at `at` (POSIX seconds) or when its turn comes after that. `again`: that was so
    before it asked.
    """

    at: float
    again: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class CallbackRefused(Event):
    """The contact will not be called back: `why` is `not_allowed` (the number is none, or is not dialled), `full` (the
    tenant has too many open), `closed`, `bad_time` (gone by, or too far ahead), `no_place` (it has waited in no queue)
    or `no_such_queue`.
    """

    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageEnded(Event):
    """What the caller has said is recorded and may be listened to (`MESSAGE`); `problem`: why it is not."""

    problem: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class CallerSilent(Event):
    """Whoever leaves a message has said nothing for as long as `StartMessage` allows: no more is recorded. `said`
    False: nothing at all was said.
    """

    said: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class CallerGone(Event):
    """The call is over before the flow is: what stands in `on_hangup` is done, and nothing more is said or asked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Resumed(Event):
    """The host was away and is back; `in_queue`: the contact still has its place in the queue."""

    in_queue: bool


# --- commands: what the flow wants ----------------------------------------------------------------------------------


class Command:
    """Something that the host shall do."""

    __slots__ = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Text:
    """Words to be spoken by the tenant's voice in the given language. `only_in`: the contact for which alone they are
    rendered, and with which they go, as they are what the tenant's own system has said; empty: for everybody.
    """

    text: str
    language: str
    only_in: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sound:
    """A sound file of the tenant's, relative to its `prompts` folder."""

    file: str


Part = Text | Sound

#: The word for the agent who talked last with the caller, whoever that was.
LAST_AGENT = "last"
#: Sound files of the host's own: the tone after which one speaks, and the message that the caller has just left.
BEEP, MESSAGE = ":beep", ":message"


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerCall(Command):
    """Answer the call, if it is not answered yet."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Speak(Command):
    """Say the parts in order; keys in `stop_keys` interrupt. Ends with one `SpeechEnded` of the same `play`."""

    play: str
    parts: tuple[Part, ...]
    stop_keys: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class StopSpeaking(Command):
    """End what is being said."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlayMusic(Command):
    """Music on, of the class of this name in the tenant; empty: the queue's, or silence where there is none. None: no
    music any more.
    """

    music: str | None = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Enqueue(Command):
    """Wait for an agent. None: as the queue says. `skills` are asked for besides the queue's own; `customer` is a class
    that may have a head start; `prefers`: agents, by name or number or `LAST_AGENT`, for whom it waits above all.
    `last_within_s`: how long ago at most that one talked with the caller; None where that one is not among them.
    `only`: it is for this agent alone, by name or number, and waits for nobody.
    """

    queue: str
    priority: int | None = None
    skills: dict[str, int] = field(default_factory=dict)
    customer: str = ""
    prefers: tuple[str, ...] = ()
    only: str | None = None
    last_within_s: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class LeaveQueue(Command):
    """Give the place up; `why` for the record: timeout, key."""

    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class EnterNumber(Command):
    """Lead the contact into another number of the platform, its owner's flow; this flow is over."""

    number: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DoAction(Command):
    """Ask the host to do something by name, such as `sign_in`, with arguments; it answers with `ActionDone`."""

    action: str
    arguments: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class AskSystem(Command):
    """Ask one of the tenant's own systems, by HTTP; answered with `SystemAnswered` of the same `ask`. `path` and
    `query` are percent-encoded already, `body` is a JSON value (None: none is sent). In `timeout` seconds all is over,
    `retries` included: so often it is asked once more where no answer came, or one that says to.
    """

    ask: str
    system: str
    method: str
    path: str
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    timeout: float
    retries: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class DialOutside(Command):
    """Ring a number outside, if the toll-fraud guard lets it, for `ring_s` seconds at most, and connect the contact."""

    number: str
    ring_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class AskCallback(Command):
    """Call the contact back, at `number`, for `queue` (empty: the one in which it has waited last), at `at` (POSIX
    seconds) or when its turn comes (None); answered with `CallbackTaken` or `CallbackRefused`. A place that it
    has given up in that queue is kept, with what was asked for there. `first`: who is rung first, agent or caller
    (empty: as the tenant says).
    """

    number: str
    queue: str = ""
    at: float | None = None
    priority: int | None = None
    skills: dict[str, int] = field(default_factory=dict)
    first: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class StopDialling(Command):
    """Ring there no more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StartMessage(Command):
    """Record what the caller says, for the tenant's box of this name; kept also where the caller hangs up meanwhile.

    `silence_s`: a `CallerSilent` comes when the caller has said nothing for so many seconds; 0: never.
    """

    box: str
    silence_s: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class EndMessage(Command):
    """Record no more, if it goes on. `how`: `keep` the message, `drop` it, or `review`: a `MessageEnded` follows when
    it may be listened to, and later one of the others.
    """

    how: str


@dataclass(frozen=True, kw_only=True, slots=True)
class HangUp(Command):
    """End the call; `cause` of telephony's vocabulary (`normal`, `busy` …)."""

    cause: str = "normal"


@dataclass(frozen=True, kw_only=True, slots=True)
class ReturnCall(Command):
    """Give the call back to the dial plan that handed it over, with a word for it; any other call is ended."""

    result: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finished(Command):
    """The flow is over. `error`: empty, `queue_full` (nobody let the contact in, and the flow had no other way: the
    tenant's `queue_full` answer is due), or what went wrong (a limit was met).
    """

    error: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Record(Command):
    """Append a fact to the contact's record."""

    fact: Fact
