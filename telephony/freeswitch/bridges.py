"""Conversations: who hears whom, as the switch tells it, and the commands that bring legs together.

Two are in a bridge, three and more in a conference of the switch:

    1 leg --CHANNEL_BRIDGE----> 2: LegsBridged --add-member--> 3 or more: LegJoined
    1 leg <--CHANNEL_UNBRIDGE-- 2: LegsParted  <--del-member-- 3 or more: LegLeft

To let a third in, the two are moved from their bridge into a conference: of that nothing is told. Whichever event says
first that a leg is out of its conversation (its own end, its being parked) is the one that is told, once.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

from core.errors import SwitchError
from telephony.claims import PAIR, SETTLE_S, Claim
from telephony.freeswitch import translate
from telephony.port import LegJoined, LegLeft, LegsBridged, LegsParted

if TYPE_CHECKING:
    from telephony.freeswitch.legs import Leg

_names = count(1)


@dataclass(kw_only=True, eq=False, slots=True)
class Joining:
    """A `Bridge` or `Join` by which a leg comes, or came, into a conversation."""

    other: Leg
    carries: bool  # it is `Bridge`: of two the other one is moved
    told: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(kw_only=True, eq=False, slots=True)
class Conversation:
    """Legs of ours that hear each other, in the order in which they are told. `conference`: its name, if it is one."""

    conference: str = ""
    legs: list[Leg] = field(default_factory=list)
    #: Those who have come into the conference, of two who are moved there.
    moved: set[Leg] = field(default_factory=set)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def others(self, leg: Leg) -> tuple[str, ...]:
        """The names of those who are in it besides this one."""
        return tuple(one.name for one in self.legs if one is not leg)

    def partner(self, leg: Leg) -> Leg | None:
        """The other one of two."""
        if len(self.legs) != PAIR:
            return None
        return self.legs[1] if self.legs[0] is leg else self.legs[0]


class Conversations:
    """All that go on on a node."""

    def __init__(self) -> None:
        """Nobody talks."""
        self._conferences: dict[str, Conversation] = {}

    def found(self, legs: list[Leg], conference: str) -> None:
        """These talk, as the switch says when it is asked; that is told as a whole, not here."""
        if any(leg.conversation is None for leg in legs):
            legs = sorted(legs, key=lambda one: one.rung)
            conversation = Conversation(conference=conference, legs=legs, moved=set(legs))
            for leg in legs:
                leg.conversation = conversation
                leg.leave()
            if conference:
                self._conferences[conference] = conversation

    def bridged(self, first: Leg, second: Leg) -> bool:
        """The two are in a bridge; whether that is news."""
        if first.conversation is not None and first.conversation is second.conversation:
            return False
        for leg in (first, second):
            self.left(leg)
            leg.leave()
            leg.sound.moved()
        if (second.joining is not None and second.joining.other is first) or (
            first.rung and not second.rung and not (first.joining and first.joining.other is second)
        ):
            first, second = second, first
        conversation = Conversation(legs=[first, second])
        first.conversation = second.conversation = conversation
        first.fact(LegsBridged, other=second.name)
        self._there(conversation)
        return True

    def unbridged(self, first: Leg, second: Leg) -> None:
        """Their bridge is over, be it that they go on in a conference."""
        conversation = first.conversation
        if conversation is not None and conversation is second.conversation and not conversation.conference:
            self.left(first)

    def expect(self, conversation: Conversation, conference: str) -> None:
        """The two go on in a conference of this name."""
        conversation.conference = conference
        self._conferences[conference] = conversation

    def joined(self, leg: Leg, conference: str) -> None:
        """The leg has come into a conference."""
        conversation = self._conferences.get(conference)
        if conversation is None:
            return
        leg.leave()
        conversation.moved.add(leg)
        if leg not in conversation.legs:
            self.left(leg)
            leg.sound.moved()
            leg.conversation = conversation
            conversation.legs.append(leg)
            leg.fact(LegJoined, others=conversation.others(leg))
        self._there(conversation)

    def _there(self, conversation: Conversation) -> None:
        conversation.changed.set()
        for leg in conversation.legs:
            leg.recordings.talks(leg)
            if leg.joining is not None and leg.joining.other in conversation.legs:
                leg.joining.told.set()

    def left(self, leg: Leg, conference: str | None = None) -> None:
        """The leg has left its conversation; nothing, if it is not in this conference (any more)."""
        conversation = leg.conversation
        if conversation is None or conference not in {None, conversation.conference}:
            return
        others = conversation.others(leg)
        if len(others) >= PAIR:
            leg.fact(LegLeft, others=others)
        elif others:
            first, second = conversation.legs
            first.parted_from, second.parted_from = second, first
            first.fact(LegsParted, other=second.name)
        gone = [leg] if len(others) >= PAIR else list(conversation.legs)
        for one in gone:
            conversation.legs.remove(one)
            one.conversation, one.holds, one.joining = None, False, None
            one.recordings.parted(one)
        conversation.changed.set()
        if not conversation.legs and conversation.conference:
            self._conferences.pop(conversation.conference, None)


async def bridge(leg: Leg, other: Leg | None, name: str) -> None:
    """Join `leg` with the leg `name`, which is moved. Raises SwitchError if they cannot be joined."""
    if other is None or other is leg:
        raise SwitchError(f"the leg {name} is not there to be bridged with")
    claim = Claim(leg, other)
    await claim.take()
    try:
        await _until_there(other)
        if other.watch is not None:
            raise SwitchError(f"the leg {name} spies: part it first")
        joining = leg.joining = Joining(other=other, carries=True)
        leg.recordings.talks(leg)
        leg.leave()
        other.leave()
        prepare(leg, other)
        try:
            await leg.esl.api("uuid_bridge", leg.name, other.name)
            await _told(joining, leg, other)
        except SwitchError:
            leg.joining = None
            leg.recordings.parted(leg)
            for one in (leg, other):
                if one.there and not one.talks:
                    one.bring_back()
            raise
    finally:
        claim.release()


def prepare(first: Leg, second: Leg) -> None:
    """Two are about to talk, or talk already without vcc's doing: no timer runs, and who holds has the music that the
    other one is to hear.
    """
    for leg, other in ((first, second), (second, first)):
        leg.orders.quietly("sched_del", leg.name)
        leg.sound.partner_is_to_hear(other.sound.hold_music)


async def join(leg: Leg, to: Leg | None, name: str) -> None:
    """Bring `leg` into the conversation of `to`. Raises SwitchError if there is none."""
    conversation = None if to is None or to is leg else to.conversation
    if to is None or conversation is None:
        raise SwitchError(f"the leg {name} is in no conversation that could be joined")
    claim = Claim(leg, *conversation.legs)
    await claim.take()
    try:
        if to.conversation is not conversation:
            raise SwitchError(f"the leg {name} is in no conversation that could be joined")
        if not conversation.conference:
            await _into_conference(leg, conversation)
        joining = leg.joining = Joining(other=to, carries=False)
        leg.leave()
        leg.orders.quietly("sched_del", leg.name)
        try:
            await _move_in(leg, conversation)
            await _told(joining, leg, to)
        except SwitchError:
            leg.joining = None
            if leg.there and not leg.talks:
                leg.bring_back()
            raise
    finally:
        claim.release()


async def _into_conference(leg: Leg, conversation: Conversation) -> None:
    """The two who talk go on in a conference."""
    name = f"vcc-{int(leg.now())}-{next(_names)}-{conversation.legs[0].name}"[:100]
    conversations, two = leg.conversations, list(conversation.legs)
    conversations.expect(conversation, name)
    await _move_in(two[0], conversation, "-both")
    try:
        async with asyncio.timeout(SETTLE_S):
            while not conversation.moved.issuperset(two):
                if not all(one.there for one in two):
                    raise SwitchError("one of the two has left")
                conversation.changed.clear()
                await conversation.changed.wait()
    except TimeoutError:
        for one in two:
            one.bring_back()
        raise SwitchError("the switch did not bring the two into a conference") from None


async def _move_in(leg: Leg, conversation: Conversation, *flags: str) -> None:
    where = translate.conference(conversation.conference)
    await leg.esl.api("uuid_transfer", leg.name, *flags, where, "inline")


async def _until_there(other: Leg) -> None:
    """Return when a leg can be moved into a bridge: one that is being answered, or on its way back, is waited for.

    Raises SwitchError if it is not there.
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SETTLE_S):
            await other.answer_over.wait()
            if other.up and (other.moving or not (other.parked or other.talks or other.watch)):
                await other.settled.wait()
    there = other.parked or other.talks or other.watch is not None
    if not (there and other.there and other.up) or other.hang_up_wanted:
        raise SwitchError(f"the leg {other.name} is not there to be bridged with")


async def _told(joining: Joining, leg: Leg, other: Leg) -> None:
    """Wait until the switch says that they talk. Raises SwitchError if they do not."""
    try:
        async with asyncio.timeout(SETTLE_S):
            await joining.told.wait()
    except TimeoutError:
        raise SwitchError(f"{other.name} was gone before the two could talk") from None
