"""Which file of a configuration folder is what.

    platform.yaml                      phones.yaml and agents.yaml: its sections of these names
    flows/<flow>.yaml                  the platform's flows for dial codes; prompts/ their sound files
    flows/tests/<flow>.yaml            what `vcc flow test` plays; also <flow>.<more>.yaml; the same in a tenant
    tenants/<tenant>/tenant.yaml       queues.yaml and agents.yaml: its sections of these names
    tenants/<tenant>/flows/<flow>.yaml
    tenants/<tenant>/tables/<table>.csv or .yaml
    tenants/<tenant>/prompts/…         sound files that flows play
    tenants/<tenant>/…                 folders of music, as `music` of tenant.yaml names them

A section stands in the file of its name or in the main file, not in both. Files that are not YAML and that
nothing names (a README) do not matter. `secrets.yaml` is no part of the configuration, wherever it stands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

from core.errors import Problem
from core.words import closest, one_of

PLATFORM = "platform.yaml"
SECRETS = "secrets.yaml"
#: The folder, in a tenant's or the root, of sound files that flows play.
PROMPTS = "prompts/"
#: The folder, in a tenant's, of its tables.
TABLES = "tables/"
#: Files that hold one section of the main file, which is then the section's name.
PLATFORM_SECTIONS = {"phones.yaml": "phones", "agents.yaml": "agents"}
TENANT_SECTIONS = {"queues.yaml": "queues", "agents.yaml": "agents"}

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_YAML = {".yaml", ".yml"}
_TABLES = {".yaml", ".csv"}


class Role(StrEnum):
    """What a YAML file is for."""

    MAIN = "main"
    SECTION = "section"
    FLOW = "flow"
    TABLE = "table"
    SECRETS = "secrets"
    TESTS = "tests"


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """What a file is: whose (`tenant` empty: the platform's), and the name of its section, flow or table (of tests: of
    what they test).
    """

    role: Role
    tenant: str = ""
    name: str = ""


def main_file(tenant: str) -> str:
    """The path of a tenant's main file, or with no tenant of the platform's."""
    return f"tenants/{tenant}/tenant.yaml" if tenant else PLATFORM


def flow_file(tenant: str, name: str) -> str:
    """The path of a tenant's flow, or with no tenant of one of the platform's."""
    return f"{folder(tenant)}flows/{name}.yaml"


def folder(tenant: str) -> str:
    """The folder of a tenant's files with a slash at its end; with no tenant, the root: empty."""
    return f"tenants/{tenant}/" if tenant else ""


def place(path: str) -> Place | Problem | None:  # noqa: PLR0911 - a table
    """What the file at this path (relative, with slashes) is; None if it is no YAML that belongs here or
    anywhere.

    A YAML file that nothing would read is a mistake: most often a name was mistyped.
    """
    parts = PurePosixPath(path).parts
    suffix = PurePosixPath(path).suffix.lower()
    if suffix not in _YAML and not is_table(path):
        return None
    tenant, rest = (parts[1], parts[2:]) if parts[0] == "tenants" and len(parts) > 2 else ("", parts)  # noqa: PLR2004
    if tenant and not _NAME.fullmatch(tenant):
        return _problem(path, f"'{tenant}' cannot be a tenant", "small letters, digits, '_' and '-'; a letter first")
    main = "tenant.yaml" if tenant else PLATFORM
    sections = TENANT_SECTIONS if tenant else PLATFORM_SECTIONS
    file = rest[-1]
    match rest:
        case [_] if file == main:
            return Place(role=Role.MAIN, tenant=tenant)
        case [_] if file in sections:
            return Place(role=Role.SECTION, tenant=tenant, name=sections[file])
        case [_] if file == SECRETS:
            return Place(role=Role.SECRETS, tenant=tenant)
        case ["flows", _] if file.endswith(".yaml") and _NAME.fullmatch(file.removesuffix(".yaml")):
            return Place(role=Role.FLOW, tenant=tenant, name=file.removesuffix(".yaml"))
        case ["flows", "tests", _] if file.endswith(".yaml") and _NAME.fullmatch(file.partition(".")[0]):
            return Place(role=Role.TESTS, tenant=tenant, name=file.partition(".")[0])
        case ["tables", _] if tenant and suffix in _TABLES and _NAME.fullmatch(PurePosixPath(file).stem):
            return Place(role=Role.TABLE, tenant=tenant, name=PurePosixPath(file).stem)
    return _stray(path, rest, [main, *sections])


def is_table(path: str) -> bool:
    """Whether a file that is no YAML belongs to a tenant's tables."""
    return path.endswith(".csv") and PurePosixPath(path).parts[-2:-1] == (TABLES.rstrip("/"),)


def _stray(path: str, rest: tuple[str, ...], files: list[str]) -> Problem:
    if path.endswith(".yml"):
        return _problem(path, "files end in .yaml", path.removesuffix(".yml") + ".yaml")
    if rest[0] == "tenants":
        return _problem(path, "a tenant is a folder", f"{path.removesuffix('.yaml')}/tenant.yaml")
    if rest[0] == "flows" and len(rest) == 2:  # noqa: PLR2004 - flows/<file>
        return _problem(path, "this cannot be a flow's name", "small letters, digits, '_' and '-'; a letter first")
    if rest[0] == "tables" and len(rest) == 2:  # noqa: PLR2004 - tables/<file>
        return _problem(path, "this cannot be a table's name", "small letters, digits, '_' and '-'; a letter first")
    known = [*files, "flows/<name>.yaml"]
    stems = {PurePosixPath(name).stem: name for name in (*files, "flows")}
    meant = stems.get(closest(PurePosixPath(rest[0]).stem, stems), "")
    hint = f"did you mean '{meant}'?" if meant not in ("", rest[0]) else ""
    return _problem(path, "nothing reads this file", one_of(known), hint)


def _problem(path: str, message: str, expected: str, hint: str = "") -> Problem:
    return Problem(file=path, line=1, column=1, message=message, expected=expected, hint=hint)
