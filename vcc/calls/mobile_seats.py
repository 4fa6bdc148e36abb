"""Mobile seats: an agent at a number outside, who hears a prompt and presses 1 before anybody is put through.

    ring -> answered -> the question (before_bridge.py) -> 1: accepted -> joined as any agent
                                                        -> another key, silence, a voicemail: as if nobody had answered

Whoever answers (a person in a pocket, a voicemail, a child) costs the caller nothing: music goes on, the place is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from acd.protocol import Wish
from ivr_flows.protocol import Text
from tenancy.dialling import Purpose
from vcc.calls.before_bridge import Question
from vcc.calls.outbound import Call

if TYPE_CHECKING:
    from collections.abc import Callable

    from acd.protocol import OfferContact
    from vcc.calls.floor import Floor
    from vcc.calls.session import ContactSession

_log = structlog.get_logger()

ACCEPT = "1"


def reconfigured(floor: Floor) -> None:
    """After a new configuration: who sits at a mobile seat that is somebody else's now is signed out."""
    for state in list(floor.router.agents()):
        phone = floor.directory.platform.phones.get(state.phone)
        if state.wish is Wish.SIGNED_OUT:
            continue
        if phone is None:
            _log.warning("an agent's phone is not there any more", agent=state.agent, phone=state.phone)
        elif not phone.may_be_of(state.agent):
            _log.warning("signed out: the mobile seat is somebody else's now", agent=state.agent, phone=state.phone)
            floor.obey(floor.router.sign_out(state.agent, floor.now()))


class MobileSeats:
    """How they are rung, and what they are asked."""

    def __init__(self, floor: Floor) -> None:
        """Serve this floor."""
        self._floor = floor

    def _is_one(self, agent: str) -> bool:
        """Whether an agent sits at a number outside."""
        floor = self._floor
        state = floor.router.agent(agent)
        settings = floor.directory.platform.phones.get(state.phone) if state else None
        return settings is not None and settings.outside is not None

    def ring(
        self, session: ContactSession, command: OfferContact, number: str, leg: str, *, now_is: Callable[[str], None]
    ) -> str:
        """Have the number rung as `leg` for an offer; why it could not be, or empty. `now_is` is told another name that
        the leg gets when the call goes on over another trunk.
        """

        def moved(old: str, new: str) -> None:
            agents = self._floor.legs.agents
            if (at := agents.pop(old, None)) is not None:
                agents[new] = at
            now_is(new)
            self._floor.touch(session)

        call = Call(
            leg=leg,
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
        if refusal is None:
            return ""
        self._floor.legs.agents.pop(leg, None)
        return f"not dialled: {refusal.reason}"

    def question(self, agent: str) -> Question | None:
        """Asked of somebody or something that has answered, in the agent's language, if the configuration has it in
        that; None: whoever answers at the agent's phone is the agent.
        """
        if not self._is_one(agent):
            return None
        outside = self._floor.directory.platform.outside
        _, who = self._floor.directory.agents.get(agent, ("", None))
        language = who.language if who is not None and who.language in outside.accept else next(iter(outside.accept))
        text = Text(text=outside.accept[language], language=language)
        return Question(parts=(text,), accept=ACCEPT, within_s=outside.accept_s)
