"""Whispers: texts that can be read, with variables that the tenant's flows set and that are no secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.words import nearest, one_of
from ivr_flows import whisper

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.document import Path
    from core.errors import Problem
    from ivr_flows.prompts import Prompt
    from tenancy.model import Tenant
    from vcc.lint.scope import Scope


def check(scope: Scope) -> Iterator[Problem]:
    """Each queue's whisper can be said."""
    for tenant in scope.platform.tenants.values():
        for name, queue in tenant.queues.items():
            if queue.whisper is not None:
                path = ("tenants", tenant.id, "queues", name, "whisper")
                prompt, mistakes = whisper.read(queue.whisper)
                for language, message, expected, hint in mistakes:
                    yield scope.document.problem((*path, language), message, expected=expected, hint=hint)
                yield from _variables(scope, tenant, path, prompt)


def _variables(scope: Scope, tenant: Tenant, path: Path, prompt: Prompt) -> Iterator[Problem]:
    if tenant.id in scope.unreadable:
        return
    given, secret = whisper.variables(flow for (owner, _), flow in scope.flows.items() if owner == tenant.id)
    known = [*sorted(given), *whisper.OWN]
    for where, _, template in prompt.templates():
        for variable in template.variables:
            if variable.name in secret:
                message = f"'{variable.name}' is secret: it cannot be told to an agent"
                yield scope.document.problem((*path, *where), message, expected=one_of(known))
            elif variable.name not in known:
                message = f"no flow of the tenant sets the variable '{variable.name}'"
                hint = nearest(variable.name, known)
                yield scope.document.problem((*path, *where), message, expected=one_of(known), hint=hint)
