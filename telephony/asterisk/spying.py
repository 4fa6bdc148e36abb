"""Supervision: a leg that watches another one, by ChanSpy on its own connection.

The mode cannot be changed from outside while ChanSpy runs: so the supervisor's leg is taken out of it and put into a
new one, some milliseconds later. That is no end.

    Spy -> EXEC ChanSpy -> ChanSpyStart: SpyBegan
    the watched leg comes into a conversation, or media may begin anew in it -> out of ChanSpy, and in again

A ChanSpy hears one stream of RTP only: what is numbered lower than what it has heard before is taken for packets that
come too late. ChanSpy begins 0.1 s after the command, and what passes meanwhile makes Asterisk forget the numbers
(docs/adr/recording-by-mixmonitor.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import SwitchError
from telephony.asterisk import translate
from telephony.port import Spy, SpyBegan, SpyEnded, SpyMode

if TYPE_CHECKING:
    from telephony.asterisk.actions import Actions
    from telephony.asterisk.fastagi import AgiSession
    from telephony.asterisk.legs import Leg, Legs

#: Longer than anybody watches.
SPY_TIMEOUT_S = 86_400.0


@dataclass(kw_only=True, slots=True)
class Watch:
    """A leg watches, or is about to. `told`: `SpyBegan` was told, or `NodeUp` said so; `mode`, and the one that was
    told last: None if nobody knows.
    """

    on: str
    told: bool = False
    mode: SpyMode | None = None
    told_mode: SpyMode | None = None


async def spy(leg: Leg, on: Leg | None, command: Spy, session: AgiSession) -> None:
    """Watch, and return when that is over. Raises SwitchError if there is nothing to be watched."""
    if leg.watch is None or leg.watch.on != command.on:
        ended(leg)
        leg.watch = Watch(on=command.on)
    try:
        if on is None or on is leg or not on.channel or not on.up:
            raise SwitchError(f"the leg {command.on} is not there to be watched")
        await leg.sound.end_music(session)
        leg.watch.mode = command.mode
        await session.command(translate.spy(on.channel, command.mode), SPY_TIMEOUT_S)
    finally:
        over(leg)


def began(leg: Leg) -> None:
    """The switch says that the leg watches: told, unless it did so before in the same way."""
    watch = leg.watch
    if watch is not None and not (watch.told and watch.mode is watch.told_mode):
        watch.told, watch.told_mode = True, watch.mode
        leg.fact(SpyBegan, on=watch.on, mode=watch.mode)


def renew(legs: Legs, actions: Actions, leg: Leg) -> None:
    """Other media come to this leg, and to those it talks with, than before: who watches one of them begins anew."""
    if not legs.watching or leg.conversation is None or not leg.talks:
        return
    talking = {one.name for one in leg.conversation.legs}
    for spy in list(legs.watching):
        watch = spy.watch
        if watch is None or watch.on not in talking or not watch.told or watch.mode is None:
            continue
        if not (spy.moving or spy.next_is(Spy)):  # else it is about to begin anyway
            actions.spy(spy, Spy(leg=spy.name, on=watch.on, mode=watch.mode))


def over(leg: Leg) -> None:
    """The leg watches no more, unless it goes on in another way at once."""
    if not leg.next_is(Spy):
        ended(leg)


def ended(leg: Leg) -> None:
    """The leg watches no more; told if it did."""
    watch, leg.watch = leg.watch, None
    if watch is not None and watch.told:
        leg.fact(SpyEnded, on=watch.on)
