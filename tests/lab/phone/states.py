"""The states of a call, and who ended it.

outgoing    CALLING -180..183-> RINGING -2xx-> TALKING
incoming    RINGING -our 2xx-> ANSWERING -ACK-> TALKING
each state  -BYE, final refusal, CANCEL, time-out-> ENDED
"""

from __future__ import annotations

from enum import StrEnum


class CallState(StrEnum):
    """Where a call is; see the module's table."""

    CALLING = "calling"
    RINGING = "ringing"
    ANSWERING = "answering"
    TALKING = "talking"
    ENDED = "ended"


class EndedBy(StrEnum):
    """Who or what ended a call."""

    US = "us"
    THEM = "them"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    FAILED = "failed"
