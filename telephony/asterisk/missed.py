"""Calls that came while vcc was away: the dial plan notes them in the switch's own database; here the notes are read.

    vcc is away    -> vcc-missed notes the leg; vcc-missed-end adds how it ended     (templates/extensions.py)
    vcc is frozen  -> the same, when the leg ends
    vcc is back    -> the leg comes to vcc after all: its note is deleted
                   -> its end is noted: CallMissed, and when vcc has that on record, ForgetMissed: deleted

Reading takes the right to report, deleting that to set a variable (`call`), which is less than the right to the whole
database (`system`).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from core.errors import SwitchError, SwitchUnavailableError
from telephony.asterisk.templates.words import MISSED_CONTEXT, MISSED_COUNT
from telephony.asterisk.translate import as_dialled
from telephony.notes import GATHER_S, Note, Notes, is_leg
from telephony.notes import note_of as read

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from telephony.asterisk.ami import AmiReply, Done, Frame
    from telephony.asterisk.ami_client import AmiClient
    from telephony.asterisk.legs import Legs

_FAMILY = MISSED_CONTEXT


def leg_of(event: Mapping[str, str]) -> str:
    """The leg of an entry in the switch's database. Raises ValueError if it is none of ours."""
    leg = event.get("Key", "").removeprefix(f"/{_FAMILY}/")
    if not is_leg(leg):
        raise ValueError(f"{leg!r} is no leg")
    return leg


def note_of(event: Mapping[str, str]) -> Note:
    """An entry as our dial plan wrote it. Raises ValueError for anything else."""
    note = read(leg_of(event), event.get("Val", ""))
    return replace(note, dialled=as_dialled(note.dialled))


class Missed(Notes):
    """The notes of a node."""

    def __init__(self, legs: Legs, ami: AmiClient) -> None:
        """Nothing is known of them yet."""
        super().__init__(legs)
        self._legs, self._ami = legs, ami
        self._open: frozenset[str] = frozenset()  # noted, and not over when last looked
        self._served: set[str] = set()  # vcc has got them since: what is, or is still to be, noted of them is void
        self._gone: set[str] = set()  # channels that ended while the notes are being read

    def hung_up(self, channel: str) -> None:
        """A channel is gone: if it is that of a note, there is something to tell."""
        if self._task is not None:
            self._gone.add(channel)
        if channel in self._open:
            self._look_in(GATHER_S)

    def served(self, leg: str) -> None:
        """vcc has the leg; if it is noted, or if that is being looked for, it was not missed."""
        if self._task is not None or leg in self._open:
            self._served.add(leg)
        if leg in self._open:
            self._delete(leg)

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
                self._unreadable(error)
                self._discard(event)
            else:
                notes[note.leg] = note
        return notes

    async def _list(self, action: str, **fields: str) -> Iterable[Frame]:
        reply = await self._ami.ask({"Action": action, **fields})
        if not reply.success:
            raise SwitchError(f"{action}: {reply.message}; look at manager.conf")
        return reply.events

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
                self._undeleted(leg, why)
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
