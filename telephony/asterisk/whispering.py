"""Something said to one leg in the course of a conversation, on a Local channel of its own that speaks into its ear."""

from __future__ import annotations

import contextlib
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

from core.errors import SwitchError
from telephony.asterisk import translate

if TYPE_CHECKING:
    from telephony.asterisk.ami import AmiReply
    from telephony.asterisk.ami_client import AmiClient
    from telephony.asterisk.legs import Leg
    from telephony.port import Whisper

#: What the names of these channels begin with; no leg's does.
PREFIX = "whisper-"


class Whispers:
    """Has them said on a node."""

    def __init__(self, ami: AmiClient) -> None:
        """Act by this wire."""
        self._ami = ami
        self._count = count(1)

    def whisper(self, leg: Leg, command: Whisper) -> None:
        """Say something to the leg alone, in place of what is being said."""
        self.stop(leg)
        name = f"{PREFIX}{leg.name}-{int(leg.now() * 1_000)}-{next(self._count)}"
        try:
            if not leg.channel:
                raise SwitchError("its phone does not ring yet")
            action = translate.whisper(name, leg.channel, command.sounds)
            self._ami.send(action, partial(_asked, leg, command))
        except (SwitchError, ValueError) as error:
            leg.failed(command, str(error))
        else:
            leg.whisper = name

    def stop(self, leg: Leg) -> None:
        """Say no more; nothing if nothing is being said."""
        name, leg.whisper = leg.whisper, ""
        if name:
            with contextlib.suppress(SwitchError):
                self._ami.send(translate.hang_up(name), lambda _result: None)  # it may be over already


def _asked(leg: Leg, command: Whisper, result: AmiReply | SwitchError) -> None:
    refused = str(result) if isinstance(result, SwitchError) else "" if result.success else result.message
    if refused and leg.there:
        leg.failed(command, refused)
