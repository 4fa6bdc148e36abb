"""Days that were, again: the same callers and agents under other rules, side by side with what happened.

Callers come when they came, talk as long as they talked, and wait as long as they would have: those who hung up waited
to the end of their patience, of those who were answered it is drawn beyond their wait (`survival.py`), from what
callers of the same queue are known to bear. Who hung up before an agent could have been asked at all does so again. Who
had hung up and is answered now talks as long as somebody of the same queue did.

What has to be drawn is drawn several times; figures are means of these, with their spread.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from vcc.planning import figures
from vcc.planning.floor import ABANDONED, ANSWERED, Caller, Floor, Turn
from vcc.planning.survival import Patience

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from acd.protocol import Rules
    from reporting.measures import Target
    from vcc.planning.figures import DayFigures, Figures
    from vcc.planning.history import Past, PastCall, PastDay

DRAWS = 5


@dataclass(frozen=True, kw_only=True)
class Variant:
    """Rules to try on the past. `queue_of`: into which queue a call goes now; `head_starts`: whether some have one."""

    name: str
    text: str
    rules: Rules
    queue_of: Callable[[PastCall], str] = lambda call: call.queue
    head_starts: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Replayed:
    """What a variant made of the past; `variant` None: what happened."""

    variant: Variant | None
    figures: Figures


class Replay:
    """The past, with what is known of its callers' patience and conversations."""

    def __init__(self, past: Past, targets: Mapping[str, Target], seed: int = 1) -> None:
        """Estimate patience by queue, from those who waited."""
        self._past, self._targets, self._seed = past, targets, seed
        waits: dict[str, list[tuple[float, bool]]] = defaultdict(list)
        self._talks: dict[str, list[float]] = defaultdict(list)
        for call in (call for day in past.days for call in day.calls):
            if call.waited_s > 0:
                waits[call.queue].append((call.waited_s, call.state == ABANDONED))
            if call.service_s is not None:
                self._talks[call.queue].append(call.service_s)
        self._rings_s = _middle([call.rings_s for day in past.days for call in day.calls if call.service_s]) or 0.0
        self.patience = {queue: Patience(of) for queue, of in waits.items()}
        self._nobody_waited = Patience(())
        #: the time after a call of which the log has none, where it is known of others; else the rules say how long
        self._after_s = _middle([seconds for day in past.days for seconds in day.after_s.values()])

    def as_it_was(self) -> Replayed:
        """The figures of what happened."""
        callers = (_caller(call, call.queue) for day in self._past.days for call in day.calls)
        return Replayed(variant=None, figures=figures.of_days([figures.of_callers(callers, self._targets)]))

    def under(
        self, variant: Variant, *, draws: int = DRAWS, done: Callable[[int], None] = lambda days: None
    ) -> Replayed:
        """What the variant would have made of it; `done` is told how many days have been replayed."""
        found: list[DayFigures] = []
        for draw in range(draws):
            floors = []
            for number, day in enumerate(self._past.days):
                floors.append(self._floor(day, variant, draw))
                done(draw * len(self._past.days) + number + 1)
            agents = {agent: "agents" for floor in floors for agent in floor.work}
            found.append(figures.of_floors(floors, self._targets, agents))
        return Replayed(variant=variant, figures=figures.of_days(found))

    def _floor(self, day: PastDay, variant: Variant, draw: int) -> Floor:
        random = Random(f"{self._seed}/{day.name}/{draw}")  # noqa: S311 - a simulation, and no secret
        coming, gone = [], []
        for call in day.calls:
            queue = variant.queue_of(call)
            if call.state != ANSWERED and call.waited_s <= 0:
                gone.append(_caller(call, queue))
            else:
                coming.append(self._again(call, queue, day, variant, random))
        floor = Floor(variant.rules)
        floor.run(coming, _turns(day, variant.rules))
        floor.callers.extend(gone)
        return floor

    def _again(self, call: PastCall, queue: str, day: PastDay, variant: Variant, random: Random) -> Caller:
        patience = self.patience.get(call.queue, self._nobody_waited)
        talks = self._talks.get(call.queue) or [0.0]
        # Both are drawn for every call, needed or not, so that the next call's do not depend on this one.
        drawn, talk = patience.draw_beyond(call.waited_s, random), talks[random.randrange(len(talks))]
        return Caller(
            call.contact,
            call.kind,
            queue,
            call.at,
            service_s=talk if call.service_s is None else call.service_s,
            patience_s=call.waited_s if call.state != ANSWERED else max(drawn, math.nextafter(call.waited_s, math.inf)),
            priority=call.priority,
            head_start_s=call.head_start_s if variant.head_starts else 0.0,
            after_s=day.after_s.get(call.contact, self._after_s),
            rings_s=self._rings_s if call.service_s is None else call.rings_s,
            leaves_as=call.state if call.state != ANSWERED else ABANDONED,
        )


def _turns(day: PastDay, rules: Rules) -> Iterator[Turn]:
    """Who came and went, of those whom the rules know: for the tenants of that day, or for those of the rules."""
    for turn in day.turns:
        known = rules.agents.get(turn.agent)
        if known is not None:
            serves = tuple(tenant for tenant in turn.serves if tenant in known.serves) or tuple(sorted(known.serves))
            yield Turn(at=turn.at, agent=turn.agent, on=turn.on, serves=serves)


def _caller(call: PastCall, queue: str) -> Caller:
    """A caller of whom it is known what became."""
    caller = Caller(call.contact, call.kind, queue, call.at, service_s=call.service_s or 0.0)
    caller.state, caller.waited_s, caller.agent = call.state, call.waited_s, call.agent
    return caller


def _middle(values: list[float]) -> float | None:
    """The median: a few of these times are pauses, which are taken once and not anew for every further call."""
    return sorted(values)[len(values) // 2] if values else None
