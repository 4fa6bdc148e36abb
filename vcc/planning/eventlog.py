"""The platform's own event log as a past: who waited where, who talked how long, who was ready when.

Each wait in a queue is a caller of its own, also where one contact waited in several; it leaves as it left. What a
colleague said to a caller who was sent on is not replayed, nor are calls among agents. Agents are there while they are
signed in and wish to be ready, but for when they had not picked up.
"""

from __future__ import annotations

import math
from collections import defaultdict
from datetime import date, datetime, time, tzinfo
from typing import TYPE_CHECKING

from core.facts import AgentStateChanged, ContactQueued, Direction, OfferMade
from reporting.duty import READY, WRAP_UP, agent_spans
from reporting.measures import visits_of
from reporting.record import compute
from reporting.segments import ABANDONED as WHY_ABANDONED
from reporting.segments import ANSWERED as WHY_ANSWERED
from vcc.planning.floor import ABANDONED, ANSWERED, LEFT, Turn
from vcc.planning.history import Past, PastCall, PastDay

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from core.facts import Fact
    from reporting.duty import AgentSpan
    from reporting.record import ContactRecord
    from reporting.segments import Talk, Visit

#: The facts that tell it: what is to be read of an event log.
NAMES = frozenset(
    ("AgentConnected", "AgentLeft", "AgentStateChanged", "ContactArrived", "ContactEnded", "ContactQueued",
     "NumberEntered", "OfferMade", "QueueLeft")
)  # fmt: skip
_UNRESPONSIVE = "unresponsive"
_STATES = {WHY_ANSWERED: ANSWERED, WHY_ABANDONED: ABANDONED}


def read(facts: Iterable[Fact], zone: tzinfo, until: float) -> Past:
    """The days, in this time zone, that facts describe; waits and shifts that go on end at `until`."""
    contacts: dict[str, list[Fact]] = defaultdict(list)
    changes = []
    for fact in facts:
        if isinstance(fact, AgentStateChanged):
            changes.append(fact)
        elif fact.contact:
            contacts[fact.contact].append(fact)
    calls: dict[str, list[PastCall]] = defaultdict(list)
    for about in contacts.values():
        for call in _calls(about):
            calls[_day(call.at, zone)].append(call)
    turns: dict[str, list[Turn]] = defaultdict(list)
    spans = agent_spans(sorted(changes, key=lambda change: change.at), until)
    for turn in _turns(spans, zone):
        turns[_day(turn.at, zone)].append(turn)
    answered = sum(call.state == ANSWERED for called in calls.values() for call in called)
    wrapped = math.fsum(span.ended_at - span.began_at for span in spans if span.phase == WRAP_UP)
    return Past(
        name="the event log",
        days=tuple(
            PastDay(
                name=day,
                midnight=datetime.combine(date.fromisoformat(day), time(), zone).timestamp(),
                calls=tuple(sorted(calls[day], key=lambda call: call.at)),
                turns=tuple(turns[day]),
            )
            for day in sorted(calls)
        ),
        wrap_up_s=wrapped / answered if answered else 0.0,
    )


def _day(at: float, zone: tzinfo) -> str:
    return datetime.fromtimestamp(at, zone).date().isoformat()


def _calls(facts: Sequence[Fact]) -> Iterator[PastCall]:
    record = compute(facts)
    if record.direction is Direction.INTERNAL:
        return
    queued = [fact for fact in facts if isinstance(fact, ContactQueued)]
    for number, visit in enumerate(visits_of([record])):
        if visit.left_at is None or not any(fact.queue == visit.queue for fact in queued):
            continue  # it waits still, or was not let in
        talk = _talk(record, visit) if visit.why == WHY_ANSWERED else None
        if visit.why == WHY_ANSWERED and (talk is None or talk.ended_at is None):
            continue  # the conversation goes on
        yield PastCall(
            contact=f"{record.contact}.{number}",
            kind=visit.tenant,
            queue=visit.queue,
            at=visit.queued_at,
            waited_s=visit.left_at - visit.queued_at,
            state=_STATES.get(visit.why, LEFT),
            service_s=talk.talked_s if talk else None,
            agent=talk.agent if talk else "",
            priority=next(fact.priority for fact in queued if fact.queue == visit.queue),
            head_start_s=visit.queued_at - visit.since,
            rings_s=_rang(facts, talk) if talk else 0.0,
        )


def _talk(record: ContactRecord, visit: Visit) -> Talk | None:
    """The conversation that ended the wait: told an instant after it."""
    ended = visit.left_at or 0.0
    return next((talk for talk in record.talks if talk.queue == visit.queue and talk.began_at >= ended), None)


def _rang(facts: Iterable[Fact], talk: Talk) -> float:
    """From the agent's last offer before a conversation to its beginning."""
    offers = [f.at for f in facts if isinstance(f, OfferMade) and f.agent == talk.agent and f.at <= talk.began_at]
    return talk.began_at - max(offers) if offers else 0.0


def _turns(spans_of_all: Iterable[AgentSpan], zone: tzinfo) -> Iterator[Turn]:
    """When each agent became ready, and ceased to be; who is ready over midnight comes again on the next day."""
    ready: dict[str, list[tuple[float, float, tuple[str, ...]]]] = defaultdict(list)
    for span in spans_of_all:
        if span.wish != READY or span.phase == _UNRESPONSIVE:
            continue
        spans = ready[span.agent]
        if spans and spans[-1][1] == span.began_at and spans[-1][2] == span.serves:
            spans[-1] = (spans[-1][0], span.ended_at, span.serves)
        else:
            spans.append((span.began_at, span.ended_at, span.serves))
    found = []
    for agent, spans in ready.items():
        for began, ended, serves in spans:
            for since, to in _within_days(began, ended, zone):
                found.append(Turn(at=since, agent=agent, on=True, serves=serves))
                found.append(Turn(at=to, agent=agent, on=False))
    yield from sorted(found, key=lambda turn: turn.at)


def _within_days(began: float, ended: float, zone: tzinfo) -> Iterator[tuple[float, float]]:
    """A time cut at midnight; the last moment of a day belongs to it."""
    while _day(began, zone) != _day(ended, zone):
        start = datetime.fromtimestamp(began, zone)
        midnight = start.replace(hour=23, minute=59, second=59, microsecond=999_999).timestamp()
        yield began, midnight
        began = midnight + 1e-6
    yield began, ended
