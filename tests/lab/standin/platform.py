"""The platform in memory: what the API may see and do."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Self

from core.errors import ConfigurationError, ConflictError, NotFoundError
from core.facts import (
    AgentAssigned,
    ConfigurationLoaded,
    DispositionGiven,
    Party,
    QueueLeft,
    RecordingPlayed,
    ShiftsPlanned,
)
from reporting.segments import Recorded
from tenancy.shifts import Shift
from tests.lab.standin.configuration import NOON
from tests.lab.standin.world import World
from vcc.calls.closures import Closure
from vcc.calls.control import (
    LiveAgent,
    LiveAssignment,
    LiveCall,
    LiveCallback,
    LiveNode,
    LivePhone,
    LiveQueue,
    LiveTrunk,
    NewAssignment,
    Waiting,
)
from vcc.calls.overflow_switch import OverflowSwitch
from vcc.calls.states import CONVERSING


class StandIn(World):
    """Fulfils `Control`."""

    @property
    def api_control(self) -> Self:
        """What the API commands."""
        return self

    def calls(self) -> list[LiveCall]:
        return [self._calls[contact] for contact in sorted(self._calls)]

    def call(self, contact: str) -> LiveCall | None:
        return self._calls.get(contact)

    def ask_callback(self, contact: str, tenant: str, queue: str, number: str) -> None:
        """The call of a contact that is over has asked to be called back."""
        self._callbacks[contact] = LiveCallback(
            callback=contact,
            tenant=tenant,
            queue=queue,
            number=number,
            state="waiting",
            asked=self.now,
            since=self.now,
            due=self.now,
            expires=self.now + 3_600,
            first="agent",
            attempts=0,
            last="",
            position=1,
            contact="",
        )

    def callbacks(self) -> list[LiveCallback]:
        return list(self._callbacks.values())

    def cancel_callback(self, callback: str, *, who: str) -> None:
        if callback not in self._callbacks:
            raise NotFoundError(f"no callback {callback} is open")
        tenant = self._callbacks.pop(callback).tenant
        self._given(who, "cancel_callback", callback, tenant=tenant)

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
                reachable=name in on or name in self.plugged_in,
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
                        expected_wait_s=60.0 * (len(waits) + 1) / len(able) if able else None,
                    )
                )
        return sorted(found, key=lambda queue: queue.queue)

    def nodes(self) -> list[LiveNode]:
        calls = len(self._calls)
        return [
            LiveNode(node="a1", kind="simulated", address="", up=True, since=NOON, calls=calls, legs=calls, phones=4)
        ]

    def trunks(self) -> list[LiveTrunk]:
        shared = LiveTrunk(
            trunk="carrier", node="a1", tenant="", state="up", since=NOON, detail="", used=2, channels=30
        )
        return [shared, replace(shared, trunk="own", tenant="press", state="down", detail="unreachable", used=0)]

    def spent(self) -> dict[str, float]:
        return {"press": 1.5, "": 1.5}

    def closed_tenants(self) -> frozenset[str]:
        return frozenset(c.tenant for c in self._closed.values() if not c.hours)

    def closures(self, tenant: str) -> list[Closure]:
        return [closure for closure in self._closed.values() if closure.tenant == tenant]

    def shifts(self, tenant: str, since: date, until: date) -> list[ShiftsPlanned]:
        first, last = since.isoformat(), until.isoformat()
        return [p for p in self._shifts.values() if p.tenant == tenant and first <= p.day <= last]

    def plan_shifts(self, tenant: str, days: Mapping[date, tuple[Shift, ...]], *, who: str) -> None:
        for day, shifts in days.items():
            rows = tuple(f"{shift.agent} {shift.begins} {shift.ends}" for shift in shifts)
            plan = ShiftsPlanned(at=self.now, tenant=tenant, day=day.isoformat(), shifts=rows, who=who)
            self._shifts[tenant, plan.day] = plan
            self.tell(plan)

    def seats(self, tenant: str) -> int | None:
        return self.platform.tenants[tenant].quotas.seats

    def extend_wrap_up(self, agent: str, *, who: str) -> None:
        if agent not in self._agents or self._agents[agent].phase != "wrap_up":
            raise ConflictError(f"{agent} is not in a wrap-up that can be extended")
        self._given(who, "extend_wrap_up", agent, tenant=self._agents[agent].tenant)

    def takes(self, agent: str, queue: str) -> bool:
        said = [one.level for one in self._agents[agent].assigned if one.queue == queue]
        return bool(said[0]) if said else queue.partition("/")[0] in self._agents[agent].serves

    def assign(self, agent: str, said: NewAssignment) -> None:
        state, tenant = self._agents[agent], said.queue.partition("/")[0]
        if said.shift or (said.queue and tenant not in state.serves):
            raise ConflictError(f"{agent} has no shift now" if said.shift else f"{agent} does not work for {tenant}")
        about: dict[str, Any] = {"queue": said.queue, "skill": said.skill, "until": said.until, "at": self.now}
        kept = [one for one in state.assigned if (one.queue, one.skill) != (said.queue, said.skill)]
        if said.level is not None:
            kept.append(LiveAssignment(**about, level=said.level, by=said.who, reason=said.reason))
        self._agents[agent] = replace(state, assigned=tuple(kept))
        self.tell(AgentAssigned(**about, tenant=tenant, agent=agent, level=said.level, who=said.who))

    def overflow_switches(self, tenant: str) -> list[OverflowSwitch]:
        return [switch for switch in self._overflow.values() if switch.tenant == tenant]

    def turn_overflow(self, tenant: str, *, on: bool, who: str, queue: str = "", reason: str = "") -> None:
        if queue and queue not in self.platform.tenants[tenant].queues:
            raise NotFoundError(f"{tenant} has no queue {queue}")
        switch = OverflowSwitch(tenant=tenant, queue=queue, by=who, at=self.now, reason=reason)
        if on:
            self._overflow[switch.key] = switch
        else:
            self._overflow.pop(switch.key, None)
        self._given(who, "overflow_on" if on else "overflow_off", switch.key, tenant=tenant)

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

    def take(self, contact: str, agent: str, *, who: str) -> None:
        call = self._existing(contact)
        if call.state != "waiting":
            raise ConflictError(f"{contact} does not wait in a queue")
        self._given(who, "take", contact, tenant=call.tenant)

    def waits_for(self, contact: str) -> Waiting | None:
        call = self._existing(contact)
        if call.state != "waiting":
            return None
        return Waiting(position=call.position or 1, rung=0, able={"talking": 2}, step_at=None, prefers=())

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
        closure = Closure(tenant=tenant, hours=hours, by=who, at=self.now, reason=reason, say=dict(say or {}))
        if closed:
            self._closed[closure.key] = closure
        else:
            self._closed.pop(closure.key, None)
        self._given(who, "close" if closed else "open", closure.key, tenant=tenant)

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
