"""From text to a flow that can be run, or every mistake in it at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from core import yaml_text
from core.document import Document, Mark
from core.errors import ConfigurationError
from core.validate import read as read_model
from core.words import nearest, one_of, value_shown
from ivr_flows import phrases
from ivr_flows.checks import CHECKS, CHECKS_OF_WHOLE, Surroundings
from ivr_flows.fields import KEYS, NAME, NAME_EXPECTED
from ivr_flows.flow import Flow, checksum
from ivr_flows.known import knowledge
from ivr_flows.layout import ANYWHERE, Layout
from ivr_flows.reader import Draft, Reader
from ivr_flows.settings import Settings
from ivr_flows.steps.goto import RESERVED
from ivr_flows.steps.say import Say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from core.errors import Problem
    from ivr_flows.protocol import ActionSpec

_STEPS = "steps"
_ON_ERROR = "on_error"
_ON_HANGUP = "on_hangup"
_SECTIONS = "sections"
#: The keys of a file that hold a list of steps, and those that hold such lists by a word.
LISTS = (_STEPS, _ON_ERROR, _ON_HANGUP)
MAPS = (_SECTIONS, ANYWHERE)


def compile(
    text: str, file: str, *, languages: Iterable[str] = (), actions: Mapping[str, ActionSpec] | None = None
) -> Flow:
    """Read, check and lay out the flow in `text`; `file` names it in messages, its stem is the flow's name.

    `languages`: the tenant's, to find prompts that lack one (empty: not checked); `actions`: what the platform can do,
    by name (None: not checked). Raises ConfigurationError with every mistake found, in the order of the file.
    """
    flow, problems = read(text, file, languages=languages, actions=actions)
    if flow is None or problems:
        raise ConfigurationError(problems)
    return flow


def read(
    text: str, file: str, *, languages: Iterable[str] = (), actions: Mapping[str, ActionSpec] | None = None
) -> tuple[Flow | None, list[Problem]]:
    """As `compile`: as much of the flow as can be read (None: nothing), and every mistake in it.

    A flow with mistakes is good for being looked at, such as for what it refers to; it is not to be run.
    """
    try:
        document = yaml_text.load(text, file)
    except ConfigurationError as error:
        return None, list(error.problems)
    flow, problems = _compile(document, PurePath(file).stem, Surroundings(languages=tuple(languages), actions=actions))
    return flow, sorted(problems, key=lambda problem: (problem.line, problem.column))


def build(definition: Any, name: str) -> Flow:  # noqa: ANN401 - plain data of any kind
    """The flow of a definition that was checked before. Raises ConfigurationError if it cannot be read."""
    mark = Mark(file=name, line=1, column=1, key_line=1, key_column=1)
    flow, problems = _compile(Document(file=name, data=definition, marks=mark), name, None)
    if flow is None:
        raise ConfigurationError(problems)
    return flow


def _compile(document: Document, name: str, around: Surroundings | None) -> tuple[Flow | None, list[Problem]]:
    """The flow, as far as it can be read at all, and its mistakes; `around` None: it was checked before."""
    if not isinstance(document.data, dict) or not document.data:
        problem = document.problem(
            (), f"a flow is {value_shown(document.data)}", expected="'steps:' with a list below it"
        )
        return None, [problem]
    settings, problems = _settings(document, name)
    reader = Reader(document, settings.defaults)
    lists = _lists(document, reader)
    layout = Layout(document=document)
    flow = _lay_out(layout, lists, settings, name)
    problems += reader.problems + layout.problems
    sure = around is not None and not reader.may_give_variables
    flow, misfits = _bound(flow, around.actions if around else None, sure=sure)
    problems += misfits
    if around is not None:
        checks = CHECKS if problems else CHECKS + CHECKS_OF_WHOLE
        around = replace(around, all_variables=not reader.may_give_variables)
        problems += [problem for check in checks for problem in check(flow, around)]
    return (None if around is None and problems else flow), problems


def _settings(document: Document, name: str) -> tuple[Settings, list[Problem]]:
    known = [*Settings.model_fields, *LISTS, *MAPS]
    problems = [
        document.problem(
            (key,), f"unknown key '{key[:60]}'", expected=one_of(known), hint=nearest(key, known), key=True
        )
        for key in document.data
        if key not in known
    ]
    data = {key: value for key, value in document.data.items() if key in Settings.model_fields}
    settings, mistakes = read_model(Settings, Document(file=document.file, data=data, marks=document.marks))
    settings = settings or Settings()
    if settings.flow not in (None, name):
        expected = f"the file's name without .yaml: {name}"
        problems.append(document.problem(("flow",), f"flow is '{settings.flow}'", expected=expected))
    if not NAME.fullmatch(name):
        problems.append(document.problem((), f"a flow cannot be called '{name}'", expected=NAME_EXPECTED))
    return settings, problems + mistakes


def _lists(document: Document, reader: Reader) -> dict[tuple[str, ...], list[Draft]]:
    """The lists of steps by their place: `steps`, `on_error`, `on_hangup`, each section."""
    data = document.data
    lists: dict[tuple[str, ...], list[Draft]] = {}
    if not data.get(_STEPS):
        reader.wrong((_STEPS,), "a flow has no steps", expected="'steps:' with a list below it")
    for key in (_STEPS, _ON_ERROR, _ON_HANGUP):
        if data.get(key) is not None:
            lists[key,] = reader.steps((key,))
    for key in _mapping(document, reader, ANYWHERE, "'key: steps' lines"):
        if len(key) != 1 or key not in KEYS:
            expected = 'one key: 0 to 9, "*" or "#"'
            reader.wrong((ANYWHERE, key), f"'{key[:60]}' is no key", expected=expected, key=True)
        else:
            lists[ANYWHERE, key] = reader.steps((ANYWHERE, key))
    for name in _mapping(document, reader, _SECTIONS, "'name: steps' lines"):
        if not NAME.fullmatch(name) or name in (*RESERVED, _ON_ERROR, _ON_HANGUP, ANYWHERE):
            reader.wrong(
                (_SECTIONS, name), f"a section cannot be called '{name[:60]}'", expected=NAME_EXPECTED, key=True
            )
        lists[_SECTIONS, name] = reader.steps((_SECTIONS, name))
    return lists


def _mapping(document: Document, reader: Reader, name: str, expected: str) -> Iterable[str]:
    """The keys below `name`, which has lists of steps."""
    written = document.data.get(name, {})
    if isinstance(written, dict):
        return written
    reader.wrong((name,), f"{name} is {value_shown(written)}", expected=expected)
    return ()


def _lay_out(layout: Layout, lists: dict[tuple[str, ...], list[Draft]], settings: Settings, name: str) -> Flow:
    on_error = lists.setdefault((_ON_ERROR,), [_apology()])
    layout.reserve(draft for drafts in lists.values() for top in drafts for draft in top)
    sections = {place[1]: drafts for place, drafts in lists.items() if place[0] == _SECTIONS}
    for section in sections:
        layout.reserve_section(section)
    first = layout.place(lists.get((_STEPS,), []))
    for section, drafts in sections.items():
        layout.targets[section] = layout.place(drafts, f"{section}.")
    first_on_error = layout.place(on_error, f"{_ON_ERROR}.")
    for place, drafts in lists.items():
        if place[0] == ANYWHERE:
            layout.place_anywhere(place[1], drafts)
    first_on_hangup = layout.place(lists.get((_ON_HANGUP,), []), f"{_ON_HANGUP}.")
    layout.connect(first)
    layout.settle()
    return Flow(
        name=name,
        version=checksum(layout.document.data),
        settings=settings,
        nodes=layout.nodes,
        first=first,
        first_on_error=first_on_error,
        anywhere=layout.anywhere,
        first_on_hangup=first_on_hangup,
        document=layout.document,
    )


def _bound(flow: Flow, actions: Mapping[str, ActionSpec] | None, *, sure: bool) -> tuple[Flow, list[Problem]]:
    """The flow with its expressions, and their mistakes."""
    named = [need.name for node in flow.nodes.values() for need in node.step.needs() if need.kind == "action"]
    sure = sure and all(name in (actions or {}) for name in named)
    given = [value for name in named if actions and name in actions for value in actions[name].values]
    given += flow.settings.arguments
    known = knowledge(flow.nodes.values(), flow.document, given, sure=sure)
    return replace(flow, expressions=known.expressions, kinds=known.kinds), known.problems


def _apology() -> Draft:
    """What is done after an error where the flow does not say."""
    step = Say.model_construct(text=phrases.APOLOGY, barge_in=False, language="")
    return Draft(kind=Say, step=step, path=(_ON_ERROR,))
