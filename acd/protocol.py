"""What the router is told, what it commands, and its state as plain data.

Names are those of the whole platform: a queue is `tenant/queue`, a skill `skill` or `tenant/skill`, an agent
`agent` or `tenant/agent`. `now` is POSIX seconds.

An agent is three things, never one field (see `AgentState`): what the agent wants (wish), what routing knows
(phase), whether the phone can be rung: it is reachable and has no call of its own. Phases:

    signed in -> idle -> reserved -> ringing -> talking -> wrap_up -> idle
                  ^         |           |                     (0 s: at once)
                  |         +-----------+-> unresponsive -> idle
                  +---- withdrawn

An unresponsive agent gets no offer until `until`, or until saying `ready`. After no answer, `until` comes of
the queue's `unresponsive_s` (0: only the agent's word counts); after busy, refused, unreachable and expired
offers it is a cool-down of `cool_down_s`, doubled by each such offer in a row up to `cool_down_max_s`, so
that nobody is offered calls in a loop.

`not_ready` chosen during a call takes effect when it (and its wrap-up) ends.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from core.errors import ConflictError
from core.facts import Direction, Medium, OfferOutcome


class Wish(StrEnum):
    """What the agent wants."""

    SIGNED_OUT = "signed_out"
    READY = "ready"
    NOT_READY = "not_ready"


class Phase(StrEnum):
    """What routing knows of the agent."""

    IDLE = "idle"
    RESERVED = "reserved"
    RINGING = "ringing"
    TALKING = "talking"
    HELD = "held"
    WRAP_UP = "wrap_up"
    UNRESPONSIVE = "unresponsive"


# --- configuration (from tenancy, given by the host; replaced whole at a reload) ----------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueRules:
    """How a queue treats callers and agents; times in seconds."""

    queue: str
    tenant: str
    skills: dict[str, int] = field(default_factory=dict)
    priority: int = 50
    ring_s: float = 20.0
    wrap_up_s: float = 10.0
    max_waiting: int | None = None
    unresponsive_s: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentRules:
    """What an agent can do; `serves` are the tenants that may be offered (the sign-in chooses among them)."""

    agent: str
    skills: dict[str, int] = field(default_factory=dict)
    serves: frozenset[str] = frozenset()
    wrap_up_s: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """All that the router needs of the configuration. `waiting`: calls waiting allowed per tenant."""

    queues: dict[str, QueueRules]
    agents: dict[str, AgentRules]
    waiting: dict[str, int] = field(default_factory=dict)
    seats: dict[str, int] = field(default_factory=dict)
    offer_grace_s: float = 5.0
    cool_down_s: float = 5.0
    cool_down_max_s: float = 60.0


# --- state --------------------------------------------------------------------------------------------------


@dataclass(kw_only=True, slots=True)
class AgentState:
    """An agent who is signed in. `since`: when the phase began; `idle_since` orders the longest idle. `in_use`: the
    phone has a call that the router did not bring, such as a dialled code.

    `offer` is the token of the offer under way or, in a conversation, of the one that led to it. `failures`
    counts offers in a row that the phone did not take; `failed` is why the last one was not, for an unresponsive agent;
    `lost_at` is when an unreachable phone was lost. `last_contact` and `last_queue` are those of the last conversation,
    whose wrap-up ended or ends at `last_until`.
    """

    agent: str
    phone: str = ""
    wish: Wish = Wish.SIGNED_OUT
    reason: str = ""
    phase: Phase = Phase.IDLE
    reachable: bool = True
    in_use: bool = False
    serves: tuple[str, ...] = ()
    since: float = 0.0
    idle_since: float = 0.0
    until: float | None = None  # end of wrap-up, of the lease, or of being unresponsive
    offer: int | None = None
    contact: str = ""
    failures: int = 0
    failed: str = ""
    lost_at: float | None = None
    last_contact: str = ""
    last_queue: str = ""
    last_until: float = 0.0


@dataclass(kw_only=True, slots=True)
class Ticket:
    """A contact that waits, or (with `agent`) that is offered to or (`answered`) talks with an agent.

    `queued_at` never changes, so the place is kept over no answer, re-queue and crash. `order` breaks ties.
    `skills` are all that is asked for: the queue's own at that time and the contact's. `tried`: agents to
    whom it was offered in vain. `first`: agents to whom it is to be offered before all others, one after the other, who
    may be in wrap-up; `only`: and to nobody else.
    """

    contact: str
    tenant: str
    queue: str
    priority: int
    skills: dict[str, int]
    queued_at: float
    order: int
    agent: str = ""
    offer: int | None = None
    answered: bool = False
    tried: tuple[str, ...] = ()
    first: tuple[str, ...] = ()
    only: bool = False
    medium: Medium = Medium.VOICE
    direction: Direction = Direction.INBOUND


# --- answers ------------------------------------------------------------------------------------------------


class Refusal(StrEnum):
    """Why a contact was not let into a queue."""

    FULL = "full"  # as many wait as the queue or the tenant may have waiting
    NO_SUCH_QUEUE = "no_such_queue"
    NOBODY = "nobody"  # of those whom alone it was for, none can take it now


@dataclass(frozen=True, kw_only=True, slots=True)
class Placed:
    """What became of an `enqueue`: refused, or a place. `position` counts from 1."""

    refused: Refusal | None = None
    position: int = 0
    priority: int = 0
    commands: tuple[Command, ...] = ()


class InUseError(ConflictError):
    """The agent is signed in on another phone, or the phone is another agent's."""

    code = "in_use"


class NoSeatError(ConflictError):
    """No seat of the tenant is free."""

    code = "no_seat"


# --- commands -----------------------------------------------------------------------------------------------


class Command:
    """Something that the host shall do."""

    __slots__ = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class OfferContact(Command):
    """Ring this agent's phone for the contact. `offer` is the fencing token: no other one's answer counts."""

    offer: int
    contact: str
    queue: str
    agent: str
    phone: str
    ring_s: float
    until: float


@dataclass(frozen=True, kw_only=True, slots=True)
class WithdrawOffer(Command):
    """Stop ringing for this offer."""

    offer: int
    contact: str
    agent: str


@dataclass(frozen=True, kw_only=True, slots=True)
class OfferOver(Command):
    """For the record: an offer ended like this."""

    offer: int
    contact: str
    queue: str
    agent: str
    outcome: OfferOutcome
    detail: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class NotTaken(Command):
    """None of those agents took the contact to whom alone it was to be offered: the router has it no longer."""

    contact: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentChanged(Command):
    """For the record, the store and the page: the agent's state is now another (read it in the router)."""

    agent: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TicketChanged(Command):
    """For the store: the contact's ticket is new, changed or (if the router has it no longer) gone."""

    contact: str
