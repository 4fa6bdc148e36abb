"""Days of a log again: concluded from its calls by hand, and the bank's real month, where its log is."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest

from acd.protocol import AgentRules, QueueRules, Rules
from vcc.planning import bank, capacity
from vcc.planning.floor import ABANDONED, ANSWERED, Turn
from vcc.planning.history import Past, PastCall, PastDay
from vcc.planning.replay import Replay, Variant

if TYPE_CHECKING:
    from vcc.planning.figures import Measures

ROOT = Path(__file__).parents[4]
#: Beside the checkout, never in it; VCC_SHARED names another folder.
BANK = Path(os.environ.get("VCC_SHARED", ROOT.parent / "shared")) / "data/bank_1999_02.tsv.gz"

needs_the_bank = pytest.mark.skipif(
    not BANK.exists(), reason="the bank's log is not here: ../shared/data, or VCC_SHARED"
)


def served(name: str, at: float, waited: float, talks: float, agent: str = "a") -> PastCall:
    return PastCall(
        contact=name, kind="k", queue="t/q", at=at, waited_s=waited, state=ANSWERED, service_s=talks, agent=agent
    )


def hung_up(name: str, at: float, waited: float) -> PastCall:
    return PastCall(contact=name, kind="k", queue="t/q", at=at, waited_s=waited, state=ABANDONED)


def test_who_was_there_as_long_as_nobody_waits() -> None:
    """Between two calls an agent is free from the end of the last wait on, or from when others would be."""
    calls = [served("1", 0, 0, 10), hung_up("2", 5, 20), served("3", 100, 0, 10)]
    (gap,) = capacity.gaps(calls)
    assert (gap.ends, gap.free_at, gap.next_at, gap.exact) == (10, 25, 100, False)
    turns, after = capacity.infer(calls, ("t",), [3.0, 30.0, 200.0], Random(1))
    assert [(turn.at, turn.on) for turn in turns] == [(0, True), (110, False)]
    assert after == {"1": 30.0, "3": 0.0}  # not 3: somebody waited for 15 s; not 200: the next call began before


def test_who_takes_a_caller_who_waited_was_not_free_before() -> None:
    calls = [served("1", 0, 0, 10), served("2", 5, 27, 10)]
    (gap,) = capacity.gaps(calls)
    assert (gap.free_at, gap.exact) == (32, True)
    assert capacity.known_after_s([calls]) == [22]


def test_more_than_an_hour_is_a_pause() -> None:
    calls = [served("1", 0, 0, 10), *(hung_up(f"h{n}", n * 50, 60) for n in range(80)), served("2", 5_000, 0, 10)]
    turns, after = capacity.infer(calls, ("t",), [], Random(1))
    assert [(turn.at, turn.on) for turn in turns] == [(0, True), (10, False), (4_010, True), (5_010, False)]
    assert after == {"1": 0.0, "2": 0.0}


def past(*calls: PastCall, turns: tuple[Turn, ...]) -> Past:
    return Past(name="test", days=(PastDay(name="2026-01-05", midnight=0.0, calls=calls, turns=turns),))


RULES = Rules(
    queues={"t/q": QueueRules(queue="t/q", tenant="t", wrap_up_s=0.0)},
    agents={agent: AgentRules(agent=agent, serves=frozenset({"t"})) for agent in ("a", "b")},
)
SHIFT = (Turn(at=0.0, agent="a", on=True, serves=("t",)),)


def test_the_same_agents_make_the_same_day() -> None:
    calls = (served("1", 0, 0, 100), hung_up("2", 10, 30), served("3", 20, 80, 10), hung_up("4", 50, 0))
    replay = Replay(past(*calls, turns=SHIFT), {})
    was, again = replay.as_it_was().figures, replay.under(Variant(name="same", text="", rules=RULES), draws=2).figures
    for found in (was, again):
        assert found.total.mean_wait_s is not None
        assert found.total.abandonment is not None
        assert found.total.mean_wait_s.value == 40
        assert found.total.abandonment.value == 0.5
        assert found.total.counts["answered"].value == 2


def test_one_more_agent_answers_who_had_hung_up() -> None:
    calls = (served("1", 0, 0, 100), hung_up("2", 10, 30), served("3", 20, 80, 10), hung_up("4", 50, 0))
    more = (*SHIFT, Turn(at=0.0, agent="b", on=True, serves=("t",)))
    again = Replay(past(*calls, turns=more), {}).under(Variant(name="more", text="", rules=RULES), draws=2).figures
    assert again.total.counts["answered"].value == 3
    assert again.total.counts["abandoned"].value == 1  # who hung up at once does so whoever is there


def test_a_file_that_is_another() -> None:
    with pytest.raises(ValueError, match="lacks the columns"):
        bank.read(["a\tb", "1\t2"])


HEADER = "vru+line\tcall_id\tcustomer_id\tpriority\ttype\tdate\tvru_entry\tvru_exit\tvru_time\tq_start\tq_exit\tq_time\toutcome\tser_start\tser_exit\tser_time\tserver"  # noqa: E501
ROWS = [
    "A\t1\tC1\t0\tPS\t990201\t7:00:00\t7:00:10\t10\t0:00:00\t0:00:00\t0\tAGENT\t7:00:09\t7:01:09\t60\tS01",
    "A\t2\tC1\t2\tNW\t990201\t7:00:20\t7:00:30\t10\t7:00:30\t7:01:15\t45\tAGENT\t7:01:14\t7:02:14\t60\tS01",
    "A\t3\t0\t0\tNW\t990201\t7:00:40\t7:00:35\t-5\t7:00:35\t7:00:50\t15\tHANG\t0:00:00\t0:00:00\t0\tNO_SERVER",
    "A\t4\t0\t0\tNW\t990201\t7:00:40\t7:00:35\t-5\t7:00:35\t7:00:50\t15\tPHANTOM\t0:00:00\t0:00:00\t0\tNO_SERVER",
    "A\t5\t0\t1\tPS\t990201\t23:58:00\t23:58:10\t10\t0:00:00\t0:00:00\t0\tAGENT\t23:58:10\t0:01:10\t-86220\tNO_SERVER",
]


def test_the_dirt_of_the_banks_log() -> None:
    read = bank.read([HEADER, *ROWS])
    (day,) = read.days
    first, second, third, fourth = day.calls
    assert (day.name, read.acknowledgement) == ("1999-02-01", bank.ACKNOWLEDGEMENT)
    assert first.kind == bank.PRIORITY  # of class 0, as it never queued: the customer's other call says which
    assert first.head_start_s == second.head_start_s == 90
    assert (second.waited_s, second.queue, second.agent) == (45, "bank/nw", "s01")
    assert (third.state, third.waited_s, third.kind) == (ABANDONED, 15, bank.REGULAR)
    assert (fourth.service_s, fourth.agent) == (180, "")
    assert [turn.agent for turn in day.turns] == ["s01", "s01"]


@needs_the_bank
def test_the_banks_own_rule_gives_the_banks_month() -> None:
    with gzip.open(BANK, "rt", encoding="utf-8") as lines:
        month = bank.read(lines)
    assert month.calls == 27_162 + 5_904
    replay = Replay(month, {})
    was = replay.as_it_was().figures.total
    own = replay.under(bank.variants(month)[0], draws=2).figures.total
    assert was.mean_wait_s is not None
    assert was.abandonment is not None
    assert was.mean_wait_s.value == pytest.approx(40.8, abs=0.05)
    assert was.abandonment.value == pytest.approx(5_904 / 33_066)
    assert own.mean_wait_s is not None
    assert own.abandonment is not None
    assert own.mean_wait_s.value == pytest.approx(was.mean_wait_s.value, rel=0.10)
    assert own.abandonment.value == pytest.approx(was.abandonment.value, abs=0.02)


def wait(measured: Measures) -> float:
    assert measured.mean_wait_s is not None
    return measured.mean_wait_s.value


@needs_the_bank
def test_without_the_head_start_priority_customers_wait_longer() -> None:
    with gzip.open(BANK, "rt", encoding="utf-8") as lines:
        month = bank.read(lines)
    few = Past(name="", days=month.days[:7], inferred=True)
    own, without, *_ = (Replay(few, {}).under(one, draws=2).figures.types for one in bank.variants(month)[:2])
    assert wait(without[bank.PRIORITY]) > wait(own[bank.PRIORITY]) + 5
    assert wait(without[bank.REGULAR]) < wait(own[bank.REGULAR]) - 1
