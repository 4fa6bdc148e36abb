"""A channel of the switch: its variables, what runs on it, and how it stands in events."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from telephony.freeswitch import lasting
from telephony.port import Cause

if TYPE_CHECKING:
    import asyncio

    from tests.lab.eventsocket.commands import Message

CAUSES = {
    Cause.NORMAL: "NORMAL_CLEARING",
    Cause.BUSY: "USER_BUSY",
    Cause.NO_ANSWER: "NO_ANSWER",
    Cause.REFUSED: "CALL_REJECTED",
    Cause.UNREACHABLE: "USER_NOT_REGISTERED",
    Cause.UNAVAILABLE: "NORMAL_TEMPORARY_FAILURE",
    Cause.ELSEWHERE: "LOSE_RACE",
    Cause.MEDIA_LOST: "MEDIA_TIMEOUT",
    Cause.NOT_FOUND: "UNALLOCATED_NUMBER",
    Cause.FAILED: "NORMAL_UNSPECIFIED",
}


@dataclass(kw_only=True, slots=True)
class Running:
    """An application that runs on a channel until something ends it."""

    application: str
    argument: str
    uuid: str
    terminators: str = ""
    pressed: str = ""  # the key that has ended it
    broken: str = ""  # what is said of it, if it was broken off


@dataclass(kw_only=True, slots=True, eq=False)
class Channel:
    """One channel; `uuid` is also its leg's name on the exchange."""

    uuid: str
    variables: dict[str, str] = field(default_factory=dict)
    context: str = ""
    destination: str = ""
    caller: str = ""
    caller_name: str = ""
    up: bool = False
    application: str = "park"
    argument: str = ""
    bridged_to: str = ""
    running: Running | None = None
    waiting: deque[Message] = field(default_factory=deque)  # executions that wait for the one before
    timers: list[asyncio.TimerHandle] = field(default_factory=list)  # what is scheduled for it
    parking: asyncio.TimerHandle | None = None  # it is on its way through the dial plan
    job: asyncio.Future[str] | None = None  # the `originate` that waits for its answer
    arrived: int = 0
    answered: int = 0
    in_fallback: bool = False
    created: float = field(default_factory=time.time)
    ends_by: str = ""  # the cause of its end, where that is not the exchange's

    def stop_timers(self) -> int:
        """Nothing is scheduled any more; how many were."""
        count = len(self.timers)
        for timer in self.timers:
            timer.cancel()
        self.timers.clear()
        return count

    def set(self, name: str, value: str) -> None:
        """Set a variable; to nothing: it is there no more."""
        if value:
            self.variables[name] = value
        else:
            self.variables.pop(name, None)

    def variable(self, name: str) -> str:
        """A variable of it, or, where it has none of this name, of the switch."""
        return self.variables.get(name) or lasting.VARIABLES.get(name, "")

    def data(self) -> dict[str, str]:
        """What stands in every event of the channel."""
        variables = dict(self.variables) | {
            "uuid": self.uuid,
            "current_application": self.application,
            "current_application_data": self.argument,
        }
        if self.bridged_to:
            variables["bridge_to"] = self.bridged_to
        return {
            "Unique-ID": self.uuid,
            "Channel-Call-UUID": self.uuid,
            "Answer-State": "answered" if self.up else "ringing",
            "Caller-Context": self.context,
            "Caller-Destination-Number": self.destination,
            "Caller-Caller-ID-Number": self.caller,
            "Caller-Caller-ID-Name": self.caller_name,
            "Caller-Unique-ID": self.uuid,
        } | {f"variable_{name}": value for name, value in variables.items() if value}
