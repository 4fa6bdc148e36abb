"""One connection to the event socket for a few commands, not by the adapter: `vcc pbx check`, a reload."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Any, Self

from core.errors import SwitchError, SwitchTimeoutError
from telephony.freeswitch.esl import COMMAND_TIMEOUT_S, Answer, EslConnection
from telephony.freeswitch.esl_client import said
from telephony.freeswitch.frames import command
from telephony.values import socket_address

if TYPE_CHECKING:
    from types import TracebackType

    from telephony.freeswitch.frames import Event


#: What the switch says in place of an output that is empty.
_NOTHING = "-ERR no reply"


class Console:
    """Connected within `async with`."""

    def __init__(self, address: str, password: str) -> None:
        """`address`: host:port of the event socket."""
        self._address, self._password = socket_address(address, "esl"), password
        self._connection: EslConnection | None = None
        self._jobs: dict[str, asyncio.Future[str]] = {}

    async def __aenter__(self) -> Self:
        """Connect and log in. Raises SwitchError."""
        host, port = self._address
        connection = EslConnection(
            host=host, port=port, password=self._password, on_event=self._event, on_lost=lambda count: None
        )
        try:
            ends: list[asyncio.Future[Any]] = [connection.up, connection.over]
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            if not connection.up.done():
                raise connection.over.result()
        except BaseException:
            await connection.close()
            raise
        self._connection = connection
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go."""
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def ask(self, line: str) -> str:
        """What one of the switch's commands prints, be it a refusal. Raises SwitchError if there is no answer.

        For commands that take but a moment: the switch says nothing else meanwhile, and is given up if that lasts.
        """
        return await self._send(command([f"api {line}"]))

    async def run(self, line: str, *, timeout_s: float) -> str:
        """The same for a command that may take longer. Raises SwitchError."""
        await self._send(command(["event json BACKGROUND_JOB"]))
        job = str(uuid.uuid4())
        printed: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._jobs[job] = printed
        await self._send(command([f"bgapi {line}"], Job_UUID=job))
        try:
            async with asyncio.timeout(timeout_s):
                return await printed
        except TimeoutError:
            raise SwitchTimeoutError(f"{line}: not done in {timeout_s:g} s") from None
        finally:
            del self._jobs[job]

    def _event(self, event: Event) -> None:
        printed = self._jobs.get(event.get("Job-UUID", ""))
        if printed is not None and not printed.done():
            printed.set_result(event.get("_body", "").strip())

    async def _send(self, raw: bytes) -> str:
        if self._connection is None:
            raise SwitchError("not connected")
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

        def done(result: Answer) -> None:
            if not answer.done():
                answer.set_result(result)

        self._connection.request(raw, done, COMMAND_TIMEOUT_S)
        result = await answer
        if isinstance(result, SwitchError):
            raise result
        text = said(result)
        return "" if text == _NOTHING else text
