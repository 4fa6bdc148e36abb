"""Publications: what is in force when, for which calls; over a restart and a reload; who may do what."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from core.errors import ConfigurationError, ConflictError, NotFoundError
from core.facts import FlowApproved, FlowPublished, FlowStarted, FlowWithdrawn
from tests.unit.vcc.calls.centre import Centre, done, read
from tests.unit.vcc.calls.configuration import TEXTS
from vcc.calls.publications import MOST, Publication, Publications, Standing
from vcc.storage.live_memory import MemoryLiveStore

if TYPE_CHECKING:
    from vcc.publishing import Publishing

FLOW = "press/main"
FILE = "tenants/press/flows/main.yaml"
TENANT = "tenants/press/tenant.yaml"
DAY = 86_400.0


def saying(words: str) -> str:
    """The press's flow with another farewell."""
    return TEXTS[FILE].replace("Bye.", words)


def publish(centre: Centre, words: str, **more: Any) -> Publication:
    asked = {"who": "wang", "begins": None, "ends": None, "share": 100, "note": ""} | more
    return asyncio.run(centre.publishing.publish(FLOW, saying(words), **asked))


def farewell(centre: Centre) -> str:
    """What a new call hears at its end."""
    leg = centre.call(keys="5")
    heard = centre.heard(leg)
    centre.wait(3)
    return heard


@pytest.fixture
def centre() -> Centre:
    return Centre()


def test_new_calls_get_it_at_once_and_those_that_go_on_keep_theirs(centre: Centre) -> None:
    leg = centre.call()
    made = publish(centre, "Ciao.", note="friendlier")
    centre.wait(3)
    centre.press(leg, "5")
    assert centre.heard(leg) == "Bye."
    assert farewell(centre) == "Ciao."
    (told,) = centre.of(FlowPublished)
    assert (told.tenant, told.flow, told.number, told.version) == ("press", FLOW, 1, made.version)
    assert (told.who, told.note, told.share, told.ends, told.proposed) == ("wang", "friendlier", 100, None, False)
    assert centre.of(FlowStarted)[-1].version == made.version


def test_a_season_comes_and_goes_by_itself(centre: Centre) -> None:
    now = centre.clock.now()
    publish(centre, "Happy New Year.", begins=now + DAY, ends=now + 3 * DAY)
    assert farewell(centre) == "Bye."
    centre.wait(2 * DAY)
    assert farewell(centre) == "Happy New Year."
    publish(centre, "Happy New Year to you.")  # a correction: it began later
    assert farewell(centre) == "Happy New Year to you."
    centre.wait(2 * DAY)
    assert farewell(centre) == "Happy New Year to you."


def test_what_was_published_for_good_is_back_after_the_season(centre: Centre) -> None:
    now = centre.clock.now()
    publish(centre, "Happy New Year.", begins=now + DAY, ends=now + 2 * DAY)
    publish(centre, "Ciao.")
    assert farewell(centre) == "Ciao."
    centre.wait(1.5 * DAY)
    assert farewell(centre) == "Happy New Year."
    centre.wait(DAY)
    assert farewell(centre) == "Ciao."


def test_a_share_of_the_calls_is_on_the_new_version(centre: Centre) -> None:
    publish(centre, "Ciao.", share=30)
    heard = [farewell(centre) for _ in range(60)]
    assert set(heard) == {"Ciao.", "Bye."}
    assert 6 <= heard.count("Ciao.") <= 32


def test_a_share_is_near_what_was_asked_and_stays_with_a_call() -> None:
    one = Publication(flow=FLOW, number=7, text="", version="v", author="w", made=0.0, begins=0.0, share=30)
    taken = [one.takes(f"contact{number}") for number in range(10_000)]
    assert 2_800 <= sum(taken) <= 3_200
    assert taken == [one.takes(f"contact{number}") for number in range(10_000)]
    other = replace(one, number=8)
    assert taken != [other.takes(f"contact{number}") for number in range(10_000)]  # not always the same callers


def test_a_rollback(centre: Centre) -> None:
    publish(centre, "Ciao.")
    publish(centre, "Adieu.")
    taken = centre.publishing.withdraw(FLOW, None, who="li")
    assert (taken.number, taken.withdrawn_by) == (2, "li")
    assert farewell(centre) == "Ciao."
    centre.publishing.withdraw(FLOW, None, who="li")
    assert farewell(centre) == "Bye."
    with pytest.raises(ConflictError, match=r"No publication of press/main is in force"):
        centre.publishing.withdraw(FLOW, None, who="li")
    with pytest.raises(ConflictError, match=r"Publication 1 of press/main is withdrawn already"):
        centre.publishing.withdraw(FLOW, 1, who="li")
    assert [told.number for told in centre.of(FlowWithdrawn)] == [2, 1]


def test_it_is_in_force_after_a_restart(centre: Centre) -> None:
    publish(centre, "Ciao.")
    centre.restart()
    assert farewell(centre) == "Ciao."
    assert [one.standing(centre.clock.now()) for one in centre.publishing.history(FLOW)] == [Standing.IN_FORCE]


@pytest.mark.parametrize("at", [None, "soon"])
def test_one_without_a_time_in_the_store_keeps_the_others_from_nothing(at: object) -> None:
    live = MemoryLiveStore()
    good = {"flow": FLOW, "text": "", "version": "v", "author": "w", "made": 0.0, "begins": 0.0}
    live.put("publication", f"{FLOW} 1", good | {"number": 1})
    live.put("publication", f"{FLOW} 2", good | {"number": 2, "begins": at})
    kept = Publications(live)
    asyncio.run(kept.restore())
    assert [one.number for one in kept.all()] == [1]
    assert kept.in_force(FLOW, 1.0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("steps: [{queue: nowhere}]", r"tenants/press/flows/main.yaml:1:17: .*'nowhere'"),
        ("steps: [{goto: nowhere}]", "there is no step 'nowhere'"),
        ("steps: {", "main.yaml"),
        ("", "a flow is"),
    ],
)
def test_what_has_a_mistake_is_refused_with_its_place_and_nothing_changes(centre: Centre, text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        asyncio.run(centre.publishing.publish(FLOW, text, who="wang", begins=None, ends=None, share=100, note=""))
    assert centre.publishing.history(FLOW) == ()
    assert centre.of(FlowPublished) == []
    assert farewell(centre) == "Bye."


def test_times_that_cannot_be(centre: Centre) -> None:
    now = centre.clock.now()
    with pytest.raises(ConflictError, match="begin in the past"):
        publish(centre, "Ciao.", begins=now - DAY)
    with pytest.raises(ConflictError, match="end before it begins"):
        publish(centre, "Ciao.", begins=now + DAY, ends=now + DAY)


def test_only_a_flow_of_the_configuration(centre: Centre) -> None:
    for flow in ("press/nowhere", "nobody/main", "main"):
        with pytest.raises(NotFoundError, match="There is no flow"):
            asyncio.run(centre.publishing.publish(flow, "", who="w", begins=None, ends=None, share=100, note=""))
        with pytest.raises(NotFoundError, match="There is no flow"):
            centre.publishing.history(flow)


# --- scripts

SCRIPT = "tenants/press/flows/tests/main.yaml"


def holds(words: str) -> str:
    return f"tests: [{{name: farewell, script: [{{press: 5}}, {{hear: {words}}}]}}]"


def test_its_scripts_have_to_hold() -> None:
    centre = Centre({**TEXTS, SCRIPT: holds("Bye.")})
    with pytest.raises(ConfigurationError, match=r"tests/main.yaml:1:\d+: farewell: this was not heard: 'Bye.'"):
        publish(centre, "Ciao.")
    assert centre.publishing.history(FLOW) == ()
    assert farewell(centre) == "Bye."
    publish(centre, "Ciao.", scripts={"main.yaml": holds("Ciao.")})
    assert farewell(centre) == "Ciao."
    with pytest.raises(ConfigurationError, match=r"main\.yaml:1:"):
        publish(centre, "Ciao.", scripts={"main.yaml": "tests: 5"})


# --- review


def reviewed() -> Centre:
    return Centre({**TEXTS, TENANT: TEXTS[TENANT] + "\nreview: true\n"})


def test_where_a_review_is_asked_for_the_author_may_not_approve() -> None:
    centre = reviewed()
    publish(centre, "Ciao.")
    assert farewell(centre) == "Bye."
    assert centre.of(FlowPublished)[0].proposed
    with pytest.raises(ConflictError, match="wang has published it: somebody else approves it"):
        centre.publishing.approve(FLOW, 1, who="wang")
    assert farewell(centre) == "Bye."
    centre.wait(60)
    approved = centre.publishing.approve(FLOW, 1, who="li")
    assert (approved.approved_by, approved.begins) == ("li", centre.clock.now())
    assert farewell(centre) == "Ciao."
    assert [(told.number, told.who) for told in centre.of(FlowApproved)] == [(1, "li")]
    with pytest.raises(ConflictError, match="waits for nobody's approval: it is in force"):
        centre.publishing.approve(FLOW, 1, who="li")


def test_a_proposal_is_kept_over_a_restart_and_can_be_withdrawn() -> None:
    centre = reviewed()
    publish(centre, "Ciao.")
    centre.restart()
    assert farewell(centre) == "Bye."
    centre.publishing.withdraw(FLOW, 1, who="wang")
    with pytest.raises(ConflictError, match="it is withdrawn"):
        centre.publishing.approve(FLOW, 1, who="li")
    with pytest.raises(NotFoundError, match="no publication 2"):
        centre.publishing.approve(FLOW, 2, who="li")


# --- with another configuration


def test_one_that_does_not_go_with_a_new_configuration_is_told_of(centre: Centre) -> None:
    publish(centre, "Ciao.")
    publishing: Publishing = centre.publishing
    texts = {**TEXTS, "tenants/press/queues.yaml": TEXTS["tenants/press/queues.yaml"].replace("orders:", "others:")}
    texts[FILE] = "steps: [hang_up]\n"
    texts["tenants/press/flows/main.yaml"] = "steps: [hang_up]\n"
    found, problems = publishing.fit(read(texts))
    assert found == {}
    assert {problem.file for problem in problems} == {"publication 1 of press/main"}
    assert any("orders" in problem.message for problem in problems)
    publishing.use(centre.bundle, found, {"": {}, **{tenant: {} for tenant in centre.bundle.platform.tenants}})
    assert farewell(centre) == "Bye."  # left out: the folder's flow is there


def test_the_newest_configuration_counts_where_nothing_is_published(centre: Centre) -> None:
    publish(centre, "Ciao.", share=100)
    centre.publishing.withdraw(FLOW, 1, who="wang")
    centre.bundle = read({**TEXTS, FILE: saying("Addio.")})
    done(centre.reload())
    assert farewell(centre) == "Addio."


async def test_one_that_is_published_while_a_reload_goes_on_is_in_force_after_it() -> None:
    centre = await asyncio.to_thread(Centre)
    publishing: Publishing = centre.publishing
    async with centre.changing:  # as a reload: first it looks, then it renders, then it puts in force
        found, _ = publishing.fit(centre.bundle)
        publish_it = asyncio.create_task(publishing.publish(FLOW, saying("Ciao."), who="wang", begins=None, ends=None))
        done, _ = await asyncio.wait({publish_it}, timeout=0.5)  # it waits for the reload; done, it would be forgotten
        assert not done
        publishing.use(centre.bundle, found, {tenant: {} for tenant in ("", *centre.bundle.platform.tenants)})
    made = await publish_it
    assert centre.floor.flows.begin(FLOW, "c", centre.clock.now()).version == made.version


# --- what is different


def test_differences_between_publications_and_the_folder(centre: Centre) -> None:
    publish(centre, "Ciao.")
    publish(centre, "Adieu.")
    (line,) = centre.publishing.differences(FLOW, 0, 2)
    assert line.startswith("~ ")
    assert "Bye." in line
    assert "Adieu." in line
    assert centre.publishing.differences(FLOW, 1, 1) == []
    centre.publishing.withdraw(FLOW, 2, who="wang")
    assert "Ciao." in centre.publishing.differences(FLOW, 2, 1)[0]  # also of one that is over
    with pytest.raises(NotFoundError, match="no publication 9"):
        centre.publishing.differences(FLOW, 0, 9)


# --- the store


def test_the_oldest_that_are_over_are_forgotten() -> None:
    store, book = MemoryLiveStore(), None
    book = Publications(store)
    for number in range(1, MOST + 1):
        made = Publication(flow=FLOW, number=number, text="", version="v", author="w", made=0.0, begins=0.0)
        book.put(made, 0.0)
    another = Publication(flow=FLOW, number=MOST + 1, text="", version="v", author="w", made=0.0, begins=0.0)
    with pytest.raises(ConflictError, match="withdraw one"):
        book.put(another, 0.0)
    book.withdraw(FLOW, 3, "w", 1.0)
    book.put(another, 2.0)
    assert [one.number for one in book.of(FLOW)] == [number for number in range(MOST + 1, 0, -1) if number != 3]
    again = Publications(store)
    asyncio.run(again.restore())
    assert again.of(FLOW) == book.of(FLOW)


def test_one_that_cannot_be_read_is_left_out() -> None:
    store = MemoryLiveStore()
    store.put("publication", "press/main 1", {"flow": "press/main", "number": 1})
    book = Publications(store)
    asyncio.run(book.restore())
    assert book.all() == ()


# --- flows that are called ---

CALLS = "steps: [{say: {en: Before.}}, {call: bye}, {say: {en: After.}}]\n"
BYE = "steps: [{say: {en: Bye.}}, {call: last}]\n"
LAST = "steps: [{say: {en: Last.}}]\n"
CALLING = TEXTS | {FILE: CALLS, "tenants/press/flows/bye.yaml": BYE, "tenants/press/flows/last.yaml": LAST}


def words(centre: Centre, leg: str) -> list[str]:
    """What was said in a call that has gone on for a while."""
    centre.wait(7)
    return [said for said in centre.said(leg) if said]


def said(centre: Centre) -> list[str]:
    return words(centre, centre.call())


def test_what_is_published_of_a_called_flow_reaches_those_who_call_it() -> None:
    centre = Centre(CALLING)
    assert said(centre) == ["Before.", "Bye.", "Last.", "After."]
    before = centre.of(FlowStarted)[-1].version
    leg = centre.call()
    for flow, text in (("bye", BYE.replace("Bye.", "Ciao.")), ("last", LAST.replace("Last.", "Done."))):
        asyncio.run(centre.publishing.publish(f"press/{flow}", text, who="wang", begins=None, ends=None))
    assert words(centre, leg) == ["Before.", "Bye.", "Last.", "After."]  # it had begun
    assert said(centre) == ["Before.", "Ciao.", "Done.", "After."]
    joined = centre.of(FlowStarted)[-1].version
    assert joined != before
    leg = centre.call()
    centre.wait(3)
    centre.restart()
    assert words(centre, leg)[-2:] == ["Done.", "After."]
    for flow in ("bye", "last"):
        centre.publishing.withdraw(f"press/{flow}", None, who="wang")
    assert said(centre) == ["Before.", "Bye.", "Last.", "After."]
    assert centre.of(FlowStarted)[-1].version == before


def test_a_published_flow_calls_what_is_published() -> None:
    centre = Centre(CALLING)
    asyncio.run(
        centre.publishing.publish("press/last", LAST.replace("Last.", "Done."), who="wang", begins=None, ends=None)
    )
    asyncio.run(centre.publishing.publish(FLOW, CALLS.replace("Before.", "First."), who="wang", begins=None, ends=None))
    assert said(centre) == ["First.", "Bye.", "Done.", "After."]
    asyncio.run(centre.reload())
    assert said(centre) == ["First.", "Bye.", "Done.", "After."]
