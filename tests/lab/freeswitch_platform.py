"""The platform of `platform.py` on a real FreeSWITCH in place of the Asterisk: all but the node's kind is the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.lab.freeswitch import FreeSwitchProcess
from tests.lab.platform import LOOPBACK, LabPlatform
from vcc.pbx import switch_secrets, write
from vcc.switch_files import render

if TYPE_CHECKING:
    from contextlib import AsyncExitStack
    from pathlib import Path

    from tests.lab.ports import PortBlock
    from vcc.lint import Bundle

_ASTERISKS_OWN = ("ami", "agi", "reload")


class FreeSwitchPlatform(LabPlatform):
    """FreeSWITCH and vcc on a copy of a configuration whose node is an Asterisk; ends with all that it started."""

    def __init__(self, folder: Path, program: Path, **more: Any) -> None:
        """`program`: FreeSWITCH's; `more`: as LabPlatform."""
        super().__init__(folder, **more)
        self._program = program

    def _write_wires(self, node: dict[str, Any], ports: PortBlock) -> None:
        for key in _ASTERISKS_OWN:
            node.pop(key, None)
        self._esl = f"{LOOPBACK}:{ports.take()}"
        node |= {"kind": "freeswitch", "esl": self._esl}

    def _render(self, bundle: Bundle) -> None:
        files = render(bundle, self.node, self.etc, secrets=switch_secrets(self.secrets), sounds={})
        write(files, self.etc)

    def switch_pid(self) -> int:
        return self.freeswitch.pid

    async def _start_switch(self, stack: AsyncExitStack) -> None:
        password = self.secrets.esl[self.node].get_secret_value()
        process = FreeSwitchProcess(
            self._program, self.etc, state=self.folder / "pbx", esl=self._esl, password=password
        )
        self.freeswitch = await stack.enter_async_context(process)
