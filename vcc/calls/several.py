"""Several agents rung for one contact: one of them stands in the session (`offer`, `agent`, `agent_leg`), the others in
`also`, by leg. Whatever a phone tells is about the one that stands in the session: it is brought forward first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vcc.calls.session import ContactSession


def set_aside(session: ContactSession) -> None:
    """Make room in the session for another agent who is rung too."""
    if session.offer is not None and session.agent_leg:
        session.also[session.agent_leg] = (session.offer, session.agent, session.agent_node)


def bring_forward(session: ContactSession, leg: str) -> None:
    """Put the agent who is rung by this leg into the session, if it is one of the others."""
    if leg in session.also:
        found = session.also.pop(leg)
        set_aside(session)
        session.offer, session.agent, session.agent_node = found
        session.agent_leg = leg


def leg_of(session: ContactSession, offer: int) -> str:
    """The leg by which an agent is rung for an offer; empty: none of the session's."""
    if session.offer == offer:
        return session.agent_leg
    return next((leg for leg, also in session.also.items() if also[0] == offer), "")


def renamed(session: ContactSession, offer: int, leg: str) -> None:
    """The leg of an offer has another name from now on."""
    if session.offer == offer:
        session.agent_leg = leg
    elif former := leg_of(session, offer):
        session.also[leg] = session.also.pop(former)
