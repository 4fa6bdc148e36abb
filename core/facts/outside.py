"""Numbers outside: dialled, talked with, paid for, refused."""

from dataclasses import dataclass

from core.facts.fact import Fact, personal
from core.facts.words import Party


@dataclass(frozen=True, kw_only=True, slots=True)
class OutsideDialled(Fact):
    """A number outside is rung over a trunk. `purpose` is flow, agent, transfer, mobile_seat or callback;
    `kinds` what the number is (fixed, mobile, abroad …); the costs are those of the number's prefix on this trunk,
    None: not known.
    """

    leg: str
    trunk: str
    number: str = personal()
    purpose: str
    agent: str = ""
    kinds: tuple[str, ...] = ()
    cost_per_minute: float | None = None
    cost_per_call: float | None = None
    currency: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class OutsideRefused(Fact):
    """The toll-fraud guard let a number outside not be dialled; `alarm`: it held something off, else a line or its
    setting is at fault, or the number is mistyped. `reason` is no_country, no_tenant, not_a_number, no_such_number,
    own_number, denied, not_allowed, too_many, no_trunk, no_caller_id, no_price, ceiling or no_permit.
    """

    number: str = personal()
    purpose: str
    agent: str = ""
    reason: str
    alarm: bool
    detail: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class OutsideConnected(Fact):
    """Caller and a number outside, to which `agent` sent the caller, hear each other."""

    leg: str
    agent: str
    number: str = personal()


@dataclass(frozen=True, kw_only=True, slots=True)
class OutsideLeft(Fact):
    """The conversation with the number outside ended."""

    leg: str
    by: Party
    talked_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class OutsideEnded(Fact):
    """The leg to a number outside is over: `talked_s` from its answer (None: it was not answered), and what it cost.
    `cause` is the switch's word, or `ceiling`: the toll-fraud guard has ended it, for the money of the day was spent.
    """

    leg: str
    trunk: str
    cause: str
    talked_s: float | None = None
    cost: float = 0.0
    currency: str = ""
