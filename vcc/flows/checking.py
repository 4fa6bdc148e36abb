"""What is wrong with flows and their scripts, and with all that belongs to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import ConfigurationError
from core.validate import in_order
from tenancy import layout
from tenancy.layout import Place, Role
from vcc.flows.finding import read_alone, root_of, scripts_of
from vcc.folder import read_folder
from vcc.lint import check_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from core.errors import Problem


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """What was found at a path; `elsewhere`: how many mistakes the configuration has that are not there."""

    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...] = ()
    flows: int = 0
    elsewhere: int = 0


def check(path: Path) -> Checked:
    """Everything about the flows at a path; of a whole configuration everything. Reads the disk."""
    root = root_of(path)
    if root is None:
        subjects, problems = read_alone(path)
        return Checked(problems=tuple(problems), flows=len(subjects))
    result = check_folder(root)
    try:
        texts: Mapping[str, str] = read_folder(root).texts
    except ConfigurationError:  # told by the check already
        texts = {}
    places = {file: place for file in texts if isinstance(place := layout.place(file), Place)}
    flows = {(place.tenant, place.name): file for file, place in places.items() if place.role is Role.FLOW}
    problems = in_order([*result.problems, *scripts_of(texts, flows.keys())[1]])
    here = path.resolve()
    found = _at(problems, root, here)
    return Checked(
        problems=found,
        warnings=_at(result.warnings, root, here),
        flows=sum((root / file).is_relative_to(here) for file in flows.values()),
        elsewhere=len(problems) - len(found),
    )


def _at(problems: Iterable[Problem], root: Path, path: Path) -> tuple[Problem, ...]:
    return tuple(problem for problem in problems if (root / problem.file).is_relative_to(path))
