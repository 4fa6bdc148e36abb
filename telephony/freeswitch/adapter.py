"""A real FreeSWITCH as a `telephony.port.Switch`: joins the wire, the legs, the phones and the trunks.

    wire up   -> channels, registrations and gateways are asked for -> NodeUp, PhoneStatus …, then what was held
    event     -> events.py: the leg it is about -> facts
    command   -> Ring in rings.py, HangUp in endings.py, what does not wait here: at once; the others: in the leg's line

Until `NodeUp` was told nothing else is: events that come earlier wait. Where events were lost, the wire is given up and
all is asked anew.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import structlog

from core.errors import SwitchError
from telephony.claims import PAIR
from telephony.freeswitch import names, reconcile, translate, whispering
from telephony.freeswitch.arrivals import Arrivals, known_as
from telephony.freeswitch.endings import Endings
from telephony.freeswitch.esl_client import EslClient, EslRefusedError
from telephony.freeswitch.events import Events
from telephony.freeswitch.legs import Leg, Legs
from telephony.freeswitch.missed import Missed
from telephony.freeswitch.orders import Orders
from telephony.freeswitch.phones import Phones
from telephony.freeswitch.recording import Recordings
from telephony.freeswitch.rings import Rings
from telephony.freeswitch.spying import Watch
from telephony.freeswitch.timers import Timers
from telephony.freeswitch.transfers import Transfers
from telephony.freeswitch.trunks import Trunks
from telephony.port import (
    Cause,
    Command,
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
    from collections.abc import Callable, Collection, Iterable, Mapping

    from core.clock import Clock
    from telephony.freeswitch.frames import Event
    from telephony.freeswitch.reconcile import Channel

MAX_HELD_EVENTS = 100_000
#: Connections besides the one that tells what happens, for what is done about legs.
LANES = 4
#: The time in which legs that were given to the fallback get there, when the adapter is closed.
HAND_OVER_S = 3.0
#: After the switch was asked what is true: when it is asked of phones once more.
LOOK_AGAIN_S = 2.0
_LIST_S = 10.0
#: By so much the switch's list of channels is late at the most (seen: 0.5 s), and how often it is asked meanwhile.
LIST_LAGS_S, LIST_AGAIN_S = 3.0, 0.1
_HOLDS_IT = "a caller cannot leave a conversation of more than two that goes on: part the others"

_log = structlog.get_logger()


class FreeSwitch:
    """One FreeSWITCH node. See `telephony.port.Switch` for what it promises."""

    def __init__(
        self,
        *,
        node: str,
        esl: str,
        secret: str,
        phones: Mapping[str, str],
        secure: Collection[str] = (),
        others: Collection[str] = (),
        fallback_after_s: float,
        inside: bool = False,
        clock: Clock,
        round_trip: Callable[[str, float], None] = lambda wire, seconds: None,
    ) -> None:
        """Only keep what is needed. `esl`: `host:port`. `phones`: of each, the SIP profile at which it registers;
        `secure`: those whose media are encrypted. `others`: nodes to which there is a trunk. `fallback_after_s`: for
        how long the dial plan waits for vcc. `inside`: the switch is another's, with our files.

        `round_trip` is told of each answer of the switch: the wire (`esl`) and the seconds that it took.
        """
        self.node = node
        host, port = socket_address(esl, "esl")
        self._esl = EslClient(
            host=host,
            port=port,
            password=secret,
            on_event=self._event,
            on_up=self._wire_up,
            on_down=self._wire_down,
            on_lost=self._events_lost,
            on_answer=partial(round_trip, "esl"),
            lanes=LANES,
        )
        self._orders = Orders(self._esl)
        self._recordings = Recordings(self._esl, self._orders)
        self._legs = Legs(node, clock, self._esl, self._orders, self._recordings)
        self._phones, self._trunks = Phones(phones), Trunks()
        self._missed = Missed(self._legs, self._esl, self._orders)
        self._endings = Endings(self._legs, self._orders, self._missed)
        self._timers = Timers(self._legs, self._orders, fallback_after_s)
        self._transfers = Transfers(self._legs)
        self._arrivals = Arrivals(
            self._legs, self._orders, endings=self._endings, missed=self._missed, transfers=self._transfers
        )
        self._rings = Rings(
            self._legs,
            self._esl,
            self._endings,
            phones,
            orders=self._orders,
            secure=secure,
            others=others,
            inside=inside,
        )
        self._events = Events(
            self._legs,
            arrivals=self._arrivals,
            endings=self._endings,
            missed=self._missed,
            phones=self._phones,
            rings=self._rings,
            transfers=self._transfers,
            trunks=self._trunks,
        )
        self._up = False
        self._held_events: list[Event] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._reconciling: asyncio.Task[None] | None = None

    # --- telephony.port.Switch

    async def start(self, tell: Callable[[SwitchFact], None]) -> None:
        """Connect and go on connecting; `tell` gets every fact, in order, in the event loop. Returns at once."""
        self._legs.listener = tell
        await self._esl.subscribe(*translate.EVENTS, applications=translate.APPLICATIONS)
        self._tasks = [
            spawn(self._esl.run(), name=f"esl {self.node}"),
            spawn(self._endings.watch(), name=f"healing {self.node}"),
            spawn(self._timers.watch(), name=f"timers {self.node}"),
        ]

    def send(self, command: Command) -> None:
        """Have a command carried out; never waits, never raises."""
        if isinstance(command, Ring | RingOutside):
            self._rings.ring(command)
        elif isinstance(command, HangUp):
            self._endings.hang_up(command)
        elif isinstance(command, ForgetMissed):
            self._missed.forget(command.leg)
        elif (leg := self._legs.get(command.leg)) is not None and not leg.hang_up_wanted:
            self._send_to(leg, command)

    def _send_to(self, leg: Leg, command: Command) -> None:
        if isinstance(command, Play | StopPlaying):
            whispering.stop(leg)
        match command:
            case Whisper():
                whispering.whisper(leg, command)
            case StopPlaying():
                leg.stop_playing()
            case ToFallback():
                leg.stop_playing()
                leg.push(command)
            case Part():
                self._part(leg, command)
            case Spy():
                self._spy(leg, command)
            case Mute():
                self._mute(leg, command)
            case Show():
                self._show(leg, command)
            case StartRecording() | PauseRecording() | StopRecording():
                self._recordings.command(leg, command)
            case _:
                leg.push(command)

    async def close(self) -> None:
        """Let go of the node: legs stay as they are, parked or talking, but for those on their way to the fallback."""
        self._legs.listener = None
        await self._legs.handed_over(HAND_OVER_S)
        tasks, self._tasks = self._tasks, []
        tasks += [self._reconciling] if self._reconciling is not None else []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._missed.close()
        self._legs.clear()
        self._transfers.clear()

    # --- at once

    def _part(self, leg: Leg, command: Part) -> None:
        movable = leg if leg.watch is not None or not (leg.talks or leg.parked) else _movable(leg)
        if movable is None:
            leg.failed(command, "it is in no conversation that it could leave" if not leg.talks else _HOLDS_IT)
        else:
            movable.bring_back(lambda error: leg.failed(command, str(error)) if error and leg.there else None)

    def _spy(self, leg: Leg, command: Spy) -> None:
        """Watch, or watch otherwise: then what was watched before is left."""
        leg.forget_spy()
        leg.push(command)
        if leg.watch is not None:
            leg.bring_back()

    def _show(self, leg: Leg, command: Show) -> None:
        for order, *words in translate.display(command.number, command.name):
            self._orders.about(leg, command, order, leg.name, *words)

    def _mute(self, leg: Leg, command: Mute) -> None:
        """Silence goes out in place of the leg's voice; a variable notes it, for the switch cannot be asked that."""
        words = ("start", "read", "mute", "1") if command.on else ("stop",)
        self._orders.about(leg, command, "uuid_audio", leg.name, *words)
        value = "true" if command.on else ""
        self._orders.quietly("uuid_setvar_multi", leg.name, f"{names.MUTED}={value}" if value else names.MUTED)

    # --- the wire

    def _event(self, event: Event) -> None:
        if self._up:
            self._events.treat(event)
        elif len(self._held_events) < MAX_HELD_EVENTS:
            self._held_events.append(event)

    def _wire_up(self) -> None:
        self._held_events = []
        self._reconciling = spawn(self._reconcile(), name=f"reconciling {self.node}")

    def _wire_down(self, error: SwitchError) -> None:
        if self._reconciling is not None:
            self._reconciling.cancel()
            self._reconciling = None
        if self._up:
            self._set_up(up=False)
            self._legs.tell(NodeDown(node=self.node, at=self._legs.now(), detail=str(error)))
            for leg in self._legs:
                leg.lose_wire(error)

    def _events_lost(self, count: int) -> None:
        self._esl.drop(SwitchError(f"{count} events of the switch were lost: it is asked what is true"))

    def _set_up(self, *, up: bool) -> None:
        self._up = self._endings.up = self._missed.up = self._rings.up = self._timers.up = up

    # --- what is true

    async def _reconcile(self) -> None:
        try:
            began = self._legs.now() - float(await self._esl.api("uptime", "s"))
            found = await self._channels()
            registrations = await self._registrations()
            gateways = await self._esl.api("sofia", "xmlstatus", "gateway", timeout_s=_LIST_S)
        except (SwitchError, ValueError) as error:
            _log.error("the switch does not say what is true", node=self.node, reason=str(error))
            self._esl.drop(error if isinstance(error, SwitchError) else SwitchError(str(error)))
            return
        gone = [leg for leg in self._legs if leg.name not in found]
        self._take_over(found)
        self._set_up(up=True)
        self._legs.tell(NodeUp(node=self.node, at=self._legs.now(), legs=self._snapshots(found), began=began))
        for leg in gone:
            self._legs.end(leg, Cause.FAILED, "it ended while the switch could not be heard")
        self._agree_on_conversations(found)
        self._tell_phones(self._phones.listed(registrations))
        self._tell_trunks(self._trunks.listed(gateways))
        for channel in found.values():
            if channel.parked:
                self._arrivals.found(channel.event)
                self._wind_up(channel.leg)
        events, self._held_events = self._held_events, []
        for event in events:
            self._events.treat(event)
        self._missed.look()
        await asyncio.sleep(LOOK_AGAIN_S)
        await self._look_again()

    def _wind_up(self, name: str) -> None:
        """Nobody has while vcc was away."""
        leg = self._legs.get(name)
        if leg is not None:
            self._timers.wind_up(leg)

    async def _channels(self) -> dict[str, Channel]:
        listed = await self._listed()
        candidates = reconcile.candidates(listed, [leg.name for leg in self._legs])
        answers = await asyncio.gather(*(self._dump(leg) for leg in candidates))
        return reconcile.channels([event for event in answers if event is not None], self._legs)

    async def _listed(self) -> list[dict[str, str]]:
        """The switch's list of its channels, which it writes with a delay: asked again while it lacks some."""
        end = asyncio.get_running_loop().time() + LIST_LAGS_S
        while True:
            sessions = reconcile.sessions(await self._esl.api("status", timeout_s=_LIST_S))
            rows = reconcile.rows(await self._esl.api("show", "channels", "as", "json", timeout_s=_LIST_S))
            if len(rows) >= sessions or asyncio.get_running_loop().time() > end:
                return rows
            await asyncio.sleep(LIST_AGAIN_S)

    async def _dump(self, leg: str) -> Event | None:
        try:
            return reconcile.event(await self._esl.api("uuid_dump", leg, "json", timeout_s=_LIST_S))
        except EslRefusedError:
            return None  # it has ended

    async def _registrations(self) -> list[dict[str, str]]:
        return reconcile.rows(await self._esl.api("show", "registrations", "as", "json", timeout_s=_LIST_S))

    async def _look_again(self) -> None:
        """A phone that came just before the list was made may not have been in it yet."""
        try:
            self._tell_phones(self._phones.listed_again(await self._registrations()))
        except SwitchError as error:
            _log.warning("the switch does not say what is true", node=self.node, reason=str(error))

    def _tell_phones(self, news: Iterable[tuple[str, bool, str]]) -> None:
        for phone, reachable, detail in news:
            at = self._legs.now()
            self._legs.tell(PhoneStatus(node=self.node, at=at, phone=phone, reachable=reachable, detail=detail))

    def _tell_trunks(self, news: Iterable[tuple[str, bool | None, str]]) -> None:
        for trunk, reachable, detail in news:
            at = self._legs.now()
            self._legs.tell(TrunkStatus(node=self.node, at=at, trunk=trunk, reachable=reachable, detail=detail))

    def _take_over(self, found: dict[str, Channel]) -> None:
        for name, channel in found.items():
            if self._is_new(channel):
                continue
            leg = self._legs.add(name, rung=channel.found.rung)
            known_as(leg, channel.found)
            leg.muted = channel.muted
            leg.sound.found_playing()
            if channel.spies_on and leg.watch is None:
                leg.watch = Watch(on=channel.spies_on, told=True)
                leg.watch.begun.set()
            if not channel.parked:
                leg.leave()

    def _is_new(self, channel: Channel) -> bool:
        """A caller of whom vcc was never told: told when all else is."""
        return not (channel.found.rung or channel.found.taken or channel.leg in self._legs)

    def _agree_on_conversations(self, found: dict[str, Channel]) -> None:
        """Tell the end of those that are over; those that go on, and new ones, are as `NodeUp` said."""
        for leg in self._legs:
            channel = found.get(leg.name)
            if channel is not None and leg.conversation is not None:
                together = {leg.name, *channel.bridged_with}
                if not channel.bridged_with or not together & set(leg.conversation.others(leg)):
                    self._legs.conversations.left(leg)
        for channel in found.values():
            if channel.bridged_with:
                legs = [
                    self._legs.add(name, rung=found[name].found.rung) for name in (channel.leg, *channel.bridged_with)
                ]
                self._legs.conversations.found(legs, channel.conference)
        for leg in self._legs:
            channel = found.get(leg.name)
            if leg.watch is not None and channel is not None and channel.spies_on != leg.watch.on and channel.parked:
                leg.watch.begun.set()  # it is over: told when the leg is parked, below

    def _snapshots(self, found: dict[str, Channel]) -> tuple[LegSnapshot, ...]:
        """What is told of each leg; one of which vcc was never told is not among them."""
        return tuple(
            LegSnapshot(
                leg=name,
                up=channel.found.up,
                controlled=channel.parked and self._legs.add(name, rung=channel.found.rung).told,
                bridged_with=channel.bridged_with,
                spies_on=channel.spies_on,
                muted=channel.muted,
                phone=channel.found.phone,
                dialled=channel.found.dialled,
            )
            for name, channel in found.items()
            if not self._is_new(channel)
        )


def _movable(leg: Leg) -> Leg | None:
    """Which leg is moved when this one shall part; None if nobody can be.

    Of two never the one that was told to `Bridge`, nor, where nobody knows which that is, one that arrived. Of more,
    never a caller that was not brought in by `Join`.
    """
    conversation = leg.conversation
    if conversation is None:
        return None
    if len(conversation.legs) == PAIR:
        return min(conversation.legs, key=lambda one: (_carries(one), not one.rung, one is not leg))
    came_by_join = leg.joining is not None and not leg.joining.carries
    return leg if leg.rung or came_by_join or leg.phone else None


def _carries(leg: Leg) -> bool:
    return leg.joining is not None and leg.joining.carries
