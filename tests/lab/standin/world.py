"""The platform in memory: what the test makes happen, and who is told."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import NotFoundError, Problem
from core.facts import (
    AgentConnected,
    AgentLeft,
    AgentStateChanged,
    CommandGiven,
    ContactAnswered,
    ContactArrived,
    ContactEnded,
    ContactQueued,
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
    RecordingStarted,
    ShiftsPlanned,
)
from core.ids import new_contact_id
from reporting.live_days import LiveDays
from tests.lab.standin.configuration import NOON, configuration
from tests.lab.standin.flows import FLOW, publishing
from tests.lab.standin.log import MemoryLog
from vcc.calls.control import LiveAgent, LiveCall, LiveCallback
from vcc.calls.publications import Publication
from vcc.calls.states import CallState

if TYPE_CHECKING:
    from vcc.calls.closures import Closure
    from vcc.calls.overflow_switch import OverflowSwitch


@dataclass(kw_only=True)
class _Reader:
    queue: asyncio.Queue[Fact | None]


@dataclass(kw_only=True)
class _Watch:
    """The platform's time, as a clock."""

    world: "World"

    def now(self) -> float:
        return self.world.now


#: How long every wait is expected to last.
EXPECTED_S = 7.0


class World:
    """Calls, agents and time, which stands still unless `now` is moved."""

    def __init__(self, *, now: float = NOON) -> None:
        self.now = now
        self.platform = configuration()
        self.version = "v1"
        self.ready = True
        self.plugged_in: set[str] = set()  # phones that can be reached though nobody is signed in there
        self.log = MemoryLog()
        self.recordings = Path()  # where the sounds are: a folder of the test's own
        self.days = LiveDays(self.platform, now)
        self.problems: list[Problem] = []
        self.next_platform = self.platform
        self.drained = asyncio.Event()
        self._calls: dict[str, LiveCall] = {}
        self._callbacks: dict[str, LiveCallback] = {}
        self._agents = self._all_agents()
        self.publishing, self._publications = publishing(_Watch(world=self), self.tell)
        self._closed: dict[str, Closure] = {}
        self._overflow: dict[str, OverflowSwitch] = {}
        self._shifts: dict[tuple[str, str], ShiftsPlanned] = {}
        self._offers = 0
        self._readers: list[_Reader] = []
        self._somebody_listens = asyncio.Event()

    def published(self, flow: str, *, proposed: bool = False) -> None:
        """A text of a flow is in force, or waits for its approval."""
        number = self._publications.next_number(flow)
        made = Publication(
            flow=flow,
            number=number,
            text=FLOW,
            version=f"v{number}",
            author="somebody",
            made=self.now,
            begins=self.now,
            reviewed=proposed,
        )
        self._publications.put(made, self.now)

    def time(self) -> float:
        """The time."""
        return self.now

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
            state=CallState.IN_FLOW,
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
        self.tell(
            ContactQueued(
                **self._about(contact), queue=queue, priority=priority, position=position, expected_s=EXPECTED_S
            )
        )

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
        self.tell(
            AgentConnected(**about, queue=call.queue, agent=agent, leg=leg, waited_s=waited, expected_s=EXPECTED_S)
        )
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

    # --- who is told ------------------------------------------------------------------------------------------------

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
