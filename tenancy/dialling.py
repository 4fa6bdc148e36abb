"""The toll-fraud guard's decision: may this be dialled, by whom, and over which trunk. Pure.

    Wanted (a text, for whom) + Platform + Situation (use, money, health) -> Permit | Refusal

A `Permit` is what a switch needs to dial: the command that rings a number outside carries one, and only `decide` makes
it. It names one number on one trunk, as that carrier writes it: nothing else can be dialled with it.

In order: is it a number at all · is it our own · denied · allowed to the tenant, to this purpose, to this agent · calls
per minute · a trunk that is up, has a channel free and a caller id for the tenant · its price is known where a ceiling
has to be kept · the ceiling of the day.
"""

from __future__ import annotations

from dataclasses import InitVar, dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from tenancy import names
from tenancy.allowances import closed, longest
from tenancy.destinations import Destination, Kind, NotANumber, classify
from tenancy.model import NumberRules, Rate
from tenancy.numbers import normalise

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from tenancy.model import Allowance, Outgoing, Platform, Tenant, Trunk

#: Known in this module alone.
_SEAL = object()


class Purpose(StrEnum):
    """On whose account something is dialled."""

    FLOW = "flow"
    AGENT = "agent"
    TRANSFER = "transfer"
    MOBILE_SEAT = "mobile_seat"
    CALLBACK = "callback"


class Reason(StrEnum):
    """Why something is not dialled."""

    NO_COUNTRY = "no_country"  # the configuration has no outside.country_code
    NO_TENANT = "no_tenant"
    NOT_A_NUMBER = "not_a_number"  # what nobody mistypes: letters, a URI, keys to be sent later
    NO_SUCH_NUMBER = "no_such_number"  # mistyped: too short or too long, or in no table of this country's numbers
    OWN_NUMBER = "own_number"  # it would come in again: lead the call there inside
    DENIED = "denied"
    NOT_ALLOWED = "not_allowed"
    TOO_MANY = "too_many"  # calls in this minute
    NO_TRUNK = "no_trunk"  # none is set up for it, is up and has a channel free
    NO_CALLER_ID = "no_caller_id"
    NO_PRICE = "no_price"
    CEILING = "ceiling"  # the money of the day is spent
    NO_PERMIT = "no_permit"  # a command that did not come by the guard


#: What the guard is there for. The other reasons are mistyped numbers, faults of the lines or of the configuration.
ALARMING = frozenset(
    {
        Reason.NOT_A_NUMBER,
        Reason.OWN_NUMBER,
        Reason.DENIED,
        Reason.NOT_ALLOWED,
        Reason.TOO_MANY,
        Reason.CEILING,
        Reason.NO_PERMIT,
    }
)

#: Texts that are no number because somebody mistyped one.
_MISTYPED = frozenset({NotANumber.EMPTY, NotANumber.TOO_LONG, NotANumber.MALFORMED})
#: What a number that is in no table is, and a mistyped one nothing else.
_OF_NOBODY = frozenset({Kind.UNKNOWN, Kind.SHORT})


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Somebody wants `number` dialled: as it was written, for the contact of a tenant on a node. `tried`: trunks over
    which this call did not get out.
    """

    number: str
    tenant: str
    purpose: Purpose
    node: str
    contact: str = ""
    agent: str = ""
    tried: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Situation:
    """What is true at this moment. Of trunks that are `unsure` nobody knows whether they are there. Money of the day
    and calls of the last minute are by tenant, under "" of all.
    """

    down: Collection[str] = ()
    unsure: Collection[str] = ()
    used: Mapping[str, int] = field(default_factory=dict)
    last_minute: Mapping[str, int] = field(default_factory=dict)
    spent: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """Nothing is dialled; `detail` says in words what stands against it."""

    reason: Reason
    detail: str

    @property
    def alarming(self) -> bool:
        """Whether the guard held something off."""
        return self.reason in ALARMING


@dataclass(frozen=True, kw_only=True, slots=True)
class Permit:
    """One number may be dialled on one trunk, once. `dials` is what the carrier gets; `number` the same as +…"""

    serial: int
    tenant: str
    purpose: Purpose
    contact: str
    agent: str
    trunk: str
    node: str
    number: str
    dials: str
    caller_id: str
    kinds: tuple[Kind, ...]
    rate: Rate | None
    seal: InitVar[object] = None

    def __post_init__(self, seal: object) -> None:
        """Raises TypeError for whoever is not the guard."""
        if seal is not _SEAL:
            message = "only tenancy.dialling.decide makes a Permit"
            raise TypeError(message)


def decide(wanted: Wanted, platform: Platform, situation: Situation, serial: int) -> Permit | Refusal:
    """Whether this may be dialled now. `serial` tells the permit from all others."""
    tenant, found = platform.tenants.get(wanted.tenant), _look_at(wanted.number, platform)
    if isinstance(found, Refusal):
        return found
    if tenant is None:
        return Refusal(reason=Reason.NO_TENANT, detail="no tenant is known for this call")
    lines = _Lines(platform=platform, tenant=tenant, situation=situation)
    if refused := _forbidden(found, wanted, platform, tenant):
        return refused if refused.alarming else lines.held_off(found, wanted) or refused
    if not wanted.tried and (refused := _too_many(tenant, platform, situation)):
        return refused
    return lines.permit(found, wanted, serial)


def _look_at(number: str, platform: Platform) -> Destination | Refusal:
    code = platform.outside.country_code
    if code is None:
        return Refusal(reason=Reason.NO_COUNTRY, detail="outside.country_code is not configured")
    found = classify(number, code)
    if isinstance(found, NotANumber):
        return Refusal(reason=Reason.NO_SUCH_NUMBER if found in _MISTYPED else Reason.NOT_A_NUMBER, detail=found)
    if _is_own(found, number, platform):
        return Refusal(reason=Reason.OWN_NUMBER, detail="a number of this platform")
    return found


def _is_own(found: Destination, text: str, platform: Platform) -> bool:
    """Whether a carrier may send it back to us: as it was written, or as a carrier gets it, one of our trunks reads it
    as a number of ours.
    """
    owned = {number for number, _, _ in names.numbers(platform)}
    trunks = platform.trunks.values()
    rules = [NumberRules(country_code=platform.outside.country_code), *(trunk.numbers for trunk in trunks)]
    forms = {found.number, text, *(written(found.number, t.outgoing.write) for t in trunks if t.outgoing)}
    return any(normalise(form, rule) in owned for form in forms for rule in rules)


# --- allowed ---------------------------------------------------------------------------------------------------------


def _forbidden(found: Destination, wanted: Wanted, platform: Platform, tenant: Tenant) -> Refusal | None:
    if (prefix := longest(found.number, platform.outside.deny)) is not None:
        return Refusal(reason=Reason.DENIED, detail=f"outside.deny: {prefix}")
    by_purpose = {
        Purpose.FLOW: tenant.outside.flow,
        Purpose.AGENT: tenant.outside.agent,
        Purpose.TRANSFER: tenant.outside.transfer,
        Purpose.MOBILE_SEAT: tenant.outside.mobile_seat,
        Purpose.CALLBACK: tenant.outside.callback,
    }
    conditions = {
        f"tenant {tenant.id}": tenant.outside.allow,
        f"{wanted.purpose} of {tenant.id}": by_purpose[wanted.purpose],
        f"agent {wanted.agent}": _of_agent(wanted.agent, platform),
    }
    for whose, allowance in conditions.items():
        if allowance is not None and (shut := closed(found, allowance)):
            nobodys = not found.assigned and _OF_NOBODY.issuperset(shut)
            reason = Reason.NO_SUCH_NUMBER if nobodys else Reason.NOT_ALLOWED
            return Refusal(reason=reason, detail=f"{', '.join(shut)} not allowed to {whose}")
    return None


def _of_agent(agent: str, platform: Platform) -> Allowance | None:
    owner, short = names.split(agent)
    agents = platform.tenants[owner].agents if owner in platform.tenants else platform.agents
    return agents[short].outside if short in agents else None


def _too_many(tenant: Tenant, platform: Platform, situation: Situation) -> Refusal | None:
    for key, limit in ((tenant.id, tenant.outside.calls_per_minute), ("", platform.outside.calls_per_minute)):
        if situation.last_minute.get(key, 0) >= limit:
            whose = f"tenant {key}" if key else "the platform"
            return Refusal(reason=Reason.TOO_MANY, detail=f"{limit} calls a minute of {whose}")
    return None


# --- over which trunk ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class _Lines:
    """The trunks of a tenant at this moment."""

    platform: Platform
    tenant: Tenant
    situation: Situation

    def permit(self, found: Destination, wanted: Wanted, serial: int) -> Permit | Refusal:
        """For the first trunk that can carry the call; where none can, what the guard held off, or the last fault."""
        refused = Refusal(reason=Reason.NO_TRUNK, detail="no trunk is set up for this number")
        for name, trunk, outgoing in self._trunks(found, wanted):
            caller_id, rate = shown_on(outgoing, self.tenant), price(found.number, outgoing)
            dials = written(found.number, outgoing.write)
            fault = self._other(dials, found, wanted) or self._fault(name, trunk, caller_id, rate)
            if fault:
                refused = refused if refused.alarming else fault
                continue
            return Permit(
                serial=serial,
                tenant=self.tenant.id,
                purpose=wanted.purpose,
                contact=wanted.contact,
                agent=wanted.agent,
                trunk=name,
                node=trunk.node,
                number=found.number,
                dials=dials,
                caller_id=caller_id,
                kinds=tuple(sorted(found.kinds)),
                rate=rate,
                seal=_SEAL,
            )
        return refused

    def held_off(self, found: Destination, wanted: Wanted) -> Refusal | None:
        """What stands against a number that nobody has, as a carrier would read it; None: it is mistyped for all."""
        for _, _, outgoing in self._trunks(found, wanted):
            refused = self._other(written(found.number, outgoing.write), found, wanted)
            if refused and refused.alarming:
                return refused
        return None

    def _trunks(self, found: Destination, wanted: Wanted) -> Iterator[tuple[str, Trunk, Outgoing]]:
        """Those that may carry this call, in order of failover, one that may not be there last: a tenant's own are no
        other tenant's.
        """
        for name in sorted(self._order(found), key=lambda name: name in self.situation.unsure):
            trunk = self.platform.trunks.get(name)
            if trunk is None or trunk.outgoing is None or name in wanted.tried:
                continue
            if trunk.node == wanted.node and trunk.tenant in (None, self.tenant.id):
                yield name, trunk, trunk.outgoing

    def _order(self, found: Destination) -> tuple[str, ...]:
        if self.tenant.outside.trunks:
            return self.tenant.outside.trunks
        routes = {prefix: route.trunks for route in self.platform.outside.routes for prefix in route.prefixes}
        if routes:
            return routes.get(longest(found.number, routes) or "", ())
        trunks = self.platform.trunks
        own = [name for name, trunk in trunks.items() if trunk.tenant == self.tenant.id]
        return (*own, *(name for name in trunks if name not in own))

    def _other(self, dials: str, found: Destination, wanted: Wanted) -> Refusal | None:
        """What stands against the number as this carrier reads it: without its area code, 010 95588 is 95588."""
        read = classify(dials, self.platform.outside.country_code or "")
        if isinstance(read, NotANumber) or read.kinds.isdisjoint({Kind.SHORT, Kind.EMERGENCY}):
            return None
        both = replace(found, number=read.number, kinds=found.kinds | read.kinds, assigned=read.assigned)
        return _forbidden(both, wanted, self.platform, self.tenant)

    def _fault(self, name: str, trunk: Trunk, caller_id: str, rate: Rate | None) -> Refusal | None:
        if name in self.situation.down:
            return Refusal(reason=Reason.NO_TRUNK, detail=f"trunk {name} is down")
        if trunk.channels is not None and self.situation.used.get(name, 0) >= trunk.channels:
            return Refusal(reason=Reason.NO_TRUNK, detail=f"trunk {name} has no channel free")
        if not caller_id:
            return Refusal(reason=Reason.NO_CALLER_ID, detail=f"trunk {name} has none for {self.tenant.id}")
        return self._too_dear(rate)

    def _too_dear(self, rate: Rate | None) -> Refusal | None:
        """A ceiling counts what was spent, and at least the first minute of this call."""
        if rate is not None:
            return over_ceiling(cost(rate, 60.0), self.tenant, self.platform, self.situation.spent)
        for whose, ceiling in (
            (f"tenant {self.tenant.id}", self.tenant.outside),
            ("the platform", self.platform.outside),
        ):
            if ceiling.cost_per_day is not None:
                return Refusal(reason=Reason.NO_PRICE, detail=f"{whose} has a ceiling, and this number no rate")
        return None


def ways_out(platform: Platform, tenant: Tenant) -> dict[str, Trunk]:
    """The trunks over which calls of a tenant can go out to some number or other, whatever is up now."""
    routed = [name for route in platform.outside.routes for name in route.trunks]
    wanted = dict.fromkeys(tenant.outside.trunks or routed or platform.trunks)
    trunks = {name: platform.trunks[name] for name in wanted if name in platform.trunks}
    return {name: t for name, t in trunks.items() if t.outgoing is not None and t.tenant in (None, tenant.id)}


def shown_on(outgoing: Outgoing, tenant: Tenant) -> str:
    """The number that those see who are called over a trunk for a tenant; empty: there is none, nothing is dialled."""
    return outgoing.caller_ids.get(tenant.id) or tenant.outside.caller_id or outgoing.caller_id or ""


# --- numbers and money -----------------------------------------------------------------------------------------------


def over_ceiling(more: float, tenant: Tenant, platform: Platform, spent: Mapping[str, float]) -> Refusal | None:
    """Which ceiling of the day so much more money would break through; None: it is there."""
    outside = platform.outside
    for key, ceiling in ((tenant.id, tenant.outside.cost_per_day), ("", outside.cost_per_day)):
        if ceiling is not None and spent.get(key, 0.0) + more > ceiling:
            whose = f"tenant {key}" if key else "the platform"
            return Refusal(reason=Reason.CEILING, detail=f"{ceiling:g} {outside.currency} a day of {whose}")
    return None


def written(number: str, rules: Mapping[str, str]) -> str:
    """A number as the carrier wants it: the longest beginning that fits is replaced; without one it is as it is."""
    prefix = longest(number, rules)
    return number if prefix is None else rules[prefix] + number.removeprefix(prefix)


def price(number: str, outgoing: Outgoing) -> Rate | None:
    """What the carrier takes for a number; None: not known."""
    prefix = longest(number, outgoing.rates)
    return None if prefix is None else outgoing.rates[prefix]


def cost(rate: Rate | None, talked_s: float | None) -> float:
    """What a call has cost after so many seconds from its answer (None: it was not answered); minutes begun count."""
    if rate is None or talked_s is None:
        return 0.0
    return round(rate.per_call + rate.per_minute * max(1, -(-talked_s // 60.0)), 6)
