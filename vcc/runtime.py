"""One life of the program, in the supervisor's child: logs, signals, heartbeat, and the program until it ends."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, cast

import structlog
import uvloop

from core.errors import AddressError, ConfigurationError, VccError
from vcc import collecting
from vcc.api.app import description_text
from vcc.app import Program
from vcc.lint import check_folder
from vcc.logs import set_up
from vcc.supervisor import REFUSED
from vcc.tasks import spawn

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_log = structlog.get_logger()

#: The exit code of a life that ended for a reason outside of vcc.
FAILED = 1
#: Between two heartbeats; the supervisor's patience is a multiple of it.
_BEAT_S = 0.5


class Heartbeat:
    """A byte to the supervisor every half second, from the event loop itself: a blocked loop falls silent."""

    def __init__(self, fd: int) -> None:
        """`fd` is the pipe's end; -1: nobody listens."""
        self._fd = fd

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Beat now and from now on."""
        if self._fd < 0:
            return
        try:
            os.write(self._fd, b".")
        except OSError:
            # nobody would end us if we froze: calls are safer with the dial plan until a supervisor starts us again
            _log.critical("the supervisor is gone: ending")
            os._exit(1)
        loop.call_later(_BEAT_S, self.start, loop)


async def serve(config: Path, state: Path, secrets: Path | None, heartbeat: int) -> None:
    """Serve until SIGTERM; raises ConfigurationError if the configuration has mistakes."""
    loop = asyncio.get_running_loop()
    Heartbeat(heartbeat).start(loop)
    _when_told_to_stop(loop, cast("asyncio.Task[None]", asyncio.current_task()).cancel)
    with suppress(asyncio.CancelledError):  # told to stop while it starts: prompts to be rendered may take minutes
        await _serve(config, state, secrets)


def _when_told_to_stop(loop: asyncio.AbstractEventLoop, act: Callable[[], object]) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, act)


async def _serve(config: Path, state: Path, secrets: Path | None) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    async with Program.open(config, state, secrets) as program:
        _when_told_to_stop(loop, stop.set)
        loop.add_signal_handler(signal.SIGHUP, lambda: spawn(_reload(program), name="reload"))
        collecting.for_long()
        await stop.wait()
        loop.add_signal_handler(signal.SIGTERM, lambda: os._exit(1))  # told twice: now
        await program.drain()


async def _reload(program: Program) -> None:
    try:
        await program.reload()
    except VccError as error:
        _log.error("reload failed; the former configuration stays in force", error=str(error))


def warm_up(config: Path) -> None:
    """What is the same in every life is done before the first: modules that the first look at a configuration loads,
    what it and the API keep once they have made it. A caller who waits for the next life would wait for it too.
    """
    description_text()
    with suppress(VccError, OSError):  # the life that begins will tell
        check_folder(config)


def live(config: Path, state: Path, secrets: Path | None, heartbeat: int) -> int:
    """One life of the program; 0: ended as told, 2: refused to start, 1: something outside was missing. Raises what
    nobody expected.
    """
    set_up()
    try:
        uvloop.run(serve(config, state, secrets, heartbeat))
    except ConfigurationError as error:
        sys.stderr.write(f"{error}\nvcc does not start on a configuration with mistakes.\n")
        return REFUSED
    except AddressError as error:
        sys.stderr.write(f"{error}.\n")
        return REFUSED
    except (VccError, OSError) as error:  # a store or an address that is not to be had now: it is tried again
        _log.critical("vcc cannot go on", error=str(error), code=getattr(error, "code", "os"))
        return FAILED
    return 0
