"""The control port of a baresip: commands and replies, and the events that it reports.

Its messages are JSON in netstrings: `12:{"ok": true},`. A reply carries the token of its command; what carries none
is an event.
"""

import asyncio
import contextlib
import json
import re
from collections import deque
from dataclasses import dataclass
from typing import Self

from tests.lab.process import LabError

_LONGEST_MESSAGE = 1 << 20
_REPLY_S = 5.0
_EVENTS_KEPT = 2_000
_COLOURS = re.compile(r"\x1b\[[\d;]*m")


@dataclass(frozen=True, kw_only=True, slots=True)
class PhoneEvent:
    """What a phone reports: `kind` such as REGISTER_OK, CALL_INCOMING, CALL_ESTABLISHED, CALL_CLOSED.

    `call` is its own id of the call, `peer` the other's SIP URI, `detail` what belongs to the kind: why it closed.
    """

    kind: str
    call: str = ""
    peer: str = ""
    direction: str = ""
    detail: str = ""


class ControlPort:
    """One connection to a control port. LabError says what was refused or did not come."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._replies: dict[str, asyncio.Future[tuple[bool, str]]] = {}
        self._asked = 0
        self._came = asyncio.Condition()
        self._unseen: deque[PhoneEvent] = deque(maxlen=_EVENTS_KEPT)
        self.history: deque[PhoneEvent] = deque(maxlen=_EVENTS_KEPT)
        self._reading = asyncio.create_task(self._read(reader), name="baresip-control")

    @classmethod
    async def connect(cls, host: str, port: int) -> Self:
        """Connect; OSError while nobody listens there."""
        return cls(*await asyncio.open_connection(host, port, limit=_LONGEST_MESSAGE))

    async def close(self) -> None:
        """End the connection."""
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
        self._writer.close()

    async def command(self, name: str, parameters: str = "") -> str:
        """Give a command and return what it says."""
        self._asked += 1
        token = str(self._asked)
        reply: asyncio.Future[tuple[bool, str]] = asyncio.get_running_loop().create_future()
        self._replies[token] = reply
        message = json.dumps({"command": name, "params": parameters, "token": token}).encode()
        self._writer.write(b"%d:%s," % (len(message), message))
        try:
            async with asyncio.timeout(_REPLY_S):
                done, said = await reply
        except TimeoutError:
            raise LabError(f"no reply to {name!r} within {_REPLY_S:g} s") from None
        finally:
            del self._replies[token]
        if not done:
            raise LabError(f"{name!r} was refused: {said}")
        return said

    async def expect(self, kinds: tuple[str, ...], timeout: float) -> PhoneEvent:
        """The next event of one of these kinds that nobody has taken yet, whether it came already or comes."""
        try:
            async with asyncio.timeout(timeout), self._came:
                while (event := self._take(kinds)) is None:
                    await self._came.wait()
                return event
        except TimeoutError:
            came = ", ".join(f"{event.kind} {event.detail}".strip() for event in self.history) or "nothing"
            raise LabError(f"no {' or '.join(kinds)} within {timeout:g} s; what came: {came}") from None

    def _take(self, kinds: tuple[str, ...]) -> PhoneEvent | None:
        for event in self._unseen:
            if event.kind in kinds:
                self._unseen.remove(event)
                return event
        return None

    async def _read(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                length = int((await reader.readuntil(b":"))[:-1])
                message = json.loads(await reader.readexactly(length))
                await reader.readexactly(1)
                if message.get("response"):
                    self._settle(message)
                else:
                    await self._add(message)

    def _settle(self, message: dict[str, object]) -> None:
        reply = self._replies.get(str(message.get("token")))
        if reply is not None and not reply.done():
            reply.set_result((bool(message.get("ok")), _COLOURS.sub("", str(message.get("data", "")))))

    async def _add(self, message: dict[str, object]) -> None:
        event = PhoneEvent(
            kind=str(message.get("type", "")),
            call=str(message.get("id", "")),
            peer=str(message.get("peeruri", "")),
            direction=str(message.get("direction", "")),
            detail=str(message.get("param", "")),
        )
        async with self._came:
            self.history.append(event)
            self._unseen.append(event)
            self._came.notify_all()
