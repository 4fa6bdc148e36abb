"""Calls that came while vcc was away, as the dial plan noted them in the switch's own database; one form on all.

    ARRIVED trunk/NAME|phone/NAME DIALLED nNUMBER cCALLER [ENDED HOW [ANSWERED]]        times in whole seconds of Unix

What is read is told as `CallMissed`, and deleted only when vcc says that this is safe: what is told twice is recognised
there.
"""

from __future__ import annotations

import asyncio
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import structlog

from core.errors import SwitchError, SwitchUnavailableError
from telephony.port import CallMissed, MissedEnd
from vcc.tasks import spawn

if TYPE_CHECKING:
    from telephony.port import SwitchFact

#: So many are told at a time; the next ones when these are forgotten.
AT_ONCE = 500
#: Calls that end together are looked for together.
GATHER_S = 0.5
#: After the switch did not list its notes.
RETRY_S = 5.0

_log = structlog.get_logger()
_LEG = re.compile(r"[A-Za-z0-9_.-]{1,150}")
_NOTE = re.compile(
    r"(?P<arrived>[0-9]{1,11}) (?P<kind>trunk|phone)/(?P<name>[A-Za-z0-9_.-]{1,80})"
    r" (?P<dialled>=?[+*#0-9a-zA-Z-]{1,79}) n(?P<number>[+*#0-9]{0,64}) c(?P<caller>[+0-9]{0,64})"
    r"(?: (?P<ended>[0-9]{1,11})"
    rf" (?P<how>{MissedEnd.GAVE_UP}|{MissedEnd.NOT_TAKEN}|{MissedEnd.BUSY}|{MissedEnd.FALLBACK})"
    r"(?: (?P<answered>[0-9]{0,11}))?)?"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """What the dial plan noted of a leg. `ended` and `how` are None as long as it goes on, or if the switch died."""

    leg: str
    arrived: float
    trunk: str
    phone: str
    dialled: str
    number: str
    caller: str
    ended: float | None
    how: MissedEnd | None
    answered: float | None


def is_leg(name: str) -> bool:
    """Whether this may be the name under which a note was written."""
    return _LEG.fullmatch(name) is not None


def note_of(leg: str, text: str) -> Note:
    """An entry as our dial plan wrote it. Raises ValueError for anything else."""
    found = _NOTE.fullmatch(text)
    if found is None:
        raise ValueError(f"the entry of {leg} is not one of ours")
    by_trunk = found["kind"] == "trunk"
    return Note(
        leg=leg,
        arrived=float(found["arrived"]),
        trunk=found["name"] if by_trunk else "",
        phone="" if by_trunk else found["name"],
        dialled=found["dialled"],
        number=found["number"],
        caller=found["caller"] if by_trunk else "",
        ended=float(found["ended"]) if found["ended"] else None,
        how=MissedEnd(found["how"]) if found["how"] else None,
        answered=float(found["answered"] or 0) or None,
    )


class Node(Protocol):
    """Where the notes are, and who is told of them."""

    node: str

    def now(self) -> float:
        """The time, in seconds of Unix."""

    def tell(self, fact: SwitchFact) -> None:
        """Tell vcc."""


class Notes(ABC):
    """The notes of a node, read when there may be new ones, once at a time.

    `up` is set by the adapter: facts may be told.
    """

    def __init__(self, node: Node) -> None:
        """Nothing is known of them yet."""
        self._node = node
        self._told: set[str] = set()  # and not forgotten yet
        self._more = False  # there are others besides those told
        self._task: asyncio.Task[None] | None = None
        self._once_more = False
        self._soon: asyncio.TimerHandle | None = None
        self.up = False

    def look(self) -> None:
        """Read the notes and tell what is over; once more afterwards, if that is under way."""
        self._once_more = True
        if self._task is None:
            self._task = spawn(self._looking(), name=f"missed calls {self._node.node}")

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

    @abstractmethod
    async def _look(self) -> None:
        """Read them and tell what is over. Raises SwitchError."""

    @abstractmethod
    def _delete(self, leg: str) -> None:
        """Delete the note of a leg; a failure is logged."""

    def _look_in(self, seconds: float) -> None:
        if self._soon is None:
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
            _log.warning("calls that were missed cannot be read", node=self._node.node, reason=str(error))
            self._look_in(RETRY_S)
        finally:
            self._task = None

    def _tell(self, notes: list[Note]) -> None:
        """Tell of these calls, the earliest first."""
        notes.sort(key=lambda note: note.arrived)
        self._more, notes = len(notes) > AT_ONCE, notes[:AT_ONCE]
        self._told = {note.leg for note in notes}
        for note in notes:
            self._node.tell(
                CallMissed(
                    node=self._node.node,
                    at=self._node.now(),
                    leg=note.leg,
                    trunk=note.trunk,
                    phone=note.phone,
                    dialled=note.dialled,
                    number=note.number,
                    caller=note.caller,
                    arrived=note.arrived,
                    ended=note.arrived if note.ended is None else note.ended,
                    answered=note.answered,
                    how=note.how or MissedEnd.LOST,
                )
            )

    def _unreadable(self, error: ValueError) -> None:
        _log.error("a note of a missed call cannot be read", node=self._node.node, reason=str(error))

    def _undeleted(self, leg: str, why: str) -> None:
        _log.warning("a missed call cannot be forgotten", node=self._node.node, leg=leg, reason=why)
