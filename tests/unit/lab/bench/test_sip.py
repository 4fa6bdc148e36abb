"""The little that the callers understand of SIP."""

from tests.lab.bench import sip

_INVITE = (
    b"INVITE sip:7010@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP a:1;branch=x\r\nVIA:SIP/2.0/UDP b:2;branch=y\r\n"
    b"From: <sip:1@h>;tag=1\r\nto : <sip:7010@h>\r\nCall-ID: abc\r\nCSeq: 7 INVITE\r\n"
    b"Contact: <sip:1@127.0.0.1:5060;x-a=b>\r\nContent-Length: 99\r\n\r\nv=0\r\nm=audio 4002 RTP/AVP 8\r\n"
)


def test_a_request() -> None:
    assert sip.status(_INVITE) == 0
    assert sip.method(_INVITE) == "INVITE"
    assert sip.header(_INVITE, "Call-ID") == b"abc"
    assert sip.uri(sip.header(_INVITE, "Contact")) == b"sip:1@127.0.0.1:5060"
    assert sip.media_port(_INVITE) == 4002


def test_a_response_says_what_it_answers() -> None:
    response = sip.response(_INVITE, b"200 OK")
    assert sip.status(response) == 200
    assert sip.method(response) == "INVITE"
    assert response == (
        b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP a:1;branch=x\r\nVIA:SIP/2.0/UDP b:2;branch=y\r\n"
        b"From: <sip:1@h>;tag=1\r\nTo: <sip:7010@h>\r\nCall-ID: abc\r\nCSeq: 7 INVITE\r\nContent-Length: 0\r\n\r\n"
    )


def test_what_is_no_sip_is_harmless() -> None:
    for data in (b"", b"\r\n\r\n", b"SIP/2.0", b"SIP/2.0 \xff\xff\xff x\r\n\r\n"):
        assert sip.status(data) == 0
        assert sip.header(data, "To") == b""
        assert sip.media_port(data) == 0
    assert sip.uri(b"") == b""
