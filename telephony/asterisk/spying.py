"""Supervision: a leg that watches another one, by ChanSpy on its own connection.

The mode cannot be changed from outside while ChanSpy runs: so the supervisor's leg is taken out of it and put into a
new one, some milliseconds later. That is no end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import SwitchError
from telephony.asterisk import translate
from telephony.port import Spy, SpyBegan, SpyEnded

if TYPE_CHECKING:
    from telephony.asterisk.fastagi import AgiSession
    from telephony.asterisk.legs import Leg

#: Longer than anybody watches.
SPY_TIMEOUT_S = 86_400.0


@dataclass(kw_only=True, slots=True)
class Watch:
    """A leg watches, or is about to. `told`: `SpyBegan` was told, or `NodeUp` said so."""

    on: str
    told: bool = False


async def spy(leg: Leg, on: Leg | None, command: Spy, session: AgiSession) -> None:
    """Watch, and return when that is over. Raises SwitchError if there is nothing to be watched."""
    if leg.watch is None or leg.watch.on != command.on:
        ended(leg)
        leg.watch = Watch(on=command.on)
    try:
        if on is None or on is leg or not on.channel or not on.up:
            raise SwitchError(f"the leg {command.on} is not there to be watched")
        await leg.sound.end_music(session)
        leg.mode = command.mode
        await session.command(translate.spy(on.channel, command.mode), SPY_TIMEOUT_S)
    finally:
        over(leg)


def began(leg: Leg) -> None:
    """The switch says that the leg watches."""
    if leg.watch is not None:
        leg.watch.told = True
        leg.fact(SpyBegan, on=leg.watch.on, mode=leg.mode)


def over(leg: Leg) -> None:
    """The leg watches no more, unless it goes on in another way at once."""
    if not leg.next_is(Spy):
        ended(leg)


def ended(leg: Leg) -> None:
    """The leg watches no more; told if it did."""
    watch, leg.watch = leg.watch, None
    if watch is not None and watch.told:
        leg.fact(SpyEnded, on=watch.on)
