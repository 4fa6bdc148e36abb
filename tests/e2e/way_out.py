"""The example platform with a way out: a second trunk, behind whose carrier a test phone has every number."""

from __future__ import annotations

import shutil
from contextlib import asynccontextmanager
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from tests.lab.platform import LOOPBACK, ROOT, LabPlatform
from tests.lab.ports import reserve_ports

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.lab.pbx import AsteriskBinary

#: The trunk, and a mobile seat, whose agent has an allowed number.
TRUNK, SEAT, SEAT_NUMBER = "outside", "m1", "13900139000"


class WayOut(LabPlatform):
    """The platform; the carrier of the second trunk is at this port."""

    carrier_port = 0


@asynccontextmanager
async def way_out(folder: Path, binary: AsteriskBinary) -> AsyncIterator[WayOut]:
    """The platform, up; calls in this minute are no matter."""
    config = folder / "original"
    shutil.copytree(ROOT / "config", config)
    with (config / "tenants" / "press" / "tenant.yaml").open("a", encoding="utf-8") as tenant:
        tenant.write("\noutside: {calls_per_minute: 1000}\n")
    with (config / "phones.yaml").open("a", encoding="utf-8") as phones:
        phones.write(f"{SEAT}: {{node: bj1, name: 手机, outside: {SEAT_NUMBER}}}\n")
    with reserve_ports(1) as ports:
        port = ports.take()

        def edit(data: dict[str, Any]) -> None:
            outgoing = deepcopy(data["trunks"]["carrier"]["outgoing"])
            outgoing |= {"server": f"{LOOPBACK}:{port}", "qualify_s": 1}
            data["trunks"][TRUNK] = {"node": "bj1", "outgoing": outgoing}
            data["outside"] |= {"calls_per_minute": 1000, "routes": [{"prefixes": ["+"], "trunks": [TRUNK]}]}

        async with WayOut(folder / "lab", config=config, edit=edit, binary=binary) as lab:
            lab.carrier_port = port
            yield lab
