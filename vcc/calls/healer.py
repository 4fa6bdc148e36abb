"""The invariant check: a leg that was told to hang up does hang up.

Each `HangUp` is remembered until the switch says that the leg is gone. If it does not within `PATIENCE_S`, it is told
again, and a `LegHealed` fact says so; after `ATTEMPTS` the switch is at fault and the log says that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from core.facts import LegHealed
from telephony.port import HangUp

if TYPE_CHECKING:
    from core.clock import TimerHandle
    from vcc.calls.floor import Floor

_log = structlog.get_logger()

PATIENCE_S = 3.0
ATTEMPTS = 5


@dataclass(kw_only=True, slots=True)
class _Doomed:
    node: str
    attempts: int
    timer: TimerHandle


class Healer:
    """Sees to it that legs end when they are told to."""

    def __init__(self, floor: Floor) -> None:
        """Serve this floor."""
        self._floor = floor
        self._doomed: dict[str, _Doomed] = {}

    def __len__(self) -> int:
        """How many legs were told to hang up and have not done so yet."""
        return len(self._doomed)

    def __contains__(self, leg: object) -> bool:
        """Whether this leg was told to hang up and has not done so yet."""
        return leg in self._doomed

    def hang_up(self, node: str, leg: str, *, elsewhere: bool = False) -> None:
        """Hang up a leg, and see to it that it is done."""
        self._floor.send(node, HangUp(leg=leg, elsewhere=elsewhere))
        self.expect_end(node, leg)

    def expect_end(self, node: str, leg: str) -> None:
        """The leg was told to end in another way (refused); see to it that it is done."""
        if leg not in self._doomed:
            self._doomed[leg] = _Doomed(node=node, attempts=1, timer=self._later(leg))

    def stray(self, node: str, leg: str, why: str) -> None:
        """Hang up a leg that should not be there at all, and record that it was."""
        if leg not in self._doomed:
            self._floor.record(LegHealed(at=self._floor.now(), node=node, leg=leg, why=why))
            self.hang_up(node, leg)

    def gone(self, leg: str) -> None:
        """The leg is gone."""
        doomed = self._doomed.pop(leg, None)
        if doomed is not None:
            doomed.timer.cancel()

    def present(self, node: str, legs: frozenset[str]) -> None:
        """The node was asked what is there: what is not there is gone, and what it was told while it could not be heard
        counts for nothing: it is told again.
        """
        for leg in [leg for leg, doomed in self._doomed.items() if doomed.node == node]:
            if leg in legs:
                self._doomed[leg].attempts = 1
                self._floor.send(node, HangUp(leg=leg))
            else:
                self.gone(leg)

    def _later(self, leg: str) -> TimerHandle:
        return self._floor.timers.call_at(self._floor.now() + PATIENCE_S, lambda: self._again(leg))

    def _again(self, leg: str) -> None:
        doomed = self._doomed.get(leg)
        if doomed is None:
            return
        if doomed.attempts >= ATTEMPTS:
            _log.error("leg does not hang up", node=doomed.node, leg=leg, attempts=doomed.attempts)
            del self._doomed[leg]
            return
        doomed.attempts += 1
        doomed.timer = self._later(leg)
        session = self._floor.legs.callers.get(leg)
        contact, tenant = (session.contact, session.tenant) if session else ("", "")
        fact = LegHealed(
            at=self._floor.now(), tenant=tenant, contact=contact, node=doomed.node, leg=leg, why="did not hang up"
        )
        self._floor.record(fact)
        self._floor.send(doomed.node, HangUp(leg=leg))
