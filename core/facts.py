"""What happened: the rows of the event log, in the past tense, never changed once written.

Every figure on a page or an invoice, and every call's record, is computed from these. `tenant` is whose fact it is:
a contact that is led from one tenant's number into another's has facts of both, and each tenant sees its own.
Personal data (numbers, names, digits) stands only in fields marked `personal()`, so that logs can mask it;
digits that a flow marks secret never become part of a fact.
"""

from __future__ import annotations

from dataclasses import MISSING, dataclass, field, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any, get_origin, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def personal(*, default: Any = MISSING) -> Any:  # noqa: ANN401 - stands where dataclasses.field stands
    """A dataclass field that holds personal data: masked in every log."""
    return field(default=default, metadata={"personal": True})


class Medium(StrEnum):
    """What carries a contact."""

    VOICE = "voice"


class Direction(StrEnum):
    """Who started a contact."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"  # an agent called a colleague, or a queue by its extension


class Outcome(StrEnum):
    """How a contact ended, from the caller's point of view."""

    ANSWERED = "answered"  # talked to an agent
    ABANDONED = "abandoned"  # hung up while waiting: in a queue, or for a vcc that was away
    LEFT_FLOW = "left_flow"  # hung up in the IVR
    ENDED_BY_FLOW = "ended_by_flow"  # the flow came to its end
    UNKNOWN_NUMBER = "unknown_number"  # nobody owns the number dialled
    CLOSED = "closed"  # outside the tenant's hours
    TENANT_BUSY = "tenant_busy"  # the tenant's quota of calls at once was used up
    QUEUE_FULL = "queue_full"  # the quota of waiting calls was used up and the flow had no other way
    NOT_TAKEN = "not_taken"  # a colleague who was called was not there: signed out, busy, did not answer
    DRAINING = "draining"  # vcc was being stopped
    FALLBACK = "fallback"  # the dial plan's static fallback served the caller
    FAILED = "failed"  # something of ours broke


class Party(StrEnum):
    """Who ended something."""

    CALLER = "caller"
    AGENT = "agent"
    FLOW = "flow"
    SYSTEM = "system"
    OPERATOR = "operator"  # a person through the control API
    OUTSIDE = "outside"  # whom the caller was connected with at a number outside


class OfferOutcome(StrEnum):
    """How an offer of a contact to an agent ended."""

    ANSWERED = "answered"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    WITHDRAWN = "withdrawn"  # the caller left, or somebody else answered
    EXPIRED = "expired"  # the lease ran out


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """One thing that happened. `at` POSIX seconds; `tenant`, `contact`, `node` empty where they do not apply."""

    at: float
    tenant: str = ""
    contact: str = ""
    node: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ContactArrived(Fact):
    """Somebody called (or wrote). `dialled` is what the trunk sent, `number` its normalised form. `agent`: who dialled
    a colleague's number, or a queue's extension, on a phone.
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
class FlowStarted(Fact):
    """A version of a flow took the contact."""

    flow: str
    version: str


@dataclass(frozen=True, kw_only=True, slots=True)
class StepEntered(Fact):
    """The flow came to a step. `step` is its id, `kind` its type."""

    step: str
    kind: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ChoiceMade(Fact):
    """The caller chose in a menu, or a branch was taken: `choice` is the key or the branch."""

    step: str
    choice: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DigitsCollected(Fact):
    """The caller entered digits into `name`; empty where the flow marks them secret."""

    step: str
    name: str
    digits: str = personal(default="")


@dataclass(frozen=True, kw_only=True, slots=True)
class InputMissed(Fact):
    """The caller pressed nothing (`timeout`) or something else (`invalid`); `attempt` counts from 1."""

    step: str
    why: str
    attempt: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PromptEnded(Fact):
    """A prompt was spoken to its end, or was interrupted. `what` is its text or file."""

    step: str
    what: str
    completed: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ContactQueued(Fact):
    """The contact waits for an agent. `position` counts from 1."""

    queue: str
    priority: int
    position: int


@dataclass(frozen=True, kw_only=True, slots=True)
class OfferMade(Fact):
    """The contact was offered to an agent, whose phone is to ring; `offer` is the fencing token."""

    queue: str
    offer: int
    agent: str
    phone: str
    leg: str


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
    """The contact waits no longer: `why` is answered, abandoned, timeout, full, key, moved or removed."""

    queue: str
    why: str
    waited_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentConnected(Fact):
    """Caller and agent hear each other."""

    queue: str
    agent: str
    leg: str
    waited_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentLeft(Fact):
    """The conversation with this agent ended."""

    queue: str
    agent: str
    by: Party
    talked_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class TalkHeld(Fact):
    """The agent has put the caller on hold: the caller hears music."""

    agent: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TalkResumed(Fact):
    """The agent has taken the caller back after `held_s` seconds. Where the conversation ended instead, its AgentLeft
    ends the hold too.
    """

    agent: str
    held_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentMuted(Fact):
    """By command nobody hears the agent any more. What a phone's own key mutes is not known, and is no fact."""

    agent: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentUnmuted(Fact):
    """The agent is heard again. Where the conversation with this agent ended instead, its AgentLeft ends this too."""

    agent: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CallTransferred(Fact):
    """An agent has sent the caller on: `how` (blind, attended, parked: out of a slot), `to` as it was asked for, and
    what that is: `kind` is agent, queue, number (of the platform), outside, or empty: nothing that there is; `target`
    its name, if it has one.
    """

    agent: str
    how: str
    to: str = personal()
    kind: str
    target: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class TransferFailed(Fact):
    """Nobody there took the caller, who goes back to the agent, if that one is ready, or waits in the queue again.
    `why` is unknown, not_taken, what the guard says, or the cause of the switch.
    """

    agent: str
    why: str


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
class CallParked(Fact):
    """The caller is out of the agent's hands, with music, until somebody takes it: `CallTransferred`, how parked."""

    agent: str
    slot: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsultationBegan(Fact):
    """The agent talks with a colleague, or a number outside, while the caller is on hold."""

    agent: str
    colleague: str = ""
    number: str = personal(default="")


@dataclass(frozen=True, kw_only=True, slots=True)
class ConferenceBegan(Fact):
    """Caller, agent and whoever was consulted hear each other."""

    agent: str
    colleague: str = ""
    number: str = personal(default="")


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsultationEnded(Fact):
    """The consultation, or the conference that came of it, is over: `how` is completed (the caller got whoever was
    consulted), cancelled, not_taken, hung_up or caller_left.
    """

    agent: str
    colleague: str = ""
    number: str = personal(default="")
    how: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordingStarted(Fact):
    """What caller and agent say is recorded. `recording` is its id; `why` is always, share or on_demand; `by` whoever
    asked for one on demand (`agent:lin`, or who gave the command). `announced`: the caller was told before.
    """

    recording: str
    queue: str
    agent: str
    why: str
    by: str = ""
    announced: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordingPaused(Fact):
    """From here there is silence in the recording; `by` as in RecordingStarted."""

    recording: str
    by: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordingResumed(Fact):
    """What is said is recorded again."""

    recording: str
    by: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordingFinished(Fact):
    """The recording is a file: `file` below the folder of recordings, its SHA-256, `size` in bytes, length, and the
    share of the time in which nobody was heard (0 to 1). `problem` says why there is none: all else is empty then.
    """

    recording: str
    file: str = ""
    sha256: str = ""
    size: int = 0
    seconds: float = 0.0
    silence: float = 0.0
    problem: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordingErased(Fact):
    """The file is no more; `why` is retention."""

    recording: str
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordingPlayed(Fact):
    """Somebody got the file, or what of it begins at byte `offset`: who, and whether to play or to download it."""

    recording: str
    who: str
    how: str
    offset: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class DispositionGiven(Fact):
    """An agent said after the conversation what came of it: a `code` of the tenant's, and its meaning in words.

    May come when the contact is over already; the last one of an agent counts.
    """

    queue: str
    agent: str
    code: str
    meaning: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SupervisionBegan(Fact):
    """A supervisor (an agent) hears the contact's conversation with `agent`; told anew when `mode` (listen, whisper,
    barge) has changed.
    """

    agent: str
    supervisor: str
    mode: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SupervisionEnded(Fact):
    """The supervisor hears the conversation no more."""

    agent: str
    supervisor: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ContactRecovered(Fact):
    """vcc came back and took the contact over again; `state` is where it was."""

    state: str
    gap_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class LegHealed(Fact):
    """The invariant check found a leg that should not be there (or not so), and mended it."""

    leg: str
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ContactEnded(Fact):
    """The contact is over; exactly one such fact for each ContactArrived."""

    outcome: Outcome
    by: Party
    cause: str = ""
    detail: str = ""


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
class SignInRefused(Fact):
    """Somebody tried to sign in on a phone and was refused; `why` is bad_pin, locked, busy (nothing was compared),
    no_seat, in_use or unknown. `agent` is empty where no agent has the number that was keyed in, which is not told: it
    may be a PIN.
    """

    phone: str
    agent: str
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PhoneChanged(Fact):
    """A phone became reachable or ceased to be; `detail` is the switch's word for it."""

    phone: str
    reachable: bool
    detail: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class NodeChanged(Fact):
    """The wire to a switch came up or went down."""

    up: bool
    detail: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class TrunkChanged(Fact):
    """A trunk on which calls go out came to be there, or ceased to be; `detail` is the switch's word for it."""

    trunk: str
    reachable: bool
    detail: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class OutsideDialled(Fact):
    """A number outside is rung over a trunk. `purpose` is flow, agent, transfer or mobile_seat; `kinds` what the number
    is (fixed, mobile, abroad …); the costs are those of the number's prefix on this trunk, None: not known.
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
class ConfigurationLoaded(Fact):
    """A configuration took effect; `version` is the checksum of its files."""

    version: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CommandGiven(Fact):
    """A person gave a command through the control API: who, what, on what."""

    who: str
    command: str
    target: str


def dump(fact: Fact) -> dict[str, Any]:
    """The fact's fields as plain data, without its name."""
    return {name: getattr(fact, name) for name in _CONVERTERS[type(fact)]}


def load(name: str, data: Mapping[str, Any]) -> Fact:
    """Build the fact `name` from what `dump` gave. Raises KeyError for a name that no version of vcc wrote.

    Fields that this version does not know are left out, so that an older program reads a newer log.
    """
    kind = FACTS[name]
    values = {}
    for key, value in data.items():
        convert = _CONVERTERS[kind].get(key)
        if convert is not None:
            values[key] = convert(value)
    return kind(**values)


def _same(value: Any) -> Any:  # noqa: ANN401 - plain data of any kind
    return value


def _converters(kind: type[Fact]) -> dict[str, Callable[[Any], Any]]:
    """What turns a field's plain form into its own: enums and tuples need it, all else is itself."""
    hints = get_type_hints(kind)
    return {
        f.name: hint
        if isinstance(hint := hints[f.name], type) and issubclass(hint, StrEnum)
        else (tuple if get_origin(hint) is tuple else _same)
        for f in fields(kind)
    }


#: Every fact by the name under which it stands in the log.
FACTS: dict[str, type[Fact]] = {
    value.__name__: value for value in list(globals().values()) if isinstance(value, type) and issubclass(value, Fact)
}
_CONVERTERS = {kind: _converters(kind) for kind in FACTS.values()}
