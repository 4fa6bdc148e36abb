"""Offers and answers."""

import pytest

from tests.lab.phone import sdp
from tests.lab.phone.errors import MalformedError
from tests.lab.phone.sdp import Direction, LocalSession, direction_of

OURS = ("127.0.0.1", 4000)
THEIRS = ("127.0.0.1", 5000)


def offer_of(*lines: str) -> bytes:
    return "\r\n".join(["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0", *lines, ""]).encode()


def test_two_sides_agree_on_the_answerer_s_first_common_codec_of_the_offer() -> None:
    offer = LocalSession(THEIRS, ("PCMA", "PCMU")).offer()
    description = sdp.parse(offer)
    assert description.audio is not None
    agreed = sdp.agree(("PCMU", "PCMA"), description.audio)
    assert agreed is not None
    assert (agreed.remote, agreed.codec, agreed.payload, agreed.event_payload) == (THEIRS, "PCMA", 8, 101)
    answer = LocalSession(OURS, ("PCMU", "PCMA")).answer(description, agreed)
    back = sdp.parse(answer).audio
    assert back is not None
    assert back.remote == OURS
    assert back.payloads == {8: "PCMA", 101: "TELEPHONE-EVENT"}


@pytest.mark.parametrize(
    ("theirs", "wish", "ours"),
    [
        ("sendrecv", Direction.SENDRECV, Direction.SENDRECV),
        ("sendonly", Direction.SENDRECV, Direction.RECVONLY),
        ("recvonly", Direction.SENDRECV, Direction.SENDONLY),
        ("inactive", Direction.SENDRECV, Direction.INACTIVE),
        ("sendrecv", Direction.SENDONLY, Direction.SENDONLY),
        ("sendonly", Direction.SENDONLY, Direction.INACTIVE),
    ],
)
def test_hold_is_answered_in_the_mirror(theirs: str, wish: Direction, ours: Direction) -> None:
    audio = sdp.parse(offer_of("m=audio 5000 RTP/AVP 8", f"a={theirs}")).audio
    assert audio is not None
    agreed = sdp.agree(("PCMA",), audio, wish)
    assert agreed is not None
    assert agreed.direction is ours


def test_every_direction_is_its_mirror_s_mirror() -> None:
    for direction in Direction:
        assert direction.mirrored.mirrored is direction
        assert direction_of(sends=direction.sends, receives=direction.receives) is direction


def test_an_old_fashioned_hold_is_understood() -> None:
    body = offer_of("m=audio 5000 RTP/AVP 8").replace(b"c=IN IP4 127.0.0.1", b"c=IN IP4 0.0.0.0")
    audio = sdp.parse(body).audio
    assert audio is not None
    assert audio.direction is Direction.SENDONLY


def test_dynamic_payload_types_and_connections_per_stream() -> None:
    audio = sdp.parse(
        offer_of(
            "m=audio 5000 RTP/AVP 96 97 98",
            "c=IN IP4 127.0.0.9",
            "a=rtpmap:96 opus/48000/2",
            "a=rtpmap:97 pcma/8000",
            "a=rtpmap:98 telephone-event/8000",
        )
    ).audio
    assert audio is not None
    agreed = sdp.agree(("PCMU", "PCMA"), audio)
    assert agreed is not None
    assert (agreed.payload, agreed.event_payload, agreed.remote) == (97, 98, ("127.0.0.9", 5000))


def test_no_common_codec_is_no_agreement() -> None:
    audio = sdp.parse(offer_of("m=audio 5000 RTP/AVP 9")).audio
    assert audio is not None
    assert sdp.agree(("PCMA",), audio) is None


@pytest.mark.parametrize("line", ["m=audio 0 RTP/AVP 8", "m=audio 5000 RTP/SAVP 8", "m=video 5000 RTP/AVP 8"])
def test_a_dead_or_foreign_stream_is_no_audio(line: str) -> None:
    assert sdp.parse(offer_of(line)).audio is None


def test_other_streams_are_refused_in_their_place() -> None:
    offer = sdp.parse(offer_of("m=video 6000 RTP/AVP 99", "m=audio 5000 RTP/AVP 8", "m=audio 5002 RTP/AVP 8"))
    assert offer.audio is not None
    agreed = sdp.agree(("PCMA",), offer.audio)
    assert agreed is not None
    lines = LocalSession(OURS, ("PCMA",)).answer(offer, agreed).decode().split("\r\n")
    assert [line for line in lines if line.startswith("m=")] == [
        "m=video 0 RTP/AVP 99",
        "m=audio 4000 RTP/AVP 8",
        "m=audio 0 RTP/AVP 8",
    ]


def test_each_description_has_a_new_version() -> None:
    session = LocalSession(OURS, ("PCMA",))
    assert b" 1 IN IP4" in session.offer()
    assert b" 2 IN IP4" in session.offer(Direction.SENDONLY)


@pytest.mark.parametrize("body", [b"", b"x=1\r\n", b"v=0\r\nm=audio RTP/AVP\r\n", b"v=0\r\nm=audio 5000 RTP/AVP 8\r\n"])
def test_what_is_broken_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedError):
        sdp.parse(body)
