"""What is said has to be there in every language that the flow speaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.words import nearest, one_of
from ivr_flows import phrases
from ivr_flows.prompts import Played, Spoken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.document import Path
    from core.errors import Problem
    from ivr_flows.checks.surroundings import Surroundings
    from ivr_flows.flow import Flow


def check(flow: Flow, around: Surroundings) -> Iterator[Problem]:
    """Languages that are missing, that the tenant does not have, and texts for no language among several."""
    tenant = around.languages
    if tenant:
        for index, language in enumerate(flow.settings.languages):
            if language not in tenant:
                yield _not_spoken(flow, ("languages", index), language, tenant)
    languages = flow.languages(tenant)
    if not languages:
        return
    for _, path, prompt in flow.prompts():
        if prompt is phrases.APOLOGY:
            continue
        for where, item in zip(prompt.where, prompt.items, strict=True):
            yield from _missing(flow, (*path, *where), item, languages)
    for reference in flow.references():
        if reference.kind == "language" and reference.name not in languages:
            yield _not_spoken(flow, reference.path, reference.name, languages)


def _missing(flow: Flow, path: Path, item: Spoken | Played, languages: tuple[str, ...]) -> Iterator[Problem]:
    given = item.texts if isinstance(item, Spoken) else item.files
    what = "text" if isinstance(item, Spoken) else "file"
    if "" in given:
        if len(languages) > 1 and not item.language and what == "text":
            message = f"a text without its language in a flow that speaks {', '.join(languages)}"
            expected = f"{{{', '.join(f'{language}: …' for language in languages)}}}, or {{text: …, language: …}}"
            yield flow.document.problem(path, message, expected=expected)
        return
    if item.language not in ("", "all"):
        languages = (item.language,)
    for language in languages:
        if language not in given:
            yield flow.document.problem(path, f"the {what} in {language} is missing", expected=f"{language}: …")
    for language in given:
        if language not in languages:
            yield _not_spoken(flow, (*path, language), language, languages, key=True)


def _not_spoken(flow: Flow, path: Path, language: str, languages: tuple[str, ...], *, key: bool = False) -> Problem:
    message = f"{language} is not spoken here"
    return flow.document.problem(path, message, expected=one_of(languages), hint=nearest(language, languages), key=key)
