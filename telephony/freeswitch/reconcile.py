"""What is true on a node: from the list of its channels, and what the switch says of each, to snapshots of our legs.

The list is written by the switch with a delay; what it says of one channel when asked (`uuid_dump`) is true. Pure.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.errors import SwitchError
from core.ids import LEG_PREFIX
from telephony.freeswitch import names, translate
from telephony.freeswitch.frames import parse_event
from telephony.freeswitch.templates.words import CONFERENCE_PROFILE, CONTEXT_PREFIX, FALLBACK_CONTEXT

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from telephony.freeswitch.frames import Event
    from telephony.freeswitch.translate import Parked


_SESSIONS = re.compile(r"^([0-9]+) session\(s\) - peak", re.MULTILINE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Channel:
    """A channel that is a leg of ours. `bridged_to`, `spies_on`: a leg. `parked`: nothing else has it."""

    leg: str
    event: Event
    found: Parked
    parked: bool
    bridged_to: str = ""
    conference: str = ""
    spies_on: str = ""
    muted: bool = False
    bridged_with: tuple[str, ...] = ()


def rows(printed: str) -> list[dict[str, str]]:
    """The rows that `show … as json` prints. Raises SwitchError for anything else."""
    return [{str(k): str(v) for k, v in row.items()} for row in _json(printed).get("rows", [])]


def sessions(printed: str) -> int:
    """How many channels there are, as `status` says. Raises SwitchError if it does not say that."""
    found = _SESSIONS.search(printed)
    if found is None:
        raise SwitchError(f"the switch does not say how many sessions it has: {printed[:80]!r}")
    return int(found[1])


def candidates(listed: Iterable[dict[str, str]], known: Iterable[str]) -> list[str]:
    """The channels that may be legs of ours: those that vcc rang, those that began in our dial plan, and the known."""
    ours = [row.get("uuid", "") for row in listed if _may_be_ours(row)]
    return list(dict.fromkeys([*filter(None, ours), *known]))


def _may_be_ours(row: dict[str, str]) -> bool:
    contexts = (row.get("context", ""), row.get("initial_context", ""))
    return row.get("uuid", "").startswith(LEG_PREFIX) or any(one.startswith(CONTEXT_PREFIX) for one in contexts)


def event(printed: str) -> Event:
    """What `uuid_dump … json` prints, as if it were an event. Raises SwitchError for anything else."""
    return parse_event(printed.encode())


def _json(printed: str) -> dict[str, Any]:
    try:
        found = json.loads(printed)
    except ValueError as error:
        raise SwitchError(f"what the switch printed is no JSON: {error}; it begins {printed[:80]!r}") from error
    if not isinstance(found, dict):
        raise SwitchError(f"what the switch printed is no JSON object: {printed[:80]!r}")
    return found


def channels(events: Iterable[Event], known: Container[str]) -> dict[str, Channel]:
    """Our legs among the channels, by leg; one that is in the fallback is none any more, unless it is known."""
    found = {}
    for one in events:
        parked = translate.parked(one)
        if parked is not None and (parked.leg in known or one.get("Caller-Context") != FALLBACK_CONTEXT):
            found[parked.leg] = _channel(one, parked)
    return {leg: _with_others(channel, found) for leg, channel in found.items()}


def _channel(one: Event, found: Parked) -> Channel:
    application = translate.variable(one, "current_application")
    data = translate.variable(one, "current_application_data")
    in_conference = application == "conference"
    bridged_to = "" if in_conference else translate.variable(one, "bridge_to")
    spies_on = data if application == "eavesdrop" and not bridged_to else ""
    rings = found.rung and not found.up
    in_fallback = one.get("Caller-Context") == FALLBACK_CONTEXT
    return Channel(
        leg=found.leg,
        event=one,
        found=found,
        parked=not (in_conference or bridged_to or spies_on or rings or in_fallback),
        bridged_to=bridged_to,
        conference=data.partition(f"@{CONFERENCE_PROFILE}")[0] if in_conference else "",
        spies_on=spies_on,
        muted=translate.variable(one, names.MUTED) != "",
    )


def _with_others(channel: Channel, found: dict[str, Channel]) -> Channel:
    if channel.conference:
        others = tuple(leg for leg, one in found.items() if one.conference == channel.conference and leg != channel.leg)
    else:
        others = (channel.bridged_to,) if channel.bridged_to in found else ()
    return Channel(
        leg=channel.leg,
        event=channel.event,
        found=channel.found,
        parked=channel.parked,
        bridged_to=channel.bridged_to,
        conference=channel.conference,
        spies_on=channel.spies_on if channel.spies_on in found else "",
        muted=channel.muted,
        bridged_with=others,
    )
