"""Asks the manager interface, logged in as vcc's user."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from typing import TYPE_CHECKING

from core.errors import SwitchError
from telephony.asterisk import translate
from telephony.asterisk.ami import ACTION_TIMEOUT_S, AmiProtocol, AmiReply, Frame
from telephony.asterisk.check import trial
from telephony.asterisk.check.seen import Manager
from telephony.asterisk.render import AMI_USER
from telephony.values import socket_address

if TYPE_CHECKING:
    from collections.abc import Mapping

    from telephony.asterisk.check.expected import Expected

CONNECT_TIMEOUT_S = 3.0
#: What the login brings and what is tried is told within this time.
HEARD_WITHIN_S = 1.0
_PRIVILEGES = re.compile(r"\(Priv: ([^)]*)\)\s*$")


class Wire:
    """One connection, and the events that came on it."""

    def __init__(self) -> None:
        """Not connected yet."""
        self.events: list[Frame] = []
        self._news = asyncio.Event()
        self._protocol: AmiProtocol | None = None

    async def connect(self, host: str, port: int) -> None:
        """Connect. Raises OSError or TimeoutError."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            _, self._protocol = await loop.create_connection(lambda: AmiProtocol(self._event, _lost), host, port)

    def close(self) -> None:
        """Let go."""
        if self._protocol is not None:
            self._protocol.close()

    async def ask(self, headers: Mapping[str, object], timeout_s: float = ACTION_TIMEOUT_S) -> AmiReply:
        """Send an action; its answer. Raises SwitchError."""
        if self._protocol is None:
            raise SwitchError("not connected")
        answer: asyncio.Future[AmiReply | SwitchError] = asyncio.get_running_loop().create_future()

        def done(result: AmiReply | SwitchError) -> None:
            if not answer.done():
                answer.set_result(result)

        self._protocol.request(headers, done, timeout_s)
        result = await answer
        if isinstance(result, SwitchError):
            raise result
        return result

    async def hears(self, name: str, within_s: float = HEARD_WITHIN_S, **fields: str) -> bool:
        """Whether an event of this name, with these values, has come or comes in this time."""

        def there() -> bool:
            return any(e["Event"] == name and all(e.get(k) == v for k, v in fields.items()) for e in self.events)

        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while not there():
                    self._news.clear()
                    await self._news.wait()
        return there()

    def _event(self, event: Frame) -> None:
        self.events.append(event)
        self._news.set()


def _lost(error: SwitchError) -> None:
    """What was asked has failed; that is told by the answer."""


async def ask(expected: Expected, secret: str, sound: str) -> Manager:
    """Ask all that the manager interface can say. `sound`: a file that the switch shall be able to read, or empty."""
    host, port = socket_address(expected.settings.ami, "ami")
    wire = Wire()
    try:
        await wire.connect(host, port)
        login = await wire.ask({"Action": "Login", "Username": AMI_USER, "Secret": secret})
        if not login.success:
            return Manager(refused=login.message, refused_user=True)
        return await _asked(wire, expected, sound)
    except (OSError, TimeoutError) as error:
        return Manager(refused=f"{error or 'no answer'}")
    except SwitchError as error:
        return Manager(refused=str(error))
    finally:
        wire.close()


async def _asked(wire: Wire, expected: Expected, sound: str) -> Manager:
    listed = await wire.ask({"Action": "ListCommands"})
    actions = {name: rights for name, text in listed.fields.items() if (rights := _rights(text)) is not None}
    settings = await wire.ask({"Action": "CoreSettings"}) if "CoreSettings" in actions else None
    clock = await _clock(wire)
    await wire.hears("FullyBooted")
    tried = None
    if translate.ORIGINATE in actions:
        tried = await trial.run(wire, expected, sound)
    return Manager(
        version=settings.fields.get("AsteriskVersion", "") if settings else "",
        actions=actions,
        clock=clock,
        heard=frozenset(event["Event"] for event in wire.events),
        trial=tried,
    )


def _rights(text: str) -> frozenset[str] | None:
    """The classes of rights in a line of ListCommands; None for a line that is none."""
    found = _PRIVILEGES.search(text)
    return frozenset(found[1].split(",")) - {"<none>"} if found else None


async def _clock(wire: Wire) -> float | None:
    """The switch's time less ours: the middle of the round trip is when it answered."""
    before = time.time()
    reply = await wire.ask({"Action": "Ping"})
    try:
        return float(reply.fields["Timestamp"]) - (before + time.time()) / 2
    except (KeyError, ValueError):
        return None
