"""A contact's facts, folded one by one: what it waited for, with whom it talked, how it began and ended.

    queued -> Visit (open) -> answered | abandoned | timeout | key | full | moved | ended
    connected -> Talk (open) -> left

Both the record of a contact and the live page of a tenant fold facts with `Timeline`, so they cannot disagree. A fact
that is missing is inferred from the others and noted in `inferred`; a fact that comes twice changes nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from core.facts import (
    AgentConnected,
    AgentLeft,
    CallTransferred,
    ContactAnswered,
    ContactArrived,
    ContactEnded,
    ContactQueued,
    ContactRefused,
    ContactResolved,
    Direction,
    DispositionGiven,
    Fact,
    FlowStarted,
    NumberEntered,
    OfferMade,
    Outcome,
    OutsideConnected,
    OutsideLeft,
    Party,
    QueueLeft,
    RecordingErased,
    RecordingFinished,
    RecordingPaused,
    RecordingStarted,
    SurveyAnswered,
    TalkHeld,
    TalkResumed,
    TransferFailed,
)
from reporting.segments import (
    ABANDONED,
    ANSWERED,
    ENDED,
    FULL,
    MOVED,
    Answer,
    Disposition,
    OutsideTalk,
    Recorded,
    Talk,
    Transfer,
    Visit,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class Timeline:
    """What the facts of one contact say so far. Feed them in order (`in_order`), the end last."""

    __slots__ = (
        "answered_at",
        "arrival",
        "dispositions",
        "ended",
        "entered",
        "first_queued",
        "flow_at",
        "held",
        "inferred",
        "offers",
        "outside",
        "recordings",
        "refusal",
        "resolved",
        "surveys",
        "talking",
        "talks",
        "transfers",
        "visits",
        "wait",
    )

    def __init__(self) -> None:
        """Begin with nothing known."""
        self.arrival: ContactArrived | None = None
        self.entered: NumberEntered | None = None
        self.refusal: ContactRefused | None = None
        self.resolved: str | None = None  # the first word for it
        self.ended: ContactEnded | None = None
        self.answered_at: float | None = None
        self.flow_at: float | None = None
        self.first_queued: float | None = None
        self.offers: set[int] = set()
        self.recordings: dict[str, Recorded] = {}
        self.visits: list[Visit] = []
        self.talks: list[Talk] = []
        self.wait: Visit | None = None
        self.talking: dict[str, Talk] = {}
        self.held: dict[str, float] = {}  # by agent: since when the caller is on hold
        self.dispositions: dict[str, Disposition] = {}  # by agent
        self.surveys: list[Answer] = []
        self.transfers: list[Transfer] = []
        self.outside: list[OutsideTalk] = []
        self.inferred = False

    def add(self, fact: Fact) -> None:
        """Take one more fact; those that say nothing about waits, talks and ends are passed over."""
        fold = _FOLDS.get(type(fact))
        if fold is not None:
            fold(self, fact)

    def leave_queue(self, at: float, why: str) -> None:
        """Close the open visit, if there is one."""
        if (wait := self.wait) is not None:
            self.wait = None
            self.visits.append(replace(wait, left_at=max(at, wait.queued_at), why=why))

    def end_talk(self, agent: str, at: float, by: str) -> None:
        """Close the conversation with `agent`, if there is one."""
        self.end_hold(agent, at)
        if (talk := self.talking.pop(agent, None)) is not None:
            self.talks.append(replace(talk, ended_at=max(at, talk.began_at), by=by))

    def end_outside(self, at: float, by: str) -> None:
        """Close the conversation with a number outside, if there is one."""
        if self.outside and self.outside[-1].ended_at is None:
            self.outside[-1] = replace(self.outside[-1], ended_at=max(at, self.outside[-1].began_at), by=by)

    def end_hold(self, agent: str, at: float) -> None:
        """The caller is on hold no longer, if it was."""
        since, talk = self.held.pop(agent, None), self.talking.get(agent)
        if since is not None and talk is not None:
            self.talking[agent] = replace(talk, held_s=talk.held_s + max(0.0, at - since))

    def infer_visit(self, fact: QueueLeft | AgentConnected, why: str) -> None:
        """Make up a visit whose beginning is not on record from the time that its end says was waited.

        A contact waits in one queue at once: if it seemed to wait elsewhere, it was moved from there without a word.
        """
        began = fact.at - max(0.0, fact.waited_s)
        self.leave_queue(fact.at, MOVED)
        self.visits.append(
            Visit(queue=fact.queue, tenant=fact.tenant, since=began, queued_at=began, left_at=fact.at, why=why)
        )
        if why != FULL:  # who is not let in was never queued: nothing is missing then
            self.inferred = True
            self.first_queued = began if self.first_queued is None else self.first_queued

    def last_why(self, queue: str) -> str:
        """How the last closed visit to `queue` ended; empty if there was none."""
        return next((v.why for v in reversed(self.visits) if v.queue == queue), "")


def in_order(facts: Iterable[Fact]) -> list[Fact]:
    """The facts by time, each once, the contact's end last; those of one instant stay in the order given."""
    once = sorted(dict.fromkeys(facts), key=_at)
    ends = [f for f in once if type(f) is ContactEnded]
    return [*(f for f in once if type(f) is not ContactEnded), *ends] if ends else once


def _at(fact: Fact) -> float:
    return fact.at


def _arrived(line: Timeline, fact: ContactArrived) -> None:
    line.arrival = line.arrival or fact


def _entered(line: Timeline, fact: NumberEntered) -> None:
    line.entered = fact


def _refused(line: Timeline, fact: ContactRefused) -> None:
    line.refusal = line.refusal or fact


def _answered(line: Timeline, fact: ContactAnswered) -> None:
    if line.answered_at is None:
        line.answered_at = fact.at


def _flow_started(line: Timeline, fact: FlowStarted) -> None:
    if line.flow_at is None:
        line.flow_at = fact.at


def _offered(line: Timeline, fact: OfferMade) -> None:
    line.offers.add(fact.offer)


def _queued(line: Timeline, fact: ContactQueued) -> None:
    since = fact.at
    if (wait := line.wait) is not None:
        if wait.queue == fact.queue:
            return  # told again, as after a recovery: the same wait
        line.leave_queue(fact.at, MOVED)
    if line.visits and line.visits[-1].why == MOVED:
        since = line.visits[-1].since
    line.wait = Visit(queue=fact.queue, tenant=fact.tenant, since=since, queued_at=fact.at, expected_s=fact.expected_s)
    if line.first_queued is None:
        line.first_queued = fact.at


def _left_queue(line: Timeline, fact: QueueLeft) -> None:
    if line.wait is not None and line.wait.queue == fact.queue:
        line.leave_queue(fact.at, fact.why)
    elif line.last_why(fact.queue) != fact.why:
        line.infer_visit(fact, fact.why)


def _connected(line: Timeline, fact: AgentConnected) -> None:
    if line.wait is not None and line.wait.queue == fact.queue:
        line.leave_queue(fact.at, ANSWERED)
    elif fact.queue and line.last_why(fact.queue) != ANSWERED and not _is_outbound(line):
        line.infer_visit(fact, ANSWERED)
    line.talking.setdefault(fact.agent, Talk(agent=fact.agent, queue=fact.queue, tenant=fact.tenant, began_at=fact.at))


def _is_outbound(line: Timeline) -> bool:
    """Whether the contact was called, so that it need not have waited for whom it talks with."""
    return line.arrival is not None and line.arrival.direction is Direction.OUTBOUND


def _recording_started(line: Timeline, fact: RecordingStarted) -> None:
    line.recordings.setdefault(
        fact.recording,
        Recorded(
            recording=fact.recording,
            tenant=fact.tenant,
            queue=fact.queue,
            agent=fact.agent,
            why=fact.why,
            announced=fact.announced,
            began_at=fact.at,
        ),
    )


def _recording(line: Timeline, fact: RecordingPaused | RecordingFinished | RecordingErased) -> Recorded:
    """What is known of it; of one whose beginning is not on record, whose it is."""
    return line.recordings.get(fact.recording) or Recorded(recording=fact.recording, tenant=fact.tenant)


def _recording_paused(line: Timeline, fact: RecordingPaused) -> None:
    known = _recording(line, fact)
    line.recordings[fact.recording] = replace(known, pauses=known.pauses + 1)


def _recording_finished(line: Timeline, fact: RecordingFinished) -> None:
    known = _recording(line, fact)
    if known.finished_at is None:  # told again after a crash, it says the same
        line.recordings[fact.recording] = replace(
            known,
            finished_at=fact.at,
            file=fact.file,
            sha256=fact.sha256,
            size=fact.size,
            seconds=fact.seconds,
            silence=fact.silence,
            problem=fact.problem,
        )


def _recording_erased(line: Timeline, fact: RecordingErased) -> None:
    known = _recording(line, fact)
    if known.erased_at is None:
        line.recordings[fact.recording] = replace(known, erased_at=fact.at)


def _agent_left(line: Timeline, fact: AgentLeft) -> None:
    if fact.agent in line.talking:
        line.end_talk(fact.agent, fact.at, fact.by)
    elif all(talk.agent != fact.agent for talk in line.talks):
        began = fact.at - max(0.0, fact.talked_s)
        line.talks.append(
            Talk(
                agent=fact.agent,
                queue=fact.queue,
                tenant=fact.tenant,
                began_at=began,
                ended_at=fact.at,
                by=fact.by,
            )
        )
        line.inferred = True


def _held(line: Timeline, fact: TalkHeld) -> None:
    if fact.agent in line.talking:
        line.held.setdefault(fact.agent, fact.at)


def _resumed(line: Timeline, fact: TalkResumed) -> None:
    line.end_hold(fact.agent, fact.at)


def _transferred(line: Timeline, fact: CallTransferred) -> None:
    line.transfers.append(
        Transfer(at=fact.at, agent=fact.agent, how=fact.how, to=fact.to, kind=fact.kind, target=fact.target)
    )


def _came_back(line: Timeline, fact: TransferFailed) -> None:
    if line.transfers:
        line.transfers[-1] = replace(line.transfers[-1], failed=fact.why)


def _outside(line: Timeline, fact: OutsideConnected) -> None:
    if line.outside and line.outside[-1].ended_at is None:
        return  # in a conference before, alone with the caller now
    line.outside.append(OutsideTalk(agent=fact.agent, number=fact.number, tenant=fact.tenant, began_at=fact.at))


def _outside_left(line: Timeline, fact: OutsideLeft) -> None:
    line.end_outside(fact.at, fact.by)


def _ended(line: Timeline, fact: ContactEnded) -> None:
    if line.ended is not None:
        return  # a second end, written after a crash, knows less than the first
    line.ended = fact
    if line.wait is not None:
        given_up = fact.outcome is Outcome.ABANDONED or fact.by is Party.CALLER
        line.leave_queue(fact.at, ABANDONED if given_up else ENDED)
        line.inferred = True
    for agent in list(line.talking):
        line.end_talk(agent, fact.at, fact.by)
        line.inferred = True
    line.end_outside(fact.at, fact.by)


def _disposed(line: Timeline, fact: DispositionGiven) -> None:
    line.dispositions[fact.agent] = Disposition(
        agent=fact.agent, queue=fact.queue, code=fact.code, meaning=fact.meaning
    )


def _surveyed(line: Timeline, fact: SurveyAnswered) -> None:
    line.surveys.append(
        Answer(at=fact.at, question=fact.question, score=fact.score, agent=fact.agent, queue=fact.queue)
    )


def _resolved(line: Timeline, fact: ContactResolved) -> None:
    if line.resolved is None:
        line.resolved = fact.what


_FOLDS: dict[type[Fact], Callable[[Timeline, Any], None]] = {
    ContactArrived: _arrived,
    NumberEntered: _entered,
    ContactRefused: _refused,
    ContactAnswered: _answered,
    ContactResolved: _resolved,
    DispositionGiven: _disposed,
    SurveyAnswered: _surveyed,
    FlowStarted: _flow_started,
    OfferMade: _offered,
    ContactQueued: _queued,
    QueueLeft: _left_queue,
    AgentConnected: _connected,
    AgentLeft: _agent_left,
    TalkHeld: _held,
    CallTransferred: _transferred,
    TransferFailed: _came_back,
    OutsideConnected: _outside,
    OutsideLeft: _outside_left,
    TalkResumed: _resumed,
    RecordingStarted: _recording_started,
    RecordingPaused: _recording_paused,
    RecordingFinished: _recording_finished,
    RecordingErased: _recording_erased,
    ContactEnded: _ended,
}
