"""What a tenant's live page shows."""

from __future__ import annotations

from pydantic import Field

from vcc.api.models import Answer, Assigned, OverflowOn, Supervisor, Texts


class Figures(Answer):
    """A tenant's day, since midnight in its time zone. Fractions of 1; null where nothing was counted."""

    calls_in: int
    waiting: int
    talking: int
    answered: int
    abandoned: int
    service_level: float | None
    service_level_variant: str = Field(description="how abandoned calls count in the service level")
    thresholds_s: tuple[float, ...] = Field(description="of the queues, each once")
    utilisation: float | None = Field(description="talk, hold and wrap-up per time signed in")
    on_duty: int


class BoardQueue(Answer):
    """A queue on the live page."""

    queue: str
    name: Texts
    waiting: int
    waiting_since: float | None = Field(description="since when the longest waiting caller waits")
    agents_ready: int
    agents_signed_in: int
    switch: bool = Field(description="its `overflow` says what happens when the overflow switch is on")


class BoardAgent(Answer):
    """An agent on duty on the live page."""

    agent: str
    name: str
    wish: str
    reason: str
    phase: str
    since: float | None
    reachable: bool
    in_use: bool
    leased: bool
    assigned: tuple[Assigned, ...]


class BoardCall(Answer):
    """A call on the live page; `since` is when its state began. All else is as of `Call`."""

    contact: str
    state: str
    since: float
    arrived: float
    number: str
    caller: str
    caller_name: str
    queue: str
    position: int | None
    agent: str = Field(description="the agent's name")
    muted: bool
    slot: str
    left_agent: str = Field(description="the name of the agent who talked last")
    outside: str
    consultation: str
    consulted: str = Field(description="the colleague's name, or the number outside")
    recording: str
    supervisors: tuple[Supervisor, ...]


class Board(Answer):
    """What a tenant's live page shows, at the moment `at`."""

    at: float
    tenant: str
    name: Texts
    time_zone: str
    closed: bool
    overflow: tuple[OverflowOn, ...] = Field(description="the overflow switches that are on")
    figures: Figures
    queues: tuple[BoardQueue, ...]
    agents: tuple[BoardAgent, ...]
    calls: tuple[BoardCall, ...]
    calls_not_shown: int
