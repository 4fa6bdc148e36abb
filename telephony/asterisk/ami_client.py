"""Keeps the manager's wire up: connects, logs in, connects again with growing pauses, and asks for signs of life."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

import structlog

from core.errors import SwitchError, SwitchTimeoutError, SwitchUnavailableError
from telephony.asterisk.ami import ACTION_TIMEOUT_S, AmiProtocol, AmiReply, Done, Frame, LoginRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CONNECT_TIMEOUT_S = 2.0
#: The peer is asked this often for a sign of life, and given up when none comes in that time: 4.5 s together.
PING_INTERVAL_S = 2.0
PING_TIMEOUT_S = 2.5
FIRST_RETRY_S = 0.1
LONGEST_RETRY_S = 2.0
#: After a connection that lasted longer, the pauses begin anew.
STABLE_S = 10.0
#: A number of seconds has fewer digits.
_MOST_DIGITS = 12

_log = structlog.get_logger()


class AmiClient:
    """Keeps one connection logged in: connects, connects again with growing pauses, and asks a silent peer.

    `on_event` gets every event, `on_up` is called when the switch is logged in and fully booted, with the seconds that
    it runs (None: it does not say), `on_down` with the reason when that is over, `on_answer` with the seconds that the
    answer to an action took. All are called in the event loop and must not wait.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        user: str,
        secret: str,
        on_event: Callable[[Frame], None],
        on_up: Callable[[int | None], None],
        on_down: Callable[[SwitchError], None],
        on_answer: Callable[[float], None] = lambda seconds: None,
    ) -> None:
        """Only keep what is needed; `run` connects."""
        self._host, self._port, self._user, self._secret = host, port, user, secret
        self._on_event, self._on_up, self._on_down = on_event, on_up, on_down
        self._on_answer = on_answer
        self._protocol: AmiProtocol | None = None
        self._over: asyncio.Future[SwitchError] | None = None
        self._booted = False

    async def run(self) -> None:
        """Stay connected until cancelled."""
        clock, retry_s = asyncio.get_running_loop().time, FIRST_RETRY_S
        while True:
            began = clock()
            error = await self._connection()
            lasted = clock() - began > STABLE_S
            retry_s = FIRST_RETRY_S if lasted else min(retry_s * 2, LONGEST_RETRY_S)
            _log.warning(
                "no connection to the switch", host=self._host, port=self._port, reason=str(error), retry_s=retry_s
            )
            await asyncio.sleep(retry_s * random.uniform(0.5, 1.0))  # noqa: S311 - spreads load, hides nothing

    async def _connection(self) -> SwitchError:
        """One connection from beginning to end: why it ended."""
        loop = asyncio.get_running_loop()
        self._over, self._booted = loop.create_future(), False
        try:
            await self._connect()
            error = await self._watched()
        except (OSError, TimeoutError) as failure:
            error = SwitchUnavailableError(f"cannot connect: {failure or 'no answer'}")
        except SwitchError as failure:
            error = failure
        finally:
            protocol, self._protocol = self._protocol, None
            if protocol is not None:
                protocol.close()
        was_up, self._booted = self._booted, False
        if was_up:
            self._on_down(error)
        return error

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            _, self._protocol = await loop.create_connection(
                lambda: AmiProtocol(self._event, self._lost, self._on_answer), self._host, self._port
            )
        try:
            login = {"Action": "Login", "Username": self._user, "Secret": self._secret}
            reply = await self.ask(login, timeout_s=ACTION_TIMEOUT_S)
        except SwitchTimeoutError as error:
            raise SwitchTimeoutError(f"{error}{self._protocol.rest()}") from None
        if not reply.success:
            raise LoginRefusedError(
                f"the switch refused the login of user {self._user!r}: {reply.message}; "
                "compare the secret with manager.conf"
            )

    async def _watched(self) -> SwitchError:
        """Wait for the end of the connection, asking for signs of life."""
        assert self._over is not None  # noqa: S101 - set in _connection
        while True:
            done, _ = await asyncio.wait([self._over], timeout=PING_INTERVAL_S)
            if done:
                return self._over.result()
            await self._ask_for_life()

    async def _ask_for_life(self) -> None:
        """Raises SwitchTimeoutError if nothing at all comes; a busy switch may answer late but does not fall silent."""
        protocol = self._protocol
        if protocol is None:
            return
        protocol.heard = False
        try:
            await self.ask({"Action": "Ping"}, timeout_s=PING_TIMEOUT_S)
        except SwitchTimeoutError:
            if not protocol.heard:
                raise

    async def ask(self, headers: Mapping[str, object], *, timeout_s: float = ACTION_TIMEOUT_S) -> AmiReply:
        """Send an action and wait for its answer, with all events if it is a list.

        Raises SwitchUnavailableError or SwitchTimeoutError.
        """
        answer: asyncio.Future[AmiReply | SwitchError] = asyncio.get_running_loop().create_future()

        def done(result: AmiReply | SwitchError) -> None:
            if not answer.done():
                answer.set_result(result)

        self.send(headers, done, timeout_s=timeout_s)
        result = await answer
        if isinstance(result, SwitchError):
            raise result
        return result

    def send(self, headers: Mapping[str, object], done: Done, *, timeout_s: float = ACTION_TIMEOUT_S) -> None:
        """Send an action; `done` gets the answer or the error. Raises SwitchUnavailableError if there is no wire."""
        if self._protocol is None:
            raise SwitchUnavailableError(f"{headers['Action']}: there is no connection to the switch")
        self._protocol.request(headers, done, timeout_s)

    def drop(self, error: SwitchError) -> None:
        """Give the connection up because of `error`, and connect again."""
        if self._protocol is not None:
            self._protocol.fail(error)

    def _event(self, frame: Frame) -> None:
        """An event came."""
        if frame["Event"] == "FullyBooted" and not self._booted:
            self._booted = True
            self._on_up(uptime(frame))
        else:
            self.treat(frame)

    def treat(self, frame: Frame) -> None:
        """Give an event to `on_event`, now or again; an error there is seen in the log and costs nothing else."""
        try:
            self._on_event(frame)
        except Exception:  # noqa: BLE001 - one event must not take the wire down
            _log.exception("an event of the switch could not be treated", name=frame.get("Event"))

    def _lost(self, error: SwitchError) -> None:
        """The connection is over."""
        if self._over is not None and not self._over.done():
            self._over.set_result(error)


def uptime(booted: Frame) -> int | None:
    """The seconds that a switch runs, as it says at login; None for anything else than digits."""
    text = booted.get("Uptime", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < _MOST_DIGITS else None
