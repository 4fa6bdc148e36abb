"""The watchdog: a small process that starts the program, hears its heartbeat, and ends it when it is frozen.

    supervisor -> runtime (a child): a byte over a pipe every half second, from the event loop itself
      no byte for `WATCHDOG_S`   the loop is blocked or the process stopped: kill -9, start again
      the child died             start again, with back-off
      the child refused to start (exit code 2: the configuration), or ended by itself (0): the supervisor ends too

A frozen vcc is worse than a dead one: the switch connects to it and hears nothing, while a dead one is noticed by the dial
plan within milliseconds. Calls survive both. This module imports next to nothing, so that it cannot hang or grow itself.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

REFUSED = 2
WATCHDOG_S = 4.0
#: Until the first heartbeat: importing, before an event loop exists.
START_S = 30.0
#: After SIGTERM: how long the child may drain before it is killed, besides what its own limit says.
STOP_S = 3_700.0
BACK_OFF_S = (0.0, 0.1, 0.5, 1.0, 2.0, 5.0)
#: A child that lived this long was well: the back-off begins anew.
WELL_S = 30.0


class Supervisor:
    """Keeps one child process running."""

    def __init__(self, argv: Sequence[str], *, watchdog_s: float = WATCHDOG_S) -> None:
        """`argv` starts the child; `--heartbeat FD` is added to it."""
        self._argv = list(argv)
        self._watchdog_s = watchdog_s
        self._child: subprocess.Popen[bytes] | None = None
        self._stopping_since: float | None = None
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_write, False)

    def run(self) -> int:
        """Run until told to stop; the exit code for the shell."""
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, self._signalled)
        failures = 0
        while True:
            began = time.monotonic()
            code = self._one_life()
            if self._stopping_since is not None:
                return 0 if code in (0, -signal.SIGTERM) else 1
            if code in (0, REFUSED):
                return code
            failures = 1 if time.monotonic() - began > WELL_S else failures + 1
            pause = BACK_OFF_S[min(failures, len(BACK_OFF_S)) - 1]
            _say(f"vcc ended with {code}; starting it again in {pause} s")
            select.select([], [], [], pause)

    def _signalled(self, number: int, _frame: object) -> None:
        if number == signal.SIGCHLD or self._child is None:
            return
        if number in (signal.SIGTERM, signal.SIGINT):
            self._stopping_since = self._stopping_since or time.monotonic()
            number = signal.SIGTERM
        self._child.send_signal(number)

    def _one_life(self) -> int:
        beat_read, beat_write = os.pipe()
        try:
            self._child = subprocess.Popen(
                [*self._argv, "--heartbeat", str(beat_write)], pass_fds=[beat_write], start_new_session=True
            )
        finally:
            os.close(beat_write)
        if self._stopping_since is not None:  # told to stop while there was no child to tell
            self._child.send_signal(signal.SIGTERM)
        try:
            return self._watch(self._child, beat_read)
        finally:
            os.close(beat_read)

    def _watch(self, child: subprocess.Popen[bytes], beats: int) -> int:
        """Hear heartbeats until the child has ended; its exit code."""
        heard, patience, open_ = time.monotonic(), START_S, [beats]
        while True:
            left = max(0.0, heard + patience - time.monotonic()) if open_ else 1.0
            ready, _, _ = select.select([*open_, self._wake_read], [], [], left)
            if self._wake_read in ready:
                os.read(self._wake_read, 4096)
            if beats in ready:
                if os.read(beats, 4096):
                    heard, patience = time.monotonic(), self._watchdog_s
                else:
                    open_ = []  # the child is ending
            if (code := child.poll()) is not None:
                return code
            frozen = bool(open_) and time.monotonic() - heard > patience
            overdue = self._stopping_since is not None and time.monotonic() - self._stopping_since > STOP_S
            if frozen or overdue:
                _say(f"vcc gave no sign of life for {time.monotonic() - heard:.1f} s: killed")
                child.kill()
                return child.wait()


def _say(text: str) -> None:
    sys.stderr.write(f"supervisor: {text}\n")
    sys.stderr.flush()


def main(config: Path, state: Path, secrets: Path | None = None) -> int:
    """Serve the configuration in `config`, keeping everything in `state`; the exit code for the shell.

    `secrets` is the secrets file, if it is not `secrets.yaml` in the state folder.
    """
    state.mkdir(parents=True, exist_ok=True)
    lock = os.open(state / "vcc.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        owner = os.read(lock, 32).decode(errors="replace").strip() or "another process"
        _say(f"vcc runs already on {state} (process {owner}); stop that one first or use another --state")
        return REFUSED
    os.ftruncate(lock, 0)
    os.write(lock, f"{os.getpid()}\n".encode())
    argv = [sys.executable, "-m", "vcc.runtime", "--config", str(config), "--state", str(state)]
    argv += ["--secrets", str(secrets)] if secrets is not None else []
    if secrets is not None:
        argv += ["--secrets", str(secrets)]
    try:
        return Supervisor(argv).run()
    finally:
        os.close(lock)
