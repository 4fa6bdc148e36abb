"""Calls that vcc missed because it was away or frozen: each becomes a contact of the past, once.

    CallMissed -> kept -> which of them did vcc have after all (the event log knows their legs)?
               -> the others: ContactArrived, ContactAnswered, ContactEnded, each at its own time
               -> safe in the log: ForgetMissed

An event log that cannot be used is tried again after a pause, ever longer, with all of them in their order; after
`TRIES` in vain with the next call that is told. The switch tells a call again until it is told to forget it. So nothing
is lost when this is cut off anywhere in between, and since a leg that the log knows is passed over, nothing is there
twice either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import structlog

from core.errors import StoreError
from core.facts import ContactAnswered, ContactArrived, ContactEnded, Direction, Medium, Outcome, Party
from core.ids import new_contact_id
from telephony.port import CallMissed, Cause, ForgetMissed, MissedEnd
from vcc.calls.arrivals import caller_of, number_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterable

    from core.clock import TimerHandle
    from core.facts import Fact
    from vcc.calls.floor import Floor

#: More than switches tell at a time; what is beyond is told again.
MOST_WAITING = 5_000
#: The clocks of the switch and of vcc, whose times are compared, differ by less, in seconds.
SLACK_S = 5.0
#: How long is waited before the log is tried again, in seconds: at first, and at most; and how often it is tried.
FIRST_PAUSE_S, LAST_PAUSE_S, TRIES = 1.0, 60.0, 60
AWAY, NOT_TAKEN = "vcc was away", "vcc had not taken it"

_log = structlog.get_logger()
_ARRIVALS = frozenset({ContactArrived.__name__})
_ENDS = {
    MissedEnd.GAVE_UP: (Outcome.ABANDONED, Party.CALLER, Cause.NORMAL),
    MissedEnd.NOT_TAKEN: (Outcome.ABANDONED, Party.CALLER, Cause.NORMAL),
    MissedEnd.FALLBACK: (Outcome.FALLBACK, Party.SYSTEM, Cause.NORMAL),
    MissedEnd.BUSY: (Outcome.FALLBACK, Party.SYSTEM, Cause.BUSY),
    MissedEnd.LOST: (Outcome.FAILED, Party.SYSTEM, Cause.FAILED),
}


class History(Protocol):
    """What is asked of the event log."""

    def scan(self, since: float, until: float, *, names: frozenset[str] | None = None) -> AsyncIterator[Fact]:
        """All facts with since <= at < until, of these names. Raises StoreError."""
        ...

    async def flush(self) -> None:
        """Return when all that was appended is written. Raises StoreError if it cannot be."""
        ...


class Missed:
    """Takes what the switches tell, and works it off in the background."""

    def __init__(self, floor: Floor) -> None:
        """Record on this floor, once `begin` was called."""
        self._floor = floor
        self._waiting: dict[tuple[str, str], CallMissed] = {}  # by node and leg
        self._begin_work: Callable[[], object] | None = None
        self._at_work = False
        self._failed = 0  # so often in a row
        self._again: TimerHandle | None = None

    def begin(self, history: History, run: Callable[[Coroutine[Any, Any, None]], object]) -> None:
        """From now on `history` is asked; `run` starts what has to wait for it. Not before the day's figures are made:
        they read the log, and these facts are of the past.
        """
        self._begin_work = lambda: run(self._work(history))
        self._start()

    def take(self, fact: CallMissed) -> None:
        """A switch tells of a call that vcc missed."""
        if len(self._waiting) < MOST_WAITING:
            self._waiting.setdefault((fact.node, fact.leg), fact)
            self._start()

    def _start(self) -> None:
        if self._waiting and not self._at_work and self._again is None and self._begin_work is not None:
            self._at_work = True
            self._begin_work()

    async def _work(self, history: History) -> None:
        try:
            while self._waiting:
                told = list(self._waiting.values())
                await self._keep(told, history)
                self._failed = 0
                for fact in told:
                    del self._waiting[fact.node, fact.leg]
        except StoreError as error:
            self._wait(str(error))
        finally:
            self._at_work = False

    def _wait(self, reason: str) -> None:
        """Try again later, if not too often already."""
        floor, waiting = self._floor, len(self._waiting)
        pause = min(FIRST_PAUSE_S * 2**self._failed, LAST_PAUSE_S)
        self._failed += 1
        if self._failed < TRIES:
            _log.warning("missed calls wait until the event log can be used", waiting=waiting, reason=reason)
            self._again = floor.timers.call_at(floor.now() + pause, self._try_again)
        else:
            self._failed = 0
            _log.error("missed calls are not on record until the next one is told", waiting=waiting, reason=reason)

    def _try_again(self) -> None:
        self._again = None
        self._start()

    async def _keep(self, told: list[CallMissed], history: History) -> None:
        known = await self._known(told, history)
        for fact in told:
            if (fact.node, fact.leg) not in known and fact.leg not in self._floor.legs.callers:
                self._record(fact)
        await history.flush()
        for fact in told:
            self._floor.send(fact.node, ForgetMissed(leg=fact.leg))

    async def _known(self, told: Iterable[CallMissed], history: History) -> set[tuple[str, str]]:
        """The legs of which the log has an arrival: vcc had them after all, or they were recorded before."""
        since = min(fact.arrived for fact in told) - SLACK_S
        until = max(fact.ended for fact in told) + SLACK_S
        arrivals = history.scan(since, until, names=_ARRIVALS)
        return {(fact.node, fact.leg) async for fact in arrivals if isinstance(fact, ContactArrived)}

    def _record(self, fact: CallMissed) -> None:
        platform, floor = self._floor.directory.platform, self._floor
        trunk = platform.trunks.get(fact.trunk)
        number = number_of(trunk, fact.number or fact.dialled)
        owner = floor.directory.owner(number, fact.arrived)
        dialled = fact.dialled
        if fact.phone:
            number = floor.directory.may_be_written(number, fact.phone, "")
            dialled = floor.directory.may_be_written(dialled, fact.phone, "")
        outcome, by, cause = _ENDS[fact.how]
        if owner is None and not (fact.phone and number.startswith(tuple(platform.codes))):
            outcome = Outcome.UNKNOWN_NUMBER
        contact, tenant = new_contact_id(fact.arrived), owner.id if owner else ""
        _log.info("call missed", tenant=tenant, contact=contact, node=fact.node, outcome=outcome, how=fact.how)
        floor.record(
            ContactArrived(
                at=fact.arrived,
                tenant=tenant,
                contact=contact,
                node=fact.node,
                medium=Medium.VOICE,
                direction=Direction.INBOUND,
                leg=fact.leg,
                trunk=fact.trunk,
                dialled=dialled,
                number=number,
                project=owner.numbers[number].project if owner else "",
                caller=caller_of(trunk, fact.caller, fact.phone),
            )
        )
        if fact.answered is not None:
            floor.record(ContactAnswered(at=fact.answered, tenant=tenant, contact=contact, node=fact.node))
        floor.record(
            ContactEnded(
                at=fact.ended,
                tenant=tenant,
                contact=contact,
                node=fact.node,
                outcome=outcome,
                by=by,
                cause=cause,
                detail=NOT_TAKEN if fact.how is MissedEnd.NOT_TAKEN else AWAY,
            )
        )
