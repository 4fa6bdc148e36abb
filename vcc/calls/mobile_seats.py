"""Mobile seats: an agent at a number outside, who hears a prompt and presses 1 before anybody is put through.

    ring -> answered -> ask: the prompt, twice -> 1: accepted -> joined as any agent
                                               -> another key, silence, a voicemail: as if nobody had answered

Whoever answers (a person in a pocket, a voicemail, a child) costs the caller nothing: music goes on, the place is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.facts import OfferOutcome
from ivr_flows.protocol import Text
from telephony.port import Play, StopPlaying
from tenancy.dialling import Purpose
from vcc.calls.outbound import Call
from vcc.calls.session import Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from acd.protocol import OfferContact
    from vcc.calls.floor import Floor
    from vcc.calls.session import ContactSession

ACCEPT = "1"
#: The `Play` of the prompt, as the switch knows it.
PROMPT = "accept"
_KEYS = "0123456789*#ABCD"
#: The lease of the offer outlives the time to accept by so much.
_GRACE_S = 1.0


class MobileSeats:
    """The stage of an offer between an answer and an agent."""

    def __init__(
        self,
        floor: Floor,
        *,
        accepted: Callable[[ContactSession], None],
        failed: Callable[[ContactSession, OfferOutcome, str], None],
    ) -> None:
        """Serve this floor; told are who accepted, and why nobody did."""
        self._floor = floor
        self._accepted, self._failed = accepted, failed

    def is_one(self, session: ContactSession) -> bool:
        """Whether the agent of the session's offer sits at a number outside."""
        floor = self._floor
        state = floor.router.agent(session.agent)
        settings = floor.directory.platform.phones.get(state.phone) if state else None
        return settings is not None and settings.outside is not None

    def ring(self, session: ContactSession, command: OfferContact, number: str) -> None:
        """Have the number rung for an offer; what the guard or the trunks do not let out is an offer that failed."""

        def moved(old: str, new: str) -> None:
            agents = self._floor.legs.agents
            if (at := agents.pop(old, None)) is not None:
                agents[new] = at
            session.agent_leg = new
            self._floor.touch(session)

        call = Call(
            leg=session.agent_leg,
            number=number,
            tenant=session.tenant,
            contact=session.contact,
            node=session.node,
            purpose=Purpose.MOBILE_SEAT,
            agent=command.agent,
            timeout_s=command.ring_s,
            for_leg=session.leg,
            moved=moved,
        )
        refusal = self._floor.outbound.ring(call)
        if refusal is not None:
            self._floor.legs.agents.pop(session.agent_leg, None)
            self._failed(session, OfferOutcome.UNREACHABLE, f"not dialled: {refusal.reason}")

    def ask(self, session: ContactSession) -> None:
        """Somebody or something has answered: say what is wanted, and wait for the key."""
        floor, outside = self._floor, self._floor.directory.platform.outside
        offer, leg, now = session.offer, session.agent_leg, self._floor.now()
        if offer is None:
            return
        session.asked = True
        floor.touch(session)
        floor.obey(floor.router.offer_extended(offer, now + outside.accept_s + _GRACE_S, now))
        floor.timers.call_at(now + outside.accept_s, lambda: self._too_late(session, leg))
        parts = (self._prompt(session.agent),)

        def play(sounds: tuple[str, ...]) -> None:
            if session.asked and session.agent_leg == leg and sounds:
                floor.send(session.agent_node, Play(leg=leg, play=PROMPT, sounds=sounds * 2, stop_keys=_KEYS))

        own = floor.speech.sounds("")
        sounds = floor.speech.resolve(own, parts)
        if sounds is None:
            floor.speech.render(own, parts, play)
        else:
            play(sounds)

    def _prompt(self, agent: str) -> Text:
        """In the agent's language, if the configuration has it in that."""
        texts = self._floor.directory.platform.outside.accept
        _, who = self._floor.directory.agents.get(agent, ("", None))
        language = who.language if who is not None and who.language in texts else next(iter(texts))
        return Text(text=texts[language], language=language)

    def pressed(self, session: ContactSession, key: str) -> None:
        """A key: 1 and no other is a yes."""
        if not session.asked:
            return
        if key == ACCEPT:
            self._floor.send(session.agent_node, StopPlaying(leg=session.agent_leg))
            self._accepted(session)
        else:
            self._refuse(session, "not accepted: another key")

    def _too_late(self, session: ContactSession, leg: str) -> None:
        if session.asked and session.agent_leg == leg and session.stage is Stage.WAITING:
            self._refuse(session, "not accepted in time")
            self._floor.settle()

    def _refuse(self, session: ContactSession, detail: str) -> None:
        self._floor.healer.hang_up(session.agent_node, session.agent_leg)
        self._failed(session, OfferOutcome.NO_ANSWER, detail)
