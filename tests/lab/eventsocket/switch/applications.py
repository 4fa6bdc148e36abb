"""Applications that a message has run on a channel: `answer`, `playback`, `set`."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING

from telephony.port import Answer, Music, Ringback
from tests.lab.eventsocket.switch.channel import Running

if TYPE_CHECKING:
    from tests.lab.eventsocket.commands import Message
    from tests.lab.eventsocket.switch.channel import Channel
    from tests.lab.eventsocket.switch.switch import ModelSwitch

#: The global variables of the rendered files: music.
_MUSIC = re.compile(r"\$\{vcc_music\.([^}]+)\}")


def music_of(argument: str) -> str:
    """The class of music that an argument names; empty: none."""
    found = _MUSIC.search(argument)
    return found[1].replace(".", "/") if found else ""


class Applications:
    """What runs on the channels."""

    def __init__(self, switch: ModelSwitch) -> None:
        """Nothing."""
        self._switch = switch

    def execute(self, channel: Channel, message: Message) -> None:
        """Run an application now, or, locked, when the one before is over."""
        if message.locked and channel.running is not None:
            channel.waiting.append(message)
        else:
            self._begin(channel, message)

    def _begin(self, channel: Channel, message: Message) -> None:
        application, argument = message.application, message.argument
        one = Running(application=application, argument=argument, uuid=message.event_uuid or str(uuid.uuid4()))
        headers = {"Application": application, "Application_Data": argument, "Application_UUID": one.uuid}
        self._switch.fire("CHANNEL_EXECUTE", channel, **headers)
        if application == "playback":
            self._playback(channel, one, endless=message.headers.get("loops") == "-1")
            return
        match application:
            case "answer":
                self._answer(channel)
            case "set":
                self._set(channel, argument)
        self._over(channel, one, "_none_")

    def _answer(self, channel: Channel) -> None:
        if not channel.up:
            self._switch.exchange.carry_out(Answer(leg=channel.uuid))
            channel.up = True
            self._switch.fire("CHANNEL_ANSWER", channel)

    def _set(self, channel: Channel, argument: str) -> None:
        name, _, value = argument.partition("=")
        channel.set(name, value)

    def _playback(self, channel: Channel, one: Running, *, endless: bool) -> None:
        channel.running = one
        channel.application, channel.argument = "playback", one.argument
        exchange, leg = self._switch.exchange, self._switch.leg(channel)
        if not endless:
            terminators = channel.variable("playback_terminators")
            one.terminators = "" if terminators == "none" else terminators
            self._switch.play(channel, one.argument, one.uuid, one.terminators)
        elif one.argument.startswith("tone_stream://"):
            exchange.carry_out(Ringback(leg=channel.uuid))
        elif leg is not None:
            kept = leg.music_class
            exchange.carry_out(Music(leg=channel.uuid, music=music_of(one.argument)))
            leg.music_class = kept

    def played(self, channel: Channel, play: str, *, completed: bool) -> None:
        """The exchange has come to the end of a file."""
        one = channel.running
        if one is None or one.uuid != play:
            return
        channel.running = None
        known = self._switch.exchange.sounds.duration(one.argument) is not None
        channel.set("playback_terminator_used", one.pressed)
        self._over(channel, one, one.broken or ("FILE PLAYED" if completed or known else "FILE NOT FOUND"))

    def stop(self, channel: Channel, response: str = "FILE PLAYED") -> None:
        """`uuid_break`: what runs is over; what is said once more to nothing does nothing here."""
        one = channel.running
        if one is None:
            return
        one.broken = response
        if self._is_file(channel):
            self._switch.stop(channel)
        else:
            channel.running = None
            self._switch.exchange.carry_out(Music(leg=channel.uuid, music=""))
            self._over(channel, one, response)

    def _is_file(self, channel: Channel) -> bool:
        leg = self._switch.leg(channel)
        return leg is not None and leg.playing is not None

    def reset(self, channel: Channel) -> None:
        """The channel goes elsewhere, or ends: whatever runs or waits is over."""
        channel.waiting.clear()
        self.stop(channel, "PLAYBACK ERROR")

    def _over(self, channel: Channel, one: Running, response: str) -> None:
        headers = {"Application": one.application, "Application_Data": one.argument, "Application_UUID": one.uuid}
        self._switch.fire("CHANNEL_EXECUTE_COMPLETE", channel, Application_Response=response, **headers)
        if channel.running is None and channel.waiting:
            self._begin(channel, channel.waiting.popleft())
