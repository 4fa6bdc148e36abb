"""A real Asterisk: which one, and one running instance of it.

The host's own serves if it is new enough for password_digest; else one from a Debian sid root under `.pbx/`, which is
run through that root's own loader and libraries, so no chroot and no rights are needed. What it is configured to do
is not decided here: AsteriskProcess runs whatever folder of configuration it is given.
"""

import asyncio
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.lab.process import LabError, LabProcess, tail
from tests.lab.setup_root import discard, make_root

ROOT = Path(__file__).resolve().parents[2]
PBX_ROOT = ROOT / ".pbx" / "root"
STATE = ROOT / ".state"

_OLDEST = {20: (20, 12), 21: (21, 7), 22: (22, 2)}  # where password_digest came into each branch
_VERSION = re.compile(r"^Asterisk (\d+)\.(\d+)\.(\d+)")
_SOCKET_PATH_LIMIT = 107  # bytes, of a UNIX socket's address
# Asterisk looks up its host's name at every call; where /etc/hosts lacks it and the name servers are slow, that was
# seen to take 20 s at the start and for each call. An address is its own answer (as "localhost" is not: AAAA).
_HOSTNAME = "127.0.0.1"

Progress = Callable[[str], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class AsteriskBinary:
    """An Asterisk that can be run: `argv` goes before its own options."""

    argv: tuple[str, ...]
    modules_dir: Path
    data_dir: Path
    version: tuple[int, ...]


def ensure_asterisk(progress: Progress, *, root: Path = PBX_ROOT) -> AsteriskBinary:
    """Find an Asterisk that is new enough, or make one in `root`; `progress` is told what goes on.

    Raises LabError when there is none and none can be made.
    """
    if found := find_asterisk(root=root):
        return found
    progress("no asterisk that is new enough here: making a Debian sid root for one")
    discard(root)
    make_root(root, STATE / "log" / "debootstrap.log", progress)
    if found := root_asterisk(root):
        return found
    raise LabError(f"the Asterisk in the new root {root} does not run, or is too old: {_version_text(root)}")


def find_asterisk(*, root: Path = PBX_ROOT) -> AsteriskBinary | None:
    """The Asterisk that is here already: the host's own, else the one in `root`; None if neither will do."""
    return host_asterisk() or root_asterisk(root)


def host_asterisk() -> AsteriskBinary | None:
    """The host's own Asterisk, if it is new enough."""
    program = shutil.which("asterisk", path=f"{os.environ.get('PATH', '')}:/usr/local/sbin:/usr/sbin")
    if not program:
        return None
    prefix = Path(program).resolve().parents[1]
    modules = [*prefix.glob("lib/*/asterisk/modules"), *prefix.glob("lib*/asterisk/modules")]
    data = [folder for folder in (prefix / "share/asterisk", Path("/var/lib/asterisk")) if folder.is_dir()]
    return _usable((program,), modules, data)


def root_asterisk(root: Path) -> AsteriskBinary | None:
    """The Asterisk in a Debian root, run by the loader and with the libraries of that root."""
    modules = list(root.glob("usr/lib/*/asterisk/modules"))
    if not modules:
        return None
    libraries = modules[0].parents[1]
    loaders = sorted({*libraries.glob("ld-linux*.so.*"), *root.glob("usr/lib/ld-linux*.so.*")})
    if not loaders:
        return None
    path = f"{libraries}:{libraries / 'asterisk'}"
    argv = (str(loaders[0]), "--library-path", path, str(root / "usr/sbin/asterisk"))
    return _usable(argv, modules, [root / "usr/share/asterisk"])


def new_enough(version: tuple[int, ...]) -> bool:
    """Whether a version has what the configuration needs: 20.12, 21.7, 22.2, or any later branch."""
    branch = version[0]
    return branch > max(_OLDEST) or version[:2] >= _OLDEST.get(branch, (branch + 1,))


def parse_version(text: str) -> tuple[int, ...]:
    """Read what `asterisk -V` says; empty for certified and self-built ones, whose contents no number tells."""
    match = _VERSION.match(text)
    return tuple(map(int, match.groups())) if match else ()


def _usable(argv: tuple[str, ...], modules: list[Path], data: list[Path]) -> AsteriskBinary | None:
    try:
        said = subprocess.run([*argv, "-V"], capture_output=True, text=True, timeout=20, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = parse_version(said)
    if not (version and new_enough(version) and modules and data):
        return None
    return AsteriskBinary(argv=argv, modules_dir=modules[0], data_dir=data[0], version=version)


def _version_text(root: Path) -> str:
    programs = list(root.glob("usr/sbin/asterisk"))
    return f"{programs[0]} on {platform.machine()}" if programs else "it has no usr/sbin/asterisk"


def read_directories(config: Path) -> Mapping[str, Path]:
    """The [directories] of an asterisk.conf: name to folder."""
    found = re.findall(r"^\s*(ast\w+dir)\s*=>?\s*([^;\n]+?)\s*(?:;.*)?$", config.read_text(), re.MULTILINE)
    return {name: Path(folder) for name, folder in found}


class AsteriskProcess:
    """One running Asterisk: `async with AsteriskProcess(binary, config_dir) as pbx:` is ready inside the block.

    `config_dir` holds asterisk.conf, whose [directories] name every folder; the ones to write into are made if they
    are missing. What it prints goes to `console.log` in its log folder.
    """

    def __init__(self, binary: AsteriskBinary, config_dir: Path, *, ready_s: float = 60.0) -> None:
        self.binary = binary
        self.config = config_dir / "asterisk.conf"
        self.directories = read_directories(self.config)
        self._ready_s = ready_s
        self._process: LabProcess | None = None

    async def __aenter__(self) -> Self:
        self.start()
        try:
            await self.wait_ready()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def process(self) -> LabProcess:
        """The program; LabError if it was not started."""
        if self._process is None:
            raise LabError("this Asterisk was not started")
        return self._process

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    def cpu_seconds(self) -> float:
        """Processor time used so far, all threads, in seconds."""
        return self.process.cpu_seconds()

    def start(self) -> None:
        """Start it; it is not ready yet. Raises LabError when a folder is missing from asterisk.conf or unusable."""
        for name in ("astrundir", "astlogdir", "astdbdir", "astspooldir", "astvarlibdir"):
            if name not in self.directories:
                raise LabError(f"{self.config}: [directories] must name {name}, or the host's own is used")
            self.directories[name].mkdir(parents=True, exist_ok=True)
        control = self.directories["astrundir"] / "asterisk.ctl"
        if len(os.fsencode(control)) > _SOCKET_PATH_LIMIT:
            raise LabError(f"{control}: too long for a socket's path; use a shorter astrundir")
        self._process = LabProcess.start(
            "asterisk",
            [*self.binary.argv, "-f", "-C", self.config],
            log=self.directories["astlogdir"] / "console.log",
            hostname=_HOSTNAME,
        )

    async def wait_ready(self) -> None:
        """Wait until every module has been loaded; LabError with the end of the logs if it ends or takes too long."""
        try:
            await self.process.until(self._is_booted, "loaded its modules", self._ready_s)
        except LabError as error:
            raise self._with_logs(error) from None

    async def _is_booted(self) -> bool:
        """Whether all is loaded. Until its control socket listens there is nobody to ask; then it says when."""
        try:
            _, writer = await asyncio.open_unix_connection(self.directories["astrundir"] / "asterisk.ctl")
            writer.close()
            if "fully booted" not in await self.rx("core waitfullybooted", timeout=self._ready_s):
                return False
            return (await self.rx("core show version")).startswith("Asterisk ")  # its own commands come after that
        except (OSError, LabError):
            return False

    async def rx(self, command: str, *, timeout: float = 10.0) -> str:
        """Run one command of Asterisk's own command line and return what it prints."""
        process = await asyncio.create_subprocess_exec(
            *self.binary.argv,
            "-C",
            self.config,
            "-rx",
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        try:
            async with asyncio.timeout(timeout):
                output, _ = await process.communicate()
        except BaseException:
            process.kill()
            await process.wait()
            raise
        if process.returncode:
            said = output.decode(errors="replace").strip()
            raise self.process.error(f"did not run the command {command!r}: {said}")
        return output.decode(errors="replace")

    async def stop(self) -> None:
        """End it and wait for its end; calls in progress are hung up. Nothing happens if it has ended."""
        if self._process is not None and self._process.returncode is None:
            await self._process.stop()

    def _with_logs(self, error: LabError) -> LabError:
        logs = sorted(log for log in self.directories["astlogdir"].glob("*") if log != self.process.log)
        ends = [f"The end of {log}:\n{tail(log, 15)}" for log in logs if log.is_file()]
        return LabError("\n".join([str(error), *ends]))
