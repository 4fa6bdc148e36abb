"""Publications: texts of flows that were published, when each is in force, and which of them a call gets.

    proposed -> scheduled -> in force -> over           (a time that comes, or `ends`)
        |           |            |
        +-----------+------------+--> withdrawn         (a rollback; a proposal that is not wanted)

A publication that nobody has to approve is scheduled at once. Of those in force the one that began last has its share
of the calls, the one before it its share of the rest, and so on; the rest of all is the configuration folder's. Which
share a call is in depends on its id alone: a call that is led back to the number gets the same flow.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from math import isfinite
from typing import TYPE_CHECKING, Any
from zlib import crc32

import structlog

from core.errors import ConflictError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vcc.calls.ports import LiveStore

_log = structlog.get_logger()

#: How many publications of one flow are kept; the oldest that are over are forgotten, but for what the event log has.
MOST = 50
WHOLE = 100


class Standing(StrEnum):
    """Where a publication stands."""

    PROPOSED = "proposed"
    SCHEDULED = "scheduled"
    IN_FORCE = "in_force"
    OVER = "over"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, kw_only=True, slots=True)
class Publication:
    """A flow's text that was published. `flow` is its platform-wide name, `number` counts a flow's publications from 1,
    `version` is the flow's. Times are POSIX seconds; `ends` None: until something else is in force. `share`: percent
    of the calls. `approved_by` empty: by nobody, which stands in its way where `reviewed` is true.
    """

    flow: str
    number: int
    text: str = field(repr=False)
    version: str
    author: str
    made: float
    begins: float
    ends: float | None = None
    share: int = WHOLE
    note: str = ""
    reviewed: bool = False
    approved_by: str = ""
    withdrawn: float | None = None
    withdrawn_by: str = ""

    def __post_init__(self) -> None:
        """Refuse times that are none: one such in the store would keep every later start from reading the others.

        Raises TypeError, ValueError.
        """
        if not all(isfinite(at) for at in (self.made, self.begins, self.ends or 0.0, self.withdrawn or 0.0)):
            raise ValueError("a time that is none")

    def standing(self, now: float) -> Standing:
        """Where it stands at a moment."""
        if self.withdrawn is not None:
            return Standing.WITHDRAWN
        if self.ends is not None and self.ends <= now:
            return Standing.OVER
        if self.reviewed and not self.approved_by:
            return Standing.PROPOSED
        return Standing.SCHEDULED if now < self.begins else Standing.IN_FORCE

    def takes(self, contact: str) -> bool:
        """Whether a call is in its share."""
        return self.share >= WHOLE or crc32(f"{self.flow} {self.number} {contact}".encode()) % WHOLE < self.share


class Publications:
    """All publications, written through to the live store."""

    def __init__(self, store: LiveStore) -> None:
        """None yet; see `restore`."""
        self._store = store
        self._of: dict[str, dict[int, Publication]] = {}

    async def restore(self) -> None:
        """Take in what was kept."""
        for key, data in (await self._store.load("publication")).items():
            try:
                found = Publication(**data)
            except (TypeError, ValueError):
                _log.exception("a stored publication cannot be read: it is not in force", publication=key)
            else:
                self._of.setdefault(found.flow, {})[found.number] = found

    def of(self, flow: str) -> tuple[Publication, ...]:
        """A flow's publications that are kept, newest first."""
        return tuple(self._of.get(flow, {})[number] for number in sorted(self._of.get(flow, {}), reverse=True))

    def all(self) -> tuple[Publication, ...]:
        """Those of every flow."""
        return tuple(found for flow in sorted(self._of) for found in self.of(flow))

    def one(self, flow: str, number: int) -> Publication:
        """Raises NotFoundError if there is none of that number."""
        found = self._of.get(flow, {}).get(number)
        if found is None:
            raise NotFoundError(f"There is no publication {number} of {flow}.")
        return found

    def next_number(self, flow: str) -> int:
        """The number of the next publication of a flow."""
        return max(self._of.get(flow, {}), default=0) + 1

    def put(self, publication: Publication, now: float) -> None:
        """Keep a new publication. Raises ConflictError where too many are not over."""
        kept = self._of.setdefault(publication.flow, {})
        over = [number for number in sorted(kept) if kept[number].standing(now) in (Standing.OVER, Standing.WITHDRAWN)]
        if len(kept) >= MOST:
            if not over:
                raise ConflictError(
                    f"{publication.flow} has {MOST} publications that are not over: withdraw one (vcc flow rollback)."
                )
            del kept[over[0]]
            self._store.delete("publication", _key(publication.flow, over[0]))
        self._keep(publication)

    def approve(self, flow: str, number: int, who: str, now: float) -> Publication:
        """Let a proposal take effect; not its author's to do. Raises NotFoundError, ConflictError."""
        found = self.one(flow, number)
        if (standing := found.standing(now)) is not Standing.PROPOSED:
            raise ConflictError(
                f"Publication {number} of {flow} waits for nobody's approval: it is {_words(standing)}."
            )
        if who == found.author:
            raise ConflictError(f"{who} has published it: somebody else approves it.")
        return self._keep(replace(found, approved_by=who, begins=max(found.begins, now)))

    def withdraw(self, flow: str, number: int, who: str, now: float) -> Publication:
        """It is in force no more, or never will be. Raises NotFoundError, ConflictError for one that is over."""
        found = self.one(flow, number)
        if (standing := found.standing(now)) in (Standing.OVER, Standing.WITHDRAWN):
            raise ConflictError(f"Publication {number} of {flow} is {_words(standing)} already.")
        return self._keep(replace(found, withdrawn=now, withdrawn_by=who))

    def in_force(self, flow: str, now: float) -> list[Publication]:
        """Those in force, the one that is asked first first."""
        of = self._of.get(flow)
        if not of:
            return []
        found = [one for one in of.values() if one.standing(now) is Standing.IN_FORCE]
        return sorted(found, key=lambda one: (one.begins, one.number), reverse=True)

    def _keep(self, publication: Publication) -> Publication:
        self._of[publication.flow][publication.number] = publication
        self._store.put("publication", _key(publication.flow, publication.number), _plain(publication))
        return publication


def _key(flow: str, number: int) -> str:
    return f"{flow} {number}"


def _plain(publication: Publication) -> Mapping[str, Any]:
    return {name: getattr(publication, name) for name in publication.__slots__}


def _words(standing: Standing) -> str:
    return standing.value.replace("_", " ")
