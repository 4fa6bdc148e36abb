"""The supervisor with real child processes: well, frozen, dying, refusing, told to stop."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import textwrap
import time
from typing import TYPE_CHECKING

import pytest

from vcc.supervisor import _lock

if TYPE_CHECKING:
    from pathlib import Path

BEATING = """
import os, signal, sys, time
fd = HEARTBEAT
stop = []
signal.signal(signal.SIGTERM, lambda *_: stop.append(1))
os.write(fd, b".")  # until the first heartbeat it is starting, and has more time
print("life", os.getpid(), flush=True)
while not stop:
    os.write(fd, b".")
    time.sleep(0.05)
print("stopped in order", flush=True)
"""

SUPERVISING = """
import pathlib, sys
from vcc.supervisor import Supervisor

def life(heartbeat):
    try:
        exec(pathlib.Path(sys.argv[1]).read_text(), {"HEARTBEAT": heartbeat})
    except SystemExit as end:
        return end.code
    return 0

sys.exit(Supervisor(life, watchdog_s=0.5).run())
"""


class Supervised:
    """A supervisor over a script, and what the script's lives print."""

    def __init__(self, tmp_path: Path, child: str) -> None:
        script = tmp_path / "child.py"
        script.write_text(textwrap.dedent(child))
        self.process = subprocess.Popen(
            [sys.executable, "-c", SUPERVISING, str(script)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def line(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def end(self) -> tuple[int, str]:
        _, errors = self.process.communicate(timeout=20)
        return self.process.returncode, errors


def test_a_frozen_child_is_killed_and_started_again(tmp_path: Path) -> None:
    supervised = Supervised(tmp_path, BEATING)
    first = int(supervised.line().split()[1])
    os.kill(first, signal.SIGSTOP)
    frozen = time.monotonic()
    second = int(supervised.line().split()[1])
    assert second != first
    assert time.monotonic() - frozen < 5
    supervised.process.send_signal(signal.SIGTERM)
    assert supervised.line() == "stopped in order"
    code, errors = supervised.end()
    assert code == 0
    assert "no sign of life" in errors


def test_a_child_that_dies_is_started_again(tmp_path: Path) -> None:
    supervised = Supervised(tmp_path, BEATING)
    first = int(supervised.line().split()[1])
    os.kill(first, signal.SIGKILL)
    assert int(supervised.line().split()[1]) != first
    supervised.process.send_signal(signal.SIGTERM)
    assert supervised.end()[0] == 0


SILENT = """
import os, signal, time
print("life", os.getpid(), flush=True)
signal.pause()
"""


@pytest.mark.parametrize("stopped", [False, True])
def test_a_child_ends_with_its_supervisor_whatever_it_is_doing(tmp_path: Path, stopped: bool) -> None:
    """One that starts does not beat yet, one that is frozen never will: neither would notice by itself."""
    supervised = Supervised(tmp_path, SILENT)
    child = os.pidfd_open(int(supervised.line().split()[1]))
    if stopped:
        signal.pidfd_send_signal(child, signal.SIGSTOP)
    supervised.process.kill()
    try:
        assert select.select([child], [], [], 20)[0], "the child lives on without its supervisor"
    finally:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(child, signal.SIGKILL)
        os.close(child)
        supervised.end()


HOLDING = """
import fcntl, os, pathlib, sys
lock = os.open(pathlib.Path(sys.argv[1]) / "vcc.lock", os.O_RDWR | os.O_CREAT, 0o600)
fcntl.flock(lock, fcntl.LOCK_EX)
os.write(lock, sys.argv[2].encode())
print("held", flush=True)
sys.stdin.read()
"""


def held(state: Path, owner: int) -> subprocess.Popen[str]:
    """A process that has the state folder, until its input ends; `owner` is who it says to be."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(state), str(owner)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout
    assert holder.stdout.readline() == "held\n"
    return holder


@pytest.fixture
def over() -> int:
    """The id of a process that is over."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait(timeout=60)
    return process.pid


def test_a_new_start_waits_for_the_child_of_a_supervisor_that_is_gone(
    tmp_path: Path, over: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder = held(tmp_path, over)
    file = os.open(tmp_path / "vcc.lock", os.O_RDWR)

    def end_it(seconds: float) -> None:
        assert 0 < seconds < 1
        holder.communicate()

    monkeypatch.setattr("vcc.supervisor.time.sleep", end_it)
    assert _lock(file)
    os.close(file)


def test_a_new_start_gives_up_at_once_where_a_supervisor_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder = held(tmp_path, os.getpid())
    file = os.open(tmp_path / "vcc.lock", os.O_RDWR)
    monkeypatch.setattr("vcc.supervisor.time.sleep", lambda _: pytest.fail("it waited"))
    assert not _lock(file)
    os.close(file)
    holder.communicate()


@pytest.mark.parametrize(("code", "expected"), [(0, 0), (2, 2)])
def test_a_child_that_ends_by_itself_or_refuses_ends_the_supervisor(tmp_path: Path, code: int, expected: int) -> None:
    supervised = Supervised(tmp_path, f"import sys\nprint('once', flush=True)\nsys.exit({code})\n")
    assert supervised.line() == "once"
    assert supervised.end()[0] == expected


def test_told_to_stop_while_it_pauses_it_stops(tmp_path: Path) -> None:
    supervised = Supervised(tmp_path, "print('life', flush=True)\nraise SystemExit(1)\n")
    assert supervised.process.stderr
    while '"pause_s": 2.0' not in supervised.process.stderr.readline():
        pass
    supervised.process.send_signal(signal.SIGTERM)
    began = time.monotonic()
    code, _ = supervised.end()
    assert code == 0
    assert time.monotonic() - began < 1.5


def test_the_program_runs_without_what_terminals_need() -> None:
    code = (
        "import sys; from vcc.supervisor import spare_what_nobody_reads; spare_what_nobody_reads(); "
        "from vcc import runtime, logs; import structlog; logs.set_up(); "
        "assert not [name for name in sys.modules if name.startswith(('rich.', 'pygments'))]; "
        "structlog.get_logger().info('well'); import cel, rich.console"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, "well" in done.stdout + done.stderr) == (0, True), done.stderr
