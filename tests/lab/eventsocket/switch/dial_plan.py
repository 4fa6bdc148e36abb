"""The rendered dial plan, as far as the adapter relies on it (`telephony/freeswitch/names.py`)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from telephony.freeswitch.templates import words

if TYPE_CHECKING:
    from tests.lab.eventsocket.switch.channel import Channel

#: What a phone may transfer to.
_NUMBER = re.compile(r"[+*#0-9]{1,32}|[+*#0-9a-zA-Z]{2,17}")
#: Where a call goes back to that was handed over.
OWN_CONTEXT = "own"


def arrive(channel: Channel, origin: str, dialled: str, headers: dict[str, str], arrived: int) -> None:
    """What is set on a channel that comes in: `trunk/NAME`, `phone/NAME` or `handover/NUMBER`."""
    kind, _, name = origin.partition("/")
    channel.arrived = arrived
    channel.set(words.FROM_VARIABLE, origin)
    channel.set(words.DIALLED_VARIABLE, dialled)
    if kind == "phone":
        channel.set(words.PHONE_VARIABLE, name)
    if kind == "handover":
        channel.set(words.BACK_VARIABLE, f"back XML {OWN_CONTEXT}")
    else:
        channel.set(words.NOTE_HOOK, "db insert")
    channel.set(words.CALLER_VARIABLE, re.sub(r"[^+0-9]", "", channel.caller) if kind == "trunk" else "")
    channel.set(words.HEADERS_VARIABLE, ":".join(sorted(headers)))
    for header, value in headers.items():
        channel.set(words.header_variable(header), value)
    if kind == "trunk":
        channel.set("sip_from_user", channel.caller)
        channel.set("sip_from_display", f'"{channel.caller_name}"' if channel.caller_name else "")
    contexts = {"trunk": words.trunk_context(name), "phone": words.PHONES_CONTEXT, "handover": words.HANDOVER_CONTEXT}
    channel.context, channel.destination = contexts[kind], dialled


def note(channel: Channel, ended: int) -> str | None:
    """What the hook writes at the end of a channel that vcc never had; None if it is not on it."""
    if words.NOTE_HOOK not in channel.variables:
        return None
    get = channel.variables.get
    how = words.FALLBACK if channel.in_fallback else words.GAVE_UP
    text = (
        f"{channel.arrived} {get(words.FROM_VARIABLE)} {get(words.DIALLED_VARIABLE)} n{get(words.NUMBER_VARIABLE, '')}"
    )
    text += f" c{get(words.CALLER_VARIABLE, '')} {ended} {how}"
    return f"{text} {channel.answered}" if channel.answered else text


def sent_on(channel: Channel, to: str) -> None:
    """A phone has transferred a channel, blind."""
    channel.context, channel.destination = words.TRANSFER_CONTEXT, to
    channel.set(words.REFER_VARIABLE, to if _NUMBER.fullmatch(to) else words.NO_NUMBER)
