"""Addresses in headers, hostile names included."""

import pytest

from tests.lab.phone.address import parameters, parse_address, quote, split_list, uri_socket, uri_user
from tests.lab.phone.errors import MalformedError


@pytest.mark.parametrize("name", ["Ada", 'say "hi"', "back\\slash", "a,b <sip:x@y>;tag=no", "\x01\x7f\t", "北京😀", ""])
def test_a_quoted_name_is_read_back(name: str) -> None:
    read = parse_address(f"{quote(name)} <sip:138@127.0.0.1;user=phone>;tag=abc")
    assert (read.display, read.user, read.tag) == (name, "138", "abc")


@pytest.mark.parametrize(
    ("text", "display", "uri"),
    [
        ("<sip:a@b>", None, "sip:a@b"),
        ("sip:a@b;tag=1", None, "sip:a@b"),
        ("Ann Lee <sip:a@b>", "Ann Lee", "sip:a@b"),
        ('"open <sip:a@b>', '"open', "sip:a@b"),
    ],
)
def test_other_forms(text: str, display: str | None, uri: str) -> None:
    read = parse_address(text)
    assert (read.display, read.uri) == (display, uri)


def test_an_open_bracket_is_malformed() -> None:
    with pytest.raises(MalformedError):
        parse_address("<sip:a@b")


def test_users_are_decoded() -> None:
    assert uri_user("sip:%2B86138;phone-context=x:pw@h:5060") == "+86138"
    assert uri_user("sip:127.0.0.1") == ""


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("sip:a@127.0.0.1:5070;lr", ("127.0.0.1", 5070)),
        ("sip:127.0.0.1", ("127.0.0.1", 5060)),
        ("sip:a@example.org", None),
    ],
)
def test_sockets_of_uris(uri: str, expected: tuple[str, int] | None) -> None:
    assert uri_socket(uri) == expected


def test_lists_are_split_only_where_commas_separate() -> None:
    assert split_list('"a < b, c" <sip:d>, e') == ['"a < b, c" <sip:d>', "e"]
    assert split_list('"a, \\" b" <sip:x,y@z>;p=1, <sip:b> ,c') == ['"a, \\" b" <sip:x,y@z>;p=1', "<sip:b>", "c"]


def test_parameters() -> None:
    assert parameters(';lr;Branch=z9;text="a;b"') == {"lr": "", "branch": "z9", "text": "a;b"}
