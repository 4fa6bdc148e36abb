"""Seats that are leased by date are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenancy.leases import overcommitted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.errors import Problem
    from vcc.lint.scope import Scope


def check(scope: Scope) -> Iterator[Problem]:
    """At no moment are more leased than the platform has."""
    yield from overcommitted(scope.platform, scope.document)
