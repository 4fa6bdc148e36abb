"""Look-ups over the configuration in force: who owns a number, what a short name means, what the router has to know.

Made anew at each reload, and never changed; everything that is asked per call is a dictionary.
"""

from __future__ import annotations

import math
from datetime import datetime, time, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ivr_flows import whisper
from tenancy import codes, names
from tenancy.hours import is_open
from tenancy.model import Recording, RecordingRules
from tenancy.names import qualify
from vcc.calls.routing_rules import routing_rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ivr_flows.prompts import Prompt
    from ivr_flows.protocol import Part
    from tenancy.codes import TalkAction
    from tenancy.model import Agent, Conversation, Platform, Tenant
    from tenancy.tables import Table

#: Stands for what is not written down of something that was dialled.
UNWRITTEN = "…"


def _in_force(tenant: Tenant, number: str) -> tuple[float, float]:
    """From when until when (POSIX seconds) the contract under which a tenant has a number runs; both days count."""
    project, zone = tenant.projects[tenant.numbers[number].project], ZoneInfo(tenant.time_zone)
    starts = datetime.combine(project.starts, time(), zone).timestamp()
    if project.ends is None:
        return starts, math.inf
    return starts, datetime.combine(project.ends + timedelta(days=1), time(), zone).timestamp()


def _conversation(platform: Platform, tenant: Tenant) -> Conversation:
    """A tenant's settings, those that it does not have from the platform."""
    return platform.conversation.model_copy(update=tenant.conversation.model_dump(exclude_none=True))


class Directory:
    """A platform's configuration, ready to be asked."""

    def __init__(
        self, platform: Platform, tables: Mapping[tuple[str, str], Table] = MappingProxyType({}), version: str = ""
    ) -> None:
        """Index `platform`, which has been checked, and its tenants' tables; `version` is kept with every decision of
        the router.
        """
        self.platform = platform
        self._lookups = tables
        self._owners = {number: tenant for number, tenant, _ in names.numbers(platform)}
        self._in_force = {n: _in_force(t, n) for n, t in self._owners.items()}
        #: by platform-wide name: the tenant whose agent it is (empty: the platform's), and the agent
        self.agents: dict[str, tuple[str, Agent]] = {key: (t, a) for key, t, a in names.agents(platform)}
        self._by_number = {agent.number: key for key, (_, agent) in self.agents.items()}
        #: what agents are told before a caller of a queue is put through
        self.whispers = {key: whisper.read(q.whisper)[0] for key, _, q in names.queues(platform) if q.whisper}
        #: of the queues that have such: when their callers go elsewhere
        self.overflow = {key: q.overflow for key, _, q in names.queues(platform) if q.overflow}
        #: whether it counts for any of them how many agents are there
        self.watches_agents = any(entry.agents_below for entries in self.overflow.values() for entry in entries)
        self.rules = routing_rules(platform, version)
        self._tables = {t.id: codes.table(platform, t) for t in platform.tenants.values()}
        self._tables[""] = codes.table(platform, None)
        self._conversations = {t.id: _conversation(platform, t) for t in platform.tenants.values()}

    # --- numbers and flows ---

    def owner(self, number: str, at: float) -> Tenant | None:
        """The tenant that owns the number, while the number's project is in force (its dates in the tenant's zone)."""
        tenant = self._owners.get(number)
        if tenant is None:
            return None
        starts, ends = self._in_force[number]
        return tenant if starts <= at < ends else None

    def code(self, dialled: str, phone: str, agent: str) -> tuple[str, str] | None:
        """The platform's flow that a dialled code leads to, and the digits that were dialled behind the code: on the
        phone of a tenant, or by a tenant's own agent who is signed in there (empty: nobody is), that tenant's table
        counts before the platform's. None: it is no code.
        """
        flows = codes.flows(self._table(phone, agent))
        if dialled in flows:
            return flows[dialled], ""
        code = _begins(dialled, flows)
        behind = dialled.removeprefix(code)
        return (flows[code], behind) if code and behind.isdecimal() else None

    def may_be_written(self, dialled: str, phone: str, agent: str) -> str:
        """What was dialled on a phone, for facts and logs: what stands behind a code, or is like one, may be a PIN."""
        flows = codes.flows(self._table(phone, agent))
        if dialled[:1] not in {"*", "#"} or dialled in flows:
            return dialled
        return (_begins(dialled, flows) or dialled[0]) + UNWRITTEN

    def talk_codes(self, phone: str, agent: str) -> Mapping[str, TalkAction]:
        """What an agent on a phone keys in during a conversation, by the same rule."""
        return codes.in_talk(self._table(phone, agent))

    def _table(self, phone: str, agent: str) -> Mapping[str, str]:
        return self._tables.get(self._owner_of_phone(phone) or self.tenant_of_agent(agent), self._tables[""])

    def _owner_of_phone(self, phone: str) -> str:
        known = self.platform.phones.get(phone)
        return (known.tenant or "") if known else ""

    def language_on(self, phone: str, agent: str) -> str:
        """In which language it is spoken on a phone: the agent's, else that of the phone's tenant or the platform."""
        if agent in self.agents:
            return self.agents[agent][1].language
        owner = self.platform.tenants.get(self._owner_of_phone(phone))
        return (owner or self.platform).languages[0]

    def second_phone(self, agent: str) -> str:
        """What becomes of an agent who signs in on another phone: `refuse` or `move`."""
        owner = self.platform.tenants.get(self.tenant_of_agent(agent))
        return (owner.second_phone if owner else None) or self.platform.second_phone

    def conversation(self, tenant: str) -> Conversation:
        """How long things last in a tenant's conversations."""
        return self._conversations.get(tenant, self.platform.conversation)

    def dispositions(self, tenant: str) -> Mapping[str, Mapping[str, str]]:
        """What each disposition code of a tenant means, per language."""
        owner = self.platform.tenants.get(tenant)
        return owner.dispositions if owner else {}

    def flow_key(self, tenant: str, flow: str) -> str:
        """The platform-wide name of a tenant's flow."""
        return qualify(tenant, flow)

    def platform_flow_key(self, flow: str) -> str:
        """The platform-wide name of one of the platform's own flows."""
        return flow

    def row(self, tenant: str, table: str, key: str) -> Mapping[str, str] | None:
        """The row of a tenant's table; None where there is no such row, or no such table any more."""
        found = self._lookups.get((tenant, table))
        return found.row(key) if found else None

    def is_open(self, tenant: str, hours: str, at: float) -> bool:
        """Whether the tenant's hours of that name are open."""
        owner = self.platform.tenants.get(tenant)
        return owner is not None and hours in owner.hours and is_open(owner.hours[hours], owner.time_zone, at)

    def local(self, tenant: str, at: float) -> datetime:
        """The moment by the clock on the tenant's wall; of none, on the platform's."""
        return datetime.fromtimestamp(at, ZoneInfo((self.platform.tenants.get(tenant) or self.platform).time_zone))

    # --- queues ---

    def queue_key(self, tenant: str, queue: str) -> str:
        """The platform-wide name of a tenant's queue."""
        return qualify(tenant, queue)

    def skill_keys(self, tenant: str, skills: Mapping[str, int]) -> dict[str, int]:
        """Skills asked for by a tenant's flow under their platform-wide names."""
        return {names.skill_key(self.platform, tenant, skill): level for skill, level in skills.items()}

    def queue_by_extension(self, tenant: str, extension: str) -> str | None:
        """The tenant's queue to which an agent sends a caller by dialling this."""
        owner = self.platform.tenants.get(tenant)
        queues = owner.queues.items() if owner else ()
        return next((qualify(tenant, name) for name, queue in queues if queue.extension == extension), None)

    def queue_flow(self, queue: str) -> str:
        """The platform-wide name of the flow that leads whoever dials a queue's extension into that queue."""
        return names.queue_flow(*names.split(queue))

    def tenant_of_queue(self, queue: str) -> str:
        """Whose queue it is."""
        return names.split(queue)[0]

    def music(self, tenant: str, music: str, queue: str) -> str:
        """The platform-wide music class: the one asked for, else the queue's, else the tenant's only or first one."""
        owner = self.platform.tenants.get(tenant)
        if owner is None:
            return ""
        name = music or self._queue_music(owner, queue) or next(iter(owner.music), "")
        return qualify(tenant, name) if name else ""

    def _queue_music(self, owner: Tenant, queue: str) -> str:
        settings = owner.queues.get(names.split(queue)[1])
        return (settings.music or "") if settings else ""

    def recording(self, tenant: str, queue: str) -> tuple[RecordingRules, Recording]:
        """What of a queue's conversations is recorded, and the tenant's settings for all of them."""
        owner = self.platform.tenants.get(tenant)
        if owner is None:
            return RecordingRules(), Recording()
        settings = owner.queues.get(names.split(queue)[1])
        own = settings.recording if settings else None
        return own or owner.recording, owner.recording

    def display(self, tenant: str, queue: str, agent: str) -> str:
        """What an agent's phone shows beside the caller's number: the tenant and the queue, in the agent's language."""
        owner = self.platform.tenants.get(tenant)
        _, who = self.agents.get(agent, ("", None))
        if owner is None:
            return ""
        language = who.language if who else ""
        settings = owner.queues.get(names.split(queue)[1])
        texts = [owner.name] + ([settings.name] if settings else [])
        return " ".join(names.text_in(text, language) for text in texts)

    def shown_number(self, tenant: str, caller: str, number: str) -> str:
        """The number that an agent's phone shows: the caller's, or where the tenant wants that, the one dialled."""
        owner = self.platform.tenants.get(tenant)
        return caller if owner is None or owner.shows_caller else number

    def alert(self, queue: str) -> str:
        """The name of the ring for calls of a queue; empty: the phone's usual one."""
        tenant, name = names.split(queue)
        owner = self.platform.tenants.get(tenant)
        settings = owner.queues.get(name) if owner else None
        return (settings.alert or "") if settings else ""

    def answers_itself(self, agent: str, phone: str) -> bool:
        """Whether a phone is asked to pick a call for this agent up by itself."""
        known, (_, who) = self.platform.phones.get(phone), self.agents.get(agent, ("", None))
        return (known is not None and known.auto_answer) or (who is not None and who.auto_answer)

    def whispered(self, tenant: str, queue: str, agent: str, values: Mapping[str, str]) -> tuple[Part, ...]:
        """What an agent is told before a caller is put through; `values` are variables of the caller's flow. Nothing
        where neither queue nor agent wants it.
        """
        _, who = self.agents.get(agent, ("", None))
        found = self._told(tenant, queue, who.language, values) if who and who.whisper else None
        return tuple(found[0].parts(who.language, found[1])) if who and found else ()

    def greeting(self, tenant: str, queue: str, agent: str, values: Mapping[str, str]) -> str:
        """The same to be read, whether or not the agent wants to be told; empty where the queue has nothing to tell."""
        _, who = self.agents.get(agent, ("", None))
        found = self._told(tenant, queue, who.language, values) if who else None
        return found[0].written(who.language, found[1]) if who and found else ""

    def _told(
        self, tenant: str, queue: str, language: str, values: Mapping[str, str]
    ) -> tuple[Prompt, Callable[[str], str]] | None:
        """What a queue has agents told, and the values of its variables."""
        owner, prompt = self.platform.tenants.get(tenant), self.whispers.get(queue)
        settings = owner.queues.get(names.split(queue)[1]) if owner else None
        if owner is None or settings is None or prompt is None:
            return None
        own = {"tenant": names.text_in(owner.name, language), "queue": names.text_in(settings.name, language)}
        return prompt, lambda name: own.get(name) or values.get(name, "")

    # --- agents ---

    def tenant_of_agent(self, agent: str) -> str:
        """Whose agent it is; empty: the platform's."""
        return self.agents.get(agent, ("", None))[0]

    def agent_by_number(self, number: str) -> str | None:
        """The agent who signs in with this number."""
        return self._by_number.get(number)

    def agents_named(self, tenant: str, words: Iterable[str]) -> tuple[str, ...]:
        """The agents who serve a tenant that are meant by numbers or names in its flow; other words mean nobody."""
        found = (self._by_number.get(word) or self._agent_key(tenant, word) for word in words)
        return tuple(dict.fromkeys(agent for agent in found if agent and tenant in self.serves(agent)))

    def _agent_key(self, tenant: str, name: str) -> str | None:
        own = qualify(tenant, name)
        return own if own in self.agents else name if name in self.agents else None

    def serves(self, agent: str) -> tuple[str, ...]:
        """The tenants to which an agent is leased, or belongs."""
        tenant, who = self.agents[agent]
        return names.serves(tenant, who)

    def may_watch(self, supervisor: str, *tenants: str) -> bool:
        """Whether an agent may listen to conversations of one of these tenants."""
        _, who = self.agents.get(supervisor, ("", None))
        return who is not None and any(tenant in who.supervises for tenant in tenants)


def _begins(dialled: str, flows: Iterable[str]) -> str:
    """The code that something begins with, which has digits behind it; empty: none."""
    return next((code for code in flows if code[0] in "*#" and dialled.startswith(code)), "")
