"""Who hears whom on the simulated switch: conversations of two and more, supervisors, mute and hold."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from telephony.claims import PAIR
from telephony.port import (
    LegHeld,
    LegJoined,
    LegLeft,
    LegResumed,
    LegsBridged,
    LegsParted,
    LegTransferred,
    Spy,
    SpyBegan,
    SpyEnded,
    SpyMode,
)
from telephony.simulated.leg import Leg, Refer, Whispering
from telephony.simulated.line import Hearing
from telephony.simulated.phones import Answers

if TYPE_CHECKING:
    from telephony.simulated.exchange import Exchange

#: What may be dialled.
_NUMBER = re.compile(r"[+*#0-9]{1,32}|[+*#0-9a-zA-Z]{2,17}")


class Talks:
    """The conversations of an exchange."""

    def __init__(self, exchange: Exchange) -> None:
        """Nobody talks."""
        self._exchange = exchange

    # --- conversations

    def begin(self, leg: Leg, other: Leg) -> None:
        """The two hear each other; whatever `other` was in is over for it."""
        freed = self.leave(other)
        leg.talk = other.talk = [leg, other]
        for one in leg.talk:
            self._enter(one)
        exchange = self._exchange
        exchange.tell(LegsBridged(node=exchange.node, at=exchange.clock.now(), leg=leg.name, other=other.name))
        self._refresh(leg.talk)
        for one in leg.talk:
            self._ends_some_day(one)
        for one in freed:
            exchange.freed(one)

    def join(self, leg: Leg, to: Leg) -> None:
        """One more in the conversation of `to`."""
        exchange, talk = self._exchange, to.talk
        leg.talk, leg.joined = talk, True
        self._enter(leg)
        others = tuple(one.name for one in talk)
        talk.append(leg)
        exchange.tell(LegJoined(node=exchange.node, at=exchange.clock.now(), leg=leg.name, others=others))
        self._refresh(talk)

    def leave(self, leg: Leg) -> list[Leg]:
        """The leg is no longer in its conversation; returns those who are not in one any more either."""
        exchange, talk = self._exchange, leg.talk
        if not talk:
            return []
        node, now = exchange.node, exchange.clock.now()
        others = [one for one in talk if one is not leg]
        if len(others) >= PAIR:
            exchange.tell(LegLeft(node=node, at=now, leg=leg.name, others=tuple(one.name for one in others)))
            talk.remove(leg)
        else:
            exchange.tell(LegsParted(node=node, at=now, leg=talk[0].name, other=talk[1].name))
        gone = [leg] if len(others) >= PAIR else [leg, *others]
        for one in gone:
            one.talk, one.joined, one.holds = [], False, False
            one.line.hear(now, Hearing.NOTHING)
            exchange.taping.note(one)
            self._refresh_watchers(one)
        if len(others) >= PAIR:
            self._refresh(others)
        return gone[1:]

    def movable(self, leg: Leg) -> bool:
        """Whether it may leave while the others talk on: a caller may not, unless it came in by `Join`."""
        return len(leg.talk) == PAIR or leg.rung or bool(leg.phone) or leg.joined

    def _enter(self, leg: Leg) -> None:
        if leg.playing is not None:
            self._exchange.end_play(leg, completed=False)
        leg.music = ""

    def _ends_some_day(self, leg: Leg) -> None:
        exchange = self._exchange
        behaviour = exchange.rung(leg).behaviour if leg.rung else None
        if isinstance(behaviour, Answers) and behaviour.talks_s is not None:
            at = exchange.clock.now() + behaviour.talks_s
            leg.timers.append(exchange.clock.call_at(at, lambda: exchange.talked(leg)))

    # --- supervisors

    def watch(self, leg: Leg, on: Leg, mode: SpyMode) -> None:
        """The leg watches another one, from now on in this mode."""
        exchange = self._exchange
        if leg.watch is not None and leg.watch.on != on.name:
            self.end_watch(leg)
        leg.watch, leg.music = Spy(leg=leg.name, on=on.name, mode=mode), ""
        exchange.tell(SpyBegan(node=exchange.node, at=exchange.clock.now(), leg=leg.name, on=on.name, mode=mode))
        self._refresh_around(on)

    def end_watch(self, leg: Leg) -> None:
        """The leg watches nobody any more."""
        exchange, watch, leg.watch = self._exchange, leg.watch, None
        if watch is not None:
            now = exchange.clock.now()
            exchange.tell(SpyEnded(node=exchange.node, at=now, leg=leg.name, on=watch.on))
            leg.line.hear(now, Hearing.NOTHING)
            if (on := exchange.legs.get(watch.on)) is not None:
                self._refresh_around(on)

    def unwatched(self, on: Leg) -> list[Leg]:
        """A leg is gone: who watched it is free; returns them."""
        watchers = self._watchers(on)
        for leg in watchers:
            self.end_watch(leg)
        return watchers

    def _watchers(self, on: Leg) -> list[Leg]:
        return [leg for leg in self._exchange.legs.values() if leg.watch is not None and leg.watch.on == on.name]

    # --- what phones do by themselves

    def hold(self, leg: Leg, *, on: bool) -> None:
        """Somebody presses the hold key."""
        if leg.talk and leg.holds != on:
            leg.holds = on
            exchange, kind = self._exchange, LegHeld if on else LegResumed
            exchange.tell(kind(node=exchange.node, at=exchange.clock.now(), leg=leg.name))
            self._refresh(leg.talk)

    def transfer(self, by: Leg, to: str) -> bool:
        """The phone of `by` sends whoever it talks with elsewhere, blind; whether it may."""
        if not by.phone or not by.talk or not _NUMBER.fullmatch(to):
            return False
        if len(by.talk) > PAIR:
            self.leave(by)
            self._exchange.freed(by)
            return True
        leg = next(one for one in by.talk if one is not by)
        self.leave(by)
        leg.controlled, leg.refer = False, Refer(by=by.name, to=to)
        self._exchange.freed(leg)
        self._exchange.freed(by)
        return True

    def transfer_attended(self, by: Leg, second: Leg) -> bool:
        """A phone joins those whom it talks with on two legs; whether it may."""
        talks = by.talk or second.talk
        if by is second or not by.phone or by.phone != second.phone or not talks or len(second.talk) > PAIR:
            return False
        if not by.talk:
            by, second = second, by  # who is talked with takes the place of the leg that talks with nobody
        exchange = self._exchange
        if len(by.talk) > PAIR:
            self._into_three(by, second)
            return True
        target = next((one for one in second.talk if one is not second), None)
        leg = next(one for one in by.talk if one is not by)
        self.leave(second)
        self.leave(by)
        if target is not None:
            self.begin(leg, target)
        now = exchange.clock.now()
        exchange.tell(LegTransferred(node=exchange.node, at=now, leg=leg.name, by=by.name, place_of=second.name))
        exchange.replaced(second)
        exchange.freed(leg)
        exchange.freed(by)
        return True

    def _into_three(self, by: Leg, second: Leg) -> None:
        """The partner of the second leg comes into the conversation of more than two, in place of the first leg."""
        target = next((one for one in second.talk if one is not second), None)
        stays = next(one for one in by.talk if one is not by)
        self.leave(second)
        self.leave(by)
        if target is not None:
            self.join(target, stays)
        self._exchange.replaced(second)
        self._exchange.freed(by)

    # --- what is heard

    def whisper(self, leg: Leg, whisper: Whispering | None) -> None:
        """This is said into the leg's ear from now on, or nothing any more."""
        if leg.whisper is not None and leg.whisper is not whisper and leg.whisper.timer is not None:
            leg.whisper.timer.cancel()
        leg.whisper = whisper
        self._refresh(leg.talk)

    def mute(self, leg: Leg, *, on: bool) -> None:
        """The leg's own voice is silenced, or not any more."""
        leg.muted = on
        self._refresh_around(leg)

    def _refresh_around(self, leg: Leg) -> None:
        self._refresh(leg.talk)
        self._refresh_watchers(leg)

    def _refresh(self, talk: list[Leg]) -> None:
        for leg in talk:
            held = any(one.holds for one in talk if one is not leg)
            voices = self._voices(leg)
            if held:
                self._hear(leg, Hearing.MUSIC if leg.music_class else Hearing.NOTHING, leg.music_class)
            else:
                self._hear(leg, Hearing.TALK if voices else Hearing.NOTHING, "+".join(voices))
            self._exchange.taping.note(leg)
            self._refresh_watchers(leg)

    def _refresh_watchers(self, on: Leg) -> None:
        for leg in self._watchers(on):
            voices = [*([] if on.muted else [on.name]), *(name for name in self._voices(on) if name != leg.name)]
            self._hear(leg, Hearing.TALK if voices else Hearing.NOTHING, "+".join(voices))

    def _voices(self, leg: Leg) -> list[str]:
        """Whom the person on this leg hears speak."""
        partners = [one for one in leg.talk if one is not leg]
        voices = [] if leg.holds else [one.name for one in partners if not one.muted]
        voices += self._spoken_to(leg, SpyMode.WHISPER, SpyMode.BARGE)
        voices += [leg.whisper.sound] if leg.whisper and leg.whisper.sound else []
        for partner in partners:
            voices += self._spoken_to(partner, SpyMode.BARGE)
        return voices

    def _spoken_to(self, on: Leg, *modes: SpyMode) -> list[str]:
        """Those who watch a leg in one of these modes and are not muted."""
        return [one.name for one in self._watchers(on) if one.watch and one.watch.mode in modes and not one.muted]

    def _hear(self, leg: Leg, hearing: Hearing, what: str) -> None:
        leg.line.hear(self._exchange.clock.now(), hearing, what if hearing is not Hearing.NOTHING else "")
