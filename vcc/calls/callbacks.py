"""Callers who are to be called back: the list of them, and each one's place in its queue.

asked for (callback_requests.py) -> scheduled -- due, and the tenant is open --> queued: a ticket of the router
                                      ^                                            |  offered: calling_back.py
                                      +-- not reached, attempts left (retry_s) --- v
                                                             over: answered, given up, cancelled …

A callback is named after the call that asked for it. Each attempt is a contact of its own, outbound, with a record of
its own; its wait is none in the measures: nobody was kept on a line. One callback of a tenant and number is open at
once: who asks again keeps the first one's place. Who calls again and talks to an agent of the tenant is called back no
more.

Plain data, written through at each change: what vcc finds at its start goes on. One timer a callback, for what comes
next: when it is due, or when its turn comes too late.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

import structlog

from core.errors import NotFoundError
from core.facts import CallbackFailed, CallbackOver, Direction, Outcome, Party
from core.ids import LEG_PREFIX, new_contact_id
from tenancy.destinations import Destination, classify
from tenancy.hours import next_change
from vcc.calls import arrivals
from vcc.calls.closures import key as closure_key
from vcc.calls.session import ContactSession, Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.clock import TimerHandle
    from tenancy.model import Callbacks as Settings
    from tenancy.model import Tenant
    from vcc.calls.floor import Floor

_log = structlog.get_logger()

#: While no node can dial, it is looked again after so long.
_LOOK_AGAIN_S = 300.0


@dataclass(kw_only=True, slots=True)
class Callback:
    """Somebody who is to be called back. Times are POSIX seconds.

    `to` is what is dialled, `number` the tenant's number that was called, `since` when the place in the queue counts
    from, `expires` when it is given up if its turn has not come; an emergency closure holds it since `held`. `contact`
    is the attempt that comes or goes on; empty: it is not due before `due`. `attempts`: how often it was dialled;
    `last`: why the last one came to nothing.
    """

    callback: str
    tenant: str
    project: str
    number: str
    to: str
    queue: str
    priority: int | None
    skills: dict[str, int]
    customer: str
    language: str
    told: dict[str, str] = field(default_factory=dict)
    node: str
    first: str
    asked: float
    since: float
    due: float
    expires: float
    contact: str = ""
    attempts: int = 0
    last: str = ""
    held: float | None = None


class Callbacks:
    """All open callbacks of the floor."""

    def __init__(self, floor: Floor) -> None:
        """Nobody is to be called back."""
        self._floor = floor
        self._open: dict[str, Callback] = {}
        self._by_number: dict[tuple[str, str], str] = {}
        self._by_contact: dict[str, str] = {}
        self._timers: dict[str, TimerHandle] = {}
        #: set by the part that dials: ends an attempt that has not come to a conversation
        self.stop: Callable[..., None] = lambda session, **how: None

    # --- asked for --------------------------------------------------------------------------------------------------

    def take(self, callback: Callback) -> None:
        """One more is to be called back."""
        self._open[callback.callback] = callback
        self._by_number[callback.tenant, callback.to] = callback.callback
        self._keep(callback)

    def known(self, tenant: str, number: str) -> Callback | None:
        """The open callback of a number in a tenant."""
        return self._open.get(self._by_number.get((tenant, number), ""))

    def asked_by(self, contact: str) -> Callback | None:
        """The open callback that a call has asked for."""
        return self._open.get(contact)

    def dial_instead(self, callback: Callback, number: str) -> None:
        """From the next attempt on another number is dialled."""
        self._by_number.pop((callback.tenant, callback.to), None)
        callback.to = number
        self.take(callback)

    def of_caller(self, session: ContactSession) -> Callback | None:
        """The open callback of the number that calls, in the tenant that was called."""
        found = classify(session.caller, self._floor.directory.platform.outside.country_code or "")
        return self.known(session.tenant, found.number) if isinstance(found, Destination) else None

    def count(self, tenant: str) -> int:
        """How many of a tenant are open."""
        return sum(callback.tenant == tenant for callback in self._open.values())

    def put_off(self, callback: Callback, due: float) -> None:
        """It is due at another time, unless its turn has come already."""
        if not callback.contact:
            callback.due, callback.expires = due, callback.expires + max(0.0, due - callback.due)
            self._keep(callback)

    def opens(self, tenant: Tenant, at: float) -> float | None:
        """When a tenant's callers are called back, from `at` on; None: not within two months."""
        name = tenant.callbacks.hours or tenant.open
        hours = tenant.hours.get(name) if name else None
        if hours is None or self._floor.directory.is_open(tenant.id, name or "", at):
            return at
        return next_change(hours, tenant.time_zone, at)

    # --- what is seen and said of them ------------------------------------------------------------------------------

    def open(self) -> list[Callback]:
        """Every open callback, the oldest first."""
        return sorted(self._open.values(), key=lambda callback: callback.asked)

    def of(self, session: ContactSession) -> Callback | None:
        """The callback that a contact carries out; None: it is over, or the contact is none."""
        return self._open.get(session.callback)

    def settings(self, callback: Callback) -> Settings | None:
        """How its tenant's callers are called back; None: there is no such tenant any more."""
        tenant = self._floor.directory.platform.tenants.get(callback.tenant)
        return tenant.callbacks if tenant else None

    def waits(self, contact: str) -> bool:
        """Whether the ticket of this contact is a callback's."""
        return contact in self._by_contact

    def cancel(self, callback: str, *, who: str) -> None:
        """Call nobody back; an attempt under way ends, a conversation goes on. Raises NotFoundError."""
        known = self._open.get(callback)
        if known is None:
            message = f"no callback {callback} is open"
            raise NotFoundError(message)
        self._end(known, "cancelled", who=who)

    def served(self, session: ContactSession) -> None:
        """An agent talks with a caller: who called again, or waited on after all, is not called back besides."""
        if not self._by_number or session.direction is not Direction.INBOUND:
            return
        own = (self._open.get(session.contact), self.of_caller(session))
        for callback in {found.callback: found for found in own if found is not None}.values():
            self._end(callback, "called_again")

    def reconfigured(self) -> None:
        """After a new configuration: whose queue is gone is not called back."""
        queues = self._floor.directory.rules.queues
        for callback in [callback for callback in self._open.values() if callback.queue not in queues]:
            self._end(callback, "removed")
        for tenant in {callback.tenant for callback in self._open.values()}:
            self.closure_switched(tenant)  # the hours that were closed by hand may be others now, or gone

    def closure_switched(self, tenant: str) -> None:
        """A tenant, or hours of it, was closed by hand or opened again: who waits for a turn is held, who was held goes
        on. An attempt that an agent is asked for already goes on.
        """
        for callback in [callback for callback in self._open.values() if callback.tenant == tenant]:
            session = self._floor.sessions.get(callback.contact)
            if callback.held is not None:
                self._arm(callback)
            elif not callback.contact or not self._is_shut(callback):
                continue
            elif session is None:
                contact = callback.contact
                self._hold(callback)
                self._floor.obey(self._floor.router.leave(contact, self._floor.now()))
            elif session.calls_back and session.offer is None and not session.answered:
                self.stop(session, outcome=Outcome.NOT_REACHED, by=Party.SYSTEM, why="closed")

    # --- its time has come ------------------------------------------------------------------------------------------

    def _due(self, callback: Callback) -> None:
        """Give it its place in the queue, unless the tenant is closed."""
        floor, now = self._floor, self._floor.now()
        if now < callback.due:
            return self._arm(callback)
        if floor.draining:
            return None  # who comes after this vcc goes on
        if self._is_shut(callback):
            return self._hold(callback)
        if callback.held is not None:
            callback.expires, callback.held = callback.expires + now - callback.held, None
        if now >= callback.expires:
            return self._end(callback, "expired")
        opens = self._opens_for(callback, now)
        if opens is None:
            return self._end(callback, "closed")
        return self._later(callback, opens, closed=True) if opens > now else self._queue(callback)

    def _opens_for(self, callback: Callback, now: float) -> float | None:
        """When the tenant's callers are called back, from `now` on; None: no more."""
        tenant = self._floor.directory.platform.tenants.get(callback.tenant)
        return self.opens(tenant, now) if tenant is not None else None

    def _is_shut(self, callback: Callback) -> bool:
        """Whether its tenant, or the hours of its tenant's callbacks, are closed by hand."""
        tenant, closures = self._floor.directory.platform.tenants.get(callback.tenant), self._floor.closures
        if tenant is None:
            return False
        hours = tenant.callbacks.hours or tenant.open or ""
        return tenant.id in closures or closure_key(tenant.id, hours) in closures

    def _hold(self, callback: Callback) -> None:
        """Until the closure ends it has no place, and its time does not run out."""
        if callback.held is None:
            callback.held = self._floor.now()
        self._by_contact.pop(callback.contact, None)
        callback.contact = ""
        self._keep(callback)

    def _queue(self, callback: Callback) -> None:
        floor, now = self._floor, self._floor.now()
        contact = new_contact_id(now)
        placed = floor.router.enqueue(
            contact,
            callback.queue,
            now,
            priority=callback.priority,
            skills=callback.skills,
            customer=callback.customer,
            queued_at=min(callback.since, now),
            beyond=True,
            direction=Direction.OUTBOUND,
        )
        if placed.refused is not None:
            return self._end(callback, "removed")
        callback.contact = contact
        self._keep(callback)
        return floor.obey(placed.commands)

    def _later(self, callback: Callback, at: float, *, closed: bool = False) -> None:
        """Not before `at`. While the tenant is `closed` its time does not run out."""
        if closed:
            callback.expires += at - self._floor.now()
        self._by_contact.pop(callback.contact, None)
        callback.contact, callback.due = "", at
        self._keep(callback)

    def begin(self, contact: str, phone: str) -> ContactSession | None:
        """The contact of a ticket that is offered to an agent for the first time, whom `phone` rings; None: nobody is
        called back now.
        """
        floor, now = self._floor, self._floor.now()
        callback = self._open.get(self._by_contact.get(contact, ""))
        if callback is None:
            return None
        if self._is_shut(callback):
            self._hold(callback)
            return None
        opens, node = self._opens_for(callback, now), self._node(callback, phone)
        if floor.draining or opens is None or opens > now:
            self._later(callback, opens or now, closed=True)
            return None
        if not node:
            self._later(callback, now + _LOOK_AGAIN_S)
            return None
        session = ContactSession(
            contact=contact,
            node=node,
            leg=f"{LEG_PREFIX}{contact}-back0",
            trunk="",
            phone="",
            dialled=callback.number,
            number=callback.number,
            caller=callback.to,
            caller_name="",
            arrived=now,
            language=callback.language,
            direction=Direction.OUTBOUND,
            tenant=callback.tenant,
            project=callback.project,
            callback=callback.callback,
            told=callback.told,
            queue=callback.queue,
            ranks_from=callback.since,
            priority=callback.priority,
            skills=dict(callback.skills),
            customer=callback.customer,
        )
        arrivals.take_in(floor, session)
        floor.admit(session)
        floor.enter(session, Stage.WAITING)
        return session

    def _node(self, callback: Callback, phone: str) -> str:
        """Where it is dialled: the node of the call that asked for it, else that of the agent's phone, else any; each
        only while calls of its tenant go out there.
        """
        floor, platform = self._floor, self._floor.directory.platform
        tenant = platform.tenants.get(callback.tenant)
        known = platform.phones.get(phone)
        at = floor.nodes.where(phone) or (known.node if known else "")
        nodes = dict.fromkeys([callback.node, at, *platform.nodes])
        there = [node for node in nodes if node in platform.nodes and floor.nodes.state(node).up]
        return next((node for node in there if floor.lines.goes_out(platform, node, tenant)), "")

    # --- what came of it --------------------------------------------------------------------------------------------

    def dialled(self, session: ContactSession) -> Callback | None:
        """The number is dialled now: that is an attempt, whatever comes of it."""
        if (callback := self.of(session)) is not None:
            callback.attempts += 1
            self._keep(callback)
        return callback

    def over(self, session: ContactSession, why: str) -> None:
        """The contact of an attempt is over: that was it, or it is tried again."""
        callback = self.of(session)
        if callback is None:
            return None
        if session.talked:
            return self._end(callback, "answered")
        floor, now, settings = self._floor, self._floor.now(), self.settings(callback)
        last = settings is None or callback.attempts >= settings.attempts
        was_dialled = session.dialled_out > 0 and session.outcome is not Outcome.DRAINING
        pause = settings.retry_s if settings is not None and was_dialled else 0.0
        callback.last = why
        next_at = None if last else now + pause
        floor.record(
            CallbackFailed(
                **floor.about(session),
                callback=callback.callback,
                attempt=callback.attempts,
                why=why,
                next_at=next_at,
            )
        )
        if next_at is None:
            return self._end(callback, "given_up")
        return self._later(callback, next_at)

    def expire(self, callback: Callback) -> None:
        """Its time may be up; an agent who is asked just now is not stopped for that."""
        if self._floor.now() < callback.expires:
            return
        session = self._floor.sessions.get(callback.contact)
        if session is None or (session.offer is None and not session.answered):  # else it is just being called
            self._end(callback, "expired")

    def _end(self, callback: Callback, why: str, *, who: str = "") -> None:
        """It is off the list; an attempt that has not come to a conversation ends."""
        floor, now = self._floor, self._floor.now()
        self._forget(callback)
        _log.info("callback is over", tenant=callback.tenant, callback=callback.callback, why=why)
        floor.record(
            CallbackOver(
                at=now,
                tenant=callback.tenant,
                contact=callback.callback,
                callback=callback.callback,
                queue=callback.queue,
                why=why,
                attempts=callback.attempts,
                who=who,
            )
        )
        session = floor.sessions.get(callback.contact)
        if session is not None and session.calls_back:
            self.stop(session, outcome=Outcome.NOT_REACHED, by=Party.SYSTEM, why=why)
        elif session is None and callback.contact:
            floor.obey(floor.router.leave(callback.contact, now))

    # --- kept -------------------------------------------------------------------------------------------------------

    def _keep(self, callback: Callback) -> None:
        """Written through; its timer fits it again."""
        if callback.contact:
            self._by_contact[callback.contact] = callback.callback
        self._floor.store.put("callback", callback.callback, asdict(callback))
        self._arm(callback)

    def _forget(self, callback: Callback) -> None:
        self._open.pop(callback.callback, None)
        self._by_number.pop((callback.tenant, callback.to), None)
        self._by_contact.pop(callback.contact, None)
        if (timer := self._timers.pop(callback.callback, None)) is not None:
            timer.cancel()
        self._floor.store.delete("callback", callback.callback)

    def _arm(self, callback: Callback) -> None:
        if (timer := self._timers.pop(callback.callback, None)) is not None:
            timer.cancel()
        if callback.held is not None and self._is_shut(callback):
            return  # the end of the closure goes on with it
        at, what = (callback.expires, self.expire) if callback.contact else (callback.due, self._due)

        def fire() -> None:
            self._timers.pop(callback.callback, None)
            what(callback)
            self._floor.settle()

        self._timers[callback.callback] = self._floor.timers.call_at(at, fire)

    async def restore(self) -> None:
        """Take back what the store holds, once the router and the sessions are there: who had a place has it still, who
        was due meanwhile gets one at once.
        """
        for name, data in (await self._floor.store.load("callback")).items():
            try:
                callback = _load(data)
            except (KeyError, TypeError):
                _log.exception("stored callback cannot be read", callback=name)
                self._floor.store.delete("callback", name)
                continue
            contact = callback.contact
            if contact and contact not in self._floor.sessions and self._floor.router.ticket(contact) is None:
                callback.contact = ""
            self.take(callback)


def _load(data: dict[str, Any]) -> Callback:
    known = {f.name for f in fields(Callback)}
    return Callback(**{name: value for name, value in data.items() if name in known})
