"""The client of the event socket: commands and their errors, and a connection that is kept up."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from structlog.testing import capture_logs

from core.errors import SwitchUnavailableError
from telephony.freeswitch import esl, esl_client, inbox
from telephony.freeswitch.esl_client import EslClient, EslRefusedError, leg_of_command
from telephony.freeswitch.frames import command
from tests.lab.eventsocket import connection, frames
from tests.lab.eventsocket.server import EventSocketServer, NoModel
from tests.unit.telephony.freeswitch.clients import PASSWORD, Client, connected


@pytest.fixture
def model() -> NoModel:
    return NoModel()


@pytest.fixture
async def server(model: NoModel) -> AsyncIterator[EventSocketServer]:
    async with EventSocketServer(model, password=PASSWORD) as server:
        yield server


# --- commands


async def test_a_command_of_the_switch_gives_what_it_prints(server: EventSocketServer, model: NoModel) -> None:
    model.prints |= {"show channels as json": '{"row_count":0}\n', "global_getvar x": "", "uuid_kill 1-2": "+OK\n\n"}
    async with connected(server) as client:
        assert await client.esl.api("show", "channels", "as json") == '{"row_count":0}'
        assert await client.esl.api("global_getvar", "x") == ""
        assert await client.esl.api("uuid_kill", "1-2") == "+OK"
        assert len(client.took) == 4  # the subscription's too
        assert all(0 < seconds < 1 for seconds in client.took)


@pytest.mark.parametrize("said", ["-ERR No such channel!", "-USAGE: <uuid> [cause]"])
async def test_a_refusal_says_what_the_switch_said(server: EventSocketServer, model: NoModel, said: str) -> None:
    model.prints["uuid_kill"] = f"{said}\n"
    async with connected(server) as client:
        with pytest.raises(EslRefusedError, match=f"api uuid_kill: {said[:6]}") as error:
            await client.esl.api("uuid_kill", "1-2")
        assert error.value.said == said
        with pytest.raises(EslRefusedError, match="api no_such: -ERR no_such Command not found!"):
            await client.esl.api("no_such")


async def test_what_takes_longer_is_begun_and_its_end_is_an_event(server: EventSocketServer, model: NoModel) -> None:
    model.prints["originate"] = "-ERR NO_ANSWER\n"
    async with connected(server, "BACKGROUND_JOB") as client:
        assert await client.esl.bgapi("originate", "{a=b c}sofia/x/1", "&park()", job="job-1") == "job-1"
        other = await client.esl.bgapi("uptime")
        await client.until(events=2)
        first, second = client.events
        assert (first["Job-UUID"], first["_body"]) == ("job-1", "-ERR NO_ANSWER\n")
        assert (first["Job-Command"], first["Job-Command-Arg"]) == ("originate", "{a=b c}sofia/x/1 &park()")
        assert (second["Job-UUID"], second["_body"]) == (other, "1\n")


async def test_an_application_goes_into_a_channels_line(server: EventSocketServer, model: NoModel) -> None:
    async with connected(server) as client:
        await client.esl.execute("1-2", "playback", "a b.wav", event_uuid="play-7", lock=True)
        await client.esl.execute("1-2", "park")
        first, second = model.messages
        assert (first.uuid, first.call_command, first.application) == ("1-2", "execute", "playback")
        assert (first.argument, first.event_uuid, first.locked) == ("a b.wav", "play-7", True)
        assert (second.application, second.argument, second.event_uuid, second.locked) == ("park", "", "", False)


class Gone(NoModel):
    async def message(self, message: object) -> str:
        return "-ERR invalid session id [1-2]"


async def test_a_channel_that_is_gone_is_a_refusal(server: EventSocketServer) -> None:
    server.model = Gone()
    async with connected(server) as client:
        with pytest.raises(EslRefusedError, match=r"sendmsg park: -ERR invalid session id \[1-2\]"):
            await client.esl.execute("1-2", "park")


BAD = ["\n", "\r\n", "\0", "%0A", "%0d%0a", "\n\napi shutdown\n\n"]
WAYS: dict[str, Callable[[EslClient, str], Awaitable[object]]] = {
    "api name": lambda esl, bad: esl.api(f"a{bad}"),
    "api argument": lambda esl, bad: esl.api("a", "b", f"c{bad}d"),
    "bgapi name": lambda esl, bad: esl.bgapi(f"a{bad}"),
    "bgapi argument": lambda esl, bad: esl.bgapi("a", bad),
    "bgapi job": lambda esl, bad: esl.bgapi("a", job=f"1{bad}2"),
    "leg": lambda esl, bad: esl.execute(f"1{bad}", "park"),
    "application": lambda esl, bad: esl.execute("1", f"park{bad}"),
    "argument": lambda esl, bad: esl.execute("1", "playback", f"a{bad}b"),
    "event_uuid": lambda esl, bad: esl.execute("1", "park", event_uuid=f"1{bad}"),
    "event": lambda esl, bad: esl.subscribe("DTMF", f"sofia::{bad}"),
}


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("way", WAYS)
async def test_no_argument_can_carry_a_second_command(server: EventSocketServer, way: str, bad: str) -> None:
    async with connected(server) as client:
        before = server.lines()
        with pytest.raises(ValueError, match=r"cannot be sent|no name of"):
            await WAYS[way](client.esl, bad)
        assert await client.esl.api("uptime") == "1"
        assert server.lines() == [*before, "api uptime"]


def test_a_password_that_cannot_be_sent_is_not_shown() -> None:
    with pytest.raises(ValueError, match="the password of the event socket has a character that cannot be sent"):
        Client(EventSocketServer(password=""), password="top\nsecret")


async def test_answers_and_events_come_in_the_switchs_order(server: EventSocketServer) -> None:
    order: list[str] = []
    async with connected(server) as client:
        client.block = lambda event: order.append(event["n"])
        server.silent = True
        for turn in range(20):
            client.esl.send(command(["api uptime"]), lambda answer: order.append("answer"))
            await server.command("api uptime", turn + 1)
            told = [frames.event({"Event-Name": "DTMF", "n": n}) for n in ("before", "after")]
            server.write(frames.response("1\n").join(told))
            await client.until(events=2 * turn + 2)
        assert order == ["before", "answer", "after"] * 20


async def test_many_commands_at_once_each_get_their_own_answer(server: EventSocketServer, model: NoModel) -> None:
    model.prints |= {f"echo {n}": f"{n}" for n in range(500)}
    async with connected(server) as client:
        answers = await asyncio.gather(*(client.esl.api("echo", str(n)) for n in range(500)))
        assert answers == [str(n) for n in range(500)]


async def test_who_stops_waiting_disturbs_nobody(server: EventSocketServer, model: NoModel) -> None:
    async with connected(server) as client:
        first = asyncio.create_task(client.esl.api("uptime"))
        await asyncio.sleep(0)
        first.cancel()
        model.prints["echo"] = "second"
        assert await client.esl.api("echo") == "second"


# --- the life of the connection


async def test_without_a_wire_a_command_is_refused_at_once(server: EventSocketServer) -> None:
    with pytest.raises(SwitchUnavailableError) as error:
        await Client(server).esl.api("uptime")
    assert not error.value.maybe_done


async def test_a_command_under_way_when_the_wire_breaks_is_never_sent_again(server: EventSocketServer) -> None:
    async with connected(server) as client:
        server.silent = True
        waiting = asyncio.create_task(client.esl.bgapi("originate", "x"))
        await server.command("bgapi originate")
        server.silent = False
        server.hang_up(crash=True)
        with pytest.raises(SwitchUnavailableError, match=r"bgapi originate: .* before the answer") as error:
            await waiting
        assert error.value.maybe_done
        await client.until(ups=2, downs=1)
        await client.esl.api("uptime")
        assert server.lines("bgapi") == ["bgapi originate x"]


async def test_after_each_reconnect_it_is_up_only_when_its_events_come(server: EventSocketServer) -> None:
    async with connected(server, "CHANNEL_ANSWER", "sofia::register", "DTMF") as client:
        await client.esl.subscribe("CHANNEL_PARK")
        for turn in (1, 2):
            server.fire({"Event-Name": "CUSTOM", "Event-Subclass": "sofia::register"})
            server.fire({"Event-Name": "CUSTOM", "Event-Subclass": "other"})
            server.fire({"Event-Name": "CHANNEL_PARK"})
            await client.until(events=2 * turn)
            server.hang_up()
            await client.until(ups=turn + 1, downs=turn)
        assert [event["Event-Name"] for event in client.events] == ["CUSTOM", "CHANNEL_PARK"] * 2
        first, second, *again = server.lines("event")
        assert first == "event json CHANNEL_ANSWER DTMF CUSTOM sofia::register"
        assert set(again) == {second} == {"event json CHANNEL_ANSWER DTMF CHANNEL_PARK CUSTOM sofia::register"}


async def test_of_the_steps_of_a_dial_plan_only_those_are_told_that_are_read(server: EventSocketServer) -> None:
    async with connected(server, "CHANNEL_EXECUTE", "CHANNEL_ANSWER", "sofia::register") as client:
        await client.esl.subscribe(applications=("playback",))
        server.fire({"Event-Name": "CHANNEL_EXECUTE", "Application": "multiset"})
        server.fire({"Event-Name": "CHANNEL_EXECUTE", "Application": "playback"})
        server.fire({"Event-Name": "CHANNEL_ANSWER"})
        server.fire({"Event-Name": "CUSTOM", "Event-Subclass": "sofia::register"})
        await client.until(events=3)
        assert [event["Event-Name"] for event in client.events] == ["CHANNEL_EXECUTE", "CHANNEL_ANSWER", "CUSTOM"]
        assert client.events[0]["Application"] == "playback"


async def test_who_attends_is_told_at_once(server: EventSocketServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "LOOKS_S", 3600.0)
    monkeypatch.setattr(esl, "PING_INTERVAL_S", 3600.0)
    async with connected(server) as client:
        client.esl.attend(on=True)
        await client.esl.api("uptime")  # from the next command on
        for turn in (1, 2):
            server.fire({"Event-Name": "DTMF"})
            await client.until(events=turn)
        client.esl.attend(on=False)
        await client.esl.api("uptime")
        server.fire({"Event-Name": "DTMF"})
        with pytest.raises(TimeoutError):
            await client.until(events=3, within=0.2)


async def test_events_that_the_switch_does_not_know_are_said(server: EventSocketServer) -> None:
    with capture_logs() as logs:
        async with connected(server, "sofia::x", ups=0) as client:
            server.greeting = server.greeting
            client.esl._events = {"": None}
            await server.command("event json")
            await server.until(lambda: server.accepted >= 2)
            assert not client.ups
    assert logs[0]["reason"] == "event json: -ERR no keywords supplied"


async def test_it_connects_again_and_again(server: EventSocketServer) -> None:
    async with connected(server) as client:
        for turn in range(1, 4):
            client.esl.drop(SwitchUnavailableError("the adapter does not understand it"))
            await client.until(ups=turn + 1, downs=turn)
        assert str(client.downs[0]) == "the adapter does not understand it"


async def test_a_switch_that_comes_later_is_found(server: EventSocketServer) -> None:
    await server.stop()
    async with connected(server, ups=0) as client:
        with capture_logs() as logs:
            await asyncio.sleep(0.2)
        assert "cannot connect" in logs[0]["reason"]
        await server.listen()
        await client.until(ups=1)
        assert not client.downs


async def test_pauses_between_attempts_grow_to_their_limit(
    server: EventSocketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(esl_client, "FIRST_RETRY_S", 0.01)
    monkeypatch.setattr(esl_client, "LONGEST_RETRY_S", 0.03)
    await server.stop()
    with capture_logs() as logs:
        async with connected(server, ups=0):
            await asyncio.sleep(0.3)
    assert [log["retry_s"] for log in logs][:3] == [0.02, 0.03, 0.03]


async def test_a_slow_reader_is_told_of_its_losses_and_goes_on(
    server: EventSocketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "MAX_EVENTS", 10)
    async with connected(server) as client:
        client.block = lambda event: time.sleep(0.3) if event["n"] == "0" else None
        server.write(b"".join(frames.event({"Event-Name": "CHANNEL_CREATE", "n": str(n)}) for n in range(500)))
        await client.until(events=500)
        assert sum(client.lost) > 400
        assert not client.downs
        server.fire({"Event-Name": "CHANNEL_CREATE", "n": "last"})
        await client.until(events=501)
        assert client.events[-1]["n"] == "last"


# --- lanes


class Slow(NoModel):
    """Some commands take as long as a test wants."""

    def __init__(self) -> None:
        super().__init__()
        self.go = asyncio.Event()

    async def api(self, name: str, argument: str) -> str | None:
        if name == "uuid_slow":
            await self.go.wait()
        return "-ERR No such channel!\n" if name == "uuid_kill" else "+OK\n"


async def test_what_is_done_about_a_leg_is_done_in_order_and_holds_up_nothing_else(server: EventSocketServer) -> None:
    server.model = model = Slow()
    async with connected(server, "DTMF", lanes=2) as client:
        assert server.accepted == 3
        order: list[str] = []
        client.esl.send(command(["api", "uuid_slow", "1"]), lambda _: order.append("slow"), about="1")
        client.esl.send(command(["api", "uuid_next", "1"]), lambda _: order.append("next"), about="1")
        await server.command("api uuid_slow")
        server.fire({"Event-Name": "DTMF"})
        await client.until(events=1)
        assert await client.esl.api("uptime") == "+OK"
        assert not [line for line in server.lines() if "uuid_next" in line]
        model.go.set()
        await server.command("api uuid_next")
        assert await client.esl.api("uuid_last", "1") == "+OK"
        assert order == ["slow", "next"]


async def test_legs_are_spread_over_the_lanes(server: EventSocketServer) -> None:
    server.model = model = Slow()
    async with connected(server, lanes=2) as client:
        client.esl.send(command(["api", "uuid_slow", "1"]), lambda _: None, about="1")
        await server.command("api uuid_slow")
        for leg in map(str, range(10)):
            client.esl.send(command(["api", "uuid_other", leg]), lambda _: None, about=leg)
        await server.command("api uuid_other", count=3)
        assert 0 < len(server.lines("api")) < 11  # those of one lane wait
        model.go.set()
        await server.command("api uuid_other", count=10)


async def test_what_is_refused_is_told_after_the_events_that_are_ready(server: EventSocketServer) -> None:
    server.model = Slow()
    async with connected(server, "CHANNEL_HANGUP", lanes=1) as client:
        server.fire({"Event-Name": "CHANNEL_HANGUP"})
        with pytest.raises(EslRefusedError, match="No such channel"):
            await client.esl.api("uuid_kill", "1")
        assert len(client.events) == 1


async def test_the_end_of_a_lane_is_the_end_of_all(server: EventSocketServer) -> None:
    server.model = Slow()
    async with connected(server, lanes=2) as client:
        asked = asyncio.create_task(client.esl.api("uuid_slow", "1"))
        await server.command("api uuid_slow")
        server.connections[-1].abort()
        with pytest.raises(SwitchUnavailableError) as lost:
            await asked
        assert lost.value.maybe_done
        await client.until(downs=1, ups=2)
        assert server.accepted == 6


async def test_a_lane_may_be_silent_for_longer(server: EventSocketServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is done there waits its turn in a busy switch."""
    monkeypatch.setattr(esl, "PING_INTERVAL_S", 0.05)
    monkeypatch.setattr(esl, "PING_TIMEOUT_S", 0.05)
    server.model = model = Slow()
    async with connected(server, lanes=1) as client:
        client.esl.send(command(["api", "uuid_slow", "1"]), lambda _: None, about="1")
        await server.command("api uuid_slow")
        await asyncio.sleep(0.3)  # as long as the events' wire would not be silent for
        assert not client.downs
        await client.until(downs=1)  # but not for ever
        model.go.set()


@pytest.mark.parametrize(
    ("words", "leg"),
    [
        ("uuid_bridge 1 2", "1"),
        ("uuid_setvar 1 a b", "1"),
        ("sched_del 1", "1"),
        ("sched_transfer +3 1 fallback XML x", "1"),
        ("sched_hangup +3 1 NORMAL_CLEARING", "1"),
        ("sched_hangup", ""),
        ("uuid_exists 1", ""),
        ("uuid_dump 1 json", ""),
        ("db delete/x/1", ""),
        ("show channels as json", ""),
    ],
)
def test_the_leg_that_a_command_is_about(words: str, leg: str) -> None:
    assert leg_of_command(*words.split()) == leg
