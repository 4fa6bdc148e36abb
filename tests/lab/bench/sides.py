"""A side of the comparison: a switch, who decides on it, the agents at their phones, and the callers."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from tests.lab.bench.callcenter import CallCenter
from tests.lab.bench.callers import Callers
from tests.lab.bench.folder import PASSWORD, USER, agent_of, write_folder, write_secrets
from tests.lab.bench.kinds import ASTERISK, FREESWITCH, Kind
from tests.lab.bench.meters import family
from tests.lab.bench.peer import AppQueue
from tests.lab.bench.settings import MANY_AGENTS, TALK_S
from tests.lab.freeswitch_platform import FreeSwitchPlatform
from tests.lab.pbx import AsteriskBinary
from tests.lab.phone.bank import PhoneBank
from tests.lab.platform import LabPlatform
from tests.lab.ports import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

VCC = "vcc"
SWITCH = "switch"
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


#: The switch that both sides run: an Asterisk, or the program of a FreeSWITCH.
Program = AsteriskBinary | Path


def kind_of(program: Program) -> Kind:
    """What is compared on it."""
    return FREESWITCH if isinstance(program, Path) else ASTERISK


@asynccontextmanager
async def peer_side(folder: Path, program: Program, config: Path, secrets: Path) -> AsyncIterator[Side]:
    """The switch's own queue, its agents registered and in their queues."""
    async with AsyncExitStack() as stack:
        peer: AppQueue | CallCenter
        ports = _PEER_RTP_PORTS
        if isinstance(program, Path):
            peer = CallCenter(folder, config=config, secrets=secrets, program=program, rtp_ports=ports)
        else:
            peer = AppQueue(folder, config=config, secrets=secrets, binary=program, rtp_ports=ports)
        await stack.enter_async_context(peer)
        agents, callers = await _people(stack, peer.sip, peer.trunk_sip)
        name, pid = kind_of(program).peer, peer.switch_pid()
        yield Side(name=name, agents=agents, callers=callers, processes=lambda: {SWITCH: [pid]})


@asynccontextmanager
async def vcc_side(folder: Path, program: Program, config: Path) -> AsyncIterator[tuple[Side, LabPlatform]]:
    """vcc with all that it has on, its agents registered, signed in and ready; the secrets are in the folder."""
    async with AsyncExitStack() as stack:
        lab: LabPlatform
        if isinstance(program, Path):
            lab = FreeSwitchPlatform(folder, program, config=config, rtp_ports=_VCC_RTP_PORTS)
        else:
            lab = LabPlatform(folder, config=config, binary=program, rtp_ports=_VCC_RTP_PORTS)
        platform = await stack.enter_async_context(lab)
        agents, callers = await _people(stack, platform.sip, platform.trunk_sip)
        await sign_in(platform)
        side = Side(
            name=VCC,
            agents=agents,
            callers=callers,
            processes=lambda: {SWITCH: [platform.switch_pid()], VCC: family(platform.supervisor.pid)},
        )
        yield side, platform


@asynccontextmanager
async def both(folder: Path, program: Program) -> AsyncIterator[tuple[Side, Side, LabPlatform]]:
    """Both sides at once, of one configuration: vcc, the switch's own queue, and vcc's platform."""
    config, secrets = folder / "config", folder / VCC / "secrets.yaml"
    write_folder(config, kind_of(program).switch.lower())
    write_secrets(config, secrets)
    async with (
        peer_side(folder / kind_of(program).peer, program, config, secrets) as peer,
        vcc_side(folder / VCC, program, config) as (ours, platform),
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
