"""The event socket: greenswitch's connection with its faults mended, in a thread of its own.

greenswitch 0.0.19 unquotes an event before it splits its lines (a caller's name could forge headers), dies with
`connected` still true, and every `send` waiting for ever, of a frame without Content-Type, of bytes that are no UTF-8
and of a stray empty line; it waits without limit for a server that says nothing, reads to the end of the world for a
Content-Length of -1, spins at an end of file inside a frame, and may send half a command. `EventSocket` replaces those
parts of its InboundESL, by public names only: how a stream is read (`frames.py`), how a command is sent and how long
its answer may take, what ends a connection. What connects and logs in, and in what order, is greenswitch's.

gevent lives in that thread alone, and patches nothing. `EslConnection` is the other side of the bridge, in asyncio:
commands go over by gevent's thread-safe callback, all that comes back by `inbox.py`. It may have *lanes*: more
connections in the same thread, on which nothing is told. The switch reads a command byte by byte and gives up its turn
after each, so that on a busy machine one connection has some hundred commands a second, and no event meanwhile.

docs/adr/greenswitch-in-one-thread.md says why.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
import threading
from collections import deque
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any
from zlib import crc32

import gevent
import structlog
from gevent.event import AsyncResult
from gevent.queue import Empty, Full, Queue
from greenswitch.esl import InboundESL, NotConnectedError

from core.errors import SwitchError, SwitchTimeoutError, SwitchUnavailableError
from telephony.freeswitch.frames import EslFrameError, Event, Frame, FrameReader, command
from telephony.freeswitch.inbox import Inbox

if TYPE_CHECKING:
    from collections.abc import Callable

CONNECT_TIMEOUT_S = 2.0
COMMAND_TIMEOUT_S = 5.0
#: A peer that said nothing for so long is asked for a sign of life, and given up when none comes in that time.
PING_INTERVAL_S = 0.7
PING_TIMEOUT_S = 1.0
#: So many times as long on a lane: a busy switch tells events all the time, but may leave a command there unread, and
#: whether the switch lives is known from the events' wire.
LANE_PATIENCE = 7.0
#: Commands that wait to be written; more are refused.
MAX_WAITING = 10_000
#: Commands that were given up, and whose answers are still to come; more end the connection.
MAX_GIVEN_UP = 100

#: The switch looks for events to tell each 20 ms, and when something comes: while vcc attends, that is by then.
NUDGE_S = 0.005

_READ_BYTES = 64 * 1024
#: So many commands are written at once.
_AT_ONCE = 100
#: A thread that wants the interpreter gets it from another one after this time; by itself Python takes 5 ms, and one
#: that reads and writes wants it some five times for each command.
_TURN_S = 0.0005
#: An empty line: the switch drops it, and looks.
_NUDGE = b"\n"
#: Answered by the event socket itself, in any state of the switch, and without effect: nothing is being logged to us.
_PING = b"nolog\n\n"

Answer = Frame | SwitchError

_log = structlog.get_logger()


class LoginRefusedError(SwitchError):
    """The event socket does not accept the password, or this machine's address."""

    code = "esl_login_refused"


@dataclass(slots=True, eq=False)
class _Command:
    """A command that is to be written, or was, and has no answer yet; `done` is None when it has, or is given up."""

    raw: bytes
    done: Callable[[Answer], None] | None
    timer: Any
    sent: bool = False

    def settle(self, answer: Answer) -> None:
        """Tell who waits, once."""
        self.timer.close()
        done, self.done = self.done, None
        if done is not None:
            done(answer)


class EventSocket(InboundESL):  # type: ignore[misc]  # greenswitch has no types
    """One connection, made, used and ended in one thread; what is not answered when it ends has failed."""

    connected: bool

    def __init__(
        self,
        host: str,
        port: int,
        password: str,
        on_event: Callable[[bytes], None],
        attends: Callable[[], bool] = lambda: False,
        *,
        patience: float = 1.0,
    ) -> None:
        """A connection that is still to be made; `on_event` gets the body of each event, without delay while `attends`
        says so. `patience`: how much longer than others the peer may be silent.
        """
        super().__init__(host, port, password, timeout=CONNECT_TIMEOUT_S)
        self.over = AsyncResult()
        self._on_event, self._attends, self._patience = on_event, attends, patience
        self._reader = FrameReader()
        self._heard = monotonic()
        self._waiting: Queue = Queue(MAX_WAITING)
        self._unanswered: deque[_Command] = deque()
        self._given_up = 0  # of the unanswered
        self._greenlets: list[gevent.Greenlet] = []

    # --- its life

    def log_in(self) -> bool:
        """Connect and log in; whether that went well. If not, the connection is over and `over` says why."""
        login = gevent.spawn(self._guarded, self._log_in)
        gevent.wait([login, self.over], count=1)
        if self.over.ready():
            login.kill()
            return False
        self._spawn(self._watch)
        return True

    def _log_in(self) -> None:
        try:
            with gevent.Timeout(CONNECT_TIMEOUT_S):
                self.connect()
        except gevent.Timeout:
            said = self._reader.rest() or "nothing"
            raise SwitchUnavailableError(f"cannot connect: the switch said {said} in {CONNECT_TIMEOUT_S:g} s") from None
        except (OSError, NotConnectedError) as error:
            raise SwitchUnavailableError(f"cannot connect: {error}") from error

    def start_event_handlers(self) -> None:
        """Called by greenswitch when the socket is connected."""
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._heard = monotonic()
        self._spawn(self.receive_events)
        self._spawn(self._write)

    def _spawn(self, work: Callable[[], None]) -> None:
        self._greenlets.append(gevent.spawn(self._guarded, work))

    def _guarded(self, work: Callable[[], None]) -> None:
        """Do `work`; whatever goes wrong in it ends the connection, and no connection goes on without it."""
        try:
            work()
        except SwitchError as error:
            why = error
        except OSError as error:
            why = SwitchUnavailableError(f"the switch ended the connection ({error})")
        except Exception as error:  # noqa: BLE001 - else nobody would ever know that nobody reads
            _log.exception("the wire to the switch broke")
            why = SwitchError(f"the wire to the switch broke: {error!r}")
        else:
            return
        self.fail(why)

    def authenticate(self) -> None:
        """Called by greenswitch when the switch asks for the password."""
        text = self.send(command([f"auth {self.password}"]), CONNECT_TIMEOUT_S).headers.get("Reply-Text", "")
        if not text.startswith("+OK"):
            raise LoginRefusedError(
                f"the event socket refused the login: {text}; compare the password with event_socket.conf.xml"
            )

    def fail(self, error: SwitchError) -> None:
        """Give the connection up because of `error`; the first reason counts."""
        if not self.over.ready():
            self.connected = False
            self.over.set(error)

    def stop(self) -> None:
        """Let go of everything: what was not answered has failed and is never sent again."""
        self.connected = False
        gevent.killall([one for one in self._greenlets if one is not gevent.getcurrent()])
        for name in ("sock", "sock_file"):  # greenswitch makes them when it connects
            with contextlib.suppress(AttributeError, OSError):
                getattr(self, name).close()
        for one in self._unanswered:
            one.settle(_lost(one.raw, maybe_done=True))
        while not self._waiting.empty():
            one = self._waiting.get_nowait()
            one.settle(_lost(one.raw, maybe_done=False))

    # --- reading

    def receive_events(self) -> None:
        """Read to the end of the connection. Never waits for anything but the switch."""
        try:
            while data := self.sock.recv(_READ_BYTES):
                self._heard = monotonic()
                for frame in self._reader.feed(data):
                    self.handle_event(frame)
                gevent.sleep(0)  # in a flood too, commands are written
            raise SwitchUnavailableError(f"the switch ended the connection {self._reader.rest()}".rstrip())
        except (SwitchError, OSError):
            gevent.sleep(0)  # who got an answer before the end acts on it first: a refused login is why this is the end
            raise

    def handle_event(self, frame: Frame) -> None:
        """Treat one frame, of whatever kind. Raises SwitchError at the one that ends the connection."""
        kind = frame.kind
        if kind == "text/event-json":
            self._on_event(frame.body)
        elif kind in {"command/reply", "api/response"}:
            self._answered(frame)
        elif kind == "auth/request":
            super().handle_event(frame)
        elif kind == "text/rude-rejection":
            raise LoginRefusedError(f"the event socket's ACL does not let us in: {frame.text.strip()}")
        elif kind == "text/disconnect-notice" and frame.headers.get("Content-Disposition") != "linger":
            raise SwitchUnavailableError(f"the switch ended the connection: {frame.text.strip()}")

    def _answered(self, frame: Frame) -> None:
        if not self._unanswered:
            raise EslFrameError(f"an answer to nothing: {frame.headers}")
        one = self._unanswered.popleft()
        if one.done is None:
            self._given_up -= 1
        one.settle(frame)

    # --- writing

    def send(self, raw: bytes, timeout_s: float = COMMAND_TIMEOUT_S) -> Frame:
        """Have one command carried out and wait for its answer. Raises SwitchUnavailableError or SwitchTimeoutError."""
        result = AsyncResult()
        self.submit(raw, timeout_s, result.set)
        answer: Answer = result.get()
        if isinstance(answer, SwitchError):
            raise answer
        return answer

    def submit(self, raw: bytes, timeout_s: float, done: Callable[[Answer], None]) -> None:
        """Have one command carried out; `done` is called once, in the order in which the switch speaks."""
        one = _Command(raw, done, gevent.get_hub().loop.timer(timeout_s))
        if not self.connected:
            one.settle(_lost(raw, maybe_done=False))
            return
        try:
            self._waiting.put_nowait(one)
        except Full:
            one.settle(SwitchUnavailableError(f"{_name(raw)}: {MAX_WAITING} commands wait to be sent already"))
        else:
            one.timer.start(self._timed_out, one, timeout_s)

    def _timed_out(self, one: _Command, timeout_s: float) -> None:
        """Give a command up: unsent, it is not sent any more; sent, its answer is nobody's when it comes."""
        name = _name(one.raw)
        if one.sent:
            one.settle(SwitchTimeoutError(f"{name}: no answer from the switch in {timeout_s:g} s"))
            self._given_up += 1
            if self._given_up > MAX_GIVEN_UP:
                self.fail(SwitchTimeoutError(f"the switch answers nothing: {MAX_GIVEN_UP} commands were given up"))
        else:
            one.settle(SwitchUnavailableError(f"{name}: could not be sent in {timeout_s:g} s"))

    def _write(self) -> None:
        """Write commands one after the other, each whole; those that wait together at once, for after each write this
        thread has to wait for the interpreter.
        """
        while True:
            try:
                waiting = [self._waiting.get(timeout=NUDGE_S if self._attends() else None)]
            except Empty:
                self.sock.sendall(_NUDGE)
                continue
            while not self._waiting.empty() and len(waiting) < _AT_ONCE:
                waiting.append(self._waiting.get_nowait())
            wanted = [one for one in waiting if one.done is not None]
            for one in wanted:
                one.sent = True
                self._unanswered.append(one)
            self.sock.sendall(b"".join(one.raw for one in wanted))

    # --- signs of life

    def _watch(self) -> None:
        """Ask a silent peer. A busy switch may answer late but does not fall silent."""
        while True:
            silent_s = monotonic() - self._heard
            if silent_s < PING_INTERVAL_S * self._patience:
                gevent.sleep(PING_INTERVAL_S * self._patience - silent_s)
                continue
            asked = self._heard
            try:
                self.send(_PING, PING_TIMEOUT_S * self._patience)
            except SwitchError:
                if self._heard == asked:
                    silent_s = monotonic() - asked
                    raise SwitchTimeoutError(f"nothing came from the switch for {silent_s:.1f} s") from None


def _name(raw: bytes) -> str:
    """What a command is called in an error: `api uuid_kill`, `sendmsg`; never what comes after."""
    words = raw.split(b"\n", 1)[0].decode("utf-8", "replace").split(" ")
    return " ".join(words[:2]) if words[0] in {"api", "bgapi"} else words[0]


def _lost(raw: bytes, *, maybe_done: bool) -> SwitchUnavailableError:
    how = "before the answer" if maybe_done else "before it was sent"
    return SwitchUnavailableError(f"{_name(raw)}: the connection to the switch went down {how}", maybe_done=maybe_done)


@dataclass(frozen=True, slots=True)
class _Request:
    """A command on its way over the bridge."""

    raw: bytes
    timeout_s: float
    done: Callable[[Answer], None]
    about: str


class EslConnection:
    """One connection, as asyncio sees it: a thread that lives as long as the connection does.

    With `lanes`, commands about one thing go by one of so many connections besides, in order; what is refused there is
    told after the events before. The end of any of them is the end of all.

    `on_event` gets every event, `on_lost` how many could not be kept or read, `on_answer` the seconds that each answer
    took. All are called in the event loop and must not wait. `up` is done when the switch has let us in, `over`, with
    the reason, when the connection and its thread have ended and every command has been answered.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        password: str,
        on_event: Callable[[Event], None],
        on_lost: Callable[[int], None],
        on_answer: Callable[[float], None] = lambda seconds: None,
        lanes: int = 0,
    ) -> None:
        """Begin to connect, in a thread."""
        loop = asyncio.get_running_loop()
        self._address, self._password, self._on_answer = (host, port), password, on_answer
        self._lanes = lanes
        self._inbox = Inbox(loop, on_event, on_lost)
        self._lock = threading.Lock()
        self._requests: deque[_Request] = deque()
        self._end: SwitchError | None = None
        self._wake: Callable[[], None] | None = None
        #: Whether events are to come without delay; from the next command on.
        self.attends = False
        self.up: asyncio.Future[None] = loop.create_future()
        self.over: asyncio.Future[SwitchError] = loop.create_future()
        self._thread = threading.Thread(target=self._run, name=f"esl {host}:{port}", daemon=True)
        self._thread.start()

    # --- in the event loop

    def request(
        self, raw: bytes, done: Callable[[Answer], None], timeout_s: float = COMMAND_TIMEOUT_S, *, about: str = ""
    ) -> None:
        """Send a command; `done` is called once: with the answer, or with why there is none.

        Those `about` one leg are carried out in order; those about nothing in order with each other and the events, so
        that an answer is as new as these. Raises SwitchUnavailableError, and calls nobody, if there is no connection.
        """
        with self._lock:
            if self._wake is None or self._end is not None or not self.up.done():
                raise SwitchUnavailableError(f"{_name(raw)}: there is no connection to the switch")
            self._requests.append(_Request(raw, timeout_s, done, about))
            if len(self._requests) == 1:
                self._wake()

    def drop(self, error: SwitchError) -> None:
        """Give the connection up because of `error`."""
        with self._lock:
            self._end = self._end or error
            if self._wake is not None:
                self._wake()

    async def close(self) -> None:
        """End the connection and its thread; events that nobody has treated are forgotten."""
        self._inbox.close()
        self.drop(SwitchUnavailableError("the connection was closed by vcc"))
        await asyncio.wait([self.over])
        self._thread.join()

    def _answered(self, request: _Request, answer: Answer, took_s: float) -> None:
        if isinstance(answer, Frame):
            self._on_answer(took_s)
        request.done(answer)

    def _ended(self, error: SwitchError) -> None:
        if not self.over.done():
            self.over.set_result(error)

    def _logged_in(self) -> None:
        if not self.up.done():
            self.up.set_result(None)

    # --- in the thread

    def _run(self) -> None:
        sys.setswitchinterval(min(sys.getswitchinterval(), _TURN_S))
        hub = gevent.get_hub()
        wires = [EventSocket(*self._address, self._password, self._inbox.event, lambda: self.attends)]
        lane = partial(EventSocket, *self._address, self._password, _nobody, patience=LANE_PATIENCE)
        wires += [lane() for _ in range(self._lanes)]
        try:
            error = self._life(wires, partial(hub.loop.run_callback_threadsafe, self._collect, wires))
        except Exception as failure:  # noqa: BLE001 - who waits for the end has to hear of it
            _log.exception("the wire to the switch broke")
            error = SwitchError(f"the wire to the switch broke: {failure!r}")
        hub.destroy(destroy_loop=True)
        self._tell(partial(self._ended, error))

    def _life(self, wires: list[EventSocket], wake: Callable[[], None]) -> SwitchError:
        with self._lock:
            self._wake = wake
        try:
            self._collect(wires)  # it may have been dropped already
            if all(wire.log_in() for wire in wires):
                self._tell(self._logged_in)
            ended = gevent.wait([wire.over for wire in wires], count=1)
            error: SwitchError = ended[0].get()
            return error
        finally:
            with self._lock:
                self._wake = None
            self._collect(wires)
            for wire in wires:
                wire.stop()

    def _collect(self, wires: list[EventSocket]) -> None:
        """Take what came over the bridge."""
        with self._lock:
            end, requests = self._end, list(self._requests)
            self._requests.clear()
        main, *lanes = wires
        for request in requests:
            answered = partial(self._carried_out, request, monotonic())
            if lanes and request.about:
                lane = lanes[crc32(request.about.encode()) % len(lanes)]
                lane.submit(request.raw, request.timeout_s, partial(_after_events, main, answered))
            else:
                main.submit(request.raw, request.timeout_s, answered)
        if end is not None:
            main.fail(end)

    def _carried_out(self, request: _Request, began: float, answer: Answer) -> None:
        self._tell(partial(self._answered, request, answer, monotonic() - began))

    def _tell(self, what: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # the event loop is closed: nobody is there to be told
            self._inbox.tell(what)


def _nobody(event: bytes) -> None:
    """Nothing is told on a lane."""


def _after_events(main: EventSocket, done: Callable[[Answer], None], answer: Answer) -> None:
    """Pass a lane's answer on. A refusal may be because of what events tell that the switch has ready and has not
    written yet: it waits for two answers on the wire of the events, for the switch writes those between two commands
    if the second is not there yet.
    """
    if isinstance(answer, Frame) and (answer.text or answer.headers.get("Reply-Text", "")).startswith("-ERR"):
        again = partial(main.submit, _PING, PING_TIMEOUT_S, lambda _: done(answer))
        main.submit(_PING, PING_TIMEOUT_S, lambda _: again())
    else:
        done(answer)
