"""Sound files that answers play are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenancy.names import treatments

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.document import Path
    from core.errors import Problem
    from tenancy.model import Treatment
    from vcc.lint.scope import Scope


def check(scope: Scope) -> Iterator[Problem]:
    """Each file that a refused caller is to hear is in the folder of prompts."""
    yield from _check(scope, "", ("unknown_number",), scope.platform.unknown_number)
    for tenant in scope.platform.tenants.values():
        for path, treatment in treatments(tenant):
            yield from _check(scope, tenant.id, ("tenants", tenant.id, *path), treatment)


def _check(scope: Scope, tenant: str, path: Path, treatment: Treatment) -> Iterator[Problem]:
    if treatment.play is None:
        return
    where = "the folder prompts"
    yield from scope.reference((*path, "play"), treatment.play, "sound file", scope.prompts(tenant), where=where)
