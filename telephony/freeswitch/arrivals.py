"""Legs that the dial plan parks: callers who arrive or come back, agents who answer or come back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from telephony.freeswitch import names, spying, translate
from telephony.freeswitch.templates import words
from telephony.freeswitch.transfers import Transfer
from telephony.port import Bridge, CallArrived, Join

if TYPE_CHECKING:
    from telephony.freeswitch.endings import Endings
    from telephony.freeswitch.frames import Event
    from telephony.freeswitch.legs import Leg, Legs
    from telephony.freeswitch.missed import Missed
    from telephony.freeswitch.orders import Orders
    from telephony.freeswitch.transfers import Transfers
    from telephony.freeswitch.translate import Parked


class Arrivals:
    """Takes the parked legs of a node."""

    def __init__(self, legs: Legs, orders: Orders, *, endings: Endings, missed: Missed, transfers: Transfers) -> None:
        """None has come yet."""
        self._legs, self._orders, self._endings, self._missed = legs, orders, endings, missed
        self._transfers = transfers

    def parked(self, event: Event) -> None:
        """A channel was parked just now: nothing plays on it."""
        leg = self._legs.get(translate.leg_of(event))
        if leg is not None:
            leg.sound.moved()
        self.found(event)

    def found(self, event: Event) -> None:
        """A channel is parked."""
        found = translate.parked(event)
        if found is None or self._legs.is_gone(found.leg):
            return
        before = self._legs.get(found.leg)
        if before is not None and before.going:
            self._legs.release(before)
        leg = self._legs.add(found.leg, rung=found.rung)
        known_as(leg, found)
        if leg.hang_up_wanted:
            self._endings.send(leg)
        if leg.in_fallback:
            return
        self._legs.conversations.left(leg)
        spying.over(leg)
        transfer = self._transfers.take(leg)
        if transfer is not None and transfer.by and _to_number(found) and not transfer.place_of:
            # for a vcc that comes later; and that it is noted is known before anything is told
            words_ = ["uuid_setvar", leg.name, names.REFERRER, transfer.by]
            self._orders.give(words_, lambda result: self._go_on(leg, found, transfer) if leg.there else None)
        else:
            self._go_on(leg, found, transfer)

    def _go_on(self, leg: Leg, found: Parked, transfer: Transfer | None) -> None:
        blind = self._transferred(leg, found, transfer)
        if found.rung:
            if leg.up:
                leg.answered()
        elif not leg.told or blind:
            self._arrived(leg, found)
        leg.park()

    def _transferred(self, leg: Leg, found: Parked, transfer: Transfer | None) -> bool:
        """Tell that a phone has sent the leg here, if one has; whether vcc is to decide what becomes of it."""
        if transfer is not None and transfer.place_of:
            if found.refer_to:
                self._forget_refer(leg)
            if transfer.joins:
                self._legs.sent_on.told(leg.name)
                leg.push(Join(leg=leg.name, to=transfer.joins))
            else:
                self._transfers.tell(leg, transfer, "")
            return False
        if _to_number(found):
            leg.referred = True
            self._transfers.tell(leg, transfer or Transfer(by=found.referrer), found.refer_to)
            return True
        if found.refer_to:  # it asked for what is no number: nothing is to change
            self._forget_refer(leg)
            self._legs.sent_on.told(leg.name)
            if transfer is not None:
                leg.push(Bridge(leg=leg.name, other=transfer.by))
        return False

    def _forget_refer(self, leg: Leg) -> None:
        self._orders.quietly("uuid_setvar_multi", leg.name, f"{words.REFER_VARIABLE};{names.REFERRER}")

    def _arrived(self, leg: Leg, found: Parked) -> None:
        again, leg.told = found.taken or leg.told, True
        self._orders.quietly("uuid_setvar_multi", leg.name, f"{names.TAKEN}=1;{words.NOTE_HOOK}")
        leg.fact(
            CallArrived,
            trunk=leg.trunk,
            phone=leg.phone,
            dialled=found.dialled,
            caller=found.caller,
            caller_name=found.caller_name,
            headers=dict(found.headers),
            again=again,
            handed_over=found.handed_over,
        )
        self._missed.served(leg.name)


def _to_number(found: Parked) -> bool:
    """Whether a phone has sent the leg to somewhere that can be dialled."""
    return found.refer_to not in {"", words.NO_NUMBER}


def known_as(leg: Leg, found: Parked) -> None:
    """Note what the switch says of a leg."""
    leg.created, leg.up = True, leg.up or found.up
    leg.trunk, leg.phone = found.trunk or leg.trunk, found.phone or leg.phone
    leg.dialled, leg.returns_to = found.dialled, found.returns_to if found.handed_over else ""
    if found.handed_over and not leg.told:
        leg.sound.begins_otherwise()
