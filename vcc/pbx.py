"""Keeping a switch's own files true to the configuration: render, write what changed, have the switch read it.

Only nodes whose configuration names a folder (`configuration:`) are kept so; the others are rendered by hand.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import structlog

from core.errors import SwitchError
from core.facts import NodeChanged
from telephony.values import RenderError
from tenancy.model import SwitchNode
from vcc.calls.arrivals import treatment_parts
from vcc.speech.voice import SpeechError
from vcc.switch_files import Reading, reading, render
from vcc.tasks import spawn

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from core.facts import Fact
    from tenancy.model import Platform
    from tenancy.secrets import Secrets
    from vcc.lint import Bundle
    from vcc.speech.cache import SpeechCache
    from vcc.speech.prompts import Prompts

_log = structlog.get_logger()

#: Names of files that the switch has still to read, one a line; beside them.
_UNREAD = ".unread"
#: A switch that could not be told is told again after these pauses; then not before it comes up, or a reload.
_AGAIN_S = (1.0, 5.0, 30.0, 120.0)


async def fallbacks(platform: Platform, prompts: Prompts, cache: SpeechCache) -> dict[str, str | None]:
    """What the switch itself says for each number while no vcc is there: a sound's path without its ending."""
    found: dict[str, str | None] = {}
    for tenant in platform.tenants.values():
        parts = treatment_parts(tenant.answers.fallback, tenant.languages)
        sounds = await prompts.ready(prompts.sounds(tenant.id), parts)
        sound = _joined(cache, sounds, tenant.id)
        found.update(dict.fromkeys(tenant.numbers, sound))
    return found


def _joined(cache: SpeechCache, sounds: tuple[str, ...], tenant: str) -> str | None:
    try:
        return cache.join(sounds).removesuffix(".wav") if sounds else None
    except SpeechError as error:
        _log.error("fallback cannot be spoken: callers get busy", tenant=tenant, error=str(error))
        return None


def switch_secrets(secrets: Secrets) -> dict[str, str]:
    """The secrets that a switch's own files need, as `telephony.asterisk.render` names them."""
    phones = {f"phone/{name}": value.get_secret_value() for name, value in secrets.phones.items()}
    phones |= {f"trunk/{name}": value.get_secret_value() for name, value in secrets.trunks.items()}
    wires = {f"ami/{name}": value.get_secret_value() for name, value in secrets.ami.items()}
    wires |= {f"esl/{name}": value.get_secret_value() for name, value in secrets.esl.items()}
    return phones | wires


class SwitchFiles:
    """The nodes' own files, and which of them their switches have still to read.

    Those are written down beside the files before they change, and struck out when the switch has read them: a switch
    that is down at that moment, and a crash between the two, lose nothing. It is told again after some pauses, when the
    node comes up, and at the next refresh.
    """

    def __init__(self) -> None:
        """Nothing is written before `refresh`."""
        self._untold: dict[str, _Untold] = {}

    async def refresh(
        self, bundle: Bundle, node: str, *, secrets: Mapping[str, str], sounds: Mapping[str, str | None]
    ) -> None:
        """Write the node's files into its folder, which is relative to the configuration's, and have the switch read
        what it has not. Raises SwitchError when the files cannot be written.
        """
        settings = bundle.platform.nodes[node]
        if not isinstance(settings, SwitchNode) or settings.configuration is None or bundle.root is None:
            return
        folder = bundle.root / settings.configuration
        await self._forget(node)
        reads = reading(settings, node, secrets)
        told = reads is None
        try:
            files = await asyncio.to_thread(render, bundle, node, folder, secrets=secrets, sounds=sounds)
            if reads is None:
                await asyncio.to_thread(write, files, folder)
            else:
                await asyncio.to_thread(_write_to_be_read, files, folder, reads)
                told = await _read(node, folder, reads)
        except (OSError, RenderError) as error:
            message = f"cannot write the files of node {node}: {error}"
            raise SwitchError(message) from error
        finally:
            if reads is not None and not told:  # also when nothing could be written: older ones may not be read yet
                self._untold[node] = _Untold(node, folder, reads)

    def note(self, fact: Fact) -> None:
        """A fact of the log: a switch that comes up is told what it missed."""
        if isinstance(fact, NodeChanged) and fact.up and (untold := self._untold.get(fact.node)) is not None:
            untold.came_up()

    async def close(self) -> None:
        """Tell nobody any more: what is not read stays written down."""
        for node in list(self._untold):
            await self._forget(node)

    async def _forget(self, node: str) -> None:
        if (untold := self._untold.pop(node, None)) is not None:
            await untold.close()


class _Untold:
    """A switch that could not be told, and is told again."""

    def __init__(self, node: str, folder: Path, reads: Reading) -> None:
        self._node, self._folder, self._reads = node, folder, reads
        self._up = asyncio.Event()
        self._task = self._begin()

    def _begin(self) -> asyncio.Task[None]:
        return spawn(self._tell_again(), name=f"what {self._node} has to read")

    def came_up(self) -> None:
        self._up.set()
        if self._task.done():
            self._task = self._begin()

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _tell_again(self) -> None:
        for pause_s in _AGAIN_S:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._up.wait()
            self._up.clear()
            if await _read(self._node, self._folder, self._reads):
                return
        _log.error("switch is not told again before it comes up", node=self._node, folder=str(self._folder))


def _write_to_be_read(files: Mapping[str, str], folder: Path, reads: Reading) -> None:
    """Write the files; before that, write down what the switch then has to read."""
    folder.mkdir(parents=True, exist_ok=True)
    if new := reads.commands.keys() & _changed(files, folder):
        _write_down(folder, _unread(folder, reads) | new)
    write(files, folder)


async def _read(node: str, folder: Path, reads: Reading) -> bool:
    """Have the switch read what it has not; whether nothing is left."""
    unread = await asyncio.to_thread(_unread, folder, reads)
    for name in [name for name in reads.commands if name in unread]:
        try:
            await reads.tell(reads.commands[name])
        except SwitchError as error:
            _log.error("switch has not read its configuration", node=node, file=name, error=str(error))
        else:
            unread.remove(name)
            await asyncio.to_thread(_write_down, folder, unread)
    return not unread


def _unread(folder: Path, reads: Reading) -> set[str]:
    """The files that the switch has still to read."""
    try:
        return reads.commands.keys() & (folder / _UNREAD).read_text(encoding="utf-8").split()
    except FileNotFoundError:
        return set()


def _write_down(folder: Path, unread: set[str]) -> None:
    target = folder / _UNREAD
    if unread:
        _replace(target, "".join(f"{name}\n" for name in sorted(unread)))
    else:
        target.unlink(missing_ok=True)


def write(files: Mapping[str, str], into: Path) -> list[str]:
    """Write the files whose text is new; their names. A file is there whole, or as it was before."""
    into.mkdir(parents=True, exist_ok=True)
    changed = _changed(files, into)
    for name in changed:
        (into / name).parent.mkdir(exist_ok=True)
        _replace(into / name, files[name])
    return changed


def _changed(files: Mapping[str, str], into: Path) -> list[str]:
    return [name for name, text in files.items() if not _has(into / name, text.encode())]


def _has(target: Path, content: bytes) -> bool:
    return target.exists() and target.read_bytes() == content


def _replace(target: Path, text: str) -> None:
    fresh = target.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)  # before there is anything in it to read
    fresh.write_text(text, encoding="utf-8")
    fresh.rename(target)
