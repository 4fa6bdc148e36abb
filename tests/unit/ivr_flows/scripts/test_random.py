"""Any script in any flow: nothing raises, and a restart never changes a call."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from core.document import Document, Mark
from ivr_flows import scripts
from ivr_flows.compiler import build
from ivr_flows.scripts.reading import Written
from ivr_flows.scripts.written import LINES, Given
from tests.unit.ivr_flows.random_flows import KEYS, definitions

MARK = Mark(file="x", line=1, column=1, key_line=1, key_column=1)
AROUND = scripts.Surroundings(languages=("zh-CN", "en"))
GIVEN = st.sampled_from(
    [
        {},
        {"hours": {"office": "closed"}, "answers": {"act": "ok"}},
        {"queues": {"q": "full"}, "language": "en"},
        {"queues": {"q": "missing"}, "answers": {"act": [{"result": "no", "values": {"b": 7}}, "ok"]}},
    ]
)
lines = st.one_of(
    st.text(KEYS, min_size=1, max_size=4).map(lambda keys: ("press", {"keys": keys})),
    st.sampled_from(["1s", "12s", "2m"]).map(lambda time: ("wait", {"time": time})),
    st.sampled_from(["hello", "您好", "no such thing"]).map(lambda text: ("hear", {"text": text})),
    st.sampled_from(["agent_joins", "agent_sends_on", "agent_leaves", "hang_up"]).map(lambda kind: (kind, {})),
    st.sampled_from(["moved_out", "removed"]).map(lambda why: ("queue_ends", {"why": why})),
    st.just(("expect", {"outcome": "none"})),
    GIVEN.map(lambda given: ("given", {"to": given})),
)


@settings(max_examples=150)
@given(definition=definitions(), begins=GIVEN, does=st.lists(lines, max_size=12))
def test_any_script_in_any_flow(definition: dict[str, Any], begins: dict[str, Any], does: list[Any]) -> None:
    flow = build(definition, "main")  # without the checks: the engine has to stand loops too
    script = scripts.Script(
        name="it",
        given=Given.model_validate(begins),
        lines=tuple(Written(line=LINES[kind].model_validate(fields), path=()) for kind, fields in does),
        path=(),
        document=Document(file="x", data=None, marks=MARK),
    )
    played = scripts.play(flow, script, AROUND)
    assert "restart" not in played.problem
    assert played.entered <= flow.nodes.keys()
    coverage = scripts.Coverage(flow=flow)
    coverage.add(played.entered, played.gone)
    assert 0 <= coverage.percent <= 100
