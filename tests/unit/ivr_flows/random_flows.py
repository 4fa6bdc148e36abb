"""Random flows and random callers, for tests of what must hold for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from ivr_flows.protocol import (
    ActionDone,
    AgentJoined,
    CallerGone,
    CallerSilent,
    Event,
    KeyPressed,
    MessageEnded,
    NotReached,
    QueueEnded,
    Resumed,
    SpeechEnded,
    SystemAnswered,
    TimedOut,
)

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from tests.unit.ivr_flows.caller import Caller

Data = Any

IDS = ("one", "two", "three")
NAMES = ("a", "b", "c")
KEYS = "0123456789*#"

texts = st.sampled_from(
    [
        "hello",
        "{a}",
        "{b:number} and {caller:phone}",
        "{a:money}, {b:date}, {c:duration}",
        {"zh-CN": "您好{a}", "en": "Hello {c:text}"},
        {"play": "a.wav"},
        [{"zh-CN": "一", "en": "one"}, {"text": "deux", "language": "fr"}],
        {"text": {"zh-CN": "中", "en": "E"}, "language": "all"},
    ]
)
seconds = st.sampled_from(["500ms", "2s", "5s"])
names = st.sampled_from(NAMES)
gotos = st.sampled_from([*IDS, "start", "part"]).map(lambda to: {"goto": to})

asking = {
    "say": texts,
}
maybe_asking = {
    "timeout": seconds,
    "attempts": st.integers(1, 3),
    "barge_in": st.booleans(),
    "type_ahead": st.booleans(),
    "invalid": texts,
    "no_input": texts,
}
more_asking = {"say_again": texts | st.lists(texts, min_size=1, max_size=2)}

leaves = st.one_of(
    texts.map(lambda text: {"say": text}),
    st.fixed_dictionaries({"text": texts, "barge_in": st.booleans()}).map(lambda fields: {"say": fields}),
    st.just({"play": "b.wav"}),
    gotos,
    st.sampled_from(["hang_up", {"hang_up": "busy"}, {"number": "98667"}, {"language": "en"}, {"queue": "q"}]),
    st.sampled_from(["resolved", {"resolved": "w"}, {"call": "sub"}, {"lookup": {"table": "t", "into": {"a": "c"}}}]),
    st.sampled_from([{"call": {"flow": "sub", "with": {"a": "{b}{c}"}, "into": {"c": "a", "b": "returned"}}}]),
    st.sampled_from(["return", {"return": "r"}, {"return": "{caller} {a}"}]),
    st.tuples(names, st.sampled_from(["1", "{a}{b}", "x{caller}"])).map(lambda pair: {"set": dict([pair])}),
    st.sampled_from(
        [{"d": 7}, {"d": {"expression": "d * d + size(a)"}}, {"e": {"expression": "a == b ? now.date : e"}}]
    ).map(lambda values: {"set": values}),
    st.fixed_dictionaries(
        {"name": names, **asking, "length": st.sampled_from([1, "1-4", "2-6"])},
        optional={
            **maybe_asking,
            **more_asking,
            "secret": st.booleans(),
            "too_short": texts,
            "check": st.sampled_from(
                ["luhn", {"range": "1-30"}, [{"date": "MMDD", "say": "no"}, {"pattern": "[0-4]x"}]]
            ),
            "confirm": st.sampled_from([False, {"say": "{a:number}?"}, {"say": "sure", "yes": "3", "no": "*"}]),
            "terminator": st.sampled_from(["#", "*", "none", 5]),
            "clear": st.sampled_from(["*", "none"]),
        },
    ).map(lambda fields: {"collect": fields}),
    st.fixed_dictionaries(
        {"say": texts},
        optional={
            "beep": st.booleans(),
            "box": st.sampled_from(["ideas", "ext-{a}", "x{c}"]),
            "max": seconds.filter(lambda written: written != "500ms"),
            "silence": st.sampled_from(["0s", "3s"]),
            "end": st.sampled_from(["#", None]),
            "review": st.sampled_from([True, False, {"say": "sure"}]),
            "attempts": st.integers(1, 3),
        },
    ).map(lambda fields: {"record": fields}),
    st.fixed_dictionaries(
        {"name": names, **asking}, optional={**maybe_asking, **more_asking, "scores": st.sampled_from(["0-9", "1-3"])}
    ).map(lambda fields: {"survey": fields}),
    st.fixed_dictionaries({**asking, "1": st.just("en")}, optional={**maybe_asking, "2": st.just("zh-CN")}).map(
        lambda fields: {"language": fields}
    ),
)


def _branching(steps: SearchStrategy[Data]) -> SearchStrategy[Data]:
    branches = st.lists(steps, max_size=3)
    ways_out = {"on_failure": branches, "on_invalid": branches, "on_no_input": branches}
    keys = st.dictionaries(st.sampled_from(KEYS), branches, min_size=1, max_size=2)
    choices = st.dictionaries(
        st.sampled_from([*KEYS, "12", "3-5", "40-49", "4xx", "#1"]), branches, min_size=1, max_size=4
    )
    again = st.fixed_dictionaries({}, optional={"9": st.just({"goto": "again"})})
    announce = st.fixed_dictionaries(
        {"say": st.lists(st.one_of(st.just("position"), texts), min_size=1, max_size=2), "every": st.just("5s")},
        optional={"first": st.sampled_from(["0s", "1s"])},
    )
    return st.one_of(
        st.tuples(
            st.fixed_dictionaries(asking, optional=maybe_asking | ways_out | {"name": names, "inter_digit": seconds}),
            choices,
            again,
        ).map(lambda parts: {"menu": parts[0] | parts[1] | parts[2]}),
        st.fixed_dictionaries({"name": st.just("office")}, optional={"open": branches, "closed": branches}).map(
            lambda fields: {"hours": fields}
        ),
        st.fixed_dictionaries(
            {
                "on": st.sampled_from([*NAMES, "caller", "language"]),
                "starts_with": st.fixed_dictionaries({"1": branches}),
            },
            optional={"else": branches},
        ).map(lambda fields: {"switch": fields}),
        st.fixed_dictionaries(
            {"when": st.sampled_from(["a == b && d > 9", "queues.q.waiting > 3 || e == c"]), "then": branches},
            optional={"else": branches},
        ).map(lambda fields: {"if": fields}),
        st.tuples(
            st.fixed_dictionaries(
                {"name": st.just("q"), "timeout": st.sampled_from(["1s", "12s"])},
                optional={"announce": announce, "on_timeout": branches, "on_full": branches, "after": branches},
            ),
            keys,
        ).map(lambda parts: {"queue": parts[0] | parts[1]}),
        st.fixed_dictionaries(
            {"to": st.sampled_from(["{a}", "13800138000"])},
            optional={"say": texts, "busy": branches, "no_answer": branches, "after": branches},
        ).map(lambda fields: {"transfer": fields}),
        st.fixed_dictionaries(
            {"agent": st.sampled_from(["{a}", "6001"]), "queue": st.just("q")},
            optional={"say": texts, "busy": branches, "unknown": branches, "no_answer": branches, "after": branches},
        ).map(lambda fields: {"transfer": fields}),
        st.tuples(st.fixed_dictionaries({"time": seconds}, optional={"music": st.just("jazz")}), keys).map(
            lambda parts: {"wait": parts[0] | parts[1]}
        ),
        st.fixed_dictionaries(
            {
                "system": st.just("shop"),
                "path": st.sampled_from(["/a", "/{a}/b", "/{caller}"]),
                "take": st.sampled_from([{"a": "a"}, {"b": "b.0?", "c": "a"}]),
            },
            optional={
                "say": texts,
                "music": st.just("jazz"),
                "repeatable": st.booleans(),
                "results": st.dictionaries(st.sampled_from(["ok", "404", "5xx", "timeout"]), branches, min_size=1),
                "else": branches,
            },
        ).map(lambda fields: {"http": fields}),
        st.fixed_dictionaries(
            {"name": st.just("act"), "with": st.just({"x": "{a}{b}"}), "timeout": st.just("2s")},
            optional={"results": st.fixed_dictionaries({"ok": branches}), "else": branches},
        ).map(lambda fields: {"action": fields}),
    )


_steps = st.recursive(leaves, _branching, max_leaves=8)


@st.composite
def definitions(draw: st.DrawFn) -> dict[str, Data]:
    """A flow as plain data."""
    steps = draw(st.lists(_steps, min_size=len(IDS), max_size=len(IDS)))
    named = [
        {"id": name, **step} if isinstance(step, dict) else {"id": name, step: "normal"}
        for name, step in zip(IDS, steps, strict=True)
    ]
    flow: dict[str, Data] = {"steps": named, "sections": {"part": draw(st.lists(_steps, min_size=1, max_size=2))}}
    if draw(st.booleans()):
        flow["on_error"] = draw(st.lists(_steps, max_size=2))
    if draw(st.booleans()):
        flow["on_hangup"] = draw(st.lists(_steps, max_size=2))
    if draw(st.booleans()):
        flow["defaults"] = draw(st.fixed_dictionaries({}, optional=maybe_asking))
    if draw(st.booleans()):
        flow["anywhere"] = {"0": draw(st.lists(_steps, max_size=2)), "*": {"goto": "again"}, "9": {"goto": "back"}}
    if draw(st.booleans()):
        flow["answer"] = False
    return flow


@dataclass(frozen=True)
class Elapse:
    """Time goes by without a timer ringing."""

    seconds: float


@dataclass(frozen=True)
class Ring:
    """The timer rings, when it is due."""


@dataclass(frozen=True)
class Hear:
    """The prompt under way ends."""

    completed: bool


@dataclass(frozen=True)
class Answer:
    """The tenant's system answers what is being asked."""

    status: int
    body: Any


happenings = st.one_of(
    st.builds(Answer, st.sampled_from([0, 200, 204, 302, 404, 503]), st.sampled_from([None, {"a": "x1"}, [{"a": 1}]])),
    st.just(SystemAnswered(ask="main.1", status=200, body={"a": "x2", "b": ["x3"]})),
    st.sampled_from(KEYS).map(lambda key: KeyPressed(key=key)),
    st.sampled_from(["A", "x"]).map(lambda key: KeyPressed(key=key)),
    st.booleans().map(Hear),
    st.just(Ring()),
    st.floats(0, 10).map(Elapse),
    st.just(TimedOut()),
    st.just(SpeechEnded(play="main.1", completed=True)),
    st.just(AgentJoined(agent="amy")),
    st.sampled_from(["served", "full", "moved_out", "removed", "no_such_queue", "?"]).map(
        lambda why: QueueEnded(why=why)
    ),
    st.sampled_from(["busy", "?"]).map(lambda why: NotReached(why=why)),
    st.sampled_from(["ok", "no"]).map(lambda result: ActionDone(result=result, values={"b": "7"})),
    st.sampled_from(["", "no disk"]).map(lambda problem: MessageEnded(problem=problem)),
    st.booleans().map(lambda said: CallerSilent(said=said)),
    st.booleans().map(lambda waits: Resumed(in_queue=waits)),
    st.just(CallerGone()),
)


def happen(caller: Caller, happening: Event | Elapse | Ring | Hear | Answer) -> None:
    """Let it happen, whether or not the flow can use it."""
    match happening:
        case Elapse(seconds=seconds):
            caller.now += seconds
        case Ring():
            if caller.state.deadline is not None:
                caller.now = max(caller.now, caller.state.deadline)
                caller.tell(TimedOut())
        case Hear(completed=completed):
            if caller.play:
                caller.tell(SpeechEnded(play=caller.play, completed=completed))
        case Answer(status=status, body=body):
            caller.tell(SystemAnswered(ask=caller.state.memory.get("ask", ""), status=status, body=body))
        case event:
            caller.tell(event)
