"""Conversations: who hears whom, as the switch tells it, and the commands that bring legs together.

The switch says which leg entered and which left which of its bridges; two of ours in one are a conversation:

    1 leg --BridgeEnter--> 2: LegsBridged --BridgeEnter--> 3 or more: LegJoined
    1 leg <--BridgeLeave-- 2: LegsParted  <--BridgeLeave-- 3 or more: LegLeft

The reply on the leg's own connection comes up to a millisecond before the events of the same end: whichever is first is
told, once.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.errors import SwitchError
from telephony.asterisk import translate
from telephony.claims import PAIR, SETTLE_S, Claim, NotBegunError
from telephony.port import CommandFailed, LegJoined, LegLeft, LegsBridged, LegsParted

if TYPE_CHECKING:
    from telephony.asterisk.fastagi import AgiSession, Reply
    from telephony.asterisk.legs import Leg

#: Longer than any conversation.
BRIDGE_TIMEOUT_S = 86_400.0
#: The switch cannot take a leg that leaves another conversation at this very moment: how often it is asked again.
TRIES = 4
RETRY_S = 0.05
_ALONE = "nobody was there within 3 s"


class NotBridgedError(SwitchError):
    """The switch could not bring the two together, though both are there."""

    code = "not_bridged"
    retryable = True


@dataclass(kw_only=True, eq=False, slots=True)
class Joining:
    """A `Bridge` or `Join` under way on a leg's connection, and the conversation which that has led to.

    It goes on, in the switch too, when the leg is taken from that one into another.
    """

    other: Leg
    carries: bool  # the conversation hangs on this connection: it is `Bridge`
    claim: Claim
    within: Conversation | None = None
    told: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(kw_only=True, eq=False, slots=True)
class Conversation:
    """Legs of ours in one bridge of the switch, in the order in which they are told."""

    bridge: str
    legs: list[Leg] = field(default_factory=list)

    def others(self, leg: Leg) -> tuple[str, ...]:
        """The names of those who are in it besides this one."""
        return tuple(one.name for one in self.legs if one is not leg)


class Conversations:
    """All that go on on a node, by the switch's id of the bridge."""

    def __init__(self) -> None:
        """Nobody talks."""
        self._by_bridge: dict[str, Conversation] = {}

    def has(self, bridge: str) -> bool:
        """Whether legs of ours are in this bridge."""
        return bridge in self._by_bridge

    def found(self, leg: Leg, bridge: str) -> None:
        """The leg is in this bridge, as the switch says when it is asked; that is told as a whole, not here."""
        conversation = self._by_bridge.setdefault(bridge, Conversation(bridge=bridge))
        if leg not in conversation.legs:
            conversation.legs.append(leg)
            conversation.legs.sort(key=lambda one: one.rung)
        leg.conversation = conversation
        if leg.joining is not None and leg.joining.within is None:
            leg.joining.within = conversation
        _note(conversation)

    def entered(self, leg: Leg, bridge: str) -> None:
        """The leg has come into a bridge."""
        if leg.conversation is not None:
            if leg.conversation.bridge == bridge:
                return
            self.left(leg)
        conversation = self._by_bridge.setdefault(bridge, Conversation(bridge=bridge))
        conversation.legs.append(leg)
        leg.conversation, leg.picked_up = conversation, False
        if leg.session is None:
            leg.settled.clear()  # when it leaves, the dial plan brings it
        joining = leg.joining
        if joining is not None and joining.within is None and joining.other in conversation.legs:
            joining.within = conversation  # else somebody else's command was quicker
        if len(conversation.legs) == PAIR:
            _begin(conversation)
        elif len(conversation.legs) > PAIR:
            leg.fact(LegJoined, others=conversation.others(leg))
        _note(conversation)

    def left(self, leg: Leg, bridge: str | None = None) -> None:
        """The leg has left the bridge that it was in; nothing, if it is not in that one (any more)."""
        conversation = leg.conversation
        if conversation is None or bridge not in {None, conversation.bridge}:
            return
        others = conversation.others(leg)
        if len(others) >= PAIR:
            leg.fact(LegLeft, others=others)
        elif others:
            first, second = conversation.legs
            first.fact(LegsParted, other=second.name)
        conversation.legs.remove(leg)
        leg.conversation, leg.holds = None, False
        for one in conversation.legs if len(others) < PAIR else ():
            one.holds = False
        if not conversation.legs:
            del self._by_bridge[conversation.bridge]


def _begin(conversation: Conversation) -> None:
    """Two hear each other: told with the one first that was told to `Bridge`, or that arrived."""
    first, second = conversation.legs
    if (second.joining and second.joining.other is first) or (first.rung and not second.rung and not first.joining):
        conversation.legs.reverse()
        first, second = second, first
    first.fact(LegsBridged, other=second.name)


def _note(conversation: Conversation) -> None:
    """Those whose `Bridge` or `Join` has come to be need not wait for that any more."""
    if len(conversation.legs) >= PAIR:
        for leg in conversation.legs:
            if leg.joining is not None and leg.joining.within is conversation:
                leg.joining.told.set()
                leg.joining.claim.release()


async def bridge(leg: Leg, other: Leg | None, name: str, session: AgiSession) -> None:
    """Join `leg` with the leg `name`, which is moved, and return when `leg` is free again.

    Raises SwitchError if they cannot be joined.
    """
    if other is None or other is leg:
        raise SwitchError(f"the leg {name} is not there to be bridged with")
    claim = Claim(leg, other)
    try:
        await claim.take()
        for attempt in range(1, TRIES + 1):
            await _until_there(other)
            if other.watch is not None:
                raise SwitchError(f"the leg {name} spies: part it first")  # Asterisk would hang it up
            if other.talks:  # a key that is pressed there ends when it leaves, but not if EXEC Bridge takes it out
                other.bring()
                await _until_there(other)
            joining = Joining(other=other, carries=True, claim=claim)
            try:
                await _in_conversation(leg, joining, translate.bridge(other.channel), session)
            except NotBridgedError:
                if attempt == TRIES:
                    raise
                await asyncio.sleep(RETRY_S)
            else:
                return
    finally:
        claim.release()


async def join(leg: Leg, to: Leg | None, name: str, session: AgiSession) -> None:
    """Bring `leg` into the conversation of `to`, and return when `leg` is free again.

    Raises SwitchError if there is none.
    """
    claim = Claim(leg)
    try:
        await claim.take()
        if to is None or to is leg or not to.talks:
            raise SwitchError(f"the leg {name} is in no conversation that could be joined")
        joining = Joining(other=to, carries=False, claim=claim)
        await _in_conversation(leg, joining, translate.join(to.channel), session)
    finally:
        claim.release()


async def _until_there(other: Leg) -> None:
    """Return when a leg can be moved into a bridge: one that is being answered, or on its way back, is waited for.

    If it were moved on its way, the connection that the dial plan makes for it would seem to say that it has left the
    new conversation. Raises SwitchError if it is not there.
    """
    comes = other.up or other.moved or other.moving or other.session is not None
    there = comes and other.talks and not other.moving and _is_with_somebody(other)
    with contextlib.suppress(TimeoutError):
        if comes and not there:
            async with asyncio.timeout(SETTLE_S):
                there = await other.settled.wait()
    if not (there and other.channel and other.up) or other.hang_up_wanted:
        raise SwitchError(f"the leg {other.name} is not there to be bridged with")


def _is_with_somebody(leg: Leg) -> bool:
    """Whether a leg's conversation goes on: else it is on its way here, though the switch has not told that yet."""
    conversation = leg.conversation
    others = [one for one in conversation.legs if one is not leg] if conversation is not None else []
    return any(not (one.hang_up_wanted or one.moving) for one in others)


async def _in_conversation(leg: Leg, joining: Joining, line: str, session: AgiSession) -> None:
    if session.hung_up:
        raise NotBegunError("another command was quicker to move the leg")
    await leg.sound.end_music(session)
    if joining.carries:
        await _until_there(joining.other)  # who may have been left alone meanwhile
    leg.joining = joining
    watchdog = asyncio.get_running_loop().call_later(SETTLE_S, _rescue, leg, joining)
    try:
        reply = await session.command(line, BRIDGE_TIMEOUT_S)
        await _over(joining, reply, session)
        if joining.within is not None:  # without a reply it may be in another one meanwhile: the events tell
            leg.conversations.left(leg)
    finally:
        watchdog.cancel()
        leg.joining = None


def _rescue(leg: Leg, joining: Joining) -> None:
    """A leg that is in a bridge by itself would stay there: who was to come has hung up at the wrong moment."""
    if leg.joining is not joining or joining.told.is_set():
        return
    if leg.rescue():
        leg.fact(CommandFailed, command="Bridge" if joining.carries else "Join", detail=_ALONE)
    else:  # nothing is heard of the switch now
        asyncio.get_running_loop().call_later(SETTLE_S, _rescue, leg, joining)


async def _over(joining: Joining, reply: Reply, session: AgiSession) -> None:
    """The reply came: the conversation is over, or never was; its events may still be under way."""
    if joining.told.is_set() or reply.dead or session.hung_up:
        return
    result = (await session.command(translate.BRIDGE_RESULT)).value
    if joining.told.is_set():
        return
    if result != "SUCCESS":
        error = NotBridgedError if result == "FAILURE" else SwitchError
        raise error(f"the switch could not bridge with {joining.other.name}: {result or reply.text}")
    try:
        async with asyncio.timeout(SETTLE_S):
            await joining.told.wait()
    except TimeoutError:
        raise SwitchError(f"{joining.other.name} was gone before the two could talk") from None
