"""Digest answers, against the examples of RFC 7616 (3.9.1)."""

import pytest

from tests.lab.phone.auth import Challenge, Credentials, answer, authorization, parse_challenge
from tests.lab.phone.message import Response

MUFASA = Credentials(user="Mufasa", password="Circle of Life")
NONCE = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
CNONCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_rfc_s_examples(algorithm: str, response: str) -> None:
    challenge = Challenge(realm="http-auth@example.org", nonce=NONCE, algorithm=algorithm, opaque="op", qop="auth")
    text = answer(challenge, "GET", "/dir/index.html", MUFASA, cnonce=CNONCE)
    assert f'response="{response}"' in text
    assert 'opaque="op"' in text
    assert "nc=00000001" in text


def test_without_qop_the_old_digest_of_rfc_2617_is_given() -> None:
    challenge = Challenge(realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093")
    old = Credentials(user="Mufasa", password="Circle Of Life")
    text = answer(challenge, "GET", "/dir/index.html", old, cnonce="unused")
    assert 'response="670fd8c2df070c60b045671b8b24ff02"' in text
    assert "cnonce" not in text


def test_the_strongest_known_algorithm_is_answered() -> None:
    headers = tuple(
        ("WWW-Authenticate", f'Digest realm="r", nonce="{a}", algorithm={a}, qop="auth,auth-int"')
        for a in ("MD5", "SHA-512-256", "SHA-256")
    )
    header = authorization(Response(status=401, headers=headers), "REGISTER", "sip:h", MUFASA)
    assert header is not None
    assert header[0] == "Authorization"
    assert 'nonce="SHA-256"' in header[1]


def test_a_proxy_s_challenge_is_answered_to_the_proxy() -> None:
    headers = (("Proxy-Authenticate", 'Digest realm="r",nonce="n"'),)
    header = authorization(Response(status=407, headers=headers), "INVITE", "sip:h", MUFASA)
    assert header is not None
    assert header[0] == "Proxy-Authorization"


@pytest.mark.parametrize("text", ['Basic realm="x"', 'Digest realm="x"', 'Digest nonce="n", algorithm=AKAv1-MD5'])
def test_what_cannot_be_answered_is_no_challenge(text: str) -> None:
    assert parse_challenge(text) is None


def test_a_stale_nonce_is_seen() -> None:
    challenge = parse_challenge('Digest realm="x", nonce="n", stale=TRUE')
    assert challenge is not None
    assert challenge.stale
