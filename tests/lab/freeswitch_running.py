"""A FreeSWITCH that somebody else has started (VCC_FREESWITCH=host:port:password), with our files.

It has to be on this machine: its folder of configuration is written; what was there comes back afterwards. Its event
socket and its folders stay as they are.
"""

import asyncio
import fcntl
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from telephony.freeswitch.console import Console
from telephony.freeswitch.templates import words
from telephony.freeswitch.templates.modules import MODULES

VARIABLE = "VCC_FREESWITCH"
#: Parts that are read by modules when they are loaded.
_RELOADED = ("mod_sofia", "mod_conference")
_WITHIN_S = 30.0


def running_freeswitch() -> tuple[str, str] | None:
    """Address and password of its event socket, if one is named."""
    named = os.environ.get(VARIABLE)
    if not named:
        return None
    host, port, password = named.split(":", 2)
    return f"{host}:{port}", password


class RunningFreeSwitch:
    """Of a running switch: its configuration is ours between `start` and `stop`."""

    def __init__(self, esl: str, password: str, files: Mapping[str, str]) -> None:
        self._wire, self._files = (esl, password), files
        self._folder: Path | None = None
        self._kept = Path(tempfile.mkdtemp(prefix="vcc-freeswitch-"))
        self._lock: IO[str] | None = None

    async def start(self) -> None:
        """Have it take in our files. Several processes of tests do that one after the other."""
        name = self._wire[0].replace(":", "-")
        self._lock = (Path(tempfile.gettempdir()) / f"vcc-freeswitch-{name}.lock").open("w")
        await asyncio.to_thread(fcntl.flock, self._lock, fcntl.LOCK_EX)
        try:
            await self._give()
        except BaseException:
            await self.stop()
            raise

    async def _give(self) -> None:
        async with Console(*self._wire) as console:
            self._folder = folder = Path((await console.ask("global_getvar conf_dir")).strip())
            for file, text in self._files.items():
                path = folder / file
                if path.exists():
                    (self._kept / file).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(path, self._kept / file)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            await self._take_in(console)
            async with asyncio.timeout(_WITHIN_S):
                while not all([await self._is_up(console, name) for name in _PROFILES]):  # noqa: ASYNC110 - another
                    await asyncio.sleep(0.2)  # program, which can only be asked

    async def stop(self) -> None:
        """Have it take in what was there before."""
        if self._folder is not None:
            for file in self._files:
                path = self._folder / file
                path.unlink(missing_ok=True)
                if (self._kept / file).exists():
                    shutil.copy2(self._kept / file, path)
            async with Console(*self._wire) as console:
                await self._take_in(console)
        shutil.rmtree(self._kept)
        if self._lock is not None:
            self._lock.close()

    async def _take_in(self, console: Console) -> None:
        """In the background, for the switch answers nothing else while it loads a module."""
        await console.ask("reloadxml")
        await console.ask("fsctl api_expansion off")
        await console.ask("reloadacl")
        for module in MODULES:
            there = await console.ask(f"module_exists {module}") == "true"
            if not there or module in _RELOADED:
                await console.ask(f"bgapi {'reload' if there else 'load'} {module}")

    @staticmethod
    async def _is_up(console: Console, profile: str) -> bool:
        return "<sip-ip>" in await console.ask(f"sofia xmlstatus profile {profile}")


_PROFILES = (words.PHONES_PROFILE, words.TRUNKS_PROFILE)
