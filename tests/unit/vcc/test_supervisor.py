"""The supervisor with real child processes: well, frozen, dying, refusing, told to stop."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from typing import TYPE_CHECKING

import pytest

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
