"""A number that an agent keys in during a conversation, alone on the line while the caller is on hold.

asked for -> digits -> # or a pause of `dial_s` -> the number
                    -> * or no digit at all     -> nothing
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivr_flows import agent_phrases

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.clock import TimerHandle
    from vcc.calls.floor import Floor
    from vcc.calls.session import ContactSession
    from vcc.calls.telling import Telling

_ANY = "0123456789*#"
_LONGEST = 20


@dataclass(kw_only=True, slots=True)
class _Entry:
    session: ContactSession
    done: Callable[[str], None]
    question: str = ""
    digits: str = ""
    timer: TimerHandle | None = None


class Entering:
    """All numbers that are being keyed in."""

    def __init__(self, floor: Floor, telling: Telling) -> None:
        """Serve this floor; `telling` asks for the number."""
        self._floor, self._telling = floor, telling
        self._entries: dict[str, _Entry] = {}  # by agent's leg

    def __len__(self) -> int:
        """How many there are."""
        return len(self._entries)

    def ask(self, session: ContactSession, done: Callable[[str], None]) -> None:
        """Have the agent of a conversation, who is alone on the line, key in a number; `done` gets it, or nothing."""
        entry = self._entries[session.agent_leg] = _Entry(session=session, done=done)
        entry.question = self._telling.say(
            session.agent_node, session.agent_leg, session.agent, agent_phrases.ASK_NUMBER, stop_keys=_ANY
        )

    def pressed(self, leg: str, key: str) -> bool:
        """A key on a leg; whether it belongs to a number."""
        entry = self._entries.get(leg)
        if entry is None:
            return False
        entry.digits = "" if key == "*" else entry.digits + key.rstrip("#")
        if key in "*#" or len(entry.digits) >= _LONGEST:
            self._complete(leg, entry)
        else:
            self._wait(leg, entry)
        return True

    def played(self, leg: str, play: str) -> None:
        """The question is over: from here a key is waited for."""
        entry = self._entries.get(leg)
        if entry is not None and entry.question == play and entry.timer is None:
            self._wait(leg, entry)

    def not_played(self, leg: str) -> None:
        """The question could not be said."""
        if (entry := self._entries.get(leg)) is not None:
            self.played(leg, entry.question)

    def _wait(self, leg: str, entry: _Entry) -> None:
        if entry.timer is not None:
            entry.timer.cancel()
        floor = self._floor
        dial_s = floor.directory.conversation(entry.session.tenant).dial_s
        entry.timer = floor.timers.call_at(floor.now() + dial_s, lambda: self._waited(leg, entry))

    def _waited(self, leg: str, entry: _Entry) -> None:
        if self._entries.get(leg) is entry:
            self._complete(leg, entry)
            self._floor.settle()

    def _complete(self, leg: str, entry: _Entry) -> None:
        self.gone(leg)
        entry.done(entry.digits)

    def gone(self, leg: str) -> None:
        """A leg is gone, or its number complete."""
        entry = self._entries.pop(leg, None)
        if entry is not None and entry.timer is not None:
            entry.timer.cancel()
