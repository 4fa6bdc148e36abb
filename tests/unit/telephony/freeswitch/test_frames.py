"""Frames of the event socket, and what may be written: whatever a stranger does, and however the stream is cut."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.freeswitch import frames
from telephony.freeswitch.frames import EslFrameError, Frame, FrameReader, clean, command, parse_event, word
from tests.lab.eventsocket import frames as written

NAMES = ["阳光 😀", "", "a\n\nContent-Type: command/reply\n\n", "%0AEvent-Name: forged", "a\r\nb", "x" * 3_000]
STREAM = written.AUTH_REQUEST + written.reply("+OK accepted") + written.response("+OK\n\n-ERR no\n")
STREAM += b"".join(written.event({"Event-Name": "CHANNEL_CREATE", "Caller-Caller-ID-Name": name}) for name in NAMES)


def read(*chunks: bytes) -> list[Frame]:
    reader = FrameReader()
    return [frame for chunk in chunks for frame in reader.feed(chunk)]


def told(found: list[Frame]) -> list[str]:
    return [parse_event(frame.body)["Caller-Caller-ID-Name"] for frame in found if frame.kind == "text/event-json"]


# --- cutting


def test_a_stream_is_cut_into_its_frames() -> None:
    found = read(STREAM)
    assert [frame.kind for frame in found[:3]] == ["auth/request", "command/reply", "api/response"]
    assert found[1].headers["Reply-Text"] == "+OK accepted"
    assert found[2].text == "+OK\n\n-ERR no\n"
    assert told(found) == NAMES


def test_byte_by_byte_it_is_the_same() -> None:
    assert read(*(STREAM[i : i + 1] for i in range(len(STREAM)))) == read(STREAM)


@pytest.mark.parametrize("cut", range(0, 400, 7))
def test_cut_in_two_it_is_the_same(cut: int) -> None:
    assert read(STREAM[:cut], STREAM[cut:]) == read(STREAM)


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_however_it_is_cut_it_is_the_same(cuts: list[int]) -> None:
    ends = sorted(cuts)
    assert read(*(STREAM[a:b] for a, b in zip([0, *ends], [*ends, len(STREAM)], strict=True))) == read(STREAM)


def test_stray_empty_lines_between_frames_are_no_frames() -> None:
    assert read(b"\n\n\n" + written.reply("+OK") + b"\n" + written.response("1") + b"\n") == read(
        written.reply("+OK") + written.response("1")
    )


def test_bytes_that_are_no_utf_8_are_replaced_and_length_counts_bytes() -> None:
    body = b'{"Event-Name":"X","a":"\xff\xfe\xe9\x98\xb3"}'
    raw = b"Content-Length: %d\nContent-Type: text/event-json\nX: \xff\n\n" % len(body) + body
    frame, after = read(raw + written.reply("+OK"))
    assert parse_event(frame.body)["a"] == "\ufffd\ufffd阳"
    assert frame.headers["X"] == "\ufffd"
    assert after.headers["Reply-Text"] == "+OK"


def test_of_a_header_that_stands_twice_the_first_counts() -> None:
    (frame,) = read(b"Content-Length: 2\nContent-Length: 9000\nContent-Type: api/response\nrubbish\n\nab")
    assert frame.body == b"ab"


# --- what is refused


@pytest.mark.parametrize(
    "length",
    [
        "-1",
        "2147483647",
        str(16 * 1024 * 1024 + 1),
        "99999999999999999",
        "9" * 5_000,
        "",
        "1e3",
        "0x10",
        "٣",
        "1 2",
        "+1",
    ],
)
def test_an_impossible_content_length_is_refused_at_once_and_shown(length: str) -> None:
    raw = f"Content-Type: text/event-json\nContent-Length: {length}\n\n".encode()
    with pytest.raises(EslFrameError, match="which is no number from 0 to 16,777,216: b'Content-Type") as e:
        read(raw)
    assert repr(f"Content-Length: {length}".encode()[:60])[2:-1] in str(e.value)
    assert len(str(e.value)) < 300


def test_an_impossible_length_is_shown_so_that_no_log_takes_it_for_a_telephone_number() -> None:
    with pytest.raises(EslFrameError) as e:
        read(b"Content-Type: text/event-json\nContent-Length: 2147483647\n\n")
    assert "a Content-Length of 2,147,483,647, which" in str(e.value)


def test_sixteen_mebibytes_are_taken() -> None:
    size = 16 * 1024 * 1024
    (frame,) = read(b"Content-Type: api/response\nContent-Length: %d\n\n" % size, b"x" * size)
    assert len(frame.body) == size


@pytest.mark.parametrize("raw", [b"Reply-Text: +OK\n\n", b"Content-Type:\nReply-Text: +OK\n\n", b"x\n\n"])
def test_a_frame_without_content_type_is_refused_and_shown(raw: bytes) -> None:
    with pytest.raises(EslFrameError, match="a frame without Content-Type: b'") as error:
        read(raw)
    assert repr(raw[:-2]) in str(error.value)


@pytest.mark.parametrize("ended", [True, False])
def test_a_head_without_end_is_not_kept(ended: bool) -> None:
    with pytest.raises(EslFrameError, match=r"more than 65536 bytes; it begins b'Huge: xxx"):
        read(b"Huge: " + b"x" * frames.MAX_HEADER_BYTES + (b"\n\n" if ended else b""))


def test_what_came_before_the_bad_frame_is_given() -> None:
    frames_of = FrameReader().feed(written.reply("+OK") + b"X: y\n\n")
    assert next(frames_of).headers["Reply-Text"] == "+OK"
    with pytest.raises(EslFrameError):
        next(frames_of)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", ""),
        (STREAM + b"\n", ""),
        (b"Content-Le", "in the middle of a frame that begins b'Content-Le'"),
        (b"HTTP/1.1 400 Bad Request\r\n", r"in the middle of a frame that begins b'HTTP/1.1 400 Bad Request\r\n'"),
        (
            b"Content-Type: api/response\nContent-Length: 5\n\nabc",
            "in the middle of a frame: 3 bytes of 5, after {'Content-Type': 'api/response', 'Content-Length': '5'}",
        ),
    ],
)
def test_what_is_under_way_can_be_shown(raw: bytes, expected: str) -> None:
    reader = FrameReader()
    list(reader.feed(raw))
    assert reader.rest() == expected


@given(st.lists(st.binary(max_size=300), max_size=10))
def test_rubbish_is_frames_or_a_frame_error(chunks: list[bytes]) -> None:
    for begin in (b"", b"Content-Type: text/event-json\nContent-Length: 30\n\n", STREAM):
        with contextlib.suppress(EslFrameError):
            read(begin, *chunks)


# --- events


def test_every_value_is_text_and_several_are_written_as_the_switch_writes_them() -> None:
    event = parse_event(b'{"Event-Name":"X","sip_h":["a","b|:c"],"n":"1"}')
    assert event == {"Event-Name": "X", "sip_h": "ARRAY::a|:b|:c", "n": "1"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'"x"',
        b"null",
        b"{",
        b'{"a":1}',
        b'{"a":null}',
        b'{"a":{}}',
        b'{"a":["b",1]}',
        b'{"a":[["b"]]}',
        b'{"a":' + b"9" * 10_000 + b"}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"a":"b"} {}',
        b'{"a":"b\x01"}',
        b"NaN",
    ],
)
def test_what_is_no_object_of_texts_is_refused(body: bytes) -> None:
    with pytest.raises(EslFrameError, match="an event "):
        parse_event(body)


def test_half_characters_written_as_escapes_become_storable_text() -> None:
    event = parse_event(rb'{"a":"x\ud83dy","b\udc00":"\uD83D\uDE00"}')
    assert event == {"a": "x\ufffdy", "b\ufffd": "😀"}
    json.dumps(event, ensure_ascii=False).encode()


@given(st.dictionaries(st.text(), st.text() | st.lists(st.text(), min_size=1)))
def test_what_a_switch_says_arrives_as_it_was(headers: dict[str, str | list[str]]) -> None:
    (frame,) = read(written.event(headers))
    expected = {k: v if isinstance(v, str) else "ARRAY::" + "|:".join(v) for k, v in headers.items()}
    assert parse_event(frame.body) == expected


@given(st.binary(max_size=300))
def test_any_body_is_an_event_or_refused(body: bytes) -> None:
    try:
        event = parse_event(body)
    except EslFrameError:
        return
    assert all(type(name) is str and type(value) is str for name, value in event.items())


# --- commands


def test_a_command_is_its_words_and_its_headers() -> None:
    assert command(["sendmsg", "1-2"], call_command="execute") == b"sendmsg 1-2\ncall-command: execute\n\n"


@pytest.mark.parametrize(
    "bad", ["\n", "\r", "\0", "\r\n\r\n", "\n\napi shutdown", "%0A", "%0a", "%0d", "%00", "\x1b", "\x7f"]
)
def test_nothing_that_could_end_a_line_is_written(bad: str) -> None:
    for words, headers in ((["api", f"a{bad}b"], {}), (["sendmsg", "1"], {"execute_app_arg": f"a{bad}b"})):
        with pytest.raises(ValueError, match="cannot be sent to the switch"):
            command(words, **headers)
    assert command(["api", clean(f"a{bad}b")])
    with pytest.raises(ValueError, match="no name of"):
        word(f"a{bad}b")


@pytest.mark.parametrize("bad", ["", " ", "a b", "a/b", "阳", "a;b", "${x}", "{a=b}"])
def test_a_name_is_one_plain_word(bad: str) -> None:
    with pytest.raises(ValueError, match="no name of"):
        word(bad)


def test_a_command_has_a_longest_length() -> None:
    with pytest.raises(ValueError, match="a command of 65543 bytes; the most is 65536"):
        command(["api", "x" * (frames.MAX_COMMAND_BYTES + 1)])


@given(st.text())
def test_what_is_cleaned_can_be_written_and_is_one_line(text: str) -> None:
    raw = command(["api", clean(text)])
    assert raw.count(b"\n") == 2
    assert b"\r" not in raw
    assert b"\0" not in raw
