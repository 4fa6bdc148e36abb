"""Why this agent and this contact: what was compared at that moment, kept with the offer.

Only what was at hand is looked at, and a few of it (`MOST`): an explanation costs the same however many there are.

Why another agent was not chosen: `rank` (free, but behind in the queue's strategy), what the agent did instead
(`talking`, `held`, `wrap_up`, `reserved`, `ringing`, `unresponsive`), or what was in the way (`not_ready`,
`signed_out`, `unreachable`, `in_use`: the phone has a call of its own; `taken_off`: the queue, by a supervisor).
Why another contact was not: `share` (of agents whom tenants lease together, its tenant has had more), `guest` (its
tenant does not lease the agent), `priority`, `waited` (less, as its queue counts). Those of other tenants have no name.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from acd.protocol import Phase, Reasons, Side, Wish

if TYPE_CHECKING:
    from collections.abc import Sequence

    from acd.choosing import Head
    from acd.index import Desk, Line, Place
    from acd.protocol import AgentState

MOST = 6
TAKEN_OFF = "taken_off"
#: At most so many who are not free are looked at for the few that are told.
_LOOKED_AT = 16

Passed = tuple[str, str, tuple[float, ...]]


def why_not(state: AgentState) -> str:
    """What keeps an agent from being offered anything; empty: nothing."""
    if state.phase is not Phase.IDLE:
        return state.phase.value
    if state.wish is not Wish.READY:
        return state.wish.value
    return "" if state.reachable and not state.in_use else "in_use" if state.reachable else "unreachable"


def of(place: Place, side: Side, version: str) -> Reasons:
    """How an offer came about, without what was compared: for who does not ask, as a simulation does not."""
    strategy = place.line.requirement.strategy
    return Reasons(side=side, strategy=strategy, rung=place.ticket.rung, version=version)


def of_agents(place: Place, chosen: Desk, side: Side, version: str) -> Reasons:
    """The agent was chosen for the contact."""
    line = place.line
    passed: list[Passed] = []
    score: tuple[float, ...] = ()
    for rank, desk in line.some_free(MOST):
        if desk is chosen:
            score = rank
        else:
            passed.append((desk.state.agent, "rank", rank))
    for desk in _some(line):
        if len(passed) >= MOST:
            break
        if desk is not chosen and not desk.free:
            passed.append((desk.state.agent, why_not(desk.state), ()))
    others = len(passed)
    for profile in line.kept_off:
        free = MOST - len(passed)
        passed += [(agent, TAKEN_OFF, ()) for agent in islice(profile.desks, max(free, 0))]
    return Reasons(
        side=side,
        strategy=line.requirement.strategy,
        score=score,
        passed=tuple(passed),
        others=max(line.able - others - 1, 0),
        rung=place.ticket.rung,
        version=version,
    )


def _some(line: Line) -> list[Desk]:
    """A few of the agents who can take what waits in the line."""
    found: list[Desk] = []
    for profile in line.some:
        for desk in profile.desks.values():
            found.append(desk)
            if len(found) == _LOOKED_AT:
                return found
    return found


def of_contacts(place: Place, heads: Sequence[Head], best: Head, version: str) -> Reasons:
    """The contact was chosen for the agent, out of the first ones of each line."""
    passed: list[Passed] = []
    for head in heads:
        if head is best or len(passed) >= MOST:
            continue
        if head.guest != best.guest:
            why = "guest"
        elif head.tenant != best.tenant:
            why = "share"
        else:
            why = "priority" if head.key[0] != best.key[0] else "waited"
        own = head.tenant == best.tenant
        passed.append((head.key[3], why, _score(head)) if own else ("", why, (round(head.account, 3),)))
    return Reasons(
        side=Side.AGENT,
        strategy=place.line.requirement.strategy,
        score=_score(best),
        passed=tuple(passed),
        others=len(heads) - 1 - len(passed),
        rung=place.ticket.rung,
        version=version,
    )


def _score(head: Head) -> tuple[float, ...]:
    return (round(head.account, 3), float(-head.key[0]), round(-head.key[1], 3))
