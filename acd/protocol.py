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
from typing import TYPE_CHECKING

from acd.requirement import Way
from core.errors import ConflictError
from core.facts import Direction, Medium, OfferOutcome

if TYPE_CHECKING:
    from acd.requirement import Condition


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


class Picking(StrEnum):
    """Whether agents may take a contact of a queue from the list themselves."""

    NEVER = "never"
    ALSO = "also"
    ONLY = "only"  # nobody is offered one unasked


@dataclass(frozen=True, kw_only=True, slots=True)
class Rung:
    """From a wait of `after_s` on whoever is able in one of `ways` may take the contact (empty: as before), and its
    priority is higher by `raises`.
    """

    after_s: float
    ways: tuple[Way, ...] = ()
    raises: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueRules:
    """How a queue treats callers and agents; times in seconds.

    `strategy` chooses among free agents, by the name of a file in `strategies/`; `ring_at_once` of them are rung for
    one contact. `pace`: the urgency that a second of waiting is worth, among contacts of the same priority;
    `head_start_s` is credited to everybody, `head_starts` to customers of a class besides. A preferred agent is
    waited for `prefer_s` from the beginning. `ladder`: what is asked for less, the longer somebody waits. `wrap_up_s`
    infinite: until the agent is done; `wrap_up_more_s` more an agent may take, once for each contact. `most_agents`
    have its contacts at once, or are rung for them; who comes beyond that waits.
    """

    queue: str
    tenant: str
    skills: dict[str, int] = field(default_factory=dict)
    condition: Condition | None = None
    priority: int = 50
    ring_s: float = 20.0
    wrap_up_s: float = 10.0
    wrap_up_more_s: float = 0.0
    most_agents: int | None = None
    max_waiting: int | None = None
    unresponsive_s: float = 0.0
    strategy: str = "longest_idle"
    ring_at_once: int = 1
    picking: Picking = Picking.NEVER
    pace: float = 1.0
    head_start_s: float = 0.0
    head_starts: dict[str, float] = field(default_factory=dict)
    prefer_s: float = 0.0
    ladder: tuple[Rung, ...] = ()

    def ways(self, rung: int) -> tuple[Way, ...]:
        """The ways of being able for its contacts, when so many rungs of the ladder are taken."""
        taken = (step.ways for step in reversed(self.ladder[:rung]) if step.ways)
        return next(taken, None) or (Way.of(self.tenant, self.skills, self.condition),)


@dataclass(frozen=True, kw_only=True, slots=True)
class DatedSkill:
    """A skill that an agent has from `starts` until before `ends` (POSIX seconds)."""

    skill: str
    level: int
    starts: float
    ends: float


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentRules:
    """What an agent can do; `serves` are the tenants that may be offered (the sign-in chooses among them). `queues`: of
    those of which a supervisor has said so. True: the agent takes their contacts whatever the queue asks for (what the
    contact itself asks for still counts); False: takes none.
    """

    agent: str
    skills: dict[str, int] = field(default_factory=dict)
    dated: tuple[DatedSkill, ...] = ()
    queues: dict[str, bool] = field(default_factory=dict)
    serves: frozenset[str] = frozenset()
    wrap_up_s: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """All that the router needs of the configuration. `waiting`: calls waiting allowed per tenant; `weights`: the
    tenants' shares of agents whom they lease together (1 where nothing is said); `version` goes into every decision.
    """

    queues: dict[str, QueueRules]
    agents: dict[str, AgentRules]
    waiting: dict[str, int] = field(default_factory=dict)
    seats: dict[str, int] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=dict)
    version: str = ""
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
    whose wrap-up ended or ends at `last_until` (a day from now, where it ends by the agent's word).

    `calls` counts conversations since sign-in, `offered_at` is the time of the last offer. `load` is the share of the
    time that the agent was occupied (conversations and wrap-up), as it was at `load_at`; what is longer ago counts
    less, see strategies/least_occupied.py.
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
    extended: bool = False  # has taken more time for this wrap-up
    calls: int = 0
    offered_at: float = 0.0
    load: float = 0.0
    load_at: float = 0.0


@dataclass(kw_only=True, slots=True)
class Ticket:
    """A contact that waits, or (with `agent`) that is offered to or (`answered`) talks with an agent.

    `queued_at` never changes, so the place is kept over no answer, re-queue and crash. `order` breaks ties.
    `skills` are all that is asked for: the queue's own at that time and the contact's. `tried`: agents to
    whom it was offered in vain. `first`: agents to whom it is to be offered before all others, one after the other, who
    may be in wrap-up; `only`: and to nobody else.

    `also`: agents whose phones ring at the same time as that of `agent`, with the tokens of those offers.
    `head_start_s` is credited to the waiting time. `rung`: how many rungs of the queue's ladder are taken.
    `prefers`: agents who alone are offered the contact until `prefer_until`. `charged`: seconds of an agent's time
    that were put to the tenant's account in `pool` when the offer under way (or answered) was made, at `offered_at`.
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
    also: dict[str, int] = field(default_factory=dict)
    head_start_s: float = 0.0
    rung: int = 0
    prefers: tuple[str, ...] = ()
    prefer_until: float | None = None
    pool: str = ""
    charged: float = 0.0
    offered_at: float = 0.0


def comes(queue: QueueRules, contact: str, queued_at: float, *, order: int) -> Ticket:
    """A contact that asks for what its queue does and for nothing of its own."""
    return Ticket(
        contact=contact,
        tenant=queue.tenant,
        queue=queue.queue,
        priority=queue.priority,
        skills=queue.skills,
        queued_at=queued_at,
        order=order,
    )


# --- answers ------------------------------------------------------------------------------------------------


class Refusal(StrEnum):
    """Why a contact was not let into a queue."""

    FULL = "full"  # as many wait as the queue or the tenant may have waiting
    NO_SUCH_QUEUE = "no_such_queue"
    NOBODY = "nobody"  # of those whom alone it was for, none can take it now


@dataclass(kw_only=True, slots=True)
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
# Values like all others; not frozen, as every event makes some, and a frozen one takes three times as long to make.


class Command:
    """Something that the host shall do."""

    __slots__ = ()


class Side(StrEnum):
    """How an offer came about."""

    CONTACT = "contact"  # the contact came, or came back, and looked for an agent
    AGENT = "agent"  # the agent came free and looked for a contact
    ASKED = "asked"  # the contact was for this agent above all
    PREFERRED = "preferred"  # the contact waits for some above all, and this one was free
    PICKED = "picked"  # the agent took it from the list


@dataclass(kw_only=True, slots=True)
class Reasons:
    """Why this contact and this agent: what was compared when it was decided, under which rules.

    `score`: the agent's rank (least first) or, where the agent chose, the contact's tenant's account, priority and
    credited seconds. `passed`: who else was considered, each with why not and the same numbers, at most a few;
    `others` more were. Contacts of other tenants have no name there.
    """

    side: Side
    strategy: str
    score: tuple[float, ...] = ()
    passed: tuple[tuple[str, str, tuple[float, ...]], ...] = ()
    others: int = 0
    rung: int = 0
    version: str = ""


@dataclass(kw_only=True, slots=True)
class OfferContact(Command):
    """Ring this agent's phone for the contact. `offer` is the fencing token: no other one's answer counts."""

    offer: int
    contact: str
    queue: str
    agent: str
    phone: str
    ring_s: float
    until: float
    why: Reasons


@dataclass(kw_only=True, slots=True)
class WithdrawOffer(Command):
    """Stop ringing for this offer."""

    offer: int
    contact: str
    agent: str


@dataclass(kw_only=True, slots=True)
class OfferOver(Command):
    """For the record: an offer ended like this."""

    offer: int
    contact: str
    queue: str
    agent: str
    outcome: OfferOutcome
    detail: str = ""


@dataclass(kw_only=True, slots=True)
class NotTaken(Command):
    """None of those agents took the contact to whom alone it was to be offered: the router has it no longer."""

    contact: str


@dataclass(kw_only=True, slots=True)
class AgentChanged(Command):
    """For the record, the store and the page: the agent's state is now another (read it in the router)."""

    agent: str


@dataclass(kw_only=True, slots=True)
class TicketChanged(Command):
    """For the store: the contact's ticket is new, changed or (if the router has it no longer) gone."""

    contact: str


@dataclass(kw_only=True, slots=True)
class AskedLess(Command):
    """For the record: the contact has waited long enough for the next rung of its queue's ladder, from 1; 0: a
    preferred agent is not waited for any longer.
    """

    contact: str
    queue: str
    rung: int
    priority: int


@dataclass(kw_only=True, slots=True)
class PoolChanged(Command):
    """For the store: what the tenants have had of the agents whom they share is now another."""

    pool: str


@dataclass(kw_only=True, slots=True)
class HandlingChanged(Command):
    """For the store: the mean handling time of the queue's contacts is now another."""

    queue: str
