"""What a contact asks of an agent: who may serve it, how the best of those is found, and how fast it gets urgent.

    Way           one way of being able: a tenant that the agent serves, skill levels, and a condition over skills
    Requirement   any of some ways (or certain agents alone), and how its queue chooses

Requirements are compared and hashed: all contacts with the same one stand in one line of the index, and whether
an agent meets one is worked out once for all agents with the same skills, never per contact.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Mapping


class Condition(Protocol):
    """What is asked of skills beyond levels; equal ones are equal, so that they share a line."""

    @property
    def key(self) -> Hashable:
        """Equal for conditions that ask for the same."""
        ...

    @property
    def skills(self) -> frozenset[str]:
        """The platform-wide names of the skills that it looks at."""
        ...

    def met_by(self, skills: Mapping[str, int]) -> bool:
        """Whether somebody with these skills may take the contact; a skill not had counts as 0."""
        ...


@dataclass(frozen=True, slots=True)
class Way:
    """One way of being able: serve the tenant, with at least these levels (sorted by name), and meet the condition."""

    tenant: str
    skills: tuple[tuple[str, int], ...] = ()
    condition: Condition | None = None

    @classmethod
    def of(cls, tenant: str, skills: Mapping[str, int], condition: Condition | None = None) -> Way:
        """Bring a way into its one form; a level of 0 or less asks for nothing."""
        return cls(tenant, tuple(sorted((skill, level) for skill, level in skills.items() if level > 0)), condition)

    def met_by(self, serves: Collection[str], skills: Mapping[str, int]) -> bool:
        """Whether an agent with these tenants and skills may take the contact."""
        if self.tenant not in serves or any(skills.get(skill, 0) < level for skill, level in self.skills):
            return False
        return self.condition is None or self.condition.met_by(skills)

    def joined(self, own: Mapping[str, int]) -> Way:
        """The same way for a contact that asks for skills of its own besides."""
        return Way.of(self.tenant, joined(dict(self.skills), own), self.condition) if own else self

    @property
    def looks_at(self) -> frozenset[str]:
        """The skills that count for how well somebody fits."""
        named = frozenset(skill for skill, _ in self.skills)
        return named if self.condition is None else named | self.condition.skills


@dataclass(frozen=True, slots=True)
class Requirement:
    """What all contacts of a line have in common. `tenant`: whose contacts they are; `agents`: only these, in this
    order, whatever their skills; `pace`: urgency that a second of waiting is worth; `by_hand`: agents take from the
    list themselves, and nobody is offered anything unasked; `bounded`: the queue, where so many agents at once have its
    contacts and no more, which then has lines of its own. `named`: the queue, where a supervisor has put agents on it
    or taken them off, which has lines of its own too; `own`: what the contact itself asks of those who were put on.
    """

    tenant: str
    ways: tuple[Way, ...]
    strategy: str = "longest_idle"
    pace: float = 1.0
    by_hand: bool = False
    bounded: str = ""
    agents: tuple[str, ...] = ()
    named: str = ""
    own: tuple[tuple[str, int], ...] = ()
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Work the hash out once: it is asked for by every contact that comes."""
        kept = (self.tenant, self.ways, self.strategy, self.pace, self.by_hand, self.agents, self.named)
        object.__setattr__(self, "_hash", hash(kept))

    def __hash__(self) -> int:
        """Equal for equal ones; of this process only, so a requirement is never stored."""
        return self._hash

    @classmethod
    def of(cls, tenant: str, skills: Mapping[str, int]) -> Requirement:
        """The plainest one: skill levels."""
        return cls(tenant, (Way.of(tenant, skills),))

    @property
    def tenants(self) -> tuple[str, ...]:
        """Whose agents may take the contact: each once, in the order of the ways."""
        on = (self.tenant,) if self.named else ()
        return tuple(dict.fromkeys((*(way.tenant for way in self.ways), *on)))

    def met_by(
        self, serves: Collection[str], skills: Mapping[str, int], queues: Mapping[str, bool] = MappingProxyType({})
    ) -> bool:
        """Whether an agent with these tenants and skills may take the contact: in one of the ways or, where `queues`
        says so, as one who was put on its queue; never as one who was taken off.
        """
        said = queues.get(self.named) if queues and self.named else None
        if said and self.tenant in serves and all(skills.get(skill, 0) >= level for skill, level in self.own):
            return True
        return said is not False and any(way.met_by(serves, skills) for way in self.ways)

    def kept_from(self, serves: Collection[str], skills: Mapping[str, int], queues: Mapping[str, bool]) -> bool:
        """Whether an agent who was taken off the queue could take the contact otherwise."""
        off = bool(self.named) and queues.get(self.named) is False
        return off and any(way.met_by(serves, skills) for way in self.ways)

    def fit(self, skills: Mapping[str, int]) -> int:
        """How much somebody knows of what is asked for: the levels of those skills together."""
        looked_at = frozenset[str]().union(*(way.looks_at for way in self.ways))
        return sum(skills.get(skill, 0) for skill in looked_at)


def joined(queue: Mapping[str, int], contact: Mapping[str, int]) -> dict[str, int]:
    """All that a queue and a contact ask for: of each skill the higher level."""
    return {skill: max(queue.get(skill, 0), contact.get(skill, 0)) for skill in {**queue, **contact}}
