"""One module for each kind of mistake: a function from a `Scope` to problems, listed here.

To add a check is to add a module and its line.
"""

from collections.abc import Callable, Iterator

from core.errors import Problem
from vcc.lint.checks import (
    asked_skills,
    called_back,
    calls,
    circles,
    entries,
    expressions,
    forgotten,
    ladders,
    music,
    outside,
    overflows,
    projects,
    reachable,
    recording,
    references,
    seats,
    sounds,
    staffing,
    whispers,
)
from vcc.lint.scope import Scope

Check = Callable[[Scope], Iterator[Problem]]

#: Each finding keeps the configuration from being used.
MISTAKES: tuple[Check, ...] = (
    entries.check,
    references.check,
    calls.check,
    expressions.check,
    sounds.check,
    music.check,
    whispers.check,
)
#: The same, but looked for only where nothing else is wrong: what is missing may be in what was left out.
SHORTAGES: tuple[Check, ...] = (
    overflows.check,
    seats.check,
    staffing.check,
    asked_skills.check,
    ladders.check,
    circles.check,
)
#: Each finding is shown, no more.
WARNINGS: tuple[Check, ...] = (
    projects.check,
    reachable.check,
    forgotten.check,
    outside.check,
    called_back.check,
    recording.check,
)
