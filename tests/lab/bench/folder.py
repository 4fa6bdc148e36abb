"""The platform under load, as a folder of configuration: one tenant whose numbers lead straight into a queue.

few      answered by a few agents, with music: for draining
many     answered by all agents, with music: for a steady load
silent   without music, and the agent who could answer is never there: for waiting
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from tenancy.secrets_file import generate
from tests.lab.bench.settings import FEW_AGENTS, MANY_AGENTS
from vcc.lint import check_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

TENANT = "hotline"
TRUNK = "carrier"
MUSIC = "main"
NUMBERS = {"few": "7010", "many": "7200", "silent": "7000"}
#: The accounts of the agents' phones, as tests.lab.phone.bank names them.
USER = "phone{:03d}"
#: One password for all phones: it is the bank's, on this machine's loopback.
PASSWORD = "loopback-only-0"
_LOOP = Path(__file__).resolve().parents[3] / "config" / "tenants" / "press" / "music" / "main" / "loop.wav"


def agent_of(phone: str) -> str:
    """The agent who sits at a phone, by the platform-wide name."""
    return f"{TENANT}/at_{phone}"


def write_folder(folder: Path) -> None:
    """Write the configuration into `folder`, in place of what is there."""
    shutil.rmtree(folder, ignore_errors=True)
    tenant = folder / "tenants" / TENANT
    (tenant / "flows").mkdir(parents=True)
    phones = [USER.format(number) for number in range(MANY_AGENTS)]
    _write(folder / "platform.yaml", _platform())
    _write(folder / "phones.yaml", {phone: {"node": "bj1"} for phone in phones})
    _write(tenant / "tenant.yaml", _tenant())
    _write(tenant / "queues.yaml", {name: _queue(name) for name in NUMBERS})
    _write(tenant / "agents.yaml", _agents(phones))
    for name in NUMBERS:
        _write(tenant / "flows" / f"{name}.yaml", {"steps": [{"queue": name}]})
    (tenant / "music" / MUSIC).mkdir(parents=True)
    shutil.copy(_LOOP, tenant / "music" / MUSIC / "loop.wav")


def write_secrets(folder: Path, file: Path) -> None:
    """Make the secrets of the configuration in `folder`; every phone gets the bank's password."""
    secrets = yaml.safe_load(generate(check_folder(folder).use().platform))
    secrets["phones"] = dict.fromkeys(secrets["phones"], PASSWORD)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)
    _write(file, secrets)


def _platform() -> Mapping[str, object]:
    return {
        "name": {"en": "Load"},
        "languages": ["en"],
        "nodes": {"bj1": {"kind": "asterisk", "media_timeout_s": 0}},  # callers who wait in silence send nothing
        "trunks": {TRUNK: {"node": "bj1", "from_addresses": ["127.0.0.0/8"], "codecs": ["alaw"]}},
    }


def _tenant() -> Mapping[str, object]:
    return {
        "name": {"en": "Hotline"},
        "languages": ["en"],
        "projects": {"line": {"name": {"en": "Line"}, "kind": "staffed", "starts": "2024-01-01"}},
        "numbers": {number: {"project": "line", "flow": name} for name, number in NUMBERS.items()},
        "skills": {name: {"en": name} for name in NUMBERS},
        "music": {MUSIC: f"music/{MUSIC}"},
    }


def _queue(name: str) -> Mapping[str, object]:
    music = {} if name == "silent" else {"music": MUSIC}
    return {"name": {"en": name}, "skills": {name: 1}, "wrap_up_s": 0, **music}


def _agents(phones: list[str]) -> Mapping[str, object]:
    """One at each phone, and one who could answer the silent queue and never signs in."""
    agents = {f"at_{phone}": _agent(number) for number, phone in enumerate(phones)}
    return {**agents, "away": {"name": "Away", "number": "999999", "skills": {"silent": 1}}}


def _agent(number: int) -> Mapping[str, object]:
    few = {"few": 1} if number < FEW_AGENTS else {}
    return {"name": f"Agent {number}", "number": f"{100_000 + number}", "skills": {"many": 1, **few}}


def _write(file: Path, data: object) -> None:
    file.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), encoding="utf-8")
