"""Numbers whose project is not running today: calls to them are refused as unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenancy.names import numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.errors import Problem
    from vcc.lint.scope import Scope


def check(scope: Scope) -> Iterator[Problem]:
    """Each number's project has begun and has not ended."""
    for digits, tenant, number in numbers(scope.platform):
        project = tenant.projects.get(number.project)
        if project is None:
            continue
        path = ("tenants", tenant.id, "numbers", digits, "project")
        if scope.today < project.starts:
            message = f"the project '{number.project}' of number {digits} begins on {project.starts} only"
        elif project.ends is not None and scope.today > project.ends:
            message = f"the project '{number.project}' of number {digits} ended on {project.ends}"
        else:
            continue
        yield scope.document.problem(path, message, hint="meanwhile nobody owns the number")
