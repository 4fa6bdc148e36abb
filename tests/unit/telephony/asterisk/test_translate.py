"""Asterisk's words and ours."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from telephony.asterisk import translate
from telephony.asterisk.templates.words import music_class
from telephony.port import Cause, Ring, RingOutside
from tests.unit.telephony.asterisk.peers import environment

HARMLESS = {chr(c) for c in (*range(32), *range(127, 160))}


@pytest.mark.parametrize(
    ("header", "number", "name"),
    [
        ('"Li Lei" <sip:13800138000@carrier.example>;tag=1', "13800138000", "Li Lei"),
        ("<sip:98668@x>", "98668", ""),
        ("sip:98668@x;tag=1", "98668", ""),
        ("Li Lei <sip:1@x>", "1", "Li Lei"),
        ('"a\\"b" <sip:1@x>', "1", 'a"b'),
        ('"<sip:2@y>" <sip:1@x>', "1", "<sip:2@y>"),
        ('"Anonymous" <sip:anonymous@anonymous.invalid>', "", "Anonymous"),
        ("<tel:+8613800138000>", "+8613800138000", ""),
        ("<sips:1;phone-context=x@y;user=phone>", "1", ""),
        ("<sip:12%0d%0aEvent%3a@x>", "12\ufffd\ufffdEvent:", ""),
        ("<sip:%e9%98%b3%ff@x>", "阳\ufffd", ""),
        ("<sip:user:password@x>", "user", ""),
        ("<sip:carrier.example>", "carrier.example", ""),
        ("", "", ""),
        ("<", "", ""),
        ('"', "", ""),
        ("><", "", ">"),
    ],
)
def test_a_from_header_gives_number_and_name(header: str, number: str, name: str) -> None:
    assert translate.caller_of(header) == (number, name)


@given(st.text())
@example('"' * 1_000)
@example("<" * 1_000 + ">" * 1_000)
@example('"' + "\\" * 9_999)
def test_any_from_header_gives_harmless_text(header: str) -> None:
    number, name = translate.caller_of(header)
    assert len(number) <= 64
    assert len(name) <= 80
    assert not set(number + name) & HARMLESS


@given(st.text())
def test_an_argument_is_quoted_so_that_it_ends_where_it_ends(text: str) -> None:
    try:
        quoted = translate.quoted(text)
    except ValueError:
        assert text.translate(dict.fromkeys(map(ord, HARMLESS))) != text or {"\u2028", "\u2029"} & set(text)
        return
    assert unquote(quoted) == text


def unquote(quoted: str) -> str:
    """What Asterisk reads in a quoted argument."""
    assert quoted[0] == quoted[-1] == '"'
    found, escaped = [], False
    for character in quoted[1:-1]:
        if character == "\\" and not escaped:
            escaped = True
        else:
            assert escaped or character != '"'
            found.append(character)
            escaped = False
    assert not escaped
    return "".join(found)


@pytest.mark.parametrize(
    ("event", "cause"),
    [
        ({"Cause": "17", "TechCause": "486"}, Cause.BUSY),
        ({"Cause": "19", "TechCause": "480"}, Cause.NO_ANSWER),
        ({"Cause": "21", "TechCause": "603"}, Cause.REFUSED),
        ({"Cause": "34", "TechCause": "503"}, Cause.UNAVAILABLE),
        ({"Cause": "1", "TechCause": "404"}, Cause.NOT_FOUND),
        ({"Cause": "26"}, Cause.ELSEWHERE),
        ({"Cause": "44"}, Cause.MEDIA_LOST),
        ({"Cause": "16"}, Cause.NORMAL),
        ({"Cause": "0"}, Cause.NORMAL),
        ({"Cause": "127", "TechCause": "487"}, Cause.NORMAL),
        ({"Cause": "18", "TechCause": "408"}, Cause.UNREACHABLE),
        ({"Cause": "127", "TechCause": "500"}, Cause.FAILED),
        ({"Cause": "banana"}, Cause.FAILED),
        ({}, Cause.FAILED),
    ],
)
def test_causes(event: dict[str, str], cause: Cause) -> None:
    assert translate.cause_of(event)[0] is cause


def test_a_cause_keeps_the_switchs_own_words() -> None:
    event = {"Cause": "17", "Cause-txt": "User busy", "TechCause": "486"}
    assert translate.cause_of(event)[1] == "17 User busy (SIP 486)"


def test_every_cause_has_a_refusal() -> None:
    assert {translate.refusal(cause) for cause in Cause} == {17, 19, 20, 21, 34, 1}


def test_arrivals() -> None:
    found = translate.arrival(environment(arg_1="again", arg_2="diversion:x-a"))
    assert (found.trunk, found.phone, found.rung, found.dialled) == ("carrier", "", False, "98668")
    assert (found.again, found.asked_headers) == (True, ("diversion", "x-a"))
    found = translate.arrival(environment(script="phone/lin"))
    assert (found.trunk, found.phone, found.again, found.asked_headers) == ("", "lin", False, ())
    assert translate.arrival(environment(script="agent")).rung


@pytest.mark.parametrize("script", ["", "trunk", "trunk/", "agents", "system/x"])
def test_what_is_not_our_dial_plans(script: str) -> None:
    with pytest.raises(ValueError, match="the script"):
        translate.arrival(environment(script=script))


def test_a_ring_becomes_an_originate_that_no_text_can_change() -> None:
    ring = Ring(
        leg="vcc-1", phone="lin", timeout_s=0.0001, shows_number="98 66-8<x>", shows_name='a"b\r\nX: y', for_leg="1"
    )
    action = translate.originate(ring)
    assert action["CallerID"] == '"ab\ufffd\ufffdX: y" <98668>'
    assert action["Timeout"] == 1


def test_only_a_phone_is_rung() -> None:
    ring = Ring(leg="vcc-1", phone="lin;x", timeout_s=1, shows_number="", shows_name="", for_leg="")
    with pytest.raises(ValueError, match="no phone's name"):
        translate.originate(ring)


class Forged:
    """A permit that no guard has made."""

    def __init__(self, dials: str) -> None:
        self.dials, self.trunk, self.caller_id = dials, "carrier", "01065550000"


def outside(permit: Forged) -> RingOutside:
    return RingOutside(leg="vcc-1", permit=permit, timeout_s=2, for_leg="")  # type: ignore[arg-type]


def test_a_number_outside_is_digits_on_a_trunk() -> None:
    action = translate.originate_outside(outside(Forged("+8613800138000")))
    assert action["Channel"] == "PJSIP/+8613800138000@out.carrier"
    assert (action["CallerID"], action["Timeout"]) == ("<01065550000>", 2_000)


def test_whatever_the_guard_let_pass_nothing_but_a_number_is_dialled() -> None:
    with pytest.raises(ValueError, match="no number"):
        translate.originate_outside(outside(Forged("1&PJSIP/2")))


@pytest.mark.parametrize(
    ("channel", "phone"),
    [
        ("PJSIP/lin-0000002a", "lin"),
        ("PJSIP/lin-2-0000002a", "lin-2"),
        ("PJSIP/trunk.carrier-00000001", ""),
        ("Surrogate/PJSIP/lin-1", ""),
        ("", ""),
    ],
)
def test_the_phone_of_a_channel(channel: str, phone: str) -> None:
    assert translate.phone_of(channel) == phone


def test_sounds_lose_their_extension_and_keys_are_keys() -> None:
    assert translate.stream_file("/a b/c.wav", "1*x\n#") == 'STREAM FILE "/a b/c" "1*#"'


def test_music_classes_stay_apart_and_fit() -> None:
    assert music_class("press/main") == "press.main"
    long = [f"{'t' * 40}/{'m' * 39}{end}" for end in "ab"]
    classes = {music_class(name) for name in (*long, "a/b--c", "a--b/c", "a-/b", "a/b")}
    assert len(classes) == 6
    assert all(len(name) <= 79 for name in classes)
