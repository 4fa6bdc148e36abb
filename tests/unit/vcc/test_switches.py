"""The switches of a configuration, joined to what measures them."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys

import pytest
from pydantic import SecretStr

from core.errors import ConfigurationError
from telephony.asterisk.adapter import AsteriskSwitch
from telephony.freeswitch.adapter import FreeSwitch
from tenancy.load import load
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


def test_each_kind_of_node_has_its_adapter_and_a_switch_in_memory_has_none() -> None:
    text = """
name: {zh-CN: 平台, en: P}
nodes:
  as: {kind: asterisk, nodes_sip: 10.0.0.11:5070}
  fs: {kind: freeswitch, nodes_sip: 10.0.0.12:5070, tls: {certificate: /c.pem, key: /k.pem}}
"""
    phones = "p1: {node: as}\np2: {node: fs}\np3: {node: fs, transport: tls}\n"
    platform = load({"platform.yaml": text, "phones.yaml": phones})
    keys = (SecretStr(new_key()),)
    secrets = Secrets(encryption_keys=keys, ami={"as": SecretStr("x" * 16)}, esl={"fs": SecretStr("y" * 16)})
    switches = make_switches(platform, secrets, WallClock(), lambda node, wire, seconds: None)
    assert {name: type(switch) for name, switch in switches.items()} == {"as": AsteriskSwitch, "fs": FreeSwitch}
    simulated = load({"platform.yaml": "name: {zh-CN: 平台, en: P}\nnodes: {n1: {kind: simulated}}\n"})
    with pytest.raises(ConfigurationError, match="for trying flows"):
        make_switches(simulated, secrets, WallClock(), lambda node, wire, seconds: None)


def test_what_only_a_freeswitch_needs_is_not_loaded_without_one() -> None:
    program = "import sys, vcc.runtime; print('panoramisk' in sys.modules, 'gevent' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60)
    assert said.stdout.split() == ["True", "False"]
