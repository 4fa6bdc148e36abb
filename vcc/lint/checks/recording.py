"""Who is recorded should know it: a warning where callers are recorded and nobody tells them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenancy.model import RecordingMode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.document import Path
    from core.errors import Problem
    from tenancy.model import RecordingRules
    from vcc.lint.scope import Scope


def check(scope: Scope) -> Iterator[Problem]:
    """Each tenant and queue that records has an announcement, or says that there is to be none."""
    for tenant in scope.platform.tenants.values():
        if tenant.recording.announcement is not None:
            continue
        start: Path = ("tenants", tenant.id)
        places: list[tuple[Path, RecordingRules]] = [((*start, "recording"), tenant.recording)]
        places += [
            ((*start, "queues", name, "recording"), queue.recording)
            for name, queue in tenant.queues.items()
            if queue.recording is not None
        ]
        for path, rules in places:
            if rules.mode is not RecordingMode.OFF and rules.announced:
                yield scope.document.problem(
                    (*path, "mode"),
                    "conversations are recorded, and no caller is told",
                    expected="an announcement in the tenant's recording, or announced: false",
                    hint="many countries want callers to be told",
                )
