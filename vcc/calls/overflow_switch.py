"""The overflow switch: the duty manager turns it on for a tenant, or one of its queues, until somebody turns it off.

    vcc overflow · POST /tenants/{tenant}/overflow · *07 with number and PIN --> turn --> floor, store, fact

What happens then says the `overflow` of each queue. The switch survives a restart; who turned it, when, how and why is
a fact.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from core.errors import NotFoundError
from core.facts import CommandGiven
from tenancy.names import qualify, text_in
from vcc.calls.closures import supervised

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vcc.calls.floor import Floor
    from vcc.calls.session import ContactSession


@dataclass(frozen=True, kw_only=True, slots=True)
class OverflowSwitch:
    """Who turned the switch of what (`queue` empty: all queues of the tenant), when (POSIX seconds) and why."""

    tenant: str
    queue: str = ""
    by: str = ""
    at: float = 0.0
    reason: str = ""

    @property
    def key(self) -> str:
        """Under which it is kept."""
        return qualify(self.tenant, self.queue) if self.queue else self.tenant


def restore(stored: Mapping[str, Mapping[str, Any]]) -> dict[str, OverflowSwitch]:
    """What was on before a restart."""
    return {key: OverflowSwitch(**data) for key, data in stored.items()}


def turn(floor: Floor, switch: OverflowSwitch, *, on: bool, contact: str = "") -> None:
    """Turn it on or off, for those who wait too. Raises NotFoundError for a tenant or a queue that there is not."""
    tenant = floor.directory.platform.tenants.get(switch.tenant)
    if tenant is None:
        message = f"no tenant {switch.tenant}"
        raise NotFoundError(message)
    if switch.queue and switch.queue not in tenant.queues:
        message = f"{switch.tenant} has no queue {switch.queue}"
        raise NotFoundError(message)
    if on:
        floor.overflow_switches[switch.key] = switch
        floor.store.put("overflow", switch.key, asdict(switch))
    else:
        floor.overflow_switches.pop(switch.key, None)
        floor.store.delete("overflow", switch.key)
    floor.record(
        CommandGiven(
            at=floor.now(),
            tenant=switch.tenant,
            contact=contact,
            who=switch.by,
            command="overflow_on" if on else "overflow_off",
            target=switch.key,
            reason=switch.reason,
        )
    )
    floor.overflows()


def on_for(floor: Floor, queue: str) -> OverflowSwitch | None:
    """The switch that is on for a queue, its own or that of its tenant."""
    on = floor.overflow_switches
    return (on.get(queue) or on.get(queue.partition("/")[0])) if on else None


def by_telephone(floor: Floor, session: ContactSession, agent: str, given: Mapping[str, str]) -> tuple[str, str]:
    """What an agent, whose PIN was right, asks of the switch of a tenant that the agent supervises: `wish` is on, off,
    or empty to know how it is; `tenant` one of its numbers, not needed where there is one tenant alone.

    The result (`on`, `off`, `which`, `not_allowed`) and the tenant's name.
    """
    refused, tenant = supervised(floor, agent, given.get("tenant", ""))
    if refused:
        return refused, ""
    wish = given.get("wish", "")
    if wish in ("on", "off"):
        switch = OverflowSwitch(tenant=tenant, by=agent, at=floor.now(), reason="by telephone")
        turn(floor, switch, on=wish == "on", contact=session.contact)
    name = text_in(floor.directory.platform.tenants[tenant].name, floor.directory.language_on(session.phone, agent))
    return "on" if tenant in floor.overflow_switches else "off", name
