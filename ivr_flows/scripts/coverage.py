"""Which steps of a flow were entered, and which of the ways that lead on from them were gone.

A way is a pair of steps, the first of which can lead to the second (`Step.leads`); it is called by the branches that
lead there. Only steps from which there are several are asked for them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ivr_flows.steps.base import END

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ivr_flows.flow import Flow, Node

Way = tuple[str, str]


@dataclass(kw_only=True, slots=True)
class Coverage:
    """What has been gone in one flow. Only what was written counts: vcc's own apology does not."""

    flow: Flow
    entered: set[str] = field(default_factory=set)
    gone: set[Way] = field(default_factory=set)
    _steps: tuple[Node, ...] = field(init=False)
    _targets: dict[str, tuple[str, ...]] = field(init=False)

    def __post_init__(self) -> None:
        """Look once at what there is."""
        written = self.flow.document.data
        self._steps = tuple(node for node in self.flow.nodes.values() if node.path[0] in written)
        self._targets = {node.id: _choices(node) for node in self._steps}

    def add(self, entered: Iterable[str], gone: Iterable[Way]) -> None:
        """A call went there."""
        self.entered.update(entered)
        self.gone.update(gone)

    @property
    def steps(self) -> tuple[int, int]:
        """How many were entered, of how many."""
        return sum(node.id in self.entered for node in self._steps), len(self._steps)

    @property
    def branches(self) -> tuple[int, int]:
        """How many ways were gone, of how many."""
        ways = [(step, target) for step, targets in self._targets.items() for target in targets]
        return sum(way in self.gone for way in ways), len(ways)

    @property
    def percent(self) -> float:
        """Steps and ways together."""
        done, all_of = (sum(pair) for pair in zip(self.steps, self.branches, strict=True))
        return 100.0 * done / all_of if all_of else 100.0

    def missing(self) -> list[tuple[str, str]]:
        """What was not gone, in the order of the file: its place, and in words what it is."""
        found: list[tuple[str, str]] = []
        for node in self._steps:
            if node.id not in self.entered:
                found.append((self._place(node), f"{node.id} was never reached"))
                continue
            missed = [target for target in self._targets[node.id] if (node.id, target) not in self.gone]
            found += [(self._place(node, *_labels(node, t)), f"{node.id}: never {_label(node, t)}") for t in missed]
        return found

    def _place(self, node: Node, *labels: str) -> str:
        """Where a step was written; with labels, the first of these branches, where it stands under that word."""
        mark = self.flow.document.mark((*node.path, *labels[:1]))
        return f"{mark.file}:{mark.line}:{mark.column}"


def _choices(node: Node) -> tuple[str, ...]:
    """Where a step can lead, if to several places."""
    targets = tuple(dict.fromkeys(node.step.leads(node)))
    return targets if len(targets) > 1 else ()


def _labels(node: Node, target: str) -> list[str]:
    return [label for label, leads in node.branches.items() if leads == target]


def _label(node: Node, target: str) -> str:
    if labels := _labels(node, target):
        return " or ".join(repr(label) for label in labels)
    return "to the end" if target == END else "on to the next step" if target == node.next else f"to {target}"
