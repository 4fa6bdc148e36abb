"""The platform in memory: what the test makes happen, and what the API may see and do."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from core.errors import ConfigurationError, ConflictError, NotFoundError, Problem
from core.facts import (
    AgentConnected,
    AgentLeft,
    AgentStateChanged,
    CommandGiven,
    ConfigurationLoaded,
    ContactAnswered,
    ContactArrived,
    ContactEnded,
    ContactQueued,
    DispositionGiven,
    Fact,
    FlowStarted,
    NumberEntered,
    OfferEnded,
    OfferMade,
    OfferOutcome,
    Outcome,
    Party,
    QueueLeft,
    RecordingFinished,
    RecordingPlayed,
    RecordingStarted,
)
from core.ids import new_contact_id
from reporting.live_days import LiveDays
from reporting.timeline import Recorded
from tests.lab.standin.configuration import NOON, configuration
from tests.lab.standin.log import MemoryLog
from vcc.calls.control import CONVERSING, LiveAgent, LiveCall, LiveNode, LivePhone, LiveQueue, LiveTrunk


@dataclass(kw_only=True)
class _Reader:
    queue: asyncio.Queue[Fact | None]


class StandIn:
    """Fulfils `Control`. Time stands still unless `now` is moved."""

    def __init__(self, *, now: float = NOON) -> None:
        self.now = now
        self.platform = configuration()
        self.version = "v1"
        self.ready = True
        self.log = MemoryLog()
        self.recordings = Path()  # where the sounds are: a folder of the test's own
        self.days = LiveDays(self.platform, now)
        self.problems: list[Problem] = []
        self.next_platform = self.platform
        self.drained = asyncio.Event()
        self._calls: dict[str, LiveCall] = {}
        self._agents = self._all_agents()
        self._closed: set[str] = set()
        self._offers = 0
        self._readers: list[_Reader] = []
        self._somebody_listens = asyncio.Event()

    def time(self) -> float:
        """The time."""
        return self.now

    @property
    def api_control(self) -> Self:
        """What the API commands."""
        return self

    # --- what the test makes happen ---------------------------------------------------------------------------------

    def tell(self, fact: Fact) -> None:
        """Append a fact and tell everybody."""
        self.log.append(fact)
        self.days.apply(fact)
        for reader in list(self._readers):
            if reader.queue.full():
                self._cut_off(reader)
            else:
                reader.queue.put_nowait(fact)

    def sign_in(self, agent: str, phone: str, *, seats: Sequence[str] | None = None) -> None:
        """Have an agent sign in, ready; `seats`: all that it serves."""
        before = self._agents[agent]
        seated = before.serves if seats is None else tuple(seats)
        self._agent(agent, wish="ready", phone=phone, seated=seated, reachable=True)

    def agent_state(self, agent: str, **changes: Any) -> None:
        """Change an agent's state."""
        self._agent(agent, **changes)

    def arrive(self, number: str, *, caller: str = "13812345678", caller_name: str = "") -> str:
        """Have somebody call; the contact's id."""
        contact, tenant = new_contact_id(self.now), self._owner(number)
        about: dict[str, Any] = {"at": self.now, "tenant": tenant, "contact": contact, "node": "a1"}
        self._calls[contact] = LiveCall(
            contact=contact,
            tenant=tenant,
            project="lease",
            node="a1",
            number=number,
            caller=caller,
            caller_name=caller_name,
            state="in_flow",
            since=self.now,
            arrived=self.now,
            flow="main",
            step="welcome",
        )
        self.tell(
            ContactArrived(
                **about,
                leg=f"leg-{contact}",
                trunk="carrier",
                dialled=number,
                number=number,
                project="lease",
                caller=caller,
                caller_name=caller_name,
            )
        )
        self.tell(ContactAnswered(**about))
        self.tell(FlowStarted(**about, flow="main", version="1"))
        return contact

    def lead_on(self, contact: str, number: str) -> None:
        """Have a flow lead the contact into another number."""
        call, tenant = self._calls[contact], self._owner(number)
        fact = NumberEntered(
            at=self.now,
            tenant=tenant,
            contact=contact,
            node="a1",
            number=number,
            project="lease",
            from_tenant=call.tenant,
        )
        self._call(contact, tenant=tenant, number=number, since=self.now)
        self.tell(fact)

    def queue(self, contact: str, queue: str, *, priority: int = 50) -> None:
        """Have the contact wait."""
        self._call(contact, state="waiting", queue=queue, since=self.now, waited_s=0.0)
        self._places()
        position = self._calls[contact].position or 1
        self.tell(ContactQueued(**self._about(contact), queue=queue, priority=priority, position=position))

    def offer(self, contact: str, agent: str) -> None:
        """Have the agent's phone ring for the contact."""
        self._offers += 1
        queue, phone = self._calls[contact].queue, self._agents[agent].phone
        offer = OfferMade(
            **self._about(contact), queue=queue, offer=self._offers, agent=agent, phone=phone, leg=f"vcc-{contact}-1"
        )
        self._call(contact, state="ringing", agent=agent, since=self.now)
        self.tell(offer)
        self._agent(agent, phase="ringing", contact=contact)

    def talk(self, contact: str, agent: str) -> None:
        """Have the agent answer the contact, after an offer if there was none."""
        if self._calls[contact].state != "ringing":
            self.offer(contact, agent)
        call = self._calls[contact]
        about, waited = self._about(contact), self.now - self._queued_at(contact)
        self._call(contact, state="talking", since=self.now, position=None, waited_s=None, agent=agent)
        self._places()
        answered = OfferOutcome.ANSWERED
        self.tell(OfferEnded(**about, queue=call.queue, offer=self._offers, agent=agent, outcome=answered))
        self.tell(QueueLeft(**about, queue=call.queue, why="answered", waited_s=waited))
        leg = f"vcc-{contact}-1"
        self.tell(AgentConnected(**about, queue=call.queue, agent=agent, leg=leg, waited_s=waited))
        self._agent(agent, phase="talking", contact=contact)

    def end(self, contact: str, *, by: Party = Party.CALLER) -> None:
        """Have the contact end in whatever state it is."""
        call, about = self._calls[contact], self._about(contact)
        outcome = Outcome.LEFT_FLOW
        if call.state in {"waiting", "ringing"}:
            outcome = Outcome.ABANDONED
            waited = self.now - self._queued_at(contact)
            self.tell(QueueLeft(**about, queue=call.queue, why="abandoned", waited_s=waited))
        elif call.state == "talking":
            outcome = Outcome.ANSWERED
            talked = self.now - call.since
            self.tell(AgentLeft(**about, queue=call.queue, agent=call.agent, by=by, talked_s=talked))
            self._agent(call.agent, phase="wrap_up", contact="", last_contact=contact, last_queue=call.queue)
        del self._calls[contact]
        self._places()
        self.tell(ContactEnded(**about, outcome=outcome, by=by))

    def wrapped_up(self, agent: str) -> None:
        """Have the agent's wrap-up end."""
        self._agent(agent, phase="idle", contact="")

    # --- Control ----------------------------------------------------------------------------------------------------

    def calls(self) -> list[LiveCall]:
        return [self._calls[contact] for contact in sorted(self._calls)]

    def call(self, contact: str) -> LiveCall | None:
        return self._calls.get(contact)

    def parked(self) -> list[LiveCall]:
        return [call for call in self.calls() if call.state == "parked"]

    def greeting(self, contact: str, agent: str) -> str:
        return f"{agent}: {self._calls[contact].queue}"

    def agent(self, agent: str) -> LiveAgent | None:
        return self._agents.get(agent)

    def agents(self) -> list[LiveAgent]:
        return [self._agents[agent] for agent in sorted(self._agents)]

    def phones(self) -> list[LivePhone]:
        on = {agent.phone: agent for agent in self.agents() if agent.phone}
        return [
            LivePhone(
                phone=name,
                name=phone.name,
                node=phone.node,
                tenant=phone.tenant or "",
                transport=phone.transport,
                srtp=phone.srtp,
                registered=name in on or None,
                reachable=name in on,
                since=self.now,
                agent=on[name].agent if name in on else "",
                in_use=name in on and on[name].contact != "",
                detail="",
            )
            for name, phone in sorted(self.platform.phones.items())
        ]

    def queues(self) -> list[LiveQueue]:
        found = []
        for tenant in self.platform.tenants.values():
            for name, queue in tenant.queues.items():
                key = f"{tenant.id}/{name}"
                here = [call for call in self._calls.values() if call.queue == key]
                waits = [self.now - self._queued_at(c.contact) for c in here if c.state in {"waiting", "ringing"}]
                able = [agent for agent in self._agents.values() if tenant.id in agent.seated]
                found.append(
                    LiveQueue(
                        queue=key,
                        tenant=tenant.id,
                        name=dict(queue.name),
                        waiting=len(waits),
                        longest_wait_s=max(waits, default=0.0),
                        talking=sum(call.state == "talking" for call in here),
                        agents_ready=sum(agent.wish == "ready" and agent.phase == "idle" for agent in able),
                        agents_signed_in=len(able),
                    )
                )
        return sorted(found, key=lambda queue: queue.queue)

    def nodes(self) -> list[LiveNode]:
        return [LiveNode(node="a1", kind="simulated", up=True, since=NOON, legs=len(self._calls))]

    def trunks(self) -> list[LiveTrunk]:
        shared = LiveTrunk(
            trunk="carrier", node="a1", tenant="", state="up", since=NOON, detail="", used=2, channels=30
        )
        return [shared, replace(shared, trunk="own", tenant="press", state="down", detail="unreachable", used=0)]

    def spent(self) -> dict[str, float]:
        return {"press": 1.5, "": 1.5}

    def closed_tenants(self) -> frozenset[str]:
        return frozenset(self._closed)

    def set_agent(self, agent: str, wish: str, *, reason: str = "", phone: str = "", who: str) -> None:
        state = self._agents.get(agent)
        if state is None:
            raise NotFoundError(f"no agent {agent}")
        if state.wish == "signed_out" and wish != "signed_out" and phone not in self.platform.phones:
            raise ConflictError(f"{agent} is signed out; say on which phone to sign in")
        if wish == "signed_out":
            self._agent(agent, wish=wish, reason="", phone="", seated=(), reachable=False)
        elif state.wish == "signed_out":
            self._agent(agent, wish=wish, reason=reason, phone=phone, seated=state.serves, reachable=True)
        else:
            self._agent(agent, wish=wish, reason=reason)
        self._given(who, "set_agent", agent, tenant=state.tenant)

    def hang_up(self, contact: str, *, who: str) -> None:
        tenant = self._existing(contact).tenant
        self.end(contact, by=Party.OPERATOR)
        self._given(who, "hang_up", contact, tenant=tenant)

    def record(self, contact: str, action: str, *, who: str) -> None:
        call = self._existing(contact)
        if call.state not in CONVERSING:
            raise ConflictError(f"{contact} is not being recorded")
        self._given(who, f"recording_{action}", contact, tenant=call.tenant)

    def listen(self, recording: Recorded, contact: str, *, who: str, how: str, offset: int) -> Path:
        self.tell(
            RecordingPlayed(
                at=self.now,
                tenant=recording.tenant,
                contact=contact,
                recording=recording.recording,
                who=who,
                how=how,
                offset=offset,
            )
        )
        return self.recordings / recording.file

    def dispose(self, contact: str, agent: str, queue: str, code: str, *, who: str) -> str:
        tenant = queue.partition("/")[0]
        known = self.platform.tenants[tenant].dispositions
        if code not in known:
            raise NotFoundError(f"{tenant} has no disposition {code}; it has {', '.join(known)}")
        meaning = next(iter(known[code].values()))
        about: dict[str, Any] = {"at": self.now, "tenant": tenant, "contact": contact}
        self.tell(DispositionGiven(**about, queue=queue, agent=agent, code=code, meaning=meaning))
        self._given(who, "disposition", contact, tenant=tenant)
        return meaning

    def recorded(self, contact: str, sound: bytes = b"RIFF") -> str:
        """Have a recording of the conversation finished; its id."""
        call, name = self._calls[contact], f"{contact}-1"
        about = self._about(contact)
        file = f"{call.tenant}/2026-03-04/{name}.wav"
        (self.recordings / file).parent.mkdir(parents=True, exist_ok=True)
        (self.recordings / file).write_bytes(sound)
        self.tell(RecordingStarted(**about, recording=name, queue=call.queue, agent=call.agent, why="always"))
        self.tell(RecordingFinished(**about, recording=name, file=file, sha256="0" * 64, size=len(sound), seconds=1.5))
        return name

    def converse(self, contact: str, action: str, *, who: str) -> None:
        call = self._existing(contact)
        if call.state not in CONVERSING:
            raise ConflictError(f"no agent talks with the caller of {contact} now")
        self._given(who, action, contact, tenant=call.tenant)

    def consult(self, contact: str, kind: str, name: str, *, who: str) -> None:
        del kind, name
        self.converse(contact, "consult", who=who)

    def park(self, contact: str, *, who: str) -> str:
        self.converse(contact, "park", who=who)
        agent = self._calls[contact].agent
        self._call(contact, state="parked", slot="1", agent="", left_agent=agent, since=self.now)
        self._agent(agent, phase="wrap_up", contact="")
        return "1"

    def retrieve(self, contact: str, agent: str, *, who: str) -> None:
        call = self._existing(contact)
        if call.state != "parked":
            raise ConflictError(f"the caller of {contact} is not parked")
        self._call(contact, slot="")
        self.offer(contact, agent)
        self._given(who, "retrieve", contact, tenant=call.tenant)

    def supervise(self, contact: str, phone: str, mode: str, *, who: str) -> None:
        del phone
        self.converse(contact, f"supervise_{mode}", who=who)

    def transfer(self, contact: str, kind: str, name: str, *, who: str) -> None:
        del kind, name
        call = self._existing(contact)
        if call.state not in CONVERSING:
            raise ConflictError(f"no agent talks with the caller of {contact} now")
        self._given(who, "transfer", contact, tenant=call.tenant)

    def move(self, contact: str, *, queue: str | None = None, priority: int | None = None, who: str) -> None:
        call = self._existing(contact)
        if call.state != "waiting":
            raise ConflictError(f"{contact} does not wait in a queue")
        if queue is not None:
            if queue.split("/")[0] != call.tenant:
                raise NotFoundError(f"{call.tenant} has no queue {queue}")
            self.tell(QueueLeft(**self._about(contact), queue=call.queue, why="moved", waited_s=0.0))
            self.queue(contact, queue)
        self._given(who, "move", contact, tenant=call.tenant)

    def close_hours(self, tenant: str, *, closed: bool, who: str) -> None:
        (self._closed.add if closed else self._closed.discard)(tenant)
        self._given(who, "close" if closed else "open", tenant, tenant=tenant)

    async def reload(self, *, who: str) -> str:
        if self.problems:
            raise ConfigurationError(self.problems)
        self.platform = self.next_platform
        self.days.configure(self.platform, self.now)
        self._agents = {**self._all_agents(), **{k: v for k, v in self._agents.items() if k in self._all_agents()}}
        self.version = f"v{int(self.version[1:]) + 1}"
        self.tell(ConfigurationLoaded(at=self.now, version=self.version))
        return self.version

    async def drain(self, *, who: str) -> None:
        self.ready = False
        self.drained.set()

    @asynccontextmanager
    async def subscribe(self, bound: int = 1_000) -> AsyncIterator[AsyncIterator[Fact]]:
        reader = _Reader(queue=asyncio.Queue(bound))
        self._readers.append(reader)
        self._somebody_listens.set()
        try:
            yield self._read(reader)
        finally:
            if reader in self._readers:
                self._readers.remove(reader)

    def cut_off_readers(self) -> None:
        """End every subscription, as the hub does with slow ones; `subscribed` tells when one is back."""
        self._somebody_listens.clear()
        for reader in list(self._readers):
            self._cut_off(reader)

    async def subscribed(self) -> None:
        """Wait until somebody listens."""
        await self._somebody_listens.wait()

    # --- inside -------------------------------------------------------------------------------------------------------

    async def _read(self, reader: _Reader) -> AsyncIterator[Fact]:
        while (fact := await reader.queue.get()) is not None:
            yield fact

    def _cut_off(self, reader: _Reader) -> None:
        self._readers.remove(reader)
        while not reader.queue.empty():
            reader.queue.get_nowait()
        reader.queue.put_nowait(None)

    def _all_agents(self) -> dict[str, LiveAgent]:
        known = [("", name, agent, agent.serves) for name, agent in self.platform.agents.items()]
        for tenant in self.platform.tenants.values():
            known += [(tenant.id, f"{tenant.id}/{name}", a, (tenant.id,)) for name, a in tenant.agents.items()]
        return {
            key: LiveAgent(
                agent=key,
                tenant=tenant,
                name=agent.name,
                serves=tuple(serves),
                seated=(),
                wish="signed_out",
                reason="",
                phase="idle",
                since=0.0,
                phone="",
                reachable=False,
                in_use=False,
                contact="",
                skills=dict(agent.skills),
            )
            for tenant, key, agent, serves in known
        }

    def _agent(self, agent: str, **changes: Any) -> None:
        state = self._agents[agent] = replace(self._agents[agent], **{"since": self.now, **changes})
        self.tell(
            AgentStateChanged(
                at=self.now,
                tenant=state.tenant,
                contact=state.contact,
                agent=agent,
                wish=state.wish,
                phase=state.phase,
                reason=state.reason,
                phone=state.phone,
                serves=state.seated,
            )
        )

    def _call(self, contact: str, **changes: Any) -> None:
        self._calls[contact] = replace(self._calls[contact], **changes)

    def _places(self) -> None:
        """Number those who wait in each queue by arrival."""
        seen: dict[str, int] = {}
        for contact in sorted(self._calls):
            call = self._calls[contact]
            if call.state in {"waiting", "ringing"}:
                seen[call.queue] = seen.get(call.queue, 0) + 1
                self._call(contact, position=seen[call.queue], waited_s=self.now - self._queued_at(contact))

    def _queued_at(self, contact: str) -> float:
        facts = [f for f in self.log.all if f.contact == contact and isinstance(f, ContactQueued)]
        return facts[-1].at if facts else self.now

    def _existing(self, contact: str) -> LiveCall:
        if contact not in self._calls:
            raise NotFoundError(f"no call {contact} is going on")
        return self._calls[contact]

    def _about(self, contact: str) -> dict[str, Any]:
        return {"at": self.now, "tenant": self._calls[contact].tenant, "contact": contact, "node": "a1"}

    def _owner(self, number: str) -> str:
        return next((t.id for t in self.platform.tenants.values() if number in t.numbers), "")

    def _given(self, who: str, command: str, target: str, *, tenant: str) -> None:
        self.tell(CommandGiven(at=self.now, tenant=tenant, who=who, command=command, target=target))
