"""What of a contact each tenant may see, where one tenant's flow led it into another's number."""

from core.facts import ContactArrived, ContactEnded, ContactRecovered, NumberEntered, Outcome, Party
from reporting.part import tenants_of, visible_to
from reporting.record import compute
from tests.unit.reporting.story import CALLER, Story


def led_on() -> Story:
    story = Story(tenant="sunshine").arrives(0, number="99999", project="own").answered(1).flow(1)
    story.enters(8, "press", number="98668", project="seats").flow(8).queued(10).connected(15, "li")
    return story.agent_left(45, "li").ends(45)


def test_a_contact_of_one_tenant_is_wholly_its_own() -> None:
    facts = Story().arrives(0).flow(0).queued(2).left_queue(9, "abandoned").ends(9, Outcome.ABANDONED).facts
    assert visible_to(facts, "press") == tuple(facts)
    assert visible_to(facts, "academy") == ()
    assert tenants_of(facts) == ("press",)


def test_the_first_tenant_sees_that_its_flow_ended() -> None:
    facts = visible_to(led_on().facts, "sunshine")
    assert "press" not in repr(facts)
    seen = compute(facts)
    assert (seen.arrived, seen.ended, seen.outcome, seen.by) == (0, 8, Outcome.ENDED_BY_FLOW, "flow")
    assert (seen.cause, seen.detail) == ("led_on", "98668")
    assert (seen.number, seen.project, seen.tenant, seen.entry_tenant) == ("99999", "own", "sunshine", "sunshine")
    assert (seen.agents, seen.waited_s, seen.ivr_s, seen.complete) == ((), 0, 7, True)


def test_the_second_tenant_sees_an_arrival_at_its_own_number() -> None:
    facts = visible_to(led_on().facts, "press")
    assert "sunshine" not in repr(facts)
    assert "99999" not in repr(facts)
    seen = compute(facts)
    assert (seen.arrived, seen.answered, seen.number, seen.project) == (8, 8, "98668", "seats")
    assert (seen.caller, seen.entry_tenant, seen.tenant) == (CALLER, "press", "press")
    assert (seen.outcome, seen.talked_s, seen.waited_s, seen.ivr_s) == (Outcome.ANSWERED, 30, 5, 2)
    assert seen.complete


def test_somebody_who_works_for_both_sees_it_whole() -> None:
    story = led_on()
    assert visible_to(story.facts, frozenset({"sunshine", "press"})) == tuple(story.facts)
    assert tenants_of(story.facts) == ("sunshine", "press")


def test_before_the_platform_answered_nothing_is_answered() -> None:
    story = Story(tenant="sunshine").arrives(0).enters(3, "press", number="98668").ends(4, Outcome.CLOSED)
    assert compute(visible_to(story.facts, "press")).answered is None


def test_there_and_back_is_one_part() -> None:
    story = Story(tenant="sunshine").arrives(0, number="99999").flow(0)
    story.enters(5, "press", number="98668").flow(5).enters(9, "sunshine", number="99999").flow(9)
    story.queued(10, "sunshine/desk").left_queue(14, "abandoned").ends(14, Outcome.ABANDONED)
    first = visible_to(story.facts, "sunshine")
    assert "press" not in repr(first)
    assert [type(f) for f in first].count(ContactEnded) == 1
    assert [f.from_tenant for f in first if isinstance(f, NumberEntered)] == [""]
    seen = compute(first)
    assert (seen.arrived, seen.ended, seen.outcome, seen.complete) == (0, 14, Outcome.ABANDONED, True)
    middle = compute(visible_to(story.facts, "press"))
    assert (middle.arrived, middle.ended, middle.outcome) == (5, 9, Outcome.ENDED_BY_FLOW)


def test_in_and_out_and_in_again_arrives_once() -> None:
    story = Story(tenant="a").arrives(0).enters(1, "b", number="2").enters(2, "a", number="1")
    story.enters(3, "b", number="2").ends(4, Outcome.LEFT_FLOW)
    part = visible_to(story.facts, "b")
    assert [type(fact) for fact in part] == [ContactArrived, NumberEntered, ContactEnded]
    assert (compute(part).arrived, compute(part).ended) == (1, 4)
    assert (compute(visible_to(story.facts, "a")).arrived, compute(visible_to(story.facts, "a")).ended) == (0, 3)


def test_on_through_three_tenants() -> None:
    story = Story(tenant="a").arrives(0).enters(1, "b", number="2").enters(2, "c", number="3")
    story.ends(3, Outcome.ENDED_BY_FLOW, Party.FLOW)
    for tenant, arrived, ended in (("a", 0, 1), ("b", 1, 2), ("c", 2, 3)):
        seen = compute(visible_to(story.facts, tenant))
        assert (seen.tenant, seen.arrived, seen.ended, seen.complete) == (tenant, arrived, ended, True)
    assert tenants_of(story.facts) == ("a", "b", "c")


def test_what_belongs_to_no_tenant_is_shown_to_none() -> None:
    story = led_on()
    story.add(ContactRecovered(at=20, contact="c1", state="talking", gap_s=1.0))
    assert visible_to(story.facts, "press") == visible_to(led_on().facts, "press")
    unknown = Story(tenant="").arrives(0).ends(1, Outcome.UNKNOWN_NUMBER, Party.SYSTEM).facts
    assert tenants_of(unknown) == ()
    assert visible_to(unknown, "press") == ()


def test_entered_without_a_known_arrival() -> None:
    facts = led_on().facts[3:]
    part = visible_to(facts, "press")
    assert not any(isinstance(fact, ContactArrived) for fact in part)
    assert not compute(part).complete
    assert tenants_of(facts) == ("sunshine", "press")
