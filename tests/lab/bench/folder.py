"""The platform under load, as a folder of configuration: numbers that lead straight into a queue.

The queue `few` is answered by a few agents, with music: for draining. `many` is answered by all, with music: for a
steady load, and so are `taped`, whose conversations are recorded, and `sent`, whose callers the agents send on to
`many`. `silent` is of a tenant without music, and the one agent who could answer is never there: for waiting.
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
QUIET = "quiet"
TRUNK = "carrier"
MUSIC = "main"
NUMBERS = {"few": "7010", "many": "7200", "taped": "7300", "sent": "7400", "silent": "7000"}
#: The queue whose callers are sent on, and what an agent dials for that.
SENT_QUEUE, SENT_TO = "sent", "8200"
SILENT_QUEUE = f"{QUIET}/silent"
#: The accounts of the agents' phones, as tests.lab.phone.bank names them.
USER = "phone{:03d}"
#: One password for all phones: it is the bank's, on this machine's loopback.
PASSWORD = "loopback-only-0"
_LOOP = Path(__file__).resolve().parents[3] / "config" / "tenants" / "press" / "music" / "main" / "loop.wav"


def agent_of(phone: str) -> str:
    """The agent who sits at a phone, by the platform-wide name."""
    return f"{TENANT}/at_{phone}"


def write_folder(folder: Path, kind: str = "asterisk") -> None:
    """Write the configuration for a switch of this kind into `folder`, in place of what is there."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    phones = [USER.format(number) for number in range(MANY_AGENTS)]
    _write(folder / "platform.yaml", _platform(kind))
    _write(folder / "phones.yaml", {phone: {"node": "bj1"} for phone in phones})
    agents = {f"at_{phone}": _agent(number) for number, phone in enumerate(phones)}
    away = {"name": "Away", "number": "999999", "skills": {"silent": 1}}
    _write_tenant(folder / "tenants" / TENANT, ["few", "many", "taped", SENT_QUEUE], agents, {MUSIC: f"music/{MUSIC}"})
    _write_tenant(folder / "tenants" / QUIET, ["silent"], {"away": away}, {})
    music = folder / "tenants" / TENANT / "music" / MUSIC
    music.mkdir(parents=True)
    shutil.copy(_LOOP, music / "loop.wav")


def write_secrets(folder: Path, file: Path) -> None:
    """Make the secrets of the configuration in `folder`; every phone gets the bank's password."""
    secrets = yaml.safe_load(generate(check_folder(folder).use().platform))
    secrets["phones"] = dict.fromkeys(secrets["phones"], PASSWORD)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)
    _write(file, secrets)


def _platform(kind: str) -> Mapping[str, object]:
    return {
        "name": {"en": "Load"},
        "languages": ["en"],
        "nodes": {"bj1": {"kind": kind, "media_timeout_s": 0}},  # callers who wait in silence send nothing
        "trunks": {TRUNK: {"node": "bj1", "from_addresses": ["127.0.0.0/8"], "codecs": ["alaw"]}},
    }


def _write_tenant(folder: Path, queues: list[str], agents: Mapping[str, object], music: Mapping[str, str]) -> None:
    (folder / "flows").mkdir(parents=True)
    tenant = {
        "name": {"en": folder.name},
        "languages": ["en"],
        "projects": {"line": {"name": {"en": "Line"}, "kind": "staffed", "starts": "2024-01-01"}},
        "numbers": {NUMBERS[name]: {"project": "line", "flow": name} for name in queues},
        "skills": {name: {"en": name} for name in queues},
        "music": dict(music),
    }
    _write(folder / "tenant.yaml", tenant)
    _write(folder / "queues.yaml", {queue: _queue(queue) for queue in queues})
    _write(folder / "agents.yaml", agents)
    for name in queues:
        _write(folder / "flows" / f"{name}.yaml", {"steps": [{"queue": name}]})


def _queue(name: str) -> Mapping[str, object]:
    recorded = {"recording": {"mode": "always", "announced": False}} if name == "taped" else {}
    extension = {"extension": SENT_TO} if name == "many" else {}
    return {"name": {"en": name}, "skills": {name: 1}, "wrap_up_s": 0, **recorded, **extension}


def _agent(number: int) -> Mapping[str, object]:
    few = {"few": 1} if number < FEW_AGENTS else {}
    return {
        "name": f"Agent {number}",
        "number": f"{100_000 + number}",
        "skills": {"many": 1, "taped": 1, "sent": 1, **few},
    }


def _write(file: Path, data: object) -> None:
    file.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), encoding="utf-8")
