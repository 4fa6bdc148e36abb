"""What is answered: the platform's values as JSON. Times are POSIX seconds (UTC), durations seconds, as in facts."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from core.facts import Fact, dump
from tenancy.model import Project, Quotas
from vcc.calls.states import CallState

#: States of a call that waits for an agent: an agent's phone that rings has not answered yet.
WAITING = frozenset({CallState.WAITING, CallState.RINGING})
#: A text in several languages.
Texts = dict[str, str]
#: One fact as JSON: its name under `fact`, then its fields. The description lists every kind.
FactData = Annotated[dict[str, Any], WithJsonSchema({"$ref": "#/components/schemas/Fact"})]


#: When a state began; null where that is not known or not to be seen.
Since = Annotated[float | None, BeforeValidator(lambda at: at or None)]


def fact_data(fact: Fact) -> dict[str, Any]:
    """One fact as plain data."""
    return {"fact": type(fact).__name__, **dump(fact)}


class Answer(BaseModel):
    """What every answer has in common: made from the platform's own values, never changed."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class Me(Answer):
    """Who asks."""

    name: str
    role: str
    tenants: tuple[str, ...] | None = Field(description="the tenants in reach; null: all")
    agent: str = Field(description="the agent whose own state may be changed, or empty")
    csrf: str | None = Field(
        default=None, description="to be sent as X-CSRF-Token with commands, where a session's cookie is the access"
    )


class Use(Answer):
    """How much a tenant uses at present of what its quotas allow."""

    calls: int
    waiting: int
    seats: int


class Tenant(Answer):
    """A virtual call centre."""

    id: str
    name: Texts
    languages: tuple[str, ...]
    time_zone: str
    numbers: tuple[str, ...]
    quotas: Quotas
    seats: int | None = Field(description="agents who may be signed in now, by quota or by leases; null: any number")
    use: Use
    closed: bool = Field(description="the emergency closure is on")


class ClosedBy(Answer):
    """An emergency closure: who closed, when, why, and what callers hear meanwhile."""

    hours: str = Field(description="these hours alone; empty: the whole tenant")
    by: str
    at: float
    reason: str
    say: Texts


class OverflowOn(Answer):
    """An overflow switch that is on: who turned it, when and why."""

    queue: str = Field(description="of this queue alone; empty: of all queues of the tenant")
    by: str
    at: float
    reason: str


class Overflow(Answer):
    """How an overflow switch stands from now on."""

    tenant: str
    on: bool
    queue: str
    reason: str


class TenantDetail(Tenant):
    """A virtual call centre with what was contracted and set up."""

    projects: dict[str, Project]
    queues: tuple[str, ...]
    skills: dict[str, Texts]
    dispositions: dict[str, Texts] = Field(description="what may have come of a call, by code")
    closures: tuple[ClosedBy, ...] = Field(description="what is closed by hand")
    overflow: tuple[OverflowOn, ...] = Field(description="the overflow switches that are on")
    agents: tuple[str, ...]


class Tenants(Answer):
    """Tenants by id."""

    tenants: tuple[Tenant, ...]


class Number(Answer):
    """A number and what it leads to."""

    number: str
    tenant: str
    project: str
    flow: str


class Numbers(Answer):
    """Numbers in order."""

    numbers: tuple[Number, ...]


class Queue(Answer):
    """A queue: who waits, who could answer."""

    queue: str
    tenant: str
    name: Texts
    waiting: int
    longest_wait_s: float
    talking: int
    agents_ready: int
    agents_signed_in: int
    expected_wait_s: float | None


class Queues(Answer):
    """Queues by name."""

    queues: tuple[Queue, ...]


class Assigned(Answer):
    """What a supervisor has said of an agent and a queue, or a skill; it comes before the configuration."""

    queue: str = Field(description="empty: it is about a skill")
    skill: str = Field(description="empty: it is about a queue")
    level: int = Field(description="of the skill; of a queue 1: its contacts are the agent's, 0: they are not")
    until: float | None = Field(description="null: until it is taken back")
    by: str
    at: float
    reason: str


class Agent(Answer):
    """An agent: what the agent wants (wish), what routing knows (phase), whether the phone can be reached.

    A leased agent is shown as far as it serves the asker: `busy_elsewhere` is a phase without `since` and `contact`.
    """

    agent: str
    tenant: str = Field(description="empty: the platform's")
    name: str
    serves: tuple[str, ...]
    seated: tuple[str, ...]
    wish: str = Field(description="signed_out, ready, not_ready")
    reason: str
    phase: str = Field(description="idle, reserved, ringing, talking, held, wrap_up, unresponsive, busy_elsewhere")
    since: Since
    phone: str
    reachable: bool
    in_use: bool = Field(description="the phone has a call that no queue brought, and is not rung meanwhile")
    contact: str
    skills: dict[str, int] = Field(description="that the agent has now, by platform-wide names")
    assigned: tuple[Assigned, ...] = Field(description="what supervisors have said of queues and skills")
    failed: str = Field(description="why the last offer came to nothing, of one who is unresponsive")


class Agents(Answer):
    """Agents by name."""

    agents: tuple[Agent, ...]


class AgentQueue(Answer):
    """A queue of a tenant for whom an agent works."""

    queue: str
    name: Texts
    takes: bool = Field(description="whether the agent takes its contacts now, once in a seat of its tenant")
    assigned: Assigned | None = Field(description="what a supervisor has said; null: as configured")


class AgentSkill(Answer):
    """A skill that the asker may set for an agent."""

    skill: str
    name: Texts
    level: int = Field(description="0: not had")
    assigned: Assigned | None


class Assignments(Answer):
    """What an agent takes and can do, of what is in reach of the asker."""

    agent: str
    queues: tuple[AgentQueue, ...]
    skills: tuple[AgentSkill, ...]


class Phone(Answer):
    """A phone: a SIP account on a device. `since`: how long it has been reachable, or has not."""

    phone: str
    name: str
    node: str
    tenant: str = Field(description="whose phone it is; empty: the platform's")
    transport: str = Field(description="any, tls, websocket; outside: a mobile seat")
    srtp: bool
    registered: bool | None = Field(description="the device has told where it is; null: not known")
    reachable: bool = Field(description="it is registered and answers the switch's OPTIONS")
    since: Since
    agent: str = Field(description="who is signed in there, as far as that may be seen")
    in_use: bool = Field(description="it has a call now, offered or dialled")
    detail: str = Field(description="the switch's word for how it stands")


class Phones(Answer):
    """Phones by name."""

    phones: tuple[Phone, ...]


class Supervisor(Answer):
    """Somebody who hears a conversation."""

    who: str = Field(description="who gave the command, or the agent who dialled")
    phone: str
    mode: str = Field(description="listen: heard by nobody; whisper: by the agent alone; barge: by both")
    hears: bool = Field(description="false: the phone rings still")


class Call(Answer):
    """A call that is going on."""

    contact: str
    tenant: str
    project: str
    node: str
    number: str
    caller: str
    caller_name: str
    state: CallState
    since: float
    arrived: float
    flow: str
    step: str
    queue: str
    position: int | None
    waited_s: float | None
    agent: str
    direction: str = Field(
        description="inbound, outbound: a callback, internal: an agent called a colleague or a queue"
    )
    held: bool = Field(description="the caller is on hold")
    muted: bool = Field(description="by command nobody hears the agent; what a phone's own key mutes is not known")
    slot: str = Field(description="of a parked caller")
    left_agent: str = Field(description="who talked with the caller last; of a parked one, who parked it")
    outside: str = Field(description="the number outside with which the caller talks, or which rings for it")
    consultation: str = Field(description="ringing, talking, alternated, joining, conference; empty: none")
    consulted: str = Field(description="the agent, or the number outside")
    recording: str = Field(description="on, paused, on_demand (it may be started); empty: it is not recorded")
    may_stop_recording: bool = Field(description="it was begun on demand")
    supervisors: tuple[Supervisor, ...]


class Calls(Answer):
    """Calls going on, oldest first."""

    calls: tuple[Call, ...]


class Node(Answer):
    """A switch. `address`: where the platform's other nodes call it; where there are none, where vcc reaches it."""

    node: str
    kind: str
    address: str
    up: bool
    since: float
    calls: int
    legs: int
    phones: int = Field(description="that are registered there now")
    detail: str


class Nodes(Answer):
    """Switches by name."""

    nodes: tuple[Node, ...]
    version: str = Field(description="checksum of the configuration in force")


class Trunk(Answer):
    """A carrier's line: whether calls can go out on it, and how many go on, in and out."""

    trunk: str
    node: str
    tenant: str = Field(description="whose alone it is; empty: every tenant's")
    state: str = Field(description="up, down, unknown (nothing was told yet), in_only")
    since: Since
    detail: str
    used: int
    channels: int | None = Field(description="calls at once; null: no limit")


class Trunks(Answer):
    """Trunks by name, and what calls to numbers outside have cost today."""

    trunks: tuple[Trunk, ...]
    spent: dict[str, float] = Field(description="by tenant; under the empty name, of all")
    currency: str


class OpenCallback(Answer):
    """Somebody who is to be called back."""

    callback: str = Field(description="the call that asked for it")
    tenant: str
    queue: str
    number: str
    state: str = Field(description="scheduled, held (by an emergency closure), waiting (for its turn), calling")
    asked: float
    since: float = Field(description="when its place in the queue counts from")
    due: float
    expires: float = Field(description="when it is given up, if its turn has not come")
    first: str = Field(description="who is rung first: agent or caller")
    attempts: int
    last: str = Field(description="why the attempt before came to nothing")
    position: int | None
    contact: str = Field(description="the call that is the attempt under way")


class OpenCallbacks(Answer):
    """Everybody who is to be called back, in the order in which they asked."""

    callbacks: tuple[OpenCallback, ...]


class Done(Answer):
    """A command was taken; what comes of it is told by the events."""

    done: bool = True


class Reloaded(Answer):
    """The configuration that is in force now."""

    version: str


class Closure(Answer):
    """Whether a tenant is closed."""

    tenant: str
    closed: bool
    hours: str
    reason: str
