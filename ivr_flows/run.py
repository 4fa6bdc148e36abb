"""What a step may use while it acts for one contact: its state, the world as it is now, and the commands it gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from core.facts import ChoiceMade, PromptEnded
from ivr_flows import known
from ivr_flows.fields import KEYS
from ivr_flows.protocol import AnswerCall, Record, Sound, Speak, SpeechEnded, StopSpeaking, TimedOut
from ivr_flows.steps.base import END

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from core.facts import Fact
    from ivr_flows.flow import Flow, Node
    from ivr_flows.prompts import Prompt
    from ivr_flows.protocol import Command, ContactInfo, Environment, Event, FlowState
    from ivr_flows.steps.base import Next

#: Keys that nothing has used yet stand among the secrets under this name: they may become one.
_TYPED = "_typed"
_MAX_TYPED = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What no flow may exceed: `steps` of one contact, `steps_without_wait` between two events, nested `calls`."""

    steps: int = 1_000
    steps_without_wait: int = 100
    calls: int = 8


class Known(NamedTuple):
    """What a called flow knew at its end, and which of it is of the tenant's own systems."""

    values: Mapping[str, str]
    private: frozenset[str]


@dataclass(kw_only=True, slots=True)
class Run:
    """One event of one contact being dealt with."""

    root: Flow
    state: FlowState
    info: ContactInfo
    env: Environment
    now: float
    limits: Limits
    commands: list[Command] = field(default_factory=list)
    failed: bool = False  # an error that the engine has not dealt with yet
    lost: bool = False  # it came on the way out after another

    @property
    def flow(self) -> Flow:
        """The flow in which the contact is: the one it began with, or one that was called."""
        return self.root.called[self.state.inside] if self.state.inside else self.root

    @property
    def node(self) -> Node:
        """The step in which the contact is."""
        return self.flow.nodes[self.state.step]

    # --- facts and waits --------------------------------------------------------------------------------------------

    def record(self, fact: Callable[..., Fact], /, **values: object) -> None:
        """Append a fact about this contact, at this moment."""
        info = self.info
        if self.state.inside and "step" in values:
            values["step"] = f"{self.state.inside}:{values['step']}"
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

    def chosen(self, choice: str, target: str) -> None:
        """The contact has chosen; where it is a choice that stands for the whole flow, this step is come back to."""
        self.record(ChoiceMade, step=self.node.id, choice=choice)
        if self.flow.anywhere.get(choice) == target:
            self.state.asked = self.node.id

    # --- calls ------------------------------------------------------------------------------------------------------

    def call(self, flow: str, arguments: Mapping[str, str], private: Collection[str] = ()) -> Next:
        """Go into another flow, which knows its arguments alone, those of them `private` that are; its first step."""
        state, called = self.state, self.root.called.get(flow)
        if called is None or len(state.frames) >= self.limits.calls:
            self.fail(f"more than {self.limits.calls} calls in each other" if called else f"there is no flow '{flow}'")
            return END
        for kept in (state.secrets, state.private):
            for name in [name for name in kept if name != _TYPED and ":" not in name]:
                kept[f"{len(state.frames)}:{name}"] = kept.pop(name)
        frame = {"inside": state.inside, "step": state.step, "asked": state.asked, "variables": state.variables}
        state.frames.append(frame)
        state.inside, state.variables, state.asked = flow, {}, ""
        self.give({name: value for name, value in arguments.items() if name not in private})
        self.give({name: value for name, value in arguments.items() if name in private}, private=True)
        return called.first

    def leave_called(self) -> Known:
        """Be in the flow again that has called this one, at its call; what this one knew is returned, its secrets are
        forgotten.
        """
        state, frame = self.state, self.state.frames.pop()
        private = {name: value for name, value in state.private.items() if ":" not in name}
        known = Known({**state.variables, **private}, frozenset(private))
        state.inside, state.step, state.variables = frame["inside"], frame["step"], frame["variables"]
        state.asked = frame["asked"]
        begin = f"{len(state.frames)}:"
        state.secrets, state.private = (
            {name.removeprefix(begin): value for name, value in kept.items() if name == _TYPED or ":" in name}
            for kept in (state.secrets, state.private)
        )
        return known

    # --- values -----------------------------------------------------------------------------------------------------

    def value(self, name: str) -> str:
        """What a variable holds now; empty where it has no value."""
        for kept in (self.state.private, self.state.variables):
            if name in kept:
                return kept[name]
        match name:
            case "argument" | "caller" | "number" | "phone" | "trunk":
                return str(getattr(self.info, name))
            case "language":
                return self.state.language
            case "position":
                return str(self.env.position() or "")
            case "wait_from" | "wait_to":
                told = self.state.memory.get("told")
                return str(told[name == "wait_to"]) if told else ""
        return ""

    def give(self, values: Mapping[str, str], *, private: bool = False) -> None:
        """Variables get values; `private`: they are of the tenant's own systems, or made of such."""
        for name in values:
            self.forget(name)
        (self.state.private if private else self.state.variables).update(values)

    def forget(self, name: str) -> None:
        """A variable has no value any more."""
        for kept in (self.state.variables, self.state.secrets, self.state.private):
            kept.pop(name, None)

    def are_private(self, names: Iterable[str]) -> bool:
        """Whether one of these variables is of the tenant's own systems, or made of such."""
        return any(name in self.state.private for name in names)

    def is_private(self, *where: str | int) -> bool:
        """Whether the expression at this place of the step reads such a variable."""
        return self.are_private(path[0] for path in self.flow.expressions[self.state.step, where].reads)

    def worked_out(self, *where: str | int) -> object:
        """What the expression at this place of the step comes to now."""
        expression = self.flow.expressions[self.state.step, where]
        return expression.value_of(lambda path: known.find(self, path))

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
        zone = self.env.local(self.now).tzinfo
        private, contact = self.state.private, self.info.contact
        parts = tuple(
            part
            for prompt in prompts
            for part in prompt.parts(language, self.value, zone, private=private, contact=contact)
        )
        if not parts:
            return False
        if self.root.settings.answer:
            self.answer()
        self.state.plays += 1
        play = f"{self.flow.name}.{self.state.plays}"
        self.state.memory["play"] = play
        self.state.memory["what"] = " ".join(prompt.label(language) for prompt in prompts)
        self.commands.append(Speak(play=play, parts=parts, stop_keys=KEYS if barge_in else ""))
        self.wait("speech", self.flow.settings.limits.prompt)
        return True

    def sound(self, file: str) -> None:
        """Begin to play a sound of the host's own."""
        self.state.plays += 1
        play = f"{self.flow.name}.{self.state.plays}"
        self.state.memory["play"], self.state.memory["what"] = play, file
        self.commands.append(Speak(play=play, parts=(Sound(file=file),), stop_keys=KEYS))
        self.wait("speech", self.flow.settings.limits.prompt)

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
