"""The trees of a flow as an SVG picture.

A list of steps stands below each other, joined by arrows; what hangs on a step stands to its right, each branch with
its label, beginning at the height of the step: the picture is as wide as the flow is deep, and reads like the file.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from ivr_flows.drawing.tree import Tone, trees

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ivr_flows.drawing.tree import Box, Tree
    from ivr_flows.flow import Flow

_FONT = "'Noto Sans','Helvetica Neue',Arial,'Noto Sans CJK SC','PingFang SC','Microsoft YaHei',sans-serif"
_WIDTH = 216  # of a box
_PAD = 9
_LINE = 16
_LINES = 3  # of text in a box
_DOWN = 16  # between a box and the next
_MARGIN = 20
_TITLE = 34
_WIDE, _NARROW = 12.0, 6.6  # a Chinese character and any other, in the size of the text
_HANGING = "，。；：！？、）"  # what no line begins with
_LEAST_GAP, _MOST_GAP = 56, 150
_SOFT = 26  # the end of a line in the gap, free of labels
_COLOURS = {  # fill, edge
    Tone.SPEAKS: ("#ffffff", "#8a94a6"),
    Tone.ASKS: ("#e8f1fd", "#2f6fb7"),
    Tone.DECIDES: ("#fff6dd", "#b58900"),
    Tone.WAITS: ("#e6f5ea", "#2e8b57"),
    Tone.LEADS: ("#f1edfb", "#7a5fc0"),
    Tone.ENDS: ("#fdeceb", "#c0392b"),
    Tone.DOES: ("#f3f4f6", "#5d6778"),
}


@dataclass(kw_only=True, slots=True)
class _Placed:
    box: Box
    x: float
    y: float
    height: float
    lines: list[str]


@dataclass(kw_only=True, slots=True)
class _Picture:
    gaps: list[float]
    parts: list[str] = field(default_factory=list)
    width: float = 0.0

    def tree(self, tree: Tree, y: float) -> float:
        """Draw a tree from `y` on; where it ends."""
        if tree.title:
            self.parts.append(f'<text x="{_MARGIN}" y="{y + 16}" class="title">{escape(tree.title)}</text>')
            y += _TITLE
        return self._list(tree.boxes, 0, y)

    def _list(self, boxes: list[Box], depth: int, y: float) -> float:
        """Draw steps below each other; the end of the last with all that hangs on it."""
        before: _Placed | None = None
        for box in boxes:
            placed = _placed(box, self._x(depth), y)
            if before is not None:
                middle = placed.x + 24
                self._line(f"M{middle} {before.y + before.height}V{placed.y}", arrow=True)
            self._box(placed)
            y = max(placed.y + placed.height, self._branches(placed, depth)) + _DOWN
            before = placed
        return y - _DOWN if boxes else y

    def _branches(self, placed: _Placed, depth: int) -> float:
        y = placed.y
        stem, right = placed.x + _WIDTH, self._x(depth + 1)
        start = placed.y + 15
        for index, (label, boxes) in enumerate(placed.box.branches):
            if index:
                y += _DOWN
            at = y + 15
            begin = f"M{stem} {start}H{stem + 10}V{at}" if index else f"M{stem} {start}"
            self._line(f"{begin}H{right}", arrow=bool(boxes))
            self.parts.append(f'<text x="{stem + 15}" y="{at - 4}" class="label">{escape(_cut(label, 130))}</text>')
            if boxes:
                y = self._list(boxes, depth + 1, y)
            else:
                self.parts.append(f'<text x="{right + 4}" y="{at + 4}" class="on">goes on</text>')
                y = at + 12
                self.width = max(self.width, right + 60)
        return y

    def _box(self, placed: _Placed) -> None:
        box, x, y = placed.box, placed.x, placed.y
        fill, edge = _COLOURS[box.tone]
        self.width = max(self.width, x + _WIDTH)
        radius = 13 if box.tone in (Tone.LEADS, Tone.ENDS) else 5
        title = f'<tspan class="kind" fill="{edge}">{escape(box.kind)}</tspan>'
        if box.name:
            title += f'<tspan dx="6" class="name">{escape(_cut(box.name, _WIDTH - 90))}</tspan>'
        elif _on_one_line(box):
            title += f'<tspan dx="6">{escape(box.text)}</tspan>'
        self.parts.append(
            f"<g><title>{escape(f'{box.id}: {box.text}' if box.text else box.id)}</title>"
            f'<rect x="{x}" y="{y}" width="{_WIDTH}" height="{placed.height}" rx="{radius}" fill="{fill}" '
            f'stroke="{edge}"/><text x="{x + _PAD}" y="{y + 19}">{title}</text>'
            + "".join(
                f'<text x="{x + _PAD}" y="{y + 19 + _LINE * number}">{escape(line)}</text>'
                for number, line in enumerate(placed.lines, 1)
            )
            + "</g>"
        )

    def _line(self, path: str, *, arrow: bool) -> None:
        end = ' marker-end="url(#a)"' if arrow else ""
        self.parts.append(f'<path d="{path}" class="way"{end}/>')

    def _x(self, depth: int) -> float:
        return _MARGIN + depth * _WIDTH + sum(self.gaps[:depth])


def svg(flow: Flow, language: str = "") -> str:
    """The picture; texts in this language (empty: the flow's first)."""
    found = trees(flow, language)
    picture = _Picture(gaps=_gaps(found))
    y: float = _MARGIN
    for tree in found:
        y = picture.tree(tree, y) + 2 * _DOWN
    width, height = round(picture.width + _MARGIN), round(y - 2 * _DOWN + _MARGIN)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'font-family="{_FONT}" font-size="12">\n'
        f"<title>{escape(flow.name)}, version {flow.version}</title>\n"
        "<style>text{fill:#1f2733}.kind{font-weight:600}.name{fill:#1f2733;font-weight:600}"
        ".title{font-size:15px;font-weight:600}.label{font-size:11px;fill:#334155}.on{font-size:11px;fill:#64748b}"
        ".way{fill:none;stroke:#94a3b8;stroke-width:1.3}</style>\n"
        '<defs><marker id="a" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0L8 4L0 8z" fill="#94a3b8"/></marker></defs>\n'
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>\n' + "\n".join(picture.parts) + "\n</svg>\n"
    )


def _placed(box: Box, x: float, y: float) -> _Placed:
    inline = _on_one_line(box)
    lines = [] if inline or not box.text else _wrapped(box.text, _WIDTH - 2 * _PAD)
    return _Placed(box=box, x=x, y=y, height=29 + _LINE * len(lines), lines=lines)


def _on_one_line(box: Box) -> bool:
    """Whether what a step is about stands behind its kind."""
    room = _WIDTH - 2 * _PAD - _measure(box.kind) - 14
    return not box.said and not box.name and "\n" not in box.text and _measure(box.text) <= room


def _gaps(found: Iterable[Tree]) -> list[float]:
    """For each column the room that its labels need."""
    widest: list[float] = []

    def look(boxes: list[Box], depth: int) -> None:
        for box in boxes:
            for label, below in box.branches:
                widest.extend([_LEAST_GAP] * (depth + 1 - len(widest)))
                widest[depth] = max(widest[depth], min(_MOST_GAP, _measure(label) + _SOFT))
                look(below, depth + 1)

    for tree in found:
        look(tree.boxes, 0)
    return [*widest, _LEAST_GAP]


def _measure(text: str) -> float:
    return sum(_WIDE if unicodedata.east_asian_width(sign) in "WF" else _NARROW for sign in text)


def _cut(text: str, width: float) -> str:
    """What of a text has room, with … where it is cut."""
    if _measure(text) <= width:
        return text
    kept = ""
    for sign in text:
        if _measure(kept + sign) > width - _WIDE:
            break
        kept += sign
    return f"{kept}…"


def _wrapped(text: str, width: float) -> list[str]:
    """A text on a few lines; words stay whole where they can."""
    lines: list[str] = []
    rest = " ".join(text.split())
    while rest and len(lines) < _LINES:
        if len(lines) == _LINES - 1:
            return [*lines, _cut(rest, width)]
        end = 0
        while end < len(rest) and _measure(rest[: end + 1]) <= width:
            end += 1
        if end < len(rest) and rest[end] in _HANGING:
            end += 1
        elif end < len(rest) and rest[end - 1].isascii() and rest[end].isascii() and " " in rest[1:end]:
            end = rest.rindex(" ", 0, end + 1)
        lines.append(rest[:end].strip())
        rest = rest[end:].strip()
    return lines
