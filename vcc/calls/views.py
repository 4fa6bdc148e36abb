"""What the control API may see of the floor, made from the present state at each look."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from acd.agents import available, skills_at
from acd.expecting import finite
from acd.protocol import AgentState, Phase, Wish
from tenancy.model import SwitchNode
from vcc.calls.control import (
    LiveAgent,
    LiveAssignment,
    LiveCall,
    LiveCallback,
    LiveNode,
    LivePhone,
    LiveQueue,
    LiveSupervisor,
    LiveTrunk,
)
from vcc.calls.session import Consultation, ContactSession, Stage, whole
from vcc.calls.states import CallState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tenancy.model import Phone, Platform
    from vcc.calls.assignments import Assignment
    from vcc.calls.callbacks import Callback
    from vcc.calls.closures import Closure
    from vcc.calls.hub import Hub

_STATES = {
    Stage.ARRIVING: CallState.ARRIVING,
    Stage.TREATMENT: CallState.IN_FLOW,
    Stage.FLOW: CallState.IN_FLOW,
    Stage.CALLING: CallState.RINGING,
    Stage.WAITING: CallState.WAITING,
    Stage.JOINING: CallState.RINGING,
    Stage.PARTING: CallState.IN_FLOW,
    Stage.PARKED: CallState.PARKED,
    Stage.ENDING: CallState.ENDING,
    Stage.RETURNING: CallState.ENDING,
    Stage.FALLBACK: CallState.ENDING,
}


def _state(session: ContactSession) -> tuple[CallState, float]:
    """How a contact stands, and since when."""
    held_at = session.held_at
    if session.stage is Stage.TALKING:
        if session.consult == Consultation.CONFERENCE:
            return CallState.CONFERENCE, session.consult_at or session.since
        if session.consult:
            return CallState.CONSULTING, held_at or session.since
        return (CallState.TALKING, session.since) if held_at is None else (CallState.HELD, held_at)
    if session.stage is Stage.WAITING and session.offer is not None:
        return CallState.RINGING, session.since
    return _STATES[session.stage], session.since


def _waits(callback: Callback) -> str:
    """Whoever is to be called back, but is not just now."""
    if callback.contact:
        return "waiting"
    return "scheduled" if callback.held is None else "held"


def _said(said: Assignment) -> LiveAssignment:
    return LiveAssignment(
        queue=said.queue,
        skill=said.skill,
        level=said.level,
        until=said.until,
        by=said.by,
        at=said.at,
        reason=said.reason,
    )


class Views:
    """The views of `vcc.calls.control.Control` for one hub."""

    def __init__(self, hub: Hub) -> None:
        """Look at this hub."""
        self._hub = hub
        self._floor = hub.floor

    @property
    def platform(self) -> Platform:
        """The configuration in force."""
        return self._floor.directory.platform

    def calls(self) -> list[LiveCall]:
        """Every contact that is going on, oldest first."""
        return self._calls(self._floor.sessions.values())

    def call(self, contact: str) -> LiveCall | None:
        """One contact; None: it does not go on."""
        session = self._floor.sessions.get(contact)
        return self._calls([session])[0] if session else None

    def parked(self) -> list[LiveCall]:
        """Every contact that is parked, oldest first."""
        return self._calls(session for session in self._floor.sessions.values() if session.stage is Stage.PARKED)

    def greeting(self, contact: str, agent: str) -> str:
        """What an agent is to say, or is told, of a contact; to be read."""
        session = self._floor.sessions.get(contact)
        return self._floor.directory.greeting(session.tenant, session.queue, agent, session.values) if session else ""

    def _calls(self, sessions: Iterable[ContactSession]) -> list[LiveCall]:
        supervisors: defaultdict[str, list[LiveSupervisor]] = defaultdict(list)
        for contact, supervisor in (*self._hub.supervising.supervisors(), *self._hub.desk.listening.supervisors()):
            supervisors[contact].append(supervisor)
        oldest_first = sorted(sessions, key=lambda s: s.contact)
        return [self._call(session, tuple(supervisors.get(session.contact, ()))) for session in oldest_first]

    def _call(self, session: ContactSession, supervisors: tuple[LiveSupervisor, ...]) -> LiveCall:
        waiting = session.stage in (Stage.WAITING, Stage.JOINING)
        state, since = _state(session)
        return LiveCall(
            contact=session.contact,
            tenant=session.tenant,
            project=session.project,
            node=session.node,
            number=session.number or session.dialled,
            caller=session.caller,
            caller_name=session.caller_name,
            state=state,
            since=since,
            arrived=session.arrived,
            flow=session.flow,
            step=session.flow_state.step if session.flow_state else "",
            queue=session.queue,
            position=self._floor.router.position(session.contact) if waiting else None,
            waited_s=self._floor.now() - session.queued_at if waiting and session.queued_at else None,
            agent=session.agent,
            direction=session.direction,
            held=session.held_at is not None,
            muted=session.muted,
            slot=session.parked,
            left_agent=session.left_agent,
            outside=session.outside,
            consultation=session.consult,
            consulted=session.consult_agent or session.consult_outside,
            recording=self._floor.recordings.state(session.leg),
            may_stop_recording=self._floor.recordings.may_stop(session.leg),
            supervisors=supervisors,
        )

    def callbacks(self) -> list[LiveCallback]:
        """Everybody who is to be called back, in the order in which they asked."""
        return [self._callback(callback) for callback in self._floor.callbacks.open()]

    def _callback(self, callback: Callback) -> LiveCallback:
        calling = callback.contact in self._floor.sessions
        return LiveCallback(
            callback=callback.callback,
            tenant=callback.tenant,
            queue=callback.queue,
            number=callback.to,
            state="calling" if calling else _waits(callback),
            asked=callback.asked,
            since=callback.since,
            due=callback.due,
            expires=callback.expires,
            first=callback.first,
            attempts=callback.attempts,
            last=callback.last,
            position=self._floor.router.position(callback.contact) if callback.contact else None,
            contact=callback.contact if calling else "",
        )

    def agents(self) -> list[LiveAgent]:
        """Every agent of the configuration, by name."""
        directory, router = self._floor.directory, self._floor.router
        return [self._agent(key, router.agent(key)) for key in sorted(directory.agents)]

    def agent(self, agent: str) -> LiveAgent | None:
        """One agent; None: the configuration has none of that name."""
        return self._agent(agent, self._floor.router.agent(agent)) if agent in self._floor.directory.agents else None

    def _agent(self, key: str, state: AgentState | None) -> LiveAgent:
        directory = self._floor.directory
        tenant, who = directory.agents[key]
        signed_in = state is not None and state.wish is not Wish.SIGNED_OUT
        return LiveAgent(
            agent=key,
            tenant=tenant,
            name=who.name,
            serves=directory.serves(key),
            seated=state.serves if state and signed_in else (),
            wish=state.wish if state else Wish.SIGNED_OUT,
            reason=state.reason if state else "",
            phase=state.phase if state else Phase.IDLE,
            since=state.since if state else 0.0,
            phone=state.phone if state else "",
            reachable=self._hub.reachable(state.phone) if state and signed_in else False,
            in_use=state.in_use if state else False,
            contact=whole(state.contact) if state else "",
            skills=self._skills(key),
            assigned=tuple(_said(said) for said in self._floor.assignments.of(key)),
            failed=state.failed if state else "",
            until=state.until if state else None,
            more_wrap_up_s=self._floor.router.more_wrap_up_s(key),
            last_contact=whole(state.last_contact) if state else "",
            last_queue=state.last_queue if state else "",
        )

    def _skills(self, agent: str) -> dict[str, int]:
        known = self._floor.router.rules.agents.get(agent) or self._floor.directory.rules.agents[agent]
        return dict(skills_at(known, self._floor.now())[0])

    def takes(self, agent: str, queue: str) -> bool:
        """Whether an agent would take contacts of a queue, once in a seat of its tenant."""
        rules = self._floor.router.rules
        known = agent in rules.agents and queue in rules.queues
        return known and self._floor.router.takes(agent, queue, self._floor.now())

    def phones(self) -> list[LivePhone]:
        """Every phone of the configuration, by name."""
        return [self._phone(name, phone) for name, phone in sorted(self.platform.phones.items())]

    def _phone(self, name: str, phone: Phone) -> LivePhone:
        node = self._hub.nodes.where(name) or phone.node
        told, agent = self._hub.nodes.phone_on(node, name), self._floor.router.agent_on(name)
        return LivePhone(
            phone=name,
            name=phone.name,
            node=node,
            tenant=phone.tenant or "",
            transport=phone.transport if phone.outside is None else "outside",
            srtp=phone.srtp,
            registered=told.registered if told else None,
            reachable=self._hub.reachable(name),
            since=told.since if told else 0.0,
            agent=agent.agent if agent else "",
            in_use=name in self._floor.dialling or (agent is not None and agent.contact != ""),
            detail=told.detail if told else "",
        )

    def queues(self) -> list[LiveQueue]:
        """Every queue, by name."""
        floor, now = self._floor, self._floor.now()
        waiting: dict[str, list[float]] = {}
        talking: Counter[str] = Counter()
        for session in floor.sessions.values():
            if session.calls_back and not session.answered:
                continue  # nobody waits there
            if session.stage in (Stage.WAITING, Stage.JOINING):
                waiting.setdefault(session.queue, []).append(session.queued_at or now)
            elif session.stage is Stage.TALKING:
                talking[session.queue] += 1
        found = []
        for key, rules in sorted(floor.directory.rules.queues.items()):
            _, _, short = key.partition("/")
            since = waiting.get(key, [])
            signed_in = list(floor.router.able(key))
            found.append(
                LiveQueue(
                    queue=key,
                    tenant=rules.tenant,
                    name=dict(self.platform.tenants[rules.tenant].queues[short].name),
                    waiting=len(since),
                    longest_wait_s=max((now - at for at in since), default=0.0),
                    talking=talking[key],
                    agents_ready=sum(available(a) for a in signed_in),
                    agents_signed_in=len(signed_in),
                    expected_wait_s=finite(floor.router.expected_wait_of(key, floor.now()))
                    if key in floor.router.rules.queues
                    else None,
                )
            )
        return found

    def nodes(self) -> list[LiveNode]:
        """Every node, by name."""
        calls = Counter(s.node for s in self._floor.sessions.values())
        legs = Counter(at.node for at in self._floor.legs.agents.values())
        found = []
        for name, node in sorted(self.platform.nodes.items()):
            state = self._hub.nodes.state(name)
            found.append(
                LiveNode(
                    node=name,
                    kind=node.kind,
                    address=(node.nodes_sip or node.control) if isinstance(node, SwitchNode) else "",
                    up=state.up,
                    since=state.since,
                    calls=calls[name],
                    legs=calls[name] + legs[name],
                    phones=self._hub.nodes.registered(name),
                    detail=state.detail,
                )
            )
        return found

    def trunks(self) -> list[LiveTrunk]:
        """Every trunk, by name."""
        floor, used = self._floor, self._floor.guard.used()
        states = dict.fromkeys(floor.lines.unsure(self.platform), "unknown")
        states |= dict.fromkeys(floor.lines.down(self.platform), "down")
        found = []
        for name, trunk in sorted(self.platform.trunks.items()):
            told = floor.lines.state(name)
            state = states.get(name, "up") if trunk.outgoing is not None else "in_only"
            found.append(
                LiveTrunk(
                    trunk=name,
                    node=trunk.node,
                    tenant=trunk.tenant or "",
                    state=state,
                    since=told.since if told else None,
                    detail=told.detail if told else "",
                    used=used[name],
                    channels=trunk.channels,
                )
            )
        return found

    def spent(self) -> dict[str, float]:
        """What calls to numbers outside have cost today, by tenant; under "" of all."""
        return dict(self._floor.guard.spent())

    def closed_tenants(self) -> frozenset[str]:
        """The tenants whose emergency closure is on."""
        return frozenset(c.tenant for c in self._floor.closures.values() if not c.hours)

    def seats(self, tenant: str) -> int | None:
        """How many agents may be signed in for a tenant now; None: any number."""
        return self._floor.router.rules.seats.get(tenant)

    def closures(self, tenant: str) -> list[Closure]:
        """What of a tenant is closed by hand."""
        return [closure for closure in self._floor.closures.values() if closure.tenant == tenant]
