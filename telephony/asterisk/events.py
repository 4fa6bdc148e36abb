"""What AMI's events mean for the legs and the phones. One small function per event."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from telephony.asterisk import spying, transfers, translate
from telephony.asterisk.templates.words import WAITING_BRIDGE, outgoing_endpoint
from telephony.port import Cause, DigitPressed, LegHeld, LegResumed, LegRinging, PhoneStatus, TrunkStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from telephony.asterisk.actions import Actions
    from telephony.asterisk.ami import Frame
    from telephony.asterisk.endings import Endings
    from telephony.asterisk.legs import Leg, Legs
    from telephony.asterisk.missed import Missed
    from telephony.asterisk.phones import Phones
    from telephony.asterisk.trunks import Trunks


_log = structlog.get_logger()


class Events:
    """Treats the events of a node."""

    def __init__(
        self,
        legs: Legs,
        endings: Endings,
        actions: Actions,
        phones: Phones,
        *,
        missed: Missed,
        trunks: Trunks,
        registrations_changed: Callable[[], None],
    ) -> None:
        """Act on these."""
        self._legs, self._endings, self._actions, self._phones = legs, endings, actions, phones
        self._missed, self._trunks, self._registrations_changed = missed, trunks, registrations_changed
        #: What is done for events that are about a leg of ours.
        self._about_legs: dict[str, Callable[[Leg, Frame], None]] = {
            "Newchannel": self._new_channel,
            "Newstate": _new_state,
            "Hangup": self._hangup,
            "OriginateResponse": self._originated,
            "BridgeEnter": self._bridge_enter,
            "BridgeLeave": _bridge_leave,
            "DTMFBegin": _digit_begun,
            "DTMFEnd": _digit,
            "ChannelTalkingStart": self._talks,
            "ChannelTalkingStop": self._silent,
            "Hold": _hold,
            "Unhold": self._unhold,
        }
        #: And for those that are about several: by the header that names the first of them.
        self._about_several: dict[str, Callable[[Frame], None]] = {
            "ChanSpyStart": self._spy_began,
            "AttendedTransfer": self._attended,
            "BlindTransfer": self._blind,
        }

    def treat(self, event: Frame) -> None:
        """Take one event."""
        name = event["Event"]
        if name == "ContactStatus":
            self._contact(event)
            return
        if name == "Registry":
            self._registrations_changed()
            return
        if (together := self._about_several.get(name)) is not None:
            together(event)
            return
        channel = event.get("Uniqueid", "")
        if name == "HangupRequest":
            self._endings.announced(channel)
            return
        if name == "Hangup":
            self._legs.note_gone(channel)
            self._missed.hung_up(channel)
        leg, treat = self._legs.get(channel), self._about_legs.get(name)
        if leg is None:
            self._about_no_leg(name, channel, event)
        elif treat is not None:
            treat(leg, event)

    def _about_no_leg(self, name: str, channel: str, event: Frame) -> None:
        """A channel that is no leg of ours and comes into a conversation is hung up: SIP's Replaces can bring it there,
        and so does Asterisk itself where a phone transfers out of a conversation of three.
        """
        if name == "BridgeEnter" and self._legs.conversations.has(event.get("BridgeUniqueid", "")):
            node, of = self._legs.node, event.get("Channel", "")
            _log.warning("a stranger in a conversation is hung up", node=node, leg=channel, channel=of)
            self._endings.orphan(channel)

    def _new_channel(self, leg: Leg, event: Frame) -> None:
        leg.channel = event.get("Channel", "")
        if leg.hang_up_wanted:
            self._endings.send(leg)

    def _hangup(self, leg: Leg, event: Frame) -> None:
        self._legs.end(leg, *translate.cause_of(event))
        if leg.place_taken_by is not None:
            self._actions.bring_back(leg.place_taken_by)

    def _originated(self, leg: Leg, event: Frame) -> None:
        """A failed Originate of which no channel came: the phone is not registered, or not known."""
        if leg.rung and not leg.channel and event.get("Response") == "Failure":
            if leg.outside:
                self._legs.end(leg, Cause.UNAVAILABLE, "the trunk has no line")
            else:
                self._legs.end(leg, Cause.UNREACHABLE, "the phone is not registered")

    def _bridge_enter(self, leg: Leg, event: Frame) -> None:
        if event.get("BridgeTechnology") == WAITING_BRIDGE:
            _phone_answered(leg, event)
            return
        leg.conversations.entered(leg, event.get("BridgeUniqueid", ""))
        spying.renew(self._legs, self._actions, leg)

    def _talks(self, leg: Leg, event: Frame) -> None:
        self._legs.recordings.talks(leg)

    def _silent(self, leg: Leg, event: Frame) -> None:
        self._legs.recordings.silent(leg)

    def _unhold(self, leg: Leg, event: Frame) -> None:
        """Many a phone begins its RTP anew then."""
        if leg.holds:
            leg.holds = False
            leg.fact(LegResumed)
            spying.renew(self._legs, self._actions, leg)

    def _spy_began(self, event: Frame) -> None:
        if (leg := self._legs.get(event.get("SpyerUniqueid", ""))) is not None:
            spying.began(leg)

    def _attended(self, event: Frame) -> None:
        transfers.attended(self._legs, self._actions, event)

    def _blind(self, event: Frame) -> None:
        transfers.announced(self._legs, event)

    def _contact(self, event: Frame) -> None:
        node, at = self._legs.node, self._legs.now()
        for trunk, reachable, detail in self._trunks.changed(event):
            self._legs.tell(TrunkStatus(node=node, at=at, trunk=trunk, reachable=reachable, detail=detail))
            if reachable is False:  # it may have missed this one: else it is out of service for a whole `qualify_s`
                self._actions.ask_carrier(outgoing_endpoint(trunk))
        news = self._phones.changed(event)
        if news is not None:
            phone, reachable, detail = news
            self._legs.tell(PhoneStatus(node=node, at=at, phone=phone, reachable=reachable, detail=detail))


def _new_state(leg: Leg, event: Frame) -> None:
    if leg.rung and not leg.rang and event.get("ChannelStateDesc") == "Ringing":
        leg.rang = True
        leg.fact(LegRinging)


def _phone_answered(leg: Leg, event: Frame) -> None:
    if leg.rung:
        leg.channel, leg.picked_up = event.get("Channel", leg.channel), True
        leg.settled.set()
        leg.answered()


def _bridge_leave(leg: Leg, event: Frame) -> None:
    leg.conversations.left(leg, event.get("BridgeUniqueid", ""))


def _hold(leg: Leg, event: Frame) -> None:
    if not leg.holds and leg.talks:
        leg.holds = True
        leg.fact(LegHeld)


def _digit_begun(leg: Leg, event: Frame) -> None:
    if event.get("Direction") == "Received":
        leg.keys.begun(event.get("Digit", "").upper())


def _digit(leg: Leg, event: Frame) -> None:
    digit = event.get("Digit", "").upper()
    if event.get("Direction") == "Received" and leg.keys.ended(digit, leg.now()):
        leg.sound.pressed(digit)  # first: what is played in answer to the key must not be stopped by it
        leg.fact(DigitPressed, digit=digit)
