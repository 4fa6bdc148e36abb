"""Pictures of flows: every step is there once, nothing lies on anything else, nobody's text is taken for marks."""

from __future__ import annotations

import itertools
import os
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import ivr_flows
from ivr_flows.drawing import mermaid, svg, trees
from ivr_flows.drawing.tree import Box, Tone

GOLDEN = Path(__file__).parents[3] / "golden" / "flows"
DRAWN = GOLDEN / "drawn"
CONFIG = Path(__file__).parents[4] / "config"
FILES = sorted([*CONFIG.glob("flows/*.yaml"), *CONFIG.glob("tenants/*/flows/*.yaml"), *GOLDEN.glob("calls/*.yaml")])
SVG = "{http://www.w3.org/2000/svg}"


def read(file: Path) -> ivr_flows.Flow:
    return ivr_flows.compile(file.read_text(encoding="utf-8"), file.name, languages=["zh-CN", "en"])


def every(boxes: list[Box]) -> list[Box]:
    below = [inner for box in boxes for _, steps in box.branches for inner in every(steps)]
    return [*boxes, *below]


@pytest.mark.parametrize("language", ["", "zh-CN", "en"])
@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parts[-3]}.{file.stem}")
def test_every_step_is_there_once_and_none_lies_on_another(file: Path, language: str) -> None:
    flow = read(file)
    written = [node.id for node in flow.nodes.values() if node.path[0] in flow.document.data]
    boxes = [box for tree in trees(flow, language) for box in every(tree.boxes)]
    assert sorted(box.id for box in boxes) == sorted(written)
    root = ET.fromstring(svg(flow, language))  # noqa: S314 - our own
    width, height = float(root.get("width", "")), float(root.get("height", ""))
    places = [
        tuple(float(rect.get(name, "")) for name in ("x", "y", "width", "height"))
        for rect in root.iterfind(f"{SVG}g/{SVG}rect")
    ]
    assert len(places) == len(written)
    for x, y, wide, high in places:
        assert 0 <= x <= x + wide <= width
        assert 0 <= y <= y + high <= height
    for (x, y, wide, high), (left, top, across, down) in itertools.combinations(places, 2):
        assert x + wide <= left or left + across <= x or y + high <= top or top + down <= y
    lines = mermaid(flow, language).splitlines()
    assert lines[0] == "flowchart TD"
    assert sum(bool(re.match(r"  n\d+[\[({]", line)) for line in lines) == len(written)


@pytest.mark.parametrize("name", ["press", "order"])
def test_mermaid(name: str) -> None:
    """With VCC_GOLDEN=write the files are written anew; read what has changed before you keep it."""
    told = mermaid(read(GOLDEN / "calls" / f"{name}.yaml"), "en")
    golden = DRAWN / f"{name}.mmd"
    if os.environ.get("VCC_GOLDEN") == "write":
        golden.write_text(told, encoding="utf-8")
    assert told == golden.read_text(encoding="utf-8")


def test_what_a_step_is_to_the_caller() -> None:
    flow = ivr_flows.compile(
        """
        steps:
          - say: Hello
          - id: first
            set: {a: "1"}
          - hours: {name: office, open: []}
          - menu: {say: Press 1, 1: {goto: first}, 2: {queue: {name: orders, priority: 7}}, 3: {number: "98667"}}
          - say: Bye
        """,
        "main.yaml",
    )
    told = {box.id: (box.tone, box.name, box.text) for box in every(trees(flow)[0].boxes)}
    assert told == {
        "say": (Tone.SPEAKS, "", "Hello"),
        "first": (Tone.DOES, "first", "a: 1"),
        "hours": (Tone.DOES, "", "office"),
        "menu": (Tone.ASKS, "", "Press 1"),
        "menu.1.goto": (Tone.LEADS, "", "first"),
        "menu.2.queue": (Tone.WAITS, "", "orders (priority: 7)"),
        "menu.3.number": (Tone.ENDS, "", "98667"),
        "say_2": (Tone.SPEAKS, "", "Bye"),
    }
    assert trees(flow)[0].boxes[2].branches == [("open", [])]
    assert "goes on" in svg(flow)


def test_texts_are_texts() -> None:
    hostile = '<script>alert(1)</script> & "quoted" #35; ]]> --> | {{x}}'
    flow = ivr_flows.compile(f"steps: [{{say: '{hostile}'}}, {{menu: {{say: x, 1: hang_up}}}}]", "main.yaml")
    root = ET.fromstring(svg(flow))  # noqa: S314 - our own
    assert root.find(f".//{SVG}script") is None
    assert "<script" not in svg(flow)
    first = mermaid(flow).splitlines()[1]
    assert re.fullmatch(r'  n0\["say<br/>[^"<>|]*\|?[^"<>|]*"\]', first)


def test_a_text_is_cut_where_there_is_no_room_and_no_line_begins_with_a_stop() -> None:
    zh = "您好您好您好您好您好您好您好您好。再见再见" * 5
    flow = ivr_flows.compile(f"steps: [{{say: {zh}}}]", "main.yaml")
    lines = re.findall(r"<text[^>]*>([^<]+)</text>", svg(flow))
    assert len(lines) == 3
    assert lines[-1].endswith("…")
    assert not any(line.startswith("。") for line in lines)
