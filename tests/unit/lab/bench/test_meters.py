"""What processes cost is read from the kernel."""

import os
import sys
import time
from pathlib import Path

import pytest

from tests.lab.bench.meters import CpuMeter, Spent, cpu_seconds, family, resident_bytes
from tests.lab.process import LabError, LabProcess

_BUSY = "import time\nwhile time.process_time() < {s}: pass\nprint('done', flush=True)\ntime.sleep(60)"


async def _until_done(process: LabProcess) -> None:
    async def done() -> bool:
        return "done" in process.log_end()

    await process.until(done, "used its time", 30)


async def test_processor_time_of_groups_of_others_and_of_what_should_rest(tmp_path: Path) -> None:
    counted = LabProcess.start("counted", [sys.executable, "-c", _BUSY.format(s=0.3)], log=tmp_path / "counted")
    resting = LabProcess.start("resting", [sys.executable, "-c", _BUSY.format(s=0.2)], log=tmp_path / "resting")
    meter = CpuMeter({"group": [counted.pid]}, [resting.pid])
    try:
        await _until_done(counted)
        await _until_done(resting)
        spent = meter.read()
    finally:
        await counted.stop()
        await resting.stop()
    assert 0.25 <= spent.by["group"] <= 0.6
    assert spent.others > -0.2  # the two are no others; what else runs here is not known
    assert spent.wall > 0.25


def test_the_share_of_others_is_of_the_whole_machine_and_never_negative() -> None:
    processors = os.cpu_count() or 1
    assert Spent(by={}, own=0, others=5.0, wall=10.0).others_share == pytest.approx(0.5 / processors)
    assert Spent(by={}, own=0, others=-1.0, wall=10.0).others_share == 0.0


async def test_a_family_is_a_process_and_its_descendants(tmp_path: Path) -> None:
    inner = "import os, time\nif os.fork(): os.fork()\nprint('done', flush=True)\ntime.sleep(60)"
    process = LabProcess.start("parent", [sys.executable, "-c", inner], log=tmp_path / "log")
    try:
        await _until_done(process)
        deadline = time.monotonic() + 5
        while len(found := family(process.pid)) < 3 and time.monotonic() < deadline:
            pass
        assert found[0] == process.pid
        assert len(set(found)) == 3
        shared = resident_bytes(process.pid)
        assert 0 < shared < process.rss_bytes()  # what is shared counts in part
    finally:
        for pid in reversed(found):
            os.kill(pid, 9)
        await process.wait(5)


def test_a_process_that_has_ended_is_told() -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    with pytest.raises(LabError, match="ended while it was measured"):
        cpu_seconds(pid)
    with pytest.raises(LabError, match="ended while it was measured"):
        resident_bytes(pid)
