"""Every music class has something to play: an empty one is silence, or worse, a switch that gives up waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenancy import layout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.errors import Problem
    from vcc.lint.scope import Scope


def check(scope: Scope) -> Iterator[Problem]:
    """Each folder of music holds a sound file."""
    for tenant in scope.platform.tenants.values():
        for name, where in tenant.music.items():
            start = f"{layout.folder(tenant.id)}{where.rstrip('/')}/"
            if not any(file.startswith(start) for file in scope.sounds):
                path = ("tenants", tenant.id, "music", name)
                message = f"there is no music in '{where}'"
                yield scope.document.problem(path, message, expected=f"sound files (.wav) in {start}")
