"""The switch in memory and the world around it. It lives on when vcc dies, as a real one does.

What tests and simulations do is here: calls arrive, keys are pressed, phones have habits, people hang up. What vcc
wants done comes by `carry_out`; what happens goes to the controller that is attached, and to nobody when none is:
then callers hear music and, after a limit, get the switch's static fallback.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from telephony import untrusted
from telephony.port import (
    CallArrived,
    CallMissed,
    Cause,
    Command,
    DigitPressed,
    ForgetMissed,
    LegAnswered,
    LegHungUp,
    LegReleased,
    LegSnapshot,
    LegTransferred,
    MissedEnd,
    PhoneStatus,
    PlayEnded,
    SwitchFact,
    TrunkStatus,
)
from telephony.simulated.execution import Execution
from telephony.simulated.leg import Leg
from telephony.simulated.line import Hearing, Line
from telephony.simulated.phones import Behaviour, OutTrunk, Phone
from telephony.simulated.sounds import Sounds
from telephony.simulated.talks import Talks
from telephony.simulated.taping import Taping

if TYPE_CHECKING:
    from collections.abc import Mapping

    from telephony.simulated.clock import TimeSource

KEYS = "0123456789*#ABCD"
#: What callers hear while vcc is away and no class of music was asked for.
DEFAULT_MUSIC = "default"
#: How long the static fallback speaks before it hangs up.
FALLBACK_S = 3.0


class Controller(Protocol):
    """Who is told what happens."""

    def hear(self, fact: SwitchFact) -> None:
        """Something happened; the controller passes it on later, never at once."""
        ...


class Exchange:
    """Legs, phones, and the people at the other ends."""

    def __init__(
        self, node: str, clock: TimeSource, *, sounds: Sounds | None = None, fallback_after_s: float = 30.0
    ) -> None:
        """An idle switch without phones. `fallback_after_s`: how long callers wait for a vcc that is away."""
        self.node = node
        self.clock = clock
        self.sounds = sounds or Sounds()
        self.began = clock.now()
        self.legs: dict[str, Leg] = {}
        self.phones: dict[str, Phone] = {}
        #: people outside, by the number as the carrier gets it, and the trunks that lead to them
        self.outside: dict[str, Phone] = {}
        self.trunks: dict[str, OutTrunk] = {}
        #: the other nodes, by name: phones there can be rung from here
        self.linked: dict[str, Exchange] = {}
        #: by leg: who came while vcc was away, and has left; until vcc says that it is on record
        self.missed: dict[str, CallMissed] = {}
        self._lines: dict[str, Line] = {}
        self._fallback_after_s = fallback_after_s
        self._controller: Controller | None = None
        self.talks = Talks(self)
        self.taping = Taping(self)
        self._execution = Execution(self)
        self._arrivals = 0

    # --- the world: what tests and simulations do ---------------------------------------------------------------------

    def add_phone(self, name: str, behaviour: Behaviour | None = None, *, reachable: bool = True) -> Phone:
        """Put a phone on a desk; without a behaviour nobody comes when it rings."""
        phone = self.phones[name] = Phone(name=name, reachable=reachable)
        if behaviour is not None:
            phone.behaviour = behaviour
        self._tell_phone(phone)
        return phone

    def add_outside(self, number: str, behaviour: Behaviour | None = None) -> Phone:
        """Somebody outside has this number; nobody else there has any."""
        phone = self.outside[number] = Phone(name=number)
        if behaviour is not None:
            phone.behaviour = behaviour
        return phone

    def link(self, other: Exchange) -> None:
        """Lay a trunk between the two."""
        self.linked[other.node], other.linked[self.node] = other, self

    def set_trunk(self, name: str, *, reachable: bool = True, congested: bool = False) -> None:
        """A trunk on which calls go out: it is there, is lost, is full."""
        known = self.trunks.get(name)
        trunk = self.trunks[name] = OutTrunk(name=name, reachable=reachable, congested=congested)
        if known is None or known.reachable != reachable:
            self.tell(self.trunk_status(trunk))

    def set_reachable(self, name: str, *, reachable: bool) -> None:
        """A phone is unplugged, or registers again. Calls that it has go on."""
        phone = self.phones[name]
        if phone.reachable != reachable:
            phone.reachable = reachable
            self._tell_phone(phone)

    def arrive(
        self,
        dialled: str,
        caller: str = "",
        trunk: str = "trunk",
        *,
        phone: str = "",
        caller_name: str = "",
        headers: Mapping[str, str] | None = None,
        handed_over: bool = False,
    ) -> str:
        """A call comes in on a trunk, where `phone` is given from that phone, or by a dial plan that hands it over.
        Returns its leg.
        """
        number, shown = untrusted.caller(caller, caller_name)
        self._arrivals += 1
        name = f"{self.node}-{self._arrivals}"
        line = self._lines[name] = Line(leg=name, rang_at=self.clock.now())
        leg = self.legs[name] = Leg(
            name=name,
            line=line,
            rung=False,
            trunk="" if phone or handed_over else trunk,
            phone=phone,
            dialled=dialled,
            caller=number,
            caller_name=shown,
            headers={name.lower(): untrusted.harmless(value) for name, value in (headers or {}).items()},
            handed_over=handed_over,
        )
        if phone:
            self.phones[phone].legs.append(name)
        line.hear(self.clock.now(), Hearing.RINGING)
        self.freed(leg)
        return name

    def hand_over_again(self, leg: str) -> None:
        """The dial plan that got a call back hands it over once more."""
        found = self.legs[leg]
        found.released = found.served = False
        self.freed(found)

    def press(self, leg: str, keys: str) -> None:
        """The person at the other end presses keys. Raises ValueError for what is no key."""
        for key in keys:
            if key not in KEYS:
                message = f"{key!r} is not a key; keys are {KEYS}"
                raise ValueError(message)
            found = self.legs[leg]
            if found.released:
                continue
            self.tell(DigitPressed(node=self.node, at=self.clock.now(), leg=leg, digit=key))
            if found.playing is not None and key in found.playing.command.stop_keys:
                self.end_play(found, completed=False)
                self._execution.work(found)

    def hang_up(self, leg: str) -> None:
        """The person at the other end hangs up, or cancels a call that was not answered yet."""
        self.end(self.legs[leg], Cause.NORMAL, "hung up at the other end")

    def caller_hangs_up(self, leg: str) -> None:
        """The same, where the leg is a caller's."""
        self.hang_up(leg)

    def agent_hangs_up(self, phone: str) -> None:
        """Whoever talks on this phone hangs up. Raises ValueError where nobody does."""
        self.hang_up(self.leg_on(phone))

    def pick_up(self, phone: str) -> None:
        """Somebody answers the phone, which rings. Raises ValueError where it does not."""
        leg = self.legs[self.leg_on(phone)]
        if not leg.ringing:
            message = f"phone {phone} does not ring"
            raise ValueError(message)
        self.answered(leg)

    def refuse(self, phone: str) -> None:
        """Somebody presses the red button of a phone that rings."""
        self.end(self.legs[self.leg_on(phone)], Cause.REFUSED, "declined")

    def hold(self, leg: str, *, on: bool) -> None:
        """Somebody presses the hold key of the phone on which this leg talks: `on`, or to take the others back."""
        self.talks.hold(self.legs[leg], on=on)

    def transfer(self, leg: str, to: str) -> bool:
        """The phone of a leg transfers whoever it talks with to `to`, blind; whether it may."""
        return self.talks.transfer(self.legs[leg], to)

    def transfer_attended(self, leg: str, second: str) -> bool:
        """A phone joins whom it talks with on the first leg with whom it talks on the second; whether it may."""
        return self.talks.transfer_attended(self.legs[leg], self.legs[second])

    def speak(self, leg: str, hz: int) -> None:
        """The person at the other end says something, a tone, from now on; 0: nothing more. Recordings tell."""
        speaker = self.legs[leg]
        speaker.voice_hz = hz
        self.taping.note(speaker, *speaker.talk)

    def lose_media(self, leg: str) -> None:
        """No more sound comes from the other end; the switch gives the leg up."""
        self.end(self.legs[leg], Cause.MEDIA_LOST, "no media")

    def leg_on(self, phone: str) -> str:
        """The leg that rings a phone (or number outside) or talks on it, the newest; the phone may be at another node.
        Raises ValueError where there is none.
        """
        phones = {**self.outside, **{name: at for other in self.linked.values() for name, at in other.phones.items()}}
        legs = [leg for leg in (phones | self.phones)[phone].legs if leg in self.legs]
        if not legs:
            message = f"there is no call on phone {phone}"
            raise ValueError(message)
        return legs[-1]

    def line(self, leg: str) -> Line:
        """The other end of a leg, also of one that is gone."""
        return self._lines[leg]

    def die(self) -> None:
        """The switch itself breaks down: every leg is gone, and nobody is told. It begins anew at once."""
        controller, self._controller = self._controller, None
        self.began = self.clock.now()
        for leg in list(self.legs.values()):
            self.end(leg, Cause.FAILED, "the switch broke down")
        self._controller = controller

    # --- vcc: what the adapter does -----------------------------------------------------------------------------------

    def attach(self, controller: Controller) -> None:
        """vcc is there: it gets every leg that nobody has in hand."""
        self._controller = controller
        for leg in list(self.legs.values()):
            self.freed(leg)
        for missed in self.missed.values():
            self._tell_missed(missed)

    def detach(self) -> None:
        """vcc is gone, or cannot be reached: callers hear music, talks go on."""
        for leg in list(self.legs.values()):
            self._lose(leg)
        self._controller = None

    def snapshots(self) -> tuple[LegSnapshot, ...]:
        """Every leg but those of which vcc never heard."""
        return tuple(leg.snapshot() for leg in self.legs.values() if leg.rung or (leg.served and not leg.released))

    def carry_out(self, command: Command) -> None:
        """Do what vcc wants."""
        if isinstance(command, ForgetMissed):
            self.missed.pop(command.leg, None)
        else:
            self._execution.carry_out(command)

    # --- what happens to legs -----------------------------------------------------------------------------------------

    def tell(self, fact: SwitchFact) -> None:
        """Tell whoever is attached."""
        if self._controller is not None:
            self._controller.hear(fact)

    def new_leg(self, leg: Leg) -> None:
        """Take a leg that vcc rings."""
        self.legs[leg.name] = leg
        self._lines[leg.name] = leg.line
        self.rung(leg).legs.append(leg.name)

    def rung(self, leg: Leg) -> Phone:
        """Where a leg that vcc rings arrives."""
        place = self.linked[leg.at] if leg.at else self
        return place.outside[leg.outside] if leg.outside else place.phones[leg.phone]

    def answered(self, leg: Leg) -> None:
        """A phone was picked up."""
        leg.cancel_timers()
        leg.ringing, leg.up, leg.line.answered_at = False, True, self.clock.now()
        leg.line.hear(self.clock.now(), Hearing.NOTHING)
        self.freed(leg)

    def end(self, leg: Leg, cause: Cause, detail: str) -> None:
        """The leg is gone."""
        now = self.clock.now()
        leg.cancel_timers()
        leg.commands.clear()
        del self.legs[leg.name]
        self.talks.whisper(leg, None)
        if leg.playing is not None:
            self.end_play(leg, completed=False, leg_ends=True)
        freed = self.talks.leave(leg)
        self.talks.end_watch(leg)
        freed += self.talks.unwatched(leg)
        if leg.phone or leg.outside:
            self.rung(leg).legs.remove(leg.name)
        self.taping.end(leg)
        leg.line.end(now, cause)
        if not leg.released:
            self.tell(LegHungUp(node=self.node, at=now, leg=leg.name, cause=cause, detail=detail))
        if not leg.rung and not leg.served and not leg.handed_over:
            self._note_missed(leg, now, cause)
        for other in freed:
            self.freed(other)

    def end_play(self, leg: Leg, *, completed: bool, leg_ends: bool = False) -> None:
        """The `Play` under way is over."""
        playing, leg.playing = leg.playing, None
        if playing is not None:
            if playing.timer is not None:
                playing.timer.cancel()
            now = self.clock.now()
            leg.line.hear(now, Hearing.NOTHING)
            play = playing.command.play
            self.tell(
                PlayEnded(node=self.node, at=now, leg=leg.name, play=play, completed=completed, leg_ends=leg_ends)
            )

    def to_fallback(self, leg: Leg) -> None:
        """The leg leaves vcc's hands for good: the switch's own announcement, then the end."""
        now = self.clock.now()
        leg.cancel_timers()
        leg.commands.clear()
        leg.controlled, leg.in_fallback = False, True
        if not leg.up:
            leg.up, leg.line.answered_at = True, now
        leg.line.hear(now, Hearing.FALLBACK, leg.dialled)
        leg.timers.append(self.clock.call_at(now + FALLBACK_S, lambda: self._fallback_spoken(leg)))

    def release(self, leg: Leg, words: str) -> None:
        """The dial plan that handed the leg over has it again, and finds `words` (outcome/result)."""
        now = self.clock.now()
        leg.commands.clear()
        leg.music, leg.controlled, leg.released = "", False, True
        leg.line.hear(now, Hearing.DIAL_PLAN, words)
        self.tell(LegReleased(node=self.node, at=now, leg=leg.name))

    def replaced(self, leg: Leg) -> None:
        """Another leg has taken its place."""
        self.end(leg, Cause.NORMAL, "its phone has transferred another leg to its place")

    def talked(self, leg: Leg) -> None:
        """Whoever talks on it has nothing more to say."""
        if leg.talk:
            self.end(leg, Cause.NORMAL, "hung up at the other end")

    def freed(self, leg: Leg) -> None:
        """Nobody else has the leg: it comes to vcc, or waits for it."""
        if leg.talk or leg.watch is not None or leg.in_fallback or leg.released or (leg.rung and not leg.up):
            return
        if leg.controlled:
            self._execution.work(leg)
        elif self._controller is None:
            self._wait(leg)
        else:
            leg.cancel_timers()
            again, leg.controlled, leg.served = leg.served, True, True
            if leg.refer is not None:
                now, refer = self.clock.now(), leg.refer
                self.tell(LegTransferred(node=self.node, at=now, leg=leg.name, by=refer.by, to=refer.to))
            self.tell(self._arrival(leg, again=again))
            self._execution.work(leg)

    def _arrival(self, leg: Leg, *, again: bool) -> CallArrived | LegAnswered:
        now = self.clock.now()
        if leg.rung:
            return LegAnswered(node=self.node, at=now, leg=leg.name)
        return CallArrived(
            node=self.node,
            at=now,
            leg=leg.name,
            trunk=leg.trunk,
            phone=leg.phone,
            dialled=leg.dialled,
            caller=leg.caller,
            caller_name=leg.caller_name,
            headers=leg.headers,
            again=again,
            handed_over=leg.handed_over,
        )

    def _lose(self, leg: Leg) -> None:
        leg.commands.clear()
        if leg.controlled:
            if leg.playing is not None:
                self.end_play(leg, completed=False)
            leg.controlled = False
            if not leg.talk and leg.watch is None:
                self._wait(leg)

    def _wait(self, leg: Leg) -> None:
        """vcc is away."""
        now = self.clock.now()
        if leg.rung:
            leg.line.hear(now, Hearing.NOTHING)
        elif leg.up:
            leg.line.hear(now, Hearing.MUSIC, leg.music or DEFAULT_MUSIC)
        else:
            leg.line.hear(now, Hearing.RINGING)
        leg.cancel_timers()
        leg.timers.append(self.clock.call_at(now + self._fallback_after_s, lambda: self._give_up(leg)))

    def _give_up(self, leg: Leg) -> None:
        """vcc was away for too long."""
        if leg.rung:
            self.end(leg, Cause.NORMAL, "vcc did not come back")
        else:
            self.to_fallback(leg)

    def _note_missed(self, leg: Leg, now: float, cause: Cause) -> None:
        """A leg that vcc never had is over."""
        how = MissedEnd.FALLBACK if leg.in_fallback else MissedEnd.GAVE_UP
        missed = self.missed[leg.name] = CallMissed(
            node=self.node,
            at=now,
            leg=leg.name,
            trunk=leg.trunk,
            phone=leg.phone,
            dialled=leg.dialled,
            caller="" if leg.phone else "".join(c for c in leg.caller if c in "+0123456789"),
            arrived=now if leg.line.rang_at is None else leg.line.rang_at,
            ended=now,
            answered=leg.line.answered_at,
            how=MissedEnd.LOST if cause is Cause.FAILED else how,
        )
        self._tell_missed(missed)

    def _tell_missed(self, missed: CallMissed) -> None:
        self.tell(replace(missed, at=self.clock.now()))

    def _fallback_spoken(self, leg: Leg) -> None:
        if leg.handed_over:
            leg.line.hear(self.clock.now(), Hearing.DIAL_PLAN, "fallback/")
        else:
            self.end(leg, Cause.NORMAL, "the fallback has spoken")

    def _tell_phone(self, phone: Phone) -> None:
        self.tell(self.phone_status(phone))

    def trunk_status(self, trunk: OutTrunk) -> TrunkStatus:
        """What is to be told of a trunk."""
        detail = "" if trunk.reachable else "no answer"
        return TrunkStatus(
            node=self.node, at=self.clock.now(), trunk=trunk.name, reachable=trunk.reachable, detail=detail
        )

    def phone_status(self, phone: Phone) -> PhoneStatus:
        """What is to be told of a phone."""
        detail = "" if phone.reachable else "unplugged"
        return PhoneStatus(
            node=self.node, at=self.clock.now(), phone=phone.name, reachable=phone.reachable, detail=detail
        )
