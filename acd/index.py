"""The index: who waits for what, and who is free for it.

    Requirement   a tenant and the skill levels that are asked for
    Line          all that wait with the same requirement, and the free agents who meet it
    Profile       all agents with the same skills and the same tenants, and the lines that they can serve
    Desk          an agent who is signed in;  Place: a ticket in its line

A contact that comes looks into one line; an agent who comes free looks at the heads of the lines of one
profile. What meets what is worked out once, when a line or a profile is new. So no cost here grows with
callers or agents; it grows with the number of different requirements that one agent meets.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING

from acd.ranking import Ranking, ServingKey

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from acd.protocol import AgentState, Ticket
    from acd.strategies import AgentStrategy, Rank

_SLACK = 64


@dataclass(frozen=True, slots=True)
class Requirement:
    """What a contact asks of an agent: to serve the tenant, with at least these skill levels (sorted by
    name).
    """

    tenant: str
    skills: tuple[tuple[str, int], ...]

    @classmethod
    def of(cls, tenant: str, skills: Mapping[str, int]) -> Requirement:
        """Bring a requirement into its one form; a level of 0 or less asks for nothing."""
        return cls(tenant, tuple(sorted((skill, level) for skill, level in skills.items() if level > 0)))

    def met_by(self, serves: Collection[str], skills: Mapping[str, int]) -> bool:
        """Whether an agent with these tenants and skills may take the contact; a skill not had counts as 0."""
        return self.tenant in serves and all(skills.get(skill, 0) >= level for skill, level in self.skills)


def joined(queue: Mapping[str, int], contact: Mapping[str, int]) -> dict[str, int]:
    """All that a queue and a contact ask for: of each skill the higher level."""
    return {skill: max(queue.get(skill, 0), contact.get(skill, 0)) for skill in {**queue, **contact}}


class Desk:
    """An agent who is signed in. `free` numbers the present time of being free for calls; 0: not free."""

    __slots__ = ("free", "profile", "state")

    def __init__(self, state: AgentState) -> None:
        """Not free, and not yet in any profile."""
        self.state = state
        self.profile: Profile | None = None
        self.free = 0


class Place:
    """A ticket, its line and its key in the serving order."""

    __slots__ = ("key", "line", "ticket")

    def __init__(self, ticket: Ticket, line: Line) -> None:
        """Work out the key: priority first, then age, then order of arrival."""
        self.ticket = ticket
        self.line = line
        self.key: ServingKey = (-ticket.priority, ticket.queued_at, ticket.order, ticket.contact)


class Line:
    """All that wait with one requirement, in serving order, and the free agents who meet it, by rank.

    The agents are a heap with lazy deletion: one who is free no longer, or free anew, leaves an entry behind
    that is dropped when it comes to the top, or when such entries are more than half.
    """

    __slots__ = ("_compact_at", "_free", "requirement", "waiting")

    def __init__(self, requirement: Requirement) -> None:
        """Nobody waits, nobody is free."""
        self.requirement = requirement
        self.waiting = Ranking()
        self._free: list[tuple[Rank, str, int, Desk]] = []
        self._compact_at = _SLACK

    def add_free(self, entry: tuple[Rank, str, int, Desk]) -> None:
        """Take an agent who has become free."""
        heapq.heappush(self._free, entry)
        if len(self._free) > self._compact_at:
            self._free = [kept for kept in self._free if kept[3].free == kept[2]]
            heapq.heapify(self._free)
            self._compact_at = 2 * len(self._free) + _SLACK

    def first_free(self) -> Desk | None:
        """The free agent with the least rank; None if nobody is free."""
        free = self._free
        while free and free[0][3].free != free[0][2]:
            heapq.heappop(free)
        return free[0][3] if free else None


class Profile:
    """All agents with the same skills who serve the same tenants, and the lines that they can serve."""

    __slots__ = ("desks", "key", "lines", "serves", "skills")

    def __init__(self, serves: tuple[str, ...], skills: Mapping[str, int]) -> None:
        """Nobody has it yet. `key` is the same for the same tenants and skills: one text, as the smallest form."""
        self.serves = serves
        self.skills = skills
        self.key = "\n".join([*sorted(serves), "", *sorted(f"{skill} {level}" for skill, level in skills.items())])
        self.lines: list[Line] = []
        self.desks: dict[str, Desk] = {}


class Index:
    """Lines and profiles, and which can serve which."""

    def __init__(self, strategy: AgentStrategy) -> None:
        """Begin empty; `strategy` ranks the free agents."""
        self._strategy = strategy
        self._lines: dict[Requirement, Line] = {}
        self._profiles: dict[str, Profile] = {}
        self._epoch = 0

    def line(self, requirement: Requirement) -> Line:
        """The line of a requirement; a new one finds the agents who can serve it."""
        line = self._lines.get(requirement)
        if line is None:
            line = self._lines[requirement] = Line(requirement)
            for profile in self._profiles.values():
                if requirement.met_by(profile.serves, profile.skills):
                    profile.lines.append(line)
                    for desk in profile.desks.values():
                        if desk.free:
                            line.add_free(self._entry(desk))
        return line

    def seat(self, desk: Desk, skills: Mapping[str, int]) -> None:
        """Put an agent, who is not free, into the profile of these skills and of the tenants served."""
        self.unseat(desk)
        wanted = Profile(desk.state.serves, skills)
        profile = self._profiles.setdefault(wanted.key, wanted)
        if profile is wanted:
            lines = self._lines.values()
            profile.lines = [line for line in lines if line.requirement.met_by(profile.serves, skills)]
        profile.desks[desk.state.agent] = desk
        desk.profile = profile

    def unseat(self, desk: Desk) -> None:
        """Take an agent out: not free, in no profile."""
        desk.free = 0
        if desk.profile is not None:
            del desk.profile.desks[desk.state.agent]
            if not desk.profile.desks:
                del self._profiles[desk.profile.key]
            desk.profile = None

    def set_free(self, desk: Desk) -> None:
        """From now on the agent can be chosen for the lines of the profile."""
        self._epoch += 1
        desk.free = self._epoch
        entry = self._entry(desk)
        for line in self._lines_of(desk):
            line.add_free(entry)

    def agent_for(self, place: Place) -> Desk | None:
        """The free agent to whom a contact is to be offered."""
        return place.line.first_free()

    def caller_for(self, desk: Desk) -> str | None:
        """The contact that an agent is to be offered: priority, then age, among those that the agent can
        serve.
        """
        heads = [line.waiting.first() for line in self._lines_of(desk) if line.waiting]
        first = min((head for head in heads if head is not None), default=None)
        return first[3] if first else None

    def waiting(self) -> Iterator[ServingKey]:
        """The keys of all that wait, line by line."""
        for line in self._lines.values():
            yield from line.waiting

    def _lines_of(self, desk: Desk) -> list[Line]:
        return desk.profile.lines if desk.profile else []

    def _entry(self, desk: Desk) -> tuple[Rank, str, int, Desk]:
        return (self._strategy.rank(desk.state), desk.state.agent, desk.free, desk)
