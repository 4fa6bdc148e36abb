"""The toll-fraud guard at work: every leg to a number outside comes by here, and is paid for here.

    permit(wanted) -> Permit (once) | Refusal: a fact, a line in the log, a count in the metrics
    redeem(command) by the floor, before the switch gets it; what has no permit of this guard is not sent
    answered, ended -> what it cost
    before each minute of a call: is the money of the day there for it? else the call is ended

What was spent today, and the legs under way, are in the live store: a restart gives nobody a new ceiling.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import structlog

from core.facts import OutsideDialled, OutsideEnded, OutsideRefused
from tenancy.dialling import Permit, Reason, Refusal, Situation, Wanted, cost, decide, over_ceiling
from tenancy.model import Rate

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from core.clock import TimerHandle
    from telephony.port import RingOutside
    from vcc.calls.floor import Floor

_log = structlog.get_logger()

_MINUTE_S = 60.0
#: A call for whose next minute there is no money is ended so long (s) before that minute begins.
_AHEAD_S = 1.0
#: Permits that were given and not used; a permit is used in the same breath, so there are hardly ever any.
_MAX_OPEN = 1_000
#: All tenants together.
_ALL = ""


@dataclass(kw_only=True, slots=True)
class OutsideLeg:
    """A leg to a number outside. Times are POSIX seconds; `answered` None: not yet. `cut`: the guard has ended it."""

    leg: str
    tenant: str
    contact: str
    node: str
    trunk: str
    rate: Rate | None
    began: float
    answered: float | None = None
    cut: bool = False


class Guard:
    """What may be dialled on one floor."""

    def __init__(self, floor: Floor) -> None:
        """Nothing was dialled yet."""
        self._floor = floor
        self._serial = 0
        self._open: dict[int, Permit] = {}
        self._recent: deque[tuple[float, str]] = deque()  # calls of the last minute: when, and whose
        self._legs: dict[str, OutsideLeg] = {}
        self._day = ""
        self._spent: dict[str, float] = {}
        self._minutes: dict[str, TimerHandle] = {}  # by leg: before its next minute begins
        #: set by the hub: ends a leg (node, leg) and the conversation on it
        self.cut: Callable[[str, str], None] = floor.healer.hang_up

    # --- may it be dialled ---

    def permit(self, wanted: Wanted) -> Permit | Refusal:
        """Decide. A permit is to be used at once; a refusal is recorded."""
        floor = self._floor
        self._serial += 1
        found = decide(wanted, floor.directory.platform, self._situation(), self._serial)
        if isinstance(found, Refusal):
            return self._refused(wanted, found)
        if not wanted.tried:
            self._recent.append((floor.now(), wanted.tenant))
        if len(self._open) >= _MAX_OPEN:
            self._open.clear()
        self._open[found.serial] = found
        return found

    def forbids(self, wanted: Wanted) -> Refusal | None:
        """Whether this number is dialled for nobody, however the lines are: told to whoever asks for it ahead of time.
        A refusal is recorded.
        """
        found = decide(wanted, self._floor.directory.platform, Situation(), 0)
        return self._refused(wanted, found) if isinstance(found, Refusal) else None

    def redeem(self, command: RingOutside) -> bool:
        """Whether this command has a permit of this guard, for the first time. From here its leg is counted."""
        permit, floor = command.permit, self._floor
        if self._open.pop(getattr(permit, "serial", -1), None) is not permit:
            number, why = getattr(permit, "number", ""), "a command without a permit of the guard"
            self._record(
                OutsideRefused(
                    at=floor.now(), number=number, purpose="", reason=Reason.NO_PERMIT, alarm=True, detail=why
                )
            )
            return False
        leg = OutsideLeg(
            leg=command.leg,
            tenant=permit.tenant,
            contact=permit.contact,
            node=permit.node,
            trunk=permit.trunk,
            rate=permit.rate,
            began=floor.now(),
        )
        self._keep(leg)
        floor.record(
            OutsideDialled(
                at=leg.began,
                tenant=leg.tenant,
                contact=leg.contact,
                node=leg.node,
                leg=leg.leg,
                trunk=leg.trunk,
                number=permit.number,
                purpose=permit.purpose,
                agent=permit.agent,
                kinds=permit.kinds,
                cost_per_minute=permit.rate.per_minute if permit.rate else None,
                cost_per_call=permit.rate.per_call if permit.rate else None,
                currency=floor.directory.platform.outside.currency,
            )
        )
        return True

    def _refused(self, wanted: Wanted, refusal: Refusal) -> Refusal:
        floor, node = self._floor, wanted.node
        self._record(
            OutsideRefused(
                at=floor.now(),
                tenant=wanted.tenant,
                contact=wanted.contact,
                node=node,
                number=wanted.number[:64],
                purpose=wanted.purpose,
                agent=wanted.agent,
                reason=refusal.reason,
                alarm=refusal.alarming,
                detail=refusal.detail,
            )
        )
        return refusal

    def _record(self, fact: OutsideRefused) -> None:
        self._floor.record(fact)
        said = (
            "toll fraud guard: a number outside was not dialled" if fact.alarm else "a number outside was not dialled"
        )
        tell = _log.info if fact.reason == Reason.NO_SUCH_NUMBER else _log.error
        tell(
            said,
            tenant=fact.tenant,
            contact=fact.contact,
            agent=fact.agent,
            purpose=fact.purpose,
            reason=str(fact.reason),
            detail=fact.detail,
        )

    # --- what is going on, and what it costs ---

    def used(self) -> Counter[str]:
        """Channels in use by trunk: calls that came in there, and legs that went out."""
        used = Counter(leg.trunk for leg in self._legs.values())
        used.update(session.trunk for session in self._floor.sessions.values() if session.trunk)
        return used

    def spent(self) -> Mapping[str, float]:
        """The money of this day by tenant, under "" of all: calls that are over, and those under way as far as now."""
        self._turn_page()
        spent, now = dict(self._spent), self._floor.now()
        for leg in self._legs.values():
            so_far = cost(leg.rate, now - leg.answered if leg.answered is not None else _MINUTE_S)
            for key in (leg.tenant, _ALL):
                spent[key] = spent.get(key, 0.0) + so_far
        return spent

    def knows(self, leg: str) -> bool:
        """Whether this is a leg to a number outside."""
        return leg in self._legs

    def answered(self, leg: str) -> None:
        """From here the call costs."""
        known = self._legs.get(leg)
        if known is not None and known.answered is None:
            known.answered = self._floor.now()
            self._keep(known)
            self._watch(known)

    def _watch(self, known: OutsideLeg) -> None:
        """Look again before the next minute of this call begins."""
        if known.answered is None or known.cut or known.rate is None or not known.rate.per_minute:
            return
        floor = self._floor
        minutes = int((floor.now() - known.answered + 1.5 * _AHEAD_S) // _MINUTE_S) + 1
        due = known.answered + minutes * _MINUTE_S - _AHEAD_S
        self._minutes[known.leg] = floor.timers.call_at(due, lambda: self._next_minute(known))

    def _next_minute(self, known: OutsideLeg) -> None:
        """End the call if there is no money for another minute of it: of this day, of the tenant or of all."""
        del self._minutes[known.leg]
        platform = self._floor.directory.platform
        tenant, rate = platform.tenants.get(known.tenant), known.rate
        over = over_ceiling(rate.per_minute, tenant, platform, self.spent()) if tenant and rate else None
        if over is None:
            return self._watch(known)
        _log.error(
            "toll fraud guard: a call outside is ended, the money of the day is spent",
            tenant=known.tenant,
            contact=known.contact,
            node=known.node,
            trunk=known.trunk,
            detail=over.detail,
        )
        known.cut = True
        self._keep(known)
        self.cut(known.node, known.leg)
        return self._floor.settle()

    def ended(self, leg: str, cause: str) -> None:
        """The leg is gone: what it cost is spent."""
        known = self._legs.pop(leg, None)
        if known is None:
            return
        if (timer := self._minutes.pop(leg, None)) is not None:
            timer.cancel()
        floor, now = self._floor, self._floor.now()
        talked = None if known.answered is None else now - known.answered
        price = cost(known.rate, talked)
        self._spend(known.tenant, price)
        floor.store.delete("outside", leg)
        floor.record(
            OutsideEnded(
                at=now,
                tenant=known.tenant,
                contact=known.contact,
                node=known.node,
                leg=leg,
                trunk=known.trunk,
                cause=Reason.CEILING if known.cut else cause,
                talked_s=talked,
                cost=price,
                currency=floor.directory.platform.outside.currency,
            )
        )

    def present(self, node: str, legs: Collection[str]) -> None:
        """A node was asked what is there: what is not there is over, and has cost as if it had lasted until now."""
        for leg in [leg for leg, known in self._legs.items() if known.node == node and leg not in legs]:
            self.ended(leg, "gone")

    def _situation(self) -> Situation:
        floor = self._floor
        since, platform = floor.now() - _MINUTE_S, floor.directory.platform
        while self._recent and self._recent[0][0] <= since:
            self._recent.popleft()
        calls = Counter(tenant for _, tenant in self._recent)
        calls[_ALL] = len(self._recent)
        return Situation(
            down=floor.lines.down(platform),
            unsure=floor.lines.unsure(platform),
            used=self.used(),
            last_minute=calls,
            spent=self.spent(),
        )

    def _turn_page(self) -> None:
        floor = self._floor
        zone = ZoneInfo(floor.directory.platform.time_zone)
        today = datetime.fromtimestamp(floor.now(), zone).date().isoformat()
        if today != self._day:
            self._day = today
            self._spent.clear()

    def _spend(self, tenant: str, price: float) -> None:
        self._turn_page()
        if price:
            for key in (tenant, _ALL):
                self._spent[key] = self._spent.get(key, 0.0) + price
                self._floor.store.put("spent", key or "*", {"day": self._day, "spent": self._spent[key]})

    def _keep(self, leg: OutsideLeg) -> None:
        self._legs[leg.leg] = leg
        data = asdict(leg)
        data["rate"] = leg.rate.model_dump() if leg.rate else None
        self._floor.store.put("outside", leg.leg, data)

    # --- after a restart ---

    async def restore(self) -> None:
        """Read the live store: what was spent today, and the legs that were under way. Calls of the last minute are
        those legs.
        """
        store = self._floor.store
        self._turn_page()
        for key, data in (await store.load("spent")).items():
            if data.get("day") == self._day:
                self._spent[_ALL if key == "*" else key] = data["spent"]
            else:
                store.delete("spent", key)
        for key, data in (await store.load("outside")).items():
            try:
                leg = _load(data)
            except (KeyError, TypeError, ValueError):
                _log.exception("stored leg outside cannot be read", leg=key)
                store.delete("outside", key)
                continue
            self._legs[leg.leg] = leg
            self._recent.append((leg.began, leg.tenant))
            self._watch(leg)
        self._recent = deque(sorted(self._recent))


def _load(data: Mapping[str, Any]) -> OutsideLeg:
    values = {name: data[name] for name in OutsideLeg.__slots__ if name in data}
    values["rate"] = Rate.model_validate(data["rate"]) if data["rate"] else None
    return OutsideLeg(**values)
