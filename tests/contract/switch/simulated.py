"""The contract's lab around the simulated switch."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Self

from telephony.port import Cause, LegReleased
from telephony.simulated.adapter import SimulatedSwitch
from telephony.simulated.clock import VirtualClock
from telephony.simulated.exchange import Exchange
from telephony.simulated.line import Hearing
from telephony.simulated.phones import Behaviour, Busy, Refuses
from tests.contract.switch.driver import (
    AWAY,
    CALLER,
    LIN,
    MUSIC,
    NUMBER,
    OUTSIDE_DIALLED,
    SOUNDS,
    WANG,
    Callee,
    Lab,
    Person,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from telephony.port import SwitchFact
    from telephony.simulated.line import Heard, Line


_SAYS: dict[Cause, Behaviour] = {Cause.BUSY: Busy(), Cause.REFUSED: Refuses(after_s=0.1)}


class SimulatedPerson(Callee):
    """The other end of a leg on the exchange."""

    def __init__(self, lab: SimulatedLab, leg: str, phone: str = "") -> None:
        self._lab, self._leg, self._phone = lab, leg, phone

    @property
    def line(self) -> Line:
        """What this person has seen and heard."""
        return self._lab.exchange.line(self._leg)

    @property
    def leg(self) -> str:
        """The leg."""
        return self._leg

    @property
    def shown(self) -> tuple[str, str]:
        return self.line.shown_number, self.line.shown_name

    async def answered(self) -> None:
        await self._until(lambda: self.line.answered_at is not None, "answered")

    async def refused(self) -> Cause:
        await self.ended()
        assert self.line.answered_at is None
        assert self.line.ended is not None
        return self.line.ended

    async def ended(self) -> None:
        await self._until(lambda: self.line.ended is not None, "over")

    async def hears(self, sound: str) -> None:
        path = self._lab.sound(sound)

        def whole() -> bool:
            heard = self.line.heard
            return any(a.what == path and b.at - a.at >= SOUNDS[sound] - 0.02 for a, b in pairwise(heard))

        await self._until(whole, f"to hear {sound}")

    async def begins_to_hear(self, sound: str) -> None:
        await self._now(lambda heard: heard.what == self._lab.sound(sound))

    async def hears_music(self) -> None:
        await self._now(lambda heard: (heard.hearing, heard.what) == (Hearing.MUSIC, MUSIC))

    async def hears_nothing(self) -> None:
        def silent(heard: Heard) -> bool:  # those who are there say nothing
            return heard.hearing is Hearing.NOTHING or (heard.hearing is Hearing.TALK and "/" not in heard.what)

        await self._now(silent)

    async def hears_ringback(self) -> None:
        await self._now(lambda heard: heard.hearing is Hearing.RINGING)

    async def is_told(self, sound: str, *, not_told: Sequence[Person] = ()) -> None:
        path, begin = self._lab.sound(sound), len(self.line.heard)
        others = [(one.line, len(one.line.heard)) for one in not_told if isinstance(one, SimulatedPerson)]

        def whole() -> bool:
            heard = self.line.heard[max(0, begin - 1) :]
            return any(path in a.what.split("+") and b.at - a.at >= SOUNDS[sound] - 0.02 for a, b in pairwise(heard))

        await self._until(whole, f"to be told {sound}")
        for line, since in others:
            assert all(path not in heard.what.split("+") for heard in line.heard[since:])

    async def hears_fallback(self) -> None:
        await self._now(lambda heard: heard.hearing is Hearing.FALLBACK)

    async def hears_own_dial_plan(self, outcome: str, result: str) -> None:
        await self._now(lambda heard: (heard.hearing, heard.what) == (Hearing.DIAL_PLAN, f"{outcome}/{result}"))

    async def hears_person(self, other: Person) -> None:
        assert isinstance(other, SimulatedPerson)
        await self._now(lambda heard: _voice(heard, other))

    async def is_heard(self, by: Sequence[Person] = (), not_by: Sequence[Person] = ()) -> None:
        for one in by:
            await one.hears_person(self)
        for one in not_by:
            assert isinstance(one, SimulatedPerson)
            assert one.line.hears is None or not _voice(one.line.hears, self), f"{one.leg} hears {self.leg}"

    async def shows(self, number: str, name: str) -> None:
        await self._until(lambda: self.shown == (number, name), f"{number} {name} on the display")

    async def hold(self) -> None:
        self._lab.exchange.hold(self._leg, on=True)

    async def resume(self) -> None:
        self._lab.exchange.hold(self._leg, on=False)

    async def transfer(self, to: str) -> bool:
        return self._lab.exchange.transfer(self._leg, to)

    async def transfer_to(self, second: Person) -> bool:
        assert isinstance(second, SimulatedPerson)
        return self._lab.exchange.transfer_attended(self._leg, second.leg)

    @property
    def asked_to_answer(self) -> bool:
        return self.line.auto_answer

    @property
    def ring_tone(self) -> str:
        return self.line.alert

    @property
    def heard_s(self) -> float:
        return self._lab.clock.now()

    async def hears_on(self, seconds: float) -> None:
        await self._lab.wait(seconds)

    async def says(self, hz: int) -> None:
        self._lab.exchange.speak(self._leg, hz)

    async def press(self, keys: str) -> None:
        self._lab.exchange.press(self._leg, keys)

    async def hang_up(self) -> None:
        self._lab.exchange.hang_up(self._leg)

    async def answer(self) -> None:
        self._lab.exchange.pick_up(self._phone)

    async def decline(self) -> None:
        self._lab.exchange.refuse(self._phone)

    async def stops_ringing(self) -> bool:
        await self.ended()
        return self.line.ended is Cause.ELSEWHERE

    async def _now(self, heard: Callable[[Heard], bool]) -> None:
        await self._until(lambda: self.line.hears is not None and heard(self.line.hears), "to hear it")

    async def _until(self, condition: Callable[[], bool], what: str) -> None:
        assert await self._lab.until(condition, 10.0), f"expected {what}, but {self.line}"


def _voice(heard: Heard, of: SimulatedPerson) -> bool:
    return heard.hearing is Hearing.TALK and of.leg in heard.what.split("+")


class SimulatedLab(Lab):
    """A switch in memory; time goes on while somebody waits."""

    trunk = "carrier"

    def __init__(self, sounds: Path) -> None:
        super().__init__()
        self._sounds = sounds
        self._twice: set[str] = set()
        self.clock = VirtualClock()
        self.exchange = Exchange("n1", self.clock, fallback_after_s=2.0)
        for phone in (LIN, WANG, AWAY):
            self.exchange.add_phone(phone, reachable=False)
        self.exchange.set_trunk(self.trunk, reachable=False)
        self.switch: SimulatedSwitch = SimulatedSwitch(node="n1", clock=self.clock, exchange=self.exchange)

    def person(self, leg: str, phone: str = "") -> SimulatedPerson:
        """Whoever is at the other end of a leg."""
        return SimulatedPerson(self, leg, phone)

    async def __aenter__(self) -> Self:
        await self.switch.start(self.hear)
        return self

    def hear(self, fact: SwitchFact) -> None:
        super().hear(fact)
        if isinstance(fact, LegReleased) and fact.leg in self._twice:
            self._twice.remove(fact.leg)
            self.exchange.hand_over_again(fact.leg)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.switch.close()

    async def everybody_leaves(self) -> None:
        for leg in list(self.exchange.legs):
            if leg in self.exchange.legs:
                self.exchange.hang_up(leg)
        self.clock.advance(1.0)

    async def until(self, condition: Callable[[], bool], within: float) -> bool:
        return self.clock.advance_until(condition, within)

    async def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)

    def sound(self, name: str) -> str:
        return str(self._sounds / f"{name}.wav")

    def recording(self, name: str) -> str:
        return str(self._sounds / name)

    async def call(
        self, dialled: str = NUMBER, *, caller: str = CALLER, name: str = "", headers: Mapping[str, str] | None = None
    ) -> Person:
        leg = self.exchange.arrive(dialled, caller, self.trunk, caller_name=name, headers=headers)
        return self.person(leg)

    async def hand_over(self, *, name: str = "", twice: bool = False) -> Person:
        leg = self.exchange.arrive(NUMBER, CALLER, caller_name=name, handed_over=True)
        if twice:
            self._twice.add(leg)
        return self.person(leg)

    async def call_from(self, phone: str, dialled: str) -> Person:
        return self.person(self.exchange.arrive(dialled, phone=phone), phone)

    async def plug_in(self, phone: str) -> None:
        self.exchange.set_reachable(phone, reachable=True)

    async def unplug(self, phone: str) -> None:
        self.exchange.set_reachable(phone, reachable=False)

    async def make_busy(self, phone: str) -> None:
        self.exchange.phones[phone].behaviour = Busy()

    async def rings(self, phone: str) -> Callee:
        assert await self.until(lambda: self.is_called(phone), 5.0), f"{phone} does not ring"
        return self.person(self.exchange.leg_on(phone), phone)

    def is_called(self, phone: str) -> bool:
        return any(self.exchange.legs[leg].ringing for leg in self.exchange.phones[phone].legs)

    async def open_line(self, says: Cause | None = None) -> None:
        self.exchange.set_trunk(self.trunk, congested=says is Cause.UNAVAILABLE)
        if says is not Cause.NOT_FOUND:
            self.exchange.add_outside(OUTSIDE_DIALLED, _SAYS.get(says or Cause.NORMAL))

    async def close_line(self) -> None:
        self.exchange.set_trunk(self.trunk, reachable=False)

    async def rings_outside(self) -> Callee:
        outside = self.exchange.outside[OUTSIDE_DIALLED]
        assert await self.until(lambda: any(self.exchange.legs[leg].ringing for leg in outside.legs), 5.0)
        return self.person(self.exchange.leg_on(OUTSIDE_DIALLED), OUTSIDE_DIALLED)

    async def cut(self) -> None:
        self.switch.go_down()

    async def mend(self) -> None:
        self.switch.come_back()

    async def die(self) -> None:
        self.switch.crash()
        self.forget()

    async def start_again(self) -> None:
        self.switch = SimulatedSwitch(node="n1", clock=self.clock, exchange=self.exchange)
        await self.switch.start(self.hear)
