"""Hanging up, and seeing to it that what should end does end.

A hang-up that comes before the channel is there is sent again when it is. A leg that was told to end and has not in
time is told again; and now and then the switch is asked about each leg, so that none outlives a lost event.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from telephony.freeswitch import translate
from telephony.port import Cause, HangUp

if TYPE_CHECKING:
    from telephony.freeswitch.legs import Leg, Legs
    from telephony.freeswitch.missed import Missed
    from telephony.freeswitch.orders import Orders

PATIENCE_S = 2.0
ATTEMPTS = 3
AUDIT_S = 60.0

_log = structlog.get_logger()


class Endings:
    """The ends of a node's legs."""

    def __init__(self, legs: Legs, orders: Orders, missed: Missed) -> None:
        """Nothing is to end yet."""
        self._legs, self._orders, self._missed = legs, orders, missed
        self._due: dict[str, tuple[float, int]] = {}  # leg: when to act again, and how often that was done
        self.up = False

    def hang_up(self, command: HangUp) -> None:
        """End a leg in whatever state it is."""
        leg = self._legs.get(command.leg)
        if leg is not None:
            leg.hang_up_wanted, leg.elsewhere = True, command.elsewhere
            leg.forget_waiting()
            self._due[leg.name] = (self._time() + PATIENCE_S, 0)
            self.send(leg)

    def send(self, leg: Leg) -> None:
        """Have the switch hang up, now."""
        elsewhere = leg.elsewhere and not leg.up
        self._orders.quietly("uuid_kill", leg.name, *(["LOSE_RACE"] if elsewhere else []))

    def orphan(self, leg: str) -> None:
        """Nobody waits for this leg any more: whatever became of it shall end."""
        self._orders.quietly("uuid_kill", leg)

    async def watch(self) -> None:
        """See to it, until cancelled."""
        audit_at = self._time() + AUDIT_S
        while True:
            await asyncio.sleep(PATIENCE_S / 2)
            self._heal(self._time())
            if self._time() >= audit_at:
                self.audit()
                self._missed.look()
                audit_at = self._time() + AUDIT_S

    def _heal(self, now: float) -> None:
        for name, (due, attempts) in list(self._due.items()):
            leg = self._legs.get(name)
            if leg is None:
                del self._due[name]
            elif now >= due and self.up:
                self._heal_leg(leg, now, attempts)

    def _heal_leg(self, leg: Leg, now: float, attempts: int) -> None:
        _log.warning("a leg did not end", node=self._legs.node, leg=leg.name, attempts=attempts)
        if attempts >= ATTEMPTS:
            self._legs.end(leg, Cause.FAILED, "the switch lost it")
            return
        self._due[leg.name] = (now + PATIENCE_S, attempts + 1)
        self.send(leg)

    def audit(self) -> None:
        """A leg of which the switch knows nothing any more is gone."""
        if self.up:
            for leg in self._legs:
                if leg.created:
                    self._orders.give(["uuid_exists", leg.name], lambda result, leg=leg: self._exists(leg, result))  # type: ignore[misc]

    def _exists(self, leg: Leg, result: object) -> None:
        if result == translate.DOES_NOT_EXIST and leg.there:
            _log.warning("a leg is gone without a word", node=self._legs.node, leg=leg.name)
            self._legs.end(leg, Cause.FAILED, "the switch does not know it")

    def _time(self) -> float:
        return asyncio.get_running_loop().time()
