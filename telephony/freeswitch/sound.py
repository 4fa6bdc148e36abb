"""What is played on one leg: sounds, music, and the keys that end a sound.

A file is an execution of `playback`, and so is music, in a loop that lasts until it is broken. One that was told to end
may take 20 ms: what comes after waits for that.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from telephony.freeswitch import translate
from telephony.freeswitch.executions import LONGEST_S, PROMPT_S
from telephony.freeswitch.names import NO_KEY, ON_HOLD, SILENCE, TERMINATORS
from telephony.freeswitch.templates.words import music_variable
from telephony.port import Music, Play, PlayEnded, Ringback

if TYPE_CHECKING:
    from telephony.freeswitch.executions import Execution
    from telephony.freeswitch.legs import Leg

#: Music that ends before that could not be played.
_AT_ONCE_S = 0.3
_PLAYED = "FILE PLAYED"
#: How long what played before vcc came may take to end.
_FOUND_S = 0.2

_log = structlog.get_logger()


class Sound:
    """The sounds and the music of a leg."""

    def __init__(self, leg: Leg) -> None:
        """Silence."""
        self._leg = leg
        self._playing: Play | None = None
        self._leg_ends = False
        self._stopped = False  # the Play that is under way shall end
        self._file: Execution | None = None  # of it
        self._music: Execution | None = None  # music or a tone
        self._found = False
        self.kept = ""  # the class of music that is heard on hold
        self.on_hold = SILENCE  # what the leg's partner hears when its phone holds; empty: nobody knows
        self._terminators = NO_KEY

    async def make(self, command: Play | Music | Ringback) -> None:
        """Carry one of these out."""
        match command:
            case Play():
                await self.play(command)
            case Music(music=music):
                await self.music(music)
            case Ringback():
                await self.ringback()

    # --- music

    async def music(self, music: str) -> None:
        """Music of a class, or silence."""
        await self.end_music()
        if music:
            self.keep_music(music)
            await self._set_terminators("")
            await self._loop(f"${{{music_variable(music)}}}")

    def keep_music(self, music: str) -> None:
        """Note the class for when a partner's hold key wants music; empty: it stays as it is."""
        self.kept = music or self.kept

    @property
    def hold_music(self) -> str:
        """What whoever talks with the leg is to have as its `hold_music`, to be played to the leg."""
        return f"${{{music_variable(self.kept)}}}" if self.kept else SILENCE

    def partner_is_to_hear(self, what: str) -> None:
        """Of the partner's `hold_music`: see to it that this leg's phone puts on what it is, if it does not already."""
        if what != self.on_hold:
            self.on_hold = what
            self._leg.orders.quietly("uuid_setvar", self._leg.name, ON_HOLD, what)

    async def ringback(self) -> None:
        """That it rings elsewhere."""
        await self.end_music()
        if self._leg.up:
            await self._loop(translate.RINGBACK)
        else:
            await self._leg.esl.api("uuid_ring_ready", self._leg.name)

    async def _loop(self, what: str) -> None:
        one = self._music = await self._leg.executions.begin("playback", what, loops=-1)
        try:
            async with asyncio.timeout(_AT_ONCE_S):
                await asyncio.shield(one.begun.wait())
        except TimeoutError:
            return  # it will begin

    async def end_music(self) -> None:
        """No music and no tone any more, if there is any."""
        music, self._music = self._music, None
        if music is not None and not music.over.done():
            self._leg.executions.stop(music)
            await self._leg.executions.end_of(music, PROMPT_S)
        elif self._found:
            self._leg.executions.break_whatever()
            await asyncio.sleep(_FOUND_S)  # nobody knows by which event it ends
        self._found = False

    def found_playing(self) -> None:
        """Something may play that an earlier vcc, or this one before it lost the wire, has begun."""
        self._found, self._music, self._terminators, self.on_hold = True, None, "?", ""

    def begins_otherwise(self) -> None:
        """Another's dial plan may have set what else is as `lasting.py` says."""
        self._terminators, self.on_hold = "?", ""

    def moved(self) -> None:
        """The leg was taken elsewhere: nothing plays any more."""
        self._music, self._found = None, False

    # --- sounds

    async def play(self, command: Play) -> None:
        """Play files one after the other, until they are over or something ends them; then tell that."""
        self._playing, self._leg_ends, self._stopped = command, False, False
        completed = False
        try:
            await self.end_music()
            await self._set_terminators(command.stop_keys)
            completed = await self._play_all(command)
        finally:
            if self._playing is command:
                self._playing = self._file = None
                self.ended(command, completed=completed)

    async def _play_all(self, command: Play) -> bool:
        for sound in command.sounds:
            if self._stopped or not await self._play_one(sound):
                return False
        return True

    async def _play_one(self, sound: str) -> bool:
        """Whether a file was played to its end."""
        self._file = await self._leg.executions.begin("playback", translate.path(sound))
        if self._stopped:  # meanwhile
            self._leg.executions.stop(self._file)
        event = await self._leg.executions.end_of(self._file, LONGEST_S)
        if self._stopped or translate.variable(event, "playback_terminator_used"):
            return False
        if not self._leg.parked:
            return False  # it was taken elsewhere
        response = event.get("Application-Response", "")
        if response != _PLAYED:
            _log.error("a sound cannot be played", leg=self._leg.name, sound=sound, response=response)
        return response == _PLAYED

    async def _set_terminators(self, stop_keys: str) -> None:
        wanted = translate.terminators(stop_keys)
        if wanted != self._terminators:
            await self._leg.esl.api("uuid_setvar", self._leg.name, TERMINATORS, wanted)
            self._terminators = wanted

    def pressed(self, digit: str) -> None:
        """A key was told: it ends a Play whose stop key it is, also between two of its files."""
        if self._playing is not None and digit in self._playing.stop_keys:
            self.stop()

    def stop(self) -> None:
        """End the Play that is under way, if any."""
        if self._playing is not None and not self._stopped:
            self._stopped = True
            if self._file is not None:
                self._leg.executions.stop(self._file)

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
