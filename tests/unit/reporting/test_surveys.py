"""Answers to surveys, counted by agent and by queue, and in a call's record."""

from __future__ import annotations

from core.facts import ContactArrived, SurveyAnswered
from reporting import record
from reporting.surveys import answers


def answer(score: int, agent: str = "lin", queue: str = "press/orders", question: str = "friendly") -> SurveyAnswered:
    return SurveyAnswered(
        at=5.0, tenant="press", contact="c", node="n", step="s",
        question=question, score=score, agent=agent, queue=queue,
    )  # fmt: skip


def test_means_by_agent_and_by_queue() -> None:
    facts = [answer(5), answer(4), answer(4, agent="press/wang"), answer(1, question="again")]
    by_agent = [(one.question, one.of, one.count, one.mean, one.scores) for one in answers(facts, "agent")]
    assert by_agent == [
        ("again", "lin", 1, 1.0, {1: 1}),
        ("friendly", "lin", 2, 4.5, {5: 1, 4: 1}),
        ("friendly", "press/wang", 1, 4.0, {4: 1}),
    ]
    by_queue = [(one.question, one.of, one.count, one.mean) for one in answers(facts, "queue")]
    assert by_queue == [("again", "press/orders", 1, 1.0), ("friendly", "press/orders", 3, 4.33)]
    assert answers([], "queue") == []


def test_they_stand_in_the_record() -> None:
    arrived = ContactArrived(
        at=1.0, tenant="press", contact="c", node="n", dialled="1", number="1", leg="l", caller="2", trunk="t"
    )
    made = record.compute([arrived, answer(5)])
    assert [(one.question, one.score, one.agent) for one in made.surveys] == [("friendly", 5, "lin")]
    assert record.load(record.dump(made)) == made
