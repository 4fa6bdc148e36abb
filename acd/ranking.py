"""Serving order with ranks: who is first, and at which place somebody stands.

Keys lie sorted in blocks of a few hundred, so that adding, removing and finding cost a binary search and a
short move, also among a hundred thousand; a rank adds the lengths of the blocks before it.

Who comes mostly stands last and who goes mostly stood first. Both are looked at before anything is searched: among
many queues the keys that a search compares are seldom in the processor's cache, and each miss costs as much as a call.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Serving order: minus the priority, queued at (POSIX seconds), the order of arrival, the contact.
ServingKey = tuple[int, float, int, str]

_BLOCK = 256


class Ranking:
    """A sorted set of serving keys."""

    __slots__ = ("_blocks", "_lasts", "_size", "first")

    def __init__(self) -> None:
        """Begin empty. `first`: the key that is served next; None if there is none."""
        self.first: ServingKey | None = None
        self._blocks: list[list[ServingKey]] = []
        self._lasts: list[ServingKey] = []
        self._size = 0

    def __len__(self) -> int:
        """How many keys there are."""
        return self._size

    def __iter__(self) -> Iterator[ServingKey]:
        """All keys in serving order."""
        for block in self._blocks:
            yield from block

    def __contains__(self, key: ServingKey) -> bool:
        """Whether the key is there."""
        try:
            self._find(key)
        except KeyError:
            return False
        return True

    def add(self, key: ServingKey) -> None:
        """Put a key in its place; it must not be there yet."""
        self._size += 1
        if not self._blocks:
            self._blocks.append([key])
            self._lasts.append(key)
            self.first = key
            return
        if key > self._lasts[-1]:
            at = len(self._blocks) - 1
            block = self._blocks[at]
            block.append(key)
        else:
            at = bisect_left(self._lasts, key)
            block = self._blocks[at]
            insort(block, key)
            if at == 0:
                self.first = block[0]
        self._lasts[at] = block[-1]
        if len(block) > 2 * _BLOCK:
            self._split(at)

    def remove(self, key: ServingKey) -> None:
        """Take a key out. Raises KeyError if it is not there."""
        at, inside = self._find(key)
        block = self._blocks[at]
        del block[inside]
        self._size -= 1
        if not block:
            del self._blocks[at], self._lasts[at]
            self.first = self._blocks[0][0] if self._blocks else None
            return
        self._lasts[at] = block[-1]
        if at == 0:
            self.first = block[0]
        if len(block) < _BLOCK // 4 and len(self._blocks) > 1:
            self._merge(max(at - 1, 0))

    def rank(self, key: ServingKey) -> int:
        """The place of a key, from 1. Raises KeyError if it is not there."""
        if self._lasts and key == self._lasts[-1]:
            return self._size
        at, inside = self._find(key)
        return sum(map(len, self._blocks[:at])) + inside + 1

    def _find(self, key: ServingKey) -> tuple[int, int]:
        if key == self.first:
            return 0, 0
        at = bisect_left(self._lasts, key) if len(self._lasts) > 1 else 0
        if at < len(self._blocks):
            block = self._blocks[at]
            inside = bisect_left(block, key)
            if inside < len(block) and block[inside] == key:
                return at, inside
        raise KeyError(key)

    def _split(self, at: int) -> None:
        block = self._blocks[at]
        half = len(block) // 2
        self._blocks[at : at + 1] = [block[:half], block[half:]]
        self._lasts[at : at + 1] = [block[half - 1], block[-1]]

    def _merge(self, at: int) -> None:
        """Join a block with the next, so that blocks which shrink do not become many."""
        self._blocks[at : at + 2] = [self._blocks[at] + self._blocks[at + 1]]
        del self._lasts[at]
        if len(self._blocks[at]) > 2 * _BLOCK:
            self._split(at)
