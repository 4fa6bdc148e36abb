"""Calls that came while vcc was away: the dial plan's hook notes each in the switch's database when it is over.

    a leg arrives     it carries the hook (`api_reporting_hook`)
    vcc has the leg   the hook is taken off: nothing is ever noted of it          (arrivals.py)
    else, at its end  its note is written -> CallMissed, and when vcc has that on record, ForgetMissed: deleted

The switch lists 4,096 bytes of keys at a time: the next notes are told when these are forgotten.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import SwitchError
from telephony.freeswitch.templates.words import MISSED_REALM
from telephony.notes import GATHER_S, Note, Notes, is_leg
from telephony.notes import note_of as read

if TYPE_CHECKING:
    from telephony.freeswitch.esl_client import EslClient
    from telephony.freeswitch.legs import Legs
    from telephony.freeswitch.orders import Orders, Result


def legs_of(printed: str) -> list[str]:
    """The keys that the database lists, in our form; a key that is cut off at the end is none."""
    return [leg for leg in printed.split(",") if is_leg(leg)]


def note_of(leg: str, text: str) -> Note:
    """An entry as our dial plan wrote it, which it does at the end of a call. Raises ValueError for anything else."""
    note = read(leg, text.strip())
    if note.ended is None:
        raise ValueError(f"the entry of {leg} is not one of ours")
    return note


class Missed(Notes):
    """The notes of a node."""

    def __init__(self, legs: Legs, esl: EslClient, orders: Orders) -> None:
        """Nothing is known of them yet."""
        super().__init__(legs)
        self._esl, self._orders = esl, orders

    def hung_up(self) -> None:
        """A channel has ended that vcc never had: its note is to come, a moment after the end."""
        if self.up:
            self._look_in(GATHER_S)

    def served(self, leg: str) -> None:
        """vcc has the leg: what is noted of it is void."""
        self.forget(leg)

    async def _look(self) -> None:
        notes = []
        for leg in legs_of(await self._esl.api("db", f"list/{MISSED_REALM}")):
            text = await self._esl.api("db", f"select/{MISSED_REALM}/{leg}")
            try:
                notes.append(note_of(leg, text))
            except ValueError as error:
                self._unreadable(error)
                self._delete(leg)
        if self.up:
            self._tell(notes)

    def _delete(self, leg: str) -> None:
        def answered(result: Result) -> None:
            if isinstance(result, SwitchError):
                self._undeleted(leg, str(result))
                return
            was_told = leg in self._told
            self._told.discard(leg)
            if was_told and not self._told:
                self.look()

        self._orders.give(["db", f"delete/{MISSED_REALM}/{leg}"], answered)
