"""Which events a connection is told: by name, and by filters on their headers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.lab.eventsocket.frames import Event


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
    """Names of events, and, after the word CUSTOM, of subclasses."""
    upper = [word.upper() for word in words]
    if "CUSTOM" not in upper:
        return upper, []
    at = upper.index("CUSTOM") + 1
    return upper[:at], words[at:]
