"""The emergency closure: a tenant, or hours of it, closed at once whatever they say, until somebody opens again.

    vcc close · POST /tenants/{tenant}/closure · *79 with number and PIN --> switch --> floor.closures, store, fact

It survives a restart; who did it, when, how and why is a fact.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from core.errors import ConflictError, NotFoundError
from core.facts import CommandGiven
from tenancy.names import qualify, text_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenancy.model import Tenant
    from vcc.calls.floor import Floor
    from vcc.calls.session import ContactSession


@dataclass(frozen=True, kw_only=True, slots=True)
class Closure:
    """Who closed what (`hours` empty: the whole tenant), when (POSIX seconds) and why; `say`: what callers hear then,
    by language, in place of the tenant's `answers.closed`.
    """

    tenant: str
    hours: str = ""
    by: str = ""
    at: float = 0.0
    reason: str = ""
    say: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Under which it is kept."""
        return key(self.tenant, self.hours)


def key(tenant: str, hours: str = "") -> str:
    """Under which the closure of a tenant, or of its hours, is kept."""
    return qualify(tenant, hours) if hours else tenant


def restore(stored: Mapping[str, Mapping[str, Any]]) -> dict[str, Closure]:
    """What was closed before a restart."""
    closures = {}
    for name, data in stored.items():
        tenant, _, hours = name.partition("/")
        closures[name] = Closure(**{"tenant": tenant, "hours": hours, **data})
    return closures


def close(floor: Floor, closure: Closure, *, contact: str = "") -> None:
    """Close, from this moment on. Raises NotFoundError for a tenant or hours that there are not, ConflictError where
    nothing of what callers shall hear is in a language of the tenant's.
    """
    tenant = _known(floor, closure.tenant, closure.hours)
    if closure.say and not set(closure.say) & set(tenant.languages):
        message = f"{closure.tenant} speaks {', '.join(tenant.languages)}: say it in one of these"
        raise ConflictError(message)
    floor.closures[closure.key] = closure
    floor.store.put("closure", closure.key, asdict(closure))
    floor.callbacks.closure_switched(closure.tenant)
    _record(floor, closure, "close", contact)


def open_(floor: Floor, closure: Closure, *, contact: str = "") -> None:
    """End what `closure` names; `by` and `reason` are those of this. Raises NotFoundError as `close` does."""
    _known(floor, closure.tenant, closure.hours)
    floor.closures.pop(closure.key, None)
    floor.store.delete("closure", closure.key)
    floor.callbacks.closure_switched(closure.tenant)
    _record(floor, closure, "open", contact)


def by_telephone(floor: Floor, session: ContactSession, agent: str, given: Mapping[str, str]) -> tuple[str, str]:
    """What an agent, whose PIN was right, asks of the closure of a tenant that the agent supervises: `wish` is close,
    open, or empty to know how it is; `tenant` one of its numbers, not needed where there is one tenant alone.

    The result (`closed`, `open`, `which`, `not_allowed`) and the tenant's name.
    """
    refused, tenant = supervised(floor, agent, given.get("tenant", ""))
    if refused:
        return refused, ""
    closure = Closure(tenant=tenant, by=agent, at=floor.now(), reason="by telephone")
    match given.get("wish", ""):
        case "close":
            close(floor, closure, contact=session.contact)
        case "open":
            open_(floor, closure, contact=session.contact)
    name = text_in(floor.directory.platform.tenants[tenant].name, floor.directory.language_on(session.phone, agent))
    return "closed" if tenant in floor.closures else "open", name


def supervised(floor: Floor, agent: str, number: str) -> tuple[str, str]:
    """Why not (`which`, `not_allowed`; empty), and the tenant that an agent means by one of its numbers, or by none
    where the agent supervises one tenant alone.
    """
    allowed = [tenant for tenant in floor.directory.platform.tenants if floor.directory.may_watch(agent, tenant)]
    owner = floor.directory.owner(number, floor.now())
    tenant = owner.id if owner else allowed[0] if len(allowed) == 1 and not number else ""
    if not allowed or (owner and owner.id not in allowed):
        return "not_allowed", ""
    return ("", tenant) if tenant else ("which", "")


def _known(floor: Floor, tenant: str, hours: str) -> Tenant:
    found = floor.directory.platform.tenants.get(tenant)
    if found is None:
        message = f"no tenant {tenant}"
        raise NotFoundError(message)
    if hours and hours not in found.hours:
        message = f"{tenant} has no hours {hours}"
        raise NotFoundError(message)
    return found


def _record(floor: Floor, closure: Closure, command: str, contact: str) -> None:
    floor.record(
        CommandGiven(
            at=floor.now(),
            tenant=closure.tenant,
            contact=contact,
            who=closure.by,
            command=command,
            target=closure.key,
            reason=closure.reason,
        )
    )
