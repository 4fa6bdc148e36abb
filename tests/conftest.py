"""What all tests share: what they need from the machine, and that nothing which they started is left behind."""

import asyncio
import contextlib
import ctypes
import os
import shutil
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import HealthCheck, configuration, settings

from tests.lab.freeswitch import MISSING, find_freeswitch
from tests.lab.pbx import STATE, AsteriskBinary, find_asterisk
from tests.lab.redis import RedisServer

ROOT = Path(__file__).resolve().parents[1]
E2E = ROOT / "tests" / "e2e"
PR_SET_CHILD_SUBREAPER = 36
_END_GRACE_S = 2.0

configuration.set_hypothesis_home_dir(str(STATE / "cache" / "hypothesis"))
#: How long an example takes on the clock says how busy the machine is, not whether the code is right.
settings.register_profile("vcc", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("vcc")


def absent(what: str) -> NoReturn:
    """Skip the test, saying what is absent; fail it under `./run test`, which sees to it that nothing is."""
    if os.environ.get("VCC_LAB"):
        pytest.fail(f"{what}, and ./run test should have seen to it")
    pytest.skip(f"{what}; ./run test installs it")


@pytest.fixture(scope="session", autouse=True)
def nothing_is_left_running() -> Iterator[None]:
    """Fail at the end of the session if a process that a test started, or one of its own, still runs."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)  # orphans come to us, so that they are seen
    before = _descendants(os.getpid())
    yield
    deadline = time.monotonic() + _END_GRACE_S
    while (left := _descendants(os.getpid()) - before) and time.monotonic() < deadline:
        time.sleep(0.05)
    commands = [f"{pid}: {_command(pid)}" for pid in sorted(left)]
    for pid in left:
        os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)
    assert not commands, f"the tests left these processes running: {commands}"


def _descendants(ancestor: int) -> set[int]:
    """The living processes below one, from the kernel's table; those that only wait to be reaped do not count."""
    children: dict[int, list[int]] = {}
    dead: set[int] = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            pid, rest = stat.read_text().split(" (", 1)
        except (FileNotFoundError, ProcessLookupError):
            continue
        state, parent = rest.rpartition(")")[2].split()[:2]
        children.setdefault(int(parent), []).append(int(pid))
        if state == "Z":
            dead.add(int(pid))
    found: set[int] = set()
    waiting = [ancestor]
    while waiting:
        below = children.get(waiting.pop(), [])
        found.update(below)
        waiting.extend(below)
    return found - dead


def _command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()


@pytest.fixture(scope="session")
def needs_program() -> Callable[[str], str]:
    """Ask for a program by name: its path, or the test does not run."""

    def find(name: str) -> str:
        return shutil.which(name) or absent(f"there is no {name} on this machine")

    return find


@pytest.fixture(scope="session")
def asterisk_binary() -> AsteriskBinary:
    """The real Asterisk."""
    return find_asterisk() or absent("there is no Asterisk that is new enough")


@pytest.fixture(scope="session")
def freeswitch_program() -> Path:
    """The real FreeSWITCH, where there is one: `./run test` does not install it."""
    found = find_freeswitch()
    if found is None:
        pytest.skip(MISSING)
    return found


@pytest.fixture(scope="session")
def redis_server(
    tmp_path_factory: pytest.TempPathFactory, needs_program: Callable[[str], str]
) -> Iterator[RedisServer]:
    """One real Redis for the whole session."""
    needs_program("redis-check-rdb")
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    asyncio.run(server.start())
    yield server
    asyncio.run(server.stop())


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """The URL of a real Redis that is empty now."""
    with socket.create_connection(("127.0.0.1", redis_server.port), timeout=5) as connection:
        connection.sendall(b"FLUSHALL\r\n")
        assert connection.recv(64) == b"+OK\r\n"
    return redis_server.url


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real call-centre data beside the checkout; it is not part of the project."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"the real call-centre data is not beside the checkout ({folder})")
    return folder


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What has a whole platform of its own takes longest: begun last, one module would end long after all others."""
    items.sort(key=lambda item: E2E not in item.path.parents)
