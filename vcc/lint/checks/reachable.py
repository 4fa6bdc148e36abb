"""Numbers that are written in another way than the trunks deliver them, so that no call reaches them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.words import one_of
from tenancy.names import numbers
from tenancy.numbers import normalise

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.errors import Problem
    from vcc.lint.scope import Scope


def check(scope: Scope) -> Iterator[Problem]:
    """Each number, when dialled, comes out of some trunk as it is written."""
    trunks = scope.platform.trunks
    for digits, tenant, _ in numbers(scope.platform):
        made = {normalise(digits, trunk.numbers) for trunk in trunks.values()}
        if not made or digits in made:
            continue
        path = ("tenants", tenant.id, "numbers", digits)
        message = f"who dials {digits} does not reach this number"
        expected = f"the number as the trunks deliver it: {one_of(made)}"
        yield scope.document.problem(path, message, expected=expected, key=True)
