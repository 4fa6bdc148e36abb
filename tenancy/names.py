"""Short names inside a tenant's files, and what they are called over the whole platform: `tenant/name`.

What belongs to the platform itself (skills, agents, flows for dial codes) has the short name everywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenancy.model import Beyond

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tenancy.model import Agent, Number, Platform, Queue, Tenant, Treatment


def qualify(tenant: str, name: str) -> str:
    """The platform-wide name of a tenant's queue, flow, agent, music class; with no tenant, the name itself."""
    return f"{tenant}/{name}" if tenant else name


def queue_flow(tenant: str, queue: str) -> str:
    """The name of the flow that does nothing but lead into a tenant's queue; none that is written has a dot in it."""
    return qualify(tenant, f"queue.{queue}")


def split(name: str) -> tuple[str, str]:
    """Tenant (empty: the platform) and short name of a platform-wide name."""
    tenant, slash, short = name.rpartition("/")
    return (tenant, short) if slash else ("", name)


def find_skill(platform: Platform, tenant: str, skill: str) -> str | None:
    """The platform-wide name of the skill that `skill` means in a tenant's files; None where there is none.

    The tenant's own skills come first, then the platform's. `tenant/skill` names a tenant's skill outright:
    the platform's agents have such skills; a tenant can name its own so, and no other tenant's.
    """
    owner, short = split(skill)
    if owner:
        known = owner in platform.tenants and short in platform.tenants[owner].skills
        return skill if known and tenant in ("", owner) else None
    if tenant in platform.tenants and short in platform.tenants[tenant].skills:
        return qualify(tenant, short)
    return short if short in platform.skills else None


def skill_key(platform: Platform, tenant: str, skill: str) -> str:
    """As `find_skill`; an unknown skill becomes one of the tenant's that nobody has.

    A call keeps the flow that it began with, and a reload may meanwhile have taken away a skill that it asks
    for.
    """
    return find_skill(platform, tenant, skill) or qualify(tenant, split(skill)[1])


def text_in(texts: Mapping[str, str], language: str) -> str:
    """A text in a language; where it is not there, in the one that was written first."""
    return texts.get(language) or next(iter(texts.values()), "")


def numbers(platform: Platform) -> Iterator[tuple[str, Tenant, Number]]:
    """Every number with its owner."""
    for tenant in platform.tenants.values():
        for digits, number in tenant.numbers.items():
            yield digits, tenant, number


def treatments(tenant: Tenant) -> Iterator[tuple[tuple[str, ...], Treatment]]:
    """Whatever callers get who are not let in, with the place in the tenant's files."""
    for name in type(tenant.answers).model_fields:
        if (treatment := getattr(tenant.answers, name)) is not None:
            yield ("answers", name), treatment
    for digits, number in tenant.numbers.items():
        for name, treatment in (("busy", number.busy), ("full", number.full)):
            if treatment is not None:
                yield ("numbers", digits, name), treatment


def overflow_flows(tenant: Tenant) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """The flows into which calls are led that go beyond a bound, or overflow; with the place in the tenant's files."""
    for path, treatment in treatments(tenant):
        if isinstance(treatment, Beyond) and treatment.flow is not None:
            yield (*path, "flow"), treatment.flow
    for name, queue in tenant.queues.items():
        for index, entry in enumerate(queue.overflow):
            if entry.flow is not None:
                yield ("queues", name, "overflow", index, "flow"), entry.flow


def queues(platform: Platform) -> Iterator[tuple[str, Tenant, Queue]]:
    """Every queue, by its platform-wide name, with its owner."""
    for tenant in platform.tenants.values():
        for name, queue in tenant.queues.items():
            yield qualify(tenant.id, name), tenant, queue


def agents(platform: Platform) -> Iterator[tuple[str, str, Agent]]:
    """Every agent, by the platform-wide name, with the tenant whose agent it is (empty: the platform's)."""
    for name, agent in platform.agents.items():
        yield name, "", agent
    for tenant in platform.tenants.values():
        for name, agent in tenant.agents.items():
            yield qualify(tenant.id, name), tenant.id, agent


def serves(tenant: str, agent: Agent) -> tuple[str, ...]:
    """The tenants that an agent of `tenant` (empty: the platform) may take calls for."""
    return (tenant,) if tenant else agent.serves


def skill_keys(platform: Platform, tenant: str, skills: Mapping[str, int]) -> dict[str, int]:
    """Levels by the platform-wide names of skills; of two names for one skill, the higher level counts."""
    found: dict[str, int] = {}
    for skill, level in skills.items():
        key = skill_key(platform, tenant, skill)
        found[key] = max(level, found.get(key, 0))
    return found


def agent_skills(platform: Platform, tenant: str, agent: Agent) -> dict[str, int]:
    """An agent's skills by their platform-wide names, with the levels."""
    return skill_keys(platform, tenant, agent.skills)


def queue_skills(platform: Platform, tenant: Tenant, queue: Queue) -> dict[str, int]:
    """What a queue asks of its agents, by the skills' platform-wide names."""
    return skill_keys(platform, tenant.id, queue.skills)
