"""Agents: what they want, when they are to be there, who was not let in."""

from dataclasses import dataclass

from core.facts.fact import Fact


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentStateChanged(Fact):
    """What an agent wants, or what routing knows of the agent, changed. `tenant` empty: the agent is the platform's.

    `wish` is signed_out, ready or not_ready; `phase` is idle, reserved, ringing, talking, held, wrap_up or
    unresponsive; `serves` are the tenants whose seats the agent occupies; `failed` is why the last offer came to
    nothing, of one who is unresponsive.
    """

    agent: str
    wish: str
    phase: str
    reason: str = ""
    phone: str = ""
    serves: tuple[str, ...] = ()
    failed: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ShiftsPlanned(Fact):
    """Who is to be there on a `day` (2026-07-01, of the tenant's zone) and when; each of `shifts` is "agent begins
    ends" (POSIX seconds), on the day that it begins. The last one of a day counts.
    """

    day: str
    shifts: tuple[str, ...]
    who: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentAssigned(Fact):
    """A supervisor (`who`) has put an agent on a queue (`level` 1) or taken the agent off it (0), or has said how well
    the agent has a skill (its `level`, 0: not at all); until when (POSIX seconds; None: until it is taken back).
    `level` None: it is as configured again.
    """

    agent: str
    queue: str = ""
    skill: str = ""
    level: int | None = None
    until: float | None = None
    who: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class SignInRefused(Fact):
    """Somebody tried to sign in on a phone and was refused; `why` is bad_pin, locked, busy (nothing was compared),
    no_seat, in_use or unknown. `agent` is empty where no agent has the number that was keyed in, which is not told: it
    may be a PIN.
    """

    phone: str
    agent: str
    why: str
