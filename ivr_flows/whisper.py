"""What an agent is told before a caller is put through: a text per language with variables, as in a flow.

    {zh-CN: "{tenant}，{queue}，客户选择{topic}。", en: "{tenant}, {queue}, about {topic}."}

Its variables are those that the caller's flow has set, and `OWN`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pydantic_core import PydanticCustomError

from ivr_flows.prompts import Prompt, Spoken
from ivr_flows.protocol import Text
from ivr_flows.templates import spoken

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ivr_flows.flow import Flow

#: What always has a value: names of tenant and queue in the agent's language, the caller's number, the one dialled.
OWN = ("tenant", "queue", "caller", "number")
#: Those whose values are known before any call, and are said as they stand.
NAMES = ("tenant", "queue")


class Mistake(NamedTuple):
    """What is wrong with the text of a language."""

    language: str
    message: str
    expected: str
    hint: str


def read(texts: Mapping[str, str]) -> tuple[Prompt, list[Mistake]]:
    """The prompt of what was written, as far as it is right, and every mistake in it."""
    templates, mistakes = {}, []
    for language, text in texts.items():
        try:
            templates[language] = spoken(text)
        except PydanticCustomError as error:
            context = error.context or {}
            told = (str(context.get(part, "")) for part in ("message", "expected", "hint"))
            mistakes.append(Mistake(language, *told))
    return Prompt(items=(Spoken(texts=templates),) if templates else (), where=((),) if templates else ()), mistakes


def variables(flows: Iterable[Flow]) -> tuple[frozenset[str], frozenset[str]]:
    """The variables that these flows set, and those of them that are secret, or of the tenant's own systems:
    they are told to nobody."""
    steps = [node.step for flow in flows for node in flow.nodes.values()]
    given = {name for step in steps for name in step.gives()}
    secret = {name for step in steps for name in (*step.hides(), *step.keeps())}
    return frozenset(given - secret), frozenset(secret)


def speakables(prompt: Prompt, names: Mapping[str, Mapping[str, str]]) -> Iterator[Text]:
    """Every text that can come of it, but for values that a flow sets to words. `names`: of `NAMES`, by language."""
    for language, own in names.items():
        yield from prompt.speakable((language,))
        yield from prompt_names(prompt, language, own)


def prompt_names(prompt: Prompt, language: str, own: Mapping[str, str]) -> Iterator[Text]:
    """The names in it, as they are said to an agent of this language."""
    used = {variable.name for _, _, template in prompt.templates() for variable in template.variables}
    yield from (Text(text=own[name], language=language) for name in NAMES if name in used)
