"""The record of a contact: one value, computed purely from its facts, and computed again whenever one is added."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from core.facts import Direction, Fact, Medium, Outcome, personal
from reporting.segments import Answer, Disposition, OutsideTalk, Recorded, Talk, Transfer, Visit
from reporting.timeline import Timeline, in_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, kw_only=True, slots=True)
class ContactRecord:
    """What became of one contact. Times are POSIX seconds, None where it did not happen; durations are seconds.

    `tenant`, `project`, `number` are those of the last number that the contact entered, `entry_tenant` owned the
    first. Where that which was dialled was no number, `number` is what was dialled, as it came. `answered` is when the
    platform answered (SIP 200), `agent_answered` when the first agent and the caller heard each other. `outcome` and
    `by` are None and empty while the contact goes on. `waited_s`, `talked_s` and `ivr_s` are totals over all queues,
    all agents, and the flow (neither waiting nor talking). `queue` is the last.

    `in_flow`: a flow took it. `complete`: the arrival, the end, and both ends of every wait and conversation are on
    record; False while the contact goes on, and where something had to be inferred from the facts around it.
    """

    contact: str
    tenant: str
    entry_tenant: str
    project: str
    number: str
    node: str
    trunk: str
    medium: Medium
    direction: Direction
    caller: str = personal()
    placed_by: str = ""  # the agent who called, where one did on a phone
    callback: str = ""  # of a callback: the call that asked for it
    arrived: float
    answered: float | None = None
    queued: float | None = None
    agent_answered: float | None = None
    ended: float | None = None
    outcome: Outcome | None = None
    by: str = ""
    cause: str = ""
    detail: str = ""
    refused: Outcome | None = None
    resolved: str | None = None  # what the flow says that the caller has got without an agent; None: it says nothing
    queue: str = ""
    agents: tuple[str, ...] = ()
    waited_s: float = 0.0
    talked_s: float = 0.0
    ivr_s: float = 0.0
    offers: int = 0
    visits: tuple[Visit, ...] = ()
    talks: tuple[Talk, ...] = ()
    transfers: tuple[Transfer, ...] = ()
    outside: tuple[OutsideTalk, ...] = ()
    recordings: tuple[Recorded, ...] = ()
    dispositions: tuple[Disposition, ...] = ()
    surveys: tuple[Answer, ...] = ()
    in_flow: bool = False
    complete: bool = False


def compute(facts: Iterable[Fact]) -> ContactRecord:
    """Compute the record of the contact that all `facts` are about.

    Facts may come twice and in any order: they are taken by time, those of one instant in the order given, and the
    first `ContactEnded` counts. Raises ValueError for no facts, and for facts of several contacts.
    """
    ordered = in_order(facts)
    if not ordered:
        message = "a record needs at least one fact"
        raise ValueError(message)
    line = Timeline()
    contact = ordered[0].contact
    for fact in ordered:
        if fact.contact != contact:
            message = f"facts of two contacts, {contact} and {fact.contact}, do not make one record"
            raise ValueError(message)
        line.add(fact)
    return _record(line, ordered[0], max(fact.at for fact in ordered))


def _record(line: Timeline, first: Fact, last_at: float) -> ContactRecord:
    arrival, entered, ended = line.arrival, line.entered, line.ended
    owner = entered or arrival or first
    visits, talks = _visits(line), _talks(line)
    waited, talked = _waited(visits), sum(talk.talked_s for talk in talks)
    finished = ended.at if ended else last_at
    outside = sum(talk.talked_s for talk in line.outside)
    in_flow = 0.0 if line.flow_at is None else max(0.0, finished - line.flow_at - waited - talked - outside)
    return ContactRecord(
        contact=first.contact,
        tenant=owner.tenant,
        entry_tenant=arrival.tenant if arrival else first.tenant,
        project=entered.project if entered else arrival.project if arrival else "",
        number=entered.number if entered else (arrival.number or arrival.dialled) if arrival else "",
        node=(arrival or first).node,
        trunk=arrival.trunk if arrival else "",
        medium=arrival.medium if arrival else Medium.VOICE,
        direction=arrival.direction if arrival else Direction.INBOUND,
        caller=arrival.caller if arrival else "",
        placed_by=arrival.agent if arrival else "",
        callback=arrival.callback if arrival else "",
        arrived=arrival.at if arrival else first.at,
        answered=line.answered_at,
        queued=line.first_queued,
        agent_answered=min((talk.began_at for talk in talks), default=None),
        ended=ended.at if ended else None,
        outcome=ended.outcome if ended else None,
        by=ended.by.value if ended else "",
        cause=ended.cause if ended else "",
        detail=ended.detail if ended else "",
        refused=line.refusal.reason if line.refusal else None,
        resolved=line.resolved,
        queue=visits[-1].queue if visits else "",
        agents=tuple(dict.fromkeys(talk.agent for talk in talks)),
        waited_s=waited,
        talked_s=talked,
        ivr_s=in_flow,
        offers=len(line.offers),
        visits=visits,
        talks=talks,
        transfers=tuple(line.transfers),
        outside=tuple(line.outside),
        recordings=tuple(line.recordings.values()),
        dispositions=tuple(line.dispositions.values()),
        surveys=tuple(line.surveys),
        in_flow=line.flow_at is not None,
        complete=arrival is not None and ended is not None and not line.inferred,
    )


def _visits(line: Timeline) -> tuple[Visit, ...]:
    return (*line.visits, line.wait) if line.wait else tuple(line.visits)


def _talks(line: Timeline) -> tuple[Talk, ...]:
    if len(line.talks) + len(line.talking) < 2:  # noqa: PLR2004 - nothing to bring into order
        return (*line.talks, *line.talking.values())
    return tuple(sorted((*line.talks, *line.talking.values()), key=lambda talk: talk.began_at))


def _waited(visits: Iterable[Visit]) -> float:
    """The time in queues, that before a move counted once."""
    return sum(visit.left_at - visit.queued_at for visit in visits if visit.left_at is not None)


def dump(record: ContactRecord) -> dict[str, Any]:
    """The record as JSON values."""
    data = {name: getattr(record, name) for name in _FIELDS}
    data["visits"] = [_plain(visit) for visit in record.visits]
    data["talks"] = [_plain(talk) for talk in record.talks]
    data["transfers"] = [_plain(transfer) for transfer in record.transfers]
    data["outside"] = [_plain(talk) for talk in record.outside]
    data["recordings"] = [_plain(recorded) for recorded in record.recordings]
    data["dispositions"] = [_plain(given) for given in record.dispositions]
    data["surveys"] = [_plain(answer) for answer in record.surveys]
    return data


def load(data: Mapping[str, Any]) -> ContactRecord:
    """The record that `dump` gave. Fields that this version does not know are left out."""
    values = {name: value for name, value in data.items() if name in _FIELDS}
    values["medium"] = Medium(values["medium"])
    values["direction"] = Direction(values["direction"])
    for name in ("outcome", "refused"):
        values[name] = Outcome(values[name]) if values.get(name) else None
    values["agents"] = tuple(values.get("agents", ()))
    values["visits"] = tuple(Visit(**visit) for visit in values.get("visits", ()))
    values["talks"] = tuple(Talk(**talk) for talk in values.get("talks", ()))
    values["transfers"] = tuple(Transfer(**transfer) for transfer in values.get("transfers", ()))
    values["outside"] = tuple(OutsideTalk(**talk) for talk in values.get("outside", ()))
    values["recordings"] = tuple(Recorded(**recorded) for recorded in values.get("recordings", ()))
    values["dispositions"] = tuple(Disposition(**given) for given in values.get("dispositions", ()))
    values["surveys"] = tuple(Answer(**answer) for answer in values.get("surveys", ()))
    return ContactRecord(**values)


def _plain(value: Visit | Talk | Transfer | OutsideTalk | Recorded | Disposition | Answer) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__slots__}


_FIELDS = frozenset(f.name for f in fields(ContactRecord))
