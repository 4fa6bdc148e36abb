"""What a step may use while it acts for one contact: its state, the world as it is now, and the commands it gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.facts import PromptEnded
from ivr_flows.fields import KEYS
from ivr_flows.protocol import AnswerCall, Record, Speak, SpeechEnded, StopSpeaking, TimedOut

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from core.facts import Fact
    from ivr_flows.flow import Flow, Node
    from ivr_flows.prompts import Prompt
    from ivr_flows.protocol import Command, ContactInfo, Environment, Event, FlowState

#: Keys that nothing has used yet stand among the secrets under this name: they may become one.
_TYPED = "_typed"
_MAX_TYPED = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What no flow may exceed: `steps` of one contact, `steps_without_wait` between two events."""

    steps: int = 1_000
    steps_without_wait: int = 100


@dataclass(kw_only=True, slots=True)
class Run:
    """One event of one contact being dealt with."""

    flow: Flow
    state: FlowState
    info: ContactInfo
    env: Environment
    now: float
    limits: Limits
    commands: list[Command] = field(default_factory=list)
    failed: bool = False  # an error that the engine has not dealt with yet
    lost: bool = False  # it came on the way out after another

    @property
    def node(self) -> Node:
        """The step in which the contact is."""
        return self.flow.nodes[self.state.step]

    # --- facts and waits --------------------------------------------------------------------------------------------

    def record(self, fact: Callable[..., Fact], /, **values: object) -> None:
        """Append a fact about this contact, at this moment."""
        info = self.info
        happened = fact(at=self.now, tenant=info.tenant, contact=info.contact, node=info.node, **values)
        self.commands.append(Record(fact=happened))

    def wait(self, what: str, seconds: float | None) -> None:
        """Stay in this step until something happens; `TimedOut` after so long (None: never)."""
        self.state.wait = what
        self.state.deadline = None if seconds is None else self.now + seconds

    def fail(self, error: str) -> None:
        """Something went wrong: the flow goes to its `on_error` (the engine sees to that). The first error counts."""
        self.failed = True
        self.lost = bool(self.state.error)
        self.state.error = self.state.error or error

    def finish(self, command: Command) -> None:
        """The flow is over with this command."""
        self.commands.append(command)
        self.state.finished = True

    # --- values -----------------------------------------------------------------------------------------------------

    def value(self, name: str) -> str:
        """What a variable holds now; empty where it has no value."""
        if name in self.state.variables:
            return self.state.variables[name]
        match name:
            case "argument" | "caller" | "number" | "phone":
                return str(getattr(self.info, name))
            case "language":
                return self.state.language
            case "position":
                return str(self.env.position() or "")
        return ""

    # --- speaking ---------------------------------------------------------------------------------------------------

    @property
    def speaking(self) -> bool:
        """Whether a prompt of this step is under way."""
        return "play" in self.state.memory

    def answer(self) -> None:
        """Answer the call if this flow has not done so yet."""
        if not self.state.answered:
            self.state.answered = True
            self.commands.append(AnswerCall())

    def speak(self, prompts: Sequence[Prompt], *, barge_in: bool) -> bool:
        """Begin to say the prompts one after the other; False where they come to nothing now."""
        language = self.state.language
        parts = tuple(part for prompt in prompts for part in prompt.parts(language, self.value))
        if not parts:
            return False
        if self.flow.settings.answer:
            self.answer()
        self.state.plays += 1
        play = f"{self.flow.name}.{self.state.plays}"
        self.state.memory["play"] = play
        self.state.memory["what"] = " ".join(prompt.label(language) for prompt in prompts)
        self.commands.append(Speak(play=play, parts=parts, stop_keys=KEYS if barge_in else ""))
        self.wait("speech", self.flow.settings.limits.prompt)
        return True

    def heard(self, event: Event) -> bool:
        """Whether the prompt under way ends with this event; if so that is recorded."""
        if isinstance(event, SpeechEnded) and event.play == self.state.memory.get("play"):
            self._prompt_ended(completed=event.completed)
            return True
        if isinstance(event, TimedOut) and self.speaking:
            self.interrupt()
            return True
        return False

    def interrupt(self) -> None:
        """End the prompt under way, if there is one."""
        if self.speaking:
            self.commands.append(StopSpeaking())
            self.unheard()

    def unheard(self) -> None:
        """The host has ended the prompt under way, if there was one."""
        if self.speaking:
            self._prompt_ended(completed=False)

    def _prompt_ended(self, *, completed: bool) -> None:
        self.state.memory.pop("play")
        what = self.state.memory.pop("what")
        self.record(PromptEnded, step=self.state.step, what=what, completed=completed)

    # --- keys that were pressed early -------------------------------------------------------------------------------

    @property
    def typed(self) -> bool:
        """Whether there are keys that nothing has used yet."""
        return _TYPED in self.state.secrets

    @property
    def first_typed(self) -> str:
        """The oldest kept key; empty where there is none."""
        return self.state.secrets.get(_TYPED, "")[:1]

    def keep(self, key: str) -> None:
        """Keep a key for the next step that asks; beyond the bound it is forgotten."""
        typed = self.state.secrets.get(_TYPED, "")
        if len(typed) < _MAX_TYPED:
            self.state.secrets[_TYPED] = typed + key

    def next_typed(self) -> str:
        """Take the oldest kept key; empty where there is none."""
        typed = self.state.secrets.pop(_TYPED, "")
        if len(typed) > 1:
            self.state.secrets[_TYPED] = typed[1:]
        return typed[:1]

    def forget_typed(self) -> None:
        """Throw the kept keys away."""
        self.state.secrets.pop(_TYPED, None)
