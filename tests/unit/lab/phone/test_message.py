"""SIP messages: what is built is parsed back, what is broken is refused, what is hostile stays a value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.lab.phone.errors import MalformedError
from tests.lab.phone.message import Request, Response, header_list, parse, response_to, to_text

_VALUE = st.binary(max_size=60).map(lambda b: to_text(b.replace(b"\r\n", b"").strip(b" \t\r\n")))
_NAME = st.from_regex(r"X-[A-Za-z0-9]{1,12}", fullmatch=True)


def request(*headers: tuple[str, str], body: bytes = b"") -> Request:
    return Request(method="INVITE", uri="sip:98668@127.0.0.1", headers=headers, body=body)


@given(headers=st.lists(st.tuples(_NAME, _VALUE)), body=st.binary(max_size=200))
def test_a_built_request_is_parsed_back_byte_for_byte(headers: list[tuple[str, str]], body: bytes) -> None:
    built = request(*headers, body=body)
    read = parse(built.encode())
    assert isinstance(read, Request)
    assert (read.method, read.uri, read.body) == (built.method, built.uri, body)
    assert [(n, v) for n, v in read.headers if n != "Content-Length"] == headers


@given(st.binary(max_size=300))
def test_any_bytes_are_a_message_or_malformed(data: bytes) -> None:
    try:
        parse(data)
    except MalformedError:
        return


def test_a_response_is_parsed() -> None:
    read = parse(b"SIP/2.0 486 Busy Here\r\nv: SIP/2.0/UDP h;branch=z9hG4bKx\r\ni: abc\r\nCSeq: 7 INVITE\r\n\r\n")
    assert isinstance(read, Response)
    assert (read.status, read.reason, read.call_id, read.cseq) == (486, "Busy Here", "abc", (7, "INVITE"))
    assert read.header("via") == "SIP/2.0/UDP h;branch=z9hG4bKx"


def test_folded_lines_are_joined_and_bytes_beyond_the_content_length_are_not_the_body() -> None:
    read = parse(b"BYE sip:a@b SIP/2.0\r\nSubject: one\r\n\t two\r\nContent-Length: 2\r\n\r\nabXY")
    assert read.header("Subject") == "one two"
    assert read.body == b"ab"


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"INVITE sip:a SIP/2.0\r\nTo: x\r\n", "no empty line"),
        (b"INVITE sip:a\r\n\r\n", "neither a request nor a response"),
        (b"SIP/2.0 2x0 OK\r\n\r\n", "neither a request nor a response"),
        (b"BYE sip:a SIP/2.0\r\nnonsense\r\n\r\n", "a name and a colon"),
        (b"BYE sip:a SIP/2.0\r\nl: 5\r\n\r\nabc", "only 3 bytes"),
        (b"BYE sip:a SIP/2.0\r\nContent-Length: -1\r\n\r\n", "must be a number"),
    ],
)
def test_what_is_broken_is_refused_with_the_rule(data: bytes, told: str) -> None:
    with pytest.raises(MalformedError, match=told):
        parse(data)


@pytest.mark.parametrize("cseq", ["INVITE", "1", "x INVITE", "² INVITE"])
def test_a_cseq_needs_a_number_and_a_method(cseq: str) -> None:
    with pytest.raises(MalformedError, match="CSeq"):
        _ = request(("CSeq", cseq)).cseq


def test_a_response_copies_what_it_must_and_tags_to_once() -> None:
    asked = request(
        ("Via", "SIP/2.0/UDP a;branch=1"),
        ("Via", "SIP/2.0/UDP b;branch=2"),
        ("Record-Route", "<sip:p;lr>"),
        ("From", "<sip:x@y>;tag=f"),
        ("To", '"a;tag=no" <sip:z@y>'),
        ("Call-ID", "c"),
        ("CSeq", "1 INVITE"),
        ("User-Agent", "other"),
    )
    answer = response_to(asked, 180, to_tag="t")
    assert answer.start_line == "SIP/2.0 180 Ringing"
    assert answer.headers_named("Via") == ["SIP/2.0/UDP a;branch=1", "SIP/2.0/UDP b;branch=2"]
    assert answer.header("Record-Route") == "<sip:p;lr>"
    assert answer.header("User-Agent") is None
    assert answer.header("To") == '"a;tag=no" <sip:z@y>;tag=t'
    again = response_to(request(("To", "<sip:z>;tag=old")), 200, to_tag="new")
    assert again.header("To") == "<sip:z>;tag=old"


def test_raw_bytes_in_headers_go_out_as_they_are() -> None:
    name = b"\x00\x7f\xff\xf0\x9f\x98\x80%0A"
    sent = request(*header_list({"X-Name": name})).encode()
    assert b"X-Name: " + name + b"\r\n" in sent
