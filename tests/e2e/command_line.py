"""vcc's own command line, run as a process beside the platform, as an operator does."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from tests.lab.platform import ROOT

if TYPE_CHECKING:
    from tests.lab.platform import LabPlatform


async def vcc(platform: LabPlatform, *words: str) -> str:
    """What a command says, which is asked of the running vcc and goes well."""
    environment = {**os.environ, "VCC_URL": platform.url, "VCC_TOKEN": platform.token()}
    process = await asyncio.create_subprocess_exec(
        str(ROOT / ".venv" / "bin" / "vcc"),
        *words,
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(30):
        said, _ = await process.communicate()
    text = said.decode()
    assert process.returncode == 0, text
    return text
