"""What the control API may do to the floor; what it may see is in views.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from acd.expecting import finite
from acd.protocol import Wish
from core.errors import ConflictError, NotFoundError
from core.facts import CommandGiven, ContactQueued, Outcome, Party, QueueLeft, RecordingPlayed
from telephony.port import SpyMode
from tenancy.names import qualify
from vcc.calls import arrivals, closures, dispositions, overflow_switch
from vcc.calls.agents import seats_for
from vcc.calls.assignments import Assignment
from vcc.calls.closures import Closure
from vcc.calls.control import Waiting
from vcc.calls.destinations import Kind, Target
from vcc.calls.overflow_switch import OverflowSwitch
from vcc.calls.session import ContactSession, Stage
from vcc.calls.views import Views

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from contextlib import AbstractAsyncContextManager
    from datetime import date
    from pathlib import Path

    from core.facts import Fact, ShiftsPlanned
    from reporting.segments import Recorded
    from tenancy.shifts import Shift
    from vcc.calls.control import FlowPublishing, NewAssignment
    from vcc.calls.hub import Hub


class Operations(Protocol):
    """What only the whole program can do."""

    @property
    def version(self) -> str:
        """The checksum of the configuration in force."""
        ...

    @property
    def healthy(self) -> bool:
        """Whether the stores can be written."""
        ...

    @property
    def publishing(self) -> FlowPublishing:
        """Publications of flows."""
        ...

    async def reload(self) -> str:
        """Read the configuration again."""
        ...

    async def drain(self) -> None:
        """Take no new calls and wait for the others."""
        ...

    def subscribe(self, bound: int) -> AbstractAsyncContextManager[AsyncIterator[Fact]]:
        """Live facts."""
        ...


#: What is done to a consultation.
CONSULTATION = ("complete", "cancel", "alternate", "conference")


class Overview(Views):
    """Fulfils `vcc.calls.control.Control` for one hub."""

    def __init__(self, hub: Hub, operations: Operations) -> None:
        """`operations` does what is larger than the floor."""
        super().__init__(hub)
        self._operations = operations

    @property
    def version(self) -> str:
        """The checksum of the configuration in force."""
        return self._operations.version

    @property
    def ready(self) -> bool:
        """Whether calls can be taken."""
        nodes = self.platform.nodes
        return (
            not self._floor.draining
            and self._operations.healthy
            and all(self._hub.nodes.state(node).up for node in nodes)
        )

    # --- commands ---

    def set_agent(self, agent: str, wish: str, *, reason: str = "", phone: str = "", who: str) -> None:
        """Make an agent ready, not_ready or signed_out; `ready` of one who is signed out needs a phone. With another
        phone than before the agent is taken over to it, where `second_phone` says so.
        """
        floor, router, now = self._floor, self._floor.router, self._floor.now()
        if agent not in floor.directory.agents:
            message = f"no agent {agent}"
            raise NotFoundError(message)
        settings = self.platform.phones.get(phone)
        if settings is not None and not settings.may_be_of(agent):
            message = f"{phone} is a mobile seat of {' and '.join(settings.agents)}, not of {agent}"
            raise ConflictError(message)
        state = router.agent(agent)
        if state is None or state.wish is Wish.SIGNED_OUT:
            self._sign_in(agent, Wish(wish), phone, reason)
        elif phone and phone != state.phone:
            if floor.directory.second_phone(agent) != "move" or phone not in self.platform.phones:
                message = f"{agent} is signed in on {state.phone}: sign out there first"
                raise ConflictError(message)
            floor.obey(router.sign_in(agent, phone, state.serves, now, wish=state.wish, reason=state.reason, move=True))
        match Wish(wish):
            case Wish.READY:
                floor.obey(router.ready(agent, now))
            case Wish.NOT_READY:
                floor.obey(router.not_ready(agent, reason, now))
            case Wish.SIGNED_OUT:
                floor.obey(router.sign_out(agent, now))
        self._given(who, wish, agent)

    def _sign_in(self, agent: str, wish: Wish, phone: str, reason: str) -> None:
        floor = self._floor
        if wish is Wish.SIGNED_OUT:
            return
        if phone not in self.platform.phones:
            message = f"{agent} is signed out; say on which phone to sign in" + (
                f": there is no {phone}" if phone else ""
            )
            raise ConflictError(message)
        free = seats_for(floor, agent)
        if not free:
            message = f"no seat is free for {agent}"
            raise ConflictError(message)
        floor.obey(floor.router.sign_in(agent, phone, free, floor.now(), wish=wish, reason=reason))

    def extend_wrap_up(self, agent: str, *, who: str) -> None:
        """Give an agent who is in wrap-up more time."""
        floor = self._floor
        commands = floor.router.extend_wrap_up(agent, floor.now())
        if not commands:
            message = f"{agent} is not in a wrap-up that can be extended, or has been given more time already"
            raise ConflictError(message)
        floor.obey(commands)
        self._given(who, "extend_wrap_up", agent)

    def assign(self, agent: str, said: NewAssignment) -> None:
        """Put an agent on a queue or take it off, or say how well it has a skill; None: as configured again."""
        floor, assignments = self._floor, self._floor.assignments
        if said.level is None:
            assignments.take_back(agent, queue=said.queue, skill=said.skill, by=said.who, reason=said.reason)
        else:
            until = said.until
            if said.shift:
                tenants = (said.queue.partition("/")[0],) if said.queue else floor.directory.serves(agent)
                until = assignments.end_of_shift(agent, tenants)
            assigned = Assignment(
                agent=agent,
                queue=said.queue,
                skill=said.skill,
                level=said.level,
                until=until,
                by=said.who,
                at=floor.now(),
                reason=said.reason,
            )
            assignments.assign(assigned)
        floor.settle()

    def hang_up(self, contact: str, *, who: str) -> None:
        """End a contact."""
        session = self._session(contact)
        outcome = Outcome.ANSWERED if session.talked else Outcome.ENDED_BY_FLOW
        arrivals.end(self._floor, session, outcome, Party.OPERATOR, detail=f"hung up by {who}", hang_up=True)
        self._given(who, "hang_up", contact)

    def cancel_callback(self, callback: str, *, who: str) -> None:
        """Call somebody back no more."""
        tenant = next((one.tenant for one in self._floor.callbacks.open() if one.callback == callback), "")
        self._floor.callbacks.cancel(callback, who=who)
        self._given(who, "cancel_callback", callback, tenant=tenant, contact=callback)

    def move(self, contact: str, *, queue: str | None = None, priority: int | None = None, who: str) -> None:
        """Put a waiting contact into another queue of its tenant, or give it another priority."""
        floor, session = self._floor, self._session(contact)
        if session.stage is not Stage.WAITING or not session.queue:
            message = f"{contact} does not wait in a queue"
            raise ConflictError(message)
        if queue is not None:
            queue = queue if "/" in queue else qualify(session.tenant, queue)
            rules = floor.directory.rules.queues.get(queue)
            if rules is None or rules.tenant != session.tenant:
                message = f"{session.tenant} has no queue {queue}"
                raise NotFoundError(message)
        left, waited = session.queue, floor.now() - (session.queued_at or floor.now())
        floor.obey(floor.router.move(contact, floor.now(), queue=queue, priority=priority))
        if priority is not None:
            session.priority = priority
            floor.touch(session)
        if queue and queue != left:
            session.queue = queue
            floor.record(QueueLeft(**floor.about(session), queue=left, why="moved", waited_s=waited))
            ticket = floor.router.ticket(contact)
            expected_s = finite(floor.router.expected_wait(contact, floor.now()))
            session.expected_s = None if expected_s is None else waited + expected_s
            floor.record(
                ContactQueued(
                    **floor.about(session),
                    queue=queue,
                    priority=ticket.priority if ticket else 0,
                    position=floor.router.position(contact) or 1,
                    expected_s=expected_s,
                )
            )
            floor.touch(session)
        self._given(who, "move", contact)

    def take(self, contact: str, agent: str, *, who: str) -> None:
        """An agent takes a waiting contact from the list."""
        self._session(contact)
        self._floor.obey(self._floor.router.pick(contact, agent, self._floor.now()))
        self._given(who, "take", contact)

    def waits_for(self, contact: str) -> Waiting | None:
        """Why a contact waits."""
        router, ticket = self._floor.router, self._floor.router.ticket(contact)
        able = router.waits_for(contact)
        if ticket is None or able is None:
            return None
        return Waiting(
            position=router.position(contact) or 1,
            rung=ticket.rung,
            able=able,
            step_at=router.next_step(contact),
            prefers=ticket.prefers,
        )

    def record(self, contact: str, action: str, *, who: str) -> None:
        """Start (on demand), pause or resume the recording of a conversation."""
        self._floor.recordings.command(self._session(contact), action, by=who)
        self._given(who, f"recording_{action}", contact)

    def converse(self, contact: str, action: str, *, who: str) -> None:
        """Hold, resume, mute or unmute; complete, cancel, alternate or make a conference of a consultation."""
        session = self._session(contact)
        if action in CONSULTATION:
            self._hub.consulting.do(session, action)
        else:
            self._hub.conversing.do(session, action)
        self._given(who, action, contact)

    def consult(self, contact: str, kind: str, name: str, *, who: str) -> None:
        """Ring a colleague or a number outside for the agent of a conversation."""
        self._hub.consulting.begin(self._session(contact), Target(kind=Kind(kind), name=name))
        self._given(who, "consult", contact)

    def transfer(self, contact: str, kind: str, name: str, *, who: str) -> None:
        """Send the caller of a conversation on: to an agent, a queue, a number of the platform, outside."""
        self._hub.conversing.transfer(self._session(contact), Target(kind=Kind(kind), name=name))
        self._given(who, "transfer", contact)

    def park(self, contact: str, *, who: str) -> str:
        """Park the caller of a conversation; the slot."""
        slot = self._hub.parking.park(self._session(contact))
        self._given(who, "park", contact)
        return slot

    def retrieve(self, contact: str, agent: str, *, who: str) -> None:
        """Offer a parked caller to an agent."""
        self._hub.parking.retrieve(self._session(contact), agent)
        self._given(who, "retrieve", contact)

    def supervise(self, contact: str, phone: str, mode: str, *, who: str) -> None:
        """Ring a supervisor's phone, which hears a conversation then; or change the mode of one that hears it."""
        self._hub.supervising.begin(self._session(contact), phone, SpyMode(mode), who=who)
        self._given(who, f"supervise_{mode}", contact)

    def dispose(self, contact: str, agent: str, queue: str, code: str, *, who: str) -> str:
        """Record what came of an agent's conversation; what the code means."""
        meaning = dispositions.give(self._floor, agent=agent, contact=contact, queue=queue, code=code)
        tenant = self._floor.directory.tenant_of_queue(queue)
        self._given(who, "disposition", contact, tenant=tenant, contact=contact)
        return next(iter(meaning.values()))

    def listen(self, recording: Recorded, contact: str, *, who: str, how: str, offset: int) -> Path:
        """The file of a recording; that somebody got it is a fact."""
        floor, archive, name = self._floor, self._floor.archive, recording.recording
        if archive is None or not recording.file:
            message = f"the recording {name} is no file"
            raise NotFoundError(message)
        floor.record(
            RecordingPlayed(
                at=floor.now(),
                tenant=recording.tenant,
                contact=contact,
                recording=name,
                who=who,
                how=how,
                offset=offset,
            )
        )
        return archive.path(recording.file)

    def _session(self, contact: str) -> ContactSession:
        session = self._floor.sessions.get(contact)
        if session is None:
            message = f"no call {contact} is going on"
            raise NotFoundError(message)
        return session

    def close_hours(
        self,
        tenant: str,
        *,
        closed: bool,
        who: str,
        hours: str = "",
        reason: str = "",
        say: Mapping[str, str] | None = None,
    ) -> None:
        """Switch a tenant's emergency closure, or that of its hours; it acts at once and survives a restart."""
        floor = self._floor
        closure = Closure(tenant=tenant, hours=hours, by=who, at=floor.now(), reason=reason, say=dict(say or {}))
        (closures.close if closed else closures.open_)(floor, closure)
        floor.settle()

    def overflow_switches(self, tenant: str) -> list[OverflowSwitch]:
        """The overflow switches of a tenant that are on."""
        return [switch for switch in self._floor.overflow_switches.values() if switch.tenant == tenant]

    def turn_overflow(self, tenant: str, *, on: bool, who: str, queue: str = "", reason: str = "") -> None:
        """Turn the overflow switch of a tenant or a queue; it acts at once and survives a restart."""
        floor = self._floor
        switch = OverflowSwitch(tenant=tenant, queue=queue, by=who, at=floor.now(), reason=reason)
        overflow_switch.turn(floor, switch, on=on)
        floor.settle()

    def shifts(self, tenant: str, since: date, until: date) -> list[ShiftsPlanned]:
        """A tenant's shift tables, in order of days."""
        return self._floor.shifts.of(tenant, since, until)

    def plan_shifts(self, tenant: str, days: Mapping[date, tuple[Shift, ...]], *, who: str) -> None:
        """Replace a tenant's shift tables of these days."""
        self._floor.shifts.plan(tenant, days, who=who)
        self._floor.settle()

    def _given(self, who: str, command: str, target: str, *, tenant: str = "", contact: str = "") -> None:
        floor = self._floor
        session = floor.sessions.get(target)
        whose = tenant or (session.tenant if session else floor.directory.tenant_of_agent(target))
        contact = session.contact if session else contact
        floor.record(
            CommandGiven(at=floor.now(), tenant=whose, contact=contact, who=who, command=command, target=target)
        )
        floor.settle()

    @property
    def publishing(self) -> FlowPublishing:
        """Publications of flows."""
        return self._operations.publishing

    async def reload(self, *, who: str) -> str:
        """Read the configuration again; raises ConfigurationError and keeps the old one on any mistake."""
        version = await self._operations.reload()
        self._given(who, "reload", version)
        return version

    async def drain(self, *, who: str) -> None:
        """Take no new calls; returns when the others are finished or the limit is reached."""
        self._given(who, "drain", "")
        await self._operations.drain()

    def subscribe(self, bound: int = 1_000) -> AbstractAsyncContextManager[AsyncIterator[Fact]]:
        """Live facts from now on."""
        return self._operations.subscribe(bound)
