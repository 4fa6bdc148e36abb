"""What kind of number somebody wants to dial: the question that decides what it may cost and whether it is allowed.

    "010-6555 1234" -> +861065551234, fixed        "0019005551234" -> +19005551234, abroad and premium
    "95588"         -> 95588, short                "138…,,1#"      -> no number

Only a plain number is one: digits, one + before them, and what people write between digits. Keys to be sent after the
answer, letters, URIs and digits of other scripts are refused, not cut off: what is looked at here is what is dialled.
Nothing here raises for what a stranger wrote.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberType, ShortNumberCost

from tenancy.numbers import region_of


class Kind(StrEnum):
    """What a number is, as far as it matters for who may dial it."""

    FIXED = "fixed"  # in the platform's own country, as the next five
    MOBILE = "mobile"
    TOLL_FREE = "toll_free"
    SHARED_COST = "shared_cost"  # such as 400 in China
    OTHER = "other"  # voice over IP, pagers, company-wide numbers
    UNKNOWN = "unknown"  # not in the tables of assigned numbers
    SHORT = "short"  # a code of this country, such as 95588
    EMERGENCY = "emergency"
    PREMIUM = "premium"  # the called party earns: 900, 1900, +979, personal numbers
    SATELLITE = "satellite"  # and the networks of no country: +881, +882, +883
    ABROAD = "abroad"
    HIGH_RISK = "high_risk"  # abroad, and known from frauds in which the called party shares the revenue


@dataclass(frozen=True, kw_only=True, slots=True)
class Destination:
    """A number that can be dialled: `number` is `+`, country code and number, or a short code's digits.

    `kinds` are all that apply; each of them has to be allowed. `shares`: the country's code (+44), where the country
    has it in common with others and is not the one that it is known for (Jersey; the Caribbean in +1). `assigned`
    False: one of this country that is in no table of its numbers and short codes, so most likely nobody's.
    """

    number: str
    kinds: frozenset[Kind]
    shares: str = ""
    assigned: bool = True


class NotANumber(StrEnum):
    """Why a text is no number that could be dialled."""

    EMPTY = "empty"
    POST_DIAL = "post_dial"  # , ; p w: keys to be sent later
    NO_DIGITS = "no_digits"  # letters, a URI, control characters, digits of another script
    TOO_LONG = "too_long"
    MALFORMED = "malformed"  # a + that is not at the beginning, an impossible country code


_LONGEST_TEXT = 40
_LONGEST = 15  # digits of an international number
_SEPARATORS = re.compile(r"[ ().\-/]")
_PLAIN = re.compile(r"\+?[0-9]+", re.ASCII)
_POST_DIAL = re.compile(r"[+0-9 ().\-/]*[,;pPwW][,;pPwW0-9*# ]*", re.ASCII)
_SHORT_DIGITS = 6
#: Emergency numbers that many networks know besides their own.
_EMERGENCY = frozenset({"112", "911", "999", "000"})
_SATELLITE = frozenset({870, 881, 882, 883})
_PREMIUM_NETWORKS = frozenset({808, 878, 888, 979})
_NANP = 1
_NANP_PREMIUM = re.compile(r"900[0-9]{7}|[0-9]{3}976[0-9]{4}")
#: Areas that keep coming up in reports of call-back and revenue-share fraud. Not complete, and never all of what is
#: closed: everything abroad is, unless it was allowed.
HIGH_RISK = (
    "+1242", "+1246", "+1264", "+1268", "+1284", "+1345", "+1441", "+1473", "+1649", "+1664", "+1721", "+1758",
    "+1767", "+1784", "+1809", "+1829", "+1849", "+1868", "+1869", "+1876", "+216", "+222", "+224", "+225", "+226",
    "+231", "+232", "+235", "+236", "+237", "+239", "+240", "+242", "+243", "+245", "+246", "+247", "+248", "+252",
    "+253", "+257", "+261", "+263", "+265", "+269", "+290", "+291", "+371", "+375", "+381", "+509", "+53", "+563",
    "+592", "+597", "+670", "+672", "+674", "+675", "+676", "+677", "+678", "+679", "+680", "+681", "+682", "+683",
    "+685", "+686", "+687", "+688", "+689", "+690", "+691", "+692", "+850", "+960", "+979", "+992", "+993", "+994",
    "+996",
)  # fmt: skip
_TYPES = {
    PhoneNumberType.FIXED_LINE: Kind.FIXED,
    PhoneNumberType.FIXED_LINE_OR_MOBILE: Kind.FIXED,
    PhoneNumberType.MOBILE: Kind.MOBILE,
    PhoneNumberType.TOLL_FREE: Kind.TOLL_FREE,
    PhoneNumberType.SHARED_COST: Kind.SHARED_COST,
    PhoneNumberType.PREMIUM_RATE: Kind.PREMIUM,
    PhoneNumberType.PERSONAL_NUMBER: Kind.PREMIUM,
}


@lru_cache(maxsize=4_096)
def classify(text: str, country_code: str) -> Destination | NotANumber:
    """What this is, dialled in the country with this code (86)."""
    number = _plain(text)
    if isinstance(number, NotANumber):
        return number
    region = region_of(country_code) or ""
    if number.startswith("00"):  # no national number anywhere begins so
        number = "+" + number[2:]
    if not number.startswith("+") and len(number) <= _SHORT_DIGITS:
        return _short(number, region)
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return NotANumber.MALFORMED
    return _long(parsed, int(country_code), region)


def _plain(text: str) -> str | NotANumber:
    if not text.strip(" "):
        return NotANumber.EMPTY
    if len(text) > _LONGEST_TEXT:
        return NotANumber.TOO_LONG if _PLAIN.fullmatch(text) else NotANumber.NO_DIGITS
    number = _SEPARATORS.sub("", text)
    if _PLAIN.fullmatch(number):
        return number if len(number.removeprefix("+").removeprefix("00")) <= _LONGEST + 2 else NotANumber.TOO_LONG
    if _POST_DIAL.fullmatch(text):
        return NotANumber.POST_DIAL
    return NotANumber.MALFORMED if re.fullmatch(r"[+0-9]+", number, re.ASCII) else NotANumber.NO_DIGITS


def _short(number: str, region: str) -> Destination:
    if number in _EMERGENCY or phonenumbers.connects_to_emergency_number(number, region):
        return Destination(number=number, kinds=frozenset({Kind.EMERGENCY}))
    kinds = {Kind.SHORT}
    parsed = phonenumbers.PhoneNumber(
        country_code=phonenumbers.country_code_for_region(region), national_number=int(number)
    )
    if phonenumbers.shortnumberinfo.expected_cost_for_region(parsed, region) == ShortNumberCost.PREMIUM_RATE:
        kinds.add(Kind.PREMIUM)
    known = phonenumbers.is_valid_short_number_for_region(parsed, region)
    return Destination(number=number, kinds=frozenset(kinds), assigned=known)


def _long(parsed: phonenumbers.PhoneNumber, home: int, region: str) -> Destination | NotANumber:
    code, national = parsed.country_code, phonenumbers.national_significant_number(parsed)
    number = f"+{code}{national}"
    if len(number) - 1 > _LONGEST:
        return NotANumber.TOO_LONG
    if national in _EMERGENCY or phonenumbers.is_emergency_number(national, region_of(str(code)) or region):
        return Destination(number=number, kinds=frozenset({Kind.EMERGENCY}))
    there = phonenumbers.region_code_for_number(parsed)
    shared = there not in {None, "001", region_of(str(code))}
    kinds = {_kind(parsed)}
    if code != home or (shared and there != region):
        kinds = {Kind.ABROAD, *(kinds & {Kind.PREMIUM})}
        if any(number.startswith(prefix) for prefix in HIGH_RISK):
            kinds.add(Kind.HIGH_RISK)
    if code in _SATELLITE:
        kinds.add(Kind.SATELLITE)
    if code in _PREMIUM_NETWORKS or (code == _NANP and _NANP_PREMIUM.fullmatch(national)):
        kinds.add(Kind.PREMIUM)
    shares = f"+{code}" if shared else ""
    return Destination(number=number, kinds=frozenset(kinds), shares=shares, assigned=Kind.UNKNOWN not in kinds)


def _kind(parsed: phonenumbers.PhoneNumber) -> Kind:
    if not phonenumbers.is_valid_number(parsed):
        return Kind.UNKNOWN
    return _TYPES.get(phonenumbers.number_type(parsed), Kind.OTHER)
