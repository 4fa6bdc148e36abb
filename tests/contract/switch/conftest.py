"""The contract runs on every switch: `lab` is each of them in turn."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from telephony.port import CallMissed, LegHungUp, LegReleased, NodeUp
from tests.contract.switch.asterisk import RealLab
from tests.contract.switch.driver import SOUNDS, Lab, check_promises
from tests.contract.switch.model import ModelLab
from tests.contract.switch.simulated import SimulatedLab
from tests.integration.asterisk.rig import Pbx
from tests.integration.freeswitch.rig import FreeSwitchPbx
from tests.lab.freeswitch_running import running_freeswitch
from tests.lab.phone.melody import write_melody

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from tests.lab.pbx import AsteriskBinary


@pytest.fixture(scope="session")
def melodies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the sounds."""
    folder = tmp_path_factory.mktemp("melodies")
    for name, seconds in SOUNDS.items():
        write_melody(folder / f"{name}.wav", seconds)
    return folder


@pytest.fixture(scope="session")
def contract_pbx(asterisk_binary: AsteriskBinary, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pbx]:
    """One real Asterisk for the whole contract; each test leaves it without a channel."""
    pbx = Pbx(asterisk_binary, tmp_path_factory.mktemp("pbx"))
    asyncio.run(pbx.start())
    yield pbx
    asyncio.run(pbx.stop())


@pytest.fixture(scope="session")
def contract_freeswitch(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FreeSwitchPbx]:
    """One real FreeSWITCH for the whole contract, by VCC_FREESWITCH=host:port:password one that runs already; each test
    leaves it without a channel.
    """
    program: Path | None = None if running_freeswitch() else request.getfixturevalue("freeswitch_program")
    pbx = FreeSwitchPbx(program, tmp_path_factory.mktemp("freeswitch"))
    asyncio.run(pbx.start())
    yield pbx
    asyncio.run(pbx.stop())


@pytest.fixture(
    params=[
        "simulated",
        "model",
        pytest.param("asterisk", marks=pytest.mark.asterisk),
        pytest.param("freeswitch", marks=pytest.mark.freeswitch),
    ]
)
def make_lab(request: pytest.FixtureRequest, melodies: Path) -> Callable[[], Lab]:
    """Make a lab; what outlives the test's event loop is there already."""
    if request.param == "simulated":
        return lambda: SimulatedLab(melodies)
    if request.param == "model":
        return lambda: ModelLab(melodies)
    fixture = "contract_pbx" if request.param == "asterisk" else "contract_freeswitch"
    pbx: Pbx | FreeSwitchPbx = request.getfixturevalue(fixture)
    return lambda: RealLab(pbx, melodies)


@pytest.fixture
async def lab(make_lab: Callable[[], Lab]) -> AsyncIterator[Lab]:
    """A switch that is up, with the promises checked when all is over."""
    async with make_lab() as lab:
        await lab.fact(NodeUp)
        yield lab
        await lab.everybody_leaves()
        missed = {fact.leg for fact in lab.of(CallMissed)}  # over before they are told
        legs = {leg for fact in lab.told if (leg := getattr(fact, "leg", ""))} - missed
        gone = {fact.leg for fact in lab.told if isinstance(fact, LegHungUp | LegReleased)}
        assert legs <= gone, f"these legs did not end: {legs - gone}"
        check_promises(lab.sent, lab.told)
