"""Hanging up, and seeing to it that what should end does end.

A hang-up goes by AMI; by the leg's own connection if there is no other. One that comes before the channel is there is
sent again when it is. A leg whose end was announced, or asked for, and that has not ended in time is hung up again, and
its connection ends: one that was hung up on its way here is dead on it, and the switch keeps it until then, whatever it
is told by AMI (docs/adr/dead-on-arrival.md). Now and then the switch is asked for all its channels, so that no leg
outlives a lost event.

    HangUp, HangupRequest --FIRST_S--> hung up again, its connection closed --PATIENCE_S--> again, ATTEMPTS times in all
                                                                            --PATIENCE_S--> given up: LegHungUp
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from core.errors import SwitchError, SwitchUnavailableError
from telephony.asterisk import translate
from telephony.port import Cause, HangUp

if TYPE_CHECKING:
    from telephony.asterisk.ami import AmiReply
    from telephony.asterisk.ami_client import AmiClient
    from telephony.asterisk.legs import Leg, Legs
    from telephony.asterisk.missed import Missed

#: A leg that ends does so within milliseconds; a switch at its limits needs longer, and loses nothing by the reminder.
FIRST_S = 0.5
PATIENCE_S = 2.0
ATTEMPTS = 4
AUDIT_S = 60.0

_log = structlog.get_logger()


class Endings:
    """The ends of a node's legs."""

    def __init__(self, legs: Legs, ami: AmiClient, missed: Missed) -> None:
        """Nothing is to end yet."""
        self._legs, self._ami, self._missed = legs, ami, missed
        self._due: dict[str, asyncio.TimerHandle] = {}  # by leg: what is done if it has not ended by then
        self.up = False

    def hang_up(self, command: HangUp) -> None:
        """End a leg in whatever state it is. To say so again hurries nothing, and gains it no time."""
        leg = self._legs.get(command.leg)
        if leg is not None:
            leg.forget_waiting()
            leg.hang_up_wanted, leg.elsewhere = True, command.elsewhere
            self._ends(leg)
            self.send(leg)

    def announced(self, channel: str) -> None:
        """The switch says that a channel is about to end. If its leg is not here yet, it is dead when it comes."""
        self._legs.note_ending(channel)
        if (leg := self._legs.get(channel)) is not None:
            self._ends(leg)

    def send(self, leg: Leg) -> bool:
        """Have the switch hang up, now; whether AMI took that."""
        elsewhere = leg.elsewhere and not leg.up
        try:
            self._ami.send(translate.hang_up(leg.channel or leg.name, elsewhere=elsewhere), _log_failure)
        except SwitchUnavailableError:
            leg.push(HangUp(leg=leg.name))
            return False
        return True

    def end(self, leg: Leg) -> None:
        """Hang up a leg that may be dead on its connection."""
        if self.send(leg):
            leg.cut()

    def orphan(self, leg: str) -> None:
        """Nobody waits for this leg any more: whatever became of it shall end."""
        try:
            self._ami.send(translate.hang_up(leg), _log_failure)
        except SwitchUnavailableError:
            _log.warning("a leg may ring that nobody waits for", node=self._legs.node, leg=leg)

    def _ends(self, leg: Leg) -> None:
        if leg.name not in self._due:
            self._look_at(leg, FIRST_S, 0)

    def _look_at(self, leg: Leg, after_s: float, attempts: int) -> None:
        self._due[leg.name] = asyncio.get_running_loop().call_later(after_s, self._heal, leg, attempts)

    def _heal(self, leg: Leg, attempts: int) -> None:
        del self._due[leg.name]
        if not leg.there:
            return
        if not self.up:  # what has ended meanwhile is found when the switch is heard again
            self._look_at(leg, PATIENCE_S, attempts)
            return
        _log.warning("a leg did not end", node=self._legs.node, leg=leg.name, channel=leg.channel, attempts=attempts)
        if attempts >= ATTEMPTS:
            self._legs.end(leg, Cause.FAILED, "the switch lost it")
            return
        self._look_at(leg, PATIENCE_S, attempts + 1)
        self.end(leg)

    async def watch(self) -> None:
        """Ask now and then which channels there are, until cancelled."""
        while True:
            await asyncio.sleep(AUDIT_S)
            await self._audit()
            self._missed.look()

    async def _audit(self) -> None:
        """A leg that was there before the question and is not in the answer is gone."""
        asked = [leg for leg in self._legs if leg.channel]
        try:
            reply = await self._ami.ask({"Action": "CoreShowChannels"})
        except SwitchError as error:
            _log.warning("the switch does not list its channels", node=self._legs.node, reason=str(error))
            return
        if not (reply.success and self.up):
            return
        there = {event.get("Uniqueid") for event in reply.events}
        for leg in asked:
            if leg.name not in there and leg.name in self._legs:
                _log.warning("a leg is gone without a word", node=self._legs.node, leg=leg.name)
                self._legs.end(leg, Cause.FAILED, "the switch does not know it")


def _log_failure(result: AmiReply | SwitchError) -> None:
    """A hang-up that the switch refuses is of a channel that has ended, or is not there yet: both are seen to."""
    if isinstance(result, SwitchError):
        _log.warning("a hang-up was not answered", reason=str(result))
