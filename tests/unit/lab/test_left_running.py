"""The session's own check: a test that leaves a process behind does not pass unseen, and its process is ended."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

LEAVES = """
import subprocess
from tests.conftest import nothing_is_left_running

def test_that_leaves_a_grandchild() -> None:
    subprocess.run(["sh", "-c", "sleep 77.7 & echo $! > {file}"], check=True)
"""


def test_a_process_left_behind_fails_the_session_and_is_ended(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    test = tmp_path / "test_leaves.py"
    test.write_text(LEAVES.format(file=pid_file))
    answer = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-c", os.devnull, "-p", "no:cacheprovider", "--rootdir", tmp_path, test],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "the tests left these processes running" in answer.stdout
    assert "sleep 77.7" in answer.stdout
    assert answer.returncode == 1
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)
