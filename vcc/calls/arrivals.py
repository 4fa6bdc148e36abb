"""Letting contacts in: whose number was dialled, may it come in, which flow takes it; and the end of every contact."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from core.facts import (
    CallOverflowed,
    ContactAnswered,
    ContactArrived,
    ContactEnded,
    ContactRefused,
    Medium,
    NumberEntered,
    Outcome,
    Party,
    QueueLeft,
)
from core.ids import new_contact_id
from ivr_flows.protocol import Part, Sound, Started, Text
from telephony.port import Answer, CallArrived, Cause, Play, Reject, Release, ToFallback
from tenancy.model import Tenant, Texts, Treatment, Trunk
from tenancy.numbers import normalise, normalise_caller, normalise_code
from vcc.calls import bounds
from vcc.calls.session import LEAVING, ContactSession, Stage

if TYPE_CHECKING:
    from vcc.calls.bounds import Bound
    from vcc.calls.colleagues import Colleagues
    from vcc.calls.floor import Floor

_log = structlog.get_logger()

#: The `Play` of a treatment, as the switch knows it; flows' own have a dot in their names.
TREATMENT = "treatment"

#: How many flows one contact may go through: numbers may lead into each other.
MAX_FLOWS = 20


def arrive(floor: Floor, fact: CallArrived, colleagues: Colleagues) -> None:
    """A new contact: record it, then let it into its flow, lead it to a colleague, or give it what the configuration
    says instead.
    """
    platform = floor.directory.platform
    trunk = platform.trunks.get(fact.trunk)
    number = number_of(trunk, _dialled(fact, trunk.numbers.dialled_from) if trunk else fact.dialled)
    now = floor.now()
    session = ContactSession(
        contact=new_contact_id(now),
        node=fact.node,
        leg=fact.leg,
        trunk=fact.trunk,
        phone=fact.phone,
        dialled=fact.dialled,
        number=number,
        caller=caller_of(trunk, fact.caller, fact.phone),
        caller_name=fact.caller_name,
        arrived=now,
        since=now,
        handed_over=fact.handed_over,
    )
    owner = floor.directory.owner(number, now)
    if trunk is not None and trunk.tenant is not None and owner is not None and owner.id != trunk.tenant:
        owner = None  # a tenant's own line leads to that tenant's numbers alone
    if owner is not None:
        session.tenant, session.project = owner.id, owner.numbers[number].project
    code = _code(floor, session)
    inside = code is None and owner is None and colleagues.find(session)
    if session.phone:
        if owner is not None and code is None:
            colleagues.is_of(session)
        session.number = _written(floor, session, session.number)
        session.dialled = _written(floor, session, session.dialled)
    _take_in(floor, session)
    if code is not None:
        flow, session.argument = code
        begin_flow(floor, session, floor.directory.platform_flow_key(flow))
    elif inside:
        colleagues.begin(session)
    elif owner is None:
        refuse(floor, session, Outcome.UNKNOWN_NUMBER, platform.unknown_number, platform.languages)
    else:
        admit(floor, session, owner)


def number_of(trunk: Trunk | None, dialled: str) -> str:
    """The number that was dialled, in the platform's form; on a phone of ours it may be a code."""
    return normalise(dialled, trunk.numbers) if trunk else normalise_code(dialled)


def caller_of(trunk: Trunk | None, caller: str, phone: str) -> str:
    """Who calls: the number that the carrier tells of, or the phone of ours."""
    return normalise_caller(caller, trunk.numbers) if trunk else caller or phone


def _code(floor: Floor, session: ContactSession) -> tuple[str, str] | None:
    """The flow of a code that was dialled on a phone, which speaks the language of whoever is signed in there; and what
    was dialled behind the code.
    """
    if not session.phone:
        return None
    state = floor.router.agent_on(session.phone)
    agent = state.agent if state else ""
    session.language = floor.directory.language_on(session.phone, agent)
    return floor.directory.code(session.number, session.phone, agent)


def _written(floor: Floor, session: ContactSession, dialled: str) -> str:
    state = floor.router.agent_on(session.phone)
    return floor.directory.may_be_written(dialled, session.phone, state.agent if state else "")


def _dialled(fact: CallArrived, source: str) -> str:
    """What was dialled, from where the trunk's rules say; the request's own number where that header is missing."""
    return fact.dialled if source == "request_uri" else fact.headers.get(source) or fact.dialled


def limit(floor: Floor, session: ContactSession) -> None:
    """No call goes on for ever: whatever it is doing then, it is ended."""

    def too_long() -> None:
        outcome = Outcome.ANSWERED if session.talked else Outcome.FAILED
        end(floor, session, outcome, Party.SYSTEM, detail="limits.call_s reached", hang_up=True)
        floor.settle()

    due = session.arrived + floor.directory.platform.limits.call_s
    floor.call_limits[session.contact] = floor.timers.call_at(due, too_long)


def _take_in(floor: Floor, session: ContactSession) -> None:
    floor.legs.callers[session.leg] = session
    take_in(floor, session)


def take_in(floor: Floor, session: ContactSession) -> None:
    """A contact begins."""
    floor.sessions[session.contact] = session
    limit(floor, session)
    floor.begins_on_phone(session)
    floor.touch(session)
    _log.info("call arrived", **_where(session), number=session.number)
    floor.record(
        ContactArrived(
            at=session.arrived,
            tenant=session.tenant,
            contact=session.contact,
            node=session.node,
            medium=Medium.VOICE,
            direction=session.direction,
            leg=session.leg,
            trunk=session.trunk,
            dialled=session.dialled,
            number=session.number,
            project=session.project,
            caller=session.caller,
            caller_name=session.caller_name,
            agent=session.placed_by,
            callback=session.callback,
        )
    )


def _where(session: ContactSession) -> dict[str, str]:
    """What a log line says of a contact that the hub does not know yet, or no longer."""
    return {"tenant": session.tenant, "contact": session.contact, "node": session.node}


def admit(floor: Floor, session: ContactSession, tenant: Tenant) -> None:
    """Let the contact into the flow of the tenant's number, unless the tenant's quota or hours say otherwise."""
    if floor.draining:
        return refuse(
            floor, session, Outcome.DRAINING, Treatment(busy=True), tenant.languages, busy_as=Cause.UNAVAILABLE
        )
    met = bounds.calls(floor, session, tenant)
    if met is not None and (met.answer.flow is None or not floor.is_shut(tenant)):
        return beyond(floor, session, met)
    if floor.is_shut(tenant):
        return refuse(floor, session, Outcome.CLOSED, floor.closed_answer(tenant), tenant.languages)
    floor.admit(session)
    return begin_flow(floor, session, floor.directory.flow_key(tenant.id, tenant.numbers[session.number].flow))


def beyond(floor: Floor, session: ContactSession, met: Bound) -> None:
    """Give a contact what it gets at the bound that it has met."""
    flow, tenant = met.answer.flow, floor.directory.platform.tenants[session.tenant]
    if flow is None or session.flows_begun >= MAX_FLOWS:
        answer = met.answer if flow is None else bounds.BUSY
        return refuse(floor, session, met.outcome, answer, tenant.languages)
    floor.dismiss(session)
    session.beyond = met.beyond
    floor.admit(session)
    key = floor.directory.flow_key(tenant.id, flow)
    floor.record(CallOverflowed(**floor.about(session), why=met.why, flow=key, detail=met.detail))
    return begin_flow(floor, session, key)


def begin_flow(floor: Floor, session: ContactSession, key: str) -> None:
    """Hand the contact to a flow; the flow's first commands follow after the present fact."""
    session.flow = key
    session.flow_state = None
    session.flows_begun += 1
    floor.enter(session, Stage.FLOW)
    floor.tell_flow(session, Started())


def enter_number(floor: Floor, session: ContactSession, number: str) -> None:
    """Lead a contact into another number of the platform, under that tenant's own rules."""
    owner = floor.directory.owner(number, floor.now())
    if owner is None:
        _log.error("flow leads to a number that nobody owns", contact=session.contact, number=number)
        return end(floor, session, Outcome.FAILED, Party.SYSTEM, cause=Cause.FAILED, detail=f"no number {number}")
    if session.flows_begun >= MAX_FLOWS:
        _log.error("numbers lead into each other without end", number=number)
        return end(floor, session, Outcome.FAILED, Party.SYSTEM, cause=Cause.FAILED, detail="too many numbers entered")
    floor.dismiss(session)
    former, session.tenant, session.beyond = session.tenant, owner.id, False
    session.number, session.project = number, owner.numbers[number].project
    floor.record(
        NumberEntered(
            **floor.about(session),
            number=number,
            project=session.project,
            from_tenant=former,
            direction=session.direction,
        )
    )
    return admit(floor, session, owner)


def refuse(
    floor: Floor,
    session: ContactSession,
    reason: Outcome,
    treatment: Treatment,
    languages: tuple[str, ...],
    *,
    busy_as: Cause = Cause.BUSY,
) -> None:
    """Do not let the contact in: give it the treatment, and the outcome its own reason."""
    session.outcome, session.by = reason, Party.SYSTEM
    said = "say" if treatment.say else "play" if treatment.play else "busy"
    floor.record(
        ContactRefused(
            **floor.about(session),
            reason=reason,
            treatment=said,
        )
    )
    floor.enter(session, Stage.TREATMENT)
    give(floor, session, treatment, languages, busy_as)


def give(
    floor: Floor, session: ContactSession, treatment: Treatment, languages: tuple[str, ...], busy_as: Cause
) -> None:
    """Say or play the treatment and end the call afterwards, or turn the call away unanswered."""
    parts = treatment_parts(treatment, languages)
    if not parts:
        return _turn_away(floor, session, busy_as)
    answer(floor, session)

    def play(sounds: tuple[str, ...]) -> None:
        if session.stage is not Stage.TREATMENT or session.contact not in floor.sessions:
            return
        if sounds:
            floor.send(session.node, Play(leg=session.leg, play=TREATMENT, sounds=sounds))
        else:
            _turn_away(floor, session, busy_as)

    own = floor.speech.sounds(session.tenant)
    sounds = floor.speech.resolve(own, parts)
    if sounds is None:
        return floor.speech.render(own, parts, play)
    return play(sounds)


def give_again(floor: Floor, session: ContactSession) -> None:
    """After a crash in the middle of a treatment: give it once more."""
    platform = floor.directory.platform
    tenant = platform.tenants.get(session.tenant)
    treatment, languages = platform.unknown_number, platform.languages
    if tenant is not None:
        languages = tenant.languages
        match session.outcome:
            case Outcome.CLOSED:
                treatment = floor.closed_answer(tenant)
            case Outcome.TENANT_BUSY | Outcome.QUEUE_FULL:
                treatment = bounds.answer_to(floor, session)
            case _:
                treatment = Treatment(busy=True)
    give(floor, session, treatment, languages, Cause.BUSY)


def treatment_parts(treatment: Treatment, languages: tuple[str, ...]) -> tuple[Part, ...]:
    """What a treatment says, in each of the tenant's languages in turn; nothing where it is a busy tone."""
    if treatment.play:
        return (Sound(file=treatment.play),)
    texts: Texts = treatment.say or {}
    return tuple(Text(text=texts[language], language=language) for language in languages if language in texts)


def answer(floor: Floor, session: ContactSession) -> None:
    """Answer the call, once."""
    if session.answered:
        return
    session.answered = True
    floor.send(session.node, Answer(leg=session.leg))
    floor.record(ContactAnswered(**floor.about(session)))
    floor.touch(session)


def _turn_away(floor: Floor, session: ContactSession, cause: Cause, *, hang_up: bool = False) -> None:
    if session.handed_over and not hang_up:
        floor.enter(session, Stage.RETURNING)
        return give_back(floor, session)
    return _hang_up(floor, session, cause)


def _hang_up(floor: Floor, session: ContactSession, cause: Cause) -> None:
    floor.enter(session, Stage.ENDING)
    if session.answered:
        floor.healer.hang_up(session.node, session.leg)
    else:
        floor.send(session.node, Reject(leg=session.leg, cause=cause))
        floor.healer.expect_end(session.node, session.leg)


def give_back(floor: Floor, session: ContactSession) -> None:
    """Let the dial plan that handed the call over have it again; `LegReleased` completes the contact."""
    outcome = session.outcome or Outcome.FAILED
    floor.send(session.node, Release(leg=session.leg, outcome=outcome.value, result=session.result))


def end(
    floor: Floor,
    session: ContactSession,
    outcome: Outcome,
    by: Party,
    *,
    cause: Cause = Cause.NORMAL,
    detail: str = "",
    hang_up: bool = False,
) -> None:
    """End the contact from our side; `LegHungUp` completes it. What was decided first stays.

    A call that was handed over goes back to its dial plan instead, unless it is to `hang_up`.
    """
    if session.calls_back and not session.answered:
        return floor.callbacks.stop(session, outcome=outcome, by=by, why=detail)
    if session.stage is Stage.ENDING or (session.stage is Stage.RETURNING and not hang_up):
        return None
    if session.outcome is None:
        session.outcome, session.by, session.cause = outcome, by, detail
    _wait_no_longer(floor, session)
    return _turn_away(floor, session, Cause.UNAVAILABLE if cause is Cause.NORMAL else cause, hang_up=hang_up)


def _wait_no_longer(floor: Floor, session: ContactSession) -> None:
    """Nobody is rung for a contact that is led elsewhere, however long its leg takes to go."""
    if session.stage is not Stage.WAITING:
        return
    if session.outside:
        floor.healer.hang_up(session.agent_node, session.agent_leg)
    floor.obey(floor.router.leave(session.contact, floor.now()))


def leave_queue(floor: Floor, session: ContactSession, why: str) -> None:
    """For the record: the contact waits in its queue no longer."""
    waited = floor.now() - (session.queued_at or floor.now())
    floor.record(QueueLeft(**floor.about(session), queue=session.queue, why=why, waited_s=waited))
    session.queue, session.queued_at = "", None


def gone(floor: Floor, session: ContactSession, *, cause: str, detail: str = "") -> None:
    """The caller's leg is gone, or never came to be: close the contact with its one `ContactEnded`."""
    floor.dismiss(session)
    floor.ends_on_phone(session)
    floor.sessions.pop(session.contact, None)
    if limit_timer := floor.call_limits.pop(session.contact, None):
        limit_timer.cancel()
    if park_timer := floor.park_limits.pop(session.contact, None):
        park_timer.cancel()
    if deadline := floor.deadlines.pop(session.contact, None):
        deadline[1].cancel()
    floor.legs.callers.pop(session.leg, None)
    floor.touch(session)
    outcome, by = session.outcome, session.by
    if outcome is None:
        by = Party.CALLER
        outcome = _left(session)
    _log.info("call ended", **_where(session), outcome=outcome, cause=cause)
    floor.record(
        ContactEnded(
            **floor.about(session),
            outcome=outcome,
            by=by or Party.SYSTEM,
            cause=cause,
            detail=session.cause or detail,
        )
    )
    if session.callback:
        floor.callbacks.over(session, session.cause or cause)


def _left(session: ContactSession) -> Outcome:
    """What became of a contact whose end nobody has decided: its leg is gone."""
    if session.talked:
        return Outcome.ANSWERED
    if session.callback:
        return Outcome.NOT_REACHED
    return Outcome.CALLBACK if session.asked_back else Outcome.LEFT_FLOW


def fall_back(floor: Floor, session: ContactSession) -> None:
    """vcc is going: give the caller to the tenant's static fallback. A conversation is left alone; it goes on."""
    if session.stage in LEAVING or session.stage in (Stage.TALKING, Stage.JOINING):
        return None
    if session.calls_back and not session.answered:
        return floor.callbacks.stop(session, outcome=Outcome.DRAINING, by=Party.SYSTEM, why="vcc is going")
    session.outcome, session.by = session.outcome or Outcome.FALLBACK, session.by or Party.SYSTEM
    _wait_no_longer(floor, session)
    if session.stage is Stage.WAITING and session.queue:
        leave_queue(floor, session, "ended")
    floor.enter(session, Stage.FALLBACK)
    return floor.send(session.node, ToFallback(leg=session.leg))
