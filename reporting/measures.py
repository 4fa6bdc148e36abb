"""The measures of a call centre, as pure functions of counts and of seconds.

    records -> visits -> Tally (counts of one queue, or of many together) -> service level, abandonment, ASA
    conversations, agents' states -> WorkTime (see `duty.py`) -> AHT, occupancy, utilisation

A ratio is a fraction (0.8 is 80 %), a time is in seconds; None where the denominator is 0: no calls is not 0 %.
Symbols, as in the literature: A answered, B abandoned in the queue, A_T and B_T those of them within the threshold T,
B_s abandoned within the short-abandon limit s (both limits included). Variants of the service level as structured in
Jouini, Koole, Roubos, "Performance indicators for call centers with impatience", IIE Transactions 45 (2013), and as
the reports of the common systems offer them; the names are ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from core.facts import Direction
from reporting.segments import ABANDONED, ANSWERED, Visit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from reporting.duty import WorkTime
    from reporting.record import ContactRecord


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """What a queue is measured by: the service level's threshold T and the short-abandon limit s, in seconds."""

    threshold_s: float = 20.0
    short_abandon_s: float = 5.0


DEFAULT_TARGET = Target()


@dataclass(kw_only=True, slots=True)
class Tally:
    """Counts of visits to queues. `left` ended neither answered nor abandoned (time-out, key, full, moved, ended).

    `wait_s` is the sum of the waits of those answered, `crossed` counts the moments at which a wait crossed T. Of those
    answered of whom it was known how long they would wait (`expected`): how much longer it took, in seconds, negative
    waits being shorter (`misjudged_s`), and either way (`off_s`).
    """

    answered: int = 0
    answered_in_threshold: int = 0
    abandoned: int = 0
    abandoned_in_threshold: int = 0
    abandoned_short: int = 0
    left: int = 0
    crossed: int = 0
    wait_s: float = 0.0
    expected: int = 0
    misjudged_s: float = 0.0
    off_s: float = 0.0

    @property
    def queued(self) -> int:
        """Visits that ended, however they did."""
        return self.answered + self.abandoned + self.left

    def count(self, visit: Visit, target: Target) -> None:
        """Count the end of a visit."""
        self.ended(visit.why, visit.waited_s, target)
        if visit.why == ANSWERED and visit.expected_s is not None and visit.left_at is not None:
            off = visit.left_at - visit.queued_at - visit.expected_s
            self.expected += 1
            self.misjudged_s += off
            self.off_s += abs(off)

    def ended(self, why: str | None, waited: float, target: Target) -> None:
        """Count a visit that has ended like this after so many seconds."""
        if why == ANSWERED:
            self.answered += 1
            self.answered_in_threshold += waited <= target.threshold_s
            self.wait_s += waited
        elif why == ABANDONED:
            self.abandoned += 1
            self.abandoned_in_threshold += waited <= target.threshold_s
            self.abandoned_short += waited <= target.short_abandon_s
        else:
            self.left += 1

    def include(self, other: Tally) -> None:
        """Add the counts of `other`: several queues, or several intervals, as one."""
        self.answered += other.answered
        self.answered_in_threshold += other.answered_in_threshold
        self.abandoned += other.abandoned
        self.abandoned_in_threshold += other.abandoned_in_threshold
        self.abandoned_short += other.abandoned_short
        self.left += other.left
        self.crossed += other.crossed
        self.wait_s += other.wait_s
        self.expected += other.expected
        self.misjudged_s += other.misjudged_s
        self.off_s += other.off_s


def visits_of(records: Iterable[ContactRecord]) -> Iterator[Visit]:
    """Every visit of a caller to a queue in the records; an agent who has dialled a queue's extension is none."""
    for record in records:
        if record.direction is not Direction.INTERNAL:
            yield from record.visits


def tally(visits: Iterable[Visit], targets: Mapping[str, Target], *, since: float, until: float) -> dict[str, Tally]:
    """Count, by queue, what happened in [since, until): the ends of visits, and the waits that crossed T.

    A visit belongs to the interval in which it ended, also where it began before. A queue that `targets` does not
    name is measured by the default.
    """
    tallies: dict[str, Tally] = {}
    for visit in visits:
        target = targets.get(visit.queue, DEFAULT_TARGET)
        counts = tallies.setdefault(visit.queue, Tally())
        end = until if visit.left_at is None or visit.left_at >= until else visit.left_at
        if visit.left_at is not None and since <= visit.left_at < until:
            counts.count(visit, target)
        if crosses(visit, target, end) and since <= crossing(visit, target) < until:
            counts.crossed += 1
    return tallies


def crosses(visit: Visit, target: Target, at: float) -> bool:
    """Whether the wait is longer than T at the time `at`."""
    return at - visit.since > target.threshold_s


def crossing(visit: Visit, target: Target) -> float:
    """When the wait crosses T: in this queue, so not before the contact came to it."""
    return max(visit.since + target.threshold_s, visit.queued_at)


class ServiceLevel(StrEnum):
    """How the service level treats abandoned calls; always shown with the figure."""

    EARLY_ABANDONS_SERVED = "early_abandons_served"  # 1
    ANSWERED_ONLY = "answered_only"  # 2
    ABANDONS_MISSED = "abandons_missed"  # 3
    EARLY_ABANDONS_IGNORED = "early_abandons_ignored"  # 4
    SHORT_ABANDONS_IGNORED = "short_abandons_ignored"  # 5


DEFAULT_SERVICE_LEVEL = ServiceLevel.SHORT_ABANDONS_IGNORED


def service_level(counts: Tally, variant: ServiceLevel = DEFAULT_SERVICE_LEVEL) -> float | None:
    """The fraction of calls answered within the threshold T, in one of five variants.

    1 EARLY_ABANDONS_SERVED   (A_T + B_T) / (A + B)   who left before T was not kept waiting
    2 ANSWERED_ONLY           A_T / A                 abandoned calls play no part
    3 ABANDONS_MISSED         A_T / (A + B)           every abandoned call is a miss
    4 EARLY_ABANDONS_IGNORED  A_T / (A + B - B_T)     who left before T plays no part, who left later is a miss
    5 SHORT_ABANDONS_IGNORED  A_T / (A + B - B_s)     only who left at once plays no part; the default
    """
    return _ratio(*service_level_parts(counts, variant))


def service_level_parts(counts: Tally, variant: ServiceLevel = DEFAULT_SERVICE_LEVEL) -> tuple[int, int]:
    """The two numbers whose ratio the service level is: for those who say how sure it is over many days."""
    met, of = counts.answered_in_threshold, counts.answered + counts.abandoned
    match variant:
        case ServiceLevel.EARLY_ABANDONS_SERVED:
            met += counts.abandoned_in_threshold
        case ServiceLevel.ANSWERED_ONLY:
            of = counts.answered
        case ServiceLevel.EARLY_ABANDONS_IGNORED:
            of -= counts.abandoned_in_threshold
        case ServiceLevel.SHORT_ABANDONS_IGNORED:
            of -= counts.abandoned_short
        case ServiceLevel.ABANDONS_MISSED:
            pass
    return met, of


class EarlyAbandons(StrEnum):
    """How the real-time service level treats those who abandoned before the threshold."""

    IGNORED = "ignored"
    MISSED = "missed"


def real_time_service_level(counts: Tally, abandons: EarlyAbandons = EarlyAbandons.IGNORED) -> float | None:
    """The service level of the calls that have reached an answer or the threshold by now, the waiting ones included.

    A_T / (A_T + crossed), with `crossed` the waits that went beyond T, however they end; MISSED adds B_T below.
    It falls at the moment at which a wait crosses T, and not only when somebody answers at last.
    """
    of = counts.answered_in_threshold + counts.crossed
    if abandons is EarlyAbandons.MISSED:
        of += counts.abandoned_in_threshold
    return _ratio(counts.answered_in_threshold, of)


def abandonment(counts: Tally) -> float | None:
    """The fraction of visits to a queue that the caller ended by hanging up: B / queued.

    Who hangs up in the flow is counted apart (outcome `left_flow`), who asks to be called back has not abandoned.
    """
    return _ratio(counts.abandoned, counts.queued)


def short_abandonment(counts: Tally) -> float | None:
    """The fraction of visits that were abandoned within the short-abandon limit: B_s / queued."""
    return _ratio(counts.abandoned_short, counts.queued)


def containment(records: Iterable[ContactRecord]) -> float | None:
    """The fraction of the contacts that a flow took which it resolved itself: `resolved`, and never in a queue.

    Contacts that go on, and those that no flow took (turned away, unknown numbers), play no part.
    """
    taken = [record for record in records if record.outcome is not None and record.in_flow]
    return _ratio(sum(record.resolved is not None and not record.visits for record in taken), len(taken))


def average_speed_of_answer(counts: Tally) -> float | None:
    """ASA in seconds: the mean time from entering the queue to the agent, of the answered visits."""
    return _ratio(counts.wait_s, counts.answered)


def wait_misjudged(counts: Tally) -> float | None:
    """How much longer the answered waited than was expected when their waits began, in seconds; negative: shorter."""
    return _ratio(counts.misjudged_s, counts.expected)


def wait_off(counts: Tally) -> float | None:
    """How far the waits of the answered were from what was expected of them, either way, in seconds."""
    return _ratio(counts.off_s, counts.expected)


def average_handle_time(work: WorkTime) -> float | None:
    """AHT in seconds: (talk + hold + wrap-up) / handled, of the conversations that ended in the interval."""
    return _ratio(work.handled_s, work.handled)


def occupancy(work: WorkTime) -> float | None:
    """The fraction of the time with calls to take that was spent on contacts: on contact / (on contact + idle).

    On contact is talking, holding and wrap-up. A phone that rings is neither; who is not ready is neither.
    """
    return _ratio(work.handling_s, work.handling_s + work.idle_s)


def utilisation(work: WorkTime) -> float | None:
    """The fraction of the time at work that was spent on contacts: (talk + hold + wrap-up) / signed in (工时利用率)."""
    return _ratio(work.handling_s, work.at_work_s)


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None
