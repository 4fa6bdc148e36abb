"""From the secrets file and the environment to `Secrets`; and a new file with random ones.

text + environment -> document -> Secrets, checked against the platform: nobody without a secret, none for
nobody
"""

from __future__ import annotations

import base64
import itertools
import re
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from core import yaml_text
from core.document import Document, Mark
from core.errors import ConfigurationError, Problem
from core.validate import in_order, salvage
from core.words import nearest, one_of
from tenancy import names
from tenancy.model import AsteriskNode, FreeSwitchNode
from tenancy.secrets import ENVIRONMENT_PREFIX, Secrets

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from core.document import Path
    from tenancy.model import Platform

_KEYS: Path = ("encryption_keys",)
_PIN_DIGITS = 6


def load(text: str | None, file: str, environment: Mapping[str, str], platform: Platform) -> Secrets:
    """The secrets of this platform. `text`: what stands in `file`, None: there is no file.

    Raises ConfigurationError with every mistake; no message shows a secret.
    """
    document = yaml_text.load(text or "", file)
    if document.data is None:
        document = replace(document, data={})
    problems = _apply(environment, document, platform)
    reading = salvage(Secrets, document, show_values=False)
    problems += reading.problems
    if reading.value is not None:
        problems += _check(reading.value, reading.document, document, platform)
    if problems or reading.value is None:
        if text is None:
            problems = [_no_file(file)]  # one mistake, not one for each secret that would stand there
        raise ConfigurationError(in_order(problems))
    return reading.value


def _no_file(file: str) -> Problem:
    return Problem(
        file=file,
        line=1,
        column=1,
        message="there is no such file, and the environment does not have all secrets",
        hint="'vcc secrets --config DIR --into FILE' writes one with random secrets",
    )


def generate(platform: Platform) -> str:
    """The text of a secrets file with random ones for every phone, agent, node, and for programs and people."""
    tokens = [f"platform: {{token: {_token()}, role: platform}}"]
    tokens += [f"{name}: {{token: {_token()}, role: tenant, tenants: [{name}]}}" for name in platform.tenants]
    users = [f"platform: {{password: {new_password()}, role: platform}}"]
    users += [
        f"{name}: {{password: {new_password()}, role: supervisor, tenants: [{name}]}}" for name in platform.tenants
    ]
    users += [
        f"{name}: {{password: {new_password()}, role: agent, agent: {agent}}}" for name, agent in _desks(platform)
    ]
    sections = {
        "phones": [f"{phone}: {new_password()}" for phone in _accounts(platform)],
        "agents": [f'{agent}: "{_pin()}"' for agent, _, _ in names.agents(platform)],
        "ami": [f"{node}: {new_password()}" for node in _nodes(platform, AsteriskNode)],
        "esl": [f"{node}: {new_password()}" for node in _nodes(platform, FreeSwitchNode)],
        "trunks": [f"{trunk}: {new_password()}" for trunk in _registered_trunks(platform)],
        "systems": [f"{system}: {new_password()}" for system in _systems(platform)],
        "tokens": tokens,
        "users": users,
        "encryption_keys": [f'- "{base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()}"'],
    }
    lines = ["# Made by vcc. Keep it readable for vcc alone, and out of version control."]
    for section, entries in sections.items():
        if entries:
            lines += [f"{section}:", *(f"  {entry}" for entry in entries)]
    return "\n".join(lines) + "\n"


def new_password() -> str:
    """A random SIP password, or one for a page: 25 signs, a letter first."""
    return "p" + secrets.token_urlsafe(18)


def _token() -> str:
    return "vcc_" + secrets.token_urlsafe(32)


def _pin() -> str:
    """Six digits, none of which follow on or repeat through the whole PIN."""
    while True:
        pin = "".join(secrets.choice("0123456789") for _ in range(_PIN_DIGITS))
        if len({(int(b) - int(a)) % 10 for a, b in itertools.pairwise(pin)}) > 1:
            return pin


def _desks(platform: Platform) -> Iterator[tuple[str, str]]:
    """The users that agents are at their own pages, each with the agent: named as the agent, where that is no other."""
    others = {"platform", *platform.tenants}
    for agent, _, _ in names.agents(platform):
        yield (agent if agent not in others else f"agent/{agent}"), agent


def _accounts(platform: Platform) -> list[str]:
    """The phones that have an account; a mobile seat has none."""
    return [name for name, phone in platform.phones.items() if not phone.outside]


def _registered_trunks(platform: Platform) -> list[str]:
    return [name for name, trunk in platform.trunks.items() if trunk.outgoing and trunk.outgoing.registration]


def _systems(platform: Platform) -> list[str]:
    """The tenants' own systems that want a secret."""
    return [
        names.qualify(tenant.id, name)
        for tenant in platform.tenants.values()
        for name, system in tenant.systems.items()
        if system.secret_header
    ]


def _nodes(platform: Platform, kind: type[AsteriskNode | FreeSwitchNode]) -> list[str]:
    return [name for name, node in platform.nodes.items() if isinstance(node, kind)]


# --- the environment
# ------------------------------------------------------------------------------------------


def _apply(environment: Mapping[str, str], document: Document, platform: Platform) -> list[Problem]:
    """Put the environment's secrets into the document; a variable that names nothing is a mistake."""
    places = {_variable(path): path for path in _places(document, platform)}
    problems: list[Problem] = []
    if not isinstance(document.data, dict):
        return problems
    for variable in sorted(environment):
        if not variable.startswith(ENVIRONMENT_PREFIX):
            continue
        path = places.get(variable)
        if path is None:
            hint = nearest(variable, places)
            message = "this variable is no secret of the platform"
            problems.append(Problem(file=variable, line=1, column=1, message=message, hint=hint))
            continue
        value = environment[variable]
        _put(document, path, value.split() if path == _KEYS else value, variable)
    return problems


def _places(document: Document, platform: Platform) -> Iterator[Path]:
    """Where the environment may put a secret."""
    yield _KEYS
    yield from (("phones", phone) for phone in _accounts(platform))
    yield from (("agents", agent) for agent, _, _ in names.agents(platform))
    yield from (("ami", node) for node in _nodes(platform, AsteriskNode))
    yield from (("esl", node) for node in _nodes(platform, FreeSwitchNode))
    yield from (("trunks", trunk) for trunk in _registered_trunks(platform))
    yield from (("systems", system) for system in _systems(platform))
    for section, field in (("tokens", "token"), ("users", "password")):
        entries = document.data.get(section)
        yield from ((section, str(name), field) for name in (entries if isinstance(entries, dict) else ()))


def _variable(path: Path) -> str:
    words = path[:2]  # tokens and users: the entry's name is enough
    return ENVIRONMENT_PREFIX + "_".join(re.sub("[^A-Z0-9]", "_", str(word).upper()) for word in words)


def _put(document: Document, path: Path, value: Any, variable: str) -> None:  # noqa: ANN401 - plain data
    data, mark = document.data, document.marks
    new = Mark(file=variable, line=1, column=1, key_line=1, key_column=1)
    for step in path[:-1]:
        if not isinstance(data.get(step), dict):
            data[step] = {}
        data = data[step]
        mark = mark.children.setdefault(step, replace(new, children={}))
    data[path[-1]] = value
    mark.children[path[-1]] = new


# --- against the platform
# -------------------------------------------------------------------------------------


def _check(found: Secrets, document: Document, written: Document, platform: Platform) -> Iterator[Problem]:
    agents = [agent for agent, _, _ in names.agents(platform)]
    for section, what, known in (
        ("phones", "phone", _accounts(platform)),
        ("agents", "agent", agents),
        ("ami", "Asterisk node", _nodes(platform, AsteriskNode)),
        ("esl", "FreeSWITCH node", _nodes(platform, FreeSwitchNode)),
        ("trunks", "trunk that registers", _registered_trunks(platform)),
        ("systems", "system with a secret_header", _systems(platform)),
    ):
        here = written.data.get(section) or {}
        for name in getattr(found, section):
            yield from _reference(document, (section, name), name, what, known, key=True)
        for name in known:
            if name not in here:
                way = _variable((section, name))
                message = f"there is no secret for the {what} '{name}'"
                yield document.problem((section,), message, expected=f"{section}: {{{name}: …}}, or {way}", key=True)
    for section, entries in (("tokens", found.tokens), ("users", found.users)):
        for name, access in entries.items():
            for index, tenant in enumerate(access.tenants):
                path: Path = (section, name, "tenants", index)
                yield from _reference(document, path, tenant, "tenant", list(platform.tenants))
            if access.agent is not None:
                yield from _reference(document, (section, name, "agent"), access.agent, "agent", agents)


def _reference(
    document: Document, path: Path, name: str, what: str, known: list[str], *, key: bool = False
) -> Iterator[Problem]:
    if name not in known:
        message = f"there is no {what} '{name}'"
        yield document.problem(path, message, expected=one_of(known), hint=nearest(name, known), key=key)
