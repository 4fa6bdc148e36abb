"""The watchdog: a process that forks the program, hears its heartbeat, and ends it when it is frozen.

    supervisor -> a life of the program (a forked child): a byte over a pipe every half second, from its event loop
      no byte for `WATCHDOG_S`   the loop is blocked or the process stopped: kill -9, the next life
      the child died             the next life, with back-off
      the child ended by itself (0)   the supervisor ends too; so it does when the first life refuses to start (2: the
                                      configuration, the API's address). A later one that does is tried
                                      again: calls are going on

The supervisor itself is killed: the kernel kills the child with it, at once. Nobody would end that one if it froze, and
a new start finds nobody there.

A frozen vcc is worse than a dead one: the switch connects to it and hears nothing, while a dead one is noticed by the
dial plan within milliseconds. Calls survive both. The program is imported here, before the fork, so that the next life
begins at once; its pages are shared with the child. The supervisor itself has one loop of `select`, no thread and no
event loop.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import gc
import json
import os
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NoReturn, cast

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

REFUSED = 2
WATCHDOG_S = 4.0
#: Until the first heartbeat: importing, before an event loop exists.
START_S = 30.0
#: After SIGTERM: how long the child may drain before it is killed, besides what its own limit says.
STOP_S = 3_700.0
_PR_SET_PDEATHSIG = 1  # of linux/prctl.h
BACK_OFF_S = (0.0, 0.1, 0.5, 1.0, 2.0, 5.0)
#: A child that lived this long was well: the back-off begins anew. Starting again at this pace burdens nobody, and the
#: calls that wait for it are better off.
WELL_S = 3.0
#: Of a supervisor that is gone already, a child that is still on its way out; then a new start may have its place.
GOING_S = 2.0
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)


#: A life of the program: gets the heartbeat's file descriptor, returns the exit code. Runs in the forked child.
Life = Callable[[int], int]


class Supervisor:
    """Keeps one life of the program going."""

    def __init__(self, life: Life, *, watchdog_s: float = WATCHDOG_S) -> None:
        """`life` is run in a forked child, again and again."""
        self._life = life
        self._watchdog_s = watchdog_s
        self._child = 0
        self._stopping_since: float | None = None
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_write, False)

    def run(self) -> int:
        """Run until told to stop; the exit code for the shell."""
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        for number in _SIGNALS:
            signal.signal(number, self._signalled)
        failures, served = 0, False
        while True:
            began = time.monotonic()
            code = self._one_life()
            if self._stopping_since is not None:
                return 0 if code in (0, -signal.SIGTERM) else 1
            if code == 0 or (code == REFUSED and not served):
                return code
            served = served or code != REFUSED
            failures = 1 if time.monotonic() - began > WELL_S else failures + 1
            pause = BACK_OFF_S[min(failures, len(BACK_OFF_S)) - 1]
            _note("vcc ended and is started again", code=code, pause_s=pause)
            if not self._pause(pause):
                return 0

    def _pause(self, seconds: float) -> bool:
        """Wait; False, at once, when told to stop."""
        due = time.monotonic() + seconds
        while self._stopping_since is None and (left := due - time.monotonic()) > 0:
            if select.select([self._wake_read], [], [], left)[0]:
                os.read(self._wake_read, 4096)
        return self._stopping_since is None

    def _signalled(self, number: int, _frame: object) -> None:
        if number == signal.SIGCHLD:
            return
        if number in (signal.SIGTERM, signal.SIGINT):
            self._stopping_since = self._stopping_since or time.monotonic()
            number = signal.SIGTERM
        if self._child:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._child, number)

    def _one_life(self) -> int:
        beat_read, beat_write = os.pipe()
        # a signal between the fork and the child's own handlers would be lost: it waits
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        supervisor = os.getpid()
        self._child = os.fork()
        if self._child == 0:
            os.close(beat_read)
            self._be_the_child(beat_write, supervisor)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        os.close(beat_write)
        try:
            if self._stopping_since is not None:  # told to stop while there was no child to tell
                os.kill(self._child, signal.SIGTERM)
            return self._watch(beat_read)
        finally:
            self._child = 0
            os.close(beat_read)

    def _be_the_child(self, beats: int, supervisor: int) -> NoReturn:
        code = 1
        try:
            _die_with(supervisor)
            signal.set_wakeup_fd(-1)
            for number in _SIGNALS:
                signal.signal(number, signal.SIG_DFL)
            signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until there is something to reload
            os.close(self._wake_read)
            os.close(self._wake_write)
            os.setsid()
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            code = self._life(beats)
        except BaseException:  # noqa: BLE001 - nothing of the child may run on into the supervisor's code
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _watch(self, beats: int) -> int:
        """Hear heartbeats until the child has ended; its exit code, negative: the signal that ended it."""
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
            ended, status = os.waitpid(self._child, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status)
            frozen = bool(open_) and time.monotonic() - heard > patience
            overdue = self._stopping_since is not None and time.monotonic() - self._stopping_since > STOP_S
            if frozen or overdue:
                os.kill(self._child, signal.SIGKILL)
                _note("vcc gave no sign of life and was killed", silent_s=round(time.monotonic() - heard, 1))
                return os.waitstatus_to_exitcode(os.waitpid(self._child, 0)[1])


def _die_with(parent: int) -> None:
    """Have the kernel kill this process when the parent's ends, however that happens, also while this one is stopped.

    Where there is no such kernel, the heartbeat that finds nobody ends the program half a second later.
    """
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:  # it ended before that was asked for
        os._exit(1)


def _lock(file: int) -> bool:
    """Take the state folder; False if a vcc runs on it. One whose supervisor is gone is waited for: it ends."""
    due = time.monotonic() + GOING_S
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() > due or _is_alive(os.pread(file, 32, 0)):
                return False
            time.sleep(0.02)
        else:
            return True


def _is_alive(written: bytes) -> bool:
    """Whether there is a process of the id that a supervisor has written; True where none is written yet."""
    try:
        os.kill(int(written), 0)
    except ProcessLookupError:
        return False
    except (ValueError, PermissionError):
        return True
    return True


def _say(text: str) -> None:
    """For the person who starts vcc."""
    sys.stderr.write(f"supervisor: {text}\n")
    sys.stderr.flush()


def _note(event: str, **values: object) -> None:
    """A line for the log, of the same form as the program's own. A log that nobody reads any more, full and blocked,
    must not keep the supervisor from its work.
    """
    if not select.select([], [sys.stderr.fileno()], [], 0)[1]:
        return
    at = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    line = {**values, "event": event, "level": "warning", "timestamp": at, "process": "supervisor"}
    sys.stderr.write(json.dumps(line) + "\n")
    sys.stderr.flush()


def spare_what_nobody_reads() -> None:
    """Import structlog without `rich`, 4 MB that it loads where they are there, for terminals; see
    docs/adr/no-terminal-in-the-server.md.
    """
    if "rich" in sys.modules:
        return
    sys.modules["rich"] = cast("ModuleType", None)
    try:
        import structlog  # noqa: F401, PLC0415 - for this
    finally:
        del sys.modules["rich"]


def main(config: Path, state: Path, secrets: Path | None = None) -> int:
    """Serve the configuration in `config`, keeping everything in `state`; the exit code for the shell.

    `secrets` is the secrets file, if it is not `secrets.yaml` in the state folder.
    """
    try:
        state.mkdir(parents=True, exist_ok=True)
        lock = os.open(state / "vcc.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if not os.access(state, os.R_OK | os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(state))
    except (FileExistsError, NotADirectoryError):
        _say(f"the state folder {state} is a file, or below one; name a folder with --state")
        return REFUSED
    except OSError as error:
        _say(f"the state folder {state} cannot be used: {error.filename}: {error.strerror}; name another with --state")
        return REFUSED
    if not _lock(lock):
        owner = os.read(lock, 32).decode(errors="replace").strip() or "another process"
        _say(f"vcc runs already on {state} (process {owner}); stop that one first or use another --state")
        return REFUSED
    os.ftruncate(lock, 0)
    os.write(lock, f"{os.getpid()}\n".encode())
    spare_what_nobody_reads()
    from vcc.runtime import live, warm_up  # noqa: PLC0415 - after the lock: a second start shall say so at once

    warm_up(config)
    # what was imported is the same in every life: a collection in the child shall not touch, and so copy, its pages
    gc.collect()
    gc.freeze()
    try:
        return Supervisor(lambda heartbeat: live(config, state, secrets, heartbeat)).run()
    finally:
        os.close(lock)
