"""The manager interface: frames in, actions out, over panoramisk's protocol with its faults mended.

panoramisk 1.4 decodes every TCP chunk by itself (a character split over two chunks is lost), sends actions that were
under way once more after a reconnect (a second Originate!), swallows OriginateResponse, writes line ends that stand in
a value as they are (a caller's name could forge headers), waits for answers without limit, and never notices a frozen
switch; its Action makes a future and sorts for each. `AmiProtocol` replaces those parts of its AMIProtocol,
`ami_client.AmiClient` all of its Manager; the protocol's life cycle is panoramisk's.

Events are plain dicts, given to one function; no task and no regular expression per event.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import perf_counter

import structlog
from panoramisk.ami_protocol import AMIProtocol

from core.errors import SwitchError, SwitchTimeoutError, SwitchUnavailableError

Frame = dict[str, str]

MAX_FRAME_BYTES = 64 * 1024
MAX_LIST_EVENTS = 50_000
ACTION_TIMEOUT_S = 5.0

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
    sent: float
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
    text = str(value)
    return text if text.isprintable() else text.translate(_CONTROLS)


def action_frame(headers: Mapping[str, object], action_id: str) -> bytes:
    """An action as it is sent; a list is several headers of one name."""
    lines = [
        f"{clean(name)}: {clean(one)}\r\n"
        for name, value in headers.items()
        for one in (value if isinstance(value, list) else (value,))
    ]
    return f"{''.join(lines)}ActionID: {action_id}\r\n\r\n".encode("utf-8", "replace")


class AmiProtocol(AMIProtocol):  # type: ignore[misc]  # panoramisk has no types
    """One connection; what is not answered when it ends has failed, and stays so.

    `on_event` gets every event that answers no list, `on_lost` why the connection ended, unless `close` ended it,
    `on_answer` after how many seconds each answer, or the beginning of a list, came.
    """

    closed: bool
    transport: asyncio.Transport

    def __init__(
        self,
        on_event: Callable[[Frame], None],
        on_lost: Callable[[SwitchError], None],
        on_answer: Callable[[float], None] = lambda seconds: None,
    ) -> None:
        """A connection that is still to be made."""
        self.heard = True
        self._on_event, self._on_lost, self._on_answer = on_event, on_lost, on_answer
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
            self._on_answer(perf_counter() - pending.sent)
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
        self._pending[action_id] = _Pending(name=name, done=done, timer=timer, sent=perf_counter())
        self.transport.write(action_frame(headers, action_id))

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
        self.fail(SwitchUnavailableError(f"the switch ended the connection{self.rest()} ({exc or 'end of file'})"))

    def rest(self) -> str:
        """What came of the frame that is under way, for an error's text; empty between two frames."""
        return f" in the middle of a frame that begins {self._buffer[:_SHOWN_BYTES]!r}" if self._buffer else ""

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
