"""Which trunks are there for calls that go out, from what the switch tells of its gateways. Pure.

A trunk is there if its carrier answers OPTIONS and, where we register at it, the registration holds.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from telephony.freeswitch.templates.words import gateway

if TYPE_CHECKING:
    from collections.abc import Mapping

_PREFIX = gateway("")
_GATEWAY = re.compile(r"<gateway>(.*?)</gateway>", re.DOTALL)
_FIELD = re.compile(r"<(name|state|status)>([^<]*)</\1>")
_REGISTERED = frozenset({"NOREG", "REGED"})

#: A trunk, whether it is there, and the switch's word for it.
News = tuple[str, bool, str]


class Trunks:
    """What is known of each trunk."""

    def __init__(self) -> None:
        """Nothing yet."""
        self._told: dict[str, bool] = {}

    def listed(self, xml: str) -> list[News]:
        """Take what `sofia xmlstatus gateway` prints: told of every trunk."""
        self._told = {}
        found = (dict(_FIELD.findall(text)) for text in _GATEWAY.findall(xml))
        news = (self._now(one.get("name", ""), one.get("state", ""), one.get("status", "")) for one in found)
        return [one for one in news if one is not None]

    def changed(self, event: Mapping[str, str]) -> News | None:
        """Take the event of a gateway's state: None if that is no news."""
        return self._now(event.get("Gateway", ""), event.get("State", ""), event.get("Ping-Status", ""))

    def _now(self, name: str, state: str, status: str) -> News | None:
        if not name.startswith(_PREFIX):
            return None
        trunk, answers = name.removeprefix(_PREFIX), status.upper() == "UP"
        reachable = answers and state in _REGISTERED
        if self._told.get(trunk) == reachable:
            return None
        self._told[trunk] = reachable
        return trunk, reachable, state.lower() if answers and not reachable else status.lower()
