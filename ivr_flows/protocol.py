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
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    phone: str = ""  # the phone's account, where an agent's phone placed the call
    argument: str = ""  # what was dialled behind the code that led here
    language: str = "zh-CN"


class Environment(Protocol):
    """What a flow may ask of the world; answered at once, from what the host has in memory."""

    def is_open(self, hours: str, now: float) -> bool:
        """Whether the tenant's hours of that name are open at `now`."""
        ...

    def position(self) -> int | None:
        """The contact's place in its queue, from 1; None where it does not wait."""
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

    `wait` names what the flow waits for: `speech`, `keys`, `queue`, `talk` (with an agent), `action`; empty before the
    start and after the end. `memory` is the present step's own. `variables` are what was collected; `secrets` the same
    for values marked secret, and keys that nothing has used yet (they may become one): the host stores them encrypted
    and erases them at the end. `deadline` POSIX seconds or None. `error`: what went wrong, once something did.
    `late_key` is ignored until `late_until`: an entry was complete before its terminator came.
    """

    flow: str
    version: str
    step: str = ""
    wait: str = ""
    memory: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    language: str
    deadline: float | None = None
    steps_taken: int = 0
    plays: int = 0
    answered: bool = False
    late_key: str = ""
    late_until: float = 0.0
    error: str = ""
    finished: bool = False

    def dump(self) -> dict[str, Any]:
        """The state as plain data (JSON values only), secrets included."""
        data = {name: getattr(self, name) for name in _STATE_FIELDS}
        return data | {name: dict(data[name]) for name in ("memory", "variables", "secrets")}

    @classmethod
    def load(cls, data: Mapping[str, Any]) -> FlowState:
        """The state that `dump` gave; what an older version did not have is as at the start."""
        known = {f.name for f in fields(cls)}
        return cls(**{name: value for name, value in data.items() if name in known})


_STATE_FIELDS = tuple(f.name for f in fields(FlowState))


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
    """An agent took the contact out of the queue; they talk until `QueueEnded`."""

    agent: str


@dataclass(frozen=True, kw_only=True, slots=True)
class WaitsAgain(Event):
    """The agent has sent the contact on: it waits, and is led as one who waits, until `AgentJoined` or `QueueEnded`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueEnded(Event):
    """The contact waits no longer and talks to nobody: `why` is `served` (the agent left), `full` (not let in),
    `no_such_queue`, `moved_out` (an operator took it out), or `removed` (the configuration has that queue no more).
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
class Resumed(Event):
    """The host was away and is back; `in_queue`: the contact still has its place in the queue."""

    in_queue: bool


# --- commands: what the flow wants ----------------------------------------------------------------------------------


class Command:
    """Something that the host shall do."""

    __slots__ = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Text:
    """Words to be spoken by the tenant's voice in the given language."""

    text: str
    language: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Sound:
    """A sound file of the tenant's, relative to its `prompts` folder."""

    file: str


Part = Text | Sound


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
    """Music on, of the class of this name in the tenant; empty: the queue's, or silence where there is none."""

    music: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Enqueue(Command):
    """Wait for an agent. None: as the queue says. `skills` are asked for besides the queue's own."""

    queue: str
    priority: int | None = None
    skills: dict[str, int] = field(default_factory=dict)


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
