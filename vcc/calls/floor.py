"""The floor of the call centre: what the parts of this package share.

It holds the live state (sessions, legs, the router), the ports (switches, store, log, timers), and two inboxes: events
for flows and commands of the router. The parts put into the inboxes and never call each other; the hub empties
them after each fact until they stay empty. So data goes one way, and no part is entered while it is at work.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypedDict

import structlog

from core.facts import AgentConnected
from telephony.port import RingOutside
from tenancy.model import Treatment
from vcc.calls.assignments import Assignments
from vcc.calls.callbacks import Callbacks
from vcc.calls.closures import key as closure_key
from vcc.calls.guard import Guard
from vcc.calls.healer import Healer
from vcc.calls.last_agents import LastAgents
from vcc.calls.lines import Lines
from vcc.calls.nodes import Nodes
from vcc.calls.outbound import Outbound
from vcc.calls.recordings import Recordings
from vcc.calls.session import SEALED_AS, ContactSession, Legs, Stage, dump
from vcc.calls.shifts import Shifts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from acd.protocol import Command as RouterCommand
    from acd.router import Router
    from core.clock import Clock, TimerHandle, Timers
    from core.facts import Fact
    from ivr_flows.protocol import Event as FlowEvent
    from ivr_flows.protocol import Part
    from telephony.port import Command as SwitchCommand
    from telephony.port import Switch
    from tenancy.model import Tenant
    from vcc.calls.asking import Systems
    from vcc.calls.closures import Closure
    from vcc.calls.directory import Directory
    from vcc.calls.overflow_switch import OverflowSwitch
    from vcc.calls.ports import LiveStore
    from vcc.calls.recordings import Archive
    from vcc.calls.versions import FlowVersions

_log = structlog.get_logger()


class About(TypedDict):
    """The fields that all facts of a contact share."""

    at: float
    tenant: str
    contact: str
    node: str


class FactSink(Protocol):
    """Where facts go: the event log and everything that listens."""

    def append(self, fact: Fact) -> None:
        """Take a fact; never waits."""
        ...


class Speech(Protocol):
    """Turns what a flow says into sound files."""

    def sounds(self, tenant: str) -> Mapping[str, str]:
        """The tenant's own sound files of the present configuration: as written -> absolute path."""
        ...

    def resolve(self, sounds: Mapping[str, str], parts: Iterable[Part]) -> tuple[str, ...] | None:
        """Absolute paths, if everything is rendered; None: ask `render`. `sounds` are those of whoever speaks."""
        ...

    def render(self, sounds: Mapping[str, str], parts: Iterable[Part], done: Callable[[tuple[str, ...]], None]) -> None:
        """Render what is missing in the background, then call `done` in the event loop; what cannot be rendered is
        left out, and logged.
        """
        ...

    def forget(self, contact: str) -> None:
        """A contact is over: delete what was rendered for it alone."""
        ...

    def beep(self) -> str:
        """The absolute path of the tone after which one speaks."""
        ...


class Secrecy(Protocol):
    """Encrypts what must not be readable in the stored live state."""

    def seal(self, values: Mapping[str, str]) -> str:
        """Encrypt."""
        ...

    def unseal(self, sealed: str) -> dict[str, str]:
        """Decrypt; empty if it cannot be (another key)."""
        ...


@dataclass(kw_only=True)
class Floor:
    """Everything that is going on; owned by the hub, in one event loop."""

    directory: Directory
    flows: FlowVersions
    router: Router
    switches: Mapping[str, Switch]
    store: LiveStore
    log: FactSink
    clock: Clock
    timers: Timers
    speech: Speech
    secrecy: Secrecy
    systems: Systems | None = None  # None: the tenants' own systems cannot be asked
    archive: Archive | None = None  # None: nothing can be recorded
    sessions: dict[str, ContactSession] = field(default_factory=dict)
    legs: Legs = field(default_factory=Legs)
    admitted: dict[str, set[str]] = field(default_factory=dict)  # by tenant: contacts that count for its quota
    beyond: dict[str, set[str]] = field(default_factory=dict)  # by tenant: those in a flow over that quota
    on_number: dict[str, set[str]] = field(default_factory=dict)  # the same contacts by number
    dialling: dict[str, set[str]] = field(default_factory=dict)  # by phone: its calls that the router did not bring
    call_limits: dict[str, TimerHandle] = field(default_factory=dict)  # by contact: its end at the latest
    park_limits: dict[str, TimerHandle] = field(default_factory=dict)  # by contact that is parked
    deadlines: dict[str, tuple[float, TimerHandle]] = field(default_factory=dict)  # by contact: of its flow
    closures: dict[str, Closure] = field(default_factory=dict)
    overflow_switches: dict[str, OverflowSwitch] = field(default_factory=dict)  # those that are on
    draining: bool = False
    #: set by the hub: empties the inboxes; for what starts at a timer or a background result, not at a switch's fact
    settle: Callable[[], None] = lambda: None
    #: set by the hub: conditions under which queues overflow may be others now
    overflows: Callable[[], None] = lambda: None
    flow_inbox: deque[tuple[ContactSession, FlowEvent]] = field(default_factory=deque)
    router_inbox: deque[RouterCommand] = field(default_factory=deque)
    touched: dict[str, ContactSession] = field(default_factory=dict)
    lines: Lines = field(default_factory=Lines)
    last_agents: LastAgents = field(default_factory=LastAgents)
    nodes: Nodes = field(init=False)
    healer: Healer = field(init=False)
    guard: Guard = field(init=False)
    outbound: Outbound = field(init=False)
    recordings: Recordings = field(init=False)
    shifts: Shifts = field(init=False)
    callbacks: Callbacks = field(init=False)

    def __post_init__(self) -> None:
        """Give the floor those who serve it."""
        self.nodes = Nodes(self.now())
        self.healer = Healer(self)
        self.guard = Guard(self)
        self.outbound = Outbound(self)
        self.recordings = Recordings(self)
        self.shifts = Shifts(self)
        self.assignments = Assignments(self)
        self.callbacks = Callbacks(self)

    def now(self) -> float:
        """POSIX seconds."""
        return self.clock.now()

    def send(self, node: str, command: SwitchCommand) -> None:
        """Have a switch do something. A node that the configuration no longer has gets nothing: its legs are gone.

        Nothing outside is dialled that the toll-fraud guard has not permitted.
        """
        switch = self.switches.get(node)
        if switch is None:
            _log.warning("command for a node that is gone", node=node, command=type(command).__name__)
            return
        if isinstance(command, RingOutside) and not self.guard.redeem(command):
            return
        switch.send(command)

    def other_node(self, node: str, phone: str) -> str:
        """The node at which a phone is rung that is to talk with somebody on `node`, where it is not that one."""
        known = self.directory.platform.phones.get(phone)
        at = self.nodes.where(phone) or (known.node if known else "")
        return "" if at == node else at

    def record(self, fact: Fact) -> None:
        """Append a fact to the event log; who talks with whom is remembered."""
        if isinstance(fact, AgentConnected) and (session := self.sessions.get(fact.contact)) is not None:
            self.last_agents.talked(fact.tenant, session.caller, fact.agent, fact.at)
        self.log.append(fact)

    def about(self, session: ContactSession) -> About:
        """What every fact of a session has in common, at this moment."""
        return {"at": self.now(), "tenant": session.tenant, "contact": session.contact, "node": session.node}

    def obey(self, commands: Iterable[RouterCommand]) -> None:
        """Leave the router's commands to be carried out after the present fact."""
        self.router_inbox.extend(commands)

    def tell_flow(self, session: ContactSession, event: FlowEvent) -> None:
        """Leave an event for the session's flow."""
        self.flow_inbox.append((session, event))

    def touch(self, session: ContactSession) -> None:
        """The session has changed: it is written through when the present fact is done with."""
        self.touched[session.contact] = session

    def enter(self, session: ContactSession, stage: Stage) -> None:
        """Move a session to another stage."""
        session.stage = stage
        session.since = self.now()
        self.touch(session)

    def admit(self, session: ContactSession) -> None:
        """The contact uses one of its tenant's calls at once from now on, or one of those beyond; and its number's."""
        of_tenant = self.beyond if session.beyond else self.admitted
        of_tenant.setdefault(session.tenant, set()).add(session.contact)
        self.on_number.setdefault(session.number, set()).add(session.contact)

    def dismiss(self, session: ContactSession) -> None:
        """The contact no longer uses one of its tenant's calls at once."""
        for contacts, key in (
            (self.admitted, session.tenant),
            (self.beyond, session.tenant),
            (self.on_number, session.number),
        ):
            if (found := contacts.get(key)) is not None:
                found.discard(session.contact)

    def begins_on_phone(self, session: ContactSession) -> None:
        """A contact that was dialled on a phone of ours: nobody is rung there as long as it lasts."""
        self.occupy(session.phone, session.contact)

    def ends_on_phone(self, session: ContactSession) -> None:
        """The contact is over: without another one the phone can be rung again."""
        self.vacate(session.phone, session.contact)

    def occupy(self, phone: str, by: str) -> None:
        """A phone has a call that the router did not bring, named `by`: nobody is rung there as long as it lasts."""
        if phone:
            self.dialling.setdefault(phone, set()).add(by)
            self.obey(self.router.phone_in_use(phone, True, self.now()))

    def vacate(self, phone: str, by: str) -> None:
        """That call is over: without another one the phone can be rung again."""
        others = self.dialling.get(phone, set())
        others.discard(by)
        if phone and not others:
            self.dialling.pop(phone, None)
            self.obey(self.router.phone_in_use(phone, False, self.now()))

    def admitted_calls(self, tenant: str) -> int:
        """How many calls the tenant has at once now."""
        return len(self.admitted.get(tenant, ()))

    def write_through(self) -> None:
        """Hand every changed session to the live store."""
        for contact, session in self.touched.items():
            if contact not in self.sessions:
                self.store.delete("session", contact)
                continue
            data = dump(session)
            state = data.get("flow_state", {})
            for name, place in SEALED_AS.items():
                if state.get(name):
                    state[place] = self.secrecy.seal(state.pop(name))
            self.store.put("session", contact, data)
        self.touched.clear()

    def is_shut(self, tenant: Tenant) -> bool:
        """Whether no call is let in now: the emergency closure, or outside of the hours that have an answer of their
        own (without one, the flow decides).
        """
        if tenant.id in self.closures:
            return True
        if tenant.open is None or tenant.answers.closed is None:
            return False
        return not self.is_open(tenant.id, tenant.open, self.now())

    def is_open(self, tenant: str, hours: str, now: float) -> bool:
        """Whether the tenant's hours are open, the emergency closure considered."""
        if tenant in self.closures or closure_key(tenant, hours) in self.closures:
            return False
        return self.directory.is_open(tenant, hours, now)

    def closed_answer(self, tenant: Tenant) -> Treatment:
        """What callers get while no call is let in: what was said when it was closed, else the tenant's answer."""
        closure = self.closures.get(tenant.id)
        if closure and closure.say:
            return Treatment(say=closure.say)
        return tenant.answers.closed or Treatment(busy=True)
