"""Plain data together with where each of its values was written: what a message about a mistake points to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from core.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Keys of mappings and indices of lists, from the root: `("queues", "orders", "skills", "zh")`.
Path = tuple[str | int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """Where a value stands, and its key (for items of a list: the same); lines and columns count from 1."""

    file: str
    line: int
    column: int
    key_line: int
    key_column: int
    children: dict[str | int, Mark] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """`data`: mappings with text keys, lists, text, numbers, booleans, None; `marks` has the same shape."""

    file: str
    data: Any
    marks: Mark

    def mark(self, path: Sequence[str | int]) -> Mark:
        """Where the value at `path` stands; for what is not there, where that stands which would hold it."""
        return self._nearest(path)[0]

    def value(self, path: Sequence[str | int]) -> Any:  # noqa: ANN401 - plain data of any kind
        """The value at `path`. Raises KeyError, IndexError or TypeError where there is none."""
        value = self.data
        for step in path:
            value = value[step]
        return value

    def problem(
        self,
        path: Sequence[str | int],
        message: str,
        *,
        expected: str = "",
        hint: str = "",
        key: bool = False,
    ) -> Problem:
        """A mistake in the value at `path`; with `key`, in the key under which it stands."""
        mark, found = self._nearest(path)
        at_key = key and found
        return Problem(
            file=mark.file,
            line=mark.key_line if at_key else mark.line,
            column=mark.key_column if at_key else mark.column,
            message=message,
            expected=expected,
            hint=hint,
        )

    def _nearest(self, path: Sequence[str | int]) -> tuple[Mark, bool]:
        mark = self.marks
        for step in path:
            child = mark.children.get(step)
            if child is None:
                return mark, False
            mark = child
        return mark, True


def shown(path: Sequence[str | int]) -> str:
    """A path as people write it: `queues.orders.skills`, `weekly[0].opens`; empty for the root."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text
