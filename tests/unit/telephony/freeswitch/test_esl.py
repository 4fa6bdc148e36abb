"""The event socket's wire: none of greenswitch's faults reaches us, and no peer, whatever it does, hangs us."""

import asyncio
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path

import gevent
import pytest
from structlog.testing import capture_logs

from core.errors import SwitchError, SwitchTimeoutError, SwitchUnavailableError
from telephony.freeswitch import esl, esl_client
from telephony.freeswitch.esl import EslConnection
from telephony.freeswitch.frames import EslFrameError, command
from tests.lab.eventsocket import frames
from tests.lab.eventsocket.server import EventSocketServer, NoModel
from tests.unit.telephony.freeswitch.clients import PASSWORD, WITHIN_S, connected


@pytest.fixture
async def server() -> AsyncIterator[EventSocketServer]:
    async with EventSocketServer(password="secret") as server:
        yield server


def wires() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("esl ")]


# --- what greenswitch does wrong


async def test_a_name_with_escaped_line_ends_forges_no_headers(server: EventSocketServer) -> None:
    name = (
        "x%0AEvent-Name: CHANNEL_HANGUP%0a%0AUnique-ID: forged\nEvent-Name: FORGED\n\nContent-Type: command/reply\n\n"
    )
    async with connected(server) as client:
        server.fire({"Event-Name": "CHANNEL_CREATE", "Unique-ID": "1", "Caller-Caller-ID-Name": name})
        server.fire({"Event-Name": "CHANNEL_DESTROY"}, "a\n\nbody\n\n")
        await client.until(events=2)
        first, second = client.events
        assert set(first) == {"Event-Name", "Unique-ID", "Caller-Caller-ID-Name", "Event-Sequence"}
        assert (first["Event-Name"], first["Unique-ID"], first["Caller-Caller-ID-Name"]) == (
            "CHANNEL_CREATE",
            "1",
            name,
        )
        assert second["_body"] == "a\n\nbody\n\n"


@pytest.mark.parametrize("piece", [0, 1])
async def test_bytes_that_are_no_utf_8_and_stray_empty_lines_do_no_harm(server: EventSocketServer, piece: int) -> None:
    async with connected(server) as client:
        body = b'{"Event-Name":"X","a":"\xff\xfe"}'
        server.write(b"\n\nContent-Length: %d\nContent-Type: text/event-json\n\n%b\n" % (len(body), body))
        server.piece = piece
        server.fire({"Event-Name": "DTMF", "a": "阳光 😀"})
        await client.until(events=2)
        assert [event["a"] for event in client.events] == ["\ufffd\ufffd", "阳光 😀"]
        assert await client.esl.api("uptime") == "1"
        assert not client.downs


BROKEN = {
    b"Reply-Text: +OK\n\n": "a frame without Content-Type: b'Reply-Text: +OK'",
    b"Content-Type: text/event-json\nContent-Length: -1\n\n{}": "Content-Length: -1'",
    b"Content-Type: text/event-json\nContent-Length: 2147483647\n\n{}": "Content-Length: 2147483647'",
    b"Content-Type: api/response\nContent-Length: 16777217\n\n{}": "Content-Length: 16777217'",
    b"Content-Type: x\nContent-Length: 99999999999999999\n\n{}": "Content-Length: 99999999999999999'",
    b"Content-Type: " + b"x" * 70_000: "more than 65536 bytes; it begins b'Content-Type: xxx",
    b"\x00\x01\xff\n\n": r"a frame without Content-Type: b'\x00\x01\xff'",
}


@pytest.mark.parametrize("raw", BROKEN)
async def test_what_is_no_frame_ends_the_connection_is_shown_and_the_next_one_heals_it(
    server: EventSocketServer, raw: bytes
) -> None:
    async with connected(server) as client:
        server.fire({"Event-Name": "DTMF"})
        await client.until(events=1)
        server.silent = True
        waiting = asyncio.create_task(client.esl.api("uptime"))
        await server.command("api uptime")
        server.write(raw)
        await client.until(downs=1)
        assert isinstance(client.downs[0], EslFrameError)
        assert BROKEN[raw] in str(client.downs[0])
        with pytest.raises(SwitchUnavailableError) as error:
            await waiting
        assert error.value.maybe_done
        server.silent = False
        await client.until(ups=2)
        assert await client.esl.api("uptime") == "1"


@pytest.mark.parametrize("cut", [1, 20, 60])
async def test_an_end_in_the_middle_of_a_frame_is_noticed_at_once_and_takes_no_processor(
    server: EventSocketServer, cut: int
) -> None:
    async with connected(server) as client:
        began, server.cut_after = time.monotonic(), cut
        server.fire({"Event-Name": "DTMF", "x": "y" * 100})
        await client.until(downs=1)
        assert time.monotonic() - began < 1.0
        assert "the switch ended the connection in the middle of a frame" in str(client.downs[0])
        await client.until(ups=2)
        spent = time.process_time()
        await asyncio.sleep(0.5)
        assert time.process_time() - spent < 0.25


async def test_a_command_is_sent_whole_however_little_the_switch_takes(server: EventSocketServer) -> None:
    async with connected(server) as client:
        server.hearing.clear()
        server.model = Echo()
        argument = "x" * 60_000
        asked = [asyncio.create_task(client.esl.api("echo", f"{n}{argument}", timeout_s=5)) for n in range(200)]
        await asyncio.sleep(0.1)
        server.hearing.set()
        assert await asyncio.gather(*asked) == [f"{n}{argument}" for n in range(200)]


class Echo(NoModel):
    async def api(self, name: str, argument: str) -> str | None:
        return argument


async def test_no_command_waits_without_limit_and_a_late_answer_goes_to_nobody_else(
    server: EventSocketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(esl, "PING_INTERVAL_S", 60.0)
    model = Late()
    server.model = model
    async with connected(server) as client:
        with pytest.raises(SwitchTimeoutError, match=r"api late: no answer from the switch in 0\.05 s"):
            await client.esl.api("late", timeout_s=0.05)
        asked = asyncio.create_task(client.esl.api("now"))
        model.go.set()
        assert await asked == "now"
        assert not client.downs


class Late(NoModel):
    def __init__(self) -> None:
        super().__init__()
        self.go = asyncio.Event()

    async def api(self, name: str, argument: str) -> str | None:
        if name == "late":
            await self.go.wait()
        return name


async def test_what_could_not_even_be_sent_has_not_been_done(
    server: EventSocketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(esl, "PING_INTERVAL_S", 60.0)
    async with connected(server) as client:
        server.hearing.clear()
        jam = [asyncio.create_task(client.esl.api("x", "y" * 60_000)) for _ in range(300)]
        await asyncio.sleep(0.1)
        with pytest.raises(SwitchUnavailableError, match=r"api z: could not be sent in 0\.05 s") as error:
            await client.esl.api("z", timeout_s=0.05)
        assert not error.value.maybe_done
        server.hang_up(crash=True)
        results = await asyncio.gather(*jam, return_exceptions=True)
        maybe = [result.maybe_done for result in results if isinstance(result, SwitchUnavailableError)]
        assert len(maybe) == len(jam)
        assert 0 < maybe.count(True) < len(jam)
        server.hearing.set()
        await client.until(ups=2)
        assert len(server.lines("api")) <= maybe.count(True)
        assert not [line for line in server.lines() if line.startswith("api z")]


async def test_a_switch_that_tells_events_and_answers_nothing_is_given_up(
    server: EventSocketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(esl, "MAX_GIVEN_UP", 20)
    monkeypatch.setattr(esl, "PING_INTERVAL_S", 60.0)
    async with connected(server) as client:
        server.silent = True
        for _ in range(21):
            server.write(frames.event({"Event-Name": "DTMF"}))
            with pytest.raises(SwitchTimeoutError):
                await client.esl.api("uptime", timeout_s=0.01)
        await client.until(downs=1)
        assert str(client.downs[0]) == "the switch answers nothing: 20 commands were given up"


async def test_late_answers_are_no_end(server: EventSocketServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(esl, "MAX_GIVEN_UP", 3)
    async with connected(server) as client:
        server.silent = True
        for turn in range(10):
            with pytest.raises(SwitchTimeoutError):
                await client.esl.api("uptime", timeout_s=0.01)
            await server.command("api uptime", turn + 1)
            server.write(frames.response("1\n"))
        server.silent = False
        assert await client.esl.api("uptime") == "1"
        assert not client.downs


async def test_more_commands_than_can_wait_are_refused_and_the_others_are_done(
    server: EventSocketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(esl, "MAX_WAITING", 5)
    monkeypatch.setattr(esl, "PING_INTERVAL_S", 60.0)
    async with connected(server) as client:
        server.hearing.clear()
        asked = [asyncio.create_task(client.esl.api("uptime", "y" * 60_000)) for _ in range(300)]
        done, _ = await asyncio.wait(asked, timeout=WITHIN_S, return_when=asyncio.FIRST_COMPLETED)
        assert done
        server.hearing.set()
        results = await asyncio.gather(*asked, return_exceptions=True)
        refused = [result for result in results if isinstance(result, SwitchUnavailableError)]
        assert {str(error) for error in refused} == {"api uptime: 5 commands wait to be sent already"}
        assert not any(error.maybe_done for error in refused)
        assert results.count("1") == len(asked) - len(refused) == len(server.lines("api"))


def test_in_a_flood_commands_have_their_turn() -> None:
    turns: list[int] = []

    class Flood:
        reads = 0

        def recv(self, most: int) -> bytes:
            """Something is there at once, always, until another greenlet has had its turn."""
            self.reads += 1
            return frames.event({"Event-Name": "DTMF"}) if not turns and self.reads < 1_000 else b""

    def work() -> None:
        wire = esl.EventSocket("127.0.0.1", 1, PASSWORD, lambda body: None)
        wire.sock = Flood()
        gevent.spawn(lambda: turns.append(wire.sock.reads))
        with pytest.raises(SwitchUnavailableError):
            wire.receive_events()
        gevent.get_hub().destroy(destroy_loop=True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(WITHIN_S)
    assert turns == [1]


def test_gevent_patches_nothing() -> None:
    code = (
        "import socket, threading, time, ssl, select; before = [socket.socket, threading.Thread, time.sleep]\n"
        "import telephony.freeswitch.esl, gevent.monkey as m\n"
        "assert before == [socket.socket, threading.Thread, time.sleep]\n"
        "assert not [n for n in ('socket', 'threading', 'time', 'ssl', 'select', 'os') if m.is_module_patched(n)]"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


# --- logging in


def begun(port: int, password: str = PASSWORD) -> EslConnection:
    """A connection that begins, and tells nobody."""
    nobody: list[object] = []
    return EslConnection(host="127.0.0.1", port=port, password=password, on_event=nobody.append, on_lost=nobody.append)


async def down(server: EventSocketServer, password: str = PASSWORD) -> str:
    """Why a connection to this server does not come up."""
    connection = begun(server.port, password)
    async with asyncio.timeout(WITHIN_S):
        reason = await connection.over
    await connection.close()
    assert not connection.up.done()
    return str(reason)


async def test_a_wrong_password_is_said_and_not_shown(server: EventSocketServer) -> None:
    reason = await down(server, password="wrong-one")
    assert reason == (
        "the event socket refused the login: -ERR invalid; compare the password with event_socket.conf.xml"
    )


async def test_a_refused_login_is_why_however_soon_the_end_follows(server: EventSocketServer) -> None:
    server.silent = True
    connection = begun(server.port)
    await server.command("auth ")
    server.write(frames.reply("-ERR invalid") + frames.notice("Disconnected, goodbye.\n"))
    async with asyncio.timeout(WITHIN_S):
        assert str(await connection.over).startswith("the event socket refused the login: -ERR invalid")
    await connection.close()


async def test_an_acl_that_does_not_let_us_in_is_said(server: EventSocketServer) -> None:
    server.rejects = True
    assert await down(server) == "the event socket's ACL does not let us in: Access Denied, go away."


@pytest.mark.parametrize(
    ("greeting", "said"),
    [
        (b"", "nothing"),
        (b"HTTP/1.1 400\r\n\r\n", r"in the middle of a frame that begins b'HTTP/1.1 400\r\n\r\n'"),
        (frames.AUTH_REQUEST[:-1], r"in the middle of a frame that begins b'Content-Type: auth/request\n'"),
    ],
)
async def test_a_server_that_accepts_and_does_not_speak_is_given_up(
    server: EventSocketServer, greeting: bytes, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(esl, "CONNECT_TIMEOUT_S", 0.2)
    server.greeting = greeting
    assert await down(server) == f"cannot connect: the switch said {said} in 0.2 s"
    assert not server.commands


async def test_a_server_that_does_not_answer_the_password_is_given_up(
    server: EventSocketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(esl, "CONNECT_TIMEOUT_S", 0.2)
    server.silent = True
    assert "in 0.2 s" in await down(server)


async def test_a_server_that_ends_the_connection_before_a_word(server: EventSocketServer) -> None:
    server.cut_after = 0
    assert await down(server) == "the switch ended the connection"


async def test_an_answer_to_nothing_is_no_event_socket(server: EventSocketServer) -> None:
    server.greeting = frames.reply("+OK accepted")
    assert "an answer to nothing" in await down(server)


async def test_a_host_that_is_no_name_is_said() -> None:
    connection = esl.EslConnection(host="a" * 70 + ".test", port=1, password=PASSWORD, on_event=print, on_lost=print)
    async with asyncio.timeout(WITHIN_S):
        error = await connection.over
    await connection.close()
    assert "label" in str(error)
    assert not connection.up.done()


async def test_nobody_listens(server: EventSocketServer) -> None:
    await server.stop()
    assert await down(server) == "cannot connect: [Errno 111] Connection refused"


# --- the end


@pytest.mark.parametrize("crash", [True, False])
async def test_an_end_of_the_connection_is_told_with_the_switchs_reason(server: EventSocketServer, crash: bool) -> None:
    async with connected(server) as client:
        server.hang_up(crash=crash)
        await client.until(downs=1)
        why = "the switch ended the connection"
        assert str(client.downs[0]).startswith(why if crash else f"{why}: The system is being shut down.")


async def test_that_a_channels_connection_lingers_is_no_end(server: EventSocketServer) -> None:
    async with connected(server) as client:
        server.write(frames.linger_notice("1-2", 5))
        assert await client.esl.api("uptime") == "1"
        assert not client.downs


@pytest.mark.parametrize("hears", [True, False])
async def test_a_frozen_switch_is_noticed_within_two_seconds(server: EventSocketServer, hears: bool) -> None:
    async with connected(server) as client:
        await client.esl.api("uptime")
        server.silent = True
        if not hears:
            server.hearing.clear()
        began = time.monotonic()
        waiting = asyncio.create_task(client.esl.api("uptime"))
        await client.until(downs=1)
        assert time.monotonic() - began < 2.0
        assert isinstance(client.downs[0], SwitchTimeoutError)
        assert str(client.downs[0]).startswith("nothing came from the switch for 1.7 s")
        with pytest.raises(SwitchUnavailableError) as error:
            await waiting
        assert error.value.maybe_done


async def test_a_switch_that_tells_events_but_is_late_with_answers_is_kept(
    server: EventSocketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(esl, "PING_INTERVAL_S", 0.05)
    monkeypatch.setattr(esl, "PING_TIMEOUT_S", 0.1)
    async with connected(server) as client:
        server.silent = True
        for n in range(20):
            server.write(frames.event({"Event-Name": "DTMF"}))
            await client.until(events=n + 1)
            await asyncio.sleep(0.03)
        assert not client.downs


async def test_when_it_is_let_go_the_thread_is_gone_and_what_waited_has_failed(server: EventSocketServer) -> None:
    assert not wires()
    async with connected(server) as client:
        assert len(wires()) == 1
        server.silent = True
        waiting = asyncio.create_task(client.esl.api("uptime"))
        await server.command("api uptime")
    with pytest.raises(SwitchUnavailableError):
        await waiting
    assert not wires()


async def test_many_connections_leave_nothing_behind(
    server: EventSocketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(esl_client, "LONGEST_RETRY_S", 0.02)
    async with connected(server) as client:
        await client.esl.api("uptime")
        before = open_files()
        for turn in range(1, 11):
            server.hang_up(crash=bool(turn % 2))
            await client.until(ups=turn + 1, downs=turn)
        await client.esl.api("uptime")
        assert open_files() == before
        assert len(wires()) == 1
    assert not wires()


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_a_connection_that_is_given_up_while_it_begins(server: EventSocketServer) -> None:
    server.greeting = b""
    connection = begun(server.port)
    with pytest.raises(SwitchUnavailableError, match="api x: there is no connection"):
        connection.request(command(["api x"]), print)
    async with asyncio.timeout(1):
        await connection.close()
    assert str(connection.over.result()) == "the connection was closed by vcc"
    assert not connection.up.done()


def test_an_event_loop_that_closes_takes_the_thread_with_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def let_in() -> socket.socket:
            switch, _ = listener.accept()
            switch.sendall(frames.AUTH_REQUEST)
            switch.recv(100)
            switch.sendall(frames.reply("+OK accepted"))
            return switch

        async def forgotten() -> socket.socket:
            connection = begun(listener.getsockname()[1])
            async with asyncio.timeout(WITHIN_S):
                switch = await asyncio.to_thread(let_in)
                await connection.up
            return switch

        with asyncio.run(forgotten()) as switch, capture_logs():
            switch.sendall(frames.event({"Event-Name": "DTMF"}))
            for thread in wires():
                thread.join(WITHIN_S)
            assert not wires()


async def test_a_fault_of_our_own_in_the_thread_is_an_end_like_any_other(
    server: EventSocketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: object, frame: object) -> None:
        raise KeyError("ours")

    async with connected(server) as client:
        with monkeypatch.context() as patch, capture_logs() as logs:
            patch.setattr(esl.EventSocket, "handle_event", broken)
            server.fire({"Event-Name": "DTMF"})
            await client.until(downs=1)
        assert type(client.downs[0]) is SwitchError
        assert "KeyError('ours')" in str(client.downs[0])
        assert logs[0]["event"] == "the wire to the switch broke"
        await client.until(ups=2)
