"""Which trunks are there for calls that go out, from what the switch tells of its gateways. Pure.

A trunk is there if its carrier answers OPTIONS and, where we register at it, the registration holds. One that is being
renewed goes through the states of a new one: until it fails, what was before still is.

    UNREGED -> TRYING -> REGISTER -> REGED -> (renewed) UNREGED …      NOREG: nobody registers
               TRYING -> TIMEOUT, FAILED -> FAIL_WAIT -> UNREGED …
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
_HOLDS = frozenset({"NOREG", "REGED"})
_ON_ITS_WAY = frozenset({"UNREGED", "TRYING", "REGISTER", "EXPIRED"})

#: A trunk, whether it is there, and the switch's word for it.
News = tuple[str, bool, str]


class Trunks:
    """What is known of each trunk."""

    def __init__(self) -> None:
        """Nothing yet."""
        self._holds: dict[str, bool] = {}
        self._told: dict[str, bool] = {}

    def listed(self, xml: str) -> list[News]:
        """Take what `sofia xmlstatus gateway` prints: told of every trunk."""
        self._holds, self._told = {}, {}
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
        if state not in _ON_ITS_WAY:
            self._holds[trunk] = state in _HOLDS
        reachable = answers and self._holds.get(trunk, False)
        if self._told.get(trunk) == reachable:
            return None
        self._told[trunk] = reachable
        return trunk, reachable, state.lower() if answers and not reachable else status.lower()
