"""Scripts against a small flow: what holds, what does not and how that is told, which ways were gone."""

from __future__ import annotations

import json
from typing import Any

import pytest

import ivr_flows
from ivr_flows import scripts
from ivr_flows.protocol import FlowState
from ivr_flows.scripts import moments

FLOW = """
steps:
  - say: {zh-CN: 您好。, en: Hello.}
  - hours: {name: office, closed: [{say: {zh-CN: 下班了。, en: Closed.}}, hang_up]}
  - id: main
    menu:
      say: {zh-CN: 订书请按1，订单请按2。, en: "Books: 1, orders: 2."}
      invalid: {zh-CN: 有误。, en: Wrong.}
      1: {queue: {name: books, priority: 60, skills: {zh: 3}, timeout: 1m, announce: {every: 20s, say: position}}}
      2:
        - collect: {name: order, say: {zh-CN: 订单号。, en: Number.}, length: 3}
        - action: {name: look, with: {order: "{order}"}, results: {ok: {say: {zh-CN: "状态{state}", en: "{state}"}}}}
        - return: "done {order}"
      9: {number: "98667"}
      on_failure: {hang_up: busy}
"""
AROUND = scripts.Surroundings(languages=("zh-CN", "en"), is_open=lambda hours, at: hours == "office" and at < 2e9)


def played(script: str, given: str = "{}") -> scripts.Played:
    text = f"given: {given}\ntests:\n  - name: it\n    script: {script}\n"
    found, problems = scripts.read(text, "tests/main.yaml")
    assert not problems, [str(problem) for problem in problems]
    return scripts.play(ivr_flows.compile(FLOW, "main.yaml", languages=["zh-CN", "en"]), found[0], AROUND)


ASKS = "steps: [{if: {when: callback.open, then: {say: {en: Listed.}}, else: {say: {en: New.}}}}]"


@pytest.mark.parametrize(
    ("given", "heard"), [("{callback: open}", "Listed."), ("{callback: none}", "New."), ("{}", "New.")]
)
def test_a_caller_who_is_to_be_called_back_can_be_given(given: str, heard: str) -> None:
    text = f"given: {given}\ntests:\n  - name: it\n    script: [{{hear: {heard}}}]\n"
    found, problems = scripts.read(text, "tests/main.yaml")
    assert not problems
    outcome = scripts.play(ivr_flows.compile(ASKS, "main.yaml", languages=["en"]), found[0], AROUND)
    assert outcome.problem == ""


ASKS_THEN = """
languages: [en]
steps:
  - callback: {queue: books, number: "NUMBER", say: We call you back.}
  - if: {when: callback.open, then: {say: Listed.}, else: {say: New.}}
"""


@pytest.mark.parametrize(
    ("number", "given", "heard"),
    [
        ("{caller}", "{}", "Listed."),
        ("{caller}", "{answers: {callback: full}}", "New."),
        ("13800138000", "{}", "New."),
    ],
)
def test_a_caller_who_has_just_asked_for_it_is_to_be_called_back(number: str, given: str, heard: str) -> None:
    text = f"given: {given}\ntests:\n  - name: it\n    script: [{{hear: {heard}}}]\n"
    found, problems = scripts.read(text, "tests/main.yaml")
    assert not problems
    flow = ivr_flows.compile(ASKS_THEN.replace("NUMBER", number), "main.yaml", languages=["en"])
    assert scripts.play(flow, found[0], AROUND).problem == ""


HOLDS = [
    ("[{hear: 您好}, {hear: 订书请按1}]", "{}"),
    ("[{hear: {whole: 您好。}}, {hear: {step: main, text: 订单, language: zh-CN}}]", "{}"),
    ("[{hear: Hello.}, {hear: {text: 'orders: 2', language: en}}, {expect: {language: en}}]", "{language: en}"),
    ("[{press: 1}, {expect: {queue: books, priority: 60, skills: {zh: 3}, position: 5}}]", "{queues: {books: 4}}"),
    ("[{press: 1}, {wait: 20s}, {hear: 第五位}, {given: {queues: {books: 0}}}, {wait: 20s}, {hear: 第一位}]",
     "{queues: {books: 4}}"),
    ("[{press: 1}, {wait: 59s}, {expect: {queue: books}}, {wait: 1s}, {expect: {queue: none, step: main.1.queue}}]",
     "{}"),
    ("[{press: 1}, agent_joins, agent_sends_on, agent_joins: amy, agent_leaves, {expect: {outcome: answered}}]"
     .replace("agent_joins: amy", "{agent_joins: amy}"), "{}"),
    ("[{press: 1}, {queue_ends: moved_out}, {expect: {queue: none, outcome: ended_by_flow}}]", "{}"),
    ("[{press: 1}, {expect: {outcome: queue_full}}]", "{queues: {books: full}}"),
    ("[{press: 1}, {expect: {outcome: failed, error: does not exist}}]", "{queues: {books: missing}}"),
    ("[{press: 1}, hang_up, {expect: {outcome: abandoned}}]", "{}"),
    ("[hang_up, {expect: {outcome: left_flow}}]", "{}"),
    ("[{press: 9}, {expect: {transfer: 98667, outcome: none}}]", "{}"),
    ("[{press: 333}, {expect: {cause: busy, outcome: ended_by_flow}}]", "{}"),
    ("[{hear: 下班了}, {expect: {outcome: ended_by_flow}}]", "{hours: {office: closed}}"),
    ("[{hear: 下班了}]", "{time: 2040-01-01 10:00}"),
    ("[{press: 2123}, {expect: {variables: {order: 123}, action: look, with: {order: 123}}}]", "{}"),
    ("[{press: 2123}, {hear: 状态}, {expect: {result: done 123}}]",
     "{answers: {look: {result: ok, values: {state: 7}}}}"),
    ("[{press: 2123}, {wait: 10s}, {expect: {result: done 123, step: main.2.return}}]", "{}"),
    ("[{given: {time: 'Monday 10:05'}}, {hear: 您好}, {expect: {cause: busy}}]", "{time: Monday 10:00}"),
]  # fmt: skip


@pytest.mark.parametrize(("script", "given"), HOLDS, ids=[script for script, _ in HOLDS])
def test_what_holds(script: str, given: str) -> None:
    result = played(script, given)
    assert not result.problem, result.told


DOES_NOT = [
    ("[{hear: 您好}, {press: 3}, {hear: 订书请按3}]", "main.yaml:4:45", "this was not heard: '订书请按3'"),
    ("[{hear: 订书}, {hear: 您好}]", "main.yaml:4:33", "this was not heard: '您好'"),
    ("[{press: 1}, {hear: 您好}]", "main.yaml:4:33", "this was not heard: '您好'"),  # before the key
    ("[{hear: {whole: 您好}}]", "main.yaml:4:21", "this was not heard: exactly '您好'"),
    ("[{hear: {step: main, language: en}}]", "main.yaml:4:21", "anything from main in en"),
    ("[{press: 1}, {expect: {queue: orders}}]", "main.yaml:4:35", "queue is books, not orders"),
    ("[{press: 1}, {expect: {priority: 50, skills: {zh: 4}}}]", "main.yaml:4:35", "skills is zh: 3, not zh: 4"),
    ("[{expect: {variables: {order: 1}}}]", "main.yaml:4:23", "variables.order is '', not '1'"),
    ("[{press: 1}, {expect: {error: x}}]", "main.yaml:4:35", "error is '', not 'x'"),
    ("[{press: 9}, {press: 1}]", "main.yaml:4:34", "the call is over before 'press'"),
    ("[{press: 91}]", "main.yaml:4:22", "the call is over before key '1'"),
    ("[agent_joins]", "main.yaml:4:14", "nobody waits in a queue at 'agent_joins'"),
    ("[{press: 1}, agent_leaves]", "main.yaml:4:26", "nobody talks to an agent at 'agent_leaves'"),
    ("[{given: {time: 2026-01-01 10:00}}]", "main.yaml:4:22", "time does not go back"),
]


@pytest.mark.parametrize(("script", "place", "problem"), DOES_NOT, ids=[script for script, _, _ in DOES_NOT])
def test_what_does_not_hold_is_told_with_its_place(script: str, place: str, problem: str) -> None:
    result = played(script)
    assert problem in result.problem
    assert result.place == f"tests/{place}"


def test_a_failure_shows_what_was_heard_and_where_that_stands() -> None:
    told = [(t.sign, t.what, t.text, t.place) for t in played("[{hear: 您好}, {press: 3}, {hear: 没有}]").told]
    assert told == [
        (" ", "given", "Mon 2026-03-02 10:00:00, 01012345678 calls 100, zh-CN", ""),
        (" ", "heard", "您好。", "say main.yaml:3:10"),
        (" ", "pressed", "3", ""),
        (" ", "heard", "有误。订书请按1，订单请按2。", "main main.yaml:7:7"),
        ("-", "expected", "'没有'", ""),
        ("+", "waits", "for keys", "main main.yaml:7:7"),
    ]


def test_a_restart_that_changes_something_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    load = FlowState.load

    def forgets(data: Any) -> FlowState:
        return load({**data, "variables": {}})

    monkeypatch.setattr(FlowState, "load", forgets)
    result = played("[{press: 2123}, {hear: 状态}, {expect: {result: done 123}}]", "{answers: {look: ok}}")
    assert result.problem == "a restart of vcc in the middle of the call changes it"
    assert json.dumps([told.text for told in result.told], ensure_ascii=False)


def test_steps_and_branches_that_were_gone() -> None:
    flow = ivr_flows.compile(FLOW, "main.yaml", languages=["zh-CN", "en"])
    coverage = scripts.Coverage(flow=flow)
    assert coverage.steps == (0, 12)
    first = played("[{press: 1}]")
    coverage.add(first.entered, first.gone)
    assert coverage.steps == (4, 12)
    assert coverage.branches == (2, 8)
    assert ("main.yaml:14:10", "main: never '9'") in coverage.missing()
    assert ("main.yaml:4:35", "hours: never 'closed'") in coverage.missing()
    for script, given in HOLDS:
        result = played(script, given)
        coverage.add(result.entered, result.gone)
    assert coverage.missing() == []
    assert coverage.percent == 100


def test_days_of_the_week_are_those_of_one_week_and_in_the_zone() -> None:
    assert moments.shown(moments.moment("sun 03:00", "Asia/Shanghai"), "UTC") == "Sat 2026-03-07 19:00:00"
    assert moments.moment("2026-03-02T10:00Z", "Asia/Shanghai") == moments.moment("2026-03-02 18:00", "Asia/Shanghai")
    for wrong in ("sunday", "someday 03:00", "25:00", "2026-13-01 10:00", "2026-03-02"):
        with pytest.raises(ValueError, match=r".+"):
            moments.moment(wrong, "UTC")


SHOP = """
steps:
  - http:
      system: shop
      path: "/orders/{caller}"
      take: {state: order.state}
      results:
        404: {say: none}
        timeout: {say: slow}
        invalid: {say: strange}
      else: {say: other}
  - say: "It is {state}"
"""


@pytest.mark.parametrize(
    ("answer", "heard"),
    [
        ("{status: 200, body: {order: {state: sent}}}", "It is sent"),
        ("{body: {order: {state: sent}}}", "It is sent"),
        ("404", "none"),
        ("503", "other"),
        ("timeout", "slow"),
        ("refused", "other"),
        ("invalid", "strange"),
        ("{body: {}}", "strange"),
    ],
)
def test_a_system_answers_as_given(answer: str, heard: str) -> None:
    for name in ("shop", "http"):
        text = f"tests:\n  - name: it\n    given: {{answers: {{{name}: {answer}}}}}\n    script: [{{hear: {heard}}}]\n"
        found, problems = scripts.read(text, "tests/main.yaml")
        assert not problems, [str(problem) for problem in problems]
        assert not scripts.play(ivr_flows.compile(SHOP, "main.yaml"), found[0], AROUND).problem


def test_a_system_of_which_nothing_is_given_is_silent() -> None:
    text = "tests:\n  - name: it\n    script: [{wait: 10s}, {hear: slow}]\n"
    found, _ = scripts.read(text, "tests/main.yaml")
    assert not scripts.play(ivr_flows.compile(SHOP, "main.yaml"), found[0], AROUND).problem


@pytest.mark.parametrize(
    ("answer", "script"),
    [
        ("answered", "[agent_leaves, {hear: bye}, {expect: {outcome: answered, transfer: '13800138000'}}]"),
        ("busy", "[{hear: engaged}]"),
        ("no_answer", "[{hear: nobody}]"),
    ],
)
def test_a_number_outside_answers_as_given(answer: str, script: str) -> None:
    flow = """
steps:
  - transfer: {to: "13800138000", busy: {say: engaged}, no_answer: {say: nobody}, after: {say: bye}}
"""
    for name in ("transfer", "'13800138000'"):
        text = f"tests:\n  - name: it\n    given: {{answers: {{{name}: {answer}}}}}\n    script: {script}\n"
        found, problems = scripts.read(text, "tests/main.yaml")
        assert not problems, [str(problem) for problem in problems]
        result = scripts.play(ivr_flows.compile(flow, "main.yaml"), found[0], AROUND)
        assert not result.problem, result


KNOWING = """
steps:
  - lookup: {table: vips, found: {set: {vip: "yes"}}}
  - if: {when: "queues.books.ready > 0 && now.hour < 12", then: {call: greet}, else: {say: Nobody is there.}}
  - queue: books
on_hangup:
  - resolved: left
"""


def test_what_is_known_of_the_world_is_given() -> None:
    called = ivr_flows.compile("steps: [{say: Good morning.}]", "greet.yaml")
    flow = ivr_flows.compile(KNOWING, "main.yaml").with_called({"greet": called})
    text = """
tests:
  - name: staffed, in the morning
    given: {time: Monday 09:00, queues: {books: {ready: 2}}, tables: {vips: {"555": {name: Amy}}}, caller: 555}
    script:
      - hear: {step: "greet:say", text: Good morning.}
      - expect: {queue: books, variables: {vip: yes}}
      - hang_up
      - expect: {outcome: abandoned, resolved: left}
  - name: in the afternoon
    given: {time: Monday 13:00}
    script: [{hear: Nobody is there.}, {expect: {variables: {vip: ""}}}]
  - name: nobody is ready
    given: {time: Monday 09:00, queues: {books: {waiting: 3, wait: 5m}}}
    script: [{hear: Nobody is there.}, {expect: {position: 4, resolved: none}}]
"""
    found, problems = scripts.read(text, "tests/main.yaml")
    assert not problems
    coverage = scripts.Coverage(flow=flow)
    for script in found:
        result = scripts.play(flow, script, AROUND)
        assert not result.problem, result.told
        coverage.add(result.entered, result.gone)
    assert coverage.missing() == []


def test_what_a_system_is_asked_and_told_at_the_end() -> None:
    flow = """
steps:
  - http: {system: shop, path: /orders/7, take: {state: state}, else: {say: lost}}
  - menu: {say: found, timeout: 5s, 1: {say: bye}}
on_hangup:
  - http: {system: shop, method: PUT, path: /orders/7, body: {State: "{state}", times: 2}}
"""
    text = """
tests:
  - name: it
    given: {answers: {shop: {body: {state: sent}}}}
    script:
      - hear: found
      - expect: {asked: GET shop/orders/7, sent: {}}
      - hang_up
      - expect: {asked: PUT shop/orders/7, sent: {State: sent, times: 2}, outcome: left_flow}
"""
    found, problems = scripts.read(text, "tests/main.yaml")
    assert not problems, [str(problem) for problem in problems]
    result = scripts.play(ivr_flows.compile(flow, "main.yaml"), found[0], AROUND)
    assert not result.problem, result
    found, _ = scripts.read(text.replace("State: sent", "State: gone"), "tests/main.yaml")
    assert "sent.State" in str(scripts.play(ivr_flows.compile(flow, "main.yaml"), found[0], AROUND))
