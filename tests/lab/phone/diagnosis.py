"""From the last messages to likely causes: what a person with a packet trace would think of first."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.lab.phone.wire import Seen, WireLog

_STATUS = re.compile(r"SIP/2\.0 (\d{3})")
_OFTEN = 3  # times that a message is sent before it is worth a remark
_CAUSES = {
    "401": "the switch asked for a password: wrong user, password or realm, or the phone was given no password",
    "403": "refused: the account or its address is not allowed to do this",
    "404": "not found: the number is not in the dial plan context of this caller, or the account does not exist",
    "480": "temporarily unavailable: no phone is registered there, or nobody answered in time",
    "481": "no such dialog: the other side has forgotten the call (did it restart?)",
    "486": "busy: refused by the phone, or by the dial plan",
    "488": "no common codec, or the offer was not understood",
    "500": "the switch met an error of its own: look into its log",
    "503": "the switch is overloaded, is shutting down or has no route",
    "603": "declined: often a dial plan that hung up before answering",
}


def evidence(wire: WireLog, call_id: str | None = None) -> str:
    """Likely causes (of what happened to one call, when it is named) and the last messages, as text."""
    entries = list(wire.entries)
    if call_id is not None:
        entries = [seen for seen in entries if seen.direction == "note" or call_id.encode() in seen.data]
    causes = likely_causes(entries)
    told = "likely causes:\n" + "\n".join(f"  - {cause}" for cause in causes) + "\n" if causes else ""
    return told + wire.describe(call_id)


def likely_causes(entries: list[Seen]) -> list[str]:
    """What the messages suggest, the likeliest first; empty when nothing stands out."""
    causes = _silence(entries) + _repeated(entries)
    statuses = [match[1] for seen in entries if (match := _STATUS.match(seen.first_line))]
    if statuses and statuses[-1] in _CAUSES:
        causes.append(f"{statuses[-1]}: {_CAUSES[statuses[-1]]}")
    causes += [seen.first_line for seen in entries if seen.direction == "note"][-3:]
    return causes


def _silence(entries: list[Seen]) -> list[str]:
    sent = [seen for seen in entries if seen.direction == "sent" and seen.peer is not None]
    received = [seen for seen in entries if seen.direction == "received"]
    if any(seen.direction == "lost" for seen in entries):
        return ["the phone plays dead (`deaf`): it dropped messages"]
    if not sent and not received:
        return ["nothing reached this phone: does the switch know its contact (register, or a static contact)?"]
    if sent and not received and sent[-1].peer is not None:
        host, port = sent[-1].peer
        return [
            f"nothing came back from {host}:{port}: is it up, does it listen on this address and port, and did it "
            "perhaps find the message malformed?"
        ]
    return []


def _repeated(entries: list[Seen]) -> list[str]:
    times = Counter(seen.data for seen in entries if seen.direction == "sent")
    return [
        f"{data[:40].partition(b' sip:')[0].decode(errors='replace')!r} was sent {count} times: it or its answer did "
        "not get through, or the other side is too busy"
        for data, count in times.items()
        if count >= _OFTEN
    ]
