"""What a contract test needs of the world around a switch, whichever switch it is.

A `Lab` is one running adapter on one switch, with a trunk on which people call and phones at which agents sit. A
`Person` is whoever is at the other end of a leg. Waiting is the lab's business: on the simulated switch virtual time is
let go on, on a real one real time passes; no test sleeps to be in step.

What was sent and told is kept, and when the test is over `check_promises` holds it against what `telephony.port` says
of every leg and command, whatever the test was about.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from itertools import permutations
from typing import TYPE_CHECKING, Any, Self, TypeVar

from telephony.port import (
    Answer,
    Bridge,
    CallArrived,
    CallMissed,
    Command,
    LegAnswered,
    LegHungUp,
    LegJoined,
    LegLeft,
    LegReleased,
    LegRinging,
    LegsBridged,
    LegsParted,
    NodeDown,
    NodeUp,
    PhoneStatus,
    Play,
    PlayEnded,
    Ring,
    RingOutside,
    SpyBegan,
    SpyEnded,
    Switch,
    SwitchFact,
    TrunkStatus,
)
from tenancy.dialling import Permit, Purpose, Situation, Wanted, decide
from tests.integration.asterisk.rig import NODE, OUTSIDE_CALLER_ID, outside_platform

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

    from telephony.port import Cause

F = TypeVar("F", bound=SwitchFact)

#: Numbers of the lab's tenant: one with a spoken fallback.
NUMBER, CALLER = "98668", "13800138000"
#: Phones: two at which people sit, and one that is never plugged in.
LIN, WANG, AWAY = "lin", "wang", "zhao"
#: Sounds by name, in seconds. Each is like no other.
SOUNDS = {"one": 0.6, "two": 0.7, "long": 6.0}
MUSIC = "press/main"
#: Somebody outside, as it is written and as the carrier of the lab gets it.
OUTSIDE, OUTSIDE_DIALLED = "138 0013 8000", "013800138000"


class Person(ABC):
    """Whoever is at the other end of a leg: a caller, or an agent whose phone rings or talks."""

    @abstractmethod
    async def answered(self) -> None:
        """Wait until the two ends are connected."""

    @abstractmethod
    async def refused(self) -> Cause:
        """Wait until the call ends without an answer, and tell why as the network told it."""

    @abstractmethod
    async def ended(self) -> None:
        """Wait until the call is over."""

    @abstractmethod
    async def hears(self, sound: str) -> None:
        """Wait until this sound was heard, whole."""

    @abstractmethod
    async def begins_to_hear(self, sound: str) -> None:
        """Wait until this sound is under way: `long` only."""

    @abstractmethod
    async def hears_music(self) -> None:
        """Wait until the music is heard."""

    @abstractmethod
    async def hears_nothing(self) -> None:
        """Wait until nothing is heard."""

    @abstractmethod
    async def hears_ringback(self) -> None:
        """Wait until the ringing of somebody else's phone is heard."""

    @abstractmethod
    async def is_told(self, sound: str, *, not_told: Sequence[Person] = ()) -> None:
        """Wait until this sound was heard, whole, among whatever else is heard; see that the others have not."""

    @abstractmethod
    async def hears_fallback(self) -> None:
        """Wait until the switch's own announcement is heard."""

    @abstractmethod
    async def hears_own_dial_plan(self, outcome: str, result: str) -> None:
        """Wait until the dial plan that handed the call over goes on with it, and has found these words."""

    @abstractmethod
    async def hears_person(self, other: Person) -> None:
        """Wait until what the other one says is heard."""

    @abstractmethod
    async def is_heard(self, by: Sequence[Person] = (), not_by: Sequence[Person] = ()) -> None:
        """Speak until the first have heard it, and see that the others have not."""

    @abstractmethod
    async def shows(self, number: str, name: str) -> None:
        """Wait until this is on the phone's display, changed in the course of the call."""

    @abstractmethod
    async def hold(self) -> None:
        """Press the phone's hold key."""

    @abstractmethod
    async def resume(self) -> None:
        """Press it again."""

    @abstractmethod
    async def transfer(self, to: str) -> bool:
        """Have the phone transfer whoever is at the other end to a number, blind; whether that is let happen."""

    @abstractmethod
    async def transfer_to(self, second: Person) -> bool:
        """Have the phone join the other end with that of its second call; whether that is let happen."""

    @property
    @abstractmethod
    def heard_s(self) -> float:
        """How many seconds of sound have come here: less than have gone by where the other side was late."""

    @abstractmethod
    async def hears_on(self, seconds: float) -> None:
        """Wait until so many more have come."""

    @abstractmethod
    async def says(self, hz: int) -> None:
        """Say a tone from now on; 0: nothing more."""

    @abstractmethod
    async def press(self, keys: str) -> None:
        """Press keys."""

    @abstractmethod
    async def hang_up(self) -> None:
        """End the call."""


class Callee(Person):
    """A person whose phone rings."""

    @property
    @abstractmethod
    def shown(self) -> tuple[str, str]:
        """Number and name on the phone's display."""

    @property
    @abstractmethod
    def asked_to_answer(self) -> bool:
        """Whether the phone was asked to answer by itself."""

    @property
    @abstractmethod
    def ring_tone(self) -> str:
        """The ring tone that the phone was told to use; empty if none."""

    @abstractmethod
    async def answer(self) -> None:
        """Pick up."""

    @abstractmethod
    async def decline(self) -> None:
        """Press the red button."""

    @abstractmethod
    async def stops_ringing(self) -> bool:
        """Wait until the phone rings no more; whether it was told that the call was taken elsewhere."""


class Lab(ABC):
    """One adapter on one switch, and the people around it."""

    switch: Switch
    trunk: str

    def __init__(self) -> None:
        """Nothing was sent or told yet."""
        self.sent: list[Command] = []
        self.told: list[SwitchFact] = []

    # --- what a kind of switch has to bring

    @abstractmethod
    async def __aenter__(self) -> Self:
        """Start the adapter."""

    @abstractmethod
    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it, and whatever else was started."""

    @abstractmethod
    async def everybody_leaves(self) -> None:
        """Everybody hangs up; return when the switch has no leg left."""

    @abstractmethod
    async def until(self, condition: Callable[[], bool], within: float) -> bool:
        """Wait until it holds, for at most `within` seconds; whether it does."""

    @abstractmethod
    async def wait(self, seconds: float) -> None:
        """Let time pass, to see that nothing happens."""

    @abstractmethod
    def sound(self, name: str) -> str:
        """The path of a sound of `SOUNDS`."""

    @abstractmethod
    def recording(self, name: str) -> str:
        """The path of a file into which the switch can record."""

    @abstractmethod
    async def call(
        self, dialled: str = NUMBER, *, caller: str = CALLER, name: str = "", headers: Mapping[str, str] | None = None
    ) -> Person:
        """Somebody calls on the trunk."""

    @abstractmethod
    async def hand_over(self, *, name: str = "", twice: bool = False) -> Person:
        """A call that the switch's own dial plan hands over, to `NUMBER`; `twice`: and again when it is back."""

    @abstractmethod
    async def call_from(self, phone: str, dialled: str) -> Person:
        """An agent dials on a phone."""

    @abstractmethod
    async def plug_in(self, phone: str) -> None:
        """Register a phone; nobody comes when it rings but by `rings`."""

    @abstractmethod
    async def unplug(self, phone: str) -> None:
        """Take a phone away."""

    @abstractmethod
    async def make_busy(self, phone: str) -> None:
        """From now on the phone says busy."""

    @abstractmethod
    async def rings(self, phone: str) -> Callee:
        """Wait until a phone rings that rang not before."""

    @abstractmethod
    def is_called(self, phone: str) -> bool:
        """Whether somebody calls a phone now who has not been answered."""

    @abstractmethod
    async def open_line(self, says: Cause | None = None) -> None:
        """The carrier is there, and somebody has the number outside; `says`: how calls to it end instead."""

    @abstractmethod
    async def close_line(self) -> None:
        """The carrier is gone."""

    @abstractmethod
    async def rings_outside(self) -> Callee:
        """Wait until the number outside rings."""

    @abstractmethod
    async def cut(self) -> None:
        """Cut the wire between vcc and the switch."""

    @abstractmethod
    async def mend(self) -> None:
        """Mend the wire."""

    @abstractmethod
    async def die(self) -> None:
        """vcc dies: what was told so far is forgotten, nothing is told any more."""

    @abstractmethod
    async def start_again(self) -> None:
        """A new vcc, with a new adapter that knows nothing."""

    # --- what they have in common

    def send(self, *commands: Command) -> None:
        """Have commands carried out."""
        for command in commands:
            self.sent.append(command)
            self.switch.send(command)

    def hear(self, fact: SwitchFact) -> None:
        """The `tell` of the switch."""
        self.told.append(fact)

    def forget(self) -> None:
        """What was sent and told is of no interest any more, for vcc died."""
        check_promises(self.sent, self.told, whole=False)
        self.sent.clear()
        self.told.clear()

    def of(self, kind: type[F], **fields: Any) -> list[F]:
        """The facts of a kind that were told, with these values."""
        return [f for f in self.told if isinstance(f, kind) and all(getattr(f, k) == v for k, v in fields.items())]

    def about(self, leg: str) -> list[str]:
        """The names of the facts of a leg, in order."""
        facts = [f for f in self.told if leg in {getattr(f, "leg", ""), getattr(f, "other", "")}]
        return [type(fact).__name__ for fact in facts]

    async def fact(self, kind: type[F], *, within: float = 5.0, count: int = 1, **fields: Any) -> F:
        """Wait for the `count`th fact of a kind with these values."""
        if not await self.until(lambda: len(self.of(kind, **fields)) >= count, within):
            told = "\n".join(map(str, self.told[-30:]))
            message = f"no {kind.__name__} {fields} within {within} s; told was:\n{told}"
            raise AssertionError(message)
        return self.of(kind, **fields)[count - 1]

    async def arrived(self, dialled: str = NUMBER) -> tuple[Person, str]:
        """A call that arrived and was not answered yet, and its leg."""
        before = len(self.of(CallArrived))
        person = await self.call(dialled)
        return person, (await self.fact(CallArrived, count=before + 1)).leg

    async def answered(self) -> tuple[Person, str]:
        """A call that was answered, and its leg."""
        person, leg = await self.arrived()
        self.send(Answer(leg=leg))
        await person.answered()
        return person, leg

    async def agent(self, phone: str, leg: str, for_leg: str = "") -> Callee:
        """Ring a phone as `leg` and pick up there."""
        self.send(ring(leg, phone, for_leg=for_leg))
        callee = await self.rings(phone)
        await self.fact(LegRinging, leg=leg)
        await callee.answer()
        await self.fact(LegAnswered, leg=leg)
        return callee

    async def phones(self, *names: str) -> None:
        """Register phones, and wait until that is told."""
        for name in names:
            await self.plug_in(name)
            assert await self.until(lambda name=name: self._reachable(name), 5.0), f"phone {name} is not told of"  # type: ignore[misc]

    def _reachable(self, phone: str) -> bool:
        told = self.of(PhoneStatus, phone=phone)
        return bool(told) and told[-1].reachable is True

    async def line(self, says: Cause | None = None) -> None:
        """The carrier is there, and that is told."""
        await self.open_line(says)
        assert await self.until(self._line_is_up, 20.0), "the trunk is not told of"

    def _line_is_up(self) -> bool:
        told = self.of(TrunkStatus, trunk=self.trunk)
        return bool(told and told[-1].reachable)

    async def outsider(self, leg: str, for_leg: str = "") -> Callee:
        """Ring the number outside as `leg`, and answer there."""
        self.send(ring_outside(leg, for_leg=for_leg))
        callee = await self.rings_outside()
        await self.fact(LegRinging, leg=leg)
        await callee.answer()
        await self.fact(LegAnswered, leg=leg)
        return callee

    async def talk(self, agent_leg: str = "vcc-a-1", phone: str = LIN) -> tuple[Person, str, Callee]:
        """A caller and an agent who hear each other: caller, the caller's leg, agent."""
        person, leg = await self.answered()
        callee = await self.agent(phone, agent_leg, for_leg=leg)
        self.send(Bridge(leg=leg, other=agent_leg))
        await self.fact(LegsBridged, leg=leg, other=agent_leg)
        return person, leg, callee

    async def gone(self, leg: str) -> LegHungUp:
        """Wait for a leg's end."""
        return await self.fact(LegHungUp, leg=leg)


def ring(leg: str, phone: str = LIN, *, timeout_s: float = 10.0, for_leg: str = "", name: str = "王先生") -> Ring:
    """The command that rings a phone."""
    return Ring(leg=leg, phone=phone, timeout_s=timeout_s, shows_number="98668", shows_name=name, for_leg=for_leg)


def ring_outside(leg: str, *, timeout_s: float = 10.0, for_leg: str = "") -> RingOutside:
    """The command that rings the number outside, with the guard's permit."""
    wanted = Wanted(number=OUTSIDE, tenant="press", purpose=Purpose.FLOW, node=NODE)
    permit = decide(wanted, outside_platform(), Situation(), 1)
    assert isinstance(permit, Permit)
    assert (permit.dials, permit.caller_id) == (OUTSIDE_DIALLED, OUTSIDE_CALLER_ID)
    return RingOutside(leg=leg, permit=permit, timeout_s=timeout_s, for_leg=for_leg)


def check_promises(sent: Sequence[Command], told: Sequence[SwitchFact], *, whole: bool = True) -> None:
    """What holds of all that a switch tells. `whole`: every leg is gone by now, nothing is still under way."""
    assert not told or isinstance(told[0], NodeUp), f"the first fact is {told[0]}"
    assert all(fact.node == told[0].node for fact in told)
    times = [fact.at for fact in told]
    assert times == sorted(times), "time went back"
    _check_ends(told)
    _check_bridges(told)
    _check_spies(told)
    plays = Counter(command.play for command in sent if isinstance(command, Play))
    ends = Counter(fact.play for fact in told if isinstance(fact, PlayEnded))
    assert not ends - plays, "a play ended that nobody asked for, or twice"
    rung = {command.leg for command in sent if isinstance(command, Ring | RingOutside)}
    answers = Counter(fact.leg for fact in told if isinstance(fact, LegAnswered))
    assert not [leg for leg, count in answers.items() if count > 1], "an answer was told twice"
    if whole:
        ended = {fact.leg for fact in told if isinstance(fact, LegHungUp)}
        assert rung <= ended | answers.keys(), "a ring has come to no end"
        assert not any(isinstance(fact, NodeDown) for fact in told) or isinstance(
            next(fact for fact in reversed(told) if isinstance(fact, NodeUp | NodeDown)), NodeUp
        )


def _check_ends(told: Sequence[SwitchFact]) -> None:
    gone: set[str] = set()
    for fact in told:
        if isinstance(fact, CallArrived):
            gone.discard(fact.leg)
        for leg in {getattr(fact, "leg", ""), getattr(fact, "other", "")} - {""}:
            assert leg not in gone or isinstance(fact, CallArrived | CallMissed | NodeUp), (
                f"told after the leg was gone: {fact}"
            )
        if isinstance(fact, LegHungUp | LegReleased):
            gone.add(fact.leg)


def _check_bridges(told: Sequence[SwitchFact]) -> None:
    together: set[tuple[str, str]] = set()
    for fact in told:
        match fact:
            case NodeUp(legs=legs):
                together |= {pair for s in legs for other in s.bridged_with for pair in _both(s.leg, other)}
            case LegsBridged(leg=leg, other=other):
                assert (leg, other) not in together, f"bridged twice: {fact}"
                together |= _both(leg, other)
            case LegsParted(leg=leg, other=other):
                assert (leg, other) in together, f"parted without a bridge, or twice: {fact}"
                together -= _both(leg, other)
            case LegJoined(leg=leg, others=others):
                assert len(others) > 1, f"a third that joins nobody: {fact}"
                assert all(pair in together for pair in permutations(others, 2)), f"joined what is none: {fact}"
                assert not any(leg in pair for pair in together), f"joined while in a conversation: {fact}"
                together |= {pair for other in others for pair in _both(leg, other)}
            case LegLeft(leg=leg, others=others):
                left = {other for one, other in together if one == leg}
                assert left == set(others), f"left others than it was with: {fact}"
                assert len(others) > 1, f"left, and the conversation cannot go on: {fact}"
                together -= {pair for other in others for pair in _both(leg, other)}


def _both(leg: str, other: str) -> set[tuple[str, str]]:
    return {(leg, other), (other, leg)}


def _check_spies(told: Sequence[SwitchFact]) -> None:
    spies: dict[str, str] = {}
    for fact in told:
        match fact:
            case NodeUp(legs=legs):
                spies |= {s.leg: s.spies_on for s in legs if s.spies_on}
            case SpyBegan(leg=leg, on=on):
                assert spies.get(leg, on) == on, f"watches another before the end of the first: {fact}"
                spies[leg] = on
            case SpyEnded(leg=leg, on=on):
                assert spies.pop(leg, None) == on, f"an end of what had not begun: {fact}"
            case LegHungUp(leg=leg):
                assert leg not in spies, f"gone before the end of its spying: {fact}"
