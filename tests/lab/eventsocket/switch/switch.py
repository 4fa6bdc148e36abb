"""The switch: channels that come and go, and the events that tell of it."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from telephony.freeswitch.templates import words
from telephony.port import (
    CallArrived,
    CommandFailed,
    DigitPressed,
    LegAnswered,
    LegHeld,
    LegHungUp,
    LegJoined,
    LegLeft,
    LegReleased,
    LegResumed,
    LegRinging,
    LegsBridged,
    LegsParted,
    PhoneStatus,
    Play,
    PlayEnded,
    RecordingEnded,
    SpyBegan,
    SpyEnded,
    StopPlaying,
    SwitchFact,
    TrunkStatus,
)
from tests.lab.eventsocket.switch import dial_plan
from tests.lab.eventsocket.switch.applications import Applications, music_of
from tests.lab.eventsocket.switch.channel import CAUSES, Channel
from tests.lab.eventsocket.switch.commands import Commands

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.clock import TimerHandle
    from telephony.simulated.exchange import Exchange
    from telephony.simulated.leg import Leg
    from tests.lab.eventsocket.commands import Message
    from tests.lab.eventsocket.frames import Event

#: A channel that was moved, or parted from another one, is through the dial plan after this time.
ROUTING_S = 0.005
_BY_TRANSFER = "ATTENDED_TRANSFER"
#: What the phone's second call has dialled: there whom it talks with on the first goes.
_OF_SECOND = "8001"


class RealTime:
    """The event loop's time, as the exchange wants it."""

    def now(self) -> float:
        """POSIX seconds."""
        return time.time()

    def call_at(self, when: float, callback: Callable[[], object]) -> TimerHandle:
        """Call back at `when`."""
        return asyncio.get_running_loop().call_later(max(0.0, when - time.time()), callback)


class ModelSwitch:
    """What is behind the event socket; `tests.lab.eventsocket.server.Model`. Controls the exchange for good."""

    def __init__(self, exchange: Exchange, fire: Callable[[Event, str | None], None], *, fallback_after_s: int) -> None:
        """A switch that has just begun. `fire` tells an event."""
        self.exchange, self._fire, self.fallback_after_s = exchange, fire, fallback_after_s
        self.channels: dict[str, Channel] = {}
        self.database: dict[tuple[str, str], str] = {}
        self.refusal = ""  # why the exchange could not do what it was just told
        self.applications = Applications(self)
        self._commands = Commands(self)
        exchange.attach(self)

    # --- the event socket

    async def api(self, name: str, argument: str) -> str | None:
        """What a command prints."""
        return await self._commands.carry_out(name, argument)

    async def message(self, message: Message) -> str:
        """Have an application run, or a channel hung up."""
        channel = self.channels.get(message.uuid)
        if channel is None:
            return f"-ERR invalid session id [{message.uuid}]"
        if message.call_command == "execute":
            self.applications.execute(channel, message)
        return "+OK"

    # --- events

    def fire(self, name: str, channel: Channel | None = None, **headers: str) -> None:
        """Tell an event; the names of headers have `_` for `-`. `sofia::register` and the like are custom."""
        told = {"Event-Name": "CUSTOM", "Event-Subclass": name} if "::" in name else {"Event-Name": name}
        told |= {"Event-Date-Timestamp": str(int(time.time() * 1e6)), "Core-UUID": "model"}
        told |= channel.data() if channel is not None else {}
        self._fire(told | {key.replace("_", "-"): value for key, value in headers.items()}, None)

    # --- what the exchange tells (telephony.simulated.exchange.Controller)

    def hear(self, fact: SwitchFact) -> None:
        """Something happened."""
        match fact:
            case CallArrived():
                self._arrived(fact)
            case LegRinging(leg=leg):
                self.fire("CHANNEL_PROGRESS", self.channels[leg])
            case LegAnswered(leg=leg):
                self._answered(self.channels[leg])
            case DigitPressed(leg=leg, digit=digit):
                self._pressed(self.channels[leg], digit)
            case PlayEnded(leg_ends=True):
                pass  # `_ended` tells it, after the hang-up, as a real one does
            case PlayEnded(leg=leg, play=play, completed=completed):
                self.applications.played(self.channels[leg], play, completed=completed)
            case LegHungUp():
                self._ended(fact)
            case CommandFailed(detail=detail):
                self.refusal = detail
            case PhoneStatus() | TrunkStatus():
                self._status(fact)
            case _:
                self._heard_of_talk(fact)

    def _heard_of_talk(self, fact: SwitchFact) -> None:
        match fact:
            case LegsBridged(leg=leg, other=other):
                self._bridged(self.channels[leg], self.channels[other])
            case LegsParted(leg=leg, other=other):
                self._parted(self.channels[leg], self.channels[other])
            case LegJoined(leg=leg, others=others):
                self.enter(self.channels[leg], self.channels[others[0]].argument)
            case LegLeft(leg=leg):
                self.leave_conference(self.channels[leg])
            case SpyBegan(leg=leg, on=on):
                self._spies(self.channels[leg], on)
            case SpyEnded(leg=leg):
                self._completed(self.channels[leg], "eavesdrop")
                self.route(self.channels[leg])
            case LegReleased(leg=leg):
                self.channels[leg].context = dial_plan.OWN_CONTEXT
            case _:
                self._heard_of_media(fact)

    def _heard_of_media(self, fact: SwitchFact) -> None:
        match fact:
            case LegHeld(leg=leg):
                self._holds(self.channels[leg])
            case LegResumed(leg=leg):
                self.fire("CHANNEL_UNHOLD", self.channels[leg])
            case RecordingEnded():
                self._recorded(fact)

    # --- channels

    def leg(self, channel: Channel) -> Leg | None:
        """The channel's leg on the exchange, as long as it is there."""
        return self.exchange.legs.get(channel.uuid)

    def new_channel(self, uuid: str) -> Channel:
        """A channel comes to be."""
        channel = self.channels[uuid] = Channel(uuid=uuid)
        return channel

    def _arrived(self, fact: CallArrived) -> None:
        channel = self.channels.get(fact.leg)
        if channel is None:
            channel = self.new_channel(fact.leg)
            channel.caller, channel.caller_name = fact.caller, fact.caller_name
            self.fire("CHANNEL_CREATE", channel)
        elif self.exchange.legs[fact.leg].refer is not None:
            return  # it was sent on by a phone: see `refer`
        kind = "handover" if fact.handed_over else "phone" if fact.phone else "trunk"
        name = {"handover": fact.dialled, "phone": fact.phone, "trunk": fact.trunk}[kind]
        dial_plan.arrive(channel, f"{kind}/{name}", fact.dialled, dict(fact.headers), int(time.time()))
        self.route(channel)

    def route(self, channel: Channel) -> None:
        """The channel goes through the dial plan: its timer is wound up, and it is parked."""
        if channel.parking is None and channel.uuid in self.exchange.legs:
            channel.parking = asyncio.get_running_loop().call_later(ROUTING_S, self._park, channel)

    def _park(self, channel: Channel) -> None:
        channel.parking = None
        if channel.uuid not in self.channels or channel.in_fallback:
            return
        self.applications.reset(channel)
        channel.application, channel.argument, channel.bridged_to = "park", "", ""
        self.schedule(channel, self.fallback_after_s)
        self.fire("CHANNEL_PARK", channel)

    def taken(self, channel: Channel) -> None:
        """Something else has the channel: it is not parked now."""
        if channel.parking is not None:
            channel.parking.cancel()
            channel.parking = None

    def _answered(self, channel: Channel) -> None:
        channel.up, channel.answered = True, int(time.time())
        self.fire("CHANNEL_ANSWER", channel)
        if channel.job is not None and not channel.job.done():
            channel.job.set_result(f"+OK {channel.uuid}\n")
        self.route(channel)

    def _ended(self, fact: LegHungUp) -> None:
        channel, cause = self.channels.get(fact.leg), CAUSES[fact.cause]
        if channel is None:
            self.refusal = cause
            return
        cause = channel.ends_by or cause
        self.taken(channel)
        channel.stop_timers()
        self.fire("CHANNEL_HANGUP", channel, Hangup_Cause=cause)
        self.applications.reset(channel)
        del self.channels[fact.leg]
        if channel.job is not None and not channel.job.done():
            channel.job.set_result(f"-ERR {cause}\n")
        text = dial_plan.note(channel, int(time.time()))
        if text is not None:
            self.database[words.MISSED_REALM, channel.uuid] = text

    def _pressed(self, channel: Channel, digit: str) -> None:
        if channel.running is not None and digit in channel.running.terminators:
            channel.running.pressed = digit
        self.fire("DTMF", channel, DTMF_Digit=digit, DTMF_Duration="2000", DTMF_Source="RTP")

    def _recorded(self, fact: RecordingEnded) -> None:
        """A recording is over. Of a channel that ends it is told as if silence had ended it."""
        channel, ends = self.channels.get(fact.leg), fact.leg not in self.exchange.legs
        if channel is None:
            return
        cause = "success-maxtime"
        if fact.by_silence or ends:
            cause = "no-input-timeout" if fact.nothing_said else "success-silence"
        state = {"Answer_State": "hangup"} if ends else {}
        self.fire("RECORD_STOP", channel, Record_File_Path=fact.file, Record_Completion_Cause=cause, **state)

    # --- conversations

    def _bridged(self, first: Channel, second: Channel) -> None:
        for one, other in ((first, second), (second, first)):
            self.taken(one)
            self.applications.reset(one)
            one.bridged_to, one.application, one.argument = other.uuid, "uuid_bridge", other.uuid
        self.fire("CHANNEL_BRIDGE", first, Bridge_A_Unique_ID=first.uuid, Bridge_B_Unique_ID=second.uuid)

    def _parted(self, first: Channel, second: Channel) -> None:
        if first.application == "conference":
            for one in (first, second):
                self.leave_conference(one)
            return
        self.fire("CHANNEL_UNBRIDGE", first, Bridge_A_Unique_ID=first.uuid, Bridge_B_Unique_ID=second.uuid)
        for one in (first, second):
            one.bridged_to = ""
            self.route(one)

    def into_conference(self, channel: Channel, name: str) -> None:
        """The channel's conversation of two goes on in a conference."""
        leg = self.leg(channel)
        two = [self.channels[one.name] for one in leg.talk] if leg is not None else []
        self.fire("CHANNEL_UNBRIDGE", channel, Bridge_A_Unique_ID=two[0].uuid, Bridge_B_Unique_ID=two[1].uuid)
        for one in two:
            asyncio.get_running_loop().call_later(ROUTING_S, self.enter, one, name)

    def enter(self, channel: Channel, name: str) -> None:
        """The channel is in a conference."""
        self.taken(channel)
        channel.bridged_to, channel.application, channel.argument = "", "conference", name
        self._conference(channel, "add-member")

    def leave_conference(self, channel: Channel) -> None:
        """It is in there no more."""
        self._conference(channel, "del-member")
        channel.application = ""
        self.route(channel)

    def _conference(self, channel: Channel, action: str) -> None:
        name = channel.argument.partition("@")[0]
        self.fire("conference::maintenance", channel, Conference_Name=name, Action=action)

    def _spies(self, channel: Channel, on: str) -> None:
        channel.application, channel.argument = "eavesdrop", on
        self.fire("CHANNEL_EXECUTE", channel, Application="eavesdrop", Application_Data=on)

    def _completed(self, channel: Channel, application: str) -> None:
        self.fire("CHANNEL_EXECUTE_COMPLETE", channel, Application=application)

    def _holds(self, channel: Channel) -> None:
        """The others hear the music of who holds."""
        leg = self.exchange.legs[channel.uuid]
        for other in leg.talk:
            if other is not leg:
                other.music_class = music_of(channel.variable("hold_music"))
        self.fire("CHANNEL_HOLD", channel)

    # --- phones

    def refer(self, by: str, to: str) -> bool:
        """A phone transfers whom it talks with, blind; whether the switch accepts that."""
        channel, leg = self.channels[by], self.exchange.legs[by]
        if not leg.phone or not leg.talk:
            return False
        if channel.application == "conference":
            self.fire("sofia::error", channel, Error_Type="blind_transfer", Transfer_Exten=to)
            return False
        self.fire("sofia::transferor", channel)
        other = next(one for one in leg.talk if one is not leg)
        self.fire("sofia::transferee", self.channels[other.name])
        dial_plan.sent_on(self.channels[other.name], to)
        self.exchange.talks.leave(leg)
        return True

    def refer_attended(self, by: str, second: str) -> bool:
        """A phone joins those whom it talks with on two calls; whether the switch accepts that."""
        one, two = self.exchange.legs[by], self.exchange.legs[second]
        if not one.phone or one.phone != two.phone:
            return False
        partners = [self._partner(leg) for leg in (one, two)]
        if not any(partners):
            return False
        for leg in (one, two):
            self.channels[leg.name].ends_by = _BY_TRANSFER
        if all(partners):
            self._transferor(by, partners[0], partners[1], second)
            self._join(one, two, partners)
        elif partners[0]:
            self._transferor(by, second, partners[0], by)
            self._send_on(one, partners[0], two)
        else:  # the second call's own leg is the first that ends, before anything else is told
            moved = partners[1]
            dial_plan.sent_on(self.channels[moved], _OF_SECOND)
            self.exchange.replaced(two)
            self._transferor(by, by, moved, second)
            self.exchange.replaced(one)
        return True

    def _transferor(self, by: str, original: str, destination: str, peer: str) -> None:
        self._fire(
            {"Event-Name": "CUSTOM", "Event-Subclass": "sofia::transferor"}
            | self.channels[by].data()
            | {
                "att_xfer_original_call_id": original,
                "att_xfer_destination_call_id": destination,
                "att_xfer_destination_peer_uuid": peer,
            },
            None,
        )

    def _partner(self, leg: Leg) -> str:
        """Whom a leg is bridged with: in a conference nobody."""
        return self.channels[leg.name].bridged_to

    def _join(self, one: Leg, two: Leg, partners: list[str]) -> None:
        talks, exchange = self.exchange.talks, self.exchange
        for leg in (one, two):
            talks.leave(leg)
        talks.begin(exchange.legs[partners[0]], exchange.legs[partners[1]])
        self.channels[one.name].ends_by = ""  # it is parked: its phone ends it
        exchange.replaced(two)

    def _send_on(self, one: Leg, moved: str, two: Leg) -> None:
        dial_plan.sent_on(self.channels[moved], _OF_SECOND)
        self.exchange.talks.leave(one)
        self.channels[one.name].ends_by = ""
        self.exchange.replaced(two)

    # --- what is scheduled

    def schedule(self, channel: Channel, after_s: float) -> None:
        """After this time the channel goes to the fallback; one that vcc rang is hung up."""
        leg = self.leg(channel)
        if leg is not None and leg.rung:
            self.at(channel, after_s, lambda: self.hang_up(channel, "NORMAL_CLEARING"))
        else:
            self.at(channel, after_s, lambda: self.to_fallback(channel))

    def at(self, channel: Channel, after_s: float, what: Callable[[], None]) -> None:
        """Do something to the channel after this time."""
        channel.timers.append(asyncio.get_running_loop().call_later(after_s, what))

    def to_fallback(self, channel: Channel) -> None:
        """The number's fallback has the channel."""
        leg = self.leg(channel)
        if leg is None:
            return
        self.taken(channel)
        channel.stop_timers()
        self.exchange.talks.leave(leg)
        self.applications.reset(channel)
        channel.context, channel.destination = words.FALLBACK_CONTEXT, words.FALLBACK_EXTENSION
        channel.in_fallback, channel.up = True, True
        channel.answered = channel.answered or int(time.time())
        self.exchange.to_fallback(leg)

    def hang_up(self, channel: Channel, cause: str) -> None:
        """End a channel."""
        leg = self.leg(channel)
        ours = next((one for one, name in CAUSES.items() if name == cause), None)
        if leg is not None and ours is not None:
            self.exchange.end(leg, ours, "ended by command")

    def play(self, channel: Channel, file: str, uuid: str, terminators: str) -> None:
        """Play a file."""
        self.exchange.carry_out(Play(leg=channel.uuid, play=uuid, sounds=(file,), stop_keys=terminators))

    def stop(self, channel: Channel) -> None:
        """Play no more."""
        self.exchange.carry_out(StopPlaying(leg=channel.uuid))

    def _status(self, fact: PhoneStatus | TrunkStatus) -> None:
        if isinstance(fact, PhoneStatus):
            name = "sofia::register" if fact.reachable else "sofia::unregister"
            self._fire({"Event-Name": "CUSTOM", "Event-Subclass": name, "from-user": fact.phone}, None)
        else:
            status = "UP" if fact.reachable else "DOWN"
            self.fire("sofia::gateway_state", Gateway=words.gateway(fact.trunk), State="NOREG", Ping_Status=status)
