"""Which events a connection is told: by name, and by filters on their headers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.lab.eventsocket.frames import Event

#: Every name that an event can have; ALL stands for each.
_NAMES = """
    ADD_SCHEDULE ALL API BACKGROUND_JOB CALL_DETAIL CALL_SECURE CALL_SETUP_REQ CALL_SETUP_RESULT CALL_UPDATE
    CERT_RELOAD CHANNEL_ANSWER CHANNEL_APPLICATION CHANNEL_BRIDGE CHANNEL_CALLSTATE CHANNEL_CREATE CHANNEL_DATA
    CHANNEL_DESTROY CHANNEL_EXECUTE CHANNEL_EXECUTE_COMPLETE CHANNEL_HANGUP CHANNEL_HANGUP_COMPLETE CHANNEL_HOLD
    CHANNEL_ORIGINATE CHANNEL_OUTGOING CHANNEL_PARK CHANNEL_PROGRESS CHANNEL_PROGRESS_MEDIA CHANNEL_STATE
    CHANNEL_UNBRIDGE CHANNEL_UNHOLD CHANNEL_UNPARK CHANNEL_UUID CLIENT_DISCONNECTED CLONE CODEC COMMAND
    CONFERENCE_DATA CONFERENCE_DATA_QUERY CUSTOM DEL_SCHEDULE DETECTED_SPEECH DETECTED_TONE DEVICE_STATE DTMF
    EXE_SCHEDULE FAILURE GENERAL HEARTBEAT INBOUND_CHAN LOG MEDIA_BUG_START MEDIA_BUG_STOP MESSAGE MESSAGE_QUERY
    MESSAGE_WAITING MODULE_LOAD MODULE_UNLOAD NAT NOTALK NOTIFY NOTIFY_IN OUTBOUND_CHAN PHONE_FEATURE
    PHONE_FEATURE_SUBSCRIBE PLAYBACK_START PLAYBACK_STOP PRESENCE_IN PRESENCE_OUT PRESENCE_PROBE PRIVATE_COMMAND
    PUBLISH RECORD_START RECORD_STOP RECV_INFO RECV_MESSAGE RECV_RTCP_MESSAGE RELOADXML REQUEST_PARAMS RE_SCHEDULE
    ROSTER SEND_INFO SEND_MESSAGE SEND_RTCP_MESSAGE SERVER_DISCONNECTED SESSION_CRASH SESSION_HEARTBEAT SHUTDOWN
    SHUTDOWN_REQUESTED SOCKET_DATA STARTUP TALK TEXT TRAP UNPUBLISH
"""
NAMES = frozenset(_NAMES.split())


class Subscriptions:
    """Nothing, until it is asked for."""

    def __init__(self) -> None:
        """Nothing is wanted."""
        self._names: set[str] = set()
        self._custom: set[str] = set()
        self._filters: list[tuple[str, str]] = []
        self._on = False

    def wants(self, event: Event) -> bool:
        """Whether an event is told."""
        name = str(event.get("Event-Name", ""))
        if not self._on or not ({"ALL", name} & self._names):
            return False
        custom = name != "CUSTOM" or "ALL" in self._names or event.get("Event-Subclass") in self._custom
        return custom and self._passes(event)

    def _passes(self, event: Mapping[str, str | list[str]]) -> bool:
        """One filter that fits is enough; one with a minus that fits forbids, and nothing after it is looked at."""
        passes = not self._filters
        for name, wanted in self._filters:
            value = event.get(name)
            if not isinstance(value, str):
                continue
            sign, text = (wanted[0], wanted[1:].lstrip(" ")) if wanted[:1] in {"+", "-"} else ("+", wanted)
            fits = re.search(text[1:].rstrip("/"), value) if text[:1] == "/" else value.lower() == text.lower()
            if fits and sign == "-":
                return False
            passes = passes or bool(fits)
        return passes

    def event(self, words: list[str]) -> str:
        """`event json NAME … CUSTOM SUBCLASS …`: the reply."""
        if words[:1] == ["json"]:
            words = words[1:]
        elif words[:1] in (["plain"], ["xml"]):
            return "-ERR this test server tells events in JSON only"
        names, custom = _split(words)
        if not names:
            return "-ERR no keywords supplied"
        self._names |= set(names)
        self._custom |= set(custom)
        self._on = True
        return "+OK event listener enabled json"

    def nix(self, words: list[str]) -> str:
        """`nixevent NAME …`: the reply."""
        names, custom = _split(words)
        if not names:
            return "-ERR no keywords supplied"
        self._custom -= set(custom)
        self._names -= set(names) - ({"CUSTOM"} if custom else set())
        if "ALL" in names:
            self._names.clear()
        return "+OK events nixed"

    def off(self) -> str:
        """`noevents`: the reply."""
        if not self._on:
            return "-ERR not listening for events"
        self._on = False
        self._names.clear()
        self._custom.clear()
        return "+OK no longer listening for events"

    def filter(self, rest: str) -> str:
        """`filter NAME VALUE`, `filter delete NAME [VALUE]`, `filter delete all`: the reply."""
        first, _, value = rest.strip().partition(" ")
        if first.lower() == "delete" and value:
            name, _, value = value.partition(" ")
            self._filters = [
                one for one in self._filters if name.lower() != "all" and (one[0] != name or value not in {"", one[1]})
            ]
            return f"+OK filter deleted. [{name}][{value}]"
        if first.lower() == "add":
            first, _, value = value.partition(" ")
        if not value:
            return "-ERR invalid syntax"
        self._filters.append((first, value))
        return f"+OK filter added. [{first}]=[{value}]"


def _split(words: list[str]) -> tuple[list[str], list[str]]:
    """Names of events, those that nobody knows left out, and, after the word CUSTOM, of subclasses."""
    upper = [word.upper() for word in words]
    at = upper.index("CUSTOM") + 1 if "CUSTOM" in upper else len(words)
    return [name for name in upper[:at] if name in NAMES], words[at:]
