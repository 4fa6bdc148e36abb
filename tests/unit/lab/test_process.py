"""A program in the background ends when it is told, or when we end, and its end is told with its last words."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab.process import LabError, LabProcess, tail

STUBBORN = "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"

POLITE = (
    "import signal, sys, time; signal.signal(15, lambda *_: sys.exit(5)); print('ready', flush=True); time.sleep(60)"
)


async def said(process: LabProcess, word: str) -> None:
    async def has_said() -> bool:
        return word in process.log_end()

    await process.until(has_said, f"said {word!r}", 20)


async def test_it_is_stopped_by_its_own_id(tmp_path: Path) -> None:
    process = LabProcess.start("sleeper", ["sleep", "60"], log=tmp_path / "log")
    assert process.returncode is None
    assert await process.stop() == -signal.SIGTERM
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)


async def test_one_that_ignores_the_request_is_killed(tmp_path: Path) -> None:
    process = LabProcess.start("deaf", [sys.executable, "-c", STUBBORN], log=tmp_path / "log")
    await said(process, "deaf")
    assert await process.stop(grace_s=0.1) == -signal.SIGKILL


async def test_a_frozen_one_is_stopped_too(tmp_path: Path) -> None:
    process = LabProcess.start("frozen", [sys.executable, "-c", POLITE], log=tmp_path / "log")
    await said(process, "ready")
    process.send_signal(signal.SIGSTOP)
    assert await process.stop(grace_s=5) == 5


async def test_the_error_has_the_end_of_the_log(tmp_path: Path) -> None:
    process = LabProcess.start("talker", ["sh", "-c", "echo no such device; exit 3"], log=tmp_path / "log")
    assert await process.wait(10) == 3

    async def never() -> bool:
        return False

    with pytest.raises(LabError, match=r"talker: ended, and should have rung .*ended with 3.*\n.*no such device"):
        await process.until(never, "rung", 1)


async def test_waiting_has_a_limit(tmp_path: Path) -> None:
    process = LabProcess.start("sleeper", ["sleep", "60"], log=tmp_path / "log")
    with pytest.raises(TimeoutError):
        await process.wait(0.05)
    await process.stop()


async def test_it_sees_the_host_name_that_it_is_given(tmp_path: Path) -> None:
    show = "import socket; print(socket.gethostname())"
    process = LabProcess.start("named", [sys.executable, "-c", show], log=tmp_path / "log", hostname="127.0.0.1")
    await process.wait(10)
    ours = os.uname().nodename
    # where the machine allows no name space of its own, it keeps ours and says so if that may be slow
    assert process.log_end().splitlines()[-1] in {"127.0.0.1", ours}
    assert os.uname().nodename == ours


async def test_what_it_uses_is_measured(tmp_path: Path) -> None:
    work = "sum(range(3_000_000)); print('done', flush=True); import time; time.sleep(60)"
    process = LabProcess.start("worker", [sys.executable, "-c", work], log=tmp_path / "log")
    await said(process, "done")
    assert process.cpu_seconds() > 0.01
    assert process.rss_bytes() > 1_000_000
    await process.stop()
    assert process.cpu_seconds() == 0.0
    assert process.rss_bytes() == 0


def test_it_dies_with_the_process_that_started_it(tmp_path: Path) -> None:
    start = (
        "import os, signal; from pathlib import Path; from tests.lab.process import LabProcess\n"
        f"process = LabProcess.start('orphan', ['sleep', '60'], log=Path({str(tmp_path / 'log')!r}))\n"
        "while Path(f'/proc/{process.pid}/comm').read_text() != 'sleep\\n': pass\n"
        "print(process.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    answer = subprocess.run([sys.executable, "-c", start], capture_output=True, text=True, check=False, timeout=20)
    assert answer.returncode == -signal.SIGKILL
    try:
        descriptor = os.pidfd_open(int(answer.stdout))
    except ProcessLookupError:
        return  # it has ended already
    try:
        assert select.select([descriptor], [], [], 10)[0], "it outlived its starter"
    finally:
        os.close(descriptor)


def test_the_tail_of_a_missing_file_is_empty(tmp_path: Path) -> None:
    assert tail(tmp_path / "none", 5) == ""


async def test_one_that_ends_while_it_is_asked_is_asked_once_more(tmp_path: Path) -> None:
    process = LabProcess.start("short", ["true"], log=tmp_path / "log")
    asked = []

    async def has_ended() -> bool:
        asked.append(process.returncode)
        if len(asked) == 1:
            await process.wait(20)
            return False
        return process.returncode == 0

    await process.until(has_ended, "ended", 20)
    assert len(asked) == 2
