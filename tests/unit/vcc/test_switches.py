"""The switches of a configuration, joined to what measures them."""

from __future__ import annotations

import asyncio
import socket

from pydantic import SecretStr

from tenancy.model import AsteriskNode, Platform
from tenancy.secrets import Secrets
from tests.unit.telephony.asterisk.peers import WITHIN_S, AmiPeer
from vcc.shell import WallClock
from vcc.storage.crypt import new_key
from vcc.switches import make_switches


async def test_each_answer_is_told_with_its_node() -> None:
    told: asyncio.Queue[tuple[str, str, float]] = asyncio.Queue()
    with socket.create_server(("127.0.0.1", 0)) as free:
        agi = f"127.0.0.1:{free.getsockname()[1]}"
    async with AmiPeer() as peer:
        node = AsteriskNode(kind="asterisk", ami=f"127.0.0.1:{peer.port}", agi=agi)
        platform = Platform(name={"en": "Test"}, nodes={"bj1": node})
        secrets = Secrets(encryption_keys=(SecretStr(new_key()),), ami={"bj1": SecretStr("x" * 16)})

        def round_trip(node: str, wire: str, seconds: float) -> None:
            told.put_nowait((node, wire, seconds))

        (switch,) = make_switches(platform, secrets, WallClock(), round_trip).values()
        await switch.start(lambda fact: None)
        try:
            node_name, wire, seconds = await asyncio.wait_for(told.get(), WITHIN_S)
        finally:
            await switch.close()
    assert (node_name, wire) == ("bj1", "ami")
    assert 0 < seconds < WITHIN_S
