"""The timers of parked legs: when one runs out, the switch takes its leg into the fallback, or hangs up who was rung.

The dial plan winds a timer up when it parks a leg. As long as vcc is there it winds each up again, long before it runs
out: a vcc that is dead, frozen or cut off does not.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from telephony.freeswitch.seconds import at_least
from telephony.freeswitch.templates.words import FALLBACK_CONTEXT, FALLBACK_EXTENSION

if TYPE_CHECKING:
    from telephony.freeswitch.legs import Leg, Legs
    from telephony.freeswitch.orders import Orders

#: How often a timer is wound up in the time that it runs.
TIMES = 3


class Timers:
    """Those of a node's legs."""

    def __init__(self, legs: Legs, orders: Orders, runs_s: float) -> None:
        """`runs_s`: how long a timer runs."""
        self._legs, self._orders, self._runs_s = legs, orders, runs_s
        self.up = False

    async def watch(self) -> None:
        """Wind them up, until cancelled."""
        while True:
            await asyncio.sleep(self._runs_s / TIMES)
            if self.up:
                for leg in self._legs:
                    if leg.parked and leg.told:
                        self.wind_up(leg)

    def wind_up(self, leg: Leg) -> None:
        """Begin anew."""
        self.stop(leg)
        after = f"+{at_least(self._runs_s)}"
        if leg.rung:
            self._orders.quietly("sched_hangup", after, leg.name, "NORMAL_CLEARING")
        else:
            place = (FALLBACK_EXTENSION, "XML", FALLBACK_CONTEXT)
            self._orders.quietly("sched_transfer", after, leg.name, *place)

    def stop(self, leg: Leg) -> None:
        """It does not run any more."""
        self._orders.quietly("sched_del", leg.name)
