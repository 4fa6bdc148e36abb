"""The simulated switch as a `telephony.port.Switch`.

    switch = SimulatedSwitch(node="sim", clock=VirtualClock())
    await switch.start(tell)
    leg = switch.exchange.arrive("98668", "13800000000")
    switch.clock.advance()                      -> tell(NodeUp), tell(CallArrived)

The wire can be cut (`go_down`, `come_back`), and vcc can die: `crash`, then a new SimulatedSwitch on the same exchange.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from telephony.port import (
    CallArrived,
    Cause,
    Command,
    LegAnswered,
    LegHungUp,
    LegReleased,
    NodeDown,
    NodeUp,
    RecordingEnded,
    Ring,
    RingOutside,
    StartRecording,
    SwitchFact,
)
from telephony.simulated.exchange import Exchange
from telephony.simulated.told import Told

if TYPE_CHECKING:
    from collections.abc import Callable

    from telephony.simulated.clock import TimeSource


class SimulatedSwitch:
    """One node in memory. See `telephony.port.Switch` for what it promises."""

    def __init__(self, *, node: str, clock: TimeSource, exchange: Exchange | None = None) -> None:
        """Drive `exchange`, or a new one; tests reach it as the attribute of that name."""
        self._node = node
        self.clock = clock
        self.exchange = exchange or Exchange(node, clock)
        self._tell: Callable[[SwitchFact], None] | None = None
        self._up = False
        self._known: set[str] = set()
        self._answered: set[str] = set()
        self._told = Told()
        self._recorded: dict[str, str] = {}  # by leg: the file

    @property
    def node(self) -> str:
        """The node's name in the configuration."""
        return self._node

    async def start(self, tell: Callable[[SwitchFact], None]) -> None:
        """Connect; `tell` gets every fact, in order, from the clock."""
        self._tell = tell
        self.come_back()

    def send(self, command: Command) -> None:
        """Have a command carried out; never waits, never raises. What is sent while the wire is down is lost."""
        if self._up:
            if isinstance(command, Ring | RingOutside):
                self._known.add(command.leg)
            elif isinstance(command, StartRecording) and command.leg in self.exchange.legs:
                self._recorded.setdefault(command.leg, command.file)
            self.exchange.carry_out(command)
        elif isinstance(command, Ring | RingOutside):
            cause, detail = Cause.FAILED, "the switch cannot be heard"
            self._pass_on(LegHungUp(node=self._node, at=self.clock.now(), leg=command.leg, cause=cause, detail=detail))

    async def close(self) -> None:
        """Let go of the node: legs stay as they are."""
        self.crash()

    def crash(self) -> None:
        """vcc dies: from now on nothing is told, not even what was on its way."""
        self._tell = None
        if self._up:
            self._up = False
            self.exchange.detach()

    def go_down(self, detail: str = "connection lost") -> None:
        """The wire to the node is cut."""
        if self._up:
            self.exchange.detach()
            self._up = False
            self._pass_on(NodeDown(node=self._node, at=self.clock.now(), detail=detail))

    def come_back(self) -> None:
        """The wire is there: tell what is true, then take the legs that wait."""
        if self._up or self._tell is None:
            return
        self._up = True
        now, legs = self.clock.now(), self.exchange.snapshots()
        self._pass_on(NodeUp(node=self._node, at=now, legs=legs, began=self.exchange.began))
        for fact in list(self._told.ended(legs, self._node, now)):
            self._pass_on(fact)
        there = {leg.leg for leg in legs} | self.exchange.legs.keys()
        for leg in sorted(self._known - there):
            cause, detail = Cause.FAILED, "it ended while the switch could not be heard"
            if leg in self._recorded:
                self.hear(RecordingEnded(node=self._node, at=now, leg=leg, file=self._recorded[leg]))
            self.hear(LegHungUp(node=self._node, at=now, leg=leg, cause=cause, detail=detail))
        self._known = {leg.leg for leg in legs}
        for phone in self.exchange.phones.values():
            self._pass_on(self.exchange.phone_status(phone))
        for trunk in self.exchange.trunks.values():
            self._pass_on(self.exchange.trunk_status(trunk))
        self.exchange.attach(self)

    def hear(self, fact: SwitchFact) -> None:
        """Something happened on the exchange."""
        self._told.note(fact)
        match fact:
            case CallArrived(leg=leg):
                self._known.add(leg)
            case LegAnswered(leg=leg):
                if leg in self._answered:  # back under control; that it was answered has been told
                    return
                self._known.add(leg)
                self._answered.add(leg)
            case RecordingEnded(leg=leg):
                self._recorded.pop(leg, None)
            case LegHungUp(leg=leg) | LegReleased(leg=leg):
                self._known.discard(leg)
                self._answered.discard(leg)
        self._pass_on(fact)

    def _pass_on(self, fact: SwitchFact) -> None:
        self.clock.call_at(self.clock.now(), lambda: self._tell and self._tell(fact))
