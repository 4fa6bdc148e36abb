"""Numbers outside: the one place below every path that dials one.

    ring(Call) -> the guard's permit -> RingOutside -> LegAnswered
                                                    -> LegHungUp UNAVAILABLE: the next trunk, as a new leg
                                                    -> LegHungUp: the end

Whoever wants a number dialled (an offer to a mobile seat, a transfer, a flow) says so with `ring` and is told what
became of it as of any leg that vcc rings: `floor.legs` has it under its name. When a trunk has no line the call goes on
over the next one under a new name; `moved` says so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import structlog

from telephony.port import Cause, RingOutside
from tenancy.dialling import Purpose, Refusal, Wanted

if TYPE_CHECKING:
    from collections.abc import Callable

    from telephony.port import LegHungUp
    from vcc.calls.floor import Floor

_log = structlog.get_logger()

#: The carrier has no line, or does not answer at all: another may do.
_NEXT_TRUNK = frozenset({Cause.UNAVAILABLE, Cause.UNREACHABLE})


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """A number outside to be rung as the leg `leg`, for a contact of `tenant`, on the node where the contact is.

    `number` is as it was written; `for_leg` is the leg with which it shall be joined. `moved` is called with the old
    and the new name when the call goes on over another trunk.
    """

    leg: str
    number: str
    tenant: str
    contact: str
    node: str
    purpose: Purpose
    agent: str = ""
    timeout_s: float
    for_leg: str = ""
    moved: Callable[[str, str], None] = lambda old, new: None


@dataclass(kw_only=True, slots=True)
class _Attempt:
    call: Call
    first: str
    due: float
    tried: tuple[str, ...]
    rang: bool = False


class Outbound:
    """The calls to numbers outside that are under way and not answered yet."""

    def __init__(self, floor: Floor) -> None:
        """Serve this floor."""
        self._floor = floor
        self._attempts: dict[str, _Attempt] = {}

    def ring(self, call: Call) -> Refusal | None:
        """Have a number rung; or say why it is not, which is recorded and has cost nothing.

        What becomes of it is told as of every leg: LegRinging, LegAnswered, LegHungUp. A refusal is told by no fact of
        a switch.
        """
        return self._try(_Attempt(call=call, first=call.leg, due=self._floor.now() + call.timeout_s, tried=()))

    def _try(self, attempt: _Attempt) -> Refusal | None:
        floor, call = self._floor, attempt.call
        wanted = Wanted(
            number=call.number,
            tenant=call.tenant,
            purpose=call.purpose,
            node=call.node,
            contact=call.contact,
            agent=call.agent,
            tried=attempt.tried,
        )
        permit = floor.guard.permit(wanted)
        if isinstance(permit, Refusal):
            return permit
        attempt.tried = (*attempt.tried, permit.trunk)
        self._attempts[call.leg] = attempt
        timeout = max(1.0, attempt.due - floor.now())
        floor.send(permit.node, RingOutside(leg=call.leg, permit=permit, timeout_s=timeout, for_leg=call.for_leg))
        return None

    # --- what the switch tells ---

    def ringing(self, leg: str) -> None:
        """It rings there: from here no other trunk is tried."""
        if attempt := self._attempts.get(leg):
            attempt.rang = True

    def answered(self, leg: str) -> None:
        """Somebody picked up: from here it costs."""
        self._attempts.pop(leg, None)
        self._floor.guard.answered(leg)

    def over(self, fact: LegHungUp) -> bool:
        """A leg is gone; True: it was one to a number outside, and the call goes on over another trunk."""
        attempt = self._attempts.pop(fact.leg, None)
        self._floor.guard.ended(fact.leg, fact.cause)
        if attempt is None or attempt.rang or fact.cause not in _NEXT_TRUNK or fact.leg in self._floor.healer:
            return False
        old, new = fact.leg, f"{attempt.first}-{len(attempt.tried) + 1}"
        _log.warning("a trunk has no line, the next is tried", trunk=attempt.tried[-1], detail=fact.detail)
        attempt.call = replace(attempt.call, leg=new)
        if self._try(attempt) is not None:
            return False
        attempt.call.moved(old, new)
        return True
