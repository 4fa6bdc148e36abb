"""The example platform with a way out: a second trunk, behind whose carrier a test phone has every number."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import asynccontextmanager
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from tests.lab.freeswitch_platform import FreeSwitchPlatform
from tests.lab.phone import Phone
from tests.lab.platform import LOOPBACK, ROOT, LabPlatform
from tests.lab.ports import reserve_ports

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from tests.lab.pbx import AsteriskBinary
    from tests.lab.phone.transaction import ServerTransaction
    from tests.lab.platform import Edit

#: The trunk, and a mobile seat, whose agent has an allowed number.
TRUNK, SEAT, SEAT_NUMBER = "outside", "m1", "13900139000"


class Carrier(Phone):
    """Answers what it is asked after `slow_s`; does not answer the next `misses` questions.

    SIP repeats what was not answered, also to the next carrier at this address: that is no further question.
    """

    slow_s, misses, asked, answered = 0.0, 0, 0, 0
    _questions: ClassVar[set[str | None]] = set()

    def _on_request(self, transaction: ServerTransaction) -> None:
        if transaction.request.method != "OPTIONS":
            super()._on_request(transaction)
            return
        question = transaction.request.header("Call-ID")
        self.asked += question not in self._questions
        self._questions.add(question)
        if self.misses:
            self.misses -= 1
        else:
            asyncio.get_running_loop().call_later(self.slow_s, self._answer, transaction)

    def _answer(self, transaction: ServerTransaction) -> None:
        super()._on_request(transaction)
        self.answered += 1

    async def until_answered(self) -> None:
        """It has said once more that it is there, and what that means has been told."""
        before = self.answered
        async with asyncio.timeout(10):
            while self.answered == before:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.05)
        await asyncio.sleep(0.5)


class WayOut(LabPlatform):
    """The platform; the carrier of the second trunk is at this port."""

    carrier_port = 0


class FreeSwitchWayOut(FreeSwitchPlatform, WayOut):
    """The same on a FreeSWITCH."""


#: The kinds of switch, for a fixture that has the platform on each in turn.
BOTH = ("asterisk", pytest.param("freeswitch", marks=pytest.mark.freeswitch))


def switch_program(request: pytest.FixtureRequest, kind: str = "") -> AsteriskBinary | Path:
    """What `way_out` starts: a switch of this kind, else of the kind that is the parameter of a fixture, which has
    BOTH; skips where this machine has no FreeSWITCH.
    """
    name = "freeswitch_program" if (kind or request.param) == "freeswitch" else "asterisk_binary"
    found: AsteriskBinary | Path = request.getfixturevalue(name)
    return found


@asynccontextmanager
async def way_out(
    folder: Path,
    switch: AsteriskBinary | Path,
    *,
    qualify_s: float = 2,
    prepare: Callable[[Path], None] = lambda config: None,
    edit: Edit = lambda data: None,
) -> AsyncIterator[WayOut]:
    """The platform, up; calls in this minute are no matter. `switch`: an Asterisk, or the program of a FreeSWITCH;
    `qualify_s`: how often the carrier is asked; `prepare` changes the files of the configuration, `edit`
    platform.yaml's data.
    """
    config = folder / "original"
    shutil.copytree(ROOT / "config", config)
    with (config / "tenants" / "press" / "tenant.yaml").open("a", encoding="utf-8") as tenant:
        tenant.write("\noutside: {calls_per_minute: 1000}\n")
    with (config / "phones.yaml").open("a", encoding="utf-8") as phones:
        phones.write(f"{SEAT}: {{node: bj1, name: 手机, outside: {SEAT_NUMBER}, agents: [press/wang, press/li]}}\n")
    prepare(config)
    with reserve_ports(1) as ports:
        port = ports.take()

        def with_trunk(data: dict[str, Any]) -> None:
            outgoing = deepcopy(data["trunks"]["carrier"]["outgoing"])
            outgoing |= {"server": f"{LOOPBACK}:{port}", "qualify_s": qualify_s}
            data["trunks"][TRUNK] = {"node": "bj1", "outgoing": outgoing}
            edit(data)
            data["outside"] |= {"calls_per_minute": 1000, "routes": [{"prefixes": ["+"], "trunks": [TRUNK]}]}

        more: dict[str, Any] = {"config": config, "edit": with_trunk}
        async with (
            FreeSwitchWayOut(folder / "lab", switch, **more)
            if isinstance(switch, Path)
            else WayOut(folder / "lab", binary=switch, **more)
        ) as lab:
            lab.carrier_port = port
            yield lab
