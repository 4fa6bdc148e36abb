"""What is particular to each kind of switch about its own files: how they are rendered, how it is told to read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import structlog

from core.errors import SwitchError
from telephony.asterisk import render as asterisk
from tenancy.model import AsteriskNode, FreeSwitchNode
from vcc.programs import ProgramError, run_program

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tenancy.model import SwitchNode
    from vcc.lint import Bundle

_log = structlog.get_logger()

#: What each kind is told when one of these files changed; the others change with the node's own settings only, and
#: those take a restart of the switch.
_ASTERISK = {
    f"{prefix}{name}": command
    for name, command in (
        ("musiconhold.conf", "moh reload"),
        ("extensions.conf", "dialplan reload"),
        ("pjsip.conf", "module reload res_pjsip.so"),
    )
    for prefix in ("", asterisk.OWN_PREFIX)
}
_TIMEOUT_S = 20.0
#: No certificate is longer.
_MOST_BYTES = 100_000


class Reading(Protocol):
    """How a switch is told to read what changed."""

    @property
    def commands(self) -> Mapping[str, str]:
        """File -> what the switch is told, in order."""
        ...

    async def tell(self, command: str) -> None:
        """Have the switch carry it out. Raises SwitchError."""
        ...


def reading(settings: SwitchNode, node: str, secrets: Mapping[str, str]) -> Reading | None:
    """The way for this node; None: its files are read by hand."""
    if isinstance(settings, AsteriskNode) and settings.reload:
        return ByProgram(settings.reload)
    if isinstance(settings, FreeSwitchNode):
        return ByEventSocket(settings.esl, secrets.get(f"esl/{node}", ""))
    return None


def render(
    bundle: Bundle, node: str, folder: Path, *, secrets: Mapping[str, str], sounds: Mapping[str, str | None]
) -> dict[str, str]:
    """The files of a node: name -> text, for `folder`. Raises RenderError, and OSError for what cannot be read.

    Reads the disk: call it outside of the event loop.
    """
    settings = bundle.platform.nodes[node]
    if not isinstance(settings, FreeSwitchNode):
        return asterisk.render(bundle.platform, node, secrets=secrets, music_dirs=bundle.music(), fallbacks=sounds)
    from telephony.freeswitch import render as freeswitch  # noqa: PLC0415 - its memory only where it is used

    return freeswitch.render(
        bundle.platform,
        node,
        secrets=secrets,
        music={name: played(where) for name, where in bundle.music().items()},
        fallbacks=sounds,
        certificate=_certificate(settings),
        folder=str(folder.absolute()),
    )


def played(folder: Path) -> list[Path]:
    """The files of a music folder that FreeSWITCH plays."""
    from telephony.freeswitch.templates.variables import PLAYED  # noqa: PLC0415

    return sorted(file.absolute() for file in folder.iterdir() if file.suffix.lower() in PLAYED)


def _certificate(settings: FreeSwitchNode) -> str:
    """Key and certificate in one text, as FreeSWITCH wants them."""
    if settings.tls is None:
        return ""
    texts = []
    for name in (settings.tls.key, settings.tls.certificate):
        with open(name, encoding="ascii") as file:  # noqa: PTH123 - it is a configured text
            texts.append(file.read(_MOST_BYTES).strip() + "\n")
    return "".join(texts)


class ByEventSocket:
    """FreeSWITCH is told by its event socket, on a connection for the moment."""

    def __init__(self, address: str, password: str) -> None:
        """`address`: host:port."""
        self._address, self._password = address, password

    @property
    def commands(self) -> Mapping[str, str]:
        """File -> what the switch is told, in order."""
        from telephony.freeswitch.render import RESCAN  # noqa: PLC0415 - its memory only where it is used

        return {
            "vars.xml": "reloadxml",
            "dialplan.xml": "reloadxml",
            "directory.xml": "reloadxml",
            "acl.conf.xml": "reloadacl",
            "vcc-vars.xml": "reloadxml",
            "vcc-dialplan.xml": "reloadxml",
            "vcc-directory.xml": "reloadxml",
            "vcc-acl.xml": "reloadacl",
            "sofia.conf.xml": RESCAN,
            "vcc-sofia.xml": RESCAN,
        }

    async def tell(self, command: str) -> None:
        """Have it carried out. Raises SwitchError."""
        from telephony.freeswitch.console import Console  # noqa: PLC0415 - gevent only where it is used

        async with Console(self._address, self._password) as console:
            said = await console.run(command, timeout_s=_TIMEOUT_S)
        if "-ERR" in said:
            raise SwitchError(f"{command!r} failed: {said.strip()[-200:]}")
        _log.info("switch has read its configuration", command=command)


class ByProgram:
    """Asterisk is told by a program, to which the command is given as its last argument."""

    commands = _ASTERISK

    def __init__(self, program: tuple[str, ...]) -> None:
        """`program`: with its own arguments."""
        self._program = program

    async def tell(self, command: str) -> None:
        """Run it; it may not hang us. Raises SwitchError."""
        try:
            await run_program((*self._program, command), timeout_s=_TIMEOUT_S)
        except ProgramError as error:
            raise SwitchError(f"{command!r}: {error}") from error
        _log.info("switch has read its configuration", command=command)
