"""The configuration as frozen values: what a platform is, and what a tenant is.

These are the pydantic models against which the YAML of a configuration folder is validated. Cross references
(a queue that asks for an unknown skill, a number claimed twice) are found in `checks.py`, flows are compiled by
`ivr_flows`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import date, time
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from core.expressions import MAX_DEPTH, MAX_LENGTH
from core.schema import Shape
from core.validate import mistake
from tenancy.codes import known_code
from tenancy.conditions import condition
from tenancy.destinations import Kind
from tenancy.places import address, base_url, database, known_time_zone, network, wall_clock

_NAME = r"[a-z][a-z0-9_-]{0,39}"
_NAME_WORDS = "a small letter, then at most 39 small letters, digits, '_' or '-'"
Name = Annotated[str, Shape(_NAME, _NAME_WORDS)]
SkillName = Annotated[str, Shape(rf"({_NAME}/)?{_NAME}", "a skill's name, or tenant/name")]
#: Written with or without quotes in YAML: leading zeros are kept.
Digits = Annotated[str, Shape(r"[0-9]{1,20}", "1 to 20 digits", digits=True)]
DialCode = Annotated[str, Shape(r"[*#0-9]{2,20}", "2 to 20 of the keys 0-9, * and #", digits=True)]
#: What a code stands for: a flow, or what is done in a conversation.
Code = Annotated[
    str,
    AfterValidator(known_code),
    Shape(rf"{_NAME}|talk\.[a-z_]{{1,40}}", "a flow's name, or what is done in a conversation, such as talk.hold"),
]
Disposition = Annotated[str, Shape(r"[0-9]{1,4}", "1 to 4 digits", digits=True)]
#: What becomes of an agent who signs in on another phone than before.
SecondPhone = Literal["refuse", "move"]
Language = Annotated[str, Shape(r"[a-z]{2}(-[A-Z]{2})?", "a language such as en or zh-CN")]
#: A name for people on a display or in a list: one line.
Line = Annotated[str, Shape(r"[^\x00-\x1f\x7f]{1,80}", "1 to 80 characters on one line")]
#: A file or folder inside the tenant's folder: no way out of it.
Inside = Annotated[str, Shape(r"(?!.*(^|/)\.)[^/\x00-\x1f\\][^\x00-\x1f\\]{0,199}", "a path inside this folder")]
FilePath = Annotated[str, Shape(r"/[^\x00-\x1f;]{1,250}", "an absolute path of a file")]
Host = Annotated[str, Shape(r"[A-Za-z0-9.:_-]{1,120}", "an address, or a host's name")]
Address = Annotated[
    str,
    AfterValidator(address),
    Shape(r"[A-Za-z0-9.:\[\]_-]{1,120}:[0-9]{1,5}", "host:port, such as 127.0.0.1:5038"),
]
Network = Annotated[str, AfterValidator(network)]
HeaderName = Annotated[str, Shape(r"[A-Za-z0-9-]{1,64}", "the name of a header: letters, digits and -")]
TimeZone = Annotated[str, AfterValidator(known_time_zone)]
WallClock = Annotated[time, AfterValidator(wall_clock)]
Languages = Annotated[tuple[Language, ...], Field(min_length=1)]
Level = Annotated[int, Field(ge=1, le=10)]
#: What is asked of an agent's skills, as an expression.
Condition = Annotated[str, AfterValidator(condition), StringConstraints(min_length=1)]
#: How an agent is chosen: a file of acd/strategies/.
Strategy = Literal["longest_idle", "least_occupied", "fewest_calls", "most_skilled", "least_skilled", "round_robin"]
Seconds = Annotated[float, Field(gt=0, le=86_400)]
#: A time after a call, or until the agent is done with it.
WrapUp = Literal["until_done"] | Annotated[float, Field(ge=0, le=3_600)]
Port = Annotated[int, Field(ge=1, le=65_535)]
#: The name of a ring, as phones are told it in Alert-Info.
RingTone = Annotated[str, Shape(r"[A-Za-z0-9._-]{1,40}", "1 to 40 letters, digits, '-', '_' or '.'")]
#: The same text in several languages: `{zh-CN: 您好, en: Hello}`.
Texts = dict[Language, Annotated[str, StringConstraints(min_length=1, max_length=2_000)]]


class Model(BaseModel):
    """What every part of the configuration has in common: unknown keys are mistakes, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Treatment(Model):
    """What a caller gets who is not let in: `say` or `play`, then the call ends, or `busy` (no answer, SIP 486)."""

    say: Texts | None = None
    play: Inside | None = None
    busy: bool = False

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        ways = [name for name in type(self).model_fields if getattr(self, name) not in (None, False)]
        if len(ways) != 1:
            others = ", ".join(name for name in type(self).model_fields if name != "busy")
            raise mistake("this says not what the caller gets", expected=f"one of {others}, or busy: true")
        return self


class Beyond(Treatment):
    """What a caller gets beyond a bound: a treatment, or a flow of the tenant that leads the call elsewhere: to another
    queue, another tenant's number, a number outside, a recorder.
    """

    flow: Name | None = None


Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
ClosingTime = time | Literal["24:00"]


def _after(opens: time | None, closes: ClosingTime) -> ClosingTime:
    if opens is not None and isinstance(closes, time) and closes <= opens:
        raise mistake(
            "{value}, not after the time of opening",
            expected=f"later than {opens:%H:%M}",
            hint="a night is written as two spans, one up to 24:00 and one from 00:00 on the next day",
        )
    return closes


class Span(Model):
    """Open from `opens` up to, and not including, `closes`, on the named days; 24:00 is written as 24:00."""

    days: Annotated[tuple[Day, ...], Field(min_length=1)]
    opens: WallClock
    closes: WallClock | Literal["24:00"]

    @field_validator("closes")
    @classmethod
    def _in_order(cls, closes: ClosingTime, info: ValidationInfo) -> ClosingTime:
        return _after(info.data.get("opens"), closes)


class Lease(Model):
    """Seats that a project's tenant has for a time; both days included, in the tenant's zone."""

    seats: Annotated[int, Field(ge=1, le=100_000)]
    starts: date | None = Field(default=None, description="None: with the project")
    ends: date | None = Field(default=None, description="None: with the project")
    weekly: tuple[Span, ...] = Field(default=(), description="none: all day, every day")

    @field_validator("ends")
    @classmethod
    def _in_order(cls, ends: date | None, info: ValidationInfo) -> date | None:
        starts = info.data.get("starts")
        if ends is not None and starts is not None and ends < starts:
            raise mistake("{value}, before the lease starts", expected=f"{starts} or later")
        return ends


class ProjectKind(StrEnum):
    """What was contracted."""

    SEAT_LEASE = "seat_lease"
    STAFFED = "staffed"
    OUTSOURCING = "outsourcing"


class Project(Model):
    """A contract between the platform and a tenant; numbers and their calls belong to it. Dates are inclusive."""

    name: Texts
    kind: ProjectKind
    starts: date
    ends: date | None = None
    leases: tuple[Lease, ...] = Field(default=(), description="seats by date; they add up")

    @field_validator("ends")
    @classmethod
    def _in_order(cls, ends: date | None, info: ValidationInfo) -> date | None:
        starts = info.data.get("starts")
        if ends is not None and starts is not None and ends < starts:
            raise mistake("{value}, before the project starts", expected=f"{starts} or later")
        return ends


class Number(Model):
    """A number that a tenant owns: the contract that pays for it, and the flow that takes its calls; how many calls it
    has at once, how many of them wait, and what callers get beyond that.
    """

    project: Name
    flow: Name
    calls: Annotated[int, Field(ge=0)] | None = None
    waiting: Annotated[int, Field(ge=0)] | None = None
    busy: Beyond | None = Field(default=None, description="beyond `calls`; None: the tenant's `answers.tenant_busy`")
    full: Beyond | None = Field(default=None, description="beyond `waiting`; None: the tenant's `answers.queue_full`")


class SpecialDay(Model):
    """One date that differs: closed, or open at other times (a working Saturday before a holiday)."""

    date: date
    closed: bool = False
    opens: WallClock | None = None
    closes: WallClock | Literal["24:00"] | None = Field(default=None, validate_default=True)

    @field_validator("closes")
    @classmethod
    def _fits(cls, closes: ClosingTime | None, info: ValidationInfo) -> ClosingTime | None:
        opens = info.data.get("opens")
        if info.data.get("closed"):
            if opens is not None or closes is not None:
                raise mistake("a closed day has opening times", expected="either closed: true, or opens and closes")
            return None
        if "opens" in info.data and (opens is None or closes is None):
            raise mistake("this day has no opening times", expected="either closed: true, or opens and closes")
        return closes if closes is None else _after(opens, closes)


class Hours(Model):
    """Opening hours in the tenant's time zone. Order: closure, special days, public holidays, weekly spans."""

    weekly: tuple[Span, ...] = ()
    holidays: str | None = Field(default=None, description="country code whose public holidays are closed, such as CN")
    special: tuple[SpecialDay, ...] = ()
    closed: bool = Field(default=False, description="emergency closure: closed whatever else says")

    @field_validator("special")
    @classmethod
    def _each_day_once(cls, special: tuple[SpecialDay, ...]) -> tuple[SpecialDay, ...]:
        dates = [day.date for day in special]
        twice = sorted({day for day in dates if dates.count(day) > 1})
        if twice:
            raise mistake(f"{twice[0]} is a special day twice", expected="each date once")
        return special


class RecordingMode(StrEnum):
    """Which conversations are recorded."""

    OFF = "off"
    ALWAYS = "always"
    ON_DEMAND = "on_demand"
    SHARE = "share"


class RecordingRules(Model):
    """Whether conversations are recorded. `announced`: callers are told before, where the tenant has a text for it."""

    mode: RecordingMode = RecordingMode.OFF
    share: Annotated[float, Field(gt=0, le=100)] | None = Field(
        default=None, description="percent of the calls; with mode share", validate_default=True
    )
    announced: bool = True

    @field_validator("share")
    @classmethod
    def _fits(cls, share: float | None, info: ValidationInfo) -> float | None:
        mode = info.data.get("mode")
        if mode is RecordingMode.SHARE and share is None:
            raise mistake("this says not how many calls are recorded", expected="share: 20 for 20 % of them")
        if mode is not None and mode is not RecordingMode.SHARE and share is not None:
            raise mistake(f"a share does not go with the mode {mode}", expected="no share, or mode: share")
        return share


class Recording(RecordingRules):
    """What of a tenant's conversations is recorded, unless a queue says otherwise, and how long it is kept."""

    announcement: Texts | None = Field(default=None, description="spoken before the first agent talks")
    keep_days: Annotated[int, Field(ge=1, le=36_500)] = 90


class Rung(Model):
    """What a queue asks for from a wait of `after_s` on. What is not written stays as it was on the rung before;
    `queues` and `overflow` add up.
    """

    after_s: Seconds
    skills: dict[SkillName, Level] | None = Field(default=None, description="in place of those so far")
    requires: Condition | None = Field(default=None, description="in place of the one so far; `true` asks for nothing")
    queues: tuple[Name, ...] = Field(default=(), description="agents who can serve these queues of the tenant may too")
    overflow: tuple[Name, ...] = Field(default=(), description="agents of these tenants may too, after their own calls")
    raises: Annotated[int, Field(ge=0, le=100)] = Field(default=0, description="so much is added to the priority")


class Overflow(Model):
    """One condition under which callers of a queue are led into a `flow`, or go up its ladder to a `step` at once."""

    waiting: Annotated[int, Field(ge=1)] | None = Field(default=None, description="so many wait in the queue already")
    wait_over_s: Annotated[float, Field(gt=0, le=86_400)] | None = Field(
        default=None, description="who comes now is expected to wait for longer"
    )
    agents_below: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="fewer than so many who can serve it are signed in, ready, at a phone that is there"
    )
    nodes_down: tuple[Name, ...] = Field(default=(), description="one of these nodes is away")
    switch: bool = Field(default=False, description="the duty manager has turned the switch on")
    flow: Name | None = None
    step: Annotated[int, Field(ge=1)] | None = Field(default=None, description="of the ladder, from 1")

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        bounds = (self.waiting, self.wait_over_s, self.agents_below)
        if sum(bound is not None for bound in bounds) + bool(self.nodes_down) + self.switch != 1:
            expected = "one of waiting, wait_over_s, agents_below, nodes_down, or switch: true"
            raise mistake("this says not when", expected=expected)
        if (self.flow is None) == (self.step is None):
            raise mistake("this says not what happens then", expected="one of flow, step")
        return self


class Queue(Model):
    """A line of callers: the skills that an agent must have, and how callers and agents are treated."""

    name: Texts
    skills: dict[SkillName, Level] = Field(default_factory=dict)
    requires: Condition | None = Field(default=None, description="an expression over skills, besides `skills`")
    strategy: Strategy = "longest_idle"
    ring_at_once: Annotated[int, Field(ge=1, le=20)] = 1
    take: Literal["never", "also", "only"] = Field(default="never", description="agents take calls from the list")
    order: Literal["waited", "target"] = Field(
        default="waited", description="urgent is who has waited long, or has used up much of `threshold_s`"
    )
    head_start_s: Annotated[float, Field(ge=0, le=86_400)] = 0.0
    head_starts: dict[Name, Annotated[float, Field(ge=0, le=86_400)]] = Field(
        default_factory=dict, description="by class of customer, besides"
    )
    prefer_s: Annotated[float, Field(ge=0, le=86_400)] = Field(
        default=0.0, description="a preferred agent is waited for so long"
    )
    ladder: tuple[Rung, ...] = ()
    overflow: tuple[Overflow, ...] = Field(default=(), description="the first condition that holds counts")
    priority: Annotated[int, Field(ge=0, le=100)] = 50
    music: Name | None = None
    ring_s: Seconds = 20.0
    wrap_up_s: WrapUp = 10.0
    wrap_up_more_s: Annotated[float, Field(ge=0, le=3_600)] = Field(
        default=0.0, description="so much more time an agent may take after a call, once"
    )
    max_waiting: Annotated[int, Field(ge=0)] | None = None
    most_agents: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="agents who have its calls at once, or are rung for them; beyond that callers wait"
    )
    threshold_s: Seconds = 20.0
    short_abandon_s: Annotated[float, Field(ge=0, le=600)] = 5.0
    unresponsive_s: Annotated[float, Field(ge=0, le=86_400)] = Field(
        default=0.0,
        description="after this long an unresponsive agent is offered calls again; 0: only by own word",
    )
    recording: RecordingRules | None = Field(default=None, description="None: the tenant's")
    alert: RingTone | None = Field(default=None, description="the ring of its calls, as phones are told by Alert-Info")
    whisper: Texts | None = Field(default=None, description="what an agent is told before a caller is put through")
    extension: Digits | None = Field(default=None, description="what an agent dials to send a caller to this queue")

    @field_validator("ladder")
    @classmethod
    def _upwards(cls, ladder: tuple[Rung, ...]) -> tuple[Rung, ...]:
        for before, rung in pairwise(ladder):
            if rung.after_s <= before.after_s:
                raise mistake(
                    f"a rung after {rung.after_s:g} s follows one after {before.after_s:g} s", expected="longer waits"
                )
        return ladder


class Conversation(Model):
    """How long things in a conversation last, in seconds."""

    park_s: Seconds = Field(default=300.0, description="a parked caller goes back into the queue after so long")
    outside_ring_s: Seconds = Field(default=40.0, description="a number outside rings, to which a caller is sent")
    colleague_ring_s: Seconds = Field(default=30.0, description="the phone of a colleague rings, whom an agent dials")
    supervisor_ring_s: Seconds = Field(default=30.0, description="a supervisor's phone rings, on command")
    whisper_s: Seconds = Field(default=20.0, description="what an agent is told before a caller is cut off then")
    key_s: Seconds = Field(default=3.0, description="the longest pause between two keys of one code")
    dial_s: Seconds = Field(default=5.0, description="a number that an agent keys in is complete after such a pause")


class TenantConversation(Model):
    """The same for one tenant's conversations; None: as the platform says."""

    park_s: Seconds | None = None
    outside_ring_s: Seconds | None = None
    colleague_ring_s: Seconds | None = None
    supervisor_ring_s: Seconds | None = None
    whisper_s: Seconds | None = None
    key_s: Seconds | None = None
    dial_s: Seconds | None = None


class Callbacks(Model):
    """How a tenant's callers are called back, who have asked for that."""

    first: Literal["agent", "caller"] = Field(
        default="agent", description="who is rung first: then nobody waits for an agent, or no agent for nobody"
    )
    open: Annotated[int, Field(ge=0, le=10_000)] = Field(default=100, description="at once; more are refused")
    attempts: Annotated[int, Field(ge=1, le=10)] = 3
    retry_s: Annotated[float, Field(ge=10, le=86_400)] = Field(default=600.0, description="between two attempts")
    ring_s: Annotated[float, Field(ge=5, le=120)] = 30.0
    keep_s: Annotated[float, Field(ge=60, le=1_209_600)] = Field(
        default=86_400.0, description="given up, if the turn has not come so long after it was due"
    )
    ahead_days: Annotated[int, Field(ge=1, le=60)] = Field(default=14, description="how far ahead it may be asked for")
    hours: Name | None = Field(default=None, description="in which hours is called back; None: those of `open`")
    accept: Texts = Field(
        default_factory=dict,
        description="asked of whoever answers, who presses 1; nothing: whoever answers is the customer",
    )
    accept_s: Annotated[float, Field(ge=3, le=60)] = 12.0


class Quotas(Model):
    """What a tenant may use at once; None: no limit of its own."""

    calls: Annotated[int, Field(ge=0)] | None = None
    waiting: Annotated[int, Field(ge=0)] | None = None
    seats: Annotated[int, Field(ge=0)] | None = None
    asking: Annotated[int, Field(ge=0, le=10_000)] = Field(
        default=50, description="how many questions to its own systems are under way at once; more are refused"
    )
    beyond: Annotated[int, Field(ge=0, le=100_000)] = Field(
        default=50, description="calls over `calls` that `answers.tenant_busy` has in a flow at once; more are busy"
    )
    share: Annotated[float, Field(gt=0, le=1_000_000)] | None = Field(
        default=None, description="weight among tenants that lease the same agents; None: its seats, else 1"
    )


class Answers(Model):
    """What callers get who are not let into a flow."""

    closed: Treatment | None = Field(default=None, description="None: the flow is entered and decides itself")
    tenant_busy: Beyond = Beyond(busy=True)
    queue_full: Beyond = Beyond(busy=True)
    fallback: Treatment = Field(
        default=Treatment(busy=True), description="what the switch itself says while no vcc is there"
    )


#: How numbers outside begin: +86 …, or the first digits of a short code.
Prefix = Annotated[str, Shape(r"\+[0-9]{0,15}|[1-9][0-9]{0,5}", "+ and digits in quotes, or a short code", digits=True)]
Money = Annotated[float, Field(ge=0, le=1_000_000)]
_ORDINARY = (Kind.FIXED, Kind.MOBILE, Kind.TOLL_FREE)


class Allowance(Model):
    """What may be dialled. `prefixes` open numbers abroad, short codes and the like; premium, satellite and emergency
    numbers are opened by their kind alone.
    """

    kinds: tuple[Kind, ...] = _ORDINARY
    prefixes: tuple[Prefix, ...] = ()


class TenantOutside(Model):
    """Numbers outside that a tenant's calls may be connected with; each narrower one is a further condition."""

    allow: Allowance = Allowance()
    flow: Allowance | None = None
    agent: Allowance | None = None
    transfer: Allowance | None = None
    mobile_seat: Allowance | None = None
    callback: Allowance | None = None
    caller_id: Digits | None = Field(default=None, description="what is shown outside, where the trunk has no other")
    trunks: tuple[Name, ...] = Field(default=(), description="in order of failover; none: those of the platform")
    calls_per_minute: Annotated[int, Field(ge=0, le=10_000)] = 10
    cost_per_day: Money | None = None


class Training(Model):
    """A skill that an agent has for a time, such as for a project; both days included."""

    skill: SkillName
    level: Level
    starts: date | None = None
    ends: date | None = None

    @field_validator("ends")
    @classmethod
    def _in_order(cls, ends: date | None, info: ValidationInfo) -> date | None:
        starts = info.data.get("starts")
        if ends is not None and starts is not None and ends < starts:
            raise mistake("{value}, before it starts", expected=f"{starts} or later")
        return ends


class Agent(Model):
    """A person who takes calls. `serves`: the tenants to which a platform's agent is leased; a tenant's own: none.
    `supervises`: the tenants to whose conversations the agent may listen by telephone.
    """

    name: Line
    number: Digits = Field(description="what the agent dials to sign in")
    skills: dict[SkillName, Level] = Field(default_factory=dict)
    trained: tuple[Training, ...] = Field(default=(), description="skills for a time, in the zone of the owner")
    serves: tuple[Name, ...] = ()
    supervises: tuple[Name, ...] = ()
    language: Language = "zh-CN"
    wrap_up_s: WrapUp | None = None
    outside: Allowance | None = Field(default=None, description="what this agent may dial, besides the tenant's own")
    auto_answer: bool = Field(default=False, description="the phone is asked to pick offered calls up by itself")
    whisper: bool = Field(default=True, description="is told what a queue's `whisper` says")


class Phone(Model):
    """A SIP account on a device; its password stands in the secrets, never here. With `outside` it is a mobile seat: a
    number outside, rung over a trunk, without account and password, of the agents who are named.
    """

    node: Name
    also: tuple[Name, ...] = Field(
        default=(), description="other nodes at which it may register, should its own be away"
    )
    name: Line | Literal[""] = ""
    outside: Digits | None = None
    agents: Annotated[tuple[str, ...], Field(validate_default=True)] = Field(
        default=(), description="whose mobile seat it is"
    )
    tenant: Name | None = Field(default=None, description="whose phone it is: its codes are that tenant's")
    transport: Literal["any", "tls", "websocket"] = Field(
        default="any", description="any: UDP, TCP or TLS as the phone likes; the others: that alone"
    )
    srtp: bool = Field(default=False, description="media are encrypted, with keys in SDP (sdes)")
    auto_answer: bool = Field(default=False, description="an offered call is to be picked up by the phone itself")

    @field_validator("agents")
    @classmethod
    def _owned(cls, agents: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        outside = info.data.get("outside")
        if outside is not None and not agents:
            raise mistake("nobody may go on duty at this mobile seat", expected="agents: [press/wang]")
        if outside is None and agents and "outside" in info.data:
            raise mistake("anybody may sign in on a phone, with number and PIN", expected="`agents` beside `outside`")
        return agents

    def may_be_of(self, agent: str) -> bool:
        """Whether an agent may go on duty here: a mobile seat is somebody's own."""
        return self.outside is None or agent in self.agents

    @field_validator("srtp")
    @classmethod
    def _keys_in_secret(cls, srtp: bool, info: ValidationInfo) -> bool:
        if srtp and info.data.get("transport") == "any":
            raise mistake("the keys of srtp would be sent in clear text", expected="transport: tls beside srtp: true")
        if srtp and info.data.get("transport") == "websocket":
            raise mistake("a browser's media are encrypted in their own way (DTLS)", expected="no key srtp here")
        return srtp

    def registers_at(self, node: str) -> bool:
        """Whether it has its account there."""
        return self.outside is None and node in (self.node, *self.also)


class System(Model):
    """One of the tenant's own systems, which its flows ask by HTTP below `url`: nothing else can be reached.

    Its address has to be a public one, or in `addresses`: private networks are the platform's own. After `failures` in
    a row (no answer in time, none at all, 5xx) its host is not asked for `rest_s`, then once to see.
    """

    url: Annotated[str, AfterValidator(base_url), Shape(r"\S{8,500}", "https://host/path, without a password or ?")]
    addresses: Annotated[tuple[Network, ...], Field(max_length=20)] = Field(
        default=(), description="addresses and networks that are not public, where it may be"
    )
    headers: Annotated[dict[HeaderName, Line], Field(max_length=20)] = Field(
        default_factory=dict, description="sent with every question"
    )
    secret_header: HeaderName | None = Field(
        default=None, description="one more, such as Authorization; its value stands in the secrets, `systems`"
    )
    most_bytes: Annotated[int, Field(ge=256, le=1_000_000)] = Field(
        default=64_000, description="a longer answer, or question, is none"
    )
    failures: Annotated[int, Field(ge=1, le=1_000)] = 5
    rest_s: Annotated[int, Field(ge=1, le=3_600)] = 30


class Tenant(Model):
    """A virtual call centre: the folder `tenants/<id>/`."""

    id: Name
    name: Texts
    languages: Languages = ("zh-CN", "en")
    time_zone: TimeZone = "Asia/Shanghai"
    projects: dict[Name, Project]
    numbers: dict[Digits, Number] = Field(default_factory=dict)
    hours: dict[Name, Hours] = Field(default_factory=dict)
    open: Name | None = Field(default=None, description="the hours outside which `answers.closed` is given")
    queues: dict[Name, Queue] = Field(default_factory=dict)
    lends_to: tuple[Name, ...] = Field(default=(), description="tenants whose calls its agents may get by a ladder")
    skills: dict[Name, Texts] = Field(default_factory=dict)
    systems: dict[Name, System] = Field(default_factory=dict, description="its own, asked by `http` steps")
    agents: dict[Name, Agent] = Field(default_factory=dict)
    codes: dict[DialCode, Code | None] = Field(
        default_factory=dict,
        description="what differs for its phones and its own agents from the platform's `codes`; None: nothing",
    )
    dispositions: dict[Disposition, Texts] = Field(
        default_factory=dict, description="what came of a call, by the digits that agents key in after it"
    )
    second_phone: SecondPhone | None = Field(default=None, description="for its own agents; None: as the platform says")
    conversation: TenantConversation = TenantConversation()
    shows_caller: bool = Field(
        default=True, description="agents' phones show the caller's number; else the dialled one"
    )
    quotas: Quotas = Quotas()
    outside: TenantOutside = TenantOutside()
    callbacks: Callbacks = Callbacks()
    answers: Answers = Answers()
    recording: Recording = Recording()
    review: bool = Field(default=False, description="a published flow waits until another than its author approves it")
    music: dict[Name, Inside] = Field(
        default_factory=dict, description="class: folder of sound files, relative to here"
    )


NumberPrefix = Annotated[str, Shape(r"\+?[0-9]{1,15}", "digits, with or without a + before them", digits=True)]
Codec = Literal["alaw", "ulaw", "g722", "opus"]


class NumberRules(Model):
    """How a trunk's idea of a dialled number becomes ours: the first prefix of `strip` that fits is cut off."""

    dialled_from: Literal["request_uri", "diversion", "p-called-party-id", "to"] = "request_uri"
    strip: tuple[NumberPrefix, ...] = Field(default=(), description="such as +8610, 8610, 010")
    country_code: Digits | None = Field(default=None, description="such as 86; None: digits are taken as they are")
    headers: tuple[HeaderName, ...] = Field(default=(), description="of the INVITE, handed to vcc")


class Registration(Model):
    """A client's registration at the carrier; the password stands in the secrets, `trunks`."""

    user: Annotated[str, Shape(r"[A-Za-z0-9._+-]{1,64}", "letters, digits and any of . _ + -", digits=True)]
    realm: Annotated[str, Shape(r"[A-Za-z0-9._@-]{1,120}", "the realm of the carrier's challenge")] | None = Field(
        default=None, description="with it, only the password's digest is written into the switch's files"
    )
    expires_s: Annotated[int, Field(ge=60, le=7_200)] = 300


class Rate(Model):
    """What a call costs: each minute begun, and each call that is answered."""

    per_minute: Money = 0.0
    per_call: Money = 0.0


class Outgoing(Model):
    """Calls to the carrier. `write`: from the beginning of a number to what stands in its place, such as "+86": "0"."""

    server: Address
    registration: Registration | None = None
    codecs: Annotated[tuple[Codec, ...], Field(min_length=1)] | None = Field(
        default=None, description="None: those of the trunk"
    )
    write: dict[Prefix, Annotated[str, Shape(r"\+?[0-9]{0,15}", "digits, or a + and digits", digits=True)]] = Field(
        default_factory=dict
    )
    caller_id: Digits | None = None
    caller_ids: dict[Name, Digits] = Field(default_factory=dict, description="by tenant, in place of `caller_id`")
    caller_id_in: Literal["from", "p-asserted-identity"] = "from"
    qualify_s: Annotated[float, Field(ge=1, le=3_600)] = 30.0
    rates: dict[Prefix, Rate] = Field(default_factory=dict, description="the longest beginning that fits counts")


class Trunk(Model):
    """A carrier's line into a node, and with `outgoing` also out of it. With `tenant`, it is that tenant's alone."""

    node: Name
    from_addresses: tuple[Network, ...] = Field(
        default=(), description="addresses or networks from which its calls come"
    )
    numbers: NumberRules = NumberRules()
    codecs: Annotated[tuple[Codec, ...], Field(min_length=1)] = ("alaw", "ulaw")
    tenant: Name | None = None
    channels: Annotated[int, Field(ge=1, le=100_000)] | None = Field(
        default=None, description="calls at once, in and out; None: as many as there are"
    )
    outgoing: Outgoing | None = None

    @model_validator(mode="after")
    def _leads_somewhere(self) -> Self:
        if not self.from_addresses and self.outgoing is None:
            raise mistake("no call comes in or goes out here", expected="from_addresses, outgoing, or both")
        return self


class Route(Model):
    """The trunks for numbers that begin so, in order of failover; the longest beginning that fits counts."""

    prefixes: Annotated[tuple[Prefix, ...], Field(min_length=1)]
    trunks: Annotated[tuple[Name, ...], Field(min_length=1)]


class Outside(Model):
    """Calls to numbers outside, for the whole platform; see docs/trunks.md."""

    country_code: Digits | None = Field(default=None, description="such as 86; None: nothing outside is dialled")
    routes: tuple[Route, ...] = Field(default=(), description="none: every trunk with `outgoing`, in order")
    deny: tuple[Prefix, ...] = Field(default=(), description="dialled by nobody, whatever else says")
    calls_per_minute: Annotated[int, Field(ge=0, le=100_000)] = 60
    cost_per_day: Money | None = None
    currency: Annotated[str, Shape(r"[A-Z]{3}", "a currency such as CNY")] = "CNY"
    accept_s: Annotated[float, Field(ge=3, le=60)] = 12.0
    accept: Texts = Field(
        default_factory=lambda: {
            "zh-CN": "您有一个来电，请按1接听。",
            "en": "You have a call. Press 1 to accept.",
        },
        description="said to whoever answers at a mobile seat",
    )


class Tls(Model):
    """Where phones come in over TLS, and what proves to them that this is the node."""

    listen: Address = "0.0.0.0:5061"
    certificate: FilePath = Field(description="PEM: the node's certificate, then those between it and a known one")
    key: FilePath = Field(description="PEM: the certificate's private key")


class WebSocket(Model):
    """Where browsers come in: SIP over WebSocket, with media as browsers want them."""

    listen: Address = "127.0.0.1:8088"
    tls: bool = Field(default=False, description="with the certificate of `tls`; else something in front ends TLS")


class Nat(Model):
    """How a node is reached that stands behind a router itself."""

    external: Host = Field(description="the node's public address or name, as told to whoever is outside")
    local: tuple[Network, ...] = Field(min_length=1, description="networks in which the node's own addresses are told")


class SwitchNode(Model, ABC):
    """A running switch: what is rendered for it, whichever kind it is. Addresses are `host:port`."""

    sip: Address = Field(default="0.0.0.0:5060", description="where phones register")
    server: Host | None = Field(default=None, description="what phones are told to call; None: found from the others")
    trunk_sip: Address = Field(default="0.0.0.0:5080", description="where carriers call")
    nodes_sip: Address | None = Field(
        default=None,
        description="where the platform's other nodes call, an address that they reach; None: there is one",
    )
    tls: Tls | None = Field(default=None, description="phones may come in over TLS too")
    websocket: WebSocket | None = Field(default=None, description="browsers may come in; None: nobody listens")
    nat: Nat | None = Field(default=None, description="the node is behind NAT; phones may be in any case")
    rtp: tuple[Port, Port] = (10_000, 19_999)
    inside: bool = Field(
        default=False, description="vcc's files are included into the configuration of a switch that has its own"
    )
    configuration: str | None = Field(default=None, description="folder into which a reload renders; None: by hand")
    qualify_s: Annotated[float, Field(ge=1, le=3_600)] = 30.0
    media_timeout_s: Annotated[int, Field(ge=0, le=3_600)] = 60
    fallback_after_s: Seconds = 30.0
    recordings: Annotated[str, Shape(r"/[^\x00-\x1f,;|&\"\\${}\[\]()]{1,200}", "an absolute path")] | None = Field(
        default=None, description="folder into which it records, that vcc reads too; None: in vcc's state folder"
    )

    @property
    @abstractmethod
    def control(self) -> str:
        """Where vcc reaches it, `host:port`."""

    @field_validator("rtp")
    @classmethod
    def _a_range(cls, rtp: tuple[int, int]) -> tuple[int, int]:
        if rtp[0] >= rtp[1]:
            raise mistake("these ports are no range", expected="the first port, then a higher one")
        return rtp

    @field_validator("websocket")
    @classmethod
    def _has_certificate(cls, websocket: WebSocket | None, info: ValidationInfo) -> WebSocket | None:
        if websocket is not None and websocket.tls and info.data.get("tls") is None:
            raise mistake("there is no certificate for it", expected="the key tls of the node beside this")
        return websocket


class AsteriskNode(SwitchNode):
    """A running Asterisk, with its wires (`ami`, `agi`)."""

    kind: Literal["asterisk"]
    ami: Address = "127.0.0.1:5038"
    agi: Address = "127.0.0.1:4573"
    reload: tuple[str, ...] = Field(default=(), description="program run after rendering, such as [asterisk, -rx]")

    @property
    def control(self) -> str:
        """The manager interface."""
        return self.ami


class FreeSwitchNode(SwitchNode):
    """A running FreeSWITCH, with its wire (`esl`), by which it is also told to read its files anew."""

    kind: Literal["freeswitch"]
    esl: Address = Field(default="127.0.0.1:8021", description="its event socket")

    @property
    def control(self) -> str:
        """The event socket."""
        return self.esl


class SimulatedNode(Model):
    """A switch in memory, for trying flows."""

    kind: Literal["simulated"]


Node = Annotated[AsteriskNode | FreeSwitchNode | SimulatedNode, Field(discriminator="kind")]


class Api(Model):
    """Where the control API and the pages listen."""

    listen: Address = "127.0.0.1:8080"
    public_url: Annotated[str, Shape(r"https?://[^\s/]+(/\S*)?", "a URL such as https://vcc.example.com")] | None = None


class Storage(Model):
    """Where things are kept: files relative to the state folder, or what the URLs name."""

    live: str = "live.sqlite"
    history: Annotated[str, AfterValidator(database)] = "history.sqlite"
    recordings: str = "recordings"
    redis: Annotated[str, Shape(r"rediss?://\S+", "a URL such as redis://127.0.0.1:6379/0")] | None = Field(
        default=None, description="redis://host:port/db: live state goes there instead"
    )


class Limits(Model):
    """Bounds that nobody should ever meet, and that hold when somebody does."""

    calls: Annotated[int, Field(ge=1)] = 5_000
    call_s: Seconds = 14_400.0
    flow_steps: Annotated[int, Field(ge=1)] = 1_000
    flow_calls: Annotated[int, Field(ge=1, le=50)] = 8
    expression_length: Annotated[int, Field(ge=1, le=MAX_LENGTH)] = Field(
        default=500, description="characters of an expression, in flows and in routing"
    )
    expression_depth: Annotated[int, Field(ge=1, le=MAX_DEPTH)] = Field(
        default=12, description="brackets in each other in an expression"
    )
    drain_s: Seconds = 60.0
    offer_grace_s: Seconds = 5.0
    node_down_s: Seconds = Field(
        default=120.0, description="calls on a node that is away for so long are taken for lost"
    )
    pin_attempts: Annotated[int, Field(ge=1, le=20)] = 5
    pin_lock_s: Seconds = 300.0
    pin_phone_attempts: Annotated[int, Field(ge=1, le=1_000)] = 15
    speech_mb: Annotated[int, Field(ge=1)] = Field(
        default=2_000, description="of rendered speech and sound files that the configuration does not need"
    )


class Platform(Model):
    """One physical platform and all its tenants."""

    name: Texts
    languages: Languages = ("zh-CN", "en")
    time_zone: TimeZone = "Asia/Shanghai"
    nodes: dict[Name, Node]
    trunks: dict[Name, Trunk] = Field(default_factory=dict)
    phones: dict[Name, Phone] = Field(default_factory=dict)
    skills: dict[Name, Texts] = Field(default_factory=dict)
    agents: dict[Name, Agent] = Field(default_factory=dict)
    seats: Annotated[int, Field(ge=0)] | None = Field(
        default=None, description="places that there are: more are never leased at once; None: it is not counted"
    )
    codes: dict[DialCode, Code] = Field(
        default_factory=dict, description="what agents dial, a flow; or key in during a conversation: talk. and what"
    )
    second_phone: SecondPhone = Field(default="refuse", description="an agent who signs in on another phone")
    conversation: Conversation = Conversation()
    unknown_number: Treatment = Treatment(busy=True)
    api: Api = Api()
    storage: Storage = Storage()
    limits: Limits = Limits()
    outside: Outside = Outside()
    tenants: dict[Name, Tenant] = Field(default_factory=dict)
