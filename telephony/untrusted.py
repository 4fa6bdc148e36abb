"""The guard against what strangers write: what every adapter does with it, whichever switch it speaks to. Pure.

    comes in    a caller's number, name and headers          harmless, caller
    goes out    what a phone shows; what is to be rung       display_number, display_name; check_ring, check_permit

What has a meaning to one switch alone is taken out by that switch's adapter, after this.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from telephony.port import Ring
    from tenancy.dialling import Permit

#: Characters that are kept: of a name, of a number, of any other text, of what is left to a dial plan.
NAME_LIMIT, NUMBER_LIMIT, TEXT_LIMIT, RESULT_LIMIT = 80, 64, 1_000, 500

_CONTROLS = dict.fromkeys([*range(32), 127, *range(128, 160), 0x2028, 0x2029], "\N{REPLACEMENT CHARACTER}")
_HEADER_SYNTAX = dict.fromkeys(map(ord, '"\\<>'))
_PHONE = re.compile(r"[a-z][a-z0-9_-]{1,39}")
_TRUNK = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_DIALLED = re.compile(r"\+?[0-9]{1,30}", re.ASCII)
_ALERT = re.compile(r"[A-Za-z0-9._-]{1,40}")


def harmless(text: str, limit: int = TEXT_LIMIT) -> str:
    """What a stranger wrote, without control characters and not too long."""
    return text[:limit].translate(_CONTROLS)


def has_controls(text: str) -> bool:
    """Whether there are control characters in it."""
    return text.translate(_CONTROLS) != text


def caller(number: str, name: str) -> tuple[str, str]:
    """Number and name that a caller claims, harmless."""
    return harmless(number, NUMBER_LIMIT), harmless(name, NAME_LIMIT)


def display_name(text: str) -> str:
    """A name for a phone to show: what would end the quotes or the header is left out."""
    return harmless(text, NAME_LIMIT).translate(_HEADER_SYNTAX)


def display_number(text: str) -> str:
    """A number for a phone to show: only what a number is made of."""
    return "".join(c for c in text[:NUMBER_LIMIT] if c in "+*#0123456789")


def is_phone(account: str) -> bool:
    """Whether a SIP account may be a phone of ours; a trunk's has a dot in its name."""
    return bool(_PHONE.fullmatch(account))


def check_ring(ring: Ring) -> None:
    """Raises ValueError for a phone's name or a ring tone that is none."""
    if not is_phone(ring.phone):
        raise ValueError(f"{ring.phone!r} is no phone's name")
    if ring.alert and not _ALERT.fullmatch(ring.alert):
        raise ValueError(f"the ring tone {ring.alert!r} is not of letters, digits, '-', '_' and '.', 40 at the most")


def check_permit(permit: Permit) -> None:
    """Raises ValueError for what is no number or no trunk's name, whatever the toll-fraud guard let pass."""
    if not _DIALLED.fullmatch(permit.dials):
        raise ValueError("what is to be dialled is no number")
    if not _TRUNK.fullmatch(permit.trunk):
        raise ValueError(f"{permit.trunk!r} is no trunk's name")
