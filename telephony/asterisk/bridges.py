"""Two legs and the bridge between them: what is asked for, what is so, and what was told of it.

    NONE --Bridge--> JOINING --both are in it--> TALKING --one leaves, or is gone--> NONE
                        +--the switch could not--> NONE

`LegsBridged` is told on the way into TALKING, `LegsParted` on the way out, each once, whichever wire knows first.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

from core.errors import SwitchError
from telephony.asterisk import translate
from telephony.port import LegsBridged, LegsParted

if TYPE_CHECKING:
    from telephony.asterisk.fastagi import AgiSession, Reply
    from telephony.asterisk.legs import Leg

#: Longer than any conversation.
BRIDGE_TIMEOUT_S = 86_400.0


class Talk(Enum):
    """Where a leg is on its way through a bridge."""

    NONE = auto()
    JOINING = auto()  # told to Bridge, or to be bridged with
    TALKING = auto()  # LegsBridged was told


async def bridge(leg: Leg, other: Leg | None, name: str, session: AgiSession) -> None:
    """Join `leg` with the agent's leg `name`, and return when the two have parted. Raises SwitchError if they cannot
    be joined.
    """
    if other is None or not other.channel or not other.up or other.hang_up_wanted:
        raise SwitchError(f"the leg {name} is not there to be bridged with")
    await leg.sound.end_music(session)
    pair(leg, other, Talk.JOINING)
    try:
        reply = await session.command(translate.bridge(other.channel), BRIDGE_TIMEOUT_S)
        await _over(leg, other, reply, session)
    finally:
        part(leg)


async def _over(leg: Leg, other: Leg, reply: Reply, session: AgiSession) -> None:
    """The reply came: the bridge is over, or never was; its events may still be under way."""
    if not _joining(leg, other) or reply.dead or session.hung_up:
        return
    result = (await session.command(translate.BRIDGE_RESULT)).value
    if _joining(leg, other):
        if result != "SUCCESS":
            raise SwitchError(f"the switch could not bridge with {other.name}: {result or reply.text}")
        joined(leg)


def _joining(leg: Leg, other: Leg) -> bool:
    return leg.talk is Talk.JOINING and leg.partner is other


def entered(leg: Leg, bridge_id: str) -> None:
    """The leg is in a bridge now; with its partner in the same one, they hear each other."""
    leg.in_bridge = bridge_id
    partner = leg.partner
    if leg.talk is Talk.JOINING and partner is not None and partner.in_bridge == bridge_id:
        joined(leg)


def left(leg: Leg) -> None:
    """The leg has left the bridge that it was in."""
    leg.in_bridge = ""
    if leg.talk is Talk.TALKING:
        part(leg)


def pair(leg: Leg, other: Leg, talk: Talk) -> None:
    """The two are to be, or are, bridged with each other."""
    for one, two in ((leg, other), (other, leg)):
        one.partner, one.talk = two, talk


def joined(leg: Leg) -> None:
    """The two hear each other."""
    if leg.partner is not None:
        pair(leg, leg.partner, Talk.TALKING)
        first, second = _in_order(leg, leg.partner)
        first.fact(LegsBridged, other=second.name)


def part(leg: Leg) -> None:
    """The two have nothing to do with each other any more; told if it was told that they heard each other."""
    other, talk = leg.partner, leg.talk
    for one in (leg, other):
        if one is not None:
            one.partner, one.talk = None, Talk.NONE
    if other is not None and talk is Talk.TALKING:
        first, second = _in_order(leg, other)
        first.fact(LegsParted, other=second.name)


def _in_order(leg: Leg, other: Leg) -> tuple[Leg, Leg]:
    """The leg that arrived first, as it was told to Bridge."""
    return (other, leg) if leg.rung and not other.rung else (leg, other)
