"""A contact comes, is let in, taken over again, and ends."""

from dataclasses import dataclass

from core.facts.fact import Fact, personal
from core.facts.words import Direction, Medium, Outcome, Party


@dataclass(frozen=True, kw_only=True, slots=True)
class ContactArrived(Fact):
    """Somebody called (or wrote). `dialled` is what the trunk sent, `number` its normalised form. `agent`: who dialled
    a colleague's number, or a queue's extension, on a phone. `callback`: of a callback (outbound) the call that asked
    for it; its `caller` is whoever is called back.
    """

    medium: Medium = Medium.VOICE
    direction: Direction = Direction.INBOUND
    leg: str
    trunk: str = ""
    dialled: str
    number: str
    project: str = ""
    caller: str = personal()
    caller_name: str = personal(default="")
    agent: str = ""
    callback: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ContactRefused(Fact):
    """The contact was not let into a flow: `reason` and the `treatment` that the caller got (say, play, busy)."""

    reason: Outcome
    treatment: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ContactAnswered(Fact):
    """The platform answered the call (SIP 200): from here the caller pays."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NumberEntered(Fact):
    """A flow led the contact into another number; `tenant` is the owner of that number."""

    number: str
    project: str = ""
    from_tenant: str
    direction: Direction = Direction.INBOUND


@dataclass(frozen=True, kw_only=True, slots=True)
class ContactRecovered(Fact):
    """vcc came back and took the contact over again; `state` is where it was."""

    state: str
    gap_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ContactEnded(Fact):
    """The contact is over; exactly one such fact for each ContactArrived."""

    outcome: Outcome
    by: Party
    cause: str = ""
    detail: str = ""
