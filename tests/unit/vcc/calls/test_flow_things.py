"""What flows do beside speaking, in whole calls: tables, what is resolved, and what follows a hang-up."""

from __future__ import annotations

from core.facts import ChoiceMade, ContactEnded, ContactResolved
from reporting import measures
from reporting.record import compute
from tests.unit.vcc.calls.centre import Centre
from tests.unit.vcc.calls.configuration import PRESS, TEXTS

TABLE = "number,tier\n555,gold\n"
MAIN = (
    PRESS.replace(
        "steps:\n",
        "steps:\n  - lookup: {table: customers, into: {tier: tier}}\n"
        "  - if: {when: tier == 'gold', then: {say: {en: Gold.}}}\n",
    )
    + "on_hangup: [{lookup: {table: customers, found: resolved}}]\n"
)
KNOWING = TEXTS | {"tenants/press/tables/customers.csv": TABLE, "tenants/press/flows/main.yaml": MAIN}


def test_a_caller_in_the_table() -> None:
    centre = Centre(KNOWING)
    assert centre.heard(centre.call()) == "Gold."
    assert centre.heard(centre.call(caller="556")) == "Welcome."


def test_what_follows_a_hang_up_is_in_the_record() -> None:
    centre = Centre(KNOWING)
    records = []
    for caller, resolved in (("555", ""), ("556", None)):
        leg = centre.call(caller=caller)
        centre.leave(leg)
        facts = centre.facts_of(leg)
        record = compute(facts)
        records.append(record)
        assert (record.resolved, record.outcome) == (resolved, "left_flow")
        assert isinstance(facts[-1], ContactEnded)
    assert measures.containment(records) == 0.5


def test_in_a_conversation_too_but_it_is_not_contained() -> None:
    centre = Centre(KNOWING)
    leg = centre.talking()
    centre.leave(leg)
    assert len(centre.of(ContactResolved)) == 1
    assert measures.containment([compute(centre.facts_of(leg))]) == 0.0


def test_a_caller_who_left_while_vcc_was_away() -> None:
    centre = Centre(KNOWING)
    leg = centre.call()
    centre.crash()
    centre.exchange.hang_up(leg)
    centre.restart()
    centre.wait(10)
    assert [fact.choice for fact in centre.of(ChoiceMade)][-1] == "found"
    assert len(centre.of(ContactResolved)) == 1


def test_a_reload_changes_the_table_of_calls_that_go_on() -> None:
    centre = Centre(KNOWING)
    leg = centre.call(caller="556")
    centre.bundle = Centre(KNOWING | {"tenants/press/tables/customers.csv": "number,tier\n556,gold\n"}).bundle
    centre.run(_reload(centre))
    centre.leave(leg)
    assert len(centre.of(ContactResolved)) == 1


async def _reload(centre: Centre) -> None:
    await centre.reload()


CALLING = TEXTS | {
    "tenants/press/flows/main.yaml": "steps: [{call: {flow: ask, into: {what: what}}}, "
    "{say: {en: 'You chose {what}.'}}]\n",
    "tenants/press/flows/ask.yaml": "results: [what]\n"
    "steps: [{collect: {name: pin, say: {en: Your PIN.}, length: 4, secret: true}}, "
    "{menu: {say: {en: Choose.}, 1: {set: {what: books}}}}]\n",
}


def test_a_call_goes_on_in_a_called_flow_after_a_crash() -> None:
    centre = Centre(CALLING)
    leg = centre.call()
    centre.press(leg, "1234")
    assert centre.heard(leg) == "Choose."
    assert "1234" not in str(centre.stored("session"))
    centre.bundle = Centre(
        CALLING | {"tenants/press/flows/ask.yaml": "results: [what]\nsteps: [{set: {what: x}}]\n"}
    ).bundle
    centre.crash()
    centre.restart()
    centre.wait(1)
    assert centre.heard(leg) == "Choose."
    centre.press(leg, "1")
    centre.wait(0.5)
    state = centre.session(leg).flow_state
    assert state is not None
    assert (centre.heard(leg), state.variables) == ("You chose", {"what": "books"})
    assert [(fact.step, fact.choice) for fact in centre.of(ChoiceMade)] == [("ask:menu", "1")]
