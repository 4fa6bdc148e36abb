"""What a contact's record is made of: its waits, its conversations, and what came of them.

`Timeline` makes them of facts; each figure is computed from them. All are values.
"""

from __future__ import annotations

from dataclasses import dataclass

# How a visit to a queue ended: `Visit.why`, where it is asked for; there are more words (timeout, key …).
ANSWERED = "answered"
ABANDONED = "abandoned"
MOVED = "moved"
FULL = "full"
ENDED = "ended"  # the contact ended while it waited, and not by the caller's will


@dataclass(frozen=True, kw_only=True, slots=True)
class Visit:
    """A wait in one queue; times POSIX seconds. `left_at` None and `why` empty: it waits still.

    `since` is when the wait began: earlier than `queued_at` if the contact was moved here from another queue.
    `expected_s`: how long it was expected to last, from `queued_at` on; None: nobody was there to end it.
    """

    queue: str
    tenant: str
    since: float
    queued_at: float
    left_at: float | None = None
    why: str = ""
    expected_s: float | None = None

    @property
    def waited_s(self) -> float:
        """Seconds waited until the visit ended, the wait in the queue it was moved from included; 0 while open."""
        return 0.0 if self.left_at is None else self.left_at - self.since


@dataclass(frozen=True, kw_only=True, slots=True)
class Talk:
    """A conversation with one agent, holds included; `ended_at` None: it goes on."""

    agent: str
    queue: str
    tenant: str
    began_at: float
    ended_at: float | None = None
    by: str = ""
    held_s: float = 0.0  # of it: seconds on hold

    @property
    def talked_s(self) -> float:
        """Seconds from hearing each other to the end; 0 while it goes on."""
        return 0.0 if self.ended_at is None else self.ended_at - self.began_at


@dataclass(frozen=True, kw_only=True, slots=True)
class Recorded:
    """A recording of the contact. `finished_at` None: it is not a file yet; `problem`: it became none; `erased_at`: the
    file is no more. Times are POSIX seconds.
    """

    recording: str
    tenant: str
    queue: str = ""
    agent: str = ""
    why: str = ""
    announced: bool = False
    began_at: float | None = None
    pauses: int = 0
    finished_at: float | None = None
    file: str = ""
    sha256: str = ""
    size: int = 0
    seconds: float = 0.0
    silence: float = 0.0
    problem: str = ""
    erased_at: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Disposition:
    """What an agent said that came of the contact: a code of the tenant's and its meaning at that time."""

    agent: str
    queue: str
    code: str
    meaning: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What the contact answered to a question of a survey, about whom."""

    at: float
    question: str
    score: int
    agent: str
    queue: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Transfer:
    """An agent sent the contact on, `how` (blind, attended, parked), `to` as it was asked for: to an agent, a queue, a
    number of the platform, outside (`kind`, empty: there was no such thing). `failed`: why it came back; empty: not.
    """

    at: float
    agent: str
    how: str
    to: str
    kind: str
    target: str = ""
    failed: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class OutsideTalk:
    """A conversation with a number outside to which `agent` had sent the contact; `ended_at` None: it goes on."""

    agent: str
    number: str
    tenant: str
    began_at: float
    ended_at: float | None = None
    by: str = ""

    @property
    def talked_s(self) -> float:
        """Seconds from hearing each other to the end; 0 while it goes on."""
        return 0.0 if self.ended_at is None else self.ended_at - self.began_at
