"""Asks the switch's command line, by the node's program (`reload:`), and reads what it prints. The reading is pure."""

from __future__ import annotations

import asyncio
import contextlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import SwitchError
from telephony.asterisk.check.seen import Console
from telephony.asterisk.render import AMI_USER

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

TIMEOUT_S = 10.0
_MODULE = re.compile(r"^(\S+?)(?:\.so)?\s.*\s\d+\s+(Not Running|Running)\s+\S+$")
_SETTING = re.compile(r"^\s*([^:]+?)\s*:\s*(.*?)\s*$")
_TRANSPORT = re.compile(r"^Transport:\s+(\S+)\s+(\w+)\s+\d+\s+\d+\s+(\S+)$", re.MULTILINE)
_ENDPOINT = re.compile(r"^ Endpoint:\s+([^\s/<]+)", re.MULTILINE)


async def ask(program: tuple[str, ...], contexts: Iterable[str]) -> Console:
    """Ask all that only the command line can say."""
    try:
        said = {name: await run(program, command) for name, command in COMMANDS.items()}
        here = {context: await run(program, f"dialplan show {context}") for context in sorted(contexts)}
    except SwitchError as error:
        return Console(failed=str(error))
    return read(said, here)


async def run(program: tuple[str, ...], command: str) -> str:
    """What one command prints. Raises SwitchError when the program cannot be run, or says nothing in time."""
    try:
        process = await asyncio.create_subprocess_exec(
            *program,
            command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
    except OSError as error:
        raise SwitchError(f"cannot run {program[0]}: {error}") from error
    try:
        async with asyncio.timeout(TIMEOUT_S):
            said, _ = await process.communicate()
    except TimeoutError as error:
        raise SwitchError(f"{command!r} took longer than {TIMEOUT_S:.0f} s") from error
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    text = said.decode(errors="replace")
    if process.returncode and "Unable to" in text:
        raise SwitchError(text.strip().splitlines()[-1])
    return text


COMMANDS = {
    "core": "core show settings",
    "modules": "module show",
    "user": f"manager show user {AMI_USER}",
    "manager": "manager show settings",
    "identifiers": "pjsip show identifiers",
    "settings": "pjsip show settings",
    "transports": "pjsip show transports",
    "endpoints": "pjsip show endpoints",
    "music": "moh show files",
    "rtp": "rtp show settings",
    "chan_sip": "sip show settings",
}


def read(said: Mapping[str, str], contexts: Mapping[str, str]) -> Console:
    """What the answers to `COMMANDS` say, and those to `dialplan show` for each context."""
    core, rtp = _settings(said["core"]), _settings(said["rtp"])
    sip = _settings(said["chan_sip"])
    folder = core.get("Configuration directory", "")
    return Console(
        modules={match[1]: match[2] == "Running" for line in said["modules"].splitlines() if (match := _module(line))},
        user=_user(said["user"]),
        declined_events=frozenset(_words(_settings(said["manager"]).get("Disabled events", ""))),
        identifiers=_identifiers(said["identifiers"]),
        settings=_settings(said["settings"]),
        transports={name: (protocol, address) for name, protocol, address in _TRANSPORT.findall(said["transports"])},
        endpoints=frozenset(_ENDPOINT.findall(said["endpoints"])),
        contexts=frozenset(name for name, text in contexts.items() if f"[ Context '{name}'" in text),
        music=_music(said["music"]),
        rtp=(int(rtp["Port start"]), int(rtp["Port end"])) if {"Port start", "Port end"} <= rtp.keys() else None,
        sip_addresses=tuple(value for key, value in sip.items() if "Bindaddress" in key and ":" in value),
        etc=Path(folder) if folder else None,
    )


def _module(line: str) -> re.Match[str] | None:
    return _MODULE.match(line)


def _settings(text: str) -> dict[str, str]:
    return {match[1]: match[2] for line in text.splitlines() if (match := _SETTING.match(line))}


def _words(text: str) -> list[str]:
    return re.findall(r"[\w-]+", text)


def _identifiers(text: str) -> tuple[str, ...]:
    """One a line; Asterisk has one whose name is `name not specified`."""
    return tuple(line.strip() for line in text.partition("Identifier Names:")[2].splitlines() if line.strip())


def _user(text: str) -> dict[str, frozenset[str]] | None:
    found = _settings(text)
    if "read perm" not in found:
        return None
    return {kind: frozenset(_words(found.get(f"{kind} perm", "")) or ()) - {"none"} for kind in ("read", "write")}


def _music(text: str) -> dict[str, int]:
    """Classes and how many files each has."""
    found: dict[str, int] = {}
    name = ""
    for line in text.splitlines():
        if line.startswith("Class: "):
            name = line.removeprefix("Class: ").strip()
            found[name] = 0
        elif name and line.strip().startswith("File:"):
            found[name] += 1
    return found
