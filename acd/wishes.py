"""What an agent wants, and what follows from it in each phase."""

from __future__ import annotations

from typing import TYPE_CHECKING

from acd.agents import ON_CALL, ON_OFFER
from acd.protocol import Phase, Wish

if TYPE_CHECKING:
    from acd.decision import Decision
    from acd.index import Desk
    from acd.matching import Matching


def wish_for(matching: Matching, desk: Desk, wish: Wish, reason: str, *, now: float, decision: Decision) -> None:
    """The agent wants something: ready ends wrap-up and being unresponsive, not ready gives an offer back."""
    state = desk.state
    before = state.wish
    failures = 0 if wish is Wish.READY else state.failures
    if (before, state.reason, state.failures) != (wish, reason, failures):
        state.wish, state.reason, state.failures = wish, reason, failures
        matching.index.staff(desk, wants=wish is Wish.READY)
        decision.agent(state.agent)
    if wish is Wish.READY:
        if state.phase in (Phase.WRAP_UP, Phase.UNRESPONSIVE) or (
            state.phase is Phase.IDLE and before is not Wish.READY
        ):
            matching.idle(desk, now, decision)
    elif state.phase in ON_OFFER:
        _withdraw(matching, desk, "agent is not ready", now, decision)
    elif state.phase is Phase.UNRESPONSIVE:
        matching.enter(desk, Phase.IDLE, now, decision)
    matching.settle(desk, now, decision)


def _withdraw(matching: Matching, desk: Desk, detail: str, now: float, decision: Decision) -> None:
    """Take the offer from an agent who can no longer be offered anything, and give it to somebody else."""
    place = matching.tickets.get(desk.state.contact)
    if place is not None:
        matching.withdraw(place, desk.state.agent, detail, now, decision)
        matching.seek(place, now, decision)


def sign_out(matching: Matching, desk: Desk, now: float, decision: Decision) -> None:
    """The agent leaves: at once, an offer given back, or when the conversation ends."""
    if desk.state.phase in ON_CALL:
        desk.state.wish, desk.state.reason = Wish.SIGNED_OUT, ""
        matching.index.staff(desk, wants=False)
        decision.agent(desk.state.agent)
        return
    if desk.state.phase in ON_OFFER:
        _withdraw(matching, desk, "agent signed out", now, decision)
    matching.sign_out(desk, now, decision)


def change_phone(matching: Matching, desk: Desk, phone: str, now: float, decision: Decision) -> None:
    """The agent sits at another phone from now on; what rang at the former one is given back."""
    if desk.state.phase in ON_OFFER:
        _withdraw(matching, desk, "agent went to another phone", now, decision)
    matching.agents.change_phone(desk, phone)
    reachable = matching.agents.reachable(phone)
    desk.state.reachable, desk.state.lost_at = reachable, None if reachable else now
    desk.state.in_use = matching.agents.in_use(phone)
    decision.agent(desk.state.agent)
    matching.settle(desk, now, decision)
