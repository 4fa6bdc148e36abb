"""The examples of docs/trunks.md are a configuration without a mistake, and dial as the page says."""

from __future__ import annotations

import re
from pathlib import Path

from tenancy.destinations import Kind
from tenancy.dialling import ALARMING, Permit, Purpose, Reason, Situation, Wanted, decide
from tests.unit.vcc.lint.cases import BASE
from vcc.lint import Bundle, check_texts

PAGE = (Path(__file__).parents[4] / "docs" / "trunks.md").read_text(encoding="utf-8")
_ROWS = re.compile(r"^\| `(\+?[0-9]+)` \| `([0-9]+)`", re.MULTILINE)


def example() -> Bundle:
    """The page's blocks, each in its file."""
    by_address, by_registration, routes, phones, tenant = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    texts = dict(BASE.texts)
    platform = texts["platform.yaml"].replace("n1:", "bj1:")
    platform = "".join(
        line for line in platform.splitlines(keepends=True) if not line.startswith(("trunks", "  carrier"))
    )
    texts["platform.yaml"] = platform + by_address + by_registration + routes
    texts["phones.yaml"] = texts["phones.yaml"].replace("n1", "bj1") + phones
    texts["tenants/press/tenant.yaml"] += tenant
    return check_texts(texts, BASE.sounds, now=1_772_416_800.0).use()


def test_numbers_are_dialled_as_the_page_says() -> None:
    platform = example().platform
    rows = _ROWS.findall(PAGE)
    assert len(rows) == 5
    everything = platform.tenants["press"].outside.allow.model_copy(update={"kinds": tuple(Kind)})
    press = platform.tenants["press"]
    press = press.model_copy(
        update={"outside": press.outside.model_copy(update={"allow": everything, "cost_per_day": None})}
    )
    on = platform.model_copy(
        update={"tenants": {"press": press}, "outside": platform.outside.model_copy(update={"routes": ()})}
    )
    for number, dialled in rows:
        wanted = Wanted(number=number, tenant="press", purpose=Purpose.FLOW, node="bj1")
        found = decide(wanted, on, Situation(), 1)
        assert isinstance(found, Permit), found
        assert (found.trunk, found.dials) == ("carrier", dialled)


def test_every_kind_and_reason_is_explained() -> None:
    for word in (*Kind, *Reason):
        assert f"`{word}`" in PAGE
    assert ALARMING


def test_the_tenants_example() -> None:
    platform = example().platform
    for number, purpose, expected in (
        ("4008100000", Purpose.FLOW, True),
        ("4008100000", Purpose.TRANSFER, False),
        ("+85221234567", Purpose.FLOW, True),  # over the second trunk of its route, which has a rate
        ("+85221234567", Purpose.TRANSFER, False),
        ("+85321234567", Purpose.FLOW, False),
        ("13800138000", Purpose.TRANSFER, True),
    ):
        wanted = Wanted(number=number, tenant="press", purpose=purpose, node="bj1")
        assert isinstance(decide(wanted, platform, Situation(), 1), Permit) == expected
