"""collect: what an entry has to be, that it is read back, and what of it stands in the record."""

from __future__ import annotations

import json
import time
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.facts import DigitsCollected, InputMissed
from ivr_flows.entries import Check, luhn
from ivr_flows.protocol import Resumed
from tests.unit.ivr_flows.caller import Wait, answered, ends, heard, says, stops

if TYPE_CHECKING:
    from tests.unit.ivr_flows.caller import Call

TODAY = date(2026, 11, 26)


def flow(fields: str, then: str = "{say: done}") -> str:
    return f"steps: [{{collect: {{name: order, say: enter, {fields}}}}}, {then}]"


def wrong(entry: str, **check: Any) -> str:
    return Check.model_validate_json(json.dumps(check)).wrong(entry, TODAY)


# --- checks ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "is_right"),
    [
        ("4111111111111111", True),
        ("4111111111111112", False),
        ("6222021234567894", True),
        ("79927398713", True),
        ("79927398710", False),
        ("18", True),
        ("0", False),
    ],
)
def test_luhn(entry: str, is_right: bool) -> None:
    assert luhn(entry) is is_right
    assert wrong(entry, luhn=True) == ("" if is_right else "luhn")


@given(st.text("0123456789", min_size=1, max_size=30))
def test_one_check_digit_of_ten_is_right(entry: str) -> None:
    assert sum(luhn(f"{entry}{digit}") for digit in range(10)) == 1


@pytest.mark.parametrize(
    ("entry", "pattern", "said"),
    [
        ("62345678", "62xxxxxx", ""),
        ("63345678", "62xxxxxx", "pattern"),
        ("6234567", "62xxxxxx", "pattern"),
        ("13800138000", "1[3-9]xxxxxxxxx", ""),
        ("12800138000", "1[3-9]xxxxxxxxx", "pattern"),
        ("5", "[135]", ""),
        ("4", "[135]", "pattern"),
        ("1234", ["9xxx", "1xxx"], ""),
        ("2234", ["9xxx", "1xxx"], "pattern"),
        ("12", 12, ""),
    ],
)
def test_patterns(entry: str, pattern: Any, said: str) -> None:
    assert wrong(entry, pattern=pattern) == said


@pytest.mark.parametrize(
    ("entry", "check", "said"),
    [
        ("20240229", {"date": "YYYYMMDD"}, ""),
        ("20230229", {"date": "YYYYMMDD"}, "date"),
        ("21000229", {"date": "YYYYMMDD"}, "date"),
        ("20241301", {"date": "YYYYMMDD"}, "date"),
        ("00000101", {"date": "YYYYMMDD"}, "date"),
        ("2024022", {"date": "YYYYMMDD"}, "date"),
        ("0229", {"date": "MMDD"}, ""),
        ("0230", {"date": "MMDD"}, "date"),
        ("0431", {"date": "MMDD"}, "date"),
        ("3112", {"date": "DDMM"}, ""),
        ("31122026", {"date": "DDMMYYYY"}, ""),
        ("20261125", {"date": "YYYYMMDD", "not": "past"}, "past"),
        ("20261126", {"date": "YYYYMMDD", "not": "past"}, ""),
        ("20261126", {"date": "YYYYMMDD", "not": "future"}, ""),
        ("20261127", {"date": "YYYYMMDD", "not": "future"}, "future"),
        ("1126", {"date": "MMYY", "not": "past"}, ""),
        ("1026", {"date": "MMYY", "not": "past"}, "past"),
        ("0027", {"date": "MMYY", "not": "past"}, "date"),
        ("261126", {"date": "YYMMDD"}, ""),
        ("1", {"range": "1-500"}, ""),
        ("500", {"range": "1-500"}, ""),
        ("0500", {"range": "1-500"}, ""),
        ("0", {"range": "1-500"}, "range"),
        ("501", {"range": "1-500"}, "range"),
    ],
)
def test_dates_and_ranges(entry: str, check: dict[str, Any], said: str) -> None:
    assert wrong(entry, **check) == said


def test_no_pattern_takes_long() -> None:
    began = time.process_time()
    for _ in range(1_000):
        wrong("1" * 40, pattern=["x" * 39 + "[0-9]"] * 10)
    assert time.process_time() - began < 10.0


def test_each_check_has_its_words(call: Call) -> None:
    caller = call(
        flow(
            "length: 4-8, attempts: 5, invalid: wrong, too_short: short,"
            " check: [luhn, {pattern: '1xxx', say: begins with one}, {range: 1000-1500, say: too much}]"
        )
    )
    caller << answered() << says("enter")
    for keys, said in (("12#", "short"), ("1111#", "wrong"), ("2006#", "begins with one"), ("1800#", "too much")):
        caller >> heard
        caller >> keys << says(f"{said}|enter")
    caller >> heard
    caller >> "1230#" << says("done")
    assert [fact.why for fact in caller.saw(InputMissed)] == ["invalid", "luhn", "pattern", "range"]
    assert caller.state.variables == {"order": "1230"}


def test_today_is_the_tenants(call: Call) -> None:
    """At NOW it is the 25th of February, 2026, 14:13 in Shanghai."""
    text = flow("length: 8, attempts: 2, invalid: wrong, check: {date: YYYYMMDD, not: past}")
    caller = call(text)
    caller << answered() << says("enter")
    caller >> "20260224" << stops() << says("wrong|enter")
    caller >> "20260225" << stops() << says("done")


def test_a_wrong_entry_in_the_last_attempt_goes_to_on_invalid(call: Call) -> None:
    caller = call(flow("length: 2, attempts: 1, check: luhn, on_invalid: {say: failed}"))
    caller << answered() << says("enter")
    caller >> "12" << stops() << says("failed")
    assert caller.state.variables == {}


# --- reading back ---------------------------------------------------------------------------------------------------

CONFIRM = flow(
    "length: 3, attempts: 2, invalid: wrong, no_input: nothing, on_failure: {say: failed},"
    " confirm: {say: 'is it {order:number}', yes: '9', no: '*'}"
)


def test_read_back_and_right(call: Call) -> None:
    caller = call(CONFIRM)
    caller << answered() << says("enter")
    caller >> "205" << stops() << says("is it|两百|零|五", by_key=True)
    assert not caller.saw(DigitsCollected)
    caller >> heard
    caller >> "9" << says("done")
    assert [fact.digits for fact in caller.saw(DigitsCollected)] == ["***"]
    assert caller.state.variables == {"order": "205"}


def test_read_back_and_wrong(call: Call) -> None:
    caller = call(CONFIRM)
    caller << answered() << says("enter")
    caller >> "205" << stops() << says("is it|两百|零|五")
    caller >> "*" << stops() << says("enter")
    assert caller.state.variables == {}
    caller >> "206" << stops() << says("is it|两百|零|六")
    caller >> "*" << stops() << says("failed")
    assert [(fact.why, fact.attempt) for fact in caller.saw(InputMissed)] == [
        ("not_confirmed", 1),
        ("not_confirmed", 2),
    ]
    assert caller.state.variables == {}


def test_neither_yes_nor_no(call: Call) -> None:
    caller = call(CONFIRM)
    caller << answered() << says("enter")
    caller >> "205" << stops() << says("is it|两百|零|五")
    caller >> "5" << stops() << says("wrong|is it|两百|零|五")
    caller >> heard
    caller >> Wait(5) << says("failed")
    assert caller.state.variables == {}


def test_silence_is_no_yes(call: Call) -> None:
    caller = call(CONFIRM)
    caller << answered() << says("enter")
    caller >> "205" << stops() << says("is it|两百|零|五")
    caller >> heard
    caller >> Wait(5) << says("nothing|is it|两百|零|五")
    caller >> "9" << stops() << says("done")


def test_keys_pressed_ahead_confirm_nothing(call: Call) -> None:
    law = "{say: {text: law, barge_in: false}}"
    caller = call(f"steps: [{law}, {CONFIRM[8:-1]}]")
    caller << answered() << says("law")
    caller >> "2059"
    caller >> heard << says("is it|两百|零|五")


def test_a_restart_reads_back_again(call: Call) -> None:
    caller = call(CONFIRM)
    caller << answered() << says("enter")
    caller >> "205" << stops() << says("is it|两百|零|五")
    caller >> Resumed(in_queue=False) << says("is it|两百|零|五")
    caller >> heard
    caller >> "9" << says("done")


def test_in_words_of_vccs(call: Call) -> None:
    text = flow("length: 4, confirm: {format: phone}", "hang_up")
    caller = call(text)
    caller << answered() << says("enter")
    caller >> "1102" << stops()
    caller << says("您输入的是|幺|幺|零|二|正确请按1，重新输入请按2。")
    caller >> "1" << stops()
    assert caller.saw(DigitsCollected)
    assert flow("length: 4, confirm: true") != text
    caller = call(f"languages: [en]\n{flow('length: 1, confirm: true')}")
    caller << answered() << says("enter")
    caller >> "1" << stops()
    caller << says("You keyed in|one|If this is right, press 1. To key it in again, press 2.")


def test_every_word_is_rendered_beforehand() -> None:
    import ivr_flows  # noqa: PLC0415

    known = ivr_flows.compile(flow("length: 4, confirm: {format: phone}"), "main.yaml").speakables(["zh-CN"])
    assert {"您输入的是", "幺", "正确请按1，重新输入请按2。"} <= {text.text for text in known}


# --- what is left of it ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "shown"),
    [("", "******78"), ("record: masked", "******78"), ("record: whole", "12345678"), ("secret: true", "")],
)
def test_the_record(call: Call, fields: str, shown: str) -> None:
    caller = call(flow(f"length: 8, {fields}"))
    caller << answered() << says("enter")
    caller >> "12345678" << stops() << says("done")
    caller >> heard << ends()
    assert [fact.digits for fact in caller.saw(DigitsCollected)] == [shown]


def test_an_entry_that_a_check_refuses_stands_nowhere(call: Call) -> None:
    caller = call(flow("length: 8, check: luhn"))
    caller << answered() << says("enter")
    caller >> "12345678" << stops() << says("enter")
    assert "12345678" not in json.dumps(caller.state.dump())
    assert "12345678" not in repr(caller.facts)
