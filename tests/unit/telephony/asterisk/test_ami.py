"""The manager's wire, and that none of the faults of the library under it can happen."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from core.errors import SwitchError, SwitchTimeoutError, SwitchUnavailableError
from telephony.asterisk import ami, ami_client
from telephony.asterisk.ami import AmiFrameError, AmiProtocol, AmiReply, Frame, clean, parse_frame
from telephony.asterisk.ami_client import AmiClient
from tests.unit.telephony.asterisk.peers import GREETING, WITHIN_S, AmiPeer, event, frame


class Client:
    """A client with everything that it told."""

    def __init__(self, peer: AmiPeer) -> None:
        self.events: list[Frame] = []
        self.ups = 0
        self.runs: list[int | None] = []
        self.downs: list[SwitchError] = []
        self.took: asyncio.Queue[float] = asyncio.Queue()
        self._changed = asyncio.Event()
        self.ami = AmiClient(
            host="127.0.0.1",
            port=peer.port,
            user="vcc",
            secret="secret",
            on_event=self._event,
            on_up=self._up,
            on_down=self._down,
            on_answer=self.took.put_nowait,
        )

    def _event(self, frame: Frame) -> None:
        if frame["Event"] == "Bad":
            raise ValueError("an event that cannot be treated")
        self.events.append(frame)
        self._changed.set()

    def _up(self, runs_s: int | None) -> None:
        self.ups += 1
        self.runs.append(runs_s)
        self._changed.set()

    def _down(self, error: SwitchError) -> None:
        self.downs.append(error)
        self._changed.set()

    async def until(self, *, ups: int = 0, downs: int = 0, events: int = 0) -> None:
        """Wait until so much was told."""
        async with asyncio.timeout(WITHIN_S):
            while self.ups < ups or len(self.downs) < downs or len(self.events) < events:
                self._changed.clear()
                await self._changed.wait()


@asynccontextmanager
async def connected(peer: AmiPeer, *, ups: int = 1) -> AsyncIterator[Client]:
    client = Client(peer)
    task = asyncio.create_task(client.ami.run())
    try:
        await client.until(ups=ups)
        yield client
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def peer() -> AsyncIterator[AmiPeer]:
    async with AmiPeer() as peer:
        yield peer


# --- frames


def received(*chunks: bytes) -> tuple[list[Frame], list[SwitchError]]:
    """What a protocol makes of bytes that come in these chunks."""
    events: list[Frame] = []
    lost: list[SwitchError] = []
    protocol = AmiProtocol(events.append, lost.append)

    class Transport(asyncio.Transport):
        def abort(self) -> None: ...

    protocol.connection_made(Transport())
    for chunk in chunks:
        protocol.data_received(chunk)
    return events, lost


def test_a_character_that_is_split_over_two_chunks_is_whole() -> None:
    data = GREETING + event("Newchannel", CallerIDName="阳光😀")
    events, _ = received(*(data[i : i + 1] for i in range(len(data))))
    assert [e["CallerIDName"] for e in events] == ["阳光😀"]


@given(st.data())
def test_frames_are_the_same_however_they_are_cut(data: st.DataObject) -> None:
    names = ["阳光", "", "Event: Newexten", "x" * 300, "a:b: c"]
    raw = GREETING + b"".join(event("Newchannel", CallerIDName=name, Uniqueid=i) for i, name in enumerate(names))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=12)))
    events, lost = received(*(raw[a:b] for a, b in zip([0, *cuts], [*cuts, len(raw)], strict=True)))
    assert [(e["CallerIDName"], e["Uniqueid"]) for e in events] == [(n, str(i)) for i, n in enumerate(names)]
    assert not lost


@given(st.lists(st.binary(max_size=300), max_size=10))
def test_rubbish_never_raises(chunks: list[bytes]) -> None:
    received(GREETING, *chunks)
    received(*chunks)


def test_bytes_that_are_no_utf_8_are_replaced() -> None:
    events, _ = received(GREETING + b"Event: X\r\nName: a\xff\xfeb\r\n\r\n")
    assert events[0]["Name"] == "a\ufffd\ufffdb"


def test_the_last_value_of_a_header_counts() -> None:
    assert parse_frame("Event: A\r\nUniqueid: forged\r\nrubbish\r\nUniqueid: 1\r\nEmpty:\r\nBlank: ")["Uniqueid"] == "1"


@pytest.mark.parametrize("terminated", [True, False])
def test_a_frame_of_more_than_64_kib_ends_the_connection_and_the_error_shows_its_begin(terminated: bool) -> None:
    big = b"Event: Huge\r\nX: " + b"y" * ami.MAX_FRAME_BYTES + (b"\r\n\r\n" if terminated else b"")
    events, lost = received(GREETING, big, event("Later"))
    assert not events
    assert isinstance(lost[0], AmiFrameError)
    assert "Event: Huge" in str(lost[0])


def test_something_else_than_a_manager_interface_is_named() -> None:
    _, lost = received(b"HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n")
    assert "HTTP/1.1 400" in str(lost[0])


def test_what_a_caller_wrote_forges_no_frame_and_is_not_unescaped() -> None:
    name = "x%0D%0A%0D%0AEvent: Hangup%0AUniqueid: forged\n\nEvent: Hangup\n\n\rResponse: Success"
    events, lost = received(GREETING + event("Newchannel", CallerIDName=name, Uniqueid="1") + event("Hangup"))
    assert [(e["Event"], e.get("Uniqueid")) for e in events] == [("Newchannel", "1"), ("Hangup", None)]
    assert events[0]["CallerIDName"] == name
    assert not lost


# --- actions


async def test_line_ends_in_a_value_or_a_name_forge_no_header(peer: AmiPeer) -> None:
    async with connected(peer) as client:
        name = 'x"\r\nApplication: System\r\nData: rm\0\n\r\n'
        await client.ami.ask({"Action": "Originate", "CallerID": name, "A\r\nB": 1})
        action = await peer.action("Originate")
        assert set(action) == {"Action", "ActionID", "CallerID", "A  B"}
        assert action["CallerID"] == clean(name)


@given(st.text())
def test_what_is_cleaned_is_one_line(text: str) -> None:
    assert not set(clean(text)) & {chr(c) for c in range(32)}


async def test_an_action_without_answer_ends_in_time(peer: AmiPeer) -> None:
    async with connected(peer) as client:
        peer.silent = True
        with pytest.raises(SwitchTimeoutError, match=r"Originate: no answer from the switch in 0\.05 s"):
            await client.ami.ask({"Action": "Originate"}, timeout_s=0.05)


async def test_an_action_under_way_when_the_wire_breaks_has_failed_and_is_never_sent_again(peer: AmiPeer) -> None:
    async with connected(peer) as client:
        peer.silent = True
        waiting = asyncio.create_task(client.ami.ask({"Action": "Originate"}))
        await peer.action("Originate")
        peer.silent = False
        peer.hang_up()
        with pytest.raises(SwitchUnavailableError) as error:
            await waiting
        assert error.value.maybe_done
        await client.until(ups=2, downs=1)
        await client.ami.ask({"Action": "Ping"})
        assert [a["Action"] for a in peer.actions].count("Originate") == 1


async def test_the_answer_to_originate_comes_at_once_and_its_event_is_told(peer: AmiPeer) -> None:
    async with connected(peer) as client:
        reply = await client.ami.ask({"Action": "Originate", "Async": "true"})
        action_id = (await peer.action("Originate"))["ActionID"]
        assert reply.success
        peer.send(event("OriginateResponse", ActionID=action_id, Response="Failure", Uniqueid="vcc-1"))
        await client.until(events=1)
        assert client.events[0]["Uniqueid"] == "vcc-1"


async def test_a_list_is_collected_and_other_events_pass_by(peer: AmiPeer) -> None:
    async def answer(peer: AmiPeer, action: dict[str, str]) -> None:
        action_id = action["ActionID"]
        peer.send(frame(Response="Success", ActionID=action_id, EventList="start"))
        peer.send(event("CoreShowChannel", ActionID=action_id, Uniqueid="1"))
        peer.send(event("Hangup", Uniqueid="2"))
        peer.send(event("CoreShowChannel", ActionID=action_id, Uniqueid="3"))
        peer.send(event("CoreShowChannelsComplete", ActionID=action_id, EventList="Complete"))

    peer.answers["CoreShowChannels"] = answer
    async with connected(peer) as client:
        reply = await client.ami.ask({"Action": "CoreShowChannels"})
        assert [e["Uniqueid"] for e in reply.events] == ["1", "3"]
        assert [e["Uniqueid"] for e in client.events] == ["2"]


async def test_the_time_of_each_answer_is_told_of_a_list_that_of_its_beginning(peer: AmiPeer) -> None:
    rest = asyncio.Event()

    async def answer(peer: AmiPeer, action: dict[str, str]) -> None:
        await asyncio.sleep(0.02)
        peer.send(frame(Response="Success", ActionID=action["ActionID"], EventList="start"))
        await rest.wait()
        peer.send(event("CoreShowChannelsComplete", ActionID=action["ActionID"], EventList="Complete"))

    async def nothing(peer: AmiPeer, action: dict[str, str]) -> None: ...

    peer.answers |= {"CoreShowChannels": answer, "Hangup": nothing}
    async with connected(peer) as client:
        client.took.get_nowait()  # that of the login
        listing = asyncio.create_task(client.ami.ask({"Action": "CoreShowChannels"}))
        seconds = await asyncio.wait_for(client.took.get(), WITHIN_S)
        rest.set()
        await listing
        with pytest.raises(SwitchTimeoutError):
            await client.ami.ask({"Action": "Hangup"}, timeout_s=0.02)
        assert 0.02 <= seconds < WITHIN_S
        assert client.took.empty()


async def test_a_refused_action_says_why(peer: AmiPeer) -> None:
    async def refuse(peer: AmiPeer, action: dict[str, str]) -> None:
        peer.send(frame(Response="Error", ActionID=action["ActionID"], Message="Permission denied"))

    peer.answers["Originate"] = refuse
    async with connected(peer) as client:
        reply = await client.ami.ask({"Action": "Originate"})
        assert (reply.success, reply.message) == (False, "Permission denied")


async def test_a_list_without_end_is_cut_off(peer: AmiPeer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ami, "MAX_LIST_EVENTS", 3)
    peer.lists["CoreShowChannels"] = [event("CoreShowChannel", Uniqueid=n) for n in range(5)]
    async with connected(peer) as client:
        with pytest.raises(SwitchError, match="more than 3 entries"):
            await client.ami.ask({"Action": "CoreShowChannels"})


async def test_without_a_wire_an_action_is_refused_at_once(peer: AmiPeer) -> None:
    def never(result: AmiReply | SwitchError) -> None:
        pytest.fail(f"nobody may be called, but {result}")

    with pytest.raises(SwitchUnavailableError) as error:
        Client(peer).ami.send({"Action": "Originate"}, never)
    assert not error.value.maybe_done


async def test_an_event_that_cannot_be_treated_costs_only_itself(peer: AmiPeer) -> None:
    async with connected(peer) as client:
        with capture_logs() as logs:
            peer.send(event("Bad") + event("Good"))
            await client.until(events=1)
        assert client.events[0]["Event"] == "Good"
        assert logs[0]["name"] == "Bad"


# --- peers that do harm


@pytest.mark.parametrize("whole", [0, 1])
async def test_one_that_dies_in_the_middle_of_a_frame_is_shown_and_found_again(peer: AmiPeer, whole: int) -> None:
    async with connected(peer) as client:
        peer.silent = True
        waiting = asyncio.create_task(client.ami.ask({"Action": "Originate"}))
        await peer.action("Originate")
        peer.silent = False
        peer.send(event("Newchannel") * whole + b"Event: Hang")
        await peer.let_go()
        await client.until(downs=1)
        assert "the switch ended the connection in the middle of a frame that begins b'Event: Hang'" in str(
            client.downs[0]
        )
        assert len(client.events) == whole
        with pytest.raises(SwitchUnavailableError) as error:
            await waiting
        assert error.value.maybe_done
        await client.until(ups=2)


@pytest.mark.parametrize(("said", "shown"), [(b"", ""), (b"HTTP/1.1 400 Bad", "begins b'HTTP/1.1 400 Bad'")])
async def test_one_that_accepts_and_does_not_speak_is_given_up(
    peer: AmiPeer, said: bytes, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ami_client, "ACTION_TIMEOUT_S", 0.1)
    peer.greeting, peer.silent = said, True
    with capture_logs() as logs:
        async with connected(peer, ups=0):
            await peer.action("Login", count=2)
    assert "Login: no answer from the switch in 0.1 s" in logs[0]["reason"]
    assert shown in logs[0]["reason"]


# --- the life of the connection


async def test_it_is_up_only_when_the_switch_is_fully_booted(peer: AmiPeer) -> None:
    peer.booted = False
    async with connected(peer, ups=0) as client:
        await peer.action("Login")
        await client.ami.ask({"Action": "Ping"})
        assert client.ups == 0
        peer.send(event("FullyBooted"))
        await client.until(ups=1)


@pytest.mark.parametrize(
    ("said", "runs_s"), [("0", 0), ("864000", 864_000), ("", None), ("-1", None), ("٣", None), ("9" * 400, None)]
)
async def test_how_long_the_switch_runs_is_told_if_it_says_so(peer: AmiPeer, said: str, runs_s: int | None) -> None:
    peer.booted = False
    async with connected(peer, ups=0) as client:
        await peer.action("Login")
        peer.send(event("FullyBooted", Uptime=said))
        await client.until(ups=1)
        assert client.runs == [runs_s]


async def test_it_connects_again_and_again(peer: AmiPeer) -> None:
    async with connected(peer) as client:
        for turn in range(1, 4):
            peer.hang_up()
            await client.until(ups=turn + 1, downs=turn)


async def test_a_switch_that_comes_later_is_found(peer: AmiPeer) -> None:
    await peer.stop()
    async with connected(peer, ups=0) as client:
        with capture_logs() as logs:
            await asyncio.sleep(0.2)
        assert "cannot connect" in logs[0]["reason"]
        await peer.listen()
        await client.until(ups=1)
        assert not client.downs


async def test_a_refused_login_says_so_and_is_tried_again(peer: AmiPeer) -> None:
    peer.accept_login = False
    with capture_logs() as logs:
        async with connected(peer, ups=0) as client:
            await peer.action("Login", count=3)
            assert client.ups == 0
            peer.accept_login = True
            await client.until(ups=1)
    assert "refused the login of user 'vcc': Authentication failed" in logs[0]["reason"]
    assert "secret" not in str(logs[0]["reason"]).replace("the secret", "")
    retries = [log["retry_s"] for log in logs[:2]]
    assert retries == sorted(retries)


async def test_pauses_between_attempts_grow_to_their_limit(peer: AmiPeer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ami_client, "FIRST_RETRY_S", 0.01)
    monkeypatch.setattr(ami_client, "LONGEST_RETRY_S", 0.03)
    await peer.stop()
    with capture_logs() as logs:
        async with connected(peer, ups=0):
            await asyncio.sleep(0.2)
    retries = [log["retry_s"] for log in logs]
    assert retries[:3] == [0.02, 0.03, 0.03]


async def test_a_peer_that_falls_silent_is_given_up(peer: AmiPeer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ami_client, "PING_INTERVAL_S", 0.05)
    monkeypatch.setattr(ami_client, "PING_TIMEOUT_S", 0.05)
    async with connected(peer) as client:
        await peer.action("Ping", count=2)
        peer.silent = True
        await client.until(downs=1)
        assert isinstance(client.downs[0], SwitchTimeoutError)
        peer.silent = False
        await client.until(ups=2)


async def test_a_peer_that_is_only_late_is_kept(peer: AmiPeer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ami_client, "PING_INTERVAL_S", 0.02)
    monkeypatch.setattr(ami_client, "PING_TIMEOUT_S", 0.05)

    async def late(peer: AmiPeer, action: dict[str, str]) -> None:
        peer.send(event("Newstate", Uniqueid="1"))

    peer.answers["Ping"] = late
    async with connected(peer) as client:
        await client.until(events=4)
        assert not client.downs


def test_ping_and_its_limit_notice_a_frozen_switch_within_five_seconds() -> None:
    assert ami_client.PING_INTERVAL_S + ami_client.PING_TIMEOUT_S <= 5
    assert ami_client.LONGEST_RETRY_S <= 2
