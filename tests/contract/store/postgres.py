"""A PostgreSQL of our own: on a free port of the loopback, in its own folder, gone when we are."""

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

import asyncpg  # type: ignore[import-untyped]

from tests.lab.ports import LOOPBACK, reserve_ports
from tests.lab.process import LabProcess

_USER = "postgres"
_READY_S = 20.0
_RETRY_S = 0.05


def programs() -> Path | None:
    """The folder of the newest server programs on this machine (Debian keeps them beside the path), or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    initdb = shutil.which("initdb")
    return Path(initdb).parent if initdb else None


class PostgresServer:
    """A server: `async with PostgresServer(programs) as server:` answers inside the block, at `server.url`."""

    def __init__(self, bin_folder: Path) -> None:
        self._bin = bin_folder
        self._folder = Path(tempfile.mkdtemp(prefix="vcc-postgres-"))  # where another user may go, unlike tmp_path
        self._ports = reserve_ports(1)
        self.port = self._ports.take()
        self._process: LabProcess | None = None

    @property
    def url(self) -> str:
        """Where it listens, without a database."""
        return f"postgresql://{_USER}@{LOOPBACK}:{self.port}"

    async def __aenter__(self) -> Self:
        if os.geteuid() == 0:
            shutil.chown(self._folder, _USER, _USER)
        init = [self._bin / "initdb", "-D", self._folder / "data", "-U", _USER, "-A", "trust", "-E", "UTF8", "--no-sync"]
        await asyncio.to_thread(
            subprocess.run, [*self._as_user(), *map(str, init)], check=True, capture_output=True, timeout=60
        )
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
        self._ports.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    async def start(self) -> None:
        """Start it, also again after `stop`, and return when it answers."""
        settings = {
            "listen_addresses": LOOPBACK,
            "port": str(self.port),
            "unix_socket_directories": "",
            "fsync": "off",
            "shared_buffers": "16MB",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        argv = [*self._as_user(), str(self._bin / "postgres"), "-D", str(self._folder / "data"), *options]
        self._process = LabProcess.start("postgres", argv, log=self._folder / "postgres.log")
        async with asyncio.timeout(_READY_S):
            while not await self._answers():
                await asyncio.sleep(_RETRY_S)

    async def stop(self, *, at_once: bool = False) -> None:
        """End it; `at_once`: without a word to anybody, as after a crash."""
        if self._process is not None and self._process.returncode is None:
            await self._process.stop(number=signal.SIGQUIT if at_once else signal.SIGINT)

    def _as_user(self) -> list[str]:
        """The server refuses to run as root."""
        if os.geteuid() != 0:
            return []
        return ["setpriv", f"--reuid={_USER}", f"--regid={_USER}", "--clear-groups", "--pdeathsig=KILL"]

    async def _answers(self) -> bool:
        if self._process is not None and self._process.returncode is not None:
            raise self._process.error("ended while starting")
        try:
            connection = await asyncpg.connect(f"{self.url}/postgres", timeout=2.0)
        except (OSError, TimeoutError, asyncpg.PostgresError):
            return False
        await connection.close()
        return True
