"""What phones do by themselves in a conversation: their hold keys, their transfers.

hold key                   -> LegHeld, LegResumed -> TalkHeld, TalkResumed; the agent is `held`
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.facts import TalkHeld, TalkResumed
from vcc.calls.session import Stage

if TYPE_CHECKING:
    from telephony.port import LegHeld, LegResumed
    from vcc.calls.floor import Floor
    from vcc.calls.session import ContactSession


class Talks:
    """The conversations of the floor, as far as the phones in them do something."""

    def __init__(self, floor: Floor) -> None:
        """Serve this floor."""
        self._floor = floor

    def held(self, fact: LegHeld) -> None:
        """A hold key: it counts where an agent holds a caller."""
        if (session := self._talk_of(fact.leg)) is not None:
            begin_hold(self._floor, session)

    def resumed(self, fact: LegResumed) -> None:
        """The hold key again."""
        if (session := self._talk_of(fact.leg)) is not None:
            end_hold(self._floor, session)

    def _talk_of(self, leg: str) -> ContactSession | None:
        """The conversation of the agent whose leg this is."""
        at = self._floor.legs.agents.get(leg)
        if at is None or at.session.agent_leg != leg or at.session.stage is not Stage.TALKING:
            return None
        return at.session


def begin_hold(floor: Floor, session: ContactSession) -> None:
    """The caller is on hold from now on; told twice it changes nothing."""
    if session.held_at is None:
        session.held_at = floor.now()
        floor.touch(session)
        floor.record(TalkHeld(**floor.about(session), agent=session.agent))
        floor.obey(floor.router.talk_held(session.contact, held=True, now=floor.now()))


def end_hold(floor: Floor, session: ContactSession) -> None:
    """The two talk again."""
    if session.held_at is not None:
        held_s, session.held_at = floor.now() - session.held_at, None
        floor.touch(session)
        floor.record(TalkResumed(**floor.about(session), agent=session.agent, held_s=held_s))
        floor.obey(floor.router.talk_held(session.contact, held=False, now=floor.now()))
