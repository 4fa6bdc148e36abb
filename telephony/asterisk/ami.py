"""The manager interface: frames in, actions out, over panoramisk's protocol with its faults mended.

panoramisk 1.4 decodes every TCP chunk by itself (a character split over two chunks is lost), sends actions that were
under way once more after a reconnect (a second Originate!), swallows OriginateResponse, writes line ends that stand in
a value as they are (a caller's name could forge headers), waits for answers without limit, and never notices a frozen
switch. `AmiProtocol` replaces those parts of its AMIProtocol, `AmiClient` its Manager; the action's form and the
protocol's life cycle are panoramisk's.

Events are plain dicts, given to one function; no task and no regular expression per event.
"""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import structlog
from panoramisk.actions import Action
from panoramisk.ami_protocol import AMIProtocol

from core.errors import SwitchError, SwitchTimeoutError, SwitchUnavailableError

Frame = dict[str, str]

MAX_FRAME_BYTES = 64 * 1024
MAX_LIST_EVENTS = 50_000
ACTION_TIMEOUT_S = 5.0
CONNECT_TIMEOUT_S = 2.0
#: The peer is asked this often for a sign of life, and given up when none comes in that time: 4.5 s together.
PING_INTERVAL_S = 2.0
PING_TIMEOUT_S = 2.5
FIRST_RETRY_S = 0.1
LONGEST_RETRY_S = 2.0
#: After a connection that lasted longer, the pauses begin anew.
STABLE_S = 10.0

_log = structlog.get_logger()
_CONTROLS = dict.fromkeys([*range(32), 127], " ")
_END = b"\r\n\r\n"
_SHOWN_BYTES = 120


class AmiFrameError(SwitchError):
    """What came over the wire is no manager interface's frame."""

    code = "ami_frame"


class LoginRefusedError(SwitchError):
    """The manager interface does not accept the user or the secret."""

    code = "ami_login_refused"


@dataclass(frozen=True, kw_only=True, slots=True)
class AmiReply:
    """The answer to an action, and the events of a list if it asked for one."""

    fields: Frame
    events: tuple[Frame, ...] = ()

    @property
    def success(self) -> bool:
        """Whether the switch accepted the action."""
        return self.fields.get("Response") in {"Success", "Goodbye"}

    @property
    def message(self) -> str:
        """What the switch said about it."""
        return self.fields.get("Message", "")


Done = Callable[[AmiReply | SwitchError], None]


@dataclass(kw_only=True, slots=True)
class _Pending:
    """An action that was sent and not yet answered."""

    name: str
    done: Done
    timer: asyncio.TimerHandle
    head: Frame | None = None  # the response that began a list
    events: list[Frame] = field(default_factory=list)


def parse_frame(text: str) -> Frame:
    """Read one frame; a repeated header keeps its last value, a line without a header is left out."""
    frame: Frame = {}
    for line in text.split("\r\n"):
        key, colon, value = line.partition(":")
        if colon:
            frame[key] = value[1:] if value[:1] == " " else value
    return frame


def clean(value: object) -> str:
    """A value as it may be sent: control characters, line ends above all, become blanks."""
    return str(value).translate(_CONTROLS)


class AmiProtocol(AMIProtocol):  # type: ignore[misc]  # panoramisk has no types
    """One connection; what is not answered when it ends has failed, and stays so.

    `on_event` gets every event that answers no list, `on_lost` why the connection ended, unless `close` ended it.
    """

    closed: bool
    transport: asyncio.Transport

    def __init__(self, on_event: Callable[[Frame], None], on_lost: Callable[[SwitchError], None]) -> None:
        """A connection that is still to be made."""
        self.heard = True
        self._on_event, self._on_lost = on_event, on_lost
        self._buffer = b""
        self._greeted = False
        self._pending: dict[str, _Pending] = {}
        self._ids = itertools.count(1)

    def data_received(self, data: bytes) -> None:
        """Called by the event loop: cut bytes into frames before decoding, so that no character is torn apart."""
        self.heard = True
        if self.closed:
            return
        buffer = self._buffer + data if self._buffer else data
        complete, end, self._buffer = buffer.rpartition(_END)
        try:
            if end:
                for raw in complete.split(_END):
                    self._frame(raw)
            self._check_size(self._buffer)
        except AmiFrameError as error:
            self.fail(error)

    def _frame(self, raw: bytes) -> None:
        self._check_size(raw)
        if not self._greeted:
            raw = self._greeting(raw)
        frame = parse_frame(raw.decode("utf-8", "replace"))
        action_id = frame.get("ActionID")
        if action_id is not None and action_id in self._pending:
            self._answer(action_id, frame)
        elif "Event" in frame:
            self._on_event(frame)

    def _greeting(self, raw: bytes) -> bytes:
        line, _, rest = raw.partition(b"\r\n")
        if not line.startswith(b"Asterisk Call Manager/"):
            raise AmiFrameError(f"this is no manager interface of an Asterisk: it began with {line[:_SHOWN_BYTES]!r}")
        self._greeted = True
        self.version = line.decode("ascii", "replace").partition("/")[2]
        return rest

    def _check_size(self, raw: bytes) -> None:
        if len(raw) > MAX_FRAME_BYTES:
            raise AmiFrameError(f"a frame has more than {MAX_FRAME_BYTES} bytes; it begins {raw[:_SHOWN_BYTES]!r}")

    def _answer(self, action_id: str, frame: Frame) -> None:
        pending = self._pending[action_id]
        part = frame.get("EventList", "").lower()
        if "Response" in frame and "Event" not in frame:
            if part != "start":
                self._finish(action_id, AmiReply(fields=frame))
            else:
                pending.head = frame
        elif part == "complete":
            self._finish(action_id, AmiReply(fields=pending.head or frame, events=tuple(pending.events)))
        elif len(pending.events) < MAX_LIST_EVENTS:
            pending.events.append(frame)
        else:
            self._finish(action_id, SwitchError(f"{pending.name}: a list of more than {MAX_LIST_EVENTS} entries"))

    def request(self, headers: Mapping[str, object], done: Done, timeout_s: float = ACTION_TIMEOUT_S) -> None:
        """Send an action; `done` is called once: with the answer, or with why there is none.

        Raises SwitchUnavailableError, and calls nobody, if the connection is over already.
        """
        name = str(headers["Action"])
        if self.closed:
            raise SwitchUnavailableError(f"{name}: the connection to the switch is down")
        action_id = str(next(self._ids))
        timer = asyncio.get_running_loop().call_later(timeout_s, self._timed_out, action_id, timeout_s)
        self._pending[action_id] = _Pending(name=name, done=done, timer=timer)
        action = Action({**{clean(k): clean(v) for k, v in headers.items()}, "ActionID": action_id})
        self.transport.write(str(action).encode("utf-8", "replace"))

    def _timed_out(self, action_id: str, timeout_s: float) -> None:
        name = self._pending[action_id].name
        self._finish(action_id, SwitchTimeoutError(f"{name}: no answer from the switch in {timeout_s:g} s"))

    def _finish(self, action_id: str, result: AmiReply | SwitchError) -> None:
        pending = self._pending.pop(action_id)
        pending.timer.cancel()
        pending.done(result)

    def fail(self, error: SwitchError) -> None:
        """Give the connection up because of `error`."""
        if not self.closed:
            self.closed = True
            self.transport.abort()
            self._on_lost(error)
            self._fail_pending()

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the event loop when the other side, or the network, ended the connection."""
        self.fail(SwitchUnavailableError(f"the switch ended the connection ({exc or 'end of file'})"))

    def close(self) -> None:
        """Let go: what was not answered has failed and is never sent again."""
        if not self.closed:
            self.closed = True
            self.transport.close()
            self._fail_pending()

    def _fail_pending(self) -> None:
        for action_id in list(self._pending):
            name = self._pending[action_id].name
            message = f"{name}: the connection to the switch went down before the answer"
            self._finish(action_id, SwitchUnavailableError(message, maybe_done=True))


class AmiClient:
    """Keeps one connection logged in: connects, connects again with growing pauses, and asks a silent peer.

    `on_event` gets every event, `on_up` is called when the switch is logged in and fully booted, `on_down` with the
    reason when that is over. All are called in the event loop and must not wait.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        user: str,
        secret: str,
        on_event: Callable[[Frame], None],
        on_up: Callable[[], None],
        on_down: Callable[[SwitchError], None],
    ) -> None:
        """Only keep what is needed; `run` connects."""
        self._host, self._port, self._user, self._secret = host, port, user, secret
        self._on_event, self._on_up, self._on_down = on_event, on_up, on_down
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
                lambda: AmiProtocol(self._event, self._lost), self._host, self._port
            )
        reply = await self.ask({"Action": "Login", "Username": self._user, "Secret": self._secret})
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
        """An event came; an error in its treatment is seen in the log and costs nothing else."""
        if frame["Event"] == "FullyBooted" and not self._booted:
            self._booted = True
            self._on_up()
            return
        try:
            self._on_event(frame)
        except Exception:  # noqa: BLE001 - one event must not take the wire down
            _log.exception("an event of the switch could not be treated", name=frame.get("Event"))

    def _lost(self, error: SwitchError) -> None:
        """The connection is over."""
        if self._over is not None and not self._over.done():
            self._over.set_result(error)
