"""say: speaks, then goes on."""

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from pydantic_core import PydanticCustomError

from core.validate import mistake
from ivr_flows.prompt_reader import LanguageOrAll, SpokenText
from ivr_flows.prompts import EVERY, Location, Prompt
from ivr_flows.protocol import Event, KeyPressed, Resumed
from ivr_flows.steps.base import WAIT, Next, Step

if TYPE_CHECKING:
    from ivr_flows.run import Run


class Speaking(Step):
    """What speaks and goes on: `prompt` is what it says."""

    waits = True
    barge_in: bool | None = None

    @property
    def prompt(self) -> Prompt:
        """What is said."""
        raise NotImplementedError

    def placed(self, *, keys_count: bool) -> Step:
        """Where no key is asked for afterwards, one that is pressed by accident must not cut off what is said."""
        return self if self.barge_in is not None else self.model_copy(update={"barge_in": keys_count})

    def enter(self, run: "Run") -> Next:
        """Speak; not to one who has pressed keys for what comes next already, unless everybody has to hear this."""
        if self.barge_in and run.typed:
            return run.node.next
        return WAIT if run.speak([self.prompt], barge_in=bool(self.barge_in)) else run.node.next

    def meet(self, run: "Run", event: Event) -> Next:
        """Go on when it is said, or (with barge-in) at a key, which is kept for the next step that asks."""
        match event:
            case KeyPressed(key=key):
                run.keep(key)
                if self.barge_in:
                    run.interrupt()
                    return run.node.next
            case Resumed():
                run.unheard()
                return self.enter(run)
            case _ if run.heard(event):
                return run.node.next
        return WAIT


class Say(Speaking):
    """`say: 您好`, `say: {zh-CN: …, en: …}`, or with fields."""

    kind = "say"
    short = "text"
    text: SpokenText
    language: LanguageOrAll = ""

    @classmethod
    def is_short(cls, value: Any) -> bool:  # noqa: ANN401 - plain data of any kind
        """Only `text` tells the form with fields from a text per language or a sound file."""
        return not isinstance(value, dict) or ("text" not in value and "barge_in" not in value)

    @property
    def prompt(self) -> Prompt:
        """The text in the language that was asked for."""
        return self.text.fixed(self.language) if self.language else self.text

    def prompts(self) -> Iterator[tuple[Location, Prompt]]:
        """The text in the language that was asked for."""
        yield ("text",), self.prompt

    def mistakes(self, labels: Collection[str]) -> Iterator[tuple[Location, PydanticCustomError]]:
        """`language: all` needs texts per language."""
        del labels
        if self.language == EVERY and not self.text.has_languages:
            error = mistake("a text without languages for 'language: all'", expected="{zh-CN: …, en: …}")
            yield ("text",), error
