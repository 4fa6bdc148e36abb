"""A real Asterisk as a `telephony.port.Switch`: joins the two wires, the legs and the phones.

    AMI up      -> channels and phones are asked for -> NodeUp, PhoneStatus …, then what was held back meanwhile
    AMI event   -> events.py: the leg it is about -> facts
    FastAGI     -> arrivals.py: a leg arrives, is answered, or comes back -> CallArrived, LegAnswered
    notes       -> missed.py: calls that came while vcc was away -> CallMissed
    command     -> Ring here, HangUp in endings.py: at once, by AMI; the others: in the leg's own line, by AGI (legs.py)

Until `NodeUp` was told nothing else is: events and connections that come earlier wait.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import structlog

from core.errors import SwitchError, SwitchUnavailableError
from telephony.asterisk import reconcile, spying, translate
from telephony.asterisk.actions import Actions
from telephony.asterisk.ami import AmiReply, Frame
from telephony.asterisk.ami_client import AmiClient
from telephony.asterisk.arrivals import Arrivals
from telephony.asterisk.endings import Endings
from telephony.asterisk.events import Events
from telephony.asterisk.legs import Leg, Legs
from telephony.asterisk.missed import Missed
from telephony.asterisk.phones import Phones
from telephony.asterisk.recording import Recordings
from telephony.asterisk.render import AMI_USER
from telephony.asterisk.trunks import News, Trunks
from telephony.asterisk.whispering import Whispers
from telephony.port import (
    Cause,
    Command,
    CommandFailed,
    ForgetMissed,
    HangUp,
    LegSnapshot,
    Mute,
    NodeDown,
    NodeUp,
    Part,
    PauseRecording,
    PhoneStatus,
    Play,
    Ring,
    RingOutside,
    Show,
    Spy,
    StartRecording,
    StopPlaying,
    StopRecording,
    SwitchFact,
    ToFallback,
    TrunkStatus,
    Whisper,
)
from telephony.values import socket_address
from vcc.tasks import spawn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from core.clock import Clock

MAX_HELD_EVENTS = 100_000
#: The time in which legs that were given to the fallback get there, when the adapter is closed.
HAND_OVER_S = 3.0
#: After the switch was asked what is true: when it is asked of phones and trunks once more.
LOOK_AGAIN_S = 2.0
#: A carrier that was asked has answered by then, or does not; longer than its time-out.
ANSWERS_WITHIN_S = 4.0

_log = structlog.get_logger()


class AsteriskSwitch:
    """One Asterisk node. See `telephony.port.Switch` for what it promises."""

    def __init__(
        self,
        *,
        node: str,
        ami: str,
        secret: str,
        agi: str,
        phones: Iterable[str],
        others: Iterable[str] = (),
        clock: Clock,
        round_trip: Callable[[str, float], None] = lambda wire, seconds: None,
    ) -> None:
        """Only keep what is needed. `ami` and `agi`: `host:port`, the latter is listened on. `others`: nodes to which
        there is a trunk.

        `round_trip` is told of each answer of the switch: the wire (`ami`, `agi`) and the seconds that it took.
        """
        self.node = node
        host, port = socket_address(ami, "ami")
        self._agi_address = socket_address(agi, "agi")
        self._ami = AmiClient(
            host=host,
            port=port,
            user=AMI_USER,
            secret=secret,
            on_event=self._event,
            on_up=self._wire_up,
            on_down=self._wire_down,
            on_answer=partial(round_trip, "ami"),
        )
        self._recordings = Recordings(self._ami)
        self._legs = Legs(node, clock, self._recordings)
        self._phones = Phones(phones)
        self._trunks = Trunks()
        self._missed = Missed(self._legs, self._ami)
        self._endings = Endings(self._legs, self._ami, self._missed)
        self._arrivals = Arrivals(self._legs, self._endings, self._missed, partial(round_trip, "agi"))
        self._actions = Actions(self._ami)
        self._whispers = Whispers(self._ami)
        self._legs.rescuer = self._rescue
        self._legs.mover = self._actions.take_out
        self._events = Events(
            self._legs,
            self._endings,
            self._actions,
            self._phones,
            missed=self._missed,
            trunks=self._trunks,
            registrations_changed=self._ask_registrations,
        )
        self._others = frozenset(others)
        self._up = False
        self._held_events: list[Frame] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._reconciling: asyncio.Task[None] | None = None
        self._asking: asyncio.Task[None] | None = None
        self._asked_for = False

    # --- telephony.port.Switch

    async def start(self, tell: Callable[[SwitchFact], None]) -> None:
        """Connect and go on connecting; `tell` gets every fact, in order, in the event loop. Returns at once."""
        self._legs.listener = tell
        self._tasks = [
            spawn(self._arrivals.listen(*self._agi_address), name=f"fastagi {self.node}"),
            spawn(self._ami.run(), name=f"ami {self.node}"),
            spawn(self._endings.watch(), name=f"healing {self.node}"),
        ]

    def send(self, command: Command) -> None:
        """Have a command carried out; never waits, never raises."""
        if isinstance(command, Ring | RingOutside):
            self._ring(command)
        elif isinstance(command, HangUp):
            self._endings.hang_up(command)
        elif isinstance(command, ForgetMissed):
            self._missed.forget(command.leg)
        elif (leg := self._legs.get(command.leg)) is not None and not leg.hang_up_wanted:
            self._send_to(leg, command)

    def _send_to(self, leg: Leg, command: Command) -> None:
        if isinstance(command, Play | StopPlaying):
            self._whispers.stop(leg)
        match command:
            case Whisper():
                self._whispers.whisper(leg, command)
            case StopPlaying():
                leg.stop_playing()
            case ToFallback():
                leg.stop_playing()
                leg.push(command)
            case Part():
                self._actions.part(leg, command)
            case Spy():
                self._actions.spy(leg, command)
                self._actions.fetch(leg, command)
            case Mute():
                self._actions.mute(leg, command)
            case Show():
                self._actions.show(leg, command)
            case StartRecording() | PauseRecording() | StopRecording():
                self._recordings.command(leg, command)
            case _:
                leg.push(command)
                self._actions.fetch(leg, command)

    async def close(self) -> None:
        """Let go of the node: legs stay as they are, in the dial plan, but for those on their way to the fallback."""
        self._legs.listener = None
        await self._legs.handed_over(HAND_OVER_S)
        tasks, self._tasks = self._tasks, []
        tasks += [task for task in (self._reconciling, self._asking) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._missed.close()
        self._legs.clear()
        await self._arrivals.close()

    def _rescue(self, leg: Leg) -> bool:
        if self._up:
            self._actions.bring_back(leg)
        return self._up

    # --- ringing

    def _ring(self, command: Ring | RingOutside) -> None:
        if command.leg in self._legs:
            at, name, detail = self._legs.now(), type(command).__name__, "this leg rings already"
            self._legs.tell(CommandFailed(node=self.node, at=at, leg=command.leg, command=name, detail=detail))
            return
        leg = self._legs.add(command.leg, rung=True)
        leg.outside = isinstance(command, RingOutside)
        if isinstance(command, Ring) and command.at and command.at not in self._others:
            self._legs.end(leg, Cause.UNREACHABLE, f"there is no trunk to node {command.at}")
            return
        try:
            if not self._up:
                raise SwitchUnavailableError("the switch cannot be heard")
            action = translate.originate(command) if isinstance(command, Ring) else translate.originate_outside(command)
            self._ami.send(action, lambda result: self._originate_answered(leg, result))
        except (SwitchError, ValueError) as error:
            self._legs.end(leg, Cause.FAILED, str(error))

    def _originate_answered(self, leg: Leg, result: AmiReply | SwitchError) -> None:
        """Queued, refused, or nobody knows: then what is true is found out when the wire is up again."""
        if isinstance(result, AmiReply):
            if not result.success:
                self._legs.end(leg, Cause.FAILED, result.message)
        elif not isinstance(result, SwitchUnavailableError):
            self._legs.end(leg, Cause.FAILED, str(result))
            self._endings.orphan(leg.name)

    # --- the manager's wire

    def _event(self, event: Frame) -> None:
        if self._up:
            self._events.treat(event)
        elif len(self._held_events) < MAX_HELD_EVENTS:
            self._held_events.append(event)

    def _wire_up(self, runs_s: int | None) -> None:
        began = None if runs_s is None else self._legs.now() - runs_s
        self._held_events = []
        self._reconciling = spawn(self._reconcile(began), name=f"reconciling {self.node}")

    def _wire_down(self, error: SwitchError) -> None:
        if self._reconciling is not None:
            self._reconciling.cancel()
            self._reconciling = None
        if self._up:
            self._set_up(up=False)
            self._recordings.lose_wire(self._legs)
            self._legs.tell(NodeDown(node=self.node, at=self._legs.now(), detail=str(error)))

    def _set_up(self, *, up: bool) -> None:
        self._up = self._endings.up = self._arrivals.up = self._missed.up = up

    # --- what is true

    async def _reconcile(self, began: float | None) -> None:
        try:
            channels = await self._list("CoreShowChannels")
            devices = await self._list("DeviceStateList")
            registrations = await self._registrations() if Trunks.among(devices) else ()
            muted = await self._muted()
        except SwitchError as error:
            _log.error("the switch does not say what is true", node=self.node, reason=str(error))
            self._ami.drop(error)
            return
        found = reconcile.channels(channels, self._legs)
        gone = [leg for leg in self._legs if leg.name not in found]
        self._take_over(found)
        self._set_up(up=True)
        self._legs.tell(NodeUp(node=self.node, at=self._legs.now(), legs=self._snapshots(found, muted), began=began))
        for leg in gone:
            self._legs.end(leg, Cause.FAILED, "it ended while the switch could not be heard")
        self._agree_on_conversations(found)
        self._tell_phones(self._phones.listed(devices))
        self._tell_trunks(self._trunks.listed(devices, registrations))
        self._release()
        self._missed.look()
        unsure = self._trunks.unsure()
        await self._ask_trunks(unsure)
        await asyncio.sleep(LOOK_AGAIN_S)
        await self._look_again()
        await asyncio.sleep(ANSWERS_WITHIN_S - LOOK_AGAIN_S)
        self._tell_trunks(self._trunks.asked(unsure))

    async def _ask_trunks(self, endpoints: list[str]) -> None:
        """Have the switch ask at once the carriers of which it has not told whether they answer."""
        try:
            for endpoint in endpoints:
                await self._ami.ask({"Action": "PJSIPQualify", "Endpoint": endpoint})
        except SwitchError as error:
            _log.warning("the switch does not ask its carriers", node=self.node, reason=str(error))

    async def _look_again(self) -> None:
        """Who came just before the list was made may not have been in it yet."""
        try:
            devices = await self._list("DeviceStateList")
        except SwitchError as error:
            _log.warning("the switch does not say what is true", node=self.node, reason=str(error))
            return
        self._tell_phones(self._phones.listed_again(devices))
        self._tell_trunks(self._trunks.listed_again(devices))

    def _tell_phones(self, states: dict[str, tuple[bool, str]]) -> None:
        for phone, (reachable, detail) in states.items():
            at = self._legs.now()
            self._legs.tell(PhoneStatus(node=self.node, at=at, phone=phone, reachable=reachable, detail=detail))

    def _tell_trunks(self, news: list[News]) -> None:
        for trunk, reachable, detail in news:
            at = self._legs.now()
            self._legs.tell(TrunkStatus(node=self.node, at=at, trunk=trunk, reachable=reachable, detail=detail))

    def _ask_registrations(self) -> None:
        """One of them changed, and the event does not say by our name which: they are few, so all are asked for."""
        self._asked_for = True
        if self._asking is None or self._asking.done():
            self._asking = spawn(self._ask_again(), name=f"registrations {self.node}")

    async def _ask_again(self) -> None:
        while self._asked_for:  # once more if another one changed meanwhile
            self._asked_for = False
            try:
                self._tell_trunks(self._trunks.registered(await self._registrations()))
            except SwitchError as error:
                _log.warning("the switch does not list its registrations", node=self.node, reason=str(error))

    async def _registrations(self) -> tuple[Frame, ...]:
        """Those at carriers; where there is none, the switch calls that an error."""
        reply = await self._ami.ask({"Action": "PJSIPShowRegistrationsOutbound"})
        return reply.events if reply.success else ()

    async def _muted(self) -> frozenset[str]:
        """The legs that vcc has muted."""
        reply = await self._ami.ask(translate.ask_muted())
        if not reply.success:
            raise SwitchError(f"Status: {reply.message}; look at manager.conf")
        return frozenset(event.get("Uniqueid", "") for event in reply.events if translate.is_muted(event))

    async def _list(self, action: str) -> tuple[Frame, ...]:
        reply = await self._ami.ask({"Action": action})
        if not reply.success:
            raise SwitchError(f"{action}: {reply.message}; look at manager.conf and modules.conf")
        return reply.events

    def _take_over(self, found: dict[str, reconcile.Channel]) -> None:
        for name, channel in found.items():
            leg = self._legs.add(name, rung=channel.rung)
            leg.channel, leg.up = channel.channel, channel.up
            leg.dialled = leg.dialled or channel.dialled
            leg.origin = leg.origin or ("" if channel.rung else translate.origin_of(channel.channel))
            if channel.spies_on and leg.watch is None:
                leg.watch = spying.Watch(on=channel.spies_on, told=True)

    def _agree_on_conversations(self, found: dict[str, reconcile.Channel]) -> None:
        """Tell the end of those that are over; those that go on, and new ones, are as `NodeUp` said.

        Whom vcc rang when it heard that is in none yet, and was not found either.
        """
        bridges = [(leg, found[leg.name].bridge) for leg in self._legs if leg.name in found]
        for leg, bridge in bridges:
            if leg.conversation is not None and leg.conversation.bridge != bridge:
                leg.conversations.left(leg)
        for leg, bridge in bridges:
            if bridge:
                leg.conversations.found(leg, bridge)

    def _snapshots(self, found: dict[str, reconcile.Channel], muted: frozenset[str]) -> tuple[LegSnapshot, ...]:
        """What is told of each leg; a first arrival that is still held back is not among them."""
        held, first = self._arrivals.held(), self._arrivals.first()
        return tuple(
            LegSnapshot(
                leg=name,
                up=channel.up,
                controlled=not (channel.bridged_with or channel.spies_on)
                and (name in held or self._legs.add(name, rung=channel.rung).controlled),
                bridged_with=channel.bridged_with,
                spies_on=channel.spies_on,
                muted=name in muted,
                phone=channel.phone,
                dialled=translate.as_dialled(channel.dialled),
            )
            for name, channel in found.items()
            if name not in first or channel.rung
        )

    def _release(self) -> None:
        events, self._held_events = self._held_events, []
        for event in events:
            self._ami.treat(event)
        self._arrivals.release()
