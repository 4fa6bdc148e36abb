"""What the checks look at."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from core.words import nearest, one_of
from tenancy import layout
from tenancy.layout import PROMPTS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Set
    from datetime import date

    from core.document import Document, Path
    from core.errors import Problem
    from ivr_flows.flow import Flow
    from tenancy.model import Platform
    from tenancy.tables import Table


@dataclass(frozen=True, kw_only=True)
class Scope:
    """A configuration, as far as it is right.

    `flows` by (tenant or empty, name), as far as each can be read; `written_flows` also has those that cannot.
    `tables` by (tenant, name). `sounds`: every sound file by its path in the folder. `document` has the
    configuration as it was written. Of `unreadable` tenants some files could not be read: what seems to be missing
    there may be in these. `today` is the date for a project's begin and end.
    """

    platform: Platform
    document: Document
    flows: Mapping[tuple[str, str], Flow]
    written_flows: Set[tuple[str, str]]
    sounds: Set[str]
    tables: Mapping[tuple[str, str], Table]
    unreadable: Set[str]
    today: date

    def flows_of(self, tenant: str) -> Collection[str]:
        """The names of a tenant's flows (empty: the platform's), those with mistakes too."""
        return self.by_owner.get(tenant, {})

    @cached_property
    def by_owner(self) -> Mapping[str, Mapping[str, None]]:
        """The names of all flows, in order, by tenant."""
        found: dict[str, dict[str, None]] = {}
        for owner, name in sorted(self.written_flows):
            found.setdefault(owner, {})[name] = None
        return found

    def prompts(self, tenant: str) -> list[str]:
        """The sound files that a tenant's flows (empty: the platform's) may play, as they name them."""
        start = layout.folder(tenant) + PROMPTS
        return sorted(name.removeprefix(start) for name in self.sounds if name.startswith(start))

    def known(self, *path: str) -> list[str]:
        """The names that were written at `path`: the queues of a tenant, and so on."""
        try:
            found = self.document.value(path)
        except (KeyError, TypeError):
            return []
        return list(found) if isinstance(found, dict) else []

    def reference(
        self, path: Path, name: str, what: str, known: Iterable[str], *, where: str, key: bool = False
    ) -> Iterator[Problem]:
        """A problem if `name`, written at `path`, is not known; `where` such a thing would stand."""
        if not isinstance(known, Container):
            known = list(known)
        if name not in known:
            known = list(known)
            expected = one_of(known) if known else f"a {what} in {where}, but there is none"
            message = f"there is no {what} '{name}'"
            yield self.document.problem(path, message, expected=expected, hint=nearest(name, known), key=key)
