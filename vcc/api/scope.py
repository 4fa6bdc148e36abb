"""What one asker may see. The only place where tenants are kept apart.

Every route, stream and page gets the platform through a `Scope` and never directly. What belongs to tenants out of
reach does not exist here: NotFoundError, as for a name that nobody ever used.

An agent leased to several tenants is shown to each as far as it serves it: not at all to those it is not leased to;
as signed out while it occupies no seat of theirs; as `busy_elsewhere`, without time or contact, while it works for
another.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from core.errors import ForbiddenError, NotFoundError
from core.facts import AgentStateChanged, Fact, NumberEntered, ShiftsPlanned
from reporting.live_duty import BUSY, BUSY_ELSEWHERE
from reporting.part import visible_to
from tenancy import names
from tenancy import shifts as tables
from tenancy.secrets import Right, Role
from vcc.api.identity import Principal
from vcc.api.own import Own

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from tenancy.model import Tenant
    from tenancy.shifts import Shift
    from vcc.api.engagement import Engagements
    from vcc.calls.closures import Closure
    from vcc.calls.control import (
        Control,
        LiveAgent,
        LiveCall,
        LiveCallback,
        LiveNode,
        LivePhone,
        LiveQueue,
        LiveTrunk,
        Waiting,
    )
    from vcc.calls.overflow_switch import OverflowSwitch


class Scope:
    """The platform as `principal` may see it, now: nothing is kept, every answer is made from the present state."""

    def __init__(self, principal: Principal, control: Control, engagements: Engagements) -> None:
        """`engagements` tells whose call a leased agent is on."""
        self.principal = principal
        self._control = control
        self._engagements = engagements
        self._all = principal.role is Role.PLATFORM

    def of_tenant(self, tenant: str) -> Scope:
        """The same platform as only this tenant sees it, whoever looks: what a page that several people watch shows."""
        self.tenant(tenant)
        viewer = Principal(name=self.principal.name, role=Role.TENANT, tenants=frozenset({tenant}))
        return Scope(viewer, self._control, self._engagements)

    @property
    def own(self) -> Own:
        """What is the asking agent's own; of other roles nothing is."""
        return Own(self.principal, self._control)

    # --- tenants ------------------------------------------------------------------------------------------------

    def reaches(self, tenant: str) -> bool:
        """Whether what belongs to `tenant` may be seen; what belongs to none is the platform's."""
        if self._all:
            return True
        return self.principal.role is not Role.AGENT and tenant in self.principal.tenants

    @property
    def reach(self) -> frozenset[str] | None:
        """The tenants in reach, for a query; None: all."""
        if self._all:
            return None
        return frozenset() if self.principal.role is Role.AGENT else self.principal.tenants

    def tenants(self) -> list[Tenant]:
        """Every tenant in reach, by id."""
        found = self._control.platform.tenants
        return [found[name] for name in sorted(found) if self.reaches(name)]

    def tenant(self, tenant: str) -> Tenant:
        """One tenant. Raises NotFoundError."""
        found = self._control.platform.tenants.get(tenant)
        if found is None or not self.reaches(tenant):
            raise NotFoundError(f"There is no tenant '{tenant}'.")
        return found

    def is_closed(self, tenant: str) -> bool:
        """Whether the tenant's emergency closure is on. Raises NotFoundError."""
        return self.tenant(tenant).id in self._control.closed_tenants()

    def read_shifts(self, tenant: str, text: str, file: str) -> dict[date, tuple[Shift, ...]]:
        """What a shift table for the tenant says. Raises NotFoundError, ConfigurationError with every mistake."""
        return tables.read(text, file, self._control.platform, self.tenant(tenant))

    def shifts(self, tenant: str, since: date, until: date) -> list[ShiftsPlanned]:
        """The tenant's shift tables of these days. Raises NotFoundError."""
        return self._control.shifts(self.tenant(tenant).id, since, until)

    def seats(self, tenant: str) -> int | None:
        """How many agents may be signed in for the tenant now. Raises NotFoundError."""
        return self._control.seats(self.tenant(tenant).id)

    def overflow_switches(self, tenant: str) -> list[OverflowSwitch]:
        """The overflow switches of the tenant that are on. Raises NotFoundError."""
        return self._control.overflow_switches(self.tenant(tenant).id)

    def closures(self, tenant: str) -> list[Closure]:
        """What of a tenant is closed by hand. Raises NotFoundError."""
        return self._control.closures(self.tenant(tenant).id)

    def narrowed(self, tenant: str | None) -> frozenset[str] | None:
        """The tenants of a query that asks for one tenant, or (None) for all in reach. Raises NotFoundError."""
        if tenant is None:
            return self.reach
        return frozenset({self.tenant(tenant).id})

    # --- calls, queues, nodes -----------------------------------------------------------------------------------

    def calls(self) -> list[LiveCall]:
        """Every call going on of the tenants in reach, oldest first."""
        return [call for call in self._control.calls() if self.reaches(call.tenant)]

    def call(self, contact: str) -> LiveCall:
        """One call that is going on. Raises NotFoundError."""
        call = self._control.call(contact)
        if call is not None and self.reaches(call.tenant):
            return call
        raise NotFoundError(f"There is no call '{contact}' going on.")

    def callbacks(self) -> list[LiveCallback]:
        """Everybody who is to be called back by the tenants in reach."""
        return [callback for callback in self._control.callbacks() if self.reaches(callback.tenant)]

    def callback(self, callback: str) -> LiveCallback:
        """One open callback. Raises NotFoundError."""
        for found in self.callbacks():
            if found.callback == callback:
                return found
        raise NotFoundError(f"There is no open callback '{callback}'.")

    def waits_for(self, contact: str) -> Waiting | None:
        """Why a call waits; None: it does not, or is out of reach."""
        call = self._control.call(contact)
        return self._control.waits_for(contact) if call is not None and self.reaches(call.tenant) else None

    def queues(self) -> list[LiveQueue]:
        """Every queue of the tenants in reach, by name."""
        return [queue for queue in self._control.queues() if self.reaches(queue.tenant)]

    def queue(self, queue: str) -> LiveQueue:
        """One queue. Raises NotFoundError."""
        for found in self._control.queues():
            if found.queue == queue and self.reaches(found.tenant):
                return found
        raise NotFoundError(f"There is no queue '{queue}'.")

    def phones(self) -> list[LivePhone]:
        """Every phone of the tenants in reach, by name; agents who are not to be seen are not named."""
        seen = {agent.agent: agent.phone for agent in self.agents()}
        return [
            phone if not phone.agent or seen.get(phone.agent) == phone.phone else replace(phone, agent="")
            for phone in self._control.phones()
            if self.reaches(phone.tenant)
        ]

    def phones_to_ring(self) -> list[LivePhone]:
        """Every phone that may be rung by command and can be reached, by name. Of the platform's own no more is told
        than that they are there.
        """
        found = [phone for phone in self._may_be_rung() if phone.reachable]
        return [
            phone if self.reaches(phone.tenant) else replace(phone, registered=None, since=0.0, detail="")
            for phone in found
        ]

    def phone_to_ring(self, phone: str) -> LivePhone:
        """A phone that may be rung by command. Raises NotFoundError."""
        for found in self._may_be_rung():
            if found.phone == phone:
                return found
        raise NotFoundError(f"There is no phone '{phone}'.")

    def _may_be_rung(self) -> Iterator[LivePhone]:
        """The phones of the tenants in reach, and the platform's where nobody sits who is not to be seen; no seats
        outside.
        """
        seen, configured = {agent.phone for agent in self.agents() if agent.phone}, self._control.platform.phones
        for phone in self._control.phones():
            shared = not phone.tenant and (not phone.agent or phone.phone in seen)
            settings = configured.get(phone.phone)
            if settings is not None and settings.outside is None and (shared or self.reaches(phone.tenant)):
                yield phone

    def parked(self, contact: str) -> LiveCall:
        """One caller who may be taken back: of a tenant in reach, or whom the asking agent has parked. Raises
        NotFoundError.
        """
        call = self._control.call(contact)
        if call is not None and (self.own.has_parked(call) or self.reaches(call.tenant)):
            return call
        raise NotFoundError(f"There is no call '{contact}' going on.")

    def phone_for(self, agent: LiveAgent, phone: str) -> LivePhone:
        """A phone on which an agent may be signed in by command: the platform's, or one of a tenant that it serves.

        Raises NotFoundError.
        """
        for found in self._control.phones():
            if found.phone == phone and (self._all or found.tenant in {"", *agent.serves}):
                return found
        raise NotFoundError(f"There is no phone '{phone}'.")

    def nodes(self) -> list[LiveNode]:
        """The switches; the platform's alone. Raises ForbiddenError."""
        if not self._all:
            raise ForbiddenError("The switches are shown to the platform's role only.")
        return self._control.nodes()

    def trunks(self) -> list[LiveTrunk]:
        """The trunks; the platform's alone. Raises ForbiddenError."""
        if not self._all:
            raise ForbiddenError("The trunks are shown to the platform's role only.")
        return self._control.trunks()

    def spent(self) -> tuple[dict[str, float], str]:
        """What calls to numbers outside cost today, and the currency; the platform's alone. Raises ForbiddenError."""
        if not self._all:
            raise ForbiddenError("What calls cost is shown to the platform's role only.")
        return self._control.spent(), self._control.platform.outside.currency

    def version(self) -> str:
        """The checksum of the configuration in force; the platform's alone. Raises ForbiddenError."""
        if not self._all:
            raise ForbiddenError("The configuration's version is shown to the platform's role only.")
        return self._control.version

    def conversation(self, contact: str) -> LiveCall:
        """One call that is going on, also for the agent who talks in it. Raises NotFoundError."""
        call = self._control.call(contact)
        if call is not None and (self.own.talks_in(call) or self.reaches(call.tenant)):
            return call
        raise NotFoundError(f"There is no call '{contact}' going on.")

    @property
    def may_listen(self) -> bool:
        """Whether recordings of the tenants in reach may be played."""
        return self._all or Right.LISTEN in self.principal.may

    # --- agents -------------------------------------------------------------------------------------------------

    def agents(self) -> list[LiveAgent]:
        """Every agent who works for a tenant in reach, by name, as far as it may be seen."""
        return [seen for agent in self._control.agents() if (seen := self._agent(agent)) is not None]

    def agent(self, name: str) -> LiveAgent:
        """One agent. Raises NotFoundError."""
        agent = self._control.agent(name)
        if agent is not None and (seen := self._agent(agent)) is not None:
            return seen
        raise NotFoundError(f"There is no agent '{name}'.")

    def commanded_agent(self, name: str) -> LiveAgent:
        """One agent whose state the asker may change. Raises NotFoundError, ForbiddenError for a leased one."""
        agent = self.agent(name)
        if self._all or self._is_own(name) or (agent.tenant and self.reaches(agent.tenant)):
            return agent
        raise ForbiddenError(f"The agent '{name}' is leased from the platform, which alone may change its state.")

    def assigned_agent(self, name: str, queue: str) -> LiveAgent:
        """One agent whom the asker may put on a queue in reach, or take off it: also one who is leased from the
        platform, as that changes nothing for others. Raises NotFoundError.
        """
        self.queue(queue)
        return self.agent(name)

    def skill(self, agent: LiveAgent, skill: str) -> str:
        """The platform-wide name of a skill that the asker may set for an agent: any for an own one; for a leased one
        those of the tenants in reach, as others count for other tenants too. Raises NotFoundError, ForbiddenError.
        """
        found = names.find_skill(self._control.platform, agent.tenant, skill)
        if found is None or not self._knows_skill(found):
            raise NotFoundError(f"There is no skill '{skill}' for the agent '{agent.agent}'.")
        if not self._all and not agent.tenant and "/" not in found:
            raise ForbiddenError(f"The skill '{skill}' of a leased agent is the platform's, which alone may set it.")
        return found

    def skills_for(self, agent: LiveAgent) -> dict[str, dict[str, str]]:
        """What they are called, of the skills that the asker may set for an agent, by platform-wide name."""
        platform, found = self._control.platform, dict[str, dict[str, str]]()
        if self._all or agent.tenant:
            found = {name: dict(texts) for name, texts in platform.skills.items()}
        for tenant in self._in_reach(agent.serves):
            own = platform.tenants[tenant].skills
            found |= {names.qualify(tenant, name): dict(texts) for name, texts in own.items()}
        return found

    def takes(self, agent: LiveAgent, queue: str) -> bool:
        """Whether an agent takes contacts of a queue now, once in a seat of its tenant."""
        return self._control.takes(agent.agent, queue)

    def _is_own(self, agent: str) -> bool:
        return self.own.is_asking(agent)

    def _agent(self, agent: LiveAgent) -> LiveAgent | None:
        if self._all or self._is_own(agent.agent):
            return agent
        if agent.tenant:
            return agent if self.reaches(agent.tenant) else None
        serves = self._in_reach(agent.serves)
        if not serves:
            return None
        seen = replace(
            agent,
            serves=serves,
            seated=self._in_reach(agent.seated),
            skills={skill: level for skill, level in agent.skills.items() if self._knows_skill(skill)},
            assigned=tuple(said for said in agent.assigned if self._knows_skill(said.queue or said.skill)),
        )
        if not seen.seated:
            return replace(
                seen,
                wish="signed_out",
                reason="",
                phase="idle",
                since=0.0,
                phone="",
                reachable=False,
                in_use=False,
                contact="",
                failed="",
            )
        if agent.phase in BUSY and not self.reaches(self._engagements.tenant_of(agent.agent, agent.contact)):
            return replace(seen, phase=BUSY_ELSEWHERE, since=0.0, contact="")
        return seen

    def _in_reach(self, tenants: Iterable[str]) -> tuple[str, ...]:
        return tuple(tenant for tenant in tenants if self.reaches(tenant))

    def _knows_skill(self, skill: str) -> bool:
        tenant, separator, _ = skill.rpartition("/")
        return not separator or self.reaches(tenant)

    # --- facts --------------------------------------------------------------------------------------------------

    def fact(self, fact: Fact, *, engaged: str = "") -> Fact | None:
        """The fact as far as it may be seen, or None. The very same object if nothing has to be left out.

        `engaged` is the tenant that the agent worked for at the moment of the fact: what is true now does not count.
        """
        if self._all:
            return fact
        if isinstance(fact, AgentStateChanged):
            return self._agent_fact(fact, engaged)
        if isinstance(fact, NumberEntered):
            return self._led(fact)
        return fact if fact.tenant and self.reaches(fact.tenant) else None

    def _led(self, fact: NumberEntered) -> Fact | None:
        """A contact led from one tenant's number into another's: an end for the one, an arrival for the other."""
        if self.reaches(fact.tenant) and self.reaches(fact.from_tenant):
            return fact
        part = visible_to((fact,), self.principal.tenants) if self.reach else ()
        return part[0] if part else None

    def _agent_fact(self, fact: AgentStateChanged, engaged: str) -> AgentStateChanged | None:
        if self._is_own(fact.agent) or (fact.tenant and self.reaches(fact.tenant)):
            return fact
        agent = self._control.platform.agents.get(fact.agent)
        if agent is None or not self._in_reach(agent.serves):
            return None
        serves = self._in_reach(fact.serves)
        seen = replace(fact, tenant="", serves=serves)
        if not serves:
            return replace(seen, wish="signed_out", phase="idle", reason="", phone="", contact="", node="", failed="")
        if fact.phase in BUSY and not self.reaches(engaged):
            return replace(seen, phase=BUSY_ELSEWHERE, contact="", node="")
        return seen
