"""What the control API may see of the floor, and do to it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Protocol

from acd.agents import available
from acd.protocol import AgentState, Phase, Wish
from core.errors import ConflictError, NotFoundError
from core.facts import CommandGiven, ContactQueued, Outcome, Party, QueueLeft, RecordingPlayed
from telephony.port import SpyMode
from tenancy.names import qualify
from vcc.calls import arrivals
from vcc.calls.agents import seats_for
from vcc.calls.control import LiveAgent, LiveCall, LiveNode, LivePhone, LiveQueue, LiveTrunk
from vcc.calls.destinations import Kind, Target
from vcc.calls.session import ContactSession, Stage, whole

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from core.facts import Fact
    from reporting.timeline import Recorded
    from tenancy.model import Phone, Platform
    from vcc.calls.hub import Hub


class Operations(Protocol):
    """What only the whole program can do."""

    @property
    def version(self) -> str:
        """The checksum of the configuration in force."""
        ...

    @property
    def healthy(self) -> bool:
        """Whether the stores can be written."""
        ...

    async def reload(self) -> str:
        """Read the configuration again."""
        ...

    async def drain(self) -> None:
        """Take no new calls and wait for the others."""
        ...

    def subscribe(self, bound: int) -> AbstractAsyncContextManager[AsyncIterator[Fact]]:
        """Live facts."""
        ...


#: What is done to a consultation.
CONSULTATION = ("complete", "cancel", "alternate", "conference")
_STATES = {
    Stage.ARRIVING: "arriving",
    Stage.TREATMENT: "in_flow",
    Stage.FLOW: "in_flow",
    Stage.CALLING: "ringing",
    Stage.WAITING: "waiting",
    Stage.JOINING: "ringing",
    Stage.TALKING: "talking",
    Stage.PARTING: "in_flow",
    Stage.PARKED: "parked",
    Stage.ENDING: "ending",
    Stage.RETURNING: "ending",
    Stage.FALLBACK: "ending",
}


class Overview:
    """Fulfils `vcc.calls.control.Control` for one hub."""

    def __init__(self, hub: Hub, operations: Operations) -> None:
        """`operations` does what is larger than the floor."""
        self._hub = hub
        self._floor = hub.floor
        self._operations = operations

    @property
    def platform(self) -> Platform:
        """The configuration in force."""
        return self._floor.directory.platform

    @property
    def version(self) -> str:
        """The checksum of the configuration in force."""
        return self._operations.version

    @property
    def ready(self) -> bool:
        """Whether calls can be taken."""
        nodes = self.platform.nodes
        return (
            not self._floor.draining
            and self._operations.healthy
            and all(self._hub.nodes.state(node).up for node in nodes)
        )

    # --- views ---

    def calls(self) -> list[LiveCall]:
        """Every contact that is going on, oldest first."""
        return [self._call(s) for s in sorted(self._floor.sessions.values(), key=lambda s: s.contact)]

    def _call(self, session: ContactSession) -> LiveCall:
        waiting = session.stage in (Stage.WAITING, Stage.JOINING)
        state = _STATES[session.stage]
        if session.stage is Stage.WAITING and session.offer is not None:
            state = "ringing"
        return LiveCall(
            contact=session.contact,
            tenant=session.tenant,
            project=session.project,
            node=session.node,
            number=session.number,
            caller=session.caller,
            caller_name=session.caller_name,
            state=state,
            held=session.held_at is not None,
            muted=session.muted_at is not None,
            since=session.since,
            arrived=session.arrived,
            direction=session.direction,
            flow=session.flow,
            step=session.flow_state.step if session.flow_state else "",
            queue=session.queue,
            position=self._floor.router.position(session.contact) if waiting else None,
            waited_s=self._floor.now() - session.queued_at if waiting and session.queued_at else None,
            agent=session.agent,
        )

    def agents(self) -> list[LiveAgent]:
        """Every agent of the configuration, by name."""
        directory, router = self._floor.directory, self._floor.router
        return [self._agent(key, router.agent(key)) for key in sorted(directory.agents)]

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
            skills=directory.skill_keys(tenant, who.skills),
            failed=state.failed if state else "",
        )

    def phones(self) -> list[LivePhone]:
        """Every phone of the configuration, by name."""
        return [self._phone(name, phone) for name, phone in sorted(self.platform.phones.items())]

    def _phone(self, name: str, phone: Phone) -> LivePhone:
        told, agent = self._hub.nodes.phone_on(phone.node, name), self._floor.router.agent_on(name)
        return LivePhone(
            phone=name,
            name=phone.name,
            node=phone.node,
            tenant=phone.tenant or "",
            transport=phone.transport,
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
                )
            )
        return found

    def nodes(self) -> list[LiveNode]:
        """Every node, by name."""
        legs = Counter(s.node for s in self._floor.sessions.values())
        legs.update(at.node for at in self._floor.legs.agents.values())
        found = []
        for name, node in sorted(self.platform.nodes.items()):
            state = self._hub.nodes.state(name)
            found.append(
                LiveNode(
                    node=name, kind=node.kind, up=state.up, since=state.since, legs=legs[name], detail=state.detail
                )
            )
        return found

    def trunks(self) -> list[LiveTrunk]:
        """Every trunk, by name."""
        floor, used = self._floor, self._floor.guard.used()
        down, found = floor.lines.down(self.platform), []
        for name, trunk in sorted(self.platform.trunks.items()):
            told = floor.lines.state(name)
            state = "in_only" if trunk.outgoing is None else "down" if name in down else "up" if told else "unknown"
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
        return frozenset(self._floor.closures)

    # --- commands ---

    def set_agent(self, agent: str, wish: str, *, reason: str = "", phone: str = "", who: str) -> None:
        """Make an agent ready, not_ready or signed_out; `ready` of one who is signed out needs a phone. With another
        phone than before the agent is taken over to it, where `second_phone` says so.
        """
        floor, router, now = self._floor, self._floor.router, self._floor.now()
        if agent not in floor.directory.agents:
            message = f"no agent {agent}"
            raise NotFoundError(message)
        state = router.agent(agent)
        if state is None or state.wish is Wish.SIGNED_OUT:
            self._sign_in(agent, Wish(wish), phone, reason)
        elif phone and phone != state.phone:
            if floor.directory.second_phone(agent) != "move" or phone not in self.platform.phones:
                message = f"{agent} is signed in on {state.phone}: sign out there first"
                raise ConflictError(message)
            floor.obey(router.sign_in(agent, phone, state.serves, now, wish=state.wish, reason=state.reason, move=True))
        match Wish(wish):
            case Wish.READY:
                floor.obey(router.ready(agent, now))
            case Wish.NOT_READY:
                floor.obey(router.not_ready(agent, reason, now))
            case Wish.SIGNED_OUT:
                floor.obey(router.sign_out(agent, now))
        self._given(who, wish, agent)

    def _sign_in(self, agent: str, wish: Wish, phone: str, reason: str) -> None:
        floor = self._floor
        if wish is Wish.SIGNED_OUT:
            return
        if phone not in self.platform.phones:
            message = f"{agent} is signed out; say on which phone to sign in" + (
                f": there is no {phone}" if phone else ""
            )
            raise ConflictError(message)
        free = seats_for(floor, agent)
        if not free:
            message = f"no seat is free for {agent}"
            raise ConflictError(message)
        floor.obey(floor.router.sign_in(agent, phone, free, floor.now(), wish=wish, reason=reason))

    def hang_up(self, contact: str, *, who: str) -> None:
        """End a contact."""
        session = self._session(contact)
        outcome = Outcome.ANSWERED if session.talked else Outcome.ENDED_BY_FLOW
        arrivals.end(self._floor, session, outcome, Party.OPERATOR, detail=f"hung up by {who}", hang_up=True)
        self._given(who, "hang_up", contact)

    def move(self, contact: str, *, queue: str | None = None, priority: int | None = None, who: str) -> None:
        """Put a waiting contact into another queue of its tenant, or give it another priority."""
        floor, session = self._floor, self._session(contact)
        if session.stage is not Stage.WAITING:
            message = f"{contact} does not wait in a queue"
            raise ConflictError(message)
        if queue is not None:
            queue = queue if "/" in queue else qualify(session.tenant, queue)
            rules = floor.directory.rules.queues.get(queue)
            if rules is None or rules.tenant != session.tenant:
                message = f"{session.tenant} has no queue {queue}"
                raise NotFoundError(message)
        left, waited = session.queue, floor.now() - (session.queued_at or floor.now())
        floor.obey(floor.router.move(contact, floor.now(), queue=queue, priority=priority))
        if queue and queue != left:
            session.queue = queue
            floor.record(QueueLeft(**floor.about(session), queue=left, why="moved", waited_s=waited))
            ticket = floor.router.ticket(contact)
            floor.record(
                ContactQueued(
                    **floor.about(session),
                    queue=queue,
                    priority=ticket.priority if ticket else 0,
                    position=floor.router.position(contact) or 1,
                )
            )
            floor.touch(session)
        self._given(who, "move", contact)

    def record(self, contact: str, action: str, *, who: str) -> None:
        """Start (on demand), pause or resume the recording of a conversation."""
        self._floor.recordings.command(self._session(contact), action, by=who)
        self._given(who, f"recording_{action}", contact)

    def converse(self, contact: str, action: str, *, who: str) -> None:
        """Hold, resume, mute or unmute; complete, cancel, alternate or make a conference of a consultation."""
        session = self._session(contact)
        if action in CONSULTATION:
            self._hub.consulting.do(session, action)
        else:
            self._hub.conversing.do(session, action)
        self._given(who, action, contact)

    def consult(self, contact: str, kind: str, name: str, *, who: str) -> None:
        """Ring a colleague or a number outside for the agent of a conversation."""
        self._hub.consulting.begin(self._session(contact), Target(kind=Kind(kind), name=name))
        self._given(who, "consult", contact)

    def transfer(self, contact: str, kind: str, name: str, *, who: str) -> None:
        """Send the caller of a conversation on: to an agent, a queue, a number of the platform, outside."""
        self._hub.conversing.transfer(self._session(contact), Target(kind=Kind(kind), name=name))
        self._given(who, "transfer", contact)

    def park(self, contact: str, *, who: str) -> str:
        """Park the caller of a conversation; the slot."""
        slot = self._hub.parking.park(self._session(contact))
        self._given(who, "park", contact)
        return slot

    def retrieve(self, contact: str, agent: str, *, who: str) -> None:
        """Offer a parked caller to an agent."""
        self._hub.parking.retrieve(self._session(contact), agent)
        self._given(who, "retrieve", contact)

    def supervise(self, contact: str, phone: str, mode: str, *, who: str) -> None:
        """Ring a supervisor's phone, which hears a conversation then; or change the mode of one that hears it."""
        self._hub.supervising.begin(self._session(contact), phone, SpyMode(mode), who=who)
        self._given(who, f"supervise_{mode}", contact)

    def listen(self, recording: Recorded, contact: str, *, who: str, how: str, offset: int) -> Path:
        """The file of a recording; that somebody got it is a fact."""
        floor, archive, name = self._floor, self._floor.archive, recording.recording
        if archive is None or not recording.file:
            message = f"the recording {name} is no file"
            raise NotFoundError(message)
        floor.record(
            RecordingPlayed(
                at=floor.now(),
                tenant=recording.tenant,
                contact=contact,
                recording=name,
                who=who,
                how=how,
                offset=offset,
            )
        )
        return archive.path(recording.file)

    def _session(self, contact: str) -> ContactSession:
        session = self._floor.sessions.get(contact)
        if session is None:
            message = f"no call {contact} is going on"
            raise NotFoundError(message)
        return session

    def close_hours(self, tenant: str, *, closed: bool, who: str) -> None:
        """Switch a tenant's emergency closure; it acts at once and survives a restart."""
        floor = self._floor
        if tenant not in self.platform.tenants:
            message = f"no tenant {tenant}"
            raise NotFoundError(message)
        if closed:
            floor.closures.add(tenant)
            floor.store.put("closure", tenant, {"by": who, "at": floor.now()})
        else:
            floor.closures.discard(tenant)
            floor.store.delete("closure", tenant)
        self._given(who, "close" if closed else "open", tenant, tenant=tenant)

    def _given(self, who: str, command: str, target: str, *, tenant: str = "") -> None:
        floor = self._floor
        session = floor.sessions.get(target)
        whose = tenant or (session.tenant if session else floor.directory.tenant_of_agent(target))
        contact = session.contact if session else ""
        floor.record(
            CommandGiven(at=floor.now(), tenant=whose, contact=contact, who=who, command=command, target=target)
        )
        floor.settle()

    async def reload(self, *, who: str) -> str:
        """Read the configuration again; raises ConfigurationError and keeps the old one on any mistake."""
        version = await self._operations.reload()
        self._given(who, "reload", version)
        return version

    async def drain(self, *, who: str) -> None:
        """Take no new calls; returns when the others are finished or the limit is reached."""
        self._given(who, "drain", "")
        await self._operations.drain()

    def subscribe(self, bound: int = 1_000) -> AbstractAsyncContextManager[AsyncIterator[Fact]]:
        """Live facts from now on."""
        return self._operations.subscribe(bound)
