"""Which contacts are kept until they end, which have to be read back, and what becomes of broken facts."""

import random
from collections import defaultdict
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from core.facts import Fact, NodeChanged, Outcome, Party
from reporting.record import ContactRecord, compute, load
from tests.unit.reporting.states import changed
from tests.unit.reporting.story import Story
from vcc.storage import history_rows
from vcc.storage.history_rows import RecordRow, clean, fact_of, fact_row, record_rows
from vcc.storage.json_text import decode
from vcc.storage.open_contacts import HistoryBatch, OpenContacts


def call(contact: str, at: float = 0.0) -> Story:
    story = Story(contact).arrives(at).flow(at).queued(at + 1).connected(at + 2, "li")
    return story.agent_left(at + 9, "li").ends(at + 9)


def record_of(row: RecordRow) -> ContactRecord:
    return load(decode(row[-1]))


def test_a_contact_that_ends_has_its_record_without_reading_back() -> None:
    contacts, facts = OpenContacts(), call("c1").facts
    for fact in facts[:-1]:
        batch = contacts.prepare([fact])
        assert (batch.records, batch.unknown) == ([], [])
    batch = contacts.prepare(facts[-1:])
    assert [record_of(row) for row in batch.records] == [compute(facts)]
    assert batch.unknown == []
    assert not contacts._contacts


def test_a_contact_that_begins_and_ends_in_one_batch() -> None:
    facts = call("c1").facts
    batch = OpenContacts().prepare(facts)
    assert [record_of(row) for row in batch.records] == [compute(facts)]
    assert [fact_of(row) for row in batch.facts] == facts


def test_a_fact_after_the_end_in_the_same_batch_still_counts() -> None:
    facts = [*call("c1").facts, *Story("c1").healed(10).facts]
    assert len(OpenContacts().prepare(facts).records) == 1


def test_a_contact_from_before_the_restart_is_read_back_once() -> None:
    contacts, facts = OpenContacts(), call("c1").facts
    batch = contacts.prepare(facts[3:4])
    assert batch.unknown == ["c1"]
    assert contacts.read_back("c1", facts[:4]) == []
    assert contacts.prepare(facts[4:5]).unknown == []
    assert [record_of(row) for row in contacts.prepare(facts[5:]).records] == [compute(facts)]


def test_a_contact_that_is_over_is_computed_again() -> None:
    contacts, facts = OpenContacts(), call("c1").facts
    contacts.prepare(facts)
    late = Story("c1").healed(20).facts
    assert contacts.prepare(late).unknown == ["c1"]
    assert len(contacts.read_back("c1", [*facts, *late])) == 1
    assert not contacts._contacts


def test_reading_back_may_be_repeated_when_a_transaction_failed() -> None:
    contacts, facts = OpenContacts(), call("c1").facts
    contacts.prepare(facts[2:3])
    for _ in range(3):
        assert contacts.read_back("c1", facts[:3]) == []
    assert contacts._kept == 3
    contacts.prepare(facts[3:])
    assert contacts._kept == 0


def test_facts_of_agents_and_nodes_keep_no_contact() -> None:
    contacts = OpenContacts()
    batch = contacts.prepare([changed(1, "li", "talking", contact="c9"), NodeChanged(at=1, up=True)])
    assert (len(batch.facts), batch.unknown, batch.records) == (2, [], [])
    assert not contacts._contacts


def test_beyond_the_bound_the_oldest_contacts_are_read_back() -> None:
    contacts = OpenContacts(bound=10)
    stories = [call(f"c{n}") for n in range(5)]
    for story in stories:
        contacts.prepare(story.facts[:3])
    assert contacts._kept <= 10
    assert list(contacts._contacts) == ["c2", "c3", "c4"]
    batch = contacts.prepare([fact for story in stories for fact in story.facts[3:]])
    assert set(batch.unknown) >= {"c0", "c1"}
    assert len(batch.records) + len(batch.unknown) == 5


def test_the_count_of_kept_facts_is_right_whatever_happens() -> None:
    chance, contacts = random.Random(3), OpenContacts(bound=40)
    log: dict[str, list[Fact]] = defaultdict(list)
    left = {f"c{n}": call(f"c{n}").facts for n in range(60)}
    recorded: dict[str, ContactRecord] = {}
    while left:
        batch = []
        for _ in range(chance.randint(1, 12)):
            if left:
                contact = chance.choice(list(left)[:15])
                batch.append(left[contact].pop(0))
                log[contact].append(batch[-1])
                if not left[contact]:
                    del left[contact]
        prepared = contacts.prepare(batch)
        rows = prepared.records + [row for c in prepared.unknown for row in contacts.read_back(c, list(log[c]))]
        recorded |= {row[0]: record_of(row) for row in rows}
        assert contacts._kept == sum(map(len, contacts._contacts.values()))
        assert contacts._kept <= 40
    assert recorded == {contact: compute(facts) for contact, facts in log.items()}


def test_what_cannot_be_a_row_is_logged_and_left_out() -> None:
    broken = replace(NodeChanged(at=1, up=True), detail=object())  # type: ignore[arg-type]
    with capture_logs() as logs:
        batch = OpenContacts().prepare([NodeChanged(at=0, up=True), broken, NodeChanged(at=2, up=False)])
    assert [row[0] for row in batch.facts] == [0.0, 2.0]
    assert [(entry["event"], entry["fact"]) for entry in logs] == [("fact cannot be stored and is lost", "NodeChanged")]


def test_a_defect_in_the_record_does_not_lose_the_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(facts: object) -> None:
        raise ZeroDivisionError(facts)

    monkeypatch.setattr(history_rows, "compute", broken)
    with capture_logs() as logs:
        batch = OpenContacts().prepare(call("c1").facts)
    assert (len(batch.facts), batch.records) == (7, [])
    assert [(entry["event"], entry["contact"]) for entry in logs] == [("record cannot be computed", "c1")]


def test_a_batch_can_be_taken_apart() -> None:
    batch = OpenContacts().prepare([*call("c1").facts, *Story("c2").queued(1).facts])
    pieces = list(batch.singly())
    assert all(len(piece.facts) + len(piece.records) + len(piece.unknown) == 1 for piece in pieces)
    whole = HistoryBatch()
    for piece in pieces:
        whole.facts += piece.facts
        whole.records += piece.records
        whole.unknown += piece.unknown
    assert whole == batch
    assert [piece.what for piece in pieces[-3:]] == ["ContactQueued of c2", "record of c1", "record of c2"]
    assert "13800138000" not in batch.what


# --- rows ---------------------------------------------------------------------------------------------------------


def test_one_row_for_one_tenant_and_one_more_for_each_of_several() -> None:
    (row,) = record_rows(call("c1").facts)
    assert row[:5] == ("c1", "press", True, True, 0.0)
    story = Story("c2", "sunshine").arrives(5).enters(9, "press", number="1").ends(12, Outcome.LEFT_FLOW)
    rows = record_rows(story.facts)
    assert [row[:5] for row in rows] == [
        ("c2", "press", True, False, 5.0),
        ("c2", "sunshine", False, True, 5.0),
        ("c2", "press", False, True, 5.0),
    ]
    assert [record_of(row).arrived for row in rows] == [5, 5, 9]
    unknown = Story("c3", "").arrives(1).ends(2, Outcome.UNKNOWN_NUMBER, Party.SYSTEM)
    assert [row[:4] for row in record_rows(unknown.facts)] == [("c3", "", True, False)]


def test_agents_stand_between_spaces() -> None:
    story = Story("c1").arrives(0).queued(1).connected(2, "li").agent_left(3, "li").queued(4)
    rows = record_rows(story.connected(5, "press/wu").agent_left(6, "press/wu").ends(7).facts)
    assert rows[0][7] == " li press/wu "
    assert record_rows(Story().arrives(0).ends(1).facts)[0][7] == ""


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("", ""),
        ("plain", "plain"),
        ("北京 𝄞", "北京 𝄞"),
        ("a\0b", "a\ufffdb"),
        ("a\udcffb", "a?b"),
        ("\0\ud800", "\ufffd?"),
    ],
)
def test_columns_hold_only_what_databases_take(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


def test_a_row_is_a_fact_again_as_text_and_as_values() -> None:
    for fact in call("c1").facts:
        row = fact_row(fact)
        assert fact_of(row) == fact
        assert fact_of((*row[:-1], decode(row[-1]))) == fact
