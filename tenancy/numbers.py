"""What was dialled, and who calls, as one form of digits: the one in which the configuration names numbers.

That form is what people dial inside the trunk's country: `01065551234` for a land line, `13800138000` for a
mobile, short codes as they are (98668, 12345, 95588), and 00, country code, number for other countries. A
trunk without a country code keeps the digits that it gets.

Everything here comes from outside and may be hostile: no function raises, what is no number is the empty
text.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import phonenumbers
from phonenumbers import PhoneNumberFormat

if TYPE_CHECKING:
    from tenancy.model import NumberRules

_MAX_TEXT = 64
_MAX_HEADER = 1_000
_MAX_DIGITS = 20
_MOST_READINGS = 5
#: The address of a header such as Diversion, whose name in quotes may hold anything.
_NAME_AND_ADDRESS = re.compile(r'\s*(?:"(?:[^"\\]|\\.)*"|[^"<]*)\s*<([^<>]*)>.*', re.DOTALL)
_SCHEME = re.compile(r"\s*(sips?|tel):", re.IGNORECASE)
_SEPARATORS = re.compile(r"[\s().\-/]")
_SHORT_CODE = re.compile("[1-9][0-9]+")
_NUMBER = re.compile(r"\+?[0-9]{1,20}")
_CODE = re.compile(r"[0-9*#]{1,20}")


def normalise(dialled: str, rules: NumberRules) -> str:
    """The number that a trunk's call was dialled to, as digits; empty where it is none.

    The first prefix of `rules.strip` that fits is cut off, and what is left is the number; else the rules of
    the trunk's country apply.
    """
    number = _compact(dialled)
    for prefix in rules.strip:
        rest = number.removeprefix(prefix)
        if rest != number and rest:
            return rest if rest.isdigit() else ""
    return _national(number, rules.country_code or "")


def dialled_forms(number: str, rules: NumberRules) -> tuple[str, ...]:
    """The ways in which a trunk with these rules may name `number`, a number of the configuration: the
    inverse of `normalise`. Empty: calls on this trunk never reach it.
    """
    forms = [number, *(prefix + number for prefix in rules.strip)]
    if rules.country_code and (region := region_of(rules.country_code)):
        national = number
        try:
            parsed = phonenumbers.parse(number, region)
        except phonenumbers.NumberParseException:
            pass
        else:
            national = phonenumbers.national_significant_number(parsed)
            forms.append(f"+{parsed.country_code}{national}")
        forms += [f"{before}{rules.country_code}{national}" for before in ("+", "00", "")] + [national]
    return tuple(form for form in dict.fromkeys(forms) if normalise(form, rules) == number)


def normalise_caller(caller: str, rules: NumberRules) -> str:
    """The number of who calls, as digits; empty where it is withheld or no number."""
    return _national(_compact(caller), rules.country_code or "")


def normalise_code(dialled: str) -> str:
    """What an agent dialled on a phone: digits, `*` and `#`; empty where it is anything else."""
    text = dialled[: _MAX_TEXT + 1].partition("@")[0].strip()
    return text if _CODE.fullmatch(text) else ""


def region_of(country_code: str) -> str | None:
    """The region (CN, US …) that a country calling code such as 86 means; None where there is no such code."""
    region = phonenumbers.region_code_for_country_code(int(country_code[:_MAX_DIGITS]))
    return region if region not in {"ZZ", "001"} else None


def _compact(text: str) -> str:
    """The number in a SIP user part, a SIP or tel URI, a header that holds one or something that a person wrote;
    empty where there is none.
    """
    if len(text) > _MAX_HEADER:
        return ""
    if match := _NAME_AND_ADDRESS.fullmatch(text):
        text = match[1]
    if len(text) > _MAX_TEXT:
        return ""
    user = re.split("[@;]", _SCHEME.sub("", text, count=1), maxsplit=1)[0]
    number = _SEPARATORS.sub("", user)
    return number if _NUMBER.fullmatch(number) else ""


@lru_cache(maxsize=4096)
def _national(number: str, country_code: str) -> str:
    """The form that stays as it is: what is no number of any country may, without the country before it, be one."""
    for _ in range(_MOST_READINGS):
        read = _read(number, country_code)
        if read == number:
            break
        number = read
    return number


def _read(number: str, country_code: str) -> str:
    digits = number.removeprefix("+")
    if digits.startswith("0"):  # no country's code begins so: a + before it was put there by mistake and says nothing
        number = digits
    region = region_of(country_code) if country_code else None
    if region is None or not number:
        return digits
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        of_no_country = f"00{digits}" if number.startswith("+") else digits
        return _short(number, country_code) or of_no_country
    ours = parsed.country_code == int(country_code)
    if phonenumbers.is_valid_number(parsed):
        if not ours:
            return f"00{parsed.country_code}{phonenumbers.national_significant_number(parsed)}"
        return re.sub("[^0-9]", "", phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL))
    if number.startswith("+"):  # a short code in international form, or a number that is not in the tables
        return phonenumbers.national_significant_number(parsed) if ours else f"00{digits}"
    return _short(number, country_code) or digits


def _short(number: str, country_code: str) -> str:
    """The short code in a number that is written with its country, +86… or 0086…; empty if there is none."""
    digits = number.removeprefix("+")
    international = digits if number.startswith("+") else ""
    if digits.startswith("00"):
        international = digits.removeprefix("00")
    code = international.removeprefix(country_code)
    return code if code != international and _SHORT_CODE.fullmatch(code) else ""
