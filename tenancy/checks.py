"""What no single value shows: names that mean nothing, numbers claimed twice, texts that lack a language.

Each check is a function from a `Scope` to problems. A name counts as known if it was written, even where what
it stands for is wrong: that mistake is told once, where it is.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from typing import TYPE_CHECKING

from core.words import nearest, one_of
from tenancy import codes, going_out, leases, listening, names
from tenancy.conditions import compiled, skills_in
from tenancy.model import FreeSwitchNode, SwitchNode
from tenancy.numbers import region_of
from tenancy.public_holidays import holiday_countries

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Set

    from core.document import Document, Path
    from core.errors import Problem
    from tenancy.model import Agent, Overflow, Platform, Rung, Tenant, Texts


Network = IPv4Network | IPv6Network


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """`document` has the shape of `platform`; `written` has also what is wrong; of `unreadable` nothing is
    known.
    """

    platform: Platform
    document: Document
    written: Document
    unreadable: Set[str]

    def known(self, *path: str) -> list[str]:
        """The names that were written at `path`: queues of a tenant, nodes and so on."""
        try:
            found = self.written.value(path)
        except (KeyError, TypeError):
            return []
        return list(found) if isinstance(found, dict) else []

    def tenants(self) -> list[str]:
        """Every tenant that has a folder."""
        return self.known("tenants")

    def reference(
        self, path: Path, name: str, what: str, known: Iterable[str], *, key: bool = False
    ) -> Iterator[Problem]:
        """A problem if `name`, written at `path`, is not among the known ones."""
        known = list(known)
        if name not in known:
            message = f"there is no {what} '{name}'"
            expected = one_of(known) if known else f"a {what}, but none is defined"
            yield self.document.problem(path, message, expected=expected, hint=nearest(name, known), key=key)


def check(platform: Platform, document: Document, written: Document, unreadable: Set[str]) -> list[Problem]:
    """Every mistake that needs more than one value to be seen."""
    scope = Scope(platform=platform, document=document, written=written, unreadable=unreadable)
    problems = [problem for each in _PLATFORM_CHECKS for problem in each(scope)]
    for tenant in platform.tenants.values():
        if tenant.id in unreadable:
            continue
        problems += [problem for each in _TENANT_CHECKS for problem in each(scope, tenant)]
    return problems


def _nodes(scope: Scope) -> Iterator[Problem]:
    nodes = scope.known("nodes")
    for name, phone in scope.platform.phones.items():
        yield from scope.reference(("phones", name, "node"), phone.node, "node", nodes)
        for at, other in enumerate(phone.also):
            yield from scope.reference(("phones", name, "also", at), other, "node", nodes)
    for name, trunk in scope.platform.trunks.items():
        yield from scope.reference(("trunks", name, "node"), trunk.node, "node", nodes)


def _between_nodes(scope: Scope) -> Iterator[Problem]:
    """Of several nodes each can be called by the others."""
    found = {name: node for name, node in scope.platform.nodes.items() if isinstance(node, SwitchNode)}
    expected = "an address at which the other nodes reach it, such as 10.0.0.11:5070"
    for name, node in found.items():
        if node.nodes_sip is None and len(found) > 1:
            message = f"the other nodes cannot call the node '{name}': the key nodes_sip is missing"
            yield scope.document.problem(("nodes", name), message, expected=expected)
        elif node.nodes_sip is not None and not _is_address(node.nodes_sip):
            message = f"{node.nodes_sip} is no address of one machine"
            yield scope.document.problem(("nodes", name, "nodes_sip"), message, expected=expected)


def _is_address(text: str) -> bool:
    """Whether it names one machine by its address: others are known by it."""
    try:
        return not ipaddress.ip_address(text.rpartition(":")[0].strip("[]")).is_unspecified
    except ValueError:
        return False


def _phones(scope: Scope) -> Iterator[Problem]:
    """A phone's owners exist, and its node has what the phone comes in by."""
    agents = [*scope.known("agents")]
    agents += [
        names.qualify(tenant, name) for tenant in scope.tenants() for name in scope.known("tenants", tenant, "agents")
    ]
    for name, phone in scope.platform.phones.items():
        if phone.tenant is not None:
            yield from scope.reference(("phones", name, "tenant"), phone.tenant, "tenant", scope.tenants())
        for place, agent in enumerate(phone.agents):
            if not scope.unreadable:  # else the agent may stand in what cannot be read
                yield from scope.reference(("phones", name, "agents", place), agent, "agent", agents)
        node = scope.platform.nodes.get(phone.node)
        wanted = phone.transport
        for at in (phone.node, *phone.also):
            node = scope.platform.nodes.get(at)
            if not isinstance(node, SwitchNode) or wanted == "any" or getattr(node, wanted) is not None:
                continue
            path: Path = ("phones", name, "transport")
            message = f"the node '{at}' lets nobody in over {wanted}"
            yield scope.document.problem(path, message, expected=f"a key {wanted} of the node, or transport: any")


def _countries(scope: Scope) -> Iterator[Problem]:
    for name, trunk in scope.platform.trunks.items():
        code = trunk.numbers.country_code
        if code is not None and region_of(code) is None:
            path = ("trunks", name, "numbers", "country_code")
            yield scope.document.problem(
                path, f"there is no country code '{code}'", expected="a country code such as 86"
            )


def _trunks_apart(scope: Scope) -> Iterator[Problem]:
    """A call's trunk is told by the address that it comes from, so no two trunks of a node share one."""
    seen: list[tuple[str, str, Network]] = []
    for name, trunk in scope.platform.trunks.items():
        for path, address in going_out.calls_come_from(name, trunk):
            network = ipaddress.ip_network(address, strict=False)
            for other, node, taken in seen:
                if other != name and node == trunk.node and _overlap(network, taken):
                    message = f"{address} is among the addresses of the trunk '{other}'"
                    yield scope.document.problem(path, message, expected="addresses that only one trunk of a node has")
            seen.append((name, trunk.node, network))


def _overlap(one: Network, other: Network) -> bool:
    if isinstance(one, IPv4Network):
        return isinstance(other, IPv4Network) and one.overlaps(other)
    return isinstance(other, IPv6Network) and one.overlaps(other)


def _on_freeswitch(scope: Scope) -> Iterator[Problem]:
    """What FreeSWITCH cannot do with the modules that every one has."""
    for name, trunk in scope.platform.trunks.items():
        if not isinstance(scope.platform.nodes.get(trunk.node), FreeSwitchNode):
            continue
        offered: list[tuple[Path, Collection[str]]] = [(("trunks", name, "codecs"), trunk.codecs)]
        if trunk.outgoing is not None and trunk.outgoing.codecs is not None:
            offered.append((("trunks", name, "outgoing", "codecs"), trunk.outgoing.codecs))
        for path, codecs in offered:
            if "opus" in codecs:
                message = "FreeSWITCH has no opus without a module that few have"
                yield scope.document.problem(path, message, expected="some of alaw, ulaw, g722")
        registers = trunk.outgoing is not None and trunk.outgoing.registration is not None
        if registers and not list(going_out.calls_come_from(name, trunk)):
            message = "FreeSWITCH knows who calls by the address, and this is a host's name"
            hint = "an address here does as well"
            path = ("trunks", name, "outgoing", "server")
            yield scope.document.problem(path, message, expected="from_addresses beside it", hint=hint)


def _listening(scope: Scope) -> Iterator[Problem]:
    yield from listening.problems(scope.platform, scope.document)


def _leases(scope: Scope) -> Iterator[Problem]:
    yield from leases.problems(scope.platform, scope.document)


def _codes(scope: Scope) -> Iterator[Problem]:
    """What a phone dials is a code first: a number that is one could not be called from a phone."""
    owners = {number: tenant.id for number, tenant, _ in names.numbers(scope.platform)}
    for code in scope.platform.codes:
        if code in owners:
            message = f"{code} is a number of the tenant '{owners[code]}'"
            expected = "a code that is no number, such as *71"
            yield scope.document.problem(("codes", code), message, expected=expected, key=True)
    yield from codes.problems(scope.platform, scope.document)


def _stores_apart(scope: Scope) -> Iterator[Problem]:
    storage = scope.platform.storage
    if storage.redis is None and storage.live == storage.history:
        message = f"live state and history are both in {storage.live}"
        yield scope.document.problem(("storage",), message, expected="a file for each", key=True)


def _numbers_once(scope: Scope) -> Iterator[Problem]:
    entries = (
        (number, ("tenants", tenant.id, "numbers", number)) for number, tenant, _ in names.numbers(scope.platform)
    )
    yield from _once(scope, "number", entries, key=True)


def _agent_numbers_once(scope: Scope) -> Iterator[Problem]:
    entries = (
        (agent.number, (*_agent_path(tenant, names.split(name)[1]), "number"))
        for name, tenant, agent in names.agents(scope.platform)
    )
    yield from _once(scope, "agent's number", entries)


def _extensions(scope: Scope, tenant: Tenant) -> Iterator[Problem]:
    """What an agent dials to send a caller on means one thing: no agent, no number, no other queue of the tenant."""
    taken = {number: f"a number of the tenant '{owner.id}'" for number, owner, _ in names.numbers(scope.platform)}
    taken |= {agent.number: f"the number of the agent '{name}'" for name, _, agent in names.agents(scope.platform)}
    for name, queue in tenant.queues.items():
        if queue.extension is None:
            continue
        if queue.extension in taken:
            path: Path = ("tenants", tenant.id, "queues", name, "extension")
            message = f"{queue.extension} is {taken[queue.extension]}"
            yield scope.document.problem(path, message, expected="digits that mean nothing else")
        taken[queue.extension] = f"the extension of the queue '{name}'"


def _once(scope: Scope, what: str, entries: Iterable[tuple[str, Path]], *, key: bool = False) -> Iterator[Problem]:
    first: dict[str, Path] = {}
    for name, path in entries:
        before = first.setdefault(name, path)
        if before != path:
            mark = scope.document.mark(before)
            expected = f"each {what} once (also: {mark.file}:{mark.key_line if key else mark.line})"
            yield scope.document.problem(path, f"{what} {name} is taken", expected=expected, key=key)


def _platform_agents(scope: Scope) -> Iterator[Problem]:
    languages = scope.platform.languages
    skills = [*scope.known("skills"), *_skills_of_tenants(scope)]
    for name, agent in scope.platform.agents.items():
        path = _agent_path("", name)
        yield from _agent_skills(scope, path, agent, skills)
        for index, tenant in enumerate(agent.serves):
            yield from scope.reference((*path, "serves", index), tenant, "tenant", scope.tenants())
        for index, tenant in enumerate(agent.supervises):
            yield from scope.reference((*path, "supervises", index), tenant, "tenant", scope.tenants())
        if "language" in scope.document.value(path):
            yield from scope.reference((*path, "language"), agent.language, "language of the platform", languages)


def _skills_of_tenants(scope: Scope) -> Iterator[str]:
    for tenant in scope.tenants():
        for skill in scope.known("tenants", tenant, "skills"):
            yield names.qualify(tenant, skill)


def _agent_skills(scope: Scope, path: Path, agent: Agent, known: Collection[str]) -> Iterator[Problem]:
    for skill in agent.skills:
        if names.split(skill)[0] not in scope.unreadable:
            yield from scope.reference((*path, "skills", skill), skill, "skill", known, key=True)
    for index, training in enumerate(agent.trained):
        if names.split(training.skill)[0] not in scope.unreadable:
            yield from scope.reference((*path, "trained", index, "skill"), training.skill, "skill", known)


def _agent_path(tenant: str, name: str) -> Path:
    return ("tenants", tenant, "agents", name) if tenant else ("agents", name)


def _tenant_agents(scope: Scope, tenant: Tenant) -> Iterator[Problem]:
    for name, agent in tenant.agents.items():
        path = _agent_path(tenant.id, name)
        yield from _agent_skills(scope, path, agent, _skills_for(scope, tenant))
        if agent.serves and agent.serves != (tenant.id,):
            yield scope.document.problem(
                (*path, "serves"),
                "a tenant's own agent serves that tenant alone",
                expected="no key serves here; an agent for several tenants stands in agents.yaml of the platform",
                key=True,
            )
        for index, other in enumerate(agent.supervises):
            if other != tenant.id:
                message = f"a tenant's own agent cannot supervise '{other}'"
                expected = f"{tenant.id}; who supervises others stands in agents.yaml of the platform"
                yield scope.document.problem((*path, "supervises", index), message, expected=expected)


def _skills_for(scope: Scope, tenant: Tenant) -> list[str]:
    own = scope.known("tenants", tenant.id, "skills")
    return [*own, *(names.qualify(tenant.id, skill) for skill in own), *scope.known("skills")]


def _queues(scope: Scope, tenant: Tenant) -> Iterator[Problem]:
    skills = _skills_for(scope, tenant)
    music = scope.known("tenants", tenant.id, "music")
    for name, queue in tenant.queues.items():
        path = ("tenants", tenant.id, "queues", name)
        for skill in queue.skills:
            yield from scope.reference((*path, "skills", skill), skill, "skill", skills, key=True)
        yield from _condition(scope, (*path, "requires"), queue.requires, skills)
        for index, rung in enumerate(queue.ladder):
            yield from _rung(scope, tenant, (*path, "ladder", index), rung, skills)
        for index, entry in enumerate(queue.overflow):
            yield from _overflow(scope, (*path, "overflow", index), entry, len(queue.ladder))
        if queue.music is not None:
            yield from scope.reference((*path, "music"), queue.music, "music class", music)


def _condition(scope: Scope, path: Path, text: str | None, skills: Iterable[str]) -> Iterator[Problem]:
    for skill in skills_in(compiled(text)) if text is not None else ():
        yield from scope.reference(path, skill, "skill", skills)


def _rung(scope: Scope, tenant: Tenant, path: Path, rung: Rung, skills: Collection[str]) -> Iterator[Problem]:
    for skill in rung.skills or ():
        yield from scope.reference((*path, "skills", skill), skill, "skill", skills, key=True)
    yield from _condition(scope, (*path, "requires"), rung.requires, skills)
    for index, queue in enumerate(rung.queues):
        known = scope.known("tenants", tenant.id, "queues")
        yield from scope.reference((*path, "queues", index), queue, "queue", known)
    for index, lender in enumerate(rung.overflow):
        yield from scope.reference((*path, "overflow", index), lender, "tenant", scope.tenants())
        owner = scope.platform.tenants.get(lender)
        if owner is not None and lender not in scope.unreadable and tenant.id not in owner.lends_to:
            message = f"the tenant '{lender}' does not lend its agents to '{tenant.id}'"
            expected = f"lends_to: [{tenant.id}] in the tenant '{lender}', or another tenant"
            yield scope.document.problem((*path, "overflow", index), message, expected=expected)


def _overflow(scope: Scope, path: Path, entry: Overflow, steps: int) -> Iterator[Problem]:
    for index, node in enumerate(entry.nodes_down):
        yield from scope.reference((*path, "nodes_down", index), node, "node", scope.known("nodes"))
    if entry.step is not None and entry.step > steps:
        message = f"the ladder has {steps} steps, and this is step {entry.step}"
        yield scope.document.problem((*path, "step"), message, expected="a step of this queue's ladder, from 1")


def _lends_to(scope: Scope, tenant: Tenant) -> Iterator[Problem]:
    for index, other in enumerate(tenant.lends_to):
        path: Path = ("tenants", tenant.id, "lends_to", index)
        yield from scope.reference(path, other, "tenant", scope.tenants())


def _numbers(scope: Scope, tenant: Tenant) -> Iterator[Problem]:
    projects = scope.known("tenants", tenant.id, "projects")
    for digits, number in tenant.numbers.items():
        path = ("tenants", tenant.id, "numbers", digits, "project")
        yield from scope.reference(path, number.project, "project", projects)


def _hours(scope: Scope, tenant: Tenant) -> Iterator[Problem]:
    path: Path = ("tenants", tenant.id, "hours")
    if tenant.open is not None:
        known = scope.known("tenants", tenant.id, "hours")
        yield from scope.reference(("tenants", tenant.id, "open"), tenant.open, "set of hours", known)
    if (back := tenant.callbacks.hours) is not None:
        known = scope.known("tenants", tenant.id, "hours")
        yield from scope.reference(("tenants", tenant.id, "callbacks", "hours"), back, "set of hours", known)
    for name, hours in tenant.hours.items():
        if hours.holidays is not None and hours.holidays not in holiday_countries():
            message = f"no public holidays are known for '{hours.holidays}'"
            hint = nearest(hours.holidays, holiday_countries())
            yield scope.document.problem(
                (*path, name, "holidays"), message, expected="a country code such as CN", hint=hint
            )


def _tenant_texts(scope: Scope, tenant: Tenant) -> Iterator[Problem]:
    texts: dict[Path, Texts] = {("name",): tenant.name}
    texts |= {("projects", name, "name"): project.name for name, project in tenant.projects.items()}
    texts |= {("queues", name, "name"): queue.name for name, queue in tenant.queues.items()}
    texts |= {("queues", name, "whisper"): queue.whisper for name, queue in tenant.queues.items() if queue.whisper}
    texts |= {("skills", name): text for name, text in tenant.skills.items()}
    if tenant.recording.announcement is not None:
        texts["recording", "announcement"] = tenant.recording.announcement
    texts |= {("dispositions", code): text for code, text in tenant.dispositions.items()}
    for path, treatment in names.treatments(tenant):
        if treatment.say is not None:
            texts[(*path, "say")] = treatment.say
    yield from _languages(scope, ("tenants", tenant.id), texts, tenant.languages)


def _platform_texts(scope: Scope) -> Iterator[Problem]:
    texts: dict[Path, Texts] = {("name",): scope.platform.name}
    texts |= {("skills", name): text for name, text in scope.platform.skills.items()}
    if scope.platform.unknown_number.say is not None:
        texts["unknown_number", "say"] = scope.platform.unknown_number.say
    yield from _languages(scope, (), texts, scope.platform.languages)


def _languages(scope: Scope, start: Path, texts: Mapping[Path, Texts], languages: Collection[str]) -> Iterator[Problem]:
    for path, text in texts.items():
        written = scope.known(*map(str, (*start, *path)))
        lacking = [language for language in languages if language not in text and language not in written]
        if lacking:
            message = f"the text lacks {', '.join(lacking)}"
            expected = f"a text for each of {', '.join(languages)}"
            yield scope.document.problem((*start, *path), message, expected=expected, key=True)


_PLATFORM_CHECKS = (
    _nodes,
    _between_nodes,
    _phones,
    _countries,
    _trunks_apart,
    _on_freeswitch,
    _listening,
    _leases,
    _codes,
    _stores_apart,
    going_out.settings,
    going_out.failover,
    _numbers_once,
    _agent_numbers_once,
    _platform_agents,
    _platform_texts,
)
_TENANT_CHECKS = (_tenant_agents, _queues, _lends_to, _extensions, _numbers, _hours, _tenant_texts)
