"""Transfers that a phone makes by itself: who was put where, told, and brought under control.

The profile's `sofia::transferor` and `sofia::transferee` tell of each before it happens, and of whose phone it was.

Blind: the other leg is sent to the dial plan's TRANSFER_CONTEXT and parks there. Attended: the other legs of the
phone's two calls are bridged, or, if one call has no other leg, that of the second goes to where the first one's number
leads, which is TRANSFER_CONTEXT again. Many a phone ends its own call before: its end is told after the transfer
(`sent_on.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from telephony.claims import PAIR
from telephony.freeswitch.translate import leg_of
from telephony.port import LegTransferred

if TYPE_CHECKING:
    from telephony.freeswitch.frames import Event
    from telephony.freeswitch.legs import Leg, Legs


_log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True, slots=True)
class Transfer:
    """By which leg's phone; attended: whose place is taken. `joins`: who is in the conversation of three from which the
    phone has gone in favour of the leg.
    """

    by: str
    place_of: str = ""
    joins: str = ""


class Transfers:
    """Those under way on a node."""

    def __init__(self, legs: Legs) -> None:
        """None."""
        self._legs = legs
        self._by_leg: dict[str, Transfer] = {}
        self._ending: dict[str, str] = {}  # legs that a transfer has ended before it was told, and their phones

    def announced(self, event: Event) -> None:
        """Take the switch's word that a phone transfers whom it talks with on the event's leg."""
        by = self._legs.get(leg_of(event))
        original, destination = (
            event.get("att_xfer_original_call_id", ""),
            event.get("att_xfer_destination_call_id", ""),
        )
        peer = event.get("att_xfer_destination_peer_uuid", "")
        if by is None:
            return
        if not original:
            partner = _partner(by)
            if partner is not None:
                self._expect(partner.name, Transfer(by=by.name))
        elif (partner := _partner(by)) is not None and partner.name == original:
            self._expect(original, Transfer(by=by.name, place_of=peer))
        else:
            self._expect(destination, Transfer(by=peer, place_of=original, joins=self._three(original)))

    def ending(self, leg: Leg) -> None:
        """A phone's leg ends because of a transfer: the switch may tell that before the transfer itself."""
        partner = _partner(leg) or leg.parted_from
        if leg.phone and partner is not None:
            self._ending[leg.name] = leg.phone
            self._legs.sent_on.expect(partner.name, leg.name)

    def _expect(self, leg: str, transfer: Transfer) -> None:
        if transfer.place_of and not self._of_one_phone(transfer):
            _log.warning("a phone transfers what is not its own", node=self._legs.node, leg=leg, by=transfer.by)
            return
        self._by_leg[leg] = transfer
        self._legs.sent_on.expect(leg, transfer.by)

    def _three(self, place_of: str) -> str:
        """Somebody else in the conversation of three in which this leg is; empty if it is in none."""
        leg = self._legs.get(place_of)
        conversation = leg.conversation if leg is not None else None
        others = conversation.others(leg) if conversation is not None and leg is not None else ()
        return others[0] if len(others) >= PAIR else ""

    def _of_one_phone(self, transfer: Transfer) -> bool:
        first, second = self._phone(transfer.by), self._phone(transfer.place_of)
        return first == second != ""

    def _phone(self, name: str) -> str:
        leg = self._legs.get(name)
        return leg.phone if leg is not None else self._ending.pop(name, "")

    def take(self, leg: Leg) -> Transfer | None:
        """What is known of how the leg came where it is; asked once."""
        return self._by_leg.pop(leg.name, None)

    def bridged(self, *legs: Leg) -> None:
        """These have come together by themselves: if a phone did that, it is told."""
        for leg in legs:
            transfer = self.take(leg)
            if transfer is not None:
                self.tell(leg, transfer, "")

    def tell(self, leg: Leg, transfer: Transfer, to: str) -> None:
        """Tell of one; `to`: what was asked for, of a blind one."""
        leg.fact(LegTransferred, by=transfer.by, to=to, place_of=transfer.place_of)
        self._legs.sent_on.told(leg.name)

    def clear(self) -> None:
        """Nothing is known any more."""
        self._by_leg.clear()
        self._ending.clear()


def _partner(leg: Leg) -> Leg | None:
    return leg.conversation.partner(leg) if leg.conversation is not None else None
