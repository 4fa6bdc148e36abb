"""Applications that run on a leg's channel because vcc said so, each known by an id of its own.

    begin -> CHANNEL_EXECUTE (begun) -> CHANNEL_EXECUTE_COMPLETE (over); both name the id as Application-UUID

What the switch runs by itself (the dial plan's, the music of a hold key) has other ids and is nobody's here. The two
events are told of `translate.APPLICATIONS` alone: whether a call is answered says CHANNEL_ANSWER.
"""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING

from core.errors import SwitchError, SwitchTimeoutError

if TYPE_CHECKING:
    from telephony.freeswitch.esl_client import EslClient
    from telephony.freeswitch.frames import Event
    from telephony.freeswitch.legs import Leg

#: How long the switch may take to begin an application, or to end one that was told to.
PROMPT_S = 3.0
#: Longer than any sound.
LONGEST_S = 3_600.0


#: In place of an id: nobody else's answer is waited for.
_ANSWER = "answer"


class Execution:
    """One application on its way or running."""

    def __init__(self, identifier: str) -> None:
        """Not begun."""
        self.id = identifier
        self.begun = asyncio.Event()
        self.over: asyncio.Future[Event] = asyncio.get_running_loop().create_future()
        #: It was told to end: as soon as it has begun, if it has not.
        self.unwanted = False


class Executions:
    """Those of one leg."""

    def __init__(self, leg: Leg, esl: EslClient) -> None:
        """None."""
        self._leg, self._esl = leg, esl
        self._all: dict[str, Execution] = {}

    async def begin(self, application: str, argument: str = "", *, lock: bool = True, loops: int = 1) -> Execution:
        """Have an application run; returns when the switch has put it into the channel's line. Raises SwitchError."""
        one = Execution(str(uuid.uuid4()))
        self._all[one.id] = one
        try:
            await self._esl.execute(self._leg.name, application, argument, event_uuid=one.id, lock=lock, loops=loops)
        except BaseException:
            self._all.pop(one.id, None)
            raise
        return one

    async def answer(self, within_s: float) -> None:
        """Have the call answered, and wait until it is. Raises SwitchError."""
        one = self._all[_ANSWER] = Execution(_ANSWER)
        await self._esl.execute(self._leg.name, "answer")
        await self.end_of(one, within_s)

    def answered(self) -> None:
        """Take the event that tells it."""
        one = self._all.get(_ANSWER)
        if one is not None and not one.over.done():
            one.over.set_result({})

    async def end_of(self, one: Execution, within_s: float) -> Event:
        """Wait for the end of an application. Raises SwitchError if it, the leg or the wire is lost."""
        try:
            async with asyncio.timeout(within_s):
                return await asyncio.shield(one.over)
        except TimeoutError:
            raise SwitchTimeoutError(f"an application has not ended in {within_s:g} s") from None
        finally:
            self._all.pop(one.id, None)

    def stop(self, one: Execution) -> None:
        """End an application, as soon as it runs: told earlier, the switch would break what is before it."""
        if not one.unwanted:
            one.unwanted = True
            if one.begun.is_set():
                self._break()

    def begun(self, event: Event) -> None:
        """Take the event that tells that one has begun."""
        one = self._all.get(event.get("Application-UUID", ""))
        if one is not None and not one.begun.is_set():
            one.begun.set()
            if one.unwanted:
                self._break()

    def over(self, event: Event) -> None:
        """Take the event that tells the end of one."""
        one = self._all.get(event.get("Application-UUID", ""))
        if one is not None and not one.over.done():
            one.over.set_result(event)

    def break_whatever(self) -> None:
        """End what runs, of which nobody knows the id."""
        self._break()

    def lose(self, error: SwitchError) -> None:
        """None of them is heard of any more."""
        for one in self._all.values():
            if not one.over.done():
                one.over.set_exception(error)
                one.over.exception()  # nobody may be waiting for it
        self._all.clear()

    def _break(self) -> None:
        self._leg.orders.quietly("uuid_break", self._leg.name)
