"""What one may write in a script: what is given, and one model for each kind of line."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.facts import Outcome
from core.schema import Shape
from core.validate import mistake
from ivr_flows.fields import KEYS, Delay, DialledNumber, LanguageTag, NameText, OwnedName, Read, VariableName
from ivr_flows.scripts import moments

NONE = "none"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _time(value: object) -> str:
    try:
        moments.moment(str(value), "UTC")
    except ValueError:
        raise mistake("{value}", expected=moments.EXPECTED) from None
    return str(value)


def _keys(value: object) -> str:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if isinstance(text, str) and text and all(key in KEYS for key in text):
        return text
    raise mistake("{value}", expected="keys of a telephone in a row: 0 to 9, * and #")


def _text(value: object) -> str:
    """A text; what YAML takes for a number or a truth is taken as it stands."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    raise mistake("{value}", expected="a text")


_TEXT = {"type": ["string", "number", "boolean"]}
AnyText = Annotated[str, Read(_text, _TEXT)]
Caller = Annotated[str, Shape(r"\+?[0-9]{0,20}", "a number, or an empty text: not shown", digits=True)]
Count = Annotated[int, Field(ge=0, le=10_000)]


class QueueGiven(_Part):
    """A queue: how many wait before the caller, how many agents are ready, how many signed in (None: the ready ones),
    how long who comes now may have to wait.
    """

    waiting: Count = 0
    ready: Count = 0
    staffed: Count | None = None
    wait: Delay = 0.0


#: How many wait before the caller, or more of it, or why the queue lets nobody in.
Waiting = Count | Literal["full", "missing"] | QueueGiven


class Given(_Part):
    """What is so when the call comes, and from then on. None: as before, or as told in docs/flow-testing.md."""

    time: Annotated[str, Read(_time, {"type": "string"})] | None = None
    caller: Caller | None = None
    number: DialledNumber | None = None
    phone: NameText | None = None
    argument: Annotated[str, Read(_text, _TEXT)] | None = None
    language: LanguageTag | None = None
    hours: dict[NameText, Literal["open", "closed"]] = Field(default={})
    queues: dict[OwnedName, Waiting] = Field(default={})
    callback: Literal["open", "none"] | None = None
    tables: dict[NameText, dict[str, dict[str, AnyText]]] = Field(default={})
    answers: dict[str, Any] = Field(default={})

    def under(self, other: "Given") -> "Given":
        """Both, where they differ the other."""
        changed = {name: getattr(other, name) for name in other.model_fields_set}
        for name, value in changed.items():
            if isinstance(value, dict):
                changed[name] = {**getattr(self, name), **value}
        return self.model_copy(update=changed)


class Line(_Part):
    """One line of a script. `short`: the field that a value other than a mapping fills; `bare`: it may have none."""

    kind: ClassVar[str]
    short: ClassVar[str] = ""
    bare: ClassVar[bool] = False

    @classmethod
    def is_short(cls, value: object) -> bool:
        """Whether the line was written in its short form."""
        return bool(cls.short) and not isinstance(value, dict)


class Hear(Line):
    """The caller hears this: `text` as a part, or `whole`; said by this step, in this language."""

    kind = "hear"
    short = "text"
    text: AnyText | None = None
    whole: AnyText | None = None
    step: str | None = None
    language: LanguageTag | None = None

    @model_validator(mode="after")
    def _something(self) -> "Hear":
        if not (self.text or self.whole or self.step):
            raise mistake("this hears nothing", expected="'text', 'whole' or 'step'")
        return self


class Press(Line):
    """The caller presses these keys, one after the other."""

    kind = "press"
    short = "keys"
    keys: Annotated[str, Read(_keys, _TEXT)]


class Wait(Line):
    """So much time goes by after what is being said."""

    kind = "wait"
    short = "time"
    time: Delay


class HangUp(Line):
    """The caller hangs up."""

    kind = "hang_up"
    bare = True


class AgentJoins(Line):
    """An agent takes the caller out of the queue."""

    kind = "agent_joins"
    short = "agent"
    bare = True
    agent: NameText = "agent"


class AgentSendsOn(Line):
    """The agent sends the caller on: the caller waits again."""

    kind = "agent_sends_on"
    bare = True


class AgentLeaves(Line):
    """The agent hangs up after the conversation."""

    kind = "agent_leaves"
    bare = True


class QueueEnds(Line):
    """The place in the queue is gone: an operator took the caller out, or the configuration has the queue no more."""

    kind = "queue_ends"
    short = "why"
    why: Literal["moved_out", "removed"]


class Change(Line):
    """From here on this is given."""

    kind = "given"
    short = "to"
    to: Given

    @classmethod
    def is_short(cls, value: object) -> bool:
        """It has no other form."""
        del value
        return True


class Expect(Line):
    """What must be so when nothing more is being said; fields that are not written do not matter."""

    kind = "expect"
    queue: OwnedName | None = None
    priority: int | None = None
    skills: dict[OwnedName, int] | None = None
    music: str | None = None
    position: int | None = None
    transfer: Annotated[str, Read(_text, _TEXT)] | None = None
    callback: Annotated[str, Read(_text, _TEXT)] | None = None
    callback_at: Annotated[str, Read(_text, _TEXT)] | None = None
    outcome: Literal[(*(str(outcome) for outcome in Outcome), NONE)] | None = None  # type: ignore[valid-type]
    cause: str | None = None
    result: AnyText | None = None
    error: str | None = None
    step: str | None = None
    language: LanguageTag | None = None
    variables: dict[VariableName, AnyText] | None = None
    action: str | None = None
    resolved: str | None = None
    asked: Annotated[str, Read(_text, _TEXT)] | None = None
    sent: dict[Annotated[str, Field(max_length=100)], AnyText] | None = None
    arguments: dict[VariableName, AnyText] | None = Field(default=None, alias="with")


LINES: dict[str, type[Line]] = {
    line.kind: line
    for line in (Hear, Press, Wait, HangUp, AgentJoins, AgentSendsOn, AgentLeaves, QueueEnds, Change, Expect)
}
