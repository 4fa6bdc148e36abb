"""Codes that an agent keys in during a conversation: RFC 4733, on any phone, and on the agent's own leg alone.

    key -> (a code of the agent's table is complete) -> what it stands for -> words in the agent's ear
    transfer, consult: the caller is on hold -> "dial the number" -> digits -> # or a pause -> sent on, or rung
                                                                  -> *, or no digit at all -> the caller is back
                                                                  -> no such number, busy … -> the caller is back

A pause of `key_s` between two keys begins a code anew. What is keyed in is never a key of the caller's flow. A crash of
vcc forgets the number that is being keyed in: the caller is on hold, which `hold` ends.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import structlog

from core.errors import ConflictError, NotFoundError
from core.facts import OfferOutcome
from ivr_flows import agent_phrases as words
from telephony.port import Part
from tenancy.codes import TalkAction
from tenancy.dialling import Reason
from vcc.calls.conversing import (
    HOLD,
    MUTE,
    RESUME,
    UNMUTE,
    ConsultingError,
    NotAvailableError,
    NotDialledError,
    talking,
)
from vcc.calls.destinations import Kind, find
from vcc.calls.entering import Entering
from vcc.calls.recordings import PAUSE, START, STOP, AsItIsError
from vcc.calls.recordings import RESUME as RECORD_RESUME
from vcc.calls.session import Consultation, Stage
from vcc.calls.telling import unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from ivr_flows.prompts import Prompt
    from vcc.calls.consult import Consulting
    from vcc.calls.conversing import Conversing
    from vcc.calls.destinations import Target
    from vcc.calls.floor import Floor
    from vcc.calls.parking import Parking
    from vcc.calls.recordings import OpenRecording
    from vcc.calls.session import AgentLeg, ContactSession
    from vcc.calls.telling import Telling

_log = structlog.get_logger()

#: What the guard says of what nobody has, or where nothing outside is dialled at all.
_NO_NUMBER = frozenset({Reason.NO_COUNTRY, Reason.NOT_A_NUMBER, Reason.NO_SUCH_NUMBER})
_LONGEST = 20
_RECORDING = {
    TalkAction.RECORD_START: START,
    TalkAction.RECORD_PAUSE: PAUSE,
    TalkAction.RECORD_RESUME: RECORD_RESUME,
    TalkAction.RECORD_STOP: STOP,
}
_RECORDED = {
    START: words.RECORDING_STARTED,
    PAUSE: words.RECORDING_PAUSED,
    RECORD_RESUME: words.RECORDING_RESUMED,
    STOP: words.RECORDING_STOPPED,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asked:
    """What a number is keyed in for. `held`: the caller was on hold before, and stays so."""

    session: ContactSession
    leg: str
    action: TalkAction
    held: bool

    @property
    def goes_on(self) -> bool:
        """Whether the conversation is still as it was when the number was asked for."""
        session = self.session
        return session.agent_leg == self.leg and session.stage is Stage.TALKING and not session.consult


@dataclass(kw_only=True, slots=True)
class _Keys:
    """What was pressed on a leg lately, and when."""

    pressed: str = ""
    at: float = field(default=float("-inf"))


class Keying:
    """What agents key in on the floor."""

    def __init__(
        self, floor: Floor, telling: Telling, conversing: Conversing, consulting: Consulting, parking: Parking
    ) -> None:
        """Serve this floor, by these."""
        self._floor, self._telling = floor, telling
        self.entering = Entering(floor, telling)
        self._conversing, self._consulting, self._parking = conversing, consulting, parking
        self._keys: dict[str, _Keys] = {}  # by agent's leg
        self._actions: dict[TalkAction, Callable[[ContactSession], None]] = {
            TalkAction.TRANSFER: self._transfer,
            TalkAction.CONSULT: partial(self._ask, action=TalkAction.CONSULT),
            TalkAction.CONFERENCE: self._confer,
            TalkAction.ALTERNATE: self._alternate,
            TalkAction.CANCEL: self._cancel,
            TalkAction.HOLD: self._hold,
            TalkAction.MUTE: self._mute,
            TalkAction.PARK: self._park,
        }
        floor.recordings.changed = self._recorded

    # --- keys

    def pressed(self, at: AgentLeg, leg: str, key: str) -> None:
        """A key on an agent's leg."""
        session = at.session
        if self.entering.pressed(leg, key):
            return
        between_agents = session.outside or session.colleague
        if leg == session.agent_leg and session.stage is Stage.TALKING and not between_agents:
            code = self._code(session, leg, key)
            if code is not None:
                self._do(session, code)

    def _code(self, session: ContactSession, leg: str, key: str) -> TalkAction | None:
        """What this key completes the code of."""
        floor, now = self._floor, self._floor.now()
        state = floor.router.agent(session.agent)
        codes = floor.directory.talk_codes(state.phone if state else "", session.agent)
        keys, within_s = self._keys.setdefault(leg, _Keys()), floor.directory.conversation(session.tenant).key_s
        keys.pressed = ((keys.pressed if now - keys.at <= within_s else "") + key)[-_LONGEST:]
        keys.at = now
        found = max((code for code in codes if keys.pressed.endswith(code)), key=len, default=None)
        if found is None:
            return None
        del self._keys[leg]
        return codes[found]

    def _do(self, session: ContactSession, action: TalkAction) -> None:
        leg = session.agent_leg
        try:
            if action in _RECORDING:
                self._floor.recordings.command(session, _RECORDING[action], by=f"agent:{session.agent}")
            else:
                self._actions[action](session)
        except AsItIsError:
            self._tell(session, _RECORDED[_RECORDING[action]])
        except (ConflictError, NotFoundError) as error:
            _log.info("code without effect", contact=session.contact, code=action, reason=error.code)
            if session.agent_leg == leg:
                self._tell(session, words.NOT_NOW)

    def _tell(self, session: ContactSession, phrase: Prompt) -> None:
        """Tell the agent of a conversation something, who is alone on the line or not."""
        if session.apart and not session.consult:
            self._telling.say(session.agent_node, session.agent_leg, session.agent, phrase)
        elif session.consult != Consultation.RINGING:  # else the agent hears that it rings
            self._telling.whisper(session, phrase)

    # --- what is done at once

    def _hold(self, session: ContactSession) -> None:
        self._conversing.do(session, RESUME if session.apart else HOLD)
        if session.held_at is not None:
            self._telling.say(session.agent_node, session.agent_leg, session.agent, words.HELD)
        else:
            self._telling.whisper(session, words.RESUMED)

    def _mute(self, session: ContactSession) -> None:
        self._conversing.do(session, UNMUTE if session.muted else MUTE)
        self._tell(session, words.MUTED if session.muted else words.UNMUTED)

    def _confer(self, session: ContactSession) -> None:
        self._consulting.do(session, "conference")
        self._telling.whisper(session, words.CONFERENCE)

    def _alternate(self, session: ContactSession) -> None:
        self._consulting.do(session, "alternate")
        with_caller = session.consult == Consultation.ALTERNATED
        self._telling.whisper(session, words.WITH_CALLER if with_caller else words.WITH_COLLEAGUE)

    def _cancel(self, session: ContactSession) -> None:
        if session.consult:
            self._consulting.do(session, "cancel")
        else:
            self._conversing.do(session, RESUME)
        self._telling.whisper(session, words.CANCELLED)

    def _park(self, session: ContactSession) -> None:
        apart, agent, phone = session.apart, session.agent, self._phone(session)

        def dismiss(node: str, leg: str, slot: str) -> None:
            if not apart:
                self._floor.send(node, Part(leg=leg))
            self._telling.farewell(node, leg, agent, phone, words.PARKED, slot=slot)

        self._parking.park(session, dismiss=dismiss)

    def _phone(self, session: ContactSession) -> str:
        state = self._floor.router.agent(session.agent)
        return state.phone if state else ""

    def _transfer(self, session: ContactSession) -> None:
        if not session.consult:
            return self._ask(session, action=TalkAction.TRANSFER)
        with_caller = session.consult in (Consultation.ALTERNATED, Consultation.CONFERENCE)
        return self._consulting.do(session, "complete", dismiss=self._dismiss(session, parted=not with_caller))

    def _dismiss(self, session: ContactSession, *, parted: bool) -> Callable[[str, str], None]:
        """The agent's part is over: tell that one so, then hang up."""
        agent, phone = session.agent, self._phone(session)

        def dismiss(node: str, leg: str) -> None:
            if not parted:
                self._floor.send(node, Part(leg=leg))
            self._telling.farewell(node, leg, agent, phone, words.TRANSFERRED)

        return dismiss

    def _recorded(self, recording: OpenRecording, action: str) -> None:
        """A recording has begun, ended, paused, goes on: whoever wanted that by a code hears it."""
        session = self._floor.legs.callers.get(recording.leg)
        if session is not None and session.stage is Stage.TALKING and recording.by == f"agent:{session.agent}":
            self._tell(session, _RECORDED[action])

    # --- a number

    def _ask(self, session: ContactSession, *, action: TalkAction) -> None:
        """Have a number keyed in; the caller is on hold. Raises NotTalkingError, ConsultingError."""
        talking(session)
        if session.consult:
            message = f"the agent of {session.contact} consults somebody already"
            raise ConsultingError(message)
        asked = _Asked(session=session, leg=session.agent_leg, action=action, held=session.apart)
        self._conversing.set_apart(session)
        self.entering.ask(session, lambda digits: self._got(asked, digits))

    def _got(self, asked: _Asked, digits: str) -> None:
        """The number is complete, or there is none."""
        if not asked.goes_on:
            return
        target = find(self._floor, asked.session.tenant, digits) if digits else None
        phrase = self._send(asked, target) if digits else words.CANCELLED
        if phrase is not None and asked.goes_on:
            self._back(asked, phrase)

    def _send(self, asked: _Asked, target: Target | None) -> Prompt | None:
        """Send the caller on, or have somebody rung; why not, or None."""
        session, to_consult = asked.session, asked.action is TalkAction.CONSULT
        if target is None or (to_consult and target.kind in (Kind.QUEUE, Kind.NUMBER)):
            return words.NO_SUCH_NUMBER
        try:
            if to_consult:
                self._consulting.begin(session, target, ended=lambda how, why: self._ended(session, how, why))
            else:
                self._conversing.transfer(session, target, dismiss=self._dismiss(session, parted=True))
        except NotAvailableError:
            return unavailable(self._floor, target.name)
        except NotFoundError:
            return words.NO_SUCH_NUMBER
        except NotDialledError as error:
            return words.NO_SUCH_NUMBER if error.reason in _NO_NUMBER else words.NOT_ALLOWED
        except ConflictError:
            return words.NOT_NOW
        return None

    def _ended(self, session: ContactSession, how: str, why: OfferOutcome | None) -> None:
        """A consultation is over, and the agent talks with the caller again."""
        if how == "not_taken":
            self._telling.whisper(session, words.BUSY if why is OfferOutcome.BUSY else words.NO_ANSWER)
        elif how == "hung_up":
            self._telling.whisper(session, words.LEFT)

    def _back(self, asked: _Asked, phrase: Prompt) -> None:
        """The agent is told, and talks with the caller as before."""
        session = asked.session
        if asked.held:
            self._telling.say(session.agent_node, asked.leg, session.agent, phrase)
        else:
            self._conversing.together(session)
            self._telling.whisper(session, phrase)

    def gone(self, leg: str) -> None:
        """A leg is gone."""
        self._keys.pop(leg, None)
        self.entering.gone(leg)
