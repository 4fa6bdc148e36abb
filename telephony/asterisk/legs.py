"""One leg: what is known of it, and its commands, carried out one after the other.

    commands ->  waiting  -> AGI command lines on the leg's connection -> facts
                    ^  kept while the leg is bridged or on its way back; dropped, as failed, when control is lost

A leg has a connection (`session`) while it is under control. `HangUp` and `StopPlaying` do not wait in line.
A caller's leg is inside `EXEC Bridge` while it talks; an agent's leg has no connection then: it was moved into the
bridge, and the dial plan brings it back when the caller has left.
"""

from __future__ import annotations

import asyncio
from collections import deque
from enum import Enum, auto
from typing import TYPE_CHECKING, Protocol

import structlog

from core.errors import SwitchError
from telephony.asterisk import translate
from telephony.port import (
    Answer,
    Bridge,
    Command,
    CommandFailed,
    HangUp,
    LegsBridged,
    LegsParted,
    Music,
    Play,
    PlayEnded,
    Reject,
    SwitchFact,
    ToFallback,
)
from vcc.tasks import spawn

if TYPE_CHECKING:
    from collections.abc import Callable

    from telephony.asterisk.fastagi import AgiSession, Reply

#: More commands than a call ever needs at once.
MAX_WAITING = 100
#: ANSWER waits for media; the rest is done at once.
ANSWER_TIMEOUT_S = 10.0
PLAY_TIMEOUT_S = 3_600.0
BRIDGE_TIMEOUT_S = 86_400.0

_log = structlog.get_logger()


class Talk(Enum):
    """Where a leg is on its way through a bridge."""

    NONE = auto()
    JOINING = auto()  # told to Bridge, or to be bridged with
    TALKING = auto()  # LegsBridged was told


#: How long after a key was told the channel may still see the end of it.
ECHO_S = 0.5
#: The two wires tell of the same key at nearly the same time: how long to wait for AMI after AGI.
KEY_S = 0.5
ECHO_WAIT_S = 0.1


class Host(Protocol):
    """What a leg needs of the adapter."""

    node: str

    def now(self) -> float:
        """POSIX seconds."""
        ...

    def tell(self, fact: SwitchFact) -> None:
        """Pass a fact on."""
        ...

    def leg(self, name: str) -> Leg | None:
        """Another leg."""
        ...


class Leg:
    """A leg that this adapter knows. `rung`: vcc rang it; else it arrived."""

    def __init__(self, host: Host, name: str, *, rung: bool, channel: str = "", up: bool = False) -> None:
        """A leg without connection. `channel`: the switch's name for it, if it is known already."""
        self.name = name
        self.rung = rung
        self.channel = channel
        self.up = up
        self.rang = False
        #: `LegAnswered` or `CallArrived` was told: vcc knows that it has control.
        self.told = False
        self.session: AgiSession | None = None
        #: The connection is asked who calls: commands, which vcc may have for a leg that it knew before, wait.
        self.arriving = False
        self.hang_up_wanted = False
        self.elsewhere = False
        self.talk = Talk.NONE
        self.partner: Leg | None = None
        self.in_bridge = ""  # the switch's id of the bridge that the leg is in
        self._host = host
        self._waiting: deque[Command] = deque()
        self._worker: asyncio.Task[None] | None = None
        self._playing: Play | None = None
        self._stop_playing = False
        self._play_began = 0.0
        self._last_key = ("", 0.0)  # the key that was told last, and when
        self._stopped = asyncio.Event()  # the Play that is under way shall end
        self._early_media = False
        self._music_on = False
        self._music_kept = ""

    @property
    def controlled(self) -> bool:
        """Whether commands are carried out on it now."""
        return self.session is not None and self.talk is not Talk.TALKING

    # --- the connection

    def attach(self, session: AgiSession, *, arriving: bool = False) -> None:
        """The dial plan has brought the leg to us; `arriving`: commands wait for `arrived`."""
        old, self.session = self.session, session
        if old is not None:
            old.on_closed = None
            old.close()
        session.on_closed = lambda: self._detached(session)
        self.arriving = arriving
        self._work_on()

    def arrived(self, session: AgiSession) -> None:
        """Who calls is known: the connection is free for commands."""
        if self.session is session:
            self.arriving = False
            self._work_on()

    def _detached(self, session: AgiSession) -> None:
        if self.session is session:
            self.session = None
        if self.talk is Talk.NONE and not self.hang_up_wanted and not session.hung_up:
            self._drop_waiting("the leg's connection was lost")

    def lose(self) -> None:
        """The leg is gone: nothing is carried out on it any more."""
        self._end_plays()
        self._waiting.clear()
        session, self.session = self.session, None
        if session is not None:
            session.on_closed = None
            session.close()
        if self._worker is not None:
            self._worker.cancel()
            self._worker = None

    # --- commands

    def push(self, command: Command) -> None:
        """Have a command carried out after those before it."""
        if len(self._waiting) >= MAX_WAITING:
            self._not_begun(command, f"more than {MAX_WAITING} commands are waiting")
            return
        self._waiting.append(command)
        self._work_on()

    def stop_playing(self) -> None:
        """End the Play that is under way, and those that were asked for and have not begun."""
        waiting = [command for command in self._waiting if isinstance(command, Play)]
        for play in waiting:
            self._waiting.remove(play)
        if self._playing is not None and not self._stop_playing:
            self._stop_playing = True
            self._stopped.set()
            if self.session is not None:
                self.session.interrupt()
        for play in waiting:
            self._play_ended(play, completed=False)

    def pressed(self, digit: str) -> None:
        """A key was told: it ends a Play whose stop key it is, also between two of its files."""
        self._last_key = (digit, self._host.now())
        if self._playing is not None and digit in self._playing.stop_keys:
            self.stop_playing()

    def forget_waiting(self) -> None:
        """The leg is to end: what waits is not done any more."""
        self.stop_playing()
        self._waiting.clear()

    def _work_on(self) -> None:
        if self._worker is None and self._waiting and self.session is not None and not self.arriving:
            self._worker = spawn(self._work(), name=f"leg {self.name}")

    async def _work(self) -> None:
        try:
            while self._waiting and self.session is not None:
                await self._carry_out(self._waiting.popleft(), self.session)
        finally:
            self._worker = None

    async def _carry_out(self, command: Command, session: AgiSession) -> None:
        try:
            match command:
                case Play():
                    await self._play(command, session)
                case Bridge():
                    await self._bridge(command, session)
                case Music():
                    await self._music(command.music, session)
                case Answer():
                    await self._answer(session)
                case HangUp():
                    await session.command(translate.HANG_UP)
                case Reject():
                    await self._reject(command, session)
                case ToFallback():
                    await self._to_fallback(session)
        except (SwitchError, ValueError) as error:
            if not session.hung_up:
                self._failed(command, str(error))

    def _failed(self, command: Command, detail: str) -> None:
        name = type(command).__name__
        self._host.tell(
            CommandFailed(node=self._host.node, at=self._host.now(), leg=self.name, command=name, detail=detail)
        )

    def _not_begun(self, command: Command, detail: str) -> None:
        self._failed(command, detail)
        if isinstance(command, Play):
            self._play_ended(command, completed=False)

    def _drop_waiting(self, why: str) -> None:
        waiting, self._waiting = list(self._waiting), deque()
        for command in waiting:
            self._not_begun(command, why)

    async def _answer(self, session: AgiSession) -> None:
        reply = await session.command(translate.ANSWER, ANSWER_TIMEOUT_S)
        self.up = reply.result == 0  # else the caller has hung up, and the Hangup event is on its way

    async def _reject(self, command: Reject, session: AgiSession) -> None:
        await session.command(translate.HANG_UP if self.up else translate.refuse(command.cause))

    async def _to_fallback(self, session: AgiSession) -> None:
        await session.command(translate.TO_FALLBACK)
        session.close()

    # --- sound

    async def _open_early_media(self, session: AgiSession) -> None:
        if not self.up and not self._early_media:
            self._early_media = True
            await session.command(translate.EARLY_MEDIA)

    async def _music(self, music: str, session: AgiSession) -> None:
        if not music:
            await session.command(translate.MUSIC_OFF)
            self._music_on = False
            return
        await self._open_early_media(session)
        name = translate.music_class(music)
        if name != self._music_kept:
            await session.command(translate.keep_music(name))
            self._music_kept = name
        await session.command(translate.music_on(name))
        self._music_on = True

    async def _play(self, command: Play, session: AgiSession) -> None:
        self._playing, self._stop_playing, self._play_began = command, False, self._host.now()
        self._stopped.clear()
        completed = False
        try:
            await self._open_early_media(session)
            self._music_on = False
            completed = await self._play_all(command, session)
        finally:
            if self._playing is command:
                self._playing = None
                self._play_ended(command, completed=completed)

    async def _play_all(self, command: Play, session: AgiSession) -> bool:
        for sound in command.sounds:
            if self._stop_playing:
                return False
            reply = await session.command(translate.stream_file(sound, command.stop_keys), PLAY_TIMEOUT_S)
            if (code := reply.result or 0) > 0 and await self._is_echo(chr(code)):
                line = translate.stream_file(sound, command.stop_keys, offset=reply.end_position)
                reply = await session.command(line, PLAY_TIMEOUT_S)
                if (reply.result or 0) > 0:
                    await self._is_told(KEY_S)
            if reply.interrupted or reply.result != 0:
                return False
            if reply.end_position == 0:
                _log.error("a sound cannot be played", node=self._host.node, leg=self.name, sound=sound)
                return False
        return not self._stop_playing

    async def _is_echo(self, key: str) -> bool:
        """A key ended the file: wait until the key is told, so that nothing is played between the key and what it
        leads to. If it is not, but was told just before the Play began, it was the echo of that one.

        Asterisk stretches a key that was shorter than 80 ms: it tells the key when it ends, and the channel sees its
        end up to 100 ms later, when it may be playing the answer to that very key.
        """
        last, told_at = self._last_key
        recent = last == key and told_at <= self._play_began and self._host.now() - told_at < ECHO_S
        told = await self._is_told(ECHO_WAIT_S if recent else KEY_S)
        if recent and not told:
            self._last_key = ("", 0.0)
        return recent and not told

    async def _is_told(self, within_s: float) -> bool:
        """Whether a key (or a command) that ends the Play comes within this time, on the other wire."""
        try:
            async with asyncio.timeout(within_s):
                await self._stopped.wait()
        except TimeoutError:
            return False
        return True

    def _play_ended(self, command: Play, *, completed: bool) -> None:
        fact = PlayEnded(
            node=self._host.node, at=self._host.now(), leg=self.name, play=command.play, completed=completed
        )
        self._host.tell(fact)

    def _end_plays(self) -> None:
        playing, self._playing = self._playing, None
        for command in (playing, *self._waiting):
            if isinstance(command, Play):
                self._play_ended(command, completed=False)

    # --- bridges

    async def _bridge(self, command: Bridge, session: AgiSession) -> None:
        other = self._host.leg(command.other)
        if other is None or not other.channel or not other.up or other.hang_up_wanted:
            raise SwitchError(f"the leg {command.other} is not there to be bridged with")
        if self._music_on:
            await session.command(translate.MUSIC_OFF)
            self._music_on = False
        pair(self, other, Talk.JOINING)
        try:
            reply = await session.command(translate.bridge(other.channel), BRIDGE_TIMEOUT_S)
            await self._bridge_over(reply, other, session)
        finally:
            part(self, tell=True)

    async def _bridge_over(self, reply: Reply, other: Leg, session: AgiSession) -> None:
        """The reply came: the bridge is over, or never was; its events may still be under way."""
        if self.talk is not Talk.JOINING or self.partner is not other or reply.dead or session.hung_up:
            return
        result = (await session.command(translate.BRIDGE_RESULT)).value
        if self.talk is Talk.JOINING and self.partner is other:
            if result != "SUCCESS":
                unpair(self)
                raise SwitchError(f"the switch could not bridge with {other.name}: {result or reply.text}")
            joined(self)

    # --- what the switch told of bridges

    def entered(self, bridge: str) -> None:
        """The leg is in a bridge now; with its partner in the same one, they hear each other."""
        self.in_bridge = bridge
        partner = self.partner
        if self.talk is Talk.JOINING and partner is not None and partner.in_bridge == bridge:
            joined(self)

    def left(self) -> None:
        """The leg has left the bridge that it was in."""
        self.in_bridge = ""
        if self.talk is Talk.TALKING:
            part(self, tell=True)

    def fact(self, kind: Callable[..., SwitchFact], **fields: object) -> None:
        """Tell a fact about this leg."""
        self._host.tell(kind(node=self._host.node, at=self._host.now(), leg=self.name, **fields))


def pair(leg: Leg, other: Leg, talk: Talk) -> None:
    """`leg` is to be, or is, bridged with `other`."""
    for one, two in ((leg, other), (other, leg)):
        one.partner, one.talk = two, talk


def unpair(leg: Leg) -> None:
    """The two have nothing to do with each other any more."""
    for one in (leg, leg.partner):
        if one is not None:
            one.partner, one.talk = None, Talk.NONE


def joined(leg: Leg) -> None:
    """The two hear each other: told once, by the leg that arrived."""
    other = leg.partner
    if other is None:
        return
    pair(leg, other, Talk.TALKING)
    first, second = (other, leg) if leg.rung and not other.rung else (leg, other)
    first.fact(LegsBridged, other=second.name)


def part(leg: Leg, *, tell: bool) -> None:
    """The two hear each other no more: told once, if it was told that they did."""
    other, talk = leg.partner, leg.talk
    unpair(leg)
    if other is not None and talk is Talk.TALKING and tell:
        first, second = (other, leg) if leg.rung and not other.rung else (leg, other)
        first.fact(LegsParted, other=second.name)
