"""Conversations that go on after vcc has given them up: their node was away for so long that their calls are over for
the record, or the store was lost.

    given up -> the node is back -> still talking: left alone, the agents' phones in use -> parted: our legs are ended
                                 -> not talking: our legs are ended

Nobody is cut off, and no leg that vcc has rung stays on the switch when its conversation is over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.ids import LEG_PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable

    from telephony.port import NodeUp
    from vcc.calls.floor import Floor


@dataclass(frozen=True, kw_only=True, slots=True)
class _Place:
    node: str
    phone: str  # empty: not known


class Forgotten:
    """Those of one floor. They are forgotten when their legs are gone, so there are never more than the switch has."""

    def __init__(self, floor: Floor, expected: Callable[[str], bool]) -> None:
        """Serve this floor; `expected` tells whether a leg belongs to a contact that goes on."""
        self._floor = floor
        self._expected = expected
        self._legs: dict[str, _Place] = {}

    def __len__(self) -> int:
        """How many legs may be in such a conversation."""
        return len(self._legs)

    def give_up(self, node: str) -> None:
        """The calls of a node are taken for lost: what phones they were on is told later by nobody else, if those are
        at a number outside or at another node.
        """
        for leg, place in self._legs.items():
            if place.node == node:
                self._floor.vacate(place.phone, leg)
        for leg, at in self._floor.legs.agents.items():
            if at.node == node:
                session = at.session
                agent = session.consult_agent if leg == session.consult_leg else session.agent
                state = self._floor.router.agent(agent)
                self._legs[leg] = _Place(node=node, phone=state.phone if state else "")

    def present(self, fact: NodeUp) -> None:
        """A node says what is there: who talks without being known is left alone, who does not is ended."""
        there = {leg.leg for leg in fact.legs}
        for leg in [leg for leg, place in self._legs.items() if place.node == fact.node and leg not in there]:
            self.gone(leg)
        for found in fact.legs:
            if not found.leg.startswith(LEG_PREFIX) or self._expected(found.leg):
                continue
            if found.bridged_with:
                self._left_alone(fact.node, found.leg, found.phone)
            else:
                self.gone(found.leg)
                self._floor.healer.stray(fact.node, found.leg, "rang or talked for an offer that is over")

    def _left_alone(self, node: str, leg: str, phone: str) -> None:
        known = self._legs.get(leg)
        if known is not None and known.phone:  # the switch knows the line to another node, not the phone behind it
            phone = known.phone
        self._legs[leg] = _Place(node=node, phone=phone)
        self._floor.occupy(phone, leg)

    def out(self, leg: str) -> None:
        """A leg is in no conversation any more."""
        place = self._legs.get(leg)
        if place is not None and not self._expected(leg):
            self._floor.healer.stray(place.node, leg, "its conversation, given up before, is over")

    def gone(self, leg: str) -> None:
        """A leg is gone: its phone can be rung again."""
        if (place := self._legs.pop(leg, None)) is not None:
            self._floor.vacate(place.phone, leg)
