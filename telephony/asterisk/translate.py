"""Asterisk's words and ours: events and AGI environments to facts' values, commands to actions and command lines. Pure.

Whatever a caller could have written is made harmless by `telephony.untrusted`; what has a meaning to Asterisk alone is
taken care of here: `quoted`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from telephony.asterisk.templates.words import (
    AGENT_CONTEXT,
    AGENT_EXTENSION,
    ANSWERED_EXTENSION,
    BACK_LABEL,
    CHECK_CONTEXT,
    HANDOVER,
    LETTER_MARK,
    MUTED_VARIABLE,
    SEEN_VARIABLE,
    SERVE_CONTEXT,
    TRUNK_PREFIX,
    WHISPER_CONTEXT,
    WHISPER_INTO,
    music_class,
    node_endpoint,
    outgoing_endpoint,
)
from telephony.between import RING_HEADER, wishes
from telephony.port import Cause, Ring, RingOutside, SpyMode
from telephony.untrusted import (
    RESULT_LIMIT,
    caller,
    check_permit,
    check_ring,
    display_name,
    display_number,
    harmless,
    has_controls,
    is_phone,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Arrival", "music_class"]

_NAME_IN_QUOTES = re.compile(r'^\s*"((?:[^"\\]|\\.)*)"\s*(?=<)')
#: What has a meaning to the dial plan in an argument of an application.
_ARGUMENT_SYNTAX = re.compile(r'[,;|&"\\${}\[\]()]')
_ESCAPE = re.compile(r"\\(.)")
_USER = re.compile(r"^\s*(?:sips?|tel):([^@;?>]*)", re.IGNORECASE)

# --- what comes in ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrival:
    """What a FastAGI connection's environment says. `trunk`, `phone`, `handed_over`, `rung`: exactly one is set."""

    leg: str
    channel: str
    trunk: str = ""
    phone: str = ""
    handed_over: bool = False
    rung: bool = False
    dialled: str = ""
    again: bool = False
    asked_headers: tuple[str, ...] = ()
    refer_to: str = ""  # where a phone's blind transfer wants it, and the channel of that phone, by its id
    referrer: str = ""
    music: str = ""  # the class that is noted on its channel, in Asterisk's name for it

    @property
    def origin(self) -> str:
        """Where it came from, in the dial plan's word; empty if vcc rang it."""
        if self.handed_over:
            return f"{HANDOVER}/{self.dialled}"
        return f"trunk/{self.trunk}" if self.trunk else f"phone/{self.phone}" if self.phone else ""


def arrival(environment: Mapping[str, str]) -> Arrival:
    """Read the environment that our dial plan makes. Raises ValueError if it is not ours."""
    kind, _, name = environment["agi_network_script"].partition("/")
    leg, channel = environment["agi_uniqueid"], environment["agi_channel"]
    again = environment.get("agi_arg_1", "") == "again"
    refer_to, referrer = environment.get("agi_arg_3", ""), environment.get("agi_arg_4", "")
    music = environment.get("agi_arg_5", "")
    if kind == "agent":
        return Arrival(leg=leg, channel=channel, rung=True, again=again, refer_to=refer_to, referrer=referrer)
    if kind == HANDOVER and name:  # what was dialled stands here, where nothing that a stranger wrote comes before it
        return Arrival(
            leg=leg,
            channel=channel,
            handed_over=True,
            dialled=name,
            again=again,
            refer_to=refer_to,
            referrer=referrer,
            music=music,
        )
    if kind not in {"trunk", "phone"} or not name:
        message = (
            f"the script {environment['agi_network_script']!r} is not trunk/NAME, phone/NAME, handover/NUMBER or agent"
        )
        raise ValueError(message)
    return Arrival(
        leg=leg,
        channel=channel,
        trunk=name if kind == "trunk" else "",
        phone=name if kind == "phone" else "",
        dialled=environment.get("agi_extension", ""),
        again=again,
        asked_headers=tuple(filter(None, environment.get("agi_arg_2", "").split(":"))),
        refer_to=refer_to,
        referrer=referrer,
        music=music,
    )


def as_dialled(extension: str) -> str:
    """What was dialled, of the extension that the dial plan has for it."""
    return extension.removeprefix(LETTER_MARK)


def caller_of(from_header: str) -> tuple[str, str]:
    """Number and name in a From header, as it came over the wire; empty where there is none."""
    quoted_name = _NAME_IN_QUOTES.match(from_header)
    if quoted_name:
        name, rest = _ESCAPE.sub(r"\1", quoted_name[1]), from_header[quoted_name.end() :]
    else:
        name, _, rest = from_header.rpartition("<") if "<" in from_header else ("", "", from_header)
    user = _USER.match(rest.strip().removeprefix("<"))
    number = unquote(user[1].partition(":")[0], errors="replace") if user else ""
    if number.lower() == "anonymous":
        number = ""
    return caller(number, name.strip(" \t"))


_CAUSES = {
    0: Cause.NORMAL,
    1: Cause.NOT_FOUND,
    2: Cause.NOT_FOUND,
    3: Cause.NOT_FOUND,
    16: Cause.NORMAL,
    17: Cause.BUSY,
    18: Cause.UNREACHABLE,
    19: Cause.NO_ANSWER,
    20: Cause.UNREACHABLE,
    21: Cause.REFUSED,
    22: Cause.NOT_FOUND,
    26: Cause.ELSEWHERE,
    27: Cause.UNREACHABLE,
    28: Cause.NOT_FOUND,
    31: Cause.NORMAL,
    34: Cause.UNAVAILABLE,
    38: Cause.UNAVAILABLE,
    41: Cause.UNAVAILABLE,
    42: Cause.UNAVAILABLE,
    44: Cause.MEDIA_LOST,
}
#: SIP's answer says more than the Q.850 cause that Asterisk makes of it: a caller who cancels ends with 127.
_SIP_CAUSES = {"487": Cause.NORMAL, "408": Cause.UNREACHABLE}


def cause_of(hangup: Mapping[str, str]) -> tuple[Cause, str]:
    """Our cause for a Hangup event, and the switch's own words for it."""
    code = hangup.get("Cause", "")
    cause = _CAUSES.get(int(code), Cause.FAILED) if code.isdecimal() else Cause.FAILED
    sip = hangup.get("TechCause", "")
    words = f"{code} {hangup.get('Cause-txt', '')}".strip() + (f" (SIP {sip})" if sip else "")
    return _SIP_CAUSES.get(sip, cause), words


_REFUSALS = {
    Cause.BUSY: 17,
    Cause.NO_ANSWER: 19,
    Cause.REFUSED: 21,
    Cause.UNREACHABLE: 20,
    Cause.UNAVAILABLE: 34,
    Cause.NOT_FOUND: 1,
}
_CONGESTION = 34


def refusal(cause: Cause) -> int:
    """The Q.850 code with which a leg is refused for `cause`; what has none of its own is congestion (SIP 503)."""
    return _REFUSALS.get(cause, _CONGESTION)


def phone_of(channel: str) -> str:
    """The phone's account in a channel's name such as `PJSIP/lin-0000002a`; empty for a trunk's."""
    technology, _, rest = channel.partition("/")
    account = rest.rpartition("-")[0]
    return account if technology == "PJSIP" and is_phone(account) else ""


def origin_of(channel: str) -> str:
    """Where an arrived channel came from, in the dial plan's word: `trunk/NAME` or `phone/NAME`; empty if neither."""
    if phone := phone_of(channel):
        return f"phone/{phone}"
    trunk = channel.rpartition("-")[0].partition(f"PJSIP/{TRUNK_PREFIX}")[2]
    return f"trunk/{trunk}" if trunk else ""


# --- what goes out ----------------------------------------------------------------------------------------------------


#: The action that dials. What `vcc pbx check` dials is a phone that nobody has, and a context of ours: never a number.
ORIGINATE = "Originate"


def dial_nobody(leg: str) -> dict[str, object]:
    """The action that rings a phone that nobody has: it fails at once, and that is told."""
    channel = {"Channel": "PJSIP/vcc-check-nobody", "ChannelId": leg, "Timeout": 1_000}
    return {"Action": ORIGINATE, **channel, **_LISTENS}


def dial_check(leg: str, other: str, sound: str) -> dict[str, object]:
    """The action that calls the context in which the switch tries things; `sound`: a file without its ending."""
    channel = {"Channel": "Local/s@vcc-check/n", "ChannelId": leg, "OtherChannelId": other, "Timeout": 5_000}
    variable = {"Variable": f"__VCC_CHECK_SOUND={sound}"} if sound and "," not in sound else {}  # it splits at commas
    return {"Action": ORIGINATE, **channel, **variable, **_LISTENS}


_LISTENS = {"Context": CHECK_CONTEXT, "Exten": "listen", "Priority": 1, "Async": "true"}


def whisper(name: str, channel: str, sounds: Iterable[str]) -> dict[str, object]:
    """The action that has files played into a channel's ear, on a channel of its own, called `name`. Raises ValueError
    for a path that the dial plan would read as something else.
    """
    files = [sound.removesuffix(".wav") for sound in sounds]
    if wrong := next((file for file in files if not file.startswith("/") or _ARGUMENT_SYNTAX.search(file)), None):
        raise ValueError(f"{wrong!r} is no absolute path that the dial plan could take")
    return {
        "Action": ORIGINATE,
        "Channel": "Local/s@vcc-whisper/n",
        "ChannelId": name,
        "OtherChannelId": f"{name}-2",
        "Variable": [f"__VCC_SAYS={'&'.join(files)}", f"VCC_INTO={channel}"],
        "Context": WHISPER_CONTEXT,
        "Exten": WHISPER_INTO,
        "Priority": 1,
        "Timeout": 5_000,
        "Async": "true",
    }


def originate(ring: Ring) -> dict[str, object]:
    """The action that rings a phone. Raises ValueError as `check_ring`."""
    check_ring(ring)
    shows = f'"{display_name(ring.shows_name)}" <{display_number(ring.shows_number)}>'
    if ring.at:
        there = _originate(ring, f"PJSIP/{ring.phone}@{node_endpoint(ring.at)}", shows)
        return there | {"Variable": [f"PJSIP_HEADER(add,{RING_HEADER})={wishes(ring)}"]}
    headers = []
    if ring.auto_answer:
        headers.append("PJSIP_HEADER(add,Call-Info)=<sip:vcc>;answer-after=0")
    if ring.alert:
        headers.append(f"PJSIP_HEADER(add,Alert-Info)=<urn:vcc:{ring.alert}>;info={ring.alert}")
    return _originate(ring, f"PJSIP/{ring.phone}", shows) | ({"Variable": headers} if headers else {})


def originate_outside(ring: RingOutside) -> dict[str, object]:
    """The action that rings a number outside. Raises ValueError as `check_permit`."""
    permit = ring.permit
    check_permit(permit)
    channel = f"PJSIP/{permit.dials}@{outgoing_endpoint(permit.trunk)}"
    return _originate(ring, channel, f"<{display_number(permit.caller_id)}>")


def _originate(ring: Ring | RingOutside, channel: str, shows: str) -> dict[str, object]:
    return {
        "Action": ORIGINATE,
        "Channel": channel,
        "ChannelId": ring.leg,
        "Context": AGENT_CONTEXT,
        "Exten": ANSWERED_EXTENSION,
        "Priority": 1,
        "Timeout": max(1, round(ring.timeout_s * 1_000)),
        "CallerID": shows,
        "Async": "true",
    }


def hang_up(channel: str, *, elsewhere: bool = False) -> dict[str, object]:
    """The action that ends a channel, named by its name or its id."""
    action: dict[str, object] = {"Action": "Hangup", "Channel": channel}
    if elsewhere:
        action["Cause"] = 26
    return action


def bring_back(channel: str, *, dialled: str) -> dict[str, object]:
    """The action that takes a channel out of whatever it is in and brings it to vcc. `dialled` is empty for a leg that
    vcc rang.
    """
    return {
        "Action": "Redirect",
        "Channel": channel,
        "Context": SERVE_CONTEXT if dialled else AGENT_CONTEXT,
        "Exten": dialled or AGENT_EXTENSION,
        "Priority": BACK_LABEL,
    }


def set_variable(channel: str, name: str, value: str) -> dict[str, object]:
    """The action that sets a channel's variable, or does what the function of that name does."""
    return {"Action": "Setvar", "Channel": channel, "Variable": name, "Value": value}


def restore(channel: str, origin: str, dialled: str) -> tuple[dict[str, object], ...]:
    """The actions after which the dial plan knows a channel again for what it is, wherever a transfer has put it."""
    return (set_variable(channel, "VCC_FROM", origin), set_variable(channel, "VCC_DIALLED", dialled))


def mute(channel: str, *, on: bool) -> tuple[dict[str, object], ...]:
    """The actions after which nothing that comes from a channel is passed on, or all is again; the second notes which,
    for the switch cannot be asked that.
    """
    return (
        set_variable(channel, "MUTEAUDIO(in)", "on" if on else "off"),
        set_variable(channel, MUTED_VARIABLE, "1" if on else ""),
    )


def ask_muted() -> dict[str, object]:
    """The action that lists every channel with what `mute` has noted on it."""
    return {"Action": "Status", "Variables": MUTED_VARIABLE}


def is_muted(status: Mapping[str, str]) -> bool:
    """Whether that is so by an event of that list."""
    return status.get("Variable", "") == f"{MUTED_VARIABLE}=1"


def show(channel: str, number: str, name: str) -> tuple[dict[str, object], ...]:
    """The actions that change what the phone of a channel shows; the last one has it told."""
    return (
        set_variable(channel, "CONNECTEDLINE(pres,i)", "allowed"),
        set_variable(channel, "CONNECTEDLINE(name,i)", display_name(name)),
        set_variable(channel, "CONNECTEDLINE(num)", display_number(number)),
    )


def quoted(text: str) -> str:
    """An argument of an AGI command. Raises ValueError if it holds a control character."""
    if has_controls(text):
        raise ValueError(f"{text!r} has a control character, which an AGI command cannot carry")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def stream_file(sound: str, stop_keys: str, *, offset: int = 0) -> str:
    """Play one file from a sample on; a key of `stop_keys` ends it within the switch.

    Asterisk wants the path without its extension.
    """
    keys = "".join(key for key in stop_keys if key in "0123456789*#ABCD")
    line = f"STREAM FILE {quoted(sound.removesuffix('.wav'))} {quoted(keys)}"
    return f"{line} {offset}" if offset else line


def get_header(name: str) -> str:
    """Read a header of the call's INVITE."""
    return f"GET VARIABLE PJSIP_HEADER(read,{name})"


#: The question with which vcc takes a leg that arrived: who calls? It also notes on the channel that vcc has the leg.
#: The text is ours; what the header holds is not evaluated.
TAKE = f"GET FULL VARIABLE ${{SET({SEEN_VARIABLE}=1):1}}${{PJSIP_HEADER(read,From)}}"


def music_on(music: str) -> str:
    """Start music of a class, in Asterisk's name for it."""
    return f"SET MUSIC ON {quoted(music)}"


def keep_music(music: str) -> str:
    """Note the class on the channel: the dial plan plays it while vcc is away, and so does a hold key."""
    return f"SET VARIABLE CHANNEL(musicclass) {quoted(music)}"


def record(file: str, *, append: bool = False, alone: bool = False) -> str:
    """Record this channel while it is bridged (`alone`: from now on), both directions interleaved. Raises ValueError
    for a path that the dial plan would read as something else.
    """
    if not file.startswith("/") or not file.endswith(".raw") or (found := _ARGUMENT_SYNTAX.search(file)):
        sign = f" without {found[0]!r}" if file.startswith("/") and file.endswith(".raw") and found else ""
        raise ValueError(f"{file!r} is no absolute path of a .raw file{sign}: choose another folder for recordings")
    options = ("a" if append else "") + ("" if alone else "b") + "D"
    return f"EXEC MixMonitor {quoted(f'{file},{options}')}"


def mute_recording(channel: str, *, on: bool) -> dict[str, object]:
    """The action that puts silence into a channel's recording, in both directions, or ends that."""
    return {"Action": "MixMonitorMute", "Channel": channel, "Direction": "both", "State": int(on)}


def stop_recording(channel: str) -> dict[str, object]:
    """The action that ends a channel's recording; its file is closed when the answer comes."""
    return {"Action": "StopMixMonitor", "Channel": channel}


def listen(channel: str, silence_s: float) -> dict[str, object]:
    """The action after which events tell when something is said on a channel, and when nothing was for so long."""
    return set_variable(channel, "TALK_DETECT(set)", str(round(silence_s * 1_000)))


def listen_no_more(channel: str) -> dict[str, object]:
    """The action that ends that."""
    return set_variable(channel, "TALK_DETECT(remove)", "")


def let_pass(ms: int) -> tuple[str, ...]:
    """Have frames pass this channel for a moment, and nothing be heard: silence goes out, whether or not anything comes
    in.
    """
    return "EXEC PlayTones !0/1000", f"WAIT FOR DIGIT {ms}", "EXEC StopPlayTones"


STOP_RECORDING = "EXEC StopMixMonitor"
MUSIC_OFF = "SET MUSIC OFF"
#: That it rings elsewhere: before the answer, by SIP; after it, by a tone as people know it in China.
RINGING = "EXEC Ringing"
RINGBACK_HZ = 450
RINGBACK = f'EXEC PlayTones "{RINGBACK_HZ}/1000,0/4000"'
RINGBACK_OFF = "EXEC StopPlayTones"
ANSWER = "ANSWER"
EARLY_MEDIA = "EXEC Progress"
HANG_UP = "HANGUP"
TO_FALLBACK = "SET VARIABLE VCC_NEXT fallback"
BRIDGE_RESULT = "GET VARIABLE BRIDGERESULT"
FORGET_REFER = 'SET VARIABLE VCC_REFER_TO ""'
_SPY_OPTIONS = {SpyMode.LISTEN: "qE", SpyMode.WHISPER: "qwE", SpyMode.BARGE: "qBE"}
#: Who calls, of a leg that was handed over: the dial plan has taken out what controls.
HANDOVER_CALLER = "GET VARIABLE VCC_CALLER"
HANDOVER_CALLER_NAME = "GET VARIABLE VCC_CALLER_NAME"


def release(outcome: str, result: str) -> tuple[str, ...]:
    """Have the dial plan take its leg back, and leave it these words. The last line is the one that counts."""
    return (
        f"SET VARIABLE VCC_OUTCOME {quoted(harmless(outcome, RESULT_LIMIT))}",
        f"SET VARIABLE VCC_RESULT {quoted(harmless(result, RESULT_LIMIT))}",
        "SET VARIABLE VCC_NEXT back",
    )


def refuse(cause: Cause) -> str:
    """End an unanswered call so that the caller's network sees why."""
    return f"EXEC Hangup {refusal(cause)}"


def bridge(channel: str) -> str:
    """Join this channel with another, which is moved; the reply comes when they have parted."""
    return f"EXEC Bridge {quoted(channel)}"


def remember_referrer(leg: str) -> str:
    """Note on the channel whose phone transferred it, by a name that stays."""
    return f"SET VARIABLE VCC_REFERRER {quoted(leg)}"


def join(channel: str) -> str:
    """Bring this channel into the bridge in which another one is; the reply comes when it has left."""
    return f"EXEC BridgeAdd {quoted(channel)}"


def spy(channel: str, mode: SpyMode) -> str:
    """Watch a channel, by its full name and no other; the reply comes when that has ended."""
    return f"EXEC ChanSpy {quoted(f'{channel},{_SPY_OPTIONS[mode]}')}"
