"""The proof: images are built, a call goes through both containers to an agent, its record is right, all is ended."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from tests.lab.docker.bases import apt_options, build_redis, import_bases
from tests.lab.docker.engine import Engine, needs
from tests.lab.docker.stack import Stack
from tests.lab.pbx import STATE
from tests.lab.phone import ExpectationError, Phone
from tests.lab.platform import LOOPBACK, ROOT
from tests.lab.ports import reserve_ports
from tests.lab.process import LabError

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = STATE / "docker"
AGENT, PHONE, CALLER, NUMBER = "press/wang", "p104", "13800138000", "98668"
NEW_NUMBER = "98660"
CALLER_HZ, AGENT_HZ = 700, 1_100
_BEGAN = time.monotonic()


def say(text: str) -> None:
    """A line of progress."""
    print(f"{time.monotonic() - _BEGAN:5.0f} s  {text}", flush=True)


def fetch_wheels() -> None:
    """The libraries, pinned by hash, for the Python of the base image: Debian 12's, which is this machine's own."""
    say("fetching the libraries, pinned by hash, into docker/wheels")
    pip = [sys.executable, "-m", "pip", "--python", "/usr/bin/python3", "download", "-q", "--no-deps"]
    for name in ("requirements-build.txt", "requirements.txt"):
        argv = [*pip, "--require-hashes", "-r", str(ROOT / name), "-d", str(ROOT / "docker" / "wheels")]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        if done.returncode:
            message = f"pip download of {name} ended with {done.returncode}:\n{done.stderr[-2_000:]}"
            raise LabError(message)


async def prove(engine: Engine, folder: Path) -> None:
    """All steps, on an engine that runs."""
    import_bases(engine, folder, say)
    build_redis(engine, apt_options(), say)
    with reserve_ports(150) as ports:
        stack = Stack(engine, folder, ports)
        stack.configure()
        try:
            say("building the images of vcc and of the switch")
            stack.compose("build", log=folder / "build.log")
            say(images(engine))
            say("compose up")
            stack.compose("run", "--rm", "--no-deps", "switch-files", "secrets", "--config", "/etc/vcc/config",
                          "--into", "/var/lib/vcc/secrets.yaml")  # fmt: skip
            stack.compose("up", "-d", log=folder / "up.log")
            await stack.until_healthy()
            say("redis, asterisk and vcc are healthy")
            check_rights(stack)
            await call(stack)
            reload(stack)
        except (LabError, ExpectationError):
            print(stack.logs())
            raise
        finally:
            stack.compose("down", "-v")
            say("compose down")


def images(engine: Engine) -> str:
    """How large the images are."""
    return ", ".join(
        f"{name} {engine.run('docker', 'images', '--format', '{{.Size}}', name).strip()}"
        for name in ("vcc:0.1.0", "vcc-asterisk:0.1.0")
    )


def check_rights(stack: Stack) -> None:
    """Nobody is root, nothing of the images can be written. Raises LabError."""
    for service in ("redis", "asterisk", "vcc"):
        if stack.in_service(service, "id", "-u") == "0":
            message = f"{service} runs as root"
            raise LabError(message)
        if "read-only" not in stack.in_service(service, "sh", "-c", "touch /usr/x 2>&1 || true").lower():
            message = f"{service} can write into its image"
            raise LabError(message)
    say(f"no root, no writing; {stack.in_service('vcc', 'asterisk-rx', 'core show version').partition(' built')[0]}")


async def call(stack: Stack) -> None:
    """A caller on the trunk and an agent on a phone hear each other; the record says so."""
    agent = Phone(PHONE, stack.phone_password(PHONE), server=(LOOPBACK, stack.sip))
    async with agent, Phone(CALLER, server=(LOOPBACK, stack.trunk_sip)) as caller:
        await agent.register()
        await asyncio.to_thread(stack.compose, "exec", "-T", "vcc", "vcc", "agent", AGENT, "ready", "--phone", PHONE)
        outgoing = await caller.dial(NUMBER)
        await outgoing.answered(20)
        say("the call was answered")
        await outgoing.dtmf("11")
        incoming = await agent.incoming(30)
        await incoming.answer()
        outgoing.send_tone(CALLER_HZ)
        incoming.send_tone(AGENT_HZ)
        await asyncio.gather(outgoing.hears_tone(AGENT_HZ, within=10), incoming.hears_tone(CALLER_HZ, within=10))
        say("caller and agent hear each other")
        await incoming.hang_up()
        await outgoing.ended(30)
    record = await record_of(stack)
    told = {key: record[key] for key in ("number", "tenant", "outcome", "agents")}
    if told != {"number": NUMBER, "tenant": "press", "outcome": "answered", "agents": [AGENT]}:
        message = f"the record is {record}"
        raise LabError(message)
    say(f"its record: {told}")


async def record_of(stack: Stack) -> dict[str, Any]:
    """The record of the one call, when it is whole. Raises TimeoutError."""
    async with asyncio.timeout(20):
        while True:
            records = (await asyncio.to_thread(stack.vcc, "records"))["records"]
            if records and records[0]["ended"]:
                found: dict[str, Any] = records[0]
                return found
            await asyncio.sleep(0.3)


def reload(stack: Stack) -> None:
    """A number more in the configuration: vcc writes the switch's file, and the switch reads it. Raises LabError."""
    stack.add_number(NEW_NUMBER)
    stack.vcc("reload")
    shown = stack.in_service("vcc", "asterisk-rx", f"dialplan show {NEW_NUMBER}@vcc-fallback")
    if f"'{NEW_NUMBER}' =>" not in shown:
        message = f"the switch has not read its new dial plan: {shown}"
        raise LabError(message)
    say("the configuration was reloaded, and the switch told through asterisk-rx")


async def main() -> int:
    """0 if all was as it should be, 1 if not, 2 if it cannot be tried here."""
    if lacks := needs():
        print("The images cannot be proved here. Missing: " + "; ".join(lacks) + ".", file=sys.stderr)
        return 2
    FOLDER.mkdir(parents=True, exist_ok=True)
    try:
        fetch_wheels()
        say("starting a Docker engine of its own")
        async with Engine(FOLDER / "engine") as engine:
            await prove(engine, FOLDER)
    except (LabError, ExpectationError, TimeoutError) as error:
        say(f"FAILED: {error}")
        return 1
    say("the engine has ended; nothing runs any more")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
