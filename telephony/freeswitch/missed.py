"""Calls that came while vcc was away: the dial plan's hook notes each in the switch's database when it is over.

    a leg arrives     it carries the hook (`api_reporting_hook`)
    vcc has the leg   the hook is taken off: nothing is ever noted of it          (arrivals.py)
    else, at its end  its note is written -> CallMissed, and when vcc has that on record, ForgetMissed: deleted

The switch lists 4,096 bytes of keys at a time: the next notes are told when these are forgotten.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from core.errors import SwitchError, SwitchUnavailableError
from telephony.freeswitch.templates.words import BUSY, FALLBACK, GAVE_UP, MISSED_REALM
from telephony.port import CallMissed, MissedEnd
from vcc.tasks import spawn

if TYPE_CHECKING:
    from telephony.freeswitch.esl_client import EslClient
    from telephony.freeswitch.legs import Legs
    from telephony.freeswitch.orders import Orders, Result

#: Calls that end together are looked for together; the note is written a moment after the end.
GATHER_S = 0.5
#: After the switch did not list them.
RETRY_S = 5.0

_log = structlog.get_logger()
_LEG = re.compile(r"[A-Za-z0-9_.-]{1,150}")
_HOW = {GAVE_UP: MissedEnd.GAVE_UP, BUSY: MissedEnd.BUSY, FALLBACK: MissedEnd.FALLBACK}
_NOTE = re.compile(
    r"(?P<arrived>[0-9]{1,11}) (?P<kind>trunk|phone)/(?P<name>[A-Za-z0-9_.-]{1,80})"
    r" (?P<dialled>[+*#0-9a-zA-Z-]{1,79}) n(?P<number>[+*#0-9]{0,64}) c(?P<caller>[+0-9]{0,64})"
    rf" (?P<ended>[0-9]{{1,11}}) (?P<how>{GAVE_UP}|{BUSY}|{FALLBACK})(?: (?P<answered>[0-9]{{0,11}}))?"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """What the dial plan noted of a leg."""

    leg: str
    arrived: float
    trunk: str
    phone: str
    dialled: str
    number: str
    caller: str
    ended: float
    how: MissedEnd
    answered: float | None


def legs_of(printed: str) -> list[str]:
    """The keys that the database lists, in our form; a key that is cut off at the end is none."""
    return [leg for leg in printed.split(",") if _LEG.fullmatch(leg)]


def note_of(leg: str, text: str) -> Note:
    """An entry as our dial plan wrote it. Raises ValueError for anything else."""
    found = _NOTE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"the entry of {leg} is not one of ours")
    by_trunk = found["kind"] == "trunk"
    answered = float(found["answered"] or 0)
    return Note(
        leg=leg,
        arrived=float(found["arrived"]),
        trunk=found["name"] if by_trunk else "",
        phone="" if by_trunk else found["name"],
        dialled=found["dialled"],
        number=found["number"],
        caller=found["caller"] if by_trunk else "",
        ended=float(found["ended"]),
        how=_HOW[found["how"]],
        answered=answered or None,
    )


class Missed:
    """The notes of a node. `up` is set by the adapter: facts may be told."""

    def __init__(self, legs: Legs, esl: EslClient, orders: Orders) -> None:
        """Nothing is known of them yet."""
        self._legs, self._esl, self._orders = legs, esl, orders
        self._told: set[str] = set()  # and not forgotten yet
        self._task: asyncio.Task[None] | None = None
        self._once_more = False
        self._soon: asyncio.TimerHandle | None = None
        self.up = False

    def look(self) -> None:
        """Read the notes and tell them; once more afterwards, if that is under way."""
        self._once_more = True
        if self._task is None:
            self._task = spawn(self._looking(), name=f"missed calls {self._legs.node}")

    def hung_up(self) -> None:
        """A channel has ended that vcc never had: its note is to come."""
        self._look_in(GATHER_S)

    def served(self, leg: str) -> None:
        """vcc has the leg: what is noted of it is void."""
        if leg in self._told:
            self._delete(leg)

    def forget(self, leg: str) -> None:
        """What was told of the leg is safe."""
        if leg in self._told:
            self._delete(leg)

    async def close(self) -> None:
        """Read no more."""
        if self._soon is not None:
            self._soon.cancel()
        task = self._task
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    def _look_in(self, seconds: float) -> None:
        if self._soon is None and self.up:
            self._soon = asyncio.get_running_loop().call_later(seconds, self._look_now)

    def _look_now(self) -> None:
        self._soon = None
        self.look()

    async def _looking(self) -> None:
        try:
            while self._once_more:
                self._once_more = False
                await self._look()
        except SwitchUnavailableError:
            pass  # looked at again when the wire is up
        except SwitchError as error:
            _log.warning("calls that were missed cannot be read", node=self._legs.node, reason=str(error))
            self._look_in(RETRY_S)
        finally:
            self._task = None

    async def _look(self) -> None:
        notes = []
        for leg in legs_of(await self._esl.api("db", f"list/{MISSED_REALM}")):
            text = await self._esl.api("db", f"select/{MISSED_REALM}/{leg}")
            try:
                notes.append(note_of(leg, text))
            except ValueError as error:
                _log.error("a note of a missed call cannot be read", node=self._legs.node, reason=str(error))
                self._delete(leg)
        if self.up:
            notes.sort(key=lambda note: note.arrived)
            self._told = {note.leg for note in notes}
            for note in notes:
                self._tell(note)

    def _tell(self, note: Note) -> None:
        self._legs.tell(
            CallMissed(
                node=self._legs.node,
                at=self._legs.now(),
                leg=note.leg,
                trunk=note.trunk,
                phone=note.phone,
                dialled=note.dialled,
                number=note.number,
                caller=note.caller,
                arrived=note.arrived,
                ended=note.ended,
                answered=note.answered,
                how=note.how,
            )
        )

    def _delete(self, leg: str) -> None:
        def answered(result: Result) -> None:
            if isinstance(result, SwitchError):
                _log.warning("a missed call cannot be forgotten", node=self._legs.node, leg=leg, reason=str(result))
                return
            was_told = leg in self._told
            self._told.discard(leg)
            if was_told and not self._told:
                self.look()

        self._orders.give(["db", f"delete/{MISSED_REALM}/{leg}"], answered)
