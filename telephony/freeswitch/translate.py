"""FreeSWITCH's words and ours: events to facts' values, commands to what is sent. Pure.

Whatever a caller could have written is made harmless by `telephony.untrusted`; what has a meaning to FreeSWITCH alone
is taken out here: `display_name`, `path`, `result`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from telephony import untrusted
from telephony.between import RING_HEADER, wishes
from telephony.freeswitch.frames import LIST_BEGIN, LIST_SEPARATOR
from telephony.freeswitch.names import BACK, CONTEXT, DISPLAY, NO_KEY, REFERRER, RUNG, TAKEN
from telephony.freeswitch.seconds import at_least
from telephony.freeswitch.templates.words import (
    BACK_VARIABLE,
    CONFERENCE_PROFILE,
    DIALLED_VARIABLE,
    FROM_VARIABLE,
    HEADERS_VARIABLE,
    NO_NUMBER,
    PHONE_VARIABLE,
    REFER_VARIABLE,
    SECURE_MEDIA,
    gateway,
    header_variable,
    node_gateway,
)
from telephony.port import Cause, Ring, RingOutside, SpyMode
from telephony.untrusted import (
    RESULT_LIMIT,
    caller,
    check_permit,
    check_ring,
    display_number,
    harmless,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from telephony.freeswitch.frames import Event

#: What is told of each channel, and what the modules tell. CHANNEL_ORIGINATE: one that vcc rings is there.
EVENTS = (
    "CHANNEL_ORIGINATE",
    "CHANNEL_PROGRESS",
    "CHANNEL_PROGRESS_MEDIA",
    "CHANNEL_ANSWER",
    "CHANNEL_PARK",
    "CHANNEL_BRIDGE",
    "CHANNEL_UNBRIDGE",
    "CHANNEL_HOLD",
    "CHANNEL_UNHOLD",
    "CHANNEL_EXECUTE",
    "CHANNEL_EXECUTE_COMPLETE",
    "CHANNEL_HANGUP",
    "DTMF",
    "RECORD_STOP",
    "BACKGROUND_JOB",
    "conference::maintenance",
    "sofia::register",
    "sofia::unregister",
    "sofia::expire",
    "sofia::sip_user_state",
    "sofia::gateway_state",
    "sofia::transferor",
    "sofia::transferee",
    "sofia::error",
)

#: The applications whose begin and end are read, CHANNEL_EXECUTE and CHANNEL_EXECUTE_COMPLETE; a call runs some twenty.
APPLICATIONS = ("playback", "eavesdrop")

#: What would end an argument in quotes, a scheme, or begin a host; %0D%0A would become the end of a header in SIP.
_NAME_SYNTAX = dict.fromkeys(map(ord, "'|${}`:@%"))
#: What has a meaning to the switch in the path of a file, or in a command that holds one.
_PATH_SYNTAX = re.compile(r"[\s,;!@|'\"\\${}\[\]()^]")
_ESCAPE = re.compile(r"\\(.)")
_SIP_CODE = re.compile(r"sip:([0-9]{3})")

# --- what comes in ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Parked:
    """What the event of a parked channel says. `trunk`, `phone`, `handed_over`, `rung`: exactly one is set."""

    leg: str
    trunk: str = ""
    phone: str = ""
    handed_over: bool = False
    rung: bool = False
    up: bool = False
    dialled: str = ""
    taken: bool = False
    caller: str = ""
    caller_name: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    refer_to: str = ""
    referrer: str = ""
    returns_to: str = ""


def variable(event: Mapping[str, str], name: str) -> str:
    """A channel's variable, as it stands in the events of the channel."""
    return event.get(f"variable_{name}", "")


def leg_of(event: Mapping[str, str]) -> str:
    """The channel that an event is about."""
    return event.get("Unique-ID", "")


def is_up(event: Mapping[str, str]) -> bool:
    """Whether the channel of an event was answered."""
    return event.get("Answer-State", "") == "answered"


def parked(event: Event) -> Parked | None:
    """Read the event of a channel that the dial plan has brought; None if it is none of ours."""
    leg, up = leg_of(event), is_up(event)
    refer_to, referrer = _refer_to(event), variable(event, REFERRER)
    taken = variable(event, TAKEN) != ""
    if variable(event, RUNG):
        phone = variable(event, PHONE_VARIABLE)
        return Parked(leg=leg, rung=True, up=up, taken=taken, phone=phone, refer_to=refer_to, referrer=referrer)
    kind, _, name = variable(event, FROM_VARIABLE).partition("/")
    if kind not in {"trunk", "phone", "handover"} or not name:
        return None
    handed_over = kind == "handover"
    number, caller_name = caller_of(event) if kind == "trunk" else ("", "")
    if handed_over:  # whatever its own dial plan has made of it
        number, caller_name = caller(event.get("Caller-Caller-ID-Number", ""), event.get("Caller-Caller-ID-Name", ""))
    return Parked(
        leg=leg,
        trunk=name if kind == "trunk" else "",
        phone=name if kind == "phone" else "",
        handed_over=handed_over,
        up=up,
        dialled=variable(event, DIALLED_VARIABLE),
        taken=taken,
        caller=number,
        caller_name=caller_name,
        headers=tuple(headers_of(event)),
        refer_to=refer_to,
        referrer=referrer,
        returns_to=variable(event, BACK_VARIABLE),
    )


def _refer_to(event: Mapping[str, str]) -> str:
    """Where a phone's blind transfer wants the leg, if there was one; one letter is no number."""
    to = variable(event, REFER_VARIABLE)
    return NO_NUMBER if len(to) == 1 and to.isalpha() else to


def headers_of(event: Mapping[str, str]) -> list[tuple[str, str]]:
    """The headers of the INVITE that are to be told, as the sender wrote them but for controls."""
    asked = [name for name in variable(event, HEADERS_VARIABLE).split(":") if name]
    values = ((name, first_of(variable(event, header_variable(name)))) for name in asked)
    return [(name, harmless(value)) for name, value in values if value]


def first_of(value: str) -> str:
    """Of several headers of one name the first."""
    return value.removeprefix(LIST_BEGIN).partition(LIST_SEPARATOR)[0] if value.startswith(LIST_BEGIN) else value


def caller_of(event: Mapping[str, str]) -> tuple[str, str]:
    """Number and name that the caller claims in From; empty where there is none."""
    number, name = variable(event, "sip_from_user"), variable(event, "sip_from_display").strip(" \t")
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = _ESCAPE.sub(r"\1", name[1:-1])
    if number.lower() == "anonymous":
        number = ""
    return caller(number, name)


_CAUSES = {
    "NONE": Cause.NORMAL,
    "NORMAL_CLEARING": Cause.NORMAL,
    "NORMAL_UNSPECIFIED": Cause.NORMAL,
    "ORIGINATOR_CANCEL": Cause.NORMAL,
    "ATTENDED_TRANSFER": Cause.NORMAL,
    "BLIND_TRANSFER": Cause.NORMAL,
    "MANAGER_REQUEST": Cause.NORMAL,
    "USER_BUSY": Cause.BUSY,
    "NO_ANSWER": Cause.NO_ANSWER,
    "ALLOTTED_TIMEOUT": Cause.NO_ANSWER,
    "PROGRESS_TIMEOUT": Cause.UNREACHABLE,
    "CALL_REJECTED": Cause.REFUSED,
    "NO_USER_RESPONSE": Cause.UNREACHABLE,
    "SUBSCRIBER_ABSENT": Cause.UNREACHABLE,
    "USER_NOT_REGISTERED": Cause.UNREACHABLE,
    "DESTINATION_OUT_OF_ORDER": Cause.UNREACHABLE,
    "RECOVERY_ON_TIMER_EXPIRE": Cause.UNREACHABLE,
    "UNALLOCATED_NUMBER": Cause.NOT_FOUND,
    "NO_ROUTE_DESTINATION": Cause.NOT_FOUND,
    "NO_ROUTE_TRANSIT_NET": Cause.NOT_FOUND,
    "INVALID_NUMBER_FORMAT": Cause.NOT_FOUND,
    "NUMBER_CHANGED": Cause.NOT_FOUND,
    "NORMAL_CIRCUIT_CONGESTION": Cause.UNAVAILABLE,
    "NORMAL_TEMPORARY_FAILURE": Cause.UNAVAILABLE,
    "NETWORK_OUT_OF_ORDER": Cause.UNAVAILABLE,
    "SWITCH_CONGESTION": Cause.UNAVAILABLE,
    "REQUESTED_CHAN_UNAVAIL": Cause.UNAVAILABLE,
    "GATEWAY_DOWN": Cause.UNAVAILABLE,
    "INVALID_GATEWAY": Cause.UNAVAILABLE,
    "LOSE_RACE": Cause.ELSEWHERE,
    "PICKED_OFF": Cause.ELSEWHERE,
    "MEDIA_TIMEOUT": Cause.MEDIA_LOST,
}
#: SIP's answer says more than the cause that the switch makes of it.
_SIP_CAUSES = {"480": Cause.NO_ANSWER, "408": Cause.UNREACHABLE, "486": Cause.BUSY, "603": Cause.REFUSED}


def cause_of(event: Mapping[str, str]) -> tuple[Cause, str]:
    """Our cause for the event of a hang-up, and the switch's own words for it."""
    words = event.get("Hangup-Cause", "") or variable(event, "hangup_cause")
    sip = _SIP_CODE.match(variable(event, "proto_specific_hangup_cause"))
    cause = cause_named(words)
    if sip is None:
        return cause, words
    refused = cause not in {Cause.ELSEWHERE, Cause.MEDIA_LOST} and not is_up(event)
    return _SIP_CAUSES.get(sip[1], cause) if refused else cause, f"{words} (SIP {sip[1]})"


def is_by_transfer(event: Mapping[str, str]) -> bool:
    """Whether a channel has ended because a phone has joined others by an attended transfer."""
    return event.get("Hangup-Cause", "") == "ATTENDED_TRANSFER"


def cause_named(name: str) -> Cause:
    """Our cause for the switch's name of one."""
    return _CAUSES.get(name, Cause.FAILED)


_REFUSALS = {
    Cause.BUSY: "USER_BUSY",
    Cause.NO_ANSWER: "NO_ANSWER",
    Cause.REFUSED: "CALL_REJECTED",
    Cause.UNREACHABLE: "NO_USER_RESPONSE",
    Cause.NOT_FOUND: "UNALLOCATED_NUMBER",
}


def refusal(cause: Cause) -> str:
    """The switch's cause with which a leg is refused; what has none of its own is congestion (SIP 503)."""
    return _REFUSALS.get(cause, "NORMAL_TEMPORARY_FAILURE")


# --- what goes out ----------------------------------------------------------------------------------------------------


def originate(ring: Ring, profile: str, *, secure: bool = False, lasting: Mapping[str, str] | None = None) -> list[str]:
    """The arguments of the `originate` that rings a phone, which registers at this profile; `secure`: its media are
    encrypted, or there is no call; `lasting`: what else holds for the leg. Raises ValueError as `check_ring`.
    """
    check_ring(ring)
    name, number = display_name(ring.shows_name), display_number(ring.shows_number)
    variables = {**(lasting or {}), PHONE_VARIABLE: ring.phone}
    if ring.at:
        variables[f"sip_h_{RING_HEADER}"] = wishes(ring)
        return _originate(ring, f"sofia/gateway/{node_gateway(ring.at)}/{ring.phone}", variables, name, number)
    if secure:
        variables.update([SECURE_MEDIA])
    if ring.auto_answer:
        variables["sip_h_Call-Info"] = "<sip:vcc>;answer-after=0"
    if ring.alert:
        variables["sip_h_Alert-Info"] = f"<urn:vcc:{ring.alert}>;info={ring.alert}"
    url = f"sofia/{profile}/{ring.phone}%{profile}"
    return _originate(ring, url, variables, name, number)


def originate_outside(ring: RingOutside, *, lasting: Mapping[str, str] | None = None) -> list[str]:
    """The arguments of the `originate` that rings a number outside. Raises ValueError as `check_permit`."""
    permit = ring.permit
    check_permit(permit)
    url = f"sofia/gateway/{gateway(permit.trunk)}/{permit.dials}"
    return _originate(ring, url, lasting or {}, "", display_number(permit.caller_id))


def _originate(ring: Ring | RingOutside, url: str, variables: Mapping[str, str], name: str, number: str) -> list[str]:
    ours = {"origination_uuid": ring.leg, RUNG: "true", "ignore_early_media": "true"}
    braces = ",".join(f"{key}={value}" for key, value in {**ours, **variables}.items())
    gives_up = str(at_least(ring.timeout_s))  # vcc itself does so before
    return [f"{{{braces}}}{url}", BACK, "XML", CONTEXT, f"'{name}'", f"'{number}'", gives_up]


def display_name(text: str) -> str:
    """A name for a phone to show, without what the switch would read as something else."""
    return untrusted.display_name(text).translate(_NAME_SYNTAX)


def display(number: str, name: str) -> list[list[str]]:
    """The orders, but for the leg after the first word, by which a phone shows these; one without a name shows none."""
    number, name = display_number(number), display_name(name)
    setting = next(iter(DISPLAY))
    return [
        ["uuid_setvar", setting, "false"],
        ["uuid_display", f"{name or number}|{number}"],
        ["uuid_setvar", setting, "true"],
    ]


#: Where in the dial plan a leg is vcc's again: what `uuid_transfer` takes after the leg.
PLACE = (BACK, "XML", CONTEXT)
#: The same as the last application of an inline dial plan.
_THEN_BACK = "transfer:" + " ".join(PLACE)


def conference(name: str) -> str:
    """The inline dial plan of a leg in a conversation of three: that ends when one is left, who is not hung up."""
    return f"'set:hangup_after_conference=false,conference:{name}@{CONFERENCE_PROFILE}+flags{{mintwo}},{_THEN_BACK}'"


def eavesdrop(on: str) -> str:
    """The inline dial plan of a leg that watches another one."""
    return f"'eavesdrop:{on},{_THEN_BACK}'"


def spy_variables(mode: SpyMode) -> str:
    """By which variables of the watching leg it does so in this mode, for `uuid_setvar_multi`.

    The switch calls what the watched leg hears its write side, and what it says its read side.
    """
    heard_by_on = "true" if mode is not SpyMode.LISTEN else "false"
    heard_by_others = "true" if mode is SpyMode.BARGE else "false"
    return f"eavesdrop_whisper_aleg={heard_by_others};eavesdrop_whisper_bleg={heard_by_on}"


def path(sound: str) -> str:
    """A sound file as the switch may be told of it. Raises ValueError for a path that it would read as another."""
    if not sound.startswith("/") or _PATH_SYNTAX.search(sound):
        raise ValueError(f"{sound!r} is no absolute path that the switch could take")
    return sound


def paths(sounds: tuple[str, ...]) -> str:
    """Sound files, one after the other, as one. Raises ValueError as `path`."""
    return path(sounds[0]) if len(sounds) == 1 else "file_string://" + "!".join(path(sound) for sound in sounds)


def recording(file: str) -> str:
    """The path of a recording. Raises ValueError for one that the switch would read as another."""
    if not file.endswith(".raw"):
        raise ValueError(f"{file!r} is no absolute path of a .raw file")
    return path(file)


#: What `uuid_record` goes by: two channels, and no recording is too short.
_RECORDING = "RECORD_STEREO=true;RECORD_MIN_SEC=0;record_sample_rate=8000"
#: Below it, on the average of the samples of both channels, nothing is said. One channel alone has half of that: 200 is
#: the switch's own measure for it.
_SILENT_BELOW = 100


def recording_variables(silence_s: float) -> str:
    """What `uuid_record` goes by, for `uuid_setvar_multi`; it ends by itself when nothing was said for `silence_s`
    seconds, 0: never. All of it each time: what was set for the recording before would hold.
    """
    ms, threshold = round(silence_s * 1_000), _SILENT_BELOW if silence_s else 0
    return (
        f"{_RECORDING};RECORD_INITIAL_TIMEOUT_MS={ms};RECORD_FINAL_TIMEOUT_MS={ms};RECORD_SILENCE_THRESHOLD={threshold}"
    )


class Silence(StrEnum):
    """How a recording has ended by silence: in the switch's words."""

    AFTER_SPEECH = "success-silence"
    FROM_THE_BEGINNING = "no-input-timeout"


def ended_by_silence(event: Mapping[str, str]) -> Silence | None:
    """Whether the event of a recording's end says that; of a channel that ends, the switch says it of every one."""
    cause = event.get("Record-Completion-Cause", "")
    if event.get("Answer-State", "") == "hangup" or cause not in {*Silence}:
        return None
    return Silence(cause)


def recorded_file(event: Mapping[str, str]) -> str:
    """The file of the recording of which an event tells."""
    return event.get("Record-File-Path", "")


def terminators(stop_keys: str) -> str:
    """The value of `playback_terminators`: the switch's own default would be the star."""
    return "".join(key for key in stop_keys if key in "0123456789*#ABCD") or NO_KEY


#: That it rings elsewhere, after the answer: a tone as people know it in China.
RINGBACK_HZ = 450
RINGBACK = f"tone_stream://%(1000,4000,{RINGBACK_HZ});loops=-1"


def result(text: str) -> str:
    """What is left to a dial plan that gets its leg back: one line, and nothing that the switch would expand."""
    return harmless(text, RESULT_LIMIT).replace("${", "$ {").replace("$${", "$$ {")


#: What `uuid_exists` prints of a channel that is not there.
DOES_NOT_EXIST = "false"
