"""Dialled numbers and callers in one form; hostile input."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenancy.model import NumberRules
from tenancy.numbers import dialled_forms, normalise, normalise_caller, normalise_code, region_of

CHINA = NumberRules(country_code="86")
BEIJING = NumberRules(country_code="86", strip=("+8610", "8610", "010"))
PLAIN = NumberRules()
AMERICA = NumberRules(country_code="1")
PREFIXED = NumberRules(country_code="86", strip=("9",))


@pytest.mark.parametrize(
    ("rules", "dialled", "number"),
    [
        # short codes stay as they are
        (CHINA, "98668", "98668"),
        (CHINA, "12345", "12345"),
        (CHINA, "95588", "95588"),
        (CHINA, "110", "110"),
        (CHINA, "10086", "10086"),
        (CHINA, "+8698668", "98668"),
        (CHINA, "008698668", "98668"),
        (CHINA, "0086", "0086"),
        # as a header such as Diversion or P-Called-Party-ID has it
        (CHINA, "<sip:98668@carrier.example>;reason=unconditional;counter=1", "98668"),
        (CHINA, '"Stars \\" <sip:110@x>" <sip:+8698668@carrier.example;user=phone>', "98668"),
        (CHINA, "Stars <tel:98668>, <sip:110@carrier.example>", "98668"),
        (CHINA, "<sip:anonymous@carrier.example>", ""),
        (CHINA, "<>" * 300, ""),
        # a land line of Beijing, however the carrier writes it
        (CHINA, "01065551234", "01065551234"),
        (CHINA, "+861065551234", "01065551234"),
        (CHINA, "861065551234", "01065551234"),
        (CHINA, "00861065551234", "01065551234"),
        (CHINA, "1065551234", "01065551234"),
        (CHINA, "+86 10 6555-1234", "01065551234"),
        # mobiles and service numbers have no 0 in front
        (CHINA, "+8613800138000", "13800138000"),
        (CHINA, "013800138000", "13800138000"),
        (CHINA, "13800138000", "13800138000"),
        (CHINA, "+864008123456", "4008123456"),
        # other countries
        (CHINA, "+442071838750", "00442071838750"),
        (CHINA, "00442071838750", "00442071838750"),
        (CHINA, "+12125550123", "0012125550123"),
        (AMERICA, "+12125550123", "2125550123"),
        (AMERICA, "12125550123", "2125550123"),
        (AMERICA, "011861065551234", "00861065551234"),
        (AMERICA, "911", "911"),
        # a local number has no area code to be had back
        (CHINA, "65551234", "65551234"),
        (CHINA, "86101234", "86101234"),
        # the first prefix that fits is cut off
        (BEIJING, "+861098668", "98668"),
        (BEIJING, "861098668", "98668"),
        (BEIJING, "01098668", "98668"),
        (BEIJING, "98668", "98668"),
        (BEIJING, "+861065551234", "65551234"),
        (BEIJING, "+862865551234", "02865551234"),
        (BEIJING, "010", "010"),
        (PREFIXED, "998668", "98668"),
        (PREFIXED, "98668", "8668"),
        # without a country code digits are taken as they are
        (PLAIN, "+861065551234", "861065551234"),
        (PLAIN, "0010", "0010"),
        # what surrounds a number in SIP
        (CHINA, "sip:98668@10.0.0.1:5060;user=phone", "98668"),
        (CHINA, "tel:+86-10-6555-1234;phone-context=x", "01065551234"),
        (CHINA, "98668;npdi", "98668"),
        (CHINA, " 98668 ", "98668"),
        # no number at all
        (CHINA, "", ""),
        (CHINA, "+", ""),
        (CHINA, "alice", ""),
        (CHINA, "98668#", ""),
        (CHINA, "98668\r\nAction: Originate", ""),
        (CHINA, "９８６６８", ""),
        (CHINA, "٩٨٦٦٨", ""),
        (CHINA, "%39%38", ""),
        (CHINA, "+86+98668", ""),
        (CHINA, "1" * 21, ""),
        (CHINA, "1" * 100_000, ""),
        # no number at all, and still the same however often it is read
        (CHINA, "+8686016855499", "16855499"),
        (AMERICA, "+100113288768", "13288768"),
        # no country begins with 0: the + was put there by mistake
        (CHINA, "+00000000", "00000000"),
        (CHINA, "+008613800138000", "13800138000"),
        (CHINA, "+008698668", "98668"),
        (CHINA, "+01065551234", "01065551234"),
        (CHINA, "+013800138000", "13800138000"),
        (CHINA, "+00442071838750", "00442071838750"),
        (AMERICA, "+011442071838750", "00442071838750"),
        (PLAIN, "+0010", "0010"),
    ],
)
def test_what_was_dialled_becomes_the_number(rules: NumberRules, dialled: str, number: str) -> None:
    assert normalise(dialled, rules) == number


@pytest.mark.parametrize(
    ("caller", "number"),
    [
        ("+8613800138000", "13800138000"),
        ("008613800138000", "13800138000"),
        ("02865551234", "02865551234"),
        ("+442071838750", "00442071838750"),
        ("anonymous", ""),
        ("Restricted", ""),
        ("", ""),
        ("010", "010"),
    ],
)
def test_who_calls(caller: str, number: str) -> None:
    assert normalise_caller(caller, BEIJING) == number


@pytest.mark.parametrize(
    ("dialled", "code"),
    [("*71", "*71"), ("*71@10.0.0.1", "*71"), ("#", "#"), ("1001", "1001"), ("*71;x", ""), ("a", ""), ("", "")],
)
def test_what_an_agent_dials(dialled: str, code: str) -> None:
    assert normalise_code(dialled) == code


RULES = st.sampled_from([CHINA, BEIJING, PLAIN, AMERICA, PREFIXED])


@given(st.text(max_size=80) | st.text(alphabet="+0123456789-;@.%*# \r\n", max_size=80), RULES)
def test_nothing_that_is_dialled_raises_or_gives_anything_but_digits(dialled: str, rules: NumberRules) -> None:
    for made in (normalise(dialled, rules), normalise_caller(dialled, rules)):
        assert made == "" or (made.isascii() and made.isdigit() and len(made) <= 24)
    assert set(normalise_code(dialled)) <= set("0123456789*#")


@given(st.text(alphabet="0123456789", min_size=1, max_size=15), RULES)
def test_every_form_of_a_number_becomes_that_number(number: str, rules: NumberRules) -> None:
    for form in dialled_forms(number, rules):
        assert normalise(form, rules) == number


@given(st.from_regex(r"\+?[0-9]{1,16}", fullmatch=True), st.sampled_from([CHINA, PLAIN, AMERICA]))
def test_a_number_once_normalised_stays_as_it_is(dialled: str, rules: NumberRules) -> None:
    once = normalise(dialled, rules)
    if len(once) <= 17:
        assert normalise(once, rules) == once


def test_the_forms_of_a_number() -> None:
    assert set(dialled_forms("01065551234", CHINA)) == {
        "01065551234",
        "+861065551234",
        "861065551234",
        "00861065551234",
        "1065551234",
    }
    assert {"98668", "01098668", "+861098668"} <= set(dialled_forms("98668", BEIJING))


def test_a_number_in_another_form_is_never_reached() -> None:
    assert dialled_forms("861065551234", CHINA) == ()


@pytest.mark.parametrize(("code", "region"), [("86", "CN"), ("1", "US"), ("999", None), ("0", None), ("9" * 40, None)])
def test_country_codes(code: str, region: str | None) -> None:
    assert region_of(code) == region
