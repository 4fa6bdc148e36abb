"""What is played on one leg: sounds, music, and the keys that end a sound.

A key is told by AMI and seen by AGI, at nearly the same time: AMI's is the one that counts, so a sound that AGI says
was ended by a key waits for AMI's word, lest something be played between the key and what it leads to.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

import structlog

from telephony.asterisk import translate
from telephony.asterisk.keys import KEPT_S
from telephony.port import Music, Play, PlayEnded, Ringback

if TYPE_CHECKING:
    from telephony.asterisk.fastagi import AgiSession, Reply
    from telephony.asterisk.legs import Leg

PLAY_TIMEOUT_S = 3_600.0
#: How many keys that were told the channel may not have seen yet.
ECHOES = 32
#: The two wires tell of the same key at nearly the same time: how long to wait for AMI after AGI.
KEY_S = 0.5
ECHO_WAIT_S = 0.1

_log = structlog.get_logger()


class Sound:
    """The sounds and the music of a leg."""

    def __init__(self, leg: Leg) -> None:
        """Silence."""
        self._leg = leg
        self._playing: Play | None = None
        self._began = 0.0
        self._leg_ends = False
        self._stopped = asyncio.Event()  # the Play that is under way shall end
        self._told: deque[tuple[str, float]] = deque(maxlen=ECHOES)  # keys, and when they were told
        self._early_media = False
        self._music_on = False
        self._tone_on = False
        self._music_kept = ""

    async def make(self, command: Play | Music | Ringback, session: AgiSession) -> None:
        """Carry one of these out."""
        match command:
            case Play():
                await self.play(command, session)
            case Music(music=music):
                await self.music(music, session)
            case Ringback():
                await self.ringback(session)

    # --- music

    async def music(self, music: str, session: AgiSession) -> None:
        """Music of a class, or silence."""
        await self._end_tone(session)
        if not music:
            await session.command(translate.MUSIC_OFF)
            self._music_on = False
            return
        await self._open_early_media(session)
        await self.keep_music(music, session)
        await session.command(translate.music_on(translate.music_class(music)))
        self._music_on = True

    async def keep_music(self, music: str, session: AgiSession) -> None:
        """Note the class for when the dial plan or a hold key wants music; empty: it stays as it is."""
        name = translate.music_class(music) if music else ""
        if name and name != self._music_kept:
            await session.command(translate.keep_music(name))
            self._music_kept = name

    async def ringback(self, session: AgiSession) -> None:
        """That it rings elsewhere."""
        await self.end_music(session)
        if not self._leg.up:
            await session.command(translate.RINGING)
            return
        await session.command(translate.RINGBACK)
        self._tone_on = True

    async def _end_tone(self, session: AgiSession) -> None:
        if self._tone_on:
            await session.command(translate.RINGBACK_OFF)
            self._tone_on = False

    async def end_music(self, session: AgiSession) -> None:
        """No music and no tone any more, if there is any: it would play into a conversation."""
        await self._end_tone(session)
        if self._music_on:
            await session.command(translate.MUSIC_OFF)
            self._music_on = False

    def found_class(self, name: str) -> None:
        """The dial plan says which class is noted on the channel."""
        self._music_kept = name

    def found_playing(self) -> None:
        """The dial plan may have music on: it played while vcc was away."""
        self._music_on = True

    async def _open_early_media(self, session: AgiSession) -> None:
        if not self._leg.up and not self._early_media:
            self._early_media = True
            await session.command(translate.EARLY_MEDIA)

    # --- sounds

    async def play(self, command: Play, session: AgiSession) -> None:
        """Play files one after the other, until they are over or something ends them; then tell that."""
        self._playing, self._began, self._leg_ends = command, self._leg.now(), False
        self._stopped.clear()
        completed = False
        try:
            await self._open_early_media(session)
            self._music_on = self._tone_on = False
            completed = await self._play_all(command, session)
        finally:
            if self._playing is command:
                self._playing = None
                self.ended(command, completed=completed)

    async def _play_all(self, command: Play, session: AgiSession) -> bool:
        for sound in command.sounds:
            if self._stopped.is_set():
                return False
            reply = await self._play_one(sound, command.stop_keys, session)
            self._leg_ends = reply.result == -1
            if reply.interrupted or reply.result != 0:
                return False
            if reply.end_position == 0:
                _log.error("a sound cannot be played", leg=self._leg.name, sound=sound)
                return False
        return not self._stopped.is_set()

    async def _play_one(self, sound: str, stop_keys: str, session: AgiSession) -> Reply:
        offset = 0
        while True:  # as often as there are echoes; each is heard once
            reply = await session.command(translate.stream_file(sound, stop_keys, offset=offset), PLAY_TIMEOUT_S)
            if (code := reply.result or 0) <= 0 or not await self._is_echo(chr(code)):
                return reply
            offset = reply.end_position

    async def _is_echo(self, key: str) -> bool:
        """A key ended the file: wait until the key is told. If it is not, but was told before the Play began, it was
        the echo of that one.

        Asterisk stretches a key that was shorter than 80 ms, and keeps one that comes right after another: it tells of
        them when they end, and the channel sees them later, when it may be playing the answer to those very keys.
        """
        since = self._leg.now() - KEPT_S
        echo = next((one for one in self._told if one[0] == key and since < one[1] <= self._began), None)
        if await self._is_told(KEY_S if echo is None else ECHO_WAIT_S) or echo is None:
            return False
        if echo in self._told:
            self._told.remove(echo)
        return True

    async def _is_told(self, within_s: float) -> bool:
        """Whether a key (or a command) that ends the Play comes within this time, on the other wire."""
        try:
            async with asyncio.timeout(within_s):
                await self._stopped.wait()
        except TimeoutError:
            return False
        return True

    def pressed(self, digit: str) -> None:
        """A key was told: it ends a Play whose stop key it is, also between two of its files."""
        self._told.append((digit, self._leg.now()))
        if self._playing is not None and digit in self._playing.stop_keys:
            self.stop()

    def stop(self) -> None:
        """End the Play that is under way, if any."""
        if self._playing is not None and not self._stopped.is_set():
            self._stopped.set()
            if self._leg.session is not None:
                self._leg.session.interrupt()

    def lose(self) -> None:
        """The leg is gone: the Play that is under way has ended."""
        playing, self._playing = self._playing, None
        if playing is not None:
            self._leg_ends = True
            self.ended(playing, completed=False)

    def ended(self, command: Play, *, completed: bool) -> None:
        """Tell the end of a Play."""
        leg_ends = (self._leg_ends or self._leg.hang_up_wanted) and not completed
        self._leg.fact(PlayEnded, play=command.play, completed=completed, leg_ends=leg_ends)
