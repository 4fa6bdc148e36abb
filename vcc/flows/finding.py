"""Which flows and scripts a path means."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import ConfigurationError, Problem
from core.validate import in_order
from ivr_flows import compile as compile_flow
from ivr_flows.scripts import Script, Surroundings, read
from tenancy import layout
from tenancy.hours import is_open
from tenancy.layout import Place, Role
from tenancy.names import qualify
from vcc.folder import MAX_TEXT_BYTES, read_folder
from vcc.lint import check_folder
from vcc.lint.actions import ACTIONS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from ivr_flows.flow import Flow
    from tenancy.model import Tenant
    from vcc.lint import Bundle

#: The languages of a flow that stands in no configuration and names none.
_LANGUAGES = ("zh-CN", "en")
_TESTS = "tests"


@dataclass(kw_only=True, slots=True)
class Subject:
    """A flow, `tenant/name`, with its scripts. `around` is the place where it lives."""

    name: str
    flow: Flow
    around: Surroundings
    file: Path
    scripts: list[Script] = field(default_factory=list)


def find(paths: Iterable[Path]) -> list[Subject]:
    """The flows that are meant, each once: a folder means all in it, a file of scripts only these.

    Reads the disk. Raises ConfigurationError with every mistake in them, in their scripts and around them.
    """
    found: dict[Path, Subject] = {}
    problems: list[Problem] = []
    for path in paths:
        root = root_of(path)
        subjects = _alone(path) if root is None else _configured(root)
        try:
            for subject in _meant(subjects, path.resolve()):
                found.setdefault(subject.file, subject)
        except ConfigurationError as error:
            problems += error.problems
    if problems:
        raise ConfigurationError(in_order(problems))
    return list(found.values())


def root_of(path: Path) -> Path | None:
    """The folder of the configuration in which a path is; None: in none."""
    here = path.resolve()
    return next((folder for folder in (here, *here.parents) if (folder / layout.PLATFORM).is_file()), None)


def _meant(subjects: Iterable[Subject], path: Path) -> Iterator[Subject]:
    for subject in subjects:
        scripts = [script for script in subject.scripts if _file(subject, script).is_relative_to(path)]
        if subject.file.is_relative_to(path):
            yield subject
        elif scripts:
            subject.scripts = scripts
            yield subject


def _file(subject: Subject, script: Script) -> Path:
    return subject.file.parent / _TESTS / Path(script.document.file).name


# --- in a configuration -----------------------------------------------------------------------------------------------


def _configured(root: Path) -> Iterator[Subject]:
    bundle = check_folder(root).use()
    flows = [(place, flow) for flow in bundle.flows.values() if (place := _place(flow.document.file)) is not None]
    named = {(place.tenant, place.name) for place, *_ in flows}
    scripts, problems = scripts_of(read_folder(root).texts, named)
    if problems:
        raise ConfigurationError(in_order(problems))
    for place, flow in flows:
        yield Subject(
            name=qualify(place.tenant, place.name),
            flow=flow,
            around=surroundings(bundle, place.tenant, place.name),
            file=root / flow.document.file,
            scripts=scripts.get((place.tenant, place.name), []),
        )


def _place(path: str) -> Place | None:
    """Where a flow that was written stands; None for one that vcc made."""
    place = layout.place(path)
    return place if isinstance(place, Place) and place.role is Role.FLOW else None


def scripts_of(
    texts: Mapping[str, str], flows: Collection[tuple[str, str]]
) -> tuple[dict[tuple[str, str], list[Script]], list[Problem]]:
    """The scripts among the texts of a configuration by the flow (tenant or empty, name) that they test, and what is
    wrong with them.
    """
    scripts: dict[tuple[str, str], list[Script]] = {}
    problems: list[Problem] = []
    for path, text in texts.items():
        place = layout.place(path)
        if not isinstance(place, Place) or place.role is not Role.TESTS:
            continue
        found, mistakes = read(text, path)
        problems += mistakes
        if (place.tenant, place.name) not in flows:
            problems.append(_no_flow(path, place.name))
        scripts.setdefault((place.tenant, place.name), []).extend(found)
    return scripts, problems


def _no_flow(path: str, name: str) -> Problem:
    message = f"there is no flow '{name}' to be tested"
    return Problem(file=path, line=1, column=1, message=message, expected=f"../{name}.yaml, or another name")


def surroundings(bundle: Bundle, tenant: str, flow: str) -> Surroundings:
    """What a flow of this tenant (empty: the platform's) finds around it."""
    platform = bundle.platform
    if not tenant:
        code = next((code for code, leads in platform.codes.items() if leads == flow), "")
        return Surroundings(
            tenant="", number=code.strip("*#") or "0", time_zone=platform.time_zone, languages=platform.languages
        )
    owner = platform.tenants[tenant]
    numbers = [number for number, entry in owner.numbers.items() if entry.flow == flow]
    return Surroundings(
        tenant=tenant,
        number=numbers[0] if numbers else next(iter(owner.numbers), "0"),
        time_zone=owner.time_zone,
        languages=owner.languages,
        is_open=partial(_is_open, owner),
        lookup=partial(_row, bundle, tenant),
    )


def _row(bundle: Bundle, tenant: str, table: str, key: str) -> Mapping[str, str] | None:
    found = bundle.tables.get((tenant, table))
    return found.row(key) if found else None


def _is_open(owner: Tenant, hours: str, at: float) -> bool:
    return hours in owner.hours and is_open(owner.hours[hours], owner.time_zone, at)


# --- alone ------------------------------------------------------------------------------------------------------------


def _alone(path: Path) -> Iterator[Subject]:
    """Flows that stand in no configuration: hours are open unless they are given."""
    subjects, problems = read_alone(path)
    if problems:
        raise ConfigurationError(problems)
    yield from subjects


def read_alone(path: Path) -> tuple[list[Subject], Sequence[Problem]]:
    """Flows that stand in no configuration, those without a mistake, and every mistake."""
    subjects: list[Subject] = []
    problems: list[Problem] = []
    for file in files_at(path):
        try:
            flow = compile_flow(_text(file), str(file), actions=ACTIONS)
        except ConfigurationError as error:
            problems += error.problems
            continue
        subject = Subject(name=file.stem, flow=flow, around=Surroundings(languages=_LANGUAGES), file=file.resolve())
        problems += _scripts_beside(subject, file)
        subjects.append(subject)
    others = {subject.name: subject.flow for subject in subjects}
    for subject in subjects:
        subject.flow = subject.flow.with_called(others)
    return subjects, in_order(problems)


def _scripts_beside(subject: Subject, file: Path) -> list[Problem]:
    """Take the scripts of a flow in; what is wrong with them."""
    problems: list[Problem] = []
    for test in sorted((file.parent / _TESTS).glob("*.yaml")):
        if test.name.partition(".")[0] != file.stem:
            continue
        try:
            found, mistakes = read(_text(test), str(test))
        except ConfigurationError as error:
            found, mistakes = [], list(error.problems)
        subject.scripts += found
        problems += mistakes
    return problems


def _text(file: Path) -> str:
    """What a file holds. Raises ConfigurationError."""
    try:
        if file.stat().st_size <= MAX_TEXT_BYTES:
            return file.read_text(encoding="utf-8")
        message = f"this file is too big; at most {MAX_TEXT_BYTES:,} bytes"
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        message = f"byte {error.object[error.start]:#04x} is not UTF-8"
        problem = Problem(file=str(file), line=line, column=1, message=message, expected="a file saved as UTF-8")
        raise ConfigurationError([problem]) from None
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
    raise ConfigurationError([Problem(file=str(file), line=1, column=1, message=message)])


def files_at(path: Path) -> list[Path]:
    """The flows at a path; beside a file of scripts its flow."""
    if path.is_dir():
        return sorted(file for file in path.rglob("*.yaml") if file.parent.name != _TESTS)
    if path.parent.name == _TESTS:
        return [path.parent.parent / f"{path.name.partition('.')[0]}.yaml"]
    return [path]
