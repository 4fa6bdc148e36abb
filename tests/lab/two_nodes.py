"""The platform of `platform.py` on two nodes: its Asterisk, and beside it a second one or a FreeSWITCH, the node `sh1`.

Calls come in at both; the phones p105 to p108 are at the second node, and p107 may come to the first. Where the second
listens is in `second`.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from telephony.asterisk.render import AsteriskPaths
from telephony.asterisk.render import render as render_asterisk
from tests.lab.freeswitch import FreeSwitchProcess
from tests.lab.pbx import AsteriskProcess
from tests.lab.platform import LOOPBACK, LabPlatform
from vcc.pbx import switch_secrets, write
from vcc.switch_files import render

if TYPE_CHECKING:
    from contextlib import AsyncExitStack
    from pathlib import Path

    from tests.lab.ports import PortBlock
    from vcc.lint import Bundle

NODE = "sh1"
PHONES = ("p105", "p106", "p107", "p108")


@dataclass(frozen=True, kw_only=True)
class Ports:
    """Where a node listens."""

    sip: int
    trunk_sip: int
    nodes_sip: int


class TwoNodes(LabPlatform):
    """Both switches and vcc; ends with all that it started."""

    def __init__(self, folder: Path, *, freeswitch: Path | None = None, **more: Any) -> None:
        """`freeswitch`: the program; None: the second node is an Asterisk too. `more`: as LabPlatform."""
        super().__init__(folder, edit=self._add, **more)
        self._freeswitch = freeswitch
        self._second_etc = folder / "second" / "etc"

    def _write_addresses(self, ports: PortBlock, outside: int, rtp: range) -> None:
        half = len(rtp) // 2
        self.second = Ports(sip=ports.take(), trunk_sip=ports.take(), nodes_sip=ports.take())
        self.nodes_sip = ports.take()
        self._wires = [f"{LOOPBACK}:{ports.take()}" for _ in range(2)]
        self._second_rtp = rtp[half:]
        super()._write_addresses(ports, outside, rtp[:half])

    def _add(self, data: dict[str, Any]) -> None:
        ((first_name, first),) = data["nodes"].items()
        first["nodes_sip"] = f"{LOOPBACK}:{self.nodes_sip}"
        node = {
            "sip": f"{LOOPBACK}:{self.second.sip}",
            "trunk_sip": f"{LOOPBACK}:{self.second.trunk_sip}",
            "nodes_sip": f"{LOOPBACK}:{self.second.nodes_sip}",
            "rtp": [self._second_rtp[0], self._second_rtp[-1]],
            "configuration": str(self._second_etc),
        }
        if self._freeswitch is None:
            reload = [*self._binary.argv, "-C", str(self._second_etc / "asterisk.conf"), "-rx"]
            node |= {"kind": "asterisk", "ami": self._wires[0], "agi": self._wires[1], "reload": reload}
        else:
            node |= {"kind": "freeswitch", "esl": self._wires[0]}
        data["nodes"][NODE] = node
        carrier = deepcopy(next(iter(data["trunks"].values())))
        data["trunks"]["second"] = {key: value for key, value in carrier.items() if key != "outgoing"} | {"node": NODE}
        phones = self.config / "phones.yaml"
        accounts = yaml.safe_load(phones.read_text(encoding="utf-8"))
        for phone in PHONES:
            accounts[phone]["node"] = NODE
        accounts["p106"]["auto_answer"] = True
        accounts["p107"]["also"] = [first_name]
        phones.write_text(yaml.safe_dump(accounts, allow_unicode=True), encoding="utf-8")

    def _render(self, bundle: Bundle) -> None:
        super()._render(bundle)
        secrets = switch_secrets(self.secrets)
        if self._freeswitch is not None:
            write(render(bundle, NODE, self._second_etc, secrets=secrets, sounds={}), self._second_etc)
            return
        state = self.folder / "second"
        for name in ("lib", "spool", "run", "log", "keys", "db"):
            (state / name).mkdir(parents=True, exist_ok=True)
        files = render_asterisk(
            bundle.platform,
            NODE,
            secrets=secrets,
            music_dirs=bundle.music(),
            fallbacks={},
            base=AsteriskPaths(
                etc=self._second_etc, state=state, modules=self._binary.modules_dir, data=self._binary.data_dir
            ),
            version=self._binary.version,
        )
        write(files, self._second_etc)

    async def _start_switch(self, stack: AsyncExitStack) -> None:
        await super()._start_switch(stack)
        self.other: AsteriskProcess | FreeSwitchProcess
        if self._freeswitch is None:
            self.other = AsteriskProcess(self._binary, self._second_etc)
        else:
            password = self.secrets.esl[NODE].get_secret_value()
            self.other = FreeSwitchProcess(
                self._freeswitch,
                self._second_etc,
                state=self.folder / "second" / "state",
                esl=self._wires[0],
                password=password,
            )
        await stack.enter_async_context(self.other)
