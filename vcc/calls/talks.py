"""What phones do by themselves in a conversation: their hold keys, their transfers.

    hold key        -> LegHeld, LegResumed         -> TalkHeld, TalkResumed; the agent is `held`; a recorded
                                                      conversation is bridged anew
    blind transfer  -> LegTransferred, CallArrived -> the agent is let go, the caller is sent on (transfers.py)
    attended        -> LegTransferred              -> the caller gets the colleague (handover.py)

After a blind transfer the switch tells of the caller's leg once more by `CallArrived`; and a vcc that was away
meanwhile has let the agent go already, when it looked who is with whom.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.facts import Party, TalkHeld, TalkResumed
from vcc.calls.destinations import find
from vcc.calls.handover import HandOver
from vcc.calls.session import Stage

if TYPE_CHECKING:
    from telephony.port import LegHeld, LegResumed, LegTransferred
    from vcc.calls.colleagues import Colleagues
    from vcc.calls.floor import Floor
    from vcc.calls.offers import Offers
    from vcc.calls.session import ContactSession
    from vcc.calls.transfers import Transfers


class Talks:
    """The conversations of the floor, as far as the phones in them do something."""

    def __init__(self, floor: Floor, offers: Offers, transfers: Transfers, colleagues: Colleagues) -> None:
        """Serve this floor; `offers` lets agents go, `transfers` and `colleagues` lead on whom a phone sends away."""
        self._floor = floor
        self._offers = offers
        self._transfers = transfers
        self._colleagues = colleagues
        self._hand_over = HandOver(floor, offers, transfers, colleagues)
        self._coming: set[str] = set()  # callers' legs that the switch is about to tell of once more

    def held(self, fact: LegHeld) -> None:
        """A hold key: it counts where an agent holds a caller."""
        if (session := self._talk_of(fact.leg)) is not None:
            begin_hold(self._floor, session)

    def resumed(self, fact: LegResumed) -> None:
        """The hold key again, of the agent's phone or of the caller's."""
        if (session := self._talk_of(fact.leg)) is not None:
            end_hold(self._floor, session)
        else:
            session = self._floor.legs.callers.get(fact.leg)
        if session is not None:
            self._record_on(session)

    def _record_on(self, session: ContactSession) -> None:
        """A phone may begin its media anew after a hold: a recording hears that after another `Bridge` only."""
        two = session.stage is Stage.TALKING and not (session.apart or session.consult)
        if two and self._floor.recordings.goes_on(session):
            self._offers.rejoin(session)

    def transferred(self, fact: LegTransferred) -> None:
        """A phone has sent whoever it talked with elsewhere."""
        if fact.place_of:
            return self._hand_over.transferred(fact)
        session = self._floor.legs.callers.get(fact.leg)
        if session is None:
            self._agent_sent_away(fact)
        elif self._let_go(session, fact.by):
            self._coming.add(fact.leg)
            session.adrift = False
            self._transfers.expect_end(fact.node, session.left_leg)
            if session.colleague:
                return self._colleagues.sent_on(session, fact.to)
            target = find(self._floor, session.tenant, fact.to)
            self._transfers.send_on(session, target, to=fact.to, how="blind")
        return None

    def _let_go(self, session: ContactSession, by: str) -> bool:
        """Part the caller from the agent whose phone it was; False: that is so already, and all is done."""
        if session.stage is Stage.TALKING and by in ("", session.agent_leg) and not session.outside:
            self._offers.let_go(session, Party.AGENT)
            return True
        return session.stage is Stage.PARTING and by in ("", session.left_leg)

    def _agent_sent_away(self, fact: LegTransferred) -> None:
        """A caller who sits at a phone of ours transfers the agent: as if that caller had hung up."""
        if (session := self._talk_of(fact.leg)) is not None:
            self._offers.part(session, Party.CALLER)

    def came_back(self, leg: str) -> bool:
        """A leg was told of once more; whether that was to be expected, and means nothing more."""
        expected = leg in self._coming
        self._coming.discard(leg)
        return expected

    def gone(self, leg: str) -> None:
        """A leg is gone."""
        self._coming.discard(leg)
        self._transfers.gone(leg)

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
