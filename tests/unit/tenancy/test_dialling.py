"""The toll-fraud guard's decision: destinations and paths, each allowed or refused as stated."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenancy.dialling import Permit, Purpose, Reason, Refusal, Situation, Wanted, cost, decide, written
from tenancy.model import (
    Agent,
    Allowance,
    NumberRules,
    Outgoing,
    Outside,
    Platform,
    Project,
    ProjectKind,
    Rate,
    Route,
    SimulatedNode,
    Tenant,
    TenantOutside,
    Trunk,
)
from tenancy.model import Number as NumberOwned

CHINA = {"+86": "0", "+861": "1", "+864": "4", "+868": "8", "+8610": "", "+": "00"}


def outgoing(**more: Any) -> Outgoing:
    return Outgoing(
        server="127.0.0.1:5060", caller_id="01065550000", write=CHINA, rates={"+86": Rate(per_minute=0.1)}, **more
    )


def platform(tenant: TenantOutside | None = None, **outside: Any) -> Platform:
    press = Tenant(
        id="press",
        name={"en": "Press"},
        projects={"p": Project(name={"en": "P"}, kind=ProjectKind.STAFFED, starts=date(2026, 1, 1))},
        numbers={n: NumberOwned(project="p", flow="f") for n in ("98668", "01065551234")},
        agents={"wang": Agent(name="Wang", number="2001", outside=Allowance(kinds=("fixed",)))},
        outside=tenant or TenantOutside(),
    )
    rules = NumberRules(country_code="86", strip=("010",))
    return Platform(
        name={"en": "P"},
        nodes={"n1": SimulatedNode(kind="simulated"), "n2": SimulatedNode(kind="simulated")},
        trunks={"carrier": Trunk(node="n1", from_addresses=("127.0.0.1",), numbers=rules, outgoing=outgoing())},
        tenants={"press": press, "chess": press.model_copy(update={"id": "chess", "numbers": {}, "agents": {}})},
        outside=Outside(**{"country_code": "86", **outside}),
    )


def wanted(number: str, **more: Any) -> Wanted:
    values: dict[str, Any] = {"tenant": "press", "purpose": Purpose.FLOW, "node": "n1", "number": number, **more}
    return Wanted(**values)


def asked(number: str, on: Platform | None = None, now: Situation | None = None, **more: Any) -> Permit | Refusal:
    return decide(wanted(number, **more), on or platform(), now or Situation(), 1)


def dials(number: str, on: Platform | None = None, **more: Any) -> str:
    """What the carrier gets, or in brackets why nothing."""
    found = asked(number, on, **more)
    return found.dials if isinstance(found, Permit) else f"({found.reason})"


#: What is written, and what becomes of it with the settings that nobody has touched.
UNTOUCHED = {
    # this country, in every form in which people and carriers write it
    "13800138000": "13800138000",
    "013800138000": "13800138000",
    "8613800138000": "13800138000",
    "+8613800138000": "13800138000",
    "008613800138000": "13800138000",
    "+86 138-0013-8000": "13800138000",
    "+86 (0) 138 0013 8000": "13800138000",
    "02161234567": "02161234567",
    "010-6555 9999": "65559999",
    "(021) 6123.4567": "02161234567",
    "8008100000": "8008100000",
    # of this country, and closed unless opened
    "4008100000": "(not_allowed)",
    "95588": "(not_allowed)",
    "12345": "(not_allowed)",
    "16012345": "(not_allowed)",  # premium
    "01095588": "(not_allowed)",  # the carrier gets it without the area code
    "+86 10 12356": "(not_allowed)",
    "+8610110": "(not_allowed)",
    "96812345": "(no_such_number)",  # in no table
    "9001234567": "(no_such_number)",
    "19001": "(no_such_number)",
    # emergency
    "110": "(not_allowed)",
    "119": "(not_allowed)",
    "120": "(not_allowed)",
    "1-1-0": "(not_allowed)",
    "112": "(not_allowed)",
    "911": "(not_allowed)",
    "+86110": "(not_allowed)",
    # abroad
    "+85221234567": "(not_allowed)",
    "0085221234567": "(not_allowed)",
    "+12125551234": "(not_allowed)",
    "0012125551234": "(not_allowed)",
    "00 1 212 555 1234": "(not_allowed)",
    "17909008522123456": "(not_allowed)",  # a carrier's code before it
    # premium, satellite, call-back fraud
    "+19005551234": "(not_allowed)",
    "0019005551234": "(not_allowed)",
    "+611900123456": "(not_allowed)",
    "+449091234567": "(not_allowed)",
    "+447012345678": "(not_allowed)",  # personal numbers
    "+97912345678": "(not_allowed)",
    "+8821012345678": "(not_allowed)",
    "0088213123456": "(not_allowed)",
    "+881612345678": "(not_allowed)",
    "+870123456789": "(not_allowed)",
    "+14735551234": "(not_allowed)",
    "0018765551234": "(not_allowed)",
    "+252612345678": "(not_allowed)",
    "+37120000000": "(not_allowed)",
    # our own
    "98668": "(own_number)",
    "01098668": "(own_number)",
    "+861098668": "(own_number)",
    "01065551234": "(own_number)",
    "+86 10 6555 1234": "(own_number)",
    # mistyped
    "5": "(no_such_number)",
    "2003": "(no_such_number)",
    "1380013800": "(no_such_number)",
    # no numbers
    "": "(no_such_number)",
    "+": "(no_such_number)",
    "00": "(no_such_number)",
    "13800138000,,1#": "(not_a_number)",
    "13800138000;ext=1": "(not_a_number)",
    "13800138000p1": "(not_a_number)",
    "tel:+8613800138000": "(not_a_number)",
    "tel:13800138000;phone-context=+1900": "(not_a_number)",
    "sip:13800138000@carrier": "(not_a_number)",
    "13800138000@out.other": "(not_a_number)",
    "1-800-FLOWERS": "(not_a_number)",
    "*21*13800138000#": "(not_a_number)",
    "１３８００１３８０００": "(not_a_number)",  # digits that are none
    "13800138000\r\nVariable: x=1": "(not_a_number)",
    "+86138001380001234": "(no_such_number)",
    "1" * 41: "(no_such_number)",
    "++8613800138000": "(no_such_number)",
    "86+13800138000": "(no_such_number)",
    "+99912345678": "(no_such_number)",
}


def test_there_are_sixty_of_them() -> None:
    assert len(UNTOUCHED) >= 60


@pytest.mark.parametrize(("number", "expected"), UNTOUCHED.items())
@pytest.mark.parametrize("purpose", Purpose)
def test_what_is_dialled_with_settings_that_nobody_has_touched(number: str, expected: str, purpose: Purpose) -> None:
    assert dials(number, purpose=purpose) == expected


def test_what_is_mistyped_is_no_alarm_and_what_is_forbidden_is_one() -> None:
    quiet = {Reason.NO_SUCH_NUMBER, Reason.NO_COUNTRY, Reason.NO_TENANT}
    for number in UNTOUCHED:
        found = asked(number)
        if isinstance(found, Refusal):
            assert found.alarming == (found.reason not in quiet), number


ABROAD = Allowance(kinds=("fixed", "mobile", "abroad"))
PREFIXES = Allowance(prefixes=("+852", "+1", "+44", "95588", "+1473", "+252"))
ALL_KINDS = Allowance(kinds=("fixed", "mobile", "abroad", "premium", "satellite", "high_risk", "short", "emergency"))
#: With what is allowed to the tenant.
OPENED: list[tuple[Allowance, str, str]] = [
    (ABROAD, "+85221234567", "0085221234567"),
    (ABROAD, "+12125551234", "0012125551234"),
    (ABROAD, "+19005551234", "(not_allowed)"),
    (ABROAD, "+12129761234", "(not_allowed)"),
    (ABROAD, "+449091234567", "(not_allowed)"),
    (ABROAD, "+8821012345678", "(not_allowed)"),
    (ABROAD, "+97912345678", "(not_allowed)"),
    (ABROAD, "+14735551234", "(not_allowed)"),
    (ABROAD, "+252612345678", "(not_allowed)"),
    (ABROAD, "95588", "(not_allowed)"),
    (PREFIXES, "+85221234567", "0085221234567"),
    (PREFIXES, "+85321234567", "(not_allowed)"),
    (PREFIXES, "+12125551234", "0012125551234"),
    (PREFIXES, "+14165551234", "(not_allowed)"),  # Canada shares +1
    (PREFIXES, "+18765551234", "(not_allowed)"),  # so does Jamaica
    (PREFIXES, "+14735551234", "0014735551234"),  # named by more than its code
    (PREFIXES, "+252612345678", "00252612345678"),
    (PREFIXES, "+442071234567", "00442071234567"),
    (PREFIXES, "+441534123456", "(not_allowed)"),  # Jersey shares +44
    (PREFIXES, "+19005551234", "(not_allowed)"),
    (PREFIXES, "95588", "95588"),
    (PREFIXES, "95599", "(not_allowed)"),
    (PREFIXES, "13800138000", "13800138000"),
    (ALL_KINDS, "+19005551234", "0019005551234"),
    (ALL_KINDS, "+8821012345678", "008821012345678"),
    (ALL_KINDS, "+14735551234", "0014735551234"),
    (ALL_KINDS, "110", "110"),
    (ALL_KINDS, "95588", "95588"),
    (PREFIXES, "01095588", "95588"),
    (PREFIXES, "01095599", "(not_allowed)"),
    (Allowance(kinds=("fixed", "unknown")), "+8610110", "(not_allowed)"),
    (Allowance(kinds=()), "13800138000", "(not_allowed)"),
    (Allowance(kinds=(), prefixes=("+8613800138",)), "13800138000", "13800138000"),
    (Allowance(kinds=(), prefixes=("+8613800138",)), "13900138000", "(not_allowed)"),
    (Allowance(prefixes=("+",)), "+85221234567", "0085221234567"),
    (Allowance(prefixes=("+",)), "+19005551234", "(not_allowed)"),
    (Allowance(prefixes=("+",)), "+14735551234", "(not_allowed)"),
]


@pytest.mark.parametrize(("allow", "number", "expected"), OPENED)
def test_what_an_allowance_opens(allow: Allowance, number: str, expected: str) -> None:
    assert dials(number, platform(TenantOutside(allow=allow))) == expected


@pytest.mark.parametrize("path", ["flow", "agent", "transfer", "mobile_seat"])
def test_each_path_can_be_narrower_than_the_tenant_and_never_wider(path: str) -> None:
    narrow = platform(TenantOutside(**{path: Allowance(kinds=("fixed",))}))
    wide = platform(TenantOutside(**{path: ALL_KINDS}))
    for purpose in Purpose:
        assert dials("13800138000", narrow, purpose=purpose) == (
            "(not_allowed)" if purpose.value == path else "13800138000"
        )
        assert dials("+85221234567", wide, purpose=purpose) == "(not_allowed)"


def test_an_agents_own_allowance() -> None:
    assert dials("13800138000", agent="press/wang") == "(not_allowed)"
    assert dials("02161234567", agent="press/wang") == "02161234567"
    assert dials("13800138000", agent="press/nobody") == "13800138000"


def test_what_the_platform_denies_is_dialled_by_nobody() -> None:
    on = platform(TenantOutside(allow=ALL_KINDS), deny=("+852", "+86138"))
    assert [dials(n, on) for n in ("+85221234567", "13800138000", "13900138000")] == [
        "(denied)",
        "(denied)",
        "13900138000",
    ]


def test_without_a_country_nothing_is_dialled() -> None:
    assert dials("13800138000", platform(country_code=None)) == "(no_country)"
    assert dials("13800138000", tenant="") == "(no_tenant)"


def test_calls_per_minute_of_the_tenant_and_of_all() -> None:
    on = platform(TenantOutside(calls_per_minute=3), calls_per_minute=5)
    for minute, expected in (
        ({"press": 2, "": 4}, ""),
        ({"press": 3, "": 3}, "too_many"),
        ({"press": 0, "": 5}, "too_many"),
    ):
        found = asked("13800138000", on, Situation(last_minute=minute))
        assert (found.reason if isinstance(found, Refusal) else "") == expected
    again = asked("13800138000", on, Situation(last_minute={"press": 3}), tried=("other",))
    assert isinstance(again, Permit), "another trunk for the same call is no further call"


@pytest.mark.parametrize("whose", ["tenant", "platform"])
def test_the_ceiling_counts_the_first_minute_of_this_call(whose: str) -> None:
    tenant = TenantOutside(cost_per_day=1.0 if whose == "tenant" else None, allow=ABROAD)
    on = platform(tenant, cost_per_day=1.0 if whose == "platform" else None)
    key = "press" if whose == "tenant" else ""
    assert isinstance(asked("13800138000", on, Situation(spent={key: 0.9})), Permit)
    over = asked("13800138000", on, Situation(spent={key: 0.91}))
    assert isinstance(over, Refusal)
    assert (over.reason, over.alarming) == (Reason.CEILING, True)
    assert dials("+85221234567", on) == "(no_price)"


def test_trunks_in_order_of_failover() -> None:
    base = platform()
    trunk = base.trunks["carrier"]
    limited = trunk.model_copy(update={"channels": 2})
    elsewhere = trunk.model_copy(update={"node": "n2"})
    on = base.model_copy(update={"trunks": {"a": limited, "b": trunk, "c": elsewhere}})

    def over(**now: Any) -> str:
        tried = now.pop("tried", ())
        found = asked("13800138000", on, Situation(**now), tried=tried)
        return found.trunk if isinstance(found, Permit) else f"({found.detail})"

    assert over() == "a"
    assert over(down={"a"}) == "b"
    assert over(unsure={"a"}) == "b", "one that is there goes before one of which nobody knows"
    assert over(unsure={"a"}, down={"b"}) == "a"
    assert over(unsure={"a", "b"}) == "a"
    assert over(used={"a": 2}) == "b"
    assert over(used={"a": 1}) == "a"
    assert over(tried=("a",)) == "b"
    assert over(tried=("a", "b")) == "(no trunk is set up for this number)"
    assert over(down={"a", "b"}) == "(trunk b is down)"


def test_routes_by_the_longest_beginning() -> None:
    base = platform(TenantOutside(allow=ABROAD))
    trunk = base.trunks["carrier"]
    routes = (
        Route(prefixes=("+86", "+"), trunks=("a",)),
        Route(prefixes=("+852", "+861"), trunks=("b", "a")),
    )
    outside = base.outside.model_copy(update={"routes": routes})
    on = base.model_copy(update={"trunks": {"a": trunk, "b": trunk}, "outside": outside})
    found = [asked(n, on) for n in ("02161234567", "13800138000", "+85221234567", "+12125551234")]
    assert [f.trunk if isinstance(f, Permit) else f for f in found] == ["a", "b", "b", "a"]


def test_a_tenants_own_trunk_is_no_other_tenants() -> None:
    base = platform()
    trunk = base.trunks["carrier"]
    own = trunk.model_copy(update={"tenant": "chess"})
    on = base.model_copy(update={"trunks": {"carrier": trunk, "own": own}})
    assert [f.trunk for t in ("press", "chess") if isinstance(f := asked("13800138000", on, tenant=t), Permit)] == [
        "carrier",
        "own",
    ]
    alone = base.model_copy(update={"trunks": {"own": own}})
    assert dials("13800138000", alone) == "(no_trunk)"


def test_the_caller_id_is_the_tenants() -> None:
    base = platform(TenantOutside(caller_id="01000000001"))
    trunk = base.trunks["carrier"]
    with_own = trunk.model_copy(update={"outgoing": outgoing(caller_ids={"press": "01000000002"})})
    bare = trunk.model_copy(update={"outgoing": outgoing().model_copy(update={"caller_id": None})})

    def shown(trunk: Trunk, tenant: Platform) -> str:
        found = asked("13800138000", tenant.model_copy(update={"trunks": {"carrier": trunk}}))
        return found.caller_id if isinstance(found, Permit) else f"({found.reason})"

    assert shown(with_own, base) == "01000000002"
    assert shown(trunk, base) == "01000000001"
    assert shown(trunk, platform()) == "01065550000"
    assert shown(bare, platform()) == "(no_caller_id)"


def test_the_rate_of_the_longest_beginning_is_on_the_permit() -> None:
    base = platform()
    rates = {"+86": Rate(per_minute=0.1), "+86138": Rate(per_minute=0.3, per_call=0.05)}
    trunk = base.trunks["carrier"].model_copy(update={"outgoing": outgoing().model_copy(update={"rates": rates})})
    found = asked("13800138000", base.model_copy(update={"trunks": {"carrier": trunk}}))
    assert isinstance(found, Permit)
    assert found.rate == rates["+86138"]
    assert [cost(found.rate, s) for s in (None, 0.0, 1.0, 60.0, 60.1, 600.0)] == [0.0, 0.35, 0.35, 0.35, 0.65, 3.05]
    assert cost(None, 60.0) == 0.0


def test_how_a_carrier_wants_numbers() -> None:
    assert written("+8613800138000", {}) == "+8613800138000"
    assert written("+8613800138000", {"+": ""}) == "8613800138000"
    assert written("95588", CHINA) == "95588"


def test_nobody_but_the_guard_makes_a_permit() -> None:
    found = asked("13800138000")
    assert isinstance(found, Permit)
    with pytest.raises(TypeError, match="only"):
        replace(found, dials="0019005551234")
    values = {name: getattr(found, name) for name in Permit.__slots__}
    with pytest.raises(TypeError, match="only"):
        Permit(**values)
    with pytest.raises(TypeError, match="only"):
        Permit(**values, seal=object())


@given(st.text(max_size=50) | st.from_regex(r"\A[+0-9*#,; ()./p@-]{0,30}\Z"))
def test_whatever_is_written_only_digits_are_dialled(text: str) -> None:
    found = asked(text, platform(TenantOutside(allow=ALL_KINDS)))
    if isinstance(found, Permit):
        assert found.dials.removeprefix("+").isascii()
        assert found.dials.removeprefix("+").isdigit()
    else:
        assert found.detail


@given(st.from_regex(r"\A(|0|010|86|0086|\+86|\+8610)[0-9]{3,9}\Z"))
def test_no_short_code_is_dialled_by_another_name(text: str) -> None:
    found = asked(text)
    assert isinstance(found, Refusal) or len(found.dials) > 6
