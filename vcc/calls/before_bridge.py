"""What happens between an agent's picking up and the caller: a question, where one is asked, and a few words.

    picked up -> [question, twice -> the key that accepts] -> [words on who calls] -> join
                     |                                            +-- a key ends them; too long: as if they were over
                     +-- another key, silence, a voicemail -> failed: as if nobody had answered

The caller waits meanwhile, with music, the place and the flow's announcements, and can leave: to the router the offer
is still under way. So nothing of this outlives a crash of vcc, as no offer does. Of several who are rung whoever
accepts first gets the call: a voicemail at one seat stops no other's phone. When the agent hangs up, the caller leaves
or the phone is lost, whoever ends the offer calls `forget`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.facts import OfferOutcome
from telephony.port import Play, StopPlaying

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.clock import TimerHandle
    from ivr_flows.protocol import Part
    from vcc.calls.floor import Floor
    from vcc.calls.session import ContactSession

#: The lease of the offer outlives what is said by so much.
_GRACE_S = 1.0
_KEYS = "0123456789*#ABCD"
#: The `Play`s, as the switch knows them.
QUESTION, WORDS = "accept", "whisper"


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """Asked of whoever answers: `accept` and no other key within `within_s` of picking up is a yes."""

    parts: tuple[Part, ...]
    accept: str = "1"
    within_s: float = 12.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Briefing:
    """What an agent hears first. Without a question whoever picked up has taken the call."""

    words: tuple[Part, ...] = ()
    question: Question | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Taker:
    """Who has picked up for a contact's session, on which leg, and for which offer (None: the router has made none).
    `join` is called when all is said, `failed` when the call was not taken.
    """

    session: ContactSession
    node: str
    leg: str
    offer: int | None
    join: Callable[[], None]
    failed: Callable[[OfferOutcome, str], None]


@dataclass(kw_only=True, slots=True)
class _Told:
    """One who is being told. `play`: what is said now; QUESTION until it is answered."""

    taker: Taker
    briefing: Briefing
    play: str = ""
    timer: TimerHandle | None = None


class BeforeBridge:
    """All agents of the floor who have picked up and are not joined yet."""

    def __init__(self, floor: Floor) -> None:
        """Serve this floor."""
        self._floor = floor
        self._told: dict[str, _Told] = {}

    def __len__(self) -> int:
        """How many agents are being told something."""
        return len(self._told)

    def begin(self, taker: Taker, briefing: Briefing) -> None:
        """Ask, say, then join. The offer is held as long as that may take."""
        now, question = self._floor.now(), briefing.question
        lasts = (question.within_s if question else 0.0) + (self._words_s(taker.session) if briefing.words else 0.0)
        if not lasts or not self._held(taker, now + lasts + _GRACE_S, alone=question is None):
            return taker.join()
        told = self._told[taker.leg] = _Told(taker=taker, briefing=briefing)
        if question is None:
            return self._say_words(told)
        self._limit(told, question.within_s)
        return self._say(told, QUESTION, "", question.parts * 2)

    def _held(self, taker: Taker, until: float, *, alone: bool) -> bool:
        """Whether there is time for it. `alone`: nobody else is rung any longer."""
        if taker.offer is None:
            return True
        valid, commands = self._floor.router.offer_held(taker.offer, until, self._floor.now(), alone=alone)
        self._floor.obey(commands)
        return valid

    def _words_s(self, session: ContactSession) -> float:
        """Words that take longer are cut off: a caller waits."""
        return self._floor.directory.conversation(session.tenant).whisper_s

    def _say_words(self, told: _Told) -> None:
        self._limit(told, self._words_s(told.taker.session))
        self._say(told, WORDS, told.taker.session.tenant, told.briefing.words)

    def _say(self, told: _Told, play: str, whose: str, parts: tuple[Part, ...]) -> None:
        told.play = play
        speech = self._floor.speech
        own = speech.sounds(whose)
        sounds = speech.resolve(own, parts)
        if sounds is None:
            return speech.render(own, parts, lambda ready: self._rendered(told, play, ready))
        return self._play(told, play, sounds)

    def _rendered(self, told: _Told, play: str, sounds: tuple[str, ...]) -> None:
        self._play(told, play, sounds)
        self._floor.settle()

    def _play(self, told: _Told, play: str, sounds: tuple[str, ...]) -> None:
        if self._told.get(told.taker.leg) is not told or told.play != play:
            return
        if sounds:
            self._floor.send(told.taker.node, Play(leg=told.taker.leg, play=play, sounds=sounds, stop_keys=_KEYS))
        else:
            self.played(told.taker.leg, play)

    def played(self, leg: str, play: str) -> None:
        """Something is over, was ended by a key, or could not be said. After the question the answer is waited for."""
        told = self._told.get(leg)
        if told is not None and told.play == play == WORDS:
            self._over(told)

    def not_played(self, leg: str) -> None:
        """The switch could not play what is said now."""
        if (told := self._told.get(leg)) is not None:
            self.played(leg, told.play)

    def pressed(self, leg: str, key: str) -> None:
        """A key on an agent's leg: the answer, where the question was asked."""
        told = self._told.get(leg)
        if told is None or told.play != QUESTION or told.briefing.question is None:
            return None
        if key != told.briefing.question.accept:
            return self._refuse(told, "not accepted: another key")
        self._floor.send(told.taker.node, StopPlaying(leg=leg))
        if not told.briefing.words:
            return self._over(told)
        until = self._floor.now() + self._words_s(told.taker.session) + _GRACE_S
        return self._say_words(told) if self._held(told.taker, until, alone=True) else self._over(told)

    def asks(self, leg: str) -> bool:
        """Whether whoever answered on this leg has yet to accept."""
        told = self._told.get(leg)
        return told is not None and told.play == QUESTION

    def _limit(self, told: _Told, seconds: float) -> None:
        if told.timer is not None:
            told.timer.cancel()
        told.timer = self._floor.timers.call_at(self._floor.now() + seconds, lambda: self._too_long(told))

    def _too_long(self, told: _Told) -> None:
        if self._told.get(told.taker.leg) is not told:
            return
        if told.play == QUESTION:
            self._refuse(told, "not accepted in time")
        else:
            self._floor.send(told.taker.node, StopPlaying(leg=told.taker.leg))
            self._over(told)
        self._floor.settle()

    def _over(self, told: _Told) -> None:
        self.forget(told.taker.leg)
        told.taker.join()

    def _refuse(self, told: _Told, detail: str) -> None:
        self.forget(told.taker.leg)
        self._floor.healer.hang_up(told.taker.node, told.taker.leg)
        told.taker.failed(OfferOutcome.NO_ANSWER, detail)

    def forget(self, leg: str) -> None:
        """The offer is over, or the two are being joined: nothing more is said."""
        told = self._told.pop(leg, None)
        if told is not None and told.timer is not None:
            told.timer.cancel()
