"""Calls that came while vcc was away: the dial plan notes them in the switch's own database; here the notes are read.

    vcc is away    -> vcc-missed notes the leg; vcc-missed-end adds how it ended     (templates/extensions.py)
    vcc is frozen  -> the same, when the leg ends
    vcc is back    -> the leg comes to vcc after all: its note is deleted
                   -> its end is noted: CallMissed, and when vcc has that on record, ForgetMissed: deleted

Reading takes the right to report, deleting that to set a variable (`call`), which is less than the right to the whole
database (`system`). A note is deleted only when vcc says so: what is told twice is recognised there.
"""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from core.errors import SwitchError, SwitchUnavailableError
from telephony.asterisk.templates.extensions import BUSY, FALLBACK, GAVE_UP, NOT_TAKEN
from telephony.asterisk.templates.words import MISSED_CONTEXT, MISSED_COUNT
from telephony.asterisk.translate import as_dialled
from telephony.port import CallMissed, MissedEnd
from vcc.tasks import spawn

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from telephony.asterisk.ami import AmiReply, Done, Frame
    from telephony.asterisk.ami_client import AmiClient
    from telephony.asterisk.legs import Legs

#: So many are told at a time; the next ones when these are forgotten.
AT_ONCE = 500
#: Calls that end together are looked for together.
GATHER_S = 0.5
#: After the switch did not list them.
RETRY_S = 5.0
_FAMILY = MISSED_CONTEXT

_log = structlog.get_logger()
_LEG = re.compile(r"[A-Za-z0-9_.-]{1,150}")
_NOTE = re.compile(
    r"(?P<arrived>[0-9]{1,11}) (?P<kind>trunk|phone)/(?P<name>[A-Za-z0-9_.-]{1,80})"
    r" (?P<dialled>=?[+*#0-9a-zA-Z-]{1,79}) n(?P<number>[+*#0-9]{0,64}) c(?P<caller>[+0-9]{0,64})"
    rf"(?: (?P<ended>[0-9]{{1,11}}) (?P<how>{GAVE_UP}|{NOT_TAKEN}|{BUSY}|{FALLBACK})(?: (?P<answered>[0-9]{{1,11}}))?)?"
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


def leg_of(event: Mapping[str, str]) -> str:
    """The leg of an entry in the switch's database. Raises ValueError if it is none of ours."""
    leg = event.get("Key", "").removeprefix(f"/{_FAMILY}/")
    if not _LEG.fullmatch(leg):
        raise ValueError(f"{leg!r} is no leg")
    return leg


def note_of(event: Mapping[str, str]) -> Note:
    """An entry as our dial plan wrote it. Raises ValueError for anything else."""
    leg, found = leg_of(event), _NOTE.fullmatch(event.get("Val", ""))
    if found is None:
        raise ValueError(f"the entry of {leg} is not one of ours")
    ours = found["kind"] == "trunk"
    return Note(
        leg=leg,
        arrived=float(found["arrived"]),
        trunk=found["name"] if ours else "",
        phone="" if ours else found["name"],
        dialled=as_dialled(found["dialled"]),
        number=found["number"],
        caller=found["caller"] if ours else "",
        ended=float(found["ended"]) if found["ended"] else None,
        how=MissedEnd(found["how"]) if found["how"] else None,
        answered=float(found["answered"]) if found["answered"] else None,
    )


class Missed:
    """The notes of a node. `up` is set by the adapter: facts may be told."""

    def __init__(self, legs: Legs, ami: AmiClient) -> None:
        """Nothing is known of them yet."""
        self._legs, self._ami = legs, ami
        self._open: frozenset[str] = frozenset()  # noted, and not over when last looked
        self._served: set[str] = set()  # vcc has got them since: what is, or is still to be, noted of them is void
        self._told: set[str] = set()  # and not forgotten yet
        self._gone: set[str] = set()  # channels that ended while the notes are being read
        self._more = False  # there are others besides those told
        self._task: asyncio.Task[None] | None = None
        self._once_more = False
        self._soon: asyncio.TimerHandle | None = None
        self.up = False

    def look(self) -> None:
        """Read the notes and tell what is over; once more afterwards, if that is under way."""
        self._once_more = True
        if self._task is None:
            self._task = spawn(self._looking(), name=f"missed calls {self._legs.node}")

    def hung_up(self, channel: str) -> None:
        """A channel is gone: if it is that of a note, there is something to tell."""
        if self._task is not None:
            self._gone.add(channel)
        if channel in self._open and self._soon is None:
            self._soon = asyncio.get_running_loop().call_later(GATHER_S, self._look_now)

    def served(self, leg: str) -> None:
        """vcc has the leg; if it is noted, or if that is being looked for, it was not missed."""
        if self._task is not None or leg in self._open:
            self._served.add(leg)
        if leg in self._open:
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
            if self._soon is None:
                self._soon = asyncio.get_running_loop().call_later(RETRY_S, self._look_now)
        finally:
            self._task = None

    async def _look(self) -> None:
        self._gone.clear()
        notes = await self._read()
        going_on = {leg for leg, note in notes.items() if note.ended is None}
        if going_on:
            # a channel that is not there now is over, and has noted its end unless the switch died with it
            there = {event.get("Uniqueid") for event in await self._list("CoreShowChannels")}
            notes = await self._read()
            going_on = {leg for leg, note in notes.items() if note.ended is None and leg in there}
        if not notes:
            self._set(MISSED_COUNT, "0", _nothing)
        if self.up:
            self._served &= notes.keys()
            for leg in notes:
                if leg in self._served or ((known := self._legs.get(leg)) is not None and known.told):
                    self._served.add(leg)
                    self._delete(leg)
            self._open = frozenset(going_on)
            self._once_more |= not going_on.isdisjoint(self._gone)
            self._tell([note for leg, note in notes.items() if leg not in going_on | self._served])

    async def _read(self) -> dict[str, Note]:
        notes = {}
        for event in await self._list("DBGetTree", Family=_FAMILY):
            try:
                note = note_of(event)
            except ValueError as error:
                _log.error("a note of a missed call cannot be read", node=self._legs.node, reason=str(error))
                self._discard(event)
            else:
                notes[note.leg] = note
        return notes

    async def _list(self, action: str, **fields: str) -> Iterable[Frame]:
        reply = await self._ami.ask({"Action": action, **fields})
        if not reply.success:
            raise SwitchError(f"{action}: {reply.message}; look at manager.conf")
        return reply.events

    def _tell(self, over: list[Note]) -> None:
        over.sort(key=lambda note: note.arrived)
        self._more = len(over) > AT_ONCE
        over = over[:AT_ONCE]
        self._told = {note.leg for note in over}
        for note in over:
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
                    ended=note.arrived if note.ended is None else note.ended,
                    answered=note.answered,
                    how=note.how or MissedEnd.LOST,
                )
            )

    # --- deleting

    def _discard(self, event: Mapping[str, str]) -> None:
        try:
            self._delete(leg_of(event))
        except ValueError:
            return  # not even its key is one of ours: nothing that is sent to the switch is made of it

    def _delete(self, leg: str) -> None:
        def answered(result: AmiReply | SwitchError) -> None:
            if isinstance(result, SwitchError) or not result.success:
                why = str(result) if isinstance(result, SwitchError) else result.message
                _log.warning("a missed call cannot be forgotten", node=self._legs.node, leg=leg, reason=why)
                return
            self._told.discard(leg)
            if self._more and not self._told:
                self.look()

        # asked to be written, DB_DELETE deletes: no right to the database is needed, and no channel is made
        self._set(f"DB_DELETE({_FAMILY}/{leg})", "deleted", answered)

    def _set(self, variable: str, value: str, answered: Done) -> None:
        with suppress(SwitchUnavailableError):  # all is looked at anew when the wire is up
            self._ami.send({"Action": "Setvar", "Variable": variable, "Value": value}, answered)


def _nothing(result: AmiReply | SwitchError) -> None:
    """Whether a count was set to nothing does not matter: it is set again."""
