"""Keeps the event socket up: connects, logs in, subscribes, and connects again with growing pauses."""

from __future__ import annotations

import asyncio
import random
import uuid
from typing import TYPE_CHECKING, Any

import structlog

from core.errors import SwitchError, SwitchUnavailableError
from telephony.freeswitch.esl import COMMAND_TIMEOUT_S, Answer, EslConnection
from telephony.freeswitch.frames import Event, Frame, clean, command, word

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

FIRST_RETRY_S = 0.1
LONGEST_RETRY_S = 2.0
#: After a connection that lasted longer, the pauses begin anew.
STABLE_S = 10.0

#: What the switch says in place of an output that is empty.
_NOTHING = "-ERR no reply"

_OF_APPLICATIONS = ("CHANNEL_EXECUTE", "CHANNEL_EXECUTE_COMPLETE")

#: What is asked of a leg.
_ASKS = frozenset({"uuid_exists", "uuid_dump"})

_log = structlog.get_logger()


class EslRefusedError(SwitchError):
    """The switch refused a command; `said` is what it said."""

    code = "esl_refused"

    def __init__(self, name: str, said: str) -> None:
        """Name the command and keep the switch's words."""
        self.said = said
        super().__init__(f"{name}: {said}")


class EslClient:
    """Keeps one connection logged in and subscribed.

    `on_event` gets every event as a dict of texts, in order with the answers that `send` gives; `on_up` is called when
    the switch is there and its events come; `on_down`, with the reason, when that is over; `on_lost`, with how many,
    where events are missing, because they came faster than they were treated or could not be read: ask the switch what
    is true. `on_answer` gets the seconds that an answer took. All are called in the event loop and must not wait.

    A command raises EslRefusedError if the switch refuses it, SwitchTimeoutError if it does not answer in time (it may
    have been carried out), SwitchUnavailableError if there is no connection, or it ends before the answer:
    `maybe_done` says whether the switch may have carried it out. Nothing is ever sent twice. ValueError is raised for
    an argument that holds a line end, another control character or the `%0A` form of one; `frames.clean` takes them
    out of what strangers wrote.

    The switch carries out one command after the other and tells no events meanwhile: what takes longer than a moment
    goes by `bgapi`. With `lanes` what is about one leg goes by one of so many connections besides.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        password: str,
        on_event: Callable[[Event], None],
        on_up: Callable[[], None],
        on_down: Callable[[SwitchError], None],
        on_lost: Callable[[int], None],
        on_answer: Callable[[float], None] = lambda seconds: None,
        lanes: int = 0,
    ) -> None:
        """Only keep what is needed; `run` connects."""
        if clean(password) != password:
            raise ValueError("the password of the event socket has a character that cannot be sent")
        self._host, self._port, self._password = host, port, password
        self._on_event, self._on_up, self._on_down = on_event, on_up, on_down
        self._on_lost, self._on_answer, self._lanes = on_lost, on_answer, lanes
        self._events: dict[str, None] = {}  # in the order in which they were asked for
        self._applications: dict[str, None] = {}
        self._connection: EslConnection | None = None
        self._attends = False

    # --- the life of the connection

    async def run(self) -> None:
        """Stay connected until cancelled."""
        clock, retry_s = asyncio.get_running_loop().time, FIRST_RETRY_S
        while True:
            began = clock()
            error = await self._one_connection()
            lasted = clock() - began > STABLE_S
            retry_s = FIRST_RETRY_S if lasted else min(retry_s * 2, LONGEST_RETRY_S)
            _log.warning(
                "no connection to the switch", host=self._host, port=self._port, reason=str(error), retry_s=retry_s
            )
            await asyncio.sleep(retry_s * random.uniform(0.5, 1.0))  # noqa: S311 - spreads load, hides nothing

    async def _one_connection(self) -> SwitchError:
        """One connection from beginning to end: why it ended."""
        connection = EslConnection(
            host=self._host,
            port=self._port,
            password=self._password,
            on_event=self._on_event,
            on_lost=self._on_lost,
            on_answer=self._on_answer,
            lanes=self._lanes,
        )
        try:
            await self._used(connection)
        finally:
            self._connection = None
            await connection.close()
        return connection.over.result()

    async def _used(self, connection: EslConnection) -> None:
        """What is done with a connection, until it is over."""
        both: set[asyncio.Future[Any]] = {connection.up, connection.over}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if not connection.up.done():
            return
        self._connection = connection
        connection.attends = self._attends
        try:
            await self._subscribe()
        except SwitchError as failure:
            connection.drop(failure)
            return
        self._on_up()
        await asyncio.wait([connection.over])
        self._connection = None
        self._on_down(connection.over.result())

    def drop(self, error: SwitchError) -> None:
        """Give the connection up because of `error`, and connect again."""
        if self._connection is not None:
            self._connection.drop(error)

    def attend(self, *, on: bool) -> None:
        """Have events told without delay or not, from the next command on: by itself the switch takes up to 20 ms."""
        self._attends = on
        if self._connection is not None:
            self._connection.attends = on

    # --- commands

    async def subscribe(self, *events: str, applications: Collection[str] = ()) -> None:
        """Have these events told, now and after each reconnect: `CHANNEL_ANSWER`, `sofia::register` …

        `applications`: those whose CHANNEL_EXECUTE and CHANNEL_EXECUTE_COMPLETE are told; of all, if none is named. For
        what is not told the switch writes nothing.
        """
        self._events |= dict.fromkeys(word(event) for event in events)
        self._applications |= dict.fromkeys(word(application) for application in applications)
        if self._connection is not None:
            await self._subscribe()

    async def _subscribe(self) -> None:
        """A custom event is one with `::` in its name; they stand last, after the word that begins them."""
        if self._events:
            plain = [event for event in self._events if "::" not in event]
            custom = [event for event in self._events if "::" in event]
            words = ["event json", *plain, *(["CUSTOM", *custom] if custom else [])]
            asked = [*self._filters(plain), command(words)]
            for answer in await asyncio.gather(*(self.ask(one) for one in asked)):
                _accepted("event json", answer)

    def _filters(self, plain: list[str]) -> Iterator[bytes]:
        """What fits one of them is told: an event of an application by that one's name, any other by its own."""
        if self._applications:
            for name in (*(name for name in plain if name not in _OF_APPLICATIONS), "CUSTOM"):
                yield command([f"filter Event-Name {name}"])
            for application in self._applications:
                yield command([f"filter Application {application}"])

    async def api(self, name: str, *arguments: str, timeout_s: float = COMMAND_TIMEOUT_S) -> str:
        """Have the switch carry out one of its commands: what it printed, without the line ends around it."""
        about = leg_of_command(name, *arguments)
        answer = await self.ask(command(["api", word(name), *arguments]), timeout_s=timeout_s, about=about)
        return "" if answer == _NOTHING else _accepted(f"api {name}", answer)

    async def bgapi(self, name: str, *arguments: str, job: str = "", timeout_s: float = COMMAND_TIMEOUT_S) -> str:
        """Have one of the switch's commands begun: its job's id, which stands as Job-UUID in the event BACKGROUND_JOB
        that tells the end; `job` if one is given. What the command printed is that event's `_body`.
        """
        job = word(job or str(uuid.uuid4()))
        answer = await self.ask(command(["bgapi", word(name), *arguments], Job_UUID=job), timeout_s=timeout_s)
        _accepted(f"bgapi {name}", answer)
        return job

    async def execute(
        self,
        leg: str,
        application: str,
        argument: str = "",
        *,
        event_uuid: str = "",
        lock: bool = False,
        loops: int = 1,
    ) -> None:
        """Have an application run on a channel; returns when the switch has put it into the channel's line.

        `event_uuid` stands as Application-UUID in the channel's events CHANNEL_EXECUTE and CHANNEL_EXECUTE_COMPLETE.
        With `lock` it waits for the one before; without, it interrupts it and the one before goes on after it. It runs
        `loops` times; -1: until it is interrupted.
        """
        headers = {"call_command": "execute", "execute_app_name": word(application)}
        if argument:
            headers["execute_app_arg"] = argument
        if event_uuid:
            headers["Event_UUID"] = word(event_uuid)
        if lock:
            headers["event_lock"] = "true"
        if loops != 1:
            headers["loops"] = str(loops)
        answer = await self.ask(command(["sendmsg", word(leg)], **headers), about=leg)
        _accepted(f"sendmsg {application}", answer)

    async def ask(self, raw: bytes, *, timeout_s: float = COMMAND_TIMEOUT_S, about: str = "") -> str:
        """Send a command that `frames.command` has made: what the switch answered, be it a refusal. `about`: see
        `send`.
        """
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

        def done(result: Answer) -> None:
            if not answer.done():
                answer.set_result(result)

        self.send(raw, done, timeout_s=timeout_s, about=about)
        result = await answer
        if isinstance(result, SwitchError):
            raise result
        return said(result)

    def send(
        self, raw: bytes, done: Callable[[Answer], None], *, timeout_s: float = COMMAND_TIMEOUT_S, about: str = ""
    ) -> None:
        """Send a command; `done` gets the answer or the error. Raises SwitchUnavailableError if there is no wire.

        Those `about` one leg are carried out in order, and what is refused is told after the events before it; those
        about none in order with each other and all events.
        """
        if self._connection is None:
            raise SwitchUnavailableError("there is no connection to the switch")
        self._connection.request(raw, done, timeout_s, about=about)


def leg_of_command(name: str, *arguments: str) -> str:
    """The leg that one of the switch's commands does something to; empty for any other, and for what asks what is true:
    that is as new as the events before it.
    """
    place = 1 if name in {"sched_transfer", "sched_hangup"} else 0
    does = name in {"sched_del", "sched_transfer", "sched_hangup"} or (name.startswith("uuid_") and name not in _ASKS)
    return arguments[place] if does and len(arguments) > place else ""


def said(answer: Frame) -> str:
    """What the switch says in an answer, whichever kind it is."""
    text = answer.headers.get("Reply-Text", "") if answer.kind == "command/reply" else answer.text
    return text.strip("\r\n")


def _accepted(name: str, text: str) -> str:
    if text.startswith(("-ERR", "-USAGE")):
        raise EslRefusedError(name, text)
    return text
