"""For which tenant a leased agent works at the moment, learned from the facts.

A tenant may see that an agent it leases is busy, and details only of its own calls; so it has to be known whose call it
is, also in the wrap-up after a call that is over.

    OfferMade, AgentConnected of tenant T          -> the agent works for T
    AgentStateChanged to idle, or signed out       -> for nobody
    a fact that names a contact and its tenant     -> the contact is that tenant's, until ContactEnded
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from core.facts import AgentConnected, AgentStateChanged, ContactEnded, Fact, OfferMade
from reporting.live_duty import BUSY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vcc.calls.control import LiveAgent, LiveCall

_CONTACTS_KEPT = 50_000


class Engagements:
    """Which tenant a contact belongs to now, and which tenant an agent works for now."""

    def __init__(self) -> None:
        """Start knowing nothing: an engagement that is not known counts as somebody else's."""
        self._contacts: OrderedDict[str, str] = OrderedDict()
        self._agents: dict[str, str] = {}

    def seed(self, calls: Iterable[LiveCall], agents: Iterable[LiveAgent]) -> None:
        """Take what is true now, and forget all else: at the start, or when facts were missed."""
        self._contacts.clear()
        self._agents.clear()
        for call in calls:
            self._remember(call.contact, call.tenant)
        for agent in agents:
            if agent.phase in BUSY and (tenant := self._contacts.get(agent.contact)):
                self._agents[agent.agent] = tenant

    def note(self, fact: Fact) -> None:
        """Take the next fact."""
        if isinstance(fact, ContactEnded):
            self._contacts.pop(fact.contact, None)
        elif isinstance(fact, AgentStateChanged):
            self._agent_changed(fact)
        elif fact.contact and fact.tenant:
            self._remember(fact.contact, fact.tenant)
            if isinstance(fact, OfferMade | AgentConnected):
                self._agents[fact.agent] = fact.tenant

    def tenant_of(self, agent: str, contact: str = "") -> str:
        """The tenant that `agent` works for, busy with `contact` or (empty) wrapping up; empty: not known."""
        return self._contacts.get(contact, "") if contact else self._agents.get(agent, "")

    def of_fact(self, fact: Fact) -> str:
        """The tenant that the agent of this fact, the one noted last, works for; empty: nobody, or not known."""
        return self.tenant_of(fact.agent, fact.contact) if isinstance(fact, AgentStateChanged) else ""

    def _agent_changed(self, fact: AgentStateChanged) -> None:
        if fact.phase not in BUSY:
            self._agents.pop(fact.agent, None)
        elif tenant := self._contacts.get(fact.contact):
            self._agents[fact.agent] = tenant

    def _remember(self, contact: str, tenant: str) -> None:
        self._contacts[contact] = tenant
        self._contacts.move_to_end(contact)
        while len(self._contacts) > _CONTACTS_KEPT:
            self._contacts.popitem(last=False)
