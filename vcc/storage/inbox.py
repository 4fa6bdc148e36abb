"""What waits to be written: given by the event loop, taken by a writer in a task or a thread of its own.

The event loop hands over once per turn, so that a writer never takes half of what one event led to. Two forms: the
newest value of each key (live state), and everything in order (facts). A lock guards what the writer sees.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from core.errors import StoreError

if TYPE_CHECKING:
    from vcc.storage.progress import Progress

Item = TypeVar("Item")
#: Live state to write, by kind and key; None: to be deleted.
Values = dict[tuple[str, str], Mapping[str, Any] | None]


class LatestInbox:
    """The newest value of each key, however often it was put."""

    def __init__(self, progress: Progress, bound: int) -> None:
        """At most `bound` keys may wait."""
        self._progress = progress
        self._bound = bound
        self._new: Values = {}
        self._handed: Values = {}
        self._up_to = 0
        self._lock = threading.Lock()

    def add(self, kind: str, key: str, data: Mapping[str, Any] | None) -> None:
        """Put (or, with None, delete) a key; `data` must not be changed any more. Raises StoreError at the bound."""
        where = (kind, key)
        if len(self._new) + len(self._handed) >= self._bound and where not in self._new and where not in self._handed:
            raise _too_much(self._bound, "keys", self._progress)
        self._new[where] = data

    def hand_over(self) -> None:
        """Let the writer have everything given so far."""
        new, self._new = self._new, {}
        with self._lock:
            self._handed.update(new)
            self._up_to = self._progress.given

    def take(self) -> tuple[Values, int] | None:
        """In the writer: everything handed over, and the count of `Progress.given` up to which it goes."""
        with self._lock:
            batch, self._handed = self._handed, {}
            return (batch, self._up_to) if batch else None


class OrderedInbox(Generic[Item]):
    """Everything, in the order given; at most `at_once` is taken at a time, so that no transaction gets too long."""

    def __init__(self, progress: Progress, *, bound: int, at_once: int) -> None:
        """At most `bound` items may wait."""
        self._progress = progress
        self._bound = bound
        self._at_once = at_once
        self._new: list[Item] = []
        self._handed: list[Item] = []
        self._up_to = 0
        self._lock = threading.Lock()

    def add(self, item: Item) -> None:
        """Append an item. Raises StoreError at the bound."""
        if len(self._new) + len(self._handed) >= self._bound:
            raise _too_much(self._bound, "facts", self._progress)
        self._new.append(item)

    def hand_over(self) -> None:
        """Let the writer have everything given so far."""
        new, self._new = self._new, []
        with self._lock:
            self._handed.extend(new)
            self._up_to = self._progress.given

    def take(self) -> tuple[list[Item], int] | None:
        """In the writer: the oldest items handed over, and the count of `Progress.given` up to which they go."""
        with self._lock:
            batch, self._handed = self._handed[: self._at_once], self._handed[self._at_once :]
            return (batch, self._up_to - len(self._handed)) if batch else None


def _too_much(bound: int, what: str, progress: Progress) -> StoreError:
    why = progress.failure or "it is written too slowly"
    return StoreError(f"{bound} {what} wait to be written to {progress.name} ({why}); no more are taken")
