"""app_queue on an Asterisk of its own: the same program, phones, trunk, codecs and music; only who decides differs.

What vcc renders for its switch is taken as it is, but for the dial plan (`Answer`, `Queue`), the queues, and the wires
to vcc, which are not there. app_queue gets the settings that are best for it: see `queues_conf`.
"""

from __future__ import annotations

import shutil
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Self

import yaml

from telephony.asterisk.render import AsteriskPaths, render
from telephony.asterisk.templates.words import music_class, trunk_context
from tenancy.secrets import Secrets
from tests.lab.bench.folder import MUSIC, NUMBERS, TENANT, TRUNK, USER
from tests.lab.bench.settings import FEW_AGENTS, MANY_AGENTS
from tests.lab.pbx import AsteriskProcess
from tests.lab.ports import LOOPBACK, reserve_ports
from vcc.lint import check_folder
from vcc.pbx import switch_secrets, write

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from tests.lab.pbx import AsteriskBinary

_MEMBERS = {"few": FEW_AGENTS, "many": MANY_AGENTS}


class AppQueue:
    """A running Asterisk whose app_queue has the queues of the configuration in `config`."""

    def __init__(self, folder: Path, *, config: Path, secrets: Path, binary: AsteriskBinary, rtp_ports: int) -> None:
        """Keep everything in `folder`."""
        self._folder, self._original, self._secrets = folder, config, secrets
        self._binary, self._rtp_ports = binary, rtp_ports
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Set it up and start it; ready for phones and calls."""
        try:
            self._prepare()
            self.asterisk = await self._stack.enter_async_context(AsteriskProcess(self._binary, self._folder / "etc"))
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it."""
        await self._stack.aclose()

    def switch_pid(self) -> int:
        """The process of the switch."""
        return self.asterisk.pid

    def _prepare(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        config = self._folder / "config"
        shutil.copytree(self._original, config)
        ports = self._stack.enter_context(reserve_ports(self._rtp_ports + 50))
        self.sip, self.trunk_sip = ports.take(), ports.take()
        rtp = ports.take_range(self._rtp_ports)
        file = config / "platform.yaml"
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
        (node,) = data["nodes"]
        data["nodes"][node] |= {
            "sip": f"{LOOPBACK}:{self.sip}",
            "trunk_sip": f"{LOOPBACK}:{self.trunk_sip}",
            "rtp": [rtp[0], rtp[-1]],
        }
        file.write_text(yaml.safe_dump(data), encoding="utf-8")
        write(self._files(config, node), self._folder / "etc")

    def _files(self, config: Path, node: str) -> dict[str, str]:
        bundle = check_folder(config).use()
        secrets = Secrets.model_validate(yaml.safe_load(self._secrets.read_text(encoding="utf-8")))
        paths = AsteriskPaths(
            etc=self._folder / "etc",
            state=self._folder,
            modules=self._binary.modules_dir,
            data=self._binary.data_dir,
        )
        files = render(
            bundle.platform,
            node,
            secrets=switch_secrets(secrets),
            music_dirs=bundle.music(),
            fallbacks={},
            base=paths,
            version=self._binary.version,
            also_load=("app_queue",),
        )
        return files | {
            "manager.conf": "[general]\nenabled = no\n",
            "extensions.conf": extensions_conf(),
            "queues.conf": queues_conf(),
            "queuerules.conf": "[general]\n",
        }


def extensions_conf() -> str:
    """The dial plan: what is dialled on the trunk leads into its queue."""
    lines = ["[general]", "static = yes", "writeprotect = yes", "", f"[{trunk_context(TRUNK)}]"]
    for name in _MEMBERS:
        lines += [f"exten => {NUMBERS[name]},1,Answer()", f" same => n,Queue({name})", " same => n,Hangup()"]
    return "\n".join([*lines, ""])


def queues_conf() -> str:
    """The queues, with what makes app_queue fastest.

    The longest idle agent is next, as with vcc; all free agents are offered calls at once (`autofill`); no pause
    between attempts but the shortest there is (`retry`, a second), none after a call; a busy phone is never tried
    (`ringinuse`, which costs nothing, for PJSIP tells its state); nothing is said, written, stored or run beside.
    """
    lines = ["[general]", "persistentmembers = no", "autofill = yes", "shared_lastcall = no", "log_unique_id = no"]
    for name, members in _MEMBERS.items():
        lines += [
            "",
            f"[{name}]",
            "strategy = leastrecent",
            f"musicclass = {music_class(f'{TENANT}/{MUSIC}')}",
            "autofill = yes",
            "timeout = 20",
            "retry = 1",
            "wrapuptime = 0",
            "memberdelay = 0",
            "ringinuse = no",
            "maxlen = 0",
            "joinempty = yes",
            "leavewhenempty = no",
            "autopause = no",
            "reportholdtime = no",
            "announce-frequency = 0",
            "announce-position = no",
            "periodic-announce-frequency = 0",
            "setinterfacevar = no",
            "setqueueentryvar = no",
            "setqueuevar = no",
            *(f"member => PJSIP/{USER.format(number)}" for number in range(members)),
        ]
    return "\n".join([*lines, ""])
