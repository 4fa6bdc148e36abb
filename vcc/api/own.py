"""What is the asking agent's own: itself, its call, whom it has parked, and what its work needs of others.

A part of the scope (`Scope.own`); to every other role nothing is its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import NotFoundError
from core.facts import Direction
from tenancy.secrets import Role
from vcc.calls.states import CONVERSING

if TYPE_CHECKING:
    from tenancy.model import Tenant
    from vcc.api.identity import Principal
    from vcc.calls.control import Control, LiveAgent, LiveCall, LivePhone


class Own:
    """The platform as far as it is the asking agent's own, now."""

    def __init__(self, principal: Principal, control: Control) -> None:
        """What is `principal`'s."""
        self._name = principal.agent if principal.role is Role.AGENT else ""
        self._control = control

    def is_asking(self, agent: str) -> bool:
        """Whether this agent itself asks."""
        return agent != "" and agent == self._name

    def talks_in(self, call: LiveCall) -> bool:
        """Whether the asking agent has the caller now; a colleague who has called is none, but by way of a queue."""
        by_queue = call.queue or call.direction != Direction.INTERNAL
        return self.is_asking(call.agent) and call.state in CONVERSING and bool(by_queue)

    def has_parked(self, call: LiveCall) -> bool:
        """Whether the caller is in a slot, and the asking agent has parked it."""
        return self.is_asking(call.left_agent) and call.state == "parked"

    def agent(self) -> LiveAgent:
        """The asking agent. Raises NotFoundError where the configuration has it no more."""
        found = self._control.agent(self._name)
        if found is None:
            raise NotFoundError(f"There is no agent '{self._name}'.")
        return found

    def call(self, own: LiveAgent) -> LiveCall | None:
        """The call that the agent is in, or whose phone rings for it."""
        return self._control.call(own.contact) if own.contact else None

    def conversation(self, own: LiveAgent) -> LiveCall | None:
        """The call in which the agent has the caller."""
        call = self.call(own)
        return call if call is not None and self.talks_in(call) else None

    def talk(self, contact: str) -> str:
        """The queue of the agent's conversation with this contact, the one that goes on or the last. Raises
        NotFoundError.
        """
        own, call = self.agent(), self._control.call(contact)
        if call is not None and self.talks_in(call):
            return call.queue
        if contact == own.last_contact:
            return own.last_queue
        raise NotFoundError(f"'{contact}' is neither your conversation nor your last one.")

    def greeting(self, call: LiveCall) -> str:
        """What the agent is to say in a call that is its own."""
        return self._control.greeting(call.contact, self._name)

    def parked(self) -> list[LiveCall]:
        """Whom the agent has parked, oldest first."""
        return [call for call in self._control.parked() if self.has_parked(call)]

    # --- what its work needs of others ---

    def tenants(self, own: LiveAgent) -> dict[str, Tenant]:
        """The tenants that the agent serves, by id: of each as much as its agents are told."""
        tenants = self._control.platform.tenants
        return {name: tenants[name] for name in own.serves if name in tenants}

    def colleagues(self, tenant: str) -> list[LiveAgent]:
        """Who else could take a call of a tenant now, that the agent serves."""
        return [
            agent
            for agent in self._control.agents()
            if agent.agent != self._name and tenant in agent.seated and _can_be_asked(agent)
        ]

    def phones(self, own: LiveAgent) -> list[LivePhone]:
        """The phones on which the agent could sign in now: in reach of it, reachable, nobody else's; its mobile seats
        last.
        """
        found = [
            phone
            for phone in self._control.phones()
            if phone.tenant in {"", *own.serves}
            and phone.reachable
            and phone.agent in {"", own.agent}
            and self._control.platform.phones[phone.phone].may_be_of(own.agent)
        ]
        return sorted(found, key=lambda phone: phone.transport == "outside")


def _can_be_asked(agent: LiveAgent) -> bool:
    free = agent.phase in {"idle", "wrap_up"} and agent.reachable and not agent.in_use
    return free and agent.wish == "ready"
