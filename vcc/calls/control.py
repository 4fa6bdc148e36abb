"""What the control API may see of the running platform, and do to it. `overview.py` fulfils it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from contextlib import AbstractAsyncContextManager
    from datetime import date
    from pathlib import Path

    from core.facts import Fact, ShiftsPlanned
    from reporting.segments import Recorded
    from tenancy.model import Platform
    from tenancy.shifts import Shift
    from vcc.calls.closures import Closure
    from vcc.calls.overflow_switch import OverflowSwitch
    from vcc.calls.publications import Publication
    from vcc.calls.states import CallState


@dataclass(frozen=True, kw_only=True, slots=True)
class LiveSupervisor:
    """Somebody who hears a conversation, or whose phone rings for that. `mode` is listen, whisper or barge."""

    who: str
    phone: str
    mode: str
    hears: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class LiveCall:
    """A contact that is going on. `tenant` is the owner of the number it is in now; times POSIX seconds."""

    contact: str
    tenant: str
    project: str
    node: str
    number: str
    caller: str
    state: CallState
    since: float
    arrived: float
    flow: str
    step: str
    queue: str = ""
    position: int | None = None
    waited_s: float | None = None
    agent: str = ""
    caller_name: str = ""
    direction: str = "inbound"  # internal: an agent has called a colleague or a queue; outbound: a callback
    held: bool = False  # the caller is on hold
    muted: bool = False  # by command nobody hears the agent
    slot: str = ""  # of a parked caller
    left_agent: str = ""  # who talked with the caller last: of a parked one, who parked it
    outside: str = ""  # the number outside with which the caller talks, or which rings for it
    consultation: str = ""  # ringing, talking, alternated, joining, conference; empty: none
    consulted: str = ""  # the colleague, or the number outside
    recording: str = ""  # on, paused, on_demand (it may be started); empty: it is not recorded
    may_stop_recording: bool = False  # it was begun on demand
    supervisors: tuple[LiveSupervisor, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class LiveCallback:
    """Somebody who is to be called back: named after the call (`callback`) that asked for it. Times POSIX seconds.

    `state`: scheduled (until `due`), held (by an emergency closure), waiting (for its turn, at `position`), calling
    (the call `contact` goes on). `since` when its place in the queue counts from; `last`: why the attempt
    before came to nothing.
    """

    callback: str
    tenant: str
    queue: str
    number: str
    state: str
    asked: float
    since: float
    due: float
    expires: float
    first: str
    attempts: int
    last: str
    position: int | None
    contact: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LiveAssignment:
    """What a supervisor (`by`) has said of an agent and a queue (`level` 1: on it, 0: off it) or a skill (its level);
    `until` None: until it is taken back. Times POSIX seconds.
    """

    queue: str
    skill: str
    level: int
    until: float | None
    by: str
    at: float
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class NewAssignment:
    """What a supervisor (`who`) says of an agent and a queue (`level` 1: on it, 0: off it) or a skill (its level);
    `level` None: as configured again. Until a time, until the end of the agent's `shift`, else until it is taken back.
    """

    queue: str = ""
    skill: str = ""
    level: int | None
    until: float | None = None
    shift: bool = False
    who: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class LiveAgent:
    """An agent of the configuration, with the three states. `tenant` empty: the platform's."""

    agent: str
    tenant: str
    name: str
    serves: tuple[str, ...]  # tenants that the agent is leased to
    seated: tuple[str, ...]  # tenants whose seats the agent occupies now
    wish: str
    reason: str
    phase: str
    since: float
    phone: str
    reachable: bool
    in_use: bool  # the phone has a call that no queue brought
    contact: str
    skills: dict[str, int]
    assigned: tuple[LiveAssignment, ...] = ()
    failed: str = ""  # why the last offer came to nothing, of one who is unresponsive
    until: float | None = None  # when the phase ends by itself, such as a wrap-up
    more_wrap_up_s: float = 0.0  # so much more time may be taken for the present wrap-up
    last_contact: str = ""  # the conversation before, or that of the wrap-up
    last_queue: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class LivePhone:
    """A phone of the configuration. `registered` None: not known; `detail`: the switch's word for how it stands."""

    phone: str
    name: str
    node: str
    tenant: str  # whose phone it is; empty: the platform's
    transport: str  # `outside`: a mobile seat
    srtp: bool
    registered: bool | None
    reachable: bool
    since: float
    agent: str  # who is signed in there
    in_use: bool  # it has a call now, offered or dialled
    detail: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LiveQueue:
    """A queue: who waits, who could answer."""

    queue: str
    tenant: str
    name: dict[str, str]
    waiting: int
    longest_wait_s: float
    talking: int
    agents_ready: int
    agents_signed_in: int
    expected_wait_s: float | None  # of who comes now; None: nobody is there


@dataclass(frozen=True, kw_only=True, slots=True)
class LiveNode:
    """A switch: where other nodes reach it (where it is the only one: vcc), whether its wires are up, since when; how
    many calls and legs vcc knows there, and how many phones can be reached.
    """

    node: str
    kind: str
    address: str
    up: bool
    since: float
    calls: int
    legs: int
    phones: int
    detail: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class LiveTrunk:
    """A trunk: whether calls can go out on it, and how many go on. `state` is up, down, unknown (its carrier has
    not been asked yet) or in_only; `channels` None: no limit.
    """

    trunk: str
    node: str
    tenant: str
    state: str
    since: float | None
    detail: str
    used: int
    channels: int | None


class FlowPublishing(Protocol):
    """Publications of flows, each by the flow's platform-wide name. `vcc.publishing` fulfils it."""

    def now(self) -> float:
        """The time by which publications stand where they stand."""
        ...

    async def publish(
        self,
        flow: str,
        text: str,
        *,
        who: str,
        begins: float | None,
        ends: float | None,
        share: int,
        note: str,
        scripts: Mapping[str, str],
    ) -> Publication:
        """Publish a text for which its scripts hold. Raises ConfigurationError, NotFoundError, ConflictError."""
        ...

    def approve(self, flow: str, number: int, *, who: str) -> Publication:
        """Let a proposal take effect. Raises NotFoundError, ConflictError, for its author too."""
        ...

    def withdraw(self, flow: str, number: int | None, *, who: str) -> Publication:
        """Take one back; None: the one in force. Raises NotFoundError, ConflictError."""
        ...

    def history(self, flow: str) -> tuple[Publication, ...]:
        """Those that are kept, newest first. Raises NotFoundError for an unknown flow."""
        ...

    def configured(self, flow: str) -> str:
        """The version of the configuration folder's flow. Raises NotFoundError."""
        ...

    def differences(self, flow: str, before: int, after: int) -> list[str]:
        """What is different between two of them, line by line; 0: the configuration folder's."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """Why a contact waits: `able` are the agents signed in who could take it, by what they do instead (idle in a queue
    whose calls agents take from the list); none at all: nobody who is able is there. `rung` of the queue's ladder,
    `step_at` when it asks for less next (POSIX seconds); `prefers`: agents who alone are asked until then.
    """

    position: int
    rung: int
    able: dict[str, int]
    step_at: float | None
    prefers: tuple[str, ...]


class Control(Protocol):
    """Raises NotFoundError for what does not exist, ConflictError for what cannot be done in the present state."""

    @property
    def platform(self) -> Platform:
        """The configuration in force."""
        ...

    @property
    def version(self) -> str:
        """The checksum of the configuration in force."""
        ...

    @property
    def ready(self) -> bool:
        """Whether calls can be taken: configuration loaded, every node's wire up, not draining."""
        ...

    def calls(self) -> list[LiveCall]:
        """Every contact that is going on, oldest first."""
        ...

    def call(self, contact: str) -> LiveCall | None:
        """One contact; None: it does not go on."""
        ...

    def parked(self) -> list[LiveCall]:
        """Every contact that is parked, oldest first."""
        ...

    def callbacks(self) -> list[LiveCallback]:
        """Everybody who is to be called back, in the order in which they asked."""
        ...

    def greeting(self, contact: str, agent: str) -> str:
        """What the contact's queue has agents told, in the agent's language, to be read; empty: nothing."""
        ...

    def agents(self) -> list[LiveAgent]:
        """Every agent of the configuration, by name."""
        ...

    def agent(self, agent: str) -> LiveAgent | None:
        """One agent; None: the configuration has none of that name."""
        ...

    def phones(self) -> list[LivePhone]:
        """Every phone of the configuration, by name."""
        ...

    def queues(self) -> list[LiveQueue]:
        """Every queue, by name."""
        ...

    def nodes(self) -> list[LiveNode]:
        """Every node, by name."""
        ...

    def trunks(self) -> list[LiveTrunk]:
        """Every trunk, by name."""
        ...

    def spent(self) -> dict[str, float]:
        """What calls to numbers outside have cost today, by tenant; under "" of all."""
        ...

    def closed_tenants(self) -> frozenset[str]:
        """The tenants whose emergency closure is on."""
        ...

    def seats(self, tenant: str) -> int | None:
        """How many agents may be signed in for a tenant now; None: any number."""
        ...

    def closures(self, tenant: str) -> list[Closure]:
        """What of a tenant is closed by hand: all of it, or hours."""
        ...

    def overflow_switches(self, tenant: str) -> list[OverflowSwitch]:
        """The overflow switches of a tenant that are on: its own, or those of its queues."""
        ...

    def turn_overflow(self, tenant: str, *, on: bool, who: str, queue: str = "", reason: str = "") -> None:
        """Turn the overflow switch of a tenant, or of one of its queues (short name), for those who wait too; survives
        a restart. Raises NotFoundError.
        """
        ...

    def shifts(self, tenant: str, since: date, until: date) -> list[ShiftsPlanned]:
        """A tenant's shift tables of the days from `since` to `until`, both included, in order."""
        ...

    def plan_shifts(self, tenant: str, days: Mapping[date, tuple[Shift, ...]], *, who: str) -> None:
        """Replace a tenant's shift tables of these days."""
        ...

    def set_agent(self, agent: str, wish: str, *, reason: str = "", phone: str = "", who: str) -> None:
        """Make an agent ready, not_ready or signed_out; `ready` of one who is signed out needs a phone."""
        ...

    def extend_wrap_up(self, agent: str, *, who: str) -> None:
        """Give an agent who is in wrap-up the more time that the queue allows, once. Raises ConflictError where there
        is none to be given.
        """
        ...

    def takes(self, agent: str, queue: str) -> bool:
        """Whether an agent would take contacts of a queue, once in a seat of its tenant: by skills, or as was said."""
        ...

    def assign(self, agent: str, said: NewAssignment) -> None:
        """Put an agent on a queue, take it off, or say how well it has a skill; survives a restart. Raises
        NotFoundError, ConflictError.
        """
        ...

    def hang_up(self, contact: str, *, who: str) -> None:
        """End a contact."""
        ...

    def cancel_callback(self, callback: str, *, who: str) -> None:
        """Call somebody back no more; an attempt under way ends, a conversation goes on."""
        ...

    def move(self, contact: str, *, queue: str | None = None, priority: int | None = None, who: str) -> None:
        """Put a waiting contact into another queue of the same tenant or give it another priority; the time waited
        is kept.
        """
        ...

    def take(self, contact: str, agent: str, *, who: str) -> None:
        """An agent takes a waiting contact from the list, where its queue allows it: the agent's phone rings."""
        ...

    def waits_for(self, contact: str) -> Waiting | None:
        """What a contact that waits in a queue waits for; None: it does not wait."""
        ...

    def record(self, contact: str, action: str, *, who: str) -> None:
        """Start (on demand), pause or resume the recording of a conversation."""
        ...

    def converse(self, contact: str, action: str, *, who: str) -> None:
        """Put the caller of a conversation on hold, or back; have nobody hear the agent, or everybody again: `action`
        is hold, resume, mute or unmute; of a consultation complete, cancel, alternate or conference.
        """
        ...

    def consult(self, contact: str, kind: str, name: str, *, who: str) -> None:
        """Ring an agent, or a number outside (`kind`), for the agent of a conversation; the caller is on hold."""
        ...

    def transfer(self, contact: str, kind: str, name: str, *, who: str) -> None:
        """Send the caller of a conversation on, without a word before; the agent wraps up. `kind` is agent, queue (both
        by platform-wide name), number (of the platform) or outside.
        """
        ...

    def park(self, contact: str, *, who: str) -> str:
        """Take the caller of a conversation out of the agent's hands, with music; the slot."""
        ...

    def retrieve(self, contact: str, agent: str, *, who: str) -> None:
        """Offer a parked caller to an agent."""
        ...

    def supervise(self, contact: str, phone: str, mode: str, *, who: str) -> None:
        """Ring a supervisor's phone, which hears the conversation then: `mode` is listen, whisper (the agent alone
        hears it) or barge (both do); or change the mode of one that hears it.
        """
        ...

    def dispose(self, contact: str, agent: str, queue: str, code: str, *, who: str) -> str:
        """Record what came of an agent's conversation in `queue` with a contact, going on or over; what the code means.
        Raises NotFoundError, which names the tenant's codes, for one that it does not have.
        """
        ...

    def listen(self, recording: Recorded, contact: str, *, who: str, how: str, offset: int) -> Path:
        """The file of a recording; that `who` got it, to play or download it (`how`), from byte `offset`, is a fact."""
        ...

    def close_hours(
        self,
        tenant: str,
        *,
        closed: bool,
        who: str,
        hours: str = "",
        reason: str = "",
        say: Mapping[str, str] | None = None,
    ) -> None:
        """Switch a tenant's emergency closure on or off, or that of its `hours` alone; acts at once, survives a
        restart. `say`: what callers hear meanwhile, by language. Raises NotFoundError, ConflictError.
        """
        ...

    @property
    def publishing(self) -> FlowPublishing:
        """Publications of flows."""
        ...

    async def reload(self, *, who: str) -> str:
        """Read the configuration again; its version. Raises ConfigurationError and keeps the old one on any mistake."""
        ...

    async def drain(self, *, who: str) -> None:
        """Take no new calls; returns when the others are finished or the limit is reached."""
        ...

    def subscribe(self, bound: int = 1_000) -> AbstractAsyncContextManager[AsyncIterator[Fact]]:
        """Live facts from now on; a reader that is slower than `bound` facts is cut off (the iterator ends)."""
        ...
