"""What the router is told, what it commands, and its state as plain data.

Names are those of the whole platform: a queue is `tenant/queue`, a skill `skill` or `tenant/skill`, an agent `agent` or
`tenant/agent`. `now` is POSIX seconds.

An agent is three things, never one field (see `AgentState`): what the agent wants (wish), what routing knows (phase),
whether the phone can be reached. Phases:

    signed in -> idle -> reserved -> ringing -> talking -> wrap_up -> idle
                  ^         |           |                     (0 s: at once)
                  |         +-----------+-> unresponsive (no answer) -> idle by the agent's word, or after a set delay
                  +---- withdrawn, refused by the network, expired

`not_ready` chosen during a call takes effect when it (and its wrap-up) ends.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from core.facts import OfferOutcome


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


# --- configuration (from tenancy, given by the host; replaced whole at a reload) -------------------------------------


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


# --- state ----------------------------------------------------------------------------------------------------------


@dataclass(kw_only=True, slots=True)
class AgentState:
    """An agent who is or was signed in. `since`: when the phase began; `idle_since` orders the longest idle."""

    agent: str
    phone: str = ""
    wish: Wish = Wish.SIGNED_OUT
    reason: str = ""
    phase: Phase = Phase.IDLE
    reachable: bool = True
    serves: tuple[str, ...] = ()
    since: float = 0.0
    idle_since: float = 0.0
    until: float | None = None  # end of wrap-up, of the lease, or of being unresponsive
    offer: int | None = None
    contact: str = ""


@dataclass(kw_only=True, slots=True)
class Ticket:
    """A contact that waits, or (with `agent`) that is offered to or talks with an agent.

    `queued_at` never changes, so the place is kept over no answer, re-queue and crash. `order` breaks ties.
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


# --- commands -------------------------------------------------------------------------------------------------------


class Command:
    """Something that the host shall do."""

    __slots__ = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class OfferContact(Command):
    """Ring this agent's phone for the contact. `offer` is the fencing token: answers to another one are void."""

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
class AgentChanged(Command):
    """For the record, the store and the page: the agent's state is now another (read it in the router)."""

    agent: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TicketChanged(Command):
    """For the store: the contact's ticket is new, changed or (if the router has it no longer) gone."""

    contact: str
