"""What comes of a caller who asks to be called back: whether that will be, at which number, when, from which place on.

keep_place    a caller leaves a queue by the flow's doing: that place may go on as a callback's
ask           AskCallback -> CallbackTaken | CallbackRefused, who may go back to the same place
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from core.facts import CallbackAsked
from ivr_flows.protocol import CallbackRefused, CallbackTaken
from tenancy.destinations import Destination, classify
from tenancy.dialling import Purpose, Wanted
from vcc.calls.callbacks import Callback

if TYPE_CHECKING:
    from ivr_flows.protocol import AskCallback
    from tenancy.model import Tenant
    from vcc.calls.floor import Floor
    from vcc.calls.session import ContactSession

_log = structlog.get_logger()

#: A time that has gone by for no longer than this is now.
_PAST_S = 60.0
_DAY_S = 86_400.0
#: What is kept of what a flow has set, for the agent to be told: so many variables, of so many characters.
_MAX_TOLD, _MAX_VALUE = 50, 200


class _RefusedError(Exception):
    """Nobody is called back; `args[0]` is why."""


def keep_place(session: ContactSession) -> None:
    """A caller leaves a queue: the place may be kept for a callback."""
    if session.queue and session.queued_at is not None:
        session.kept = {
            "queue": session.queue,
            "since": session.ranks_from or session.queued_at,
            "priority": session.priority,
            "skills": dict(session.skills),
            "customer": session.customer,
        }


def ask(floor: Floor, session: ContactSession, command: AskCallback) -> CallbackTaken | CallbackRefused:
    """Whether the caller will be called back."""
    floor.touch(session)
    try:
        taken = _ask(floor, session, command)
    except _RefusedError as refused:
        if session.kept:
            session.kept["refused"] = True
        return CallbackRefused(why=str(refused))
    session.asked_back = True
    return taken


def _ask(floor: Floor, session: ContactSession, command: AskCallback) -> CallbackTaken:
    tenant, queue = _whose(floor, session, command)
    to = _dialled(floor, session, command.number)
    now, settings, callbacks = floor.now(), tenant.callbacks, floor.callbacks
    wished = now if command.at is None else command.at
    if not now - _PAST_S <= wished <= now + settings.ahead_days * _DAY_S:
        raise _RefusedError("bad_time")
    due = callbacks.opens(tenant, max(wished, now))
    if due is None:
        raise _RefusedError("closed")
    if (known := callbacks.known(tenant.id, to)) is not None:
        callbacks.put_off(known, due)
        _record(floor, session, known, again=True)
        return CallbackTaken(at=known.due, again=True)
    if (own := callbacks.asked_by(session.contact)) is not None:  # it has changed its mind: a call has one callback
        if own.tenant != tenant.id:
            raise _RefusedError("full")
        callbacks.dial_instead(own, to)
        callbacks.put_off(own, due)
        _record(floor, session, own, again=True)
        return CallbackTaken(at=own.due, again=True)
    if callbacks.count(tenant.id) >= settings.open:
        raise _RefusedError("full")
    kept = session.kept if session.kept.get("queue") == queue else {}
    callback = Callback(
        callback=session.contact,
        tenant=tenant.id,
        project=session.project,
        number=session.number,
        to=to,
        queue=queue,
        priority=kept.get("priority") if command.priority is None else command.priority,
        skills=floor.directory.skill_keys(tenant.id, command.skills) or dict(kept.get("skills", {})),
        customer=kept.get("customer", ""),
        language=session.info.language if session.info.language in tenant.languages else tenant.languages[0],
        told=_told(session),
        node=session.node,
        first=command.first or settings.first,
        asked=now,
        since=due if command.at is not None else kept.get("since", now),
        due=due,
        expires=due + settings.keep_s,
    )
    callbacks.take(callback)
    _record(floor, session, callback)
    return CallbackTaken(at=due)


def _whose(floor: Floor, session: ContactSession, command: AskCallback) -> tuple[Tenant, str]:
    """The tenant, and the queue: the one that was named, else that in which the caller has waited."""
    tenant = floor.directory.platform.tenants.get(session.tenant)
    queue = floor.directory.queue_key(session.tenant, command.queue) if command.queue else session.kept.get("queue", "")
    if tenant is None or not queue:
        raise _RefusedError("no_place")
    if queue not in floor.router.rules.queues:
        raise _RefusedError("no_such_queue")
    return tenant, queue


def _dialled(floor: Floor, session: ContactSession, number: str) -> str:
    """The number as it is dialled, if the toll-fraud guard will let it be, however the lines are now."""
    wanted = Wanted(
        number=number,
        tenant=session.tenant,
        purpose=Purpose.CALLBACK,
        node=session.node,
        contact=session.contact,
    )
    refused = floor.guard.forbids(wanted)
    found = classify(number, floor.directory.platform.outside.country_code or "") if refused is None else None
    if not isinstance(found, Destination):
        raise _RefusedError("not_allowed")
    return found.number


def _record(floor: Floor, session: ContactSession, callback: Callback, *, again: bool = False) -> None:
    _log.info("callback asked for", tenant=callback.tenant, callback=callback.callback, again=again)
    floor.record(
        CallbackAsked(
            **floor.about(session),
            callback=callback.callback,
            queue=callback.queue,
            number=callback.to,
            since=callback.since,
            due=callback.due,
            again=again,
        )
    )


def _told(session: ContactSession) -> dict[str, str]:
    """What the caller's flow has set: nothing that it keeps to itself."""
    state = session.flow_state
    values = list(state.variables.items())[:_MAX_TOLD] if state else []
    return {name: value[:_MAX_VALUE] for name, value in values}
