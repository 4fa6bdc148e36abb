"""What an asker may do: every command looks its target up in the asker's scope first, then goes to the hub."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from core.errors import ForbiddenError, NotFoundError
from vcc.calls.control import NewAssignment
from vcc.tasks import spawn

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    from reporting.segments import Recorded
    from tenancy.shifts import Shift
    from vcc.api.scope import Scope
    from vcc.calls.control import Control, FlowPublishing
    from vcc.calls.publications import Publication

_log = structlog.get_logger()


class Commands:
    """Commands of one asker. Each raises NotFoundError for what is out of reach, ConflictError for a wrong moment."""

    def __init__(self, scope: Scope, control: Control) -> None:
        """Commands of the scope's principal, whose name goes into the record."""
        self._scope = scope
        self._control = control
        self._who = scope.principal.name

    def set_agent(self, name: str, wish: str, *, reason: str, phone: str) -> None:
        """Make an agent ready, not_ready or signed_out. Raises ForbiddenError for one leased from the platform."""
        agent = self._scope.commanded_agent(name)
        if phone:
            self._scope.phone_for(agent, phone)
        self._control.set_agent(agent.agent, wish, reason=reason, phone=phone, who=self._who)
        _log.info("command given", who=self._who, command="set_agent", target=name, wish=wish)

    def extend_wrap_up(self, name: str) -> None:
        """Give an agent more time after a call. Raises ForbiddenError for one leased from the platform."""
        agent = self._scope.commanded_agent(name)
        self._control.extend_wrap_up(agent.agent, who=self._who)
        _log.info("command given", who=self._who, command="extend_wrap_up", target=name)

    def assign_queue(
        self, name: str, queue: str, *, on: bool | None, until: float | None, shift: bool, reason: str
    ) -> None:
        """Put an agent on a queue or take the agent off it; None: as configured again."""
        agent, level = self._scope.assigned_agent(name, queue), None if on is None else int(on)
        said = NewAssignment(queue=queue, level=level, until=until, shift=shift, who=self._who, reason=reason)
        self._control.assign(agent.agent, said)
        _log.info("command given", who=self._who, command="assign_queue", target=name, queue=queue, level=level)

    def assign_skill(
        self, name: str, skill: str, *, level: int | None, until: float | None, shift: bool, reason: str
    ) -> None:
        """Say how well an agent has a skill; None: as configured again. Raises ForbiddenError for one of the platform's
        skills of an agent leased from it.
        """
        agent = self._scope.agent(name)
        found = self._scope.skill(agent, skill)
        said = NewAssignment(skill=found, level=level, until=until, shift=shift, who=self._who, reason=reason)
        self._control.assign(agent.agent, said)
        _log.info("command given", who=self._who, command="assign_skill", target=name, skill=found, level=level)

    def hang_up(self, contact: str) -> None:
        """End a call."""
        call = self._scope.call(contact)
        self._control.hang_up(call.contact, who=self._who)
        _log.info("command given", who=self._who, command="hang_up", target=contact, tenant=call.tenant)

    def cancel_callback(self, callback: str) -> None:
        """Call somebody back no more."""
        found = self._scope.callback(callback)
        self._control.cancel_callback(found.callback, who=self._who)
        _log.info("command given", who=self._who, command="cancel_callback", target=callback, tenant=found.tenant)

    def move(self, contact: str, *, queue: str | None, priority: int | None) -> None:
        """Give a waiting call another queue or priority."""
        call = self._scope.call(contact)
        if queue is not None:
            self._scope.queue(queue)
        self._control.move(call.contact, queue=queue, priority=priority, who=self._who)
        _log.info("command given", who=self._who, command="move", target=contact, tenant=call.tenant)

    def take(self, contact: str, agent: str) -> None:
        """An agent takes a waiting call from the list."""
        call, taker = self._scope.call(contact), self._scope.agent(agent)
        self._control.take(call.contact, taker.agent, who=self._who)
        _log.info("command given", who=self._who, command="take", target=contact, tenant=call.tenant)

    def record(self, contact: str, action: str) -> None:
        """Start, pause or resume the recording of a conversation."""
        call = self._scope.conversation(contact)
        self._control.record(call.contact, action, who=self._who)
        _log.info("command given", who=self._who, command=f"recording_{action}", target=contact, tenant=call.tenant)

    def converse(self, contact: str, action: str) -> None:
        """Hold, resume, mute or unmute in a conversation."""
        call = self._scope.conversation(contact)
        self._control.converse(call.contact, action, who=self._who)
        _log.info("command given", who=self._who, command=action, target=contact, tenant=call.tenant)

    def consult(self, contact: str, kind: str, name: str) -> None:
        """Have somebody rung for the agent of a conversation."""
        call = self._scope.conversation(contact)
        self._control.consult(call.contact, kind, name, who=self._who)
        _log.info("command given", who=self._who, command="consult", target=contact, tenant=call.tenant, kind=kind)

    def park(self, contact: str) -> str:
        """Park the caller of a conversation; the slot."""
        call = self._scope.conversation(contact)
        slot = self._control.park(call.contact, who=self._who)
        _log.info("command given", who=self._who, command="park", target=contact, tenant=call.tenant)
        return slot

    def retrieve(self, contact: str, agent: str) -> None:
        """Offer a parked caller to an agent; an agent: whom it has parked, to itself."""
        call = self._scope.parked(contact)
        own = self._scope.principal.agent
        if own and agent != own:
            raise NotFoundError(f"There is no agent '{agent}'.")
        self._control.retrieve(call.contact, agent, who=self._who)
        _log.info("command given", who=self._who, command="retrieve", target=contact, tenant=call.tenant)

    def supervise(self, contact: str, phone: str, mode: str) -> None:
        """Have a phone in reach hear a conversation."""
        call, phone = self._scope.call(contact), self._scope.phone_to_ring(phone).phone
        self._control.supervise(call.contact, phone, mode, who=self._who)
        _log.info("command given", who=self._who, command="supervise", target=contact, tenant=call.tenant, mode=mode)

    def transfer(self, contact: str, kind: str, name: str) -> None:
        """Send the caller of a conversation on."""
        call = self._scope.conversation(contact)
        self._control.transfer(call.contact, kind, name, who=self._who)
        _log.info("command given", who=self._who, command="transfer", target=contact, tenant=call.tenant, kind=kind)

    def dispose(self, contact: str, agent: str, queue: str, code: str) -> str:
        """Record what came of a conversation that was found in the scope; what the code means."""
        meaning = self._control.dispose(contact, agent, queue, code, who=self._who)
        _log.info("command given", who=self._who, command="disposition", target=contact, agent=agent)
        return meaning

    def listen(self, recording: Recorded, contact: str, *, how: str, offset: int) -> Path:
        """The file of a recording that was found in the scope; that it was given out is a fact. Raises ForbiddenError
        for those without the right to listen.
        """
        if not self._scope.may_listen:
            raise ForbiddenError("Recordings may be played by those only who were given the right 'listen'.")
        _log.info("recording given out", who=self._who, recording=recording.recording, tenant=recording.tenant)
        return self._control.listen(recording, contact, who=self._who, how=how, offset=offset)

    def close_hours(self, tenant: str, *, closed: bool, hours: str, reason: str, say: Mapping[str, str]) -> None:
        """Switch a tenant's emergency closure, or that of its hours."""
        found = self._scope.tenant(tenant)
        self._control.close_hours(found.id, closed=closed, who=self._who, hours=hours, reason=reason, say=say)
        _log.info("command given", who=self._who, command="close" if closed else "open", target=tenant, tenant=tenant)

    def turn_overflow(self, tenant: str, *, on: bool, queue: str, reason: str) -> None:
        """Turn the overflow switch of a tenant, or of one of its queues."""
        found, command = self._scope.tenant(tenant), "overflow_on" if on else "overflow_off"
        self._control.turn_overflow(found.id, on=on, who=self._who, queue=queue, reason=reason)
        _log.info("command given", who=self._who, command=command, target=queue or tenant, tenant=tenant)

    def plan_shifts(self, tenant: str, days: Mapping[date, tuple[Shift, ...]]) -> None:
        """Replace a tenant's shift tables of these days."""
        found = self._scope.tenant(tenant)
        self._control.plan_shifts(found.id, days, who=self._who)
        _log.info("command given", who=self._who, command="plan_shifts", target=tenant, days=len(days))

    @property
    def publishing(self) -> FlowPublishing:
        """Publications of flows, to be looked at; whoever asks names a flow of a tenant in the scope."""
        return self._control.publishing

    async def publish(
        self,
        flow: str,
        text: str,
        *,
        begins: float | None,
        ends: float | None,
        share: int,
        note: str,
        scripts: Mapping[str, str],
    ) -> Publication:
        """Publish a text of a flow that was found in the scope."""
        done = await self._control.publishing.publish(
            flow, text, who=self._who, begins=begins, ends=ends, share=share, note=note, scripts=scripts
        )
        _log.info("command given", who=self._who, command="publish", target=flow, number=done.number)
        return done

    def approve(self, flow: str, number: int) -> Publication:
        """Approve a proposed publication of a flow that was found in the scope."""
        done = self._control.publishing.approve(flow, number, who=self._who)
        _log.info("command given", who=self._who, command="approve", target=flow, number=number)
        return done

    def withdraw(self, flow: str, number: int | None) -> Publication:
        """Take a publication back of a flow that was found in the scope; None: the one in force."""
        done = self._control.publishing.withdraw(flow, number, who=self._who)
        _log.info("command given", who=self._who, command="withdraw", target=flow, number=done.number)
        return done

    async def reload(self) -> str:
        """Read the configuration again; its version. Raises ConfigurationError."""
        _log.info("command given", who=self._who, command="reload", target="")
        return await self._control.reload(who=self._who)

    def drain(self) -> None:
        """Begin to take no new calls; the others go on to their end."""
        _log.info("command given", who=self._who, command="drain", target="")
        spawn(self._control.drain(who=self._who), name="drain")
