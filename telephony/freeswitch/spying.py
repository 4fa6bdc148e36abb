"""Supervision: a leg that watches another one, by `eavesdrop` in the place where it is otherwise parked.

The mode cannot be changed from outside while it goes on: so the supervisor's leg is moved into a new one, some
milliseconds later. That is no end.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.errors import SwitchError
from telephony.freeswitch import translate
from telephony.freeswitch.executions import PROMPT_S
from telephony.port import Spy, SpyBegan, SpyEnded, SpyMode

if TYPE_CHECKING:
    from telephony.freeswitch.frames import Event
    from telephony.freeswitch.legs import Leg, Legs


@dataclass(kw_only=True, slots=True)
class Watch:
    """A leg watches, or is about to. `told`: `SpyBegan` was told, or `NodeUp` said so."""

    on: str
    mode: SpyMode = SpyMode.LISTEN
    told: bool = False
    begun: asyncio.Event = field(default_factory=asyncio.Event)


async def spy(leg: Leg, on: Leg | None, command: Spy) -> None:
    """Watch, and return when that has begun. Raises SwitchError if there is nothing to be watched."""
    before = leg.watch
    if on is None or on is leg or not on.up:
        if before is not None:
            leg.bring_back()
        raise SwitchError(f"the leg {command.on} is not there to be watched")
    if before is not None and before.on != command.on:
        ended(leg)
        before = None
    watch = leg.watch = Watch(on=command.on, mode=command.mode, told=before is not None)
    leg.leave()
    leg.sound.moved()
    try:
        await leg.esl.api("sched_del", leg.name)
        await leg.esl.api("uuid_setvar_multi", leg.name, translate.spy_variables(command.mode))
        await leg.esl.api("uuid_transfer", leg.name, translate.eavesdrop(command.on), "inline")
        async with asyncio.timeout(PROMPT_S):
            await watch.begun.wait()
    except TimeoutError:
        leg.bring_back()
        raise SwitchError("the switch did not begin to watch") from None


def begun(leg: Leg, event: Event) -> None:
    """The switch says that the leg watches."""
    watch = leg.watch
    if watch is not None and event.get("Application-Data", "") == watch.on and not watch.begun.is_set():
        watch.begun.set()
        watch.told = True
        leg.fact(SpyBegan, on=watch.on, mode=watch.mode)


def over(leg: Leg) -> None:
    """The leg is parked: it watches no more, unless it goes on in another way at once."""
    if not leg.next_is(Spy):
        ended(leg)


def ended(leg: Leg) -> None:
    """The leg watches no more; told if it did."""
    watch, leg.watch = leg.watch, None
    if watch is not None:
        watch.begun.set()
        if watch.told:
            leg.fact(SpyEnded, on=watch.on)


def unwatched(legs: Legs, on: Leg) -> None:
    """A leg is gone: who watched it is on its way back."""
    for leg in legs:
        if leg.watch is not None and leg.watch.on == on.name:
            ended(leg)
