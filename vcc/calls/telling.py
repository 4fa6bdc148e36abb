"""What vcc says to an agent in the course of a call: into the agent's ear alone, or where nobody else is on the line.

    whisper     while the agent talks: nobody else hears it
    say         while the agent's leg is under control
    farewell    the same, and then the leg is hung up; until then nobody is rung on the phone

Words are those of `ivr_flows.agent_phrases`, in the agent's language.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from acd.protocol import Phase, Wish
from ivr_flows import agent_phrases
from telephony.port import Play, Whisper

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.clock import TimerHandle
    from ivr_flows.prompts import Prompt
    from vcc.calls.floor import Floor
    from vcc.calls.session import ContactSession

#: The longest time (s) for last words: then the leg is hung up without more.
FAREWELL_S = 10.0


@dataclass(frozen=True, kw_only=True, slots=True)
class _Farewell:
    node: str
    phone: str
    play: str
    timer: TimerHandle


class Telling:
    """Says things on the floor."""

    def __init__(self, floor: Floor) -> None:
        """Nothing has been said."""
        self._floor = floor
        self._count = count(1)
        self._farewells: dict[str, _Farewell] = {}  # by leg

    def __len__(self) -> int:
        """How many are being said goodbye to."""
        return len(self._farewells)

    def whisper(self, session: ContactSession, phrase: Prompt, **values: str) -> None:
        """Say something to the agent of a conversation, who talks."""
        floor, leg, node = self._floor, session.agent_leg, session.agent_node

        def ready(sounds: tuple[str, ...]) -> None:
            if sounds and session.agent_leg == leg:
                floor.send(node, Whisper(leg=leg, sounds=sounds))

        self._rendered(session.agent, phrase, values, ready)

    def say(self, node: str, leg: str, agent: str, phrase: Prompt, *, stop_keys: str = "", **values: str) -> str:
        """Say something on a leg under control; the name of the `Play`."""
        floor, play = self._floor, f"told{next(self._count)}"

        def ready(sounds: tuple[str, ...]) -> None:
            if leg in floor.legs.agents:
                floor.send(node, Play(leg=leg, play=play, sounds=sounds, stop_keys=stop_keys))

        self._rendered(agent, phrase, values, ready)
        return play

    def farewell(self, node: str, leg: str, agent: str, phone: str, phrase: Prompt, **values: str) -> None:
        """Say last words on a leg under control, then hang it up."""
        floor = self._floor
        timer = floor.timers.call_at(floor.now() + FAREWELL_S, lambda: self._late(leg))
        play = self.say(node, leg, agent, phrase, **values)
        self._farewells[leg] = _Farewell(node=node, phone=phone, play=play, timer=timer)
        floor.occupy(phone, leg)

    def played(self, leg: str, play: str) -> None:
        """Something was said to its end, was interrupted, or could not be said."""
        farewell = self._farewells.get(leg)
        if farewell is not None and farewell.play == play:
            self._floor.healer.hang_up(farewell.node, leg)

    def not_played(self, leg: str) -> None:
        """The switch could not play what is said now."""
        if (farewell := self._farewells.get(leg)) is not None:
            self.played(leg, farewell.play)

    def gone(self, leg: str) -> None:
        """A leg is gone."""
        if (farewell := self._farewells.pop(leg, None)) is not None:
            farewell.timer.cancel()
            self._floor.vacate(farewell.phone, leg)

    def present(self, node: str, legs: frozenset[str]) -> None:
        """The node was asked what is there: what is not there is gone."""
        for leg in [leg for leg, farewell in self._farewells.items() if farewell.node == node and leg not in legs]:
            self.gone(leg)

    def _late(self, leg: str) -> None:
        if (farewell := self._farewells.get(leg)) is not None:
            self._floor.healer.hang_up(farewell.node, leg)
            self._floor.settle()

    def _rendered(
        self, agent: str, phrase: Prompt, values: dict[str, str], ready: Callable[[tuple[str, ...]], None]
    ) -> None:
        _, who = self._floor.directory.agents.get(agent, ("", None))
        parts = tuple(phrase.parts(who.language if who else "", lambda name: values.get(name, "")))
        sounds = self._floor.speech.resolve({}, parts)
        if sounds is None:
            self._floor.speech.render({}, parts, ready)
        else:
            ready(sounds)


def unavailable(floor: Floor, agent: str) -> Prompt:
    """Why an agent cannot be rung now."""
    state = floor.router.agent(agent)
    if state is None or state.wish is Wish.SIGNED_OUT:
        return agent_phrases.SIGNED_OUT
    if not state.reachable and state.phase in (Phase.IDLE, Phase.WRAP_UP, Phase.UNRESPONSIVE):
        return agent_phrases.UNREACHABLE
    return agent_phrases.BUSY
