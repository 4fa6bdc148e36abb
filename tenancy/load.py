"""From the texts of a configuration folder to a `Platform`, or to every mistake at once.

    texts -> documents -> one document, in the shape of Platform -> Platform -> cross references (checks.py)

Each value of the one document still knows in which file, line and column it stands. What is wrong in itself
is left out, so that the references in all the rest are checked all the same. Flows are not read here: `flows`
tells which texts they are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from core import yaml_text
from core.document import Document, Mark
from core.errors import ConfigurationError, Problem
from core.validate import in_order, salvage
from core.words import MAPPING, value_shown
from tenancy import checks, layout, tables
from tenancy.layout import Place, Role
from tenancy.model import Platform
from tenancy.tables import Table

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Stand in for a main file that cannot be read, so that the rest can be checked.
_PLATFORM_STUB: dict[str, Any] = {"name": {}, "nodes": {}}
_TENANT_STUB: dict[str, Any] = {"name": {}, "projects": {}}


@dataclass(frozen=True, kw_only=True, slots=True)
class Loaded:
    """What was found in a configuration folder.

    `platform` is what is right (None: there is no such thing), `document` is what was written, in the same
    shape. `flows`: (tenant or empty, name) -> path of each flow's text. `tables`: (tenant, name) ->
    each, as far as it is right. `unreadable`: tenants (empty: the
    platform) some of whose files are missing from `document`, so that nothing can be said of what they lack.
    """

    platform: Platform | None
    document: Document
    problems: tuple[Problem, ...]
    flows: dict[tuple[str, str], str]
    tables: dict[tuple[str, str], Table]
    unreadable: frozenset[str]


def load(files: Mapping[str, str]) -> Platform:
    """The platform that these texts (by relative path) describe. Raises ConfigurationError with every
    mistake.

    Flows, sound files and what only all of them together show is not looked at: that is `vcc.lint`.
    """
    loaded = read_all(files)
    if loaded.problems or loaded.platform is None:
        raise ConfigurationError(loaded.problems)
    return loaded.platform


def read_all(files: Mapping[str, str]) -> Loaded:
    """As much of the platform as is right, and every mistake in it."""
    places, problems = _places(files)
    folder = _Folder()
    for path, place in places.items():
        if place.role in {Role.MAIN, Role.SECTION}:
            folder.add(place, path, files[path])
    found_tables = _tables(files, places, problems)
    document = folder.assemble()
    reading = salvage(Platform, document)
    problems += [*folder.problems, *reading.problems]
    if reading.value is not None and "" not in folder.stubs:
        problems += checks.check(reading.value, reading.document, document, folder.stubs)
    return Loaded(
        platform=reading.value if "" not in folder.stubs else None,
        document=document,
        problems=in_order(problems),
        flows={(p.tenant, p.name): path for path, p in places.items() if p.role is Role.FLOW},
        tables=found_tables,
        unreadable=frozenset(folder.unreadable),
    )


def _places(files: Mapping[str, str]) -> tuple[dict[str, Place], list[Problem]]:
    places, problems = {}, []
    for path in sorted(files):
        found = layout.place(path)
        if isinstance(found, Problem):
            problems.append(found)
        elif found is not None:
            places[path] = found
    return places, problems


def _tables(
    files: Mapping[str, str], places: Mapping[str, Place], problems: list[Problem]
) -> dict[tuple[str, str], Table]:
    found: dict[tuple[str, str], Table] = {}
    for path, place in places.items():
        if place.role is not Role.TABLE:
            continue
        if (place.tenant, place.name) in found:
            message = f"the table '{place.name}' is there twice"
            problems.append(Problem(file=path, line=1, column=1, message=message, expected="one file for a table"))
        table, mistakes = tables.read(files[path], path)
        problems += mistakes
        found[place.tenant, place.name] = table or Table(columns=(), rows={})
    return found


class _Folder:
    """Collects the documents and joins them into one."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.unreadable: set[str] = set()
        self.stubs: set[str] = set()
        self._main: dict[str, Document] = {}
        self._sections: dict[str, dict[str, Document]] = {"": {}}

    def add(self, place: Place, path: str, text: str) -> None:
        self._sections.setdefault(place.tenant, {})
        document = self._read(path, text, of_mappings=place.role is Role.MAIN)
        if document is None:
            self.unreadable.add(place.tenant)
        if place.role is Role.MAIN:
            self._main[place.tenant] = document or self._stub(place.tenant)
        elif document is not None:
            self._sections[place.tenant][place.name] = document

    def _read(self, path: str, text: str, *, of_mappings: bool) -> Document | None:
        try:
            document = yaml_text.load(text, path)
        except ConfigurationError as error:
            self.problems += error.problems
            return None
        if of_mappings and not isinstance(document.data, dict):
            message = f"the file is {value_shown(document.data)}"
            self.problems.append(document.problem((), message, expected=MAPPING))
            return None
        return document

    def assemble(self) -> Document:
        """One document in the shape of `Platform`."""
        tenants = sorted(self._sections)
        for tenant in tenants:
            if tenant not in self._main:
                self._main[tenant] = self._stub(tenant)
                path = layout.main_file(tenant)
                self.problems.append(Problem(file=path, line=1, column=1, message="this file is missing"))
        platform = self._main[""]
        children = {tenant: self._tenant(tenant) for tenant in tenants if tenant}
        grafts = {**self._sections[""], "tenants": _group(platform, children)}
        return self._join(platform, grafts, {"tenants": "a folder for each, tenants/<tenant>/"})

    def _stub(self, tenant: str) -> Document:
        self.unreadable.add(tenant)
        self.stubs.add(tenant)
        path = layout.main_file(tenant)
        mark = Mark(file=path, line=1, column=1, key_line=1, key_column=1)
        return Document(file=path, data=_TENANT_STUB if tenant else _PLATFORM_STUB, marks=mark)

    def _tenant(self, tenant: str) -> Document:
        main = self._main[tenant]
        identity = replace(main, data=tenant)
        grafts = {**self._sections[tenant], "id": identity}
        return self._join(main, grafts, {"id": "the folder's name as the tenant's id"})

    def _join(self, main: Document, grafts: Mapping[str, Document], elsewhere: Mapping[str, str]) -> Document:
        """The main file with its sections; one that stands in both places is a mistake."""
        for name in grafts:
            if name in main.data:
                expected = elsewhere.get(name, f"it in {grafts[name].file} alone")
                self.problems.append(main.problem((name,), f"'{name}' cannot stand here", expected=expected, key=True))
        data = main.data | {name: _or_nothing(graft.data) for name, graft in grafts.items()}
        children = main.marks.children | {name: graft.marks for name, graft in grafts.items()}
        return replace(main, data=data, marks=replace(main.marks, children=children))


def _or_nothing(data: Any) -> Any:  # noqa: ANN401 - plain data of any kind
    """A section's file with nothing in it is a section with nothing in it."""
    return {} if data is None else data


def _group(platform: Document, children: Mapping[str, Document]) -> Document:
    data = {name: child.data for name, child in children.items()}
    marks = replace(platform.marks, children={name: child.marks for name, child in children.items()})
    return Document(file=platform.file, data=data, marks=marks)
