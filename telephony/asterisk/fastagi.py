"""FastAGI: the switch's dial plan connects here once per leg, and carries out one command after the other.

A connection begins with the leg's environment, lines of `name: value` up to an empty one; from then on vcc sends a
command line, and the switch a reply line. `HANGUP` may come at any time: the channel is gone, or was moved away from
this connection. Everything is bounded: a stranger who connects can neither block nor grow anything.

STREAM FILE is interrupted by the next command: then it gives no reply of its own. `AgiSession.interrupt` sends a NOOP
for that, whose reply has no `endpos`, so that it is never taken for the other.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, cast

import structlog

from core.errors import SwitchTimeoutError, SwitchUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_ENVIRONMENT_BYTES = 16 * 1024
MAX_ENVIRONMENT_LINES = 200
MAX_REPLY_BYTES = 64 * 1024
ENVIRONMENT_TIMEOUT_S = 5.0
COMMAND_TIMEOUT_S = 5.0
#: Between a connection and the first look at what came over it.
GATHER_S = 0.001
#: Between two NOOPs that shall end a STREAM FILE, and how many at the most.
NUDGE_S = 0.05
NUDGES = 40
#: Connections whose environment has not yet come; more are closed at once.
MAX_UNKNOWN = 2_000
_BACKLOG = 1_024
_DEAD_CHANNEL = 511
#: So much of what a stranger sent is logged: it ends before a caller's number could begin.
_SHOWN_BYTES = 60
#: Commands that take as long as a sound, a person or an application does: their time says nothing of the switch.
_TAKE_TIME = ("STREAM FILE ", "WAIT FOR DIGIT ", "EXEC ", "ANSWER")

_log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """The reply to a command. `result` is None if there was none; `interrupted`: the command was cut short by us."""

    code: int
    result: int | None
    text: str
    interrupted: bool = False

    @property
    def value(self) -> str:
        """What stands in parentheses: the value that GET VARIABLE found."""
        return self.text.partition("(")[2].rpartition(")")[0]

    @property
    def dead(self) -> bool:
        """Whether the switch says that the channel of this connection is gone."""
        return self.code == _DEAD_CHANNEL

    @property
    def end_position(self) -> int:
        """How many samples of a file were played; 0 if it could not be opened."""
        digits = self.text.partition("endpos=")[2].partition(" ")[0]
        return int(digits) if digits.isdecimal() else 0


def parse_reply(line: str) -> Reply | None:
    """Read `200 result=0 …`; None for a line that is no reply."""
    code, _, text = line.partition(" ")
    if len(code) != 3 or not code.isdecimal():  # noqa: PLR2004 - every code has three digits
        return None
    digits = text.partition("result=")[2].partition(" ")[0]
    sign = -1 if digits[:1] == "-" else 1
    digits = digits.removeprefix("-")
    return Reply(code=int(code), result=sign * int(digits) if digits.isdecimal() else None, text=text)


def parse_environment(raw: bytes) -> dict[str, str]:
    """Read the environment; the first value of a name counts. Raises ValueError if it is no AGI's."""
    lines = raw.decode("utf-8", "replace").split("\n")
    if len(lines) > MAX_ENVIRONMENT_LINES:
        raise ValueError(f"more than {MAX_ENVIRONMENT_LINES} lines")
    environment: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if colon and name.startswith("agi_"):
            environment.setdefault(name, value.strip(" \r"))
    missing = {"agi_uniqueid", "agi_channel", "agi_network_script"} - environment.keys()
    if missing:
        raise ValueError(f"it lacks {', '.join(sorted(missing))}")
    return environment


class AgiSession(asyncio.Protocol):
    """One connection: a leg's environment, then commands, strictly one at a time."""

    def __init__(self, server: AgiServer) -> None:
        """Made by the server for each connection."""
        self._server = server
        self._buffer = b""
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._waiting: asyncio.Future[Reply] | None = None
        self._sent: float | None = None  # when the command was that is under way, if its time counts
        self._interruptible = self._interrupting = False
        self._own_reply: Reply | None = None
        self._noops = 0  # written to interrupt, and not replied to yet
        self._nudging: asyncio.TimerHandle | None = None
        self.environment: dict[str, str] = {}
        #: The switch said HANGUP: the channel ended, or was taken from this connection.
        self.hung_up = False
        self.closed = False
        #: Called once when the connection is over.
        self.on_closed: Callable[[], None] | None = None

    # --- called by the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A connection was accepted."""
        transport = cast("asyncio.Transport", transport)  # a TCP server makes no other; uvloop's has another base
        self._transport = transport
        if not self._server.admit(self):
            self._refuse("too many connections that have not said what they are")
            return
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(
            ENVIRONMENT_TIMEOUT_S, self._refuse, f"no environment within {ENVIRONMENT_TIMEOUT_S:g} s"
        )
        loop.call_soon(self._gather)

    def _gather(self) -> None:
        """Let the environment come together: the switch writes each of its lines by itself, and each would wake us."""
        if self._transport is not None and not self.closed:
            self._transport.pause_reading()
            asyncio.get_running_loop().call_later(GATHER_S, self._read)

    def _read(self) -> None:
        if self._transport is not None and not self.closed:
            self._transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        if self.closed:
            return
        self._buffer = self._buffer + data if self._buffer else data
        if not self.environment and not self._read_environment():
            return
        *lines, self._buffer = self._buffer.split(b"\n")
        for line in lines:
            self._line(line)
        if len(self._buffer) > MAX_REPLY_BYTES:
            self._refuse("a line without end")

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is over, from whichever side."""
        if self._buffer and not self.environment:
            self._refuse("it ended in the middle of its environment")
        self._end()

    # --- the environment

    def _read_environment(self) -> bool:
        end = self._buffer.find(b"\n\n")
        if max(end, 0 if end >= 0 else len(self._buffer)) > MAX_ENVIRONMENT_BYTES:
            self._refuse(f"an environment of more than {MAX_ENVIRONMENT_BYTES} bytes")
            return False
        if end < 0:
            return False
        try:
            self.environment = parse_environment(self._buffer[:end])
        except ValueError as error:
            self._refuse(f"not an AGI environment: {error}")
            return False
        self._buffer = self._buffer[end + 2 :]
        self._stop_timer()
        self._server.known(self)
        return not self.closed

    def forget_environment(self) -> None:
        """It was read: of all that it says no more is kept, as long as the leg is here, than whose it was."""
        self.environment = {"agi_uniqueid": self.environment["agi_uniqueid"]}

    def _refuse(self, reason: str) -> None:
        if not self.closed:
            peer = self._transport.get_extra_info("peername") if self._transport else None
            came = repr(self._buffer[:_SHOWN_BYTES])
            _log.warning("a FastAGI connection was refused", reason=reason, peer=str(peer), came=came)
            self.close()

    # --- commands and replies

    async def command(self, line: str, timeout_s: float = COMMAND_TIMEOUT_S) -> Reply:
        """Have one command carried out. Raises SwitchUnavailableError when the connection ends before the reply,
        SwitchTimeoutError (and ends the connection, whose order of replies is lost) when none comes in time.
        """
        if self.closed or self._transport is None:
            raise SwitchUnavailableError("the leg's connection is over")
        if self._waiting is not None:
            raise RuntimeError("two commands at once on one AGI connection")
        if "\n" in line or "\r" in line or "\0" in line:
            raise ValueError("a command is one line")
        loop = asyncio.get_running_loop()
        waiting: asyncio.Future[Reply] = loop.create_future()
        self._waiting = waiting
        self._interruptible = line.startswith("STREAM FILE ")
        self._timer = loop.call_later(timeout_s, self._timed_out, timeout_s)
        self._sent = None if line.startswith(_TAKE_TIME) else perf_counter()
        self._transport.write(line.encode("utf-8", "replace") + b"\n")
        try:
            reply = await waiting
        except asyncio.CancelledError:
            self.close()  # the reply that is still to come would be taken for the next command's
            raise
        return reply

    def interrupt(self) -> None:
        """Cut the STREAM FILE that is under way short; nothing happens if there is none."""
        if self._waiting is not None and self._interruptible and not self.closed:
            self._interruptible, self._interrupting = False, True
            self._nudge()

    def _nudge(self, tries: int = NUDGES) -> None:
        """Write a NOOP: its arrival ends the STREAM FILE, and its reply tells that this is done.

        Asterisk reads into a buffer and then waits for more on the socket: a NOOP that it read together with the
        command before lies there unseen. So another follows while nothing happens; each gets its reply in the end.
        """
        if self.closed or not self._interrupting or self._transport is None:
            return
        self._noops += 1
        self._transport.write(b"NOOP\n")
        if tries > 1:
            loop = asyncio.get_running_loop()
            self._nudging = loop.call_later(NUDGE_S, self._nudge, tries - 1)

    def _line(self, raw: bytes) -> None:
        line = raw.decode("utf-8", "replace").rstrip("\r")
        if line.startswith("HANGUP"):
            self.hung_up = True
            return
        reply = parse_reply(line)
        if reply is None or self._waiting is None:
            return  # usage text after a 520, or the tail of a value with a line end in it
        if self._interrupting:
            if "endpos=" in line and self._own_reply is None:
                self._own_reply = reply  # it had ended by itself; the NOOP's reply is still to come
                return
            self._noops -= 1
            if self._noops > 0:
                return
            self._stop_nudging()
            own, self._own_reply, self._interrupting = self._own_reply, None, False
            reply = own or Reply(code=reply.code, result=reply.result, text=reply.text, interrupted=True)
        waiting, self._waiting = self._waiting, None
        self._stop_timer()
        if self._sent is not None:
            self._server.on_reply(perf_counter() - self._sent)
        if not waiting.done():
            waiting.set_result(reply)

    def _stop_nudging(self) -> None:
        if self._nudging is not None:
            self._nudging.cancel()
            self._nudging = None

    def _timed_out(self, timeout_s: float) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.done():
            waiting.set_exception(SwitchTimeoutError(f"no reply on the leg's connection within {timeout_s:g} s"))
        self.close()

    # --- the end

    def close(self) -> None:
        """End the connection: the dial plan goes on."""
        if self._transport is not None:
            self._transport.close()
        self._end()

    def _end(self) -> None:
        if self.closed:
            return
        self.closed = True
        self._stop_timer()
        self._stop_nudging()
        self._server.gone(self)
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.done():
            waiting.set_exception(SwitchUnavailableError("the leg's connection ended", maybe_done=True))
        if self.on_closed is not None:
            self.on_closed()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class AgiServer:
    """Listens for the dial plan; `on_session` gets each connection whose environment has come, `on_reply` the seconds
    that the reply to a command took which the switch carries out at once.
    """

    def __init__(
        self, on_session: Callable[[AgiSession], None], on_reply: Callable[[float], None] = lambda seconds: None
    ) -> None:
        """Only keep the functions; `start` listens."""
        self._on_session = on_session
        self.on_reply = on_reply
        self._server: asyncio.Server | None = None
        self._unknown: set[AgiSession] = set()
        self._known: set[AgiSession] = set()

    async def start(self, host: str, port: int) -> None:
        """Listen. Raises OSError if the address is taken."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: AgiSession(self), host, port, backlog=_BACKLOG)

    async def close(self) -> None:
        """Listen no longer and end every connection: the legs go on in the dial plan."""
        if self._server is not None:
            self._server.close()
        for session in [*self._known, *self._unknown]:
            session.on_closed = None
            session.close()
        if self._server is not None:
            await self._server.wait_closed()
            self._server = None

    def __len__(self) -> int:
        """How many connections there are."""
        return len(self._known) + len(self._unknown)

    def admit(self, session: AgiSession) -> bool:
        """Whether a new connection may stay."""
        if len(self._unknown) >= MAX_UNKNOWN:
            return False
        self._unknown.add(session)
        return True

    def known(self, session: AgiSession) -> None:
        """A connection's environment has come."""
        self._unknown.discard(session)
        self._known.add(session)
        try:
            self._on_session(session)
        except Exception:  # noqa: BLE001 - one leg must not take the listener down
            _log.exception("a FastAGI connection could not be served")
            session.close()

    def gone(self, session: AgiSession) -> None:
        """A connection is over."""
        self._unknown.discard(session)
        self._known.discard(session)
