"""The contract's lab around FreeSWITCH's adapter, on an event socket of our own with the simulated exchange behind it.

The adapter, its wire and time are real; the people are those of the simulated switch.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

from telephony.freeswitch.adapter import FreeSwitch
from telephony.freeswitch.templates.words import PHONES_PROFILE
from telephony.port import CallMissed, Ring, RingOutside
from telephony.simulated.exchange import Exchange
from tests.contract.switch.driver import AWAY, LIN, WANG, Person
from tests.contract.switch.simulated import SimulatedLab, SimulatedPerson
from tests.lab.eventsocket.server import EventSocketServer
from tests.lab.eventsocket.switch.switch import ModelSwitch, RealTime
from vcc.shell import WallClock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from types import TracebackType

    from telephony.port import SwitchFact

PASSWORD = "a password"
FALLBACK_AFTER_S = 2
_WITHIN_S = 5.0
#: What was sent is carried out.
_WIRE_S = 0.1


class ModelPerson(SimulatedPerson):
    """The other end of a leg on the exchange, whose phone speaks to the model."""

    @property
    def heard_s(self) -> float:
        return asyncio.get_running_loop().time()

    async def is_heard(self, by: Sequence[Person] = (), not_by: Sequence[Person] = ()) -> None:
        await self._lab.wait(_WIRE_S)
        await super().is_heard(by, not_by)

    async def hold(self) -> None:
        await self._lab.wait(_WIRE_S)
        await super().hold()

    async def transfer(self, to: str) -> bool:
        return self._model.refer(self._leg, to)

    async def transfer_to(self, second: Person) -> bool:
        assert isinstance(second, ModelPerson)
        return self._model.refer_attended(self._leg, second.leg)

    @property
    def _model(self) -> ModelSwitch:
        assert isinstance(self._lab, ModelLab)
        return self._lab.model


class ModelLab(SimulatedLab):
    """A switch in memory behind a real wire, in real time."""

    def __init__(self, sounds: Path) -> None:
        super().__init__(sounds)
        self.exchange = Exchange("n1", RealTime())
        for phone in (LIN, WANG, AWAY):
            self.exchange.add_phone(phone, reachable=False)
        self.exchange.set_trunk(self.trunk, reachable=False)
        self._news = asyncio.Event()
        self._server: EventSocketServer
        self.model: ModelSwitch
        self.switch: FreeSwitch  # type: ignore[assignment]

    def person(self, leg: str, phone: str = "") -> SimulatedPerson:
        return ModelPerson(self, leg, phone)

    async def __aenter__(self) -> Self:
        self._server = EventSocketServer(password=PASSWORD)
        self.model = ModelSwitch(self.exchange, self._server.fire, fallback_after_s=FALLBACK_AFTER_S)
        self._server.model = self.model
        await self._server.listen()
        await self.start_again()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.switch.close()
        await self._server.stop()

    async def everybody_leaves(self) -> None:
        for leg in list(self.exchange.legs):
            if leg in self.exchange.legs:
                self.exchange.hang_up(leg)
        legs = {leg for fact in self.told if (leg := getattr(fact, "leg", "")) and not isinstance(fact, CallMissed)}
        legs |= {command.leg for command in self.sent if isinstance(command, Ring | RingOutside)}
        await self.until(lambda: all({"LegHungUp", "LegReleased"} & {*self.about(leg)} for leg in legs), _WITHIN_S)

    def hear(self, fact: SwitchFact) -> None:
        super().hear(fact)
        self._news.set()

    async def until(self, condition: Callable[[], bool], within: float) -> bool:
        end = asyncio.get_running_loop().time() + within
        while not condition():
            left = end - asyncio.get_running_loop().time()
            if left <= 0:
                return False
            self._news.clear()
            try:
                async with asyncio.timeout(min(left, 0.02)):  # what no fact tells of is looked at now and then
                    await self._news.wait()
            except TimeoutError:
                continue
        return True

    async def wait(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def commands(self) -> list[str]:
        """The first lines of the commands that the switch got."""
        return self._server.lines()

    async def cut(self) -> None:
        await self._server.stop(crash=True)

    async def mend(self) -> None:
        await self._server.listen()

    async def die(self) -> None:
        await self.switch.close()
        self.forget()

    async def start_again(self) -> None:
        self.switch = FreeSwitch(
            node="n1",
            esl=f"127.0.0.1:{self._server.port}",
            secret=PASSWORD,
            phones=dict.fromkeys((LIN, WANG, AWAY), PHONES_PROFILE),
            fallback_after_s=FALLBACK_AFTER_S,
            clock=WallClock(),
        )
        await self.switch.start(self.hear)
