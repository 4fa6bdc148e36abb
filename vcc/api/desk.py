"""An agent's own page as data: its state, the call that it is in, what may be said of it, whom it has parked.

    fact -> the agents that it names, and those in whose call it happened -> snapshots.py

Besides the present state one thing is kept here: which disposition an agent gave last.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from core.facts import ConfigurationLoaded, DispositionGiven
from vcc.api.models_desk import Desk, DeskCall, DeskConversation, DeskParked
from vcc.api.snapshots import Snapshots

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from core.facts import Fact
    from tenancy.model import Tenant
    from vcc.api.scope import Scope
    from vcc.calls.control import Control, LiveAgent, LiveCall

#: Agents who may have their page open at once.
AGENTS = 2_000


class Desks:
    """The own pages of all agents. Only those that are open cost anything."""

    def __init__(self, control: Control, clock: Callable[[], float]) -> None:
        """`clock` tells POSIX seconds."""
        self.snapshots = Snapshots(AGENTS)
        self._control = control
        self._clock = clock
        self._given: dict[str, tuple[str, str]] = {}  # by agent: the contact, and the code that was given for it
        self._contacts: dict[str, frozenset[str]] = {}  # by agent: those on its page
        self._agents: defaultdict[str, set[str]] = defaultdict(set)  # by contact: the agents on whose pages it is

    def note(self, fact: Fact) -> None:
        """Wake those whose page shows something else since this fact."""
        if isinstance(fact, DispositionGiven):
            self._given[fact.agent] = (fact.contact, fact.code)
        if not self.snapshots:
            return
        if isinstance(fact, ConfigurationLoaded):
            self.snapshots.wake(None)
        else:
            named = {getattr(fact, "agent", ""), getattr(fact, "colleague", "")}
            self.snapshots.wake(named | self._agents.get(fact.contact, set()))

    def snapshot(self, scope: Scope) -> Desk:
        """What the asking agent's page shows now. Raises NotFoundError."""
        own = scope.own.agent()
        call, tenants = scope.own.call(own), scope.own.tenants(own)
        if call is not None and call.tenant not in tenants:
            call = None
        parked = [one for one in scope.own.parked() if one.tenant in tenants]
        self._shown(own.agent, {one.contact for one in (call, *parked) if one is not None})
        phone = self._control.platform.phones.get(own.phone)
        return Desk(
            at=self._clock(),
            time_zone=self._control.platform.time_zone,
            agent=own.agent,
            name=own.name,
            wish=own.wish,
            reason=own.reason,
            phase=own.phase,
            since=own.since or None,
            until=own.until,
            more_wrap_up_s=own.more_wrap_up_s,
            phone=own.phone,
            mobile_seat=phone is not None and phone.outside is not None,
            reachable=own.reachable,
            in_use=own.in_use,
            failed=own.failed,
            seated=tuple(tenants[name].name for name in own.seated if name in tenants),
            call=self._call(scope, own, call, tenants[call.tenant]) if call else None,
            conversation=self._conversation(own, scope.own.conversation(own), tenants),
            parked=tuple(_parked(one, tenants[one.tenant]) for one in parked),
        )

    def left(self, agent: str) -> None:
        """Somebody has left the agent's page; with the last one it is open no more."""
        if not self.snapshots.watches(agent):
            self._shown(agent, set())

    def _shown(self, agent: str, contacts: set[str]) -> None:
        """Facts of these contacts concern the agent's page from now on."""
        before = self._contacts.pop(agent, frozenset())
        for gone in before - contacts:
            self._agents[gone].discard(agent)
            if not self._agents[gone]:
                del self._agents[gone]
        for contact in contacts:
            self._agents[contact].add(agent)
        if contacts:
            self._contacts[agent] = frozenset(contacts)

    def _call(self, scope: Scope, own: LiveAgent, call: LiveCall, tenant: Tenant) -> DeskCall:
        shows = tenant.shows_caller
        return DeskCall(
            contact=call.contact,
            own=call.agent == own.agent,
            state=call.state,
            since=call.since,
            tenant=tenant.name,
            queue=_queue(tenant, call.queue),
            number=call.number,
            caller=call.caller if shows else "",
            caller_name=call.caller_name if shows else "",
            agent=self._name(call.agent),
            greeting=scope.own.greeting(call),
            muted=call.muted,
            consultation=call.consultation,
            consulted=self._name(call.consulted),
            recording=call.recording,
            may_stop_recording=call.may_stop_recording,
        )

    def _conversation(
        self, own: LiveAgent, talk: LiveCall | None, tenants: Mapping[str, Tenant]
    ) -> DeskConversation | None:
        contact, queue = (talk.contact, talk.queue) if talk else (own.last_contact, own.last_queue)
        tenant = tenants.get(queue.partition("/")[0])
        if not contact or tenant is None:
            return None
        given_for, code = self._given.get(own.agent, ("", ""))
        return DeskConversation(
            contact=contact,
            tenant=tenant.name,
            queue=_queue(tenant, queue),
            dispositions=tenant.dispositions,
            given=code if given_for == contact else "",
        )

    def _name(self, agent: str) -> str:
        found = self._control.agent(agent)
        return found.name if found else agent


def _parked(call: LiveCall, tenant: Tenant) -> DeskParked:
    caller = call.caller if tenant.shows_caller else ""
    return DeskParked(contact=call.contact, slot=call.slot, since=call.since, caller=caller, tenant=tenant.name)


def _queue(tenant: Tenant, queue: str) -> dict[str, str]:
    found = tenant.queues.get(queue.partition("/")[2])
    return dict(found.name) if found else {}
