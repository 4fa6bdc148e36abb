"""Looks at a running switch, and says what does not fit."""

from __future__ import annotations

import asyncio
import socket
import time
from functools import partial
from typing import TYPE_CHECKING

from telephony.asterisk.check import asking, console, files
from telephony.asterisk.check.rules import RULES
from telephony.asterisk.check.seen import Machine, Seen
from telephony.values import is_loopback, socket_address

if TYPE_CHECKING:
    from telephony.asterisk.check.expected import Expected
    from telephony.findings import Finding

#: As long as anybody waits for a host name.
_RESOLVE_S = 3.0


async def check(expected: Expected, *, secret: str, sound: str = "") -> list[Finding]:
    """Everything that does not fit; `secret`: of vcc's manager user, `sound`: a file that the switch has to read."""
    seen = await look(expected, secret=secret, sound=sound)
    return [finding for rule in RULES for finding in rule(expected, seen)]


async def look(expected: Expected, *, secret: str, sound: str) -> Seen:
    """Ask everybody who can say something."""
    manager = await asking.ask(expected, secret, sound)
    program = expected.settings.reload
    said = await console.ask(program, expected.contexts) if program else None
    here = is_loopback(socket_address(expected.settings.ami, "ami")[0])
    etc = said.etc if said is not None and here else None
    return Seen(
        manager=manager,
        console=said,
        files=await asyncio.to_thread(files.read, etc) if etc is not None else None,
        machine=await _machine() if here else Machine(),
    )


async def _machine() -> Machine:
    """Whether this machine's own name can be resolved, and how long that takes."""
    name, began = socket.gethostname(), time.perf_counter()
    resolve = asyncio.get_running_loop().run_in_executor(None, partial(socket.getaddrinfo, name, None))
    try:
        async with asyncio.timeout(_RESOLVE_S):
            await asyncio.shield(resolve)
    except OSError:
        return Machine(host=name, resolves=False)
    except TimeoutError:
        resolve.add_done_callback(lambda done: done.cancelled() or done.exception())
        return Machine(host=name, resolves=False, seconds=_RESOLVE_S)
    return Machine(host=name, resolves=True, seconds=time.perf_counter() - began)
