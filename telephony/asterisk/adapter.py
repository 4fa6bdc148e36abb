"""A real Asterisk as a `telephony.port.Switch`: joins the two wires, the legs and the phones.

    AMI up      -> channels and phones are asked for -> NodeUp, PhoneStatus …, then what was held back meanwhile
    AMI event   -> the leg it is about -> facts
    FastAGI     -> a leg arrives, is answered, or comes back -> CallArrived, LegAnswered
    command     -> Ring, HangUp: at once, by AMI; the others: in the leg's own line, by AGI

Until `NodeUp` was told nothing else is: events and connections that come earlier wait. A connection waits a short time
only, then the dial plan gets its leg back, plays music, and asks again.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from core.errors import SwitchError, SwitchUnavailableError
from telephony.asterisk import reconcile, translate
from telephony.asterisk.ami import AmiClient, AmiReply, Frame
from telephony.asterisk.fastagi import AgiServer, AgiSession
from telephony.asterisk.legs import Leg, Talk, pair, part
from telephony.asterisk.phones import Phones
from telephony.asterisk.render import AMI_USER
from telephony.asterisk.templates.words import socket_address
from telephony.port import (
    CallArrived,
    Cause,
    Command,
    CommandFailed,
    DigitPressed,
    HangUp,
    LegAnswered,
    LegHungUp,
    LegRinging,
    LegSnapshot,
    NodeDown,
    NodeUp,
    PhoneStatus,
    Ring,
    StopPlaying,
    SwitchFact,
)
from vcc.tasks import spawn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from core.clock import Clock

#: How long a leg may be held back while the node is not known to be up.
HOLD_S = 3.0
MAX_HELD_EVENTS = 100_000
MAX_GONE = 10_000
#: A leg whose end was announced, or asked for, and has not come by then, is hung up once more.
PATIENCE_S = 2.0
ATTEMPTS = 3
LISTEN_RETRY_S = 1.0

_log = structlog.get_logger()


class AsteriskSwitch:
    """One Asterisk node. See `telephony.port.Switch` for what it promises."""

    def __init__(self, *, node: str, ami: str, secret: str, agi: str, phones: Iterable[str], clock: Clock) -> None:
        """Only keep what is needed. `ami` and `agi`: `host:port`, the latter is listened on."""
        self.node = node
        self._clock = clock
        self._agi_address = socket_address(agi, "agi")
        host, port = socket_address(ami, "ami")
        self._ami = AmiClient(
            host=host,
            port=port,
            user=AMI_USER,
            secret=secret,
            on_event=self._event,
            on_up=self._wire_up,
            on_down=self._wire_down,
        )
        self._agi = AgiServer(self._connected)
        self._phones = Phones(phones)
        self._legs: dict[str, Leg] = {}
        #: Channels that ended lately: their last connection may be read after their end.
        self._gone: dict[str, None] = {}
        self._dying: dict[str, tuple[float, int]] = {}  # leg: when to act again, and how often that was done
        self._tell: Callable[[SwitchFact], None] | None = None
        self._up = False
        self._held_events: list[Frame] = []
        self._held_sessions: list[AgiSession] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._reconciling: asyncio.Task[None] | None = None
        self._on: dict[str, Callable[[Frame], None]] = {
            "Newchannel": self._new_channel,
            "Newstate": self._new_state,
            "Hangup": self._hangup,
            "HangupRequest": self._hangup_request,
            "OriginateResponse": self._originated,
            "BridgeEnter": self._bridge_enter,
            "BridgeLeave": self._bridge_leave,
            "DTMFEnd": self._digit,
            "ContactStatus": self._contact,
        }

    # --- telephony.port.Switch

    async def start(self, tell: Callable[[SwitchFact], None]) -> None:
        """Connect and go on connecting; `tell` gets every fact, in order, in the event loop. Returns at once."""
        self._tell = tell
        self._tasks = [
            spawn(self._listen(), name=f"fastagi {self.node}"),
            spawn(self._ami.run(), name=f"ami {self.node}"),
            spawn(self._heal(), name=f"healing {self.node}"),
        ]

    def send(self, command: Command) -> None:
        """Have a command carried out; never waits, never raises."""
        match command:
            case Ring():
                self._ring(command)
            case HangUp():
                self._hang_up(command)
            case _:
                leg = self._legs.get(command.leg)
                if leg is None or leg.hang_up_wanted:
                    return
                if isinstance(command, StopPlaying):
                    leg.stop_playing()
                else:
                    leg.push(command)

    async def close(self) -> None:
        """Let go of the node: legs stay as they are, in the dial plan."""
        self._tell = None
        tasks, self._tasks = self._tasks, []
        if self._reconciling is not None:
            tasks.append(self._reconciling)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for leg in self._legs.values():
            leg.lose()
        self._legs.clear()
        await self._agi.close()

    # --- what the legs need

    def now(self) -> float:
        """POSIX seconds."""
        return self._clock.now()

    def tell(self, fact: SwitchFact) -> None:
        """Pass a fact on; after `close` there is nobody."""
        if self._tell is not None:
            self._tell(fact)

    def leg(self, name: str) -> Leg | None:
        """A leg by its name."""
        return self._legs.get(name)

    # --- the manager's wire: up, down, what is true

    def _wire_up(self) -> None:
        self._held_events = []
        self._reconciling = spawn(self._reconcile(), name=f"reconciling {self.node}")

    def _wire_down(self, error: SwitchError) -> None:
        if self._reconciling is not None:
            self._reconciling.cancel()
            self._reconciling = None
        if self._up:
            self._up = False
            self.tell(NodeDown(node=self.node, at=self.now(), detail=str(error)))

    async def _reconcile(self) -> None:
        try:
            channels = await self._list("CoreShowChannels")
            devices = await self._list("DeviceStateList")
        except SwitchError as error:
            _log.error("the switch does not say what is true", node=self.node, reason=str(error))
            self._ami.drop(error)
            return
        found = reconcile.channels(channels, self._legs)
        gone = [leg for name, leg in self._legs.items() if name not in found]
        self._take_over(found)
        self._up = True
        self.tell(NodeUp(node=self.node, at=self.now(), legs=self._snapshots(found)))
        for leg in gone:
            self._end(leg, Cause.FAILED, "it ended while the switch could not be heard")
        for name, channel in found.items():
            self._compare(self._legs[name], channel)
        for phone, (reachable, detail) in self._phones.listed(devices).items():
            self.tell(PhoneStatus(node=self.node, at=self.now(), phone=phone, reachable=reachable, detail=detail))
        self._release()

    async def _list(self, action: str) -> tuple[Frame, ...]:
        reply = await self._ami.ask({"Action": action})
        if not reply.success:
            raise SwitchError(f"{action}: {reply.message}; look at manager.conf and modules.conf")
        return reply.events

    def _compare(self, leg: Leg, channel: reconcile.Channel) -> None:
        """A conversation that ended unheard is told after the node, of which its legs are still part."""
        if leg.talk is Talk.TALKING and leg.partner is not None and leg.partner.name != channel.bridged_with:
            part(leg, tell=True)

    def _take_over(self, found: dict[str, reconcile.Channel]) -> None:
        for name, channel in found.items():
            leg = self._legs.get(name)
            if leg is None:
                leg = self._legs[name] = Leg(self, name, rung=channel.rung, channel=channel.channel)
            leg.channel, leg.up, leg.in_bridge = channel.channel, channel.up, channel.bridge
        for name, channel in found.items():
            other = self._legs.get(channel.bridged_with)
            if other is not None:
                pair(self._legs[name], other, Talk.TALKING)

    def _snapshots(self, found: dict[str, reconcile.Channel]) -> tuple[LegSnapshot, ...]:
        """What is told of each leg; a first arrival that is still held back is not among them."""
        first = {
            session.environment["agi_uniqueid"]
            for session in self._held_sessions
            if session.environment.get("agi_arg_1", "") != "again"
        }
        held = {session.environment["agi_uniqueid"] for session in self._held_sessions}
        return tuple(
            LegSnapshot(
                leg=name,
                up=channel.up,
                controlled=not channel.bridged_with and (name in held or self._legs[name].controlled),
                bridged_with=channel.bridged_with,
                phone=channel.phone,
                dialled=channel.dialled,
            )
            for name, channel in found.items()
            if name not in first or channel.rung
        )

    def _release(self) -> None:
        events, self._held_events = self._held_events, []
        for event in events:
            self._event(event)
        sessions, self._held_sessions = self._held_sessions, []
        for session in sessions:
            if not session.closed:
                self._connected(session)

    # --- events

    def _event(self, event: Frame) -> None:
        if not self._up:
            if len(self._held_events) < MAX_HELD_EVENTS:
                self._held_events.append(event)
            return
        treat = self._on.get(event["Event"])
        if treat is not None:
            treat(event)

    def _of(self, event: Frame) -> Leg | None:
        return self._legs.get(event.get("Uniqueid", ""))

    def _new_channel(self, event: Frame) -> None:
        leg = self._of(event)
        if leg is not None:
            leg.channel = event.get("Channel", "")
            if leg.hang_up_wanted:
                self._send_hang_up(leg)

    def _new_state(self, event: Frame) -> None:
        leg = self._of(event)
        if leg is not None and leg.rung and not leg.rang and event.get("ChannelStateDesc") == "Ringing":
            leg.rang = True
            leg.fact(LegRinging)

    def _hangup(self, event: Frame) -> None:
        name = event.get("Uniqueid", "")
        self._gone[name] = None
        if len(self._gone) > MAX_GONE:
            del self._gone[next(iter(self._gone))]
        leg = self._legs.get(name)
        if leg is not None:
            self._end(leg, *translate.cause_of(event))

    def _end(self, leg: Leg, cause: Cause, detail: str) -> None:
        """The leg is gone: its last fact."""
        if self._legs.pop(leg.name, None) is None:
            return
        self._dying.pop(leg.name, None)
        part(leg, tell=True)
        leg.lose()
        leg.fact(LegHungUp, cause=cause, detail=detail)

    def _hangup_request(self, event: Frame) -> None:
        leg = self._of(event)
        if leg is not None:
            self._dying.setdefault(leg.name, (asyncio.get_running_loop().time() + PATIENCE_S, 0))

    def _originated(self, event: Frame) -> None:
        """A failed Originate of which no channel came: the phone is not registered, or not known."""
        leg = self._of(event)
        if leg is not None and leg.rung and not leg.channel and event.get("Response") == "Failure":
            self._end(leg, Cause.UNREACHABLE, "the phone is not registered")

    def _bridge_enter(self, event: Frame) -> None:
        leg = self._of(event)
        if leg is not None:
            leg.entered(event.get("BridgeUniqueid", ""))

    def _bridge_leave(self, event: Frame) -> None:
        leg = self._of(event)
        if leg is not None:
            leg.left()

    def _digit(self, event: Frame) -> None:
        leg = self._of(event)
        if leg is not None and event.get("Direction") == "Received":
            digit = event.get("Digit", "").upper()
            leg.pressed(digit)  # first: what is played in answer to the key must not be stopped by it
            leg.fact(DigitPressed, digit=digit)

    def _contact(self, event: Frame) -> None:
        news = self._phones.changed(event)
        if news is not None:
            phone, reachable, detail = news
            self.tell(PhoneStatus(node=self.node, at=self.now(), phone=phone, reachable=reachable, detail=detail))

    # --- legs that the dial plan brings

    async def _listen(self) -> None:
        while True:
            try:
                await self._agi.start(*self._agi_address)
            except OSError as error:
                _log.error("cannot listen for the switch's calls", node=self.node, reason=str(error))
                await asyncio.sleep(LISTEN_RETRY_S)
            else:
                return

    def _connected(self, session: AgiSession) -> None:
        if not self._up:
            self._held_sessions.append(session)
            asyncio.get_running_loop().call_later(HOLD_S, self._let_go, session)
            return
        try:
            arrival = translate.arrival(session.environment)
        except ValueError as error:
            _log.warning("a FastAGI connection of no leg of ours", node=self.node, reason=str(error))
            session.close()
            return
        if arrival.leg in self._gone:
            session.close()
            return
        leg = self._legs.get(arrival.leg)
        if leg is None:
            leg = self._legs[arrival.leg] = Leg(self, arrival.leg, rung=arrival.rung)
        leg.channel = arrival.channel
        leg.attach(session, arriving=not arrival.rung)
        if leg.hang_up_wanted:
            self._send_hang_up(leg)
        elif arrival.rung:
            self._answered(leg)
        else:
            spawn(self._arrived(leg, arrival, session), name=f"arrival {leg.name}")

    def _let_go(self, session: AgiSession) -> None:
        if session in self._held_sessions:
            self._held_sessions.remove(session)
            session.close()

    def _answered(self, leg: Leg) -> None:
        """The agent's leg is here: for the first time, or back from a bridge, of which nothing is told."""
        known, leg.up, leg.told = leg.told or leg.in_bridge != "", True, True
        if not known:
            leg.fact(LegAnswered)
        leg.in_bridge = ""

    async def _arrived(self, leg: Leg, arrival: translate.Arrival, session: AgiSession) -> None:
        """Read what the caller claims, then tell of the call. Nothing else is sent on this connection before."""
        caller = name = ""
        headers = {}
        try:
            if arrival.trunk:
                reply = await session.command(translate.get_header("From"))
                caller, name = translate.caller_of(reply.value)
            for header in arrival.asked_headers:
                reply = await session.command(translate.get_header(header))
                if reply.value:
                    headers[header] = translate.harmless(reply.value)
        except SwitchError:
            if session.hung_up or session.closed:
                self._lost_before_told(leg, session)
                return
        part(leg, tell=True)  # a bridge whose end nobody saw
        again = arrival.again or leg.told
        leg.told = True
        leg.fact(
            CallArrived,
            trunk=arrival.trunk,
            phone=arrival.phone,
            dialled=arrival.dialled,
            caller=caller,
            caller_name=name,
            headers=headers,
            again=again,
        )
        leg.arrived(session)

    def _lost_before_told(self, leg: Leg, session: AgiSession) -> None:
        """The caller left within a millisecond: whoever was never told of needs no end."""
        if not leg.told and leg.session in {None, session}:
            self._legs.pop(leg.name, None)

    # --- commands that do not wait in a leg's line

    def _ring(self, command: Ring) -> None:
        if command.leg in self._legs:
            self._failed(command, "this leg rings already")
            return
        leg = self._legs[command.leg] = Leg(self, command.leg, rung=True)
        try:
            if not self._up:
                raise SwitchUnavailableError("the switch cannot be heard")
            self._ami.send(translate.originate(command), lambda result: self._originate_answered(leg, result))
        except (SwitchError, ValueError) as error:
            self._end(leg, Cause.FAILED, str(error))

    def _originate_answered(self, leg: Leg, result: AmiReply | SwitchError) -> None:
        """Queued, refused, or nobody knows: then what is true is found out when the wire is up again."""
        if isinstance(result, AmiReply):
            if not result.success:
                self._end(leg, Cause.FAILED, result.message)
        elif not isinstance(result, SwitchUnavailableError):
            self._end(leg, Cause.FAILED, str(result))
            self._orphan(leg)

    def _orphan(self, leg: Leg) -> None:
        """Nobody waits for this leg any more: whatever became of it shall end."""
        try:
            self._ami.send(translate.hang_up(leg.name), lambda result: None)
        except SwitchUnavailableError:
            _log.warning("a leg may ring that nobody waits for", node=self.node, leg=leg.name)

    def _hang_up(self, command: HangUp) -> None:
        leg = self._legs.get(command.leg)
        if leg is None:
            return
        leg.forget_waiting()
        leg.hang_up_wanted, leg.elsewhere = True, command.elsewhere
        self._dying[leg.name] = (asyncio.get_running_loop().time() + PATIENCE_S, 0)
        self._send_hang_up(leg)

    def _send_hang_up(self, leg: Leg) -> None:
        """By the manager, who can in any state; by the leg's own connection if that is the only wire."""
        elsewhere = leg.elsewhere and not leg.up
        try:
            self._ami.send(
                translate.hang_up(leg.channel or leg.name, elsewhere=elsewhere),
                lambda result: self._hang_up_answered(leg, result),
            )
        except SwitchUnavailableError:
            leg.push(HangUp(leg=leg.name))

    def _hang_up_answered(self, leg: Leg, result: AmiReply | SwitchError) -> None:
        if isinstance(result, SwitchError):
            _log.warning("a hang-up was not answered", node=self.node, leg=leg.name, reason=str(result))

    def _failed(self, command: Command, detail: str) -> None:
        name = type(command).__name__
        self.tell(CommandFailed(node=self.node, at=self.now(), leg=command.leg, command=name, detail=detail))

    # --- legs that should have ended

    async def _heal(self) -> None:
        """A BYE that came at the wrong moment leaves a leg that never ends: hang it up."""
        while True:
            await asyncio.sleep(PATIENCE_S / 2)
            now = asyncio.get_running_loop().time()
            for name, (due, attempts) in list(self._dying.items()):
                leg = self._legs.get(name)
                if leg is None:
                    del self._dying[name]
                elif now >= due and self._up:
                    self._heal_leg(leg, now, attempts)

    def _heal_leg(self, leg: Leg, now: float, attempts: int) -> None:
        _log.warning("a leg did not end", node=self.node, leg=leg.name, channel=leg.channel, attempts=attempts)
        if attempts >= ATTEMPTS:
            self._end(leg, Cause.FAILED, "the switch lost it")
            return
        self._dying[leg.name] = (now + PATIENCE_S, attempts + 1)
        self._send_hang_up(leg)
