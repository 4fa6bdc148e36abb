"""What is true on a node: from the list of its channels to snapshots of our legs. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.ids import LEG_PREFIX
from telephony.asterisk.templates.words import (
    AGENT_CONTEXT,
    ANSWERED_EXTENSION,
    CHECK_CONTEXT,
    CONTEXT_PREFIX,
    FALLBACK_CONTEXT,
    NODES_CONTEXT,
    NODES_IN_CONTEXT,
    NODES_RING_CONTEXT,
    NODES_TRANSFER_CONTEXT,
    WAITS,
    WHISPER_CONTEXT,
)
from telephony.asterisk.translate import phone_of

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

_UP = "6"
#: Contexts of ours in which no leg is served.
_NO_LEGS = frozenset(
    {
        CHECK_CONTEXT,
        FALLBACK_CONTEXT,
        WHISPER_CONTEXT,
        NODES_CONTEXT,
        NODES_IN_CONTEXT,
        NODES_RING_CONTEXT,
        NODES_TRANSFER_CONTEXT,
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Channel:
    """A channel that is a leg of ours. `bridge`: the switch's id of the bridge that it is in. `spies_on`: a leg."""

    leg: str
    channel: str
    up: bool
    rung: bool
    phone: str
    dialled: str
    bridge: str = ""
    bridged_with: tuple[str, ...] = ()
    spies_on: str = ""


def channels(listed: Iterable[Mapping[str, str]], known: Container[str]) -> dict[str, Channel]:
    """Our legs among the channels of a CoreShowChannels list: those that vcc rang, those in the dial plan's
    contexts that serve calls, and those that are `known`. By leg.
    """
    listed = list(listed)
    ours = [event for event in listed if _is_ours(event, known)]
    by_name = {event.get("Channel", ""): event["Uniqueid"] for event in ours}
    conversations = {event.get("BridgeId", "") for event in listed if not _waits(event)} - {""}
    in_bridge = defaultdict(list)
    for event in ours:
        if (bridge := event.get("BridgeId", "")) in conversations:
            in_bridge[bridge].append(event["Uniqueid"])
    return {event["Uniqueid"]: _channel(event, in_bridge, by_name) for event in ours}


def _is_ours(event: Mapping[str, str], known: Container[str]) -> bool:
    leg, context = event.get("Uniqueid", ""), event.get("Context", "")
    if not leg or event.get("Channel", "").startswith("Surrogate/"):
        return False
    served = context.startswith(CONTEXT_PREFIX) and context not in _NO_LEGS
    return leg.startswith(LEG_PREFIX) or leg in known or served


def _waits(event: Mapping[str, str]) -> bool:
    """Whether this may be a leg that was answered and waits with others, who do not hear each other: in a bridge in
    which not all are that it is in a conversation, to which it went over.
    """
    return event.get("Application") == WAITS and event.get("Exten") == ANSWERED_EXTENSION


def _channel(event: Mapping[str, str], in_bridge: Mapping[str, list[str]], by_name: Mapping[str, str]) -> Channel:
    leg, channel = event["Uniqueid"], event.get("Channel", "")
    rung = leg.startswith(LEG_PREFIX) or event.get("Context") == AGENT_CONTEXT
    bridge = event.get("BridgeId", "")
    if bridge not in in_bridge:
        bridge = ""
    watched = event.get("ApplicationData", "").partition(",")[0] if event.get("Application") == "ChanSpy" else ""
    return Channel(
        leg=leg,
        channel=channel,
        up=event.get("ChannelState") == _UP,
        rung=rung,
        phone=phone_of(channel),
        dialled="" if rung else event.get("Exten", ""),
        bridge=bridge,
        bridged_with=tuple(other for other in in_bridge.get(bridge, []) if other != leg),
        spies_on=by_name.get(watched, ""),
    )
