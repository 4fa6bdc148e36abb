"""What strangers may write to the three wires: for a minute (`./run fuzz`), each time something else.

Whatever the bytes are, a parser gives what it found or its own error; and it gives the same however the stream was cut.
"""

import asyncio
import contextlib
import itertools
import os
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from telephony.asterisk.ami import AmiProtocol, Frame
from telephony.asterisk.fastagi import AgiServer, AgiSession
from telephony.freeswitch import frames as esl_frames
from telephony.freeswitch.frames import EslFrameError, FrameReader, parse_event

if TYPE_CHECKING:
    from core.errors import SwitchError

pytestmark = pytest.mark.slow

PARSERS = 3
SECONDS = float(os.environ.get("VCC_FUZZ_S", "60")) / PARSERS
SHORT = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)


def until_time_is_over(check: Callable[[], None]) -> None:
    """Run a check of hypothesis again and again; each run draws anew."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        check()


def cut(raw: bytes, places: Sequence[int]) -> list[bytes]:
    """`raw` in pieces."""
    ends = sorted(place % (len(raw) + 1) for place in places)
    return [raw[a:b] for a, b in zip([0, *ends], [*ends, len(raw)], strict=True)]


CUTS = st.lists(st.integers(0, 1_000_000), max_size=30)
NOISE = st.binary(max_size=40) | st.sampled_from(
    [b"\n", b"\r\n", b"\n\n", b"\r\n\r\n", b": ", b"\0", b"\xff\xfe", b"%0A"]
)
BIG = st.sampled_from([b"x" * 70_000, b"x: y\n" * 20_000, b"x: y\r\n" * 20_000])


def pieces(*words: bytes) -> st.SearchStrategy[bytes]:
    """Streams of the words of a protocol, in any order, with noise between them and in them."""
    word = st.sampled_from(words)
    torn = st.builds(lambda text, at, noise: text[: at % (len(text) + 1)] + noise, word, st.integers(0, 999), NOISE)
    return st.lists(word | word | word | torn | NOISE, max_size=25).map(b"".join) | st.builds(
        lambda head, big, tail: head + big + tail, word, BIG, word
    )


# --- FreeSWITCH


def esl_event(body: bytes) -> bytes:
    return b"Content-Length: %d\nContent-Type: text/event-json\n\n" % len(body) + body


ESL = pieces(
    b"Content-Type: auth/request\n\n",
    b"Content-Type: command/reply\nReply-Text: +OK accepted\n\n",
    b"Content-Type: api/response\nContent-Length: 7\n\n+OK\n\n1\n",
    *(
        b"Content-Type: x\nContent-Length: %b\n\n" % n
        for n in (b"-1", b"0", b"2147483647", b"16777217", b"9" * 18, b"\xff")
    ),
    b"Content-Length: 3\nContent-Type: text/disconnect-notice\n\nbye",
    esl_event(b'{"Event-Name":"DTMF","a":["b","c"]}'),
    esl_event('{"Caller-Caller-ID-Name":"阳光%0A\\n\\n\\ud83d"}'.encode()),
    *(esl_event(body) for body in (b"[" * 5_000, b'{"a":1}', b"{", b"\xff", b'{"a":{"b":NaN}}', b"")),
    b"Content-Type: ",
    b"Content-Length: ",
    b"text/event-json",
)


def esl_read(chunks: list[bytes]) -> tuple[list[esl_frames.Frame], bool]:
    """What came of a stream: frames, and whether it was a stream of frames to its end."""
    reader, found = FrameReader(), list[esl_frames.Frame]()
    try:
        for chunk in chunks:
            found.extend(reader.feed(chunk))  # keeps what came before an error
    except EslFrameError:
        return found, False
    return found, True


@SHORT
@given(ESL, CUTS)
def esl_check(raw: bytes, places: list[int]) -> None:
    whole = esl_read([raw])
    assert esl_read(cut(raw, places)) == whole
    for frame in whole[0]:
        assert frame.kind
        with contextlib.suppress(EslFrameError):
            text = "".join(itertools.chain.from_iterable(parse_event(frame.body).items()))
            assert text.encode().decode() == text


@pytest.mark.timeout(SECONDS + 60)
def test_frames_of_freeswitchs_event_socket() -> None:
    until_time_is_over(esl_check)


# --- Asterisk's manager

AMI = pieces(
    b"Asterisk Call Manager/11.0.0\r\n",
    b"Event: Newchannel\r\nUniqueid: 1\r\nCallerIDName: \xe9\x98\xb3\r\n\r\n",
    b"Response: Success\r\nActionID: 1\r\nEventList: start\r\n\r\n",
    b"Event: X\r\nActionID: 1\r\n\r\n",
    b"Event: XComplete\r\nActionID: 1\r\nEventList: Complete\r\n\r\n",
    b"Response: Error\r\nActionID: 2\r\nMessage: no\r\n\r\n",
    b"ActionID: 1\r\n",
    b"Event: ",
    b"\r\n\r\n",
)


class Silent(asyncio.Transport):
    """A transport that takes everything."""

    def write(self, data: object) -> None: ...

    def abort(self) -> None: ...

    def close(self) -> None: ...

    def get_extra_info(self, name: str, default: object = None) -> object:
        return default


async def ami_read(chunks: list[bytes]) -> tuple[list[Frame], list[str], list[str]]:
    """What a manager's client tells of a stream: events, why it ended, and the answers to its two actions."""
    events: list[Frame] = []
    lost: list[SwitchError] = []
    answers: list[str] = []
    protocol = AmiProtocol(events.append, lost.append)
    protocol.connection_made(Silent())
    for _ in range(2):
        protocol.request({"Action": "Ping"}, lambda answer: answers.append(repr(answer)))
    for chunk in chunks:
        protocol.data_received(chunk)
    protocol.connection_lost(None)
    return events, [type(error).__name__ for error in lost], answers


@SHORT
@given(ESL | AMI | AMI.map(lambda raw: b"Asterisk Call Manager/11.0.0\r\n" + raw), CUTS)
def ami_check(raw: bytes, places: list[int]) -> None:
    async def both() -> None:
        assert await ami_read(cut(raw, places)) == await ami_read([raw])

    asyncio.run(both())


@pytest.mark.timeout(SECONDS + 60)
def test_frames_of_asterisks_manager() -> None:
    until_time_is_over(ami_check)


# --- FastAGI

AGI = pieces(
    b"agi_network: yes\nagi_network_script: trunk/x\nagi_channel: PJSIP/x-1\nagi_uniqueid: 1.1\n",
    b"agi_callerid: 138\n",
    b"agi_calleridname: \xe9\x98\xb3%0A\xff\n",
    b"\n",
    b"\n\n",
    b"200 result=0\n",
    b"200 result=1 (a\n",
    b"200 result=-1 endpos=99999999999999999999999\n",
    b"520-Invalid command syntax\n520 End\n",
    b"511 x\r\n",
    b"HANGUP\n",
    "٣٣٣ result=٣ endpos=٣\n".encode(),
    b"200 result=",
)


async def agi_read(chunks: list[bytes]) -> tuple[int, dict[str, str], bool, list[str]]:
    """What a session tells of a stream: whether it was let in, its environment, its end and the reply to a command."""
    came: list[AgiSession] = []
    asked: list[asyncio.Task[object]] = []

    def on_session(session: AgiSession) -> None:
        came.append(session)

    server = AgiServer(on_session)
    session = AgiSession(server)
    session.connection_made(Silent())
    for chunk in chunks:
        session.data_received(chunk)
        if came and not asked and not session.closed:
            asked.append(asyncio.ensure_future(session.command("NOOP")))
            await asyncio.sleep(0)
    session.connection_lost(None)
    replies = [repr(result) for result in await asyncio.gather(*asked, return_exceptions=True)]
    assert len(server) == 0
    return len(came), session.environment, session.hung_up, replies


@SHORT
@given(AGI | ESL | AGI.map(lambda raw: b"agi_network: yes\nagi_uniqueid: 1\nagi_network_script: a/b\n" + raw), CUTS)
def agi_check(raw: bytes, places: list[int]) -> None:
    async def both() -> None:
        head, end, rest = raw.partition(b"\n\n")  # the command is sent when the environment has come: cut there first
        whole = await agi_read([head + end, rest])
        assert await agi_read([*cut(head + end, places), *cut(rest, places)]) == whole

    asyncio.run(both())


@pytest.mark.timeout(SECONDS + 60)
def test_environments_and_replies_of_fastagi() -> None:
    until_time_is_over(agi_check)
