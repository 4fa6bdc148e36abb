"""How a value is written into FreeSWITCH's files, and which names ours have there."""

from __future__ import annotations

import re

from telephony.values import RenderError

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
#: What FreeSWITCH reads as something else in an application's data, a dial string, a file's name or a variable.
_SYNTAX = re.compile(r"""[$|,;"'!\\{}\[\]()<>^&]|://|::""")
_CODECS = {"alaw": "PCMA", "ulaw": "PCMU", "g722": "G722"}
_LONGEST = 1_000


def plain(value: str, where: str) -> str:
    """A value that the switch takes as it is. RenderError where it is empty, has a control character, or a blank at
    one of its ends.
    """
    if not value or value != value.strip() or _CONTROL.search(value) or len(value) > _LONGEST:
        raise RenderError(
            f"{where}: {value[:80]!r} is empty or too long, or has a blank at an end or a control character"
        )
    return value


def inert(value: str, where: str) -> str:
    """A value that stands where the switch looks for variables, lists and options: RenderError for every sign that has
    a meaning in any of these.
    """
    if found := _SYNTAX.search(value):
        raise RenderError(f"{where}: {value[:80]!r} has {found[0]!r}, which FreeSWITCH would read as syntax")
    return plain(value, where)


def codec(text: str, where: str) -> str:
    """FreeSWITCH's name of a codec. Raises RenderError for one that it has not without further modules."""
    try:
        return _CODECS[text]
    except KeyError:
        raise RenderError(f"{where}: {text!r} is no codec of this FreeSWITCH; expected {', '.join(_CODECS)}") from None


# --- SIP profiles, and the domains of the directory in which phones have their accounts ------------------------------

#: Phones over UDP and TCP, over TLS, and browsers: one profile and one domain of the same name for each, so that an
#: account exists nowhere but where its phone may come in. A phone is rung at `sofia/PROFILE/NAME%PROFILE`.
PHONES_PROFILE, TLS_PROFILE, WEBSOCKET_PROFILE = "vcc-phones", "vcc-tls", "vcc-websocket"
TRUNKS_PROFILE = "vcc-trunks"
NODES_PROFILE = "vcc-nodes"
#: What every phone is asked with for its password, and its digest is made for.
REALM = "vcc"


def phone_profile(transport: str) -> str:
    """The profile, and domain, of a phone by its configured transport."""
    return {"tls": TLS_PROFILE, "websocket": WEBSOCKET_PROFILE}.get(transport, PHONES_PROFILE)


def gateway(trunk: str) -> str:
    """The gateway over which calls go out on a trunk. The dot keeps it apart from others."""
    return f"out.{trunk}"


def registration(trunk: str) -> str:
    """The gateway that registers at a trunk's carrier, and does nothing else."""
    return f"reg.{trunk}"


def node_gateway(node: str) -> str:
    """The gateway over which phones at another node are rung."""
    return f"node.{node}"


# --- contexts of the dial plan ---------------------------------------------------------------------------------------

#: What the names of our contexts begin with.
CONTEXT_PREFIX = "vcc-"
PHONES_CONTEXT = "vcc-phones"  # where the calls of phones arrive
#: Where a leg goes when vcc has not been heard for too long: `sched_transfer UUID +S fallback XML vcc-fallback`.
FALLBACK_CONTEXT, FALLBACK_EXTENSION = "vcc-fallback", "fallback"
#: Where a phone's blind transfer leads: set as `force_transfer_context` on every leg, those that vcc rings included.
TRANSFER_CONTEXT = "vcc-transfer"
#: Where a dial plan that is not ours hands calls over: `transfer NUMBER XML vcc-handover`.
HANDOVER_CONTEXT = "vcc-handover"
#: Where calls of the platform's other nodes arrive; the list of their addresses has its name. And where a phone that is
#: rung so sends its caller.
NODES_CONTEXT, NODES_TRANSFER_CONTEXT = "vcc-nodes", "vcc-nodes-transfer"
#: Where whatever is not called for is refused.
NOWHERE_CONTEXT = "vcc-nowhere"


def trunk_context(trunk: str) -> str:
    """The context in which the calls of a trunk arrive; the list of the addresses that they come from has its name."""
    return f"vcc-trunk-{trunk}"


# --- variables of a channel ------------------------------------------------------------------------------------------

#: `trunk/NAME`, `phone/NAME` or `handover/NUMBER`, on every leg that arrived: one without it is none of ours.
FROM_VARIABLE = "vcc_from"
#: What was dialled; every character of it was let in (`dialplan.DIALLED`).
DIALLED_VARIABLE = "vcc_dialled"
#: The headers that the trunk hands over, in lower case, with `:` between them: each is in `header_variable`.
HEADERS_VARIABLE = "vcc_headers"
#: The number from the header in which the trunk's rules look for it: digits, `+`, `*`, `#`.
NUMBER_VARIABLE = "vcc_number"
#: Digits, and a `+` before them, of who claims to call on a trunk: for the note of a call that vcc misses.
CALLER_VARIABLE = "vcc_caller"
#: The phone that calls; set by its account alone.
PHONE_VARIABLE = "vcc_phone"
#: What a phone asked for by a blind transfer, there only after one; NO_NUMBER where that cannot be dialled.
REFER_VARIABLE = "vcc_refer_to"
NO_NUMBER = "?"
#: Where a leg that was handed over goes back to, `EXTENSION DIALPLAN CONTEXT`: set by whoever hands it over.
BACK_VARIABLE = "vcc_back"
#: What a leg that goes back tells its own dial plan.
OUTCOME_VARIABLE, RESULT_VARIABLE = "vcc_outcome", "vcc_result"
#: How a call ends that vcc misses, and the hook by which it is then noted: vcc takes the hook off a leg that it has.
END_VARIABLE, NOTE_HOOK = "vcc_end", "api_reporting_hook"
#: The realm of the notes in the switch's database: `db list/REALM`, `db select/REALM/UUID`, `db delete/REALM/UUID`.
#: `ARRIVED FROM DIALLED nNUMBER cCALLER ENDED HOW ANSWERED`, times in POSIX seconds, ANSWERED 0 where it never was.
MISSED_REALM = "vcc-missed"
#: How a missed call ended, in its note.
GAVE_UP, BUSY, FALLBACK = "gave_up", "busy", "fallback"


def header_variable(header: str) -> str:
    """The variable of a channel in which a header of the INVITE stands; several of them as `ARRAY::first|:second`."""
    return f"sip_i_{header.lower().replace('-', '_')}"


#: Of a leg whose media are encrypted with keys in SDP, and which without them is none.
SECURE_MEDIA = ("rtp_secure_media", "mandatory:AES_CM_128_HMAC_SHA1_80:AES_CM_128_HMAC_SHA1_32")

# --- sound -----------------------------------------------------------------------------------------------------------

#: The profile of every conversation of three or more: `conference NAME@vcc`.
CONFERENCE_PROFILE = "vcc"


def music_variable(name: str) -> str:
    """The switch's own variable that holds the music of the class `tenant/name`, to be played in a loop and
    set as `hold_music`: `${…}`.
    """
    return f"vcc_music.{name.replace('/', '.')}"
