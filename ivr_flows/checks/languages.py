"""What is said has to be there in every language that the flow speaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.words import nearest, one_of
from ivr_flows import phrases
from ivr_flows.prompts import EVERY, Spoken

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from core.document import Path
    from core.errors import Problem
    from ivr_flows.checks.surroundings import Surroundings
    from ivr_flows.flow import Flow
    from ivr_flows.prompts import Played, Prompt


#: What a text of one's own has in it instead of vcc's own announcement in a queue.
_INSTEAD = {"position": "{position}", "wait": "{wait_from} and {wait_to}"}


def check(flow: Flow, around: Surroundings) -> Iterator[Problem]:
    """Languages that are missing, that the tenant does not have, and texts for no language among several."""
    tenant = around.languages
    for index, language in enumerate(flow.settings.languages):
        if tenant and language not in tenant:
            yield _not_spoken(flow, ("languages", index), language, tenant)
    languages = flow.languages(tenant)
    if not languages:
        return
    for reference in flow.references():
        if reference.kind == "language" and reference.name not in languages:
            yield _not_spoken(flow, reference.path, reference.name, languages)
    for _, path, prompt in flow.prompts():
        if prompt.built_in:
            yield from _built_in(flow, path, prompt, languages)
        else:
            for where, item in zip(prompt.where, prompt.items, strict=True):
                yield from _spoken(flow, (*path, *where), item, languages)


def _spoken(flow: Flow, path: Path, item: Spoken | Played, languages: tuple[str, ...]) -> Iterator[Problem]:
    """One part of a prompt."""
    is_text = isinstance(item, Spoken)
    given = item.by_language
    if "" in given:
        if len(languages) > 1 and not item.language and is_text:
            message = f"a text without its language in a flow that speaks {', '.join(languages)}"
            expected = f"{{{', '.join(f'{language}: …' for language in languages)}}}, or {{text: …, language: …}}"
            yield flow.document.problem(path, message, expected=expected)
        return
    wanted = languages if item.language in ("", EVERY) else (item.language,)
    written = {*given, *_written(flow, path)}
    for language in wanted:
        if language not in written:
            message = f"the {'text' if is_text else 'file'} in {language} is missing"
            yield flow.document.problem(path, message, expected=f"{language}: …")
    for language in given:
        if language not in (*languages, *wanted):
            yield _not_spoken(flow, (*path, language), language, languages, key=True)


def _written(flow: Flow, path: Path) -> Iterable[str]:
    """The languages that were written there, also where the text itself is wrong."""
    try:
        value = flow.document.value(path)
    except (KeyError, IndexError, TypeError):
        return ()
    return value if isinstance(value, dict) else ()


def _built_in(flow: Flow, path: Path, prompt: Prompt, languages: tuple[str, ...]) -> Iterator[Problem]:
    """vcc's own words are there in its languages alone; the apology is better in another than none."""
    if prompt is phrases.WAIT_SHORT:
        return  # it is told of the other one
    word = next((word for word, own in phrases.IN_QUEUE.items() if prompt is own), "")
    what = word or str(path[-2])
    expected = "a text of your own" + (f" with {_INSTEAD[word]} in it" if word else "")
    for language in languages:
        if prompt is not phrases.APOLOGY and not phrases.speaks(language):
            yield flow.document.problem(path, f"there are no words for '{what}' in {language}", expected=expected)


def _not_spoken(flow: Flow, path: Path, language: str, languages: tuple[str, ...], *, key: bool = False) -> Problem:
    message = f"{language} is not spoken here"
    return flow.document.problem(path, message, expected=one_of(languages), hint=nearest(language, languages), key=key)
