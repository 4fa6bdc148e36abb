"""One connection to the event socket for a few commands, not by the adapter: `vcc pbx check`, a reload."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Self

from core.errors import SwitchError
from telephony.freeswitch.esl import COMMAND_TIMEOUT_S, Answer, EslConnection
from telephony.freeswitch.esl_client import said
from telephony.freeswitch.frames import command
from telephony.values import socket_address

if TYPE_CHECKING:
    from types import TracebackType


#: What the switch says in place of an output that is empty.
_NOTHING = "-ERR no reply"


class Console:
    """Connected within `async with`."""

    def __init__(self, address: str, password: str) -> None:
        """`address`: host:port of the event socket."""
        self._address, self._password = socket_address(address, "esl"), password
        self._connection: EslConnection | None = None

    async def __aenter__(self) -> Self:
        """Connect and log in. Raises SwitchError."""
        host, port = self._address
        connection = EslConnection(
            host=host, port=port, password=self._password, on_event=lambda event: None, on_lost=lambda count: None
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
        """What one of the switch's commands prints, be it a refusal. Raises SwitchError if there is no answer."""
        if self._connection is None:
            raise SwitchError("not connected")
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

        def done(result: Answer) -> None:
            if not answer.done():
                answer.set_result(result)

        self._connection.request(command([f"api {line}"]), done, COMMAND_TIMEOUT_S)
        result = await answer
        if isinstance(result, SwitchError):
            raise result
        text = said(result)
        return "" if text == _NOTHING else text
