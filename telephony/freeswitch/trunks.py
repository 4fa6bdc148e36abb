"""Which trunks are there for calls that go out, from what the switch tells of its gateways. Pure.

A trunk is there if its carrier answers OPTIONS and, where we register at it, the registration holds; that has a gateway
of its own (`templates/gateways.py`). A registration that is renewed goes through the states of a new one: until it
fails, what was before still is. The gateway for calls is `UP` to the switch from the start: until it has answered an
OPTIONS, nobody knows whether the carrier is there, unless it has registered us. The first is sent `qualify_s` after the
switch came up, and there is no way to have one sent before.

    UNREGED -> TRYING -> REGISTER -> REGED -> (renewed) UNREGED …
               TRYING -> TIMEOUT, FAILED -> FAIL_WAIT -> UNREGED …
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from telephony.freeswitch.templates.words import gateway, registration

if TYPE_CHECKING:
    from collections.abc import Mapping

_PREFIX, _REGISTRATION_PREFIX = gateway(""), registration("")
_GATEWAY = re.compile(r"<gateway>(.*?)</gateway>", re.DOTALL)
_FIELD = re.compile(r"<(name|state|status|pingfreq|pingcount)>([^<]*)</\1>")
_HOLDS = frozenset({"REGED"})
_ON_ITS_WAY = frozenset({"UNREGED", "TRYING", "REGISTER", "EXPIRED"})

#: The word for one that is not known yet.
_NOT_ASKED = "not asked yet"

#: A trunk, whether it is there (None: not known yet), and the switch's word for it.
News = tuple[str, bool | None, str]


class Trunks:
    """What is known of each trunk."""

    def __init__(self) -> None:
        """Nothing yet."""
        self._answers: dict[str, tuple[bool | None, str]] = {}  # and the word for it
        self._holds: dict[str, tuple[bool, str]] = {}  # of those that register alone
        self._told: dict[str, bool | None] = {}

    def listed(self, xml: str) -> list[News]:
        """Take what `sofia xmlstatus gateway` prints: told of every trunk."""
        self._answers, self._holds, self._told = {}, {}, {}
        for text in _GATEWAY.findall(xml):
            one = dict(_FIELD.findall(text))
            self._take(one.get("name", ""), one.get("state", ""), one.get("status", ""), asked=_was_asked(one))
        news = (self._now(trunk) for trunk in self._answers)
        return [one for one in news if one is not None]

    def changed(self, event: Mapping[str, str]) -> News | None:
        """Take the event of a gateway's state, or of an OPTIONS: None if that is no news."""
        name, state = event.get("Gateway", ""), event.get("State", "")
        trunk = self._take(name, state, event.get("Ping-Status", ""), asked=True)
        return self._now(trunk) if trunk in self._answers else None

    def _take(self, name: str, state: str, status: str, *, asked: bool) -> str:
        """Note what one gateway says; its trunk, if it is of one."""
        registers = name.startswith(_REGISTRATION_PREFIX)
        if not registers and not name.startswith(_PREFIX):
            return ""
        trunk = name.removeprefix(_REGISTRATION_PREFIX if registers else _PREFIX)
        if not registers:
            up = status.upper() == "UP"
            self._answers[trunk] = (None, _NOT_ASKED) if up and not asked else (up, status.lower())
        elif state in _ON_ITS_WAY:
            self._holds.setdefault(trunk, (False, state.lower()))
        else:
            self._holds[trunk] = state in _HOLDS, state.lower()
        return trunk

    def _now(self, trunk: str) -> News | None:
        reachable, detail = self._answers[trunk]
        if reachable is not False and trunk in self._holds:
            reachable, detail = self._holds[trunk]
        if trunk in self._told and self._told[trunk] == reachable:
            return None
        self._told[trunk] = reachable
        return trunk, reachable, detail


def _was_asked(listed: Mapping[str, str]) -> bool:
    """Whether a gateway has answered an OPTIONS; or none is ever sent."""
    return listed.get("pingcount", "") != "0" or listed.get("pingfreq", "") == "0"
