"""What is in the package of facts is known by its name, so that a log can be read again."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from core import facts
from core.facts import FACTS, Fact


def test_every_fact_of_every_subject_is_known_by_its_name() -> None:
    written = {
        value.__name__: value
        for module in pkgutil.iter_modules(facts.__path__, "core.facts.")
        for value in vars(import_module(module.name)).values()
        if isinstance(value, type) and issubclass(value, Fact)
    }
    assert len(written) > 60  # the modules were found
    assert written == FACTS
    assert set(written) <= set(facts.__all__)
