"""A flow in the words of Mermaid, which many pages and editors draw: every way, also those of `goto`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr_flows.drawing.tree import Tone, trees

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ivr_flows.drawing.tree import Box
    from ivr_flows.flow import Flow, Node

_MAX_TEXT = 60
_SHAPES = {
    Tone.ASKS: ('[/"', '"/]'),
    Tone.DECIDES: ('{{"', '"}}'),
    Tone.LEADS: ('(["', '"])'),
    Tone.ENDS: ('(["', '"])'),
    Tone.WAITS: ('[["', '"]]'),
}
_STYLES = {
    Tone.ASKS: "fill:#e8f1fd,stroke:#2f6fb7",
    Tone.DECIDES: "fill:#fff6dd,stroke:#b58900",
    Tone.WAITS: "fill:#e6f5ea,stroke:#2e8b57",
    Tone.LEADS: "fill:#f1edfb,stroke:#7a5fc0",
    Tone.ENDS: "fill:#fdeceb,stroke:#c0392b",
}


def mermaid(flow: Flow, language: str = "") -> str:
    """A flowchart; texts in this language (empty: the flow's first)."""
    boxes = [box for tree in trees(flow, language) for box in _all(tree.boxes)]
    names = {box.id: f"n{number}" for number, box in enumerate(boxes)}
    lines = ["flowchart TD"]
    for box in boxes:
        begin, end = _SHAPES.get(box.tone, ('["', '"]'))
        lines.append(f"  {names[box.id]}{begin}{_text(box)}{end}")
    for box in boxes:
        for label, target in _ways(flow.nodes[box.id]):
            if target in names:
                by = f'|"{_escaped(label)}"|' if label else ""
                lines.append(f"  {names[box.id]} -->{by} {names[target]}")
    for tone, style in _STYLES.items():
        if of := [names[box.id] for box in boxes if box.tone is tone]:
            lines += [f"  classDef {tone} {style}", f"  class {','.join(of)} {tone}"]
    return "\n".join(lines) + "\n"


def _all(boxes: Iterable[Box]) -> Iterator[Box]:
    for box in boxes:
        yield box
        for _, below in box.branches:
            yield from _all(below)


def _ways(node: Node) -> Iterator[tuple[str, str]]:
    """Where it leads and by which branch; the label is empty for the one way on, and for the step after it."""
    targets = dict.fromkeys(node.step.leads(node))
    for target in targets:
        labels = [label for label, to in node.branches.items() if to == target]
        yield (" or ".join(labels) if len(targets) > 1 else ""), target


def _text(box: Box) -> str:
    title = f"{box.kind} {box.name}".strip()
    text = box.text if len(box.text) <= _MAX_TEXT else f"{box.text[: _MAX_TEXT - 1]}…"
    return _escaped(title) + (f"<br/>{_escaped(text)}" if text else "")


def _escaped(text: str) -> str:
    """Nothing of it is taken for Mermaid's own, or for HTML."""
    known = {'"': "#quot;", "<": "#lt;", ">": "#gt;", "#": "#35;", "&": "#amp;", ";": "#59;"}
    return "".join(known.get(sign, sign) for sign in " ".join(text.split()))
