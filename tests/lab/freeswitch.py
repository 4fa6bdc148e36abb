"""A real FreeSWITCH, where this machine has one: `freeswitch` on the PATH, or under FREESWITCH_PREFIX.

It is in no package registry used here, so nobody installs it: what needs it says that it is missing. What it is
configured to do is not decided here: FreeSwitchProcess runs whatever folder of configuration it is given.
"""

import os
import shutil
from pathlib import Path
from types import TracebackType
from typing import Self

from core.errors import SwitchError
from telephony.freeswitch.console import Console
from tests.lab.process import LabError, LabProcess

MISSING = "there is no FreeSWITCH on this machine: put `freeswitch` on the PATH, or set FREESWITCH_PREFIX"
_READY_S = 30.0
#: No router is looked for, nothing is printed, no fork; and the processor's time is shared with vcc and the phones of a
#: test, which are on this machine too: else its threads have real-time priority.
_OPTIONS = ("-nonat", "-nc", "-nf", "-np")
#: Its own folders below the state folder, each with the option that names it.
_FOLDERS = {"-log": "log", "-db": "db", "-run": "run", "-temp": "temp", "-recordings": "recordings"}


def find_freeswitch() -> Path | None:
    """The program, if there is one."""
    prefix = os.environ.get("FREESWITCH_PREFIX")
    found = f"{prefix}/bin/freeswitch" if prefix else shutil.which("freeswitch")
    return Path(found) if found and os.access(found, os.X_OK) else None


def missing_freeswitch() -> str:
    """What is missing, and what to do, in a sentence, where find_freeswitch finds none."""
    if prefix := os.environ.get("FREESWITCH_PREFIX"):
        return f"there is no program {prefix}/bin/freeswitch: FREESWITCH_PREFIX has to name FreeSWITCH's own folder"
    return MISSING


class FreeSwitchProcess:
    """One running FreeSWITCH: `async with FreeSwitchProcess(…) as switch:` is ready inside the block.

    `esl` and `password` are those of the configuration; `state` gets its folders, and `console.log`.
    """

    def __init__(self, program: Path, configuration: Path, *, state: Path, esl: str, password: str) -> None:
        self.state = state
        folders = [part for option, name in _FOLDERS.items() for part in (option, str(state / name))]
        self._argv = [str(program), *_OPTIONS, "-conf", str(configuration), *folders]
        self._wire = (esl, password)
        self._process: LabProcess | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def start(self) -> None:
        """Start it, and wait until it is ready."""
        for name in _FOLDERS.values():
            (self.state / name).mkdir(parents=True, exist_ok=True)
        self._process = LabProcess.start("freeswitch", self._argv, log=self.state / "console.log")
        try:
            await self._process.until(self._is_ready, "loaded its modules", _READY_S)
        except BaseException:
            await self._process.stop()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def stop(self) -> None:
        """End it, and wait for that."""
        if self._process is not None:
            await self._process.stop()

    @property
    def pid(self) -> int:
        """Its process id; LabError if it was not started."""
        if self._process is None:
            raise LabError("this FreeSWITCH was not started")
        return self._process.pid

    async def ask(self, command: str) -> str:
        """What one of its commands prints."""
        async with Console(*self._wire) as console:
            return await console.ask(command)

    async def _is_ready(self) -> bool:
        try:
            return "is ready" in await self.ask("status")
        except SwitchError:
            return False
