"""The words that a fact may use for what it is about."""

from enum import StrEnum


class Medium(StrEnum):
    """What carries a contact."""

    VOICE = "voice"


class Direction(StrEnum):
    """Who started a contact."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"  # an agent called a colleague, or a queue by its extension


class Outcome(StrEnum):
    """How a contact ended, from the caller's point of view."""

    ANSWERED = "answered"  # talked to an agent
    ABANDONED = "abandoned"  # hung up while waiting: in a queue, or for a vcc that was away
    LEFT_FLOW = "left_flow"  # hung up in the IVR
    CALLBACK = "callback"  # asked to be called back; whether that came about is told by the call that it became
    ENDED_BY_FLOW = "ended_by_flow"  # the flow came to its end
    UNKNOWN_NUMBER = "unknown_number"  # nobody owns the number dialled
    CLOSED = "closed"  # outside the tenant's hours
    TENANT_BUSY = "tenant_busy"  # the tenant's quota of calls at once was used up
    QUEUE_FULL = "queue_full"  # the quota of waiting calls was used up and the flow had no other way
    NOT_REACHED = "not_reached"  # a callback that did not come about: busy, nobody answered, hung up before the agent
    NOT_TAKEN = "not_taken"  # a colleague who was called was not there: signed out, busy, did not answer
    DRAINING = "draining"  # vcc was being stopped
    FALLBACK = "fallback"  # the dial plan's static fallback served the caller
    FAILED = "failed"  # something of ours broke


class Party(StrEnum):
    """Who ended something."""

    CALLER = "caller"
    AGENT = "agent"
    FLOW = "flow"
    SYSTEM = "system"
    OPERATOR = "operator"  # a person through the control API
    OUTSIDE = "outside"  # whom the caller was connected with at a number outside


class OfferOutcome(StrEnum):
    """How an offer of a contact to an agent ended."""

    ANSWERED = "answered"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    WITHDRAWN = "withdrawn"  # the caller left, or somebody else answered
    EXPIRED = "expired"  # the lease ran out
