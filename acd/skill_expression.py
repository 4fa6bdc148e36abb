"""A requirement written as an expression over skills: `skills.zh >= 5 && (skills.orders >= 1 || skills.refunds >= 3)`.

It is compiled once, when the configuration is read, and asked once per kind of agent, never per contact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenancy.conditions import compiled, skills_in

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping


class SkillExpression:
    """The same as a condition of the router, its skills under their platform-wide names."""

    __slots__ = ("_expression", "_keys", "_text", "skills")

    def __init__(self, text: str, key_of: Callable[[str], str]) -> None:
        """`key_of` gives the platform-wide name of a skill in the text. Raises ExpressionError."""
        self._text, self._expression = text, compiled(text)
        self._keys = {skill: key_of(skill) for skill in skills_in(self._expression) if skill}
        self.skills = frozenset(self._keys.values())

    @property
    def key(self) -> Hashable:
        """The text and what its names mean."""
        return (self._text, tuple(self._keys.items()))

    def met_by(self, skills: Mapping[str, int]) -> bool:
        """Whether it is true for somebody with these skills."""
        keys = self._keys
        return bool(self._expression.value_of(lambda path: skills.get(keys[path[1]], 0)))

    def __eq__(self, other: object) -> bool:
        """Equal ones share a line of the index."""
        return isinstance(other, SkillExpression) and self.key == other.key

    def __hash__(self) -> int:
        """As equality wants it."""
        return hash(self.key)
