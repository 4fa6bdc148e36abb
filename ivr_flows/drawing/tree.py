"""A flow as trees of boxes: its steps, `on_error` and each section one, in the order in which they were written."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ivr_flows.steps.base import END

if TYPE_CHECKING:
    from core.document import Path
    from ivr_flows.flow import Flow, Node


class Tone(StrEnum):
    """What a step is to the caller."""

    SPEAKS = "speaks"
    ASKS = "asks"
    DECIDES = "decides"
    WAITS = "waits"  # for an agent
    LEADS = "leads"  # elsewhere in the flow
    ENDS = "ends"
    DOES = "does"


@dataclass(kw_only=True, slots=True)
class Box:
    """A step. `name`: the id that was written, else empty; `text`: what it says, or what it is about; `said`: which of
    the two. `branches`: label and the steps below it, none where it goes on after this step.
    """

    id: str
    kind: str
    name: str
    text: str
    said: bool
    tone: Tone
    branches: list[tuple[str, list[Box]]] = field(default_factory=list)


@dataclass(kw_only=True, slots=True)
class Tree:
    """A list of steps with what stands below them. `title` is empty for the flow's own."""

    title: str
    boxes: list[Box]


def trees(flow: Flow, language: str = "") -> list[Tree]:
    """What was written, as boxes; texts in this language (empty: the flow's first)."""
    reader = _Reader(flow, language or (*flow.settings.languages, "")[0])
    found: list[Tree] = []
    for node in flow.nodes.values():
        if node.id not in reader.seen and node.path[0] in flow.document.data:
            title = "" if node.path[0] == "steps" else str(node.path[1 if node.path[0] == "sections" else 0])
            found.append(Tree(title=title, boxes=reader.list_from(node)))
    return found


class _Reader:
    def __init__(self, flow: Flow, language: str) -> None:
        self.seen: set[str] = set()
        self._flow = flow
        self._language = language

    def list_from(self, first: Node) -> list[Box]:
        """The step and those after it in the same list."""
        boxes: list[Box] = []
        node: Node | None = first
        while node is not None and node.id not in self.seen and _list(node) == _list(first):
            self.seen.add(node.id)
            boxes.append(self._box(node))
            node = self._flow.nodes.get(node.next) if _list(first)[1] else None
        return boxes

    def _box(self, node: Node) -> Box:
        tone = _tone(node)
        said = next((prompt.label(self._language) for _, prompt in node.step.prompts()), "")
        if tone is Tone.WAITS:  # whom one waits for matters more than what is said meanwhile
            said = ""
        box = Box(
            id=node.id,
            kind=node.kind,
            name=node.id if self._was_given(node) else "",
            text=said or self._about(node),
            said=bool(said),
            tone=tone,
        )
        for label, target in node.branches.items():
            below = self._flow.nodes.get(target)
            if below is not None and below.path[: len(node.path)] == node.path:
                box.branches.append((label, self.list_from(below)))
            elif isinstance(self._value(node), dict) and label not in type(node.step).model_fields:
                box.branches.append((label, []))  # else it is where `goto` leads
        return box

    def _was_given(self, node: Node) -> bool:
        item = self._flow.document.value(_item(node))
        return isinstance(item, dict) and item.get("id") == node.id

    def _value(self, node: Node) -> Any:  # noqa: ANN401 - plain data of any kind
        return self._flow.document.value(node.path)

    def _about(self, node: Node) -> str:
        """What was written of it on one line, without its branches and what it says."""
        value = self._value(node)
        if not isinstance(value, dict):
            return "" if value is None or node.path == _item(node) else _short(value)
        left_out = {*node.branches, *node.step.branch_names, *node.step.branch_maps}
        left_out.update(str(where[0]) for where, _ in node.step.prompts() if where)
        fields = {key: written for key, written in value.items() if key not in left_out}
        name = fields.pop("name", None)
        rest = ", ".join(f"{key}: {_short(written)}" for key, written in fields.items())
        return rest if name is None else f"{name}" + (f" ({rest})" if rest else "")


def _short(value: object) -> str:
    """A value on one line."""
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_short(inner)}" for key, inner in value.items())
    if isinstance(value, list):
        return ", ".join(map(_short, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _tone(node: Node) -> Tone:
    step, leads = node.step, set(node.step.leads(node))
    if any(need.kind == "queue" for need in step.needs()):
        return Tone.WAITS
    if leads == {END} and (node.next != END or not next(step.prompts(), None)):
        return Tone.ENDS
    if step.asks:
        return Tone.ASKS
    if not step.waits and len(leads) == 1 and leads == set(node.branches.values()) - {node.next}:
        return Tone.LEADS
    if next(step.prompts(), None):
        return Tone.SPEAKS
    return Tone.DECIDES if len(leads) > 1 else Tone.DOES


def _item(node: Node) -> Path:
    """The place of the whole step in its list."""
    return node.path[:-1] if node.path[-1] == node.kind else node.path


def _list(node: Node) -> tuple[Path, bool]:
    """The place of the list in which a step stands, and whether it is one (else the step stands alone)."""
    item = _item(node)
    return (item[:-1], True) if item and isinstance(item[-1], int) else (item, False)
