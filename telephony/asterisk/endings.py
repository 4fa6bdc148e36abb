"""Hanging up, and seeing to it that what should end does end.

A hang-up goes by AMI, which can end a channel in any state; by the leg's own wire if there is no other. One that comes
before the channel is there is sent again when it is. A leg whose end was announced (a BYE at the wrong moment leaves it
half dead), or asked for, and that has not ended in time, is hung up again; and now and then the switch is asked for all
its channels, so that no leg outlives a lost event.
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

PATIENCE_S = 2.0
ATTEMPTS = 3
AUDIT_S = 60.0

_log = structlog.get_logger()


class Endings:
    """The ends of a node's legs."""

    def __init__(self, legs: Legs, ami: AmiClient, missed: Missed) -> None:
        """Nothing is to end yet."""
        self._legs, self._ami, self._missed = legs, ami, missed
        self._due: dict[str, tuple[float, int]] = {}  # leg: when to act again, and how often that was done
        self.up = False

    def hang_up(self, command: HangUp) -> None:
        """End a leg in whatever state it is."""
        leg = self._legs.get(command.leg)
        if leg is not None:
            leg.forget_waiting()
            leg.hang_up_wanted, leg.elsewhere = True, command.elsewhere
            self._due[leg.name] = (self._time() + PATIENCE_S, 0)
            self.send(leg)

    def announced(self, leg: Leg) -> None:
        """The switch says that the leg is about to end."""
        self._due.setdefault(leg.name, (self._time() + PATIENCE_S, 0))

    def send(self, leg: Leg) -> None:
        """Have the switch hang up, now."""
        elsewhere = leg.elsewhere and not leg.up
        try:
            self._ami.send(translate.hang_up(leg.channel or leg.name, elsewhere=elsewhere), _log_failure)
        except SwitchUnavailableError:
            leg.push(HangUp(leg=leg.name))

    def orphan(self, leg: str) -> None:
        """Nobody waits for this leg any more: whatever became of it shall end."""
        try:
            self._ami.send(translate.hang_up(leg), _log_failure)
        except SwitchUnavailableError:
            _log.warning("a leg may ring that nobody waits for", node=self._legs.node, leg=leg)

    async def watch(self) -> None:
        """See to it, until cancelled."""
        audit_at = self._time() + AUDIT_S
        while True:
            await asyncio.sleep(PATIENCE_S / 2)
            self._heal(self._time())
            if self._time() >= audit_at:
                await self._audit()
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
        _log.warning("a leg did not end", node=self._legs.node, leg=leg.name, channel=leg.channel, attempts=attempts)
        if attempts >= ATTEMPTS:
            self._legs.end(leg, Cause.FAILED, "the switch lost it")
            return
        self._due[leg.name] = (now + PATIENCE_S, attempts + 1)
        self.send(leg)

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

    def _time(self) -> float:
        return asyncio.get_running_loop().time()


def _log_failure(result: AmiReply | SwitchError) -> None:
    """A hang-up that the switch refuses is of a channel that has ended, or is not there yet: both are seen to."""
    if isinstance(result, SwitchError):
        _log.warning("a hang-up was not answered", reason=str(result))
