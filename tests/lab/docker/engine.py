"""A Docker engine for the proof alone: its own socket, its own data, no bridge and no rule in the host's firewall."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self

from tests.lab.process import LabError, LabProcess, tail
from tests.lab.setup_root import discard

if TYPE_CHECKING:
    from types import TracebackType

_READY_S = 60.0
#: Longer than any build takes.
_RUN_S = 1_200.0
_PROGRAMS = {"dockerd": "docker.io", "docker": "docker.io (docker-cli)", "debootstrap": "debootstrap"}


def compose_program() -> list[str]:
    """The compose that is here: the plugin, else the program of its own; empty if there is none."""
    plugin = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
    if plugin.returncode == 0:
        return ["docker", "compose"]
    return ["docker-compose"] if shutil.which("docker-compose") else []


def needs() -> list[str]:
    """What this machine lacks for the proof, in words; empty if nothing."""
    lacks = [f"the program {name} (Debian: {package})" for name, package in _PROGRAMS.items() if not shutil.which(name)]
    if shutil.which("docker") and not compose_program():
        lacks.append("docker compose (Debian: docker-compose)")
    if _python() != "3.11":
        lacks.append("/usr/bin/python3 of version 3.11, as in the base image (Debian 12): it chooses the libraries")
    if os.geteuid() != 0:
        lacks.append("root's rights: the engine wants them, and so does debootstrap")
    return lacks


def _python() -> str:
    """The version of this machine's own Python, such as 3.11; empty if it has none."""
    try:
        argv = ["/usr/bin/python3", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=10).stdout.strip()
    except OSError:
        return ""


class Engine:
    """`async with Engine(folder) as engine:` an engine that answers; ended, and its data removed, afterwards."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder.with_name("dockerd.log")
        self._socket = Path("/run", f"vcc-docker-{os.getpid()}.sock")  # a socket's path has to be short
        self.environment = {**os.environ, "DOCKER_HOST": f"unix://{self._socket}", "DOCKER_BUILDKIT": "0"}
        self._process: LabProcess | None = None

    async def __aenter__(self) -> Self:
        discard(self.folder)
        self.folder.mkdir(parents=True)
        argv = ["dockerd", "--iptables=false", "--ip6tables=false", "--bridge=none", f"--host=unix://{self._socket}"]
        argv += [f"--data-root={self.folder}/data", f"--exec-root={self.folder}/exec", f"--pidfile={self.folder}/pid"]
        self._process = LabProcess.start("dockerd", argv, log=self.log)
        try:
            await self._process.until(self._answers, "answered", _READY_S)
        except BaseException as error:
            await self._stop()
            if isinstance(error, LabError):
                message = f"no Docker engine can be run here. The end of {self.log}:\n{tail(self.log, 15)}"
                raise LabError(message) from error
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop()

    async def _answers(self) -> bool:
        try:
            await asyncio.to_thread(self.run, "docker", "info")
        except LabError:
            return False
        return True

    async def _stop(self) -> None:
        if self._process is not None and self._process.returncode is None:
            await self._process.stop(grace_s=30)
        self._socket.unlink(missing_ok=True)
        discard(self.folder)

    def run(self, *argv: str | Path, stdin: IO[bytes] | None = None, log: Path | None = None) -> str:
        """Run a program against this engine; what it prints. Raises LabError with the end of that if it fails."""
        done = subprocess.run(
            [str(part) for part in argv],
            env=self.environment,
            stdin=stdin or subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            check=False,
            timeout=_RUN_S,
        )
        if log is not None:
            log.write_text(done.stdout, encoding="utf-8")
        if done.returncode:
            end = "\n".join(done.stdout.splitlines()[-25:])
            message = f"{' '.join(map(str, argv))[:200]} ended with {done.returncode}:\n{end}"
            raise LabError(message)
        return done.stdout
