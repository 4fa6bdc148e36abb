"""The wiring: a whole program on a small configuration, with a manager interface in place of its switch."""

from __future__ import annotations

import asyncio
import re
import socket
from typing import TYPE_CHECKING

import pytest

from reporting.port import RecordQuery
from tenancy.secrets_file import generate
from tests.unit.telephony.asterisk.peers import AmiPeer, event
from vcc.app import Program
from vcc.lint import check_folder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

WITHIN_S = 20.0

PLATFORM = """
name: {{en: Platform}}
languages: [en]
nodes:
  n1: {{kind: asterisk, ami: "127.0.0.1:{ami}", agi: "127.0.0.1:{agi}", configuration: etc, reload: [{reload}]}}
trunks: {{carrier: {{node: n1, from_addresses: [127.0.0.0/8]}}}}
api: {{listen: "127.0.0.1:{api}"}}
"""
TENANT = """
name: {en: Press}
languages: [en]
projects:
  desk: {name: {en: Desk}, kind: staffed, starts: 2024-01-01, ends: 2035-12-31}
numbers:
  100: {project: desk, flow: main}
"""
RELOAD = """#!/bin/sh
test -e "$0.up" && echo "$1" >> "$0.read"
"""


class Lab:
    def __init__(self, root: Path) -> None:
        self.config, self.state, self.reload = root / "config", root / "state", root / "reload"
        self.reload.write_text(RELOAD)
        self.reload.chmod(0o700)

    def write(self, ami: int) -> None:
        ports = []
        for _ in range(2):
            with socket.create_server(("127.0.0.1", 0)) as free:
                ports.append(free.getsockname()[1])
        flows = self.config / "tenants" / "press" / "flows"
        flows.mkdir(parents=True)
        platform = PLATFORM.format(ami=ami, agi=ports[0], api=ports[1], reload=self.reload)
        (self.config / "platform.yaml").write_text(platform)
        (flows.parent / "tenant.yaml").write_text(TENANT)
        self.say("Good morning.")
        self.state.mkdir()
        secrets = self.state / "secrets.yaml"
        secrets.touch(mode=0o600)
        secrets.write_text(generate(check_folder(self.config).use().platform))

    def say(self, words: str) -> None:
        flow = self.config / "tenants" / "press" / "flows" / "main.yaml"
        flow.write_text(f"steps: [{{say: {{en: {words}}}}}, hang_up]\n")

    def read(self) -> list[str]:
        file = self.reload.with_name("reload.read")
        return file.read_text().splitlines() if file.exists() else []

    def needed(self) -> set[str]:
        file = self.state / "speech" / ".needed"
        return set(file.read_text().splitlines() if file.exists() else [])


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not true():  # noqa: ASYNC110 - of other processes and threads
            await asyncio.sleep(0.01)


@pytest.fixture
async def peer() -> AsyncIterator[AmiPeer]:
    async with AmiPeer() as peer:
        yield peer


async def test_a_switch_that_comes_up_is_told_and_measured(peer: AmiPeer, tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    lab.write(peer.port)
    await peer.stop()
    async with Program.open(lab.config, lab.state, None) as program:
        assert not lab.read()
        lab.reload.with_name("reload.up").touch()
        await peer.listen()
        await until(lambda: len(lab.read()) == 3)
        measures = program._metrics.text().decode()
        (count,) = re.findall(r'vcc_switch_round_trip_seconds_count{node="n1",wire="ami"} ([0-9.]+)', measures)
        assert float(count) >= 3  # the login and two lists; what the switch noted meanwhile may have been asked for


async def test_calls_that_were_missed_are_on_record_before_the_switch_forgets_them(
    peer: AmiPeer, tmp_path: Path
) -> None:
    note = "1790000000 trunk/carrier 98668 n c13800138000 1790000009 gave_up"
    peer.lists["DBGetTree"] = [event("DBGetTreeResponse", Key="/vcc-missed/1790000000.1", Val=note)]
    lab = Lab(tmp_path)
    lab.write(peer.port)
    for _ in range(2):  # the second life is told again by a switch that has not forgotten
        async with Program.open(lab.config, lab.state, None) as program:
            await peer.action("Setvar", Variable="DB_DELETE(vcc-missed/1790000000.1)")
            peer.actions.clear()
            (record,) = await program._log.records(RecordQuery(caller="13800138000"))
            assert (record.arrived, record.ended, record.complete) == (1_790_000_000.0, 1_790_000_009.0, True)


async def test_the_speech_of_the_configuration_in_force_is_kept(peer: AmiPeer, tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    lab.write(peer.port)
    async with Program.open(lab.config, lab.state, None) as program:
        await until(lab.needed)
        first = lab.needed()
        lab.say("Good evening.")
        await program.reload()
        await until(lambda: lab.needed() != first)
        assert len(first - lab.needed()) == len(lab.needed() - first) == 1
        assert all((lab.state / "speech" / name).exists() for name in first | lab.needed())
