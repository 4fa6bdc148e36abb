"""The FastAGI server: commands in order, and strangers who can neither block nor grow anything."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from core.errors import SwitchTimeoutError, SwitchUnavailableError
from telephony.asterisk import fastagi
from telephony.asterisk.fastagi import AgiServer, AgiSession, Reply, parse_environment, parse_reply
from tests.unit.telephony.asterisk.peers import WITHIN_S, AgiPeer, environment


class Serving:
    """A server, and the sessions that came."""

    def __init__(self) -> None:
        self.took: list[float] = []
        self.server = AgiServer(self._came, self.took.append)
        self.sessions: asyncio.Queue[AgiSession] = asyncio.Queue()
        self.port = 0
        self._peers: list[AgiPeer] = []

    async def connect(self, environment: dict[str, str] | None = None) -> AgiPeer:
        """A connection to the server."""
        self._peers.append(await AgiPeer.connect(self.port, environment))
        return self._peers[-1]

    async def close(self) -> None:
        """End everything."""
        await self.server.close()
        for peer in self._peers:
            await peer.close()

    def _came(self, session: AgiSession) -> None:
        self.sessions.put_nowait(session)

    async def session(self) -> AgiSession:
        """The next one."""
        return await asyncio.wait_for(self.sessions.get(), WITHIN_S)

    async def pair(self) -> tuple[AgiSession, AgiPeer]:
        """A session and the switch's side of it."""
        peer = await self.connect(environment())
        return await self.session(), peer


@pytest.fixture
async def serving() -> AsyncIterator[Serving]:
    serving = Serving()
    with socket.create_server(("127.0.0.1", 0)) as free:
        serving.port = free.getsockname()[1]
    await serving.server.start("127.0.0.1", serving.port)
    yield serving
    await serving.close()


async def test_an_environment_then_commands_and_replies(serving: Serving) -> None:
    session, peer = await serving.pair()
    assert session.environment["agi_uniqueid"] == "1700.1"
    task = asyncio.create_task(session.command("ANSWER"))
    await peer.command("ANSWER", "200 result=0")
    assert await task == Reply(code=200, result=0, text="result=0")
    task = asyncio.create_task(session.command("GET VARIABLE X"))
    await peer.command("GET VARIABLE X", "200 result=1 (a (b) c)")
    assert (await task).value == "a (b) c"


async def test_the_time_of_what_is_done_at_once_is_told(serving: Serving) -> None:
    session, peer = await serving.pair()
    for line in ("ANSWER", 'STREAM FILE "a" ""', "WAIT FOR DIGIT 1000", 'EXEC Bridge "b"', "GET VARIABLE X", "NOOP"):
        task = asyncio.create_task(session.command(line))
        await peer.command(line, None)
        await asyncio.sleep(0.02)
        peer.write("200 result=0\n")
        await task
    assert len(serving.took) == 2
    assert all(0.02 <= seconds < WITHIN_S for seconds in serving.took)


async def test_the_time_of_no_reply_is_not_told(serving: Serving) -> None:
    session, _ = await serving.pair()
    with pytest.raises(SwitchTimeoutError):
        await session.command("NOOP", 0.02)
    assert not serving.took


async def test_commands_are_strictly_one_at_a_time(serving: Serving) -> None:
    session, peer = await serving.pair()
    first = asyncio.create_task(session.command("NOOP"))
    await peer.command("NOOP", None)
    with pytest.raises(RuntimeError, match="two commands at once"):
        await session.command("ANSWER")
    peer.write("200 result=0\n")
    await first


@pytest.mark.parametrize("line", ["NOOP\nHANGUP", "NOOP\r", "NOOP \0"])
async def test_a_command_is_one_line(serving: Serving, line: str) -> None:
    session, _ = await serving.pair()
    with pytest.raises(ValueError, match="one line"):
        await session.command(line)


async def test_a_hangup_line_is_noted_and_is_no_reply(serving: Serving) -> None:
    session, peer = await serving.pair()
    task = asyncio.create_task(session.command("GET VARIABLE X"))
    await peer.command("GET VARIABLE X", "HANGUP\nHANGUP\n511 Command Not Permitted on a dead channel")
    reply = await task
    assert reply.dead
    assert session.hung_up


async def test_usage_text_and_the_tail_of_a_value_are_no_replies(serving: Serving) -> None:
    session, peer = await serving.pair()
    task = asyncio.create_task(session.command("BAD"))
    await peer.command(
        "BAD", "520-Invalid command syntax.  Proper usage follows:\n\tUsage: x\n520 End of proper usage."
    )
    assert (await task).code == 520
    task = asyncio.create_task(session.command("NOOP"))
    await peer.command("NOOP", "tail of a value)\n200 result=7")
    assert (await task).result == 7


async def test_a_file_that_is_interrupted_gives_no_reply_of_its_own(serving: Serving) -> None:
    session, peer = await serving.pair()
    task = asyncio.create_task(session.command('STREAM FILE "a" ""'))
    await peer.command("STREAM FILE", None)
    session.interrupt()
    session.interrupt()
    await peer.command("NOOP", "200 result=0")
    assert (await task).interrupted
    task = asyncio.create_task(session.command("ANSWER"))
    await peer.command("ANSWER", "200 result=0")
    assert not (await task).interrupted


async def test_a_file_that_ends_while_it_is_interrupted_keeps_its_reply(serving: Serving) -> None:
    session, peer = await serving.pair()
    task = asyncio.create_task(session.command('STREAM FILE "a" ""'))
    await peer.command("STREAM FILE", "200 result=0 endpos=8000")
    session.interrupt()
    await asyncio.sleep(0)
    peer.write("200 result=0\n")
    reply = await task
    assert (reply.interrupted, reply.end_position) == (False, 8000)
    task = asyncio.create_task(session.command("GET VARIABLE X"))
    while (line := await peer.reader.readline()) == b"NOOP\n":
        pass
    assert line == b"GET VARIABLE X\n"
    peer.write("200 result=1 (x)\n")
    assert (await task).value == "x"


async def test_only_a_file_is_interrupted(serving: Serving) -> None:
    session, peer = await serving.pair()
    session.interrupt()
    task = asyncio.create_task(session.command("EXEC Progress"))
    await peer.command("EXEC Progress", None)
    session.interrupt()
    peer.write("200 result=0\n")
    assert not (await task).interrupted
    task = asyncio.create_task(session.command("ANSWER"))
    await peer.command("ANSWER")
    await task


async def test_a_command_without_reply_ends_in_time_and_ends_the_connection(serving: Serving) -> None:
    session, peer = await serving.pair()
    with pytest.raises(SwitchTimeoutError):
        await session.command("NOOP", 0.05)
    assert session.closed
    assert await peer.ended() == b"NOOP\n"


async def test_a_command_whose_connection_ends_has_failed(serving: Serving) -> None:
    session, peer = await serving.pair()
    ended = asyncio.Event()
    session.on_closed = ended.set
    task = asyncio.create_task(session.command("NOOP"))
    await peer.command("NOOP", None)
    await peer.close()
    with pytest.raises(SwitchUnavailableError) as error:
        await task
    assert error.value.maybe_done
    assert ended.is_set()
    with pytest.raises(SwitchUnavailableError):
        await session.command("NOOP")


async def test_a_command_that_is_given_up_takes_its_connection_along(serving: Serving) -> None:
    session, peer = await serving.pair()
    task = asyncio.create_task(session.command("NOOP"))
    await peer.command("NOOP", None)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert session.closed


# --- strangers


async def test_who_connects_and_closes_without_a_word_costs_nothing(serving: Serving) -> None:
    for _ in range(50):
        await (await serving.connect()).close()
    session, peer = await serving.pair()
    began = time.process_time()
    task = asyncio.create_task(session.command("NOOP"))
    await peer.command("NOOP")
    await task
    await asyncio.sleep(0.2)
    assert time.process_time() - began < 0.1
    assert len(serving.server) == 1


@pytest.mark.parametrize(
    "rubbish",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\n\n",
        b"agi_uniqueid: 1\n\n",
        b"x" * (fastagi.MAX_ENVIRONMENT_BYTES + 1),
        b"agi_x: y\n" * 10_000,
        b"a\n" * (fastagi.MAX_ENVIRONMENT_LINES + 1) + b"\n",
        bytes(range(256)) * 100,
    ],
)
async def test_what_is_no_environment_is_refused(serving: Serving, rubbish: bytes) -> None:
    peer = await serving.connect()
    with capture_logs() as logs:
        peer.write(rubbish)
        if b"\n\n" not in rubbish and len(rubbish) <= fastagi.MAX_ENVIRONMENT_BYTES:
            peer.write(b"\n\n")
        await peer.ended()
    assert logs[0]["event"] == "a FastAGI connection was refused"
    assert serving.sessions.empty()
    assert len(serving.server) == 0


@pytest.mark.parametrize("came", [b"agi_network: yes\nagi_net", b"x", b"\0\xff"])
async def test_who_ends_in_the_middle_of_an_environment_is_shown(serving: Serving, came: bytes) -> None:
    peer = await serving.connect()
    with capture_logs() as logs:
        peer.write(came)
        await peer.close()
        _, follower = await serving.pair()
    assert logs[0]["reason"] == "it ended in the middle of its environment"
    assert logs[0]["came"] == repr(came)
    assert len(serving.server) == 1
    await follower.close()


async def test_who_ends_in_the_middle_of_a_reply_leaves_a_command_that_may_be_done(serving: Serving) -> None:
    session, peer = await serving.pair()
    task = asyncio.create_task(session.command("ANSWER"))
    await peer.command("ANSWER", None)
    peer.write("200 resu")
    await peer.close()
    with pytest.raises(SwitchUnavailableError) as error:
        await task
    assert error.value.maybe_done


async def test_a_reply_byte_by_byte_is_one_reply(serving: Serving) -> None:
    session, peer = await serving.pair()
    task = asyncio.create_task(session.command("GET VARIABLE X"))
    await peer.command("GET VARIABLE X", None)
    for byte in "200 result=1 (阳光 😀)\n".encode():
        peer.write(bytes([byte]))
        await peer.writer.drain()
    assert (await task).value == "阳光 😀"


async def test_what_a_caller_wrote_forges_neither_an_environment_nor_a_reply(serving: Serving) -> None:
    name = "x%0Aagi_uniqueid: forged%0D%0A200 result=1"
    peer = await serving.connect(environment(calleridname=name))
    session = await serving.session()
    assert session.environment == environment(calleridname=name)
    task = asyncio.create_task(session.command("NOOP"))
    await peer.command("NOOP", "\n\nagi_uniqueid: forged\n\n200 result=7 (a)")
    assert (await task).result == 7
    assert session.environment["agi_uniqueid"] == "1700.1"


async def test_an_environment_that_never_ends_is_not_waited_for(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fastagi, "ENVIRONMENT_TIMEOUT_S", 0.05)
    peer = await serving.connect()
    peer.write("agi_uniqueid: 1\n")
    assert await peer.ended() == b""


async def test_too_many_who_say_nothing_are_turned_away(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fastagi, "MAX_UNKNOWN", 3)
    silent = [await serving.connect() for _ in range(5)]
    assert await silent[3].ended() == b""
    assert await silent[4].ended() == b""
    assert len(serving.server) == 3


async def test_a_line_without_end_is_not_kept(serving: Serving) -> None:
    session, peer = await serving.pair()
    peer.write(b"x" * (fastagi.MAX_REPLY_BYTES * 4))
    await peer.ended()
    assert session.closed


async def test_values_of_any_bytes_and_carriage_returns_arrive_as_text(serving: Serving) -> None:
    peer = await serving.connect(environment(callerid="a\r"))
    assert (await serving.session()).environment["agi_callerid"] == "a"
    peer = await serving.connect()
    head = "".join(f"{name}: {value}\n" for name, value in environment().items()).encode()
    peer.write(head + b"agi_calleridname: \xff\xfe\x00\n\n")
    assert (await serving.session()).environment["agi_calleridname"] == "\ufffd\ufffd\0"


async def test_an_environment_in_single_bytes(serving: Serving) -> None:
    peer = await serving.connect()
    for byte in "".join(f"{name}: {value}\n" for name, value in environment().items()) + "\n":
        peer.write(byte)
        await peer.writer.drain()
    assert (await serving.session()).environment == environment()


async def test_an_environment_in_many_segments_is_few_reads(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[bytes] = []
    plain = AgiSession.data_received

    def counted(session: AgiSession, data: bytes) -> None:
        reads.append(data)
        plain(session, data)

    monkeypatch.setattr(AgiSession, "data_received", counted)
    monkeypatch.setattr(fastagi, "GATHER_S", 0.3)
    peer = await serving.connect()
    for name, value in environment().items():
        peer.write(f"{name}: {value}\n")
        await asyncio.sleep(0)  # one turn of the event loop, in which the server could read
    peer.write("\n")
    assert (await serving.session()).environment == environment()
    assert len(reads) <= 2, reads


def test_the_first_value_of_a_name_counts() -> None:
    found = parse_environment(b"agi_uniqueid: 1\nagi_channel: c\nagi_network_script: s\nagi_uniqueid: forged")
    assert found["agi_uniqueid"] == "1"


@given(st.text())
def test_any_line_is_a_reply_or_none(line: str) -> None:
    reply = parse_reply(line)
    assert reply is None or (reply.end_position >= 0 and isinstance(reply.value, str))


@given(st.lists(st.binary(max_size=200), max_size=8))
async def test_no_bytes_break_a_session(chunks: list[bytes]) -> None:
    server = AgiServer(lambda session: None)

    class Transport(asyncio.Transport):
        def write(self, data: object) -> None: ...

        def close(self) -> None: ...

        def get_extra_info(self, name: str, default: object = None) -> object:
            return default

    session = AgiSession(server)
    session.connection_made(Transport())
    for chunk in chunks:
        session.data_received(chunk)
    session.connection_lost(None)
    assert len(server) == 0


def test_replies_of_the_switch() -> None:
    assert parse_reply("200 result=-1 endpos=12") == Reply(code=200, result=-1, text="result=-1 endpos=12")
    assert parse_reply("200 result=49 endpos=12") == Reply(code=200, result=49, text="result=49 endpos=12")
    assert parse_reply("200 result=") == Reply(code=200, result=None, text="result=")
    assert parse_reply("HANGUP") is None
    assert parse_reply("520-Invalid command syntax") is None
