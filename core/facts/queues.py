"""Waiting for an agent: the queue, its ladder and overflow, the offers."""

from dataclasses import dataclass

from core.facts.fact import Fact
from core.facts.words import OfferOutcome


@dataclass(frozen=True, kw_only=True, slots=True)
class ContactQueued(Fact):
    """The contact waits for an agent. `position` counts from 1; `expected_s`: how long it will wait, as far as the
    router can tell; None: nobody is there to end that.
    """

    queue: str
    priority: int
    position: int
    expected_s: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class WaitTold(Fact):
    """The contact was told how long it will wait: from `least` to `most` minutes from now."""

    least: int
    most: int


@dataclass(frozen=True, kw_only=True, slots=True)
class LadderClimbed(Fact):
    """The contact has waited so long that its queue asks for less: the `rung` of the queue's ladder, from 1 (0: a
    preferred agent is not waited for any longer), and the priority that it has now.
    """

    queue: str
    rung: int
    priority: int


@dataclass(frozen=True, kw_only=True, slots=True)
class CallOverflowed(Fact):
    """The contact met a bound, or a condition of its queue's `overflow`: it was led into `flow`, or went up the ladder
    to `rung` at once. `why`: calls (the tenant's at once), number_calls, full (nobody more may wait), number_full,
    waiting, wait_over, agents_below, node_down, switch. `detail`: the bound, the node, who turned the switch on.
    """

    why: str
    queue: str = ""
    flow: str = ""
    rung: int = 0
    detail: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class OfferMade(Fact):
    """The contact was offered to an agent, whose phone is to ring; `offer` is the fencing token.

    What was compared then: `side` is who looked (contact, agent, asked, picked); the queue's `strategy`; the `score` of
    whoever was chosen; `passed`: who was passed over, each a name (- for another tenant's contact), why not, and the
    score, with blanks between; `others` were not looked at; the `rung` of the queue's ladder, the version of the
    `rules`; `assigned`: who had put the agent on the queue, which was not the configuration. See docs/routing.md.
    """

    queue: str
    offer: int
    agent: str
    phone: str
    leg: str
    side: str = ""
    strategy: str = ""
    score: tuple[float, ...] = ()
    passed: tuple[str, ...] = ()
    others: int = 0
    rung: int = 0
    rules: str = ""
    assigned: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class OfferEnded(Fact):
    """The offer ended; `detail` is the switch's cause."""

    queue: str
    offer: int
    agent: str
    outcome: OfferOutcome
    detail: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueLeft(Fact):
    """The contact waits no longer: `why` is answered, abandoned, timeout, full, key, moved, overflow, removed or, of
    one that was for an agent alone, not_taken.
    """

    queue: str
    why: str
    waited_s: float
