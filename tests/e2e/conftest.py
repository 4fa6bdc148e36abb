"""Calls on the example platform, on a real Asterisk, with test phones; one platform for a module."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest_asyncio

from tests.lab.platform import LabPlatform
from tests.lab.stage import Stage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import pytest

    from tests.lab.pbx import AsteriskBinary


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def platform(
    asterisk_binary: AsteriskBinary, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[LabPlatform]:
    """The example platform, up."""
    async with LabPlatform(tmp_path_factory.mktemp("e2e"), binary=asterisk_binary) as platform:
        yield platform


@pytest_asyncio.fixture(loop_scope="module")
async def stage(platform: LabPlatform) -> AsyncIterator[Stage]:
    """Nobody is signed in at the beginning, and nobody is left at the end."""
    async with Stage(platform) as stage:
        yield stage
        await stage.everybody_leaves()
