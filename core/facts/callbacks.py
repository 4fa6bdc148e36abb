"""Callers who are called back."""

from dataclasses import dataclass

from core.facts.fact import Fact, personal


@dataclass(frozen=True, kw_only=True, slots=True)
class CallbackAsked(Fact):
    """The caller is to be called back at `number`, for a queue, at `due` (POSIX seconds) or when the turn comes after
    that: the place in the queue counts from `since`. `again`: the number was to be called back already, and that stays
    one callback, which is called after the call that asked for it (`callback`).
    """

    callback: str
    queue: str
    number: str = personal()
    since: float
    due: float
    again: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class CallbackDialled(Fact):
    """Whoever asked to be called back is dialled, for the `attempt`th time."""

    callback: str
    number: str = personal()
    attempt: int


@dataclass(frozen=True, kw_only=True, slots=True)
class CallbackReached(Fact):
    """Whoever is called back is there."""

    callback: str
    attempt: int


@dataclass(frozen=True, kw_only=True, slots=True)
class CallbackFailed(Fact):
    """Nothing came of an attempt: `why` is the switch's cause, what the guard says, not_accepted, or what vcc says;
    `next_at` (POSIX seconds) is when the next begins; None: there is none.
    """

    callback: str
    attempt: int
    why: str
    next_at: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CallbackOver(Fact):
    """Nobody is called back any more, a fact about the call that had asked for it: `why` is answered, given_up (no
    attempt is left), called_again (an agent has talked with the caller meanwhile), expired (its turn did not come in
    time), closed, removed (the queue is), or cancelled, by `who`.
    """

    callback: str
    queue: str
    why: str
    attempts: int
    who: str = ""
