"""A side of the comparison: a switch, who decides on it, the agents at their phones, and the callers."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from tests.lab.bench.callers import Callers
from tests.lab.bench.folder import PASSWORD, USER, agent_of, write_folder, write_secrets
from tests.lab.bench.meters import family
from tests.lab.bench.peer import AppQueue
from tests.lab.bench.settings import MANY_AGENTS, TALK_S
from tests.lab.phone.bank import PhoneBank
from tests.lab.platform import LabPlatform
from tests.lab.ports import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from pathlib import Path

    from tests.lab.pbx import AsteriskBinary

VCC = "vcc"
APP_QUEUE = "app_queue"
SWITCH = "asterisk"
#: Ports for media: every leg takes two, and a thousand wait at once.
_VCC_RTP_PORTS = 2_600
_PEER_RTP_PORTS = 1_200
_SIGNED_IN_S = 30.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """One side. `processes` gives the process ids, by group, of the switch and of vcc, as they are now."""

    name: str
    agents: PhoneBank
    callers: Callers
    processes: Callable[[], Mapping[str, list[int]]]


@asynccontextmanager
async def app_queue_side(folder: Path, binary: AsteriskBinary, config: Path, secrets: Path) -> AsyncIterator[Side]:
    """app_queue, its agents registered and in their queues."""
    async with AsyncExitStack() as stack:
        peer = await stack.enter_async_context(
            AppQueue(folder, config=config, secrets=secrets, binary=binary, rtp_ports=_PEER_RTP_PORTS)
        )
        agents, callers = await _people(stack, peer.sip, peer.trunk_sip)
        yield Side(name=APP_QUEUE, agents=agents, callers=callers, processes=lambda: {SWITCH: [peer.asterisk.pid]})


@asynccontextmanager
async def vcc_side(folder: Path, binary: AsteriskBinary, config: Path) -> AsyncIterator[tuple[Side, LabPlatform]]:
    """vcc with all that it has on, its agents registered, signed in and ready; the secrets are in the folder."""
    async with AsyncExitStack() as stack:
        platform = await stack.enter_async_context(
            LabPlatform(folder, config=config, binary=binary, rtp_ports=_VCC_RTP_PORTS)
        )
        agents, callers = await _people(stack, platform.sip, platform.trunk_sip)
        await sign_in(platform)
        side = Side(
            name=VCC,
            agents=agents,
            callers=callers,
            processes=lambda: {SWITCH: [platform.asterisk.pid], VCC: family(platform.supervisor.pid)},
        )
        yield side, platform


@asynccontextmanager
async def both(folder: Path, binary: AsteriskBinary) -> AsyncIterator[tuple[Side, Side, LabPlatform]]:
    """Both sides at once, of one configuration: vcc, app_queue, and vcc's platform."""
    config, secrets = folder / "config", folder / VCC / "secrets.yaml"
    write_folder(config)
    write_secrets(config, secrets)
    async with (
        app_queue_side(folder / APP_QUEUE, binary, config, secrets) as peer,
        vcc_side(folder / VCC, binary, config) as (ours, platform),
    ):
        yield ours, peer, platform


async def sign_in(platform: LabPlatform) -> None:
    """Make every agent ready at the phone that is the agent's, by the control API."""
    phones = [USER.format(number) for number in range(MANY_AGENTS)]
    async with asyncio.timeout(_SIGNED_IN_S):
        for phone in phones:
            path = f"agents/{quote(agent_of(phone), safe='')}/state"
            await platform.api("POST", path, wish="ready", phone=phone)


async def _people(stack: AsyncExitStack, sip: int, trunk_sip: int) -> tuple[PhoneBank, Callers]:
    bank = PhoneBank(MANY_AGENTS, server=(LOOPBACK, sip), user=USER, password=PASSWORD, talk_s=TALK_S)
    agents = await stack.enter_async_context(bank)
    await agents.register()
    return agents, await stack.enter_async_context(Callers((LOOPBACK, trunk_sip)))
