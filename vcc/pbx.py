"""Keeping a switch's own files true to the configuration: render, write what changed, have the switch read it.

Only nodes whose configuration names a folder (`configuration:`) are kept so; the others are rendered by hand.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import structlog

from core.errors import SwitchError
from telephony.asterisk.render import RenderError, render
from tenancy.model import AsteriskNode
from vcc.calls.arrivals import treatment_parts
from vcc.speech.voice import SpeechError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tenancy.model import Platform
    from tenancy.secrets import Secrets
    from vcc.lint import Bundle
    from vcc.speech.cache import SpeechCache
    from vcc.speech.prompts import Prompts

_log = structlog.get_logger()

#: What the switch is told when one of these files changed; the others change with the node's own settings only, and
#: those take a restart of the switch.
_RELOADS = {
    "musiconhold.conf": "moh reload",
    "extensions.conf": "dialplan reload",
    "pjsip.conf": "module reload res_pjsip.so",
}
_TIMEOUT_S = 20.0


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


async def refresh(bundle: Bundle, node: str, *, secrets: Mapping[str, str], sounds: Mapping[str, str | None]) -> None:
    """Write the node's files into its folder, which is relative to the configuration's, and have the switch read what
    changed. Raises SwitchError when the files cannot be written or the switch cannot be told.
    """
    settings = bundle.platform.nodes[node]
    if not isinstance(settings, AsteriskNode) or settings.configuration is None or bundle.root is None:
        return
    try:
        files = render(bundle.platform, node, secrets=secrets, music_dirs=bundle.music(), fallbacks=sounds)
        changed = write(files, bundle.root / settings.configuration)
    except (OSError, RenderError) as error:
        message = f"cannot write the files of node {node}: {error}"
        raise SwitchError(message) from error
    for name, command in _RELOADS.items():
        if name in changed and settings.reload:
            await _tell((*settings.reload, command))


def switch_secrets(secrets: Secrets) -> dict[str, str]:
    """The secrets that a switch's own files need, as `telephony.asterisk.render` names them."""
    phones = {f"phone/{name}": value.get_secret_value() for name, value in secrets.phones.items()}
    return phones | {f"ami/{name}": value.get_secret_value() for name, value in secrets.ami.items()}


def write(files: Mapping[str, str], into: Path) -> list[str]:
    """Write the files whose text is new; their names. A file is there whole, or as it was before."""
    into.mkdir(parents=True, exist_ok=True)
    changed = []
    for name, text in files.items():
        target = into / name
        if target.exists() and target.read_bytes() == text.encode():
            continue
        fresh = target.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        fresh.touch(mode=0o600)  # before there is anything in it to read
        fresh.write_text(text, encoding="utf-8")
        fresh.rename(target)
        changed.append(name)
    return changed


async def _tell(argv: tuple[str, ...]) -> None:
    """Run the node's reload program; it may not hang us."""
    try:
        process = await asyncio.create_subprocess_exec(
            *argv, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
    except OSError as error:
        message = f"cannot run {argv[0]}: {error}"
        raise SwitchError(message) from error
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            said, _ = await process.communicate()
    except TimeoutError as error:
        message = f"{argv[-1]!r} took longer than {_TIMEOUT_S:.0f} s"
        raise SwitchError(message) from error
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode:
        message = f"{argv[-1]!r} failed: {said.decode(errors='replace').strip()[-200:]}"
        raise SwitchError(message)
    _log.info("switch has read its configuration", command=argv[-1])
