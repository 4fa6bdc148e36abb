"""Something said to one leg in the course of a conversation: the switch mixes it into what that leg hears."""

from __future__ import annotations

from typing import TYPE_CHECKING

from telephony.freeswitch import translate

if TYPE_CHECKING:
    from telephony.freeswitch.legs import Leg
    from telephony.port import Whisper


def whisper(leg: Leg, command: Whisper) -> None:
    """Say something to the leg alone, in place of what is being said."""
    stop(leg)
    if not command.sounds:
        return
    try:
        what = translate.paths(command.sounds)
    except ValueError as error:
        leg.failed(command, str(error))
        return
    leg.whisper = what
    leg.orders.about(leg, command, "uuid_displace", leg.name, "start", what, "0", "mux")


def stop(leg: Leg) -> None:
    """Say no more; nothing if nothing is being said."""
    what, leg.whisper = leg.whisper, ""
    if what:
        leg.orders.quietly("uuid_displace", leg.name, "stop", what)  # it may be over already
