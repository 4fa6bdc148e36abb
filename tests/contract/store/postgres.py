"""A PostgreSQL of our own: on a free port of the loopback, in its own folder, gone when we are."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.lab.ports import LOOPBACK, reserve_ports

_USER = "postgres"
_READY_S = 20.0
_STOP_S = 20.0
_RETRY_S = 0.05


def programs() -> Path | None:
    """The folder of the newest server programs on this machine (Debian keeps them beside the path), or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    initdb = shutil.which("initdb")
    return Path(initdb).parent if initdb else None


class PostgresServer:
    """A server: `with PostgresServer(programs) as server:` answers inside the block, at `server.url`.

    It is started once for many tests, each with an event loop of its own; so nothing here belongs to a loop.
    """

    def __init__(self, bin_folder: Path) -> None:
        self._bin = bin_folder
        self._folder = Path(tempfile.mkdtemp(prefix="vcc-postgres-"))  # where another user may go, unlike tmp_path
        self._ports = reserve_ports(1)
        self.port = self._ports.take()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it listens, without a database."""
        return f"postgresql://{_USER}@{LOOPBACK}:{self.port}"

    def __enter__(self) -> Self:
        if os.geteuid() == 0:
            shutil.chown(self._folder, _USER, _USER)
        try:
            self._run("initdb", "-D", f"{self._folder}/data", "-U", _USER, "-A", "trust", "-E", "UTF8", "--no-sync")
            self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._ports.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def start(self) -> None:
        """Start it, also again after `stop`, and return when it answers."""
        settings = {
            "listen_addresses": LOOPBACK,
            "port": str(self.port),
            "unix_socket_directories": "",
            "fsync": "off",
            "shared_buffers": "16MB",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = [*self._as_user(), f"{self._bin}/postgres", "-D", f"{self._folder}/data", *options]
        with (self._folder / "postgres.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + _READY_S
        while subprocess.call(
            [f"{self._bin}/pg_isready", "-q", "-h", LOOPBACK, "-p", str(self.port)], timeout=_READY_S
        ):
            if self._process.poll() is not None or time.monotonic() > deadline:
                text = (self._folder / "postgres.log").read_text(errors="replace")
                raise AssertionError(f"PostgreSQL does not start:\n{text[-2_000:]}")
            time.sleep(_RETRY_S)

    def stop(self, *, at_once: bool = False) -> None:
        """End it; `at_once`: without a word to anybody, as in a crash."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT if at_once else signal.SIGINT)
            self._process.wait(_STOP_S)

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [*self._as_user(), f"{self._bin}/{program}", *arguments], check=True, capture_output=True, timeout=60
        )

    def _as_user(self) -> list[str]:
        """The server refuses to run as root; it ends when we do."""
        if os.geteuid() != 0:
            return ["setpriv", "--pdeathsig=KILL"]
        return ["setpriv", f"--reuid={_USER}", f"--regid={_USER}", "--clear-groups", "--pdeathsig=KILL"]
