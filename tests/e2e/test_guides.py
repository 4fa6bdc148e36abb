"""The commands of the engineer's guides, run as they are written there, one after the other, on a platform of the lab.

Every line of a page's shell blocks goes to a shell: a command that is added to a page is run too. What differs here
from an engineer's machine stands in `elsewhere`: addresses, folders, and the ids of calls. Commands of docs/docker.md
are run by `./run docker`.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import sys
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
import yaml

from tests.e2e.conversation import CALLER, WANG, hear_each_other, talking
from tests.e2e.way_out import SEAT, TRUNK, WayOut, way_out
from tests.lab.pbx import AsteriskProcess
from tests.lab.phone import Phone
from tests.lab.platform import LOOPBACK, ROOT
from tests.lab.ports import reserve_ports
from tests.lab.process import LabProcess
from tests.lab.speech import rendered, share
from vcc.lint import check_folder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from tests.lab.pbx import AsteriskBinary
    from tests.lab.stage import Stage

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

WITHIN_S = 60.0
#: As the pages write them.
TLS_ADDRESS, CALL, VCC_FILES = "voice.example.com:5061", "001m8ah1nksgj1r18qx", "/etc/asterisk/vcc"


def lines(page: str) -> list[str]:
    """The commands of a page's shell blocks, in order, each on one line."""
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [line for block in blocks for line in re.sub(r"\\\n\s*", "", block).splitlines() if line.strip()]


def one(page: str, beginning: str) -> str:
    """The line of a page that begins so."""
    (found,) = (line for line in lines(page) if line.startswith(beginning))
    return found


class Shell:
    """A shell in a folder, which has `vcc` and `asterisk` as on an engineer's machine."""

    def __init__(self, folder: Path, asterisk: list[str], **environment: str) -> None:
        self.folder = folder
        programs = folder / ".venv" / "bin"  # where a checkout has it, too
        programs.mkdir(parents=True)
        for name, argv in (("vcc", [sys.executable, "-m", "vcc.cli"]), ("asterisk", asterisk)):
            words = " ".join(f"'{word}'" for word in argv)
            (programs / name).write_text(f'#!/bin/sh\nexec {words} "$@"\n')
            (programs / name).chmod(0o755)
        path = f"{programs}:{os.environ['PATH']}"
        self.environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), **environment}

    async def run(self, line: str, *, elsewhere: Mapping[str, str] | None = None) -> str:
        """Run it; what it prints. It has to succeed."""
        process = await self.start(line, elsewhere=elsewhere)
        async with asyncio.timeout(WITHIN_S):
            printed, _ = await process.communicate()
        assert process.returncode == 0, f"{line}\n{printed.decode()}"
        return printed.decode()

    async def start(self, line: str, *, elsewhere: Mapping[str, str] | None = None) -> asyncio.subprocess.Process:
        for written, here in (elsewhere or {}).items():
            line = line.replace(written, here)
        return await asyncio.create_subprocess_shell(
            f"exec 2>&1; {line}",
            cwd=self.folder,
            env=self.environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,
        )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shell(asterisk_binary: AsteriskBinary, tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """In the folder of the platform, which has its certificate by the command of the page."""
    folder = tmp_path_factory.mktemp("guides")
    asterisk = [*map(str, asterisk_binary.argv), "-C", str(folder / "lab" / "pbx" / "etc" / "asterisk.conf")]
    (folder / "lab").mkdir()
    shell = Shell(folder / "lab", asterisk, VCC_STATE="state")
    await shell.run(one("phones", "openssl req"))
    return shell


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def platform(asterisk_binary: AsteriskBinary, shell: Shell) -> AsyncIterator[WayOut]:
    """The example platform with a second trunk, a mobile seat and TLS, whose press records on demand."""
    with reserve_ports(1) as ports:
        tls = f"{LOOPBACK}:{ports.take()}"

        def edit(data: dict[str, Any]) -> None:
            files = {"certificate": str(shell.folder / "fullchain.pem"), "key": str(shell.folder / "privkey.pem")}
            data["nodes"]["bj1"] |= {"tls": {"listen": tls, **files}}

        async with way_out(shell.folder.parent, asterisk_binary, prepare=_recorded, edit=edit) as lab:
            shell.environment["TLS"] = tls
            yield lab


def _recorded(config: Path) -> None:
    file = config / "tenants" / "press" / "queues.yaml"
    queues = yaml.safe_load(file.read_text(encoding="utf-8"))
    queues["orders"]["recording"] = {"mode": "always"}
    file.write_text(yaml.safe_dump(queues, allow_unicode=True), encoding="utf-8")


async def test_phones(platform: WayOut, shell: Shell) -> None:
    """A phone and a home worker's are added and listed, one is removed; what a phone sees of the certificate."""
    printed = {}
    for line in lines("phones"):
        printed[line] = await shell.run(line, elsewhere={TLS_ADDRESS: shell.environment["TLS"]})
    assert "p109" in printed[one("phones", "vcc phone add p109")]
    assert "transport=tls" in printed[one("phones", "vcc phone add home1")]
    assert "home1" in printed[one("phones", "vcc phones")]
    assert "p109" not in printed[one("phones", "vcc phones")]
    assert "voice.example.com" in printed[one("phones", "openssl s_client")]
    assert "TLSv1.2" in printed[one("phones", "openssl s_client")]
    listed = (await platform.api("GET", "phones"))["phones"]
    assert {"home1"} <= {phone["phone"] for phone in listed}


async def test_trunks(platform: WayOut, shell: Shell) -> None:
    printed = {}
    server = (LOOPBACK, platform.trunk_sip)
    watch = one("trunks", "vcc watch")
    watching = await shell.start(watch)
    await asyncio.sleep(2)  # it is another process, which says nothing before something happens
    async with Phone("carrier", server=server, local_port=platform.carrier_port):
        await platform.until_up(TRUNK)
        assert watching.stdout is not None
        async with asyncio.timeout(WITHIN_S):
            while f"trunk={TRUNK}" not in (line := (await watching.stdout.readline()).decode()):
                assert line, "vcc watch has ended"
        os.killpg(watching.pid, signal.SIGINT)
        await watching.wait()
        for line in lines("trunks"):
            if line != watch:
                printed[line] = await shell.run(line)
            if line == one("trunks", f"vcc agent {WANG} ready"):
                agents = (await platform.api("GET", "agents"))["agents"]
                assert [a["phone"] for a in agents if a["agent"] == WANG] == [SEAT]
    assert TRUNK in printed["vcc trunks"]
    assert f"out.{TRUNK}" in printed["asterisk -rx 'pjsip show contacts'"]
    agents = (await platform.api("GET", "agents"))["agents"]
    assert [a["wish"] for a in agents if a["agent"] == WANG] == ["signed_out"]


async def test_recording(stage: Stage, platform: WayOut, shell: Shell) -> None:
    """Paused and resumed while they talk; listed, shown and fetched when it is there."""
    live = [line for line in lines("recording") if line.startswith("vcc record ")]
    later = [line for line in lines("recording") if line not in live]
    assert (len(live), len(later)) == (2, 3)
    wang = await stage.agent(WANG, "p104")
    async with stage.caller(CALLER) as caller:
        call, incoming, contact = await talking(stage, caller, wang)
        await stage.facts.until("RecordingStarted", contact=contact)
        for line in live:
            await hear_each_other(call, incoming)
            await shell.run(line, elsewhere={CALL: contact})
        await hear_each_other(call, incoming)
        await call.hang_up()
    await stage.facts.until("RecordingFinished", contact=contact)
    printed = [await shell.run(line, elsewhere={CALL: contact}) for line in later]
    assert f"{contact}-1" in printed[0]
    sound = shell.folder / "call.wav"
    assert sound.read_bytes().startswith(b"RIFF")
    facts = (await platform.api("GET", f"calls/{contact}"))["facts"]
    assert {"RecordingPaused", "RecordingResumed"} <= {fact["fact"] for fact in facts}


async def test_beside_an_existing_asterisk(asterisk_binary: AsteriskBinary, tmp_path: Path) -> None:
    """From a copy of the configuration to a call, by the page's commands alone."""
    page = (ROOT / "docs" / "existing-asterisk.md").read_text(encoding="utf-8")
    files, own = tmp_path / "vcc-files", tmp_path / "own"
    own.mkdir()
    shell = Shell(tmp_path, [*map(str, asterisk_binary.argv), "-C", str(own / "asterisk.conf")])
    elsewhere = {VCC_FILES: str(files)}
    shutil.copytree(ROOT / "config", tmp_path / "config")
    with reserve_ports(60) as ports:
        trunk_sip = _addresses(tmp_path / "config" / "platform.yaml", files, ports)
        share(await rendered(check_folder(tmp_path / "config").use().texts()), tmp_path / ".state" / "speech")
        secrets, render, check, serve, nodes = lines("existing-asterisk")
        await shell.run(secrets)
        printed = await shell.run(render, elsewhere=elsewhere)
        assert printed.startswith(f"17 files written into {files}:"), printed
        directories = re.search(r"; /etc/vcc/asterisk/asterisk.conf\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
        assert directories is not None
        _own_folders(own, directories[1], files, asterisk_binary)
        async with AsteriskProcess(asterisk_binary, own):
            vcc = LabProcess.start(
                "vcc", ["sh", "-c", f"exec {serve}"], log=tmp_path / "vcc.log", cwd=tmp_path, env=shell.environment
            )
            try:
                async with asyncio.timeout(WITHIN_S):
                    while " up " not in (await (await shell.start(nodes)).communicate())[0].decode():
                        assert vcc.returncode is None, (tmp_path / "vcc.log").read_text()
                        await asyncio.sleep(0.5)
                await shell.run(check)
                async with Phone(CALLER, server=(LOOPBACK, trunk_sip)) as caller:
                    call = await caller.dial("98668")
                    await call.answered()
                    await call.hang_up()
            finally:
                await vcc.stop(grace_s=30)


def _addresses(file: Path, files: Path, ports: Any) -> int:
    """Write what the page has the engineer write into `platform.yaml`; the port where carriers call."""
    data = yaml.safe_load(file.read_text(encoding="utf-8"))
    trunk_sip, rtp = ports.take(), ports.take_range(40)
    data["nodes"]["bj1"] = {
        "kind": "asterisk",
        "ami": f"{LOOPBACK}:{ports.take()}",
        "agi": f"{LOOPBACK}:{ports.take()}",
        "sip": f"{LOOPBACK}:{ports.take()}",
        "trunk_sip": f"{LOOPBACK}:{trunk_sip}",
        "rtp": [rtp[0], rtp[-1]],
        "configuration": str(files),
        "reload": ["asterisk", "-rx"],
    }
    data["trunks"] = {"carrier": {"node": "bj1", "from_addresses": [f"{LOOPBACK}/32"]}}
    data["api"] = {"listen": f"{LOOPBACK}:{ports.take()}"}
    file.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return int(trunk_sip)


def _own_folders(own: Path, text: str, files: Path, binary: AsteriskBinary) -> None:
    """The page's asterisk.conf, with the folders of this machine."""
    for written, here in {
        VCC_FILES: files,
        "/usr/lib/x86_64-linux-gnu/asterisk/modules": binary.modules_dir,
        "/usr/share/asterisk": binary.data_dir,
        "/var/lib/vcc-asterisk": own / "lib",
        "/var/spool/vcc-asterisk": own / "spool",
        "/run/vcc-asterisk": own / "run",
        "/var/log/vcc-asterisk": own / "log",
    }.items():
        assert written in text
        text = text.replace(written, str(here))
    (own / "asterisk.conf").write_text(text)
