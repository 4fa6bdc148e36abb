"""FreeSWITCH's words and ours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.freeswitch import names, translate
from telephony.freeswitch.templates import words
from telephony.port import Cause, Ring, RingOutside, SpyMode
from tests.contract.switch.driver import ring_outside

CONTROLS = {chr(c) for c in (*range(32), *range(127, 160))}


def a_ring(**fields: object) -> Ring:
    default = {"leg": "vcc-1", "phone": "lin", "timeout_s": 20, "shows_number": "1", "shows_name": "", "for_leg": ""}
    return Ring(**{**default, **fields})  # type: ignore[arg-type]


def arrived(**variables: str) -> dict[str, str]:
    """The event of a parked caller."""
    return {"Unique-ID": "u", "Answer-State": "ringing"} | {f"variable_{k}": v for k, v in variables.items()}


def test_a_caller_on_a_trunk() -> None:
    event = arrived(
        vcc_from="trunk/carrier",
        vcc_dialled="98668",
        sip_from_user="138",
        sip_from_display='"Li \\"Lei\\""',
        vcc_headers="x-a:x-b:x-c",
        sip_i_x_a="1\n2",
        sip_i_x_b="ARRAY::first|:second",
    )
    found = translate.parked(event)
    assert found is not None
    assert (found.trunk, found.phone, found.rung, found.up, found.taken) == ("carrier", "", False, False, False)
    assert (found.dialled, found.caller, found.caller_name) == ("98668", "138", 'Li "Lei"')
    assert dict(found.headers) == {"x-a": "1\N{REPLACEMENT CHARACTER}2", "x-b": "first"}


def test_a_phone_a_handed_over_call_and_a_leg_that_vcc_rang() -> None:
    phone = translate.parked(arrived(vcc_from="phone/lin", vcc_phone="lin", vcc_dialled="*71", sip_from_user="x"))
    assert phone is not None
    assert (phone.phone, phone.trunk, phone.caller) == ("lin", "", "")
    handed = translate.parked(
        arrived(vcc_from="handover/98668", vcc_dialled="98668", vcc_back="on XML own", vcc_taken="1")
        | {"Caller-Caller-ID-Number": "138"}
    )
    assert handed is not None
    assert (handed.handed_over, handed.caller, handed.returns_to, handed.taken) == (True, "138", "on XML own", True)
    rung = translate.parked(arrived(vcc_rung="true", vcc_phone="lin"))
    assert rung is not None
    assert (rung.rung, rung.phone) == (True, "lin")


@pytest.mark.parametrize("origin", ["", "trunk", "trunk/", "else/where"])
def test_a_strangers_channel_is_none_of_ours(origin: str) -> None:
    assert translate.parked(arrived(vcc_from=origin)) is None


@pytest.mark.parametrize(("to", "found"), [("8001", "8001"), ("s", words.NO_NUMBER), ("?", "?"), ("5", "5")])
def test_one_letter_is_no_number_to_transfer_to(to: str, found: str) -> None:
    parked = translate.parked(arrived(vcc_from="trunk/a", vcc_refer_to=to))
    assert parked is not None
    assert parked.refer_to == found


@pytest.mark.parametrize(
    ("cause", "sip", "state", "ours"),
    [
        ("NORMAL_CLEARING", "sip:200", "hangup", Cause.NORMAL),
        ("USER_BUSY", "sip:486", "hangup", Cause.BUSY),
        ("NO_USER_RESPONSE", "sip:480", "hangup", Cause.NO_ANSWER),
        ("RECOVERY_ON_TIMER_EXPIRE", "sip:408", "hangup", Cause.UNREACHABLE),
        ("CALL_REJECTED", "sip:603", "hangup", Cause.REFUSED),
        ("NORMAL_TEMPORARY_FAILURE", "sip:503", "hangup", Cause.UNAVAILABLE),
        ("UNALLOCATED_NUMBER", "sip:404", "hangup", Cause.NOT_FOUND),
        ("NO_ANSWER", "", "hangup", Cause.NO_ANSWER),
        ("LOSE_RACE", "sip:486", "hangup", Cause.ELSEWHERE),
        ("MEDIA_TIMEOUT", "", "hangup", Cause.MEDIA_LOST),
        ("SOMETHING_NEW", "", "hangup", Cause.FAILED),
    ],
)
def test_why_a_leg_has_ended(cause: str, sip: str, state: str, ours: Cause) -> None:
    event = {"Hangup-Cause": cause, "Answer-State": state, "variable_proto_specific_hangup_cause": sip}
    assert translate.cause_of(event)[0] is ours
    assert translate.cause_of(event)[1].startswith(cause)


def test_what_a_phone_shows_is_never_among_the_variables() -> None:
    hostile = "x',origination_caller_id_number=0}sofia/${system id}\\'"
    words_ = translate.originate(a_ring(shows_name=hostile, shows_number="1;2"), "vcc-phones")
    assert "origination_caller_id_number" not in words_[0]
    assert words_[0].endswith("}sofia/vcc-phones/lin%vcc-phones")
    assert words_[1:4] == [names.BACK, "XML", names.CONTEXT]
    assert words_[4:] == ["'x,origination_caller_id_number=0sofia/system id'", "'12'", "21"]


@given(st.text(max_size=200))
def test_a_name_stays_within_its_quotes(name: str) -> None:
    shown = translate.display_name(name)
    assert not set(shown) & {*CONTROLS, "'", '"', "\\", "<", ">", "{", "}", "$", "|", ":", "@", "`", "%"}
    assert len(shown) <= 80


def test_an_escape_in_a_name_that_the_switch_would_decode_into_a_header_is_none_any_more() -> None:
    assert translate.display_name("a%0D%0AX-Evil%3A yes") == "a0D0AX-Evil3A yes"


def test_a_phone_is_asked_to_answer_and_how_to_ring() -> None:
    first = translate.originate(a_ring(auto_answer=True, alert="press-2"), "p")[0]
    assert "sip_h_Call-Info=<sip:vcc>;answer-after=0" in first
    assert "sip_h_Alert-Info=<urn:vcc:press-2>;info=press-2" in first


@pytest.mark.parametrize("fields", [{"phone": "Lin}"}, {"phone": "a b"}, {"alert": "a,b=c"}])
def test_what_could_be_more_than_a_name_is_refused(fields: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"is no phone's name|is not of letters"):
        translate.originate(a_ring(**fields), "p")


def test_a_number_outside_is_dialled_over_its_gateway() -> None:
    command = ring_outside("vcc-o-1")
    assert isinstance(command, RingOutside)
    found = translate.originate_outside(command)
    permit = command.permit
    assert found[0].endswith(f"}}sofia/gateway/{words.gateway(permit.trunk)}/{permit.dials}")
    assert found[4:6] == ["''", f"'{permit.caller_id}'"]


@pytest.mark.parametrize(
    "path", ["sound.wav", "/a b.wav", "/a!b.wav", "/a'b.wav", "/${x}.wav", "/a\n.wav", "/{x}y.wav"]
)
def test_a_path_that_the_switch_would_read_otherwise_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="is no absolute path"):
        translate.path(path)


def test_sounds_are_one_file_or_a_string_of_files() -> None:
    assert translate.paths(("/a.wav",)) == "/a.wav"
    assert translate.paths(("/a.wav", "/b.wav")) == "file_string:///a.wav!/b.wav"


@pytest.mark.parametrize(
    ("mode", "others", "on"),
    [(SpyMode.LISTEN, "false", "false"), (SpyMode.WHISPER, "false", "true"), (SpyMode.BARGE, "true", "true")],
)
def test_who_hears_a_supervisor(mode: SpyMode, others: str, on: str) -> None:
    assert translate.spy_variables(mode) == f"eavesdrop_whisper_aleg={others};eavesdrop_whisper_bleg={on}"


def test_what_a_dial_plan_gets_back_is_not_expanded() -> None:
    assert "${" not in translate.result("a ${system id} $${b} \n")
    assert len(translate.result("x" * 5_000)) <= 520


def test_stop_keys_and_none() -> None:
    assert translate.terminators("12#x ") == "12#"
    assert translate.terminators("") == "none"


def test_by_what_a_recording_ends_is_set_anew_each_time() -> None:
    names_of = [[pair.partition("=")[0] for pair in translate.recording_variables(s).split(";")] for s in (0.0, 2.5)]
    assert names_of[0] == names_of[1]
    assert "RECORD_FINAL_TIMEOUT_MS=2500" in translate.recording_variables(2.5)
    assert "RECORD_SILENCE_THRESHOLD=0" in translate.recording_variables(0.0)


@pytest.mark.parametrize(
    ("cause", "state", "silence"),
    [
        ("success-silence", "answered", translate.Silence.AFTER_SPEECH),
        ("no-input-timeout", "answered", translate.Silence.FROM_THE_BEGINNING),
        ("success-maxtime", "answered", None),  # it was told to stop
        ("", "answered", None),
        ("success-silence", "hangup", None),  # said of each whose channel ends
        ("no-input-timeout", "hangup", None),
    ],
)
def test_whether_silence_has_ended_a_recording(cause: str, state: str, silence: translate.Silence | None) -> None:
    event = {"Record-Completion-Cause": cause, "Answer-State": state}
    assert translate.ended_by_silence(event) is silence
