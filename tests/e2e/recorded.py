"""The example platform whose press records, conversations on it, and what became of them."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import yaml

from tenancy.secrets_file import generate
from tests.lab.platform import ROOT, LabPlatform
from tests.lab.stereo import Stereo
from vcc.lint import check_folder

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from tests.lab.pbx import AsteriskBinary
    from tests.lab.phone import Phone
    from tests.lab.phone.incoming import IncomingCall
    from tests.lab.phone.outgoing import OutgoingCall
    from tests.lab.stage import Stage

CALLER_HZ, AGENT_HZ = 700, 1_100
#: Who asks: the press with the right to listen, the press without, another tenant with it.
TOKENS: dict[str, dict[str, Any]] = {
    "ear": {"role": "supervisor", "tenants": ["press"], "may": ["listen"]},
    "deaf": {"role": "tenant", "tenants": ["press"]},
    "stranger": {"role": "tenant", "tenants": ["chess"], "may": ["listen"]},
}


def token(name: str) -> str:
    return f"vcc_{name}_0123456789abcdefghijklmnopqrstuvwxyz"


def recording_platform(folder: Path, binary: AsteriskBinary) -> LabPlatform:
    """The example platform, whose press records orders always, and service on demand without a word."""
    config, lab = folder / "original", folder / "lab"
    shutil.copytree(ROOT / "config", config)
    press = config / "tenants" / "press"
    queues = yaml.safe_load((press / "queues.yaml").read_text("utf-8"))
    queues["orders"]["recording"] = {"mode": "always"}
    queues["service"]["recording"] = {"mode": "on_demand", "announced": False}
    (press / "queues.yaml").write_text(yaml.safe_dump(queues, allow_unicode=True), encoding="utf-8")
    secrets = yaml.safe_load(generate(check_folder(config).use().platform))
    secrets["tokens"] |= {name: {"token": token(name), **what} for name, what in TOKENS.items()}
    lab.mkdir()
    (lab / "secrets.yaml").touch(mode=0o600)
    (lab / "secrets.yaml").write_text(yaml.safe_dump(secrets), encoding="utf-8")
    return LabPlatform(lab, config=config, binary=binary)


async def until(condition: Callable[[], Awaitable[bool]], within: float = 10.0) -> None:
    """Wait until it holds. Asked again and again, for vcc may begin anew, and the stream of facts have missed it."""
    async with asyncio.timeout(within):
        while not await condition():  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def ask(platform: LabPlatform, path: str, who: str, **headers: str) -> tuple[int, bytes]:
    """Status and body of a GET."""
    headers["Authorization"] = f"Bearer {token(who)}"
    async with aiohttp.ClientSession() as http, http.get(f"{platform.url}/api/v1/{path}", headers=headers) as answer:
        return answer.status, await answer.read()


async def talking(stage: Stage, phone: Phone, agent: Phone, keys: str = "11") -> tuple[OutgoingCall, IncomingCall, str]:
    """A caller and an agent who both say something, and the contact."""
    call, contact = await stage.dial(phone, "98668")
    await stage.facts.until("StepEntered", contact=contact, step="say")
    await call.dtmf(keys)
    await stage.facts.until("ContactQueued", contact=contact)
    incoming = await agent.incoming()
    await incoming.answer()
    call.send_tone(CALLER_HZ)
    incoming.send_tone(AGENT_HZ)
    return call, incoming, contact


async def finished(stage: Stage, contact: str) -> tuple[dict[str, Any], Stereo]:
    """The recording as the record shows it, and its sound as the API gives it."""
    name = f"{contact}-1"
    found = await recorded(stage, contact, "finished_at")
    assert found["recording"] == name
    status, wav = await ask(stage.platform, f"recordings/{name}/audio", "ear")
    assert status == 200
    assert (hashlib.sha256(wav).hexdigest(), len(wav)) == (found["sha256"], found["size"])
    sound = Stereo.of_wav(wav)
    assert sound.seconds == pytest.approx(found["seconds"], abs=0.001)
    return found, sound


async def recorded(stage: Stage, contact: str, moment: str) -> dict[str, Any]:
    """The contact's recording in its record, when `moment` (finished_at, erased_at) is there."""
    found: list[dict[str, Any]] = []

    async def there() -> bool:
        call = await stage.platform.api("GET", f"calls/{contact}")
        found[:] = call["record"]["recordings"] if call["record"] else []
        return bool(found) and found[0][moment] is not None

    await until(there)
    return found[0]
