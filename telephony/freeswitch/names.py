"""Names that the adapter and the switch's configuration share: contexts, extensions, variables, profiles.

The dial plan does four things with a leg, and the adapter relies on each:

    it arrives       VCC_FROM, DIALLED and what else is listed below are set; BACK_VARIABLE is `back_to(rung=False)`;
                     `sched_transfer +N fallback`, then `park`
    BACK             the leg comes back by itself, from a conversation or because vcc moved it: BACK_VARIABLE is set anew
                     (the switch forgets it when it has followed it), `sched_transfer +N fallback`, `park`
    AGENT            the same for a leg that vcc rang: BACK_VARIABLE, `sched_hangup +N`, `park`
    TRANSFER_CONTEXT a phone has sent a leg on, blind: REFER_TO is what was asked for, then as BACK (or as AGENT, for a
                     leg that has RUNG)

vcc takes the timer away while a leg talks, and winds it up again as long as it is there itself.
"""

from __future__ import annotations

import hashlib
import re

#: The context in which vcc moves its legs; nothing that comes over SIP leads into it.
CONTEXT = "vcc"
BACK = "vcc-back"
AGENT = "vcc-agent"
FALLBACK = "vcc-fallback"
#: Where a phone's blind transfers lead (`force_transfer_context`).
TRANSFER_CONTEXT = "vcc-transfer"
#: The profile of conferences of three and more: no sounds, no announcements, no music for who is alone.
CONFERENCE_PROFILE = "vcc"

#: The SIP profiles at which phones register: over UDP and TCP, over TLS, from browsers. Each has a domain of its own, so
#: that an account exists nowhere but where its phone may come in: `sofia/PROFILE/NAME%DOMAIN`.
PHONES_PROFILE, TLS_PROFILE, WEBSOCKET_PROFILE = "vcc-phones", "vcc-tls", "vcc-websocket"
DOMAIN = "vcc"
#: The SIP profile at which carriers call, and at which vcc's switch calls them.
TRUNKS_PROFILE = "vcc-trunks"
#: What phones are asked with for their passwords, and what their digests are made for.
REALM = "vcc"
#: The context in which the calls of phones arrive, and that in which a dial plan that is not ours hands calls over.
PHONES_CONTEXT = "vcc-phones"
HANDOVER_CONTEXT = "vcc-handover"
#: Where what nobody asked for ends.
NOWHERE_CONTEXT = "vcc-nowhere"

#: Variables of a leg that the dial plan sets: `trunk/NAME`, `phone/NAME` or `handover/NUMBER`; what was dialled; the
#: headers that are told of, with colons between; when it arrived, in POSIX seconds.
FROM = "vcc_from"
DIALLED = "vcc_dialled"
HEADERS = "vcc_headers"
ARRIVED = "vcc_arrived"
#: The number in the header in which the trunk's rules look for it: digits, `+`, `*` and `#`.
NUMBER = "vcc_number"
#: Who calls: of a leg that came on a trunk digits and a `+`, for the note of a call that vcc misses. Of a leg that was
#: handed over also the name, and where it goes back to, as `EXTENSION XML CONTEXT`.
CALLER = "vcc_caller"
CALLER_NAME = "vcc_caller_name"
RETURN = "vcc_return"
#: What `Release` leaves there.
OUTCOME = "vcc_outcome"
RESULT = "vcc_result"
#: What was asked for by a blind transfer, until vcc has made something of it; and by which leg, once vcc knows.
REFER_TO = "vcc_refer_to"
REFERRER = "vcc_referrer"

#: Variables of a leg that vcc sets: it has the leg (then its end is nothing that was missed); it rang the leg; the leg
#: is muted; the file into which it is recorded; whom a leg watches, and how.
TAKEN = "vcc_taken"
RUNG = "vcc_rung"
PHONE = "vcc_phone"
MUTED = "vcc_muted"

#: The switch's variable that says where a leg goes when its conversation is over.
BACK_VARIABLE = "transfer_after_bridge"

#: The realm in the switch's database (mod_db) in which the dial plan notes calls that vcc has missed, each by its leg:
#: `ARRIVED FROM DIALLED nNUMBER cCALLER ENDED HOW ANSWERED`, times in POSIX seconds, ANSWERED 0 where it never was.
#: A note is made by this hook when the leg ends: vcc takes it off (sets it to nothing) of each leg that it has TAKEN.
MISSED_REALM = "vcc-missed"
NOTE_HOOK = "api_reporting_hook"
#: HOW a missed call ended, as in `telephony.port.MissedEnd`.
END = "vcc_end"
GAVE_UP, BUSY, FALLBACK_SAID = "gave_up", "busy", "fallback"
#: In place of what was asked for by a blind transfer, where it was nothing that can be dialled.
NO_NUMBER = "?"

_MUSIC_LIMIT = 80


def back_to(*, rung: bool) -> str:
    """The value of BACK_VARIABLE."""
    return f"{AGENT if rung else BACK}:XML:{CONTEXT}"


def profile_of(transport: str) -> tuple[str, str]:
    """The profile, and its domain, of a phone by its configured `transport`."""
    profile = {"tls": TLS_PROFILE, "websocket": WEBSOCKET_PROFILE}.get(transport, PHONES_PROFILE)
    return profile, DOMAIN if profile == PHONES_PROFILE else profile


def trunk_context(trunk: str) -> str:
    """The context in which the calls of a trunk arrive; the list of the addresses that they come from has its name."""
    return f"vcc-trunk-{trunk}"


def header_variable(header: str) -> str:
    """The variable in which a header of the INVITE stands, where the trunk hands over any: as it came, one that is
    there several times as `ARRAY::first|:second`.
    """
    return f"sip_i_{header.lower().replace('-', '_')}"


def gateway(trunk: str) -> str:
    """The gateway by which calls go out on a trunk."""
    return f"vcc-out-{trunk}"


def music_variable(name: str) -> str:
    """The switch's global variable that holds what is played as the music class `tenant/name`: one path, or
    `file_string://` and several with `!` between.
    """
    text = "vcc_music_" + re.sub(r"[^a-z0-9]", lambda sign: f"_{ord(sign[0]):x}_", name)
    if len(text) <= _MUSIC_LIMIT:
        return text
    return f"{text[: _MUSIC_LIMIT - 13]}_{hashlib.sha256(name.encode()).hexdigest()[:12]}"
