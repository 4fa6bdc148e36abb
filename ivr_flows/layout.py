"""From the tree of steps to steps by id: names for those that have none, what comes after each, where `goto` leads."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from core.words import nearest, one_of
from ivr_flows.flow import Node
from ivr_flows.reader import Draft
from ivr_flows.steps.base import END
from ivr_flows.steps.goto import AGAIN, BACK, START, TARGET, Goto
from ivr_flows.ways import backwards, reach

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from core.document import Document
    from core.errors import Problem

#: Where keys stand that mean the same in every step that asks, and the place of what stands under them.
ANYWHERE = "anywhere"


@dataclass(kw_only=True, slots=True)
class Layout:
    """Steps by id, in the order in which they were written. `targets`: what `goto` can name, and the step it means."""

    document: Document
    nodes: dict[str, Node] = field(default_factory=dict)
    targets: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    anywhere: dict[str, str] = field(default_factory=dict)
    _around: dict[str, str] = field(default_factory=dict)  # of all steps, also of those that could not be read
    _given: set[str] = field(default_factory=set)

    def reserve(self, drafts: Iterable[Draft]) -> None:
        """Take the ids that were written, before any is made up; each may be there once."""
        for draft in drafts:
            if not draft.given:
                continue
            if draft.given in self._given:
                path = (*_item(draft), "id")
                self._wrong(path, f"the id '{draft.given}' is there twice", expected="another id")
            self._given.add(draft.given)

    def reserve_section(self, name: str) -> None:
        """Take a section's name: it shares the words with the ids."""
        if name in self._given:
            self._wrong(("sections", name), f"'{name}' is a step's id too", expected="another name", key=True)
        self._given.add(name)

    def place(self, drafts: Sequence[Draft], prefix: str = "", after: str = END, around: str = "") -> str:
        """Give the steps of a list their places; the id of the first, or `after` where there is none."""
        ids = self._ids(drafts, prefix)
        for index, (draft, name) in enumerate(zip(drafts, ids, strict=True)):
            follow = ids[index + 1] if index + 1 < len(ids) else after
            if draft.given:
                self.targets[draft.given] = name
            branches: dict[str, str] = {}
            if draft.step is not None:
                self.nodes[name] = Node(
                    id=name,
                    kind=draft.kind.kind,
                    step=draft.step,
                    next=follow,
                    branches=branches,
                    around=around,
                    path=draft.path,
                    short=draft.short,
                )
            self._around[name] = around
            inside = name if draft.kind.asks else around
            for label, steps in draft.branches.items():
                end = END if label in draft.kind.last_branches else follow
                branches[label] = self.place(steps, f"{name}.{label}.", end, inside)
        return ids[0] if ids else after

    def place_anywhere(self, key: str, drafts: Sequence[Draft]) -> None:
        """What is done wherever this key is pressed; then the contact is where it was before."""
        path = (ANYWHERE, key)
        back = Draft(kind=Goto, step=Goto(to=AGAIN), path=path, given=f"{ANYWHERE}.{key}.{AGAIN}", short=Goto.short)
        self.anywhere[key] = self.place([*drafts, back], f"{ANYWHERE}.{key}.", around=ANYWHERE)
        del self.targets[back.given]

    def connect(self, first: str) -> None:
        """Find the steps that `goto` means, and let keys that mean the same anywhere do so."""
        nodes = self.nodes.values()
        asking = [node for node in nodes if node.step.asks or (node.kind == "queue" and node.path[0] != ANYWHERE)]
        for node in asking:
            for key, target in self.anywhere.items():
                node.branches.setdefault(key, target)
        for node in self.nodes.values():
            if not isinstance(node.step, Goto):
                continue
            if node.around == ANYWHERE and node.step.to in (AGAIN, BACK):
                for other in asking:
                    above = "" if other.around == ANYWHERE else other.around
                    node.branches[other.id] = other.id if node.step.to == AGAIN else above or first
                node.branches[TARGET] = first
            else:
                node.branches[TARGET] = self._target(node, node.step.to, first) or END
        led = {after for node in self.nodes.values() for after in node.step.leads(node)}
        for key in self.anywhere:
            if (name := f"{ANYWHERE}.{key}.{AGAIN}") not in led:
                del self.nodes[name]

    def settle(self) -> None:
        """Tell each step whether a key that is pressed there can be of use later; a queue throws kept keys away."""
        leads = {node.id: () if node.kind == "queue" else tuple(node.step.leads(node)) for node in self.nodes.values()}
        comes_from = backwards(leads)
        before = [step for node in self.nodes.values() if node.step.asks for step in comes_from.get(node.id, ())]
        keys_count = reach(comes_from, before)
        for name, node in self.nodes.items():
            step = node.step.placed(keys_count=name in keys_count)
            if step is not node.step:
                self.nodes[name] = replace(node, step=step)

    def _target(self, node: Node, to: str, first: str) -> str | None:
        if to in self.targets:
            return self.targets[to]
        if to == START:
            return first
        if to in (AGAIN, BACK):
            target = node.around if to == AGAIN else self._around.get(node.around, "")
            if target == ANYWHERE:
                target = first
            if not target:
                menus = "a menu" if to == AGAIN else "two menus"
                self._wrong(node.path, f"'goto: {to}' does not stand within {menus}", expected="the id of a step")
            return target or None
        if to not in self._given:
            known = sorted(self.targets)
            expected = f"the id of a step or a section: {one_of([*known, START, AGAIN, BACK])}"
            self._wrong(node.path, f"there is no step '{to}'", expected=expected, hint=nearest(to, known))
        return None

    def _ids(self, drafts: Sequence[Draft], prefix: str) -> list[str]:
        """An id for each: the one given, else the path with the type, numbered from the second of a type on."""
        ids: list[str] = []
        used: dict[str, int] = {}
        for draft in drafts:
            name = draft.given
            while not name or (not draft.given and name in self._given):
                number = used[draft.kind.kind] = used.get(draft.kind.kind, 0) + 1
                name = prefix + draft.kind.kind + (f"_{number}" if number > 1 else "")
            ids.append(name)
        return ids

    def _wrong(
        self, path: Sequence[str | int], message: str, *, expected: str, hint: str = "", key: bool = False
    ) -> None:
        self.problems.append(self.document.problem(path, message, expected=expected, hint=hint, key=key))


def _item(draft: Draft) -> tuple[str | int, ...]:
    """The path of the whole item in which a step's type and id stand."""
    path = draft.path
    return path[:-1] if path and path[-1] == draft.kind.kind else path
