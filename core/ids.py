"""How things are named.

A contact id sorts by time of arrival: 11 characters of milliseconds since 1970 and 8 of randomness, in Crockford's
base 32, so that ids are short enough to be read out, unguessable enough for a URL, and unique over all nodes.
"""

from __future__ import annotations

import secrets

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def _base32(value: int, width: int) -> str:
    digits = []
    for _ in range(width):
        value, digit = divmod(value, 32)
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))


def new_contact_id(now: float) -> str:
    """Make an id for a contact that arrives at `now`; 19 characters, sorts by time."""
    return _base32(int(now * 1000), 11) + _base32(secrets.randbits(40), 8)


#: Every leg that vcc originates carries this prefix in its id, so that orphans are found after a crash and
#: strangers' channels are never touched.
LEG_PREFIX = "vcc-"


def offer_leg_id(contact: str, token: int) -> str:
    """Name the leg that rings an agent for the offer with this fencing token."""
    return f"{LEG_PREFIX}{contact}-{token}"
