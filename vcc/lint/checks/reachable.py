"""Numbers that no trunk can ever deliver, as they are written in another way than the trunks normalise them
to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.words import one_of
from tenancy.names import numbers
from tenancy.numbers import dialled_forms, normalise

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.errors import Problem
    from vcc.lint.scope import Scope


def check(scope: Scope) -> Iterator[Problem]:
    """Each number comes out of some trunk's normalisation."""
    trunks = scope.platform.trunks
    for digits, tenant, _ in numbers(scope.platform):
        if not trunks or any(dialled_forms(digits, trunk.numbers) for trunk in trunks.values()):
            continue
        made = one_of({normalise(digits, trunk.numbers) for trunk in trunks.values()})
        path = ("tenants", tenant.id, "numbers", digits)
        message = f"no trunk ever delivers the number {digits}"
        yield scope.document.problem(path, message, expected=f"the form that the trunks make of it: {made}", key=True)
