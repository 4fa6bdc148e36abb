"""lookup: what is found in a tenant's table, and what the variables hold then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.facts import ChoiceMade
from tests.unit.ivr_flows.caller import World, answered, ends, hangs_up, heard, says

if TYPE_CHECKING:
    from tests.unit.ivr_flows.caller import Call

WORLD = World(
    tables={
        "customers": {"01012345678": {"tier": "gold", "agent": "li"}, "77": {"tier": "lead", "agent": ""}},
        "blocked": {"01012345678": {}},
    }
)
GREETING = """
steps:
  - lookup:
      table: customers
      into: {tier: tier, last: agent}
      found: {say: "{tier} {last:text}"}
      not_found: {say: "who? {tier}"}
  - lookup: {table: customers, key: "string(70 + 7)", into: {tier: tier, last: agent}}
  - say: "then {tier} {last}"
"""


def test_found_by_the_callers_number(call: Call) -> None:
    caller = call(GREETING, world=WORLD)
    caller << answered() << says("gold|li")
    caller >> heard << says("then|lead")
    caller >> heard << ends()
    assert [fact.choice for fact in caller.saw(ChoiceMade)] == ["found", "found"]


def test_not_found_makes_the_variables_empty(call: Call) -> None:
    caller = call(GREETING)
    caller << answered() << says("who?")
    caller >> heard << says("then")
    assert caller.state.variables == {"tier": "", "last": ""}
    assert [fact.choice for fact in caller.saw(ChoiceMade)] == ["not_found", "not_found"]


def test_the_short_form_is_by_the_caller(call: Call) -> None:
    flow = "steps: [{lookup: {table: blocked, found: {hang_up: refused}}}, {lookup: blocked}, {say: in}]"
    call(flow, world=WORLD) << hangs_up("refused")
    call(flow) << answered() << says("in")


def test_a_number_is_a_key_as_it_is_written(call: Call) -> None:
    (
        call("steps: [{lookup: {table: customers, key: 7 * 11, found: {say: found}}}]", world=WORLD)
        << answered()
        << says("found")
    )
