"""A call that nobody hears, into a context of ours: what the switch itself reaches and can read.

    our end, `listen`: waits                    the other end, `s`: AGI to vcc's address, keys, a sound; notes what came
    <- events, as of any call                   <- the notes are asked for

Where no vcc listens at its address this check does so itself meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from core.errors import SwitchError
from core.ids import LEG_PREFIX
from telephony.asterisk import translate
from telephony.asterisk.check.seen import Trial
from telephony.values import socket_address

if TYPE_CHECKING:
    from telephony.asterisk.check.asking import Wire
    from telephony.asterisk.check.expected import Expected

_OURS, _OTHER = f"{LEG_PREFIX}check-1", f"{LEG_PREFIX}check-2"
_BEGINS_WITHIN_S = 1.5
_ENDS_WITHIN_S = 12.0
#: A sound that has been playing for so long could be read.
_PLAYS_AFTER_S = 0.5
_POLL_S = 0.05


async def run(wire: Wire, expected: Expected, sound: str) -> Trial:
    """Place the call, see what comes of it, end it."""
    listener = await _listen(expected.settings.agi)
    try:
        began = await _place(wire, sound)
        if not began:
            return Trial(began=False, own_agi=listener is not None)
        return await _watched(wire, sound, own_agi=listener is not None)
    finally:
        if listener is not None:
            listener.close()
            await listener.wait_closed()


async def _listen(agi: str) -> asyncio.Server | None:
    """Listen where vcc does; None where somebody does that already, or nobody can."""

    def connected(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    try:
        return await asyncio.start_server(connected, *socket_address(agi, "agi"))
    except OSError:
        return None


async def _place(wire: Wire, sound: str) -> bool:
    await wire.ask(translate.dial_nobody(f"{_OURS}-nobody"))
    await wire.hears("OriginateResponse")
    await wire.ask(translate.dial_check(_OURS, _OTHER, sound.removesuffix(".wav")))
    end = asyncio.get_running_loop().time() + _BEGINS_WITHIN_S
    while asyncio.get_running_loop().time() < end:
        if await _note(wire, "VCC_CHECK"):
            return True
        await asyncio.sleep(_POLL_S)
    return False


async def _watched(wire: Wire, sound: str, *, own_agi: bool) -> Trial:
    loop = asyncio.get_running_loop()
    end, playing_since = loop.time() + _ENDS_WITHIN_S, None
    step = ""
    while loop.time() < end:
        step = await _note(wire, "VCC_CHECK")
        if step == "sound" and playing_since is None:
            playing_since = loop.time()
        if step in {"", "done"} or (playing_since and loop.time() - playing_since > _PLAYS_AFTER_S):
            break
        await asyncio.sleep(_POLL_S)
    agi, keys, played = [await _note(wire, f"VCC_CHECK_{what}") for what in ("AGI", "KEYS", "PLAYED")]
    if keys == "SUCCESS":
        await wire.hears("DTMFEnd")
    await _end(wire)
    return Trial(
        began=True,
        agi=agi == "SUCCESS" if step else None,
        own_agi=own_agi,
        keys=keys == "SUCCESS",
        played=played != "FAILED" if step and sound else None,
        sound=sound,
    )


async def _note(wire: Wire, name: str) -> str:
    """What the other end has noted; empty where it is not there, or not yet."""
    reply = await wire.ask({"Action": "Getvar", "Channel": _OTHER, "Variable": name})
    return reply.fields.get("Value", "") if reply.success else ""


async def _end(wire: Wire) -> None:
    with contextlib.suppress(SwitchError):
        await wire.ask({"Action": "Hangup", "Channel": _OURS})
        await wire.hears("Hangup", Uniqueid=_OURS)
