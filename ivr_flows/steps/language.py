"""language: sets the caller's language, or lets the caller choose it."""

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from pydantic import Field
from pydantic_core import PydanticCustomError

from core.facts import ChoiceMade
from core.validate import mistake
from ivr_flows.fields import KeyText, LanguageTag
from ivr_flows.prompts import EVERY, Location, Prompt
from ivr_flows.steps.asking import Asking
from ivr_flows.steps.base import Named, Next, Step

if TYPE_CHECKING:
    from ivr_flows.flow import Node
    from ivr_flows.run import Run


class SetLanguage(Step):
    """`language: en`."""

    kind = "language"
    short = "to"
    to: LanguageTag

    def needs(self) -> Iterator[Named]:
        """The language."""
        yield Named("language", self.to, ("to",))

    def enter(self, run: "Run") -> Next:
        """From here on the caller hears this language."""
        run.state.language = self.to
        return run.node.next


class Language(Asking):
    """Asks, in all languages one after the other; a key has a language."""

    kind = "language"
    keyed = True
    key_field = "choices"

    choices: dict[KeyText, LanguageTag] = Field(default={})

    @classmethod
    def variant(cls, value: Any) -> type[Step]:  # noqa: ANN401 - plain data of any kind
        """A language alone is set without asking."""
        return cls if isinstance(value, dict) else SetLanguage

    def mistakes(self, labels: Collection[str]) -> Iterator[tuple[Location, PydanticCustomError]]:
        """There is something to choose."""
        del labels
        if not self.choices:
            yield (), mistake("a question without an answer", expected="keys with languages, such as '1: zh-CN'")

    def needs(self) -> Iterator[Named]:
        """The languages."""
        for key, language in self.choices.items():
            yield Named("language", language, (key,))

    def prompts(self) -> Iterator[tuple[Location, Prompt]]:
        """The question is said in all languages, the rest in the caller's."""
        for where, prompt in super().prompts():
            yield where, prompt.fixed(EVERY) if where[0] in {"say", "say_again"} else prompt

    def leads(self, node: "Node") -> Iterator[str]:
        """On with the answer, or the ways of a failure."""
        yield node.next
        yield from super().leads(node)

    def question(self, attempt: int) -> Prompt:
        """In all languages: it is not known yet which the caller speaks."""
        return super().question(attempt).fixed(EVERY)

    def take(self, run: "Run", key: str) -> Next:
        """Set the key's language."""
        language = self.choices.get(key)
        if language is None:
            return self.anywhere(run, key)
        run.record(ChoiceMade, step=run.node.id, choice=language)
        run.state.language = language
        return run.node.next
