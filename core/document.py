"""Plain data together with where each of its values was written: what a message about a mistake points to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from core.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Keys of mappings and indices of lists, from the root: `("queues", "orders", "skills", "zh")`.
Path = tuple[str | int, ...]


@dataclass(kw_only=True, slots=True)
class Mark:
    """Where a value stands, and its key (for items of a list: the same); lines and columns count from 1. It is not to
    be changed: only that there are so many of them keeps it from being frozen, which costs three times as much.

    `style` is how a text was written: plain (empty), `'` or `"`, or `|` or `>` below its key.
    """

    file: str
    line: int
    column: int
    key_line: int
    key_column: int
    style: str = ""
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
        within: int = 0,
    ) -> Problem:
        """A mistake in the value at `path`; with `key`, in the key under which it stands; `within`: at this column
        of the text itself (from 1), where it was written on one line.
        """
        mark, found = self._nearest(path)
        at_key = key and found
        inside = _inside(str(self.value(path)), mark.style, within) if within and found else 0
        return Problem(
            file=mark.file,
            line=mark.key_line if at_key else mark.line,
            column=mark.key_column if at_key else mark.column + inside,
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


def _inside(text: str, style: str, column: int) -> int:
    """How far behind its beginning the column of a text was written; what was escaped in quotes took two."""
    before = text[: column - 1]
    match style:
        case "'":
            return column + before.count("'")
        case '"':
            return column + sum(before.count(sign) for sign in '"\\\n\t')
        case "":
            return column - 1
    return 0


def shown(path: Sequence[str | int]) -> str:
    """A path as people write it: `queues.orders.skills`, `weekly[0].opens`; empty for the root."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text
