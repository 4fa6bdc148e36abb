"""What the steps that ask for keys have in common: prompt, patience, attempts, what is said after a miss.

ask: speak ----- SpeechEnded -----> listen
      |  key (barge-in: at once,      |  key                          | TimedOut
      |  else kept until the end)     |                               |
      +------------> take <-----------+                            silence
                      |                                               |
       done: go on    +---> not a choice: miss(invalid)     miss(timeout)
                                  |                              |
                                  +---- attempts left: ask ------+---- none left: on_invalid, on_no_input
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import BeforeValidator, Field

from core.facts import InputMissed
from ivr_flows.fields import OneOrMore, Patience
from ivr_flows.prompt_reader import SpokenText
from ivr_flows.prompts import Prompt
from ivr_flows.protocol import Event, KeyPressed, Resumed, TimedOut
from ivr_flows.steps.base import WAIT, Next, Step

if TYPE_CHECKING:
    from ivr_flows.flow import Node
    from ivr_flows.run import Run
    from ivr_flows.settings import Defaults

#: The keys so far stand among the secrets under this name: they may become one.
ENTRY = "_entry"
#: What was keyed in is not what the caller meant: there is nothing to be said about that.
NOT_CONFIRMED = "not_confirmed"
#: Why nothing came of an attempt, and the branch of the last one; that of all other reasons is `on_invalid`.
_MISSED = {"invalid": "on_invalid", "timeout": "on_no_input"}


def _each(value: object) -> object:
    """A list has a prompt for each attempt, anything else is one prompt."""
    return tuple(value) if isinstance(value, list) else (value,)


class Asking(Step):
    """Asks for keys, several times if need be."""

    waits = True
    asks = True
    branch_names: ClassVar[tuple[str, ...]] = ("on_failure", "on_invalid", "on_no_input")

    say: SpokenText
    say_again: Annotated[
        tuple[SpokenText, ...], BeforeValidator(_each), Field(min_length=1, max_length=10), OneOrMore()
    ] = ()
    timeout: Patience = 5.0
    attempts: int = Field(default=3, ge=1, le=10)
    barge_in: bool = True
    type_ahead: bool = True
    invalid: SpokenText | None = None
    no_input: SpokenText | None = None

    def settled(self, defaults: "Defaults") -> Step:
        """Patience, attempts and what is said after a miss may stand once for the whole flow."""
        written = self.model_fields_set
        known = type(self).model_fields
        missing = [name for name in defaults.model_fields_set if name in known and name not in written]
        return self.model_copy(update={name: getattr(defaults, name) for name in missing}) if missing else self

    def leads(self, node: "Node") -> Iterator[str]:
        """The branches, and what comes after a failure."""
        yield from node.branches.values()
        yield from {self.after_failure(node, why) for why in _MISSED}

    def leads_silent(self, node: "Node") -> Iterator[str]:
        """What comes when nothing was pressed in all attempts."""
        yield self.after_failure(node, "timeout")

    @staticmethod
    def after_failure(node: "Node", why: str) -> str:
        """Where the last attempt leads: the branch of this failure, of any failure, or the next step."""
        branches = node.branches
        return branches.get(_MISSED.get(why, "on_invalid"), branches.get("on_failure", node.next))

    def enter(self, run: "Run") -> Next:
        """Use the keys that were pressed before, or ask."""
        run.state.memory["attempt"] = 1
        self.begin(run)
        if not self.type_ahead:
            run.forget_typed()
        return self.use_typed(run) if run.typed else self.ask(run)

    def meet(self, run: "Run", event: Event) -> Next:
        """See the picture above."""
        match event:
            case KeyPressed(key=key) if run.speaking and not self.barge_in:
                run.keep(key)
            case KeyPressed(key=key):
                run.interrupt()
                return self.take(run, key)
            case Resumed():
                run.unheard()
                self.begin(run)
                return self.ask(run)
            case TimedOut() if not run.speaking:
                return self.silence(run)
            case _ if run.heard(event):
                return self.use_typed(run)
        return WAIT

    # --- what the kinds differ in -----------------------------------------------------------------------------------

    def begin(self, run: "Run") -> None:
        """Forget what an attempt before has left."""
        run.state.secrets.pop(ENTRY, None)

    def take(self, run: "Run", key: str) -> Next:
        """Use a key: go on, `miss`, or `listen` for more."""
        raise NotImplementedError

    def anywhere(self, run: "Run", key: str) -> Next:
        """A key that means something wherever keys are asked for; `miss` where it has no meaning."""
        target = run.node.branches.get(key)
        if target is None:
            return self.miss(run, "invalid")
        run.chosen(key, target)
        return target

    def silence(self, run: "Run") -> Next:
        """No key came in time."""
        return self.miss(run, "timeout")

    def patience(self, run: "Run") -> float:
        """How long to wait for the next key, in seconds."""
        del run
        return self.timeout

    def question(self, attempt: int) -> Prompt:
        """What is said at this attempt, from 1 on: the last of what is said again stands for those that follow."""
        again = self.say_again[: attempt - 1]
        return again[-1] if again else self.say

    # --- what they share --------------------------------------------------------------------------------------------

    def ask(self, run: "Run", intro: Prompt | None = None) -> Next:
        """Say the prompt, after `intro`."""
        question = self.question(int(run.state.memory["attempt"]))
        prompts = [question] if intro is None else [intro, question]
        return WAIT if run.speak(prompts, barge_in=self.barge_in) else self.listen(run)

    def listen(self, run: "Run") -> Next:
        """Wait for a key."""
        run.wait("keys", self.patience(run))
        return WAIT

    def use_typed(self, run: "Run") -> Next:
        """Use kept keys until something comes of them; what is left is for the steps after."""
        self.listen(run)
        while key := run.next_typed():
            if (goes := self.take(run, key)) is not WAIT:
                return goes
        return WAIT

    def miss(self, run: "Run", why: str, said: Prompt | None = None) -> Next:
        """Nothing came of this attempt: ask again, after `said` where there is a word for just this, or give up."""
        attempt = int(run.state.memory["attempt"])
        run.record(InputMissed, step=run.node.id, why=why, attempt=attempt)
        run.forget_typed()
        self.begin(run)
        if attempt >= self.attempts:
            return self.after_failure(run.node, why)
        run.state.memory["attempt"] = attempt + 1
        if why == "timeout":
            said = self.no_input
        elif why != NOT_CONFIRMED:
            said = said or self.invalid
        return self.ask(run, said)
