"""What the switch's events mean for the legs, the phones and the trunks. One small function per event."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from telephony.freeswitch import bridges, spying, translate
from telephony.freeswitch.translate import leg_of
from telephony.port import DigitPressed, LegHeld, LegResumed, LegRinging, PhoneStatus, TrunkStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from telephony.freeswitch.arrivals import Arrivals
    from telephony.freeswitch.endings import Endings
    from telephony.freeswitch.frames import Event
    from telephony.freeswitch.legs import Leg, Legs
    from telephony.freeswitch.missed import Missed
    from telephony.freeswitch.phones import Phones
    from telephony.freeswitch.rings import Rings
    from telephony.freeswitch.transfers import Transfers
    from telephony.freeswitch.trunks import Trunks

_log = structlog.get_logger()


class Events:
    """Treats the events of a node."""

    def __init__(
        self,
        legs: Legs,
        *,
        arrivals: Arrivals,
        endings: Endings,
        missed: Missed,
        phones: Phones,
        rings: Rings,
        transfers: Transfers,
        trunks: Trunks,
    ) -> None:
        """Act on these."""
        self._legs, self._endings, self._missed = legs, endings, missed
        self._phones, self._trunks = phones, trunks
        self._transfers = transfers
        #: What is done for events that are about a leg of ours.
        self._about_legs: dict[str, Callable[[Leg, Event], None]] = {
            "CHANNEL_ORIGINATE": self._created,
            "CHANNEL_PROGRESS": _rings,
            "CHANNEL_PROGRESS_MEDIA": _rings,
            "CHANNEL_ANSWER": _answered,
            "CHANNEL_HOLD": _hold,
            "CHANNEL_UNHOLD": _unhold,
            "CHANNEL_EXECUTE": _execution_begun,
            "CHANNEL_EXECUTE_COMPLETE": lambda leg, event: leg.executions.over(event),
            "CHANNEL_HANGUP": self._hangup,
            "DTMF": _digit,
            "RECORD_STOP": lambda leg, event: leg.recordings.over(leg, event),
            "conference::maintenance": self._conference,
            "sofia::error": _refused_transfer,
        }
        #: And for the others.
        self._others: dict[str, Callable[[Event], None]] = {
            "CHANNEL_PARK": arrivals.parked,
            "CHANNEL_BRIDGE": self._bridged,
            "CHANNEL_UNBRIDGE": self._unbridged,
            "BACKGROUND_JOB": rings.job_over,
            "sofia::transferor": transfers.announced,
            "sofia::register": self._phone,
            "sofia::unregister": self._phone,
            "sofia::expire": self._phone,
            "sofia::sip_user_state": self._phone,
            "sofia::gateway_state": self._gateway,
        }

    def treat(self, event: Event) -> None:
        """Take one event."""
        name = event.get("Event-Name", "")
        if name == "CUSTOM":
            name = event.get("Event-Subclass", "")
        if (treat := self._others.get(name)) is not None:
            treat(event)
            return
        leg = self._legs.get(leg_of(event))
        if name == "CHANNEL_HANGUP":
            self._legs.note_gone(leg_of(event))
            if leg is None or not leg.told:
                self._missed.hung_up()
        if leg is not None and (about := self._about_legs.get(name)) is not None:
            about(leg, event)

    def _hangup(self, leg: Leg, event: Event) -> None:
        if translate.is_by_transfer(event):
            self._transfers.ending(leg)
        self._legs.end(leg, *translate.cause_of(event))

    def _created(self, leg: Leg, event: Event) -> None:
        leg.created = True
        if leg.hang_up_wanted:
            self._endings.send(leg)

    # --- conversations

    def _bridged(self, event: Event) -> None:
        names = event.get("Bridge-A-Unique-ID", ""), event.get("Bridge-B-Unique-ID", "")
        first, second = (self._legs.get(name) for name in names)
        if first is None or second is None:
            self._with_stranger(first or second, names)
            return
        ours = any(one.joining and one.joining.other is two for one, two in ((first, second), (second, first)))
        if self._legs.conversations.bridged(first, second) and not ours:
            bridges.prepare(first, second)
            self._transfers.bridged(first, second)

    def _with_stranger(self, leg: Leg | None, names: tuple[str, str]) -> None:
        """A channel that is no leg of ours and comes into a conversation is hung up: SIP's Replaces can do that."""
        if leg is not None and leg.told:
            stranger = next(name for name in names if name != leg.name)
            _log.warning("a stranger in a conversation is hung up", node=self._legs.node, leg=leg.name, other=stranger)
            self._endings.orphan(stranger)

    def _unbridged(self, event: Event) -> None:
        first, second = (
            self._legs.get(event.get("Bridge-A-Unique-ID", "")),
            self._legs.get(event.get("Bridge-B-Unique-ID", "")),
        )
        if first is not None and second is not None:
            self._legs.conversations.unbridged(first, second)

    def _conference(self, leg: Leg, event: Event) -> None:
        name, action = event.get("Conference-Name", ""), event.get("Action", "")
        if action == "add-member":
            self._legs.conversations.joined(leg, name)
        elif action == "del-member":
            self._legs.conversations.left(leg, name)

    # --- phones and trunks

    def _phone(self, event: Event) -> None:
        news = self._phones.changed(event)
        if news is not None:
            phone, reachable, detail = news
            at = self._legs.now()
            self._legs.tell(PhoneStatus(node=self._legs.node, at=at, phone=phone, reachable=reachable, detail=detail))

    def _gateway(self, event: Event) -> None:
        news = self._trunks.changed(event)
        if news is not None:
            trunk, reachable, detail = news
            at = self._legs.now()
            self._legs.tell(TrunkStatus(node=self._legs.node, at=at, trunk=trunk, reachable=reachable, detail=detail))


def _rings(leg: Leg, event: Event) -> None:
    if leg.rung and not leg.rang and not leg.up:
        leg.rang = True
        leg.fact(LegRinging)


def _answered(leg: Leg, event: Event) -> None:
    if leg.rung:
        leg.answered()
    leg.up = True
    leg.executions.answered()


def _execution_begun(leg: Leg, event: Event) -> None:
    if event.get("Application", "") == "eavesdrop":
        spying.begun(leg, event)
    else:
        leg.executions.begun(event)


def _hold(leg: Leg, event: Event) -> None:
    if not leg.holds and leg.talks:
        leg.holds = True
        leg.fact(LegHeld)


def _unhold(leg: Leg, event: Event) -> None:
    if leg.holds:
        leg.holds = False
        leg.fact(LegResumed)


def _digit(leg: Leg, event: Event) -> None:
    digit = event.get("DTMF-Digit", "").upper()
    if event.get("DTMF-Source", "") != "APP" and digit:
        leg.sound.pressed(digit)  # first: what is played in answer to the key must not be stopped by it
        leg.fact(DigitPressed, digit=digit)


def _refused_transfer(leg: Leg, event: Event) -> None:
    """A phone wants to transfer out of a conversation of three, which the switch refuses: it leaves that one itself."""
    if event.get("Error-Type", "") == "blind_transfer" and leg.phone and leg.conversation is not None:
        leg.bring_back()
