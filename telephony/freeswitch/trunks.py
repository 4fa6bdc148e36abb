"""Which trunks are there for calls that go out, from what the switch tells of its gateways. Pure.

A trunk is there if its carrier answers OPTIONS and, where we register at it, the registration holds. A registration
that is being renewed goes through the states of a new one: until it fails, what was before still is.

    UNREGED -> TRYING -> REGISTER -> REGED -> (renewed) UNREGED …      NOREG: nobody registers
               TRYING -> TIMEOUT, FAILED -> FAIL_WAIT -> UNREGED …
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from telephony.freeswitch.names import gateway

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PREFIX = gateway("")
_HOLDS = frozenset({"NOREG", "REGED"})
_ON_ITS_WAY = frozenset({"UNREGED", "TRYING", "REGISTER", "EXPIRED"})
_ANSWERS = "UP"
_GATEWAY = re.compile(r"<gateway>(.*?)</gateway>", re.DOTALL)
_FIELD = re.compile(r"<(name|state|status)>([^<]*)</\1>")

#: A trunk, whether it is there, and the switch's word for it.
News = tuple[str, bool, str]


class Trunks:
    """What is known of each trunk."""

    def __init__(self) -> None:
        """Nothing yet."""
        self._holds: dict[str, bool] = {}
        self._told: dict[str, bool] = {}

    def listed(self, gateways: str) -> list[News]:
        """Take what `sofia xmlstatus gateway` prints: all that is true, told of every trunk."""
        self._holds, self._told = {}, {}
        found = [news for name, state, status in _listed(gateways) for news in self._take(name, state, status)]
        return sorted(found)

    def changed(self, event: Mapping[str, str]) -> list[News]:
        """Take an event `sofia::gateway_state`."""
        return list(self._take(event.get("Gateway", ""), event.get("State", ""), event.get("Ping-Status", "")))

    def deleted(self, event: Mapping[str, str]) -> list[News]:
        """Take an event `sofia::gateway_del`."""
        return list(self._take(event.get("Gateway", ""), "DELETED", ""))

    def _take(self, name: str, state: str, status: str) -> Iterator[News]:
        if not name.startswith(_PREFIX):
            return
        trunk = name.removeprefix(_PREFIX)
        if state not in _ON_ITS_WAY:
            self._holds[trunk] = state in _HOLDS
        holds = self._holds.get(trunk, False)
        reachable = holds and status == _ANSWERS
        if self._told.get(trunk) != reachable:
            self._told[trunk] = reachable
            yield trunk, reachable, (status if holds else state).lower()


def _listed(gateways: str) -> Iterator[tuple[str, str, str]]:
    """Name, state and status of each. The switch escapes not all that it writes, so this is not read as XML."""
    for block in _GATEWAY.findall(gateways):
        fields = dict(_FIELD.findall(block))
        yield fields.get("name", ""), fields.get("state", ""), fields.get("status", "")
