"""record, voicemail: what the caller says, kept as a message.

say: prompt, beep ---> record --- end key, `max`, ---> [review] ready -> review --- accept, no key ---> kept, on
                         |        `silence`                               |   listen -> it is played -> review
                         | hang-up: kept                                  +-- again -> say, while attempts are left
                         +-- it cannot be recorded ---> on_failure
                         +-- `silence` from the beginning ---> dropped, on_silence
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from core.validate import mistake
from ivr_flows import phrases
from ivr_flows.fields import NAME, KeyText, Patience, Read, Silence, Wait
from ivr_flows.prompt_reader import SpokenText
from ivr_flows.prompts import Location, Prompt
from ivr_flows.protocol import (
    BEEP,
    MESSAGE,
    CallerSilent,
    EndMessage,
    Event,
    KeyPressed,
    MessageEnded,
    Resumed,
    StartMessage,
    TimedOut,
)
from ivr_flows.steps.base import END, WAIT, Next, Step, Used
from ivr_flows.templates import Template, raw

if TYPE_CHECKING:
    from ivr_flows.flow import Node
    from ivr_flows.run import Run

#: How long the host may take to have a message ready for being listened to, in seconds.
_READY_S = 10.0
_PHASE = "phase"
_BOX = "a name such as lessons, or with variables such as ext-{extension}"


def _box(value: object) -> Template:
    """The name of a box; variables in it. Raises a pydantic mistake."""
    template = raw(value)
    if not NAME.fullmatch(template.filled(lambda name: "0")):
        raise mistake("{value}", expected=_BOX)
    return template


BoxName = Annotated[Template, Read(_box, {"type": "string"})]


class Review(BaseModel):
    """The keys by which a caller accepts a message, listens to it, and speaks it anew."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    say: SpokenText = phrases.REVIEW
    accept: KeyText = "1"
    listen: KeyText = "2"
    again: KeyText = "3"


#: As it is written: `true` for the usual keys, `false` for none.
_Review = Annotated[
    Review | None,
    BeforeValidator(lambda value: {} if value is True else value or None, json_schema_input_type=Review | bool | None),
]


class Record(Step):
    """Records what the caller says into the box `box`."""

    kind = "record"
    waits = True
    branch_names: ClassVar[tuple[str, ...]] = ("on_failure", "on_silence")

    say: SpokenText
    box: BoxName = Template(source="messages", pieces=("messages",))
    beep: bool = True
    max: Wait = 120.0
    silence: Silence = 5.0
    end: KeyText | None = "#"
    review: _Review = None
    attempts: int = Field(default=3, ge=1, le=10)
    timeout: Patience = 5.0

    def uses(self) -> Iterator[Used]:
        """The variables in the name of the box, which stands in lists."""
        for variable in self.box.variables:
            yield Used(variable.name, "returned", ("box",))

    def prompts(self) -> Iterator[tuple[Location, Prompt]]:
        """The question of the review, too."""
        yield from super().prompts()
        if self.review:
            yield ("review", "say"), self.review.say

    def leads(self, node: "Node") -> Iterator[str]:
        """On, or where nothing could be recorded, or nothing was said."""
        yield node.next
        for branch in self.branch_names:
            yield node.branches.get(branch, node.next)

    def enter(self, run: "Run") -> Next:
        """Say how it goes; keys that were pressed before mean nothing here."""
        run.forget_typed()
        run.state.memory["attempt"] = 1
        return self._ask(run)

    def meet(self, run: "Run", event: Event) -> Next:
        """See the picture above."""
        phase = run.state.memory.get(_PHASE)
        if isinstance(event, Resumed):
            return self._resumed(run)
        if phase == "record":
            return self._recording(run, event)
        if phase == "ready":
            return self._ready(run, event)
        is_silence = isinstance(event, TimedOut) and not run.speaking
        if phase in {"review", "listen"} and (isinstance(event, KeyPressed) or is_silence):
            return self._reviewed(run, event)
        if isinstance(event, KeyPressed):  # who knows the way need not hear it
            run.interrupt()
        elif not run.heard(event):
            return WAIT
        return self._spoken(run)

    # --- before -----------------------------------------------------------------------------------------------------

    def _ask(self, run: "Run") -> Next:
        run.state.memory[_PHASE] = "say"
        return WAIT if run.speak([self.say], barge_in=True) else self._spoken(run)

    def _spoken(self, run: "Run") -> Next:
        """What was said is over: the prompt, the beep, or the message and what is asked about it."""
        phase = run.state.memory[_PHASE]
        if phase == "say" and self.beep:
            run.state.memory[_PHASE] = "beep"
            run.sound(BEEP)
            return WAIT
        if phase in {"say", "beep"}:
            box = self.box.filled(run.value).lower()
            if not NAME.fullmatch(box) or run.are_private(variable.name for variable in self.box.variables):
                run.fail(f"step {run.node.id}: the value of a variable makes no box of '{self.box.source}'")
                return END
            run.answer()
            run.state.memory[_PHASE] = "record"
            run.commands.append(StartMessage(box=box, silence_s=self.silence))
            run.wait("message", min(self.max, run.flow.settings.limits.message))
        elif phase == "listen":
            return self._review(run)
        else:
            run.wait("keys", self.timeout)
        return WAIT

    def _recording(self, run: "Run", event: Event) -> Next:
        match event:
            case MessageEnded():
                return run.node.branches.get("on_failure", run.node.next)
            case KeyPressed(key=key) if key != self.end:
                return WAIT
            case CallerSilent(said=False):
                run.commands.append(EndMessage(how="drop"))
                return run.node.branches.get("on_silence", run.node.next)
            case KeyPressed() | TimedOut() | CallerSilent():
                run.commands.append(EndMessage(how="review" if self.review else "keep"))
                if self.review is None:
                    return run.node.next
                run.state.memory[_PHASE] = "ready"
                run.wait("message", _READY_S)
        return WAIT

    # --- after ------------------------------------------------------------------------------------------------------

    def _ready(self, run: "Run", event: Event) -> Next:
        match event:
            case MessageEnded(problem="") | TimedOut():
                run.state.memory["heard"] = isinstance(event, MessageEnded)
                run.state.memory["asked"] = 0
                return self._review(run)
            case MessageEnded():
                return run.node.branches.get("on_failure", run.node.next)
        return WAIT

    def _review(self, run: "Run") -> Next:
        run.state.memory[_PHASE] = "review"
        run.state.memory["asked"] = int(run.state.memory["asked"]) + 1
        if self.review is None or not run.speak([self.review.say], barge_in=True):
            run.wait("keys", self.timeout)
        return WAIT

    def _reviewed(self, run: "Run", event: Event) -> Next:
        run.interrupt()
        key, review, memory = event.key if isinstance(event, KeyPressed) else "", self.review, run.state.memory
        if review and key:
            run.chosen(key, "")
        if review and key == review.listen and memory["heard"] and memory["asked"] <= self.attempts:
            memory[_PHASE] = "listen"
            run.sound(MESSAGE)
            return WAIT
        if review and key == review.again and memory["attempt"] < self.attempts:
            run.commands.append(EndMessage(how="drop"))
            memory["attempt"] += 1
            return self._ask(run)
        is_clear = review and key == review.accept
        if not is_clear and memory["asked"] < self.attempts:
            return self._review(run)
        run.commands.append(EndMessage(how="keep"))  # who has said something wanted it kept
        return run.node.next

    def _resumed(self, run: "Run") -> Next:
        """Nobody knows what of it was recorded meanwhile: begin anew."""
        run.unheard()
        if run.state.memory.get(_PHASE) not in {"say", "beep"}:
            run.commands.append(EndMessage(how="drop"))
        return self._ask(run)


class Voicemail(Record):
    """`record` in words of vcc's own, with a review."""

    kind = "voicemail"
    bare = True

    say: SpokenText = phrases.VOICEMAIL
    box: BoxName = Template(source="voicemail", pieces=("voicemail",))
    review: _Review = Review()
