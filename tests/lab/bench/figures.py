"""From what was measured to the named figures, each beside the peer's."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.lab.bench.kinds import ASTERISK, Kind
from tests.lab.bench.settings import DRAINED_CALLERS, FEW_AGENTS, TALK_S, TOP_RATE
from tests.lab.bench.sides import VCC

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tests.lab.bench.loads import Drained, Silent, Steady
    from tests.lab.bench.wire import Wire

IDEAL_DRAIN_S = DRAINED_CALLERS / FEW_AGENTS * TALK_S
_MB, _KB = 1e6, 1e3
_BOTH = (True, False)
#: The peer of what a recording costs.
NOT_RECORDED = "not recorded"
#: The peer of the event socket's wire.
PLAIN_READER = "asyncio's reader"


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """A named figure. `peer_value` and `ratio` (ours to the peer's) are None where there is no peer, or where its value
    is 0. `most`: what it should not exceed, in its unit; `most_ratio`: the same of the ratio; `least`: what it should
    not fall short of.
    """

    name: str
    value: float
    unit: str
    peer: str | None = None
    peer_value: float | None = None
    most: float | None = None
    most_ratio: float | None = None
    least: float | None = None

    @property
    def ratio(self) -> float | None:
        """Ours to the peer's."""
        return self.value / self.peer_value if self.peer_value else None

    @property
    def reached(self) -> bool:
        """Whether it is as good as it should be."""
        if self.most_ratio is not None:
            return self.ratio is not None and self.ratio <= self.most_ratio
        if self.least is not None:
            return self.value >= self.least
        return self.most is None or self.value <= self.most

    def plain(self) -> dict[str, object]:
        """As one entry of the list of --json."""
        return {
            "name": self.name,
            "value": _rounded(self.value),
            "unit": self.unit,
            "peer": self.peer,
            "peer_value": _rounded(self.peer_value),
            "ratio": _rounded(self.ratio),
        }


@dataclass(kw_only=True, slots=True)
class Measured:
    """What every load on every side gave, in order; `kind`: on which switch."""

    kind: Kind = ASTERISK
    drained: defaultdict[str, list[Drained]] = field(default_factory=lambda: defaultdict(list))
    steady: defaultdict[str, list[Steady]] = field(default_factory=lambda: defaultdict(list))
    talks: dict[bool, Steady] = field(default_factory=dict)  # by whether it was recorded
    sent_on: Steady | None = None
    silent: Silent | None = None
    wire: Wire | None = None

    @property
    def sides(self) -> tuple[str, str]:
        """The names of both: vcc, and its peer."""
        return VCC, self.kind.peer

    def at(self, side: str, rate: int) -> list[Steady]:
        """The steady loads of a rate."""
        return [load for load in self.steady[side] if load.rate == rate]


def figures(measured: Measured) -> list[Figure]:
    """All figures."""
    return [
        *_at_top(measured),
        *_draining(measured),
        *_recording(measured),
        *_sent_on(measured.sent_on),
        *_memory(measured.silent),
        *_wire(measured.wire),
    ]


def _beside(
    measured: Measured,
    name: str,
    unit: str,
    values: Sequence[float],
    *,
    most: float | None = None,
    most_ratio: float | None = None,
) -> Figure:
    (ours, peers), peer = values, measured.kind.peer
    return Figure(name=name, value=ours, unit=unit, peer=peer, peer_value=peers, most=most, most_ratio=most_ratio)


def _failed(measured: Measured, side: str) -> int:
    return sum(load.failed for load in measured.at(side, TOP_RATE))


def _at_top(measured: Measured) -> Iterator[Figure]:
    loads = [measured.at(side, TOP_RATE) for side in measured.sides]
    if all(loads):
        yield _beside(
            measured, "failed_calls_at_80cps", "calls", [_failed(measured, s) for s in measured.sides], most=0
        )
        cpu = [cpu_ms(of_side) for of_side in loads]
        yield _beside(measured, "cpu_ms_per_call", "ms", cpu, most_ratio=measured.kind.cpu_ratio)


def _draining(measured: Measured) -> Iterator[Figure]:
    if any(measured.drained.values()):
        gap_p95_ms = [1_000 * percentile(gaps(measured, side), 95) for side in measured.sides]
        yield _beside(measured, "idle_gap_p95_ms", "ms", gap_p95_ms, most=measured.kind.gap_ms)
        yield _beside(measured, "drain_overhead", "", [_overhead(measured, s) for s in measured.sides], most=0.1)


def _overhead(measured: Measured, side: str) -> float:
    return statistics.median(load.seconds for load in measured.drained[side]) / IDEAL_DRAIN_S - 1


def _recording(measured: Measured) -> Iterator[Figure]:
    """What a call costs that is recorded, beside the same that is not, both on vcc."""
    if len(measured.talks) == len(_BOTH):
        with_, without = (measured.talks[recorded].cpu_ms() for recorded in _BOTH)
        failed = Figure(
            name="failed_recorded_at_40cps",
            value=measured.talks[True].failed,
            unit="calls",
            peer=NOT_RECORDED,
            peer_value=measured.talks[False].failed,
            most=0,
        )
        yield failed
        name = "record_cpu_ms_per_call"
        yield Figure(name=name, value=with_, unit="ms", peer=NOT_RECORDED, peer_value=without)


def _sent_on(load: Steady | None) -> Iterator[Figure]:
    """Callers who talk with two agents, the first of whom sends them on."""
    if load is not None:
        yield Figure(name="failed_transferred_at_40cps", value=load.failed, unit="calls", most=0)


def _memory(silent: Silent | None) -> Iterator[Figure]:
    if silent is not None:
        yield Figure(name="rss_mb_1000_calls", value=silent.after / _MB, unit="MB", most=160)
        grown = (silent.after - silent.before) / _KB / silent.calls
        yield Figure(name="kb_per_call", value=grown, unit="kB", most=30)


def _wire(wire: Wire | None) -> Iterator[Figure]:
    """The event socket's events, each 5 kB, through vcc's wire and through the plainest reader of asyncio."""
    if wire is not None:
        ours, plain = wire.medians
        name = "esl_events_per_s"
        yield Figure(name=name, value=ours, unit="events/s", peer=PLAIN_READER, peer_value=plain, least=5_000)


def gaps(measured: Measured, side: str) -> list[float]:
    """Every idle gap of a side, seconds."""
    return [gap for load in measured.drained[side] for gap in load.gaps]


def cpu_ms(loads: Iterable[Steady], *groups: str) -> float:
    """Processor time per completed call over several loads, milliseconds; of all groups of processes without any."""
    loads = list(loads)
    spent = sum(load.cpu_ms(*groups) * load.completed for load in loads)
    return spent / max(1, sum(load.completed for load in loads))


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent of the values do not exceed; not a number if there are none."""
    if not values:
        return math.nan
    return sorted(values)[max(0, math.ceil(percent / 100 * len(values)) - 1)]


def _rounded(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else round(value, 4)
