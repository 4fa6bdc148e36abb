"""Transfers that a phone makes by itself: who was put where, told, and brought under control.

Blind: the switch takes the other leg out of the conversation and sends it to `vcc-transfer`, which brings it here with
what was asked for (`arrivals.py` calls `blind`). That takes some milliseconds, in which many a phone ends its own call:
its end is told after the transfer (`sent_on.py`). Attended: the other leg takes the place of the phone's second leg.
Has that one a conversation, the two conversations become one, and the events of the bridges tell the rest. Has it none,
the leg finds itself in the other's place in the dial plan, on the other's connection: from there it is brought to its
own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from telephony.asterisk.translate import phone_of
from telephony.port import LegTransferred

if TYPE_CHECKING:
    from telephony.asterisk.actions import Actions
    from telephony.asterisk.ami import Frame
    from telephony.asterisk.legs import Leg, Legs

_log = structlog.get_logger()


def announced(legs: Legs, event: Frame) -> None:
    """Take the switch's word that a phone has sent a leg on, which is on its way here."""
    leg, by = legs.get(event.get("TransfereeUniqueid", "")), legs.get(event.get("TransfererUniqueid", ""))
    if leg is not None and by is not None and not leg.referred:
        legs.sent_on.expect(leg.name, by.name)


def blind(legs: Legs, leg: Leg, to: str, by: str) -> None:
    """The leg is here because the phone of the leg `by` wants it to be connected with `to`."""
    leg.referred = True
    leg.fact(LegTransferred, by=by, to=to)
    legs.sent_on.told(leg.name)


def attended(legs: Legs, actions: Actions, event: Frame) -> None:
    """Take the switch's word that a phone has put one leg in another one's place."""
    if event.get("Result") != "Success":
        return
    who, by, place_of = _roles(event)
    leg = legs.get(who)
    if leg is None:
        return  # out of a conversation of three, which goes on: its events tell all
    if not _of_one_phone(event):
        _log.warning("a phone has transferred what was not its own", node=legs.node, leg=who, by=by, place_of=place_of)
        actions.bring_back(leg)
        return
    leg.fact(LegTransferred, by=by, place_of=place_of)
    if event.get("DestType") == "App":
        replaced = legs.get(place_of)
        if replaced is None:
            actions.bring_back(leg)
        else:
            replaced.place_taken_by = leg  # not before that one has gone: until then the two are being exchanged


def _of_one_phone(event: Frame) -> bool:
    """Whether both legs that were joined belong to the phone that did it: Asterisk lets anybody name any call whose
    identifiers in SIP he knows.
    """
    first, second = (phone_of(event.get(f"{which}TransfererChannel", "")) for which in ("Orig", "Second"))
    return first != "" and first == second


def _roles(event: Frame) -> tuple[str, str, str]:
    """Who was transferred, the phone's leg that talked with it, and the phone's other leg. The phone may name either of
    its legs first; if that one talks with nobody, it is the second one's partner who is moved.
    """
    first, second = event.get("OrigTransfererUniqueid", ""), event.get("SecondTransfererUniqueid", "")
    if event.get("OrigBridgeUniqueid"):
        return event.get("TransfereeUniqueid", ""), first, second
    return event.get("TransferTargetUniqueid", ""), second, first
